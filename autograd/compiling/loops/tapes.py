"""A loop program as tapes for the vector machine: which instruction comes after which.

    before → seeds → backward of after → for each tile of each region: forward, backward → after → backward of before

With `two_sweeps` the tiles run forward once more, before `after` and its backward pass.

Entry points: `Tapes`, what runs; `Context`, where in the context stands what.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy

from . import machine, tiles
from .adjoints import Adjoints
from .bodies import lifted
from .contractions import Products
from .descriptors import KernelLoops, Task, descriptor, loops_of, plan, reaches_once
from .ir import ARGUMENTS, HAS_LANES, LANES, MAXIMUM, SHARED, STORE, LoopOutput, LoopProgram, Region, Run, Statement
from .kinds import N_SPACES, TILE, Kind
from .reached import Reached

if TYPE_CHECKING:
    from .ir import Addresses

# A kernel's kind, or the name of a function that is built in; its descriptor, in which a list is a tape of its own.
Instruction = tuple[Any, list[Any]]
Step = tuple[Statement, Run]

ROWS = -1  # instead of a number of lanes: as many as there are rows


class Context:
    """The places in the context of what a program is called with."""

    def __init__(self, program: LoopProgram) -> None:
        columns = [column.argument for region in program.regions for column in region.columns]
        self.n_arguments = 1 + max([k for k in columns if k is not None], default=-1)
        self.arguments = tiles.EXTRA  # of each column of the arguments: its address, and the bytes from row to row
        self.outputs = self.arguments + 2 * self.n_arguments  # the address of each output of many lanes
        self.wanted = self.outputs + len(program.outputs)  # and of the gradient of each wanted argument
        self.size = self.wanted + len(program.wanted_arguments)


class Part(NamedTuple):
    """A tape, or a region's descriptor and how many lanes it has (`ROWS`: as many as there are rows)."""

    address: int
    lanes: int | None


