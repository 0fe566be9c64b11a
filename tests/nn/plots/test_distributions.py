"""Histograms of activations and gradients, layer by layer."""

from __future__ import annotations

import math

import pytest

from nn import MLP, mean_squared_error, plot_activations, plot_distributions, plot_gradients

pytest.importorskip("matplotlib")
np = pytest.importorskip("numpy")

X, y = [[0.5, -1.0], [1.0, 2.0], [0.0, 0.25]], [1.0, 2.0, 3.0]


def medians(axes):
    return [line.get_ydata()[0] for line in axes.get_lines()]


def names(axes):
    return [tick.get_text() for tick in axes.get_xticklabels()]


def test_the_bars_count_the_numbers():
    axes = plot_distributions({"a": [0.0, 0.0, 0.0, 50.0], "b": [50.0]})
    first, second = axes.patches
    values, edges, baseline = first.get_data()
    assert (edges[0], edges[-1], baseline) == (0, 50, 0)
    assert values[0] == pytest.approx(3 * values[-1]) == pytest.approx(0.8)
    assert second.get_data().values[-1] == pytest.approx(1.8)
    assert medians(axes) == [0, 50]
    assert names(axes) == ["a", "b"]


def test_names_are_slanted_where_there_is_no_room():
    pyplot = pytest.importorskip("matplotlib.pyplot")
    numbers = {f"layers[{k}]": [1.0] for k in range(7)}
    _, (narrow, _) = pyplot.subplots(1, 2, figsize=(8, 3))
    _, wide = pyplot.subplots(figsize=(12, 3))
    for axes, angle in ((narrow, 30), (wide, 0)):
        assert plot_distributions(numbers, ax=axes).get_xticklabels()[0].get_rotation() == angle


def test_sizes_on_a_logarithmic_scale_leave_zeros_out_and_say_so():
    axes = plot_distributions({"a": [-100.0, 1.0, 0.0, 0.0], "b": [10.0]}, log=True)
    assert axes.get_yscale() == "log"
    _, edges, _ = axes.patches[0].get_data()
    assert (edges[0], edges[-1]) == (pytest.approx(1), pytest.approx(100))
    assert [text.get_text() for text in axes.texts] == ["50% are 0"]


def test_all_zeros_and_all_alike_can_be_drawn():
    assert [text.get_text() for text in plot_distributions({"a": [0.0]}, log=True).texts] == ["100% are 0"]
    plot_distributions({"a": [2.0, 2.0]}, log=True)
    plot_distributions({"a": [2.0, 2.0]})


def test_what_cannot_be_drawn_is_refused():
    with pytest.raises(ValueError, match="no numbers to plot for 'a'"):
        plot_distributions({"a": []})
    with pytest.raises(ValueError, match="'a' has 2 numbers that are inf or nan"):
        plot_distributions({"a": [1.0, math.inf, math.nan]})


def test_activations_of_each_layer():
    model = MLP(2, [3, 1], activation="tanh", seed=0)
    axes = plot_activations(model, X)
    assert names(axes) == ["layers[0]", "layers[1]"]
    hidden = [a.data for row in X for a in model.layers[0](row)]
    assert medians(axes)[0] == pytest.approx(np.median(hidden))


def test_gradients_of_samples_are_those_of_backward_and_nothing_changes():
    model = MLP(2, [3, 1], activation="tanh", seed=0)
    model.parameters()[0].grad = 7.0
    of_samples = plot_gradients(model, X, y, "mean_squared_error")
    assert [p.grad for p in model.parameters()] == [7.0] + [0] * 12
    model.zero_grad()
    mean_squared_error([model(x) for x in X], y).backward()
    assert medians(plot_gradients(model)) == pytest.approx(medians(of_samples))


def test_own_losses_do_too():
    model = MLP(2, [3, 1], activation="tanh", seed=0)
    own = plot_gradients(model, X, y, lambda outputs, targets: 4 * mean_squared_error(outputs, targets))
    assert medians(own) == pytest.approx([4 * m for m in medians(plot_gradients(model, X, y, "mean_squared_error"))])


def test_vanishing_gradients_are_a_staircase():
    sigmoids = MLP(2, [4] * 10 + [1], activation="sigmoid", seed=1)
    sizes = medians(plot_gradients(sigmoids, X, y, "mean_squared_error"))
    assert sizes[0] < 1e-4 * sizes[-1]
    tanhs = MLP(2, [4] * 10 + [1], activation="tanh", initialization="xavier", seed=1)
    sizes = medians(plot_gradients(tanhs, X, y, "mean_squared_error"))
    assert sizes[0] > 0.01 * sizes[-1]


def test_gradients_need_a_backward_pass_or_samples():
    model = MLP(2, [1])
    with pytest.raises(ValueError, match=r"no backward pass has reached these parameters: call loss.backward\(\)"):
        plot_gradients(model)
    with pytest.raises(TypeError, match="gradients of samples need targets and a loss"):
        plot_gradients(model, X)
