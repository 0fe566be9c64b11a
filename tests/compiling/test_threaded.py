"""Threaded code, which long graphs become: the numbers of the eager engine, for every operation and every use."""

from __future__ import annotations

import copy
import itertools
import math
import pickle
import random

import pytest
from hypothesis import given, settings
from interrupts import interruptions
from references import OPERATION_NAMES, same
from test_compiled_graph import agrees, engine, gradients_of
from test_compiled_operations import check_bits, check_kinks
from test_random_graphs import Program, programs, run

import nn
from autograd import OPERATIONS, Value, compile, logsumexp, operation
from autograd import sum as total
from autograd.compiling import assemble
from autograd.compiling.threaded import LONGEST_SUM

pytest.importorskip("llvmlite")


@pytest.fixture(autouse=True)
def every_graph_is_long(monkeypatch):
    monkeypatch.setattr(assemble, "LONG", 0)


def threaded(loss, **options):
    step = compile(loss, backend="llvm", **options)
    assert step.stats["form"] == "threaded"
    return step


@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_an_operation_has_the_bits_of_the_eager_engine(name):
    check_bits(name, lambda y: threaded(y, lanes=False))


def test_branches_that_were_not_chosen_send_nothing():
    check_kinks(lambda y: threaded(y, lanes=False), n_programs=25, seed=2)


@settings(max_examples=30, deadline=None)
@given(program=programs(OPERATION_NAMES, longest=25))
def test_random_graphs_have_the_bits_of_the_eager_engine(program: Program):
    inputs = [Value(x) for x in program[0]]
    loss = run(program, inputs, engine)
    leaves, expected = gradients_of(loss)
    value = loss.data
    step = compile(loss, backend="llvm", lanes=False)
    assert step() == value
    assert [leaf.grad for leaf in leaves] == expected


def long_graph(n, seed=0):
    """n operations, each on two of the last fifty nodes, whose numbers stay small."""
    generator = random.Random(seed)
    nodes = [Value(generator.uniform(-1, 1)) for _ in range(50)]
    while len(nodes) < n:
        a, b = generator.choice(nodes[-50:]), generator.choice(nodes[-50:])
        nodes.append(generator.choice([a + b, a - b, a * b, a * 0.9]).tanh())
    return total(nodes[-50:])


@pytest.mark.parametrize("lanes", [True, False])
def test_a_long_graph(lanes):
    loss = long_graph(4000)
    leaves, expected = gradients_of(loss)
    value = loss.data
    step = threaded(loss, lanes=lanes)
    assert step() == value
    got = [leaf.grad for leaf in leaves]
    if lanes:
        scale = max(map(abs, expected))
        assert all(same(a, b, 1e-12, absolute=1e-12 * scale) for a, b in zip(got, expected, strict=True))
    else:
        assert got == expected


def test_a_long_graph_is_threaded_without_being_asked(monkeypatch):
    monkeypatch.undo()
    loss = long_graph(8000)
    step = compile(loss, backend="llvm")
    assert step.stats["form"] == "threaded"
    assert compile(long_graph(500), backend="llvm").stats["form"] == "straight-line"
    tape = step.run.code.tape
    assert len(tape) * tape.itemsize <= 32 * step.stats["nodes"]


def test_like_operations_of_a_generation_stand_side_by_side():
    xs = [Value(0.1 * k) for k in range(40)]
    products = [a * b for a, b in zip(xs, reversed(xs), strict=True)]
    mixed = [x.exp() if k % 2 else x.sin() for k, x in enumerate(products)]
    tape = threaded(total(mixed), lanes=False).run.code.tape
    products_on_tape = [tape[3 * k] for k in range(40)]
    assert len(set(products_on_tape)) == 1  # a piece, two parents, forty times
    functions_on_tape = [tape[120 + 2 * k] for k in range(40)]
    assert sum(a != b for a, b in itertools.pairwise(functions_on_tape)) == 1


def test_long_sums_are_added_up_in_the_same_order():
    generator = random.Random(1)
    for n in (LONGEST_SUM - 1, LONGEST_SUM, LONGEST_SUM + 1, 5 * LONGEST_SUM + 3):
        xs = [Value(generator.uniform(-1, 1) * 10 ** generator.randint(-9, 9)) for _ in range(n)]
        w = Value(1.5)
        loss = total([x if k % 3 else w * x for k, x in enumerate(xs)]) * logsumexp([w, *xs[:3]])
        leaves, expected = gradients_of(loss)
        value = loss.data
        step = threaded(loss, lanes=False)
        assert step() == value
        assert [leaf.grad for leaf in leaves] == expected


