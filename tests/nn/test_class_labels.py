"""Labels are numbered before the training, which is the same as with the numbers, and come back as predictions."""

from __future__ import annotations

import copy
import enum
import json
import pickle
from datetime import date

import pytest

from autograd import Value
from nn import MLP, SGD, Module, cross_entropy, fit
from nn.class_labels import keep_labels

X = [[0.1, 0.5], [0.9, -0.3], [-0.4, 0.8], [0.7, 0.2], [-0.6, -0.1], [0.3, -0.8]]
ANIMALS = ["dog", "cat", "eel", "dog", "cat", "eel"]  # sorted: cat, dog, eel
NUMBERS = [1, 0, 2, 1, 0, 2]


class Colour(enum.Enum):
    RED = "r"
    BLUE = "b"


def train(model, y, X=X, **options):
    options = {"loss": "cross_entropy", "optimizer": "adam", "epochs": 3, "progress": False} | options
    return fit(model, X, y, **options)


def network(outputs=3):
    return MLP(2, [4, outputs], activation="tanh", seed=0)


def listed(predictions):
    return predictions.tolist() if hasattr(predictions, "tolist") else predictions


@pytest.mark.parametrize("compiled", [False, True])
def test_a_training_with_labels_is_that_with_their_numbers(compiled):
    if compiled:
        pytest.importorskip("numpy")
    with_labels, with_numbers = network(), network()
    options = {"compiled": compiled, "metrics": "accuracy"}
    validations = [(X[:2], y[:2]) for y in (ANIMALS, NUMBERS)]
    histories = [
        train(model, y, validation=validation, **options)
        for model, y, validation in zip((with_labels, with_numbers), (ANIMALS, NUMBERS), validations, strict=True)
    ]
    assert histories[0].loss == histories[1].loss
    assert histories[0].validation_metrics == histories[1].validation_metrics
    assert with_labels.state_dict() == with_numbers.state_dict()
    names = ("cat", "dog", "eel")
    classes = listed(with_numbers.predict(X, classes=True))
    assert listed(with_labels.predict(X, classes=True)) == [names[k] for k in classes]
    assert with_labels.class_labels == names
    assert with_numbers.class_labels is None


@pytest.mark.parametrize(("loss", "numbers"), [("binary_cross_entropy", [0, 1]), ("max_margin", [-1, 1])])
def test_two_labels_and_one_output(loss, numbers):
    activation = "sigmoid" if loss == "binary_cross_entropy" else "linear"
    models = [MLP(2, [1], output_activation=activation, seed=1) for _ in range(2)]
    y = ["yes" if x[0] > 0 else "no" for x in X]
    found = train(models[0], y, loss=loss, epochs=30)
    expected = train(models[1], [numbers[label == "yes"] for label in y], loss=loss, epochs=30)
    assert found.loss == expected.loss
    classes = listed(models[1].predict(X, classes=True))
    assert listed(models[0].predict(X, classes=True)) == [["no", "yes"][k] for k in classes]


@pytest.mark.parametrize(
    ("labels", "kept"),
    [
        ([b"b", b"a"], (b"a", b"b")),
        ([date(2024, 5, 1), date(2023, 5, 1)], (date(2023, 5, 1), date(2024, 5, 1))),
        ([Colour.RED, Colour.BLUE], (Colour.RED, Colour.BLUE)),  # without an order: as they came
        ([("b", 1), ("a", 2)], (("a", 2), ("b", 1))),
        ([frozenset("b"), frozenset("a")], (frozenset("b"), frozenset("a"))),
    ],
)
def test_anything_hashable_is_a_label(labels, kept):
    model = network(2)
    train(model, labels * 3)
    assert model.class_labels == kept
    assert set(listed(model.predict(X, classes=True))) <= set(kept)


def test_arrays_columns_and_series():
    numpy, pandas = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    expected = train(network(), ANIMALS).loss
    for y in (numpy.array(ANIMALS), numpy.array(ANIMALS).reshape(-1, 1), pandas.Series(ANIMALS, dtype="category")):
        assert train(network(), y).loss == expected
    model = network()
    train(model, ANIMALS)
    assert model.predict(X, classes=True).dtype.kind == "U"


def test_labels_are_kept_by_copies_and_by_a_further_training_with_some_of_them():
    model = network()
    train(model, ANIMALS)
    for again in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert again.class_labels == ("cat", "dog", "eel")
    train(model, ["eel", "dog"], X=X[:2])
    assert model.class_labels == ("cat", "dog", "eel")
    train(model, ["x", "y", "z"], X=X[:3])
    assert model.class_labels == ("x", "y", "z")
    train(model, [0, 1, 2], X=X[:3])
    assert model.class_labels is None


def test_a_loss_of_ones_own_gets_the_numbers():
    seen = set()

    def loss(outputs, targets):
        seen.update(targets)
        return cross_entropy(outputs, targets)

    train(network(), ANIMALS, loss=loss, compiled=False)
    assert seen == {0, 1, 2}


