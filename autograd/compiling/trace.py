"""From a graph to a tape of program instructions; finds the lanes.

The loss of a batch is a sum of terms that are the same graph over different data. Such terms are walked *in
lockstep* from their roots, k nodes at a time. Where all k are one and the same node, it is shared; where all
are leaves, they are a column of data; else all have the same operation, and one vector instruction stands
for all k of them.

Entry points: `survey(roots)` finds the lanes; `trace` returns a `Tape`, which `differentiate.py` walks backwards.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .. import operations as ops
from ..operations import Operation
from ..repetition import shapes_of, terms_of, uses_in_sums
from ..sweeps import topological_order
from ..value import Value
from .program import Builder, Column, Operand

Nodes = tuple[Value, ...]

MIN_LANES = 4  # fewer terms are not worth a loop
MIN_SAVED = 64  # nor are terms of a single product, unless they are many
# The search for lanes walks at most so many times as many nodes as the graph has: terms that go down to the same nodes
# (positions that attend to each other, bodies that attract each other) would be walked again and again, in vain.
MAX_WALKS = 4


class TapeEntry(NamedTuple):
    """A node of the graph, or k nodes in lockstep: the operation (None for a leaf), its inputs, its result.

    Entries are not merged and not simplified, so that gradients add up in the order of the eager engine.
    """

    operation: Operation | None
    inputs: tuple[int, ...]  # numbers of entries
    result: Operand
    group: int


class Tape:
    """The entries in topological order, and the leaves they read.

    Attributes: `builder`, `entries`; `slots` of the leaves, in order, and `constants` by slot; `of_slot` and
    `of_column`: the entries that read them; `roots`: the entries of the results; `n_nodes` of the graph.
    """

    def __init__(self, builder: Builder, arguments: dict[Value, Column]) -> None:
        self.builder = builder
        self.arguments = arguments
        self.entries: list[TapeEntry] = []
        self.slots: dict[Value, int] = {}
        self.constants: dict[int, float] = {}
        self.n_slots = 0
        self.of_slot: dict[int, int] = {}  # the entry that reads a slot as a scalar
        self.of_column: dict[int, int] = {}
        self.roots: list[int] = []
        self.n_nodes = 0

    def add(self, operation: Operation | None, inputs: tuple[int, ...], result: Operand, group: int = 0) -> int:
        self.entries.append(TapeEntry(operation, inputs, result, group))
        return len(self.entries) - 1

    def apply(self, operation: Operation, inputs: tuple[int, ...], group: int = 0) -> int:
        """The entry of an operation that is applied to entries."""
        entries = self.entries
        return self.add(operation, inputs, self.builder.emit(operation, [entries[i].result for i in inputs]), group)

    def slot(self, leaf: Value) -> int:
        """The place of a leaf among the inputs."""
        place = self.slots.get(leaf)
        if place is None:
            place = self.slots[leaf] = self.n_slots
            self.n_slots += 1
        return place


class LaneGroup(NamedTuple):
    """Terms of a sum that are alike, and the k-tuples of their nodes, each after those it was computed from."""

    n_lanes: int
    order: list[Nodes]
    shared: set[Value]


class TapeLanes(NamedTuple):
    """A sum that runs in lanes: its groups, the terms that are like no other, and the sums that it is made of."""

    groups: list[LaneGroup]
    rest: list[Value]
    sums: list[Value]


class Survey(NamedTuple):
    """A graph.

    Attributes:
        order: its nodes in topological order.
        found: the sums in it that run in lanes.
        roots: its results.
        n_operations: how many it has; a sum of n terms is n - 1 of them.
        n_left: how many are left when lanes run side by side: those that no lanes take in, and one lane of each group.
    """

    order: list[Value]
    found: dict[Value, TapeLanes]
    roots: list[Value]
    n_operations: int
    n_left: int


def survey(
    roots: Sequence[Value], lanes: bool = True, order: list[Value] | None = None, most: int = sys.maxsize
) -> Survey:
    """The graph of these results.

    Args:
        roots: the results.
        order: of the graph, if it is known.
        lanes: whether to look for terms that are alike, for one result only.
        most: do not look for lanes that would leave more operations than these.
    """
    order = topological_order(*roots) if order is None else order
    found = _find_lanes(order, most) if lanes and len(roots) == 1 else {}
    total = left = n_operations(order)
    if found:
        inside = {node for sums in found.values() for node in sums.sums}
        groups = [group for sums in found.values() for group in sums.groups]
        inside.update(*[nodes for group in groups for nodes in group.order])
        left = n_operations([node for node in order if node not in inside])
        left += sum([n_operations([nodes[0] for nodes in group.order]) for group in groups])
    return Survey(order, found, list(roots), total, left)


def n_operations(nodes: Sequence[Value]) -> int:
    """How many operations these nodes are; a sum of n terms is n - 1 of them."""
    firsts = [node._first for node in nodes if node.op is not None]
    return len(firsts) + sum([max(0, len(first) - 2) for first in firsts if first.__class__ is tuple])


def trace(graph: Survey, arguments: dict[Value, Column] | None = None, first: Sequence[Value] = ()) -> Tape:
    """The tape of everything that the results are computed from.

    Args:
        graph: see `survey`.
        arguments: leaves that stand for the columns of an argument, in the function form.
        first: leaves that get the first slots, in this order where no lanes want another.
    """
    order, found, roots = graph.order, graph.found, graph.roots
    tape = Tape(Builder(), arguments or {})
    if arguments is not None:
        tape.builder.lanes.append(None)
        tape.n_slots = 1  # slot 0 holds the number of rows
    inside, early = set(order), set(first)
    columns = [nodes for sums in found.values() for group in sums.groups for nodes in group.order if not nodes[0].op]
    _reserve(tape, [nodes for nodes in columns if early.issuperset(nodes)])
    _reserve(tape, [(x,) for x in first if x in inside])
    _reserve(tape, columns)  # the slots of a column are in one piece, where its leaves are in no other
    _reserve(tape, [(x,) for x in order])  # constants of columns come after all leaves
    tape.n_nodes = len(order)
    _Tracer(tape, found).run(roots)
    return tape


def _reserve(tape: Tape, columns: Iterable[Nodes]) -> None:
    """Give slots to the leaves of these columns."""
    for nodes in columns:
        if nodes[0].op is None and not nodes[0].is_constant and nodes[0] not in tape.arguments:
            for node in nodes:
                tape.slot(node)


class _Tracer:
    """Emits what the roots need, iteratively: a graph may be deeper than Python's stack."""

    def __init__(self, tape: Tape, found: dict[Value, TapeLanes]) -> None:
        self.tape = tape
        self.found = found
        self.done: dict[Any, int] = {}

    def run(self, roots: Sequence[Value]) -> None:
        done = self.done
        stack: list[Any] = list(reversed(roots))
        while stack:
            node: Any = stack.pop()
            if node is None:
                node = stack.pop()
                if node not in done:
                    done[node] = self.emit(node)
            elif node not in done:
                needed = self.needed(node)
                stack += (node, None)
                stack.extend(reversed([x for x in needed if x not in done]))
        self.tape.roots = [done[root] for root in roots]

    def needed(self, node: Value) -> Iterable[Value]:
        lanes = self.found.get(node)
        if lanes is None:
            return node.parents
        return [x for group in lanes.groups for x in group.shared] + lanes.rest

    def emit(self, node: Value) -> int:
        tape = self.tape
        lanes = self.found.get(node)
        if lanes is not None:
            reduced = [self.reduced(group) for group in lanes.groups]
            return tape.apply(ops.total, (*[self.done[x] for x in lanes.rest], *reduced))
        if node.op is not None:
            inputs = tuple([self.done[parent] for parent in node.parents])
            group = max([tape.entries[i].group for i in inputs])
            return tape.apply(node.op, inputs, group)
        if node.is_constant:
            return tape.add(None, (), node.data)
        if node in tape.arguments:
            column = tape.arguments[node]
            symbol = tape.builder.column(column)
            entry = tape.add(None, (), symbol, column.group)
            tape.of_column[tape.builder.inputs[symbol.index][0]] = entry
            return entry
        slot = tape.slot(node)
        tape.of_slot[slot] = tape.add(None, (), tape.builder.read(slot))
        return tape.of_slot[slot]

    def reduced(self, group: LaneGroup) -> int:
        """The entry of the sum over the lanes of a group."""
        tape, number = self.tape, len(self.tape.builder.lanes)
        tape.builder.lanes.append(group.n_lanes)
        done: dict[Nodes, int] = {}

        def entry_of(nodes: Nodes) -> int:
            return done[nodes] if nodes in done else self.done[nodes[0]]

        for nodes in group.order:
            operation = nodes[0].op
            if operation is None:
                done[nodes] = self.column(nodes, number)
            else:
                inputs = tuple([entry_of(parents) for parents in zip(*[x.parents for x in nodes], strict=True)])
                done[nodes] = tape.apply(operation, inputs, number)
        last = done[group.order[-1]]
        return tape.add(REDUCTION, (last,), tape.builder.reduce(tape.entries[last].result, number))

    def column(self, nodes: Nodes, group: int) -> int:
        tape = self.tape
        if nodes[0].is_constant:
            if len({x.data for x in nodes}) == 1 and nodes[0].data != 0:
                return tape.add(None, (), nodes[0].data)
            start = tape.n_slots
            tape.n_slots += len(nodes)
            tape.constants.update(enumerate([x.data for x in nodes], start))
            slots: Sequence[int] = range(start, tape.n_slots)
        else:
            slots = [tape.slot(x) for x in nodes]
            if slots == list(range(slots[0], slots[0] + len(slots))):
                slots = range(slots[0], slots[0] + len(slots))
        symbol = tape.builder.column(Column(group, slots if isinstance(slots, range) else tuple(slots)))
        entry = tape.add(None, (), symbol, group)
        if not nodes[0].is_constant:
            tape.of_column[tape.builder.inputs[symbol.index][0]] = entry
        return entry


