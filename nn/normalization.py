"""`LayerNorm`: the numbers of one sample, brought to mean 0 and variance 1."""

from __future__ import annotations

from typing import Any

from autograd import Value, mean, sqrt

from .module import Module
from .options import check_size, inputs_of


class LayerNorm(Module):
    """gain_i · (x_i - m)/sqrt(v + eps) + bias_i, with the mean m and the variance v of the inputs (Ba et al. 2016).

    Args:
        n_inputs: how many there are.
        eps: keeps the root away from 0, where all inputs are alike.

    >>> [round(y.data, 3) for y in LayerNorm(3)([1.0, 2.0, 3.0])]
    [-1.225, 0.0, 1.225]
    """

    def __init__(self, n_inputs: int, *, eps: float = 1e-5) -> None:
        check_size(n_inputs, "n_inputs")
        if not 0 <= eps < 1:
            raise ValueError(f"eps is a small number of at least 0, such as 1e-5, got {eps!r}")
        self.n_inputs, self.eps = n_inputs, eps
        self.gain = [Value(1.0) for _ in range(n_inputs)]
        self.bias = [Value(0.0) for _ in range(n_inputs)]

    def __call__(self, inputs: Any) -> list[Value]:
        xs = inputs_of(inputs, self.n_inputs, self)
        m = mean(xs)
        variance = mean([(x - m) ** 2 for x in xs])
        scale = 1 / sqrt(variance + self.eps)
        return [g * ((x - m) * scale) + b for x, g, b in zip(xs, self.gain, self.bias, strict=True)]

    def _in_pytorch(self) -> dict[str, Any]:
        return {"weight": self.gain, "bias": self.bias}

    def _shape(self) -> str:
        return f"{self.n_inputs} → {self.n_inputs}"

    def __repr__(self) -> str:
        return f"LayerNorm({self.n_inputs})"
