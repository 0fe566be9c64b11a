r"""Straight-line programs: what a graph becomes before a backend prints it as code.

A program is a list of instructions without branches. Each applies one operation of the table to the results
of earlier ones:

    v2 = multiply(v0, v1)
    v3 = sum(v2, 1.0)

Every result is either a *scalar* or a *vector* with one number for each lane of a *group* (`trace.py` says
which terms become lanes). A scalar that meets a vector is broadcast. Besides the operations of the table
there are three that only a program has: `READ` a number from the inputs, a `COLUMN` of them (a number for
each lane), and `REDUCE`, the sum of a vector over its lanes.

Entry points: `Builder.emit` adds an instruction and gives the `Variable` of its result; a Symbol computes
like a number, so derivative rules can be applied to it; `Builder.finish` makes the `Program`.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from .. import operations as ops
from ..operations import Operation, number
from ..operators import Operators
from .passes import EXACT, alive


def _nowhere(*_: Any) -> Any:
    raise TypeError("an operation of programs has no numbers of its own")


READ = Operation("read", "read", _nowhere, lambda y: ())
COLUMN = Operation("column", "column", _nowhere, lambda y: ())
REDUCE = Operation("reduce", "reduce", _nowhere, lambda y, x: ())

Operand = Any  # a Symbol or a float


class Column(NamedTuple):
    """Where the lanes of a group find their numbers: slot for slot in the inputs, or in an argument."""

    group: int
    slots: tuple[int, ...] | range | None  # None: lane i reads row i of the argument with number `argument`
    argument: int = -1


class Output(NamedTuple):
    """What leaves a program: `kind` "result", "gradient" (of a slot), "column" or "lanes"."""

    kind: str
    place: int
    operand: int


class Variable(Operators):
    """The result of an instruction, standing for a number that is not known yet.

    Operators and the operations of the table emit further instructions. Its number decides nothing: what
    would branch on it raises.
    """

    __slots__ = ("builder", "index")

    def __init__(self, builder: Builder, index: int) -> None:
        self.builder = builder
        self.index = index

    @property
    def group(self) -> int:
        return self.builder.groups[self.index]

    def __repr__(self) -> str:
        return f"v{self.index}"

    def _record(self, operation: Operation, inputs: Sequence[Operand]) -> Operand:
        return self.builder.emit(operation, inputs)

    def _decides(self, *_: object) -> Any:
        raise TypeError(
            "this number is not known while a program is compiled, so Python cannot branch on it or turn it into a "
            "float: write autograd.where(condition, a, b), autograd.maximum or autograd.relu instead of an `if`"
        )

    __bool__ = __float__ = __int__ = __index__ = __lt__ = __le__ = __gt__ = __ge__ = _decides


class Builder:
    """Collects instructions. Each is simplified as it comes: constants fold, and what is known is not repeated."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.inputs: list[tuple[int, ...]] = []
        self.groups: list[int] = []
        self.constants: list[float] = []
        self.columns: list[Column] = []
        self.lanes: list[int | None] = [1]  # of each group; group 0 are the scalars, None is known when called
        self._constant_index: dict[bytes, int] = {}
        self._known: dict[Any, Variable] = {}

    def emit(self, operation: Operation, arguments: Sequence[Operand]) -> Operand:
        """The result of `operation`: a Symbol, or a float when all arguments are numbers."""
        arguments = [x if x.__class__ is Variable or x.__class__ is float else number(x) for x in arguments]
        for x in arguments:
            if x.__class__ is Variable:
                break
        else:
            return operation.forward(*arguments)
        rule = EXACT.get(operation)
        if rule is not None:
            simpler = rule(self, *arguments)
            if simpler is not None:
                return simpler
        if operation not in KNOWN:
            return self._expanded(operation, arguments)
        return self._add(operation, tuple([self.operand(x) for x in arguments]))

    def read(self, slot: int) -> Variable:
        """The scalar in `slot` of the inputs."""
        return self._add(READ, (slot,), 0)

    def column(self, column: Column) -> Variable:
        """The vector of the numbers that `column` describes."""
        self.columns.append(column)
        return self._add(COLUMN, (len(self.columns) - 1,), column.group)

    def reduce(self, x: Operand, group: int) -> Operand:
        """The sum of `x` over the lanes of `group`; a scalar counts once for each lane."""
        if x.__class__ is Variable and x.group == group:
            return self._add(REDUCE, (x.index,), 0)
        n = self.lanes[group]
        return x * (self.read(0) if n is None else float(n))  # slot 0 holds the number of rows

    def operand(self, x: Operand) -> int:
        """How an instruction names `x`: the number of an instruction, or ~i for the i-th constant."""
        if x.__class__ is Variable:
            index: int = x.index
            return index
        key = struct.pack("d", x)  # by its bits: 0.0 and -0.0 are two constants, and nan is one
        known = self._constant_index.get(key)
        if known is None:
            known = self._constant_index[key] = ~len(self.constants)
            self.constants.append(x)
        return known

    def negated(self, x: Operand) -> Operand | None:
        """What `x` is the negative of, if it was made by a negation."""
        if x.__class__ is Variable and self.operations[x.index] is ops.negate:
            return Variable(self, self.inputs[x.index][0])
        return None

    def _add(self, operation: Operation, inputs: tuple[int, ...], group: int | None = None) -> Variable:
        if operation in COMMUTATIVE and inputs[0] < inputs[1]:
            key: Any = (operation, inputs[1], inputs[0])
        else:
            key = (operation, *inputs)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = Variable(self, len(self.operations))
            if group is None:
                groups = self.groups
                group = max([groups[i] for i in inputs if i >= 0])
            self.operations.append(operation)
            self.inputs.append(inputs)
            self.groups.append(group)
        return known

    def _expanded(self, operation: Operation, arguments: Sequence[Operand]) -> Operand:
        """An operation of the user's, written out in those of the table by running its forward function."""
        try:
            return operation.forward(*arguments)
        except (TypeError, ValueError, AttributeError) as error:
            raise TypeError(
                f"the operation {operation.name!r} cannot be compiled, as its forward function needs the numbers "
                f"themselves ({error}); write it with the operations of autograd, or keep this graph uncompiled"
            ) from error

    def finish(self, outputs: Sequence[tuple[str, int, Operand]]) -> Program:
        """The program that computes these outputs and nothing else."""
        named = [Output(kind, place, self.operand(x)) for kind, place, x in outputs]
        kept = alive(self.inputs, self.operations, [output.operand for output in named], (READ, COLUMN))
        return Program(self, kept, named)


