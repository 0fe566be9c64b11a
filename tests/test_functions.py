"""The functions of `autograd`, for plain numbers and Values alike."""

from __future__ import annotations

import builtins
import math

import pytest
from support.references import derivative, inf, nan, same

import autograd
from autograd import Value

UNARY = ["exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"]
OURS = {
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "relu": lambda x: max(x, 0.0),
}


@pytest.mark.parametrize("name", [*UNARY, *OURS])
@pytest.mark.parametrize("x", [0.1, 0.6])
def test_floats_give_floats_and_values_give_nodes_with_the_same_number(name, x):
    function, reference = getattr(autograd, name), OURS.get(name) or getattr(math, name)
    node = Value(x)
    y = function(node)
    y.backward()
    assert type(function(x)) is float
    assert same(function(x), reference(x))
    assert type(y) is Value
    assert y.data == function(x)
    assert same(node.grad, derivative(reference, (x,), 0), 1e-8)


@pytest.mark.parametrize("name", [*UNARY, *OURS])
def test_integers_and_booleans_are_numbers_too(name):
    assert same(getattr(autograd, name)(1), getattr(autograd, name)(1.0))
    assert same(getattr(autograd, name)(True), getattr(autograd, name)(1.0))


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [("log", 0, -inf), ("log", -1, nan), ("sqrt", -1, nan), ("exp", 1000, inf), ("asin", 2, nan), ("sin", inf, nan)],
)
def test_domain_errors_and_overflow_follow_ieee_754(name, x, y):
    assert same(getattr(autograd, name)(x), y)
    assert same(getattr(autograd, name)(Value(x)).data, y)


@pytest.mark.parametrize("name", [*UNARY, *OURS])
@pytest.mark.parametrize("bad", ["1", None, [1.0], 1j])
def test_functions_refuse_what_is_no_real_number(name, bad):
    with pytest.raises(TypeError, match=f"expected a real number, got {type(bad).__name__}"):
        getattr(autograd, name)(bad)


# --- maximum, minimum, where ---------------------------------------------------------------------------------


def test_maximum_and_minimum_of_floats():
    assert (autograd.maximum(1, 2.5), autograd.minimum(1, 2.5)) == (2.5, 1.0)
    assert type(autograd.minimum(1, 2)) is float


@pytest.mark.parametrize(
    ("function", "gradients"),
    [(autograd.maximum, (0.0, 1.0)), (autograd.minimum, (1.0, 0.0))],
)
def test_the_gradient_goes_to_the_one_chosen_and_half_to_each_of_equals(function, gradients):
    a, b = Value(1.0), Value(2.0)
    function(a, b).backward()
    assert (a.grad, b.grad) == gradients
    a, b = Value(2.0), Value(2.0)
    function(a, b).backward()
    assert (a.grad, b.grad) == (0.5, 0.5)
    a = Value(2.0)
    function(a, 2.0).backward()
    assert a.grad == 0.5


def test_where_chooses_by_number_by_comparison_or_by_value():
    a, b = Value(1.0), Value(2.0)
    assert autograd.where(a < b, a, b).data == 1.0
    assert autograd.where(Value(0.0), a, b).data == 2.0
    assert autograd.where(0, 5, 7) == 7.0
    y = autograd.where(a > b, a * 10, b * 20)
    y.backward()
    assert (y.data, a.grad, b.grad) == (40.0, 0.0, 20.0)


# --- sum, mean, dot ---------------------------------------------------------------------------------------------


def test_sum_is_one_node_over_any_iterable():
    xs = [Value(1.0), Value(2.0)]
    for given in (xs, tuple(xs), iter(xs), (x for x in xs), dict.fromkeys(xs, 0)):
        y = autograd.sum(given)
        assert (y.data, y.parents) == (3.0, tuple(xs))
    assert autograd.sum([Value(1.0), 2, 3.0]).data == 6.0
    assert autograd.sum([1, 2.5]) == 3.5
    assert autograd.sum([]) == 0.0
    assert type(autograd.sum([])) is float


def test_sum_adds_from_left_to_right():
    numbers = [0.1] * 10 + [1e16, 1.0, -1e16]
    left_to_right = 0.0
    for x in numbers:
        left_to_right += x
    assert left_to_right != math.fsum(numbers)
    assert autograd.sum(numbers) == left_to_right
    assert autograd.sum(map(Value, numbers)).data == left_to_right
    assert autograd.dot(map(Value, numbers), [1.0] * len(numbers)).data == left_to_right


def test_sum_equals_the_chain_that_python_makes():
    numbers = [0.1, 0.7, -1e3, 1e-9]
    assert autograd.sum(map(Value, numbers)).data == builtins.sum(map(Value, numbers)).data


