"""Graphs for other programs: as JSON, which can be read again to the bit, and as a networkx graph.

The JSON is one object, written so that a program in any language can read it:

    format    "scalar-autograd graph"
    version   1
    roots     the numbers of the results
    nodes     in topological order, the first is number 0. Each is an object with
        data                 its number
        label, name, source  those it has; the name is that of a variable
        grad                 if a backward pass has reached it
        constant, frozen     true, or left out
        op                   of a computed node: the name of its operation in `autograd.OPERATIONS`, "multiply"; an
                             operation that is not known has its symbol under `unknown_op` instead
        parents              the numbers of its inputs, in order
        local_derivatives    d(node)/d(parent), one for each

JSON has no nan and no infinity: they are the strings "nan", "inf" and "-inf". All other floats are written with
enough digits to bring back every bit.

Entry points, called by `Graph`: `to_json`, `from_json`, `to_networkx`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .interop import ForeignOperation
from .operations import OPERATIONS, Operation, number
from .serialization import make_node
from .sweeps import recorded_gradient
from .value import Constant, Value

if TYPE_CHECKING:
    from .graph import Graph

FORMAT, VERSION = "scalar-autograd graph", 1


def to_json(graph: Graph) -> str:
    import json

    names = graph.names
    nodes = [_entry(node, parents, names) for node, parents in zip(graph.nodes, graph.parent_numbers, strict=True)]
    roots = [graph.number[root] for root in graph.roots]
    content = {"format": FORMAT, "version": VERSION, "roots": roots, "nodes": nodes}
    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def _entry(node: Value, parents: Sequence[int], names: Mapping[Value, str]) -> dict[str, Any]:
    entry: dict[str, Any] = {"data": json_number(node.data)}
    if node.label:
        entry["label"] = node.label
    elif node in names:
        entry["name"] = names[node]
    if node.source:
        entry["source"] = node.source
    gradient = recorded_gradient(node)
    if gradient is not None:
        entry["grad"] = json_number(gradient)
    if node.is_constant:
        entry["constant"] = True
    elif node._is_frozen:
        entry["frozen"] = True
    if node.op is not None:
        if isinstance(node.op, ForeignOperation):
            entry["unknown_op"] = node.op.symbol
        else:
            entry["op"] = node.op.name
        entry["parents"] = list(parents)
        entry["local_derivatives"] = list(map(json_number, node.local_derivatives))
    return entry


def from_json(text: str) -> tuple[list[Value], dict[str, Value]]:
    """The roots, and the nodes that had names of variables. See `Graph.from_json`."""
    import json

    content = json.loads(text)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(
            f"this is not a graph: an object whose `format` is {FORMAT!r} is needed, as Graph.to_json() writes it"
        )
    if content.get("version") != VERSION:
        raise ValueError(
            f"this graph is written in version {content.get('version')!r} of the format, and this library reads "
            f"version {VERSION}: write it again, or read it with a newer release"
        )
    nodes: list[Value] = []
    for i, entry in enumerate(content["nodes"]):
        nodes.append(_node(i, entry, nodes))
    named = {entry["name"]: node for entry, node in zip(content["nodes"], nodes, strict=True) if "name" in entry}
    return [nodes[i] for i in content["roots"]], named


def _node(i: int, entry: Mapping[str, Any], nodes: Sequence[Value]) -> Value:
    data = _read(entry["data"])
    grad = _read(entry["grad"]) if "grad" in entry else 0
    if "parents" not in entry:
        node: Value = Constant(data) if entry.get("constant") else Value(data, requires_grad=not entry.get("frozen"))
        node.grad = grad
    else:
        if not all(0 <= parent < i for parent in entry["parents"]):
            raise ValueError(f"node {i} of this graph has the parents {entry['parents']}: each must come before it")
        parents = tuple(nodes[parent] for parent in entry["parents"])
        node = make_node(Value, data, grad, _operation(entry), parents, tuple(map(_read, entry["local_derivatives"])))
    for what in ("label", "source"):
        if what in entry:
            setattr(node, what, entry[what])
    return node


def _operation(entry: Mapping[str, Any]) -> Operation:
    if "op" not in entry:
        return ForeignOperation(entry["unknown_op"])
    if entry["op"] not in OPERATIONS:
        raise ValueError(
            f"this graph uses the operation {entry['op']!r}, which is not in the table: declare it with "
            f"autograd.operation({entry['op']!r}, …) before reading"
        )
    return OPERATIONS[entry["op"]]


def to_networkx(graph: Graph) -> Any:
    try:
        import networkx
    except ImportError as error:
        raise ImportError('this needs the Python package networkx: pip install "scalar-autograd[networkx]"') from error
    result = networkx.MultiDiGraph()
    names = graph.names
    for i, node in enumerate(graph.nodes):
        attributes = {"name": names.get(node, ""), "op": node.op.name if node.op else "", "data": node.data}
        gradient = recorded_gradient(node)
        if gradient is not None:
            attributes["grad"] = gradient
        result.add_node(i, **attributes, constant=node.is_constant)
    for parent, child, position, derivative in graph.edges:
        result.add_edge(graph.number[parent], graph.number[child], key=position, local_derivative=derivative)
    return result


def json_number(x: float) -> float | str:
    """JSON has no nan and no infinity."""
    if math.isfinite(x):
        return x
    return "nan" if math.isnan(x) else "inf" if x > 0 else "-inf"


def _read(x: Any) -> float:
    return float(x) if isinstance(x, str) else number(x)
