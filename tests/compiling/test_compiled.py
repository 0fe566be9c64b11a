"""Compiled losses against the eager engine: random graphs, lanes, training, copies, threads, bad input."""

from __future__ import annotations

import copy
import itertools
import math
import pickle
import random
import sys
import threading

import pytest
from hypothesis import given, settings
from support.compiled import agrees, gradients_of
from support.random_graphs import USES, Program, call_engine, programs, run
from support.references import OPERATION_NAMES, same

import nn
from autograd import OPERATIONS, Value, compile, exp, log, maximum
from autograd import sum as total
from autograd.compiling import runners

pytest.importorskip("llvmlite")
pytest.importorskip("numpy")
backends = pytest.mark.parametrize("backend", ["python", "llvm"])


@backends
@settings(max_examples=40, deadline=None)
@given(program=programs(OPERATION_NAMES, longest=25))
def test_random_graphs_have_the_bits_of_the_eager_engine(backend, program: Program):
    assert USES
    inputs = [Value(x) for x in program[0]]
    loss = run(program, inputs, call_engine)
    leaves, expected = gradients_of(loss)
    value = loss.data
    step = compile(loss, backend=backend, lanes=False)
    assert step() == value
    assert [leaf.grad for leaf in leaves] == expected


# --- lanes ----------------------------------------------------------------------------------------------


def data(n, seed=0):
    generator = random.Random(seed)
    return [(generator.uniform(-1, 1), generator.uniform(-1, 1), generator.choice((-1, 1))) for _ in range(n)]


@pytest.fixture
def straight_line(monkeypatch):
    """Short programs are straight-line code in Python, too."""
    monkeypatch.setattr(runners, "MOST_STRAIGHT_IN_PYTHON", runners.MOST_STRAIGHT)


@backends
@pytest.mark.usefixtures("straight_line")
@pytest.mark.parametrize("n", [4, 7, 8, 9, 16, 17, 100])
@pytest.mark.parametrize("chained", [True, False])
def test_samples_become_lanes_whatever_their_number(backend, n, chained):
    model = nn.MLP(2, [5, 1], activation="tanh", seed=0)
    terms = [(model([a, b]) - t) ** 2 for a, b, t in data(n)]
    loss = (sum(terms) if chained else total(terms)) * (1 / n)
    step = agrees(loss, backend)
    assert step.stats.lanes == [n]
    assert len(step.program) < 250


@backends
@settings(max_examples=25, deadline=None)
@given(program=programs(OPERATION_NAMES, longest=12))
def test_random_graphs_in_lanes(backend, program: Program):
    """The same random graph over 11 numbers, with the other leaves shared."""
    shared = [Value(x) for x in program[0][1:]]
    terms = [run(program, [Value(program[0][0] + 0.01 * k), *shared], call_engine) for k in range(11)]
    loss = total([term * 1.5 + (term * 0.5).tanh() * term.sin() - term.cos() for term in terms])
    step = agrees(loss, backend, relative=1e-11)
    assert step.stats.lanes == [11]


def test_fastmath_is_close():
    _, loss = problem()
    value = loss.data
    step = compile(loss, backend="llvm", fastmath=True)
    assert "fmul fast" in step.source("llvm")
    assert same(step(), value, 1e-10)


@backends
def test_a_sum_of_many_terms_that_are_not_alike(backend):
    xs = [Value(0.01 * k) for k in range(300)]
    terms = [xs[0]]
    for x in xs:
        terms.append((terms[-1] * 0.5 + x).tanh())
    agrees(total([*terms, *terms, *terms]), backend)