def test_mean():
    xs = [Value(1.0), Value(2.0), Value(6.0)]
    y = autograd.mean(xs)
    y.backward()
    assert y.data == 3.0
    assert [x.grad for x in xs] == pytest.approx([1 / 3] * 3, rel=1e-15)
    assert autograd.mean([1, 2]) == 1.5


def test_dot_of_values_and_numbers_with_a_start():
    w, b = [Value(2.0), Value(3.0)], Value(0.5)
    y = autograd.dot(w, [10.0, 100.0], b)
    y.backward()
    assert (y.data, y.parents[0]) == (320.5, b)
    assert ([v.grad for v in w], b.grad) == ([10.0, 100.0], 1.0)
    assert autograd.dot([1, 2], [3, 4]) == 11.0
    assert autograd.dot([1, 2], [3, 4], 5) == 16.0
    assert autograd.dot([], []) == 0.0
    assert autograd.dot([], [], b).data == 0.5


# --- logsumexp and softmax ----------------------------------------------------------------------------------------


def test_logsumexp_does_not_overflow_and_its_gradient_is_the_softmax():
    numbers = [1000.0, 1001.0, 999.0]
    xs = [Value(x) for x in numbers]
    y = autograd.logsumexp(xs)
    y.backward()
    assert same(y.data, 1000.0 + math.log(1 + math.e + 1 / math.e))
    assert y.data == autograd.logsumexp(numbers)
    assert [x.grad for x in xs] == pytest.approx(autograd.softmax(numbers), rel=1e-12)


@pytest.mark.parametrize("shift", [0.0, 1000.0, -1000.0])
def test_softmax_is_positive_sums_to_one_and_ignores_a_shift(shift):
    numbers = [0.5 + shift, -1.0 + shift, 2.0 + shift]
    weights = [math.exp(x) for x in (0.5, -1.0, 2.0)]
    expected = [weight / math.fsum(weights) for weight in weights]
    in_values = autograd.softmax(map(Value, numbers))
    assert [p.data for p in in_values] == pytest.approx(expected, rel=1e-12)
    assert autograd.softmax(numbers) == [p.data for p in in_values]
    assert same(math.fsum(autograd.softmax(numbers)), 1.0)


def test_gradient_of_softmax():
    numbers = (0.5, -1.0, 2.0)
    for i in range(3):
        xs = [Value(x) for x in numbers]
        autograd.softmax(xs)[1].backward()
        expected = derivative(lambda *numbers: autograd.softmax(numbers)[1], numbers, i)
        assert same(xs[i].grad, expected, 1e-9)


def test_softmax_of_mixed_values_and_numbers():
    x = Value(0.0)
    p = autograd.softmax([x, 0])
    p[0].backward()
    assert (p[0].data, x.grad) == (0.5, 0.25)


def test_softmax_of_minus_infinity_is_zero():
    assert autograd.softmax([-inf, 0.0]) == [0.0, 1.0]


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sum", "mean", "logsumexp", "softmax"])
@pytest.mark.parametrize("bad", [Value(1.0), 1.0, 1, "12", None])
def test_one_number_where_a_sequence_is_meant_is_an_error_that_says_what_to_write(name, bad):
    text = rf"{name} takes a sequence of numbers or Values, got one {type(bad).__name__}; write {name}\(\[a, b, …\]\)"
    with pytest.raises(TypeError, match=text):
        getattr(autograd, name)(bad)


def test_dot_refuses_one_number_and_unequal_lengths():
    with pytest.raises(TypeError, match=r"dot takes a sequence of numbers or Values, got one float"):
        autograd.dot([1.0], 2.0)
    with pytest.raises(ValueError, match="dot needs two sequences of one length, got 2 and 3 numbers"):
        autograd.dot([1.0, 2.0], [1.0, 2.0, 3.0])


@pytest.mark.parametrize("name", ["mean", "logsumexp"])
def test_nothing_has_no_mean_and_no_logsumexp(name):
    with pytest.raises(ValueError, match=f"{name} of no values"):
        getattr(autograd, name)([])


@pytest.mark.parametrize("name", ["sum", "mean", "logsumexp", "softmax"])
def test_a_bad_element_is_refused(name):
    with pytest.raises(TypeError):
        getattr(autograd, name)([1.0, "2"])
    with pytest.raises(TypeError):
        getattr(autograd, name)([Value(1.0), None])


def test_every_public_name_exists():
    assert [name for name in autograd.__all__ if not hasattr(autograd, name)] == []
    assert autograd.__all__ == sorted(set(autograd.__all__), key=lambda name: (not name.isupper(), name))
