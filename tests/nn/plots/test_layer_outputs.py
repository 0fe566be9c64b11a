"""The outputs of every layer are those that the layer returned."""

from __future__ import annotations

import pytest

from autograd import relu
from nn import MLP, Activation, Conv2d, Dropout, Flatten, Layer, Linear, Module, Reshape, Sequential

pytest.importorskip("matplotlib")
from nn.plots.layer_outputs import layer_outputs, layers_of

np = pytest.importorskip("numpy")

X = [[0.5, -1.0], [1.0, 2.0], [0.0, 0.25]]


def numbers(outputs):
    return [[z.data for z in row] for row in outputs]


def test_of_an_mlp():
    model = MLP(2, [3, 2], activation="tanh", seed=0)
    found = layer_outputs(model, X)
    assert list(found) == ["layers[0]", "layers[1]"]
    np.testing.assert_allclose(found["layers[0]"], numbers(map(model.layers[0], X)), rtol=1e-12)
    np.testing.assert_allclose(found["layers[1]"], numbers(map(model, X)), rtol=1e-12)


class Branching(Module):
    """A model of one's own, which decides by its numbers and calls a layer twice."""

    def __init__(self):
        self.first, self.second, self.unused = Linear(2, 2, seed=0), Activation("relu"), Linear(2, 2, seed=1)

    def forward(self, x):
        h = self.second(self.first(x))
        return self.second(self.first(h)) if h[0].data > 0 else h


@pytest.mark.filterwarnings("ignore:.*took a branch")
def test_of_a_model_of_ones_own():
    model = Branching()
    found = layer_outputs(model, X)
    assert list(found) == ["first", "second"]
    np.testing.assert_allclose(found["second"], numbers(map(model, X)), rtol=1e-12)


def test_of_images():
    model = Sequential(Reshape(1, 4, 4), Conv2d(1, 2, 3, seed=0), "relu", Flatten(), Linear(8, 3, seed=1))
    found = layer_outputs(model, np.ones((5, 16)))
    assert [(name, each.shape) for name, each in found.items()] == [
        ("layers[0]", (5, 16)),
        ("layers[1]", (5, 8)),
        ("layers[2]", (5, 8)),
        ("layers[3]", (5, 8)),
        ("layers[4]", (5, 3)),
    ]
    np.testing.assert_allclose(found["layers[2]"], np.maximum(found["layers[1]"], 0))


def test_nothing_is_dropped_and_modes_stay():
    model = Sequential(Linear(2, 2, seed=0), Dropout(0.5, seed=0))
    found = layer_outputs(model, X)
    np.testing.assert_array_equal(found["layers[0]"], found["layers[1]"])
    assert model.training


def test_classes_call_as_before_afterwards_also_after_an_error():
    before = Layer.__call__, "__call__" in vars(Linear)
    layer_outputs(Sequential(Linear(2, 2), MLP(2, [2])), X)
    with pytest.raises(ValueError, match="2"):
        layer_outputs(MLP(3, [2]), X)
    assert (Layer.__call__, "__call__" in vars(Linear)) == before


def test_layers_are_those_of_the_summary():
    model = Sequential(MLP(2, [3, 2]), "relu", Linear(2, 1))
    assert [name for name, _ in layers_of(model)] == [row.layer for row in model.summary().rows[:-1]]


def test_a_function_has_no_layers():
    with pytest.raises(TypeError, match="only a Module says what its layers are, got function"):
        layer_outputs(lambda x: relu(x[0]), X)
