"""Formulas as MathML, which browsers typeset without a script: fractions, powers, roots.

What is made is a tree of lists, `["mfrac", ["mn", "1"], ["mi", "x"]]`, ready for JSON: the tag, then what stands in it.

Entry point: `typeset`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

from .. import operations as ops
from ..operations import Operation
from .notation import number_text
from .symbols import ATOM, CHOICE, COMPARISONS, INFIX, MIRRORED, POWER, PRODUCT, SUM, Formula, Symbol

Tree: TypeAlias = list[Any]

_SIGNS = {ops.add: "+", ops.subtract: "−", ops.multiply: "·"}
_SHOWN = 6  # of many inputs, so many are written


def typeset(formula: Formula | None, place: int = CHOICE) -> Tree:
    """The formula as a tree; `?` for None. `place` says how tightly it must hold together where it is going to stand.

    >>> typeset(1 / Symbol("x"))
    ['mfrac', ['mn', '1'], ['mi', 'x']]
    >>> typeset(2 * Symbol("x") ** 3)
    ['mrow', ['mn', '2'], ['mo', '·'], ['msup', ['mi', 'x'], ['mn', '3']]]
    """
    if formula is None:
        return ["mtext", "?"]
    if isinstance(formula, float):
        written, tightness = _number(formula)
    elif formula.operation is None:
        written, tightness = ["mi", formula.name], ATOM
    else:
        written, tightness = _operation(formula.operation, formula.inputs)
    return _parenthesized(written) if tightness < place else written


def _number(x: float) -> tuple[Tree, int]:
    text = number_text(abs(x), 4)
    return (["mrow", ["mo", "−"], ["mn", text]], SUM) if x < 0 else (["mn", text], ATOM)


def _parenthesized(tree: Tree) -> Tree:
    return ["mrow", ["mo", "("], tree, ["mo", ")"]]


def _operation(operation: Operation, inputs: Sequence[Formula]) -> tuple[Tree, int]:
    if operation is ops.divide:
        return ["mfrac", typeset(inputs[0]), typeset(inputs[1])], PRODUCT
    if operation in _SIGNS:
        tightness, left, right, *_ = INFIX[operation]
        return ["mrow", typeset(inputs[0], left), ["mo", _SIGNS[operation]], typeset(inputs[1], right)], tightness
    if operation is ops.negate:
        return ["mrow", ["mo", "−"], typeset(inputs[0], PRODUCT)], SUM
    if operation in (ops.power, ops.power_of_constant):
        return ["msup", typeset(inputs[0], ATOM), typeset(inputs[1])], POWER
    if operation is ops.exp:
        return ["msup", ["mi", "e"], typeset(inputs[0])], POWER
    if operation is ops.sqrt:
        return ["msqrt", typeset(inputs[0])], ATOM
    if operation is ops.absolute:
        return ["mrow", ["mo", "|"], typeset(inputs[0]), ["mo", "|"]], ATOM
    if operation in COMPARISONS:
        return ["mrow", ["mo", "["], _asked(Symbol("", operation, inputs)), ["mo", "]"]], ATOM
    if operation is ops.where:
        return _choice(*inputs), CHOICE
    if operation is ops.total:
        return _row(_shortened(inputs, PRODUCT), "+"), SUM if len(inputs) > 1 else PRODUCT
    arguments = _row(_shortened(inputs, CHOICE), ",")
    return ["mrow", ["mi", operation.symbol], ["mo", "\u2061"], _parenthesized(arguments)], ATOM


def _row(parts: Sequence[Tree], sign: str) -> Tree:
    row: Tree = ["mrow"]
    for k, part in enumerate(parts):
        row += [["mo", sign], part] if k else [part]
    return row


def _shortened(inputs: Sequence[Formula], place: int) -> list[Tree]:
    if len(inputs) <= _SHOWN:
        return [typeset(x, place) for x in inputs]
    return [*(typeset(x, place) for x in inputs[:3]), ["mo", "…"], typeset(inputs[-1], place)]


def _choice(condition: Formula, a: Formula, b: Formula) -> Tree:
    rows = [
        ["mtr", ["mtd", typeset(a)], ["mtd", ["mtext", "if\u00a0"], _asked(condition)]],
        ["mtr", ["mtd", typeset(b)], ["mtd", ["mtext", "otherwise"]]],
    ]
    return ["mrow", ["mo", "{"], ["mtable", *rows]]


def _asked(condition: Formula) -> Tree:
    if isinstance(condition, Symbol) and condition.operation in COMPARISONS:
        a, b = condition.inputs
        sign = COMPARISONS[condition.operation][0]
        if isinstance(a, float):  # x > 0 reads better than 0 < x
            a, b, sign = b, a, MIRRORED.get(sign, sign)
        return ["mrow", typeset(a, SUM), ["mo", sign], typeset(b, SUM)]
    if isinstance(condition, Symbol) and condition.operation is ops.multiply:
        first, second = condition.inputs
        return ["mrow", _asked(first), ["mtext", "\u00a0and\u00a0"], _asked(second)]
    return ["mrow", typeset(condition, SUM), ["mo", "≠"], ["mn", "0"]]
