"""The body of a run as a tiny straight-line program, forward and backward.

The derivative is not written anywhere: the rules of the table of operations run on the symbols of the body. A body's
program reads numbers through `COLUMN` instructions, one lane for each term:

    column k                     what access k of the run reads
    column n (n accesses)        y, the member of the family, in the backward program
    column n + 1                 gradient, that of the member

and `READ` instructions for the literals that `lifted` took out of it. Its outputs are ("lanes", 0, term) forward, and
("lanes", k, contribution to access k) backward.

Entry points: `lifted`, `sent_to`, `forward_program`, `backward_program`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from ... import operations as ops
from ..program import Builder, Column, Operand, Program
from .ir import Expression

# Numbers that stay in the code, as simplifications know them; all others are handed over with each call, so that
# statements which differ in them only share their code.
KEPT = frozenset({0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, 4.0})


def lifted(body: Expression, literals: list[float]) -> Expression:
    """The body with ("parameter", i) for the literals that need not be in the code, which go to `literals`."""
    if body[0] == "literal":
        if body[1] in KEPT:
            return body
        literals.append(body[1])
        return ("parameter", len(literals) - 1)
    if body[0] == "access":
        return body
    operation, parts = body[1], body[2]
    if operation is ops.power_of_constant:  # the exponent decides what code it becomes
        return ("apply", operation, (lifted(parts[0], literals), parts[1]))
    return ("apply", operation, tuple([lifted(part, literals) for part in parts]))


def places_of(body: Expression) -> Iterator[int]:
    """The numbers of the accesses of a body, from left to right."""
    if body[0] == "access":
        yield body[1]
    elif body[0] == "apply":
        for part in body[2]:
            yield from places_of(part)


def sent_to(body: Expression) -> Iterator[int]:
    """The accesses that a gradient may flow to; none flows to what only decides."""
    if body[0] == "access":
        yield body[1]
    elif body[0] == "apply":
        for position, part in enumerate(body[2]):
            if position not in body[1].flat:
                yield from sent_to(part)


def literals_of(body: Expression) -> int:
    """How many literals `lifted` took out of it."""
    if body[0] == "parameter":
        return 1
    return sum(literals_of(part) for part in body[2]) if body[0] == "apply" else 0


def forward_program(body: Expression) -> Program:
    """The term, from what the accesses read."""
    builder = _Body()
    return builder.finish([("lanes", 0, _traced(builder, body, [])[1])])


def backward_program(body: Expression, n_accesses: int, wanted: Sequence[int], softmax: bool = False) -> Program:
    """What goes to the adjoints of the `wanted` accesses: local derivative × gradient of the member.

    With `softmax` the gradient of a term is exp(term - y) × gradient of the member.
    """
    builder = _Body()
    steps: list[Any] = []
    root, term = _traced(builder, body, steps)
    gradient: Operand = builder.access(n_accesses + 1)
    if softmax:
        y = builder.access(n_accesses)
        gradient = ops.exp(term - y) * gradient
    adjoints: dict[int, Any] = {root: gradient}
    found: dict[int, Any] = {}
    needed = _needed(steps, frozenset(wanted))
    for number in range(len(steps) - 1, -1, -1):
        kind, what, inputs, result = steps[number]
        adjoint = adjoints.pop(number, None)
        if adjoint is None or not needed[number]:
            continue
        if kind == "access":
            found[what] = adjoint if what not in found else found[what] + adjoint
            continue
        for position, contribution in what.sends(adjoint, result, *[steps[i][3] for i in inputs]):
            i = inputs[position]
            if needed[i]:
                adjoints[i] = contribution if i not in adjoints else adjoints[i] + contribution
    return builder.finish([("lanes", k, found.get(k, 0.0)) for k in wanted])


class _Body(Builder):
    """Collects the instructions of a body; each column is read once."""

    def __init__(self) -> None:
        super().__init__()
        self.lanes.append(None)
        self._read: dict[int, Operand] = {}

    def access(self, number: int) -> Operand:
        """What a column holds."""
        if number not in self._read:
            self._read[number] = self.column(Column(1, None, number))
        return self._read[number]


def _traced(builder: _Body, body: Expression, steps: list[Any]) -> tuple[int, Operand]:
    """Emit a body; every node of the expression becomes a step (kind, operation or access, inputs, result)."""
    kind, what = body[0], body[1]
    if kind == "apply":
        parts = [_traced(builder, part, steps) for part in body[2]]
        result = builder.emit(what, [part for _, part in parts])
        steps.append((kind, what, [i for i, _ in parts], result))
    elif kind == "access":
        steps.append((kind, what, [], builder.access(what)))
    elif kind == "parameter":
        steps.append((kind, what, [], builder.read(what)))
    else:
        steps.append((kind, what, [], what))
    return len(steps) - 1, steps[-1][3]


def _needed(steps: Sequence[Any], wanted: frozenset[int]) -> list[bool]:
    """For each step, whether a wanted access stands below it."""
    needed: list[bool] = []
    for kind, what, inputs, _ in steps:
        needed.append(what in wanted if kind == "access" else any(needed[i] for i in inputs))
    return needed
