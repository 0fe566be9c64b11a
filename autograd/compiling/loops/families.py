"""Families of like nodes: what Python's loops made, put together again.

Every node gets a key: its *level* (the longest path from the leaves, where a chain of + counts once), its operation,
and the operations of its parents. Nodes with one key are a family. Running family by family, level by level, is a
valid order of execution. A key by the whole structure below a node would tell apart what belongs together: the cells
of a stencil differ by their distance from the boundary, the positions of an attention by how many came before.

- A chain of + is one sum with many terms, and the key of a sum is the *set* of its terms' operations, not their
  number: sums of different lengths are alike.
- Readers do not tell a difference from a sum, nor a minimum from a maximum.
- `x * w` and `w * x` are alike.

Entry point: `find_families`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from ... import operations as ops
from ...operations import Operation
from ...repetition import uses_in_sums
from ...value import Value
from .lanes import BEFORE, Lanes

N_ARY = (ops.total, ops.logsumexp)
COMMUTATIVE = (ops.multiply, ops.maximum, ops.minimum)
READ_ALIKE = {ops.subtract: ops.total, ops.minimum: ops.maximum}

# What readers see of a leaf; the kinds of operations come after these.
CONSTANT, PARAMETER, UNWANTED, ARGUMENT = range(4)


class Irregular(Exception):  # noqa: N818 - not an error: the graph has no loops
    """There are no loops to be found: nearly every node is a family of its own."""


class Family:
    """Like nodes of one level.

    Attributes: `operation`; `exponent` of a power; `group`, see `lanes.py`; `members`, numbers of nodes; `slots[s]`,
    the numbers of the nodes that the members read at place s. For an operation with any number of parents a slot is
    a kind of term, `counts[s][m]` says how many of them member m has, and `slots[s]` lists them member by member.
    """

    __slots__ = ("base", "counts", "exponent", "group", "kind", "level", "members", "number", "operation", "slots")

    def __init__(
        self, level: int, operation: Operation, exponent: float | None, group: int, kind: int, n_slots: int
    ) -> None:
        self.level, self.operation, self.exponent, self.group, self.kind = level, operation, exponent, group, kind
        self.members: Any = []
        self.slots: list[Any] = [[] for _ in range(n_slots)]
        self.counts: list[Any] | None = [[] for _ in range(n_slots)] if operation in N_ARY else None
        self.base = self.number = -1

    def __len__(self) -> int:
        return len(self.members)


class Families:
    """The families of a graph, in an order of execution.

    Attributes: `order`, the nodes; `kind[i]`, what readers see of node i; `own[i]`, the number of its own operation;
    `family[i]`, the number of its family, -1 for leaves and for links of longer sums; `index`, the number of a node.
    """

    def __init__(
        self,
        order: Sequence[Value],
        found: list[Family],
        kind: Any,
        group: Any,
        index: dict[Value, int],
        unreached: set[Value],
    ) -> None:
        self.order, self.families, self.index = order, found, index
        self.kind, self.group = numpy.array(kind), numpy.array(group)
        self.family, self.own = numpy.full(len(order), -1), self.kind.copy()
        for number, family in enumerate(found):
            family.number = number
            family.members = numpy.array(family.members)
            family.slots = [numpy.array(slot) for slot in family.slots]
            self.family[family.members] = number
            self.own[family.members] = family.kind
            if family.counts is not None:
                family.counts = [numpy.array(counts) for counts in family.counts]
        self._unreached = numpy.zeros(len(order), bool)
        self._unreached[[index[node] for node in unreached]] = True

    def needed(self, leaves: Sequence[Value]) -> Any:
        """For each node, whether a gradient comes to it and one of these leaves stands below it."""
        needed = numpy.zeros(len(self.order), bool)
        needed[[self.index[leaf] for leaf in leaves if leaf in self.index]] = True
        for family in self.families:
            found = numpy.zeros(len(family), bool)
            for position, slot in enumerate(family.slots):
                if family.counts is not None:
                    starts = numpy.cumsum(family.counts[position]) - family.counts[position]
                    found |= numpy.logical_or.reduceat(needed[slot], starts)
                elif position not in family.operation.flat:
                    found |= needed[slot]
            needed[family.members] = found & ~self._unreached[family.members]
        return needed


def find_families(
    order: Sequence[Value], lanes: Lanes, leaf_kind: dict[Value, int], roots: Sequence[Value], patient: bool = False
) -> Families:
    """The families of the nodes in `order`.

    Args:
        order: nodes, each after its parents; best in the order in which they were made.
        lanes: which nodes stand for all lanes, see `lanes.py`; sums over lanes end there.
        leaf_kind: PARAMETER, UNWANTED or ARGUMENT for the leaves that are no constants.
        roots: nodes that must have a number of their own; the gradient is that of the first.
        patient: go on however many families there are, instead of raising `Irregular`.
    """
    add, total, power = ops.add, ops.total, ops.power_of_constant
    in_sums = uses_in_sums(order, [*roots, *[x for terms in lanes.terms.values() for x in terms]])
    unreached = _unreached(order, lanes, roots)
    terms_of, group_of, other_parents = lanes.terms, lanes.group, lanes.parents
    n = len(order)
    index: dict[Value, int] = {}
    kinds: dict[Any, int] = {}
    found: dict[Any, Family] = {}
    kind, level, group = [0] * n, [0] * n, [0] * n
    most = n if patient else (sum(node.op is not None for node in order) + 1024) // 8
    for i, node in enumerate(order):
        index[node] = i
        operation: Any = node.op
        if operation is None:
            kind[i] = CONSTANT if node.is_constant and node not in leaf_kind else leaf_kind[node]
            group[i] = group_of.get(node, BEFORE)
            continue
        first, second, exponent = node._first, node._second, None
        if other_parents and node in other_parents:
            first, second = _slots(other_parents[node])
        is_n_ary = False
        terms: Any
        if operation is add or operation is total:
            if in_sums.get(node) == 1 and node not in terms_of:
                continue  # a link of a longer sum, which flattens it
            operation, is_n_ary = total, True
            parents = terms_of.get(node) or other_parents.get(node) or node.parents
            terms = [index[x] for x in (parents if node in terms_of else _terms(parents, in_sums))]
        elif first.__class__ is tuple:
            terms, is_n_ary = [index[x] for x in first], operation in N_ARY
        elif second is None:
            terms = (index[first],)
        elif operation is power and second.is_constant:
            terms, exponent = (index[first],), second._data
        else:
            a, b = index[first], index[second]
            terms = (b, a) if operation in COMMUTATIVE and kind[a] > kind[b] else (a, b)
        level[i] = depth = 1 + max([level[x] for x in terms])
        where, is_unreached = BEFORE, node in unreached
        if lanes.n:
            group[i] = where = lanes.joined(node, [group[x] for x in terms])
        own = kinds.setdefault((operation, exponent, where, is_unreached), len(kinds) + 4)
        alike = READ_ALIKE.get(operation)
        kind[i] = own if alike is None else kinds.setdefault((alike, None, where, is_unreached), len(kinds) + 4)
        seen = tuple(sorted({kind[x] for x in terms})) if is_n_ary else tuple([kind[x] for x in terms])
        key = (depth, own, seen)
        family = found.get(key)
        if family is None:
            family = found[key] = Family(depth, operation, exponent, where, own, len(seen))
            if len(found) > most:
                raise Irregular(f"more than {most} families for {n} nodes")
        family.members.append(i)
        _add_terms(family, terms, seen, kind)
    in_order = sorted(found.values(), key=lambda family: family.level)
    return Families(order, in_order, kind, group, index, unreached)


def _add_terms(family: Family, terms: Sequence[int], seen: Sequence[int], kind: Sequence[int]) -> None:
    """Append what a member reads to the slots of its family."""
    if family.counts is None:
        for slot, x in zip(family.slots, terms, strict=True):
            slot.append(x)
    elif len(seen) == 1:
        family.slots[0] += terms
        family.counts[0].append(len(terms))
    else:
        by_kind: dict[int, list[int]] = {k: [] for k in seen}
        for x in terms:
            by_kind[kind[x]].append(x)
        for slot, counts, k in zip(family.slots, family.counts, seen, strict=True):
            slot += by_kind[k]
            counts.append(len(by_kind[k]))


def _unreached(order: Sequence[Value], lanes: Lanes, roots: Sequence[Value]) -> set[Value]:
    """The operations that no gradient comes to, as only conditions, or results but the first, depend on them."""
    deciding = [node for node in order if node.op is not None and node.op.flat]
    decided = [node.parents[k] for node in deciding for k in node.op.flat if k < len(node.parents)]  # type: ignore[union-attr]
    if len(roots) == 1 and all(node.op is None for node in decided):
        return set()
    reached = set(roots[:1])
    for node in reversed(order):
        if node in reached and node.op is not None:
            flat = node.op.flat
            reached.update([x for k, x in enumerate(lanes.parents_of(node)) if k not in flat])
    return {node for node in order if node.op is not None and node not in reached}


def _slots(parents: tuple[Value, ...]) -> tuple[Any, Any]:
    """Parents as a node keeps them."""
    if len(parents) > 2:
        return parents, None
    return parents[0], parents[1] if len(parents) == 2 else None


def _terms(parents: Sequence[Value], in_sums: dict[Value, int]) -> list[Value]:
    """The terms of a sum, from left to right, through sums that nothing else reads."""
    terms: list[Value] = []
    stack = list(reversed(parents))
    while stack:
        x = stack.pop()
        if (x.op is ops.add or x.op is ops.total) and in_sums.get(x) == 1:
            stack.extend(reversed(x.parents))
        else:
            terms.append(x)
    return terms
