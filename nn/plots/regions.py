"""`plot_decision_regions`, `plot_samples`: what a model answers all over the plane, and the samples on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..class_labels import classes_in
from ..data import names_of, rows_of
from ..module import Module
from ..predictions import predict, predict_proba, threshold_of
from .canvas import COLOURS, MARKERS, as_frame, axes_for, colours_on, ink_of, is_dark, name_axes

FEW = 300  # samples: of more the points are smaller
MARGIN = 0.1  # around the samples, as a part of their range


def plot_samples(
    X: Any, y: Any = None, *, features: Sequence[Any] = (0, 1), legend: bool = True, ax: Any = None
) -> Any:
    """The samples as points of the plane, with a colour and a shape for each class.

    Args:
        X: the samples, as for `fit`.
        y: their classes, numbers or labels; or None.
        features: the two columns to draw, by number or by name.
        legend: False leaves the legend of the classes out.
        ax: the Axes to draw on.

    Returns the Axes.

    >>> axes = plot_samples([[0, 0], [0, 1], [1, 1]], ["low", "low", "high"])
    >>> {points.get_label(): len(points.get_offsets()) for points in axes.collections}
    {'high': 1, 'low': 2}
    """
    rows, names = rows_of(X), names_of(X)
    i, j = _columns(features, names, len(rows[0]))
    axes = axes_for(ax, 4.8, 3.6)
    targets = None if y is None else classes_in(y)
    _scatter(axes, rows, (i, j), targets, None if targets is None else _distinct(targets))
    _add_legend(axes, y, legend)
    name_axes(axes, _name(i, names), _name(j, names))
    return axes


def plot_decision_regions(
    model: Any,
    X: Any,
    y: Any = None,
    *,
    features: Sequence[Any] | None = None,
    probability: bool = False,
    resolution: int = 120,
    threshold: float | None = None,
    legend: bool = True,
    ax: Any = None,
) -> Any:
    """What the model answers all over the plane, in the colour of the class, and the samples on it.

    Args:
        model: a `Module`, a function of one sample, or an estimator of scikit-learn. Several outputs vote; one output
            is split at the threshold.
        X, y: the samples, as for `fit`, with numbers of classes or labels as targets; y may be left out.
        features: for a model of more than two inputs the two to draw, by number or by name; the others stay at their
            median over the samples.
        probability: colour each point by the probabilities, paler where the model is less sure, and draw the border.
        resolution: points of the grid along each axis.
        threshold: for one output; by default that of `model.predict(X, classes=True)`, of a plain function 0 where a
            target is -1, else ½.
        legend: False leaves the legend of the classes out.
        ax: the Axes to draw on.

    Returns the Axes.

    >>> from nn import MLP
    >>> axes = plot_decision_regions(MLP(2, [3], seed=0), [[0, 0], [1, 0], [0, 1]], ["a", "b", "c"])
    >>> axes.get_xlabel(), [text.get_text() for text in axes.get_legend().get_texts()]
    ('input 1', ['a', 'b', 'c'])
    """
    rows, names = rows_of(X), names_of(X) or getattr(model, "feature_names_in_", None)
    i, j = _columns(_two(features, len(rows[0])), names, len(rows[0]))
    targets = None if y is None else classes_in(y)
    if targets is not None and len(targets) != len(rows):
        raise ValueError(f"X has {len(rows)} samples but y has {len(targets)} targets")
    grid_x, grid_y, points = _grid(rows, i, j, resolution)
    if _is_estimator(model):
        points = as_frame(points, X)
    scores, classes = _scores(model, points, targets, threshold, probability)
    axes = axes_for(ax, 4.8, 3.8)
    if probability:
        _paint_probabilities(axes, grid_x, grid_y, scores)
    else:
        _paint_regions(axes, grid_x, grid_y, scores)
    _scatter(axes, rows, (i, j), targets, classes)
    _add_legend(axes, y, legend)
    name_axes(axes, _name(i, names), _name(j, names))
    axes.set(xlim=(grid_x[0], grid_x[-1]), ylim=(grid_y[0], grid_y[-1]))
    return axes


def _two(features: Sequence[Any] | None, n_inputs: int) -> Sequence[Any]:
    if features is not None:
        return features
    if n_inputs != 2:
        raise ValueError(
            f"decision regions are drawn for two inputs, these samples have {n_inputs}: choose the two to draw, "
            "features=(0, 1); the others then stay at their median"
        )
    return 0, 1


def _columns(features: Sequence[Any], names: Sequence[str] | None, n_inputs: int) -> tuple[int, int]:
    """The numbers of the two columns."""
    if isinstance(features, str) or len(features) != 2:
        raise ValueError(f"features are the two columns to draw, by number or by name, got {features!r}")
    found = []
    for feature in features:
        if isinstance(feature, str):
            if names is None or feature not in list(names):
                known = "which have no names" if names is None else f"which are {', '.join(names)}"
                raise ValueError(f"there is no {feature!r} among the columns of X, {known}")
            feature = list(names).index(feature)
        if feature not in range(n_inputs):
            raise ValueError(f"there is no column {feature!r}: the samples have {n_inputs} numbers, from 0 on")
        found.append(int(feature))
    return found[0], found[1]


def _name(i: int, names: Sequence[str] | None) -> str:
    return f"input {i + 1}" if names is None else str(names[i])


def _grid(rows: list[list[float]], i: int, j: int, resolution: int) -> tuple[Any, Any, Any]:
    """The ticks along both axes, and a row of inputs for each point."""
    import numpy

    table = numpy.array(rows, dtype=float)
    ticks = []
    for column in (table[:, i], table[:, j]):
        margin = MARGIN * (column.max() - column.min()) or 1.0
        ticks.append(numpy.linspace(column.min() - margin, column.max() + margin, resolution))
    points = numpy.tile(numpy.median(table, axis=0), (resolution * resolution, 1))
    points[:, i], points[:, j] = (axis.ravel() for axis in numpy.meshgrid(*ticks))
    return ticks[0], ticks[1], points


def _is_estimator(model: Any) -> bool:
    return not isinstance(model, Module) and hasattr(model, "predict")


def _scores(
    model: Any, points: Any, targets: list[Any] | None, threshold: float | None, probability: bool
) -> tuple[Any, list[Any]]:
    """A score for each point and class, the highest wins; and the classes."""
    import numpy

    present = [] if targets is None else _distinct(targets)
    if _is_estimator(model):
        classes = list(model.classes_) if hasattr(model, "classes_") else present
        if hasattr(model, "predict_proba"):
            return numpy.asarray(model.predict_proba(points)), classes
        if probability:
            raise TypeError(f"probability=True asks for predict_proba, which {type(model).__name__} does not have")
        answers = numpy.asarray(model.predict(points))
        classes = classes or _distinct(answers.tolist())
        return numpy.stack([answers == k for k in classes], axis=1).astype(float), classes
    if probability:
        if not isinstance(model, Module):
            raise TypeError("probability=True asks for predict_proba, which a plain function does not have")
        scores = numpy.asarray(predict_proba(model, points))
    else:
        outputs = numpy.asarray(predict(model, points))
        if outputs.ndim == 1:
            if threshold is None:
                threshold = _threshold(model, present)
            outputs = numpy.stack([threshold - outputs, outputs - threshold], axis=1)
        scores = outputs
    return scores, _classes(model, present, scores.shape[1])


def _threshold(model: Any, classes: list[Any]) -> float:
    if isinstance(model, Module) and -1 not in classes:
        return threshold_of(model)
    return 0.0 if -1 in classes else 0.5


def _classes(model: Any, present: list[Any], n: int) -> list[Any]:
    """What the outputs stand for: labels the model has learned, the numbers 0, 1, …, or what y has."""
    known = getattr(model, "class_labels", None)
    if known is not None and set(present) <= set(known) and len(known) == n:
        return list(known)
    if set(present) <= set(range(n)):
        return list(range(n))
    if len(present) == n:
        return present
    if len(present) > 20:
        raise ValueError(
            f"y has {len(present)} different targets, which seem to be quantities, no classes: for a regression there "
            "are plot_fit(model, X, y) and plot_prediction_error(model.predict(X), y)"
        )
    raise ValueError(f"the model tells {n} classes apart, but y has {len(present)}: {', '.join(map(repr, present))}")


def _distinct(targets: list[Any]) -> list[Any]:
    try:
        return sorted(set(targets))
    except TypeError:
        return list(dict.fromkeys(targets))


def _paint_regions(axes: Any, xs: Any, ys: Any, scores: Any) -> None:
    for k, lead in enumerate(_leads(scores, len(xs))):
        if lead.max() > 0:
            colour = colours_on(axes)[k % len(COLOURS)]
            axes.contourf(xs, ys, lead, levels=[0, lead.max()], colors=[colour], alpha=0.4 if is_dark(axes) else 0.25)


def _leads(scores: Any, n: int) -> list[Any]:
    """By how much each class leads: the border is where that is 0, smooth between the points of the grid."""
    import numpy

    found = []
    for k in range(scores.shape[1]):
        others = numpy.delete(scores, k, axis=1)
        found.append((scores[:, k] - (others.max(axis=1) if others.size else 0.0)).reshape(n, n))
    return found


def _paint_probabilities(axes: Any, xs: Any, ys: Any, scores: Any) -> None:
    """At each point the colours mixed by the probabilities, the less of them the less sure."""
    import numpy
    from matplotlib.colors import to_rgb

    n_classes = scores.shape[1]
    palette = numpy.array([to_rgb(colours_on(axes)[k % len(COLOURS)]) for k in range(n_classes)])
    sure = (scores.max(axis=1) * n_classes - 1) / max(n_classes - 1, 1)
    picture = numpy.concatenate([scores @ palette, 0.08 + 0.6 * sure[:, None]], axis=1).clip(0, 1)
    axes.imshow(
        picture.reshape(len(ys), len(xs), 4),
        origin="lower",
        extent=(xs[0], xs[-1], ys[0], ys[-1]),
        aspect="auto",
        interpolation="bilinear",
    )
    for lead in _leads(scores, len(xs))[1:] if n_classes > 1 else ():
        if lead.min() < 0 < lead.max():
            axes.contour(xs, ys, lead, levels=[0], colors=[ink_of(axes)], linewidths=0.8)


def _scatter(
    axes: Any,
    rows: list[list[float]],
    columns: tuple[int, int],
    targets: list[Any] | None,
    classes: list[Any] | None,
) -> None:
    """The samples, class by class."""
    colours, dark = colours_on(axes), is_dark(axes)
    shared: dict[str, Any] = {
        "s": 26 if len(rows) <= FEW else 13,
        "edgecolor": "#17191e" if dark else "white",
        "linewidth": 0.5,
    }
    if targets is None or classes is None:
        axes.scatter(*([row[axis] for row in rows] for axis in columns), color=colours[0], **shared)
        return
    for k, name in enumerate(classes):
        members = [row for row, target in zip(rows, targets, strict=True) if target == name]
        if not members:
            continue
        axes.scatter(
            *([row[axis] for row in members] for axis in columns),
            color=colours[k % len(colours)],
            marker=MARKERS[k % len(MARKERS)],
            label=f"{name:g}" if isinstance(name, float) else str(name),
            **shared,
        )


def _add_legend(axes: Any, y: Any, wanted: bool) -> None:
    """The names of the classes; beside the Axes if they are many."""
    handles, names = axes.get_legend_handles_labels()
    if handles and wanted:
        beside = {"loc": "center left", "bbox_to_anchor": (1.0, 0.5)} if len(names) > 5 else {"loc": "best"}
        axes.legend(handles, names, title=getattr(y, "name", None) or "class", **beside)
