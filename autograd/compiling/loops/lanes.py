"""The outermost loop: terms of a sum that are the same graph over different data.

The loss of a batch is a sum of terms that are alike (`lockstep.py` says what that means). If no node of a term is read
from outside, the first term can stand for all of them: the program holds it once, over k lanes, and their sum.

Nodes are divided into groups: BEFORE for what all lanes share, 1, 2, … for the lanes of region 1, 2, …, and AFTER for
what depends on a sum over lanes.

Entry points: `find_lanes` for a graph; `rows_as_lanes` for a function of rows; `merged`, which finds columns again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ... import operations as ops
from ...repetition import shapes_of, terms_of, uses_in_sums
from ...value import Value
from .lockstep import Nodes, bits, lockstep

BEFORE, AFTER = 0, 1 << 30
MIN_LANES = 8
MIN_SHARE = 0.5  # of all operations; where lanes take in less, other loops are as good
MAX_TRIED = 4  # sums, so that the search stays linear
MANY = 4_096  # terms


@dataclass
class Lanes:
    """Which nodes stand for all lanes.

    Attributes:
        n: of region r, n[r - 1] is the number of its lanes; None: rows, known with each call.
        columns: of region r, the leaves that differ from lane to lane: for each lane one; the first is in the order.
        group: of the first of those leaves. Every other node has the group of what it reads.
        terms: of a sum over lanes: its terms, those in lanes represented by their first.
        parents: of a node that reads something else in each lane: what it reads instead, see `lockstep.py`.
        hidden: the nodes of the other lanes, and sums that a sum over lanes takes in.
    """

    n: list[int | None] = field(default_factory=list)
    columns: list[list[Nodes]] = field(default_factory=list)
    group: dict[Value, int] = field(default_factory=dict)
    terms: dict[Value, list[Value]] = field(default_factory=dict)
    parents: dict[Value, tuple[Value, ...]] = field(default_factory=dict)
    hidden: set[Value] = field(default_factory=set)

    def parents_of(self, node: Value) -> Sequence[Value]:
        """What a node that is not hidden reads."""
        return self.terms.get(node) or self.parents.get(node) or node.parents

    def order(self, order: Sequence[Value]) -> Sequence[Value]:
        """The nodes that are not hidden, each after what it reads."""
        shown = [node for node in order if node not in self.hidden] if self.hidden else order
        if not self.parents:
            return shown
        found: list[Value] = []
        done: set[Value] = set()
        stack: list[Any] = list(reversed(shown))
        while stack:
            node = stack.pop()
            if node is None:
                found.append(stack.pop())
            elif node not in done:
                done.add(node)
                stack += (node, None, *reversed([x for x in self.parents_of(node) if x not in done]))
        return found

    def joined(self, node: Value, groups: Iterable[int]) -> int:
        """The group of an operation, from those of its parents."""
        return AFTER if node in self.terms else max(groups)


def rows_as_lanes(arguments: Sequence[Value]) -> Lanes:
    """The lanes of a function of rows: each argument is a column."""
    return Lanes([None], [[(x,) for x in arguments]], dict.fromkeys(arguments, 1))


def find_lanes(order: Sequence[Value], roots: Sequence[Value]) -> Lanes:
    """The lanes of a graph; none where no sum has enough terms that are alike and on their own."""
    n_operations = sum([node.op is not None for node in order])
    uses = uses_in_sums(order, roots)
    shapes: dict[Value, int] = {}
    readers: dict[Value, int] = {}
    tried, inside = 0, set()
    for node in reversed(order):
        if (node.op is not ops.add and node.op is not ops.total) or node in inside:
            continue
        whole = terms_of(node, uses)
        inside.update(whole[1])
        if len(whole[0]) < MIN_LANES:
            continue
        as_written = _as_written(node, uses)  # a sample's loss may be a sum itself
        for terms, links in (as_written, whole) if len(as_written[0]) < len(whole[0]) else (whole,):
            if len(terms) < MANY and _alike(terms, _look) is None:  # which costs less than the shapes of all nodes
                continue
            shapes = shapes or shapes_of(order)
            groups = _alike(terms, shapes.__getitem__)
            if groups is not None:
                readers = readers or _readers(order, roots)
                lanes = _tried(node, groups, links, readers, n_operations)
                if lanes is not None:
                    return lanes
        tried += 1
        if tried == MAX_TRIED:
            break
    return Lanes()


def _as_written(node: Value, uses: Mapping[Value, int]) -> tuple[list[Value], list[Value]]:
    """The terms of a sum as a loop adds them up, `total = total + term`; the sums that it takes in, itself first."""
    terms: list[Value] = []
    links = [node]
    while links[-1].op is ops.add:
        first, second = links[-1].parents
        terms.append(second)
        if (first.op is ops.add or first.op is ops.total) and uses[first] == 1:
            links.append(first)
        else:
            return [first, *reversed(terms)], links
    return [*links[-1].parents, *reversed(terms)], links


def _readers(order: Sequence[Value], roots: Sequence[Value]) -> dict[Value, int]:
    """How many places read each node; a root is also read from outside."""
    readers: dict[Value, int] = dict.fromkeys(roots, 1)
    for node in order:
        for parent in node.parents:
            readers[parent] = readers.get(parent, 0) + 1
    return readers


def _look(node: Value, depth: int = 2) -> Any:
    """What terms of one shape have in common: their operations, so far down."""
    if node.op is None or depth == 0:
        return node.op
    return node.op, *[_look(parent, depth - 1) for parent in node.parents[:4]]


def _alike(terms: Sequence[Value], looks: Callable[[Value], Any]) -> list[list[Value]] | None:
    """The terms in groups that look alike; None where most have too few of their kind."""
    alike: dict[Any, list[Value]] = {}
    for term in terms:
        alike.setdefault(looks(term), []).append(term)
    if sum(len(same) for same in alike.values() if len(same) >= MIN_LANES) * 2 < len(terms):
        return None
    return list(alike.values())


def _tried(
    node: Value, groups: Sequence[Sequence[Value]], links: Sequence[Value], readers: dict[Value, int], n_operations: int
) -> Lanes | None:
    """The lanes of a sum, whose terms come in groups, if they take in enough of the graph."""
    lanes, taken = Lanes(hidden=set(links) - {node}), 0
    rest: list[Value] = []
    for same in groups:
        found = lockstep(tuple(same), readers) if len(same) >= MIN_LANES else None
        if found is None:
            rest += same
            continue
        lanes.n.append(len(same))
        lanes.columns.append(found.columns)
        lanes.group.update((nodes[0], len(lanes.n)) for nodes in found.columns)
        lanes.parents.update(found.parents)
        for nodes in found.steps:
            lanes.hidden.update(nodes[1:])
            taken += len(nodes)
        rest.append(same[0])
    if taken < MIN_SHARE * n_operations:
        return None
    lanes.terms[node] = rest
    return lanes


LOOKED_AT = 8  # columns that must agree before two of them are taken for the same data


def merged(columns: Sequence[Nodes], index: Mapping[Value, int]) -> tuple[list[Nodes], dict[Value, int]]:
    """The distinct columns, and for the first leaf of each given one its place among them.

    A number makes a constant of its own wherever it is used: each neuron of a layer brings the same inputs again. So
    columns of constants with the same contents are the same column, where a whole run of them repeats: two pixels that
    happen to be alike stay two.
    """
    ordered = sorted(columns, key=lambda nodes: index[nodes[0]])
    contents = [tuple([bits(x.data) for x in nodes]) if nodes[0].is_constant else nodes for nodes in ordered]
    distinct: list[int] = []  # places in `ordered`
    first_place: dict[object, int] = {}
    address: dict[Value, int] = {}
    expected = -1
    for k, nodes in enumerate(ordered):
        if not (0 <= expected < len(distinct) and contents[distinct[expected]] == contents[k]):
            expected = first_place.get(contents[k], len(distinct))
            ahead = zip(distinct[expected : expected + LOOKED_AT], contents[k : k + LOOKED_AT], strict=False)
            if not all(contents[i] == content for i, content in ahead):
                expected = len(distinct)
        if expected == len(distinct):
            first_place.setdefault(contents[k], expected)
            distinct.append(k)
        address[nodes[0]] = expected
        expected += 1
    return [ordered[k] for k in distinct], address
