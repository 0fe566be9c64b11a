"""Passes over a graph that leave it as it is: they write no `.grad` and no `.data`.

Explanations, the doctor and the laboratory look at a graph that somebody else is working with.

Entry points: `gradients`, what `backward()` would compute; `recorded_gradient`, what it has left in `.grad`;
`edges_upward`, who uses a node.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .graph import topological_order
from .value import sent

if TYPE_CHECKING:
    from .value import Value


def gradients(root: Value, order: Sequence[Value] | None = None) -> dict[Value, float]:
    """d(root)/d(node) for every node below, the numbers of `root.backward()` to the last bit.

    Args:
        root: the node to differentiate.
        order: its topological order, where the caller has it already.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> gradients(x * x)[x], x.grad
    (6.0, 0)
    """
    order = topological_order(root) if order is None else order
    result: dict[Value, float] = dict.fromkeys(order, 0)  # the integer: nothing has been sent to it
    result[root] = 1.0
    for node in reversed(order):
        for parent, share in sent(node, result[node]):
            result[parent] += share
    return {node: gradient + 0.0 for node, gradient in result.items()}


def recorded_gradient(node: Value) -> float | None:
    """The number in `node.grad`, None where no backward pass has come.

    After `backward(create_graph=True)` the gradient is itself a node, with the number in its `.data`.
    """
    if not node.has_grad:
        return None
    number: float = getattr(node.grad, "_data", node.grad)  # not `data`, which NumPy's numbers have, too
    return number


def edges_upward(order: Sequence[Value]) -> dict[Value, list[tuple[Value, int]]]:
    """For each node of a topological order its edges to its children: pairs (child, which parent of it).

    They come in the order in which `backward()` uses them, so that sums over them round alike. `x * x` has
    two edges to x.
    """
    result: dict[Value, list[tuple[Value, int]]] = {node: [] for node in order}
    for child in reversed(order):
        for position, parent in enumerate(child.parents):
            result[parent].append((child, position))
    return result
