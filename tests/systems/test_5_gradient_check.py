"""System 5: the published gradient check, and whether the last error is multiplied by σ'(z).

3 inputs, 5 hidden and 3 output units, sigmoid everywhere, 5 samples; numbers from sin(1), sin(2), …
"""

import csv
import math
from pathlib import Path

import pytest

from autograd import explain_layers
from nn import MLP, binary_cross_entropy, l2_penalty, quadratic_cost

EPSILON = 1e-4
TABLE = Path(__file__).parent.parent / "data" / "gradient-check-38.csv"


def sines(rows, columns):
    """A matrix filled row by row with sin(1), sin(2), … divided by 10."""
    return [[math.sin(1 + i * columns + j) / 10 for j in range(columns)] for i in range(rows)]


def network():
    """The network, its bias column 0 set to zero."""
    model = MLP(3, [5, 3], activation="sigmoid", output_activation="sigmoid")
    for layer, theta in zip(model.layers, (sines(5, 4), sines(3, 6)), strict=True):
        for neuron, row in zip(layer.neurons, theta, strict=True):
            neuron.bias.data = 0.0
            for weight, x in zip(neuron.weights, row[1:], strict=True):
                weight.data = x
    return model


X = sines(5, 3)
LABELS = [1 + i % 3 for i in range(1, 6)]
Y = [[1.0 if label == k else 0.0 for k in range(3)] for label in LABELS]


def thetas(model):
    """The parameters in the order of the table: for each unit its bias, then its weights."""
    return {
        f"Theta{number}[{i}][{j}]": parameter
        for number, layer in enumerate(model.layers, 1)
        for i, neuron in enumerate(layer.neurons)
        for j, parameter in enumerate([neuron.bias, *neuron.weights])
    }


def cost(model, loss=quadratic_cost, strength=0.0):
    """J, with λ/(2m) Σ θ² over the weights, biases excluded, where λ is not 0."""
    J = loss([model(x) for x in X], Y)
    if not strength:
        return J
    weights = [w for layer in model.layers for neuron in layer.neurons for w in neuron.weights]
    return J + l2_penalty(weights, strength / (2 * len(X)))


def central_difference(model, parameter, *options):
    x = parameter.data
    values = []
    for step in (EPSILON, -EPSILON):
        parameter.data = x + step
        values.append(cost(model, *options).data)
    parameter.data = x
    return (values[0] - values[1]) / (2 * EPSILON)


def published():
    with TABLE.open() as file:
        return list(csv.DictReader(file))


def test_the_labels():
    assert LABELS == [2, 3, 1, 2, 3]
    assert Y[1] == [0.0, 0.0, 0.0]  # a sample labelled 3 has an all-zero target


def test_the_table_has_38_rows_in_this_order():
    rows = published()
    assert [row["parameter"] for row in rows] == list(thetas(network()))
    assert len(rows) == 38
    assert sum(row["parameter"].startswith("Theta1") for row in rows) == 20


def test_the_published_backpropagation_column():
    """All printed digits: nine significant ones."""
    model = network()
    cost(model).backward()
    for row, parameter in zip(published(), thetas(model).values(), strict=True):
        assert f"{parameter.grad:.8e}" == row["backpropagation"], row["parameter"]


def test_the_published_numerical_column():
    """To 4e-9, half of the last printed digit; the small ones to what rounding leaves of a difference of two costs."""
    model = network()
    for row, parameter in zip(published(), thetas(model).values(), strict=True):
        assert central_difference(model, parameter) == pytest.approx(float(row["numerical"]), rel=4e-9, abs=2e-12), row


@pytest.mark.parametrize("strength", [0.0, 1.0, 3.0])
@pytest.mark.parametrize("loss", [quadratic_cost, binary_cross_entropy])
def test_the_check_passes_for_both_costs_with_and_without_regularisation(loss, strength):
    model = network()
    cost(model, loss, strength).backward()
    for name, parameter in thetas(model).items():
        numerical = central_difference(model, parameter, loss, strength)
        assert parameter.grad == pytest.approx(numerical, rel=1e-6, abs=1e-9), name


@pytest.mark.parametrize("loss", [quadratic_cost, binary_cross_entropy])
def test_regularisation_adds_to_weights_only(loss):
    plain, regularised = network(), network()
    cost(plain, loss).backward()
    cost(regularised, loss, 3.0).backward()
    for (name, p), q in zip(thetas(plain).items(), thetas(regularised).values(), strict=True):
        added = 0.0 if name.endswith("[0]") else 3.0 / len(X) * p.data
        assert q.grad - p.grad == pytest.approx(added, abs=1e-15), name


def test_is_delta3_multiplied_by_the_slope():
    """With the squared error yes; with the cross-entropy the slope cancels."""
    model = network()
    for i, y in enumerate(Y):
        squared = explain_layers(cost(model, quadratic_cost), model, sample=i).layers[-1]
        entropy = explain_layers(cost(model, binary_cross_entropy), model, sample=i).layers[-1]
        error = [(a - target) / len(X) for a, target in zip(squared.a, y, strict=True)]
        assert squared.delta == pytest.approx([e * s for e, s in zip(error, squared.slopes, strict=True)], rel=1e-13)
        assert entropy.delta == pytest.approx(error, rel=1e-13)


def test_the_wrong_answer_is_caught_by_the_check():
    """The student's version, without σ'(z3), is far from the central difference: the check decides."""
    model = network()
    J = cost(model)
    J.backward()
    first = model.layers[1].neurons[0]
    shares = [explain_layers(J, model, sample=i).layers[-1] for i in range(len(X))]
    without_slope = math.fsum(share.delta[0] / share.slopes[0] for share in shares)
    numerical = central_difference(model, first.bias)
    assert first.bias.grad == pytest.approx(numerical, rel=1e-7)
    assert abs(without_slope - numerical) > 3 * abs(numerical)