def _no_number(*_: Any) -> Any:
    raise TypeError("a reduction is applied to lanes")


# The sum over the lanes, on the tape: each lane's local derivative is 1.
REDUCTION = Operation("reduction", "Σ", _no_number, lambda y, x: (1.0,))


def _find_lanes(order: Sequence[Value], most: int) -> dict[Value, TapeLanes]:
    """The sums whose terms become lanes, outermost first: what is inside a lane is not looked at again.

    None where these would leave more than `most` operations: of each shape that is no sum's, they leave one at least.
    """
    sums = [node for node in order if node.op is ops.add or node.op is ops.total]
    if not sums:
        return {}
    most += len(sums)
    if 2 * most < len(order) and len(set(shapes_of(order[: 2 * most]).values())) > most:
        return {}
    shapes, uses = shapes_of(order), uses_in_sums(order)
    steps_left = MAX_WALKS * len(order)
    readers = Counter(parent for node in order for parent in node.parents)
    found: dict[Value, TapeLanes] = {}
    inside: set[Value] = set()
    for node in reversed(sums):
        if node in inside:
            continue
        terms, links = terms_of(node, uses)
        inside.update(links)
        if len(terms) < MIN_LANES:
            continue
        alike: dict[int, list[Value]] = {}
        for term in terms:
            alike.setdefault(shapes[term], []).append(term)
        lanes = TapeLanes([], [], links)
        for same in alike.values():
            group = None
            if len(same) >= MIN_LANES and steps_left > 0:
                group, n_steps = _lockstep(tuple(same), steps_left, readers)
                steps_left -= n_steps
            if group is None:
                lanes.rest.extend(same)
            else:
                lanes.groups.append(group)
                for nodes in group.order:
                    inside.update(nodes)
        if lanes.groups:
            found[node] = lanes
    return found


