"""Threaded code, which long graphs become: the numbers of the eager engine, for every operation and every use."""

from __future__ import annotations

import copy
import math
import pickle
import random

import pytest
from hypothesis import given, settings
from support.compiled import agrees, check_bits, check_kinks, gradients_of
from support.interrupts import interruptions
from support.random_graphs import Program, programs, run
from support.random_kinks import engine
from support.references import OPERATION_NAMES, points_for, same

import nn
from autograd import OPERATIONS, Value, compile, logsumexp, maximum, operation, softmax, where
from autograd import sum as total
from autograd.compiling import assemble
from autograd.compiling.clusters import LONGEST
from autograd.value import Constant

pytest.importorskip("llvmlite")


@pytest.fixture(autouse=True)
def every_graph_is_long(monkeypatch):
    monkeypatch.setattr(assemble, "LONG", 0)


def threaded(loss, **options):
    step = compile(loss, backend="llvm", **options)
    assert step.stats.form == "threaded"
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
    found, got = step(), [leaf.grad for leaf in leaves]
    assert same(found, value, 1e-12 if lanes else 0.0)
    if lanes:
        scale = max(map(abs, expected))
        assert all(same(a, b, 1e-12, absolute=1e-12 * scale) for a, b in zip(got, expected, strict=True))
    else:
        assert got == expected


def test_a_long_graph_is_threaded_without_being_asked(monkeypatch):
    monkeypatch.undo()
    loss = long_graph(8000)
    step = compile(loss, backend="llvm")
    assert step.stats.form == "threaded"
    assert compile(long_graph(500), backend="llvm").stats.form == "straight-line"
    tape = step.run.code.tape
    assert len(tape) * tape.itemsize <= 32 * step.stats.nodes


def test_like_operations_of_a_generation_stand_side_by_side():
    xs = [Value(0.1 * k) for k in range(40)]
    products = [a * b for a, b in zip(xs, reversed(xs), strict=True)]
    mixed = [x.exp() if k % 2 else x.sin() for k, x in enumerate(products)]
    code = threaded(total(mixed), lanes=False).run.code
    times = list(code.tape[code.n_rows + 1 :: 3])
    turn = times.index(0)
    assert times[:turn] == [40, 20, 20, 5]  # products, sines, exponentials, and a sum of five blocks
    assert times[turn + 1 :] == [5, 20, 20, 40, 0]


def pieces(loss):
    """The operations of the pieces of machine code that this graph is made of."""
    code = threaded(loss).run.code
    return sorted(
        (sorted(x.name for x in piece.operations) for piece, backward, _ in code._pieces if not backward), key=len
    )


def test_a_chain_is_cut_into_long_pieces():
    x = Value(0.5)
    y = x
    for _ in range(8 * 200):
        y = y * 0.999 + x
    found = pieces(y)
    assert found[-1] == ["add"] * 8 + ["multiply"] * 8
    assert len(found) <= 3
    assert threaded(y).stats.instructions <= 2 * 201
    agrees(y, "llvm")


def test_a_softmax_is_one_piece(monkeypatch):
    monkeypatch.setattr(assemble, "SHORTENED", math.inf)  # they could run side by side, too
    generator = random.Random(1)
    loss = total([p * p for _ in range(50) for p in softmax([Value(generator.gauss(0, 1)) for _ in range(4)])])
    assert ["exp"] * 4 + ["logsumexp"] + ["multiply"] * 4 + ["subtract"] * 4 in pieces(loss)
    agrees(loss, "llvm")


def test_nodes_that_compute_the_same_are_computed_once():
    x = Value(0.5)
    y = x
    for _ in range(300):
        y = (y.exp() + y.exp()) * 0.3
    longest = pieces(y)[-1]
    assert longest.count("exp") == longest.count("add") > 3
    agrees(y, "llvm")


def test_numbers_that_are_equal_are_kept_once():
    x = Value(0.5)
    for _ in range(50):
        x = (x * 0.999 + 0.0) * 0.999 + -0.0
    code = threaded(x).run.code
    assert len(code.numbers) == 1 + 3 + 2  # the leaf, three constants by their bits, and what rows are filled up with


@pytest.fixture
def every_shape(monkeypatch):
    """Clusters grow, however rare their shape is."""
    monkeypatch.setattr("autograd.compiling.threaded.frequent_shapes", lambda *_: None)


@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_an_operation_in_clusters(name):
    programs = {}
    for point in points_for(OPERATIONS[name]):
        leaves = [Value(x) for x in point]
        loss = OPERATIONS[name](*leaves)
        loss.backward()
        expected = [loss.data, *[leaf.grad for leaf in leaves]]
        step, inputs = programs.setdefault(len(point), (None, leaves))
        if step is None:
            step = threaded(loss)
            programs[len(point)] = step, inputs
        for leaf, x in zip(inputs, point, strict=True):
            leaf.data = x
        found = [step(), *[leaf.grad for leaf in inputs]]
        assert all(map(same, found, expected)), (point, found, expected)


