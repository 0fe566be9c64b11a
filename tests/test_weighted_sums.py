"""Neurons are found by their parameters, in whatever way their sums are written."""

import pytest

from autograd import Graph, Value, relu, sum, tanh
from autograd.weighted_sums import NONE, activations, owners, products_in

W, V, B = Value(2.0, "w"), Value(-1.0, "v"), Value(0.5, "b")
X, Y = Value(3.0, "x"), Value(4.0, "y")


def owned(result, *neurons):
    """The symbols of the nodes that belong to each of the neurons, which are lists of parameters."""
    graph = Graph(result)
    owner_of = {graph.number[p]: k for k, parameters in enumerate(neurons) for p in parameters if p in graph}
    found = owners(graph, owner_of)
    assert all(found[graph.number[p]] == NONE for parameters in neurons for p in parameters if p in graph)
    return [[node.op.symbol for node, k in zip(graph, found, strict=True) if k == i] for i in range(len(neurons))]


@pytest.mark.parametrize(
    ("z", "sums"),
    [
        (lambda: W * X + V * Y + B, ["+", "+"]),
        (lambda: B + (X * W + V * Y), ["+", "+"]),
        (lambda: sum([W * X, V * Y, B]), ["sum"]),
        (lambda: 0 + W * X + V * Y + B, ["+", "+", "+"]),
    ],
)
def test_however_the_sum_is_written(z, sums):
    (mine,) = owned(z().tanh() * 7.0, [W, V, B])
    assert sorted(mine) == sorted(["*", "*", *sums, "tanh"])


def test_a_penalty_is_no_neuron():
    assert owned(W * W + V * V, [W, V]) == [[]]
    assert owned(W + V, [W, V]) == [[]]


def test_two_neurons_are_kept_apart():
    hidden = tanh(W * X)
    assert owned(hidden * V + W, [W], [V]) == [["*", "tanh"], ["*"]]


def test_a_sum_over_two_uses_is_no_neuron():
    assert owned(W * X + W * Y, [W]) == [["*", "*"]]


def test_the_products_in_a_sum_from_left_to_right():
    first, second, third = W * X, V * Y, B * X
    assert list(products_in(first + (second + B) + third)) == [first, second, third]
    assert list(products_in(first)) == [first]
    assert list(products_in(tanh(first))) == []


def test_the_activations_of_one_neuron_are_those_of_all_samples():
    outputs = [relu(W * x + B) for x in (1.0, 2.0, 3.0)]
    deeper = [tanh(V * output) for output in outputs]
    first, second = activations(Graph(sum(deeper)), {W, V, B})
    assert (first.parameter, first.operation.name, first.layer, first.nodes) == (B, "relu", 1, outputs)
    assert (second.parameter, second.operation.name, second.layer, second.nodes) == (V, "tanh", 2, deeper)


def test_without_a_bias_the_weight_used_most_often_tells_a_neuron_apart():
    outputs = [relu(W * (V * x)) for x in (1.0, 2.0)]
    (neuron,) = activations(Graph(sum(outputs) + W), {W})
    assert neuron.parameter is W
    assert activations(Graph(relu(X)), {W}) == []
