r"""Statements that are matrix products, and what `blocks.py` is told to compute them.

A nest of a run that sums products of a number that all lanes share and one for each lane,

    for p: for m: for k:  C[p, m][lane] += A[p, m, k] · B[p, k][lane]

is a contraction. Its loops are told apart by what moves: *rows* m move C alone, *terms* k do not move C, *positions* p
move both C and B (a convolution is a small product at each position). Forward and backward are three contractions,
where a bar means the adjoint:

    C[m] += Σ_k A[m, k] · B[k]                    rows m, terms k
    B̄[k] += Σ_m A[m, k] · C̄[m]                    rows k, terms m
    Ā[m, k] += Σ_lane C̄[m][lane] · B[k][lane]     rows m, columns k; the terms are the lanes

Entry point: `plan`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy

from ... import operations as ops
from .blocks import ADD, CUT, NO_START, SCATTER, START
from .ir import HAS_LANES, LANES, SUM, Nest, Run, Statement
from .kinds import N_SPACES

if TYPE_CHECKING:
    from .ir import Addresses

FEWEST = 12  # terms of a nest below which a plain loop over it is as good
ADJOINTS = N_SPACES  # where they begin among the base addresses
C, A, B = range(3)


@dataclass(frozen=True)
class Pass:
    """A call of a function of `blocks.py`.

    Attributes:
        function: its name.
        descriptor: what it is told, see `blocks.DESCRIPTOR`.
        tables: what the descriptor has the addresses of, to be kept as long as it is used.
        access: of the run: the one whose adjoint it adds to; -1: forward.
    """

    function: str
    descriptor: Addresses
    tables: tuple[Addresses, ...]
    access: int = -1

    @property
    def members(self) -> int:
        """How many addresses it adds to, if none comes twice."""
        return len(self.tables[0]) * len(self.tables[1])

    def storing(self) -> Pass:
        """The same over lanes, but what it computes replaces what stands in memory."""
        return replace(self, descriptor=numpy.array([START, *self.descriptor[1:]]))


@dataclass(frozen=True)
class Contraction:
    """A nest as matrix products: forward, and backward for the accesses that are wanted.

    Attributes:
        of_lanes, of_shared: backward, None where no gradient is wanted.
    """

    bases: tuple[int, int, int]
    positions: Addresses
    rows: Addresses
    terms: Addresses
    of_lanes: Pass | None
    of_shared: Pass | None

    def forward(self, first: bool = False) -> Pass:
        """C += Σ A·B; `first`: C has no terms yet, and what stands in its memory is not read."""
        return _over_lanes(self.bases, (C, A, B), self.positions, self.rows, self.terms, first)

    def started(self, start: Run, tile: int) -> Pass | None:
        """C = start + Σ A·B, where `start` is a run whose only access is one shared number for each member.

        None if it has other members than C, or if its addresses do not follow the loops.
        """
        if start.body != ("access", 0) or start.accesses[0].space in HAS_LANES:
            return None
        starts = _starts(start, self.positions[:, C], self.rows[:, C], tile)
        return starts and _over_lanes(self.bases, (C, A, B), self.positions, self.rows, self.terms, True, starts)


def plan(statement: Statement, run: Run, nest: Nest, tile: int) -> Contraction | None:
    """The nest as a contraction, where it is one that is worth it.

    Args:
        statement: the one that the run belongs to.
        run: one that may be a sum of products.
        nest: one of the run's.
        tile: how many numbers an address of ARGUMENTS or LANES stands for.
    """
    sides = _sides(statement, run)
    if sides is None:
        return None
    columns = [0, 1 + sides[0], 1 + sides[1]]
    scale = numpy.array([tile, 1, tile])
    loops = _Loops(nest.shape, nest.offsets[columns] * scale, nest.strides[:, columns] * scale)
    moves_c, moves_b = loops.strides[:, C] != 0, loops.strides[:, B] != 0
    rows, terms = loops.offsets(moves_c & ~moves_b), loops.offsets(~moves_c)
    if len(rows) < 2 or len(terms) < 2 or len(rows) * len(terms) < FEWEST:
        return None
    positions = loops.offsets(moves_c & moves_b, loops.start)
    a, b = (run.accesses[k] for k in sides)
    bases = (statement.space, a.space, b.space)
    adjoints = (ADJOINTS + bases[C], ADJOINTS + bases[A], ADJOINTS + bases[B])
    of_lanes = of_shared = None
    if b.wanted:
        of_lanes = _of_lanes((adjoints[C], bases[A], adjoints[B]), loops, moves_c, moves_b)
        of_lanes = replace(of_lanes, access=sides[1])
    if a.wanted:
        of_shared = _of_shared((adjoints[C], adjoints[A], bases[B]), positions, rows, terms)
        of_shared = replace(of_shared, access=sides[0])
    return Contraction(bases, positions, rows, terms, of_lanes, of_shared)


class Products:
    """The contractions of a statement.

    Attributes:
        start: the run that a contraction starts with instead of adding to it, if there is one.
    """

    def __init__(self, statement: Statement, tile: int) -> None:
        self.start: Run | None = None
        self._found: dict[int, list[Contraction | None]] = {}  # of the nests of a run, by its id
        self._started: Pass | None = None
        for run in statement.runs:
            if run.nests is not None and _sides(statement, run) is not None:
                self._found[id(run)] = [plan(statement, run, nest, tile) for nest in run.nests]
        if len(statement.runs) == 2:
            start, run = statement.runs
            first, *more = self._found.get(id(run), [None])
            if first is not None and not more:
                self._started = first.started(start, tile)
                self.start = start if self._started is not None else None

    def of(self, run: Run, forward: bool, first: bool) -> dict[int, list[Pass]]:
        """What computes the nests of a run, by their numbers; the others are left to kernels.

        `first`: see `Contraction.forward`.
        """
        passes: dict[int, list[Pass]] = {}
        for k, found in enumerate(self._found.get(id(run), ())):
            if found is not None:
                if forward:
                    passes[k] = [found.forward(first) if self._started is None else self._started]
                else:
                    passes[k] = [step for step in (found.of_lanes, found.of_shared) if step is not None]
        return passes


def _sides(statement: Statement, run: Run) -> tuple[int, int] | None:
    """The accesses of a product that a statement sums: the shared one, and the one in lanes."""
    body = run.body
    if statement.space != LANES or statement.reduce != SUM or statement.softmax:
        return None
    if body[0] != "apply" or body[1] is not ops.multiply:
        return None
    if [part[0] for part in body[2]] != ["access", "access"]:
        return None
    left, right = (part[1] for part in body[2])
    in_lanes = [run.accesses[k].space in HAS_LANES for k in (left, right)]
    return None if in_lanes[0] == in_lanes[1] else (right, left) if in_lanes[0] else (left, right)


class _Loops(NamedTuple):
    """The loops of a nest, where its columns are C, A and B, in numbers from the beginning of their spaces."""

    shape: tuple[int, ...]
    start: Addresses
    strides: Addresses

    def offsets(self, chosen: Addresses, start: Addresses | None = None) -> Addresses:
        """How far the iterations of the chosen loops move C, A and B: a row each, the last loop innermost."""
        found = numpy.zeros((1, 3), numpy.int64) if start is None else start[None]
        for n, stride, is_chosen in zip(self.shape, self.strides, chosen, strict=True):
            if is_chosen:
                found = (found[:, None] + numpy.arange(n)[:, None] * stride).reshape(-1, 3)
        return found


def _starts(start: Run, positions: Addresses, rows: Addresses, tile: int) -> tuple[Addresses, Addresses, int] | None:
    """Where the starts of the members are, as a sum of what the position and what the row adds to it; their space."""
    members = (positions[:, None] + rows) // tile
    order = numpy.argsort(start.out)
    if not numpy.array_equal(numpy.sort(members, axis=None), start.out[order]):
        return None
    found = start.accesses[0].index[order][numpy.searchsorted(start.out[order], members)]
    of_positions, of_rows = found[:, 0], found[0] - found[0, 0]
    if not (found == of_positions[:, None] + of_rows).all():
        return None
    return of_positions, of_rows, start.accesses[0].space


def _over_lanes(
    bases: tuple[int, int, int],
    order: tuple[int, int, int],
    positions: Addresses,
    rows: Addresses,
    terms: Addresses,
    first: bool = False,
    starts: tuple[Addresses, Addresses, int] | None = None,
) -> Pass:
    """`contract`. `order`: which columns of the tables are its C, A and B."""
    c, a, b = order
    nothing = numpy.zeros(1, numpy.int64)
    of_positions, of_rows, space = starts or (nothing, nothing, NO_START)
    outer = _table(positions[:, c], positions[:, a], positions[:, b], of_positions)
    tables = (outer, _table(rows[:, c], rows[:, a], of_rows), _table(terms[:, a], terms[:, b]), nothing)
    end = START if first or starts is not None else ADD
    return _pass("contract", [end, bases[c], bases[a], bases[b], space], tables)


def _of_lanes(bases: tuple[int, int, int], loops: _Loops, moves_c: Addresses, moves_b: Addresses) -> Pass:
    """B̄[k] += Σ_m A[m, k] · C̄[m]."""
    row_loops = moves_b & ~moves_c
    if len(numpy.unique(loops.offsets(row_loops)[:, B])) < numpy.prod(numpy.array(loops.shape)[row_loops]):
        # Windows that overlap: a block must not have one row twice. All but the longest loop become positions.
        longest = numpy.argmax(numpy.where(row_loops, loops.shape, 0))
        row_loops = numpy.arange(len(row_loops)) == longest
    positions = loops.offsets(moves_b & ~row_loops, loops.start)
    return _over_lanes(bases, (B, A, C), positions, loops.offsets(row_loops), loops.offsets(~moves_b))


def _of_shared(bases: tuple[int, int, int], positions: Addresses, rows: Addresses, columns: Addresses) -> Pass:
    """`contract_lanes`: Ā[m, k] += Σ_lane C̄[m][lane] · B[k][lane], or with rows and columns exchanged.

    The numbers of Ā that belong to a row are best side by side: then they are loaded and stored as vectors.
    """
    ways = [(C, rows, B, columns), (B, columns, C, rows)]

    def cost(way: tuple[int, Addresses, int, Addresses]) -> tuple[bool, int]:
        _, of_rows, _, of_columns = way
        vectors = -(-len(of_columns) // 8)
        transposing = 40  # as many multiplications of vectors could be done in its time
        return not _side_by_side(of_rows[:, A], of_columns[:, A]), vectors * (8 * len(of_rows) + transposing)

    left, of_rows, right, of_columns = min(ways, key=cost)
    end = CUT if _side_by_side(of_rows[:, A], of_columns[:, A]) else SCATTER
    outer = _table(positions[:, A], positions[:, left], positions[:, right], numpy.zeros(1, numpy.int64))
    nothing = numpy.zeros(len(of_rows), numpy.int64)
    tables = (
        outer,
        _table(of_rows[:, A], of_rows[:, left], nothing),
        _table(of_columns[:, right]),
        _table(of_columns[:, A]),
    )
    return _pass("contract_lanes", [end, bases[A], bases[left], bases[right], NO_START], tables)


def _side_by_side(rows: Addresses, columns: Addresses) -> bool:
    """Whether the numbers of a row stand in a row, apart from those of the others."""
    distances = numpy.diff(numpy.sort(rows))
    return bool((columns == numpy.arange(len(columns))).all() and (distances >= len(columns)).all())


def _table(*columns: Addresses) -> Addresses:
    return numpy.ascontiguousarray(numpy.stack(numpy.broadcast_arrays(*columns), axis=1), dtype=numpy.int64)


def _pass(function: str, head: Sequence[int], tables: tuple[Addresses, Addresses, Addresses, Addresses]) -> Pass:
    outer, rows, terms, columns = tables
    numbers = [*head, *[word for table in (outer, rows, terms) for word in (len(table), table.ctypes.data)]]
    return Pass(function, numpy.array([*numbers, columns.ctypes.data], numpy.int64), tables)