@pytest.mark.parametrize("n_programs", [30])
def test_branches_that_were_not_chosen_send_nothing_in_clusters(n_programs, every_shape):
    check_kinks(threaded, n_programs, 5, alike=same)


def mixed_graph(generator, n):
    """n steps on recent nodes: everything that clusters, blocks, vectors and flat parents are made for."""
    nodes = [Value(generator.gauss(0, 1)) for _ in range(6)]

    def recent(k=1):
        return [nodes[-1 - min(int(generator.expovariate(0.2)), len(nodes) - 1)] for _ in range(k)]

    makers = [
        lambda: softmax(recent(3)),
        lambda: [logsumexp(recent(generator.choice([2, 9, 17]))).tanh()],
        lambda: [total(recent(generator.choice([3, 9, 24]))) * 0.1],
        lambda: [where(recent()[0] < recent()[0], recent()[0], recent()[0] * 0.5)],
        lambda: [maximum(recent()[0], 0.0) - recent()[0].relu() * 0.3],
        lambda: [recent()[0].softplus() - recent()[0].sigmoid()],
        lambda: [(recent()[0] * recent()[0]).tanh()],
        lambda: [recent()[0].sin() * recent()[0] ** 2 * 0.4],
        lambda: [(recent()[0] * 0.999 + 0.01) / (abs(recent()[0]) + 1.0)],
    ]
    for _ in range(n):
        nodes += generator.choice(makers)()
    return total(nodes[-30:])


@pytest.mark.parametrize("seed", range(6))
def test_mixed_graphs(seed, every_shape):
    generator = random.Random(seed)
    loss = mixed_graph(generator, 40)
    leaves, expected = gradients_of(loss)
    value, step = loss.data, threaded(loss)
    scale = max(map(abs, expected))
    for _ in range(2):  # all gradients are 0 again when a call ends
        assert same(step(), value)
        assert all(same(leaf.grad, x, 1e-12, 1e-12 * scale) for leaf, x in zip(leaves, expected, strict=True))


@pytest.mark.parametrize("lanes", [True, False])
def test_frequent_shapes_among_others(lanes):
    generator = random.Random(7)
    loss = mixed_graph(generator, 900)
    leaves, expected = gradients_of(loss)
    value, step = loss.data, threaded(loss, lanes=lanes)
    found, scale = step(), max(map(abs, expected))
    assert same(found, value, 1e-12 if lanes else 0.0)
    assert all(same(leaf.grad, x, 1e-12, lanes * 1e-12 * scale) for leaf, x in zip(leaves, expected, strict=True))


@pytest.mark.parametrize("lanes", [True, False])
def test_a_power_whose_exponent_is_a_node(lanes):
    power = OPERATIONS["power_of_constant"]
    x, n, m = Value(3.0), Value(1.0), Value(0.0)
    step = threaded(power(x, n * 2.0) + power(n, m**-1), lanes=lanes)  # no gradient comes to an exponent
    for n.data in (1.0, 2.0, 0.5):
        loss = power(x, n * 2.0) + power(n, m**-1)
        loss.backward()
        expected, x.grad, n.grad, m.grad = [loss.data, x.grad, n.grad, m.grad], 0, 0, 0
        assert all(map(same, [step(), x.grad, n.grad, m.grad], expected))
        x.grad = n.grad = m.grad = 0


@pytest.mark.parametrize("lanes", [True, False])
@pytest.mark.parametrize("function", [total, logsumexp])
def test_long_sums_of_what_is_wanted_and_what_is_not(function, lanes):
    x = Value(0.3)
    terms = [Value(0.1 * k) * x if k % 3 else Constant(0.05 * k) for k in range(50)]
    agrees(function([*terms, terms[1], terms[1]]) * x, "llvm", lanes=lanes)
    agrees(function([*terms, Constant(-math.inf), Constant(2.0)]).tanh() * x, "llvm", lanes=lanes)


def test_long_sums_are_added_up_in_the_same_order():
    generator = random.Random(1)
    for n in (LONGEST - 1, LONGEST, LONGEST + 1, 5 * LONGEST + 3, 300):
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
    assert f.stats.instructions < full.stats.instructions


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
    assert step.stats.form == "straight-line"
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
    assert step.stats.form != "threaded"
    assert step() == 16.0
    assert x.grad == 32.0


def test_training_can_be_interrupted_anywhere_and_loses_nothing():
    w = Value(1.0)
    step = compile(long_graph(2000) * 0.0 + (w - 3.0) ** 2, backend="llvm")
    assert step.stats.form == "threaded"

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
