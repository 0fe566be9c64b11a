"""The body of a run as formulas, forward and backward; what is long in them gets a name of its own.

Entry point: `Formulas`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import operations as ops
from ...symbolic import symbols as formulas
from ...symbolic.symbols import Symbol
from .ir import Expression

LONG = 28  # characters of an inner result that is written more than once
TOO_LONG = 90  # of any
DIGITS = 4


class Formulas:
    """What a run computes, from what its accesses read.

    Attributes: `named`, the inner results that got names, in order: pairs of a name and a formula.
    """

    def __init__(self, body: Expression, reads: Sequence[Symbol]) -> None:
        self.body, self.reads = body, reads
        self.named: list[tuple[str, Any]] = []
        self._defined: set[str] = set()

    def forward(self) -> Any:
        """The term."""
        return self._forward(self.body, inner=False)

    def _forward(self, body: Expression, inner: bool = True) -> Any:
        if body[0] == "access":
            return self.reads[body[1]]
        if body[0] == "literal":
            return body[1]
        made = neat(formulas.expression(body[1], [self._forward(part) for part in body[2]]))
        return self._name(made, TOO_LONG) if inner else made

    def backward(self, wanted: Sequence[int], y: Any, gradient: Any) -> dict[int, Any]:
        """What goes to the gradients of the wanted accesses, by the rules of the operations.

        Args:
            y: the member, where there is one term for each, else None.
            gradient: that of the term.
        """
        found: dict[int, Any] = {}
        results: dict[int, Any] = {}

        def result(body: Expression) -> Any:
            if body[0] != "apply":
                return self._forward(body)
            if id(body) not in results:
                made = neat(formulas.expression(body[1], [result(part) for part in body[2]]))
                results[id(body)] = self._name(made, LONG)
            return results[id(body)]

        stack = [(self.body, gradient)]
        while stack:
            body, adjoint = stack.pop()
            if body[0] == "access":
                if body[1] in wanted:
                    found[body[1]] = adjoint if body[1] not in found else found[body[1]] + adjoint
            elif body[0] == "apply" and any(k in wanted for k in accesses(body)):
                inputs = [result(part) for part in body[2]]
                value = y if body is self.body and y is not None else result(body)
                try:
                    sent = body[1].sends(adjoint, value, *inputs)
                except Exception:  # a rule that expects floats may do anything with symbols
                    sent = [(i, Symbol(f"∂{body[1].name}") * adjoint) for i in range(len(inputs))]
                for i, share in reversed(sent):
                    if body[2][i][0] != "literal":
                        stack.append((body[2][i], self._name(neat(share), TOO_LONG)))
        return {k: neat(formula) for k, formula in found.items()}

    def definitions(self, texts: Sequence[str]) -> list[str]:
        """`u = …`, once, for the names that occur in the texts, and in these in turn."""
        lines: list[str] = []
        for name, formula in reversed(self.named):
            if name not in self._defined and any(name in _words(text) for text in [*texts, *lines]):
                self._defined.add(name)
                lines.append(f"{name} = {write(formula)}")
        return lines[::-1]

    def _name(self, formula: Any, limit: int) -> Any:
        """The formula, or a symbol for it if it is long."""
        if not isinstance(formula, Symbol) or formula.operation is None:
            return formula
        written = write(formula)
        if len(written) <= limit:
            return formula
        for name, known in self.named:
            if write(known) == written:
                return Symbol(name)
        self.named.append((f"u{len(self.named) + 1}", formula))
        return Symbol(self.named[-1][0])


def accesses(body: Expression) -> list[int]:
    """The numbers of the accesses in a body."""
    if body[0] == "access":
        return [body[1]]
    return [k for part in body[2] for k in accesses(part)] if body[0] == "apply" else []


def write(formula: Any, place: int = formulas.CHOICE) -> str:
    """A formula as text, its numbers rounded, as short as a line of a program should be: `2·x`, `a/b`, `a - b`."""
    written = formulas.text(formula if isinstance(formula, Symbol) else float(formula), place, DIGITS)
    return written.replace(" × ", "·").replace(" ÷ ", "/").replace("−", "-")


def neat(formula: Any) -> Any:
    """Products and quotients with one number in front and one stroke.

    >>> a, b = Symbol("a"), Symbol("b")
    >>> print(write(neat(formulas.expression(ops.multiply, [ops.divide(1.0, b), -0.5 * a]))))
    -0.5·a/b
    """
    if not isinstance(formula, Symbol):
        return formula
    if formula.operation in (ops.maximum, ops.minimum):  # max(a, max(b, c)) is max(a, b, c)
        inputs: list[Any] = []
        for x in formula.inputs:
            inputs += x.inputs if isinstance(x, Symbol) and x.operation is formula.operation else [x]
        return formulas.expression(formula.operation, inputs)
    if formula.operation not in (ops.multiply, ops.divide, ops.negate):
        return formula
    factor, above, below = _factors(formula)
    if factor == 0.0 or not (above or below):
        return formula if above or below else factor
    top: Any = _product(above) if above else 1.0
    if abs(factor) != 1.0:
        top = abs(factor) if not above else formulas.expression(ops.multiply, [abs(factor), top])
    if below:
        top = formulas.expression(ops.divide, [top, _product(below)])
    return formulas.expression(ops.negate, [top]) if factor < 0 else top


def _product(factors: Sequence[Any]) -> Any:
    result = factors[0]
    for x in factors[1:]:
        result = formulas.expression(ops.multiply, [result, x])
    return result


def _factors(formula: Any) -> tuple[float, list[Any], list[Any]]:
    """A number, what stands above the stroke and what below."""
    if isinstance(formula, float):
        return formula, [], []
    if formula.operation is ops.negate:
        factor, above, below = _factors(formula.inputs[0])
        return -factor, above, below
    if formula.operation in (ops.multiply, ops.divide):
        factor, above, below = _factors(formula.inputs[0])
        other, more, less = _factors(formula.inputs[1])
        if formula.operation is ops.multiply:
            return factor * other, above + more, below + less
        if other:
            return factor / other, above + less, below + more
    return 1.0, [formula], []


def _words(text: str) -> list[str]:
    found, word = [], ""
    for character in text + " ":
        if character.isalnum() or character == "_":
            word += character
        elif word:
            found.append(word)
            word = ""
    return found
