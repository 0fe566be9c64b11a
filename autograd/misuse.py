"""What a Value does not do: messages that say what to write instead.

Entry points: `refused` and `stepwise` make an operator that explains itself; `warn_of_equality`; `check_spelling` of
attributes.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from itertools import islice
from numbers import Real
from typing import TYPE_CHECKING, Any

from . import modes

if TYPE_CHECKING:
    from .value import Value


def stepwise(operator: str, instead: str) -> Callable[..., Any]:
    """An operator that goes up in steps, which Value does not have."""
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
    """Warn, once for each line, that a node was compared by == or != with a number, which it never equals."""
    warnings.warn(
        "a Value and a number are never equal: == and != of nodes ask whether both are one and the same node. Compare "
        "the number, v.data == 3.0, or, as numbers are rounded, math.isclose(v.data, 3.0)",
        stacklevel=modes.stacklevel(),
    )


# --- attributes that were misspelled: `p.gard = 0` is allowed, as users may add attributes to nodes -------------
# Watching every assignment would make the engine several times slower, as a node is made of nine of them. So the leaves
# are looked at where a slip would begin to do harm: by `backward()`, and by `compile` and its `train`.

NAMES = ("data", "grad", "label", "requires_grad", "source")
MOST = 1000  # leaves: a slip in a loop over the parameters is on the first of them
_judged = {"label", "source"}  # names that were looked at already


def check_spelling(nodes: Iterable[Value]) -> None:
    """Warn, once for each name, of attributes whose names are almost those of a Value."""
    for node in islice(nodes, MOST):
        own = node.__dict__
        if own and not own.keys() <= _judged:
            for name in own.keys() - _judged:
                _judge(name)


def _judge(name: str) -> None:
    _judged.add(name)
    near = [] if name.startswith("_") else get_close_matches(name, NAMES, 1, 0.74)
    if near:
        warnings.warn(
            f"a node has the attribute {name!r}, which is none of a Value: did you mean {near[0]!r}? Assigning it has "
            "changed nothing else. (Nodes may have attributes of your own; give them less similar names.)",
            stacklevel=modes.stacklevel(),
        )
