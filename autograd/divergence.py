"""Training that diverges: the checks that `nn.fit` and `CompiledGraph.train` share, and their message.

Each raises FloatingPointError for the first number that is infinite or nan; the caller sees to it that the parameters
are still those before the step. Entry points: `check_loss`, `check_gradients`, `check_parameters`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from .passes import recorded_gradient
from .value import Value


def check_loss(loss: float, when: str) -> None:
    """Before the backward pass."""
    if not math.isfinite(loss):
        raise _error(f"the loss became {loss}", when)


def check_gradients(parameters: Iterable[Value], when: str) -> None:
    """Before the update."""
    for p in parameters:
        gradient = recorded_gradient(p)
        if gradient is not None and not math.isfinite(gradient):
            raise _error(f"the gradient of {_named(p)} became {gradient}", when)


def check_parameters(parameters: Iterable[Value], when: str) -> None:
    """After the update, which is taken back."""
    for p in parameters:
        if not math.isfinite(p.data):
            raise _error(f"the update would have made {_named(p)} {p.data}", when)


def _named(p: Value) -> str:
    return f"the parameter {p.label}" if p.label else "a parameter"


def _error(what: str, when: str) -> FloatingPointError:
    return FloatingPointError(
        f"{what} in {when}; the parameters are those before that step. Try a smaller learning rate, scale the inputs, "
        "or find the place: build the loss anew inside autograd.detect_anomaly()"
    )
