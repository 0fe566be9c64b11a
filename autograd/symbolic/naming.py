"""Nodes as symbols: what each is called in a formula.

Entry point: `name_nodes`.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence

from .. import operations as ops
from ..value import Value
from .symbols import Formula, Symbol, expression

COMPARISONS = (ops.less, ops.less_equal, ops.equal)


def name_nodes(loss: Value, nodes: Sequence[Value], names: Mapping[Value, str]) -> dict[Value, Formula]:
    """A symbol for each of `nodes` and their parents: its label or name, or v1, v2, …; a constant is its number.

    The loss without a label is called "loss". A label that several nodes share gets a number: x, x#2. A comparison
    without a label is written out.
    """
    compared = {parent for node in nodes for parent in node.parents if parent.op in COMPARISONS and not parent.label}
    compared -= set(nodes)
    wanted = dict.fromkeys(
        each
        for node in nodes
        for each in (*(x for parent in node.parents if parent in compared for x in parent.parents), *node.parents, node)
    )
    label = {node: node.label or names.get(node, "") for node in wanted}
    labels = set(label.values())
    unused = (f"v{i}" for i in itertools.count(1) if f"v{i}" not in labels)
    seen: Counter[str] = Counter()
    symbols: dict[Value, Formula] = {}
    for node in wanted:
        if node.is_constant and not label[node]:
            symbols[node] = node.data
            continue
        if node in compared and not label[node] and node.op is not None:
            symbols[node] = expression(node.op, [symbols[parent] for parent in node.parents])
            continue
        name = label[node] or ("loss" if node is loss and "loss" not in labels else next(unused))
        seen[name] += 1
        symbols[node] = Symbol(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return symbols
