"""The whole training loop as one program: forward, backward and update, without Python for each parameter.

The optimizer's rule, see `updates.py`, is compiled beside the program of the loss.

Entry point: `train`.
"""

from __future__ import annotations

import math
import time
from array import array
from typing import TYPE_CHECKING, Any

from .. import modes
from ..clipping import Clipping
from ..divergence import check_gradients, check_loss, check_parameters
from ..misuse import check_spelling
from .assemble import lowered
from .leaves import Leaves
from .runners import Loops
from .trace import survey
from .updates import FIRST_MEMORY, STEPS, CompiledRule, Movement, UpdateRule, columns_of

if TYPE_CHECKING:
    from .compiled import CompiledGraph

LONGEST_PIECE = 0.1  # seconds of training between two looks at the keyboard


def train(
    step: CompiledGraph,
    optimizer: Any,
    steps: int,
    threads: int = 1,
    clip_norm: float | None = None,
    clip_value: float | None = None,
) -> list[float]:
    """Train for `steps` steps as the eager loop would; returns the loss before each of them.

    `clip_norm` and `clip_value` shrink a gradient before its update, see `nn.clip_grad_norm` and `nn.clip_grad_value`.

    Afterwards the parameters, their gradients, the loss and the optimizer are those after the last step, also if
    Ctrl-C ends it earlier. Frozen parameters stay. Raises FloatingPointError when the loss, a gradient or a parameter
    becomes inf or nan; then the parameters and the optimizer are those before that step.

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
    if isinstance(optimizer, str):
        raise TypeError(
            f"train takes an optimizer with the parameters to move, got the name {optimizer!r}: write "
            "nn.SGD(model.parameters(), lr=0.1)"
        )
    for name in ("update", "move", "all_or_nothing", "memory", "parameters", "lr", "steps", "settings", "varying"):
        if not hasattr(optimizer, name):
            raise TypeError(
                f"train takes an optimizer such as nn.SGD(model.parameters(), lr=0.1); {type(optimizer).__name__} "
                f"has no attribute {name!r}"
            )
    check_spelling(step.leaves)
    moved, clipping = _moved(step, optimizer), Clipping(clip_norm, clip_value)
    losses: list[float] = []
    native = step.run.name != "python"
    while len(losses) < steps:
        if isinstance(step.run, Loops):
            losses += _over_arrays(step, step.run.shared_by(threads), optimizer, moved, clipping, steps - len(losses))
        elif native:
            try:
                trainer = _native(step, optimizer, moved, clipping)
            except (TypeError, ValueError, AttributeError):  # a rule of the user's that looks at the numbers
                native = False
                continue
            losses += trainer.run(optimizer, steps - len(losses))
        if len(losses) < steps:  # in Python, or training has stopped before a step that ruins the parameters
            losses.append(_step_in_python(step, optimizer, moved, clipping))
    return losses


def _moved(step: CompiledGraph, optimizer: UpdateRule) -> list[int]:
    """The places of the optimizer's parameters that move: those in the graph that are not frozen."""
    parameters = optimizer.parameters
    asked = modes.frozen_since, parameters
    if step._moved is not None and asked == step._moved[0]:
        moved: list[int] = step._moved[1]
        return moved
    in_graph = set(step.leaves)
    moved = [i for i, p in enumerate(parameters) if p in in_graph]
    if not moved:
        raise ValueError("none of the optimizer's parameters is a leaf of this loss, so nothing would move")
    moved = [i for i in moved if parameters[i].requires_grad]
    if not moved:
        raise ValueError(
            "all of the optimizer's parameters in this loss are frozen, so nothing would move: free some with "
            "model.unfreeze(), or p.requires_grad = True"
        )
    step._moved = (asked[0], list(parameters)), moved
    return moved


def _step_in_python(step: CompiledGraph, optimizer: UpdateRule, moved: list[int], clipping: Clipping) -> float:
    parameters, when = [optimizer.parameters[i] for i in moved], f"step {optimizer.steps + 1}"
    loss = step()
    check_loss(loss, when)
    check_gradients(parameters, when)
    clipping.apply(parameters)
    with optimizer.all_or_nothing():
        optimizer.move(moved)
        check_parameters(parameters, when)
    return loss


