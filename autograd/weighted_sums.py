"""Neurons in a graph: b + Σ w·x, and what follows it. The engine records none; they are found by their parameters.

Entry points: `owners` says whose neuron each node belongs to, where the parameters of the neurons are known;
`activations`, where only those that are trained are; `products_in` a sum.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from . import operations as ops
from .graph import Graph
from .operations import Operation
from .value import Value

NONE = -1
SUMS = (ops.add, ops.total)
SQUASHING = (ops.sigmoid, ops.tanh)
ACTIVATIONS = (ops.relu, ops.softplus, *SQUASHING)


def owners(graph: Graph, owner_of: Mapping[int, int]) -> list[int]:
    """For each node the owner of the parameters that it is computed from, or NONE.

    Such a node is a product with one parameter, a sum of such products and parameters of the same owner, or a function
    of one number of those. A sum over several uses of the parameters is none of them.

    Args:
        owner_of: from the number of a parameter in the graph to its owner, a number.

    >>> w, b = Value(2.0), Value(1.0)
    >>> graph = Graph((w * 3.0 + b).tanh() * 5.0)
    >>> found = owners(graph, {graph.number[w]: 0, graph.number[b]: 0})
    >>> [node.op.symbol for node, owner in zip(graph, found) if owner == 0]
    ['*', '+', 'tanh']
    """
    size = Counter(owner_of.values())
    owner = [NONE] * len(graph)
    count = [0] * len(graph)  # how many parameters a node was computed from
    for i, (node, parents) in enumerate(zip(graph.nodes, graph.parent_numbers, strict=True)):
        operation = node.op
        if operation is ops.multiply:
            a, b = owner_of.get(parents[0], NONE), owner_of.get(parents[1], NONE)
            if (a == NONE) != (b == NONE):  # not p·p, which is a penalty
                owner[i], count[i] = max(a, b), 1
        elif operation is ops.add or operation is ops.total:
            inside = [p for p in parents if owner[p] != NONE]
            whose = {
                owner[p] if owner[p] != NONE else owner_of.get(p, NONE)
                for p in parents
                if not graph.nodes[p].is_constant
            }
            if len(whose) == 1 and inside:
                (mine,) = whose
                total = sum([count[p] for p in inside]) + sum([p in owner_of for p in parents])
                # More parameters than the owner has: this adds up several uses of one neuron.
                if mine != NONE and total <= size[mine]:
                    owner[i], count[i] = mine, total
        elif len(parents) == 1 and owner[parents[0]] != NONE:
            owner[i], count[i] = owner[parents[0]], count[parents[0]]
    return owner


def _terms(z: Value) -> Iterator[Value]:
    """The terms of a sum, through the sums in it, from the left to the right."""
    stack = [z]
    while stack:
        term = stack.pop()
        if term.op in SUMS:
            stack.extend(reversed(term.parents))
        else:
            yield term


def products_in(z: Value) -> Iterator[Value]:
    """The products among the terms of a sum, through the sums in it; `z` may be a product itself."""
    return (term for term in _terms(z) if term.op is ops.multiply)


@dataclass(frozen=True, eq=False)
class Activations:
    """The activation nodes of one neuron, one for each sample, at depth `layer`; `parameter` tells it apart."""

    parameter: Value
    operation: Operation
    layer: int
    nodes: list[Value]


def activations(graph: Graph, trained: Collection[Value]) -> list[Activations]:
    """The neurons whose activation function is one of ACTIVATIONS; they are told apart by their `trained` leaves."""
    layers: dict[Value, int] = {}
    found: dict[tuple[Value, Operation], Activations] = {}
    for node in graph:
        layers[node] = max((layers[parent] for parent in node.parents), default=0)
        if node.op in ACTIVATIONS:
            layers[node] += 1
            parameter = _parameter_of(node.parents[0], trained, graph)
            if parameter is not None:
                new = Activations(parameter, node.op, layers[node], [])
                found.setdefault((parameter, node.op), new).nodes.append(node)
    return list(found.values())


def _parameter_of(z: Value, trained: Collection[Value], graph: Graph) -> Value | None:
    """The bias in the sum z, or the weight in it that is used most often: the same one for all samples."""
    weights: list[Value] = []
    for term in _terms(z):
        if term in trained:
            return term
        if term.op is ops.multiply:
            weights.extend(parent for parent in term.parents if parent in trained)
    return max(weights, key=lambda weight: len(graph.uses(weight)), default=None)
