"""Copying and pickling graphs without recursion.

Python's own machinery would go from a node to its parents, to their parents, and fail a thousand nodes
down. Here the nodes are first listed in topological order.

A pickle has to keep identities: in `pickle.dumps((loss, model))` the weights of the model must be the leaves
of the loss. So the whole list is one object, a `NodeTable`, and every node is pickled as "entry i of that tape":
the pickler notices that it has already written the tape, and writes a reference.

Entry points, called by `value.py`: `copy_node`, `deep_copy`, `reduce_node`; and `make_node`, of any content.
"""

from __future__ import annotations

import copy
import threading
import weakref
from collections.abc import Container
from typing import TYPE_CHECKING, Any

from .operations import Operation
from .sweeps import is_value

if TYPE_CHECKING:
    from .value import Value

# One row for each node: (class, data, grad, operation, parents, local derivatives). A parent is the
# number of an earlier row, or a Value that another tape holds.
Row = tuple["type[Value]", float, float, "Operation | None", tuple[Any, ...], tuple[float, ...]]


def copy_node(node: Value) -> Value:
    """A second node with the same content and the same parents."""
    twin = make_node(type(node), node.data, node.grad, node.op, node.parents, node.local_derivatives)
    vars(twin).update(vars(node))
    return twin


def deep_copy(root: Value, memo: dict[int, Any]) -> Value:
    """`copy.deepcopy` of the graph below `root`; `memo` maps the id of what was copied to its copy."""
    recorded = []
    for node in _not_in(memo, root):
        if id(node) not in memo:  # an attribute of an earlier node may have led here
            parents = tuple([memo[id(parent)] for parent in node.parents])
            twin = make_node(type(node), node.data, node.grad, node.op, parents, node.local_derivatives)
            memo[id(node)] = twin
            if vars(node):
                vars(twin).update(copy.deepcopy(vars(node), memo))
            if is_value(node.grad):
                recorded.append((twin, node.grad))
    for twin, grad in recorded:  # gradients with a graph, which contains the nodes above
        twin.grad = copy.deepcopy(grad, memo)
    result: Value = memo[id(root)]
    return result


class NodeTable:
    """The nodes of one graph, in topological order, as one object to pickle."""

    def __init__(self, nodes: list[Value]) -> None:
        self.nodes = nodes
        self.index = {id(node): i for i, node in enumerate(nodes)}

    def __reduce__(self) -> tuple[Any, ...]:
        # Attributes come last, as state: they may refer to nodes, which exist only once the rows are read. So do
        # gradients that are nodes themselves, after backward(create_graph=True).
        attributes = {i: vars(node) for i, node in enumerate(self.nodes) if vars(node)}
        grads = {i: node.grad for i, node in enumerate(self.nodes) if is_value(node.grad)}
        return _restore_tape, ([self._row(node) for node in self.nodes],), {"attributes": attributes, "grads": grads}

    def _row(self, node: Value) -> Row:
        parents = tuple(self.index.get(id(parent), parent) for parent in node.parents)
        grad = 0 if is_value(node.grad) else node.grad
        return (type(node), node.data, grad, node.op, parents, node.local_derivatives)

    def __setstate__(self, state: dict[str, Any]) -> None:
        for i, attributes in state["attributes"].items():
            vars(self.nodes[i]).update(attributes)
        for i, grad in state["grads"].items():
            self.nodes[i].grad = grad


def _restore_tape(rows: list[Row]) -> NodeTable:
    nodes: list[Value] = []
    for kind, data, grad, op, parents, local_derivatives in rows:
        found = tuple(nodes[parent] if isinstance(parent, int) else parent for parent in parents)
        nodes.append(make_node(kind, data, grad, op, found, local_derivatives))
    return NodeTable(nodes)


class _Writing(threading.local):
    """In each thread, the tape of every node that is being written now, by the id of the node.

    The tape keeps the node alive. A pickler keeps what it has written until it is done, and with it the tape;
    then the entries vanish.
    """

    def __init__(self) -> None:
        self.tapes: weakref.WeakValueDictionary[int, NodeTable] = weakref.WeakValueDictionary()


_writing = _Writing()


def reduce_node(node: Value) -> tuple[Any, ...]:
    """What `pickle` needs to know of a node: a function and its arguments, (tape, number of the entry)."""
    tapes = _writing.tapes
    tape = tapes.get(id(node))
    if tape is None:
        tape = NodeTable(_not_in(tapes, node))
        for key in tape.index:
            tapes[key] = tape
    return _entry, (tape, tape.index[id(node)])


def _not_in(known: Container[int], root: Value) -> list[Value]:
    """`topological_order(root)` without the nodes whose id is known, and without walking below them.

    A list of a graph's nodes thus takes time proportional to their number: each node looks at itself only.
    """
    order: list[Value] = []
    visited: set[int] = set()
    stack: list[Any] = [root]
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif id(node) not in visited and id(node) not in known:
            visited.add(id(node))
            stack += (node, None)
            stack += reversed(node.parents)
    return order


def _entry(tape: NodeTable, index: int) -> Value:
    return tape.nodes[index]


def make_node(
    kind: type[Value],
    data: float,
    grad: float,
    op: Operation | None,
    parents: tuple[Value, ...],
    local_derivatives: tuple[float, ...],
) -> Value:
    node = object.__new__(kind)
    node._data, node.grad, node.op = data, grad, op
    if op is not None and op.arity not in (1, 2):
        node._first, node._first_derivative = parents, local_derivatives
        node._second = node._second_derivative = None
    else:
        node._first, node._second = (*parents, None, None)[:2]
        node._first_derivative, node._second_derivative = (*local_derivatives, None, None)[:2]
    return node
