"""A compiled graph of another class: a reading of it is compiled, and the numbers go back and forth.

Entry point: `CompiledForeignGraph`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..graph import Graph
from ..interop import ForeignOperation, Reading
from ..value import Value
from .compiled import CompiledGraph
from .runners import DEFAULTS, Options


class CompiledForeignGraph:
    """A compiled loss of a third-party class, see `autograd.adapt`.

    A call takes the numbers of the foreign leaves, and sets their gradients and the number of the foreign loss. The
    gradients are those of the table of operations, also where the class's own rule is wrong.

    Attributes: `graph`, the Graph that was compiled; `loss`, its root as it was given; `compiled`, the `CompiledGraph`
    of the reading; `stats`.
    """

    def __init__(self, graph: Graph, options: Options = DEFAULTS) -> None:
        self.graph = graph
        self.loss = graph.given[0]
        self._options = options
        for node in graph.nodes:
            if isinstance(node.op, ForeignOperation):
                raise ValueError(_not_computable(node, graph.reading))
        self.compiled = CompiledGraph(graph, options)
        self.stats = self.compiled.stats

    def __call__(self) -> float:
        """Compute the loss, set its number and every leaf's gradient; returns the number of the loss."""
        self.graph.reading.fetch_data(self.compiled.leaves)
        result = self.compiled()
        self._give_back()
        return result

    def values(self, nodes: Iterable[Any]) -> list[Value]:
        """The Values that foreign leaves are read as: `step.train(SGD(step.values(parameters), lr=0.1), steps=100)`."""
        return self.graph.reading.values(nodes)

    def train(self, optimizer: Any, steps: int, record: int = 0, threads: int | str | None = None) -> list[float]:
        """Train for `steps` steps; returns the loss before each of them. The optimizer holds `values` of leaves.

        With `record` it keeps so many snapshots, which `autograd.explore` shows on a slider.
        """
        self.graph.reading.fetch_data(self.compiled.leaves)
        losses = self.compiled.train(optimizer, steps, record, threads)
        if losses:
            self.graph.reading.write_data(self.compiled.leaves)
            self._give_back()
        return losses

    def source(self, backend: str = "python") -> str:
        """The generated code: "python" or "llvm"."""
        return self.compiled.source(backend)

    def __str__(self) -> str:
        return str(self.compiled)

    def __repr__(self) -> str:
        return repr(self.compiled)

    def _give_back(self) -> None:
        self.graph.reading.write_data([self.compiled.loss])
        self.graph.reading.write_grad(self.compiled.leaves)

    def __reduce__(self) -> tuple[Any, ...]:
        return CompiledForeignGraph, (Graph(self.loss), self._options)  # copies and pickles are compiled again


def _not_computable(node: Value, reading: Reading) -> str:
    kind = type(reading.foreign(node)).__name__
    inputs = ", ".join(f"{parent.data:.6g}" for parent in node.parents[:4])
    what = f"in this graph a {kind} became {node.data:.6g} from {inputs}"
    known = reading.doubtful.get(node)
    if known is not None:
        return (
            f"{what} by {node.op and node.op.symbol!r}, but {known.name} does not give that: if a number was changed "
            "after the forward pass, compute the loss anew and compile that one"
        )
    if node.op is not None and node.op.symbol != "?":
        return (
            f"{what} by {node.op.symbol!r}, which is not in the table of operations: add it with "
            f"autograd.operation({node.op.symbol!r}, …), or give its usual name: "
            f"autograd.adapt({kind}, operation=lambda node: …)"
        )
    return (
        f"{what}, and the class does not say how; the numbers leave it open: name the operation, "
        f'autograd.adapt({kind}, operation="…")'
    )
