"""The whole training loop as one program: forward, backward and update, without Python for each parameter.

An optimizer says how one parameter moves, `update(x, gradient, memory)`. That rule is applied to symbols, with
one lane for each parameter, and compiled beside the program of the loss.

Entry point: `train`.
"""

from __future__ import annotations

import copy
import time
from array import array
from typing import TYPE_CHECKING, Any

from ..value import Value
from .assemble import lowered
from .program import Builder, Column, Program, Symbol
from .trace import survey

if TYPE_CHECKING:
    from .compiled import CompiledGraph

LR, STEPS, FIRST_MEMORY = 0, 1, 2  # slots of the update program
LONGEST_PIECE = 0.1  # seconds of training between two looks at the keyboard


def train(step: CompiledGraph, optimizer: Any, steps: int) -> list[float]:
    """Train for `steps` steps as the eager loop would; returns the loss before each of them.

    Afterwards the parameters, their gradients, the loss and the optimizer are those after the last step.

    >>> from autograd import Value, compile
    >>> from nn import SGD
    >>> w = Value(0.0)
    >>> losses = compile((w - 3.0) ** 2).train(SGD([w], lr=0.1), steps=50)
    >>> round(w.data, 3), losses[0]
    (3.0, 9.0)
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
        raise ValueError(f"steps is a whole number of at least 0, as 1000; got {steps!r}")
    if isinstance(optimizer, type):
        name = optimizer.__name__
        raise TypeError(f"train takes an optimizer, got the class {name}: write {name}(model.parameters(), lr=0.1)")
    for name in ("update", "memory", "parameters", "lr", "steps"):
        if not hasattr(optimizer, name):
            raise TypeError(
                f"train takes an optimizer such as nn.SGD(model.parameters(), lr=0.1); {type(optimizer).__name__} "
                f"has no attribute {name!r}"
            )
    in_graph = set(step.leaves)
    moved = [i for i, p in enumerate(optimizer.parameters) if p in in_graph]
    if not moved:
        raise ValueError("none of the optimizer's parameters is a leaf of this loss, so nothing would move")
    if steps == 0:
        return []
    if step.stats["backend"] == "python":
        return _train_in_python(step, optimizer, moved, steps)
    return _native(step, optimizer, moved).run(optimizer, steps)


def _train_in_python(step: CompiledGraph, optimizer: Any, moved: list[int], steps: int) -> list[float]:
    losses = []
    for _ in range(steps):
        losses.append(step())
        optimizer.steps += 1
        for i in moved:
            p = optimizer.parameters[i]
            p.data, optimizer.memory[i] = optimizer.update(p.data, p.grad, optimizer.memory[i])
    return losses


def _native(step: CompiledGraph, optimizer: Any, moved: list[int]) -> _Trainer:
    """The trainer for this optimizer, from the last call where nothing but numbers has changed."""
    settings = {k: repr(v) for k, v in vars(optimizer).items() if k not in ("parameters", "memory", "lr", "steps")}
    uniform = _uniform(optimizer, moved)
    parameters = [optimizer.parameters[i] for i in moved]
    key = (type(optimizer), settings, uniform, parameters)
    if step._trainer is None or step._trainer[0] != key:
        step._trainer = (key, _Trainer(step, optimizer, moved, uniform))
    trainer: _Trainer = step._trainer[1]
    return trainer


def _uniform(optimizer: Any, moved: list[int]) -> frozenset[int]:
    """The places of the memory that hold one and the same number for all parameters, and will go on to do so."""
    memories = [optimizer.memory[i] for i in moved]
    uniform = frozenset(k for k in range(len(memories[0])) if len({memory[k] for memory in memories}) == 1)
    while True:
        _, _, memory = _update(optimizer, len(memories[0]), uniform)
        kept = frozenset(k for k in uniform if not (isinstance(memory[k], Symbol) and memory[k].group))
        if kept == uniform:
            return uniform
        uniform = kept


def _update(optimizer: Any, n_memory: int, uniform: frozenset[int]) -> tuple[Builder, Any, list[Any]]:
    """The optimizer's rule, applied to symbols: the new number and the new memory."""
    builder = Builder()
    builder.lanes.append(None)
    x, gradient = builder.column(Column(1, None, 0)), builder.column(Column(1, None, 1))
    memory = tuple(
        builder.read(FIRST_MEMORY + k) if k in uniform else builder.column(Column(1, None, 2 + k))
        for k in range(n_memory)
    )
    rule = copy.copy(optimizer)
    rule.lr, rule.steps = builder.read(LR), builder.read(STEPS)
    new, memory = rule.update(x, gradient, memory)
    return builder, new, list(memory)


def _update_program(optimizer: Any, n_memory: int, uniform: frozenset[int]) -> Program:
    builder, new, memory = _update(optimizer, n_memory, uniform)
    outputs: list[tuple[str, int, Any]] = [("lanes", 0, new)]
    for k, x in enumerate(memory):
        outputs.append(("gradient", FIRST_MEMORY + k, x) if k in uniform else ("lanes", 2 + k, x))
    return builder.finish(outputs)


