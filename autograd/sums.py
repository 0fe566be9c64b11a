"""Sums and what is alike in them: the loss of a batch is a sum of terms that are the same graph over different data.

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


def uses_in_sums(order: Sequence[Value]) -> Counter[Value]:
    uses: Counter[Value] = Counter()
    for node in order:
        if node.op is ops.add or node.op is ops.total:
            uses.update(node.parents)
        else:
            # a sum that anything but a sum uses must keep its number: it counts as used more than once
            for parent in node.parents:
                uses[parent] += 2
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
