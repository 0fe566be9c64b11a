"""System 3: the computation graph itself: z = (x + y)·w, one neuron, two layers and the three-step update."""

import math
import random

import pytest

from autograd import Value, explain, explain_layers, sigmoid, topological_order
from nn import MLP, SGD, mean_squared_error, quadratic_cost


def test_operations_and_variables_are_nodes_and_dependencies_are_edges():
    x, y, w = Value(2.0, "x"), Value(-3.0, "y"), Value(4.0, "w")
    z = (x + y) * w
    order = topological_order(z)
    assert [node.label or node._op for node in order] == ["x", "y", "+", "w", "*"]
    assert [(p._op or p.label, n._op) for n in order for p in n.parents] == [
        ("x", "+"),
        ("y", "+"),
        ("+", "*"),
        ("w", "*"),
    ]
    z.backward()
    assert (z.data, x.grad, y.grad, w.grad) == (-4.0, 4.0, 4.0, -1.0)  # w, w, x + y


def neuron(w=0.5, b=-0.3, x=2.0, y=1.0):
    w, b, x, y = Value(w, "w"), Value(b, "b"), Value(x, "x"), Value(y, "y")
    z = w * x + b
    z.label = "z"
    a = z.sigmoid()
    a.label = "ŷ"
    loss = 0.5 * (y - a) ** 2
    loss.label = "L"
    return loss, w, b


@pytest.mark.parametrize("seed", range(10))
def test_the_three_factors_of_one_neuron(seed):
    generator = random.Random(seed)
    numbers = [generator.uniform(-2, 2) for _ in range(4)]
    loss, w, b = neuron(*numbers)
    x, y = numbers[2], numbers[3]
    a = sigmoid(numbers[0] * x + numbers[1])
    by_a, by_z, by_w, by_b = a - y, a * (1 - a), x, 1.0
    loss.backward()
    assert w.grad == pytest.approx(by_a * by_z * by_w, rel=1e-13)
    assert b.grad == pytest.approx(by_a * by_z * by_b, rel=1e-13)
    named = {(e.child.label, e.parent.label): e for e in explain(loss, w).edges}
    assert str(named["ŷ", "z"].formula) == "ŷ × (1 − ŷ)"
    assert named["ŷ", "z"].local_derivative == pytest.approx(by_z, rel=1e-14)
    assert named["ŷ", "z"].upstream == pytest.approx(by_a, rel=1e-13)  # dL/dŷ
    last = explain(loss, w).edges[-1]
    assert str(last.formula) == "x"
    assert last.local_derivative == x
    assert [str(e.formula) for e in explain(loss, b).edges][-1] == "1.0"


@pytest.mark.parametrize("seed", range(10))
def test_two_layers_and_the_update(seed):
    """delta2 = dL/dŷ·σ'(z2), delta1 = (delta2·W2ᵀ)∘σ'(z1), W ← W - α·delta·inputᵀ: forward, backward, update."""
    generator = random.Random(seed)
    model = MLP(2, [3, 1], activation="sigmoid", output_activation="sigmoid", seed=seed)
    for layer in model.layers:
        for each in layer.neurons:
            each.bias.data = generator.uniform(-1, 1)
    x, y, rate = [generator.uniform(-1, 1), generator.uniform(-1, 1)], 1.0, 0.7
    W1 = [[w.data for w in each.weights] for each in model.layers[0].neurons]
    b1 = [each.bias.data for each in model.layers[0].neurons]
    W2 = [w.data for w in model.layers[1].neurons[0].weights]
    b2 = model.layers[1].neurons[0].bias.data

    a1 = [sigmoid(math.fsum([b, *(w * v for w, v in zip(row, x, strict=True))])) for row, b in zip(W1, b1, strict=True)]
    out = sigmoid(math.fsum([b2, *(w * a for w, a in zip(W2, a1, strict=True))]))
    delta2 = (out - y) * out * (1 - out)
    delta1 = [delta2 * w * a * (1 - a) for w, a in zip(W2, a1, strict=True)]

    optimizer = SGD(model.parameters(), lr=rate)
    loss = quadratic_cost([model(x)], [y])  # forward
    assert loss.data == pytest.approx(0.5 * (y - out) ** 2, rel=1e-12)
    loss.backward()  # backward
    explanation = explain_layers(loss, model)
    optimizer.step()  # update
    assert explanation.deltas[1] == pytest.approx([delta2], rel=1e-12)
    assert explanation.deltas[0] == pytest.approx(delta1, rel=1e-12)
    for each, row, b, delta in zip(model.layers[0].neurons, W1, b1, delta1, strict=True):
        assert [w.data for w in each.weights] == pytest.approx(
            [w - rate * delta * v for w, v in zip(row, x, strict=True)], rel=1e-12
        )
        assert each.bias.data == pytest.approx(b - rate * delta, rel=1e-12)
    assert [w.data for w in model.layers[1].neurons[0].weights] == pytest.approx(
        [w - rate * delta2 * a for w, a in zip(W2, a1, strict=True)], rel=1e-12
    )
    assert quadratic_cost([model(x)], [y]).data < loss.data


def test_the_worked_example():
    layer = MLP(2, [2], output_activation="sigmoid").layers[0]
    for each, row in zip(layer.neurons, [[0.1, 0.2], [0.3, 0.4]], strict=True):
        each.bias.data = 0.5
        for w, number in zip(each.weights, row, strict=True):
            w.data = number
    outputs = layer([1.0, 2.0])
    loss = quadratic_cost([outputs], [[1.0, 1.0]])  # its derivative by a is a - 1
    loss.backward()
    zs = [a.parents[0] for a in outputs]
    assert [z.data for z in zs] == pytest.approx([1.0, 1.6], rel=1e-15)
    assert [round(a.data, 8) for a in outputs] == [0.73105858, 0.83201839]
    assert [a.grad for a in outputs] == pytest.approx([a.data - 1 for a in outputs], rel=1e-15)
    assert [round(z.grad, 8) for z in zs] == [-0.05287709, -0.02347775]
    assert [[round(w.grad, 8) for w in each.weights] for each in layer.neurons] == [
        [-0.05287709, -0.10575419],
        [-0.02347775, -0.04695549],
    ]
    assert [each.bias.grad for each in layer.neurons] == [z.grad for z in zs]


def test_a_variant_of_gradient_descent_also_goes_down():
    _, w, b = neuron()
    optimizer = SGD([w, b], lr=0.5, momentum=0.9)
    costs = []
    for _ in range(30):
        a = (w * 2.0 + b).sigmoid()
        cost = mean_squared_error([a], [1.0])
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        costs.append(cost.data)
    assert costs[-1] < 0.1 * costs[0]
