"""Training that diverges: the checks that `nn.fit` and `CompiledGraph.train` share, and their message.

Each raises FloatingPointError for the first number that is infinite or nan. It says `when` that was, and which
parameters are `kept`; keeping them is up to the caller.

Entry points: `check_loss`, `check_gradients`, `check_parameters`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from .sweeps import recorded_gradient
from .value import Value

BEFORE = "those before that step"


def check_loss(loss: float, when: str, kept: str = BEFORE) -> None:
    """Before the backward pass."""
    if not math.isfinite(loss):
        raise _error(f"the loss became {loss}", when, kept)


def check_gradients(parameters: Iterable[Value], when: str, kept: str = BEFORE) -> None:
    """Before the update."""
    for p in parameters:
        gradient = recorded_gradient(p)
        if gradient is not None and not math.isfinite(gradient):
            raise _error(f"the gradient of {_named(p)} became {gradient}", when, kept)


def check_parameters(parameters: Iterable[Value], when: str, kept: str = BEFORE) -> None:
    """After the update, which is taken back."""
    for p in parameters:
        if not math.isfinite(p.data):
            raise _error(f"the update would have made {_named(p)} {p.data}", when, kept)


def _named(p: Value) -> str:
    return f"the parameter {p.label}" if p.label else "a parameter"


def _error(what: str, when: str, kept: str) -> FloatingPointError:
    return FloatingPointError(
        f"{what} in {when}; the parameters are {kept}. Try a smaller learning rate, scale the inputs, "
        "or find the place: build the loss again inside autograd.detect_anomaly()"
    )
