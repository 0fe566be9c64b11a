"""All parameters of an optimizer, moved at once.

An optimizer says how *one* parameter moves, `update(x, gradient, memory)`. That rule is applied to symbols, with one
lane for each parameter, and becomes a program over a table:

    row 0       the numbers of the parameters
    row 1       their gradients
    row 2 + k   the k-th number that the optimizer remembers of each
    the last    the settings that are not the same for all, as the learning rates of groups

What is the same for all parameters, as the number of steps, is a scalar instead.

Entry points: `Movement`, which keeps a training in arrays; `CompiledRule`, what of an optimizer is compiled.
"""

from __future__ import annotations

import copy
import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from .. import operations as ops
from ..clipping import MARGIN, Clipping
from ..value import Value
from . import backends
from .program import Builder, Column, Program, Variable


class UpdateRule(Protocol):
    """What training needs of an optimizer; an `nn.Optimizer` has it.

    Attributes: `parameters`; `lr`, which may be changed at any time; `steps`, the number taken so far; `memory`, the
    numbers kept for each parameter. What `settings()` has but for `lr`, the code of the rule depends on.
    """

    parameters: list[Value]
    lr: Any  # a float; a variable while the rule is compiled, as is `steps`
    steps: Any
    memory: list[tuple[float, ...]]

    def update(self, x: Any, gradient: Any, memory: Any) -> tuple[Any, tuple[Any, ...]]:
        """The new number and the new memory of a parameter; `steps` counts this step already."""

    def settings(self) -> Mapping[str, Any]:
        """The settings by name."""

    def varying(self, places: Sequence[int]) -> Mapping[str, list[Any]]:
        """Settings that are not the same for all: their numbers, or tuples, for the parameters at these places."""

    def move(self, places: Sequence[int]) -> None:
        """One step of the parameters at these places, all or none."""

    def all_or_nothing(self) -> AbstractContextManager[None]:
        """What is raised inside takes back what was done to the parameters, `memory` and `steps`."""


LR, STEPS, FIRST_MEMORY = 0, 1, 2  # slots of the update program
X, GRADIENT = 0, 1  # rows of its table


def columns_of(varying: Mapping[str, list[Any]]) -> list[list[float]]:
    """The settings that are not the same for all, as rows of the table; one that is a tuple has several."""
    rows = [
        list(zip(*column, strict=True)) if isinstance(column[0], tuple) else [column] for column in varying.values()
    ]
    return [list(map(float, row)) for several in rows for row in several]


