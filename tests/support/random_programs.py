"""Random loop programs for property tests, and the same computation in Values.

Entry points: `random_case(seed)`, a program with all that a call needs; `eager(case)`, its result by the eager
engine, scalar by scalar, at the sequences of addresses; `assert_agree`, which compares two results; `check_nests`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import numpy as np

from autograd import Value
from autograd import operations as ops
from autograd.compiling.loops.ir import (
    ARGUMENTS,
    CONSTANTS,
    HAS_LANES,
    LANES,
    MAXIMUM,
    PARAMETERS,
    SHARED,
    STORE,
    SUM,
    Access,
    BodyColumn,
    Expression,
    LoopOutput,
    LoopProgram,
    Nest,
    Region,
    Run,
    Statement,
)
from autograd.compiling.loops.reached import Reached, active_outputs
from autograd.compiling.loops.reference import columns_of
from autograd.compiling.loops.runner import Result

LITERALS = (0.0, 1.0, -1.0, 2.0, 0.5, 0.017, 3.25, -0.7, 1e-4)
NASTY = (math.nan, math.inf, -math.inf, 0.0, -0.0, 5e-324, 710.0, -745.2, 1e-9)
LANE_COUNTS = (0, 1, 2, 3, 7, 8, 9, 20, 63, 64, 65, 130)
SMOOTH = (ops.tanh, ops.sin, ops.cos, ops.sigmoid, ops.softplus, ops.relu, ops.absolute, ops.atan, ops.negate)
BETWEEN = (ops.add, ops.subtract, ops.multiply, ops.multiply, ops.maximum, ops.minimum)
STEEP = (ops.exp, ops.log, ops.sqrt, ops.log1p, ops.expm1, ops.sinh, ops.cosh, ops.tan, ops.asin, ops.acos)


@dataclass
class Case:
    """A program and what it is called with."""

    program: LoopProgram
    parameters: Any
    arguments: list[Any]
    n: int | None
    seeds: list[float]

    def run(self, runner: Any, gradient: bool = True) -> Result:
        """The result of a runner's class."""
        result: Result = runner(self.program)(self.parameters, self.arguments, self.n, self.seeds, gradient)
        return result


def random_case(seed: int, nasty: bool = False, lanes: int | None = None) -> Case:
    """A program of its own for each seed.

    Args:
        nasty: there are infinities, nan and signed zeros among its numbers.
        lanes: how many lanes its regions have; by default a random number of them.
    """
    return _Maker(random.Random(seed), nasty, lanes).case()


def apply(operation: ops.Operation, *parts: Expression) -> Expression:
    return ("apply", operation, parts)


