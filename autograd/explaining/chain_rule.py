r"""The chain rule written out for one graph: every path, every factor, in symbols and in numbers.

>>> from autograd import Value, explain
>>> x = Value(3.0, "x")
>>> print(explain(x * x + x, wrt=x))
How loss changes with x: ∂loss/∂x = 7
<BLANKLINE>
  x            = 3
  v1   = x × x = 9
  loss = v1 + x = 12
<BLANKLINE>
...

Entry point: `Explanation`, what `explain` returns, which prints as text, as Markdown and as LaTeX.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..graph import Graph
from ..report import Block, Derivation
from ..sweeps import recorded_gradient
from ..symbolic.naming import name_nodes
from ..symbolic.notation import number_text
from ..symbolic.symbols import Symbol, text
from ..value import Value
from .paths import count_paths, factors_between, nodes_between, walk_paths
from .writing import counted, story_of


class Explanation(Derivation):
    """What `explain` found. Everything is a copy of the moment: the graph may go on changing.

    Attributes:
        graph: of the loss.
        loss, wrt: the two nodes.
        total: d(loss)/d(wrt), equal to what `loss.backward()` adds to `wrt.grad` to the last bit.
        number_of_paths: how many paths lead from `wrt` to the loss (at most 10^18 are counted).
        paths: the `Path`s, when there are not too many; their products add up to `total` but for rounding,
            because the engine adds at every node before it multiplies on.
        merged: True where there are too many paths to list.
        nodes: the nodes on the paths, parents first; `upstream`, d(loss)/d(node) for each.
        edges: the `Factor`s on the paths, in the order of the backward pass.
        leaving: for each of `nodes`, those edges that lead from it towards the loss.
        grad: the number that `wrt.grad` held, None before a backward pass.
    """

    noun = "explanation"

    def __init__(
        self, graph: Graph, wrt: Value, *, paths: int = 12, digits: int = 6, names: Mapping[Value, str] | None = None
    ) -> None:
        self.graph, self.wrt, self.digits = graph, wrt, digits
        self.loss = loss = graph.root
        self.total = graph.adjoints.get(wrt, 0.0)
        self.nodes = nodes_between(graph.nodes, wrt)
        self.upstream = {node: graph.adjoints[node] for node in self.nodes}
        self.names = name_nodes(loss, self.nodes or [wrt], graph.names if names is None else names)
        self.names.setdefault(loss, Symbol(loss.label or "loss"))  # where it does not depend on wrt
        self.data = {node: node.data for node in self._shown()}
        self.leaving = factors_between(graph, self.nodes, self.names)
        self.edges = [edge for node in reversed(self.nodes) for edge in self.leaving[node]]
        self.number_of_paths = count_paths(self.leaving, loss, wrt)
        self.merged = self.number_of_paths > paths
        self.paths = [] if self.merged else list(walk_paths(self.leaving, loss, wrt))
        self.grad = recorded_gradient(wrt)

    def _shown(self) -> list[Value]:
        """The nodes on the paths and what they were computed with."""
        shown = dict.fromkeys(parent for node in self.nodes if node is not self.wrt for parent in node.parents)
        return list(dict.fromkeys([*shown, *self.nodes]))

    @property
    def derivative(self) -> str:
        """The derivative and its number, as `∂loss/∂x = 6.0`."""
        loss, wrt = (text(self.names[node], digits=self.digits) for node in (self.loss, self.wrt))
        return f"∂{loss}/∂{wrt} = {self.total!r}"

    @property
    def summary(self) -> str:
        """The derivative, and by how many paths."""
        return f"{self.derivative}, {counted(self.number_of_paths)}"

    def story(self) -> Iterator[Sequence[Block]]:
        return story_of(self)

    def __bool__(self) -> bool:
        raise TypeError("an explanation is neither true nor false: ask for .total, the derivative, or .number_of_paths")

    def draw(self, **options: Any) -> Any:
        """The graph as a drawing with the paths highlighted; options go to `autograd.drawing.draw`.

        Each edge on a path carries *local derivative × upstream = contribution*.
        """
        from ..drawing import draw  # with the first drawing

        digits = min(self.digits, 4)  # as in the boxes
        labels = {}
        for edge in self.edges:
            factors = " × ".join(number_text(x, digits) for x in (edge.local_derivative, edge.upstream))
            labels[edge.child, edge.position] = f"{factors} = {number_text(edge.contribution, digits)}"
        # The boxes have the names that the text uses.
        names = {str(symbol): node for node, symbol in self.names.items() if isinstance(symbol, Symbol)}
        legend = "on a thick edge: local derivative × gradient of the box it leads to = share of the gradient"
        given = {"names": names, "highlight": self.nodes, "edge_labels": labels, "legend": legend, **options}
        return draw(self.graph, **given)
