"""Optimizers over arrays move parameters as they do one by one."""

from __future__ import annotations

import math
import random

import pytest

import nn
from autograd import Value, compile
from nn.optimizers import Optimizer

np = pytest.importorskip("numpy")
pytest.importorskip("llvmlite")

from autograd.compiling.runners import Loops  # noqa: E402 - they need NumPy
from autograd.compiling.updates import Movement  # noqa: E402


class Signs(Optimizer):
    """A rule that looks at the numbers, so that it cannot be compiled."""

    remembers = ("sign",)

    def update(self, x, gradient, memory):
        sign = 1.0 if gradient > 0 else -1.0
        return x - self.lr * sign - 0.001 * memory[0], (sign,)


class Plain(Optimizer):
    """A rule that remembers nothing."""

    def update(self, x, gradient, memory):
        return x - self.lr * gradient / self.steps, ()


OPTIMIZERS = [
    (nn.SGD, {}),
    (nn.SGD, {"momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    (nn.RMSprop, {"momentum": 0.5}),
    (nn.Adam, {"weight_decay": 0.01}),
    (nn.AdamW, {}),
    (Signs, {}),
    (Plain, {}),
]


def problem(kind, settings, uneven):
    """An optimizer of 37 parameters, of which five may have taken a step more than the others."""
    generator = random.Random(0)
    parameters = [Value(generator.gauss(0, 1)) for _ in range(37)]
    optimizer = kind(parameters, lr=0.1, **settings)
    if uneven:
        for p in parameters[:5]:
            p.grad = 0.3
        optimizer.step()
    return parameters, optimizer


@pytest.mark.parametrize("uneven", [False, True])
@pytest.mark.parametrize("backend", ["python", "llvm"])
@pytest.mark.parametrize(("kind", "settings"), OPTIMIZERS)
def test_all_parameters_move_as_one_by_one(kind, settings, backend, uneven):
    generator = random.Random(1)
    parameters, optimizer = problem(kind, settings, uneven)
    others, other = problem(kind, settings, uneven)
    fixed = Value(3.0)
    movement = Movement(optimizer, range(37), [*parameters[20:], fixed, *parameters[:20]], backend)
    for k in range(6):
        optimizer.lr = other.lr = 0.1 / (k + 1)
        slopes = [generator.gauss(0, 1) for _ in others]
        assert movement.step(np.array([*slopes[20:], 7.0, *slopes[:20]]), loss=float(k))
        for p, slope in zip(others, slopes, strict=True):
            p.grad = slope
        other.step()
        if k == 2:  # somebody looks, and changes something
            movement.write()
            parameters[3].data = others[3].data = 0.25
            movement.read()
    assert not movement.step(np.array([math.nan] * 38))  # nothing moves
    assert movement.loss == 5.0
    movement.write()
    assert [p.data for p in parameters] == pytest.approx([p.data for p in others], rel=1e-12)
    assert [p.grad for p in parameters] == [p.grad for p in others]
    assert optimizer.memory == [pytest.approx(memory, rel=1e-12) for memory in other.memory]
    assert optimizer.steps == other.steps
    assert fixed.data == 3.0


def network():
    return nn.MLP(2, [40, 40, 1], activation="tanh", seed=1)


def loss_of(model):
    generator = random.Random(2)
    rows = [[generator.uniform(-1, 1), generator.uniform(-1, 1)] for _ in range(10)]
    loss = nn.max_margin([model(row) for row in rows], [1 if a * b > 0 else -1 for a, b in rows])
    return loss + nn.l2_penalty(model.parameters())


@pytest.mark.parametrize("backend", ["python", "llvm"])
@pytest.mark.parametrize("kind", [nn.SGD, nn.Adam])
def test_a_loss_that_runs_as_loops_trains_as_the_eager_engine_does(backend, kind):
    model = network()
    loss = loss_of(model)
    step, optimizer = compile(loss, backend=backend), kind(model.parameters(), lr=0.01)
    assert "statements" in repr(step)
    losses = step.train(optimizer, steps=4, record=2)
    other = network()
    eager, expected = kind(other.parameters(), lr=0.01), []
    for _ in range(4):
        now = loss_of(other)
        expected.append(now.data)
        eager.zero_grad()
        now.backward()
        eager.step()
    assert losses == pytest.approx(expected, rel=1e-11)
    assert model.state_dict() == pytest.approx(other.state_dict(), rel=1e-9, abs=1e-12)
    assert optimizer.memory == [pytest.approx(memory, rel=1e-8, abs=1e-12) for memory in eager.memory]
    assert [p.grad for p in model.parameters()] == pytest.approx([p.grad for p in other.parameters()], abs=1e-12)
    assert (optimizer.steps, loss.data) == (4, losses[-1])
    assert [done for done, _ in step.recording] == [0, 2, 4]


def test_parameters_that_do_not_move_stay():
    model = network()
    frozen = model.parameters()[5]
    frozen.requires_grad = False
    left_out = model.parameters()[40]
    before = frozen.data, left_out.data
    compile(loss_of(model)).train(nn.SGD([p for p in model.parameters() if p is not left_out], lr=0.1), steps=3)
    assert (frozen.data, left_out.data) == before
    assert model.parameters()[6].data != network().parameters()[6].data


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_a_step_that_would_ruin_the_parameters_is_not_taken(backend):
    model = network()
    loss = loss_of(model)
    step, optimizer = compile(loss * loss, backend=backend), nn.SGD(model.parameters(), lr=1e3)
    with pytest.raises(FloatingPointError, match="the parameters are those before that step"):
        step.train(optimizer, steps=1000)
    assert all(math.isfinite(p.data) for p in model.parameters())
    assert 0 < optimizer.steps < 1000


@pytest.mark.parametrize("moment", [0, 1, 2, 3])
def test_ctrl_c_splits_no_step(monkeypatch, moment):
    model = network()
    step, optimizer = compile(loss_of(model)), nn.Adam(model.parameters(), lr=0.01)
    numbers = [[p.data for p in model.parameters()]]
    for _ in range(moment):
        step.train(optimizer, steps=1)
        numbers.append([p.data for p in model.parameters()])
    model = network()
    step, optimizer = compile(loss_of(model)), nn.Adam(model.parameters(), lr=0.01)
    run, calls = Loops.__call__, []

    def interrupted(*arguments):
        calls.append(arguments)
        if len(calls) > moment:
            raise KeyboardInterrupt
        return run(*arguments)

    monkeypatch.setattr(Loops, "__call__", interrupted)
    with pytest.raises(KeyboardInterrupt):
        step.train(optimizer, steps=10)
    assert optimizer.steps == moment
    assert [p.data for p in model.parameters()] == pytest.approx(numbers[moment], rel=1e-12)
    assert all(memory[2] == moment for memory in optimizer.memory)
