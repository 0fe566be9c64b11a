"""Pieces: what the clusters of one shape compute, forward and backward, which becomes machine code once.

A piece works on a *row* of the tape, [own place, places of the inputs], and on the following ones, as many as a run
has. `places` are positions in the memory of the numbers, and of the gradients that lie behind them. The numbers that
others read stand from the own place on, and after them those that the derivative needs and that take long to compute.

A piece with costly functions takes `width` rows at a time, where a run is long enough, one in each lane of its vectors;
with a single row, equal functions of its own share a vector. A gradient is set back to 0 by the piece that reads it, so
that all are 0 when the next call begins.

Entry points: `Piece`, and `Loop` for long sums; `piece_code.py` writes their code.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from .. import operations as ops
from ..operations import Operation
from .clusters import UNWANTED, Shapes
from .instructions import LIBRARY
from .program import READ, Builder, Operand, Variable
from .vector_math import FUNCTIONS

# Instructions that are worth memory rather than being repeated in the backward pass.
COSTLY = {ops.OPERATIONS[name] for name in ("divide", "sqrt", "power", "power_of_constant", *LIBRARY)}
CALLS = {ops.OPERATIONS[name] for name in FUNCTIONS.table}
GRADIENT = 1 << 20  # what a piece reads from here on are gradients: of its k-th number
BLOCK = 8  # the terms of a long sum come in so many at a time


class Composed(Builder):
    """Collects instructions. What an operation is made of is written out, so that both passes share the parts."""

    def __init__(self) -> None:
        super().__init__()
        self._softmax: dict[int, dict[int, Operand]] = {}  # of a logsumexp y: exp(x - y) for each x

    def emit(self, operation: Operation, arguments: Sequence[Operand]) -> Operand:
        """The result of an operation."""
        if any(x.__class__ is Variable for x in arguments):
            if operation is ops.logsumexp:
                return self._logsumexp(arguments)
            if operation.made_of is not None:
                made: Operand = operation.made_of(*arguments)
                return made
            if operation is ops.exp and self.operations[arguments[0].index] is ops.subtract:
                x, y = self.inputs[arguments[0].index]
                if x in self._softmax.get(y, ()):
                    return self._softmax[y][x]
        return super().emit(operation, arguments)

    def _logsumexp(self, xs: Sequence[Operand]) -> Operand:
        largest = xs[0]
        for x in xs[1:]:
            largest = ops.maximum(largest, x)  # nan, if one of them is
        parts = [ops.exp(x - largest) for x in xs]
        total = parts[0]
        for part in parts[1:]:
            total = total + part
        is_infinite = ops.equal(ops.absolute(largest), float("inf"))
        y = ops.where(is_infinite, largest, largest + ops.log(total))
        # exp(x - y) in two factors. (One part by the total would not know how y was rounded.)
        factor = ops.where(is_infinite, 1.0, ops.exp(largest - y))
        if y.__class__ is Variable:
            self._softmax[y.index] = {self.operand(x): part * factor for x, part in zip(xs, parts, strict=True)}
        return y


class Piece:
    """What the clusters of a shape compute.

    Args:
        shapes: of all clusters.
        shape: the number of this one.
        stored: the expressions whose numbers are read outside.
        exact: keep every rounding of the eager engine.

    Attributes:
        operations: of the members.
        n_inputs: how many a cluster has.
        builder: with the instructions of both passes; `forward` and `backward` say which are whose.
        numbers: the operands that a cluster keeps, first those of `stored`.
        receives: for each of `stored`, whether a gradient comes to it.
        sends: pairs of an input and an operand, what is added to its gradient.
        in_lanes: whether the forward pass is worth vectors.
    """

    def __init__(self, shapes: Shapes, shape: int, stored: Sequence[int], exact: bool) -> None:
        self.builder = builder = Builder() if exact else Composed()
        values: dict[int, Operand] = {}
        live: dict[int, bool] = {}
        steps: list[tuple[Operation, int, Sequence[int], Sequence[Operand]]] = []
        self.n_inputs = 0
        self.operations: list[Operation] = []
        for number in shapes.members[shape]:
            kind, references = shapes.expressions[number]
            operation, *exponent = kind if kind.__class__ is tuple else (kind,)
            self.operations.append(operation)
            self.n_inputs = max([self.n_inputs, *[_input(x) + 1 for x in references if x < 0]])
            arguments = [values[x] if x >= 0 else builder.read(_input(x)) for x in references] + exponent
            values[number] = builder.emit(operation, arguments)
            live[number] = any(live[x] if x >= 0 else _is_wanted(x) for x in references)
            steps.append((operation, number, references, arguments))
        outside = [builder.operand(values[number]) for number in stored]
        self.receives = [live[number] for number in stored]
        # The backward pass: what is sent to each expression, from the last to the first, and to the inputs.
        adjoints: dict[int, Operand] = {}
        for k, number in enumerate(stored):
            if live[number]:
                adjoints[number] = builder.read(GRADIENT + k)
        sent: list[tuple[int, Operand]] = []
        for operation, number, places, inputs in reversed(steps):
            if number not in adjoints:
                continue
            for position, share in operation.sends(adjoints[number], values[number], *inputs):
                x = places[position]
                if not (live[x] if x >= 0 else _is_wanted(x)):
                    continue
                if exact:  # what is sent twice to one node is added twice
                    sent.append((x, share))
                else:
                    adjoints[x] = adjoints[x] + share if x in adjoints else share
        sent += [(x, share) for x, share in adjoints.items() if x < 0]
        self.sends = [(~x, builder.operand(share)) for x, share in sent]
        computed = _needed(builder, outside, ())
        kept = {i for i in computed if builder.operations[i] in COSTLY} | set(outside)
        needed = _needed(builder, [x for _, x in self.sends], kept)
        self.numbers = [*outside, *sorted(i for i in needed & kept if i not in outside)]
        self.forward, self.backward = sorted(computed), sorted(needed)
        self.in_lanes = not exact and any(builder.operations[i] in CALLS for i in self.forward)


class Loop(NamedTuple):
    """A long sum, or logsumexp: its row has whole blocks of terms, of which a run counts some."""

    operation: Operation

    @property
    def operations(self) -> list[Operation]:
        return [self.operation]


def _input(reference: int) -> int:
    """The number of the input."""
    return ~reference if ~reference < UNWANTED else ~reference - UNWANTED


def _is_wanted(reference: int) -> bool:
    """Whether a gradient flows to the input."""
    return ~reference < UNWANTED


def _needed(builder: Builder, roots: Sequence[int], known: Collection[int]) -> set[int]:
    """The instructions that these operands need, where those in `known` need nothing."""
    needed: set[int] = set()
    stack = list(roots)
    while stack:
        i = stack.pop()
        if i >= 0 and i not in needed:
            needed.add(i)
            if i not in known and builder.operations[i] is not READ:
                stack.extend(builder.inputs[i])
    return needed
