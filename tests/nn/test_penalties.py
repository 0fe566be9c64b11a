"""A penalty is compiled where it can depend on nothing but parameters, and trains as node by node in any case."""

from __future__ import annotations

import random
from functools import partial

import pytest

import nn
from autograd import Value
from nn import MLP, Adam, Module, fit, l2_penalty
from nn.batches import Compiled
from nn.penalties import lookups
from nn.updates import UpdatesInArrays, updates_of

pytest.importorskip("numpy")

GENERATOR = random.Random(5)
X = [[GENERATOR.uniform(-1, 1) for _ in range(3)] for _ in range(23)]
Y = [x[0] * x[1] for x in X]
STRENGTH = 0.5
EXTRA = Value(3.0)
MODEL = MLP(3, [4, 1], activation="tanh", seed=2)


def counted():
    global STRENGTH
    STRENGTH += 0.0
    return l2_penalty(MODEL.parameters(), STRENGTH)


def test_what_reaches_parameters_alone_is_compiled():
    weights, w = MODEL.parameters()[:3], Value(1.0)
    for penalty in (
        lambda: l2_penalty(MODEL.parameters(), 0.1),
        lambda: nn.l2_penalty(MODEL.parameters(), strength=STRENGTH),
        lambda: 2 * l2_penalty(weights) + w * w / 3 - 1,
        partial(l2_penalty, weights, strength=0.1),
    ):
        assert lookups(penalty) is not None, penalty


def test_what_may_depend_on_something_else_is_not():
    class Own(Module):
        def __init__(self):
            self.weights = [Value(1.0)]

        def parameters(self):
            return self.weights[: random.randint(0, 1)]

    own, numbers, patched = Own(), [0.1, 0.2], MLP(1, [1])
    patched.parameters = lambda: [Value(random.random())]
    for penalty in (
        lambda: l2_penalty(own.parameters()),
        lambda: l2_penalty(patched.parameters()),
        lambda: l2_penalty(MODEL.parameters(), numbers.pop()),
        lambda: l2_penalty(MODEL.parameters(), random.random()),
        lambda: l2_penalty([p for p in MODEL.parameters()]),  # noqa: C416
        lambda model=MODEL: l2_penalty(model.parameters()),
        partial(min, [Value(1.0)]),
        partial(l2_penalty, iter(MODEL.parameters())),
        counted,
        own,
        lambda: 3.0,
    ):
        assert lookups(penalty) is None, penalty


def trained(compiled, make, **options):
    model = MLP(3, [4, 1], activation="tanh", seed=2)
    history = fit(
        model, X, Y, loss="mean_squared_error", optimizer=Adam(model.parameters(), lr=0.02), epochs=4, batch_size=6,
        penalty=make(model), progress=False, compiled=compiled, **options,
    )  # fmt: skip
    return history.loss, list(model.state_dict().values()), [p.grad for p in model.parameters()]


PENALTIES = {
    "of all": lambda model: lambda: l2_penalty(model.parameters(), 0.1),
    "of some": lambda model: partial(l2_penalty, model.parameters()[:5], 0.1),
    "of what the loss does not read": lambda model: lambda: EXTRA * EXTRA * 0.1 * l2_penalty(model.parameters()),
    "of the user's": lambda model: lambda: sum(p.relu() for p in model.parameters()) * 0.1,
}


@pytest.mark.parametrize("make", PENALTIES.values(), ids=PENALTIES)
def test_it_pulls_as_node_by_node(make):
    for found, expected in zip(trained(True, make), trained(False, make), strict=True):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_its_numbers_and_its_parameters_may_change_between_epochs():
    def run(compiled):
        model, strength = MLP(3, [4, 1], activation="tanh", seed=2), 0.1
        extra = model.parameters()[:2]

        def callback(epoch, history):
            nonlocal strength
            strength = 0.3
            if epoch == 1:
                extra.append(model.parameters()[5])
                model.layers[0].neurons[1].freeze()

        history = fit(
            model, X, Y, loss="mean_squared_error", optimizer=Adam(model.parameters(), lr=0.02), epochs=4, batch_size=6,
            penalty=lambda: l2_penalty(model.parameters(), strength) + l2_penalty(extra), callbacks=callback,
            progress=False, compiled=compiled,
        )  # fmt: skip
        return history.loss, list(model.state_dict().values())

    for found, expected in zip(run(True), run(False), strict=True):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_number_that_changes_from_batch_to_batch_is_seen():
    def run(compiled):
        model, strength = MLP(3, [4, 1], activation="tanh", seed=2), 0.1

        def schedule(step):
            nonlocal strength
            strength = 0.1 * step
            return 0.01

        history = fit(
            model, X, Y, loss="mean_squared_error", optimizer=Adam(model.parameters(), lr=0.02), epochs=3, batch_size=6,
            penalty=lambda: l2_penalty(model.parameters(), strength), schedule=schedule, progress=False,
            compiled=compiled,
        )  # fmt: skip
        return history.loss, list(model.state_dict().values())

    for found, expected in zip(run(True), run(False), strict=True):
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-12)


def test_a_penalty_that_is_not_finite_says_the_same():
    def run(compiled):
        model = MLP(3, [4, 1], seed=2)
        penalty = partial(l2_penalty, model.parameters(), float("inf"))
        with pytest.raises(FloatingPointError) as said:
            fit(model, X, Y, loss="mean_squared_error", optimizer="adam", penalty=penalty, compiled=compiled)
        assert model.state_dict() == MLP(3, [4, 1], seed=2).state_dict()
        return str(said.value)

    assert run(True) == run(False)


def test_an_opaque_penalty_sees_the_values():
    batches = Compiled(MODEL, X, Y, nn.mean_squared_error, MODEL.parameters(), with_outputs=False)
    optimizer = Adam(MODEL.parameters())
    assert isinstance(updates_of(batches, optimizer, None, lambda: l2_penalty(MODEL.parameters())), UpdatesInArrays)
    assert not isinstance(updates_of(batches, optimizer, None, counted), UpdatesInArrays)
