"""The edges and paths between a node and a loss: what the chain rule multiplies and adds.

Entry points: `Factor`, one edge; `Path`, a product of them; `nodes_between`, `factors_between`, `count_paths`,
`walk_paths`, which find them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..graph import Graph
from ..sweeps import share
from ..symbolic.symbols import Formula, derivatives
from ..value import Value

MANY = 10**18  # paths are counted up to here: in a deep graph the exact count has thousands of digits


@dataclass(frozen=True, eq=False)
class Factor:
    """One edge on the way from `wrt` to the loss: local derivative × upstream = contribution.

    Attributes: `child` was computed from `parent`, its input number `position`; `formula` of d(child)/d(parent),
    None where the rule cannot be written as one; `local_derivative`, its number; `upstream` = d(loss)/d(child);
    `contribution`, what this edge adds to d(loss)/d(parent).
    """

    child: Value
    parent: Value
    position: int
    formula: Formula | None
    local_derivative: float
    upstream: float
    contribution: float


@dataclass(frozen=True, eq=False)
class Path:
    """One path, from the loss (first edge) down to `wrt` (last edge), and the product of its factors."""

    edges: tuple[Factor, ...]

    @property
    def product(self) -> float:
        """Π local derivatives, multiplied from the loss on, as the backward pass does."""
        product = 1.0
        for edge in self.edges:
            product = share(edge.child, edge.position, product)
        return product

    @property
    def nodes(self) -> list[Value]:
        """The nodes on it, from `wrt` up to the loss."""
        return [*(edge.parent for edge in reversed(self.edges)), self.edges[0].child]


def nodes_between(order: Sequence[Value], wrt: Value) -> list[Value]:
    """The nodes on the ways that a gradient takes from the last one to `wrt`; none where there is no such way."""
    depends: set[Value] = set()
    for node in order:
        if node is wrt or any(parent in depends for parent in _varying(node)):
            depends.add(node)
    reached = {order[-1]}
    for node in reversed(order):
        if node in reached:
            reached.update(_varying(node))
    return [node for node in order if node in depends and node in reached]


def _varying(node: Value) -> Sequence[Value]:
    """The parents without those that only decide, as the condition of `where`."""
    flat = node.op.flat if node.op else ()
    return [parent for i, parent in enumerate(node.parents) if i not in flat] if flat else node.parents


def factors_between(graph: Graph, nodes: Sequence[Value], names: Mapping[Value, Formula]) -> dict[Value, list[Factor]]:
    """For each of `nodes`, which are those of `nodes_between`, the edges that lead from it to others of them."""
    upstream = graph.adjoints
    formulas = {node: _local_formulas(node, names) for node in nodes}
    found: dict[Value, list[Factor]] = {node: [] for node in nodes}
    for parent in nodes:
        for child, i in graph.uses(parent):
            if child not in found or (child.op and i in child.op.flat):
                continue
            local, up = child.local_derivatives[i], upstream[child]
            found[parent].append(Factor(child, parent, i, formulas[child][i], local, up, share(child, i, up)))
    return found


def _local_formulas(node: Value, names: Mapping[Value, Formula]) -> tuple[Formula | None, ...]:
    if node.op is None:
        return ()
    return derivatives(node.op, names[node], [names[parent] for parent in node.parents])


def count_paths(leaving: dict[Value, list[Factor]], loss: Value, wrt: Value) -> int:
    """How many paths lead from `wrt` to the loss: from each node those of its children together; at most `MANY`.

    `leaving`, from `factors_between`, has the edges that leave each node, parents first.
    """
    counts: dict[Value, int] = {}
    for node in reversed(leaving):
        ways = sum(counts[edge.child] for edge in leaving[node])
        counts[node] = 1 if node is loss else min(ways, MANY)
    return counts.get(wrt, 0)


def walk_paths(leaving: dict[Value, list[Factor]], loss: Value, wrt: Value) -> Iterator[Path]:
    """Every path, upward from `wrt`; with a stack of its own, as paths are as long as the graph is deep."""
    stack: list[tuple[Value, tuple[Any, ...]]] = [(wrt, ())] if leaving else []
    while stack:
        node, below = stack.pop()
        if node is loss:
            edges = []
            while below:
                edge, below = below
                edges.append(edge)
            yield Path(tuple(edges))
        else:
            # `below` is a linked list: paths share their beginnings.
            stack.extend((edge.child, (edge, below)) for edge in reversed(leaving[node]))
