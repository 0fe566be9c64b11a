"""What a Value is asked for and does not do: messages that say what to write instead.

Entry points: `refused` and `stepwise` make an operator that explains itself; `warn_of_equality`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from numbers import Real
from typing import Any

from . import modes


def stepwise(operator: str, instead: str) -> Callable[..., Any]:
    """An operator that goes up in steps, which Value has not."""
    return refused(
        operator,
        "it goes up in steps, with the derivative 0 between them, so nothing could be learned through it; of the plain "
        f"number write {instead}",
    )


def refused(operator: str, why: str) -> Callable[..., Any]:
    """An operator of Value that raises TypeError; objects of other classes may have an answer of their own."""

    def method(self: Any, *others: Any) -> Any:
        if any(not isinstance(other, (Real, type(None))) and not hasattr(other, "_record") for other in others):
            return NotImplemented
        raise TypeError(f"a Value has no `{operator}`: {why}")

    return method


def warn_of_equality() -> None:
    """Warn, once for each line, that a node was compared with a number by == or !=, which never are equal."""
    warnings.warn(
        "a Value and a number are never equal: == and != of nodes ask whether both are one and the same node. Compare "
        "the number, v.data == 3.0, or, as numbers are rounded, math.isclose(v.data, 3.0)",
        stacklevel=modes.stacklevel(),
    )
