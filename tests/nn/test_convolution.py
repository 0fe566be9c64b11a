"""Convolutions and pooling are PyTorch's, in numbers and gradients; a convolutional network trains compiled."""

from __future__ import annotations

import math
import random

import pytest

from autograd import Value
from nn import Conv1d, Conv2d, Flatten, Linear, MaxPool2d, Reshape, Sequential, fit
from nn.batches import can_compile
from nn.losses import cross_entropy
from nn.shapes import nodes


def numbers(*shape, seed=0):
    generator = random.Random(seed)
    n = 1
    for size in shape:
        n *= size
    return Reshape(*shape)([generator.uniform(-1, 1) for _ in range(n)])


def of_torch(layer, kind, **options):
    """The layer of PyTorch with the same weights."""
    torch = pytest.importorskip("torch")
    size, n_outputs = layer.size, len(layer.neurons)
    twin = kind(torch)(layer.n_inputs, n_outputs, size, dtype=torch.float64, **options)
    weights = torch.tensor([[w.data for w in neuron.weights] for neuron in layer.neurons], dtype=torch.float64)
    twin.weight.data = weights.reshape(twin.weight.shape)
    twin.bias.data = torch.tensor([neuron.bias.data for neuron in layer.neurons], dtype=torch.float64)
    return twin


def assert_like_torch(layer, twin, inputs):
    """Outputs, and the gradients of Σ y² by the inputs and the weights."""
    import torch

    xs = nodes_of(inputs)
    ys = Flatten()(layer(xs))
    sum(y * y for y in ys).backward()
    t = torch.tensor(inputs, dtype=torch.float64, requires_grad=True)
    expected = twin(t[None])[0]
    (expected**2).sum().backward()
    assert [y.data for y in ys] == pytest.approx(expected.flatten().tolist(), rel=1e-13, abs=1e-14)
    assert [x.grad for x in Flatten()(xs)] == pytest.approx(t.grad.flatten().tolist(), rel=1e-12, abs=1e-13)
    if layer.parameters():
        found = [w.grad for neuron in layer.neurons for w in neuron.weights]
        assert found == pytest.approx(twin.weight.grad.flatten().tolist(), rel=1e-12, abs=1e-13)
        biases = [neuron.bias.grad for neuron in layer.neurons]
        assert biases == pytest.approx(twin.bias.grad.tolist(), rel=1e-12, abs=1e-13)


def nodes_of(inputs):
    return [nodes_of(x) for x in inputs] if isinstance(inputs, list) else Value(inputs)


@pytest.mark.parametrize("options", [{}, {"stride": 2}, {"padding": 1}, {"stride": 3, "padding": 2}], ids=str)
def test_conv2d_is_pytorchs(options):
    layer = Conv2d(2, 3, size=3, seed=1, **options)
    assert_like_torch(layer, of_torch(layer, lambda torch: torch.nn.Conv2d, **options), numbers(2, 6, 5))


@pytest.mark.parametrize("options", [{}, {"stride": 2}, {"padding": 1}], ids=str)
def test_conv1d_is_pytorchs(options):
    layer = Conv1d(3, 2, size=4, seed=1, **options)
    assert_like_torch(layer, of_torch(layer, lambda torch: torch.nn.Conv1d, **options), numbers(3, 9))


@pytest.mark.parametrize(("size", "stride"), [(2, None), (3, None), (3, 1), (2, 3)])
def test_max_pooling_is_pytorchs_also_where_several_are_largest(size, stride):
    torch = pytest.importorskip("torch")
    for image in (numbers(2, 7, 6), [[[0.0] * 6] * 7, [[1.0, 1.0, 0.0] * 2] * 7]):
        assert_like_torch(MaxPool2d(size, stride=stride), torch.nn.MaxPool2d(size, stride=stride), image)


@pytest.mark.parametrize("place", range(4))
def test_a_nan_is_not_lost_in_pooling(place):
    numbers = [1.0, math.inf, -2.0, 3.0]
    numbers[place] = math.nan
    assert math.isnan(MaxPool2d(2)([[numbers[:2], numbers[2:]]])[0][0][0].data)


def test_the_activation_and_the_options_are_those_of_neurons():
    layer = Conv2d(1, 2, size=2, activation="relu", initialization="zeros", bias=False)
    assert repr(layer) == "Conv2d(1 → 2 channels, 2×2, relu)"
    assert repr(Conv1d(1, 2, 3, stride=2, padding=1)) == "Conv1d(1 → 2 channels, 3, stride 2, padding 1)"
    assert len(layer.parameters()) == 8
    assert len({w.data for neuron in Conv2d(1, 3, 2, seed=0).neurons for w in neuron.weights}) == 12


