"""What a picture shows, before it is written as DOT, Mermaid or text: boxes and edges.

Entry points: `make_picture`, `Picture`, `Box`, `Arrow`; `shown_nodes`, and `check_size`, which refuses large graphs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain, count, filterfalse, islice
from operator import attrgetter
from typing import Any, NamedTuple

from ..sweeps import topological_order
from ..value import Constant, Value
from .labels import cleaned, short, slope, written

COUNTED = 100_000  # the nodes of a graph that is too large are counted up to here, which takes about 50 ms


class Box(NamedTuple):
    """One Value. `operation` is "" for a leaf; `cut` says that not all of its parents are drawn."""

    id: str
    node: Value
    kind: str
    name: str
    operation: str
    cut: bool
    highlighted: bool = False


class Arrow(NamedTuple):
    """From the box of a parent to the box of its child; no local derivative for a constant."""

    parent: str
    child: str
    local_derivative: float | None
    label: str = ""
    highlighted: bool = False


class Picture(NamedTuple):
    """The boxes in topological order, and the edges, those of one child in the order of its parents."""

    boxes: list[Box]
    edges: list[Arrow]


def make_picture(
    outputs: Sequence[Value],
    names: Mapping[Value, str],
    fold_constants: bool,
    depth: int | None,
    max_nodes: int,
    show_local_derivatives: bool = False,
    highlight: Collection[Value] = (),
    edge_labels: Mapping[tuple[Value, int], str] | None = None,
) -> Picture:
    """The boxes and edges of the graph of `outputs`; ValueError when there are more than `max_nodes` boxes.

    >>> x = Value(3.0, "x")
    >>> picture = make_picture([2 * x], {}, fold_constants=True, depth=None, max_nodes=10)
    >>> [(box.id, box.name, box.operation) for box in picture.boxes]
    [('n0', 'x', ''), ('n1', '', '2 * ·')]
    """
    results, emphasized = set(outputs), set(highlight)
    nodes = shown_nodes(outputs, fold_constants, depth, max_nodes)
    ids = {node: f"n{i}" for i, node in enumerate(nodes)}
    boxes = []
    for node in nodes:
        folded = [fold_constants and parent.is_constant and parent not in ids for parent in node.parents]
        hidden = [parent not in ids for parent in node.parents]
        boxes.append(
            Box(
                id=ids[node],
                node=node,
                kind="output" if node in results else _kind(node),
                name=cleaned(node.label or names.get(node, "")),
                operation=_operation(node, folded),
                cut=hidden != folded,
                highlighted=node in emphasized,
            )
        )
    edges = []
    for node in nodes:
        for i, (parent, derivative) in enumerate(zip(node.parents, node.local_derivatives, strict=True)):
            if parent in ids:
                local_derivative = None if parent.is_constant else derivative
                label = slope(derivative) if show_local_derivatives and not parent.is_constant else ""
                label = (edge_labels or {}).get((node, i), label)
                both = node in emphasized and parent in emphasized
                edges.append(Arrow(ids[parent], ids[node], local_derivative, cleaned(label), both))
    return Picture(boxes, edges)


def _kind(node: Value) -> str:
    return "operation" if node.op else "constant" if node.is_constant else "leaf"


def _operation(node: Value, folded: Sequence[bool]) -> str:
    """The symbol, or, with the parents that were folded into the box, `2 * ·` or `**2`."""
    if node.op is None:
        return ""
    symbol = cleaned(node.op.symbol)
    if not any(folded):
        return symbol
    if symbol == "**" and folded == [False, True]:
        return f"**{short(node.parents[1].data)}"
    if len(folded) > 3:  # a sum of many: their order does not matter, space does
        constants = [short(parent.data) for parent, fold in zip(node.parents, folded, strict=True) if fold]
        return cleaned(written(symbol, ["…", *constants]))
    return written(symbol, [short(p.data) if fold else "·" for p, fold in zip(node.parents, folded, strict=True)])


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