def _over_arrays(
    step: CompiledGraph, run: Loops, optimizer: UpdateRule, moved: list[int], clipping: Clipping, steps: int
) -> list[float]:
    """Train a loss that runs as loops; returns as `_Trainer.run` does.

    All numbers stay in arrays meanwhile. A step is taken by one assignment, so Ctrl-C comes before it or after it.
    """
    key = (optimizer, moved, clipping.norm, clipping.value)
    if step._trainer is None or step._trainer[0] != key:
        step._trainer = (key, Movement(optimizer, moved, step.leaves, step.run.name, clipping))
    movement: Movement = step._trainer[1]
    movement.read()
    losses: list[float] = []
    try:
        while len(losses) < steps:
            (loss,), gradient, _ = run(movement.numbers)
            if not math.isfinite(loss) or not movement.step(gradient, loss):
                break
            losses.append(loss)
        movement.write()
    except BaseException:
        movement.write()
        raise
    finally:
        if not math.isnan(movement.loss):  # there was a step
            step.loss._data = movement.loss
    return losses


def _native(step: CompiledGraph, optimizer: UpdateRule, moved: list[int], clipping: Clipping) -> _Trainer:
    """The trainer for this optimizer, from the last call where nothing but numbers has changed."""
    rule = CompiledRule(optimizer, moved, clipping)
    key = (rule.key, [optimizer.parameters[i] for i in moved])
    if step._trainer is None or step._trainer[0] != key:
        step._trainer = (key, _Trainer(step, optimizer, moved, rule))
    trainer: _Trainer = step._trainer[1]
    return trainer


