"""`fit` with workers gives the training without them: the same curve to 1e-12, and the same bits for any number."""

from __future__ import annotations

import pytest
from support.interrupts import interrupted
from support.small_shards import small_shards  # noqa: F401
from support.workers import Counted, Here

from nn import MLP, SGD, Adam, Dropout, Linear, Module, Sequential, cross_entropy, fit, l2_penalty

numpy = pytest.importorskip("numpy")

N = 1_500
X = numpy.random.default_rng(0).normal(size=(N, 5))
CLASSES = (X[:, 0] * X[:, 1] > 0).astype(int)
WEIGHTS = numpy.random.default_rng(1).uniform(size=N)


def network():
    return Sequential(Linear(5, 40, seed=1), "tanh", Dropout(0.25, seed=2), Linear(40, 2, seed=3))


def trained(workers, model=None, y=CLASSES, **options):
    model = model or network()
    optimizer = Adam(model.parameters(), lr=0.02)
    options = {"loss": cross_entropy, "epochs": 3, "batch_size": 600, "progress": False} | options
    history = fit(model, X, y, optimizer=optimizer, workers=workers, **options)
    return history, [p.data for p in model.parameters()], model


def assert_alike(with_workers, without, tolerance=1e-12):
    (history, numbers, _), (expected, expected_numbers, _) = with_workers, without
    assert history.loss == pytest.approx(expected.loss, rel=tolerance)
    assert history.validation_loss == pytest.approx(expected.validation_loss, rel=tolerance)
    assert (history.metrics, history.validation_metrics) == (expected.metrics, expected.validation_metrics)
    assert (history.stopped, history.learning_rate) == (expected.stopped, expected.learning_rate)
    assert numbers == pytest.approx(expected_numbers, rel=1e-10, abs=tolerance)


OPTIONS = {
    "whole batches": {"batch_size": None},
    "in order": {"shuffle": False},
    "metrics and validation": {"metrics": "accuracy", "validation": 0.2, "patience": 2},
    "weights": {"class_weight": "balanced", "sample_weight": WEIGHTS},
    "clipping and a schedule": {"clip_norm": 0.05, "schedule": "cosine"},
    "labels": {"y": ["yes" if c else "no" for c in CLASSES], "metrics": ["accuracy"]},
    "a last batch that is computed here": {"batch_size": N - 1},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_the_training_is_the_same(options):
    one = trained(workers := Here(1), **options)
    assert workers.tasks
    assert_alike(one, trained(None, **options))
    three = trained(Here(3), **options)
    assert (three[0].loss, three[0].validation_loss, three[1]) == (one[0].loss, one[0].validation_loss, one[1])


def test_penalties_see_the_parameters():
    def with_penalty(workers, of):
        model = network()
        return trained(workers, model, penalty=lambda: of(model))

    def by_hand(model):
        return sum(p * p for p in model.parameters())

    for of in (lambda model: l2_penalty(model.parameters(), 0.01), by_hand):
        assert_alike(with_penalty(Here(2), of), with_penalty(None, of))


def test_a_training_that_goes_on_from_its_checkpoint(tmp_path):
    whole = trained(Here(2), epochs=4)
    trained(Here(3), epochs=2, checkpoint=tmp_path / "training.json")
    rest = trained(Here(1), epochs=4, checkpoint=tmp_path / "training.json", resume=True)
    assert (rest[0].loss, rest[1]) == (whole[0].loss, whole[1])


class OfTheUser(Module):
    """A class that the package does not know, with a Value of its own that no optimizer moves."""

    def __init__(self):
        self.layer = MLP(5, [30, 2], activation="tanh", seed=4)

    def __call__(self, x):
        return self.layer([a * 2 if self.training else a for a in x])


def test_modules_of_the_user_and_their_mode():
    options = {"compiled": True, "validation": 0.2}
    assert_alike(trained(Here(2), OfTheUser(), **options), trained(None, OfTheUser(), **options))


def test_samples_travel_once_and_sums_come_back():
    """A step sends the numbers of the parameters, of a sample four bytes at most, and a bit for each dropped number."""
    model = network()
    workers = Counted(2)
    trained(workers, model, epochs=1, batch_size=None)
    first, _, _ = workers.since()
    table = 8 * N * 7  # five inputs and two probabilities of classes
    assert 2 * table < first < 2 * table + 60_000, "the whole table for each of two workers, and the program"
    trained(workers, network(), epochs=3, batch_size=None)
    three, back, trips = workers.since()
    parameters = 8 * len(model.parameters())
    step = (three - first) // 2
    assert step < 2 * (parameters + 800) + N * (4 + 40 // 8)
    assert back < 3 * 2 * (parameters + 800)
    assert trips == 3


def test_a_diverging_training_says_what_it_says_without_workers():
    def diverging(workers):
        model = MLP(5, [80, 1], activation="relu", seed=0)
        optimizer = SGD(model.parameters(), lr=1e30)
        with pytest.raises(FloatingPointError) as error:
            fit(model, X, X[:, 0], loss="mean_squared_error", optimizer=optimizer, workers=workers, progress=False)
        return str(error.value), [p.data for p in model.parameters()]

    (message, numbers), (expected, expected_numbers) = diverging(Here(2)), diverging(None)
    assert message == expected
    assert numbers == pytest.approx(expected_numbers, rel=1e-9)


def after_each_update(epochs=3):
    """The parameters at the beginning, and after each update of a training in whole batches."""
    model = network()
    states = [[p.data for p in model.parameters()]]
    trained(
        Here(2), model, batch_size=None, epochs=epochs,
        callbacks=lambda *_: states.append([p.data for p in model.parameters()]),
    )  # fmt: skip
    return states


def test_workers_that_are_lost_leave_the_last_complete_step():
    class Leaving(Here):
        def map(self, function, tasks):
            if len(self.tasks) == 2 * 2:
                raise RuntimeError("gone")
            return list(super().map(function, tasks))

    model = network()
    with pytest.raises(RuntimeError, match="gone"):
        trained(Leaving(2), model, batch_size=None)
    assert [p.data for p in model.parameters()] == after_each_update(epochs=2)[-1]


def test_ctrl_c_returns_whole_updates():
    states = after_each_update()
    places = tuple(f"autograd/compiling/{name}.py" for name in ("crew", "remote", "shards"))

    def until(line):
        """How many lines there were, the parameters that a Ctrl-C at this line leaves, and the history."""
        model, histories = network(), []
        n = interrupted(lambda: histories.append(trained(Here(2), model, batch_size=None)[0]), line, "line", places)
        return n, [p.data for p in model.parameters()], histories

    n, numbers, (history,) = until(10**9)
    assert (numbers, history.stopped) == (states[-1], "all epochs done")
    reached = set()
    for share in (0.1, 0.5, 0.9):
        _, numbers, (history,) = until(int(share * n))
        assert history.stopped == "interrupted"
        assert states[len(history)] == numbers
        reached.add(len(history))
    assert len(reached) > 1, "else these points would not tell"


def test_workers_need_a_compiled_training():
    model = network()
    with pytest.raises(ValueError, match=r"workers= shares the samples of compiled batches.* write compiled=True"):
        trained(Here(2), model, loss=lambda outputs, targets: cross_entropy(outputs, targets))
    with pytest.raises(TypeError, match=r"workers is anything with \.map"):
        trained(4, model)
    assert [p.data for p in model.parameters()] == [p.data for p in network().parameters()]