@backends
def test_a_network_whose_sums_leave_the_cache(backend):
    """More than 500 parameters: a tile has two vectors."""
    model = nn.MLP(10, [40, 3], activation="tanh", seed=0)
    generator = random.Random(0)
    rows = [[generator.uniform(-1, 1) for _ in range(10)] for _ in range(37)]
    loss = nn.mean_squared_error([model(row) for row in rows], [row[:3] for row in rows])
    agrees(loss, backend, relative=1e-11)
    model_again = copy.deepcopy(model)
    again = nn.mean_squared_error([model_again(row) for row in rows], [row[:3] for row in rows])
    losses = compile(loss, backend=backend).train(nn.Adam(model.parameters(), lr=0.01), steps=3)
    expected = compile(again, backend="python").train(nn.Adam(model_again.parameters(), lr=0.01), steps=3)
    assert all(same(a, b, 1e-11) for a, b in zip(losses, expected, strict=True))


@backends
def test_data_in_leaves_gets_gradients_too(backend):
    model = nn.MLP(2, [5, 1], seed=0)
    loss = sum((model([Value(a), Value(b)]) * t).relu() for a, b, t in data(21))
    assert agrees(loss, backend).stats.lanes == [21]


@backends
@pytest.mark.usefixtures("straight_line")
def test_several_groups_and_terms_that_are_like_no_other(backend):
    w = [Value(0.1 * k - 2.0) for k in range(40)]
    first = sum((w[0] * a + w[1] * b - t) ** 2 for a, b, t in data(30))
    second = total([exp(-(p * p)) * p * p + p.sin() for p in w])
    odd = w[3] * w[4] + log(w[39])
    loss = first * 0.5 + second + odd + sum([*[p * p * p * w[2] + p for p in w[1:]], w[7].tanh()])
    assert sorted(agrees(loss, backend).stats.lanes) == [30, 39, 40]


@backends
def test_a_group_that_needs_the_sum_of_another(backend):
    """The mean, then the variance, then the logarithm of it: reductions at three levels."""
    xs = [Value(math.sin(k) * (k % 5 + 1)) for k in range(70)]
    mean = total([x * x.tanh() + x for x in xs]) / 70
    variance = total([(x - mean) ** 2 * 0.5 + (x - mean) for x in xs]) / 70
    agrees(log(variance + 3.0) * mean, backend)


@backends
@pytest.mark.usefixtures("straight_line")
def test_sums_of_sums(backend):
    w, v = Value(0.7), Value(-0.3)
    batches = [total([(w * a + v * b).tanh() * t for a, b, t in data(10, seed)]) for seed in range(12)]
    assert agrees(total(batches) * 0.1, backend).stats.lanes == [120]
    assert agrees(total([batch * batch for batch in batches]), backend).stats.lanes == [12]


