"""Where everything stands in memory: a block for each family, and the order of the members inside it.

That order is free. Members keep the order of the graph, unless sorting them by the addresses of what they read lets
the addresses follow at most half as many nests of loops.

Entry point: `place`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy

from ...value import Value
from .families import CONSTANT, Families, Family
from .lanes import AFTER, BEFORE, Lanes
from .nests import MAX_NESTS, Cache, fit

WORTH_SORTING = 4  # members


class Placement:
    """Attributes: `address[i]` of node i in its space (-1: a constant not yet read); `n_shared`; `n_lanes[r]`, the
    number of addresses in LANES of region r + 1.
    """

    def __init__(self, n_nodes: int, n_regions: int) -> None:
        self.address = numpy.full(n_nodes, -1)
        self.n_shared = 0
        self.n_lanes = [0] * n_regions

    def reserve(self, group: int, n: int) -> int:
        """The start of a new block of n addresses in the space of a group."""
        if group in (BEFORE, AFTER):
            start = self.n_shared
            self.n_shared += n
        else:
            start = self.n_lanes[group - 1]
            self.n_lanes[group - 1] += n
        return start


def place(found: Families, lanes: Lanes, slots: dict[Value, int], columns: Sequence[dict[Value, int]]) -> Placement:
    """Give every node an address; puts the members of families in order.

    Args:
        found: the families.
        lanes: the lanes.
        slots: of the leaves in PARAMETERS.
        columns: for each region, the addresses in ARGUMENTS of the leaves that stand for columns.
    """
    placement = Placement(len(found.order), len(lanes.n))
    address, index = placement.address, found.index
    for leaf, slot in slots.items():
        if leaf in index:
            address[index[leaf]] = slot
    for places in columns:
        for leaf, k in places.items():
            if leaf in index:
                address[index[leaf]] = k
    cache: Cache = {}
    for family in found.families:
        n = len(family)
        family.base = placement.reserve(family.group, n)
        if family.counts is not None:
            _split_by(family, found.own)
            _split_by(family, found.family)
        if n >= WORTH_SORTING:
            _arrange(family, found.kind, address, cache)
        address[family.members] = family.base + numpy.arange(n)
    return placement


def _split_by(family: Family, names: Any) -> None:
    """Terms of different names are slots of their own where every member has some of each."""
    slots: list[Any] = []
    counts_of: list[Any] = []
    n = len(family)
    for nodes, counts in zip(family.slots, family.counts or (), strict=True):
        named = names[nodes]
        if len(nodes) and (named != named[0]).any():
            distinct, which = numpy.unique(named, return_inverse=True)
            if len(distinct) <= 8:
                rows = numpy.repeat(numpy.arange(n), counts) * len(distinct) + which
                table = numpy.bincount(rows, minlength=n * len(distinct)).reshape(n, -1)
                if table.all():
                    slots += [nodes[which == k] for k in range(len(distinct))]
                    counts_of += [table[:, k] for k in range(len(distinct))]
                    continue
        slots.append(nodes)
        counts_of.append(counts)
    family.slots, family.counts = slots, counts_of


def _arrange(family: Family, kind: Any, address: Any, cache: Cache) -> None:
    """Sort the members by what they read, where that at least halves the number of nests."""
    firsts = family.slots
    if family.counts is not None:
        firsts = [x[numpy.cumsum(c) - c] for x, c in zip(family.slots, family.counts, strict=True)]
    keys = [address[x] for x in firsts if (kind[x] != CONSTANT).any()]
    if not keys:
        return
    n = len(family)
    table, members = numpy.stack(keys, axis=1), numpy.arange(n)[:, None]

    def cost(rows: Any) -> int:
        nests = fit(numpy.concatenate([members, rows], axis=1), cache)
        return 2 * MAX_NESTS if nests is None else len(nests)

    best, chosen = cost(table), None
    if best <= 2:
        return
    ragged = [c for c in family.counts or () if (c != c[0]).any()]
    candidates = [keys[::-1], keys]
    if ragged:
        candidates.append(keys[::-1] + ragged)
    for candidate in candidates:
        order = numpy.lexsort(candidate)
        now = cost(table[order])
        if 2 * now <= best:
            best, chosen = now, order
    if chosen is not None:
        _reorder(family, chosen)


def _reorder(family: Family, order: Any) -> None:
    family.members = family.members[order]
    if family.counts is None:
        family.slots = [x[order] for x in family.slots]
        return
    for s, (nodes, counts) in enumerate(zip(family.slots, family.counts, strict=True)):
        starts, lengths = (numpy.cumsum(counts) - counts)[order], counts[order]
        shifted = numpy.repeat(starts - (numpy.cumsum(lengths) - lengths), lengths)
        family.slots[s] = nodes[shifted + numpy.arange(lengths.sum())]
        family.counts[s] = lengths
