"""What people write who know PyTorch, Keras or scikit-learn works, or is answered with what to write."""

from __future__ import annotations

import copy
import pickle
import re

import pytest

import autograd
import nn
from autograd import Value
from nn import MLP, SGD, Adam, AdamW, Linear, Module, Sequential, fit, habits

X, Y = [[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0, 1, 1]


def trained():
    model = MLP(2, [3, 2], activation="tanh", seed=0)
    optimizer = SGD(model.parameters(), lr=0.1)
    return model, optimizer, fit(model, X, Y, loss="cross_entropy", optimizer=optimizer, epochs=2, progress=False)


MODEL, OPTIMIZER, HISTORY = trained()
ATTRIBUTES = [(MODEL, habits.MODEL), (OPTIMIZER, habits.OPTIMIZER), (HISTORY, habits.HISTORY)]


@pytest.mark.parametrize(("thing", "table"), ATTRIBUTES, ids=["model", "optimizer", "history"])
def test_attributes_of_elsewhere_are_answered_with_what_to_write(thing, table):
    for name, remedy in table.items():
        assert not hasattr(thing, name)
        with pytest.raises(AttributeError) as caught:
            getattr(thing, name)
        assert str(caught.value) == f"{type(thing).__name__} has no attribute {name!r}: {remedy}"


@pytest.mark.parametrize("thing", [MODEL, OPTIMIZER, HISTORY], ids=["model", "optimizer", "history"])
def test_other_attributes_are_missing_as_anywhere(thing):
    with pytest.raises(AttributeError, match=f"'{type(thing).__name__}' object has no attribute 'nothing'"):
        thing.nothing  # noqa: B018
    assert repr(pickle.loads(pickle.dumps(thing))) == repr(copy.copy(thing)) == repr(thing)


def test_an_error_within_a_property_is_told():
    class Broken(Module):
        @property
        def size(self):
            return self.inner.size

    with pytest.raises(AttributeError, match="no attribute 'inner'"):
        Broken().size  # noqa: B018


def test_every_remedy_names_what_is_there():
    tables = [habits.NAMES, habits.MODEL, habits.HISTORY, habits.OPTIMIZER, habits.OF_FIT, habits.OF_OPTIMIZERS]
    for remedy in [remedy for table in tables for remedy in table.values()]:
        for word in re.findall(r"\bnn\.(\w+)", remedy):
            assert word == "sklearn" or hasattr(nn, word), remedy
        for word in re.findall(
            r"\b(?:function|Layer|MLP|Linear|Sequential|LayerNorm|Activation)\b(?: (\w+_\w+))?", remedy
        ):
            assert not word or hasattr(nn, word), remedy
        remedy = re.sub(r'".*?"', "", remedy)
        for thing, name in re.findall(r"\b(model|optimizer|history|autograd)\.(\w+)", remedy):
            known = {"model": MODEL, "optimizer": OPTIMIZER, "history": HISTORY, "autograd": autograd}[thing]
            assert hasattr(known, name), remedy
    for name in habits.NICKNAMES.values():
        assert name in nn.losses.METRICS


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("ReLU", 'activation="relu"'), ("MSELoss", "the function mean_squared_error"), ("Dense", "Layer(4, 8")],
)
def test_names_of_elsewhere_are_answered_with_those_here(name, remedy):
    with pytest.raises(ImportError) as caught:
        exec(f"from nn import {name}")
    assert f"nn has no {name}: " in str(caught.value)
    assert remedy in str(caught.value)


def test_another_name_is_no_attribute():
    assert not hasattr(nn, "nothing")
    with pytest.raises(AttributeError, match=r"has no attribute 'Sequentail'; did you mean Sequential\?"):
        nn.Sequentail  # noqa: B018
    with pytest.raises(ImportError, match="cannot import name 'nothing'"):
        exec("from nn import nothing")


