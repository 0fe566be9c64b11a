"""What a model says about its layers: ours, micrograd's, those of the user's own classes."""

import math
import random
from itertools import pairwise

import pytest

from autograd import Value, draw
from autograd.drawing.network.dense import activations, dense_layers
from nn import MLP, Conv2d, Dropout, Layer, LayerNorm, Linear, Module, Neuron, Sequential


class Scalar:
    """A node as in micrograd."""

    def __init__(self, data, _children=(), _op=""):
        self.data, self.grad, self._prev, self._op = data, 0.0, set(_children), _op
        self._backward = lambda: None

    def __add__(self, other):
        return Scalar(self.data + getattr(other, "data", other), (self,), "+")

    def __mul__(self, other):
        return Scalar(self.data * getattr(other, "data", other), (self,), "*")


class TheirNeuron:
    def __init__(self, n, nonlin=True):
        self.w = [Scalar(random.Random(k).uniform(-1, 1)) for k in range(n)]
        self.b, self.nonlin = Scalar(0.5), nonlin


class TheirLayer:
    def __init__(self, n, m, nonlin):
        self.neurons = [TheirNeuron(n, nonlin) for _ in range(m)]


class TheirNetwork:
    def __init__(self, sizes):
        self.sz = sizes
        self.layers = [TheirLayer(a, b, k < len(sizes) - 2) for k, (a, b) in enumerate(pairwise(sizes))]


class Mine(Module):
    def __init__(self):
        self.size, self.rate, self.names = 4, 0.5, ["a", "b"]
        self.hidden, self.out = Linear(2, 4, seed=0), Linear(4, 1, seed=1)

    def forward(self, x):
        return self.out([z.tanh() for z in self.hidden(x)])


def shapes(model):
    return [(layer.name, layer.n_inputs, len(layer.weights), layer.activation) for layer in dense_layers(model)]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Neuron(2, activation="tanh"), [("", 2, 1, "tanh")]),
        (Layer(3, 2), [("", 3, 2, "relu")]),
        (MLP(2, [16, 1], seed=0), [("layers[0]", 2, 16, "relu"), ("layers[1]", 16, 1, "")]),
        (Sequential(Linear(2, 3), "tanh", Linear(3, 1)), [("layers[0]", 2, 3, "tanh"), ("layers[2]", 3, 1, "")]),
        (Sequential(MLP(2, [3]), MLP(3, [1])), [("layers[0].layers[0]", 2, 3, ""), ("layers[1].layers[0]", 3, 1, "")]),
        (TheirNetwork([3, 4, 1]), [("layers[0]", 3, 4, "relu"), ("layers[1]", 4, 1, "")]),
        (Mine(), [("hidden", 2, 4, ""), ("out", 4, 1, "")]),
    ],
)
def test_dense_layers_are_found(model, expected):
    assert shapes(model) == expected


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Sequential(Linear(2, 3), LayerNorm(3), Linear(3, 1)), r"layers\[1\] is a LayerNorm, which is no dense layer"),
        (Sequential(Conv2d(1, 2, 3)), r"layers\[0\] is a Conv2d, which is no dense layer.*draw\(model\(x\)\)"),
        (Sequential(Linear(2, 3), Dropout(0.5)), r"layers\[1\] is a Dropout"),
        (Sequential(Linear(2, 3), Linear(2, 1)), r"layers\[1\] has 2 inputs and layers\[0\] has 3 neurons"),
        (Module(), "this is a Module, which is no dense layer"),
    ],
)
def test_other_models_are_refused_in_words(model, message):
    with pytest.raises(TypeError, match=message):
        draw(model)


def test_weights_and_biases_are_the_nodes_themselves():
    model = MLP(2, [3, 1], bias=False, seed=1)
    first = dense_layers(model)[0]
    assert first.weights[2][1] is model.layers[0].neurons[2].weights[1]
    assert first.biases == [None, None, None]
    assert [b.data for b in dense_layers(TheirLayer(2, 2, True))[0].biases] == [0.5, 0.5]


def test_activations_are_what_the_model_computes():
    model = Sequential(Linear(2, 3, seed=1), "tanh", Linear(3, 2, seed=2))
    x = [0.5, -1.0]
    inputs, hidden, outputs = activations(dense_layers(model), x)
    assert inputs == x
    assert outputs == [y.data for y in model(x)]
    linear = [
        math.fsum(w.data * z for w, z in zip(neuron.weights, x, strict=True)) for neuron in model.layers[0].neurons
    ]
    assert hidden == pytest.approx([math.tanh(z) for z in linear])
    with pytest.raises(ValueError, match="the network has 2 inputs, got 3 numbers"):
        activations(dense_layers(model), [1.0, 2.0, 3.0])


def test_a_model_that_holds_itself_ends():
    model = Mine()
    model.out.again = model
    assert len(dense_layers(model)) == 2
    with pytest.raises(TypeError, match="draw takes a Value"):
        draw({"weights": Value(1.0)})
