"""Code written for micrograd, its successors and the single-file GPT runs here, and gives the same numbers.

Each piece of user code below takes the library's names as arguments, which stands for changing the import lines.
"""

from __future__ import annotations

import math
import random

import pytest
from support.references import derivative, same

import autograd
from autograd import Value

micrograd = pytest.importorskip("micrograd.engine")

both = pytest.mark.parametrize("Value", [Value, micrograd.Value], ids=["autograd", "micrograd"])


# --- expressions --------------------------------------------------------------------------------------------------


def arithmetic(a, b):
    c = a + 3
    d = 3 + b
    e = a * b - b * 2 + (1 - a) * 0.5
    return c * d - e / 4 + -a


def powers(a, b):
    return a**2 + b**3 + (a * a + 1) ** 0.5 + a**-1 + b**-2.5


def quotients(a, b):
    return a / b + 1 / a + b / 3 + (a - b) / (a + b) + 10.0 / (a * b + 20)


def rectified(a, b):
    return (a - b).relu() + (b - a).relu() * 3 + (a * b).relu() + (a - a).relu()


def reused(a, b):
    c = a * b
    c += c + 1
    c += 2 + c * (-b)
    d = c * c
    d -= c.relu() + (c - d).relu()
    f = (d - c) ** 2
    return f / 2.0 + 10.0 / (f + 1)


def summed(a, b):
    return sum([a, b, a * b]) + sum((x * w for x, w in zip([a, b], [0.3, -0.7], strict=True)), a)


@pytest.mark.parametrize("expression", [arithmetic, powers, quotients, rectified, reused, summed])
@pytest.mark.parametrize("point", [(2.0, 3.0), (0.7, 1.3), (4.0, 0.25)])
def test_expressions_have_micrograds_values_and_gradients(expression, point):
    a, b = map(Value, point)
    ma, mb = map(micrograd.Value, point)
    y, my = expression(a, b), expression(ma, mb)
    y.backward()
    my.backward()
    for ours, theirs in [(y.data, my.data), (a.grad, ma.grad), (b.grad, mb.grad)]:
        assert same(ours, theirs)


def test_a_relu_of_zero_passes_no_gradient_as_in_micrograd():
    x, mx = Value(0.0), micrograd.Value(0.0)
    x.relu().backward()
    mx.relu().backward()
    assert x.grad == mx.grad == 0


# --- walks over a graph, as drawing code does them ------------------------------------------------------------------


def edges_of(root):
    """Nodes and edges with their texts, collected recursively as notebooks do it."""
    nodes, edges = set(), set()

    def build(node):
        if node not in nodes:
            nodes.add(node)
            for parent in node._prev:
                edges.add((parent, node))
                build(parent)

    build(root)
    texts = {node: f"{node._op or 'leaf'} data {node.data:.4f} grad {node.grad:.4f}" for node in nodes}
    return sorted(texts.values()), sorted((texts[parent], texts[child]) for parent, child in edges)


def test_a_walk_with_prev_and_op_finds_the_same_picture():
    def picture(Value):
        a, b, c = Value(2.0), Value(-3.0), Value(10.0)
        y = (a * b + c) * a + 0.5
        y.backward()
        return edges_of(y)

    ours, theirs = picture(Value), picture(micrograd.Value)
    assert ours == theirs
    assert "* data -6.0000 grad 2.0000" in ours[0]


@pytest.mark.parametrize("exponent", [2, 3, -1, 0.5, -0.5, 2.5])
def test_op_of_a_power_is_written_as_in_micrograd(exponent):
    assert (Value(2.0) ** exponent)._op == (micrograd.Value(2.0) ** exponent)._op


def test_op_of_a_leaf_is_the_empty_string():
    assert Value(2.0)._op == micrograd.Value(2.0)._op == ""
    assert len(Value(2.0)._prev) == 0


def test_prev_is_ordered_and_keeps_both_edges_of_a_square():
    # micrograd's set has one of them, in no fixed order.
    a, b = Value(2.0), Value(3.0)
    assert (a * b)._prev == (a, b)
    assert (a * a)._prev == (a, a)


# --- training loops ---------------------------------------------------------------------------------------------------


@both
def test_a_training_loop_written_out_learns_a_line(Value):
    w, b = Value(0.0), Value(0.0)
    for _ in range(200):
        loss = sum((w * x + b - (2 * x + 1)) ** 2 for x in (-1.0, 0.0, 1.0)) / 3
        for p in (w, b):
            p.grad = 0
        loss.backward()
        for p in (w, b):
            p.data -= 0.1 * p.grad
    assert (w.data, b.data) == pytest.approx((2.0, 1.0), abs=1e-6)


