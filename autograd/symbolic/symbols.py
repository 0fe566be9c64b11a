r"""Formulas from the table of operations: the same rule that gives numbers, fed symbols, gives its formula.

>>> from autograd import OPERATIONS
>>> y, x = Symbol("y"), Symbol("x")
>>> for name in ("tanh", "acos", "relu", "abs"):
...     print(name, "→", text(derivatives(OPERATIONS[name], y, [x])[0]))
tanh → 1 − y²
acos → −1 ÷ sqrt(1 − x²)
relu → 0 where x ≤ 0, else 1
abs → [x > 0] − [x < 0]

`[x > 0]` is Iverson's bracket: 1 where the condition holds, else 0.

A formula is a `Symbol` or a plain number. Entry points: `Symbol`, `expression` (an operation as it stands),
`derivatives` (its local derivatives, lightly simplified), `text` and `latex` (how a formula is written).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .. import operations as ops
from ..operations import Operation, number
from ..operators import Operators
from .notation import in_text_mode, name_latex, number_latex, number_text


class Symbol(Operators):
    """A name, or an operation applied to formulas. Computing with symbols writes formulas.

    >>> a, b = Symbol("a"), Symbol("b")
    >>> print(2 * a / (1 - b))
    2 × a ÷ (1 − b)
    >>> print(1 * a + 0 - -b)
    a + b
    """

    __slots__ = ("inputs", "name", "operation")

    def __init__(self, name: str = "", operation: Operation | None = None, inputs: Sequence[Formula] = ()) -> None:
        self.name = name
        self.operation = operation
        self.inputs = tuple(inputs)

    def _record(self, operation: Operation, inputs: Sequence[Any]) -> Formula:
        """What `Operation` calls when a symbol is among its inputs."""
        formulas = [x if isinstance(x, Symbol) else number(x) for x in inputs]
        simpler = _SIMPLER[operation](*formulas) if operation in _SIMPLER else None
        return expression(operation, formulas) if simpler is None else simpler

    # A rule that branches on a number cannot be written as one formula; `derivatives` then gives None.
    def __bool__(self) -> bool:
        raise TypeError("a symbol is neither true nor false: choose with autograd.where in the derivative rule")

    def __eq__(self, other: object) -> bool:
        raise TypeError("a symbol has no number to compare: choose with autograd.where in the derivative rule")

    __hash__ = None  # type: ignore[assignment]

    def __str__(self) -> str:
        return text(self)

    def __repr__(self) -> str:
        return f"<formula {text(self)}>"

    def _repr_latex_(self) -> str:
        return f"${latex(self)}$"


Formula = Symbol | float


def expression(operation: Operation, inputs: Sequence[Formula]) -> Symbol:
    """`operation` applied to `inputs` as it stands, nothing simplified.

    >>> x = Symbol("x")
    >>> print(expression(ops.multiply, [x, x]), "and", ops.multiply(x, x))
    x × x and x²
    """
    return Symbol("", operation, inputs)


def derivatives(operation: Operation, y: Formula, inputs: Sequence[Formula]) -> tuple[Formula | None, ...]:
    """The formula of each local derivative dy/d(input), made by the operation's own rule.

    Args:
        operation: an entry of the table.
        y: the symbol of the result.
        inputs: a symbol for each parent, or the number that stands there.

    Returns one formula for each input; None for each where the rule cannot be followed with symbols,
    because it branches on a number or calls a function outside the table, as a rule of yours may do.

    >>> a, b = Symbol("a"), Symbol("b")
    >>> [text(formula) for formula in derivatives(ops.divide, Symbol("y"), [a, b])]
    ['1 ÷ b', '−y ÷ b']
    """
    try:
        formulas = operation.derivatives(y, *inputs)
        return tuple(f if isinstance(f, Symbol) else number(f) for f in formulas)
    except Exception:  # whatever a rule that expects floats does with something else
        return (None,) * len(inputs)


# --- simplification: what makes a derivative readable, and no more ---------------------------------------


def _is(formula: Formula, x: float) -> bool:
    return isinstance(formula, float) and formula == x


def _made_by(formula: Formula, *operations: Operation) -> bool:
    return isinstance(formula, Symbol) and formula.operation in operations


def _opposite(formula: Formula) -> Formula | None:
    """g where the formula is -g; else None."""
    if isinstance(formula, Symbol):
        return formula.inputs[0] if formula.operation is ops.negate else None
    return -formula if formula < 0 else None


def _add(a: Any, b: Any) -> Formula | None:
    if _is(a, 0) or _is(b, 0):
        return b if _is(a, 0) else a  # type: ignore[no-any-return]
    opposite = _opposite(b)
    return None if opposite is None else a - opposite


def _subtract(a: Any, b: Any) -> Formula | None:
    if _is(a, 0) or _is(b, 0):
        return -b if _is(a, 0) else a  # type: ignore[no-any-return]
    if _is(a, 1) and _made_by(b, ops.less, ops.less_equal):  # 1 where it does not hold
        reverse = ops.less if b.operation is ops.less_equal else ops.less_equal
        return expression(reverse, b.inputs[::-1])
    opposite = _opposite(b)
    return None if opposite is None else a + opposite


def _multiply(a: Any, b: Any) -> Formula | None:
    if _is(a, 0) or _is(b, 0):
        return 0.0
    if _is(a, 1) or _is(b, 1):
        return b if _is(a, 1) else a  # type: ignore[no-any-return]
    for factor, other in ((a, b), (b, a)):
        opposite = _opposite(factor)
        if opposite is not None:
            return -(opposite * other)  # type: ignore[no-any-return]
    if isinstance(b, float):
        return b * a  # type: ignore[no-any-return]
    return expression(ops.power_of_constant, [b, 2.0]) if text(a) == text(b) else None


def _divide(a: Any, b: Any) -> Formula | None:
    if _is(a, 0) or _is(b, 1):
        return a  # type: ignore[no-any-return]
    if _is(a, 0.5):
        return expression(ops.divide, [1.0, 2.0 * b])
    opposite = _opposite(a)
    return None if opposite is None else -ops.divide(opposite, b)


def _power(base: Formula, exponent: Formula) -> Formula | None:
    if _is(exponent, 0):
        return 1.0
    return base if _is(exponent, 1) else None


def _where(condition: Formula, a: Formula, b: Formula) -> Formula | None:
    if isinstance(condition, float):
        return a if condition else b
    return condition if _made_by(condition, *COMPARISONS) and _is(a, 1) and _is(b, 0) else None


_SIMPLER: dict[Operation, Any] = {
    ops.add: _add,
    ops.subtract: _subtract,
    ops.multiply: _multiply,
    ops.divide: _divide,
    ops.negate: _opposite,
    ops.power: _power,
    ops.power_of_constant: _power,
    ops.where: _where,
}


# --- writing: parentheses only where they are needed -----------------------------------------------------

# How tightly a formula holds together. One that holds less tightly than its place demands gets parentheses.
CHOICE, SUM, PRODUCT, POWER, ATOM = range(5)

INFIX = {  # how tightly the whole holds, what is demanded of the left and of the right side
    ops.add: (SUM, SUM, PRODUCT, " + ", " + "),
    ops.subtract: (SUM, SUM, PRODUCT, " − ", " - "),
    ops.multiply: (PRODUCT, PRODUCT, PRODUCT, " × ", r" \cdot "),
    ops.divide: (PRODUCT, PRODUCT, POWER, " ÷ ", "/"),
}
COMPARISONS = {ops.less: ("<", r"\lt"), ops.less_equal: ("≤", r"\le"), ops.equal: ("=", "=")}
MIRRORED = {"<": ">", "≤": "≥", r"\lt": r"\gt", r"\le": r"\ge"}
_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_SHOWN = 6  # of many inputs, so many are written


def text(formula: Formula | None, place: int = CHOICE, digits: int | None = None) -> str:
    """The formula in plain text; `?` for None.

    Args:
        formula: what `derivatives` or `expression` gave.
        place: how tightly it must hold together where it is going to stand, `PRODUCT` for a factor.
        digits: significant digits of the numbers in it; all of them where it is None.
    """
    return _Writer(0, digits).write(formula, place)


def latex(formula: Formula | None, place: int = CHOICE, digits: int | None = None) -> str:
    r"""The formula in LaTeX, without dollar signs.

    >>> print(latex(1 / Symbol("x_1") ** 2))
    \frac{1}{x_{1}^{2}}
    """
    return _Writer(1, digits).write(formula, place)


class _Writer:
    """Writes formulas in one of two ways: 0 is plain text, 1 is LaTeX."""

    def __init__(self, way: int, digits: int | None) -> None:
        self.way = way
        self.digits = digits

    def write(self, formula: Formula | None, place: int) -> str:
        if formula is None:
            return "?"
        if isinstance(formula, float):
            written = (number_text, number_latex)[self.way](formula, self.digits)
            tightness = SUM if written.startswith("-") else PRODUCT if "cdot" in written or "e" in written else ATOM
        elif formula.operation is None:
            written, tightness = (formula.name, name_latex(formula.name))[self.way], ATOM
        else:
            written, tightness = self._operation(formula.operation, formula.inputs)
        return self._parenthesized(written) if tightness < place else written

    def _parenthesized(self, written: str) -> str:
        tall = any(part in written for part in (r"\frac", r"\begin", r"\sqrt"))
        return rf"\left({written}\right)" if tall else f"({written})"

    def _operation(self, operation: Operation, inputs: Sequence[Formula]) -> tuple[str, int]:
        if operation is ops.divide and self.way == 1:
            return rf"\frac{{{self.write(inputs[0], CHOICE)}}}{{{self.write(inputs[1], CHOICE)}}}", PRODUCT
        if operation in INFIX:
            tightness, left, right, *signs = INFIX[operation]
            return self.write(inputs[0], left) + signs[self.way] + self.write(inputs[1], right), tightness
        if operation is ops.negate:
            return "−-"[self.way] + self.write(inputs[0], PRODUCT), SUM
        if operation in (ops.power, ops.power_of_constant):
            return self._power(*inputs), POWER
        if operation in COMPARISONS:
            return f"[{self._condition(operation, inputs)}]", ATOM
        if operation is ops.where:
            return self._choice(*inputs), CHOICE
        if operation is ops.total:
            return " + ".join(self._shortened(inputs, PRODUCT)), SUM if len(inputs) > 1 else PRODUCT
        return self._function(operation, inputs)

    def _function(self, operation: Operation, inputs: Sequence[Formula]) -> tuple[str, int]:
        arguments = ", ".join(self._shortened(inputs, CHOICE))
        if self.way == 0:
            return f"{operation.symbol}({arguments})", ATOM
        written = operation.latex or rf"\operatorname{{{in_text_mode(operation.symbol)}}}"
        if "%s" in written:
            return written.replace("%s", arguments), POWER if "^" in written else ATOM
        return written + self._parenthesized(arguments), ATOM

    def _power(self, base: Formula, exponent: Formula) -> str:
        if self.way == 1:
            return f"{self.write(base, ATOM)}^{{{self.write(exponent, CHOICE)}}}"
        raised = self.write(exponent, ATOM)
        if isinstance(exponent, float) and re.fullmatch(r"-?\d+", number_text(exponent)):
            return self.write(base, ATOM) + number_text(exponent).translate(_SUPERSCRIPTS)
        return f"{self.write(base, ATOM)}^{raised}"

    def _condition(self, operation: Operation, inputs: Sequence[Formula]) -> str:
        a, b = inputs
        sign = COMPARISONS[operation][self.way]
        if isinstance(a, float):  # x > 0 reads better than 0 < x
            a, b, sign = b, a, MIRRORED.get(sign, sign)
        return f"{self.write(a, SUM)} {sign} {self.write(b, SUM)}"

    def _choice(self, condition: Formula, a: Formula, b: Formula) -> str:
        asked = self._asked(condition)
        if self.way == 0:
            return f"{self.write(a, SUM)} where {asked}, else {self.write(b, SUM)}"
        return (
            rf"\begin{{cases}} {self.write(a, CHOICE)} & \text{{if }} {asked} \\ "
            rf"{self.write(b, CHOICE)} & \text{{otherwise}} \end{{cases}}"
        )

    def _asked(self, condition: Formula) -> str:
        if isinstance(condition, Symbol) and condition.operation in COMPARISONS:
            return self._condition(condition.operation, condition.inputs)
        if isinstance(condition, Symbol) and condition.operation is ops.multiply:
            return (" and ", r" \text{ and } ")[self.way].join(map(self._asked, condition.inputs))
        return f"{self.write(condition, SUM)} {('≠', chr(92) + 'ne')[self.way]} 0"

    def _shortened(self, inputs: Sequence[Formula], place: int) -> list[str]:
        if len(inputs) <= _SHOWN:
            return [self.write(x, place) for x in inputs]
        dots = ("…", r"\cdots")[self.way]
        return [*(self.write(x, place) for x in inputs[:3]), dots, self.write(inputs[-1], place)]