class Tapes:
    """The tapes of a program, in memory. Nothing of it changes, so any number of threads may run it.

    Args:
        program: to run.
        active: the outputs whose gradients are asked for; none: forward only.

    Attributes: `main`, the address of the tape to walk; `kinds` of the kernels that it calls.
    """

    def __init__(self, program: LoopProgram, active: Collection[int]) -> None:
        self.program, self.active = program, active
        self._context = Context(program)
        self._kept: list[Any] = []  # what descriptors point to
        self._loops: dict[int, list[KernelLoops]] = {}  # of each run, by its id
        self._products: dict[int, Products] = {}  # of each statement, by its id
        self._tables: dict[tuple[int, bool], int] = {}  # the addresses of tables in memory
        self._reached = Reached(program, active)
        self._instructions_of_main = list(self._main())
        self._addresses = self._compiled(self._instructions_of_main)
        self.main = self._placed(self._instructions_of_main)
        self._parts: list[Part] = []

    def parts(self) -> list[Part]:
        """The main tape in parts: regions, whose chunks can run side by side, and what is between them."""
        if not self._parts:
            between: list[Instruction] = []
            for what, words in self._instructions_of_main:
                if what != "region":
                    between.append((what, words))
                    continue
                self._parts.append(Part(self._placed(between), None))
                self._parts.append(Part(self._descriptors([words]), words[1]))
                between = []
            self._parts.append(Part(self._placed(between), None))
        return self._parts

    # --- the order of everything -----------------------------------------------------------------------

    def _main(self) -> list[Instruction]:
        program, backward = self.program, bool(self.active)
        two_sweeps = not program.regions or any(region.two_sweeps for region in program.regions)
        two_sweeps = two_sweeps and backward
        in_regions = [s for region in program.regions for s in region.statements]
        before = [*_steps(program.before), *_steps(in_regions, False)]  # what has no lanes counts once
        after = _steps(program.after)
        seeds = [
            ("seed", [N_SPACES + output.space, output.address, k])
            for k, output in enumerate(program.outputs)
            if k in self.active and output.space not in HAS_LANES
        ]
        tape = [*self._cleared(), *self._forward(before)]
        if two_sweeps:
            tape += [self._region(r, forward=True, backward=False) for r in range(len(program.regions))]
            tape += self._forward(after)
        if backward:
            tape += [*seeds, *self._backward(after)]
        regions = range(len(program.regions))
        tape += [self._region(r, forward=not two_sweeps, backward=backward) for r in regions]
        if not two_sweeps:
            tape += self._forward(after)
        return [*tape, *self._backward(before)]

    def _cleared(self) -> Iterator[Instruction]:
        """Everything that terms are added to once in a call."""
        yield "zero", [SHARED, 0, self.program.size]
        if self.active:
            yield "zero", [N_SPACES + SHARED, 0, self.program.size]
            yield "zero", [N_SPACES, 0, self.program.n_slots]

    def _region(self, r: int, forward: bool, backward: bool) -> Instruction:
        """All tiles of a region. Not `forward`: its sums and outputs have been computed."""
        region = self.program.regions[r]
        steps = _steps(region.statements, True)
        tape = list(self._inputs(region))
        tape += self._forward(steps if forward else [step for step in steps if step[0].space == LANES])
        last = r == len(self.program.regions) - 1
        outputs = [(k, o) for k, o in enumerate(self.program.outputs) if last and o.space in HAS_LANES]
        if forward:
            tape += [("put", [o.space, o.address * TILE, self._context.outputs + k]) for k, o in outputs]
        if backward:
            tape += self._backward_of(region, steps, outputs)
        sums = dict.fromkeys((s.base, s.n) for s, _ in steps if s.space == SHARED)
        table = self._kept_array([x for pair in sums for x in pair])
        return "region", [tape, ROWS if region.n is None else region.n, table, len(sums)]

    def _backward_of(
        self, region: Region, steps: Sequence[Step], outputs: Sequence[tuple[int, LoopOutput]]
    ) -> list[Instruction]:
        """The backward pass of a tile, from its outputs on."""
        adjoints = Adjoints(region)
        tape: list[Instruction] = []
        for k, output in outputs:
            if k in self.active:
                adjoints.read(output.space, output.address)
                tape.append(("seed_lanes", [N_SPACES + output.space, output.address * TILE, k]))
        tape += self._backward(steps, adjoints)
        for k, instruction in self._gradients(region):
            adjoints.read(ARGUMENTS, k)
            tape.append(instruction)
        return [*[("zero", [N_SPACES + space, k * TILE, n * TILE]) for space, k, n in adjoints.cleared()], *tape]

    def _inputs(self, region: Region) -> Iterator[Instruction]:
        """The numbers of the lanes, from wherever they are."""
        yield from self._rows(region)
        for k, column in enumerate(region.columns):
            if column.numbers is not None:
                yield "numbers", [k * TILE, self._kept_array(_padded(column.numbers), float)]
            elif column.slots is not None:
                yield "gather", [k * TILE, self._kept_array(column.slots)]

    def _rows(self, region: Region) -> Iterator[Instruction]:
        """The columns of the arguments; those that follow each other there and here are read together."""
        numbers = [-1 if column.argument is None else column.argument for column in region.columns]
        starts = [k for k, x in enumerate(numbers) if x >= 0 and (k == 0 or not 0 <= numbers[k - 1] == x - 1)]
        for k in starts:
            n = 1
            while k + n < len(numbers) and numbers[k + n] == numbers[k] + n:
                n += 1
            yield "rows", [k * TILE, self._context.arguments + 2 * numbers[k], n]

    def _gradients(self, region: Region) -> Iterator[tuple[int, Instruction]]:
        """What the lanes give to parameters, and to the arguments that are asked for, by their columns."""
        wanted = self.program.wanted_arguments
        for k, column in enumerate(region.columns):
            if column.slots is not None:
                yield k, ("scatter", [k * TILE, self._kept_array(column.slots)])
            elif column.argument in wanted:
                place = self._context.wanted + wanted.index(column.argument)
                yield k, ("put", [N_SPACES + ARGUMENTS, k * TILE, place])

    # --- statements ------------------------------------------------------------------------------------

    def _forward(self, steps: Iterable[Step]) -> Iterator[Instruction]:
        begun: Statement | None = None
        for statement, run in steps:
            if not statement.forward or run is self._products_of(statement).start:
                continue
            starts = statement.reduce == STORE
            if (
                statement is not begun
                and not starts
                and not (statement.space == SHARED and _over_lanes(statement, run))
            ):
                starts = reaches_once(self._loops_of(run), run, statement.n)
                if not starts:
                    yield from _filled(statement)
            begun = statement
            yield from self._instructions(statement, run, True, starts)

    def _backward(self, steps: Sequence[Step], adjoints: Adjoints | None = None) -> Iterator[Instruction]:
        for statement, run in reversed(steps):
            if self._reached.by(statement) and any(access.wanted for access in run.accesses):
                if adjoints is not None and statement.space == LANES:
                    adjoints.read(LANES, run.out)
                yield from self._instructions(statement, run, False, False, adjoints)

    def _instructions(
        self, statement: Statement, run: Run, forward: bool, first: bool, adjoints: Adjoints | None = None
    ) -> Iterator[Instruction]:
        """What a run takes: one kernel for each nest. `first`: the members have no terms yet."""
        literals: list[float] = []
        body = lifted(run.body, literals)
        spaces = [statement.space, *[access.space for access in run.accesses]]
        has_lanes = tuple([space in HAS_LANES for space in spaces])
        wanted = tuple([k for k, access in enumerate(run.accesses) if access.wanted and not forward])
        columns: tuple[int, ...] = (0,) if first else ()
        task = Task(forward, body, statement.reduce if forward else "", columns, statement.softmax, wanted, has_lanes)
        products = self._products_of(statement).of(run, forward, first)
        start = 0
        for k, loops in enumerate(self._loops_of(run)):
            terms = slice(start, start := start + math.prod(loops.counts))
            if k in products:
                for step in products[k]:
                    if adjoints is not None:
                        arriving = {step.access: run.accesses[step.access]}
                        if adjoints.stored(arriving, terms, {step.access: step.members}):
                            step = step.storing()
                    self._kept.append(step)
                    yield step.function, step.descriptor.tolist()
                continue
            chosen = plan(task, loops.counts, loops.strides, loops.steps)
            if adjoints is not None:
                members = {c - 1: loops.members(c) for c in chosen.complete}
                arriving = {c: run.accesses[c] for c in wanted}
                columns = tuple([1 + c for c in adjoints.stored(arriving, terms, members)])
                chosen = plan(task._replace(first=columns), loops.counts, loops.strides, loops.steps)
            offsets = [x * TILE if of_lanes else x for x, of_lanes in zip(loops.offsets, has_lanes, strict=True)]
            tables = {c: self._table(table, False) for c, table in chosen.tables.items()}
            tables |= {c: self._table(table, has_lanes[c]) for c, table in loops.tables.items()}
            yield chosen.kind, descriptor(chosen, spaces, offsets, tables, literals)

    def _products_of(self, statement: Statement) -> Products:
        if id(statement) not in self._products:
            self._products[id(statement)] = Products(statement, TILE)
        return self._products[id(statement)]

    def _loops_of(self, run: Run) -> list[KernelLoops]:
        if id(run) not in self._loops:
            self._loops[id(run)] = loops_of(run)
        return self._loops[id(run)]

    # --- memory ----------------------------------------------------------------------------------------

    def _table(self, table: Addresses, of_lanes: bool) -> int:
        key = (id(table), of_lanes)
        if key not in self._tables:
            self._tables[key] = self._kept_array(table * TILE if of_lanes else table)
            self._kept.append(table)  # its id is used
        return self._tables[key]

    def _kept_array(self, numbers: Any, kind: Any = numpy.int64) -> int:
        array = numpy.array(numbers, kind)
        self._kept.append(array)
        return int(array.ctypes.data)

    def _compiled(self, tape: list[Instruction]) -> dict[Any, int]:
        """The addresses of all functions; compiles the kernels at once."""
        self.kinds = list(dict.fromkeys([what for what, _ in _every(tape) if isinstance(what, Kind)]))
        kernels, code = machine.addresses(self.kinds)
        self._kept.append(code)
        return {**machine.built_in(), **machine.contractions(), **kernels}

    def _placed(self, tape: list[Instruction]) -> int:
        """The address of a tape, after those inside of it."""
        place = self._descriptors([words for _, words in tape])
        entries = []
        for what, words in tape:
            entries += [self._addresses[what], place]
            place += 8 * len(words)
        return self._kept_array([*entries, 0])

    def _descriptors(self, every: list[list[Any]]) -> int:
        """The address of descriptors, one after the other."""
        return self._kept_array([self._placed(x) if isinstance(x, list) else x for words in every for x in words])


