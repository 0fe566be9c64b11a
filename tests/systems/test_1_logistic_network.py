"""System 1: a logistic network with cross-entropy, and why the weights appear transposed.

2 inputs, 2 hidden and 2 output units, no bias: x → z → a → z → a → J, made of bare nodes.
"""

import math
import random

import pytest

from autograd import Value, explain, explain_layers, log, sum, topological_order
from nn import MLP, binary_cross_entropy

TARGETS = (1.0, 0.0)


class Network:
    """The drawing: every weight, pre-activation and activation is a node with its name."""

    def __init__(self, seed):
        generator = random.Random(seed)
        self.W1, self.W2 = (
            [[Value(generator.uniform(-2, 2), f"W{n}_{i}{j}") for j in (1, 2)] for i in (1, 2)] for n in (1, 2)
        )
        self.x = [Value(generator.uniform(-1, 1), f"x{j}") for j in (1, 2)]
        self.z1, self.a1 = self.layer(self.W1, self.x, 1)
        self.z2, self.a2 = self.layer(self.W2, self.a1, 2)
        self.J = -sum([y * log(a) + (1 - y) * log(1 - a) for a, y in zip(self.a2, TARGETS, strict=True)])
        self.J.label = "J"
        self.J.backward()

    @staticmethod
    def layer(W, inputs, number):
        z = [sum([w * x for w, x in zip(row, inputs, strict=True)]) for row in W]
        a = [each.sigmoid() for each in z]
        for i in (0, 1):
            z[i].label, a[i].label = f"z{number}_{i + 1}", f"a{number}_{i + 1}"
        return z, a


seeds = pytest.mark.parametrize("seed", range(20))


@seeds
def test_the_sigmoid_and_its_slope(seed):
    network = Network(seed)
    for z, a in zip(network.z1 + network.z2, network.a1 + network.a2, strict=True):
        assert a.data == pytest.approx(1 / (1 + math.exp(-z.data)), rel=1e-15)
        assert a.local_derivatives == (a.data * (1 - a.data),)


@seeds
def test_delta_of_the_output_is_a_minus_y(seed):
    """Nobody wrote a - y anywhere: it is what the chain rule over the cross-entropy and the sigmoid gives."""
    network = Network(seed)
    for z, a, y in zip(network.z2, network.a2, TARGETS, strict=True):
        assert z.grad == pytest.approx(a.data - y, rel=1e-13)


@seeds
def test_why_it_cancels(seed):
    """∂J/∂a = (a - y)/(a(1-a)), and the slope of the sigmoid is that denominator."""
    network = Network(seed)
    for z, a, y in zip(network.z2, network.a2, TARGETS, strict=True):
        assert a.grad == pytest.approx((a.data - y) / (a.data * (1 - a.data)), rel=1e-13)
        factors = {(edge.child, edge.parent): edge for edge in explain(network.J, z).edges}
        assert str(factors[a, z].formula) == f"{a.label} × (1 − {a.label})"


@seeds
def test_delta_of_a_hidden_unit_sums_over_its_outgoing_edges(seed):
    """Column j of W2 holds the weights on the edges that leave hidden unit j: there is the transpose."""
    network = Network(seed)
    for j in (0, 1):
        outgoing = [w for row in network.W2 for w in row if w.label.endswith(str(j + 1))]
        assert outgoing == [network.W2[0][j], network.W2[1][j]]
        received = math.fsum(w.data * z.grad for w, z in zip(outgoing, network.z2, strict=True))
        slope = network.a1[j].data * (1 - network.a1[j].data)
        assert network.z1[j].grad == pytest.approx(received * slope, rel=1e-12)


def test_the_edges_of_the_drawing():
    """Each weight stands on exactly one edge: from a unit j of one layer to unit i of the next."""
    network = Network(0)
    for W, inputs, zs in ((network.W1, network.x, network.z1), (network.W2, network.a1, network.z2)):
        for row, z in zip(W, zs, strict=True):
            assert [set(product.parents) for product in z.parents] == [{w, x} for w, x in zip(row, inputs, strict=True)]
    assert {node.label for node in topological_order(network.J)} >= {
        "x1",
        "W1_12",
        "z1_2",
        "a1_1",
        "W2_21",
        "a2_2",
        "J",
    }


def test_the_paths_from_a_hidden_unit_to_the_cost():
    """J uses each output twice, in ln a and ln(1-a): two outputs and two uses make four paths from a hidden unit."""
    network = Network(3)
    explanation = explain(network.J, network.z1[0])
    assert explanation.number_of_paths == 4
    through = {edge.parent.label for path in explanation.paths for edge in path.edges}
    assert {"z2_1", "z2_2", "a2_1", "a2_2"} <= through
    assert explanation.total == network.z1[0].grad


@seeds
def test_the_matrix_form(seed):
    """The same with the library's layers: δ(1) = W(2)ᵀ δ(2) ∘ g'(z(1)), δ(2) = a(2) - y."""
    model = MLP(2, [2, 2], activation="sigmoid", output_activation="sigmoid", bias=False, seed=seed)
    explanation = explain_layers(binary_cross_entropy([model([0.3, -0.8])], [TARGETS]), model)
    assert explanation.error < 1e-13
    last = explanation.layers[-1]
    assert explanation.deltas[1] == pytest.approx([a - y for a, y in zip(last.a, TARGETS, strict=True)], rel=1e-13)