class CompiledRule:
    """How the parameters at some places of an optimizer move, with everything that its code depends on.

    Attributes: `key`, which is equal for rules with the same code; `uniform`, the places of the memory that hold one
    and the same number for all these parameters, and will go on to do so; `n_memory`; `n_rows`, of the table.
    """

    def __init__(self, optimizer: UpdateRule, places: Sequence[int], clipping: Clipping) -> None:
        self._optimizer, self._clipping = optimizer, clipping
        varying = optimizer.varying(places)
        self._shape = {name: len(x[0]) if isinstance(x[0], tuple) else None for name, x in varying.items()}
        memories = [optimizer.memory[i] for i in places]
        self.n_memory = len(memories[0])
        self.n_rows = 2 + self.n_memory + len(columns_of(varying))
        self.uniform = self._uniform(memories)
        settings = {k: repr(x) for k, x in optimizer.settings().items() if k != "lr"}
        self.key = type(optimizer), settings, self._shape, self.uniform, clipping.norm, clipping.value

    def _uniform(self, memories: Sequence[tuple[float, ...]]) -> frozenset[int]:
        uniform = frozenset(k for k in range(self.n_memory) if len({memory[k] for memory in memories}) == 1)
        while uniform:
            memory = self._applied(uniform)[-1]
            kept = frozenset(k for k in uniform if not (isinstance(memory[k], Variable) and memory[k].group))
            if kept == uniform:
                break
            uniform = kept
        return uniform

    def program(self) -> Program:
        """The rule as a program.

        It writes the new rows, clipped gradients among them, to the lane outputs of their numbers, the uniform memory
        to its slots, and to the slot after that 0.0 if all gradients and new numbers are finite, else nan.
        """
        builder, gradient, new, memory = self._applied(self.uniform)
        outputs: list[tuple[str, int, Any]] = [("lanes", X, new)]
        if self._clipping:
            outputs.append(("lanes", GRADIENT, gradient))
        for k, x in enumerate(memory):
            outputs.append(("gradient", FIRST_MEMORY + k, x) if k in self.uniform else ("lanes", 2 + k, x))
        # 0 times a number is 0 if it is finite, else nan: the sum tells whether all of them are.
        finite = 0.0 * Variable(builder, GRADIENT) + 0.0 * gradient + 0.0 * new
        outputs.append(("gradient", FIRST_MEMORY + self.n_memory, builder.reduce(finite, 1)))
        return builder.finish(outputs)

    def _applied(self, uniform: frozenset[int]) -> tuple[Builder, Any, Any, list[Any]]:
        """The rule, applied to symbols: the gradient as it is used, the new number and the new memory."""
        builder = Builder()
        builder.lanes.append(None)
        x, gradient = builder.column(Column(1, None, X)), builder.column(Column(1, None, GRADIENT))
        gradient = _clipped(builder, gradient, self._clipping)
        memory = tuple(
            builder.read(FIRST_MEMORY + k) if k in uniform else builder.column(Column(1, None, 2 + k))
            for k in range(self.n_memory)
        )
        rule = copy.copy(self._optimizer)
        rule.lr, rule.steps = builder.read(LR), builder.read(STEPS)
        rows = iter(range(2 + self.n_memory, self.n_rows))
        for name, n in self._shape.items():
            setting = [builder.column(Column(1, None, next(rows))) for _ in range(n or 1)]
            setattr(rule, name, setting[0] if n is None else tuple(setting))
        new, memory = rule.update(x, gradient, memory)
        return builder, gradient, new, list(memory)


def _clipped(builder: Builder, gradient: Any, clipping: Clipping) -> Any:
    """The same as `Clipping.clipped`, of symbols; nan where the square of the norm is not finite."""
    if clipping.value is not None:
        return ops.minimum(ops.maximum(gradient, -clipping.value), clipping.value)
    if clipping.norm is not None:
        square: Any = builder.reduce(gradient * gradient, 1)
        return gradient * (ops.minimum(1.0, clipping.norm / (square**0.5 + MARGIN)) + 0.0 * square)
    return gradient


class _State:
    """Where a training stands: everything that changes with a step, so that one assignment takes the step."""

    def __init__(self, n_leaves: int, n_rows: int, n_moved: int, pitch: int) -> None:
        import numpy

        self.numbers = numpy.zeros(n_leaves)
        self.table = numpy.zeros((n_rows, pitch))
        self.settings = numpy.zeros(FIRST_MEMORY + n_rows + pitch)  # a tile may reach beyond the last slot
        self.gradient = numpy.zeros(n_moved)
        self.steps = 0
        self.loss = math.nan
        self.table_at, self.settings_at = self.table.ctypes.data, self.settings.ctypes.data


Update = Callable[[_State, _State], bool]  # from one state to the next; whether all new numbers are finite


