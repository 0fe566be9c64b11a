"""Terms of sums that are alike, as the samples of a batch, with all that only one of them is computed from.

Entry points, in this order: `place_terms`, `place_sums`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from ... import operations as ops
from ...graph import Graph
from ...repetition import shapes_of, terms_of, uses_in_sums
from ...value import Value
from .tree import MIN_ALIKE, NONE, Tree

MANY_TERMS = 12  # a sum of more is a group
UNSEEN = -2


class Sum(NamedTuple):
    """A sum of many terms, or of samples: its result, what to call it, and the nodes that may be in its group."""

    result: int
    label: str
    nodes: list[int]


class Terms(NamedTuple):
    """What `place_terms` found."""

    scope: list[int]  # the group of the sample that each node belongs to
    sums: list[Sum]


def number_of_users(graph: Graph) -> list[int]:
    """How many nodes use each node."""
    users = [0] * len(graph)
    for parents in graph.parent_numbers:
        for p in set(parents):
            users[p] += 1
    return users


def place_terms(
    graph: Graph, tree: Tree, parameters: Mapping[int, int], owner: Sequence[int], users: Sequence[int]
) -> Terms:
    """Walk from the results to the leaves: a node is in a sample when all its users are.

    Where the users are in several samples, it is in the innermost sample around all of them.

    Args:
        parameters: what is in no sample, whatever uses it.
        owner: NONE for the nodes that may be a sum of samples, as no neuron computes them.
        users: how many nodes use each node.
    """
    scope, sums = [UNSEEN] * len(graph), []
    shapes, uses = shapes_of(graph.nodes), uses_in_sums(graph.nodes)
    nesting = _Nesting()
    sum_of: dict[int, int] = {}  # a sum inside another one -> the outermost
    samples: dict[int, set[int]] = {}  # of a sum: its terms that are samples
    word = "sample" if parameters else "term"  # terms that use the parameters of modules are the samples of a batch
    for i in range(len(graph) - 1, -1, -1):
        if scope[i] == UNSEEN or i in parameters:
            scope[i] = NONE
        node, here = graph.nodes[i], scope[i]
        if (node.op is ops.add or node.op is ops.total) and owner[i] == NONE and i not in sum_of:
            term_nodes, link_nodes = terms_of(node, uses)
            links = [graph.number[link] for link in link_nodes]
            terms = [graph.number[term] for term in term_nodes if not term.is_constant]  # as the 0 of Python's `sum`
            sum_of.update(dict.fromkeys(links, i))
            samples[i] = set()
            for kind, alike in _samples_among(graph, terms, shapes, users):
                stack = tree.add(here, kind, f"{word}s" if kind == "stack" else "different terms")
                for k, term in alike:
                    sample = tree.add(stack, "sample", f"{word} {k}")
                    nesting.put(sample, here)
                    scope[term] = nesting.common(scope[term], sample)
                    samples[i].add(term)
            if len(terms) > MANY_TERMS or samples[i]:
                rest = [term for term in dict.fromkeys(terms) if term not in samples[i]]
                whole = node not in graph.roots  # which stand outside
                label = f"sum of {len(terms)}" if whole else "partial sums" if len(links) > 1 else "terms"
                sums.append(Sum(i, label, rest + links))
        top = sum_of.get(i, NONE)
        for p in graph.parent_numbers[i]:
            if scope[p] != here and (top == NONE or p not in samples[top]):
                scope[p] = nesting.common(scope[p], here)
    return Terms(scope, sums)


class _Nesting:
    """Samples inside samples."""

    def __init__(self) -> None:
        self.around = {NONE: NONE}
        self.depth = {NONE: 0}

    def put(self, sample: int, into: int) -> None:
        self.around[sample], self.depth[sample] = into, self.depth[into] + 1

    def common(self, known: int, new: int) -> int:
        """The innermost sample around both; `new` where nothing was known."""
        if known == UNSEEN:
            return new
        while known != new:
            if self.depth[new] >= self.depth[known]:
                new = self.around[new]
            else:
                known = self.around[known]
        return new


def _samples_among(
    graph: Graph, terms: Sequence[int], shapes: Mapping[Value, int], users: Sequence[int]
) -> list[tuple[str, list[tuple[int, int]]]]:
    """The terms that are samples, with their places in the sum: alike ones together, then many different ones."""
    if len(terms) < MIN_ALIKE:
        return []
    alike: dict[int, list[tuple[int, int]]] = {}
    for k, term in enumerate(terms, 1):
        if _is_large(graph, term, users):
            alike.setdefault(shapes[graph.nodes[term]], []).append((k, term))
    found = [("stack", same) for same in alike.values() if len(same) >= MIN_ALIKE]
    different = [each for same in alike.values() if len(same) < MIN_ALIKE for each in same]
    if len(different) > MANY_TERMS:
        found.append(("sum", sorted(different)))
    return found


def _is_large(graph: Graph, term: int, users: Sequence[int]) -> bool:
    """Whether something is computed for this term only, besides the term itself."""
    return users[term] == 1 and any(users[p] == 1 and graph.parent_numbers[p] for p in graph.parent_numbers[term])


def place_sums(
    graph: Graph, tree: Tree, terms: Terms, users: Sequence[int], taken: Mapping[int, int]
) -> Mapping[int, int]:
    """A group for each sum of many terms, with the sums in it and the terms that nothing else uses: node -> group.

    Args:
        taken: nodes that are in a group already.
    """
    group_of: dict[int, int] = {}
    for result, label, nodes in terms.sums:
        inside = [
            i
            for i in nodes
            if graph.parent_numbers[i]
            and (users[i] == 1 or i == result)
            and terms.scope[i] == terms.scope[result]
            and i not in taken
            and i not in group_of
        ]
        if len(inside) > 1:
            group_of.update(dict.fromkeys(inside, tree.add(terms.scope[result], "sum", label)))
    return group_of