@pytest.mark.parametrize(
    ("y", "options", "message"),
    [
        (["a", "b", "c", "d", "a", "b"], {}, "y has 4 labels, 'a', 'b', 'c', 'd', but the model has 3 outputs"),
        (["a", "b"] * 3, {}, "y has 2 labels, 'a', 'b', but the model has 3 outputs"),
        (["a"] * 6, {}, "y has the label 'a' only"),
        (["a", 1, "b", "a", "b", "c"], {}, r"y mixes labels and others: y\[1\] is int 1"),
        (["a", None, "b", "a", "b", "c"], {}, r"y mixes labels and others: y\[1\] is NoneType None"),
        (["a", float("nan"), "b", "a", "b", "c"], {}, r"y mixes labels and others: y\[1\] is float nan"),
        (ANIMALS, {"validation": (X[:1], ["fox"])}, "the validation set has the label 'fox' in sample 0"),
        (ANIMALS, {"validation": (X[:1], [1])}, "y has labels, but y of the validation set has none"),
        (ANIMALS, {"loss": "mean_squared_error"}, r"y\[0\] should be a number, got str 'dog'"),
        (ANIMALS[:5], {}, "X has 6 samples but y has 5 targets"),
    ],
)
def test_labels_that_do_not_fit_change_nothing(y, options, message):
    model = network()
    before = model.state_dict()
    with pytest.raises((ValueError, TypeError), match=message):
        train(model, y, **options)
    assert model.state_dict() == before
    assert model.class_labels is None


def test_three_labels_for_one_output_are_refused():
    with pytest.raises(ValueError, match="y has 3 labels, 'cat', 'dog', 'eel', but the model has 1 output: it needs"):
        train(network(1), ANIMALS, loss="binary_cross_entropy")


def test_a_plain_function_is_trained_with_labels_too():
    w = Value(0.1)
    history = fit(
        lambda x: w * x[0], X, ["up" if x[0] > 0 else "down" for x in X], loss="max_margin", epochs=2,
        optimizer=SGD([w], lr=0.1), progress=False,
    )  # fmt: skip
    assert history.loss[1] < history.loss[0]


def test_a_model_without_labels_has_none():
    assert Module().class_labels is None


# --- in files ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ["json", "safetensors"])
@pytest.mark.parametrize("labels", [("cat", "dog", "Ärger"), (("a", 1), ("b", 2)), None], ids=str)
def test_a_file_of_parameters_keeps_the_labels(tmp_path, suffix, labels):
    pytest.importorskip("numpy")
    model, other = MLP(2, [3, 3], seed=0), MLP(2, [3, 3], seed=1)
    keep_labels(model, labels)
    keep_labels(other, ("x", "y", "z"))
    model.save(tmp_path / f"model.{suffix}")
    other.load(tmp_path / f"model.{suffix}")
    assert other.class_labels == labels
    if labels and len(labels) == 3:
        X = [[0.1, 0.9], [-2.0, 1.0]]
        assert other.predict(X, classes=True).tolist() == model.predict(X, classes=True).tolist()
        assert set(other.predict(X, classes=True).tolist()) <= set(labels)


@pytest.mark.parametrize("suffix", ["json", "safetensors"])
def test_it_keeps_the_names_of_the_inputs_too(tmp_path, suffix):
    model, other = MLP(2, [2], seed=0), MLP(2, [2], seed=1)
    model.feature_names_in_ = ["length", "Höhe"]
    model.save(tmp_path / f"model.{suffix}")
    other.load(tmp_path / f"model.{suffix}")
    assert other.feature_names_in_ == ["length", "Höhe"]


def test_labels_that_no_file_can_hold_are_refused_before_it_is_written(tmp_path):
    model = MLP(2, [2], seed=0)
    keep_labels(model, (b"a", b"b"))
    for suffix in ("json", "safetensors"):
        with pytest.raises(ValueError, match="the class label b'a' cannot be written to a file: take text"):
            model.save(tmp_path / f"model.{suffix}")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("labels", ["3", '"ab"', "[1, 2]", '["a"]', '["a", "a"]', "{}"])
def test_damaged_labels_change_nothing(tmp_path, labels):
    model, path = MLP(2, [2], seed=0), tmp_path / "model.json"
    keep_labels(model, ("a", "b"))
    model.save(path)
    text = path.read_text(encoding="utf-8")
    saved = json.dumps(["a", "b"], indent=1).replace("\n", "\n ")
    assert saved in text
    path.write_text(text.replace(saved, labels), encoding="utf-8")
    other = MLP(2, [2], seed=1)
    keep_labels(other, ("x", "y"))
    state = other.state_dict()
    with pytest.raises(ValueError, match=r'model.json does not fit: "class_labels"'):
        other.load(path)
    assert (other.state_dict(), other.class_labels) == (state, ("x", "y"))
    path.write_text(text.replace('"feature_names_in_": null', '"feature_names_in_": [1]'), encoding="utf-8")
    with pytest.raises(ValueError, match='"feature_names_in_" is a list of names or null'):
        other.load(path)
    assert (other.state_dict(), other.class_labels) == (state, ("x", "y"))
