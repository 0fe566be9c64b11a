"""Surfaces show the numbers of the function, and of the loss."""

from __future__ import annotations

import math

import pytest

from nn import MLP, Adam, Linear, Sequential, cross_entropy, fit, plot_loss_surface, plot_surface

pytest.importorskip("matplotlib")
from nn.plots.surfaces import heights_around, random_directions

np = pytest.importorskip("numpy")

X, y = [[0.0, 1.0], [1.0, 0.0], [0.5, 0.5], [1.0, 1.0]], [0, 1, 1, 0]


def bowl(u, v):
    return u**2 + (v - 1.0) ** 2


def test_lines_are_where_the_function_has_their_height():
    axes = plot_surface(bowl, (-3, 3), (-3, 3), levels=[1.0, 4.0], resolution=60)
    outline = axes.collections[1]  # the filled one is first
    assert outline.levels.tolist() == [1, 4]
    for level, path in zip(outline.levels, outline.get_paths(), strict=True):
        np.testing.assert_allclose([bowl(*point) for point in path.vertices], level, atol=0.02)


def test_functions_may_use_methods_of_values_and_return_numbers():
    plot_surface(lambda u, v: (u * v).sin().exp(), resolution=5)
    plot_surface(lambda u, v: math.hypot(u.data, v.data), resolution=5)


def test_paths_are_drawn_by_name():
    axes = plot_surface(bowl, path={"SGD": [(1, 1), (0, 1)], "Adam": [(2, 2), (1, 1), (0, 1)]}, resolution=5)
    drawn = {line.get_label(): line.get_xydata().tolist() for line in axes.get_lines()}
    assert drawn["SGD"] == [[1, 1], [0, 1]]
    assert drawn["Adam"] == [[2, 2], [1, 1], [0, 1]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["SGD", "Adam"]


@pytest.mark.filterwarnings("error")
def test_where_there_is_no_number_is_a_hole():
    axes = plot_surface(lambda u, v: u.log() + v, (-1, 1), (-1, 1), resolution=20)
    lefts = [path.vertices[:, 0].min() for path in axes.collections[0].get_paths() if len(path.vertices)]
    assert min(lefts) > 0
    with pytest.raises(ValueError, match="inf or nan all over the plane"):
        plot_surface(lambda u, v: (u - 5).log(), resolution=5)


def test_what_has_no_lines_or_is_no_path_is_refused():
    with pytest.raises(ValueError, match="the function is 3 all over the plane"):
        plot_surface(lambda u, v: 3.0, resolution=5)
    with pytest.raises(ValueError, match="a path is a list of points"):
        plot_surface(bowl, path=[1, 2, 3], resolution=5)


def test_the_loss_is_that_of_the_model_in_the_middle_and_parameters_stay():
    model = MLP(2, [3, 2], seed=0)
    before = model.state_dict()
    axes = plot_loss_surface(model, X, y, "cross_entropy", resolution=5)
    assert model.state_dict() == before
    assert axes.get_lines()[0].get_xydata().tolist() == [[0, 0]]
    heights = heights_around(model, X, y, "cross_entropy", random_directions(model, 0), [-1, 0, 1], [0])
    assert heights[0, 1] == pytest.approx(cross_entropy([model(x) for x in X], y).data)


def test_heights_are_losses_at_the_moved_parameters():
    model = MLP(2, [3, 2], seed=0)
    first, second = random_directions(model, seed=1)
    heights = heights_around(model, X, y, "cross_entropy", (first, second), [0.0, 0.5], [0.0, -0.25])
    moved = MLP(2, [3, 2], seed=0)
    for p, a, b in zip(moved.parameters(), first, second, strict=True):
        p.data += 0.5 * a - 0.25 * b
    assert heights[1, 1] == pytest.approx(cross_entropy([moved(x) for x in X], y).data)


def test_a_loss_of_ones_own_and_a_model_that_is_not_compiled():
    model = MLP(2, [2], seed=0)
    own = heights_around(model, X, y, lambda o, t: 2 * cross_entropy(o, t), random_directions(model, 0), [0.3], [0.1])
    named = heights_around(model, X, y, "cross_entropy", random_directions(model, 0), [0.3], [0.1])
    np.testing.assert_allclose(own, 2 * named)


def test_each_part_of_a_direction_is_as_long_as_its_neuron():
    model = Sequential(Linear(2, 3, seed=0), "relu", Linear(3, 1, seed=1))
    for direction in random_directions(model, seed=0):
        start = 0
        for layer in (model[0], model[2]):
            for neuron in layer.neurons:
                own = [p.data for p in neuron.parameters()]
                part = direction[start : start + len(own)]
                assert np.linalg.norm(part) == pytest.approx(np.linalg.norm(own))
                start += len(own)


def test_the_path_of_a_training_lies_in_its_plane():
    model = MLP(2, [2], seed=0)
    path = [model.state_dict()]
    fit(
        model,
        X,
        y,
        loss="cross_entropy",
        optimizer=Adam(model.parameters(), lr=0.1),
        epochs=6,
        callbacks=lambda epoch, history: path.append(model.state_dict()),
        progress=False,
    )
    axes = plot_loss_surface(model, X, y, "cross_entropy", path=path, resolution=5)
    points = axes.get_lines()[0].get_xydata()
    assert points[-1].tolist() == [0, 0], "the last is the centre"
    states = np.array([list(state.values()) for state in path])
    lengths = np.linalg.norm(states - states[-1], axis=1)
    assert (np.linalg.norm(points, axis=1) <= lengths + 1e-12).all()
    assert np.linalg.norm(points[0]) > 0.9 * lengths[0], "the plane holds nearly all of the way"


def test_paths_that_are_none_are_refused():
    model = MLP(2, [2], seed=0)
    with pytest.raises(ValueError, match="a path is a list of states of this model"):
        plot_loss_surface(model, X, y, "cross_entropy", path=[{"a": 1.0}])
    with pytest.raises(ValueError, match="at least three points"):
        plot_loss_surface(model, X, y, "cross_entropy", path=[model.state_dict()])
