"""`plot_fit`, `plot_prediction_error`: what a regression has learned."""

from __future__ import annotations

from typing import Any

from ..data import names_of, samples
from ..predictions import predict
from .canvas import as_frame, axes_for, colours_on, in_numbers, ink_of, plain


def plot_fit(model: Any, X: Any, y: Any, *, resolution: int = 300, ax: Any = None) -> Any:
    """The curve of a model of one input, and the samples it has learned from.

    Args:
        model: a `Module`, a function of one sample, or an estimator of scikit-learn. Each output is a curve.
        X, y: the samples, as for `fit`.
        resolution: points of the curve.
        ax: the Axes to draw on.

    Returns the Axes.

    >>> axes = plot_fit(lambda x: 2 * x[0], [0, 1, 2], [0.1, 1.9, 4.0])
    >>> axes.lines[0].get_xydata()[-1].tolist()
    [2.1, 4.2]
    """
    import numpy

    rows, targets = samples(X, y)
    if len(rows[0]) != 1:
        raise ValueError(
            f"a curve is drawn over one input, these samples have {len(rows[0])}: write "
            "plot_prediction_error(model.predict(X), y)"
        )
    xs = numpy.array(rows)[:, 0]
    margin = 0.05 * (xs.max() - xs.min()) or 1.0
    line = numpy.linspace(xs.min() - margin, xs.max() + margin, resolution)
    is_estimator = not hasattr(model, "parameters") and hasattr(model, "predict")
    outputs = numpy.asarray(
        model.predict(as_frame(line[:, None], X)) if is_estimator else predict(model, line[:, None])
    )
    curves = outputs.reshape(resolution, -1)
    points = in_numbers(targets).reshape(len(rows), -1)
    axes = axes_for(ax)
    colours = colours_on(axes)
    for k in range(points.shape[1]):
        axes.scatter(xs, points[:, k], s=14, color=colours[k % len(colours)], alpha=0.7, linewidth=0, label="samples")
    for k in range(curves.shape[1]):
        colour = colours[5] if curves.shape[1] == 1 else colours[k % len(colours)]
        axes.plot(line, curves[:, k], color=colour, linewidth=2, label="model")
    if curves.shape[1] == 1:
        axes.legend()
    names = names_of(X) or [getattr(X, "name", None) or "input"]
    axes.set(xlabel=str(names[0]), ylabel=str(getattr(y, "name", None) or "target"))
    plain(axes)
    return axes


def plot_prediction_error(predicted: Any, actual: Any, *, ax: Any = None) -> Any:
    """For each sample the number predicted over the actual one; on the diagonal they are equal.

    Args:
        predicted, actual: a number for each sample. Predictions come first, as in `nn.mean_squared_error`.
        ax: the Axes to draw on.

    Returns the Axes.
    """
    import numpy

    pairs = in_numbers(predicted).ravel(), in_numbers(actual).ravel()
    if pairs[0].size != pairs[1].size or pairs[0].size == 0:
        raise ValueError(
            f"one predicted and one actual number for each sample, got {pairs[0].size} and {pairs[1].size}"
        )
    axes = axes_for(ax, 4.2, 4.0)
    ends = [min(map(numpy.min, pairs)), max(map(numpy.max, pairs))]
    axes.plot(ends, ends, color=ink_of(axes), linestyle="--", linewidth=1, label="equal")
    axes.scatter(pairs[1], pairs[0], s=14, color=colours_on(axes)[0], alpha=0.6, linewidth=0, label="samples")
    axes.set(xlabel="actual", ylabel="predicted", aspect="equal")
    plain(axes)
    return axes