def three_steps(Value, MLP):
    """A small network, a hinge loss with a penalty, and gradient descent, as users of micrograd write them."""
    random.seed(1337)
    model = MLP(2, [16, 16, 1])
    start = [p.data for p in model.parameters()]
    points = [([0.5, -1.0], 1), ([-1.5, 0.3], -1), ([2.0, 1.0], 1), ([-0.2, -0.8], -1)]
    history = []
    for k in range(3):
        inputs = [list(map(Value, x)) for x, _ in points]
        scores = list(map(model, inputs))
        losses = [(1 + -y * score).relu() for (_, y), score in zip(points, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        total_loss = data_loss + 1e-4 * sum(p * p for p in model.parameters())
        accuracy = [(y > 0) == (score.data > 0) for (_, y), score in zip(points, scores, strict=True)]
        model.zero_grad()
        total_loss.backward()
        for p in model.parameters():
            p.data -= (1.0 - 0.9 * k / 100) * p.grad
        history.append((total_loss.data, accuracy, [p.grad for p in model.parameters()]))
    return model, start, history


def test_the_network_has_micrograds_parameters_losses_and_gradients():
    nn, micrograd_nn = pytest.importorskip("nn"), pytest.importorskip("micrograd.nn")
    _, start, ours = three_steps(Value, nn.MLP)
    _, micrograd_start, theirs = three_steps(micrograd.Value, micrograd_nn.MLP)
    assert start == micrograd_start
    assert len(start) == 2 * 16 + 16 + 16 * 16 + 16 + 16 + 1
    for (loss, accuracy, gradients), (their_loss, their_accuracy, their_gradients) in zip(ours, theirs, strict=True):
        assert same(loss, their_loss)
        assert accuracy == their_accuracy
        assert len(gradients) == len(their_gradients)
        for gradient, their_gradient in zip(gradients, their_gradients, strict=True):
            assert same(gradient, their_gradient, absolute=1e-12)
    assert ours[-1][0] != ours[0][0], "the steps changed the network"


def test_the_network_is_built_and_asked_as_in_micrograd():
    nn, micrograd_nn = pytest.importorskip("nn"), pytest.importorskip("micrograd.nn")
    for module in (nn, micrograd_nn):
        neuron, layer, model = module.Neuron(3), module.Layer(3, 2), module.MLP(3, [4, 1])
        assert issubclass(module.MLP, module.Module)
        assert (len(neuron.w), neuron.b.data) == (3, 0)
        assert [len(part.parameters()) for part in (neuron, layer, model)] == [4, 8, 21]
        assert len(layer([1.0, 2.0, 3.0])) == 2
        assert isinstance(model([1.0, 2.0, 3.0]).data, (int, float)), "one output is a bare Value"
        assert [len(each.neurons) for each in model.layers] == [4, 1]
        assert module.Module().parameters() == []


# --- EurekaLabs' micrograd: tanh, exp, log, and an optimizer that keeps its state on the nodes -----------------------


class Adam:
    def __init__(self, parameters, lr=0.1):
        self.parameters, self.lr, self.t = parameters, lr, 0
        for p in parameters:
            p.m = p.v = 0

    def step(self):
        self.t += 1
        for p in self.parameters:
            p.m = 0.9 * p.m + 0.1 * p.grad
            p.v = 0.95 * p.v + 0.05 * p.grad**2
            p.data -= self.lr * (p.m / (1 - 0.9**self.t)) / ((p.v / (1 - 0.95**self.t)) ** 0.5 + 1e-8)

    def zero_grad(self):
        for p in self.parameters:
            p.grad = 0


def classify(Value, x, w, target):
    """Negative log likelihood of a class; a Value may be a float class as well, for central differences."""
    logits = [(row[0] * x[0] + row[1] * x[1]).tanh() * 2 for row in w]
    exponentials = [logit.exp() for logit in logits]
    return -(exponentials[target] / sum(exponentials)).log()


def test_an_optimizer_that_hangs_attributes_on_nodes_learns():
    random.seed(0)
    w = [[Value(random.uniform(-1, 1)) for _ in range(2)] for _ in range(3)]
    parameters = [p for row in w for p in row]
    optimizer = Adam(parameters)
    samples = [((Value(1.0), Value(0.0)), 0), ((Value(-1.0), Value(1.0)), 1), ((Value(0.0), Value(-1.0)), 2)]
    losses = []
    for _ in range(60):
        loss = sum([classify(Value, x, w, target) for x, target in samples], Value(0.0)) * (1.0 / 3)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.data)
    assert losses[-1] < 0.2 < losses[0]
    assert all(p.v > 0 and p.grad == 0 for p in parameters)


def test_colours_on_nodes_are_found_by_drawing_code():
    a, b = Value(1.0), Value(2.0)
    a._vis_color = "lightblue"
    y = a + b
    assert [node._vis_color if hasattr(node, "_vis_color") else "white" for node in (y, *y._prev)] == [
        "white",
        "lightblue",
        "white",
    ]


# --- the single-file GPT of 2026 ------------------------------------------------------------------------------------


def linear(x, w):
    return [sum(wi * xi for wi, xi in zip(row, x, strict=True)) for row in w]


def normalized(x):
    scale = (sum(xi * xi for xi in x) / len(x) + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def probabilities(logits):
    largest = max(value.data for value in logits)
    exps = [(value - largest).exp() for value in logits]
    total = sum(exps)
    return [e / total for e in exps]


def small_transformer(numbers):
    """(loss, parameters) of an attention step and a squared ReLU, predicting token 1."""
    values = iter(map(Value, numbers))
    w = {name: [[next(values) for _ in range(3)] for _ in range(3)] for name in ("query", "key", "value", "up", "out")}
    inputs = [normalized([0.2 - i, 0.5 * i, 1.0]) for i in range(2)]
    query = linear(inputs[-1], w["query"])
    keys, contents = [linear(x, w["key"]) for x in inputs], [linear(x, w["value"]) for x in inputs]
    attention = probabilities([sum(q * k for q, k in zip(query, key, strict=True)) / 3**0.5 for key in keys])
    mixed = [sum(a * content[j] for a, content in zip(attention, contents, strict=True)) for j in range(3)]
    hidden = [h.relu() ** 2 + x for h, x in zip(linear(normalized(mixed), w["up"]), mixed, strict=True)]
    losses = [-probabilities(linear(hidden, w["out"]))[1].log()]
    return (1 / len(losses)) * sum(losses), [p for matrix in w.values() for row in matrix for p in row]


def numbers_for_transformer():
    rng = random.Random(42)
    return [rng.gauss(0, 0.8) for _ in range(45)]


def test_the_gpt_has_the_gradients_of_central_differences():
    numbers = numbers_for_transformer()
    loss, parameters = small_transformer(numbers)
    loss.backward()
    for i, p in enumerate(parameters):
        expected = derivative(lambda *numbers: small_transformer(numbers)[0].data, numbers, i)
        assert math.isclose(p.grad, expected, rel_tol=1e-7, abs_tol=1e-8)


def test_a_backward_written_with_children_and_local_grads_gives_the_same_gradients():
    loss, parameters = small_transformer(numbers_for_transformer())
    order, visited = [], set()

    def visit(node):
        if node not in visited:
            visited.add(node)
            for child in node._children:
                visit(child)
            order.append(node)

    visit(loss)
    loss.grad = 1
    for node in reversed(order):
        for child, local_grad in zip(node._children, node._local_grads, strict=True):
            child.grad += local_grad * node.grad
    by_hand = [p.grad for p in parameters]
    for p in parameters:
        p.grad = 0
    loss.backward()
    assert [p.grad for p in parameters] == by_hand


def test_a_gpt_training_loop_learns():
    numbers = numbers_for_transformer()
    losses = []
    m, v = [0.0] * len(numbers), [0.0] * len(numbers)
    for step in range(40):
        loss, parameters = small_transformer(numbers)
        loss.backward()
        for i, p in enumerate(parameters):
            m[i] = 0.85 * m[i] + 0.15 * p.grad
            v[i] = 0.99 * v[i] + 0.01 * p.grad**2
            p.data -= 0.02 * (m[i] / (1 - 0.85 ** (step + 1))) / ((v[i] / (1 - 0.99 ** (step + 1))) ** 0.5 + 1e-8)
            p.grad = 0
        numbers = [p.data for p in parameters]
        losses.append(loss.data)
    assert losses[-1] < 0.3 * losses[0]
    assert not any(p.has_grad for p in parameters)


def test_the_modules_functions_agree_with_the_methods():
    x = Value(0.3)
    for name in ("exp", "log", "tanh", "relu"):
        assert getattr(autograd, name)(x).data == getattr(x, name)().data
