"""`fit` by names alone: a fraction held out for validation, several callbacks, early stopping with the best kept."""

from __future__ import annotations

import random

import pytest

from nn import MLP, SGD, fit
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
