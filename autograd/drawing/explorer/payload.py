"""The graph as the page reads it: numbers and lists, ready for JSON.

Entry point: `make_payload`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...exchange import json_number
from ...graph import Graph
from ...operations import Operation, add, divide, multiply, relu, subtract, tanh
from ...sweeps import recorded_gradient
from ...value import Value
from ..folding.tree import GroupEntry
from ..labels import EDGE_NUMBERS, NUMBER_FORMAT, cleaned, is_frozen
from . import javascript
from .contract import LIMITS, NONE, Listing, OperationEntry, Payload, Recording

PRACTICE = (add, subtract, multiply, divide, relu, tanh)  # operations of random graphs


def make_payload(
    graph: Graph,
    groups: Sequence[GroupEntry],
    recording: Recording | None,
    listing: Listing | None,
    direction: str,
    theme: str,
    parameters: list[int] | None = None,
) -> tuple[Payload, str]:
    """The JSON of the page and the JavaScript of its operations.

    Args:
        graph: what is shown.
        groups: what folds, see `folding/`.
        recording: numbers of leaves after steps of training, or None.
        listing: the code that made the nodes, or None.
        direction: "LR" or "TB".
        theme: "auto", "light" or "dark".
        parameters: the leaves that the page trains, None where it finds them itself.
    """
    table = _Table(graph)
    nodes, parents, names = graph.nodes, graph.parent_numbers, graph.names
    start = [0]
    for of_node in parents:
        start.append(start[-1] + len(of_node))
    named = {i: cleaned(names.get(node, "")) for i, node in enumerate(nodes)}
    frozen = {i for i, op in enumerate(table.of_node) if op >= 0 and not table.computed[op]}
    result: Payload = {
        "version": 1,
        "title": named[graph.number[graph.roots[-1]]],
        "direction": direction,
        "theme": theme,
        "open": len(nodes) <= LIMITS["unfolded"],
        "limits": LIMITS,
        "number_format": NUMBER_FORMAT._asdict(),
        "edge_numbers": EDGE_NUMBERS,
        "operations": table.entries,
        "practice": table.practice,
        "op": table.of_node,
        "start": start,
        "parents": [i for of_node in parents for i in of_node],
        "data": [json_number(node.data) if node.op is None or i in frozen else None for i, node in enumerate(nodes)],
        "derivatives": {str(i): [json_number(_plain(x)) for x in nodes[i].local_derivatives] for i in sorted(frozen)},
        "constants": [i for i, node in enumerate(nodes) if node.is_constant],
        "frozen": [i for i, node in enumerate(nodes) if is_frozen(node)],
        "parameters": parameters,
        "names": {str(i): name for i, name in named.items() if name},
        "output": graph.number[graph.roots[-1]],
        "outputs": [graph.number[output] for output in graph.roots],
        "grad": {str(i): json_number(x) for i, x in _gradients(nodes)},
        "stale": stale(graph),
        "groups": list(groups),
        "recording": recording,
        "listing": listing,
    }
    return result, javascript.table_code(table.code)


class _Table:
    """The operations that the graph uses, each with a name of its own.

    Attributes: `entries` for the JSON; `code`, pairs (name, JavaScript); `of_node`, the entry of each node, -1 for a
    leaf; `computed`, whether the page can compute an entry; `practice`, the entries for random graphs.
    """

    def __init__(self, graph: Graph) -> None:
        self.entries: list[OperationEntry] = []
        self.code: list[tuple[str, str]] = []
        self.of_node: list[int] = []
        self.computed: list[bool] = []
        known: dict[Any, int] = {}
        for node, parents in zip(graph.nodes, graph.parent_numbers, strict=True):
            operation = node.op
            if operation is None:
                self.of_node.append(NONE)
                continue
            fixed = operation.arity is not None or operation in javascript.HELPERS
            # One of the user's with any number of parents is an entry for each number.
            key = operation if fixed else (operation, len(parents))
            if key not in known:
                known[key] = len(self.entries)
                self._add(operation, len(parents), operation.arity if fixed else len(parents))
            self.of_node.append(known[key])
        shown = len(self.entries)
        for operation in PRACTICE:
            if operation not in known:
                known[operation] = len(self.entries)
                self._add(operation, operation.arity or 0, operation.arity)
        self.practice = [self.entries[known[operation]] for operation in PRACTICE]
        del self.entries[shown:], self.computed[shown:]

    def _add(self, operation: Operation, n_parents: int, arity: int | None) -> None:
        name, taken = operation.name, {entry["name"] for entry in self.entries}
        if name in taken:
            name = f"{name}#{len(self.entries)}"  # of another number of parents, or declared anew by the user
        code = javascript.operation_code(operation, n_parents)
        if code is not None:
            self.code.append((name, code))
        self.computed.append(code is not None)
        self.entries.append(
            {
                "name": name,
                "symbol": cleaned(operation.symbol),
                "arity": arity,
                "formula": javascript.formula(operation, n_parents),
                "derivative_formulas": javascript.derivative_formulas(operation, n_parents),
                "typeset": javascript.typeset_formulas(operation, n_parents),
                "flat": sorted(operation.flat),
            }
        )


def stale(graph: Graph) -> int:
    """How many nodes hold a number that no longer follows from those of their parents.

    >>> x = Value(2.0)
    >>> y = x * x + 1
    >>> x.data = 3.0
    >>> stale(Graph(y))
    1
    """
    count = 0
    for node in graph.nodes:
        if node.op is None:
            continue
        try:
            now = node.op.forward(*[parent.data for parent in node.parents])
        except Exception:  # a function of the user's that does not like the new numbers
            count += 1
            continue
        # Compiled graphs add up sums in another order, so the last digits do not count.
        same = now == node.data or math.isclose(now, node.data, rel_tol=1e-9, abs_tol=1e-12)
        count += not (same or (math.isnan(now) and math.isnan(node.data)))
    return count


def _gradients(nodes: Sequence[Value]) -> list[tuple[int, float]]:
    found = [(i, recorded_gradient(node)) for i, node in enumerate(nodes)]
    return [(i, x) for i, x in found if x is not None]


def _plain(x: Any) -> float:
    return float(getattr(x, "data", x))
