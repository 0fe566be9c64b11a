"""`step.train` loses nothing: Ctrl-C, frozen parameters, and a training that diverges."""

from __future__ import annotations

import gc
import math

import pytest
from support.interrupts import interruptions

from autograd import Value, compile
from nn import SGD, Adam, RMSprop

pytest.importorskip("llvmlite")
BACKENDS = ["llvm", "python"]


def line(backend, **options):
    """Two parameters, and the loss of a line through four points."""
    w, b = Value(0.0), Value(0.0)
    return [w, b], compile(sum([(w * x + b - 2 * x - 1) ** 2 for x in range(4)]), backend=backend, **options)


# --- Ctrl-C -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("make", [SGD, Adam, RMSprop])
def test_wherever_ctrl_c_comes_parameters_and_optimizer_are_those_of_the_same_step(backend, make):
    parameters, step = line(backend)

    def fresh():
        for p in parameters:
            p.data, p.grad = 0.0, 0
        return make(parameters, lr=0.01)

    def state(optimizer):
        return [p.data for p in parameters], [tuple(memory) for memory in optimizer.memory]

    optimizer = fresh()
    after = [state(optimizer)]  # so many steps, one at a time
    for _ in range(8):
        step.train(optimizer, steps=1)
        after.append(state(optimizer))
    seen = set()
    for optimizer in interruptions(fresh, lambda optimizer: step.train(optimizer, steps=8), "line"):
        assert state(optimizer) == after[optimizer.steps]
        seen.add(optimizer.steps)
    assert {0, 1, 8} <= seen
    assert len(after[0][1][0]) == len(make.remembers)


def test_after_ctrl_c_loss_and_gradients_are_those_of_the_last_step_too():
    parameters, step = line("llvm")

    def fresh():
        for p in parameters:
            p.data, p.grad = 0.0, 0
        step.loss.data = -1.0  # what it was before
        return SGD(parameters, lr=0.01)

    after = [(-1.0, [0, 0])]
    for n in range(1, 8):
        step.train(fresh(), steps=n)
        after.append((step.loss.data, [p.grad for p in parameters]))
    for optimizer in interruptions(fresh, lambda optimizer: step.train(optimizer, steps=7), "line"):
        assert (step.loss.data, [p.grad for p in parameters]) == after[optimizer.steps]


def test_wherever_ctrl_c_comes_into_compiling_the_garbage_collector_is_on_again():
    loss = (Value(2.0) * 3.0).tanh()
    places = ("autograd/compiling/__init__.py", "autograd/compiling/compiled.py")
    on = [gc.isenabled() for _ in interruptions(lambda: loss, lambda y: compile(y, backend="python"), "check", places)]
    assert len(on) > 10
    assert all(on)


# --- diverging ------------------------------------------------------------------------------------------------------


def power(w):
    return (w - 3) ** 4


