"""Groups of parameters by their names, and groups of what neurons compute from them.

Entry points, in this order: `place_modules`, `find_neurons`, `place_neurons`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ... import operations as ops
from ...graph import Graph
from ...weighted_sums import owners
from .tree import NONE, Tree


class Modules(NamedTuple):
    """Groups of parameters."""

    of: dict[int, int]  # a parameter -> the group of its module
    path: dict[int, tuple[str, ...]]  # such a group -> the parts of its name


def place_modules(graph: Graph, tree: Tree) -> Modules:
    """A group for each module: `model` > `layers[0]` > `neurons[3]`."""
    found = Modules({}, {})
    known: dict[tuple[str, ...], int] = {}
    # A network before its layers, which may stand in variables, too: a parameter is in one group only.
    for module, parameters in sorted(graph.modules.items(), key=lambda item: -len(item[1])):
        for name, node in parameters:
            i = graph.number.get(node)
            if i is None or i in found.of or node.op is not None:
                continue
            path = (module, *segments(name)[:-1])
            group = NONE
            for depth in range(1, len(path) + 1):
                part = path[:depth]
                if part not in known:
                    known[part] = tree.add(group, "module", path[depth - 1])
                    found.path[known[part]] = part
                group = known[part]
            found.of[i] = group
    return found


def segments(name: str) -> list[str]:
    """The parts of a name between the dots that stand in no brackets.

    >>> segments("layers[0].d['a.b'].weights[1]")
    ['layers[0]', "d['a.b']", 'weights[1]']
    """
    parts, depth = [""], 0
    for character in name:
        depth += (character == "[") - (character == "]")
        if character == "." and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


class Neurons(NamedTuple):
    """What is computed from the parameters of one module, for each node."""

    owner: list[int]  # the module's group, NONE outside of neurons
    component: list[int]  # the same number for connected nodes of one neuron
    level: list[int]  # how many neurons in a row there are on the longest way to it


def find_neurons(graph: Graph, modules: Modules) -> Neurons:
    """The owner of each node that a neuron computes, and which of them are connected."""
    n = len(graph)
    level, joined = [0] * n, list(range(n))
    if not modules.of:
        return Neurons([NONE] * n, joined, level)
    owner = owners(graph, modules.of)
    for i, parents in enumerate(graph.parent_numbers):
        level[i] = max([level[p] for p in parents], default=0)
        if owner[i] == NONE:
            continue
        if graph.nodes[i].op is ops.multiply:  # where a neuron begins
            level[i] += 1
            continue
        for p in parents:
            if owner[p] != NONE:
                joined[_root(joined, p)] = _root(joined, i)
    return Neurons(owner, [_root(joined, i) for i in range(n)], level)


def _root(joined: list[int], i: int) -> int:
    """Where the way from i ends, in a forest of connected nodes (union-find); the way is halved as it is gone."""
    while joined[i] != i:
        joined[i] = joined[joined[i]]
        i = joined[i]
    return i


def place_neurons(
    graph: Graph, tree: Tree, modules: Modules, neurons: Neurons, scope: Sequence[int]
) -> Mapping[int, int]:
    """A group for each neuron, in a layer where there are others like it: node -> group.

    Args:
        scope: the sample that each node belongs to.
    """
    members: dict[tuple[int, int], list[int]] = {}
    for i, owner in enumerate(neurons.owner):
        if owner != NONE:
            members.setdefault((neurons.component[i], scope[i]), []).append(i)
    uses: dict[tuple[int, int], int] = {}
    layers: dict[tuple[int, ...], list[tuple[int, list[int]]]] = {}
    for (component, sample), inside in members.items():
        if _feeds_itself(graph, neurons.level, inside):
            continue
        owner = neurons.owner[component]
        use = uses[owner, sample] = uses.get((owner, sample), 0) + 1
        # The n-th uses of all modules of one parent stand side by side, if none is computed from another.
        key = (tree.parent(owner), sample, use, neurons.level[max(inside)])
        layers.setdefault(key, []).append((owner, inside))
    group_of: dict[int, int] = {}
    for (parent, sample, *_), side_by_side in layers.items():
        alone = len(side_by_side) == 1 or parent == NONE
        layer = sample if alone else tree.add(sample, "layer", tree.label(parent))
        for owner, inside in side_by_side:
            above = f"{tree.label(parent)}." if alone and len(modules.path[owner]) > 2 else ""
            group_of.update(dict.fromkeys(inside, tree.add(layer, "neuron", above + tree.label(owner))))
    return group_of


def _feeds_itself(graph: Graph, level: Sequence[int], inside: Sequence[int]) -> bool:
    """Whether a way leads out of these nodes and into them again: as a box they would be a loop."""
    members = set(inside)
    inputs = [p for i in inside for p in graph.parent_numbers[i] if p not in members]
    lowest = min([level[i] for i in inside])
    stack = [p for p in inputs if level[p] >= lowest]  # below that level nothing is computed from a member
    seen: set[int] = set()
    while stack:
        i = stack.pop()
        if i in members:
            return True
        if i not in seen:
            seen.add(i)
            stack.extend([p for p in graph.parent_numbers[i] if level[p] >= lowest])
    return False