@dataclass
class _Maker:
    random: random.Random
    nasty: bool
    lanes: int | None
    sizes: dict[int, int] = field(default_factory=dict)  # space → how many addresses can be read by now
    most: int = 400  # terms of a run
    known: int | None = None  # in a region: how much of SHARED is known before its lanes run

    def case(self) -> Case:
        r = self.random
        self.sizes = {PARAMETERS: r.randint(1, 40), CONSTANTS: r.randint(1, 6), SHARED: 0}
        program = LoopProgram(self.sizes[PARAMETERS], self.array(self.sizes[CONSTANTS]), 0, [], [], [], [])
        case = Case(program, self.array(program.n_slots), [], None, [])
        program.before += self.statements(r.randint(0, 3))
        known = self.sizes[SHARED]
        for _ in range(r.choice((0, 1, 1, 1, 2))):
            if not program.regions or program.regions[0].n is not None:
                program.regions.append(self.region(case, known))
        by_lanes = {s: n for s, n in self.sizes.items() if s in HAS_LANES} if len(program.regions) == 1 else {}
        self.sizes = {s: n for s, n in self.sizes.items() if s not in HAS_LANES}
        if r.random() < 0.5:
            program.after += self.statements(r.randint(1, 3))
            for region in program.regions:
                region.two_sweeps = True
        program.size = self.sizes[SHARED]
        readable = {s: n for s, n in {**self.sizes, **by_lanes}.items() if n}
        computed = [s for s in readable if s in (SHARED, LANES)] or [PARAMETERS]
        for space in r.sample(computed, len(computed)):
            program.outputs.append(LoopOutput(space, readable[space] - 1))
        for _ in range(r.randint(0, 2)):
            space = r.choice(list(readable))
            program.outputs.append(LoopOutput(space, r.randrange(readable[space])))
        case.seeds = [1.0] + [r.choice((0.0, 1.0, -0.5, 0.3)) for _ in program.outputs[1:]]
        return case

    def region(self, case: Case, known: int) -> Region:
        r, program = self.random, case.program
        lanes = self.lanes if self.lanes is not None else r.choice(LANE_COUNTS)
        self.most = max(12, 400 // max(lanes, 1))
        columns = [self.column(lanes, k) for k in range(r.randint(1, 6))]
        n: int | None = lanes
        if not program.regions and any(column.argument is not None for column in columns):
            n, case.n = None, lanes
            case.arguments = self.arguments(lanes, len(columns))
            numbers = [column.argument for column in columns if column.argument is not None]
            program.wanted_arguments = tuple(sorted(r.sample(numbers, r.randint(0, len(numbers)))))
        else:
            columns = [c if c.argument is None else BodyColumn(numbers=self.array(lanes)) for c in columns]
        self.sizes |= {ARGUMENTS: len(columns), LANES: 0}
        self.known = known
        statements = self.statements(r.randint(1, 5))
        self.known = None
        return Region(n, columns, self.sizes[LANES], statements)

    def readable(self, space: int) -> int:
        """How many addresses of a space a statement may read: the sums of a region are not known in it."""
        return self.known if space == SHARED and self.known is not None else self.sizes[space]

    # --- numbers ----------------------------------------------------------------------------------------

    def array(self, n: int) -> Any:
        r = self.random
        return np.array([r.choice(NASTY) if self.nasty and r.random() < 0.05 else r.gauss(0, 1) for _ in range(n)])

    def table(self, m: int, size: int) -> Any:
        return np.array([self.random.randrange(size) for _ in range(m)], dtype=np.int64)

    def column(self, lanes: int, k: int) -> BodyColumn:
        kind = self.random.choice(("numbers", "slots", "argument", "argument"))
        if kind == "slots":
            return BodyColumn(slots=self.table(lanes, self.sizes[PARAMETERS]))
        return BodyColumn(numbers=self.array(lanes)) if kind == "numbers" else BodyColumn(argument=k)

    def arguments(self, lanes: int, n_columns: int) -> list[Any]:
        """Arrays with so many columns together: with one axis or two, of many strides and kinds."""
        r = self.random
        found: list[Any] = []
        missing = n_columns
        while missing:
            k = r.randint(1, missing)
            missing -= k
            whole = self.array(2 * lanes * k).reshape(lanes, 2 * k)
            array = r.choice((whole[:, :k], whole[:, ::2], np.asfortranarray(whole[:, :k]), whole[::-1, k:]))
            if r.random() < 0.2:
                array = np.broadcast_to(self.array(k), (lanes, k))
            if not self.nasty and r.random() < 0.2:
                array = (4 * array).astype(r.choice((np.float32, np.int64)))
            found.append(array[:, 0] if k == 1 and r.random() < 0.5 else array)
        return found

    # --- statements -------------------------------------------------------------------------------------

    def statements(self, how_many: int) -> list[Statement]:
        r = self.random
        found: list[Statement] = []
        for _ in range(how_many):
            space = r.choice((LANES, LANES, SHARED)) if LANES in self.sizes else SHARED
            n = r.choice((1, 1, 2, 3, 4, 6, 8, 9, 12, 30))
            n = min(n, self.most)
            base = self.sizes[space]
            kind = r.choice((STORE, STORE, SUM, SUM, SUM, MAXIMUM, "logsumexp"))
            if kind == "logsumexp":
                found += self.logsumexp(space, base, n)
                self.sizes[space] += 3 * n
                continue
            runs = self.runs(space, base, n, kind, alone=kind == MAXIMUM)
            found.append(Statement(space, base, n, kind, runs, backward=kind != MAXIMUM))
            if kind == STORE and space == SHARED and found[-1].reads_lanes:
                found[-1].reduce = SUM
            self.sizes[space] += n
        return found

    def logsumexp(self, space: int, base: int, n: int) -> list[Statement]:
        """y = largest + log Σ exp(term - largest): three statements forward, one backward."""
        runs = self.runs(space, base, n, SUM, alone=True)
        total, y, every = base + n, base + 2 * n, np.arange(n)
        m, s = ("access", 0), ("access", 1)
        infinite = apply(ops.equal, apply(ops.absolute, m), ("literal", math.inf))
        value = apply(ops.where, infinite, m, apply(ops.add, m, apply(ops.log, s)))
        read = [Access(space, base + every, False), Access(space, total + every, False)]
        shifted = []
        for run in runs:
            body = apply(ops.exp, apply(ops.subtract, run.body, ("access", len(run.accesses))))
            shifted.append(Run(body, [*run.accesses, Access(space, run.out, False)], run.out + n, None))
        return [
            Statement(space, base, n, MAXIMUM, runs, backward=False),
            Statement(space, total, n, SUM, shifted, backward=False),
            Statement(space, y, n, STORE, [Run(value, read, y + every, None)], backward=False),
            Statement(
                space,
                y,
                n,
                SUM,
                [replace(run, out=run.out + 2 * n, nests=_moved(run.nests, 2 * n)) for run in runs],
                forward=False,
                softmax=True,
            ),
        ]

    def runs(self, space: int, base: int, n: int, kind: str, alone: bool) -> list[Run]:
        """Runs whose terms reach every member. `alone`: they read no lanes where the members are SHARED."""
        r = self.random
        spaces = [s for s in self.sizes if self.readable(s) and not (alone and space == SHARED and s in HAS_LANES)]
        cuts = sorted({0, n, *(r.randint(0, n) for _ in range(r.choice((0, 0, 0, 1, 2))))})
        found = [self.run(base + a, b - a, kind, spaces) for a, b in pairwise(cuts)]
        if kind != STORE and r.random() < 0.3:  # more terms for some of them
            a = r.randrange(n)
            found.append(self.run(base + a, r.randint(1, n - a), kind, spaces))
        return found

    def run(self, first: int, n: int, kind: str, spaces: Sequence[int]) -> Run:
        """A run for n members from `first` on: nests one after the other, or tables."""
        r = self.random
        if r.random() < 0.15:
            pieces = [1] * n  # each with a number of terms of its own
        else:
            cuts = sorted({0, n, *(r.randint(0, n) for _ in range(r.choice((0, 0, 1))))})
            pieces = [b - a for a, b in pairwise(cuts)]
        n_accesses = r.choice((0, 1, 1, 1, 2, 2, 2, 2, 2, 3, 3))
        likely = [s for s in spaces for _ in range(1 if s == CONSTANTS else 3)]
        read = [r.choice(likely) for _ in range(n_accesses)]
        nests, start = [], 0
        for members in pieces:
            outer = self.shape(members)
            inner = self.shape(r.randint(1, max(1, min(12, self.most // n)))) if kind != STORE else ()
            shape = outer + inner
            strides = np.zeros((len(shape), 1 + n_accesses), np.int64)
            strides[: len(outer), 0] = [math.prod(outer[d + 1 :]) for d in range(len(outer))]
            offsets = np.array([first, *[self.affine(shape, s, strides, 1 + k) for k, s in enumerate(read)]])
            nests.append(Nest(start, shape, offsets, strides))
            start += math.prod(shape)
            first += members
        columns = np.concatenate([addresses(nest) for nest in nests])
        tables = r.random() < 0.25
        accesses = []
        for k, space in enumerate(read):
            index = columns[:, 1 + k].copy()
            if tables and r.random() < 0.7:
                index = self.table(len(index), self.readable(space))
            wanted = space != CONSTANTS and r.random() < 0.9
            accesses.append(Access(space, index, wanted))
        return Run(self.body(n_accesses), accesses, columns[:, 0].copy(), None if tables else nests)

    def shape(self, n: int) -> tuple[int, ...]:
        """Loops that make n iterations together, at most three of them."""
        r = self.random
        shape: tuple[int, ...] = ()
        while n > 1 and len(shape) < 2 and r.random() < 0.6:
            factor = r.choice([d for d in range(1, n + 1) if n % d == 0])
            shape, n = (*shape, factor), n // factor
        return (*shape, n) if n > 1 or r.random() < 0.1 else shape

    def affine(self, shape: tuple[int, ...], space: int, strides: Any, column: int) -> int:
        """Choose strides that stay inside a space, and give the offset."""
        r, size = self.random, self.readable(space)
        step, ends = 1, (0, 0)
        for d in r.sample(range(len(shape)), len(shape)) if r.random() < 0.3 else reversed(range(len(shape))):
            stride = r.choice((0, step, step, -step, r.randint(-3, 3)))
            reach = stride * (shape[d] - 1)
            low, high = min(ends[0], ends[0] + reach), max(ends[1], ends[1] + reach)
            if high - low < size:
                strides[d, column], ends = stride, (low, high)
                step = abs(stride) * shape[d] or step
        return r.randint(-ends[0], size - 1 - ends[1])

    # --- bodies -----------------------------------------------------------------------------------------

    def body(self, n_accesses: int) -> Expression:
        r = self.random
        parts: list[Expression] = [("access", k) for k in range(n_accesses)]
        if not parts or r.random() < 0.4:
            parts.append(("literal", r.choice(LITERALS)))
        if n_accesses and r.random() < 0.2:
            parts.append(("access", r.randrange(n_accesses)))
        if r.random() < 0.3 and len(parts) == 2:  # what contractions are made of
            return apply(ops.multiply, *parts)
        r.shuffle(parts)
        while len(parts) > 1:
            a, b = parts.pop(), parts.pop()
            parts.insert(r.randint(0, len(parts)), self.combined(a, b))
        return self.wrapped(parts[0])

    def combined(self, a: Expression, b: Expression) -> Expression:
        r = self.random
        chance = r.random()
        if chance < 0.7:
            return apply(r.choice(BETWEEN), self.wrapped(a), b)
        if chance < 0.8:
            return apply(ops.divide, a, apply(ops.add, apply(ops.multiply, b, b), ("literal", 0.5)))
        if chance < 0.88:
            return apply(ops.power, apply(ops.sigmoid, a), b)
        if chance < 0.94:
            return apply(ops.total, a, b, apply(ops.negate, a))
        return apply(ops.where, apply(r.choice((ops.less, ops.less_equal)), a, b), apply(ops.tanh, a), b)

    def wrapped(self, x: Expression) -> Expression:
        r = self.random
        chance = r.random()
        if chance < 0.5:
            return apply(ops.tanh, x) if x[0] == "apply" and r.random() < 0.3 else x
        if chance < 0.8:
            return apply(r.choice(SMOOTH), x)
        if chance < 0.9:
            return apply(r.choice(STEEP), apply(ops.sigmoid, x))
        if self.nasty and chance < 0.95:
            return apply(r.choice(STEEP), x)
        return apply(ops.power_of_constant, x, ("literal", r.choice((2.0, 3.0, 0.0, 1.0))))


def addresses(nest: Nest) -> Any:
    """What the loops of a nest walk through: a row for each term, a column for `out` and for each access."""
    iterations = np.indices(nest.shape).reshape(len(nest.shape), math.prod(nest.shape)).T
    return nest.offsets + iterations @ nest.strides


def check_nests(program: LoopProgram) -> None:
    """Assert that the nests of every run walk through exactly its sequences of addresses."""
    for statement in program.statements:
        reached: set[int] = set()
        for run in statement.runs:
            reached |= set(run.out.tolist())
            sequences = np.stack([run.out, *[access.index for access in run.accesses]], axis=1)
            if statement.reduce == STORE:
                assert len(set(run.out.tolist())) == len(run), "a member is stored twice"
            else:
                assert (np.diff(run.out) >= 0).all(), "the terms of a member do not come in a row"
            if run.nests is not None:
                assert [nest.start for nest in run.nests] == np.cumsum(
                    [0, *[math.prod(nest.shape) for nest in run.nests]]
                )[:-1].tolist()
                assert np.array_equal(np.concatenate([addresses(nest) for nest in run.nests]), sequences)
        assert reached == set(range(statement.base, statement.base + statement.n)), "a member is left out"


def _moved(nests: list[Nest] | None, by: int) -> list[Nest] | None:
    if nests is None:
        return None
    return [nest._replace(offsets=nest.offsets + by * (np.arange(len(nest.offsets)) == 0)) for nest in nests]


# --- the same by the eager engine ---------------------------------------------------------------------------


def eager(case: Case) -> Result:
    """Every number is a Value, every term is computed by itself, and `backward` gives the gradients."""
    program = case.program
    leaves = [Value(x) for x in case.parameters]
    shared: dict[int, Any] = {
        PARAMETERS: leaves,
        CONSTANTS: [float(x) for x in program.constants],
        SHARED: [0.0] * program.size,
    }
    _compute(program.before, shared, 1)
    given = columns_of(case.arguments)
    arguments: dict[int, list[Value]] = {}
    memories = []
    for region in program.regions:
        n = region.n if region.n is not None else case.n
        assert n is not None
        columns: list[Any] = []
        for column in region.columns:
            if column.numbers is not None:
                columns.append([float(x) for x in column.numbers])
            elif column.slots is not None:
                columns.append([leaves[slot] for slot in column.slots])
            else:
                assert column.argument is not None
                columns.append([Value(float(x)) for x in given[column.argument]])
                arguments[column.argument] = columns[-1]
        memories.append({**shared, ARGUMENTS: columns, LANES: [[0.0] * n for _ in range(region.size)]})
        _compute(region.statements, memories[-1], n)
    _compute(program.after, shared, 1)
    last = memories[-1] if memories else shared
    found = [last[space][address] for space, address in program.outputs]
    active = active_outputs(case.seeds)
    weighed = []
    for k in active:
        weighed += [case.seeds[k] * x for x in (found[k] if isinstance(found[k], list) else [found[k]])]
    # Members that no output needs take part with gradient 0, if an output needs others of their statement.
    reached, every = Reached(program, active), []
    for memory, statements in zip(
        [shared, *memories, shared],
        [program.before, *[region.statements for region in program.regions], program.after],
        strict=True,
    ):
        for statement in filter(reached.by, statements):
            for x in memory[statement.space][statement.base : statement.base + statement.n]:
                every += x if isinstance(x, list) else [x]
    root = ops.total(Value(0.0), *weighed, *[0.0 * x for x in every])
    root.backward()
    outputs = [np.array([_number(x) for x in o]) if isinstance(o, list) else _number(o) for o in found]
    gradient = np.array([leaf.grad for leaf in leaves])
    return Result(outputs, gradient, {i: np.array([x.grad for x in arguments[i]]) for i in program.wanted_arguments})


def _number(x: Any) -> float:
    return float(x.data) if isinstance(x, Value) else float(x)


def _compute(statements: Sequence[Statement], memory: dict[int, Any], n: int) -> None:
    for statement in statements:
        if statement.forward or statement.softmax:
            for lane in range(n) if statement.space == LANES else [None]:
                _members(statement, memory, lane, n)


def _members(statement: Statement, memory: dict[int, Any], lane: int | None, n: int) -> None:
    """Compute the members, in one lane; SHARED ones (lane None) from the terms of all of them."""
    terms: list[list[Any]] = [[] for _ in range(statement.n)]
    for run in statement.runs:
        lanes = range(n) if any(access.space in HAS_LANES for access in run.accesses) else [0]
        for t, member in enumerate(run.out.tolist()):
            for i in lanes if lane is None else [lane]:
                read = [_cell(memory, access, t, i) for access in run.accesses]
                x = _value(run.body, read)
                terms[member - statement.base].append(x if statement.backward else _number(x))
    for j, of_member in enumerate(terms):
        result = _reduced(statement, of_member)
        into = memory[statement.space]
        if lane is None:
            into[statement.base + j] = result
        else:
            into[statement.base + j][lane] = result


def _cell(memory: dict[int, Any], access: Access, t: int, lane: int) -> Any:
    cell = memory[access.space][access.index[t]]
    if access.space in HAS_LANES:
        cell = cell[lane]
    return cell if access.wanted else _number(cell)


def _value(body: Expression, read: Sequence[Any]) -> Any:
    if body[0] == "access":
        return read[body[1]]
    if body[0] == "literal":
        return body[1]
    return body[1](*[_value(part, read) for part in body[2]])


def _reduced(statement: Statement, terms: Sequence[Any]) -> Any:
    if statement.softmax:
        return ops.logsumexp(*terms)
    if statement.reduce == MAXIMUM:
        result = -math.inf
        for x in terms:
            result = ops.maximum(result, x)
        return result
    if statement.reduce == STORE and len(terms) == 1:
        return terms[0]
    return ops.total(*terms) if terms else 0.0


# --- comparison -----------------------------------------------------------------------------------------------


def assert_agree(found: Result, expected: Result, tolerance: float = 1e-12) -> None:
    """The same numbers, relative to the largest of their kind; nan and infinities in the same places."""
    for a, b in zip(found.outputs, expected.outputs, strict=True):
        assert np.shape(a) == np.shape(b)
        _assert_close(a, b, tolerance)
    assert expected.gradient is not None
    _assert_close(found.gradient, expected.gradient, tolerance)
    assert list(found.arguments) == list(expected.arguments)
    for number, gradient in expected.arguments.items():
        _assert_close(found.arguments[number], gradient, tolerance)


def _assert_close(a: Any, b: Any, tolerance: float) -> None:
    a, b = np.atleast_1d(a), np.atleast_1d(b)
    finite = np.isfinite(b)
    assert np.array_equal(a[~finite], b[~finite], equal_nan=True), f"{a[~finite]} ≠ {b[~finite]}"
    assert np.isfinite(a[finite]).all(), f"{a[finite]} ≠ {b[finite]}"
    scale = max(1.0, float(np.abs(b[finite]).max(initial=0.0)))
    difference = float(np.abs(a[finite] - b[finite]).max(initial=0.0))
    assert difference <= tolerance * scale, f"differs by {difference:.2g} of {scale:.2g}"
