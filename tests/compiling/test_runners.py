from __future__ import annotations

import numpy as np
import pytest

import autograd as ag
from autograd import OPERATIONS, Value, compile
from autograd.compiling import runners

BACKENDS = ("llvm", "python")


def recurrence(n_steps=60, width=6):
    """A loss of many steps, each a small matrix product."""
    w = [[Value(0.1 * (i - j) / width) for j in range(width)] for i in range(width)]
    x = [Value(0.3 * i) for i in range(width)]
    for _ in range(n_steps):
        x = [ag.tanh(sum(a * b for a, b in zip(row, x, strict=True)) + 0.1) for row in w]
    return ag.sum([a * a for a in x])


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_long_graph_with_loops_runs_as_loops(backend):
    loss = recurrence()
    loss.backward()
    leaves = ag.leaves(loss)
    expected, value = [leaf.grad for leaf in leaves], loss.data
    step = compile(loss, backend=backend)
    assert step.stats.form == "loops"
    assert step.stats.backend == backend
    assert step() == pytest.approx(value, rel=1e-13)
    assert [leaf.grad for leaf in leaves] == pytest.approx(expected, rel=1e-11)
    assert type(leaves[0].grad) is float
    for name in BACKENDS:
        assert len(step.source(name)) > 500
    assert repr(step).startswith("<compiled graph: ")


@pytest.mark.parametrize("backend", BACKENDS)
def test_without_lanes_and_loops_the_bits_are_those_of_the_eager_engine(backend):
    loss = recurrence()
    loss.backward()
    leaves = ag.leaves(loss)
    expected, value = [leaf.grad for leaf in leaves], loss.data
    step = compile(loss, backend=backend, lanes=False)
    assert step.stats.form != "loops"
    assert step() == value
    assert [leaf.grad for leaf in leaves] == expected


def test_a_short_graph_is_straight_line_code():
    assert compile(recurrence(2)).stats.form == "straight-line"


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 70])
@pytest.mark.parametrize("backend", BACKENDS)
def test_a_long_function_of_rows_runs_as_loops(backend, n):
    w = [[Value(0.02 * (i - 2 * j)) for j in range(40)] for i in range(40)]

    def f(x):
        return ag.sum([ag.tanh(ag.dot(row, x)) for row in w])

    compiled = compile(f, parameters=w, backend=backend)
    rows = np.random.default_rng(n).normal(size=(n, 40))
    values, gradient = compiled.value_and_grad(rows)
    expected = np.zeros((40, 40))
    for row, value in zip(rows, values, strict=True):
        for p in (p for ws in w for p in ws):
            p.grad = 0
        y = f(row.tolist())
        y.backward()
        assert value == pytest.approx(y.data, rel=1e-12)
        expected += [[p.grad for p in ws] for ws in w]
    assert np.array(gradient) == pytest.approx(expected, rel=1e-10, abs=1e-13)


@pytest.mark.parametrize("backend", BACKENDS)
def test_what_no_row_reaches_is_the_same_for_all_rows(backend):
    w = [Value(0.01 * i) for i in range(2000)]

    def f(x):
        return ag.sum([ag.tanh(v) * v for v in w])

    compiled = compile(f, parameters=w, backend=backend)
    values, gradient = compiled.value_and_grad(np.ones(3))
    y = f(1.0)
    y.backward()
    assert values == pytest.approx([y.data] * 3)
    assert gradient == pytest.approx([3 * v.grad for v in w])


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("most", [0, 1_500])
@pytest.mark.parametrize("n", [0, 1, 3])
def test_a_loss_that_no_row_reaches_counts_once_for_each_row(backend, most, n, monkeypatch):
    monkeypatch.setattr(runners, "MOST_STRAIGHT", most)
    w = Value(3.0)
    alone = compile(lambda x: w * 2.0, parameters=[w], backend=backend)
    assert alone.value_and_grad(np.ones(n))[1] == [2.0 * n]
    with_rest = compile(lambda x: (w * 2.0, x), parameters=[w], has_aux=True, backend=backend)
    assert with_rest.value_and_grad(np.ones(n))[1] == [2.0 * n]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("most", [0, 1_500])
def test_no_rows_have_no_gradient_however_steep_what_they_share_is(backend, most, monkeypatch):
    monkeypatch.setattr(runners, "MOST_STRAIGHT", most)
    w = Value(0.0)
    f = compile(lambda x: x * ag.sqrt(w), parameters=[w], backend=backend)
    assert f.value_and_grad(np.ones(0))[1] == [0.0]
    assert f.value_and_grad(np.ones(2))[1] == [np.inf]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("most", [0, 1_500])
def test_other_results_than_the_loss_send_nothing_to_its_gradient(backend, most, monkeypatch):
    monkeypatch.setattr(runners, "MOST_STRAIGHT", most)
    f = compile(lambda x: (x * x, ag.sqrt(x)), argnums=0, has_aux=True, backend=backend)
    assert f.value_and_grad(0.0) == ((0.0, 0.0), 0.0)
    (_, gradient) = f.value_and_grad(np.array([0.0, 1.0]))
    assert gradient.tolist() == [0.0, 2.0]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_logsumexp_of_products_is_no_matrix_product(backend, monkeypatch):
    monkeypatch.setattr(runners, "MOST_STRAIGHT", 0)
    w = [[Value(0.1 * i - 0.3 * j) for j in range(5)] for i in range(4)]

    def f(x):
        return ag.sum([ag.logsumexp([a * b for a, b in zip(row, x, strict=True)]) for row in w])

    rows = np.random.default_rng(0).normal(size=(3, 5))
    _, gradient = compile(f, parameters=w, backend=backend).value_and_grad(rows)
    sum([f(row.tolist()) for row in rows]).backward()
    assert np.array(gradient) == pytest.approx(np.array([[a.grad for a in row] for row in w]), rel=1e-12)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_condition_on_a_sum_sends_nothing_to_its_terms(backend, monkeypatch):
    monkeypatch.setattr(runners, "MOST_STRAIGHT", 0)
    f = compile(lambda x, y: ag.where(ag.sum([ag.log(x), ag.log(y)]) < 1.0, x, y), argnums=(0, 1), backend=backend)
    assert f.value_and_grad(0.0, 2.0) == (0.0, (1.0, 0.0))


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_exponent_that_is_computed_is_no_constant(backend, monkeypatch):
    monkeypatch.setattr(runners, "MOST_STRAIGHT", 0)
    x = [Value(0.5 + 0.1 * i) for i in range(12)]
    loss = ag.sum([OPERATIONS["power_of_constant"](a, b * 2.0) for a, b in zip(x, x[1:] + x[:1], strict=True)])
    step = compile(loss, backend=backend)
    for leaf in x:
        leaf.data += 0.25
    expected = sum(a.data ** (2.0 * b.data) for a, b in zip(x, x[1:] + x[:1], strict=True))
    assert step() == pytest.approx(expected, rel=1e-13)