class _Trainer:
    """The machine code of a training loop.

    Its numbers are a table: row 0 the slots of the loss's program, row 1 their gradients, then those of the rule.
    """

    def __init__(self, step: CompiledGraph, optimizer: UpdateRule, moved: list[int], rule: CompiledRule) -> None:
        from ctypes import CFUNCTYPE, c_int64, c_void_p

        from .llvm_backend import AssemblyWriter, writer_for
        from .machine_code import MachineCode, module

        self.loss = step.loss
        self.moved, self.uniform, self.n_memory, self.n_rows = moved, rule.uniform, rule.n_memory, rule.n_rows
        parameters = [optimizer.parameters[i] for i in moved]
        lanes, fastmath = step.options.lanes, step.options.fastmath
        program, self.template, slots = lowered(
            survey([step.loss], lanes), parameters, parameters, machine_code=True, exact=not lanes, fastmath=fastmath
        )
        self.leaves, self.parameters = Leaves(list(slots)), Leaves(parameters)  # these have the first slots, in order
        loss = writer_for(program, len(self.template), fastmath)
        width = loss.width
        # Without fastmath, which would take the check for inf and nan as passed.
        update = AssemblyWriter(rule.program(), FIRST_MEMORY + self.n_memory + 1, width, fastmath=False)
        functions = [*loss.function("program"), *update.function("update"), *self.driver()]
        assembly = module(functions, loss.used | update.used, width)
        self.machine = MachineCode(assembly, loss.level)
        self.call = CFUNCTYPE(None, *[c_void_p] * 6, *[c_int64] * 3)(self.machine.address("train"))
        self.loss_code = loss  # the machine code of a long graph reads its tape
        self.pitch = len(self.template) + 2 * width
        self.scratch = max(1, loss.scratch, update.scratch)

    def driver(self) -> list[str]:
        """The loop around the two programs.

        It stops before a step whose loss is not finite. It also stops after a step that made a parameter infinite or
        nan, and does not count that one: `run` then goes back and does the steps before it once more.
        """
        from .instructions import hexadecimal

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
            "%i = phi i64 [ 0, %entry ], [ %next, %moved ]",
            "%loss = getelementptr double, ptr %losses, i64 %i",
            "call void @program(ptr %table, ptr %gradient, ptr %loss, ptr %scratch, ptr null, ptr null, i64 1, i64 0)",
            "%number = load double, ptr %loss",
            "%size = call double @llvm.fabs.f64(double %number)",
            f"%fine = fcmp olt double %size, {hexadecimal(math.inf)}",
            "br i1 %fine, label %move, label %end",
            "move:",
            "%before = load double, ptr %count",
            "%now = fadd double %before, 1.0",
            "store double %now, ptr %count",
            "call void @update(ptr %settings, ptr %new, ptr %unused, ptr %scratch, ptr %table, ptr %table, "
            "i64 %parameters, i64 %pitch)",
            f"%check = getelementptr double, ptr %new, i64 {FIRST_MEMORY + self.n_memory}",
            "%sum = load double, ptr %check",
            "%good = fcmp oeq double %sum, 0.0",
            "br i1 %good, label %moved, label %ruined",
            "ruined:",
            "store double %before, ptr %count",
            "ret void",
            "moved:",
            *copies,
            "%next = add i64 %i, 1",
            "%done = icmp eq i64 %next, %steps",
            "br i1 %done, label %end, label %step",
            "end:",
            "ret void",
            "}",
        ]

    def run(self, optimizer: UpdateRule, steps: int) -> list[float]:
        """Train; returns the loss before each step: fewer of them, where the next step would ruin the parameters."""
        pitch, memory, start = self.pitch, [optimizer.memory[i] for i in self.moved], optimizer.steps
        table = array("d", bytes(8 * pitch * self.n_rows))
        table[: len(self.template)] = self.template
        table[: len(self.leaves.values)] = self.leaves.numbers()
        for k, numbers in enumerate([*zip(*memory, strict=True), *columns_of(optimizer.varying(self.moved))]):
            row = (2 + k) * pitch
            table[row : row + len(numbers)] = array("d", numbers)
        settings = array("d", [optimizer.lr, start, *memory[0]])
        losses, scratch = array("d", bytes(8 * steps)), array("d", bytes(8 * self.scratch))
        new, unused = array("d", [*settings, 0.0]), array("d", [0.0])
        pointers = [buffer.buffer_info()[0] for buffer in (table, losses, scratch, settings, new, unused)]
        done, piece, size, before = 0, 0, 1, (table[:], settings[:])

        def advance(first: int, n: int) -> None:
            pointers[1] = losses.buffer_info()[0] + 8 * first
            self.call(*pointers, len(self.moved), pitch, n)

        def settle() -> None:
            """Write back as many steps as the machine code has counted."""
            first, n = int(before[1][STEPS]) - start, int(settings[STEPS]) - start
            if n < first + piece:  # it stopped in a step that ruined the parameters: do those before it once more
                table[:], settings[:] = before
                if n > first:
                    advance(first, n - first)
            if n:
                self.loss._data, self.loss._backward_at = losses[n - 1], ()
                self._write_back(optimizer, table, settings)

        try:
            while done < steps:  # in pieces, between which Ctrl-C is heard
                began = time.perf_counter()
                piece, before = min(size, steps - done), (table[:], settings[:])
                advance(done, piece)
                if int(settings[STEPS]) - start < done + piece:
                    break
                done += piece
                if time.perf_counter() - began < LONGEST_PIECE / 2:
                    size *= 2
            settle()
        except BaseException:  # wherever it came: what is written back, is written back as a whole
            settle()
            raise
        return losses[: optimizer.steps - start].tolist()

    def _write_back(self, optimizer: UpdateRule, table: array[float], settings: array[float]) -> None:
        """What the machine code computed, to where Python keeps it."""
        n = len(self.moved)
        rows = [table[start : start + n].tolist() for start in range(0, len(table), self.pitch)]
        for k in self.uniform:
            rows[2 + k] = [settings[FIRST_MEMORY + k]] * n
        numbers, gradient, *memory = rows[: 2 + self.n_memory]
        for p, x in zip(self.parameters.values, numbers, strict=True):
            p._data = x
        self.parameters.write_gradient(gradient)
        if memory:
            for i, remembered in zip(self.moved, zip(*memory, strict=True), strict=True):
                optimizer.memory[i] = remembered
        optimizer.steps = int(settings[STEPS])