class Program:
    """Instructions in the order of their execution, in flat arrays: some 25 bytes for each.

    Attributes: `operations[i]`, `inputs(i)`, `groups[i]` of instruction i; `constants`; `columns`; `lanes`;
    `outputs`.
    """

    def __init__(self, builder: Builder, kept: Sequence[int], outputs: Sequence[Output]) -> None:
        new = array("q", bytes(8 * len(builder.operations)))
        self.operations = [builder.operations[i] for i in kept]
        self.groups = array("i", [builder.groups[i] for i in kept])
        self.constants = list(builder.constants)
        self.columns = list(builder.columns)
        self.lanes = list(builder.lanes)
        self._start, self._inputs = array("q", [0]), array("q")
        for position, i in enumerate(kept):
            new[i] = position
            inputs = builder.inputs[i]
            if builder.operations[i] in (READ, COLUMN):
                self._inputs.extend(inputs)
            else:
                self._inputs.extend([new[j] if j >= 0 else j for j in inputs])
            self._start.append(len(self._inputs))
        self.outputs = [output._replace(operand=_renumbered(output.operand, new)) for output in outputs]

    def __len__(self) -> int:
        return len(self.operations)

    def inputs(self, i: int) -> Sequence[int]:
        """The operands of instruction i: numbers of instructions, or ~k for the k-th constant."""
        return self._inputs[self._start[i] : self._start[i + 1]]

    def __iter__(self) -> Iterator[tuple[int, Operation, Sequence[int]]]:
        for i, operation in enumerate(self.operations):
            yield i, operation, self.inputs(i)

    def written(self, operand: int) -> str:
        """How an operand is printed."""
        return f"v{operand}" if operand >= 0 else repr(self.constants[~operand])

    def lines(self, names: Mapping[int, str] | None = None, arguments: Sequence[str] = ()) -> Iterator[str]:
        """The program as text, an instruction a line; vectors are written with their group.

        Args:
            names: what the numbers in slots are called.
            arguments: what the arguments are called, column by column.
        """
        called = {slot: f" ({name})" for slot, name in (names or {}).items()}
        for i, operation, inputs in self:
            name = f"v{i}" if self.groups[i] == 0 else f"v{i}[lanes {self.groups[i]}]"
            if operation is READ:
                yield f"{name} = read slot {inputs[0]}{called.get(inputs[0], '')}"
            elif operation is COLUMN:
                k = self.columns[inputs[0]].argument
                yield f"{name} = read column {inputs[0]}{f' ({arguments[k]})' if 0 <= k < len(arguments) else ''}"
            else:
                yield f"{name} = {operation.name}({', '.join(map(self.written, inputs))})"
        for kind, place, operand in self.outputs:
            yield f"{kind} {place}{called.get(place, '') if kind == 'gradient' else ''} = {self.written(operand)}"

    def __str__(self) -> str:
        return "\n".join(self.lines())


