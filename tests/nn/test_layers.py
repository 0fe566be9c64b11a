"""Neuron, Layer and MLP compute g(b + Σ w·x), agree with micrograd, and check what they are given."""

from __future__ import annotations

import math
import random

import pytest

from autograd import Value
from nn import ACTIVATIONS, MLP, Layer, Linear, Neuron

FORMULAS = {
    "linear": lambda z: z,
    "relu": lambda z: max(z, 0.0),
    "leaky_relu": lambda z: max(z, 0.01 * z),
    "elu": lambda z: z if z > 0 else math.expm1(z),
    "gelu": lambda z: z / 2 * (1 + math.tanh(math.sqrt(2 / math.pi) * (z + 0.044715 * z**3))),
    "silu": lambda z: z / (1 + math.exp(-z)),
    "hard_tanh": lambda z: min(max(z, -1), 1),
    "tanh": math.tanh,
    "sigmoid": lambda z: 1 / (1 + math.exp(-z)),
    "softplus": lambda z: math.log(1 + math.exp(z)),
    "sin": math.sin,
}


def test_every_activation_has_a_formula_here():
    assert set(FORMULAS) == set(ACTIVATIONS)


@pytest.mark.parametrize("name", FORMULAS)
@pytest.mark.parametrize("x", [0.5, -3.0])
def test_a_neuron_computes_its_activation_of_the_weighted_sum(name, x):
    neuron = Neuron(2, activation=name)
    neuron.weights[0].data, neuron.weights[1].data, neuron.bias.data = 2.0, -1.0, 0.25
    assert neuron([x, 0.5]).data == pytest.approx(FORMULAS[name](0.25 + 2.0 * x - 0.5), rel=1e-14)


def test_the_gradients_of_a_neuron_are_those_of_the_chain_rule():
    neuron, x = Neuron(2, activation="tanh", seed=0), [Value(0.3), Value(-0.7)]
    y = neuron(x)
    y.backward()
    slope = 1 - y.data**2
    assert [w.grad for w in neuron.w] == pytest.approx([slope * 0.3, slope * -0.7], rel=1e-15)
    assert neuron.b.grad == pytest.approx(slope, rel=1e-15)
    assert [v.grad for v in x] == pytest.approx([slope * w.data for w in neuron.w], rel=1e-15)


def test_linear_is_a_layer_without_activation():
    linear, layer = Linear(3, 2, seed=4), Layer(3, 2, activation="linear", seed=4)
    assert [y.data for y in linear([1.0, -2.0, 0.5])] == [y.data for y in layer([1.0, -2.0, 0.5])]
    assert linear.state_dict() == layer.state_dict()
    assert repr(linear) == "Linear(3 → 2)"
    assert len(Linear(3, 2, bias=False).parameters()) == 6
    with pytest.raises(TypeError, match="Linear has no option 'activation': it has initialization, bias"):
        Linear(3, 2, activation="relu")


def test_a_layer_of_one_input_takes_the_bare_value_of_the_layer_before():
    one, two = Layer(2, 1, seed=0), Layer(1, 2, seed=1)
    assert [y.data for y in two(one([0.5, 1.0]))] == [y.data for y in two([one([0.5, 1.0])])]


def test_an_activation_that_returns_no_value_is_refused():
    with pytest.raises(TypeError, match="an activation is a function from Value to Value, sign gave int -1"):
        Neuron(1, activation=sign)([1.0])


def sign(z):
    return -1


def test_w_and_b_are_short_for_weights_and_bias():
    neuron = Neuron(3)
    assert neuron.w is neuron.weights
    assert neuron.b is neuron.bias


def test_a_neuron_is_relu_unless_nonlin_is_false():
    neuron = Neuron(1, initialization=lambda *_: -1.0)
    assert neuron([2.0]).data == 0.0
    assert Neuron(1, False, initialization=lambda *_: -1.0)([2.0]).data == -2.0


