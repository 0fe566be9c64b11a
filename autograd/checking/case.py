"""What the doctor looks at: one graph, with all that its checks ask for; and what a check finds.

Entry points: `Case`, `Finding`; `multiple`, `close`, which compare gradients.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..graph import Graph
from ..interop import is_node
from ..modes import recording
from ..value import Value
from ..weighted_sums import Activations, activations

Nodes = Sequence[Value]


@dataclass(frozen=True, eq=False)
class Finding:
    """One thing that is wrong: what `kind`, at which `node` (the first of `nodes`), and a `sentence` about it."""

    kind: str
    sentence: str
    nodes: tuple[Value, ...]

    @property
    def node(self) -> Value:
        return self.nodes[0]

    def __str__(self) -> str:
        return f"{self.kind}: {self.sentence}"


class Case:
    """What the checks look at; computed once."""

    def __init__(self, graph: Graph, parameters: Any) -> None:
        # A compiled program does not change the nodes in between: it computes anew from the leaves.
        self.by_program = graph.root._backward_at == ()
        if self.by_program:
            graph = Graph(_computed_anew(graph.root))
        self.graph, self.loss = graph, graph.root
        # The numbers of the leaves when backward() came, None before.
        came = self.loss._backward_at or ()
        self.after_backward = bool(came)
        self._at_backward = dict(zip([node for node in graph if node.op is None], came, strict=False))
        self.names, self.parameters = _named(parameters, graph)
        self.missing = [p for p in self.parameters or () if p not in graph.number]
        trained = graph.nodes if self.parameters is None else [p for p in self.parameters if p in graph.number]
        self.leaves = [node for node in trained if node.op is None and not node.is_constant]
        self.frozen = [leaf for leaf in self.leaves if not leaf.requires_grad]
        self.variables = graph.names_of([*self.leaves, *self.missing])

    @property
    def upstream(self) -> Mapping[Value, float]:
        """d(loss)/d(node)."""
        return self.graph.adjoints

    @cached_property
    def neurons(self) -> list[Activations]:
        return activations(self.graph, set(self.leaves))

    def number(self, node: Value) -> float:
        """The number of the node now; of a leaf, if a backward pass came, its number at that time."""
        number: float = self._at_backward.get(node, node.data)
        return number

    def name(self, node: Value) -> str:
        """The name of a parameter, a label, or the variable that holds a leaf; else what made it."""
        name = self.names.get(node) or node.label
        if name:
            return name
        if node.is_constant:
            return f"the number {node.data:.6g}"
        if node.op is None:
            return self.variables.get(node) or f"a leaf without label ({node.data:.6g})"
        return f"a {node.op.name} node"

    def at(self, node: Value) -> str:
        """Where the node was made, to be put behind its name."""
        return f" (made at {node.source})" if node.source else ""

    def listed(self, nodes: Nodes) -> str:
        names = [self.name(node) for node in nodes[:4]]
        if len(nodes) > 4:
            return f"{', '.join(names)} and {len(nodes) - 4} more"
        return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _computed_anew(loss: Value) -> Value:
    """The loss from the present numbers of its leaves."""
    anew: dict[Value, Value] = {}
    with recording():
        for node in Graph(loss):
            anew[node] = node if node.op is None else node.op(*[anew[parent] for parent in node.parents])
            if node.op is not None:
                anew[node].label, anew[node].source = node.label, node.source
    return anew[loss]


def _named(parameters: Any, graph: Graph) -> tuple[dict[Value, str], list[Value] | None]:
    if parameters is None:
        return {}, None
    if hasattr(parameters, "named_parameters"):
        names = {graph.reading.value(parameter): name for name, parameter in parameters.named_parameters()}
        return names, list(names)
    listed = [parameters] if is_node(parameters) else list(parameters)
    for parameter in listed:
        if not is_node(parameter):
            raise TypeError(
                f"parameters are Values, as model.parameters() lists them, got {type(parameter).__name__} "
                f"{parameter!r:.60}"
            )
    return {}, graph.reading.values(listed)


def multiple(grad: float, gradient: float) -> int | None:
    if gradient == 0 or not math.isfinite(grad / gradient):
        return None
    k = round(grad / gradient)
    return k if k >= 2 and close(grad, k * gradient) else None


def close(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-9) or (math.isnan(a) and math.isnan(b))
