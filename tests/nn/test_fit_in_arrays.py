"""Training in arrays is training: the same curve, whole updates, and Values that are right whenever somebody looks."""

from __future__ import annotations

import math
import random

import pytest
from support.interrupts import interruptions

from nn import MLP, SGD, Adam, AdamW, RMSprop, accuracy, cross_entropy, fit, mean_squared_error, schedules
from nn.optimizers import Optimizer, moves_by_rule

numpy = pytest.importorskip("numpy")

GENERATOR = random.Random(5)
X = [[GENERATOR.uniform(-1, 1) for _ in range(3)] for _ in range(23)]
CLASSES = [int(x[0] > 0) + int(x[1] > 0) for x in X]

OPTIMIZERS = {
    "SGD": lambda p: SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    "RMSprop": lambda p: RMSprop(p, lr=0.01, momentum=0.5),
    "Adam": lambda p: Adam(p, lr=0.02),
    "AdamW": lambda p: AdamW(p, lr=0.02, weight_decay=0.1),
}


def trained(compiled, make=OPTIMIZERS["Adam"], sizes=(4, 3), prepare=lambda model: None, **options):
    """A model, its optimizer and the history of a training in batches of 6, the last of 5."""
    model = MLP(3, list(sizes), activation="tanh", seed=2)
    prepare(model)
    optimizer = make(model.parameters())
    options = {"loss": cross_entropy, "epochs": 4, "batch_size": 6, "metrics": accuracy} | options
    return (
        model,
        optimizer,
        fit(
            model,
            X,
            CLASSES,
            optimizer=optimizer,
            validation=(X[:7], CLASSES[:7]),
            progress=False,
            compiled=compiled,
            **options,
        ),
    )


def assert_alike(**options):
    """Trained in arrays, everything is as trained node by node."""
    (model, optimizer, history), (other, eager, expected) = trained(True, **options), trained(False, **options)
    assert history.loss == pytest.approx(expected.loss, rel=1e-11)
    assert history.validation_loss == pytest.approx(expected.validation_loss, rel=1e-11)
    assert (history.metrics, history.validation_metrics) == (expected.metrics, expected.validation_metrics)
    assert (history.learning_rate, history.stopped) == (expected.learning_rate, expected.stopped)
    assert model.state_dict() == pytest.approx(other.state_dict(), rel=1e-9, abs=1e-12)
    assert optimizer.memory == [pytest.approx(memory, rel=1e-8, abs=1e-12) for memory in eager.memory]
    assert optimizer.steps == eager.steps
    gradients = [p.grad for p in eager.parameters]
    assert [p.grad for p in optimizer.parameters] == pytest.approx(gradients, rel=1e-8, abs=1e-12)
    assert [type(p.grad) for p in optimizer.parameters] == [type(grad) for grad in gradients]


@pytest.mark.parametrize("sizes", [(4, 3), (30, 30, 3)], ids=["straight-line", "loops"])
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_every_optimizer_trains_as_node_by_node(make, sizes):
    assert_alike(make=make, sizes=sizes)


def test_a_schedule_sets_the_rate_of_each_update():
    assert_alike(schedule=schedules.warmup(schedules.cosine(0.1, 0.001, steps=12), steps=3))


def test_patience_goes_back_to_the_best():
    assert_alike(make=lambda p: SGD(p, lr=2.0), epochs=30, patience=3)


def test_a_callback_may_change_parameters_rate_memory_and_what_is_frozen():
    def run(compiled):
        def callback(epoch, history):
            seen.append((optimizer.steps, model.layers[0].neurons[0].bias.grad, model.layers[1].neurons[0].bias.data))
            if epoch == 1:
                model.layers[1].neurons[0].bias.data = 3.0
                optimizer.lr = 0.1
            if epoch == 2:
                model.layers[0].freeze()
                optimizer.memory = [(0.0, 0.0, 0.0) for _ in optimizer.memory]
            if epoch == 3:
                model.layers[0].unfreeze()
                model.layers[1].freeze()

        seen = []
        model = MLP(3, [4, 3], seed=2)
        optimizer = Adam(model.parameters(), lr=0.02)
        fit(
            model, X, CLASSES, loss=cross_entropy, optimizer=optimizer, epochs=6, batch_size=6, callbacks=callback,
            progress=False, compiled=compiled,
        )  # fmt: skip
        return seen, model.state_dict()

    (seen, state), (expected, eager) = run(True), run(False)
    assert seen == [pytest.approx(numbers, rel=1e-9) for numbers in expected]
    assert state == pytest.approx(eager, rel=1e-9)


def test_where_a_callback_freezes_everything_nothing_moves_any_more():
    states = []

    def callback(epoch, history):
        model.freeze()
        states.append(model.state_dict())

    model = MLP(3, [4, 3], seed=2)
    optimizer = Adam(model.parameters())
    fit(model, X, CLASSES, loss=cross_entropy, optimizer=optimizer, epochs=3, callbacks=callback, progress=False)
    assert states[0] == states[1] == states[2]