class LaneBlock(NamedTuple):
    """Instructions that run together: scalars once, or the vectors of one group tile by tile."""

    group: int
    instructions: list[int]
    reductions: list[int]  # the REDUCE instructions that a loop computes
    outputs: list[Output]  # the vectors that a loop writes


def blocks(program: Program) -> list[LaneBlock]:
    """The program as a sequence of scalar blocks and loops.

    A reduction is known only when its loop has ended, so what needs it comes a level later. A loop of a later
    level computes again what it needs of an earlier one, which takes less time than to store and load it.
    """
    if len(program.lanes) == 1:
        return [LaneBlock(0, list(range(len(program))), [], [])]
    level = array("i", bytes(4 * len(program)))
    at: list[dict[int, LaneBlock]] = [{}]  # of each level: group -> what runs there, gathered in one walk

    def block(now: int, group: int) -> LaneBlock:
        return at[now].setdefault(group, LaneBlock(group, [], [], []))

    for i, operation, inputs in program:
        if operation is not READ and operation is not COLUMN:
            level[i] = max([level[j] for j in inputs if j >= 0]) + (operation is REDUCE)
        if level[i] == len(at):
            at.append({})
        if operation is REDUCE:
            block(level[i] - 1, program.groups[inputs[0]]).reductions.append(i)
        elif program.groups[i] == 0:
            block(level[i], 0).instructions.append(i)
    for output in program.outputs:
        if output.kind in ("column", "lanes"):
            block(_level_of(level, output), _group_of(program, output)).outputs.append(output)
    result = []
    for now in at:
        for group in sorted(now):
            if group != 0:
                roots = [program.inputs(i)[0] for i in now[group].reductions]
                roots += [output.operand for output in now[group].outputs]
                now[group].instructions.extend(_vectors_below(program, roots, group))
            result.append(now[group])
    return result


def _group_of(program: Program, output: Output) -> int:
    if output.kind == "column":
        return program.columns[output.place].group
    return 1


def _level_of(level: Sequence[int], output: Output) -> int:
    return level[output.operand] if output.operand >= 0 else 0


def _vectors_below(program: Program, roots: Sequence[int], group: int) -> list[int]:
    """The vector instructions that the roots need, in order; only those are walked."""
    needed: set[int] = set()
    stack = list(roots)
    while stack:
        i = stack.pop()
        if i >= 0 and program.groups[i] == group and i not in needed:
            needed.add(i)
            if program.operations[i] is not COLUMN:
                stack.extend(program.inputs(i))
    return sorted(needed)


def _renumbered(operand: int, new: Sequence[int]) -> int:
    return new[operand] if operand >= 0 else operand


COMMUTATIVE = {ops.add, ops.multiply}
# What every backend can compute; other operations are the user's and are expanded.
KNOWN = {ops.OPERATIONS[name] for name in ops.BUILT_IN}
