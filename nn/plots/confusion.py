"""`plot_confusion_matrix`: which class was taken for which."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .canvas import axes_for, colour_map


def plot_confusion_matrix(
    predicted: Any,
    actual: Any,
    names: Sequence[str] | None = None,
    *,
    normalize: bool = False,
    ax: Any = None,
) -> Any:
    """How many samples of each class (row) were taken for which (column); the diagonal is right.

    Args:
        predicted, actual: a class for each sample: numbers from 0 on, or labels, such as strings. Predictions come
            first, as in `nn.accuracy`.
        names: of the classes 0, 1, 2, …
        normalize: show shares of each row in the place of numbers.
        ax: the Axes to draw on.

    Returns the Axes.

    >>> axes = plot_confusion_matrix(["cat", "dog", "dog"], ["cat", "cat", "dog"])
    >>> axes.images[0].get_array().tolist()
    [[1.0, 1.0], [0.0, 1.0]]
    """
    import numpy

    predicted, actual = _listed(predicted, "predicted"), _listed(actual, "actual")
    if len(predicted) != len(actual) or len(predicted) == 0:
        raise ValueError(f"one predicted and one actual class for each sample, got {len(predicted)} and {len(actual)}")
    labels = _labels([*predicted, *actual], names)
    place = {label: k for k, label in enumerate(labels)}
    shown = [str(label) for label in labels] if names is None else list(names)
    counts = numpy.zeros((len(labels), len(labels)))
    for p, a in zip(predicted, actual, strict=True):
        counts[place[a], place[p]] += 1
    shares = counts / numpy.maximum(counts.sum(axis=1, keepdims=True), 1) if normalize else counts
    size = min(3.0 + 0.3 * len(labels), 8.0)
    axes = axes_for(ax, size + 0.4, size)
    colours = colour_map(axes, "blue")
    axes.imshow(shares, cmap=colours, vmin=0, vmax=1 if normalize else max(counts.max(), 1))
    highest = 1 if normalize else counts.max()
    for (a, p), x in numpy.ndenumerate(shares):
        if x:
            axes.text(
                p,
                a,
                f"{x:.0%}" if normalize else f"{x:.0f}",
                ha="center",
                va="center",
                color=_readable_on(colours(x / highest)),
                fontsize=None if len(labels) <= 6 or not normalize else "small",
            )
    long = max(map(len, shown)) * len(shown) > 36
    axes.set_xticks(range(len(shown)), shown, rotation=30 if long else 0, ha="right" if long else "center")
    axes.set_yticks(range(len(shown)), shown)
    axes.set(xlabel="predicted", ylabel="actual")
    return axes


def _listed(classes: Any, name: str) -> list[Any]:
    if hasattr(classes, "to_numpy"):
        classes = classes.to_numpy()
    listed = classes.tolist() if hasattr(classes, "tolist") else classes
    if isinstance(listed, (str, dict)) or not hasattr(listed, "__iter__"):
        raise TypeError(f"{name} is a list or an array of classes, one for each sample, got {type(classes).__name__}")
    listed = [k[0] if isinstance(k, list) and len(k) == 1 else k for k in listed]  # a column
    for k in listed:
        if isinstance(k, list):
            raise TypeError(
                f"{name} has a list for a sample, {k!r:.60}, not a class: write model.predict(X, classes=True)"
            )
    return listed


def _labels(found: list[Any], names: Sequence[str] | None) -> list[Any]:
    """The classes, in order: 0, 1, 2, … up to the largest, or the labels there are."""
    distinct = list(dict.fromkeys(found))
    texts = [k for k in distinct if isinstance(k, str)]
    others = [k for k in distinct if not isinstance(k, str)]
    if texts and others:
        raise ValueError(f"predicted and actual hold different kinds of classes, {texts[0]!r} and {others[0]!r}")
    if names is not None and set(distinct) <= set(names):
        return list(names)
    are_numbers = not any(isinstance(k, (str, bool)) or not hasattr(k, "__float__") for k in distinct)
    if are_numbers and all(k in range(1000) for k in distinct):
        if names is None:
            return list(range(int(max(distinct)) + 1))
        if max(distinct) < len(names):
            return list(range(len(names)))
    if names is not None or (are_numbers and any(k != int(k) for k in distinct)):
        limit = "" if names is None else f" to {len(names) - 1}, or names"
        wrong = next(k for k in distinct if isinstance(k, str) or k not in range(len(names) if names else 1000))
        raise ValueError(f"predicted and actual are numbers of classes from 0{limit}, or labels, got {wrong!r}")
    try:
        return sorted(distinct)
    except TypeError:  # of several kinds
        return sorted(distinct, key=str)


def _readable_on(colour: Any) -> str:
    red, green, blue, _ = colour
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"
