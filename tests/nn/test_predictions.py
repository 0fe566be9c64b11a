"""`predict` returns what the model returns, in arrays, by a program that follows the model when it changes."""

from __future__ import annotations

import gc
import math
from dataclasses import dataclass

import pytest

from autograd import Value, no_grad, tanh
from nn import MLP, Conv1d, Linear, Module, Neuron, Reshape, Sequential, predictions

np = pytest.importorskip("numpy")

X = [[0.5, -1.0], [0.0, 2.0], [3.0, 0.25]]


def eager(model, rows=X):
    with no_grad():
        outputs = [model(row) for row in rows]
    return [[z.data for z in y] if isinstance(y, list) else y.data for y in outputs]


@pytest.mark.parametrize("sizes", [[4, 1], [4, 3]])
def test_outputs_are_those_of_the_model_in_an_array(sizes):
    model = MLP(2, sizes, activation="tanh", seed=0)
    found = model.predict(X)
    assert found.shape == ((3,) if sizes[-1] == 1 else (3, 3))
    assert np.allclose(found, eager(model), rtol=1e-13)


@pytest.mark.parametrize("given", ["array", "DataFrame", "ints"])
def test_arrays_and_data_frames_are_taken(given):
    model = MLP(2, [4, 1], seed=0)
    table = [[1, 2], [3, 4]] if given == "ints" else X
    if given == "array":
        table = np.array(X)
    if given == "DataFrame":
        table = pytest.importorskip("pandas").DataFrame(X, columns=["a", "b"])
    assert model.predict(table) == pytest.approx(eager(model, np.array(table).tolist()))


def test_it_is_compiled_once_and_follows_the_parameters():
    model = MLP(2, [4, 1], seed=0)
    model.predict(X)
    program = predictions._programs[id(model)]
    for p in model.parameters():
        p.data *= 2
    assert model.predict(X * 5) == pytest.approx(eager(model) * 5)
    assert predictions._programs[id(model)] is program


def test_it_is_compiled_anew_where_the_model_was_changed():
    model = MLP(2, [4, 1], seed=0)
    model.predict(X)
    model.layers[0].neurons[1].activation = Value.sin
    assert model.predict(X) == pytest.approx(eager(model))
    model.layers.append(Linear(1, 2, seed=1))
    assert np.allclose(model.predict(X), eager(model))


def test_a_model_that_decides_by_its_numbers_is_computed_node_by_node():
    class Branching(Module):
        def __init__(self):
            self.a, self.b = Value(2.0), Value(-3.0)

        def __call__(self, x):
            return self.a * x[1] if x[0] > 0.3 else self.b * x[1]

    assert Branching().predict(X).tolist() == [-2.0, -6.0, 0.5]


def test_an_output_that_no_input_reaches_is_repeated():
    class Constant(Module):
        def __init__(self):
            self.w = Value(2.0)

        def forward(self, x):
            return [self.w, self.w * x[0]]

    assert Constant().predict(X).tolist() == [[2.0, 1.0], [2.0, 0.0], [2.0, 6.0]]


def test_nothing_keeps_the_model():
    model = MLP(2, [3, 1], seed=0)
    model.predict(X)
    key = id(model)
    del model
    gc.collect()
    assert key not in predictions._programs


def test_a_model_that_is_no_key_of_a_dict_predicts():
    @dataclass
    class Line(Module):
        slope: Value

        def __call__(self, x):
            return self.slope * x[0]

    assert Line(Value(2.0)).predict(X).tolist() == [1.0, 0.0, 6.0]


def test_a_model_that_returns_an_array_predicts():
    class Product(Module):
        def __init__(self):
            self.W = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)], [Value(-1.0), Value(0.5)]])

        def forward(self, x):
            return self.W @ np.array(x)

    expected = np.array(X) @ np.array([[1.0, 2.0], [3.0, 4.0], [-1.0, 0.5]]).T
    assert np.allclose(Product().predict(X), expected)
    assert Product().predict(X, classes=True).tolist() == expected.argmax(1).tolist()


def test_classes_are_the_largest_output_or_beyond_the_threshold():
    model = MLP(2, [4, 3], seed=0)
    assert model.predict(X, classes=True).tolist() == [max(range(3), key=z.__getitem__) for z in eager(model)]
    logit = MLP(2, [4, 1], seed=0)
    assert logit.predict(X, classes=True).tolist() == [int(z > 0) for z in eager(logit)]
    probability = MLP(2, [4, 1], output_activation="sigmoid", seed=0)
    assert probability.predict(X, classes=True).tolist() == [int(a > 0.5) for a in eager(probability)]
    assert probability.predict(X, classes=True, threshold=0.0).tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "model",
    [
        MLP(2, [3, 1], output_activation="sigmoid", seed=0),
        Sequential(Linear(2, 1, seed=0), "sigmoid"),
        Sequential(MLP(2, [3, 1], output_activation="sigmoid", seed=0)),
        Neuron(2, activation="sigmoid", seed=0),
    ],
)
def test_the_probabilities_of_a_sigmoid_are_its_outputs(model):
    a = np.array(eager(model))
    assert np.allclose(model.predict_proba(X), np.column_stack([1 - a, a]))


def test_the_probabilities_of_logits_are_sigmoid_and_softmax():
    one, three = MLP(2, [1], seed=0), MLP(2, [3], seed=0)
    expected = [[1 / (1 + math.exp(z)), 1 / (1 + math.exp(-z))] for z in eager(one)]
    assert np.allclose(one.predict_proba(X), expected)
    found = three.predict_proba(X)
    assert np.allclose(found, [[math.exp(z) / sum(map(math.exp, zs)) for z in zs] for zs in eager(three)])
    assert np.allclose(found.sum(1), 1)


def test_outputs_in_lists_of_lists_keep_their_shape():
    model = Sequential(Reshape(1, 2), Conv1d(1, 3, size=2, seed=0), tanh)
    assert model.predict(X).shape == (3, 3, 1)
    with pytest.raises(ValueError, match="classes need one number for each class, but this model returns lists"):
        model.predict(X, classes=True)


def test_one_sample_alone_is_answered_with_the_brackets_to_write():
    with pytest.raises(ValueError, match=r"takes 2 inputs, got 1; X has one row .*: for one sample write predict"):
        MLP(2, [1]).predict([0.5, 1.0])


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ([], ValueError, "X has no samples"),
        ([[1.0, math.nan]], ValueError, r"X\[0\]\[1\] is nan"),
        ([[1.0, "a"]], TypeError, r"X\[0\]\[1\] should be a number, got str 'a'"),
        ([[1.0, 2.0], [1.0]], ValueError, "the samples of X differ in length"),
        ([[1.0, 2.0, 3.0]], ValueError, "takes 2 inputs, got 3"),
        ([[[1.0, 2.0]]], TypeError, r"begin the model with nn\.Reshape\(1, 8, 8\)"),
    ],
)
def test_bad_data_is_refused(given, error, message):
    with pytest.raises(error, match=message):
        MLP(2, [1]).predict(given)


def test_a_threshold_without_classes_is_refused():
    with pytest.raises(TypeError, match=r"a threshold decides between classes: write predict\(X, classes=True"):
        MLP(2, [1]).predict(X, threshold=0.5)


def test_a_model_that_returns_something_else_is_refused():
    class Named(Module):
        def __call__(self, x):
            return {"y": Value(1.0) * x[0]}

    with pytest.raises(TypeError, match=r"predict puts outputs into an array, but Named returns dict"):
        Named().predict(X)
