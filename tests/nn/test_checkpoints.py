"""A training that was interrupted goes on from its file, to the bit as if it had not been."""

from __future__ import annotations

import json
import os

import pytest

from autograd import Value, files
from nn import MLP, SGD, Adam, Dropout, Linear, RMSprop, Sequential, fit, schedules

X = [[0.1, 0.5], [0.9, -0.3], [-0.4, 0.8], [0.7, 0.2], [-0.6, -0.1], [0.3, -0.8], [0.2, 0.2]]
Y = [0.3, 0.8, -0.5, 0.9, -0.7, 0.1, 0.0]


@pytest.fixture(autouse=True)
def no_waiting_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda file: None)  # which matters when the power fails


def with_dropout():
    return Sequential(Linear(2, 4, seed=1), "tanh", Dropout(0.3, seed=2), Linear(4, 1, seed=3))


def train(model, epochs, optimizer=None, **options):
    optimizer = optimizer or Adam(model.parameters(), lr=0.05)
    options = {"loss": "mean_squared_error", "epochs": epochs, "batch_size": 3, "progress": False} | options
    return fit(model, X, Y, optimizer=optimizer, **options), optimizer


def curves(history):
    return {name: x for name, x in vars(history).items() if name != "seconds"}


def parameters(model):
    return [p.data.hex() for p in model.parameters()]


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    "make",
    [
        lambda p: SGD(p, lr=0.1, momentum=0.9, nesterov=True),
        lambda p: RMSprop(p, lr=0.01, momentum=0.5),
        lambda p: Adam(p, lr=0.05, weight_decay=0.01),
    ],
)
def test_a_resumed_training_equals_an_uninterrupted_one_to_the_bit(tmp_path, compiled, make):
    if compiled:
        pytest.importorskip("numpy")
    options = {
        "compiled": compiled,
        "validation": 0.3,
        "patience": 20,
        "metrics": "mean_squared_error",
        "schedule": schedules.cosine(0.1, steps=20),
        "seed": 5,
    }
    whole, path = with_dropout(), tmp_path / "training.json"
    expected, expected_optimizer = train(whole, 7, make(whole.parameters()), **options)
    for epochs in (3, 4, 7):  # each time in a model and an optimizer that know nothing
        model = with_dropout()
        optimizer = make(model.parameters())
        history, _ = train(model, epochs, optimizer, checkpoint=path, resume=True, **options)
        assert len(history) == epochs
    assert parameters(model) == parameters(whole)
    assert curves(history) == curves(expected)
    assert optimizer.state_dict() == expected_optimizer.state_dict()
    assert history.seconds == sorted(history.seconds)


def test_after_ctrl_c_it_goes_on_from_the_last_whole_epoch(tmp_path):
    whole, model, path = with_dropout(), with_dropout(), tmp_path / "training.json"
    expected, _ = train(whole, 5)

    def interrupt(epoch, history):
        if epoch == 3:
            raise KeyboardInterrupt

    history, _ = train(model, 5, checkpoint=path, callbacks=interrupt)
    assert history.stopped == "interrupted"
    again = with_dropout()
    history, _ = train(again, 5, checkpoint=path, resume=True)
    assert parameters(again) == parameters(whole)
    assert curves(history) == curves(expected)


def test_what_a_callback_changes_after_an_epoch_is_in_its_checkpoint(tmp_path):
    def train_once(epochs, **options):
        model = with_dropout()
        optimizer = SGD(model.parameters(), lr=0.1)

        def halve(epoch, history):
            optimizer.lr /= 2

        return train(model, epochs, optimizer, callbacks=halve, **options)[0]

    path = tmp_path / "training.json"
    train_once(2, checkpoint=path)
    assert curves(train_once(4, checkpoint=path, resume=True)) == curves(train_once(4))


def test_a_training_that_had_stopped_for_lack_of_progress_stays_at_its_best(tmp_path):
    options = {"patience": 1, "checkpoint": tmp_path / "training.json"}
    model, again = MLP(2, [3, 1], seed=0), MLP(2, [3, 1], seed=0)
    history, _ = train(model, 50, SGD(model.parameters(), lr=0.9), **options)
    assert history.stopped.startswith("no better for 1 epochs")
    resumed, _ = train(again, 50, SGD(again.parameters(), lr=0.9), resume=True, **options)
    assert curves(resumed) == curves(history)
    assert parameters(again) == parameters(model)


