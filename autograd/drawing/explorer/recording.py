"""Numbers of leaves after steps of training, for the page's second slider.

Entry points: `recorded`, from mappings that the user kept; `recorded_by`, from a compiled graph that was trained.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...exchange import json_number
from ...graph import Graph
from ...operations import number
from ...value import Value
from .contract import Recording


def recorded(
    steps: Sequence[Mapping[Any, float]],
    graph: Graph,
) -> Recording:
    """What the page needs, from one mapping for each step; a name or a Value leads to a number."""
    wanted = "recording is a list with one mapping for each step, as [model.state_dict(), …]"
    if not isinstance(steps, Sequence) or isinstance(steps, str):
        raise TypeError(
            f"{wanted}; got {type(steps).__name__}. A compiled graph records by itself: train(…, record=50)"
        )
    for i, step in enumerate(steps):
        if not isinstance(step, Mapping):
            raise TypeError(f"{wanted}; got {type(step).__name__} {step!r:.40} for step {i}")
    if not steps:
        raise ValueError("the recording is empty: keep model.state_dict() in a list after each step of training")
    leaf_of = _leaf_of(steps[0], graph)
    keys = [key for key, leaf in leaf_of.items() if leaf in graph.number]
    if not keys:
        raise ValueError(
            "the recording holds no number of a leaf of this graph, so there is nothing to show: record the parameters "
            "that the graph was computed with, for instance the model.state_dict() of its model"
        )
    for i, step in enumerate(steps):
        if step.keys() != steps[0].keys():
            raise ValueError(f"step {i} of the recording names other leaves than step 0: record the same each time")
    rows = [[number(step[key]) for key in keys] for step in steps]
    return _table([graph.number[leaf_of[key]] for key in keys], rows, list(map(str, range(len(steps)))))


def recorded_by(compiled: Any, graph: Graph) -> Recording | None:
    """What a compiled graph recorded in `train`, None where it has not."""
    kept = getattr(compiled, "recording", None)
    if not kept:
        return None
    numbers = [graph.number[leaf] for leaf in compiled.leaves]
    return _table(numbers, [row for _, row in kept], [str(step) for step, _ in kept])


def _table(nodes: list[int], rows: list[list[float]], labels: list[str]) -> Recording:
    return {"nodes": nodes, "steps": [[json_number(x) for x in row] for row in rows], "labels": labels}


def _leaf_of(
    step: Mapping[Any, float],
    graph: Graph,
) -> dict[Any, Value]:
    """The leaf that each key means. A module's parameters go by their names with and without the module's own."""
    called: dict[str, Value] = {}
    names = graph.names
    for module, parameters in graph.modules.items():
        for name, node in parameters:
            called.setdefault(name, node)
            called[f"{module}.{name}"] = node
    for node in graph.nodes:
        name = names.get(node, "")
        if name:
            called[name] = node
    found: dict[Any, Value] = {}
    for key in step:
        leaf = key if isinstance(key, Value) else called.get(key)
        if leaf is None:
            raise ValueError(
                f"the recording names {key!r}, which is no label, no variable and no parameter of a module here; "
                'say whose parameters it means, as in explore(loss, modules={"model": model}, recording=…)'
            )
        if leaf.op is not None:
            raise ValueError(f"the recording gives numbers for {key!r}, which is computed: record leaves only")
        found[key] = leaf
    return found
