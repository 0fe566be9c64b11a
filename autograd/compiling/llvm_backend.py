"""A program as LLVM assembly, and from there as machine code by llvmlite.

The module has one function, `program`, and a function for each operation that lanes compute themselves
(`vector_math.py`). Scalars of a program without lanes are computed with the same operations, in the same
order and by the same C library as in the eager engine, so the bits are the same. A program with lanes may
fuse a product and a sum into one instruction with one rounding (`contract`).

    void program(double* x, double* gradient, double* out, double* scratch,
                 double* arguments, double* lanes, i64 rows, i64 pitch)

`x` are the numbers in the slots, `out[k]` is the k-th result; argument j of row i is arguments[j·pitch + i].

Entry points: `writer_for(program, …)`, `source`, `StraightRunner`.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .instructions import Instructions, hexadecimal
from .machine_code import MachineCode, lane_width, level_for, module, tile_width
from .program import COLUMN, READ, LaneBlock, Output, Program, blocks

if TYPE_CHECKING:
    from .threaded import Threaded

# LLVM takes more than linear time for a long basic block, so blocks are ended after so many instructions.
MAX_BASIC_BLOCK = 300
ROWS_AT_ONCE = 65_536  # are copied for the machine code: as many as stay in the second cache


def writer_for(program: Program | Threaded, n_slots: int, fastmath: bool = False) -> AssemblyWriter | Threaded:
    """What writes the code of a program; threaded code writes its own."""
    return AssemblyWriter(program, n_slots, tile_width(program), fastmath) if isinstance(program, Program) else program


def source(writer: AssemblyWriter | Threaded) -> str:
    """The LLVM assembly of a program."""
    function = writer.function()  # first, as it tells what it uses
    return module(function, writer.used, writer.width)


class AssemblyWriter(Instructions):
    """Writes the module. A vector is `<8 x double>` (or as wide as the machine likes); a scalar is `double`."""

    tape: Sequence[int] = ()  # threaded code has one

    def __init__(self, program: Program, n_slots: int, width: int, fastmath: bool) -> None:
        flags = "fast " if fastmath else "contract " if len(program.lanes) > 1 else ""
        exact = len(program.lanes) == 1  # with lanes, sums are added up in another order anyway
        super().__init__(width, flags, exact)
        self.program = program
        self.n_slots = n_slots
        self.register = min(width, lane_width())
        self.globals: list[str] = []
        self.block = 0
        self.shared: dict[int, int] = {}  # scalars that loops use, by their place in memory
        self.accumulators = 0
        self.known_constants: dict[tuple[int, str], str] = {}

    @property
    def scratch(self) -> int:
        """How many numbers a call needs memory for."""
        return self.accumulators * self.width

    @property
    def n_results(self) -> int:
        """How many numbers a call computes, besides vectors and gradients."""
        return sum(output.kind == "result" for output in self.program.outputs)

    @property
    def lane_outputs(self) -> int:
        """How many vectors a call writes."""
        return sum(output.kind == "lanes" for output in self.program.outputs)

    @property
    def level(self) -> int:
        """The optimisation level that compiles the program in reasonable time."""
        return level_for(self.program)

    # --- the module ------------------------------------------------------------------------------------

    def function(self, name: str = "program") -> list[str]:
        """The lines of the function, without what it calls."""
        program = self.program
        parts = blocks(program)
        self.find_shared(parts)
        if any(output.kind == "column" for output in program.outputs):
            self.call_memset("%gradient", str(8 * self.n_slots))
        for self.block, block in enumerate(parts):
            if block.group == 0:
                self.scalars(block)
            else:
                self.loop(block)
        self.type = "double"
        for output in program.outputs:
            if output.kind == "result":
                self.line(f"store double {self.operand(output.operand)}, ptr {self.pointer('%out', output.place)}")
            elif output.kind == "gradient":
                self.add_gradient(output)
        head = (
            f"define void @{name}(ptr noalias %x, ptr noalias %gradient, ptr noalias %out, ptr noalias %scratch, "
            "ptr %arguments, ptr %lanes, i64 %rows, i64 %pitch) nounwind #0 {"
        )
        shared = [f"%shared = alloca [{max(1, len(self.shared))} x double]"]
        return [*self.globals, head, "entry:", *shared, *self.lines, "ret void", "never:", "ret void", "}"]

    def find_shared(self, parts: Sequence[LaneBlock]) -> None:
        """Scalars that loops use, other than plain inputs, are kept in memory: registers are few."""
        program = self.program
        for block in parts:
            if block.group == 0:
                continue
            used = [j for i in block.instructions if program.operations[i] is not COLUMN for j in program.inputs(i)]
            for j in [*used, *[output.operand for output in block.outputs]]:
                if j >= 0 and program.groups[j] == 0 and program.operations[j] is not READ:
                    self.shared.setdefault(j, len(self.shared))

    # --- blocks ----------------------------------------------------------------------------------------

    def scalars(self, block: LaneBlock) -> None:
        self.type = "double"
        for k, i in enumerate(block.instructions):
            if k % MAX_BASIC_BLOCK == MAX_BASIC_BLOCK - 1:
                self.split(k)
            self.instruction(i, f"%v{i}")
            self.keep(i)

    def keep(self, i: int) -> None:
        if i in self.shared:
            self.line(f"store double %v{i}, ptr {self.pointer('%shared', self.shared[i])}")

    def loop(self, block: LaneBlock) -> None:
        program, b, width = self.program, self.block, self.width
        vector = f"<{width} x double>"
        n_lanes = program.lanes[block.group]
        n = "%rows" if n_lanes is None else str(n_lanes)
        first = self.accumulators
        self.accumulators += len(block.reductions)
        if block.reductions:
            start = self.pointer("%scratch", first * self.register)
            self.call_memset(start, str(8 * self.register * len(block.reductions)))
        before = self.new()
        self.line(f"br label %before{b}")
        self.line(f"before{b}:")
        self.line(f"{before} = icmp eq i64 {n}, 0")
        self.line(f"br i1 {before}, label %after{b}, label %loop{b}")
        self.line(f"loop{b}:")
        self.line(f"%i{b} = phi i64 [ 0, %before{b} ], [ %next{b}, %last{b} ]")
        self.line(f"%lane{b} = add <{width} x i64> {self.splat('i64', f'%i{b}')}, {_steps(width)}")
        self.line(f"%mask{b} = icmp ult <{width} x i64> %lane{b}, {self.splat('i64', n)}")
        self.type = vector
        waiting: dict[int, list[int]] = {}
        for k, i in enumerate(block.reductions):
            waiting.setdefault(program.inputs(i)[0], []).append(first + k)
        for k, i in enumerate(block.instructions):
            if k % MAX_BASIC_BLOCK == MAX_BASIC_BLOCK - 1:
                self.split(k)
            self.instruction(i, self.name(i))
            for place in waiting.get(i, ()):  # at once: that frees the register
                self.accumulate(self.name(i), place)
        for output in block.outputs:
            self.vector_output(output)
        self.line(f"br label %last{b}")
        self.line(f"last{b}:")
        self.line(f"%next{b} = add i64 %i{b}, {width}")
        done = self.new()
        self.line(f"{done} = icmp uge i64 %next{b}, {n}")
        self.line(f"br i1 {done}, label %after{b}, label %loop{b}")
        self.line(f"after{b}:")
        self.type = "double"
        if block.reductions:
            self.add_lanes(first, len(block.reductions))
        for k, i in enumerate(block.reductions):
            self.line(f"%v{i} = load double, ptr {self.pointer('%scratch', (first + k) * self.register)}")
            self.keep(i)

    def add_lanes(self, first: int, n: int) -> None:
        """A loop over n accumulators, which puts the sum of the lanes of each in the place of its first lane."""
        b, width = self.block, self.register
        vector = f"<{width} x double>"
        self.line(f"br label %sum{b}")
        self.line(f"sum{b}:")
        self.line(f"%k{b} = phi i64 [ {first}, %after{b} ], [ %k.next{b}, %sum{b} ]")
        address = self.compute(f"getelementptr {vector}, ptr %scratch, i64 %k{b}")
        total = self.compute(
            f"call reassoc double @llvm.vector.reduce.fadd.v{width}f64(double {hexadecimal(-0.0)}, "
            f"{vector} {self.load(vector, address)})"
        )
        self.line(f"store double {total}, ptr {address}, align 8")
        self.line(f"%k.next{b} = add i64 %k{b}, 1")
        more = self.compute(f"icmp ult i64 %k.next{b}, {first + n}")
        self.line(f"br i1 {more}, label %sum{b}, label %summed{b}")
        self.line(f"summed{b}:")

    def split(self, k: int) -> None:
        """Begin a new basic block. The condition is never true, but LLVM does not know, or it would join the two."""
        never = self.compute("icmp eq i64 %pitch, -1")
        self.line(f"br i1 {never}, label %never, label %part{self.block}.{k}")
        self.line(f"part{self.block}.{k}:")

    def accumulate(self, x: str, place: int) -> None:
        """Add a vector to its sum over the tiles; the lanes of the last tile that are none are masked."""
        width, parts = self.register, self.width // self.register
        address = self.pointer("%scratch", place * width)
        kind, mask = f"<{width} x double>", f"%mask{self.block}"
        total = self.load(kind, address)
        for k in range(parts):
            chosen = f"<{width} x i32> <{', '.join(f'i32 {k * width + lane}' for lane in range(width))}>"
            part, test = x, mask
            if parts > 1:
                part = self.compute(f"shufflevector {self.type} {x}, {self.type} poison, {chosen}")
                bits = f"<{self.width} x i1>"
                test = self.compute(f"shufflevector {bits} {mask}, {bits} poison, {chosen}")
            new = self.compute(f"fadd {self.flags}{kind} {total}, {part}")
            total = self.compute(f"select <{width} x i1> {test}, {kind} {new}, {kind} {total}")
        self.line(f"store {kind} {total}, ptr {address}, align 8")

    def vector_output(self, output: Output) -> None:
        """Write a vector, or add it to a gradient; the numbers beyond the last lane stay as they are."""
        x = self.operand(output.operand)
        slots = None if output.kind == "lanes" else self.program.columns[output.place].slots
        if output.kind == "lanes" or isinstance(slots, range):
            if isinstance(slots, range):
                address = self.lane_address("%gradient", None, slots.start)
            else:
                address = self.lane_address("%lanes", output.place)
            old = self.load(self.type, address)
            new = x if output.kind == "lanes" else self.compute(f"fadd {self.type} {old}, {x}")
            mask = f"<{self.width} x i1> %mask{self.block}"
            chosen = self.compute(f"select {mask}, {self.type} {new}, {self.type} {old}")
            self.line(f"store {self.type} {chosen}, ptr {address}, align 8")
            return
        for lane, address in enumerate(self.scattered("%gradient", output.place)):
            part = self.compute(f"extractelement {self.type} {x}, i32 {lane}")
            old = self.load("double", address)
            self.line(f"store double {self.compute(f'fadd double {old}, {part}')}, ptr {address}")

    def add_gradient(self, output: Output) -> None:
        x, address = self.operand(output.operand), self.pointer("%gradient", output.place)
        if any(other.kind == "column" for other in self.program.outputs):
            x = self.compute(f"fadd double {self.load('double', address)}, {x}")
        self.line(f"store double {x}, ptr {address}")

    # --- instructions ----------------------------------------------------------------------------------

    def instruction(self, i: int, name: str) -> None:
        operation, inputs = self.program.operations[i], self.program.inputs(i)
        if operation is READ:
            self.line(f"{name} = load double, ptr {self.pointer('%x', inputs[0])}")
        elif operation is COLUMN:
            self.read_column(inputs[0], name)
        else:
            self.apply(operation, [self.operand(j) for j in inputs], name)

    # --- pieces ----------------------------------------------------------------------------------------

    def read_column(self, number: int, name: str) -> None:
        column = self.program.columns[number]
        if column.slots is None or isinstance(column.slots, range):
            if column.slots is None:
                address = self.lane_address("%arguments", column.argument)
            else:
                address = self.lane_address("%x", None, column.slots.start)
            self.line(f"{name} = load {self.type}, ptr {address}, align 8")
            return
        result = "poison"
        for lane, address in enumerate(self.scattered("%x", number)):
            last = name if lane == self.width - 1 else self.new()
            self.line(f"{last} = insertelement {self.type} {result}, double {self.load('double', address)}, i32 {lane}")
            result = last

    def lane_address(self, base: str, row: int | None, start: int = 0) -> str:
        """The address of the numbers of this tile: in a row of a table, or from slot `start` on."""
        offset = f"%i{self.block}"
        if row is not None:
            offset = self.compute(f"add i64 {offset}, {self.compute(f'mul i64 %pitch, {row}')}")
        elif start:
            offset = self.compute(f"add i64 {offset}, {start}")
        return self.compute(f"getelementptr double, ptr {base}, i64 {offset}")

    def scattered(self, base: str, column: int) -> list[str]:
        """The addresses of the slots of a column that does not lie in one piece; beyond its end a spare slot."""
        slots = self.program.columns[column].slots or ()
        name = f"@column{column}"
        if not any(line.startswith(f"{name} ") for line in self.globals):
            spare = -len(slots) % self.width
            table = [*slots, *[self.n_slots] * spare]
            listed = ", ".join(f"i64 {slot}" for slot in table)
            self.globals.append(f"{name} = private constant [{len(table)} x i64] [{listed}]")
        addresses = []
        for lane in range(self.width):
            position = self.compute(f"add i64 %i{self.block}, {lane}")
            entry = self.compute(f"getelementptr i64, ptr {name}, i64 {position}")
            addresses.append(self.compute(f"getelementptr double, ptr {base}, i64 {self.load('i64', entry)}"))
        return addresses

    def operand(self, operand: int) -> str:
        if operand < 0:
            key = (operand, self.type)
            if key not in self.known_constants:
                self.known_constants[key] = self.constant(self.program.constants[~operand])
            return self.known_constants[key]
        if self.type == "double":
            return f"%v{operand}"
        if self.program.groups[operand] != 0:
            return self.name(operand)
        if self.program.operations[operand] is READ:
            address = self.pointer("%x", self.program.inputs(operand)[0])
        else:
            address = self.pointer("%shared", self.shared[operand])
        return self.splat("double", self.load("double", address))

    def name(self, i: int) -> str:
        return f"%v{i}.{self.block}"  # a later loop may compute the same vector again

    def call_memset(self, address: str, n_bytes: str) -> None:
        self.line(f"call void @llvm.memset.p0.i64(ptr {address}, i8 0, i64 {n_bytes}, i1 false)")


def _steps(width: int) -> str:
    return f"<{', '.join(f'i64 {k}' for k in range(width))}>"


class StraightRunner:
    """Runs what a writer writes as machine code. Each call has its own memory, so threads do not disturb each other."""

    name = "llvm"

    def __init__(self, writer: AssemblyWriter | Threaded) -> None:
        from ctypes import CFUNCTYPE, c_int64, c_void_p

        self._machine = MachineCode(source(writer), writer.level)
        self._call = CFUNCTYPE(None, *[c_void_p] * 6, c_int64, c_int64)(self._machine.address("program"))
        self._tape = writer.tape  # which the machine code reads
        self.n_slots, self.width = writer.n_slots, writer.width
        self._n_lane_outputs, self._n_results = writer.lane_outputs, writer.n_results
        self._scratch = max(1, writer.scratch)
        # Memory of calls that have ended, for later ones: gradients and scratch, tables of arguments.
        self._spare: list[tuple[array[float], array[float]]] = []
        self._spare_tables: list[Any] = []

    def scalars(self, numbers: array[float]) -> tuple[Sequence[float], Sequence[float]]:
        found = self._run(numbers, None, None, 1, 0)
        return found[len(found) - self._n_results :], found

    def rows(self, numbers: array[float], arguments: Sequence[Any], n: int) -> tuple[list[Any], Sequence[float]]:
        """As `CodeRunner` in `backends.py` says. Arguments are copied in blocks: the copies stay in the cache."""
        import numpy

        pitch = n + self.width
        size = (sum(1 if x.ndim < 2 else x.shape[1] for x in arguments), pitch)
        table = _last(self._spare_tables)
        if table is None or table.shape != size:
            table = numpy.zeros(size)  # of each row only the beginning is ever touched
        lanes = numpy.zeros((max(1, self._n_lane_outputs), pitch))
        sums: Any = None
        for start in range(0, max(1, n), ROWS_AT_ONCE):
            rows, row = min(ROWS_AT_ONCE, n - start), 0
            for x in arguments:
                height = 1 if x.ndim < 2 else x.shape[1]
                table[row : row + height, :rows] = x[start : start + rows].T
                row += height
            numbers[0] = rows
            found = self._run(numbers, table.ctypes.data, lanes.ctypes.data + 8 * start, rows, pitch)
            sums = numpy.array(found) if sums is None else sums + found
        self._spare_tables.append(table)  # new memory would have to be mapped page by page
        return list(lanes[: self._n_lane_outputs, :n]), array("d", sums.tobytes())

    def _run(self, numbers: array[float], table: int | None, lanes: int | None, n: int, pitch: int) -> array[float]:
        """The gradients of the slots; the last numbers are the results."""
        numbers = numbers + array("d", [0.0] * self.width)  # a tile may reach beyond the last slot
        memory = _last(self._spare)
        if memory is None:
            gradients = array("d", bytes(8 * (self.n_slots + self.width + self._n_results)))
            memory = gradients, array("d", bytes(8 * self._scratch))
        gradients, scratch = memory
        found: array[float]
        address = gradients.buffer_info()[0]
        out = address + 8 * (self.n_slots + self.width)
        self._call(numbers.buffer_info()[0], address, out, scratch.buffer_info()[0], table, lanes, n, pitch)
        found = gradients[:]
        self._spare.append((gradients, scratch))
        return found


def _last(spare: list[Any]) -> Any:
    """What was kept last, taken from the list; None if there is nothing. Another thread may have been faster."""
    try:
        return spare.pop()
    except IndexError:
        return None
