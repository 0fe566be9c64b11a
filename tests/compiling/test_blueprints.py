"""A graph that has travelled computes what the function at home does."""

from __future__ import annotations

import pickle

import pytest

from autograd import Constant, Value, compile, exp, logsumexp, where
from autograd.compiling.blueprints import Blueprint
from autograd.compiling.runners import DEFAULTS, prepared_rows
from nn import MLP

numpy = pytest.importorskip("numpy")


def both(roots, columns, wanted, first):
    """What runs here, and what a worker makes of the blueprint; the leaves, and where the worker's slots are."""
    run, leaves, _ = prepared_rows(roots, columns, set(wanted), first, DEFAULTS)
    blueprint = Blueprint.of(roots, columns, set(wanted), first, leaves, DEFAULTS)
    other, places = pickle.loads(pickle.dumps(blueprint)).prepared()
    return run, other, leaves, places


def assert_alike(run, other, leaves, places, n_columns, n=37):
    rows = numpy.random.default_rng(0).normal(size=(n, n_columns))
    numbers = numpy.array([leaf.data for leaf in leaves])
    found, expected = other(numbers[places], [rows], n), run(numbers, [rows], n)
    gradient = numpy.empty(len(leaves))
    gradient[places] = found.gradient
    assert bits([*found.outputs, gradient]) == bits([*expected.outputs, expected.gradient])
    assert found.arguments.keys() == expected.arguments.keys()
    assert bits(found.arguments.values()) == bits(expected.arguments.values())


def bits(arrays):
    return [numpy.asarray(x).tobytes() for x in arrays]


def test_a_network_has_the_bits_of_home():
    model = MLP(5, [30, 20, 3], activation="tanh", seed=0)
    columns = [Value(0.0) for _ in range(5)]
    scores = model(columns)
    roots = [logsumexp(scores) - scores[0], *scores]
    assert_alike(*both(roots, columns, model.parameters(), model.parameters()), n_columns=5)


def test_constants_kinks_and_gradients_of_arguments_travel():
    x, y, w, unused = Value(0.0), Value(0.0), Value(1.5), Value(2.0)
    root = where(x < y, exp(w * x) ** 2, -0.0 * y + Constant(float("inf")) * 0.0 + w) + y**3.5
    assert_alike(*both([root, w * 2], [x, y], [x, w], [unused, w]), n_columns=2)


def test_ten_bytes_a_node():
    model = MLP(64, [25, 10], activation="tanh", seed=0)
    columns = [Value(0.0) for _ in range(64)]
    root = logsumexp(model(columns))
    _, leaves, n_nodes = prepared_rows([root], columns, set(model.parameters()), (), DEFAULTS)
    blueprint = Blueprint.of([root], columns, set(model.parameters()), (), leaves, DEFAULTS)
    assert len(pickle.dumps(blueprint, pickle.HIGHEST_PROTOCOL)) < 16 * n_nodes


def test_nothing_of_the_user_travels():
    """A function of a notebook, and one with a model in its closure, cannot be pickled. Its graph can."""
    w = Value(2.0, "weight")
    w.note = lambda: None
    x = Value(0.0)
    content = pickle.dumps(Blueprint.of([w * x], [x], {w}, [w], [w], DEFAULTS))
    assert b"weight" not in content
    assert b"note" not in content


def test_the_backend_is_that_of_home():
    w, x = Value(2.0), Value(0.0)
    compiled = compile(lambda x: w * x, parameters=[w])
    compiled(numpy.ones(3))
    blueprint = Blueprint.of([w * x], [x], {w}, [w], [w], DEFAULTS)
    assert blueprint.options.backend == compiled.stats.backend
