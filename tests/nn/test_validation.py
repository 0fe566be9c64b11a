"""`fit` by names alone: a fraction held out for validation, several callbacks, early stopping with the best kept."""

from __future__ import annotations

import math
import random

import pytest

from autograd.compiling.updates import Movement
from nn import MLP, SGD, Linear, Module, fit
from nn.data import split

GENERATOR = random.Random(1)
X = [[GENERATOR.uniform(-1, 1), GENERATOR.uniform(-1, 1)] for _ in range(30)]
CLASSES = [int(a > b) for a, b in X]


def train(model=None, **options):
    options = {"loss": "cross_entropy", "optimizer": "adam", "epochs": 3, "progress": False} | options
    return fit(model or MLP(2, [4, 2], activation="tanh", seed=0), X, CLASSES, **options)


def test_names_alone_say_how_to_train():
    model = MLP(2, [4, 2], activation="tanh", seed=0)
    history = train(model, metrics=["accuracy"], validation=0.2, epochs=300, batch_size=8)
    assert history.last()["accuracy"] > 0.9
    assert len(history.validation_metrics["accuracy"]) == len(history.validation_loss) == 300


def test_a_fraction_holds_out_samples_drawn_with_the_seed():
    rows, targets = [[float(i)] for i in range(10)], list(range(10))
    kept, kept_targets, (apart, apart_targets) = split(rows, targets, 0.3, seed=0)
    assert (len(kept), len(apart)) == (7, 3)
    assert sorted([*kept_targets, *apart_targets]) == targets
    assert [row[0] for row in kept] == kept_targets
    assert [row[0] for row in apart] == apart_targets
    assert split(rows, targets, 0.3, seed=0)[2] == (apart, apart_targets)
    assert any(split(rows, targets, 0.3, seed=seed)[2] != (apart, apart_targets) for seed in (1, 2, 3))


def test_a_fraction_is_the_same_as_the_data_it_draws():
    kept, classes, held_out = split(X, CLASSES, 0.2, seed=0)
    model, twin = (MLP(2, [4, 2], activation="tanh", seed=0) for _ in range(2))
    history = train(model, validation=0.2)
    expected = fit(
        twin, kept, classes, loss="cross_entropy", optimizer="adam", epochs=3, progress=False, validation=held_out
    )
    assert history.loss == expected.loss
    assert history.validation_loss == expected.validation_loss
    assert model.state_dict() == twin.state_dict()


@pytest.mark.parametrize("fraction", [0.0, 1.0, -0.5, 1.5, 0.01, 0.99, float("nan")])
def test_a_fraction_that_leaves_nothing_on_one_side_is_refused(fraction):
    model = MLP(2, [2], seed=0)
    state = model.state_dict()
    with pytest.raises(ValueError, match=r"of 30 samples leaves none to train on or none to hold out: write a"):
        train(model, validation=fraction)
    assert model.state_dict() == state


def test_every_callback_is_called_after_every_epoch_and_one_may_stop():
    seen = []
    history = train(
        callbacks=[
            lambda epoch, history: seen.append(("a", epoch)),
            lambda epoch, history: epoch == 1,
            lambda epoch, history: seen.append(("b", len(history))),
        ],
        epochs=9,
    )
    assert seen == [("a", 0), ("b", 1), ("a", 1), ("b", 2)]
    assert history.stopped == "a callback asked to stop"


@pytest.mark.parametrize("callbacks", ["save", 3, [print, "save"], {"a": print}])
def test_what_is_no_callback_is_refused_before_training(callbacks):
    with pytest.raises(TypeError, match=r"a callback is a function of the epoch and the history: write callbacks="):
        train(callbacks=callbacks)


def test_a_callback_with_other_arguments_is_refused_before_training():
    with pytest.raises(TypeError, match=r"write callbacks=lambda epoch, history: …; <lambda>\(history\) does not fit"):
        train(callbacks=lambda history: None)


@pytest.mark.parametrize("compiled", ["auto", False])
def test_early_stopping_on_a_fraction_keeps_the_best_parameters(compiled):
    model, states = MLP(2, [4, 2], activation="tanh", seed=0), []
    history = train(
        model,
        validation=0.3,
        patience=2,
        epochs=60,
        optimizer=lambda p: SGD(p, lr=8.0),
        callbacks=lambda epoch, history: states.append(model.state_dict()),
        compiled=compiled,
    )
    best = history.validation_loss.index(min(history.validation_loss))
    assert history.stopped == f"no better for 2 epochs, back to epoch {best + 1}"
    assert model.state_dict() == states[best]


