"""`plot_surface` of a function of two numbers, and `plot_loss_surface` along two directions of a model's parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autograd import Value, no_grad

from ..arguments import loss_of
from ..batches import Compiled, Eager, can_compile
from ..class_labels import numbered
from ..data import samples
from ..modes import in_mode
from ..module import Module
from .canvas import axes_for, colour_map, colours_on, in_numbers, ink_of, is_dark

N_LEVELS = 14
MARGIN = 0.25  # around a path, as a part of its range


def plot_surface(
    function: Callable[[Any, Any], Any],
    x: tuple[float, float] = (-2.0, 2.0),
    y: tuple[float, float] = (-2.0, 2.0),
    *,
    path: Any = None,
    levels: Any = None,
    resolution: int = 80,
    ax: Any = None,
) -> Any:
    """Lines of equal height of a function of two numbers, and the ways that descents took on it.

    Args:
        function: takes two Values, returns a Value or a number.
        x, y: the ranges that are shown.
        path: a list of points (x, y), from the start to the end; or a dict of several, by name.
        levels: the heights of the lines; by default close together where it is low.
        resolution: points of the grid along each axis.
        ax: the Axes to draw on.

    Returns the Axes.

    >>> axes = plot_surface(lambda u, v: u**2 + 5 * v**2, path=[(2, 1), (1, 0)], resolution=20)
    >>> axes.lines[0].get_xydata().tolist()
    [[2.0, 1.0], [1.0, 0.0]]
    """
    import numpy

    xs, ys = numpy.linspace(*x, resolution), numpy.linspace(*y, resolution)
    with no_grad():
        heights = in_numbers([[function(Value(float(u)), Value(float(v))) for u in xs] for v in ys])
    axes = axes_for(ax, 4.6, 3.6)
    _draw_lines(axes, xs, ys, heights, levels)
    _draw_paths(axes, path)
    axes.set(xlim=x, ylim=y)
    return axes


def plot_loss_surface(
    model: Module,
    X: Any,
    y: Any,
    loss: Any,
    *,
    path: Sequence[Mapping[str, float]] | None = None,
    distance: float = 1.0,
    resolution: int = 31,
    seed: int = 0,
    log: bool = False,
    ax: Any = None,
) -> Any:
    r"""The loss around the parameters that a model has, along two directions: J(θ + α·d₁ + β·d₂).

    Without a path, d₁ and d₂ are drawn at random, and each neuron's part of a direction (weights and bias) is made as
    long as the neuron's own parameters are, "filter-wise normalisation" (Li et al. 2018): α = 1 changes every neuron by
    as much as it is, so surfaces of different networks can be compared. With a path, they are the two directions in
    which the path is widest, its principal components, of length 1, so that the path can be drawn on it: its points
    are projected onto the plane, which goes through the last of them.

    Args:
        model: a Module; its parameters are the same afterwards.
        X, y, loss: as for `fit`.
        path: what `model.state_dict()` was at several times of a training, such as a callback collects.
        distance: how far the surface goes from the centre, without a path.
        resolution: points along each direction; each costs a pass through all samples.
        seed: for the random directions.
        log: lines by the logarithm of the loss.
        ax: the Axes to draw on.

    Returns the Axes.
    """
    import numpy

    if not isinstance(model, Module):
        raise TypeError(f"the surface is that of a Module's parameters, got {type(model).__name__}")
    points, centre = None, None
    if path is None:
        plane: Any = random_directions(model, seed)
        spans = [(-distance, distance)] * 2
    else:
        names = list(model.state_dict())
        states = numpy.array([_checked(state, names) for state in path])
        if len(states) < 3:
            raise ValueError(f"a path has at least three points to show two directions of, got {len(states)}")
        centre, plane = states[-1], _widest(states)
        points = (states - centre) @ plane.T
        margins = MARGIN * numpy.ptp(points, axis=0) + 1e-9
        spans = list(zip(points.min(axis=0) - margins, points.max(axis=0) + margins, strict=True))
    xs, ys = (numpy.linspace(low, high, resolution) for low, high in spans)
    heights = heights_around(model, X, y, loss, plane, xs, ys, centre)
    axes = axes_for(ax, 4.6, 3.8)
    lines = _draw_lines(axes, xs, ys, heights, _levels(heights, log))
    axes.figure.colorbar(lines, ax=axes, label="loss", format="%.3g")
    if points is None:
        axes.plot(0, 0, "+", color=ink_of(axes), markersize=10)
    _draw_paths(axes, points)
    axes.set(xlabel="first direction", ylabel="second direction")
    return axes


def heights_around(model: Module, X: Any, y: Any, loss: Any, plane: Any, xs: Any, ys: Any, centre: Any = None) -> Any:
    """The losses at centre + x·plane[0] + y·plane[1], a row for each y; the centre is the model's own parameters."""
    import numpy

    cost, parameters = _cost_of(model, X, y, loss), model.parameters()
    earlier = [p.data for p in parameters]
    centre = numpy.array(earlier) if centre is None else centre
    heights = numpy.empty((len(ys), len(xs)))
    try:
        for i, j in numpy.ndindex(heights.shape):
            for p, x in zip(parameters, (centre + xs[j] * plane[0] + ys[i] * plane[1]).tolist(), strict=True):
                p.data = x
            heights[i, j] = cost()
    finally:
        for p, x in zip(parameters, earlier, strict=True):
            p.data = x
    return heights


