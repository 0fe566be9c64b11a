"""Walks over a graph. All are iterative: a graph may be deeper than Python's stack.

Entry points: `topological_order`, which every pass shares, and `leaves`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .value import Value


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
        if not hasattr(root, "_first"):
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