@pytest.mark.parametrize(
    ("inputs", "given"),
    [
        ([1.0] * 64, "the shape 64"),
        ([[1.0] * 8] * 8, "the shape 8×8"),
        ([[[1.0] * 4] * 4] * 2, "the shape 2×4×4"),
        ([[[1.0, 2.0], [3.0]]], "lists that differ in length"),
        (3.0, r"the shape \(\)"),
    ],
)
def test_a_wrong_shape_is_answered_with_the_module_to_put_before(inputs, given):
    match = (
        rf"Conv2d\(1 → 2 channels, 3×3\) takes a list of 1 channel, each a list of rows of numbers, got {given}; from"
    )
    with pytest.raises(ValueError, match=match):
        Conv2d(1, 2, 3)(inputs)


def test_an_image_smaller_than_the_patch_is_refused():
    with pytest.raises(ValueError, match="needs at least 3 numbers along each axis, padding included: 2"):
        Conv2d(1, 1, 3)([[[1.0, 2.0]] * 2])
    with pytest.raises(ValueError, match=r"MaxPool2d\(3×3\) needs images of at least 3×3, got 2×4"):
        MaxPool2d(3)([[[1.0] * 4] * 2])
    with pytest.raises(ValueError, match=r"MaxPool2d\(2×2\) takes a list of channels, each a list of rows of numbers"):
        MaxPool2d(2)([1.0, 2.0, 3.0, 4.0])


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Conv2d(0, 1, 3), "n_inputs"),
        (lambda: Conv2d(1, 1, 2.5), "size"),
        (lambda: Conv1d(1, 1, 3, stride=0), "stride"),
        (lambda: Conv1d(1, 1, 3, padding=-1), "padding"),
        (lambda: MaxPool2d(True), "size"),
        (lambda: Reshape(2, 0), "a size"),
    ],
)
def test_a_bad_size_is_refused(make, name):
    with pytest.raises(ValueError, match=f"^{name} is a whole number of at least "):
        make()


def test_reshape_and_flatten_are_inverse_and_check_the_number():
    flat = list(range(24))
    assert Flatten()(Reshape(2, 3, 4)(flat)) == flat
    assert Reshape(4, 6)(Reshape(2, 3, 4)(flat))[1] == [6, 7, 8, 9, 10, 11]
    assert [x.data for x in nodes(Flatten()([[1.0], 2.0]))] == [1.0, 2.0]
    with pytest.raises(ValueError, match=r"Reshape\(1, 8, 8\) takes the 64 numbers of one sample, got 24"):
        Reshape(1, 8, 8)(flat)
    with pytest.raises(ValueError, match=r"Reshape takes sizes: write Reshape\(1, 8, 8\)"):
        Reshape()


def network():
    generator = random.Random(0)
    return Sequential(
        Reshape(1, 8, 8),
        Conv2d(1, 4, size=3, initialization="he", seed=generator),
        "relu",
        MaxPool2d(2),
        Flatten(),
        Linear(36, 10, initialization="lecun", seed=generator),
    )


def test_a_convolutional_network_trains_compiled_as_node_by_node():
    pytest.importorskip("numpy")
    assert can_compile(network(), cross_entropy)
    X, y = [Flatten()(numbers(8, 8, seed=k)) for k in range(6)], [0, 1, 2, 3, 4, 5]
    losses, states = [], []
    for compiled in ("auto", False):
        model = network()
        history = fit(
            model,
            X,
            y,
            loss="cross_entropy",
            optimizer="adam",
            epochs=2,
            batch_size=3,
            compiled=compiled,
            progress=False,
        )
        losses.append(history.loss)
        states.append(model.state_dict())
    assert losses[0] == pytest.approx(losses[1], rel=1e-11)
    assert states[0] == pytest.approx(states[1], rel=1e-9, abs=1e-12)


def test_a_convolutional_network_learns_the_digits():
    datasets = pytest.importorskip("sklearn.datasets")
    from nn import Adam

    data, target = datasets.load_digits(return_X_y=True)
    X, y = data / 16, target
    model = network()
    held_out = slice(None, None, 5)
    kept = [i for i in range(len(y)) if i % 5]
    fit(
        model, X[kept], y[kept], loss="cross_entropy", optimizer=Adam(model.parameters(), lr=0.02), epochs=12,
        batch_size=32, progress=False,
    )  # fmt: skip
    found = model.predict(X[held_out], classes=True)
    assert (found == y[held_out]).mean() > 0.96
