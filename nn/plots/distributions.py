"""`plot_activations`, `plot_gradients`: how the numbers of each layer are spread; `plot_distributions` of any numbers.

Sizes that fall from layer to layer by the same factor are a staircase here: gradients that vanish, or explode.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..arguments import loss_of
from ..batches import Compiled, Eager, can_compile
from ..class_labels import numbered
from ..data import samples
from ..modes import in_mode
from ..module import Module
from .canvas import axes_for, colours_on, in_numbers, ink_of, plain
from .layer_outputs import layer_outputs, layers_of

N_BINS = 50
LETTERS = 10  # of labels side by side, in an inch
BREADTH = 0.8  # of the widest bar of a histogram, where layers are 1 apart


def plot_distributions(numbers: Mapping[str, Any], *, log: bool = False, ax: Any = None) -> Any:
    """A histogram for each name, upright and side by side; a line marks the median.

    Args:
        numbers: by name, numbers or Values in any lists or arrays.
        log: show sizes, |x|, on a logarithmic scale. What share of them is exactly 0 is written below.
        ax: the Axes to draw on.

    Returns the Axes.

    >>> axes = plot_distributions({"first": [1, 1, 2], "second": [3, 4]})
    >>> [label.get_text() for label in axes.get_xticklabels()]
    ['first', 'second']
    """
    import numpy

    columns = {str(name): in_numbers(x).ravel() for name, x in numbers.items()}
    if not columns or any(x.size == 0 for x in columns.values()):
        raise ValueError(
            "there are no numbers to plot" + "".join(f" for {k!r}" for k, x in columns.items() if not x.size)
        )
    for name, x in columns.items():
        if not numpy.isfinite(x).all():
            raise ValueError(f"{name!r} has {int((~numpy.isfinite(x)).sum())} numbers that are inf or nan")
    zeros = {name: float((x == 0).mean()) for name, x in columns.items()}
    if log:
        columns = {name: abs(x[x != 0]) for name, x in columns.items()}
    axes = axes_for(ax, min(2.0 + 0.75 * len(columns), 10.0), 3.4)
    edges = _edges(numpy.concatenate(list(columns.values())), log)
    colours, ink = colours_on(axes), ink_of(axes)
    for k, x in enumerate(columns.values()):
        if not x.size:
            continue
        counts, _ = numpy.histogram(x, edges)
        axes.stairs(
            k + BREADTH * counts / counts.max(),
            edges,
            baseline=k,
            orientation="horizontal",
            fill=True,
            color=colours[0],
            alpha=0.75,
        )
        median = float(numpy.median(x))
        axes.plot([k, k + BREADTH], [median, median], color=colours[5], linewidth=1.5, solid_capstyle="butt")
    if log:
        axes.set_yscale("log")
        for k, share in enumerate(zeros.values()):
            if share:
                text = f"{share:.0%} are 0" if share >= 0.005 else "<1% are 0"
                axes.text(k, 0.01, text, transform=axes.get_xaxis_transform(), fontsize="x-small", color=ink)
    inches = axes.get_window_extent().width / axes.figure.dpi
    long = sum(len(name) + 2 for name in columns) > LETTERS * inches
    axes.set_xticks(range(len(columns)), columns, rotation=30 if long else 0, ha="right" if long else "left")
    axes.set_xlim(-0.15, len(columns))
    plain(axes)
    return axes


def _edges(x: Any, log: bool) -> Any:
    import numpy

    if not x.size:
        return numpy.array([0.1, 1.0]) if log else numpy.array([0.0, 1.0])
    low, high = x.min(), x.max()
    if log:
        return numpy.geomspace(low, high, N_BINS + 1) if low < high else numpy.array([low / 1.1, high * 1.1])
    return numpy.linspace(low, high, N_BINS + 1) if low < high else numpy.array([low - 0.5, high + 0.5])


def plot_activations(model: Module, X: Any, *, log: bool = False, ax: Any = None) -> Any:
    """What each layer gives for the samples X, a histogram for each layer: saturated, dead or as it should be.

    Args:
        model: a Module; its layers are those of `model.summary()`.
        X: the samples, as for `fit`.
        log, ax: see `plot_distributions`.

    Returns the Axes.
    """
    axes = plot_distributions(layer_outputs(model, X), log=log, ax=ax)
    axes.set(ylabel="|activation|" if log else "activation")
    return axes


def plot_gradients(model: Module, X: Any = None, y: Any = None, loss: Any = None, *, ax: Any = None) -> Any:
    """The sizes of the gradients in each layer, a histogram for each: do they vanish, or explode, on their way down?

    Args:
        model: a Module. Without further arguments the gradients are those in the `.grad` of its parameters, after
            `loss.backward()`.
        X, y, loss: as for `fit`: then they are the gradients of this loss over these samples, and no `.grad` changes.
        ax: the Axes to draw on.

    Returns the Axes.

    >>> from nn import MLP
    >>> model = MLP(2, [3, 1], seed=0)
    >>> model([1.0, 2.0]).backward()
    >>> plot_gradients(model).get_ylabel()
    '|gradient|'
    """
    if not isinstance(model, Module):
        raise TypeError(f"only a Module says what its layers are, got {type(model).__name__}")
    if X is not None:
        gradients = gradients_of(model, X, y, loss)
    else:
        gradients = {id(p): p.grad for p in model.parameters()}
        if not any(p.has_grad for p in model.parameters()):
            raise ValueError(
                "no backward pass has reached these parameters: call loss.backward() before, or write "
                'plot_gradients(model, X, y, "cross_entropy")'
            )
    found = {name: [gradients[id(p)] for p in layer.parameters()] for name, layer in layers_of(model)}
    axes = plot_distributions({name: each for name, each in found.items() if each}, log=True, ax=ax)
    axes.set(ylabel="|gradient|")
    return axes


def gradients_of(model: Module, X: Any, y: Any, loss: Any) -> dict[int, float]:
    """The gradient of the loss over all samples, by the id of the parameter; `.grad` stays as it is."""
    if y is None or loss is None:
        raise TypeError('gradients of samples need targets and a loss: plot_gradients(model, X, y, "cross_entropy")')
    _, y, _ = numbered(model, loss, y, None)
    rows, targets = samples(X, y)
    chosen = loss_of(loss, model, rows[0])
    parameters = model.parameters()
    earlier = [p.grad for p in parameters]
    make: Any = Compiled if can_compile(model, chosen) else Eager
    with in_mode(model, training=False):
        batches = make(model, rows, targets, chosen, *([parameters, False] if make is Compiled else []))
        try:
            for p in parameters:
                p.grad = 0
            batches.cost(range(len(rows)))
            batches.backward()
            return {id(p): float(p.grad) for p in parameters}
        finally:
            for p, grad in zip(parameters, earlier, strict=True):
                p.grad = grad
