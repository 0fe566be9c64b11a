"""What folds: parameters by module, computations by neuron and layer, the terms of sums, the samples of a batch.

Every group is found from the graph and from the names of parameters; the engine records nothing for it.

- A *module* holds the parameters whose names begin alike: `model` > `layers[0]` > `neurons[3]`. Where there are no
  modules but many leaves, those of one list are together.
- A *neuron* holds what is computed from the parameters of one module: products with a parameter, sums of these, and
  functions of one number of those. Each use of the parameters is a neuron of its own. Neurons of one parent, one for
  each of its modules, are a *layer*.
- A *stack* holds terms of a sum that are alike, each a *sample* with all that only this term is computed from.
- A *sum* holds a sum of many terms, and those of the terms that are no samples.
- A *part* holds operations that follow each other, where very many are in none of these groups.

The results that are shown are in no group: one always sees them.

Entry point: `find_groups`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from ... import operations as ops
from ...graph import Graph
from ...repetition import shapes_of, terms_of, uses_in_sums
from ...value import Value
from ..labels import cleaned

MIN_ALIKE = 4  # so many terms are a stack
MANY_TERMS = 12  # a sum of more is a group
MANY_LOOSE = 600  # of more operations in no group the page would be slow, and nobody could read it
NONE, UNSEEN = -1, -2

Modules = Mapping[str, Sequence[tuple[str, Value]]]


def find_groups(graph: Graph) -> list[dict[str, Any]]:
    """The groups as the page wants them, each after the group it is in.

    >>> w = Value(2.0)
    >>> loss = sum([(w * x - 1) ** 2 for x in (1.0, 2.0, 3.0, 4.0)])
    >>> [(group["kind"], group["label"]) for group in find_groups(Graph(loss))][:3]
    [('stack', 'terms'), ('sample', 'term 1'), ('sample', 'term 2')]
    """
    folding = _Folding(graph)
    folding.find_modules(graph.modules)
    folding.find_neurons()
    folding.find_terms()
    folding.place_neurons()
    folding.place_sums()
    folding.place_leaves(graph.names)
    folding.place_parts()
    folding.place_nodes()
    return folding.result()


class _Group:
    __slots__ = ("children", "kind", "label", "nodes", "parent", "shape")

    def __init__(self, parent: int, kind: str, label: str) -> None:
        self.parent = parent
        self.kind = kind
        self.label = label
        self.nodes: list[int] = []
        self.children: list[int] = []
        self.shape = 0


class _Folding:
    """The state of the search. `group_of` a node is the innermost group that is known so far."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        n = len(graph)
        self.groups: list[_Group] = []
        self.group_of = [NONE] * n
        self.users = [0] * n  # how many nodes use it
        for parents in graph.parent_numbers:
            for p in set(parents):
                self.users[p] += 1
        self.module_of: dict[int, int] = {}  # a parameter's group
        self.path_of: dict[int, tuple[str, ...]] = {}  # of a module's group
        self.size_of: dict[int, int] = {}  # the number of parameters directly in it
        self.owner = [NONE] * n  # the module from whose parameters a neuron's node is computed
        self.component = list(range(n))  # union-find over the nodes of neurons
        self.level = [0] * n  # how many neurons in a row there are on the longest way to a node
        self.scope = [UNSEEN] * n  # the sample a node belongs to
        self.sums: list[tuple[int, str, list[int]]] = []  # result, label, and the nodes that may be in the group

    def add(self, parent: int, kind: str, label: str) -> int:
        self.groups.append(_Group(parent, kind, label))
        return len(self.groups) - 1

    # --- parameters ------------------------------------------------------------------------------------

    def find_modules(self, modules: Modules) -> None:
        known: dict[tuple[str, ...], int] = {}
        # A network before its layers, which may stand in variables, too: a parameter is in one group only.
        for module, parameters in sorted(modules.items(), key=lambda item: -len(item[1])):
            for name, node in parameters:
                i = self.graph.number.get(node)
                if i is None or i in self.module_of or node.op is not None:
                    continue
                path = (module, *_segments(name)[:-1])
                group = NONE
                for depth in range(1, len(path) + 1):
                    part = path[:depth]
                    if part not in known:
                        known[part] = self.add(group, "module", path[depth - 1])
                        self.path_of[known[part]] = part
                    group = known[part]
                self.module_of[i] = group
                self.size_of[group] = self.size_of.get(group, 0) + 1
                self.group_of[i] = group

    # --- neurons ---------------------------------------------------------------------------------------

    def find_neurons(self) -> None:
        """The owner of each node that a neuron computes, and which of them are connected."""
        if not self.module_of:
            return
        nodes, owner, module_of, level = self.graph.nodes, self.owner, self.module_of, self.level
        count = [0] * len(nodes)  # how many parameters a node was computed from, within its neuron
        for i, parents in enumerate(self.graph.parent_numbers):
            operation = nodes[i].op
            level[i] = max([level[p] for p in parents], default=0)
            if operation is ops.multiply:
                a, b = module_of.get(parents[0], NONE), module_of.get(parents[1], NONE)
                if (a == NONE) != (b == NONE):  # not p·p, which is a penalty
                    owner[i], count[i] = max(a, b), 1
                    level[i] += 1
            elif operation is ops.add or operation is ops.total:
                owners = {
                    owner[p] if owner[p] != NONE else module_of.get(p, NONE)
                    for p in parents
                    if not nodes[p].is_constant
                }
                inside = [p for p in parents if owner[p] != NONE]
                if len(owners) == 1 and inside:
                    (mine,) = owners
                    total = sum([count[p] for p in inside]) + sum([p in module_of for p in parents])
                    # More parameters than the module has: this adds up several uses of one neuron.
                    if mine != NONE and total <= self.size_of[mine]:
                        owner[i], count[i] = mine, total
                        for p in inside:
                            self.component[self.root(p)] = self.root(i)
            elif len(parents) == 1 and owner[parents[0]] != NONE:
                p = parents[0]
                owner[i], count[i] = owner[p], count[p]
                self.component[self.root(p)] = self.root(i)

    def root(self, i: int) -> int:
        component = self.component
        while component[i] != i:
            component[i] = component[component[i]]
            i = component[i]
        return i

    def place_neurons(self) -> None:
        """A group for each neuron, in a layer where there are others like it."""
        members: dict[tuple[int, int], list[int]] = {}
        for i, owner in enumerate(self.owner):
            if owner != NONE:
                members.setdefault((self.root(i), self.scope[i]), []).append(i)
        uses: dict[tuple[int, int], int] = {}
        layers: dict[tuple[int, ...], list[tuple[int, list[int]]]] = {}
        for (root, scope), inside in members.items():
            if self.feeds_itself(inside):
                continue
            owner = self.owner[root]
            use = uses[owner, scope] = uses.get((owner, scope), 0) + 1
            # The n-th uses of all modules of one parent stand side by side, if none is computed from another.
            key = (self.groups[owner].parent, scope, use, self.level[max(inside)])
            layers.setdefault(key, []).append((owner, inside))
        for (parent, scope, *_), neurons in layers.items():
            alone = len(neurons) == 1 or parent == NONE
            layer = scope if alone else self.add(scope, "layer", self.groups[parent].label)
            for owner, inside in neurons:
                above = f"{self.groups[parent].label}." if alone and len(self.path_of[owner]) > 2 else ""
                neuron = self.add(layer, "neuron", above + self.groups[owner].label)
                for i in inside:
                    self.group_of[i] = neuron

    def feeds_itself(self, inside: Sequence[int]) -> bool:
        """Whether a way leads out of these nodes and into them again: as a box they would be a loop."""
        members = set(inside)
        inputs = [p for i in inside for p in self.graph.parent_numbers[i] if p not in members]
        lowest = min([self.level[i] for i in inside])
        stack = [p for p in inputs if self.level[p] >= lowest]  # below that level nothing is computed from a member
        seen: set[int] = set()
        while stack:
            i = stack.pop()
            if i in members:
                return True
            if i not in seen:
                seen.add(i)
                stack.extend([p for p in self.graph.parent_numbers[i] if self.level[p] >= lowest])
        return False

    # --- terms -----------------------------------------------------------------------------------------

    def find_terms(self) -> None:
        """Walk from the results to the leaves: a node is in a sample when all its users are.

        Where the users are in several samples, it is in the innermost sample around all of them.
        """
        graph, scope = self.graph, self.scope
        shapes, uses = shapes_of(graph.nodes), uses_in_sums(graph.nodes)
        around: dict[int, int] = {NONE: NONE}  # sample -> the sample that it is in
        depth = {NONE: 0}
        sum_of: dict[int, int] = {}  # a sum inside of another one -> the outermost
        samples: dict[int, set[int]] = {}  # of a sum: its terms that are samples

        def claim(i: int, mine: int) -> None:
            other = scope[i] if scope[i] != UNSEEN else mine
            while other != mine:
                if depth[mine] >= depth[other]:
                    mine = around[mine]
                else:
                    other = around[other]
            scope[i] = mine

        for i in range(len(graph) - 1, -1, -1):
            if scope[i] == UNSEEN or i in self.module_of:
                scope[i] = NONE
            node, here = graph.nodes[i], scope[i]
            if (node.op is ops.add or node.op is ops.total) and self.owner[i] == NONE and i not in sum_of:
                term_nodes, link_nodes = terms_of(node, uses)
                links = [graph.number[link] for link in link_nodes]
                terms = [graph.number[term] for term in term_nodes]
                sum_of.update(dict.fromkeys(links, i))
                samples[i] = set()
                terms = [term for term in terms if not graph.nodes[term].is_constant]  # as the 0 that `sum` starts with
                if len(terms) >= MIN_ALIKE:
                    for kind, alike in self.samples_in(terms, shapes):
                        stack = self.add(here, kind, f"{self.word()}s" if kind == "stack" else "different terms")
                        for k, term in alike:
                            sample = self.add(stack, "sample", f"{self.word()} {k}")
                            around[sample], depth[sample] = here, depth[here] + 1
                            claim(term, sample)
                            samples[i].add(term)
                    if len(terms) > MANY_TERMS or samples[i]:
                        rest = [term for term in dict.fromkeys(terms) if term not in samples[i]]
                        whole = node not in graph.roots  # which stand outside
                        label = f"sum of {len(terms)}" if whole else "partial sums" if len(links) > 1 else "terms"
                        self.sums.append((i, label, rest + links))
            top = sum_of.get(i, NONE)
            for p in graph.parent_numbers[i]:
                if scope[p] != here and (top == NONE or p not in samples[top]):
                    claim(p, here)

    def word(self) -> str:
        """Terms that use the parameters of modules are the samples of a batch."""
        return "sample" if self.module_of else "term"

    def samples_in(self, terms: Sequence[int], shapes: Mapping[Value, int]) -> list[tuple[str, list[tuple[int, int]]]]:
        """The terms that are samples, with their places in the sum: alike ones together, then many different ones."""
        alike: dict[int, list[tuple[int, int]]] = {}
        for k, term in enumerate(terms, 1):
            if self.is_large(term):
                alike.setdefault(shapes[self.graph.nodes[term]], []).append((k, term))
        found = [("stack", same) for same in alike.values() if len(same) >= MIN_ALIKE]
        different = [each for same in alike.values() if len(same) < MIN_ALIKE for each in same]
        if len(different) > MANY_TERMS:
            found.append(("sum", sorted(different)))
        return found

    def is_large(self, term: int) -> bool:
        """Whether something is computed for this term only, besides the term itself."""
        return self.users[term] == 1 and any(
            self.users[p] == 1 and self.graph.parent_numbers[p] for p in self.graph.parent_numbers[term]
        )

    def place_sums(self) -> None:
        """A group for each sum of many terms: the sums in it, and the terms that nothing else uses."""
        for top, label, nodes in self.sums:
            inside = [
                i
                for i in nodes
                if self.graph.parent_numbers[i]
                and (self.users[i] == 1 or i == top)
                and self.scope[i] == self.scope[top]
                and self.group_of[i] == NONE
            ]
            if len(inside) > 1:
                group = self.add(self.scope[top], "sum", label)
                for i in inside:
                    self.group_of[i] = group

    def place_leaves(self, names: Mapping[Value, str]) -> None:
        """Where many leaves are in no group, one for those of each container, `W` > `W[0]`, and one for the others."""
        nodes = self.graph.nodes
        loose = [
            i
            for i, node in enumerate(nodes)
            if node.op is None and not node.is_constant and self.group_of[i] == self.scope[i] == NONE
        ]
        if len(loose) <= MANY_TERMS:
            return
        known: dict[str, int] = {}
        for i in loose:
            name = nodes[i].label or names.get(nodes[i], "")
            above = NONE
            for bracket in re.finditer(r"(?<=\w|\])\[[^\]]*\]", name):
                container = name[: bracket.start()]
                if container not in known:
                    known[container] = self.add(above, "module", container)
                above = known[container]
            self.group_of[i] = above
        self.box([i for i in loose if self.group_of[i] == NONE], "inputs")

    def box(self, leaves: Sequence[int], label: str) -> None:
        """One group for leaves, where they are many."""
        if len(leaves) > MANY_TERMS:
            group = self.add(NONE, "module", label)
            for i in leaves:
                self.group_of[i] = group

    def place_parts(self) -> None:
        """Groups for very many loose operations: as many as there are operations in each."""
        outputs = {self.graph.number[output] for output in self.graph.roots}
        computed = [i for i, parents in enumerate(self.graph.parent_numbers) if parents and i not in outputs]
        loose = {i for i in computed if self.group_of[i] == self.scope[i] == NONE}
        if len(loose) <= MANY_LOOSE:
            return
        size, inside, parts = math.isqrt(len(loose)), 0, 0
        for before, i in pairwise([NONE, *sorted({*computed, *outputs})]):
            if i not in loose:
                continue
            # Another group or a result in between would be computed from the part, and the part from it.
            if before not in loose or inside == size:
                parts, inside = parts + 1, 0
                group = self.add(NONE, "part", f"part {parts}")
            self.group_of[i] = group
            inside += 1

    # --- the tree --------------------------------------------------------------------------------------

    def place_nodes(self) -> None:
        """Give every node to its innermost group; a constant to the group that alone uses it."""
        group_of, nodes = self.group_of, self.graph.nodes
        for i, scope in enumerate(self.scope):
            if group_of[i] == NONE:
                group_of[i] = scope
        used_by: dict[int, int] = {}
        for i, parents in enumerate(self.graph.parent_numbers):
            for p in parents:
                if nodes[p].is_constant and p not in self.module_of:
                    used_by[p] = group_of[i] if used_by.get(p, group_of[i]) == group_of[i] else NONE
        for p, group in used_by.items():
            if group != NONE:
                group_of[p] = group

        # The inputs of a single sample, which go to all neurons of a layer.
        self.box([p for p in used_by if group_of[p] == NONE and self.users[p] > 1], "numbers")
        for output in self.graph.roots:
            group_of[self.graph.number[output]] = NONE

    def result(self) -> list[dict[str, Any]]:
        """The groups without those that are too small to be worth a box."""
        groups = self.groups
        for i, g in enumerate(self.group_of):
            if g != NONE:
                groups[g].nodes.append(i)
        for g in range(len(groups) - 1, -1, -1):  # the innermost ones first
            group = groups[g]
            small = len(group.children) < (MIN_ALIKE if group.kind == "stack" else 1) and len(group.nodes) < 2
            if group.parent != NONE:
                above = groups[group.parent]
                if small:
                    above.nodes.extend(group.nodes)
                    above.children.extend(group.children)
                else:
                    above.children.append(g)
            if small:
                for child in group.children:
                    groups[child].parent = group.parent
                group.kind = ""
        kept = [g for g, group in enumerate(groups) if group.kind]
        new = {g: k for k, g in enumerate(kept)}
        self.find_shapes(kept)
        return [
            {
                "id": new[g],
                "parent": new.get(groups[g].parent, NONE),
                "label": cleaned(groups[g].label),
                "kind": groups[g].kind,
                "nodes": sorted(groups[g].nodes),
                "shape": groups[g].shape,
            }
            for g in kept
        ]

    def find_shapes(self, kept: Sequence[int]) -> None:
        """The same number for groups with the same content: operations, edges among them, groups inside."""
        graph, known = self.graph, {}  # type: ignore[var-annotated]
        for g in reversed(kept):
            group = self.groups[g]
            place = {i: k for k, i in enumerate(sorted(group.nodes))}
            content = tuple(
                [(graph.nodes[i].op, *[place.get(p, NONE) for p in graph.parent_numbers[i]]) for i in place]
            )
            inside = tuple([self.groups[child].shape for child in sorted(group.children)])
            group.shape = known.setdefault((group.kind, content, inside), len(known))


def _segments(name: str) -> list[str]:
    """The parts of a name between the dots that stand in no brackets.

    >>> _segments("layers[0].d['a.b'].weights[1]")
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
