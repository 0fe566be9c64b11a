"""The table of operations as JavaScript, so that the page computes as the engine does.

What a primitive computes is written here once, as in `compiling/python_backend.py` for its language. No derivative
is: the rules of the table are applied to symbols, and what they compute is written down.

Entry points: `operation_code`, one entry of the page's table; `table_code`, the whole of it; `formula` and
`derivative_formulas`, the same for people.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from ... import operations as ops
from ...operations import Operation, number
from ...symbolic.symbols import Formula, Symbol, derivatives, expression, text
from ...symbolic.typesetting import Tree, typeset

_EXPONENTIALS = ("exp", "expm1", "log", "log1p", "sqrt", "sinh", "cosh", "tanh")
_ANGLES = ("sin", "cos", "tan", "asin", "acos", "atan")
# Operations that are one expression of JavaScript and use each input once.
EXPRESSIONS = {
    ops.identity: "{0}",
    ops.add: "{0} + {1}",
    ops.subtract: "{0} - {1}",
    ops.multiply: "{0} * {1}",
    ops.divide: "{0} / {1}",
    ops.negate: "-{0}",
    ops.absolute: "Math.abs({0})",
    ops.less: "{0} < {1} ? 1 : 0",
    ops.less_equal: "{0} <= {1} ? 1 : 0",
    ops.equal: "{0} === {1} ? 1 : 0",
    ops.where: "{0} !== 0 ? {1} : {2}",  # nan chooses the first, as in Python
    **{ops.OPERATIONS[name]: f"Math.{name}({{0}})" for name in (*_EXPONENTIALS, *_ANGLES)},
}
# The others are functions; an operation with any number of parents takes an array.
HELPERS = {
    # 1 to any power is 1, as in C; JavaScript says nan for 1 to the power of infinity.
    ops.power: "(a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : Math.pow(a, b))",
    ops.relu: "(x) => (x <= 0 ? 0 : x)",
    ops.maximum: "(a, b) => (a >= b || Number.isNaN(a) ? a : b)",
    ops.minimum: "(a, b) => (a <= b || Number.isNaN(a) ? a : b)",
    ops.total: "(xs) => xs.reduce((total, x) => total + x, 0)",
    ops.logsumexp: (
        "(xs) => {\n"
        "    const largest = xs.reduce((a, b) => (a >= b || Number.isNaN(a) ? a : b));\n"
        "    if (!Number.isFinite(largest)) return largest;\n"
        "    return largest + Math.log(xs.reduce((total, x) => total + Math.exp(x - largest), 0));\n"
        "  }"
    ),
}
PRIMITIVES = {*EXPRESSIONS, *HELPERS, ops.power_of_constant}
MOST_PARENTS = 8  # an operation of the user's with any number of parents is written out for each number up to this


class _Exact(Symbol):
    """A symbol that simplifies nothing: the page must round, overflow and meet nan where the engine does."""

    __slots__ = ()

    @staticmethod
    def _record(operation: Operation, inputs: Sequence[Any]) -> Formula:
        exact = [x if isinstance(x, _Exact) else number(x) for x in inputs]
        if operation in PRIMITIVES:
            return _Exact("", operation, exact)
        made: Formula = (operation.made_of or operation.forward)(*exact)  # one of the user's may take symbols, too
        return made


def operation_code(operation: Operation, n_parents: int) -> str | None:
    """`{forward: …, derivatives: […]}`; None where a function cannot be followed with symbols.

    The functions take the numbers of the parents, those of `derivatives` first the result. With any number of
    parents they take an array of them, and its one derivative the result, this parent, and the array. An operation
    that chooses has `shares`, too, which take the gradient first.

    >>> print(operation_code(ops.tanh, 1))
    {forward: (a) => Math.tanh(a), derivatives: [(y, a) => 1 - (y * y)]}
    """
    shares = ""
    try:
        if operation.arity is None and operation in HELPERS:
            y, x = _Exact("y"), _Exact("x")
            forward = f"(xs) => {_call(operation, 'xs')}"
            rules = [_function("y, x, xs", operation.derivatives(y, x)[0])]
        elif operation.arity is None and n_parents > MOST_PARENTS:
            return None
        else:
            names = "abcdefgh"[:n_parents] if n_parents <= 8 else [f"x{i}" for i in range(n_parents)]
            parents = [_Exact(name) for name in names]
            listed = ", ".join(names)
            forward = _function(listed, _Exact._record(operation, parents))
            found = operation.derivatives(_Exact("y"), *parents)
            if len(found) != n_parents:
                return None
            rules = [_function(f"y, {listed}", rule) for rule in found]
            if operation.shares is not None:
                sent = operation.shares(_Exact("g"), _Exact("y"), *parents)
                shares = f", shares: [{', '.join(_function(f'g, y, {listed}', share) for share in sent)}]"
    except Exception:  # whatever a function that expects floats does with something else
        return None
    return f"{{forward: {forward}, derivatives: [{', '.join(rules)}]{shares}}}"


def table_code(entries: Iterable[tuple[str, str]]) -> str:
    """The declaration of `OPERATIONS` from pairs (name, what `operation_code` gave), with the helpers they call."""
    lines = [f"    [{_string(name)}]: {code}," for name, code in entries]
    used = "\n".join(lines)
    helpers = [
        f"  const {_helper(operation)} = {code};"
        for operation, code in HELPERS.items()
        if f"{_helper(operation)}(" in used
    ]
    # A function around them keeps the helpers' names apart from those of the page, and no prototype those of
    # operations from what every object has.
    return "\n".join(
        ["const OPERATIONS = (() => {", *helpers, "  return {", "    __proto__: null,", used, "  };", "})();", ""]
    )


def formula(operation: Operation, n_parents: int) -> str:
    """The operation on a, b, c for people.

    >>> formula(ops.multiply, 2), formula(ops.relu, 1), formula(ops.total, 9)
    ('a × b', 'relu(a)', 'x₁ + x₂ + …')
    """
    return text(expression(operation, _letters(operation, n_parents)))


def derivative_formulas(operation: Operation, n_parents: int) -> list[str]:
    """The local derivatives for people, "?" where the rule cannot be written as a formula.

    >>> derivative_formulas(ops.divide, 2), derivative_formulas(ops.logsumexp, 5)
    (['1 ÷ b', '−y ÷ b'], ['exp(x − y)'])
    """
    y = Symbol("y")
    if operation.arity is None and operation in HELPERS:
        return [text(derivatives(operation, y, [Symbol("x")])[0])]
    return [text(each) for each in derivatives(operation, y, _letters(operation, n_parents))]


def typeset_formulas(operation: Operation, n_parents: int) -> list[Tree]:
    """The same as `derivative_formulas`, typeset.

    >>> typeset_formulas(ops.log, 1)
    [['mfrac', ['mn', '1'], ['mi', 'a']]]
    """
    y = Symbol("y")
    if operation.arity is None and operation in HELPERS:
        return [typeset(derivatives(operation, y, [Symbol("x")])[0])]
    return [typeset(each) for each in derivatives(operation, y, _letters(operation, n_parents))]


def _letters(operation: Operation, n_parents: int) -> list[Symbol]:
    if operation.arity is None and operation in HELPERS:
        return [Symbol(name) for name in ("x₁", "x₂", "…")]
    return [Symbol("abcdefgh"[i] if i < 8 else f"x{i}") for i in range(n_parents)]


# --- writing ---------------------------------------------------------------------------------------------


def _function(parameters: str, result: Any) -> str:
    """An arrow function; what is used twice in it gets a name."""
    result = result if isinstance(result, _Exact) else number(result)
    uses: Counter[int] = Counter()
    stack = [result]
    while stack:
        x = stack.pop()
        if isinstance(x, _Exact):
            uses[id(x)] += 1
            if uses[id(x)] == 1:
                stack.extend(x.inputs)
    constants: list[str] = []
    names: dict[int, str] = {}

    def written(x: Any) -> str:
        if isinstance(x, float):
            return _number(x)
        if x.operation is None:
            return str(x.name)
        if id(x) in names:
            return names[id(x)]
        code = _call(x.operation, *map(written, x.inputs))
        if uses[id(x)] == 1:
            return code
        names[id(x)] = f"v{len(names) + 1}"
        constants.append(f"const {names[id(x)]} = {code};")
        return names[id(x)]

    code = written(result)
    if not constants:
        return f"({parameters}) => {code}"
    return f"({parameters}) => {{ {' '.join(constants)} return {code}; }}"


def _call(operation: Operation, *inputs: str) -> str:
    if operation in EXPRESSIONS:
        template = EXPRESSIONS[operation]
        return template.format(*(inputs if template.startswith("Math.") else map(_closed, inputs)))
    if operation.arity is None and inputs != ("xs",):
        return f"{_helper(operation)}([{', '.join(inputs)}])"
    return f"{_helper(operation)}({', '.join(inputs)})"


def _closed(code: str) -> str:
    """`code`, in parentheses where an operator beside it could tear it apart."""
    return code if re.fullmatch(r"[\w.]+(\([^()]*\))?", code) else f"({code})"


def _helper(operation: Operation) -> str:
    return "power_" if operation is ops.power_of_constant else f"{operation.name}_"


def _number(x: float) -> str:
    if math.isfinite(x):
        return repr(x).removesuffix(".0")
    return "NaN" if math.isnan(x) else "Infinity" if x > 0 else "-Infinity"


def _string(name: str) -> str:
    import json

    return json.dumps(name).replace("<", "\\u003c")