def _lockstep(terms: Nodes, most: int, readers: Mapping[Value, int]) -> tuple[LaneGroup | None, int]:
    """Walk terms of one shape together; no group when lanes would save nothing, or after the walk met `most` nodes.

    Nor is there one where something else reads their nodes, which would be computed, and differentiated, twice.
    Also returns how many nodes it met.
    """
    n = len(terms)
    order: list[Nodes] = []
    shared: set[Value] = set()
    visited: set[Nodes] = set()
    stack: list[Any] = [terms]
    while stack:
        nodes = stack.pop()
        if nodes is None:
            order.append(stack.pop())
            continue
        first = nodes[0]
        if nodes[-1] is first and nodes.count(first) == n:
            shared.add(first)
        elif nodes not in visited:
            visited.add(nodes)
            if n * len(visited) > most:
                return None, n * len(visited)
            if first.op is None:
                order.append(nodes)
            else:
                stack += (nodes, None)
                stack.extend(reversed(list(zip(*[x.parents for x in nodes], strict=True))))
    steps = [nodes for nodes in order if nodes[0].op is not None]
    # Lanes that meet in common nodes (pairwise distances, say) would compute these again and again.
    distinct = len({x for nodes in steps for x in nodes})
    worth_it = (n - 1) * len(steps) >= MIN_SAVED and n * len(steps) <= 2 * distinct
    if worth_it:
        reads = Counter(parent for nodes in steps for node in nodes for parent in node.parents)
        reads.update(terms)
        worth_it = all(reads[node] >= readers[node] for nodes in steps for node in nodes)
    return LaneGroup(n, order, shared) if worth_it else None, n * len(visited)