@backends
def test_terms_of_two_kinds_are_two_groups(backend):
    model = nn.MLP(2, [3, 1], output_activation="sigmoid", seed=0)
    rows = data(50)
    loss = nn.binary_cross_entropy([model([a, b]) for a, b, _ in rows], [(t + 1) // 2 for _, _, t in rows])
    lanes = agrees(loss, backend).stats.lanes
    assert len(lanes) == 2
    assert sum(lanes) == 50


@backends
def test_lanes_that_share_work_stay_scalar(backend):
    """Pairwise differences: in lanes each x would be computed again for each pair."""
    xs = [(Value(k / 7) * 1.3 + 0.2).tanh().exp().sin() for k in range(12)]
    agrees(total([(a - b) ** 2 for a in xs for b in xs if a is not b]), backend)


@backends
def test_frozen_leaves_get_no_gradients(backend):
    w, x = Value(2.0), Value(3.0, requires_grad=False)
    step = compile(w * x, backend=backend)
    assert (step(), w.grad, x.grad) == (6.0, 3.0, 0)
    x.requires_grad = True
    assert (step(), w.grad, x.grad) == (6.0, 3.0, 2.0)


@backends
def test_repeated_leaves_in_a_column(backend):
    """An embedding: rows of a table are looked up, some of them many times, in any order."""
    table = [Value(0.1 * k) for k in range(9)]
    generator = random.Random(1)
    picked = [generator.randrange(9) for _ in range(50)]
    agrees(total([(table[k] * 2.0 - j * 0.1).tanh() ** 2 for j, k in enumerate(picked)]), backend)


@backends
def test_nan_and_inf_in_one_lane(backend):
    w = Value(0.5)
    for bad in (math.nan, math.inf):
        xs = [0.1 * k for k in range(20)] + [bad]
        loss = total([(w * x * x - x) * (w + x) for x in xs])
        _, (expected,) = gradients_of(loss)
        value = loss.data
        step = compile(loss, backend=backend)
        assert step.stats.lanes == [21]
        assert same(step(), value)
        assert same(w.grad, expected)


def test_deep_and_wide_graphs_do_not_recurse():
    x = Value(1.0)
    y = x
    for _ in range(30_000):
        y = y * 0.999 + x
    agrees(y, "llvm", lanes=True)
    xs = [Value(0.001 * k) for k in range(20_000)]
    step = agrees(sum(a * b for a, b in itertools.pairwise(xs)), "llvm")
    assert step.stats.lanes == [19_999]
    assert len(step.program) < 30


# --- training -------------------------------------------------------------------------------------------

OPTIMIZERS = {
    "SGD": lambda p: nn.SGD(p, lr=0.1),
    "momentum": lambda p: nn.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=1e-2),
    "Adam": lambda p: nn.Adam(p, lr=0.01),
    "AdamW": lambda p: nn.AdamW(p, lr=0.01, weight_decay=0.1),
    "RMSprop": lambda p: nn.RMSprop(p, lr=0.01, momentum=0.5, weight_decay=1e-3),
}


def problem():
    model = nn.MLP(2, [4, 1], activation="tanh", seed=3)
    loss = total([(model([a, b]) - t) ** 2 for a, b, t in data(13)]) / 13 + nn.l2_penalty(model.parameters(), 0.01)
    return model, loss


@backends
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_follows_the_eager_loop(name, backend):
    model, loss = problem()
    reference, _ = problem()
    optimizer, slow = OPTIMIZERS[name](model.parameters()), OPTIMIZERS[name](reference.parameters())
    losses = compile(loss, backend=backend).train(optimizer, steps=7)
    losses += compile(loss, backend=backend).train(optimizer, steps=5)
    rows = data(13)
    expected = []
    for _ in range(12):
        cost = total([(reference([a, b]) - t) ** 2 for a, b, t in rows]) / 13
        cost = cost + nn.l2_penalty(reference.parameters(), 0.01)
        slow.zero_grad()
        cost.backward()
        slow.step()
        expected.append(cost.data)
    assert all(same(a, b, 1e-11) for a, b in zip(losses, expected, strict=True))
    assert optimizer.steps == 12
    assert same(loss.data, expected[-1], 1e-11)
    for p, q in zip(model.parameters(), reference.parameters(), strict=True):
        assert same(p.data, q.data, 1e-10)
        assert same(p.grad, q.grad, 1e-10, 1e-13)
    for ours, theirs in zip(optimizer.memory, slow.memory, strict=True):
        assert all(same(a, b, 1e-10, 1e-13) for a, b in zip(ours, theirs, strict=True))


@backends
def test_only_the_optimizers_parameters_move(backend):
    x, fixed, elsewhere = Value(1.0), Value(2.0), Value(3.0)
    step = compile((x - fixed) ** 2, backend=backend)
    step.train(nn.SGD([elsewhere, x], lr=0.1, weight_decay=0.5), steps=3)
    assert (fixed.data, elsewhere.data) == (2.0, 3.0)
    assert x.data != 1.0


def test_a_new_learning_rate_needs_no_new_program():
    model, loss = problem()
    step, optimizer = compile(loss), nn.SGD(model.parameters(), lr=0.1)
    step.train(optimizer, steps=1)
    trainer = step._trainer[1]
    optimizer.lr = 0.01
    step.train(optimizer, steps=1)
    assert step._trainer[1] is trainer


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (lambda p: (nn.SGD(p), -1), "whole number"),
        (lambda p: (nn.SGD(p), 1.5), "whole number"),
        (lambda p: (nn.SGD([Value(1.0)]), 1), "none of the optimizer's parameters"),
        (lambda p: (0.1, 1), "takes an optimizer"),
        (lambda p: (nn.SGD, 1), r"got the class SGD: write SGD\(model.parameters"),
    ],
)
def test_training_refuses(arguments, error):
    model, loss = problem()
    before = [p.data for p in model.parameters()]
    with pytest.raises((TypeError, ValueError), match=error):
        compile(loss).train(*arguments(model.parameters()))
    assert [p.data for p in model.parameters()] == before


