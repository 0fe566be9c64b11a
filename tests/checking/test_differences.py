"""Numerical derivatives: no false alarm, no mistake that hides behind rounding, kinks that are said."""

from __future__ import annotations

import math

import pytest

import autograd
from autograd import OPERATIONS, Value, gradcheck
from autograd.checking.differences import Difference, moving


@pytest.mark.parametrize(
    ("f", "x"),
    [
        (autograd.cos, 0.0),  # the derivative is 0
        (lambda x: 1e6 * x**3 + x**5, 0.0),  # and is cut off
        (lambda x: 1e6 + 1e-3 * x, 2.0),  # the difference cancels
        (autograd.log, 1e-6),  # the usual step leaves the domain
        (lambda x: 1 / x, 1e-9),  # a pole within the step
        (lambda x: x.relu(), 1e-7),  # a kink within the step
        (lambda x: (100.0 * x).exp(), 0.5),
        (lambda x: x * x, 1e-200),
        (lambda x: x * x, 1e100),
        (lambda x: (-x).exp(), 30.0),
        (lambda x: 3.0, 1.0),
    ],
)
def test_no_false_alarm(f, x):
    result = gradcheck(f, x)
    assert [row.verdict for row in result] == ["ok"], str(result)


def test_no_wrong_derivative_hides_behind_rounding():
    w = Value(2.0, "w")
    assert not gradcheck(lambda: 1e4 + 1e-3 * w, parameters=[w], analytic={"w": 1.01e-3}).ok
    w.data = 0.0
    assert not gradcheck(lambda: w.cos(), parameters=[w], analytic={"w": 1e-6}).ok


@pytest.mark.parametrize(
    ("f", "x", "note"),
    [
        (lambda x: x.relu(), 0.0, "no derivative here: slope 0 to the left, 1 to the right"),
        (abs, 0.0, "no derivative here: slope -1 to the left, 1 to the right"),
        (lambda x: autograd.maximum(x, 2.0), 2.0, "no derivative here: slope 0 to the left, 1 to the right"),
        (lambda x: (x * x) ** 0.25, 0.0, "no derivative here"),
        (autograd.sqrt, 0.0, "the function is not finite on both sides"),
        (autograd.log, 0.0, "the function is -inf here"),
    ],
)
def test_points_without_a_derivative_are_said_not_failed(f, x, note):
    result = gradcheck(f, x)
    assert result.ok
    assert result[0].verdict == "kink"
    assert result[0].note.startswith(note)
    assert "at 1 there is none" in str(result)


def test_a_smooth_point_of_large_curvature_is_no_kink():
    assert gradcheck(lambda x: 1e8 * x * x, 0.0)[0].verdict == "ok"
    assert gradcheck(lambda x: (1e3 * x).tanh(), 1e-4)[0].verdict == "ok"


def test_an_unsuitable_step_is_said():
    row = gradcheck(lambda x: x.exp(), 0.0, step=0.5)["x"]
    assert row.verdict == "ok"
    assert f"{row.numerical:.4f}" == f"{math.sinh(0.5) / 0.5:.4f}"
    assert row.note.startswith("the step 0.5 does not suit: a better one gives 1.0000000")


def test_a_verdict_has_the_numerical_derivative_and_a_reason():
    square = Difference(lambda x: x * x, 3.0, 9.0)
    assert square.judge(6.0, None, "central", 1e-5) == (pytest.approx(6.0), "ok", "")
    assert square.judge(5.0, None, "central", 1e-5)[1:] == ("wrong", "")
    assert square.judge(math.inf, None, "central", 1e-5)[1:] == (
        "wrong",
        "the function is finite here, its analytic derivative is not",
    )
    assert Difference(abs, 0.0, 0.0).judge(1.0, None, "central", 1e-5)[1] == "kink"


def test_the_function_is_asked_once_for_each_number():
    asked = []
    cube = Difference(lambda x: asked.append(x) or x**3, 2.0, 8.0)
    assert cube.judge(12.5, None, "central", 1e-5)[1] == "wrong"
    assert len(asked) == len(set(asked))


def test_one_input_of_an_operation_moves():
    assert moving(OPERATIONS["divide"], [6.0, 2.0], 1)(3.0) == 2.0
    assert moving(OPERATIONS["divide"], [6.0, 2.0], 0)(3.0) == 1.5
