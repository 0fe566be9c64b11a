"""Pictures of a training and of what was learned, by matplotlib: `plot_history`, `plot_decision_regions`,
`plot_confusion_matrix`. Each returns a Figure.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from autograd import Value, no_grad

from .data import samples

if TYPE_CHECKING:
    from .history import History
    from .module import Module

# Blue, orange, green, … of Okabe and Ito: told apart by colour-blind readers too.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")


def plot_history(history: History) -> Any:
    """The loss by epoch, and beside it the metrics where there are some; validation dashed."""
    curves = [("loss", history.loss, history.validation_loss)]
    for name, numbers in history.metrics.items():
        curves.append((name, numbers, history.validation_metrics.get(name, [])))
    figure = _figure(width=4.8 * len(curves))
    for i, (name, training, validation) in enumerate(curves):
        axes = figure.add_subplot(1, len(curves), i + 1)
        epochs = range(1, len(training) + 1)
        marker = "o" if len(training) == 1 else None
        axes.plot(epochs, training, color=COLOURS[0], label="training", marker=marker)
        if validation:
            axes.plot(epochs, validation, color=COLOURS[5], label="validation", linestyle="--", marker=marker)
            axes.legend(frameon=False)
        axes.set(xlabel="epoch", ylabel=name)
        axes.spines[["top", "right"]].set_visible(False)
        axes.xaxis.get_major_locator().set_params(integer=True)
    return figure


def plot_decision_regions(
    model: Module, X: Any, y: Any, *, resolution: int = 40, threshold: float | None = None
) -> Any:
    """What the model answers all over the plane, and the samples on it.

    Args:
        model: of two inputs. Several outputs vote; one output is split at the threshold.
        X, y: the samples, as for `fit`, with classes as targets.
        resolution: points of the grid along each axis.
        threshold: for one output; by default 0 where a target is -1, else ½. Logits of 0 and 1 need 0.
    """
    rows, targets = samples(X, y)
    if len(rows[0]) != 2:
        raise ValueError(f"decision regions are drawn for two inputs, these samples have {len(rows[0])}")
    if any(isinstance(target, list) for target in targets):
        raise TypeError("y holds one class for each sample, 0, 1, 2, …, got rows of numbers")
    classes = sorted(set(targets))
    if threshold is None:
        threshold = 0.0 if -1 in classes else 0.5
    xs, ys = ([row[axis] for row in rows] for axis in (0, 1))
    grid_x, grid_y = _ticks(xs, resolution), _ticks(ys, resolution)
    with no_grad():
        scores = [[_scores(model([gx, gy]), threshold) for gx in grid_x] for gy in grid_y]
    n_classes = len(scores[0][0])
    if hasattr(model(rows[0]), "__len__") or len(classes) < n_classes:
        classes = list(range(n_classes))  # a class may have no sample here
    figure = _figure(width=4.8, height=4.2)
    axes = figure.add_subplot()
    for k in range(n_classes):
        # By how much class k leads: the border is where that is 0, smooth between the points of the grid.
        lead = [[s[k] - max(s[:k] + s[k + 1 :], default=0.0) for s in row] for row in scores]
        highest = max(map(max, lead))
        if highest > 0:
            axes.contourf(grid_x, grid_y, lead, levels=[0, highest], colors=[COLOURS[k % len(COLOURS)]], alpha=0.25)
    for k, name in enumerate(classes):
        members = [i for i, target in enumerate(targets) if target == name]
        if not members:
            continue
        axes.scatter(
            [xs[i] for i in members],
            [ys[i] for i in members],
            s=18,
            color=COLOURS[k % len(COLOURS)],
            marker="os^Dv*"[k % 6],
            edgecolor="white",
            linewidth=0.4,
            label=f"{name:g}",
        )
    axes.legend(title="class", frameon=True, loc="best")
    axes.set(xlabel="input 1", ylabel="input 2")
    return figure


def plot_confusion_matrix(predicted: Sequence[int], actual: Sequence[int], names: Sequence[str] | None = None) -> Any:
    """How many samples of each class were taken for which; the diagonal is right."""
    if len(predicted) != len(actual) or len(predicted) == 0:
        raise ValueError(f"one predicted and one actual class for each sample, got {len(predicted)} and {len(actual)}")
    predicted, actual = ([_class(k, names) for k in classes] for classes in (predicted, actual))
    names = list(names) if names is not None else [str(k) for k in range(max(*predicted, *actual) + 1)]
    counts = [[0] * len(names) for _ in names]
    for p, a in zip(predicted, actual, strict=True):
        counts[a][p] += 1
    figure = _figure(width=4.8, height=4.6)
    axes = figure.add_subplot()
    axes.imshow(counts, cmap="Blues")
    half = max(map(max, counts)) / 2
    for a, row in enumerate(counts):
        for p, count in enumerate(row):
            if count:
                axes.text(p, a, str(count), ha="center", va="center", color="white" if count > half else "black")
    long = max(map(len, names)) * len(names) > 36
    axes.set_xticks(range(len(names)), names, rotation=30 if long else 0, ha="right" if long else "center")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="predicted", ylabel="actual")
    return figure


def _class(k: Any, names: Sequence[str] | None) -> int:
    if isinstance(k, str) or k not in range(1000) or (names is not None and k >= len(names)):
        limit = "" if names is None else f" to {len(names) - 1}"
        raise ValueError(f"predicted and actual are numbers of classes from 0{limit}, got {k!r}")
    return int(k)


def as_png(figure: Any) -> bytes:
    """The picture of a Figure, as a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    return buffer.getvalue()


def _figure(width: float, height: float = 3.2) -> Any:
    try:
        from matplotlib.figure import Figure  # without pyplot: no window, no global state
    except ImportError:
        raise ImportError('plots need matplotlib: pip install "scalar-autograd[plot]"') from None
    return Figure(figsize=(width, height), layout="constrained", facecolor="white")


def _ticks(xs: list[float], resolution: int) -> list[float]:
    low, high = min(xs), max(xs)
    margin = 0.1 * (high - low) or 1.0
    step = (high - low + 2 * margin) / (resolution - 1)
    return [low - margin + i * step for i in range(resolution)]


def _scores(output: Any, threshold: float) -> list[float]:
    """One score for each class; the highest wins."""
    if hasattr(output, "__len__"):
        return [_number(z) for z in output]
    return [threshold - _number(output), _number(output) - threshold]


def _number(output: Any) -> float:
    return output.data if isinstance(output, Value) else float(output)
