"""What folds: parameters by module, computations by neuron and layer, the terms of sums, the samples of a batch.

Every group is found from the graph and from the names of parameters; the engine records nothing for it.

- A *module* holds the parameters whose names begin alike: `model` > `layers[0]` > `neurons[3]`. Where there are no
  modules but many leaves, those of one list are together.
- A *neuron* holds what is computed from the parameters of one module: products with a parameter, sums of these, and
  functions of one number of those. Each use of the parameters is a neuron of its own. Neurons of one parent, one for
  each of its modules, are a *layer*.
- A *stack* holds terms of a sum that are alike, each a *sample* with all that only this term is computed from.
- A *sum* holds a sum of many terms, and those of the terms that are not samples.
- A *part* holds operations that follow each other, where very many are in none of these groups.

The results that are shown are in no group: one always sees them.

Entry point: `find_groups`. Its passes take what those before them found; those for modules and neurons are in
`neurons.py`, those for sums in `terms.py`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from ...graph import Graph
from .neurons import find_neurons, place_modules, place_neurons
from .terms import MANY_TERMS, number_of_users, place_sums, place_terms
from .tree import NONE, GroupEntry, Tree

READABLE = 600  # boxes: more would be slow, and nobody could read them
FEW_NODES = 60  # a leaf of so small a graph is easier to follow beside what uses it than in a box far away


def find_groups(graph: Graph, most: int = READABLE, parameters_inside: bool = False) -> list[GroupEntry]:
    """The groups as pictures want them, each after the group it is in.

    Args:
        most: more loose operations than these are put in parts.
        parameters_inside: put a parameter that only one neuron uses, of one sample, beside what it is used for.

    >>> from autograd import Value
    >>> w = Value(2.0)
    >>> loss = sum([(w * x - 1) ** 2 for x in (1.0, 2.0, 3.0, 4.0)])
    >>> [(group["kind"], group["label"]) for group in find_groups(Graph(loss))][:3]
    [('stack', 'terms'), ('sample', 'term 1'), ('sample', 'term 2')]
    """
    tree, users = Tree(), number_of_users(graph)
    modules = place_modules(graph, tree)
    neurons = find_neurons(graph, modules)
    terms = place_terms(graph, tree, modules.of, neurons.owner, users)
    placed = dict(modules.of)  # node -> its innermost group
    placed.update(place_neurons(graph, tree, modules, neurons, terms.scope))
    placed.update(place_sums(graph, tree, terms, users, placed))
    placed.update({i: sample for i, sample in enumerate(terms.scope) if sample != NONE and i not in placed})
    placed.update(_place_leaves(graph, tree, placed))
    placed.update(_place_parts(graph, tree, placed, most))
    used_by = _only_user_of_constants(graph, placed, modules.of)
    placed.update({p: group for p, group in used_by.items() if group != NONE})
    if parameters_inside:
        placed.update(_inside_neurons(graph, tree, placed, modules.of))
    # The inputs of a single sample, which go to all neurons of a layer.
    placed.update(_boxed(tree, [p for p in used_by if p not in placed and users[p] > 1], "numbers"))
    for output in graph.roots:  # one always sees them
        placed.pop(graph.number[output], None)
    return tree.entries(graph, [placed.get(i, NONE) for i in range(len(graph))])


def _place_leaves(graph: Graph, tree: Tree, taken: Mapping[int, int]) -> Mapping[int, int]:
    """Where many leaves are in no group, one for those of each container, `W` > `W[0]`, and one for the others."""
    loose = [i for i, node in enumerate(graph.nodes) if node.op is None and not node.is_constant and i not in taken]
    if len(loose) <= MANY_TERMS or len(graph) <= FEW_NODES:
        return {}
    group_of: dict[int, int] = {}
    known: dict[str, int] = {}
    names = graph.names
    for i in loose:
        above = NONE
        name = names.get(graph.nodes[i], "")
        for bracket in re.finditer(r"(?<=\w|\])\[[^\]]*\]", name):
            container = name[: bracket.start()]
            if container not in known:
                known[container] = tree.add(above, "module", container)
            above = known[container]
        if above != NONE:
            group_of[i] = above
    return {**group_of, **_boxed(tree, [i for i in loose if i not in group_of], "inputs")}


def _boxed(tree: Tree, leaves: Sequence[int], label: str) -> Mapping[int, int]:
    """One group for leaves, where they are many."""
    return dict.fromkeys(leaves, tree.add(NONE, "module", label)) if len(leaves) > MANY_TERMS else {}


def _place_parts(graph: Graph, tree: Tree, taken: Mapping[int, int], most: int) -> Mapping[int, int]:
    """Groups for more than `most` loose operations: as many as there are operations in each."""
    outputs = {graph.number[output] for output in graph.roots}
    computed = {i for i, parents in enumerate(graph.parent_numbers) if parents}
    loose = {i for i in computed - outputs if i not in taken}
    if len(loose) <= most:
        return {}
    group_of: dict[int, int] = {}
    size = max(math.isqrt(len(loose)), 6 * len(loose) // most)
    inside, parts, group = 0, 0, NONE
    for before, i in pairwise([NONE, *sorted(computed | outputs)]):
        if i not in loose:
            continue
        # Another group or a result in between would be computed from the part, and the part from it.
        if before not in loose or inside == size:
            parts, inside = parts + 1, 0
            group = tree.add(NONE, "part", f"part {parts}")
        group_of[i] = group
        inside += 1
    return group_of


def _inside_neurons(
    graph: Graph, tree: Tree, placed: Mapping[int, int], parameters: Iterable[int]
) -> Mapping[int, int]:
    """The neuron that alone uses a parameter, for those that are so used."""
    neurons: dict[int, set[int]] = {p: set() for p in parameters}
    for i, parents in enumerate(graph.parent_numbers):
        for p in parents:
            if p in neurons:
                neurons[p].add(placed.get(i, NONE))
    only = {p: groups.pop() for p, groups in neurons.items() if len(groups) == 1}
    return {p: g for p, g in only.items() if g != NONE and tree.groups[g].kind == "neuron"}


def _only_user_of_constants(graph: Graph, placed: Mapping[int, int], parameters: Mapping[int, int]) -> dict[int, int]:
    """For each constant the group that alone uses it, NONE where there are several or it stands outside."""
    used_by: dict[int, int] = {}
    for i, parents in enumerate(graph.parent_numbers):
        group = placed.get(i, NONE)
        for p in parents:
            if graph.nodes[p].is_constant and p not in parameters:
                used_by[p] = group if used_by.get(p, group) == group else NONE
    return used_by
