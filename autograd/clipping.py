"""Gradient clipping: a gradient that is too long is made shorter, so that one bad batch does not ruin a training.

Entry points: `clip_grad_norm` and `clip_grad_value`, between `backward()` and `optimizer.step()`; `Clipping`, of
trainings, where the same is also done in compiled programs (`compiling/updates.py`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from numbers import Real
from typing import Any

from .value import Value

MARGIN = 1e-6  # PyTorch's, so that a norm of 0 divides


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
    """What a training does with a gradient before an update: nothing, or one of the two.

    Args:
        norm, value: the bound of either, see `clip_grad_norm` and `clip_grad_value`; None for none.
    """

    def __init__(self, norm: float | None = None, value: float | None = None) -> None:
        for name, bound in (("clip_norm", norm), ("clip_value", value)):
            if bound is not None:
                _check_bound(name, bound)
        if norm is not None and value is not None:
            raise ValueError("a gradient is clipped by its norm or by value: give clip_norm or clip_value, not both")
        self.norm, self.value = norm, value

    def __bool__(self) -> bool:
        return self.norm is not None or self.value is not None

    def apply(self, parameters: Iterable[Value]) -> None:
        """Clip the gradients that Values hold."""
        if self.norm is not None:
            clip_grad_norm(parameters, self.norm)
        if self.value is not None:
            clip_grad_value(parameters, self.value)

    def clipped(self, gradient: list[float]) -> list[float]:
        """A gradient of floats, clipped."""
        if self.value is not None:
            return [min(max(x, -self.value), self.value) for x in gradient]
        if self.norm is not None:
            factor = _factor(math.hypot(*gradient), self.norm)
            return [x * factor for x in gradient]
        return gradient


def _moved(parameters: Iterable[Value]) -> list[Value]:
    if isinstance(parameters, Value) or not hasattr(parameters, "__iter__"):
        raise TypeError(
            f"gradients are clipped for a list of parameters, got {type(parameters).__name__}: write model.parameters()"
        )
    return [p for p in parameters if p.has_grad and p.requires_grad]


def _factor(norm: float, max_norm: float) -> float:
    return min(1.0, max_norm / (norm + MARGIN)) if math.isfinite(norm) else 1.0


def _check_bound(name: str, bound: Any) -> None:
    if isinstance(bound, bool) or not isinstance(bound, Real):
        raise TypeError(f"{name} is a positive number such as 1.0, got {type(bound).__name__} {bound!r:.60}")
    if not 0 < float(bound) < math.inf:
        raise ValueError(f"{name} is a positive number such as 1.0, got {bound!r}")
