"""How much of a graph a picture shows: all of it, or what is near the results; and what is too large to show.

Entry points: `shown_nodes`, and `check_size`, which refuses large graphs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, count, filterfalse, islice
from operator import attrgetter
from typing import Any

from ..sweeps import topological_order
from ..value import Constant, Value

COUNTED = 100_000  # the nodes of a graph that is too large are counted up to here, which takes about 50 ms


def shown_nodes(outputs: Sequence[Value], fold_constants: bool, depth: int | None, max_nodes: int) -> list[Value]:
    """The nodes that get a box, in topological order; ValueError when there are more than `max_nodes`."""
    near = check_size(outputs, fold_constants, depth, max_nodes)
    if depth is None:
        order = topological_order(*outputs)
    else:
        inside = set(near)
        beyond = [parent for node in near for parent in node.parents if parent not in inside]
        order = topological_order(*outputs, until=beyond)
    results = set(outputs)
    return [node for node in order if not (fold_constants and node.is_constant and node not in results)]


def check_size(
    outputs: Sequence[Any],
    fold_constants: bool,
    depth: int | None,
    max_nodes: int,
    parents_of: Callable[[Any], Iterable[Any]] = attrgetter("parents"),
) -> list[Any]:
    """The nodes of the picture, the nearest first; ValueError when there are more than `max_nodes`. Of a graph of
    millions, only a few are visited.
    """
    most = max(max_nodes, COUNTED)
    folds = (lambda node: isinstance(node, Constant)) if fold_constants else (lambda node: False)
    shown = filterfalse(folds, _nearest(outputs, depth, parents_of))
    nodes = list(islice(shown, most + 1))
    if len(nodes) > max_nodes:
        raise ValueError(_too_large(len(nodes), most, max_nodes, fold_constants))
    return nodes


def _nearest(outputs: Sequence[Any], depth: int | None, parents_of: Callable[[Any], Iterable[Any]]) -> Iterator[Any]:
    """The nodes at most `depth` edges from an output, level by level."""
    seen: set[int] = set()
    level: Iterable[Any] = outputs
    for distance in count():
        deeper = []
        for node in level:
            if id(node) not in seen:
                seen.add(id(node))
                yield node
                if depth is None or distance < depth:
                    deeper.append(parents_of(node))
        if not deeper:
            return
        level = chain.from_iterable(deeper)


def _too_large(counted: int, most: int, max_nodes: int, fold_constants: bool) -> str:
    fold = "" if fold_constants else "leave the constants out with fold_constants=True, "
    number = f"{counted:,}" if counted <= most else f"more than {most:,}"
    insist = f"max_nodes={counted}" if counted <= most else "a larger max_nodes"
    return (
        f"this graph has {number} nodes, more than max_nodes={max_nodes:,}: too many to read and slow to lay out. "
        f"Draw a part of it, such as the output of one neuron; or draw only what is near the result with depth=3, "
        f"{fold}or insist with {insist}"
    )
