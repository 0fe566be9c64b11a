"""A network as circles and lines."""

import pytest

from autograd.drawing.network.columns import MOST, SHOWN, network_scene
from autograd.drawing.network.dense import activations, dense_layers
from nn import MLP


def scene(model, inputs=(), outputs=(), numbers=None, biases=False, by="weight", legend=True):
    return network_scene(dense_layers(model), numbers, inputs, outputs, biases, by, legend)


def neurons(one):
    return [circle for circle in one.circles if circle.radius > 2]


def test_each_neuron_has_a_circle_and_each_weight_a_line():
    one = scene(MLP(2, [3, 1], seed=1), legend=False)
    assert [circle.fill for circle in neurons(one)] == ["leaf"] * 2 + ["operation"] * 3 + ["output"]
    assert len(one.lines) == 2 * 3 + 3 * 1
    assert len({circle.x for circle in neurons(one)}) == 3


@pytest.mark.parametrize("size", [MOST, MOST + 1, 64])
def test_wide_layers_are_elided_in_the_middle(size):
    one = scene(MLP(2, [size, 1], seed=1), legend=False)
    shown = size if size <= MOST else 2 * SHOWN
    assert len(neurons(one)) == 2 + shown + 1
    assert len(one.circles) - len(neurons(one)) == (3 if size > MOST else 0), "the three dots"
    assert len(one.lines) == 3 * shown
    assert f"{size} × relu" in [label.text for label in one.labels]


def test_names_of_elided_inputs_are_those_of_the_shown_ones():
    names = [label.text for label in scene(MLP(12, [1])).labels if label.text.startswith("x")]
    assert names == ["x₁", "x₂", "x₃", "x₄", "x₉", "x₁₀", "x₁₁", "x₁₂"]
    named = scene(MLP(2, [2]), ["height", "weight"], ["cat", "dog"])
    assert {"height", "weight", "cat", "dog"} <= {label.text for label in named.labels}


def test_width_is_size_and_colour_is_sign():
    model = MLP(2, [1], seed=1)
    large, small = model.layers[0].neurons[0].weights
    large.data, small.data = -2.0, 0.5
    thin, thick = scene(model, legend=False).lines
    assert (thin.color, thick.color) == ("leaf border", "output border")
    assert thick.width > 2 * thin.width
    small.data = 0.0
    assert scene(model, legend=False).lines[0].color == "edge", "zero has no sign"
    small.data = float("nan")
    assert len(scene(model, legend=False).lines) == 2


def test_gradients_can_be_shown_instead():
    model = MLP(2, [1], seed=1)
    model([3.0, -1.0]).backward()
    assert [line.color for line in scene(model, by="gradient", legend=False).lines] == ["output border", "leaf border"]
    words = [label.text for label in scene(model, by="gradient").labels]
    assert "width: |gradient|, at most 3" in words


def test_biases_are_edges_from_a_node_that_is_one():
    model = MLP(2, [3, 1], seed=1)
    one = scene(model, biases=True, legend=False)
    ones = [circle for circle in one.circles if circle.text == "1"]
    assert len(ones) == 2
    assert all(circle.dashed for circle in ones)
    assert len(one.lines) == len(model.parameters())


def test_numbers_stand_in_the_circles():
    model = MLP(2, [1], seed=1)
    one = scene(model, numbers=activations(dense_layers(model), [0.123456, -1.0]))
    assert [circle.text for circle in one.circles[:2]] == ["0.12", "−1"]


@pytest.mark.parametrize("sizes", [[1], [3, 1], [16, 16, 1], [5, 4, 4, 3, 2]])
def test_everything_is_inside_and_no_circle_covers_another(sizes):
    one = scene(MLP(3, sizes, seed=1), biases=True)
    for circle in one.circles:
        assert circle.radius < circle.x < one.width - circle.radius
        assert circle.radius < circle.y < one.height - circle.radius
    places = [(circle.x, circle.y, circle.radius) for circle in one.circles]
    for k, (x, y, radius) in enumerate(places):
        for x2, y2, other in places[k + 1 :]:
            assert (x - x2) ** 2 + (y - y2) ** 2 > (radius + other) ** 2
    for label in one.labels:
        assert 0 < label.x < one.width
        assert 0 < label.y < one.height