@pytest.mark.parametrize("name", habits.OF_FIT)
def test_options_of_other_trainings_are_answered_with_those_of_fit(name):
    state = MODEL.state_dict()
    with pytest.raises(TypeError) as caught:
        fit(MODEL, X, Y, loss="cross_entropy", optimizer=OPTIMIZER, **{name: 1})
    assert str(caught.value) == f"fit has no option {name!r}: write {habits.OF_FIT[name]}"
    assert MODEL.state_dict() == state


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit(MODEL, X, Y, loss="cross_entropy", optimizer=OPTIMIZER, epoch=3), "'epoch'; did you mean epochs?"),
        (lambda: Adam(MODEL.parameters(), learning_rate=0.1), "Adam has no option 'learning_rate': write lr=0.01"),
        (lambda: AdamW(MODEL.parameters(), wd=0.1), "AdamW has no option 'wd': it has betas, eps, weight_decay"),
        (lambda: OPTIMIZER.zero_grad(set_to_none=True), "no option 'set_to_none': write no option"),
        (lambda: MODEL.load_state_dict({}, strict=False), "no option 'strict': write the names that agree"),
        (lambda: HISTORY["loss"], "a History is no dict: write history.loss"),
        (lambda: MODEL(X), r"takes the 2 inputs of one sample, got 3 rows of them: .* \[model\(x\) for x in X\]"),
        (
            lambda: Sequential(nn.Reshape(1, 2), nn.Flatten())(X),
            r"of one sample, got 6: call the model for each sample",
        ),
        (lambda: Linear(2, 3, activation="relu"), "it has initialization, bias; Layer.* has one"),
        (lambda: MLP(2, [3], activation="ReLU"), "unknown activation 'ReLU'; did you mean 'relu'?"),
    ],
)
def test_other_habits_are_answered_with_what_to_write(call, message):
    with pytest.raises((TypeError, ValueError), match=message):
        call()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"loss": "mse"}, "did you mean 'mean_squared_error'?"),
        ({"loss": "sparse_categorical_crossentropy"}, "did you mean 'cross_entropy'?"),
        ({"loss": "Cross-Entropy"}, "did you mean 'cross_entropy'?"),
        ({"metrics": ["acc"]}, "did you mean 'accuracy'?"),
        ({"optimizer": "adamm"}, "did you mean 'adam'?"),
        ({"schedule": "cosin"}, "did you mean 'cosine'?"),
    ],
)
def test_names_of_elsewhere_are_understood_and_answered(options, message):
    with pytest.raises(ValueError, match=message):
        fit(MODEL, X, Y, **{"loss": "cross_entropy", "optimizer": "sgd", **options})


def test_objects_of_other_libraries_are_refused_by_name():
    torch = pytest.importorskip("torch")
    for options in (
        {"loss": torch.nn.CrossEntropyLoss()},
        {"loss": torch.nn.functional.cross_entropy},
        {"optimizer": torch.optim.Adam},
        {"metrics": [torch.nn.functional.mse_loss]},
    ):
        with pytest.raises(TypeError, match=r"is of torch, .* takes no Values: write "):
            fit(MODEL, X, Y, **{"loss": "cross_entropy", "optimizer": "sgd", **options})


def test_what_is_written_as_in_pytorch_works():
    model = Sequential(Linear(2, 3), "tanh", Linear(3, 1))
    optimizer = SGD([{"params": model[0].parameters(), "lr": 0.5}, {"params": model[2].parameters()}], lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        loss = nn.mean_squared_error([model(x) for x in X], [0.0, 1.0, 1.0])
        loss.backward()
        optimizer.step()
    assert isinstance(loss.item(), float)
    assert next(iter(model.parameters())) is model[0].neurons[0].weights[0]
    assert all(isinstance(p, Value) for p in model.parameters())
    model.load_state_dict(model.state_dict())
    assert model.train() is model.eval() is model
    assert model.forward(X[0]).data == model(X[0]).data
