"""gradcheck: the published table, planted mistakes, kinks, and what it must leave untouched."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

import autograd
from autograd import Value, WrongGradientError, gradcheck, gradcheck_nodes, operation
from autograd.operations import BUILT_IN, OPERATIONS, Operation

PUBLISHED = Path(__file__).parents[1] / "data" / "gradient-check-38.csv"


@pytest.fixture
def wrong_sine():
    yield operation("wrong_sine", "sin", math.sin, lambda y, x: (y,))
    del OPERATIONS["wrong_sine"]


# --- the published table: 38 rows, two columns, nine digits ---------------------------------------------


def sines(rows, columns):
    """sin(1), sin(2), … divided by 10, row by row."""
    return [[math.sin(i * columns + j + 1) / 10 for j in range(columns)] for i in range(rows)]


def weights(name, rows, columns):
    """Nodes for a matrix whose column 0 holds the biases, which are 0."""
    return [
        [Value(0.0 if j == 0 else x, f"{name}[{i}][{j}]") for j, x in enumerate(row)]
        for i, row in enumerate(sines(rows, columns))
    ]


def layer(theta, inputs):
    """σ(bias + Σ w·x) of each unit. σ is written out: the numerical column shows the rounding of each operation."""
    outputs = []
    for row in theta:
        z = row[0]
        for w, x in zip(row[1:], inputs, strict=True):
            z = z + w * x
        outputs.append(1 / (1 + (-z).exp()))
    return outputs


def sum_of_15(terms):
    """The order in which NumPy adds 15 numbers: eight at once, in pairs, then the rest."""
    r = terms[:8]
    total = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]))
    for term in terms[8:]:
        total = total + term
    return total


def published_network():
    """(parameters by name, the cost as a function without arguments)."""
    theta1, theta2, samples = weights("Theta1", 5, 4), weights("Theta2", 3, 6), sines(5, 3)
    labels = [1 + k % 3 for k in range(1, 6)]
    targets = [[1.0 if k == label else 0.0 for k in range(3)] for label in labels]  # label 3: all zero

    def cost():
        errors = [
            (h - y) ** 2
            for x, target in zip(samples, targets, strict=True)
            for h, y in zip(layer(theta2, layer(theta1, x)), target, strict=True)
        ]
        return 1 / (2 * 5) * sum_of_15(errors)

    return {w.label: w for theta in (theta1, theta2) for row in theta for w in row}, cost


def test_the_published_table_to_all_printed_digits():
    published = list(csv.DictReader(PUBLISHED.read_text().splitlines()))
    parameters, cost = published_network()
    result = gradcheck(cost, parameters=parameters, step=1e-4)
    assert len(result) == len(published) == 38
    assert result.ok
    for row, expected in zip(result, published, strict=True):
        assert row.name == expected["parameter"]
        assert f"{row.numerical:.8e}" == expected["numerical"]
        assert f"{row.analytic:.8e}" == expected["backpropagation"]
    lines = str(result).splitlines()
    assert lines[0].split() == ["name", "analytic", "numerical", "relative", "error", "verdict"]
    assert lines[1].split()[:3] == ["Theta1[0][0]", "5.16628041e-03", "5.16628040e-03"]
    assert lines[-1] == "38 of 38 derivatives agree"


def test_richardson_gives_the_analytic_column_to_more_digits():
    parameters, cost = published_network()
    central = gradcheck(cost, parameters=parameters, step=1e-4)
    richardson = gradcheck(cost, parameters=parameters, method="richardson", step=0.02)
    assert max(row.error for row in central) > 1e-8
    assert max(row.error for row in richardson) < 2e-9


# --- what it finds --------------------------------------------------------------------------------------


def test_a_planted_wrong_rule_is_found_and_named(wrong_sine):
    result = gradcheck(lambda x, y: (wrong_sine(x * y) + x.tanh()).exp(), 0.4, 0.9)
    assert not result.ok
    assert [row.name for row in result.wrong] == ["x", "y"]
    assert result.culprits == ["wrong_sine"]
    with pytest.raises(WrongGradientError, match="2 of 2 derivatives are wrong: the derivative rule of wrong_sine is"):
        result.raise_if_wrong()
    gradcheck(lambda x: x.sin(), 0.4).raise_if_wrong()


@pytest.mark.parametrize("claimed", [math.inf, -math.inf, math.nan])
def test_a_derivative_that_is_not_finite_is_wrong_where_the_function_is_smooth(claimed):
    w = Value(3.0, "w")
    (row,) = gradcheck(lambda: w**2, parameters=[w], analytic={"w": claimed})
    assert row.verdict == "wrong"
    assert row.note == "the function is finite here, its analytic derivative is not"
    assert row.error == math.inf
    planted = Operation("planted", "?", lambda x: x * x, lambda y, x: (claimed * x,))
    assert gradcheck_nodes(planted(w)).culprits == ["planted"]


@pytest.mark.parametrize("factor", [1.001, 0.5, -1.0, 0.0])
@pytest.mark.parametrize("name", sorted(BUILT_IN - {"less", "less_equal", "equal", "where"}))
def test_every_rule_is_right_and_a_planted_factor_is_seen(name, factor):
    entry = OPERATIONS[name]
    point = {"acos": [0.4], "asin": [0.4]}.get(name, [1.3, 0.7, -0.4][: entry.arity or 3])
    if name == "power_of_constant":
        right, xs = (lambda x: x**2.5), point[:1]
    else:
        right, xs = entry, point
    assert gradcheck(right, *xs).ok
    planted = Operation("planted", "?", entry.forward, entry.derivatives)
    planted.arity = entry.arity
    planted.derivatives = lambda *nodes: tuple(factor * d for d in entry.derivatives(*nodes))
    nodes = [Value(x) if i == 0 or name != "power_of_constant" else autograd.Constant(x) for i, x in enumerate(point)]
    result = gradcheck_nodes(planted(*nodes))
    moves = [d for d in entry.derivatives(entry.forward(*point), *point) if d != 0.0]
    assert moves
    assert len(result.wrong) == len(moves)
    assert result.culprits == ["planted"]


def test_a_check_is_true_where_all_derivatives_agree_and_false_where_one_is_wrong(wrong_sine):
    assert gradcheck(lambda x, y: x * y, 0.4, 2.0)
    assert gradcheck(lambda x: x.relu(), 0.0)  # a kink is no mistake
    result = gradcheck(lambda x, y: wrong_sine(x) * y, 0.4, 2.0)
    assert not result
    assert len(result) == 2
    assert not result["x"]
    assert result["y"]
    assert not gradcheck_nodes(wrong_sine(Value(0.4)))
    assert gradcheck_nodes(Value(0.4).sin())


def test_a_check_of_nothing_is_refused():
    with pytest.raises(ValueError, match="nothing to check: the arguments of f hold no number"):
        gradcheck(lambda xs: Value(1.0), [])
    with pytest.raises(ValueError, match="nothing to check: `parameters` holds no number"):
        gradcheck(lambda: Value(1.0), parameters=[])


def test_derivatives_of_ones_own_are_checked():
    w = Value(3.0, "w")
    assert gradcheck(lambda: w**2, parameters=[w], analytic={"w": 6.0}).ok
    wrong = gradcheck(lambda: w**2, parameters=[w], analytic={"w": 5.0})
    assert [row.name for row in wrong.wrong] == ["w"]
    assert wrong.culprits == []  # the mistake is not the engine's
    with pytest.raises(ValueError, match="`analytic` lacks a derivative for w"):
        gradcheck(lambda: w**2, parameters=[w], analytic={"v": 5.0})


def test_gradcheck_nodes_names_edges(wrong_sine):
    x = Value(0.7, "x")
    y = x * x + wrong_sine(x)
    result = gradcheck_nodes(y)
    assert [row.name for row in result] == [
        "multiply by x",
        "multiply by x",
        "wrong_sine by x",
        "add by multiply",
        "add by wrong_sine",
    ]
    assert [row.name for row in result.wrong] == ["wrong_sine by x"]
    assert result.wrong[0].node is y.parents[1]


# --- how it looks ---------------------------------------------------------------------------------------


def test_it_shows_in_a_notebook():
    x = Value(0.0, "<x>")
    page = gradcheck(lambda: x.relu(), parameters=[x])._repr_html_()
    assert page.startswith("<table><thead><tr><th")
    assert "&lt;x&gt;" in page
    assert "<x>" not in page
    assert "kink (no derivative here: slope 0 to the left, 1 to the right)" in page


def test_of_many_rows_the_most_suspicious_are_shown(wrong_sine):
    f = lambda xs: autograd.sum([x * x for x in xs[:-1]]) + wrong_sine(xs[-1])  # noqa: E731
    lines = str(gradcheck(f, [0.1 * i for i in range(100)])).splitlines()
    assert len(lines) == 63
    assert lines[1].startswith("xs[99]")
    assert lines[1].endswith("wrong")
    assert lines[-2] == "… and 40 more with smaller errors"


# --- bad input ------------------------------------------------------------------------------------------


def test_bad_input_is_explained():
    w = Value(1.0)
    with pytest.raises(TypeError, match=r"one number, got a list of 2; check one entry at a time"):
        gradcheck(lambda x: [x, x], 1.0)
    with pytest.raises(TypeError, match=r"gradcheck needs numbers to differentiate by"):
        gradcheck(lambda: w)
    for graph in (w * w, "w * w"):
        with pytest.raises(TypeError, match=r"gradcheck takes a function, got .*checked by gradcheck_nodes\(loss\)"):
            gradcheck(graph, 1.0)
    with pytest.raises(TypeError, match=r"the parameter parameters\[0\] is the result of multiply: give leaves"):
        gradcheck(lambda: w, parameters=[w * w])
    with pytest.raises(ValueError, match="unknown method 'complex'; choose one of central, richardson"):
        gradcheck(lambda x: x, 1.0, method="complex")
    with pytest.raises(ValueError, match="a step is a positive number, as 1e-4, got 0"):
        gradcheck(lambda x: x, 1.0, step=0)
    with pytest.raises(ValueError, match="the step 1e-30 is too small"):
        gradcheck(lambda x: x, 1.0, step=1e-30)
    with pytest.raises(ValueError, match="argnums=2 is out of range"):
        gradcheck(lambda x: x, 1.0, argnums=2)


def test_a_random_function_is_refused():
    numbers = iter(range(100))
    with pytest.raises(ValueError, match=r"gives 2\.0 and then 3\.0 for the same input.*take randomness out"):
        gradcheck(lambda x: x + next(numbers), 1.0)
