"""Formulas are made by the rules of the table, mean the same numbers, and are written as one writes them."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import OPERATIONS, functions, operation
from autograd import operations as ops
from autograd.symbolic.notation import name_latex, number_latex, number_text
from autograd.symbolic.symbols import Symbol, derivatives, expression, latex, text

A, B, C, X, Y = (Symbol(name) for name in "abcxy")

WRITTEN = {  # each derivative as a textbook would print it
    "add": ["1", "1"],
    "subtract": ["1", "-1"],
    "multiply": ["b", "a"],
    "divide": ["1 ÷ b", "−y ÷ b"],
    "negate": ["-1"],
    "power": ["0 where b = 0, else b × a^(b − 1)", "0 where a = 0 and b ≥ 0, else y × log(a)"],
    "exp": ["y"],
    "expm1": ["y + 1"],
    "log": ["1 ÷ a"],
    "log1p": ["1 ÷ (1 + a)"],
    "sqrt": ["1 ÷ (2 × y)"],
    "sin": ["cos(a)"],
    "cos": ["−sin(a)"],
    "tan": ["1 + y²"],
    "asin": ["1 ÷ sqrt(1 − a²)"],
    "acos": ["−1 ÷ sqrt(1 − a²)"],
    "atan": ["1 ÷ (1 + a²)"],
    "sinh": ["cosh(a)"],
    "cosh": ["sinh(a)"],
    "tanh": ["1 − y²"],
    "sigmoid": ["y × (1 − y)"],
    "softplus": ["sigmoid(a)"],
    "less": ["0", "0"],
    "where": ["0", "1 where a ≠ 0, else 0", "0 where a ≠ 0, else 1"],
    "relu": ["0 where a ≤ 0, else 1"],
    "abs": ["[a > 0] − [a < 0]"],
    "maximum": ["0 where a < b, else (0.5 where a = b, else 1)", "0 where b < a, else (0.5 where a = b, else 1)"],
    "sum": ["1", "1", "1"],
    "logsumexp": ["exp(a − y)", "exp(b − y)", "exp(c − y)"],
}


def inputs_of(each):
    return [A, B, C][: each.arity or 3]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_derivative_is_written_as_in_a_textbook(name):
    assert [text(f) for f in derivatives(OPERATIONS[name], Y, inputs_of(OPERATIONS[name]))] == WRITTEN[name]


def test_an_exponent_that_is_a_number_is_put_in():
    assert text(derivatives(ops.power_of_constant, Y, [X, 2.0])[0]) == "2 × x"
    assert text(derivatives(ops.power_of_constant, Y, [X, 3.0])[0]) == "3 × x²"
    assert text(derivatives(ops.power_of_constant, Y, [X, -1.0])[0]) == "−x⁻²"
    assert text(derivatives(ops.power_of_constant, Y, [X, 0.0])[0]) == "0"


def evaluate(formula, numbers):
    """The number of a formula, by the forward functions of the table."""
    if isinstance(formula, float):
        return formula
    if formula.operation is None:
        return numbers[formula.name]
    return formula.operation.forward(*[evaluate(x, numbers) for x in formula.inputs])


@pytest.mark.parametrize("name", sorted(ops.BUILT_IN))
@pytest.mark.parametrize("point", [(0.3, 0.7, -0.4), (0.5, 0.5, 0.5), (-0.6, 2.0, 0.0), (0.0, 1.0, 0.9)])
def test_a_formula_means_the_number_of_the_rule(name, point):
    each = OPERATIONS[name]
    xs = point[: each.arity or 3]
    y = each.forward(*xs)
    numbers = dict(zip("abcy", (*xs, *([0.0] * (3 - len(xs))), y), strict=True))
    for formula, number in zip(derivatives(each, Y, inputs_of(each)), each.derivatives(y, *xs), strict=True):
        assert formula is not None
        assert evaluate(formula, numbers) == pytest.approx(number, rel=1e-15, nan_ok=True)


def test_every_built_in_rule_can_be_followed_with_symbols():
    for each in map(OPERATIONS.get, ops.BUILT_IN):
        assert all(formula is not None for formula in derivatives(each, Y, inputs_of(each))), each


@pytest.mark.parametrize(
    "rule",
    [
        lambda y, x: (1.0 if x > 0 else 0.0,),
        lambda y, x: (1.0 if x == 0 else 0.0,),
        lambda y, x: (1.0 if x else 0.0,),
        lambda y, x: (math.exp(x),),
        lambda y, x: ("one",),
    ],
)
def test_a_rule_that_asks_for_a_number_has_no_formula(rule):
    branching = operation("branching", "branching", lambda x: x, rule)
    assert derivatives(branching, Y, [X]) == (None,)
    assert text(None) == "?"


def test_an_operation_of_your_own_is_written_by_its_symbol_or_its_latex():
    plain = operation("soft_step", "soft_step", lambda x: x, lambda y, x: (2.0 * x,))
    assert text(expression(plain, [X])) == "soft_step(x)"
    assert latex(expression(plain, [X])) == r"\operatorname{soft\_step}(x)"
    dressed = operation("floor_of", "floor", lambda x: x, lambda y, x: (0.0,), r"\lfloor %s \rfloor")
    assert latex(expression(dressed, [A + 1])) == r"\lfloor a + 1 \rfloor"


@pytest.mark.parametrize(
    ("formula", "in_text", "in_latex"),
    [
        (A + B - (A - B), "a + b − (a − b)", "a + b - (a - b)"),
        ((A + B) * C, "(a + b) × c", r"(a + b) \cdot c"),
        (A * (B * C), "a × b × c", r"a \cdot b \cdot c"),
        (A / (B * C), "a ÷ (b × c)", r"\frac{a}{b \cdot c}"),
        (A / B / C, "a ÷ b ÷ c", r"\frac{\frac{a}{b}}{c}"),
        ((A / B) ** 2, "(a ÷ b)²", r"\left(\frac{a}{b}\right)^{2}"),
        ((-A) ** 2, "(−a)²", "(-a)^{2}"),
        (-(A + B), "−(a + b)", "-(a + b)"),
        (A**B**C, "a^(b^c)", "a^{b^{c}}"),
        ((A**B) ** C, "(a^b)^c", "(a^{b})^{c}"),
        (A**0.5, "a^0.5", "a^{0.5}"),
        (2**A, "2^a", "2^{a}"),
        (abs(A - 1), "abs(a − 1)", r"\left\lvert a - 1\right\rvert"),
        (ops.exp(A) ** 2, "exp(a)²", "(e^{a})^{2}"),
        (ops.less(A, B) * C, "[a < b] × c", r"[a \lt b] \cdot c"),
        (C * ops.where(A, B, 0.0), "c × (b where a ≠ 0, else 0)", None),
        (ops.total(A, -B, 3.0), "a + (−b) + 3", "a + (-b) + 3"),
        (expression(ops.add, [A, -2.0]), "a + (-2)", "a + (-2)"),
        (expression(ops.multiply, [1e-7, A]), "1e-07 × a", r"10^{-7} \cdot a"),
    ],
)
def test_parentheses_stand_where_they_are_needed(formula, in_text, in_latex):
    assert text(formula) == in_text
    if in_latex is not None:
        assert latex(formula) == in_latex


def test_what_is_simplified():
    assert [text(f) for f in (0 + A, A + 0, A - 0, 0 - A, 1 * A, A * 1, A / 1, A**1)] == ["a"] * 3 + ["−a"] + ["a"] * 4
    assert [A * 0, 0 / A, A**0] == [0.0, 0.0, 1.0]
    assert [text(f) for f in (-1 * A, A * -1, A + -B, A - -B)] == ["−a", "−a", "a − b", "a + b"]
    assert text(ops.negate(ops.negate(A))) == "a"
    assert [text(f) for f in (A * A, A * 3, -A / B, -2 / A)] == ["a²", "3 × a", "−a ÷ b", "−2 ÷ a"]
    assert [text(f) for f in (1 - ops.less(A, B), 1 - ops.less_equal(A, 0.0))] == ["[b ≤ a]", "[a > 0]"]


def test_an_expression_is_not_simplified():
    assert text(expression(ops.multiply, [X, X])) == "x × x"
    assert text(expression(ops.add, [X, 0.0])) == "x + 0"


formulas = st.recursive(
    st.sampled_from([A, B, C]) | st.sampled_from([1.0, 2.0, -1.0, 0.5, 3.0]),
    lambda inner: st.tuples(st.sampled_from("+-*/~^s"), inner, inner),
    max_leaves=8,
)


def built(tree, sample):
    """The formula and the number of a tree of operators."""
    if isinstance(tree, Symbol):
        return tree, sample[tree.name]
    if isinstance(tree, float):
        return tree, tree
    sign, left, right = tree
    (f, x), (g, y) = built(left, sample), built(right, sample)
    table = {
        "+": (ops.add, (f, g), (x, y)),
        "-": (ops.subtract, (f, g), (x, y)),
        "*": (ops.multiply, (f, g), (x, y)),
        "/": (ops.divide, (f, g), (x, y)),
        "~": (ops.negate, (f,), (x,)),
        "^": (ops.power_of_constant, (f, 2.0), (x, 2.0)),
        "s": (ops.sin, (f,), (x,)),
    }
    each, symbols, numbers = table[sign]
    return each(*symbols), each.forward(*numbers)


@given(formulas)
@settings(max_examples=300, deadline=None)
def test_the_text_read_as_arithmetic_is_the_number(tree):
    sample = {"a": 0.7310, "b": -1.3700, "c": 2.1130}
    formula, number = built(tree, sample)
    written = text(formula).replace("×", "*").replace("÷", "/").replace("−", "-").replace("²", "**2").replace("^", "**")
    if math.isfinite(number) and abs(number) < 1e6 and "inf" not in written and "nan" not in written:
        with_names = {"sin": functions.sin, **sample}
        try:
            read = eval(written, {"__builtins__": {}}, with_names)
        except ZeroDivisionError:  # 1/(a - a), which need not be simplified
            return
        assert read == pytest.approx(number, rel=1e-6, abs=1e-6)


def test_numbers():
    assert [number_text(x) for x in (2.0, -0.5, 1e22, math.inf)] == ["2", "-0.5", "1e+22", "inf"]
    assert number_text(1 / 3, 3) == "0.333"
    assert number_text(-0.0, 3) == "0"
    assert [number_latex(x) for x in (2.0, 1.5e-9, 1e22, -math.inf)] == [
        "2",
        r"1.5 \cdot 10^{-9}",
        "10^{22}",
        r"-\infty",
    ]
    assert number_latex(math.nan) == r"\mathrm{nan}"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("x", "x"),
        ("x1", "x_{1}"),
        ("w_12", "w_{12}"),
        ("w_k", "w_{k}"),
        ("σ", "σ"),
        ("delta2", r"\delta_{2}"),
        ("ŷ", r"\hat{y}"),
        ("loss", r"\mathrm{loss}"),
        ("W1[0][1]", r"\text{W1[0][1]}"),
        ("50 %", r"\text{50 \%}"),
        ("a<b|c", r"\text{a}\lt\text{b}\vert\text{c}"),
        ("\\input{x}", r"\text{}\backslash\text{input\{x\}}"),
        ("a$b", r"\text{a}\$\text{b}"),
    ],
)
def test_names_in_latex(name, written):
    assert name_latex(name) == written
    assert len(re.findall(r"(?<!\\)\{", written)) == len(re.findall(r"(?<!\\)\}", written))


def test_many_inputs_are_shortened():
    symbols = [Symbol(f"x{i}") for i in range(100)]
    assert text(ops.total(*symbols)) == "x0 + x1 + x2 + … + x99"
    assert latex(ops.logsumexp(*symbols)) == r"\operatorname{logsumexp}(x_{0}, x_{1}, x_{2}, \cdots, x_{99})"


def test_a_symbol_has_no_truth_and_no_equality():
    with pytest.raises(TypeError, match=r"autograd\.where"):
        bool(X)
    with pytest.raises(TypeError, match=r"autograd\.where"):
        assert X == 0
    assert str(X + 1) == "x + 1"
    assert repr(X + 1) == "<formula x + 1>"
    assert (X + 1)._repr_latex_() == "$x + 1$"
