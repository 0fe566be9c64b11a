"""Compiled batches train as eager ones do."""

from __future__ import annotations

import random

import pytest

from autograd import Value
from nn import (
    MLP,
    Adam,
    Module,
    accuracy,
    binary_cross_entropy,
    cross_entropy,
    fit,
    l2_penalty,
    max_margin,
    mean_squared_error,
    quadratic_cost,
)
from nn.batches import Compiled, Eager, can_compile

pytest.importorskip("numpy")

GENERATOR = random.Random(5)
X = [[GENERATOR.uniform(-1, 1) for _ in range(3)] for _ in range(23)]
CLASSES = [int(x[0] > 0) + int(x[1] > 0) for x in X]
ONE_OF_TWO = [min(c, 1) for c in CLASSES]

CASES = [
    (mean_squared_error, [3, 2], "linear", [x[:2] for x in X]),
    (mean_squared_error, [4, 1], "tanh", [x[2] for x in X]),
    (quadratic_cost, [4, 2], "sigmoid", [x[:2] for x in X]),
    (binary_cross_entropy, [4, 1], "sigmoid", ONE_OF_TWO),
    (binary_cross_entropy, [4, 2], "sigmoid", [[c, 1 - c] for c in ONE_OF_TWO]),
    (binary_cross_entropy, [4, 1], "sigmoid", [0.25] * len(X)),
    (cross_entropy, [4, 3], "linear", CLASSES),
    (max_margin, [4, 1], "linear", [2 * c - 1 for c in ONE_OF_TWO]),
]


def trained(loss, sizes, output_activation, y, **options):
    model = MLP(3, sizes, activation="tanh", output_activation=output_activation, seed=2)
    history = fit(
        model,
        X,
        y,
        loss=loss,
        optimizer=Adam(model.parameters(), lr=0.02),
        epochs=4,
        batch_size=5,  # the last batch has 3
        validation=(X[:7], y[:7]),
        progress=False,
        **options,
    )
    return model, history


@pytest.mark.parametrize(("loss", "sizes", "output_activation", "y"), CASES)
def test_the_curves_and_parameters_are_those_of_the_eager_engine(loss, sizes, output_activation, y):
    eager_model, eager = trained(loss, sizes, output_activation, y, compiled=False)
    model, history = trained(loss, sizes, output_activation, y, compiled=True)
    assert history.loss == pytest.approx(eager.loss, rel=1e-11)
    assert history.validation_loss == pytest.approx(eager.validation_loss, rel=1e-11)
    assert model.state_dict() == pytest.approx(eager_model.state_dict(), rel=1e-9, abs=1e-12)


def sum_of_squares(outputs, targets):
    return sum((a - t) ** 2 for a, t in zip(outputs, targets, strict=True))


def test_a_loss_that_is_no_average_is_not_compiled():
    with pytest.raises(ValueError, match="Divide by the number of samples in the loss, or write compiled=False"):
        trained(sum_of_squares, [4, 1], "linear", ONE_OF_TWO, compiled=True)
    _, by_hand = trained(lambda a, t: sum_of_squares(a, t) * (1 / len(a)), [4, 1], "linear", ONE_OF_TWO, compiled=True)
    _, expected = trained(mean_squared_error, [4, 1], "linear", ONE_OF_TWO, compiled=True)
    assert by_hand.loss == pytest.approx(expected.loss)


def test_metric_and_penalty_are_those_of_the_eager_engine():
    def run(compiled):
        model = MLP(3, [4, 3], seed=2)
        return fit(
            model,
            X,
            CLASSES,
            loss=cross_entropy,
            optimizer=Adam(model.parameters(), lr=0.1),
            epochs=5,
            batch_size=6,
            metrics=accuracy,
            penalty=lambda: l2_penalty(model.parameters(), 0.1),
            progress=False,
            compiled=compiled,
        )

    eager, history = run(False), run(True)
    assert history.metric == eager.metric
    assert history.loss == pytest.approx(eager.loss, rel=1e-11)


def test_a_saturated_probability_costs_nothing_where_it_is_right():
    model = MLP(3, [1], output_activation="sigmoid", seed=0)
    model.layers[0].neurons[0].bias.data = 1000.0  # the output is exactly 1
    batch = Compiled(model, X, [1] * len(X), binary_cross_entropy, model.parameters(), with_outputs=True)
    cost, outputs = batch.cost(range(len(X)))
    model.zero_grad()
    batch.backward()
    assert cost == 0.0
    assert outputs.listed()[0].data == 1.0
    assert all(p.grad == 0.0 for p in model.parameters())


def test_targets_that_do_not_suit_the_loss_are_refused_in_the_same_words():
    model = MLP(3, [3], seed=0)
    with pytest.raises(ValueError, match="the classes are 0 to 2, got the target 3"):
        Eager(model, X, [3] * len(X), cross_entropy).cost(range(3))
    with pytest.raises(ValueError, match="the classes are 0 to 2, got the target 3"):
        Compiled(model, X, [3] * len(X), cross_entropy, model.parameters(), with_outputs=False)


def test_only_what_surely_trains_the_same_is_compiled_without_being_asked():
    class Own(Module):
        def __init__(self):
            self.weight = Value(1.0)

        def __call__(self, x):
            return self.weight * x[0]

    assert can_compile(MLP(2, [3, 1]), mean_squared_error)
    assert not can_compile(Own(), mean_squared_error)
    assert not can_compile(MLP(2, [3, 1]), lambda outputs, targets: outputs[0])
    assert not can_compile(MLP(2, [1], output_activation=lambda z: z * 2), mean_squared_error)


def test_a_choice_that_is_none_is_refused():
    with pytest.raises(ValueError, match="compiled is True, False or \"auto\", got 'yes'"):
        trained(*CASES[0], compiled="yes")
