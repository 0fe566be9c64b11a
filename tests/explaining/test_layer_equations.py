"""Backpropagation in layers: the four equations with a network's numbers, compared with the engine."""

import pytest
from support.formulas import balanced

from autograd import Value, explain_layers, mean, sigmoid
from autograd import sum as autograd_sum
from nn import MLP, binary_cross_entropy, l2_penalty, quadratic_cost


def network(activation="sigmoid", sizes=(3, 2), seed=1):
    return MLP(2, list(sizes), activation=activation, output_activation="sigmoid", seed=seed)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu", "linear"])
@pytest.mark.parametrize("loss", [quadratic_cost, binary_cross_entropy])
def test_layers_are_the_engines_gradients(activation, loss):
    model = network(activation, (4, 3, 2))
    cost = loss([model([0.5, -1.0])], [[1.0, 0.0]])
    explanation = explain_layers(cost, model)
    assert explanation.error < 1e-14
    cost.backward()
    for layer, numbers in zip(model.layers, explanation.layers, strict=True):
        for neuron, row, delta in zip(layer.neurons, numbers.weight_gradient, numbers.delta, strict=True):
            assert row == pytest.approx([w.grad for w in neuron.weights], rel=1e-14)
            assert delta == neuron.bias.grad


def test_layers_as_text():
    model = network(sizes=(1,))
    for p, x in zip(model.parameters(), (1.0, 2.0, 0.5), strict=True):
        p.data = x
    loss = quadratic_cost([model([1.0, -0.5])], [1.0])
    s = sigmoid(0.5)
    assert str(explain_layers(loss, model)).splitlines()[2:4] == [
        "δ(1) = ∂J/∂a(1) ∘ g'(z(1))",
        f"  [{s - 1:.4g}] ∘ [{s * (1 - s):.4g}] = [{(s - 1) * s * (1 - s):.4g}]",
    ]


def test_the_transposed_weights_are_put_in():
    model = network(sizes=(2, 2))
    weights = [[1.0, 2.0], [3.0, 4.0]]
    for neuron_, row in zip(model.layers[1].neurons, weights, strict=True):
        for w, x in zip(neuron_.weights, row, strict=True):
            w.data = x
    explanation = explain_layers(quadratic_cost([model([1.0, 2.0])], [[0.0, 1.0]]), model)
    assert "δ(1) = W(2)ᵀ δ(2) ∘ g'(z(1))\n  ⎡1  3⎤" in str(explanation)
    assert r"\begin{pmatrix} 1 & 3 \\ 2 & 4 \end{pmatrix}" in explanation.latex()
    balanced(explanation.latex())
    balanced(explanation.markdown())
    assert "same gradients" in explanation.markdown()


def test_layers_of_one_sample_of_several_beside_a_penalty():
    model = network("tanh")
    X, Y = [[0.5, -1.0], [1.0, 2.0], [0.0, 0.3]], [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    cost = quadratic_cost([model(x) for x in X], Y) + l2_penalty(model.parameters(), 0.1)
    shares = [explain_layers(cost, model, sample=i) for i in range(3)]
    assert [share.layers[0].inputs for share in shares] == X
    cost.backward()
    first = model.layers[0].neurons[0]
    total = sum(share.layers[0].weight_gradient[0][1] for share in shares) + 0.2 * first.weights[1].data
    assert total == pytest.approx(first.weights[1].grad, rel=1e-13)
    with pytest.raises(ValueError, match=r"holds 3 sums .* no sample 3"):
        explain_layers(cost, model, sample=3)


def test_an_activation_of_several_nodes():
    model = MLP(2, [3, 1], activation=lambda z: z * z.sigmoid(), seed=3)
    explanation = explain_layers(quadratic_cost([model([1.0, -2.0])], [0.5]), model)
    assert explanation.error < 1e-14


def test_a_network_written_with_chains_of_additions():
    class Neuron:
        def __init__(self, *weights):
            self.weights, self.bias = [Value(w) for w in weights], Value(0.1)

        def __call__(self, xs):
            return sum((w * x for w, x in zip(self.weights, xs, strict=True)), self.bias).tanh()

    class Layer:
        def __init__(self, *neurons):
            self.neurons = neurons

    class Model:
        layers = (Layer(Neuron(0.1, 0.2), Neuron(-0.3, 0.4)), Layer(Neuron(0.5, -0.6)))

    model, xs = Model(), [1.0, 2.0]
    for layer in model.layers:
        xs = [each(xs) for each in layer.neurons]
    explanation = explain_layers(xs[0] ** 2, model)
    assert explanation.error < 1e-14
    assert explanation.layers[0].inputs == [1.0, 2.0]


def test_layers_without_biases():
    model = MLP(2, [2, 1], activation="tanh", bias=False, seed=0)
    explanation = explain_layers(quadratic_cost([model([1.0, 2.0])], [0.0]), model)
    assert explanation.error < 1e-14
    assert "∂J/∂b" not in str(explanation)


def test_formulas_that_do_not_hold_are_not_claimed():
    model = network("tanh")
    hidden = model.layers[0]([0.5, -1.0])
    out = model.layers[1](hidden)
    loss = quadratic_cost([out], [[1.0, 0.0]]) + hidden[0]  # a connection that skips a layer
    explanation = explain_layers(loss, model)
    assert explanation.error > 0.1
    assert "The engine is right" in str(explanation)
    assert not explanation
    assert "the engine contradicts by" in repr(explanation)
    assert explain_layers(quadratic_cost([out], [[1.0, 0.0]]), model)


def test_layers_of_something_else():
    model = network()
    with pytest.raises(ValueError, match="holds 0 sums"):
        explain_layers(Value(1.0) * 2, model)
    with pytest.raises(TypeError, match="a network has"):
        explain_layers(Value(1.0) * 2, [model])


def test_large_layers_are_shortened():
    model = MLP(20, [30, 2], activation="tanh", seed=0)
    explanation = explain_layers(quadratic_cost([model([0.1] * 20)], [[0.0, 1.0]]), model)
    assert max(map(len, str(explanation).splitlines())) < 130
    assert "…" in str(explanation)
    assert r"\cdots" in explanation.latex()


def test_a_sum_of_linear_outputs_is_no_neuron():
    model = MLP(2, [2, 1], activation="tanh", output_activation="linear", seed=0)
    X = [[1.0, 2.0], [3.0, 4.0]]
    cost = mean([model(x) for x in X])
    shares = [explain_layers(cost, model, sample=i) for i in range(2)]
    assert [share.layers[0].inputs for share in shares] == X
    assert all(share.error < 1e-14 for share in shares)
    assert explain_layers(autograd_sum(model(x) for x in X), model, sample=1).layers[-1].delta == [1.0]