@pytest.mark.parametrize("exponent", [1.0, 2.0, 3.0, 4.0, -1.0, 0.5, 0.0])
@pytest.mark.parametrize("lanes", [True, False])
def test_powers(exponent, lanes):
    x, w = Value(1.7), Value(-0.3)
    agrees((x * w) ** 2 + x**exponent * w, "llvm", lanes=lanes)


def test_a_node_used_twice_by_one_operation():
    x = Value(3.0)
    agrees(x * x + x - x / (x + x), "llvm", lanes=False)


@pytest.mark.parametrize("optimizer", [nn.SGD, nn.Adam])
def test_training(optimizer):
    def problem():
        model = nn.MLP(3, [4, 1], seed=3)
        rows = [(0.1 * k, 1 - 0.2 * k, 0.5) for k in range(4)]
        return model, total([(model(list(row)) - k) ** 2 for k, row in enumerate(rows)])

    model, loss = problem()
    step = threaded(loss, lanes=False)
    losses = step.train(optimizer(model.parameters(), lr=0.01), steps=20)
    other, loss = problem()
    own = optimizer(other.parameters(), lr=0.01)
    expected = []
    reference = compile(loss, backend="python", lanes=False)
    for _ in range(20):
        expected.append(reference())
        own.step()
    assert all(same(a, b, 1e-12) for a, b in zip(losses, expected, strict=True))
    assert all(same(a.data, b.data, 1e-12) for a, b in zip(model.parameters(), other.parameters(), strict=True))


def test_a_function_of_numbers():
    w = Value(2.0)
    f = compile(lambda x, y: (x * w + y).tanh() * x, parameters=[w], backend="llvm")
    assert f(0.3, 0.1) == pytest.approx(math.tanh(0.7) * 0.3, rel=1e-14)
    _, (gradient,) = f.value_and_grad(0.3, 0.1)
    assert gradient == pytest.approx(0.09 * (1 - math.tanh(0.7) ** 2), rel=1e-13)
    assert "threaded code" in str(f)
    with pytest.raises(ValueError, match='backend="python"'):
        f.source("python")


def test_only_wanted_gradients_are_computed():
    x, w = Value(2.0), Value(3.0)
    full = threaded((x * 5.0 + x.exp()) * w)
    f = compile(lambda a: (a * 5.0 + a.exp()) * w, parameters=[w], backend="llvm")
    f.value_and_grad(2.0)
    assert len(f._newest().run) < full.stats["instructions"]


def test_what_can_be_asked_of_it():
    loss = long_graph(300)
    step = threaded(loss)
    assert "indirectbr" in step.source("llvm")
    assert "def " in step.source("python")
    assert str(step).startswith("threaded code: ")
    assert len(list(step.program.lines())) > 300
    result = step()
    assert pickle.loads(pickle.dumps(step))() == result
    assert copy.deepcopy(step)() == result


def test_a_printed_program_calls_its_slots_as_the_variables():
    weight, data = Value(2.0), [Value(0.1 * k, f"x{k}") for k in range(70)]
    step = compile(total([(weight * x).tanh() for x in data]) * weight, backend="llvm")
    assert step.stats["form"] == "straight-line"
    text = str(step)
    assert "(weight)\n" in text
    assert text.count(" (weight) = ") == 1
    lines = [line for line in text.splitlines() if line.endswith("(weight)") or "gradient" in line]
    slot = next(line for line in lines if "read slot" in line).split("read slot ")[1]
    assert any(line.startswith(f"gradient {slot} = ") for line in lines)


def test_an_operation_of_the_users_own_is_compiled_as_before():
    cube = operation("cube for threads", "cube", lambda x: x * x * x, lambda y, x: (3.0 * x * x,))
    OPERATIONS.pop(cube.name)  # the table is as it was for the other tests
    x = Value(2.0)
    step = compile(cube(x) * x, backend="llvm")
    assert step.stats["form"] != "threaded"
    assert step() == 16.0
    assert x.grad == 32.0


def test_training_can_be_interrupted_anywhere_and_loses_nothing():
    w = Value(1.0)
    step = compile(long_graph(2000) * 0.0 + (w - 3.0) ** 2, backend="llvm")
    assert step.stats["form"] == "threaded"

    def fresh():
        w.data = 1.0
        return nn.SGD([w], lr=1e-3)

    step.train(fresh(), steps=1)  # compiles
    seen = set()
    for optimizer in interruptions(fresh, lambda optimizer: step.train(optimizer, steps=3), "line"):
        # Each step brings w nearer to 3 by the factor 0.998.
        assert w.data == pytest.approx(3.0 - 2.0 * 0.998**optimizer.steps, abs=1e-12)
        seen.add(optimizer.steps)
    assert {0, 1, 3} <= seen
