"""System 2: the forward pass with its published outputs, and the backward pass as the network run in reverse."""

import random

import pytest

from autograd import Value, mean, no_grad, sum, topological_order
from nn import MLP, quadratic_cost

WEIGHTS = [
    ([[1, -2], [-1, 1]], [1, 0]),
    ([[2, -1], [-2, -1]], [0, 0]),
    ([[3, -1], [-1, 4]], [-2, 2]),
]


def network():
    model = MLP(2, [2, 2, 2], activation="sigmoid", output_activation="sigmoid")
    for layer, (W, b) in zip(model.layers, WEIGHTS, strict=True):
        for neuron, row, bias in zip(layer.neurons, W, b, strict=True):
            neuron.bias.data = bias
            for weight, x in zip(neuron.weights, row, strict=True):
                weight.data = x
    return model


def layer_outputs(model, inputs):
    outputs = []
    for layer in model.layers:
        inputs = layer(inputs)
        outputs.append(inputs)
    return outputs


@pytest.mark.parametrize(
    ("inputs", "published"),
    [
        ((1, -1), [(0.98, 0.12), (0.86, 0.11), (0.62, 0.83)]),
        ((0, 0), [(0.73, 0.50), (0.72, 0.12), (0.51, 0.85)]),
    ],
)
def test_the_published_layer_outputs(inputs, published):
    model = network()
    outputs = layer_outputs(model, inputs)
    assert [tuple(round(a.data, 2) for a in layer) for layer in outputs] == published
    assert [a.data for a in model(inputs)] == [a.data for a in outputs[-1]]


def samples(n=7, seed=0):
    generator = random.Random(seed)
    X = [[generator.uniform(-1, 1), generator.uniform(-1, 1)] for _ in range(n)]
    return X, [[float(x[0] > 0), float(x[1] > 0)] for x in X]


def gradient(model, cost):
    model.zero_grad()
    cost.backward()
    return [p.grad for p in model.parameters()]


def test_the_average_does_not_move_the_optimum():
    """Cost is the average of the losses, total loss their sum: their gradients differ by the factor n only."""
    model, (X, Y) = network(), samples()
    losses = [quadratic_cost([model(x)], [y]) for x, y in zip(X, Y, strict=True)]
    total, cost = sum(losses), mean(losses)
    assert total.data == pytest.approx(len(X) * cost.data, rel=1e-14)
    assert cost.data == pytest.approx(quadratic_cost([model(x) for x in X], Y).data, rel=1e-14)
    of_total, of_cost = gradient(model, total), gradient(model, cost)
    assert of_total == pytest.approx([len(X) * g for g in of_cost], rel=1e-12)


def test_the_local_derivative_by_a_weight_is_the_input_on_that_edge():
    model = network()
    inputs = [Value(1.0), Value(-1.0)]
    outputs = layer_outputs(model, inputs)
    for layer, below in zip(model.layers, [inputs, *outputs], strict=False):
        for neuron, z in zip(layer.neurons, [a.parents[0] for a in layer(below)], strict=True):
            products = [node for node in z.parents if node is not neuron.bias]
            for product, weight, x in zip(products, neuron.weights, below, strict=True):
                assert product.parents == (weight, x)
                assert product.local_derivatives[0] == x.data
                assert z.local_derivatives == (1.0, 1.0, 1.0)


def test_the_backward_pass_is_a_network_run_from_right_to_left():
    """Its neurons are linear: an amplification g'(z) that the forward pass has fixed, the same weights, new inputs."""
    model = network()
    inputs = [Value(1.0), Value(-1.0)]
    layers = layer_outputs(model, inputs)
    loss = quadratic_cost([layers[-1]], [[1.0, 0.0]])
    loss.backward()
    delta = [a.grad * a.data * (1 - a.data) for a in layers[-1]]  # the output layer: direct
    assert delta == pytest.approx([a.parents[0].grad for a in layers[-1]], rel=1e-14)
    for above, here in zip(reversed(model.layers), reversed(layers[:-1]), strict=False):  # a hidden layer: recursive
        amplification = [a.local_derivatives[0] for a in here]
        delta = [
            amplification[j]
            * (above.neurons[0].weights[j].data * delta[0] + above.neurons[1].weights[j].data * delta[1])
            for j in (0, 1)
        ]
        assert delta == pytest.approx([a.parents[0].grad for a in here], rel=1e-13)


def test_the_reverse_network_is_linear_in_its_input():
    model = network()
    outputs = model([1.0, -1.0])
    one, other = outputs[0] * 1.0 + outputs[1] * 0.0, outputs[0] * 0.0 + outputs[1] * 1.0
    both = 3.0 * outputs[0] - 2.0 * outputs[1]
    g1, g2, g3 = (gradient(model, each) for each in (one, other, both))
    assert g3 == pytest.approx([3 * a - 2 * b for a, b in zip(g1, g2, strict=True)], rel=1e-12, abs=1e-15)


def test_backward_does_as_many_multiplications_as_there_are_edges():
    """The claim "as expensive as the forward pass", counted and not timed: every edge is used once in each pass."""
    counts = []
    for width in (4, 8, 16):
        model = MLP(2, [width, width, 2], activation="sigmoid", seed=0)
        loss = quadratic_cost([model([1.0, -1.0])], [[1.0, 0.0]])
        edges = [edge for node in topological_order(loss) for edge in node.parents]
        products = [n for n in topological_order(loss) if n.op is not None and n.op.name == "multiply"]
        counts.append(len(edges) / len(products))
        assert len(edges) == len([d for node in topological_order(loss) for d in node.local_derivatives])
    assert all(3 <= ratio < 4 for ratio in counts)  # two edges from each product's factors, one to the sum
    assert counts == sorted(counts, reverse=True)


def test_a_forward_pass_alone_records_nothing():
    with no_grad():
        assert all(a.parents == () for a in network()([1.0, -1.0]))


def test_the_illustration_of_depth():
    layers = {"AlexNet": (2012, 8), "VGG": (2014, 19), "GoogLeNet": (2014, 22), "ResNet": (2015, 152)}
    deepest = MLP(1, [1] * layers["ResNet"][1], activation="tanh", seed=0)
    x = Value(0.5)
    y = deepest([x])
    y.backward()  # 152 layers are no depth for an iterative pass
    assert len([n for n in topological_order(y) if n.op is not None and n.op.name == "tanh"]) == 151
    assert x.has_grad