def _cost_of(model: Module, X: Any, y: Any, loss: Any) -> Callable[[], float]:
    """The cost of all samples with the parameters as they are when it is called."""
    _, y, _ = numbered(model, loss, y, None)
    rows, targets = samples(X, y)
    chosen = loss_of(loss, model, rows[0])
    with in_mode(model, training=False):
        if can_compile(model, chosen):
            compiled = Compiled(model, rows, targets, chosen, model.parameters(), False)
            return lambda: compiled.evaluate(rows, targets)[0]
    eager = Eager(model, rows, targets, chosen)
    return lambda: eager.evaluate(rows, targets)[0]


def _checked(state: Any, names: list[str]) -> list[float]:
    if not isinstance(state, Mapping) or list(state) != names:
        raise ValueError("a path is a list of states of this model, each model.state_dict() at some time")
    return list(state.values())


def random_directions(model: Module, seed: int) -> Any:
    """Two directions, in each neuron as long as the neuron's own parameters."""
    import numpy

    own = numpy.array([p.data for p in model.parameters()])
    directions = numpy.random.default_rng(seed).normal(size=(2, len(own)))
    places: dict[str, list[int]] = {}
    for i, (name, _) in enumerate(model.named_parameters()):
        places.setdefault(name.rpartition(".")[0], []).append(i)  # layers[0].neurons[3].weights[1]: that neuron
    for place in places.values():
        lengths = numpy.linalg.norm(directions[:, place], axis=1, keepdims=True)
        directions[:, place] *= numpy.linalg.norm(own[place]) / lengths
    return directions


def _widest(states: Any) -> Any:
    """The two principal components of the points of a path, seen from the last one."""
    import numpy

    components = numpy.linalg.svd(states[:-1] - states[-1], full_matrices=False)[2][:2]
    if len(components) < 2:
        raise ValueError("a model of one parameter has only one direction")
    return components


def _levels(heights: Any, log: bool) -> Any:
    """Heights of lines: of an equal step, or close together where it is low."""
    import numpy

    finite = heights[numpy.isfinite(heights)]
    if not finite.size:
        raise ValueError("the function is inf or nan all over the plane: there is nothing to draw")
    low, high = finite.min(), finite.max()
    if low == high:
        return None
    if log and low > 0:
        return numpy.geomspace(low, high, N_LEVELS + 2)[1:]
    return low + (high - low) * numpy.linspace(0, 1, N_LEVELS + 2)[1:] ** 2


def _draw_lines(axes: Any, xs: Any, ys: Any, heights: Any, levels: Any) -> Any:
    """Colours from low to high, and lines; returns what a colour bar needs."""
    import numpy

    if levels is None:
        levels = _levels(heights, log=False)
    if levels is None:
        raise ValueError(f"the function is {heights.flat[0]:.6g} all over the plane: there are no lines to draw")
    levels = numpy.unique(numpy.asarray(levels, dtype=float))
    heights = numpy.ma.masked_invalid(heights)  # holes where there are no numbers
    faces = numpy.concatenate([[min(heights.min(), levels[0]) - 1e-12], levels])
    filled = axes.contourf(xs, ys, heights, faces, cmap=colour_map(axes, "blue"), alpha=0.55, extend="max")
    axes.contour(xs, ys, heights, levels, colors="#adb1b9" if is_dark(axes) else "#5b5f66", linewidths=0.6, alpha=0.8)
    return filled


def _draw_paths(axes: Any, path: Any) -> None:
    """Each path as a line with its points; a ring at its end."""
    if path is None:
        return
    colours = colours_on(axes)
    paths = path if isinstance(path, Mapping) else {"": path}
    for k, (name, points) in enumerate(paths.items()):
        points = in_numbers(points)
        if points.ndim != 2 or points.shape[1] != 2:
            raise ValueError(f"a path is a list of points (x, y), got an array of the shape {points.shape}")
        colour = colours[(5, 1, 2, 3)[k % 4]]
        axes.plot(points[:, 0], points[:, 1], ".-", color=colour, markersize=5, linewidth=1.3, label=str(name))
        axes.plot(*points[-1], "o", color=colour, markersize=7, markerfacecolor="none")
    if any(paths):
        axes.legend(loc="best")