def test_parameters_that_are_frozen_or_left_out_stay():
    assert_alike(prepare=lambda model: model.layers[0].neurons[1].freeze())
    assert_alike(make=lambda p: Adam(p[5:], lr=0.02))


def test_a_metric_of_the_users_sees_the_model_of_that_moment():
    def run(compiled):
        def norm(outputs, targets):
            assert len(outputs) == len(targets)
            return sum(p.data**2 for p in model.parameters()) + outputs[0][1].data

        model = MLP(3, [4, 3], seed=2)
        return fit(
            model, X, CLASSES, loss=cross_entropy, optimizer=Adam(model.parameters()), epochs=2, batch_size=6,
            metrics=[accuracy, norm, "cross_entropy"], progress=False, compiled=compiled,
        )  # fmt: skip

    history, eager = run(True), run(False)
    for name in ("accuracy", "norm", "cross_entropy"):
        assert history.metrics[name] == pytest.approx(eager.metrics[name], rel=1e-11)


def test_an_optimizer_with_a_step_or_a_rule_of_its_own_stays_on_the_values():
    class Step(SGD):
        def step(self):
            super().step()

    class Rule(Adam):
        def update(self, x, gradient, memory):
            return super().update(x, gradient + random.random(), memory)

    class Renamed(Adam):
        def __init__(self, parameters):
            super().__init__(parameters, lr=0.5)

    class New(Optimizer):
        def update(self, x, gradient, memory):
            return x - self.lr * gradient, memory

    parameters = MLP(2, [1]).parameters()
    assert all(moves_by_rule(make(parameters)) for make in OPTIMIZERS.values())
    assert moves_by_rule(Renamed(parameters))
    assert not any(map(moves_by_rule, (Step(parameters), Rule(parameters), New(parameters, lr=0.1))))
    patched = SGD(parameters)
    patched.step = lambda: None
    assert not moves_by_rule(patched)


@pytest.mark.parametrize("rate", [1e3, 1e200, 1e308])
def test_a_training_that_diverges_says_the_same_and_keeps_the_same(rate):
    def run(compiled):
        model = MLP(3, [4, 1], activation="relu", seed=2)
        optimizer = SGD(model.parameters(), lr=rate)
        with pytest.raises(FloatingPointError) as said:
            fit(
                model, X, [x[0] for x in X], loss=mean_squared_error, optimizer=optimizer, epochs=1000, batch_size=6,
                progress=False, compiled=compiled,
            )  # fmt: skip
        return str(said.value), optimizer.steps, model.state_dict()

    (said, steps, state), (expected, eager_steps, eager) = run(True), run(False)
    assert (said, steps) == (expected, eager_steps)
    assert state == pytest.approx(eager, rel=1e-9)
    assert all(math.isfinite(x) for x in state.values())


def test_wherever_ctrl_c_comes_the_values_are_those_of_whole_updates():
    def fresh():
        model = MLP(1, [1], seed=0)
        return {"model": model, "optimizer": Adam(model.parameters(), lr=0.1)}

    def run(state):
        state["history"] = fit(
            state["model"], [0.0, 1.0], [1.0, 3.0], loss=mean_squared_error, optimizer=state["optimizer"], epochs=1,
            batch_size=1, shuffle=False, progress=False, compiled=True,
        )  # fmt: skip

    model, optimizer = fresh().values()
    expected = [model.state_dict()]
    for x, y in ((0.0, 1.0), (1.0, 3.0)):
        optimizer.zero_grad()
        mean_squared_error([model([x])], [y]).backward()
        optimizer.step()
        expected.append(model.state_dict())
    stopped = set()
    for state in interruptions(fresh, run, "line", ("nn/updates.py", "autograd/compiling/updates.py")):
        optimizer = state["optimizer"]
        assert state["model"].state_dict() == pytest.approx(expected[optimizer.steps], rel=1e-9)
        assert {memory[2] for memory in optimizer.memory} == {float(optimizer.steps)}
        assert not state.get("history")  # no epoch is whole
        stopped.add(optimizer.steps)
    assert stopped == {0, 1, 2}


def test_targets_are_checked_once_each():
    """Of many samples in few classes: the loss in scalars would take longer than the training."""
    seen = []

    def watched(outputs, targets):
        seen.append(len(targets))
        return mean_squared_error(outputs, targets)

    X = [[k / 500] for k in range(500)]
    y = [float(k % 3) for k in range(500)]
    fit(MLP(1, [1], seed=0), X, y, loss=watched, optimizer="sgd", epochs=1, compiled=True, progress=False)
    assert 0 < max(seen) <= 3


def test_a_wrong_target_is_named_by_its_sample():
    X, y = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 0, 7]
    with pytest.raises(ValueError, match="7") as compiled:
        fit(MLP(1, [3], seed=0), X, y, loss=cross_entropy, optimizer="sgd", compiled=True, progress=False)
    with pytest.raises(ValueError, match="7") as eager:
        fit(MLP(1, [3], seed=0), X, y, loss=cross_entropy, optimizer="sgd", compiled=False, progress=False)
    assert str(compiled.value) == str(eager.value)
