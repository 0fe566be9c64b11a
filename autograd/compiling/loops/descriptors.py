"""From a nest to a kernel's kind and descriptor: which loops there are, in which order, and which one is vectors.

Loops may change places, as terms may be added up in any order. Where a kernel runs over the lanes of a tile, these are
one more loop, innermost in memory, and always the vectors. Otherwise any loop can be: each choice of it and of the
innermost loop is given a cost, which counts what has to be loaded, computed and stored how often.

Entry points: `loops_of(run)` and `plan`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy

from ... import operations as ops
from ..program import COLUMN, READ
from ..vector_math import FUNCTIONS
from .ir import HAS_LANES, Expression, Nest, Run
from .kinds import FIXED, LISTED, SIDE_BY_SIDE, STRIDED, TILE, WIDTH, Kind

if TYPE_CHECKING:
    from .ir import Addresses

MAX_LOOPS = 4  # in a kernel, besides the lanes; the outer loops of deeper nests become one loop through a table
MIN_MEMBERS = 8  # of a table whose terms are divided by members

# What it takes to load from a column, or to add to one, by what the vector loop does to it; in units of a plain
# instruction. Without vectors everything but a table takes the same.
READ_COST = {FIXED: 1, SIDE_BY_SIDE: 1, STRIDED: 14, LISTED: 22}
WRITE_COST = {FIXED: 12, SIDE_BY_SIDE: 3, STRIDED: 24, LISTED: 32}
CHEAP = {ops.add, ops.subtract, ops.multiply, ops.negate, ops.absolute, ops.relu, ops.where, ops.less, ops.less_equal,
         ops.equal, ops.maximum, ops.minimum, ops.total}  # fmt: skip


class KernelLoops(NamedTuple):
    """The loops around the terms of a run, with what they do to each column.

    Attributes:
        counts: how often each loop runs.
        offsets: where each column begins.
        strides: for each loop, how far the columns advance.
        steps: for each loop, how far the positions in the tables advance.
        tables: of the columns that have one; their addresses are offset + table[position] + Σ i·stride.
    """

    counts: tuple[int, ...]
    offsets: list[int]
    strides: tuple[tuple[int, ...], ...]
    steps: tuple[tuple[int, ...], ...]
    tables: dict[int, Addresses]

    def members(self, column: int) -> int:
        """How often its address changes: the loops reach so many members, if none twice."""
        moving = zip(self.counts, self.strides, self.steps, strict=True)
        return math.prod(n for n, strides, steps in moving if strides[column] or steps[column])


class Task(NamedTuple):
    """What happens to the terms of a run; the attributes are those of `Kind`."""

    forward: bool
    body: Expression
    reduce: str
    first: tuple[int, ...]
    softmax: bool
    wanted: tuple[int, ...]
    has_lanes: tuple[bool, ...]  # for each column

    @property
    def lanes(self) -> bool:
        """Whether it runs over the lanes of a tile."""
        return any(self.has_lanes)


class Plan(NamedTuple):
    """How a task runs through loops of this form.

    Attributes:
        template: the descriptor, where spaces, offsets, tables and literals are still missing.
        complete: the columns that get the whole sum for each address at once, if no address comes twice.
        tables: of the loop that stands for several, if there is one.
    """

    kind: Kind
    template: tuple[int, ...]
    complete: tuple[int, ...]
    fields: dict[Any, int]
    tables: dict[int, Addresses]


def loops_of(run: Run) -> list[KernelLoops]:
    """The loops of each nest, or those of a table."""
    if run.nests is not None:
        return [_of_nest(nest) for nest in run.nests]
    columns = [run.out, *[access.index for access in run.accesses]]
    shape: tuple[int, ...] = (len(run),)
    members = 1 + numpy.flatnonzero(numpy.diff(run.out))
    if 1 < MIN_MEMBERS <= len(members) + 1 < len(run) and len(run) % (len(members) + 1) == 0:
        each = len(run) // (len(members) + 1)
        if (members == each * numpy.arange(1, len(members) + 1)).all():  # as many terms for each member
            shape = (len(members) + 1, each)
    offsets, tables = [0] * len(columns), {}
    strides = numpy.zeros((len(shape), len(columns)), numpy.int64)
    steps = numpy.zeros_like(strides)
    for c, index in enumerate(columns):
        found_strides = _affine(index.reshape(shape))
        if found_strides is None:
            tables[c] = index
            steps[:, c] = [math.prod(shape[d + 1 :]) for d in range(len(shape))]
        else:
            offsets[c] = int(index[0])
            strides[:, c] = found_strides
    return [KernelLoops(shape, offsets, tuple(map(tuple, strides.tolist())), tuple(map(tuple, steps.tolist())), tables)]


def _of_nest(nest: Nest) -> KernelLoops:
    strides = tuple(map(tuple, nest.strides.tolist()))
    nothing = tuple([(0,) * len(nest.offsets)] * len(nest.shape))
    return KernelLoops(nest.shape, nest.offsets.tolist(), strides, nothing, {})


def _affine(index: Any) -> list[int] | None:
    """The strides of addresses that are an affine function of their place."""
    strides = []
    expected = index.ravel()[0]
    for d, n in enumerate(index.shape):
        corner = [0] * index.ndim
        corner[d] = min(1, n - 1)
        strides.append(int(index[tuple(corner)] - index.ravel()[0]))
        expected = numpy.add.outer(expected, strides[-1] * numpy.arange(n))
    return strides if (expected == index).all() else None


# --- plans ---------------------------------------------------------------------------------------------


class _Loop(NamedTuple):
    """A loop; `mixed`: columns in which some of the loops that it stands for go from address to address, others not."""

    n: int
    strides: tuple[int, ...]
    steps: tuple[int, ...]
    of_lanes: bool = False
    mixed: tuple[int, ...] = ()


@lru_cache(maxsize=10_000)
def plan(
    task: Task, counts: tuple[int, ...], strides: tuple[tuple[int, ...], ...], steps: tuple[tuple[int, ...], ...]
) -> Plan:
    """The kernel for a task, and its descriptor as far as it depends on these loops."""
    n_columns = len(task.has_lanes)
    pitch = [TILE if has_lanes else 1 for has_lanes in task.has_lanes]
    loops = []
    for count, stride, step in zip(counts, strides, steps, strict=True):
        if count > 1:
            loops.append(_Loop(count, tuple([s * p for s, p in zip(stride, pitch, strict=True)]), step))
    if task.lanes:
        loops.append(_Loop(TILE, tuple(map(int, task.has_lanes)), (0,) * n_columns, True))
    work = _work(task, n_columns)
    loops, tables = _shortened(_collapsed(loops), work.sinks, task.first)
    order, vector = min(
        _candidates(loops, task, work),
        key=lambda choice: (_cost(loops, choice[0], choice[1], work), not _in_a_row(loops, choice[0], task)),
    )
    in_a_row = _in_a_row(loops, order, task)
    loops = [loops[k] for k in order]
    place = order.index(vector) if vector is not None else -1
    modes = [tuple([_mode(loop, c, k == place) for c in range(n_columns)]) for k, loop in enumerate(loops)]
    if in_a_row:
        modes[-2] = (SIDE_BY_SIDE,) * n_columns
    kind = Kind(*task[:6], tuple(modes), n_columns, place, task.lanes)
    fields = kind.fields()
    template = [0] * len(fields)
    for name, at in fields.items():
        if name[0] == "count":
            template[at] = loops[name[1]].n
        elif name[0] == "stride":
            template[at] = loops[name[1]].strides[name[2]]
        elif name[0] == "step":
            template[at] = loops[name[1]].steps[name[2]]
    complete = [c for c in work.sinks if _sums_inside(loops, range(len(loops)), c)]
    return Plan(kind, tuple(template), tuple(complete), fields, tables)


def _in_a_row(loops: Sequence[_Loop], order: Sequence[int], task: Task) -> bool:
    """Whether the two innermost loops go through all lanes of an address, and on to the next address."""
    if len(order) < 2 or not loops[order[-1]].of_lanes or not all(task.has_lanes):
        return False
    around = loops[order[-2]]
    return set(around.strides) == {TILE} and not any(around.steps)


def _mode(loop: _Loop, column: int, is_vector: bool) -> int:
    if loop.steps[column]:
        return LISTED
    stride = loop.strides[column]
    return FIXED if stride == 0 else SIDE_BY_SIDE if is_vector and stride == 1 else STRIDED


def _collapsed(loops: list[_Loop]) -> list[_Loop]:
    """Two loops are one where the outer one goes on where the inner one ends."""
    for outer in loops:
        for inner in loops:
            if inner is outer or outer.of_lanes or inner.of_lanes:
                continue
            if all(a == b * inner.n for a, b in zip(outer.strides, inner.strides, strict=True)) and all(
                a == b * inner.n for a, b in zip(outer.steps, inner.steps, strict=True)
            ):
                rest = [loop for loop in loops if loop is not outer and loop is not inner]
                return _collapsed([*rest, inner._replace(n=outer.n * inner.n)])
    return loops


def _shortened(
    loops: list[_Loop], sinks: Sequence[int], first: Sequence[int]
) -> tuple[list[_Loop], dict[int, Addresses]]:
    """At most `MAX_LOOPS` loops besides the lanes, if that can be; tables for the columns that joined loops move.

    Loops are joined that all go from address to address in the columns `first`, or all add up terms there, as every
    member must be complete when it is stored; and so in all sinks, where there are enough of them.
    """
    groups = [[loop] for loop in loops if not loop.of_lanes]
    for columns in (sinks, first):
        while len(groups) > MAX_LOOPS:
            groups.sort(key=lambda group: math.prod(loop.n for loop in group))
            alike = [
                (a, b)
                for a, b in combinations(groups, 2)
                if all(_moves(a[0], column) == _moves(b[0], column) for column in columns)
            ]
            if not alike:
                break
            a, b = alike[0]
            groups = [*[group for group in groups if group is not a and group is not b], a + b]
    joined = [group for group in groups if len(group) > 1]
    n_columns, tables = len(loops[0].strides) if loops else 0, {}
    steps = [[0] * n_columns for _ in joined]
    for c in range(n_columns):
        table = numpy.zeros(1, numpy.int64)
        for group, of_group in zip(joined[::-1], steps[::-1], strict=True):
            if any(loop.strides[c] for loop in group):
                of_group[c] = len(table)
                for loop in group[::-1]:
                    table = numpy.add.outer(loop.strides[c] * numpy.arange(loop.n), table).ravel()
                tables[c] = table
    found = [group[0] for group in groups if len(group) == 1]
    for group, of_group in zip(joined, steps, strict=True):
        mixed = [c for c in sinks if len({_moves(loop, c) for loop in group}) > 1]
        n = math.prod(loop.n for loop in group)
        found.append(_Loop(n, (0,) * n_columns, tuple(of_group), mixed=tuple(mixed)))
    return [*found, *[loop for loop in loops if loop.of_lanes]], tables


# --- costs ---------------------------------------------------------------------------------------------


class _Work(NamedTuple):
    """What a term takes: columns that are read and written, instructions as a scalar and as a vector."""

    reads: list[int]
    sinks: list[int]
    scalar: int
    vector: int


@lru_cache(maxsize=1000)
def _work(task: Task, n_columns: int) -> _Work:
    program = Kind(*task[:6], (), n_columns, -1, task.lanes).program()
    reads, scalar, vector = [], 0, 0
    for _, operation, inputs in program:
        if operation is COLUMN:
            argument = program.columns[inputs[0]].argument
            reads.append(1 + argument if argument < n_columns - 1 else 0)
        elif operation in CHEAP:
            scalar, vector = scalar + 1, vector + 1
        elif operation is ops.divide or operation is ops.sqrt:
            scalar, vector = scalar + 4, vector + 8
        elif operation is not READ:
            whole = FUNCTIONS.has(operation.name) or operation in (ops.sigmoid, ops.softplus, ops.power_of_constant)
            scalar, vector = scalar + 30, vector + (40 if whole else 240)
    return _Work(reads, [0] if task.forward else [1 + k for k in task.wanted], scalar, vector)


def _candidates(loops: Sequence[_Loop], task: Task, work: _Work) -> list[tuple[list[int], int | None]]:
    """Orders of the loops, with the number of the one that is vectors."""
    if not loops:
        return [([], None)]
    lanes = [k for k, loop in enumerate(loops) if loop.of_lanes]
    vectors: list[int | None] = [*lanes] if lanes else [None, *range(len(loops))]

    def outermost_first(k: int) -> tuple[int, int]:
        return sum(not _moves(loops[k], c) for c in work.sinks), -max(map(abs, loops[k].strides))

    found = []
    for vector in vectors:
        for innermost in range(len(loops)):
            rest = sorted([k for k in range(len(loops)) if k not in (vector, innermost)], key=outermost_first)
            if vector is None or vector == innermost:
                found.append(([*rest, innermost], vector))
                continue
            found += [([*rest[:place], vector, *rest[place:], innermost], vector) for place in range(len(rest) + 1)]
    # Every member is complete when it is stored.
    return [choice for choice in found if all(_sums_inside(loops, choice[0], column) for column in task.first)]


def _sums_inside(loops: Sequence[_Loop], order: Sequence[int], column: int) -> bool:
    """Whether the loops that add up terms for an address are inside of those that go from address to address."""
    moves = [_moves(loops[k], column) for k in order]
    return not any(column in loop.mixed for loop in loops) and moves == sorted(moves, reverse=True)


def _moves(loop: _Loop, column: int) -> bool:
    return bool(loop.strides[column] or loop.steps[column])


def _cost(loops: Sequence[_Loop], order: Sequence[int], vector: int | None, work: _Work) -> float:
    iterations = [1]
    for k in order:
        count = loops[k].n
        iterations.append(iterations[-1] * (-(-count // WIDTH) if k == vector else count))

    def times(column: int) -> int:
        return iterations[max([place + 1 for place, k in enumerate(order) if _moves(loops[k], column)], default=0)]

    def mode(column: int) -> int:
        return FIXED if vector is None else _mode(loops[vector], column, True)

    cost = iterations[-1] * float((work.scalar if vector is None else 2 + work.vector) + len(work.sinks))
    for column in work.reads:
        cost += times(column) * (1 if vector is None else READ_COST[mode(column)])
    for column in work.sinks:
        cost += times(column) * (3 if vector is None else WRITE_COST[mode(column)])
    return cost


# --- descriptors ---------------------------------------------------------------------------------------


def lane_columns(statement_space: int, run: Run) -> tuple[bool, ...]:
    """For each column of a run, whether its addresses stand for vectors of lanes."""
    return tuple([space in HAS_LANES for space in (statement_space, *[access.space for access in run.accesses])])


def descriptor(
    chosen: Plan, spaces: Sequence[int], offsets: Sequence[int], tables: dict[int, int], literals: Sequence[float]
) -> list[int]:
    """The descriptor of one nest; `tables` are addresses in memory."""
    found, fields = list(chosen.template), chosen.fields
    for column, (space, offset) in enumerate(zip(spaces, offsets, strict=True)):
        found[fields["space", column]] = space
        found[fields["offset", column]] = offset
    for column, address in tables.items():
        found[fields["table", column]] = address
    for number, literal in enumerate(literals):
        found[fields["literal", number]] = struct.unpack("q", struct.pack("d", literal))[0]
    return found


def reaches_once(every: Sequence[KernelLoops], run: Run, n: int) -> bool:
    """Whether the loops of a run come to each of n members once: its terms are then all in one register."""
    return bool(sum(loops.members(0) for loops in every) == n == 1 + numpy.count_nonzero(numpy.diff(run.out)))
