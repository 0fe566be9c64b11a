"""`plot_history`: loss, metrics and learning rate by epoch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .canvas import axes_for, colours_on, in_numbers, ink_of, name_axes, new_figure, plain, pyplot

if TYPE_CHECKING:
    from ..history import History  # which uses this file

LINES = ("-", "--", ":", "-.")
WIDTH, HEIGHT = 4.8, 3.2  # of a panel, in inches


def plot_history(history: Any, *curves: str, log: bool = False, ax: Any = None) -> Any:
    """The course of a training: loss, metrics, and the learning rate where it changes; validation dashed.

    A dotted line marks the epoch that `fit` went back to with `patience`.

    Args:
        history: what `fit` returned; or a list of losses, such as `step.train` returns. A dict of several, by name,
            compares them.
        curves: which to draw: "loss", the name of a metric, "learning rate"; by default all.
        log: draw loss and learning rate, or the one curve asked for, on a logarithmic scale.
        ax: an Axes, for one curve (by default the loss); or as many as there are curves.

    Returns the Axes, or an array of them where there are several curves, as `plt.subplots` does.

    >>> losses = {"SGD": [3.0, 2.0, 1.0], "Adam": [3.0, 1.0, 0.5]}
    >>> axes = plot_history(losses, log=True)
    >>> [text.get_text() for text in axes.get_legend().get_texts()]
    ['SGD', 'Adam']
    """
    import numpy

    courses = {str(name): _course(each) for name, each in (history if _is_dict(history) else {"": history}).items()}
    if not courses:
        raise ValueError("there is no history to plot: the dict is empty")
    known = list(dict.fromkeys(name for course in courses.values() for name in course))
    for name in curves:
        if name not in known:
            raise ValueError(f"the history has no curve {name!r}: it has {', '.join(map(repr, known))}")
    shown = list(curves) or [name for name in known if name != "learning rate" or _changes(courses)]
    if ax is None:
        figure = pyplot().figure(figsize=(WIDTH * len(shown), HEIGHT), layout="constrained")
        ax = figure.subplots(1, len(shown), squeeze=False)
    elif not curves and not hasattr(ax, "__len__"):
        shown = known[:1]
    all_axes = [axes_for(each) for each in numpy.array(ax, dtype=object).ravel()]
    if len(all_axes) != len(shown):
        raise ValueError(f"ax has {len(all_axes)} Axes for {len(shown)} curves, which are {', '.join(shown)}")
    for axes, name in zip(all_axes, shown, strict=True):
        is_log = log and (len(shown) == 1 or name in ("loss", "learning rate"))
        _draw(axes, name, {of: course[name] for of, course in courses.items() if name in course}, is_log)
    return all_axes[0] if len(shown) == 1 else numpy.array(all_axes)


def figure_of(history: History) -> Any:
    """All curves on a figure of its own, which pyplot does not know: a notebook shows it where it is asked to."""
    n = 1 + len(history.metrics) + _changes({"": _course(history)})
    figure = new_figure(WIDTH * n, HEIGHT)
    names = ["loss", *history.metrics, *["learning rate"] * (n - 1 - len(history.metrics))]
    plot_history(history, *names, ax=figure.subplots(1, n, squeeze=False))
    return figure


def _is_dict(history: Any) -> bool:
    return isinstance(history, Mapping)


class _Curve:
    """The numbers of one curve, those of the validation set, the number of the first, and the epoch that was kept."""

    def __init__(self, training: Any, validation: Any = (), start: int = 1, kept: int | None = None) -> None:
        self.training, self.validation, self.start, self.kept = in_numbers(training), validation, start, kept


def _course(history: Any) -> dict[str, _Curve]:
    """The curves of one training, by name; a training loss is first."""
    if not hasattr(history, "validation_loss"):
        if not hasattr(history, "__len__") or isinstance(history, str):
            raise TypeError(f"plot_history takes a History, or a list of losses, got {type(history).__name__}")
        if any(hasattr(each, "validation_loss") for each in history):
            raise TypeError('several histories are compared by name: plot_history({"small": first, "large": second})')
        return {"loss": _Curve(history, start=0)}
    pairs = {"loss": (history.loss, history.validation_loss)}
    for name, numbers in history.metrics.items():
        pairs[name] = (numbers, history.validation_metrics.get(name, []))
    curves = {name: _Curve(*both, kept=history.best_epoch) for name, both in pairs.items()}
    return {**curves, "learning rate": _Curve(history.learning_rate)} if history.learning_rate else curves


def _changes(courses: dict[str, dict[str, _Curve]]) -> bool:
    rates = [course["learning rate"].training.tolist() for course in courses.values() if "learning rate" in course]
    return any(len(set(each)) > 1 for each in rates)


def _draw(axes: Any, name: str, courses: dict[str, _Curve], log: bool) -> None:
    colours, several = colours_on(axes), len(courses) > 1
    are_validated = any(len(course.validation) for course in courses.values())
    for k, (of, course) in enumerate(courses.items()):
        x = range(course.start, course.start + len(course.training))
        marker = "o" if len(course.training) == 1 else None
        colour, line = colours[k % len(colours)], "-" if are_validated else LINES[k % len(LINES)]
        axes.plot(x, course.training, line, color=colour, marker=marker, label=of if several else "training")
        if len(course.validation):
            own = {"color": colour, "label": f"{of}, validation"} if several else {"label": "validation"}
            axes.plot(x, course.validation, **({"color": colours[5]} | own), linestyle="--", marker=marker)
        if course.kept is not None and course.kept < len(course.training):
            colour = colour if several else ink_of(axes)
            axes.axvline(course.kept, color=colour, linestyle=":", linewidth=1, label=f"kept: epoch {course.kept}")
    if log:
        axes.set_yscale("log")
    if several:
        trainings = [line for line in axes.get_lines() if line.get_label() in courses]
        axes.legend(handles=trainings, title="dashed: validation" if are_validated else None)
    elif len(axes.get_lines()) > 1:
        axes.legend()
    name_axes(axes, "step" if next(iter(courses.values())).start == 0 else "epoch", name)
    axes.xaxis.get_major_locator().set_params(integer=True)
    plain(axes)
