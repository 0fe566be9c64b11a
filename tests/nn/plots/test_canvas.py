"""Axes and colours, light and dark."""

from __future__ import annotations

import pytest

from autograd import Value
from nn.plots import COLOURS, DARK, LIGHT, canvas

pyplot = pytest.importorskip("matplotlib.pyplot")


def test_a_new_figure_is_one_of_pyplot():
    assert pyplot.gca() is not canvas.axes_for(None) is pyplot.gca()


@pytest.mark.parametrize(
    ("style", "dark"), [("default", False), ("dark_background", True), (LIGHT, False), (DARK, True)]
)
def test_colours_suit_the_background(style, dark):
    with pyplot.style.context(style):
        axes = canvas.axes_for(None)
    assert canvas.is_dark(axes) is dark
    assert (canvas.colours_on(axes) == COLOURS) is not dark
    zero, ink = (sum(canvas.colour_map(axes, "ink")(x)[:3]) for x in (0.0, 1.0))
    assert bool(zero < ink) is dark


def test_behind_transparent_axes_the_figure_counts():
    figure, axes = pyplot.subplots(facecolor="black")
    axes.set_facecolor("none")
    assert canvas.is_dark(axes)
    figure.set_facecolor("none")
    assert not canvas.is_dark(axes)


def test_colours_are_told_apart():
    for style in (LIGHT, DARK):
        with pyplot.style.context(style):
            assert len(set(canvas.colours_on(canvas.axes_for(None)))) == len(COLOURS)


def test_numbers_come_out_of_anything():
    np = pytest.importorskip("numpy")
    pandas = pytest.importorskip("pandas")
    assert canvas.in_numbers([[Value(1.0), 2], (3, np.float64(4))]).tolist() == [[1, 2], [3, 4]]
    assert canvas.in_numbers(np.array([Value(1.0), 2.0], dtype=object)).tolist() == [1, 2]
    assert canvas.in_numbers(pandas.Series([1, 2])).tolist() == [1, 2]


def test_of_subplots_that_share_an_axis_only_the_outer_ones_name_it():
    _, grid = pyplot.subplots(2, 2, sharey=True)
    for axes in grid.ravel():
        canvas.name_axes(axes, "x", "y")
    assert [axes.get_ylabel() for axes in grid.ravel()] == ["y", "", "y", ""]
    assert [axes.get_xlabel() for axes in grid.ravel()] == ["x"] * 4
