"""Expressions that somebody types: arithmetic is computed, all else refused."""

import contextlib
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value
from autograd.drawing.expression import FUNCTIONS, parse_expression

VARIABLES = {"x": 0.5, "y": 2.0}


def value(text, **variables):
    return parse_expression(text, variables or VARIABLES)[0].data


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2*3", 7),
        ("-x**2", -0.25),
        ("2**-1", 0.5),
        ("2**3**2", 512),
        ("(1 - x)/y", 0.25),
        ("+y", 2),
        ("exp(0) + maximum(x, y)", 3),
        ("where(1, x, y)", 0.5),
        ("sin(pi)**2 + cos(pi)**2", 1),
        ("log(e)", 1),
        ("  x\n*\ty ", 1),
        ("1e3 + 1_000", 2000),
        ("max(x, 0) + min(y, 5)", 2.5),
        ("ln(e) + σ(0)", 1.5),
        ("π/pi", 1),
    ],
)
def test_arithmetic(text, expected):
    assert value(text) == pytest.approx(expected)


def test_variables_become_values_with_gradients():
    result, values = parse_expression("tanh(w*x + b)", {"w": 2.0, "x": 0.5, "b": 1.0})
    result.backward()
    assert {name: v.label for name, v in values.items()} == {"w": "w", "x": "x", "b": "b"}
    assert values["w"].grad == pytest.approx(0.5 * (1 - math.tanh(2) ** 2))


def test_numbers_are_constants_and_a_power_of_a_number_is_no_power_of_a_variable():
    result, values = parse_expression("x**2", {"x": -3.0})
    result.backward()
    assert values["x"].grad == -6
    assert result._op == "**2"


def test_every_function_is_known_with_its_number_of_arguments():
    for name, (_, arity) in FUNCTIONS.items():
        assert math.isfinite(value(f"{name}({', '.join(['0.5'] * arity)})"))


def test_a_variable_may_be_called_as_a_constant():
    assert value("e + 1", e=5.0) == 6


def test_huge_powers_and_numbers_are_harmless():
    assert value("9**9**9**9") == math.inf
    assert value("x**9**9**9", x=2.0) == math.inf
    with pytest.raises(ValueError, match="too large for a float"):
        value("1" + "0" * 400)


def test_long_sums_are_not_nested_too_deeply():
    assert value("x" + "+x" * 400, x=1.0) == 401


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the expression is empty"),
        ("x.real", "an attribute .* is not part of an expression"),
        ("x[0]", "an index in brackets"),
        ("lambda: 1", "a lambda"),
        ("'x'", "a str is not part"),
        ("f'{x}'", "a string is not part"),
        ("True", "a bool is not part"),
        ("3j", "a complex is not part"),
        ("...", "a ellipsis is not part"),
        ("x, y", "a comma"),
        ("[x]", "a list"),
        ("x if y else 2", "is not part of an expression"),
        ("(x := 2)", "is not part of an expression"),
        ("not x", "is not part of an expression"),
        ("[y for y in x]", "is not part of an expression"),
        ("x < y", "a comparison has no derivative"),
        ("where(x == y, x, y)", "a comparison is written with <, <=, > or >="),
        ("where(0 < x < y, x, y)", "a comparison is written with <, <=, > or >= between two numbers"),
        ("x ^ 2", r"the operators are \+ - \* / and \*\*, not \^"),
        ("x // 2", "the operators are"),
        ("2(x)", r"a product is written with \*"),
        ("x.exp()", "only functions can be called"),
        ("__import__('os')", "there is no function '__import__'"),
        ("tahn(x)", "did you mean tanh?"),
        ("maxium(x, y)", "did you mean maximum?"),
        ("2x + 1", r"a product is written with \*: 2\*x\n  2x"),
        ("1 + 0.5 x", r"a product is written with \*: 0\.5\*x"),
        ("3sin(x)", r"3\*sin"),
        ("2 if", "invalid syntax"),
        ("exp(x, y)", "exp takes 1 argument, got 2"),
        ("maximum(x)", "maximum takes 2 arguments, got 1"),
        ("exp(*x)", "without names or stars"),
        ("exp(x=1)", "without names or stars"),
        ("exp + 1", r"exp is a function: write exp\(…\)"),
        ("z + 1", "z has no value: write z=2 after the expression; known are x, y, pi, π, e"),
        ("x\0", "a NUL character is in it\n  x\ufffd\n   \\^"),
        ("x + \udcff", "a byte that is not UTF-8 is in it\n  x \\+ \ufffd\n      \\^"),
        ("x" * 3000, "3,000 characters; at most 2,000"),
        ("(" * 900 + "x" + ")" * 900, "nested"),
    ],
)
def test_all_else_is_refused_with_a_reason(text, message):
    with pytest.raises(ValueError, match=message):
        value(text)


@pytest.mark.parametrize(
    ("text", "column"), [("x + z", 4), ("x + * y", 4), ("é + z", 4), ("x" + " + x" * 30 + " + z", 124)]
)
def test_the_place_is_pointed_at(text, column):
    with pytest.raises(ValueError, match=r"\^") as error:
        parse_expression(text, {"x": 1.0, "é": 1.0})
    _, line, pointer = str(error.value).split("\n")
    assert line[pointer.index("^")] == text[column]


@settings(max_examples=300)
@given(st.text("xy01.e+-*/()[]{}<>=,:'\"\\ \n#@&|~%!éλ\0\ud800", max_size=30))
def test_any_text_gives_a_value_or_a_value_error(text):
    with contextlib.suppress(ValueError):
        assert isinstance(parse_expression(text, VARIABLES)[0], Value)


@pytest.mark.parametrize(
    ("condition", "holds"), [("x < 2", True), ("x > 2", False), ("2 <= x", False), ("1 >= x", True)]
)
def test_a_condition_chooses_and_is_a_node(condition, holds):
    y, values = parse_expression(f"where({condition}, x*x, -x)", {"x": 1.0})
    y.backward()
    assert (y.data, values["x"].grad) == ((1.0, 2.0) if holds else (-1.0, -1.0))
    assert y.parents[0].op.name in ("less", "less_equal")
