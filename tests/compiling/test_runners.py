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
    assert step.stats["form"] == "loops"
    assert step.stats["backend"] == backend
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
    assert step.stats["form"] != "loops"
    assert step() == value
    assert [leaf.grad for leaf in leaves] == expected


def test_a_short_graph_is_straight_line_code():
    assert compile(recurrence(2)).stats["form"] == "straight-line"


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
def test_an_exponent_that_is_computed_is_no_constant(backend, monkeypatch):
    monkeypatch.setattr(runners, "MOST_STRAIGHT", 0)
    x = [Value(0.5 + 0.1 * i) for i in range(12)]
    loss = ag.sum([OPERATIONS["power_of_constant"](a, b * 2.0) for a, b in zip(x, x[1:] + x[:1], strict=True)])
    step = compile(loss, backend=backend)
    for leaf in x:
        leaf.data += 0.25
    expected = sum(a.data ** (2.0 * b.data) for a, b in zip(x, x[1:] + x[:1], strict=True))
    assert step() == pytest.approx(expected, rel=1e-13)
