"""From families to statements: which families vanish into their readers, and the runs of those that remain.

Entry point: `Writer.statements`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy

from ... import operations as ops
from .bodies import sent_to
from .families import CONSTANT, PARAMETER, UNWANTED, Families, Family
from .ir import (
    ARGUMENTS,
    CONSTANTS,
    LANES,
    MAXIMUM,
    PARAMETERS,
    SHARED,
    STORE,
    SUM,
    Access,
    Expression,
    LoopOutput,
    Run,
    Statement,
)
from .lanes import AFTER, BEFORE
from .nests import MAX_NESTS, Cache, fit
from .placement import Placement

MAX_BODY = 32  # operations in the body of a statement
MAX_READ = 8  # numbers that it reads: chains that end everywhere would become a kernel for each length
MAX_UNROLLED = 8  # terms of a sum that may become runs of their own, as those of a stencil
FEW_NESTS = 4
MAX_PASSES = 32
IDLE: dict[str, Any] = {"backward": False}

# From the largest term and the sum of exponentials; infinite where the largest is, as in the table.
FINISHED_LOGSUMEXP: Expression = (
    "apply",
    ops.where,
    (
        ("apply", ops.equal, (("apply", ops.absolute, (("access", 0),)), ("literal", math.inf))),
        ("access", 0),
        ("apply", ops.add, (("access", 0), ("apply", ops.log, (("access", 1),)))),
    ),
)


class StatementWriter:
    """Writes the statements of families that have been placed.

    Attributes: `constants`, the contents of CONSTANTS, in the order in which statements first read them; `sums`, the
    addresses of sums over lanes.
    """

    def __init__(self, found: Families, placement: Placement, roots: Sequence[int], wanted: Any) -> None:
        """`roots`: numbers of nodes that must have an address; `wanted[i]`: whether a gradient flows to node i."""
        self.found, self.placement, self.wanted = found, placement, wanted
        self.constants: list[float] = []
        self.sums: list[int] = []
        order = found.order
        self._data = numpy.array([node._data for node in order])
        self._row = numpy.zeros(len(order), numpy.int64)
        for family in found.families:
            self._row[family.members] = numpy.arange(len(family))
        self._inlined = _inlined(found, roots)
        self._cache: Cache = {}

    def statements(self) -> Iterator[tuple[int, Statement]]:
        """Groups (see `lanes.py`) and their statements, in an order of execution."""
        for family in self.found.families:
            if self._inlined[family.number]:
                continue
            is_needed = bool(self.wanted[family.members].any())
            for group, statement in self._of(family):
                if is_needed:
                    yield group, statement
                elif statement.forward:  # no gradient comes to its members: not even 0, which a slope may make nan
                    yield group, replace(statement, **IDLE)

    def _of(self, family: Family) -> Iterator[tuple[int, Statement]]:
        if family.counts is None:
            yield family.group, self._elementwise(family)
        elif family.operation is ops.logsumexp:
            yield from self._logsumexp(family)
        else:
            yield from self._sum(family)

    def _elementwise(self, family: Family) -> Statement:
        parts = tuple([self._composed(slot) for slot in family.slots])
        if family.exponent is not None:
            parts = (*parts, ("literal", family.exponent))
        run = self._run(("apply", family.operation, parts), family.base, numpy.arange(len(family)))
        return _statement(_space(family.group), family.base, len(family), STORE, [run])

    def _sum(self, family: Family) -> Iterator[tuple[int, Statement]]:
        """The statement of a sum. One over lanes gets its terms from sums of its regions."""
        runs = []
        rows = numpy.arange(len(family))
        for nodes, counts in zip(family.slots, family.counts or (), strict=True):
            region = self.found.group[nodes[0]]
            if family.group == AFTER and region not in (BEFORE, AFTER):
                place = self.placement.reserve(AFTER, 1)
                self.sums.append(place)
                yield region, _statement(SHARED, place, 1, SUM, self._runs(nodes, place, rows, counts))
                access = Access(SHARED, numpy.array([place]), bool(self.wanted[nodes].any()))
                runs.append(self._run(access, family.base, rows))
            else:
                runs += self._runs(nodes, family.base, rows, counts)
        yield family.group, _statement(_space(family.group), family.base, len(family), SUM, runs)

    def _logsumexp(self, family: Family) -> Iterator[tuple[int, Statement]]:
        """log Σ exp(x): the largest term, the sum of exponentials of what is left, their logarithm; the derivative."""
        n, group, space = len(family), family.group, _space(family.group)
        runs: list[Run] = []
        for nodes, counts in zip(family.slots, family.counts or (), strict=True):
            runs += self._runs(nodes, family.base, numpy.arange(n), counts)
        largest, total = self.placement.reserve(group, n), self.placement.reserve(group, n)
        yield group, Statement(space, largest, n, MAXIMUM, [_moved(run, largest - family.base) for run in runs], **IDLE)
        exponentials = []
        for run in runs:
            at = run.out - family.base + largest
            body = ("apply", ops.exp, (("apply", ops.subtract, (run.body, ("access", len(run.accesses)))),))
            accesses = [*run.accesses, Access(space, at, False)]
            exponentials.append(self._fitted(body, accesses, run.out - family.base + total))
        yield group, Statement(space, total, n, SUM, exponentials, **IDLE)
        rows = numpy.arange(n)
        accesses = [Access(space, largest + rows, False), Access(space, total + rows, False)]
        run = self._fitted(FINISHED_LOGSUMEXP, accesses, family.base + rows)
        yield group, Statement(space, family.base, n, STORE, [run], **IDLE)
        if any(access.wanted for run in runs for access in run.accesses):
            yield group, Statement(space, family.base, n, SUM, runs, forward=False, softmax=True)

    def output(self, node: int) -> LoopOutput:
        """Where the number of a node stands."""
        access = self._composed(numpy.array([node]))
        if isinstance(access, Access):
            return LoopOutput(access.space, int(access.index[0]))
        self._address_constants(numpy.array([node]))
        return LoopOutput(CONSTANTS, int(self.placement.address[node]))

    # --- runs ------------------------------------------------------------------------------------------

    def _runs(self, nodes: Any, base: int, rows: Any, counts: Any) -> list[Run]:
        """A kind of terms as one run or, where that means fewer nests, divided by how many there are or one by one."""
        run = self._run(self._composed(nodes), base, rows, counts)
        if _cost(run) > FEW_NESTS and len(run) > len(rows):
            run = self._sorted(run)
        if len(rows) == 1 or _cost(run) <= FEW_NESTS:
            return [run]
        several, first = numpy.unique(counts), int(counts[0])
        parts: list[Run] = []
        if len(several) == 1:
            if not 1 < first <= MAX_UNROLLED:
                return [run]
            ones = numpy.ones_like(counts)
            for k in range(first):
                parts.append(self._run(self._composed(nodes[k::first]), base, rows, ones))
        elif len(several) <= MAX_UNROLLED:
            here = numpy.repeat(counts, counts)
            for n in several:
                chosen = counts == n
                parts += self._runs(nodes[here == n], base, rows[chosen], counts[chosen])
        else:
            return [run]
        if run.nests is None:
            in_tables = sum(len(part) for part in parts if part.nests is None)
            return parts if 2 * in_tables < len(run) else [run]
        return parts if sum(map(_cost, parts)) < _cost(run) else [run]

    def _sorted(self, run: Run) -> Run:
        """The run with the terms of each member in the order of what they read, if that halves the number of nests."""
        if not run.accesses:
            return run
        order = numpy.lexsort([*[access.index for access in reversed(run.accesses)], run.out])
        accesses = [replace(access, index=access.index[order]) for access in run.accesses]
        other = self._fitted(run.body, accesses, run.out[order])
        return other if 2 * _cost(other) <= _cost(run) else run

    def _run(self, composed: Any, base: int, rows: Any, counts: Any = None) -> Run:
        accesses: list[Access] = []
        body = _numbered(composed, accesses)
        flowing = set(sent_to(body))
        accesses = [x if k in flowing or not x.wanted else replace(x, wanted=False) for k, x in enumerate(accesses)]
        return self._fitted(body, accesses, base + (rows if counts is None else numpy.repeat(rows, counts)))

    def _fitted(self, body: Expression, accesses: list[Access], out: Any) -> Run:
        table = numpy.stack([out, *[access.index for access in accesses]], axis=1)
        return Run(body, accesses, out, fit(table, self._cache))

    # --- expressions -----------------------------------------------------------------------------------

    def _composed(self, nodes: Any) -> Any:
        """What computes these nodes, side by side: an expression whose accesses are Access objects."""
        families = self.found.families
        of, rows = self.found.family[nodes], self._row[nodes]
        if of[0] >= 0 and self._inlined[of[0]]:
            first = families[of[0]]
            if (of == of[0]).all():
                slots = [slot[rows] for slot in first.slots]
            else:
                slots = [numpy.empty(len(nodes), numpy.int64) for _ in first.slots]
                for number in numpy.unique(of):
                    here = of == number
                    for slot, whole in zip(slots, families[number].slots, strict=True):
                        slot[here] = whole[rows[here]]
            parts = tuple([self._composed(slot) for slot in slots])
            if first.exponent is not None:
                parts = (*parts, ("literal", first.exponent))
            return ("apply", first.operation, parts)
        kinds = self.found.kind[nodes]
        if kinds[0] == CONSTANT:
            numbers = self._data[nodes]
            bits = numbers.view(numpy.int64)
            if (bits == bits[0]).all():
                return ("literal", float(numbers[0]))
            self._address_constants(nodes)
        space = _space_of(self.found, nodes[0])
        return Access(space, self.placement.address[nodes], bool(self.wanted[nodes].any()))

    def _address_constants(self, nodes: Any) -> None:
        address = self.placement.address
        new = nodes[address[nodes] < 0]
        if len(new):
            new = new[numpy.sort(numpy.unique(new, return_index=True)[1])]
            address[new] = len(self.constants) + numpy.arange(len(new))
            self.constants += self._data[new].tolist()


def _space_of(found: Families, node: int) -> int:
    """The space in which a node stands."""
    kind = found.kind[node]
    if kind == CONSTANT:
        return CONSTANTS
    if found.family[node] >= 0:
        return _space(found.group[node])
    return PARAMETERS if kind in (PARAMETER, UNWANTED) else ARGUMENTS


def _space(group: int) -> int:
    return SHARED if group in (BEFORE, AFTER) else LANES


def _statement(space: int, base: int, n: int, reduce: str, runs: list[Run]) -> Statement:
    wanted = any(access.wanted for run in runs for access in run.accesses)
    return Statement(space, base, n, reduce, runs, backward=wanted)


def _moved(run: Run, by: int) -> Run:
    """The run with other members: `by` addresses further."""
    nests = None
    if run.nests is not None:
        there = numpy.zeros(1 + len(run.accesses), numpy.int64)
        there[0] = by
        nests = [nest._replace(offsets=nest.offsets + there) for nest in run.nests]
    return Run(run.body, run.accesses, run.out + by, nests)


def _cost(run: Run) -> int:
    return MAX_NESTS + 1 if run.nests is None else len(run.nests)


def _numbered(composed: Any, accesses: list[Access]) -> Expression:
    """The expression with numbers for its accesses, which are collected from left to right."""
    if isinstance(composed, Access):
        accesses.append(composed)
        return ("access", len(accesses) - 1)
    if composed[0] == "apply":
        return ("apply", composed[1], tuple([_numbered(part, accesses) for part in composed[2]]))
    return composed  # type: ignore[no-any-return]


def _inlined(found: Families, roots: Sequence[int]) -> list[bool]:
    """Which families vanish into their readers: each member is read once, by a reader over the same lanes.

    A slot that reads several families takes all of them in, with one expression, or none. And none of a family goes
    into two slots of one reader, or a tree would be written as one expression.
    """
    families = found.families
    every = [slot for family in families for slot in family.slots]
    reads = numpy.bincount(numpy.concatenate(every), minlength=len(found.order)) if every else numpy.zeros(0, int)
    for root in roots:
        reads[root] += 2
    inlined = [f.counts is None and bool((reads[f.members] == 1).all()) for f in families]
    inlined.append(False)  # number -1: no family
    read_by = [[_distinct(found.family[slot]) for slot in family.slots] for family in families]
    for family, slots in zip(families, read_by, strict=True):
        for number in [number for numbers in slots for number in numbers if number >= 0]:
            if families[number].group != family.group and not _ends_lanes(families[number], family):
                inlined[number] = False
    for _ in range(MAX_PASSES):
        changed = False
        shapes: list[int] = []
        lengths: list[int] = []  # operations of what would be written in the place of each family
        widths: list[int] = []  # and how many numbers that reads
        interned: dict[tuple[int, ...], int] = {}
        for family, slots in zip(families, read_by, strict=True):
            shape, length, width, before = [family.kind], 1, min(len(slots), MAX_READ), set[int]()
            for slot, numbers in zip(family.slots, slots, strict=True):
                shape.append(-1 - _space_of(found, slot[0]))
                into = [inlined[number] for number in numbers]
                if True not in into:
                    continue
                more = max([lengths[number] for number in numbers])
                wider = max([widths[number] for number in numbers]) - 1 if family.counts is None else 0
                alike = False not in into and len({shapes[number] for number in numbers}) == 1
                apart = family.counts is not None or before.isdisjoint(numbers)
                if alike and apart and length + more <= MAX_BODY and width + wider <= MAX_READ:
                    shape[-1] = shapes[numbers[0]]
                    length += more
                    width += wider
                    before.update(numbers)
                else:
                    for number in numbers:
                        inlined[number] = False
                    changed = True
            shapes.append(interned.setdefault(tuple(shape), len(interned)))
            lengths.append(length if family.counts is None else 1)
            widths.append(width)
        if not changed:
            return inlined
    return [False] * len(inlined)  # always right, only slower


def _distinct(numbers: Any) -> list[int]:
    return [int(numbers[0])] if len(numbers) == 1 else numpy.unique(numbers).tolist()


def _ends_lanes(read: Family, reader: Family) -> bool:
    """Whether the reader is the sum over the lanes of what it reads: its terms may be computed on the way."""
    return reader.operation is ops.total and reader.group == AFTER and read.group not in (BEFORE, AFTER)