class _Trainer:
    """The machine code of a training loop.

    Its numbers are a table: row 0 the slots of the loss's program, row 1 their gradients, then the memory.
    """

    def __init__(self, step: CompiledGraph, optimizer: Any, moved: list[int], uniform: frozenset[int]) -> None:
        from ctypes import CFUNCTYPE, c_int64, c_void_p

        from .llvm_backend import Writer, module, writer_for
        from .machine_code import MachineCode

        self.loss = step.loss
        self.moved, self.uniform = moved, uniform
        parameters = [optimizer.parameters[i] for i in moved]
        _, lanes, fastmath = step._options
        program, self.template, slots = lowered(
            survey([step.loss], lanes), parameters, parameters, machine_code=True, exact=not lanes, fastmath=fastmath
        )
        self.leaves = list(slots)
        self.slots = [slots[p] for p in parameters]
        self.n_memory = len(optimizer.memory[moved[0]])
        loss = writer_for(program, len(self.template), fastmath)
        width = loss.width
        update = Writer(
            _update_program(optimizer, self.n_memory, uniform), FIRST_MEMORY + self.n_memory, width, fastmath
        )
        functions = [*loss.function("program"), *update.function("update"), *self.driver()]
        assembly = module(functions, loss.used | update.used, width)
        self.machine = MachineCode(assembly, loss.level)
        self.call = CFUNCTYPE(None, *[c_void_p] * 6, *[c_int64] * 3)(self.machine.address("train"))
        self.loss_code = loss  # the machine code of a long graph reads its tape
        self.pitch = len(self.template) + 2 * width
        self.scratch = max(1, loss.scratch)

    def driver(self) -> list[str]:
        """The loop around the two programs."""
        copies = []
        for k in sorted(self.uniform):
            at = FIRST_MEMORY + k
            copies += [
                f"%from{k} = getelementptr double, ptr %new, i64 {at}",
                f"%number{k} = load double, ptr %from{k}",
                f"%to{k} = getelementptr double, ptr %settings, i64 {at}",
                f"store double %number{k}, ptr %to{k}",
            ]
        return [
            "define void @train(ptr %table, ptr %losses, ptr %scratch, ptr %settings, ptr %new, ptr %unused, "
            "i64 %parameters, i64 %pitch, i64 %steps) nounwind #0 {",
            "entry:",
            "%gradient = getelementptr double, ptr %table, i64 %pitch",
            f"%count = getelementptr double, ptr %settings, i64 {STEPS}",
            "br label %step",
            "step:",
            "%i = phi i64 [ 0, %entry ], [ %next, %step ]",
            "%loss = getelementptr double, ptr %losses, i64 %i",
            "call void @program(ptr %table, ptr %gradient, ptr %loss, ptr %scratch, ptr null, ptr null, i64 1, i64 0)",
            "%before = load double, ptr %count",
            "%now = fadd double %before, 1.0",
            "store double %now, ptr %count",
            "call void @update(ptr %settings, ptr %new, ptr %unused, ptr %scratch, ptr %table, ptr %table, "
            "i64 %parameters, i64 %pitch)",
            *copies,
            "%next = add i64 %i, 1",
            "%done = icmp eq i64 %next, %steps",
            "br i1 %done, label %end, label %step",
            "end:",
            "ret void",
            "}",
        ]

    def run(self, optimizer: Any, steps: int) -> list[float]:
        pitch, memory = self.pitch, [optimizer.memory[i] for i in self.moved]
        table = array("d", bytes(8 * pitch * (2 + self.n_memory)))
        table[: len(self.template)] = self.template
        for slot, leaf in enumerate(self.leaves):
            table[slot] = leaf._data
        for slot, numbers in zip(self.slots, memory, strict=True):
            for k, x in enumerate(numbers):
                table[(2 + k) * pitch + slot] = x
        settings = array("d", [optimizer.lr, optimizer.steps, *memory[0]])
        losses, scratch = array("d", bytes(8 * steps)), array("d", bytes(8 * self.scratch))
        new, unused = array("d", settings), array("d", [0.0])
        pointers = [buffer.buffer_info()[0] for buffer in (table, losses, scratch, settings, new, unused)]
        done, piece = 0, 1
        try:
            while done < steps:  # in pieces, between which Ctrl-C is heard
                start = time.perf_counter()
                piece = min(piece, steps - done)
                pointers[1] = losses.buffer_info()[0] + 8 * done
                self.call(*pointers, len(self.slots), pitch, piece)
                done += piece
                if time.perf_counter() - start < LONGEST_PIECE / 2:
                    piece *= 2
        finally:
            self._write_back(optimizer, table, settings, done)
            self.loss._data = losses[max(0, done - 1)]
        return losses.tolist()

    def _write_back(self, optimizer: Any, table: array[float], settings: array[float], steps: int) -> None:
        """What the machine code computed, to where Python keeps it."""
        pitch = self.pitch
        for slot, i in zip(self.slots, self.moved, strict=True):
            p: Value = optimizer.parameters[i]
            p._data, p.grad = table[slot], table[pitch + slot]
            optimizer.memory[i] = tuple(
                settings[FIRST_MEMORY + k] if k in self.uniform else table[(2 + k) * pitch + slot]
                for k in range(self.n_memory)
            )
        optimizer.steps += steps
