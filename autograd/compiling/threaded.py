"""Threaded code: a long graph without repetition as a tape of whole numbers, which one small function walks.

Machine code for each of a million nodes would take minutes to generate, and hundreds of bytes a node. So where a
graph is long and no lanes shorten it, each *operation* gets machine code once, and the tape says which of these
pieces comes next and on which numbers it works:

    forward:    piece, parents…            for each node
    backward:   piece, node, parents…      for each node that was computed from a wanted leaf

Each piece ends with a jump to the next one (J. R. Bell, "Threaded code", 1973). The processor foresees these jumps
when like pieces stand side by side, so of the nodes that are ready those with the most frequent operation come next.

Entry point: `Threaded`, which takes the place of `llvm_backend.Writer`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from .. import operations as ops
from ..operations import Operation
from ..value import Value
from .llvm_backend import Writer
from .machine_code import lane_width
from .program import KNOWN, READ, Builder, Program
from .trace import Survey

# A longer sum is added up in parts, from left to right as before, so that its piece of code stays short.
LONGEST_SUM = 64
COMMON_EXPONENTS = (1.0, 2.0, 3.0, 4.0, -1.0)


class Piece(NamedTuple):
    """What the machine code of a piece depends on, besides the numbers on the tape."""

    direction: str  # "forward", "backward"; "turn" and "end" stand once each
    operation: Operation = ops.identity
    n_parents: int = 0
    exponent: float | None = None  # of a power: a common one is part of the code
    wanted: tuple[bool, ...] = ()  # backward: the parents that a gradient flows to


TURN, END = Piece("turn"), Piece("end")


def can_thread(order: Sequence[Value]) -> bool:
    """Whether there is a piece for every operation of the graph: those of the user have none."""
    return {node.op for node in order if node.op is not None} <= KNOWN


def in_parts(terms: list[int]) -> Iterator[list[int]]:
    """The terms of a sum, cut so that each part but the first makes a sum with the one before."""
    yield terms[:LONGEST_SUM]
    for start in range(LONGEST_SUM, len(terms), LONGEST_SUM - 1):
        yield terms[start : start + LONGEST_SUM - 1]


class Threaded:
    """The tape of a graph, and the function that walks it.

    Args:
        survey: the graph, and its results.
        wanted: the leaves whose gradients are computed, those of the first result.
        first: leaves that get the first slots, in this order.
        exact: round as the eager engine does. Otherwise like operations stand side by side on the way back too.
        fastmath: allow LLVM what `compile(fastmath=True)` allows.

    Attributes: `slots` of the leaves; `numbers`, one for each slot, with those of the constants filled in; `tape`.
    """

    level = 2  # below it LLVM gives the pieces one common jump, which no processor foresees
    lane_outputs = 0

    def __init__(
        self,
        survey: Survey,
        wanted: Iterable[Value],
        first: Sequence[Value] = (),
        exact: bool = False,
        fastmath: bool = False,
    ) -> None:
        self.width = lane_width()
        self.used: set[str] = set()
        self._flags = "fast " if fastmath else "" if exact else "contract "
        self._exact = exact
        self._pieces: dict[Piece, int] = {TURN: 0, END: 1}
        self._n_backward = 0

        order = survey.order
        inside, early = set(order), set(first)
        leaves = [x for x in first if x in inside]
        leaves += [x for x in order if x.op is None and not x.is_constant and x not in early]
        constants = [x for x in order if x.is_constant]
        self.slots = {x: i for i, x in enumerate(leaves)}
        self.numbers = array("d", bytes(8 * len(leaves)))
        self.numbers.extend([x.data for x in constants])
        self.n_slots = len(self.numbers)

        graph = _Graph(survey, [*leaves, *constants], set(wanted))
        self.n_results = len(survey.roots)
        self._n = len(graph.parents)
        self.tape = self._written(graph)
        self.scratch = 2 * self._n  # the numbers of all nodes, then their gradients
        self.lanes: list[int | None] = [1]
        self._n_instructions = graph.n_forward + self._n_backward

    def __len__(self) -> int:
        return self._n_instructions

    def __str__(self) -> str:
        names = ", ".join(sorted({piece.operation.name for piece in self._pieces if piece not in (TURN, END)}))
        return f"threaded code: {len(self):,} instructions, {len(self._pieces)} pieces of machine code, for {names}"

    def _written(self, graph: _Graph) -> array[int]:
        numbers = self._pieces
        forward = graph.forward_order()
        place = list(range(self._n))
        for position, i in enumerate(forward, self.n_slots):
            place[i] = position
        self._roots = [place[i] for i in graph.roots]
        tape = array("i")
        for i in forward:
            piece = numbers.setdefault(graph.piece[i], len(numbers))
            tape.extend([piece, *[place[j] for j in graph.parents[i]]])
        tape.append(numbers[TURN])
        for i in graph.backward_order() if self._exact else reversed(forward):
            wanted = graph.wanted(i)
            if True in wanted:
                self._n_backward += 1
                piece = numbers.setdefault(graph.piece[i]._replace(direction="backward", wanted=wanted), len(numbers))
                tape.extend([piece, place[i], *[place[j] for j in graph.parents[i]]])
        tape.append(numbers[END])
        return tape

    def function(self, name: str = "program") -> list[str]:
        """The lines of the function, which takes what every program takes (`llvm_backend.py`)."""
        code = _PieceWriter(self.width, self._flags, self._exact)
        pieces = [(number, piece) for piece, number in self._pieces.items() if piece not in (TURN, END)]
        lines = [line for number, piece in pieces for line in code.lines_of(piece, number)]
        self.used = code.used
        turn, end, n = self._pieces[TURN], self._pieces[END], len(self._pieces)
        targets = ", ".join(f"ptr blockaddress(@{name}, %piece{k})" for k in range(n))
        jumps = "".join(f", [ %pc{k}, %piece{k} ]" for k in range(n) if k != end)
        places = "".join(
            f", [ {f'%to{k}' if piece.direction == 'forward' else '%to'}, %piece{k} ]"
            for piece, k in self._pieces.items()
            if k != end
        )
        return [
            f"@targets = private constant [{n} x ptr] [{targets}]",
            f"define void @{name}(ptr noalias %x, ptr noalias %gradient, ptr noalias %out, ptr noalias %scratch, "
            "ptr %arguments, ptr %lanes, i64 %rows, i64 %pitch) nounwind #0 {",
            "entry:",
            f"%gradients = getelementptr double, ptr %scratch, i64 {self._n}",
            f"call void @llvm.memcpy.p0.p0.i64(ptr %scratch, ptr %x, i64 {8 * self.n_slots}, i1 false)",
            f"call void @llvm.memset.p0.i64(ptr %gradients, i8 0, i64 {8 * self._n}, i1 false)",
            f"%first = getelementptr double, ptr %scratch, i64 {self.n_slots}",
            "br label %next",
            "next:",
            f"%pc = phi ptr [ inttoptr (i64 {self.tape.buffer_info()[0]} to ptr), %entry ]{jumps}",
            f"%to = phi ptr [ %first, %entry ]{places}",
            "%number = load i32, ptr %pc",
            f"%place = getelementptr [{n} x ptr], ptr @targets, i64 0, i32 %number",
            "%target = load ptr, ptr %place",
            f"indirectbr ptr %target, [{', '.join(f'label %piece{k}' for k in range(n))}]",
            *lines,
            f"piece{turn}:",
            *[line for k, root in enumerate(self._roots) for line in _result(k, root)],
            f"%seed = getelementptr double, ptr %gradients, i64 {self._roots[0]}",
            "store double 1.0, ptr %seed",
            f"%pc{turn} = getelementptr i32, ptr %pc, i64 1",
            "br label %next",
            f"piece{end}:",
            f"call void @llvm.memcpy.p0.p0.i64(ptr %gradient, ptr %gradients, i64 {8 * self.n_slots}, i1 false)",
            "ret void",
            "}",
        ]


class _Graph:
    """The nodes by number: leaves and constants, then the others, each after its parents."""

    def __init__(self, survey: Survey, sources: Sequence[Value], wanted: set[Value]) -> None:
        self.parents: list[Sequence[int]] = [()] * len(sources)
        self.piece: list[Any] = [None] * len(sources)
        self.depends = [x in wanted for x in sources]
        self._first = len(sources)
        number = {x: i for i, x in enumerate(sources)}
        for node in survey.order:
            operation = node.op
            if operation is None:
                continue
            parents = [number[x] for x in node.parents]
            exponent = None
            if operation is ops.power_of_constant and node.parents[1].data in COMMON_EXPONENTS:
                exponent = node.parents[1].data
                parents.pop()
            elif operation is ops.total:
                parents, *parts = in_parts(parents)
                for part in parts:
                    parents = [self._add(operation, parents, None), *part]
            number[node] = self._add(operation, parents, exponent)
        self.roots = [number[root] for root in survey.roots]
        self._receives = self._reached()
        self.n_forward = len(self.parents) - self._first

    def _add(self, operation: Operation, parents: Sequence[int], exponent: float | None) -> int:
        self.parents.append(parents)
        self.piece.append(Piece("forward", operation, len(parents), exponent))
        self.depends.append(any(self.depends[i] for i in parents))
        return len(self.parents) - 1

    def _reached(self) -> bytearray:
        """For each node whether a gradient comes to it: none goes through a parent that only decides."""
        receives = bytearray(len(self.parents))
        receives[self.roots[0]] = 1
        for i in range(self.roots[0], self._first - 1, -1):
            if receives[i]:
                flat = self.piece[i].operation.flat
                for k, j in enumerate(self.parents[i]):
                    if k not in flat:
                        receives[j] = 1
        return receives

    def wanted(self, i: int) -> tuple[bool, ...]:
        """For each parent, whether a gradient flows to it that somebody wants."""
        flat = self.piece[i].operation.flat
        receives = self._receives[i] == 1
        return tuple([receives and self.depends[j] and k not in flat for k, j in enumerate(self.parents[i])])

    def forward_order(self) -> list[int]:
        """The operations, each after its parents."""
        followers = self._nobody()
        for i in range(self._first, len(self.parents)):
            for j in set(self.parents[i]):
                followers[j].append(i)
        return self._side_by_side(followers)

    def backward_order(self) -> list[int]:
        """The operations, each after those that send to it, which send in the order of the eager engine."""
        followers = self._nobody()
        latest: list[int | None] = [None] * len(self.parents)  # who has sent to a node last
        for i in range(len(self.parents) - 1, self._first - 1, -1):
            for j in {i, *self.parents[i]}:
                sender = latest[j]
                if sender is not None:
                    followers[sender].append(i)
                if j != i:
                    latest[j] = i
        return self._side_by_side(followers)

    def _nobody(self) -> list[list[int]]:
        return [[] for _ in self.parents]

    def _side_by_side(self, followers: Sequence[Sequence[int]]) -> list[int]:
        """The operations, each before its followers, in long runs: next is always the kind of which most are ready."""
        waits_for = [0] * len(followers)
        for i in range(self._first, len(followers)):
            for j in followers[i]:
                waits_for[j] += 1
        ready: dict[Piece, list[int]] = {piece: [] for piece in self.piece[self._first :]}
        for i in range(self._first, len(followers)):
            if waits_for[i] == 0:
                ready[self.piece[i]].append(i)
        order: list[int] = []
        while True:
            piece, run = max(ready.items(), key=lambda item: len(item[1]))
            if not run:
                return order
            for i in run:  # which grows as it goes on
                for j in followers[i]:
                    waits_for[j] -= 1
                    if waits_for[j] == 0:
                        ready[self.piece[j]].append(j)
            order += run
            ready[piece] = []


class _PieceWriter(Writer):
    """Writes the pieces. Each is a tiny program, made by the rules of the table of operations."""

    Y, GRADIENT, PARENTS = 0, 1, 2  # what that program reads: the node, its gradient, its parents from slot 2 on

    def __init__(self, width: int, flags: str, exact: bool) -> None:
        super().__init__(Builder().finish([]), 0, width, False)
        self.flags, self.exact = flags, exact
        self.number = 0
        self.places: dict[int, str] = {}

    def lines_of(self, piece: Piece, number: int) -> list[str]:
        """The code of a piece, from its label to its jump."""
        backward = piece.direction == "backward"
        self.lines, self.number, self.known_constants = [f"piece{number}:"], number, {}
        self.program = _program_of(piece)
        # Where the tape says which nodes these are; a forward piece writes to the next free place.
        self.places = {self.Y: self.on_tape(1)} if backward else {}
        first = 2 if backward else 1
        self.places |= {self.PARENTS + k: self.on_tape(first + k) for k in range(piece.n_parents)}
        for i in range(len(self.program)):
            self.instruction(i, f"%v{number}.{i}")
        for output in self.program.outputs:
            x = self.operand(output.operand)
            if backward:
                address = self.address("%gradients", self.PARENTS + output.place)
                x = self.compute(f"fadd {self.flags}double {self.load('double', address)}, {x}")
                self.line(f"store double {x}, ptr {address}, align 8")
            else:
                self.line(f"store double {x}, ptr %to, align 8")
                self.line(f"%to{number} = getelementptr double, ptr %to, i64 1")
        self.line(f"%pc{number} = getelementptr i32, ptr %pc, i64 {first + piece.n_parents}")
        self.line("br label %next")
        return self.lines

    def instruction(self, i: int, name: str) -> None:
        if self.program.operations[i] is not READ:
            super().instruction(i, name)
            return
        slot = self.program.inputs(i)[0]
        address = self.address("%gradients", self.Y) if slot == self.GRADIENT else self.address("%scratch", slot)
        self.line(f"{name} = load double, ptr {address}, align 8")

    def operand(self, operand: int) -> str:
        return f"%v{self.number}.{operand}" if operand >= 0 else super().operand(operand)

    def on_tape(self, position: int) -> str:
        return self.load("i32", self.compute(f"getelementptr i32, ptr %pc, i64 {position}"), 4)

    def address(self, base: str, slot: int) -> str:
        return self.compute(f"getelementptr double, ptr {base}, i32 {self.places[slot]}")


def _result(k: int, root: int) -> list[str]:
    """The lines that hand out the k-th result."""
    return [
        f"%root{k} = getelementptr double, ptr %scratch, i64 {root}",
        f"%result{k} = load double, ptr %root{k}",
        f"%out{k} = getelementptr double, ptr %out, i64 {k}",
        f"store double %result{k}, ptr %out{k}",
    ]


def _program_of(piece: Piece) -> Program:
    """What a piece computes: its node, or what it sends to each of its parents."""
    builder, operation = Builder(), piece.operation
    parents: list[Any] = [builder.read(_PieceWriter.PARENTS + k) for k in range(piece.n_parents)]
    if piece.exponent is not None:
        parents.append(piece.exponent)
    if piece.direction == "forward":
        return builder.finish([("result", 0, builder.emit(operation, parents))])
    gradient = builder.read(_PieceWriter.GRADIENT)
    sent = operation.sends(gradient, builder.read(_PieceWriter.Y), *parents)
    return builder.finish([("gradient", k, share) for k, share in sent if k < len(piece.wanted) and piece.wanted[k]])
