"""The adjoints of a tile: where the first contribution is stored, and where zeros must be.

A backward pass adds contributions to adjoints that were 0.0. Where all that arrives at some addresses for the first
time comes from one instruction, and once for each address, it can be stored instead: nothing is cleared, nothing read.

Entry point: `Adjoints`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy

from .ir import ARGUMENTS, HAS_LANES, LANES, Access, Region

if TYPE_CHECKING:
    from .ir import Addresses


class Adjoints:
    """Those of a region's columns and blocks, in the order in which its backward pass comes to them."""

    def __init__(self, region: Region) -> None:
        sizes = {ARGUMENTS: len(region.columns), LANES: region.size}
        self._known: dict[int, Any] = {space: numpy.zeros(n, bool) for space, n in sizes.items()}
        self._cleared: dict[int, Any] = {space: numpy.zeros(n, bool) for space, n in sizes.items()}

    def read(self, space: int, addresses: Addresses | int) -> None:
        """Adjoints are read, or added to: those to which nothing came must have been cleared."""
        self._cleared[space][addresses] |= ~self._known[space][addresses]
        self._known[space][addresses] = True

    def stored(self, accesses: dict[int, Access], terms: slice, members: dict[int, int]) -> tuple[int, ...]:
        """What an instruction can store: contributions arrive at the adjoints of accesses, in these terms of a run.

        Args:
            members: for those whose contributions are added up before they arrive, how many arrive.
        """
        found = []
        reached = {k: access.index[terms] for k, access in accesses.items() if access.space in HAS_LANES}
        for k, addresses in reached.items():
            space = accesses[k].space
            others = [index for j, index in reached.items() if j != k and accesses[j].space == space]
            if (
                members.get(k) == _distinct(addresses)
                and not self._known[space][addresses].any()
                and not any(numpy.isin(addresses, other).any() for other in others)
            ):
                found.append(k)
        for k, addresses in reached.items():
            if k in found:
                self._known[accesses[k].space][addresses] = True
            else:
                self.read(accesses[k].space, addresses)
        return tuple(found)

    def cleared(self) -> Iterator[tuple[int, int, int]]:
        """What must be 0.0 before the pass: ranges, as space, address, how many."""
        for space, chosen in self._cleared.items():
            edges = numpy.flatnonzero(numpy.diff(chosen, prepend=False, append=False))
            for start, end in edges.reshape(-1, 2).tolist():
                yield space, start, end - start


def _distinct(addresses: Addresses) -> int:
    """How many there are, each counted once."""
    least = addresses.min()
    marks = numpy.zeros(addresses.max() - least + 1, bool)
    marks[addresses - least] = True
    return int(numpy.count_nonzero(marks))