def test_parameters_outside_of_a_module_are_kept_too(tmp_path):
    def line(epochs, **options):
        w, b = Value(0.0), Value(0.0)
        train(lambda x: w * x[0] + b, epochs, SGD([w, b], lr=0.1, momentum=0.5), **options)
        return w.data, b.data

    path = tmp_path / "training.json"
    line(2, checkpoint=path)
    assert line(4, checkpoint=path, resume=True) == line(4)


def test_without_resume_the_training_begins_anew(tmp_path):
    path = tmp_path / "training.json"
    models = [with_dropout(), with_dropout()]
    assert [len(train(model, 2, checkpoint=path)[0]) for model in models] == [2, 2]
    assert parameters(models[0]) == parameters(models[1])


def test_a_disk_that_fails_leaves_the_checkpoint_before(tmp_path, monkeypatch):
    path, write, written = tmp_path / "training.json", files.write, []

    def failing(place, content):
        written.append(content)
        if len(written) == 2:
            raise OSError("the disk is full")
        return write(place, content)

    monkeypatch.setattr(files, "write", failing)
    with pytest.raises(OSError, match="the disk is full"):
        train(with_dropout(), 3, checkpoint=path)
    assert json.loads(path.read_text())["history"]["loss"] == json.loads(written[0])["history"]["loss"]
    assert len(train(with_dropout(), 3, checkpoint=path, resume=True)[0]) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda c: c.pop("history"), "it lacks 'history'"),
        (lambda c: c["order"].pop(), "it has 6 samples to train on, X has 7"),
        (lambda c: c["optimizer"].update(kind="SGD"), "this state is of the optimizer SGD, not of Adam"),
        (lambda c: c["optimizer"]["memory"].pop(), "the state is of 16 parameters, this optimizer has 17"),
        (lambda c: c["model"].popitem(), "it lacks"),
        (lambda c: c["history"]["metrics"].update(accuracy=[1.0, 1.0]), r"it has the metrics \['accuracy'\], not \[\]"),
        (lambda c: c["history"]["seconds"].pop(), "its history is damaged"),
        (lambda c: c["history"].update(validation_loss=[1.0, 1.0]), "it was written with validation"),
        (lambda c: c.update(best={"epoch": 0, "loss": 1.0, "state": []}), "it was written with patience"),
        (lambda c: c["generators"].pop(), "another number of"),
        (lambda c: c["generators"][0][1].pop(), "does not fit this training"),
        (lambda c: c.update(format="other"), "is not a checkpoint: it lacks"),
        (lambda c: c.update(version=99), "has version 99"),
    ],
)
def test_a_checkpoint_that_does_not_fit_changes_nothing(tmp_path, change, message):
    path = tmp_path / "training.json"
    train(with_dropout(), 2, checkpoint=path)
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))
    model = with_dropout()
    optimizer = Adam(model.parameters(), lr=0.05)
    before, state = parameters(model), optimizer.state_dict()
    with pytest.raises(ValueError, match=message):
        train(model, 4, optimizer, checkpoint=path, resume=True)
    assert (parameters(model), optimizer.state_dict()) == (before, state)


def test_arguments_that_cannot_be_are_refused_before_training(tmp_path):
    model = with_dropout()
    before = parameters(model)
    with pytest.raises(ValueError, match="resume=True goes on from a file: name it, checkpoint="):
        train(model, 1, resume=True)
    with pytest.raises(TypeError, match="checkpoint is the path of a file, such as"):
        train(model, 1, checkpoint=3)
    with pytest.raises(FileNotFoundError, match=r"needs the folder .*missing: make it first"):
        train(model, 1, checkpoint=tmp_path / "missing" / "training.json")
    with pytest.raises(ValueError, match="a checkpoint holds more than parameters, and is JSON: name it"):
        train(model, 1, checkpoint=tmp_path / "training.safetensors")
    (tmp_path / "other.json").write_text("{")
    with pytest.raises(ValueError, match="is not a checkpoint"):
        train(model, 1, checkpoint=tmp_path / "other.json", resume=True)
    assert parameters(model) == before
