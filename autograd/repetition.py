"""Sums of like terms: the loss of a batch adds up the same graph over different data.

The compiler runs such terms side by side, and the explorer folds them.

Entry points: `shapes_of` nodes, which says what is alike; `terms_of` a sum, with `uses_in_sums`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from . import operations as ops
from .value import Value


def shapes_of(order: Sequence[Value]) -> dict[Value, int]:
    """A number for each node, the same for two nodes when the graphs below them have the same shape."""
    numbers: dict[Any, int] = {}
    shapes: dict[Value, int] = {}
    for node in order:
        operation = node.op
        key: Any
        if operation is None:
            key = node.is_constant
        elif operation is ops.power_of_constant and node._second.is_constant:  # x² and x³ are computed differently
            key = (operation, shapes[node._first], node._second.data)
        elif node._first.__class__ is tuple:
            key = (operation, *[shapes[x] for x in node._first])
        elif node._second is None:
            key = (operation, shapes[node._first])
        else:
            key = (operation, shapes[node._first], shapes[node._second])
        shapes[node] = numbers.setdefault(key, len(numbers))
    return shapes


def uses_in_sums(order: Sequence[Value], roots: Sequence[Value] = ()) -> Counter[Value]:
    """How often sums read a node. Any other reader counts twice, as a root does: the node must then keep its number."""
    uses: Counter[Value] = Counter()
    get = uses.get
    for root in roots:
        uses[root] = 2
    for node in order:
        operation = node.op
        if operation is None:
            continue
        k = 1 if operation is ops.add or operation is ops.total else 2
        first, second = node._first, node._second
        if first.__class__ is tuple:
            for x in first:
                uses[x] = get(x, 0) + k
        else:
            uses[first] = get(first, 0) + k
            if second is not None:
                uses[second] = get(second, 0) + k
    return uses


def terms_of(node: Value, uses: Counter[Value]) -> tuple[list[Value], list[Value]]:
    """The terms of a sum, through sums in it that nothing else uses, and those sums; the node itself is first."""
    terms: list[Value] = []
    links: list[Value] = []
    stack = [node]
    while stack:
        x = stack.pop()
        if (x.op is ops.add or x.op is ops.total) and (x is node or uses[x] == 1):
            links.append(x)
            stack.extend(reversed(x.parents))
        else:
            terms.append(x)
    return terms, links