# --- the object -----------------------------------------------------------------------------------------


@backends
def test_numbers_are_read_at_each_call_and_gradients_are_set(backend):
    x = Value(2.0)
    loss = x * x * 3.0
    step = compile(loss, backend=backend)
    x.data = 5.0
    assert (step(), step()) == (75.0, 75.0)
    assert (loss.data, x.grad) == (75.0, 30.0)


@backends
def test_pickles_and_copies_run_by_themselves(backend):
    _, loss = problem()
    step = compile(loss, backend=backend)
    value = step()
    for other in (pickle.loads(pickle.dumps(step)), copy.deepcopy(step)):
        assert same(other(), value)
        other.leaves[0].data += 1.0
        assert other() != value
    assert same(step(), value)


def test_threads_do_not_disturb_each_other():
    f = compile(lambda x, y: sum(((x * k).sin() * y) ** 2 for k in range(20)), argnums=(0, 1), backend="llvm")
    import numpy as np

    inputs = [np.linspace(k, k + 1, 1001) for k in range(8)]
    expected = [f.value_and_grad(x, x + 1.0) for x in inputs]
    wrong = []

    def work(k):
        for _ in range(50):
            values, gradients = f.value_and_grad(inputs[k], inputs[k] + 1.0)
            if (values != expected[k][0]).any() or (gradients[1] != expected[k][1][1]).any():
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_the_program_and_its_sources_can_be_read():
    x = Value(2.0, 'a "label"\n')
    step = compile(x.tanh() * x)
    assert "tanh(v0)" in str(step)
    assert "def run" in step.source("python")
    assert "define void @program" in step.source("llvm")
    with pytest.raises(ValueError, match="no backend 'cuda'"):
        step.source("cuda")
    assert step.stats.nodes == 3


def test_what_is_exact_is_simplified():
    x = Value(2.0)
    step = compile((-(-(x * 1.0))) / 4.0 + (-0.0), lanes=False)  # noqa: B002
    assert step() == 0.5
    names = [operation.name for operation in step.program.operations]
    assert "negate" not in names
    assert "divide" not in names


def test_without_llvmlite_python_is_used_and_says_so_once(monkeypatch):
    from autograd.compiling import backends as module

    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    monkeypatch.setattr(module, "_advised", False)
    x = Value(2.0)
    with pytest.warns(UserWarning, match=r"scalar-autograd\[fast\]"):
        step = compile(x * x)
    assert (step(), step.stats.backend) == (4.0, "python")
    compile(x * x)
    with pytest.raises(ImportError, match="llvmlite"):
        compile(x * x, backend="llvm")


@pytest.mark.parametrize(
    ("target", "error"),
    [
        (lambda: Value(1.0)._record(OPERATIONS["add"], (1.0, 2.0)), "no leaf"),
        (lambda: [Value(1.0)], "compile their sum"),
        (lambda: 3.0, "takes a Value or a function"),
    ],
)
def test_what_can_not_be_compiled(target, error):
    with pytest.raises((TypeError, ValueError), match=error):
        compile(target())


def test_a_leaf_is_a_graph_too():
    x = Value(3.0)
    assert compile(x)() == 3.0
    assert x.grad == 1.0


@backends
def test_maximum_of_many(backend):
    xs = [Value(math.sin(k)) for k in range(9)]
    largest = xs[0]
    for x in xs[1:]:
        largest = maximum(largest, x)
    agrees(largest, backend)