class Movement:
    """The parameters, their gradients and what the optimizer remembers of them, in arrays while a training lasts.

    Args:
        optimizer: an `nn.Optimizer`, whose `lr` may be changed at any time.
        places: of the parameters that move, in `optimizer.parameters`.
        leaves: all leaves of the program that is trained, in the order of its slots; those that move are among them.
        backend: "llvm" or "python".
        clipping: of the gradients.

    The Values and the optimizer are read when it is made and by `read`, and written by `write`.
    """

    def __init__(
        self,
        optimizer: UpdateRule,
        places: Sequence[int],
        leaves: Sequence[Value],
        backend: str,
        clipping: Clipping | None = None,
    ) -> None:
        slot_of = {leaf: slot for slot, leaf in enumerate(leaves)}
        parameters = optimizer.parameters
        self.optimizer, self.leaves, self._backend = optimizer, list(leaves), backend
        self._clipping = clipping or Clipping()
        self.places = sorted(places, key=lambda i: slot_of[parameters[i]])
        self.parameters: list[Value] = [parameters[i] for i in self.places]
        slots = [slot_of[p] for p in self.parameters]
        self._slots: Any = slots
        if slots == list(range(slots[0], slots[0] + len(slots))):
            self._slots = slice(slots[0], slots[0] + len(slots))
        self._n_memory = len(optimizer.memory[self.places[0]])
        self._n_rows = 0
        self._rate: object = None  # for which the rows of settings were written
        self._read: Any = None
        self._now: _State
        self._next: _State
        self._update: Update
        self._uniform: frozenset[int]
        self._width = 0
        self.read()

    @property
    def numbers(self) -> Any:
        """The number of each leaf."""
        return self._now.numbers

    @property
    def loss(self) -> float:
        """The loss before the last step, as it was given."""
        return self._now.loss

    @property
    def steps(self) -> int:
        """The number of steps that the optimizer has taken."""
        return self._now.steps

    def step(self, gradient: Any, loss: float = math.nan) -> bool:
        """Move all parameters along the gradient of all leaves, or none: False if a number would not be finite."""
        now, new = self._now, self._next
        gradient = gradient[self._slots]
        now.table[GRADIENT, : len(gradient)] = gradient
        now.settings[LR], now.settings[STEPS] = self.optimizer.lr, now.steps + 1
        if self.optimizer.lr != self._rate:
            self._write_settings(now, new)
        if not self._update(now, new):
            return False
        new.numbers[self._slots] = new.table[X, : len(gradient)]
        new.gradient[:] = new.table[GRADIENT, : len(gradient)] if self._clipping else gradient
        new.steps, new.loss = now.steps + 1, loss
        self._now = new  # the step is taken here
        self._next = now
        return True

    def read(self) -> None:
        """Take over what was changed in the Values and in the optimizer since they were read or written."""
        import numpy

        memory = [self.optimizer.memory[i] for i in self.places]
        settings = self._settings()
        given = [leaf._data for leaf in self.leaves], memory, self.optimizer.steps, settings
        self._rate = None
        if given == self._read:
            return
        if self._read is None or (memory, settings) != (self._read[1], self._read[3]):
            self._make_update()
        n, pitch = len(self.places), len(self.places) + 2 * self._width
        now, spare = (_State(len(self.leaves), self._n_rows, n, pitch) for _ in range(2))
        now.numbers[:] = spare.numbers[:] = given[0]
        now.table[X, :n] = now.numbers[self._slots]
        if self._n_memory:
            now.table[2 : 2 + self._n_memory, :n] = numpy.array(memory).T
            now.settings[FIRST_MEMORY : FIRST_MEMORY + self._n_memory] = memory[0]
        now.steps = given[2]
        self._now, self._next = now, spare
        self._read = given

    def write(self) -> None:
        """Give the parameters, their gradients and the optimizer the numbers of the last step."""
        now, n = self._now, len(self.places)
        if now.steps == self.optimizer.steps:
            return
        numbers = now.numbers.tolist()
        moved = numbers[self._slots] if isinstance(self._slots, slice) else [numbers[slot] for slot in self._slots]
        memory, remembered = self.optimizer.memory, self._read[1]
        if self._n_memory:
            columns = [
                [float(now.settings[FIRST_MEMORY + k])] * n if k in self._uniform else now.table[2 + k, :n].tolist()
                for k in range(self._n_memory)
            ]
            memory, remembered = list(memory), list(zip(*columns, strict=True))
            for place, numbers_of_one in zip(self.places, remembered, strict=True):
                memory[place] = numbers_of_one
        for p, x, gradient in zip(self.parameters, moved, now.gradient.tolist(), strict=True):
            p._data, p.grad = x, gradient
        self.optimizer.memory, self.optimizer.steps = memory, now.steps
        # The very objects that the Values hold, so that `read` sees at a glance that nothing has changed.
        self._read = numbers, remembered, now.steps, self._settings()

    # --- the update ------------------------------------------------------------------------------------

    def _settings(self) -> Any:
        """What the update depends on, but for the memory."""
        own = {k: repr(x) for k, x in self.optimizer.settings().items() if k != "lr"}
        return own, list(self.optimizer.varying(self.places[:1]))

    def _write_settings(self, *states: _State) -> None:
        """Give the rows of settings that are not the same for all their numbers."""
        rate, columns = self.optimizer.lr, columns_of(self.optimizer.varying(self.places))
        for state in states:
            for row, numbers in enumerate(columns, 2 + self._n_memory):
                state.table[row, : len(numbers)] = numbers
        self._rate = rate

    def _make_update(self) -> None:
        try:
            rule = CompiledRule(self.optimizer, self.places, self._clipping)
            program = rule.program()
        except (TypeError, ValueError, AttributeError):  # a rule of the user's that looks at the numbers
            columns = columns_of(self.optimizer.varying(self.places))
            self._uniform, self._update = frozenset(), self._one_by_one
            self._n_rows = 2 + self._n_memory + len(columns)
            return
        self._uniform, self._n_rows = rule.uniform, rule.n_rows
        if self._backend == "llvm":
            self._width, self._update = _machine_code(program, self._n_memory, len(self.places))
        else:
            self._update = _array_code(program, self._n_memory, len(self.places))

    def _one_by_one(self, now: _State, new: _State) -> bool:
        n = len(self.places)
        rows = now.table[:, :n].tolist()
        if not all(map(math.isfinite, rows[GRADIENT])):
            return False
        rows[GRADIENT] = self._clipping.clipped(rows[GRADIENT])
        memories = list(zip(*rows[2 : 2 + self._n_memory], strict=True)) if self._n_memory else [()] * n
        varying, rule = self.optimizer.varying(self.places), copy.copy(self.optimizer)
        rule.lr, rule.steps = self.optimizer.lr, now.steps + 1
        for i, (x, gradient, memory) in enumerate(zip(rows[X], rows[GRADIENT], memories, strict=True)):
            vars(rule).update({name: column[i] for name, column in varying.items()})
            x, memory = rule.update(x, gradient, memory)
            if not math.isfinite(x):
                return False
            new.table[X, i], new.table[GRADIENT, i] = x, gradient
            new.table[2 : 2 + self._n_memory, i] = memory
        return True


