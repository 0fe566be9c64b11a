"""The code of a kernel: one function for all statements of a kind.

    void kernel(i64* d, ptr* context)

walks through the loops of a nest and applies a body to each term. `d` is a descriptor (`descriptors.py`), which says
how often the loops run, where the columns begin and how far they advance; `context` has the addresses of the spaces
(`context[space]`) and of their adjoints (`context[N_SPACES + space]`), and how many lanes of a tile are none of its
padding (`context[LIMIT]`).

Columns are numbered as in `ir.Nest`: 0 is `out`, 1 + k the k-th access. What is the same in all inner loops is loaded,
and computed, outside of them; what arrives at the same address in all inner loops is added up in a register.

Entry point: `Kernel(kind).lines_of(name)`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from ... import operations as ops
from ..instructions import hexadecimal
from ..program import COLUMN, READ
from .emitter import Emitter
from .ir import MAXIMUM, SUM
from .kinds import FIXED, LIMIT, LISTED, N_SPACES, SIDE_BY_SIDE, STRIDED, TILE, Kind

PARAMETERS = "ptr noalias readonly %d, ptr noalias readonly %context"


class _Sink(NamedTuple):
    """Where a result goes."""

    column: int
    adjoint: bool
    operand: int
    level: int  # the innermost loop (from 1 on) that moves its address; what is inside is added up in a register


class Kernel(Emitter):
    """Writes the function of a kind. Level 0 is outside of all loops, level k inside loop k - 1."""

    def __init__(self, kind: Kind) -> None:
        super().__init__(kind.width)
        self.kind = kind
        self.program = kind.program()
        self.depth = len(kind.modes)
        self._fields = kind.fields()
        self._modes = [[of_columns[c] for of_columns in kind.modes] for c in range(kind.n_columns)]
        self._levels, self._vectors = self._placed()
        self._names: dict[int, str] = {}  # results of instructions
        self._splats: dict[int, str] = {}  # scalar results as vectors
        self._offsets: dict[int, str] = {}  # of columns: the address of the first lane
        self._spread: dict[int, str] = {}  # and, where they are not side by side, how far the lanes are from it
        self._positions: dict[int, tuple[str, str]] = {}  # in tables: of the first lane, and how far the others are
        self._index, self._mask, self._remaining = "", "", ""
        self._sums: dict[Any, tuple[str, str]] = {}  # the registers of sinks
        self._sinks = self._found_sinks()

    def lines_of(self, name: str) -> list[str]:
        """The function."""
        self._enter()
        self._level(0)
        return self.function(name, PARAMETERS)

    # --- what is computed where ------------------------------------------------------------------------

    def _placed(self) -> tuple[list[int], list[bool]]:
        """For each instruction its level, and whether it is a vector."""
        levels: list[int] = []
        vectors: list[bool] = []
        for _, operation, inputs in self.program:
            if operation is READ:
                level, is_vector = 0, False
            elif operation is COLUMN:
                column, adjoint = self._column(inputs[0])
                level, is_vector = self._column_level(column), self._is_spread(column)
                if adjoint and self.kind.lanes and not is_vector:  # 0.0 for lanes that are none
                    level, is_vector = max(level, self.kind.vector + 1), True
            else:
                found = [i for i in inputs if i >= 0]
                level, is_vector = max(levels[i] for i in found), any(vectors[i] for i in found)
            levels.append(level)
            vectors.append(is_vector)
        return levels, vectors

    def _column(self, number: int) -> tuple[int, bool]:
        """The column that a COLUMN instruction reads, and whether it reads the adjoint."""
        argument, n_accesses = self.program.columns[number].argument, self.kind.n_columns - 1
        return (1 + argument, False) if argument < n_accesses else (0, argument > n_accesses)

    def _column_level(self, column: int) -> int:
        return max([1 + loop for loop, mode in enumerate(self._modes[column]) if mode != FIXED], default=0)

    def _is_spread(self, column: int) -> bool:
        """Whether lanes find different numbers in it."""
        return self.kind.vector >= 0 and self._modes[column][self.kind.vector] != FIXED

    def _found_sinks(self) -> list[_Sink]:
        sinks = []
        for output in self.program.outputs:
            operand = output.operand
            column = 0 if self.kind.forward else 1 + output.place
            is_nothing = operand < 0 and self.program.constants[~operand] == 0.0
            if is_nothing and not self.kind.forward and column not in self.kind.first:
                continue
            sinks.append(_Sink(column, not self.kind.forward, operand, self._column_level(column)))
        return sinks

    # --- the nest --------------------------------------------------------------------------------------

    def _enter(self) -> None:
        """What is known before the loops."""
        for column in range(self.kind.n_columns):
            self._offsets[column] = self._field("offset", column)
            if LISTED in self._modes[column]:
                self._positions[column] = ("0", "")

    def _level(self, level: int) -> None:
        """Everything from this level inwards."""
        for column in range(self.kind.n_columns):
            self._look_up(column, level)
        for number, operation, inputs in self.program:
            if self._levels[number] == level:
                self._instruction(number, operation, inputs)
        if level == self.depth:
            for sink in self._sinks:
                self._arrive(sink)
            return
        starting = [sink for sink in self._sinks if sink.level == level]
        for sink in starting:
            self._sums[sink] = (self.type, self.constant(self._start))
        before = dict(self._offsets), dict(self._spread), dict(self._positions)
        step = self.width if level == self.kind.vector else 1
        with self.loop(self._count(level), step, self._sums) as i:
            if level == self.kind.vector:
                self._side_by_side(i, level)
            for column in range(self.kind.n_columns):
                self._advance(column, level, i)
            self._level(level + 1)
        self._offsets, self._spread, self._positions = before
        for sink in starting:
            self._flush(sink, self._sums.pop(sink)[1])

    def _count(self, loop: int) -> str:
        """How often a loop runs."""
        kind = self.kind
        around = kind.vector - 1 if kind.in_a_row else -1
        if not kind.lanes or loop not in (around, kind.vector):
            return self._field("count", loop)
        limit = self.entry("%context", LIMIT)
        if around < 0:
            return limit
        addresses = self._field("count", around)
        full = self.once(f"icmp ugt i64 {limit}, {TILE - self.width}")
        if loop == around:
            return self.once(f"select i1 {full}, i64 1, i64 {addresses}")
        return self.once(f"select i1 {full}, i64 {self.once(f'mul i64 {addresses}, {TILE}')}, i64 {limit}")

    @property
    def _start(self) -> float:
        return float("-inf") if self.kind.reduce == MAXIMUM else 0.0

    def _side_by_side(self, i: str, loop: int) -> None:
        """The lanes of an iteration of the vector loop: which of them there are."""
        self._index = i
        masked_sinks = any(not self._is_spread(sink.column) for sink in self._sinks)
        if self.kind.lanes:
            if masked_sinks or not self._is_spread(0):
                limit = self.entry("%context", LIMIT)
                lanes = self.compute(f"add {self._whole} {self.splat('i64', i)}, {self._counted}")
                self._mask = self.compute(f"icmp ult {self._whole} {lanes}, {self.splat('i64', limit)}")
            return
        self._remaining = self.compute(f"sub i64 {self._field('count', loop)}, {i}")
        self._mask = self.compute(f"icmp ult {self._whole} {self._counted}, {self.splat('i64', self._remaining)}")

    def _advance(self, column: int, loop: int, i: str) -> None:
        """The address of a column in iteration i of a loop."""
        mode = self._modes[column][loop]
        if mode == SIDE_BY_SIDE and loop != self.kind.vector:
            self._offsets[column] = self.sum(self._offsets[column], self.compute(f"mul i64 {i}, {TILE}"))
        elif mode == SIDE_BY_SIDE:
            self._offsets[column] = self.sum(self._offsets[column], i)
        elif mode != FIXED:
            stride = self._field("stride" if mode == STRIDED else "step", loop, column)
            if loop != self.kind.vector:
                ahead = self.compute(f"mul i64 {i}, {stride}")
                if mode == STRIDED:
                    self._offsets[column] = self.sum(self._offsets[column], ahead)
                else:
                    position, spread = self._positions[column]
                    self._positions[column] = (self.sum(position, ahead), spread)
                return
            # Lanes beyond the last repeat it: what they read is not used, but it must be there.
            lanes = self.compute(f"add {self._whole} {self.splat('i64', i)}, {self._counted}")
            last = self.splat("i64", self.compute(f"sub i64 {self._field('count', loop)}, 1"))
            whole = (self._whole, lanes), (self._whole, last)
            lanes = self.compute(self.called_intrinsic(self._whole, f"llvm.umin.v{self.width}i64", *whole))
            spread = self.compute(f"mul {self._whole} {lanes}, {self.splat('i64', stride)}")
            if mode == STRIDED:
                self._spread[column] = spread
            else:
                self._positions[column] = (self._positions[column][0], spread)

    def _look_up(self, column: int, level: int) -> None:
        """The address from the table, when the position is known."""
        modes = self._modes[column]
        if level == 0 or LISTED not in modes or level != 1 + max(k for k, m in enumerate(modes) if m == LISTED):
            return
        table = self._field("table", column, kind="ptr")
        position, spread = self._positions[column]
        if not spread:
            found = self.load("i64", self.compute(f"getelementptr i64, ptr {table}, i64 {position}"))
            self._offsets[column] = self.sum(self._offsets[column], found)
            return
        vector = "poison"
        for lane, distance in enumerate(self._extracted(spread)):
            place = self.sum(position, distance)
            found = self.load("i64", self.compute(f"getelementptr i64, ptr {table}, i64 {place}"))
            vector = self.compute(f"insertelement {self._whole} {vector}, i64 {found}, i32 {lane}")
        self._spread[column] = vector

    # --- numbers ---------------------------------------------------------------------------------------

    def _instruction(self, i: int, operation: Any, inputs: Any) -> None:
        is_vector = self._vectors[i]
        if operation is READ:
            self._names[i] = self._field("literal", inputs[0], kind="double")
        elif operation is COLUMN:
            column, adjoint = self._column(inputs[0])
            self._names[i] = self._read(column, adjoint)
            if is_vector and not self._is_spread(column):
                x = self.broadcast(self._names[i])
                self._names[i] = self._masked(x, 0.0)
        else:
            self.type = self.vector if is_vector else "double"
            name = self.new()
            self.apply(operation, [self._operand(j, is_vector) for j in inputs], name)
            self._names[i] = name
            self.type = self.vector if self.width > 1 else "double"
        if not is_vector and self.width > 1:
            self._splats[i] = self.splat("double", self._names[i])

    def _operand(self, j: int, as_vector: bool) -> str:
        if j < 0:
            return self.constant(self.program.constants[~j])
        return self._splats[j] if as_vector and not self._vectors[j] else self._names[j]

    def _read(self, column: int, adjoint: bool) -> str:
        """The numbers of a column: one, or one for each lane."""
        if not self._is_spread(column):
            return self.load("double", self._address(column, adjoint))
        if column not in self._spread:
            address = self._address(column, adjoint)
            return self.load(self.vector, address) if self.kind.lanes else self._masked_load(address)
        vector = "poison"
        for lane, distance in enumerate(self._extracted(self._spread[column])):
            number = self.load("double", self._address(column, adjoint, distance))
            vector = self.compute(f"insertelement {self.vector} {vector}, double {number}, i32 {lane}")
        return vector

    def _arrive(self, sink: _Sink) -> None:
        """A term has been computed."""
        x = self._operand(sink.operand, self.width > 1)
        if self._mask and not self._is_spread(sink.column):
            x = self._masked(x, self._start)
        if sink in self._sums:
            kind, total = self._sums[sink]
            self._sums[sink] = (kind, self._joined(total, x))
            return
        if self.kind.reduce == SUM and sink.column in self.kind.first:
            x = self._joined(self.constant(0.0), x)  # a sum is never -0.0
        self._flush(sink, x)

    def _joined(self, a: str, b: str) -> str:
        return self.compute(self.expression(ops.maximum if self.kind.reduce == MAXIMUM else ops.add, [a, b]))

    def _flush(self, sink: _Sink, x: str) -> None:
        """A term, or the sum of some, goes to memory."""
        column = sink.column
        if self.width > 1 and not self._is_spread(column):
            x = self._across(x)
            self.type = "double"
        if column in self._spread:
            self._scatter(sink, x)
        elif self.type == "double" or self.kind.lanes:
            self._put(sink, x, self._address(column, sink.adjoint))
        else:
            self._put_masked(sink, x, self._address(column, sink.adjoint))
        self.type = self.vector if self.width > 1 else "double"

    def _put(self, sink: _Sink, x: str, address: str) -> None:
        if sink.column not in self.kind.first:
            x = self._joined(self.load(self.type, address), x)
        self.write(self.type, x, address)

    def _put_masked(self, sink: _Sink, x: str, address: str) -> None:
        """As `_put`, but only the lanes that there are."""
        if sink.column not in self.kind.first:
            x = self._joined(self._masked_load(address), x)
        # A load that follows soon waits for a masked store, but not for a plain one.
        full = self.compute(f"icmp uge i64 {self._remaining}, {self.width}")
        with self.when(full):
            self.write(self.vector, x, address)
        part = self.compute(f"xor i1 {full}, true")
        with self.when(part):
            arguments = (self.vector, x), ("ptr", address), ("i32", "8"), (self.boolean(), self._mask)
            self.line(self.called_intrinsic("void", f"llvm.masked.store.v{self.width}f64.p0", *arguments))

    def _scatter(self, sink: _Sink, x: str) -> None:
        """One lane after the other, as two may go to the same address."""
        numbers, distances = self.reserve(self.vector), self.reserve(self._whole)
        self.write(self.vector, x, numbers)
        self.write(self._whole, self._spread[sink.column], distances)
        here = (("i64", self._remaining), ("i64", str(self.width)))
        n = self.compute(self.called_intrinsic("i64", "llvm.umin.i64", *here))
        self.type = "double"
        with self.loop(n) as lane:
            number = self.load("double", self.at(numbers, lane))
            distance = self.load("i64", self.at(distances, lane))
            self._put(sink, number, self._address(sink.column, sink.adjoint, distance))

    def _across(self, x: str) -> str:
        """The sum, or the largest, of the lanes."""
        if self.kind.reduce == MAXIMUM:
            for distance in (4, 2, 1):
                chosen = ", ".join(f"i32 {(lane + distance) % self.width}" for lane in range(self.width))
                turned = f"shufflevector {self.vector} {x}, {self.vector} poison, <{self.width} x i32> <{chosen}>"
                x = self._joined(x, self.compute(turned))
            return self.compute(f"extractelement {self.vector} {x}, i32 0")
        name = f"llvm.vector.reduce.fadd.v{self.width}f64"
        call = self.called_intrinsic("double", name, ("double", hexadecimal(-0.0)), (self.vector, x))
        return self.compute(call.replace("call", "call reassoc", 1))

    # --- pieces ----------------------------------------------------------------------------------------

    @property
    def _whole(self) -> str:
        return f"<{self.width} x i64>"

    @property
    def _counted(self) -> str:
        return f"<{', '.join(f'i64 {lane}' for lane in range(self.width))}>"

    def _masked(self, x: str, otherwise: float) -> str:
        return self.compute(self.choice(self._mask, x, self.constant(otherwise)))

    def _masked_load(self, address: str) -> str:
        zero = self.constant(0.0)
        arguments = ("ptr", address), ("i32", "8"), (self.boolean(), self._mask), (self.vector, zero)
        return self.compute(self.called_intrinsic(self.vector, f"llvm.masked.load.v{self.width}f64.p0", *arguments))

    def _extracted(self, vector: str) -> Iterator[str]:
        for lane in range(self.width):
            yield self.compute(f"extractelement {self._whole} {vector}, i32 {lane}")

    def _address(self, column: int, adjoint: bool, distance: str = "0") -> str:
        return self.at(self._base(column, adjoint), self.sum(self._offsets[column], distance))

    def _base(self, column: int, adjoint: bool) -> str:
        space = self._field("space", column)
        entry = self.once(f"getelementptr ptr, ptr %context, i64 {space}")
        return self.entry(entry, N_SPACES if adjoint else 0, "ptr")

    def _field(self, *name: Any, kind: str = "i64") -> str:
        return self.entry("%d", self._fields[name], kind)
