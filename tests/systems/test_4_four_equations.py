"""System 4: the four equations of backpropagation, checked against the engine on random networks.

The engine knows no layers, the formulas no graph: both start from the same numbers and meet in the gradients.
"""

import math
import random

import pytest

from autograd import explain_layers
from nn import MLP, SGD, quadratic_cost

NETWORKS = 50
TOLERANCE = 1e-12

SLOPES = {
    "sigmoid": lambda z: math.exp(-z) / (1 + math.exp(-z)) ** 2,
    "tanh": lambda z: 1 / math.cosh(z) ** 2,
    "softplus": lambda z: 1 / (1 + math.exp(-z)),
    "sin": math.cos,
}
FUNCTIONS = {
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "tanh": math.tanh,
    "softplus": lambda z: math.log(1 + math.exp(z)),
    "sin": math.sin,
}


class Case:
    """A random network with a few samples, and its backward pass by the four equations on lists of floats."""

    def __init__(self, seed):
        generator = self.generator = random.Random(seed)
        sizes = [generator.randint(1, 5) for _ in range(generator.randint(2, 5))]
        self.names = [generator.choice(sorted(SLOPES))] * (len(sizes) - 2) + [generator.choice(sorted(SLOPES))]
        self.model = MLP(sizes[0], sizes[1:], activation=self.names[0], output_activation=self.names[-1], seed=seed)
        for parameter in self.model.parameters():
            parameter.data = generator.gauss(0, 1)
        n = generator.randint(1, 4)
        self.X = [[generator.gauss(0, 1) for _ in range(sizes[0])] for _ in range(n)]
        self.Y = [[generator.uniform(-1, 1) for _ in range(sizes[-1])] for _ in range(n)]
        self.W = [[[w.data for w in each.weights] for each in layer.neurons] for layer in self.model.layers]
        self.b = [[each.bias.data for each in layer.neurons] for layer in self.model.layers]
        self.samples = [self.sample(x, y) for x, y in zip(self.X, self.Y, strict=True)]

    def cost(self):
        outputs = [self.model(x) for x in self.X]
        return quadratic_cost(
            outputs, [y if isinstance(out, list) else y[0] for out, y in zip(outputs, self.Y, strict=True)]
        )

    def sample(self, x, y):
        """The activations a, from the input on, and the errors δ of one sample."""
        a, zs = [x], []
        for W, b, name in zip(self.W, self.b, self.names, strict=True):
            zs.append(
                [
                    math.fsum([b_j, *(w * v for w, v in zip(row, a[-1], strict=True))])
                    for row, b_j in zip(W, b, strict=True)
                ]
            )
            a.append([FUNCTIONS[name](z) for z in zs[-1]])
        slopes = [[SLOPES[name](z) for z in layer] for layer, name in zip(zs, self.names, strict=True)]
        n = len(self.X)
        deltas = [[(out - target) / n * s for out, target, s in zip(a[-1], y, slopes[-1], strict=True)]]  # BP1
        for W, slope in zip(reversed(self.W[1:]), reversed(slopes[:-1]), strict=True):  # BP2
            received = [math.fsum(row[j] * d for row, d in zip(W, deltas[0], strict=True)) for j in range(len(slope))]
            deltas.insert(0, [r * s for r, s in zip(received, slope, strict=True)])
        return a, deltas


def close(xs, ys):
    """Equal to 1e-12 of the largest of them."""
    xs, ys = list(xs), list(ys)
    scale = max([1e-300, *map(abs, ys)])
    return len(xs) == len(ys) and all(abs(x - y) <= TOLERANCE * scale for x, y in zip(xs, ys, strict=True))


cases = pytest.mark.parametrize("seed", range(NETWORKS))


@cases
def test_bp1_and_bp2_the_errors_of_every_layer(seed):
    case = Case(seed)
    cost = case.cost()
    for i, (_, deltas) in enumerate(case.samples):
        explanation = explain_layers(cost, case.model, sample=i)
        assert explanation.error < TOLERANCE
        for numbers, delta in zip(explanation.layers, deltas, strict=True):
            assert close(numbers.delta, delta)  # the engine's dC/dz


@cases
def test_bp3_and_bp4_weights_and_biases(seed):
    case = Case(seed)
    case.cost().backward()
    for n, layer in enumerate(case.model.layers):
        for j, each in enumerate(layer.neurons):
            by_weights = [
                math.fsum(a[n][k] * deltas[n][j] for a, deltas in case.samples) for k in range(len(each.weights))
            ]
            assert close((w.grad for w in each.weights), by_weights)
            assert close([each.bias.grad], [math.fsum(deltas[n][j] for _, deltas in case.samples)])


@cases
def test_the_quadratic_cost(seed):
    case = Case(seed)
    by_hand = [math.dist(y, a[-1]) ** 2 for (a, _), y in zip(case.samples, case.Y, strict=True)]
    assert case.cost().data == pytest.approx(math.fsum(by_hand) / (2 * len(by_hand)), rel=1e-12)


@cases
def test_gradient_descent_over_the_batch(seed):
    """W ← W - η/m Σ_x δ(x) a(x)ᵀ and b ← b - η/m Σ_x δ(x); the 1/m is in the cost, and so in δ, already."""
    case, rate = Case(seed), 0.3
    optimizer = SGD(case.model.parameters(), lr=rate)
    case.cost().backward()
    optimizer.step()
    for n, layer in enumerate(case.model.layers):
        for j, each in enumerate(layer.neurons):
            new = [
                w - rate * math.fsum(a[n][k] * deltas[n][j] for a, deltas in case.samples)
                for k, w in enumerate(case.W[n][j])
            ]
            assert close((w.data for w in each.weights), new)
            assert close([each.bias.data], [case.b[n][j] - rate * math.fsum(d[n][j] for _, d in case.samples)])


def test_sample_by_sample_is_the_batch():
    """The training algorithm goes through the samples one at a time: the gradients of their losses add up."""
    for seed in range(10):
        case = Case(seed)
        case.cost().backward()
        batch = [p.grad for p in case.model.parameters()]
        case.model.zero_grad()
        for x, y in zip(case.X, case.Y, strict=True):
            out = case.model(x)
            (quadratic_cost([out], [y if isinstance(out, list) else y[0]]) / len(case.X)).backward()
        assert close((p.grad for p in case.model.parameters()), batch)


def test_the_check_can_fail():
    """With the slope left out of BP2 or the weights not transposed, the comparison says so."""
    case = Case(3)
    explanation = explain_layers(case.cost(), case.model)
    wrong = [d * 1.000001 for d in case.samples[0][1][0]]
    assert not close(explanation.layers[0].delta, wrong)