def test_without_bias_there_is_no_bias():
    neuron = Neuron(2, bias=False, activation="linear", initialization=lambda *_: 2.0)
    assert neuron.bias is None
    assert len(neuron.parameters()) == 2
    assert neuron([1.0, 10.0]).data == 22.0


def test_an_activation_may_be_a_function():
    assert Neuron(1, activation=lambda z: z * z, initialization=lambda *_: 3.0)([2.0]).data == 36.0


def test_a_layer_returns_a_list_or_the_bare_value_of_its_only_neuron():
    assert [type(y) for y in Layer(2, 3)([1.0, 2.0])] == [Value, Value, Value]
    assert isinstance(Layer(2, 1)([1.0, 2.0]), Value)


def test_the_neurons_of_a_layer_see_the_same_inputs():
    layer = Layer(2, 3, activation="tanh", seed=0)
    assert [y.data for y in layer([0.5, 1.5])] == [neuron([0.5, 1.5]).data for neuron in layer.neurons]


def test_an_mlp_is_its_layers_in_a_row():
    model = MLP(2, [3, 1, 2], activation="tanh", seed=0)
    hidden = model.layers[0]([0.5, -1.0])
    expected = model.layers[2]([model.layers[1](hidden)])
    assert [y.data for y in model([0.5, -1.0])] == [y.data for y in expected]


def test_the_last_layer_is_linear_unless_output_activation_says_otherwise():
    assert repr(MLP(2, [3, 1], activation="tanh")) == "MLP(2 → 3 tanh → 1 linear: 13 parameters)"
    model = MLP(2, [3, 1], output_activation="sigmoid", seed=0)
    assert repr(model) == "MLP(2 → 3 relu → 1 sigmoid: 13 parameters)"
    assert 0 < model([100.0, -100.0]).data < 1


def test_the_pictures_of_neuron_and_layer_say_their_sizes_and_activation():
    assert repr(Neuron(3, activation="sin")) == "Neuron(3, sin)"
    assert repr(Layer(3, 2)) == "Layer(3 → 2 relu)"


def test_an_mlp_is_micrograds_bit_for_bit_and_so_are_its_gradients_up_to_rounding():
    micrograd = pytest.importorskip("micrograd.nn")
    costs, gradients = [], []
    for make in (micrograd.MLP, MLP):
        random.seed(1337)
        model = make(3, [4, 4, 1])
        cost = sum((model(x) - y) ** 2 for x, y in [([2.0, 3.0, -1.0], 1.0), ([3.0, -1.0, 0.5], -1.0)])
        cost.backward()
        costs.append(cost.data)
        gradients.append([p.grad for p in model.parameters()])
    assert costs[0] == costs[1]
    # micrograd keeps parents in a set, so that the order of its additions changes from process to process
    assert gradients[1] == pytest.approx(gradients[0], rel=1e-13)
    assert sum(g != 0 for g in gradients[1]) > 20


@pytest.mark.parametrize("as_row", ["array", "Series"])
def test_a_row_may_be_an_array_or_a_series(as_row):
    library = pytest.importorskip("numpy" if as_row == "array" else "pandas")
    model = MLP(2, [3, 1], seed=0)
    assert model(getattr(library, as_row)([0.5, -1.0])).data == model([0.5, -1.0]).data


# --- errors -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (Neuron(3, activation="tanh"), r"Neuron\(3, tanh\)"),
        (Layer(3, 2), r"Layer\(3 → 2 relu\)"),
        (MLP(3, [4, 1]), r"Layer\(3 → 4 relu\)"),
    ],
)
@pytest.mark.parametrize("inputs", [[], [1.0, 2.0], [1.0, 2.0, 3.0, 4.0]])
def test_a_wrong_number_of_inputs_names_the_layer_the_expected_and_the_given(model, name, inputs):
    with pytest.raises(ValueError, match=f"{name} takes 3 inputs, got {len(inputs)}$"):
        model(inputs)


