"""The machine code of pieces, see `pieces.py`.

Entry point: `PieceWriter`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .. import operations as ops
from ..operations import Operation
from .instructions import Instructions
from .pieces import BLOCK, CALLS, GRADIENT, Piece
from .program import READ


class PieceWriter(Instructions):
    """Writes the code of pieces.

    Args:
        width: of the vectors.
        gradients: how far behind a number its gradient stands.
    """

    def __init__(self, width: int, flags: str, exact: bool, gradients: int) -> None:
        super().__init__(width, flags, exact)
        self.gradients = gradients
        self.ends: list[str] = []  # the labels of the blocks that jump to the next piece
        self.number = self.row = 0
        self.piece: Any = None
        self.block = ""  # where the terms of a long sum stand, after the first number
        self.values: dict[int, str] = {}  # of the instructions that were written

    def lines_of(self, number: int, piece: Piece, backward: bool, lanes: int) -> list[str]:
        """The code of a piece that takes so many rows at a time, from its label to its jump."""
        self.lines, self.number, self.piece = [], number, piece
        self.type = self.vector if lanes > 1 else "double"
        self.row = 1 + piece.n_inputs
        self.begin()
        self.values = {}
        own = self.compute(f"getelementptr double, ptr %memory, i32 {self.place(0, 0)}")
        if backward:
            for k, i in enumerate(piece.numbers):
                if i in piece.backward and piece.builder.operations[i] is not READ:
                    self.values[i] = self.load(self.type, self.pointer(own, k * lanes))
        self.calculate(piece.backward if backward else piece.forward, own, lanes)
        if backward:
            for k, is_live in enumerate(piece.receives):
                if is_live:
                    address = self.pointer(own, self.gradients + k * lanes)
                    self.line(f"store {self.type} {self.constant(0.0)}, ptr {address}, align 8")
            for k, operand in piece.sends:
                self.send(k, self.value(operand), lanes)
        else:
            for k, operand in enumerate(piece.numbers):
                self.line(f"store {self.type} {self.value(operand)}, ptr {self.pointer(own, k * lanes)}, align 8")
        self.again(lanes * self.row * (-1 if backward and not self.exact else 1))
        return self.lines

    def begin(self) -> None:
        n = self.number
        self.line(f"piece{n}:")
        self.line(f"br label %loop{n}")
        self.line(f"loop{n}:")
        self.line(f"%left{n} = phi i32 [ %count, %piece{n} ], [ %left{n}.next, %loop{n} ]")
        self.line(f"%row{n} = phi ptr [ %row, %piece{n} ], [ %row{n}.next, %loop{n} ]")

    def again(self, step: int) -> None:
        n = self.number
        self.line(f"%row{n}.next = getelementptr i32, ptr %row{n}, i64 {step}")
        self.line(f"%left{n}.next = sub i32 %left{n}, 1")
        self.line(f"br i1 {self.compute(f'icmp eq i32 %left{n}.next, 0')}, label %next, label %loop{n}")
        self.ends.append(f"loop{n}")

    def place(self, k: int, lane: int) -> str:
        """What the tape says at position k of a row."""
        return self.load("i32", self.pointer_to("i32", f"%row{self.number}", lane * self.row + k), 4)

    def pointer_to(self, kind: str, base: str, index: int) -> str:
        return self.compute(f"getelementptr {kind}, ptr {base}, i64 {index}") if index else base

    def input(self, k: int, lane: int, offset: int = 0) -> str:
        """The address of the k-th input, or of its gradient."""
        address = self.compute(f"getelementptr double, ptr %memory, i32 {self.place(1 + k, lane)}")
        return self.pointer(address, offset)

    def send(self, k: int, x: str, lanes: int) -> None:
        """Add to the gradient of an input, lane by lane: several lanes may have the same one."""
        for lane in range(lanes):
            part = x if lanes == 1 else self.compute(f"extractelement {self.type} {x}, i32 {lane}")
            address = self.input(k, lane, self.gradients)
            total = self.compute(f"fadd {self.flags}double {self.load('double', address)}, {part}")
            self.line(f"store double {total}, ptr {address}, align 8")

    def calculate(self, instructions: Sequence[int], own: str, lanes: int) -> None:
        """Write the instructions that are not known yet, so that equal calls come side by side."""
        builder, values = self.piece.builder, self.values
        depth: dict[int, int] = {}  # how many calls come before
        for i in instructions:
            if i not in values and builder.operations[i] is not READ:
                before = [depth.get(j, 0) + (j in depth and self.is_call(j)) for j in builder.inputs[i]]
                depth[i] = max([0, *before])
        names = {i: builder.operations[i].name if self.is_call(i) else "" for i in depth}
        ordered = sorted(depth, key=lambda i: (depth[i], names[i], i))
        for i in instructions:
            if builder.operations[i] is READ and i not in values:
                values[i] = self.read(builder.inputs[i][0], own, lanes)
        while ordered:
            i = ordered.pop(0)
            operation = builder.operations[i]
            alike = [i]
            while lanes == 1 and self.is_call(i) and ordered and len(alike) < self.width:
                j = ordered[0]
                if builder.operations[j] is not operation or depth[j] != depth[i]:
                    break
                alike.append(ordered.pop(0))
            arguments = [[self.value(x) for x in builder.inputs[j]] for j in alike]
            if len(alike) > 1:
                values.update(zip(alike, self.shared_call(operation, [x for (x,) in arguments]), strict=True))
            else:
                values[i] = self.compute(self.expression(operation, arguments[0]))

    def is_call(self, i: int) -> bool:
        return not self.exact and self.piece.builder.operations[i] in CALLS

    def shared_call(self, operation: Operation, xs: Sequence[str]) -> list[str]:
        """The function of several numbers, in one vector."""
        packed = "zeroinitializer"
        for lane, x in enumerate(xs):
            packed = self.compute(f"insertelement {self.vector} {packed}, double {x}, i32 {lane}")
        self.type = self.vector
        results = self.compute(self.expression(operation, [packed]))
        self.type = "double"
        return [self.compute(f"extractelement {self.vector} {results}, i32 {lane}") for lane in range(len(xs))]

    def value(self, operand: int) -> str:
        return self.values[operand] if operand >= 0 else self.constant(self.piece.builder.constants[~operand])

    def read(self, what: int, own: str, lanes: int) -> str:
        if what >= GRADIENT:
            return self.load(self.type, self.pointer(own, self.gradients + (what - GRADIENT) * lanes))
        if lanes == 1:
            return self.load("double", self.input(what, 0))
        packed = "poison"
        for lane in range(lanes):
            x = self.load("double", self.input(what, lane))
            packed = self.compute(f"insertelement {self.type} {packed}, double {x}, i32 {lane}")
        return packed

    # --- long sums -------------------------------------------------------------------------------------

    def loop(self, number: int, operation: Operation, backward: bool) -> list[str]:
        """The code of a long sum."""
        self.lines, self.number, self.type = [f"piece{number}:"], number, "double"
        own = self.compute(f"getelementptr double, ptr %memory, i32 {self.load('i32', '%row', 4)}")
        if backward:
            self.send_to_terms(own, operation is ops.logsumexp)
        elif operation is ops.total:
            self.store(self.reduced("sum", 0.0, lambda xs, total: self.added(xs, total)), own)
        else:
            self.log_of_sum(own)
        self.line("br label %next")
        self.ends.append(f"last{number}")
        return self.lines

    def log_of_sum(self, own: str) -> None:
        def larger(xs: Sequence[str], largest: str) -> str:
            for x in xs:
                largest = self.compute(self.expression(ops.maximum, [x, largest]))
            return largest

        largest = self.reduced("max", float("-inf"), larger, last=False)
        total = self.reduced("sum", 0.0, lambda xs, total: self.added(self.exponentials(xs, largest), total))
        y = self.compute(f"fadd double {largest}, {self.compute(self.called('log', total))}")
        magnitude = self.compute(self.intrinsic("fabs", largest))
        is_infinite = self.compare("oeq", magnitude, self.constant(float("inf")))
        self.store(self.compute(self.choice(is_infinite, largest, y)), own)

    def send_to_terms(self, own: str, is_logsumexp: bool) -> None:
        address = self.pointer(own, self.gradients)
        gradient = self.load("double", address)
        self.store(self.constant(0.0), address)
        y = self.load("double", own)

        def send(xs: Sequence[str], nothing: str) -> str:
            shares = self.exponentials(xs, y) if is_logsumexp else ()
            for k in range(BLOCK):
                share = self.compute(f"fmul double {shares[k]}, {gradient}") if is_logsumexp else gradient
                target = self.pointer(self.term(k), self.gradients)
                self.store(self.compute(f"fadd double {self.load('double', target)}, {share}"), target)
            return nothing

        self.reduced("send", 0.0, send, reads=is_logsumexp)

    def reduced(
        self, name: str, start: float, step: Callable[[Sequence[str], str], str], last: bool = True, reads: bool = True
    ) -> str:
        """A loop over the blocks of a row: from `start`, and again from what `step` makes of a block and what was."""
        n = self.number
        label, after = f"{name}{n}", f"last{n}" if last else f"after.{name}{n}"
        before = next(line[:-1] for line in reversed(self.lines) if line.endswith(":"))
        self.block = f"%{label}.row"
        self.line(f"br label %{label}")
        self.line(f"{label}:")
        self.line(f"%{label}.left = phi i32 [ %count, %{before} ], [ %{label}.left.next, %{label} ]")
        self.line(f"{self.block} = phi ptr [ %row, %{before} ], [ {self.block}.next, %{label} ]")
        carried = len(self.lines)
        self.line("")
        xs = [self.load("double", self.term(k)) for k in range(BLOCK)] if reads else []
        result = step(xs, f"%{label}.so.far")
        phi = f"phi double [ {self.constant(start)}, %{before} ], [ {result}, %{label} ]"
        self.lines[carried] = f"%{label}.so.far = {phi}"
        self.line(f"{self.block}.next = getelementptr i32, ptr {self.block}, i64 {BLOCK}")
        self.line(f"%{label}.left.next = sub i32 %{label}.left, 1")
        done = self.compute(f"icmp eq i32 %{label}.left.next, 0")
        self.line(f"br i1 {done}, label %{after}, label %{label}")
        self.line(f"{after}:")
        return result

    def term(self, k: int) -> str:
        """The address of a term of this block."""
        place = self.load("i32", self.pointer_to("i32", self.block, 1 + k), 4)
        return self.compute(f"getelementptr double, ptr %memory, i32 {place}")

    def added(self, xs: Sequence[str], total: str) -> str:
        """The sum of a block and of what came before, from left to right or, sooner, pair by pair."""
        if self.exact:
            for x in xs:
                total = self.compute(f"fadd double {total}, {x}")
            return total
        while len(xs) > 1:
            xs = [self.compute(f"fadd double {a}, {b}") for a, b in zip(xs[::2], xs[1::2], strict=True)]
        return self.compute(f"fadd double {total}, {xs[0]}")

    def exponentials(self, xs: Sequence[str], y: str) -> list[str]:
        """exp(x - y) for each x."""
        differences = [self.compute(f"fsub double {x}, {y}") for x in xs]
        if self.exact:
            return [self.compute(self.called("exp", x)) for x in differences]
        parts = [differences[k : k + self.width] for k in range(0, BLOCK, self.width)]
        return [e for part in parts for e in self.shared_call(ops.exp, part)]

    def store(self, x: str, address: str) -> None:
        self.line(f"store double {x}, ptr {address}, align 8")
