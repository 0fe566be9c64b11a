"""Parameters as tensors: names and shapes are those that PyTorch has for them."""

from __future__ import annotations

import pytest

from autograd import Value
from nn import MLP, Conv1d, Conv2d, Embedding, Flatten, Layer, LayerNorm, Linear, Module, Neuron, Sequential
from nn.tensors import tensors_of


def shapes(module):
    return {name: tensor.shape for name, tensor in tensors_of(module).items()}


def test_layers_have_a_weight_and_a_bias():
    assert shapes(Linear(3, 2)) == {"weight": (2, 3), "bias": (2,)}
    assert shapes(Linear(3, 2, bias=False)) == {"weight": (2, 3)}
    assert shapes(Layer(3, 2)) == {"0.weight": (2, 3), "0.bias": (2,)}, "a Sequential of a linear layer and relu"
    assert shapes(Neuron(3, activation="linear")) == {"weight": (1, 3), "bias": (1,)}
    assert shapes(Conv1d(2, 4, size=3)) == {"weight": (4, 2, 3), "bias": (4,)}
    assert shapes(Conv2d(2, 4, size=3, bias=False, activation="relu")) == {"0.weight": (4, 2, 3, 3)}
    assert shapes(Embedding(5, 3)) == {"weight": (5, 3)}
    assert shapes(LayerNorm(4)) == {"weight": (4,), "bias": (4,)}


def test_parts_are_numbered_in_an_mlp_with_its_activations():
    assert list(shapes(MLP(2, [4, 4, 1]))) == ["0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"]
    assert list(shapes(MLP(2, [4, 1], activation="linear", bias=False))) == ["0.weight", "1.weight"]
    assert list(shapes(Sequential(Flatten(), MLP(2, [1]), Sequential(Layer(1, 1))))) == [
        *("1.0.weight", "1.0.bias", "2.0.0.weight", "2.0.0.bias")
    ]


def test_the_last_index_runs_fastest():
    layer = Conv2d(1, 2, size=2)
    assert tensors_of(layer)["weight"].parameters == [w for neuron in layer.neurons for w in neuron.weights]
    embedding = Embedding(3, 2)
    assert tensors_of(embedding)["weight"].parameters == [x for row in embedding.table for x in row]


class Net(Module):
    def __init__(self):
        self.lines = {"left": Linear(2, 1), ("odd", 1): Linear(1, 1, bias=False)}
        self.layers = [Layer(2, 1)]
        self.scale = Value(1.0)
        self.table = [[Value(1.0), Value(2.0), Value(3.0)], (Value(4.0), Value(5.0), Value(6.0))]
        self.ragged = [[Value(1.0)], [Value(2.0), Value(3.0)]]
        self.mixed = [Value(1.0), None, Value(2.0)]


def test_a_model_of_ones_own_is_named_by_its_attributes():
    model = Net()
    assert shapes(model) == {
        "lines.left.weight": (1, 2),
        "lines.left.bias": (1,),
        "lines[('odd', 1)].weight": (1, 1),
        "layers.0.0.weight": (1, 2),
        "layers.0.0.bias": (1,),
        "scale": (),
        "table": (2, 3),
        "ragged.0.0": (),
        "ragged.1.0": (),
        "ragged.1.1": (),
        "mixed.0": (),
        "mixed.2": (),
    }
    assert {p for t in tensors_of(model).values() for p in t.parameters} == set(model.parameters())


def test_every_parameter_has_a_place_in_layers_that_were_changed_too():
    class Scaled(Linear):
        def __init__(self):
            super().__init__(2, 2)
            self.scale = Value(2.0)

    pruned, mixed, uneven = Linear(2, 2), MLP(2, [2, 1]), Linear(2, 2)
    pruned.neurons[0].weights[1] = 0.0
    mixed.layers[1] = Sequential(Linear(2, 1))
    uneven.neurons[0].bias = None
    for model in (Scaled(), pruned, mixed, Sequential(Scaled(), pruned), uneven):
        assert {p for t in tensors_of(model).values() for p in t.parameters} == set(model.parameters())
    assert "scale" in shapes(Scaled())


def test_what_is_used_twice_stands_under_both_names():
    layer = Linear(2, 2)
    tensors = tensors_of(Sequential(layer, "relu", layer))
    assert list(tensors) == ["0.weight", "0.bias", "2.weight", "2.bias"]
    assert tensors["0.weight"] == tensors["2.weight"]


def test_a_module_may_hold_itself():
    layer = Linear(1, 1)
    layer.next = layer
    assert list(shapes(layer)) == ["weight", "bias"]


def test_two_parameters_of_one_name_are_refused():
    class Twice(Module):
        def __init__(self):
            self.a = {"1": Value(1.0), 1: Value(2.0), "x": None}

    with pytest.raises(ValueError, match=r"two parameters would have the name 'a\.1': rename an attribute or a key"):
        tensors_of(Twice())