# --- how far better, and what is kept ---------------------------------------------------------------------------------


def by_rule(losses, patience, min_delta):
    """The number of epochs that early stopping allows: the rule of scikit-learn's networks, by hand."""
    best, waited = math.inf, 0
    for epoch, loss in enumerate(losses):
        waited = waited + 1 if loss > best - min_delta else 0
        best = min(best, loss)
        if waited >= patience:
            return epoch + 1
    return len(losses)


@pytest.mark.parametrize("compiled", ["auto", False])
@pytest.mark.parametrize("validation", [None, 0.3])
@pytest.mark.parametrize("min_delta", [0.0, 0.02])
def test_min_delta_says_how_far_better_is_better(min_delta, validation, compiled):
    options = {"epochs": 20, "validation": validation, "compiled": compiled, "batch_size": 4}
    options["optimizer"] = lambda p: SGD(p, lr=0.5)
    whole = train(MLP(2, [4, 2], activation="tanh", seed=0), **options)
    expected = by_rule(whole.validation_loss or whole.loss, 3, min_delta)
    model, states = MLP(2, [4, 2], activation="tanh", seed=0), []
    history = train(model, patience=3, min_delta=min_delta, **options)
    assert len(history) == expected
    losses = history.validation_loss or history.loss
    best = losses.index(min(losses))
    assert min_delta < 0.02 or best < expected - 1, "the best one need not be the last that was better by so much"
    again = MLP(2, [4, 2], activation="tanh", seed=0)
    train(again, **options, callbacks=lambda epoch, history: states.append(again.state_dict()))
    start = [MLP(2, [4, 2], activation="tanh", seed=0).state_dict()]
    assert model.state_dict() == (states if validation else start + states)[best]
    last, by = MLP(2, [4, 2], activation="tanh", seed=0), f" by {min_delta:g}" if min_delta else ""
    history = train(last, patience=3, min_delta=min_delta, restore_best=False, **options)
    assert last.state_dict() == states[expected - 1]
    assert history.stopped == (f"no better{by} for 3 epochs" if expected < 20 else "all epochs done")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"min_delta": 0.1}, "min_delta and restore_best say how to stop early: write patience=10"),
        ({"restore_best": False}, "min_delta and restore_best say how to stop early: write patience=10"),
        ({"patience": 3, "min_delta": -0.1}, "min_delta is a number of at least 0, got -0.1"),
        ({"patience": 3, "min_delta": "0.1"}, "min_delta is a number of at least 0, got str '0.1'"),
        ({"patience": 3, "restore_best": 1}, "restore_best is True or False, got 1"),
    ],
)
def test_early_stopping_that_does_not_fit_is_refused(options, message):
    with pytest.raises((TypeError, ValueError), match=message):
        train(**options)


@pytest.mark.parametrize(
    "options", [{"validation": 0.3}, {"patience": 50}, {"validation": 0.3, "patience": 50}], ids=str
)
def test_the_values_are_written_once_where_nobody_looks_at_them(monkeypatch, options):
    pytest.importorskip("numpy")
    written, write = [], Movement.write
    monkeypatch.setattr(Movement, "write", lambda self: written.append(self.steps) or write(self))
    train(epochs=5, batch_size=4, **options)
    assert len(written) == 1


def test_a_class_of_ones_own_is_validated_with_the_numbers_of_now():
    class Backwards(Module):
        """Has other leaves first when it is evaluated, as it asks for the mode."""

        def __init__(self):
            self.a, self.b = Linear(2, 2, seed=0), Linear(2, 2, seed=1)

        def forward(self, x):
            first, second = (self.a(x), self.b(x)) if self.training else (self.b(x), self.a(x))
            return [first[0] + 2 * second[0], first[1] - second[1]] if self.training else second

    found = [train(Backwards(), validation=0.3, epochs=4, compiled=compiled) for compiled in (True, False)]
    assert found[0].validation_loss == pytest.approx(found[1].validation_loss, rel=1e-12)
