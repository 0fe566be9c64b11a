"""Attributes of nodes that were misspelled: `p.gard = 0` is allowed, as users may hang attributes on nodes.

Watching every assignment would make the engine several times slower, as a node is made of nine of them. So the leaves
are looked at where a slip would begin to do harm: by `backward()`, and by `compile` and its `train`.

Entry point: `check_spelling`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import islice
from typing import TYPE_CHECKING

from . import modes

if TYPE_CHECKING:
    from .value import Value

NAMES = ("data", "grad", "label", "requires_grad", "source")
MOST = 1000  # leaves: a slip in a loop over the parameters is on the first of them
_judged = {"label", "source"}  # names that were looked at already


def check_spelling(nodes: Iterable[Value]) -> None:
    """Warn, once for each name, of attributes that are called almost as those of a Value."""
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
            "changed nothing else. (You may hang attributes of your own on nodes; give them less similar names.)",
            stacklevel=modes.stacklevel(),
        )