def _machine_code(program: Program, n_memory: int, n: int) -> tuple[int, Update]:
    from ctypes import CFUNCTYPE, c_int64, c_void_p

    import numpy

    from .llvm_backend import AssemblyWriter, source
    from .machine_code import MachineCode, lane_width

    check = FIRST_MEMORY + n_memory
    writer = AssemblyWriter(program, check + 1, lane_width(), fastmath=False)  # which would take the check as passed
    code = MachineCode(source(writer), writer.level)
    call = CFUNCTYPE(None, *[c_void_p] * 6, *[c_int64] * 2)(code.address("program"))
    scratch = numpy.zeros(max(1, writer.scratch) + writer.width)

    def update(now: _State, new: _State, _: Any = code) -> bool:
        pitch = now.table.shape[1]
        call(now.settings_at, new.settings_at, None, scratch.ctypes.data, now.table_at, new.table_at, n, pitch)
        return bool(new.settings[check] == 0.0)

    return writer.width, update


def _array_code(program: Program, n_memory: int, n: int) -> Update:
    run = backends.PythonRunner(program, FIRST_MEMORY + n_memory + 1)

    def update(now: _State, new: _State) -> bool:
        vectors, found = run.rows(array("d", now.settings), list(now.table[:, :n]), n)
        for row, vector in zip(sorted(o.place for o in program.outputs if o.kind == "lanes"), vectors, strict=True):
            new.table[row, :n] = vector
        new.settings[FIRST_MEMORY : FIRST_MEMORY + n_memory] = found[FIRST_MEMORY:-1]
        return bool(found[-1] == 0.0)

    return update
