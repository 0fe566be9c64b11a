r"""A piece of a graph as a linear map: the nodes from inputs to outputs, each with its local derivatives.

Two sweeps go over that list:

    forward   tangent(node)    =  Σ over parents    local derivative × tangent(parent)
    reverse   adjoint(parent) +=  local derivative × adjoint(node)

The local derivatives are the recorded floats; or, where the derivative may itself be differentiated, the rules of the
table applied to the *nodes*: then tangents and adjoints are nodes, too, with a graph of their own.

Entry points: `linearize`, `pull_back` (the reverse sweep), `push_forward` (the forward one).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from . import operations as ops
from .sweeps import is_value, shares, topological_order

if TYPE_CHECKING:
    from .value import Value

Scalar: TypeAlias = "Value | float"
Edges: TypeAlias = "list[tuple[int, Value, Scalar]]"  # (position among the parents, parent, local derivative)
Send = Callable[[Scalar], Sequence[Scalar]]  # from the adjoint to what each parent receives
Steps: TypeAlias = "list[tuple[Value, Edges, Send | None]]"  # parents first; None: local derivative × adjoint


def linearize(outputs: Iterable[Any], inputs: Iterable[Value], as_nodes: bool) -> Steps:
    """The nodes from inputs to outputs, parents first, each with its local derivatives; no others.

    What does not depend on the inputs is left out: constants, and the variables of outer derivatives.
    """
    reached = set(inputs)
    steps = []
    for node in topological_order(*[y for y in outputs if is_value(y)], until=reached):
        parents = node.parents
        if not any(parent in reached for parent in parents):
            continue
        local_derivatives = _derivatives_as_nodes(node) if as_nodes else node.local_derivatives
        flat = node.op.flat if node.op else ()
        edges = [
            (i, parent, d)
            for i, (parent, d) in enumerate(zip(parents, local_derivatives, strict=True))
            if parent in reached and i not in flat
        ]
        if edges:
            reached.add(node)
            steps.append((node, edges, _sender(node, as_nodes)))
    return steps


def _sender(node: Value, as_nodes: bool) -> Send | None:
    """What the node sends, if its operation chooses."""
    rule = node.op and node.op.shares
    if not rule:
        return None
    if not as_nodes:
        return functools.partial(shares, node)
    inputs = _inputs(node)
    return lambda gradient: rule(gradient, node, *inputs)


def _inputs(node: Value) -> list[Scalar]:
    """The parents, constants as numbers: so the rules give 2 for 2·x."""
    return [p._data if p.is_constant else p for p in node.parents]


def _derivatives_as_nodes(node: Value) -> Sequence[Scalar]:
    """The rule of the table, applied to the nodes themselves."""
    operation = node.op
    assert operation is not None
    try:
        return operation.derivatives(node, *_inputs(node))
    except TypeError as error:
        raise TypeError(
            f"the derivative rule of {operation.name!r} gives no second derivative, because it works on floats only: "
            f"write it with operators and the functions of autograd ({error})"
        ) from error


def pull_back(steps: Steps, cotangents: Iterable[tuple[Value, Scalar]]) -> dict[Value, Scalar]:
    """The reverse sweep: for each node the derivative of Σ cotangent × output by it."""
    arriving: dict[Value, list[Scalar]] = {}
    for output, cotangent in cotangents:
        arriving.setdefault(output, []).append(cotangent)
    adjoints: dict[Value, Scalar] = {}
    for node, edges, send in reversed(steps):
        # Every child stands later in `steps`, so all that goes to this node has arrived.
        if node in arriving:
            adjoints[node] = adjoint = _sum(arriving.pop(node))
            sent = send and send(adjoint)
            for i, parent, local_derivative in edges:
                share = sent[i] if sent else _product(local_derivative, adjoint)
                arriving.setdefault(parent, []).append(share)
    for leaf, contributions in arriving.items():
        adjoints[leaf] = _sum(contributions)
    return adjoints


def push_forward(steps: Steps, tangents: Iterable[tuple[Value, Scalar]]) -> dict[Value, Scalar]:
    """The forward sweep: for each node how fast it changes when the inputs change with these tangents."""
    # Nodes that nothing moves are not in the dict: a sweep for one input costs what depends on that input.
    moving = {node: tangent for node, tangent in tangents if is_value(tangent) or tangent != 0.0}
    for node, edges, send in steps:
        terms = [
            send(moving[parent])[i] if send else _product(d, moving[parent])
            for i, parent, d in edges
            if parent in moving
        ]
        if terms:
            moving[node] = _sum(terms)
    return moving


def _product(a: Scalar, b: Scalar) -> Scalar:
    """a·b, with no node for a factor 1 or -1. A factor 0 has one: 0·inf is nan, as in a backward pass."""
    if is_value(b):
        if is_value(a):
            return a * b
        a, b = b, a
    if is_value(a):
        if b == 1.0:
            return a
        return -a if b == -1.0 else b * a
    return a * b


def _sum(terms: list[Scalar]) -> Scalar:
    """The terms added from left to right, with no node for adding nothing."""
    if len(terms) > 1:
        terms = [term for term in terms if is_value(term) or term != 0.0]
    if len(terms) == 1:
        return terms[0]
    if len(terms) == 2:
        return terms[0] + terms[1]
    return ops.total(*terms) if terms else 0.0