def test_a_whole_table_is_refused_with_the_loop_to_write():
    for n, rows in [(1, "1 row"), (2, "2 rows"), (3, "3 rows")]:
        with pytest.raises(
            ValueError,
            match=rf"takes the 2 inputs of one sample, got {rows} of them: call it for each sample, \[model\(x\) for x",
        ):
            MLP(2, [1])([[1.0, 2.0]] * n)


def test_a_data_frame_is_refused_with_a_message_about_inputs():
    pandas = pytest.importorskip("pandas")
    with pytest.raises(ValueError, match=r"Layer\(2 → 1 linear\) takes the 2 inputs of one sample, got 3 rows of them"):
        MLP(2, [1])(pandas.DataFrame({"a": [1.0, 2.0, 3.0], "b": [1.0, 2.0, 3.0]}))


def test_a_series_of_a_wrong_length_is_refused_with_a_message_about_inputs():
    pandas = pytest.importorskip("pandas")
    with pytest.raises(ValueError, match=r"Layer\(2 → 1 linear\) takes 2 inputs, got 3"):
        MLP(2, [1])(pandas.Series([1.0, 2.0, 3.0], index=list("abc")))


@pytest.mark.parametrize("inputs", [1.0, Value(1.0), None, "12", {0: 1.0, 1: 2.0}, (x for x in (1.0, 2.0))])
def test_inputs_that_are_no_list_are_refused(inputs):
    with pytest.raises(TypeError, match=r"Layer\(2 → 1 linear\) takes a list of 2 inputs, got "):
        MLP(2, [1])(inputs)


def test_an_input_that_is_no_number_is_refused():
    with pytest.raises(TypeError, match="expected a real number, got str '1'"):
        MLP(2, [1])(["1", "2"])


@pytest.mark.parametrize("size", [0, -1, 2.0, "3", True, None])
@pytest.mark.parametrize(
    "make", [Neuron, lambda n: Layer(n, 1), lambda n: Layer(1, n), lambda n: MLP(n, [1]), lambda n: MLP(2, [n, 1])]
)
def test_a_bad_size_is_refused(make, size):
    with pytest.raises(ValueError, match=f"n_(in|out)puts is a whole number of at least 1, got {size!r}"):
        make(size)


@pytest.mark.parametrize("sizes", [3, [], 2.5, None])
def test_the_sizes_of_an_mlp_are_a_list(sizes):
    with pytest.raises((ValueError, TypeError), match=r"an MLP needs a list with the size of each layer, as \[16, 1\]"):
        MLP(2, sizes)


def test_sizes_may_be_numpy_integers():
    np = pytest.importorskip("numpy")
    assert len(MLP(np.int64(2), [np.int64(3), np.max([1, 2])]).parameters()) == 9 + 8


@pytest.mark.parametrize(
    "make",
    [Neuron, lambda n, **k: Layer(n, 2, **k), lambda n, **k: MLP(n, [2, 1], **k), lambda n, **k: MLP(n, [2], **k)],
)
@pytest.mark.parametrize("name", ["Relu", None, ["relu"]])
def test_an_unknown_activation_lists_the_choices(make, name):
    with pytest.raises(ValueError, match=r"unknown activation .*[;?] [Cc]hoose one of linear, relu, "):
        make(2, activation=name)


def test_an_unknown_output_activation_lists_the_choices():
    with pytest.raises(ValueError, match="unknown activation 'softmax'; choose one of linear"):
        MLP(2, [2], output_activation="softmax")


@pytest.mark.parametrize("make", [lambda **k: MLP(2, [3, 1], **k), lambda **k: Layer(2, 3, **k)])
def test_an_unknown_option_is_answered_with_what_there_is(make):
    with pytest.raises(TypeError, match=r"has no option 'dropout': .*; against overfitting there are .* weight_decay"):
        make(dropout=0.1)
    with pytest.raises(TypeError, match=r"has no option 'activaton'; did you mean activation\?"):
        make(activaton="relu")
    assert make(bias=False, initialization="he", seed=1).parameters()