def _every(tape: Iterable[Instruction]) -> Iterator[Instruction]:
    for instruction in tape:
        yield instruction
        for x in instruction[1]:
            if isinstance(x, list):
                yield from _every(x)


def _steps(statements: Iterable[Statement], over_lanes: bool | None = None) -> list[Step]:
    """The runs of statements, in order; with `over_lanes` only those that do, or do not, run over lanes."""
    return [
        (statement, run)
        for statement in statements
        for run in statement.runs
        if over_lanes is None or over_lanes is _over_lanes(statement, run)
    ]


def _over_lanes(statement: Statement, run: Run) -> bool:
    return statement.space == LANES or any(access.space in HAS_LANES for access in run.accesses)


def _filled(statement: Statement) -> Iterator[Instruction]:
    """The members before their first term; SHARED ones are 0.0 already."""
    scale = TILE if statement.space == LANES else 1
    where = [statement.space, statement.base * scale, statement.n * scale]
    if statement.reduce == MAXIMUM:
        yield "fill", [*where, int(numpy.array(-numpy.inf).view(numpy.int64))]
    elif statement.space == LANES:
        yield "zero", where


def _padded(numbers: Any) -> Any:
    """The numbers of the lanes, the last one repeated to the end of its tile."""
    missing = -len(numbers) % TILE
    return numpy.concatenate([numbers, numpy.repeat(numbers[-1:], missing)])
