"""The leaves that the page trains, where Python knows them.

Entry point: `parameters_of` a graph.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...graph import Graph
from ...interop import is_node
from ...value import Value


def parameters_of(graph: Graph, given: Iterable[Any] | None) -> list[int] | None:
    """The numbers of the leaves in `given`; without it of those that modules or names tell, None where neither does.

    Other libraries make a leaf of every number, so that of theirs only leaves with a name count.
    """
    if given is not None:
        return _checked(graph, given)
    named = [node for parameters in graph.modules.values() for _, node in parameters]
    if not named and not isinstance(graph.given[0], Value):
        named = [leaf for leaf in graph.leaves if graph.names.get(leaf)]
    numbers = {graph.number[node] for node in named if node in graph.number and node.op is None}
    return sorted(numbers) or None


def _checked(graph: Graph, given: Any) -> list[int]:
    wanted = "parameters is a list of the leaves to train, as model.parameters() or [w, b]"
    if is_node(given) or isinstance(given, str) or not isinstance(given, Iterable):
        raise TypeError(f"{wanted}; got {type(given).__name__} {given!r:.60}")
    numbers = set()
    for each in given:
        if not is_node(each):
            raise TypeError(f"{wanted}; got {type(each).__name__} {each!r:.60} among them")
        node = graph.reading.known(each)
        if node is None or node not in graph.number:
            continue  # one that this value does not depend on
        if node.op is not None:
            raise ValueError(f"{each!r:.60} is computed, and only leaves can be trained: name what it is computed from")
        numbers.add(graph.number[node])
    if not numbers:
        raise ValueError("none of these parameters is in the graph: name leaves that the value was computed from")
    return sorted(numbers)