CASES = {
    "loss": (1.0, power, lambda ps: SGD(ps, lr=1.0), "the loss became inf in step 6"),
    "loss of momentum": (1.0, power, lambda ps: SGD(ps, lr=1.0, momentum=0.9), "the loss became inf in step 6"),
    "nan": (0.001, lambda w: (w - 1).exp() + w.log(), lambda ps: SGD(ps, lr=0.01), "the loss became nan in step 2"),
    "gradient": (
        0.0,
        lambda w: w.sqrt() + 1,
        lambda ps: Adam(ps),
        "the gradient of the parameter w became inf in step 1",
    ),
    "update": (1.0, lambda w: w * 1e308, lambda ps: SGD(ps, lr=1e10), "would have made the parameter w -inf in step 1"),
    "memory": (4.0, lambda w: (w * 1e90) ** 2, lambda ps: SGD(ps, lr=1e60, momentum=0.5), "the loss became inf"),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("case", CASES)
def test_a_training_that_diverges_raises_and_keeps_the_parameters_before_that_step(case, backend):
    start, f, make, message = CASES[case]

    def trained(steps):
        w = Value(start, "w")
        optimizer = make([w])
        step = compile(f(w), backend=backend)
        error = None
        try:
            step.train(optimizer, steps)
        except FloatingPointError as caught:
            error = str(caught)
        return w, optimizer, step, error

    w, optimizer, step, error = trained(1000)
    assert message in error
    assert "the parameters are those before that step. Try a smaller learning rate" in error
    assert math.isfinite(w.data)
    good = optimizer.steps
    assert f"in step {good + 1};" in error
    twin, before, _, nothing = trained(good)
    assert nothing is None
    assert (w.data, optimizer.memory, optimizer.steps) == (twin.data, before.memory, before.steps)
    gradient, w.grad = w.grad, 0  # what is seen is the loss and the gradient that the parameters have
    expected = f(w)
    expected.backward()
    assert same(step.loss.data, expected.data)
    assert same(gradient, w.grad)


def same(a, b):
    return a == pytest.approx(b, nan_ok=True)


def test_parameters_that_hide_in_a_bounded_function_do_not_diverge_unseen():
    # tanh(inf) is 1 and its slope 0: neither the loss nor a gradient shows that the first update went too far.
    for backend in BACKENDS:
        w = Value(0.1, "w")
        with pytest.raises(FloatingPointError, match=r"the update would have made the parameter w -?inf in step 1"):
            compile((w * 1e-5).tanh() * 1e200, backend=backend).train(SGD([w], lr=1e200), steps=5)
        assert w.data == 0.1


def test_a_graph_with_infinite_constants_trains():
    w = Value(1.0)
    step = compile(((w - 3.0) ** 2).exp().log() + 1.0 / Value(math.inf), backend="llvm")
    losses = step.train(SGD([w], lr=0.1), steps=50)
    assert len(losses) == 50
    assert w.data == pytest.approx(3.0, abs=1e-3)


def test_fastmath_does_not_take_the_check_away():
    w = Value(0.5)
    with pytest.raises(FloatingPointError, match="the loss became"):
        compile((w - 3) ** 2, fastmath=True).train(SGD([w], lr=1e3), steps=1000)
    assert math.isfinite(w.data)


# --- frozen parameters ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_frozen_parameter_is_not_moved(backend):
    (w, b), step = line(backend)
    optimizer = Adam([w, b], lr=0.1)
    step.train(optimizer, steps=3)
    memory, number = optimizer.memory[1], b.data
    b.requires_grad = False
    step.train(optimizer, steps=3)
    assert (b.data, optimizer.memory[1]) == (number, memory)
    assert optimizer.memory[0][2] == 6
    b.requires_grad = True
    step.train(optimizer, steps=1)
    assert b.data != number


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_frozen_parameter_gives_the_steps_of_an_optimizer_without_it(backend):
    (w, b), step = line(backend)
    b.data = 0.5
    b.requires_grad_(False)
    with_frozen = step.train(SGD([w, b], lr=0.01), steps=5)
    reached, w.data = w.data, 0.0
    assert with_frozen == step.train(SGD([w], lr=0.01), steps=5)
    assert w.data == reached


@pytest.mark.parametrize("backend", BACKENDS)
def test_an_optimizer_of_frozen_parameters_only_is_refused(backend):
    (w, b), step = line(backend)
    for p in (w, b):
        p.requires_grad = False
    with pytest.raises(ValueError, match=r"parameters in this loss are frozen.* model\.unfreeze\(\)"):
        step.train(SGD([w, b], lr=0.1), steps=5)


# --- what it is given -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("optimizer", "message"),
    [
        ("adam", r"got the name 'adam': write nn\.SGD\(model\.parameters\(\), lr=0\.1\)"),
        (SGD, r"got the class SGD: write SGD\(model\.parameters\(\), lr=0\.1\)"),
        (0.1, "float has no attribute 'update'"),
    ],
)
def test_something_else_than_an_optimizer_is_refused(optimizer, message):
    _, step = line("python")
    with pytest.raises(TypeError, match=message):
        step.train(optimizer, steps=1)
