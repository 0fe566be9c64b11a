"""Walks over a graph, and the sweep of the chain rule along them.

All are iterative: a graph may be deeper than Python's stack. Nothing here knows more about a node than its numbers and
parents, so this file stands below `value.py`, whose backward pass is `send_gradients`.

Entry points: `topological_order`, which every pass shares, and `leaves`; `send_gradients` and `send_shares`, the
backward pass; `gradients`, what it would compute, and `recorded_gradient`, what it has left in `.grad`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    from .value import Value


def is_value(x: Any) -> TypeGuard[Value]:
    """Whether `x` is a Value, for files that stand below its class."""
    return hasattr(x, "_first")


def topological_order(*roots: Value, until: Iterable[Value] = ()) -> list[Value]:
    """All nodes that the roots were computed from, and the roots, each after its parents.

    Why not simply recurse from the root? A node may be used twice, and its gradient is complete only when
    *all* its children have sent their share. Going through this list backwards guarantees that.

    The order is deterministic: a depth-first walk, first parent first. O(nodes + edges). The walk neither
    lists nor goes below the nodes in `until`.

    >>> from autograd import Value
    >>> a, b = Value(2.0, "a"), Value(3.0, "b")
    >>> [node.label or node._op for node in topological_order(a * b + a)]
    ['a', 'b', '*', '+']
    """
    for root in roots:
        if not is_value(root):
            raise TypeError(f"expected Values, got {type(root).__name__}; for a list write topological_order(*values)")
    order: list[Value] = []
    visited: set[Value] = set(until)
    # What is still to be visited. A None says that the node below it can be listed: its parents are.
    stack: list[Any] = list(reversed(roots))
    while stack:
        node = stack.pop()
        if node is None:
            order.append(stack.pop())
        elif node not in visited:
            visited.add(node)
            # The slots are read directly: `node.parents` would cost a call for each node.
            first, second = node._first, node._second
            if second is not None:
                if first in visited and second in visited:  # as in most products of a network
                    order.append(node)
                else:
                    stack += (node, None, second, first)
            elif first is None:
                order.append(node)
            elif type(first) is tuple:
                stack += (node, None)
                stack.extend(reversed(first))
            elif first in visited:
                order.append(node)
            else:
                stack += (node, None, first)
    return order


def leaves(*roots: Value) -> list[Value]:
    """The nodes without parents that the roots depend on, in topological order, constants left out.

    >>> from autograd import Value
    >>> w, x = Value(2.0, "w"), Value(3.0, "x")
    >>> [leaf.label for leaf in leaves(w * x + 1)]
    ['w', 'x']
    """
    return [node for node in topological_order(*roots) if node.op is None and not node.is_constant]


# --- the backward pass ------------------------------------------------------------------------------------------------


def start(order: list[Value], zero: float, seed: float) -> None:
    """Forget what an earlier pass has left; the last node has the gradient `seed`."""
    for node in order:
        node.grad = zero
    order[-1].grad = seed


def send_gradients(order: list[Value]) -> None:
    """The backward pass: from the last node to the first, add local derivative × gradient to each parent."""
    for node in reversed(order):
        grad, first, second = node.grad, node._first, node._second
        if second is not None:
            first.grad += node._first_derivative * grad
            second.grad += node._second_derivative * grad
        elif type(first) is tuple:
            for parent, local_derivative in zip(first, node._first_derivative, strict=True):
                parent.grad += local_derivative * grad
        elif first is not None:
            first.grad += node._first_derivative * grad


def send_shares(order: list[Value], observe: Callable[[Value], None] | None = None) -> None:
    """The same where gradients are infinite or nan, or watched: a branch that was not chosen receives nothing."""
    for node in reversed(order):
        for parent, share in sent(node, node.grad):
            parent.grad += share
        if observe is not None and node.op is not None:
            observe(node)
    for node in order:
        node.grad += 0.0  # of nodes that nothing was sent to


def sent(node: Value, gradient: float) -> list[tuple[Value, float]]:
    """What a node with this gradient sends in the backward pass: pairs (parent, its share).

    Nothing goes to a parent that only decides, and nothing comes from a node that nothing was sent to: its gradient is
    still the *integer* 0.

    >>> from autograd import Value
    >>> sent(Value(-2.0).relu(), float("inf"))
    [(Value(data=-2, grad=0), 0.0)]
    """
    if node.op is None or type(gradient) is int:
        return []
    pairs = zip(node.parents, shares(node, gradient), strict=True)
    flat = node.op.flat
    return [pair for i, pair in enumerate(pairs) if i not in flat] if flat else list(pairs)


def shares(node: Value, gradient: Any) -> Sequence[Any]:
    """For each parent local derivative × gradient; 0.0 for a branch that was not chosen, whatever the gradient."""
    derivatives, rule = node.local_derivatives, node.op and node.op.shares
    if not rule or _is_finite(gradient):
        return [derivative * gradient for derivative in derivatives]
    assert node.op is not None
    numbers = [parent._data for parent in node.parents]
    now = node.op.derivatives(node._data, *numbers)
    if all(a == b or (isnan(a) and isnan(b)) for a, b in zip(now, derivatives, strict=True)):
        return rule(gradient, node._data, *numbers)
    # Numbers were changed since the forward pass: what holds is what was recorded.
    return [0.0 if derivative == 0.0 else derivative * gradient for derivative in derivatives]


def share(node: Value, position: int, gradient: float) -> float:
    """What a node with this gradient sends to one of its parents, see `shares`."""
    if _is_finite(gradient):  # a sum may have a million parents
        return node.local_derivatives[position] * gradient
    result: float = shares(node, gradient)[position]
    return result


def _is_finite(gradient: Any) -> bool:
    return type(gradient) is float and gradient - gradient == 0.0  # a gradient may also be a node


# --- the same, read-only ----------------------------------------------------------------------------------------------


def gradients(root: Value) -> dict[Value, float]:
    """d(root)/d(node) for every node below, the numbers of `root.backward()` to the last bit.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> gradients(x * x)[x], x.grad
    (6.0, 0)
    """
    return adjoints(topological_order(root), [root])


def adjoints(order: Sequence[Value], roots: Sequence[Value]) -> dict[Value, float]:
    """For each node of a topological order d(Σ roots)/d(node)."""
    result = dict.fromkeys(order, 0.0)
    for root in roots:
        result[root] += 1.0
    for node in reversed(order):
        grad, first, second = result[node], node._first, node._second
        if second is not None:
            result[first] += node._first_derivative * grad
            result[second] += node._second_derivative * grad
        elif type(first) is tuple:
            for parent, local_derivative in zip(first, node._first_derivative, strict=True):
                result[parent] += local_derivative * grad
        elif first is not None:
            result[first] += node._first_derivative * grad
    if not isnan(sum([result[node] for node in order if node._first is None])):  # see `Value.backward`
        return result
    watched: dict[Value, float] = dict.fromkeys(order, 0)  # the integer: nothing was sent
    for root in roots:
        watched[root] += 1.0
    for node in reversed(order):
        for parent, share in sent(node, watched[node]):
            watched[parent] += share
    return {node: adjoint + 0.0 for node, adjoint in watched.items()}


def recorded_gradient(node: Value) -> float | None:
    """The number in `node.grad`, None if no backward pass has reached the node.

    After `backward(create_graph=True)` the gradient is itself a node, with the number in its `.data`.
    """
    if not node.has_grad:
        return None
    number: float = getattr(node.grad, "_data", node.grad)  # not `data`, which NumPy's numbers have, too
    return number
