"""Gradient clipping: a gradient that is too long is made shorter, so that one bad batch does not ruin a training.

Entry points: `clip_grad_norm` and `clip_grad_value`, between `backward()` and `optimizer.step()`; `Clipping`, of `fit`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

from autograd import Value


def clip_grad_norm(parameters: Iterable[Value], max_norm: float) -> float:
    """g ← g · min(1, max_norm/(‖g‖ + 10⁻⁶)) for the gradient g of all parameters together, as in PyTorch.

    Its direction stays. Returns the norm ‖g‖ that it had. Parameters that are frozen, or that no backward pass has
    reached, are left alone; so is everything where the norm is not finite.

    >>> x, y = Value(3.0), Value(4.0)
    >>> (x * x + y * y).backward()
    >>> clip_grad_norm([x, y], 1.0), round(x.grad, 6), round(y.grad, 6)
    (10.0, 0.6, 0.8)
    """
    _check_bound("max_norm", max_norm)
    moved = _moved(parameters)
    norm = math.hypot(*[p.grad for p in moved])
    factor = _factor(norm, max_norm)
    if factor < 1:
        for p in moved:
            p.grad = p.grad * factor
    return norm


def clip_grad_value(parameters: Iterable[Value], max_value: float) -> None:
    """Every component of the gradient is brought between -max_value and max_value, as in PyTorch.

    >>> x, y = Value(3.0), Value(0.25)
    >>> (x * x + y * y).backward()
    >>> clip_grad_value([x, y], 1.0)
    >>> x.grad, y.grad
    (1.0, 0.5)
    """
    _check_bound("max_value", max_value)
    for p in _moved(parameters):
        if abs(p.grad) > max_value:
            p.grad = math.copysign(max_value, p.grad)


class Clipping:
    """What `fit` does with a gradient before an update: nothing, or one of the two."""

    def __init__(self, norm: float | None, value: float | None) -> None:
        for name, bound in (("clip_norm", norm), ("clip_value", value)):
            if bound is not None:
                _check_bound(name, bound)
        if norm is not None and value is not None:
            raise ValueError("a gradient is clipped by its norm or by value: give clip_norm or clip_value, not both")
        self.norm, self.value = norm, value

    def apply(self, parameters: Iterable[Value]) -> None:
        """Clip the gradients that Values hold."""
        if self.norm is not None:
            clip_grad_norm(parameters, self.norm)
        if self.value is not None:
            clip_grad_value(parameters, self.value)

    def apply_to_array(self, gradient: Any, slots: Any) -> bool:
        """Clip these entries of an array; False, and nothing is done, where one of them is not finite."""
        if self.norm is None and self.value is None:
            return True
        import numpy

        moved = gradient[slots]
        if self.norm is not None:
            norm = math.hypot(*moved.tolist())
            if not math.isfinite(norm):
                return False
            gradient[slots] = moved * _factor(norm, self.norm)
        else:
            if not numpy.isfinite(moved).all():
                return False
            gradient[slots] = numpy.clip(moved, -self.value, self.value)  # type: ignore[operator]
        return True


def _moved(parameters: Iterable[Value]) -> list[Value]:
    if isinstance(parameters, Value) or not hasattr(parameters, "__iter__"):
        raise TypeError(
            f"gradients are clipped for a list of parameters, got {type(parameters).__name__}: write model.parameters()"
        )
    return [p for p in parameters if p.has_grad and p.requires_grad]


def _factor(norm: float, max_norm: float) -> float:
    return min(1.0, max_norm / (norm + 1e-6)) if math.isfinite(norm) else 1.0


def _check_bound(name: str, bound: Any) -> None:
    if isinstance(bound, bool) or not isinstance(bound, Real):
        raise TypeError(f"{name} is a positive number such as 1.0, got {type(bound).__name__} {bound!r:.60}")
    if not 0 < float(bound) < math.inf:
        raise ValueError(f"{name} is a positive number such as 1.0, got {bound!r}")
