from __future__ import annotations

import math

import numpy as np
import pytest
from support.random_code import random_loss
from support.random_programs import check_nests

import autograd as ag
from autograd import Value, topological_order
from autograd.compiling.loops.analyze import analyze, analyze_rows
from autograd.compiling.loops.families import Irregular
from autograd.compiling.loops.ir import LANES, SHARED
from autograd.compiling.loops.reference import ReferenceRunner


def compare(loss, program, slots):
    """Value and gradient of a program against those of the eager engine."""
    result = ReferenceRunner(program)(np.array([leaf.data for leaf in slots]))
    loss.zero_grad()
    loss.backward()
    expected = np.array([leaf.grad for leaf in slots], dtype=float)
    finite = np.isfinite(expected)
    assert (np.isfinite(result.gradient) == finite).all()
    assert math.isclose(result.outputs[0], loss.data, rel_tol=1e-11, abs_tol=1e-14)
    scale = max(np.abs(expected[finite]), default=0.0)
    assert np.abs(result.gradient - expected)[finite] == pytest.approx(0.0, abs=1e-10 * max(scale, 1e-3))


@pytest.mark.parametrize("start", range(0, 200, 20))
def test_random_code_gives_the_numbers_of_the_eager_engine(start):
    for seed in range(start, start + 20):
        loss = random_loss(seed)
        if not math.isfinite(loss.data):
            continue
        program, slots = analyze([loss], patient=True)
        check_nests(program)
        compare(loss, program, slots)


def network(rows, n_hidden=5):
    """A batch loss of a small network, its parameters in a list."""
    r = np.random.default_rng(0)
    w = [[Value(x) for x in r.normal(size=3)] for _ in range(n_hidden)]
    v = [Value(x) for x in r.normal(size=n_hidden)]
    losses = []
    for row in rows:
        hidden = [ag.tanh(sum(a * x for a, x in zip(weights, row, strict=True))) for weights in w]
        losses.append((ag.dot(v, hidden) - 1.0) ** 2)
    return ag.mean(losses)


def test_the_loops_of_a_network_are_found():
    loss = network(np.random.default_rng(1).normal(size=(40, 3)))
    program, slots = analyze([loss])
    (region,) = program.regions
    assert region.n == 40
    assert not region.two_sweeps
    assert len(region.columns) == 3  # each neuron made constants of the same inputs
    assert len(program.statements) <= 8
    compare(loss, program, slots)


def test_statements_do_not_depend_on_widths():
    counts = {len(analyze([network(np.ones((20, 3)) * 0.3, n)]).program.statements) for n in (5, 10, 40)}
    assert len(counts) == 1


@pytest.mark.parametrize("outer", [ag.sqrt, ag.exp, lambda s: ag.logsumexp([s, 0.5]), lambda s: 1.0 / (1.0 + s)])
def test_a_derivative_that_needs_the_sum_takes_two_sweeps(outer):
    loss = outer(network(np.random.default_rng(1).normal(size=(20, 3))))
    program, slots = analyze([loss])
    assert program.regions[0].two_sweeps
    compare(loss, program, slots)


def test_recurrences_have_statements_for_each_step_only():
    w = [[Value(0.1 * (i - j)) for j in range(4)] for i in range(4)]
    x = [Value(0.3 * i) for i in range(4)]
    for _ in range(30):
        x = [ag.tanh(sum(a * b for a, b in zip(row, x, strict=True))) for row in w]
    loss = ag.sum([a * a for a in x])
    program, slots = analyze([loss])
    assert len(program.statements) <= 2 * 30 + 2
    compare(loss, program, slots)


def test_a_graph_without_loops_is_refused():
    r = np.random.default_rng(0)
    nodes = [Value(float(x)) for x in r.normal(size=10)]
    functions = (ag.tanh, ag.sin, ag.cos, ag.sigmoid)
    for k in range(4000):
        a, b = nodes[r.integers(len(nodes))], nodes[-1 - r.integers(3)]
        nodes.append(functions[k % 4](a) * b if k % 3 else functions[k % 4](a) + functions[k % 2](b))
    with pytest.raises(Irregular):
        analyze([nodes[-1]])


def test_only_what_is_wanted_has_a_derivative():
    loss = network(np.random.default_rng(1).normal(size=(20, 3)))
    leaves = ag.leaves(loss)
    program, slots = analyze([loss], wanted=leaves[-1:])
    gradient = ReferenceRunner(program)(np.array([leaf.data for leaf in slots])).gradient
    loss.backward()
    assert gradient[slots[leaves[-1]]] == pytest.approx(leaves[-1].grad, rel=1e-12)
    assert not any(access.wanted for s in program.statements for run in s.runs for access in run.accesses[:0])


def test_the_first_slots_are_those_asked_for():
    loss = network(np.ones((10, 3)))
    chosen = ag.leaves(loss)[::-1]
    assert list(analyze([loss], first=chosen).slots) == chosen


def test_several_results():
    a, b = Value(0.5), Value(-1.5)
    terms = [ag.tanh(a * k + b) for k in range(1, 9)]
    program, slots = analyze([ag.sum(terms), terms[3], a], patient=True)
    result = ReferenceRunner(program)(np.array([leaf.data for leaf in slots]), seeds=[0.0, 1.0, 0.0])
    assert result.outputs == pytest.approx([sum(t.data for t in terms), terms[3].data, 0.5], rel=1e-14)
    terms[3].backward()
    assert [result.gradient[slots[x]] for x in (a, b)] == pytest.approx([a.grad, b.grad], rel=1e-14)


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9])
def test_rows(n):
    w = [Value(0.5), Value(-0.25)]
    x = [Value(1.0), Value(2.0)]
    root = ag.tanh(ag.dot(w, x)) * w[0].exp()
    program, _ = analyze_rows([root], x, w, wanted={*w, *x}, order=topological_order(root))
    assert program.outputs[0].space == LANES
    rows = np.random.default_rng(n).normal(size=(n, 2))
    result = ReferenceRunner(program)(np.array([p.data for p in w]), [rows], n)
    expected, gradient = [], np.zeros(2)
    for k, row in enumerate(rows):
        for p in w:
            p.grad = 0
        inputs = [Value(float(v)) for v in row]
        y = ag.tanh(ag.dot(w, inputs)) * w[0].exp()
        y.backward()
        expected.append(y.data)
        gradient += [p.grad for p in w]
        assert [result.arguments[j][k] for j in range(2)] == pytest.approx([v.grad for v in inputs], rel=1e-12)
    assert result.outputs[0] == pytest.approx(expected, rel=1e-12)
    assert result.gradient == pytest.approx(gradient, rel=1e-12)


def test_what_no_argument_reaches_is_computed_once():
    w, x = Value(0.5), Value(1.0)
    root = w.exp().tanh() * x
    program, _ = analyze_rows([root], [x], [w], wanted={w})
    assert [statement.space for statement in program.before] == [SHARED]


def test_chains_that_end_everywhere_share_their_kernels():
    """As in a Cholesky decomposition: each entry subtracts one product more than the one before."""
    xs = [Value(0.1 * k) for k in range(30)]
    entries = []
    for n in range(1, 30):
        rest = xs[n] + 2.0
        for k in range(n):
            rest = rest - xs[k] * xs[n - k]
        entries.append(ag.tanh(rest) / xs[n])
    loss = sum(entries)
    program, slots = analyze([loss], patient=True)
    compare(loss, program, slots)
    assert max(len(run.accesses) for s in program.statements for run in s.runs) <= 8
    assert len({(run.body, s.reduce) for s in program.statements for run in s.runs}) <= 15
