"""An arithmetic expression, as you would type it, becomes a graph. Nothing is ever evaluated as Python code.

Python's own parser reads the text; of its syntax tree only numbers, names, arithmetic and calls of the functions
below are accepted. Everything is computed with floats, never with Python's unlimited integers, so that `9**9**9` is
`inf` and not an hour of work.

Entry points: `parse_expression`; `FUNCTIONS`, `ALIASES` and `CONSTANTS`, the names it knows.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Mapping
from keyword import iskeyword
from typing import Any

from .. import functions
from .. import operations as ops
from ..value import Value

LONGEST = 2000  # characters

CONSTANTS = {"pi": math.pi, "π": math.pi, "e": math.e}

# Each function with the number of its arguments.
FUNCTIONS: dict[str, tuple[Callable[..., Any], int]] = {
    **{
        name: (getattr(functions, name), 1)
        for name in (
            *("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan"),
            *("sinh", "cosh", "tanh", "sigmoid", "softplus", "relu"),
        )
    },
    "abs": (ops.absolute, 1),
    "maximum": (functions.maximum, 2),
    "minimum": (functions.minimum, 2),
    "where": (functions.where, 3),
}

# The same, by the names that Python, calculators and textbooks use.
ALIASES = {"max": "maximum", "min": "minimum", "ln": "log", "σ": "sigmoid"}
FUNCTIONS |= {alias: FUNCTIONS[name] for alias, name in ALIASES.items()}

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: ops.add,
    ast.Sub: ops.subtract,
    ast.Mult: ops.multiply,
    ast.Div: ops.divide,
    ast.Pow: lambda a, b: (ops.power if isinstance(b, Value) else ops.power_of_constant)(a, b),
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Lt: ops.less,
    ast.LtE: ops.less_equal,
    ast.Gt: lambda a, b: ops.less(b, a),
    ast.GtE: lambda a, b: ops.less_equal(b, a),
}
_UNREADABLE = re.compile("[\0\ud800-\udfff]")  # the latter is how Python passes on bytes of the command line
_PRODUCT = re.compile(r"(?<![\w.])(\d+\.?\d*|\.\d+)\s*([^\W\d]\w*)")
_UNARY: dict[type[ast.unaryop], Callable[[Any], Any]] = {ast.UAdd: lambda x: x, ast.USub: ops.negate}


def parse_expression(text: str, variables: Mapping[str, float]) -> tuple[Value, dict[str, Value]]:
    """The graph of the expression `text`, and the Values made for the `variables`, by name.

    Raises: ValueError, which says what is wrong and where, for everything that is not arithmetic.

    >>> y, values = parse_expression("tanh(w*x + b)", {"w": 2.0, "x": 0.5, "b": -1.0})
    >>> y.backward()
    >>> y.data, values["w"].grad
    (0.0, 0.5)
    """
    text = " ".join(text.split())
    tree = _parsed(text)
    if isinstance(tree, ast.Compare):
        raise _error(
            tree, text, "a comparison has no derivative: it chooses between numbers, as in where(x > 0, x, -x)"
        )
    values = {name: Value(x, name) for name, x in variables.items()}
    # Reversed, a list with each expression before its parts has the parts first. A stack instead of recursion, as
    # a sum of many terms is nested deeply.
    order, stack = [], [tree]
    while stack:
        node = stack.pop()
        order.append(node)
        stack.extend(_parts(node, text))
    results: dict[ast.expr, Any] = {}
    for node in reversed(order):
        results[node] = _computed(node, results, values, text)
    result = results[tree]
    return (result if isinstance(result, Value) else Value(result)), values


def _parsed(text: str) -> ast.expr:
    if not text:
        raise ValueError("the expression is empty; write for example: w*x + b")
    if len(text) > LONGEST:
        raise ValueError(f"the expression has {len(text):,} characters; at most {LONGEST:,} are read")
    wrong = _UNREADABLE.search(text)
    if wrong:
        what = "a NUL character" if wrong[0] == "\0" else "a byte that is not UTF-8"
        # Shown as what every terminal can print.
        raise ValueError(
            _pointing(_UNREADABLE.sub("\N{REPLACEMENT CHARACTER}", text), wrong.start(), f"{what} is in it")
        )
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError as error:
        product = _PRODUCT.search(text)
        if product and not iskeyword(product[2]):
            number, name = product.groups()
            hint = f"a product is written with *: {number}*{name}"
            raise ValueError(_pointing(text, product.start(2), hint)) from None
        raise ValueError(_pointing(text, (error.offset or 1) - 1, error.msg)) from None
    except (RecursionError, MemoryError):
        raise ValueError("the expression is nested too deeply") from None


def _parts(node: ast.expr, text: str) -> list[ast.expr]:
    """The expressions that `node` is computed from; an error if `node` is not arithmetic."""
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return [node.left, node.right]
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        return [node.operand]
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARE:
        return [node.left, node.comparators[0]]
    if isinstance(node, ast.Call):
        return _arguments(node, text)
    if isinstance(node, ast.Name) or (isinstance(node, ast.Constant) and type(node.value) in (int, float)):
        return []
    raise _refusal(node, text)


def _arguments(node: ast.Call, text: str) -> list[ast.expr]:
    if not isinstance(node.func, ast.Name):
        raise _error(
            node, text, "only functions can be called, by their names; a product is written with *, as in 2*(x + 1)"
        )
    name = node.func.id
    if name not in FUNCTIONS:
        raise _error(
            node, text, f"there is no function {name!r}{_suggestion(name)}. Known are {', '.join(sorted(FUNCTIONS))}"
        )
    starred = [x for x in node.args if isinstance(x, ast.Starred)]
    if node.keywords or starred:
        raise _error(
            node, text, f"the arguments of {name} are expressions, one after the other, without names or stars"
        )
    arity = FUNCTIONS[name][1]
    if len(node.args) != arity:
        raise _error(node, text, f"{name} takes {arity} argument{'s' * (arity > 1)}, got {len(node.args)}")
    return node.args


def _computed(node: ast.expr, results: dict[ast.expr, Any], values: dict[str, Value], text: str) -> Any:
    """The number or Value of `node`, whose parts have been computed."""
    if isinstance(node, ast.BinOp):
        return _BINARY[type(node.op)](results[node.left], results[node.right])
    if isinstance(node, ast.UnaryOp):
        return _UNARY[type(node.op)](results[node.operand])
    if isinstance(node, ast.Compare):
        return _COMPARE[type(node.ops[0])](results[node.left], results[node.comparators[0]])
    if isinstance(node, ast.Call):
        assert isinstance(node.func, ast.Name)
        return FUNCTIONS[node.func.id][0](*[results[x] for x in node.args])
    if isinstance(node, ast.Name):
        return _named(node, values, text)
    assert isinstance(node, ast.Constant)
    return ops.number(node.value)


def _named(node: ast.Name, values: dict[str, Value], text: str) -> Value | float:
    name = node.id
    if name in values:
        return values[name]
    if name in CONSTANTS:
        return CONSTANTS[name]
    if name in FUNCTIONS:
        raise _error(node, text, f"{name} is a function: write {name}(…)")
    known = ", ".join([*values, *CONSTANTS])
    raise _error(node, text, f"{name} has no value: write {name}=2 after the expression; known are {known}")


def _suggestion(name: str) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, FUNCTIONS, n=1)
    return f": did you mean {close[0]}?" if close else ""


def _refusal(node: ast.expr, text: str) -> ValueError:
    if isinstance(node, ast.BinOp):
        return _error(
            node, text, "the operators are + - * / and **" + (", not ^" if isinstance(node.op, ast.BitXor) else "")
        )
    if isinstance(node, ast.Compare):
        return _error(
            node, text, "a comparison is written with <, <=, > or >= between two numbers, as in where(x > 0, x, -x)"
        )
    what = {
        ast.Attribute: "an attribute (a dot after a name)",
        ast.Subscript: "an index in brackets",
        ast.Lambda: "a lambda",
        ast.Constant: f"a {type(getattr(node, 'value', None)).__name__}",
        ast.JoinedStr: "a string",
        ast.Tuple: "a comma",
        ast.List: "a list",
    }.get(type(node), "this")
    return _error(node, text, f"{what} is not part of an expression: use numbers, names, + - * / ** and functions")


def _error(node: ast.expr, text: str, message: str) -> ValueError:
    # Python counts the bytes of a line, a reader its characters.
    column = len(text.encode("utf-8", "replace")[: node.col_offset].decode("utf-8", "replace"))
    return ValueError(_pointing(text, column, message))


def _pointing(text: str, column: int, message: str) -> str:
    """`message` above the place in `text` that it is about."""
    start = max(0, column - 50)
    return f"{message}\n  {text[start : start + 78]}\n  {' ' * (column - start)}^"
