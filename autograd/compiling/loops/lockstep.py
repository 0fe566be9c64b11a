"""Terms of a sum, walked in lockstep: k nodes at a time, one of each term.

From the roots of the terms downwards: where all k nodes are one and the same, it is shared; where all are leaves, they
are a column of data; else all have the same operation, and one statement will compute all k of them.

Where the terms differ in *which* of their own nodes they read, as the loss of each sample reads the output of its own
class, the k nodes are a **choice** among others that are walked anyway. It is written out:

    chosen = Σ p  where(column p, node p, 0)        column p is 1 in the lanes that chose node p, else 0

Entry point: `lockstep`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ... import operations as ops
from ...value import Constant, Value

Nodes = tuple[Value, ...]

MAX_CHOICES = 64
MAX_WALKS = 4


class Lockstep(NamedTuple):
    """`columns` of leaves that differ; `steps`, operations; `parents` of first nodes that read a choice instead."""

    columns: list[Nodes]
    steps: list[Nodes]
    parents: dict[Value, tuple[Value, ...]]


def lockstep(terms: Nodes, readers: Mapping[Value, int]) -> Lockstep | None:
    """Walk terms of one shape together.

    None when a node would belong to two terms, or is read from outside of its own (`readers` counts the places that
    read a node). Nor can the first leaf of a column stand for the column if something else reads it, too.
    """
    choices: set[Nodes] = set()  # what a walk took for operations, before it knew the nodes to choose from
    for _ in range(MAX_WALKS):
        walk = _Walk(terms, choices)
        if walk.run():
            return walk.found(readers)
        if walk.conflict is None or walk.conflict == terms or walk.conflict in choices:
            return None
        choices.add(walk.conflict)
    return None


class _Walk:
    """One walk. `conflict` is a step that another one shares nodes with: it may be a choice."""

    def __init__(self, terms: Nodes, choices: set[Nodes]) -> None:
        self.terms = terms
        self.conflict: Nodes | None = None
        self._choices = set(choices)
        self._columns: list[Nodes] = []
        self._steps: list[Nodes] = []
        self._shared: set[Value] = set()
        # A number beside a parameter is data, also where it is the same for all lanes, as a pixel in a corner may be.
        self._data: set[Nodes] = set()
        self._lane: dict[Value, int] = {}
        self._step: dict[Value, int] = {}  # of a node: the place of its step

    def run(self) -> bool:
        """Collect columns and steps; False when two steps share nodes."""
        n, visited, stack = len(self.terms), set[Nodes](), [self.terms]
        while stack:
            nodes = stack.pop()
            first = nodes[0]
            if nodes[-1] is first and nodes.count(first) == n:
                self._shared.add(first)
            elif nodes not in visited and nodes not in self._choices:
                visited.add(nodes)
                if first.op is not None:
                    if not self._take(nodes):
                        return False
                    if nodes not in self._choices:
                        stack.extend(reversed(self._parents(nodes)))
                elif _is_one_number(nodes) and nodes not in self._data:
                    self._shared.add(first)
                else:
                    self._columns.append(nodes)
        return True

    def _take(self, nodes: Nodes) -> bool:
        """Make the nodes a step, or a choice if each belongs to a step of its lane already."""
        lane_of = self._lane
        known = sum(node in lane_of for node in nodes)
        if known == 0:
            lane_of.update(zip(nodes, range(len(nodes)), strict=True))
            if len(set(nodes)) < len(nodes):
                return False
            self._step.update(dict.fromkeys(nodes, len(self._steps)))
            self._steps.append(nodes)
            return True
        if known == len(nodes) and all(lane_of[node] == lane for lane, node in enumerate(nodes)):
            self._choices.add(nodes)
            return True
        self.conflict = self._steps[next(self._step[node] for node in nodes if node in lane_of)]
        return False

    def _parents(self, nodes: Nodes) -> list[Nodes]:
        parents: list[Nodes] = list(zip(*[x.parents for x in nodes], strict=True))
        if nodes[0].op is ops.power_of_constant and nodes[0].parents[1].is_constant:
            parents.pop()  # all have the same exponent
        elif len(parents) == 2:
            self._data.update(a for a, b in (parents, parents[::-1]) if _is_parameter(b))
        return parents

    def found(self, readers: Mapping[Value, int]) -> Lockstep | None:
        """What the walk found, if the first term can stand for all."""
        firsts = {nodes[0] for nodes in self._columns}
        if not self._columns:  # the terms are the same computation: nothing in them would tell that it has lanes
            return None
        if not self._steps or len(firsts) < len(self._columns) or not firsts.isdisjoint(self._shared):
            return None
        reads: dict[Value, int] = dict.fromkeys(self.terms, 1)
        for nodes in self._steps:
            for node in nodes:
                for parent in node.parents:
                    if parent in self._lane or parent in firsts:
                        reads[parent] = reads.get(parent, 0) + 1
        if any(reads.get(node) != readers[node] for node in (*self._lane, *firsts)):
            return None
        chosen: dict[Nodes, Value] = {}
        for nodes in self._choices:
            if not all(self._lane.get(node) == lane for lane, node in enumerate(nodes)):
                return None
            options = sorted({self._step[node] for node in nodes})
            if len(options) > MAX_CHOICES:
                return None
            chosen[nodes] = self._choice(nodes, options)
        parents = {}
        for nodes in self._steps if chosen else ():
            read = self._parents(nodes)
            if any(x in chosen for x in read):
                parents[nodes[0]] = tuple([chosen[x] if x in chosen else x[0] for x in read])
        return Lockstep(self._columns, self._steps, parents)

    def _choice(self, nodes: Nodes, options: list[int]) -> Value:
        parts = []
        for option in options:
            column = tuple([Constant(float(self._step[node] == option)) for node in nodes])
            self._columns.append(column)
            parts.append(ops.where(column[0], self._steps[option][0], Constant(0.0)))
        return ops.total(*parts)


def _is_one_number(nodes: Nodes) -> bool:
    return nodes[0].is_constant and len({bits(x.data) for x in nodes}) == 1


def _is_parameter(nodes: Nodes) -> bool:
    first = nodes[0]
    return first.op is None and not first.is_constant and nodes[-1] is first and nodes.count(first) == len(nodes)


def bits(x: float) -> object:
    """What tells a number from every other: 0.0 and -0.0 are two numbers, and nan is one."""
    return (x, str(x)) if x == 0 or x != x else x
