"""Weights as images and tables, and neurons all over the plane."""

from __future__ import annotations

import pytest

from nn import MLP, Conv1d, Conv2d, Flatten, Linear, MaxPool2d, Neuron, Reshape, Sequential, plot_units, plot_weights

pytest.importorskip("matplotlib")


def weights_of(neuron):
    return [w.data for w in neuron.weights]


def flat(image):
    return image.get_array().ravel().tolist()


def test_a_layer_that_sees_pixels_has_an_image_for_each_neuron():
    model = MLP(16, [3, 2], seed=0)
    axes = plot_weights(model)
    assert [flat(image) for image in axes.images] == [weights_of(neuron) for neuron in model.layers[0].neurons]
    assert axes.images[0].get_array().shape == (4, 4)
    assert [text.get_text() for text in axes.texts] == ["0", "1", "2"]


def test_any_layer_can_be_chosen_and_shaped():
    layer = MLP(4, [6, 2], seed=0).layers[1]
    axes = plot_weights(layer, shape=(2, 3))
    assert [image.get_array().shape for image in axes.images] == [(2, 3)] * 2


def test_weights_count_as_much_as_their_inputs_vary():
    layer = Linear(16, 1, seed=0)
    axes = plot_weights(layer, scale=[2.0] + [0.0] * 15)
    assert flat(axes.images[0]) == [2 * layer.neurons[0].weights[0].data] + [0] * 15
    with pytest.raises(ValueError, match="scale has 3 factors, but each neuron has 16 weights"):
        plot_weights(layer, scale=[1, 2, 3])


def test_kernels_have_an_image_for_each_neuron_and_channel():
    first, second = Conv2d(1, 2, 3, seed=0), Conv2d(2, 4, 2, seed=1)
    model = Sequential(Reshape(1, 8, 8), first, "relu", MaxPool2d(2), second, Flatten(), Linear(16, 2))
    axes = plot_weights(model)
    assert [flat(image) for image in axes.images] == [weights_of(neuron) for neuron in first.neurons]
    axes = plot_weights(second)
    assert len(axes.images) == 8
    assert flat(axes.images[0]) + flat(axes.images[1]) == weights_of(second.neurons[0])
    assert axes.texts[3].get_text() == "1: channel 1"


@pytest.mark.parametrize("layer", [Linear(3, 2, seed=0), Conv1d(1, 2, 3, seed=0), Neuron(3, seed=0)])
def test_other_inputs_are_columns_of_a_table(layer):
    axes = plot_weights(layer)
    (image,) = axes.images
    assert image.get_array().tolist() == [weights_of(neuron) for neuron in getattr(layer, "neurons", [layer])]
    low, high = image.get_clim()
    assert low == -high


def test_numbers_will_do():
    assert plot_weights([[1.0, -2.0]]).images[0].get_array().tolist() == [[1, -2]]


def test_what_has_no_weights_is_refused():
    with pytest.raises(TypeError, match="Flatten has no neurons"):
        plot_weights(Flatten())
    with pytest.raises(ValueError, match="a list of numbers for each neuron"):
        plot_weights([1.0, 2.0])


def test_each_neuron_is_drawn_over_the_plane_of_its_inputs():
    model = MLP(2, [3, 1], activation="tanh", seed=0)
    for p in model.parameters():
        p.data = 0.0
    model.layers[0].neurons[1].weights[0].data = 1.0  # rises to the right
    model.layers[0].neurons[2].weights[1].data = 1.0  # rises upwards
    axes = plot_units(model, [[-1, -1], [1, 1]], resolution=9)
    silent, right, up, _ = (image.get_array() for image in axes.images)
    assert not silent.any()
    assert right[0].tolist() == sorted(right[0])
    assert right[0, -1] == -right[0, 0] == 1
    assert up[:, 0].tolist() == sorted(up[:, 0], reverse=True), "the first row is above"
    assert [text.get_text() for text in axes.texts] == ["layers[0]", "", "", "layers[1]"]
    assert axes.images[3].get_extent()[0] == axes.images[0].get_extent()[0], "a layer begins a row"
    with pytest.raises(ValueError, match="the plane of two inputs, these samples have 3"):
        plot_units(MLP(3, [1]), [[1, 2, 3]])
