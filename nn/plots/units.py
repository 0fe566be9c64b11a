"""`plot_weights`, `plot_units`: what the neurons look for, and what each says all over the plane."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..convolution import Conv1d, Conv2d
from ..data import rows_of
from ..module import Module
from .canvas import axes_for, colour_map, in_numbers
from .images import plot_images
from .layer_outputs import layer_outputs, layers_of


def plot_weights(
    layer: Any,
    *,
    shape: tuple[int, int] | None = None,
    scale: Any = None,
    titles: Sequence[Any] | None = None,
    columns: int | None = None,
    limits: tuple[float, float] | None = None,
    ax: Any = None,
) -> Any:
    """The weights of a layer: an image for each neuron, or a table; vermilion speaks for it, blue against it.

    Where the inputs are pixels, the weights of a neuron are laid out as an image, and so are the kernels of a
    `Conv2d`, a row of images for each neuron where there are several channels. Otherwise one table has a row for each
    neuron and a column for each input.

    Args:
        layer: a Layer, Linear, Conv1d, Conv2d or Neuron; of a network its first of them. Or a list of neurons' weights.
        shape: (rows, columns) of an image; by default a square, where there are 16 inputs or more that make one.
        scale: a factor for each input, such as X.std(axis=0), by which its weights count.
        titles: what stands above each image, or beside each row.
        columns, limits: see `plot_images`.
        ax: the Axes to draw on.

    Returns the Axes.

    >>> from nn import MLP
    >>> model = MLP(64, [25, 10], seed=0)
    >>> axes = plot_weights(model)
    >>> len(axes.images), axes.images[0].get_array().shape
    (25, (8, 8))
    """
    found, of_neurons = _with_neurons(layer), None
    if found is not None:
        of_neurons = getattr(found, "neurons", [found])
    weights = in_numbers([neuron.weights for neuron in of_neurons] if of_neurons else layer)
    if weights.ndim != 2:
        raise ValueError(f"weights are a list of numbers for each neuron, got an array of the shape {weights.shape}")
    if scale is not None:
        factors = in_numbers(scale)
        if factors.shape != weights.shape[1:]:
            raise ValueError(f"scale has {factors.size} factors, but each neuron has {weights.shape[1]} weights")
        weights = weights * factors
    if isinstance(found, Conv2d):
        kernels = weights.reshape(-1, found.size, found.size)
        several = found.n_inputs > 1
        if titles is None and several:
            titles = [f"{k}: channel {c}" for k in range(len(weights)) for c in range(found.n_inputs)]
        images, columns = kernels, columns or (found.n_inputs if several else None)
    elif shape is None and (isinstance(found, Conv1d) or weights.shape[1] < 16 or not _is_square(weights.shape[1])):
        return _table(weights, getattr(layer, "feature_names_in_", None), titles, limits, ax)
    else:
        images = weights
    return plot_images(
        images,
        range(len(images)) if titles is None else titles,
        shape=shape,
        columns=columns,
        signed=True,
        limits=limits,
        ax=ax,
    )


def _with_neurons(layer: Any) -> Any:
    """The first module with neurons or weights of its own; None where `layer` is no module."""
    if not isinstance(layer, Module):
        return None
    for _, part in layers_of(layer):
        if hasattr(part, "neurons") or hasattr(part, "weights"):
            return part
    raise TypeError(f"{type(layer).__name__} has no neurons: give a Layer, or the weights as lists of numbers")


def _is_square(n: int) -> bool:
    return math.isqrt(n) ** 2 == n


def _table(weights: Any, names: Any, titles: Any, limits: tuple[float, float] | None, ax: Any) -> Any:
    """One image: neurons below each other, inputs side by side."""
    rows, columns = weights.shape
    most = abs(weights).max() or 1.0
    low, high = limits or (-most, most)
    axes = axes_for(ax, min(2.4 + 0.4 * columns, 10.0), min(1.6 + 0.25 * rows, 8.0))
    image = axes.imshow(weights, cmap=colour_map(axes, "signed"), vmin=low, vmax=high, aspect="auto")
    axes.figure.colorbar(image, ax=axes)
    if names is not None:
        axes.set_xticks(range(columns), names, rotation=30, ha="right")
    if titles is not None:
        axes.set_yticks(range(rows), titles)
    axes.set(xlabel="input", ylabel="neuron")
    for axis, n in ((axes.xaxis, columns), (axes.yaxis, rows)):
        if (
            n <= 12
            and not (names is not None and axis is axes.xaxis)
            and not (titles is not None and axis is axes.yaxis)
        ):
            axis.set_ticks(range(n))
    return axes


def plot_units(model: Module, X: Any, *, resolution: int = 40, columns: int | None = None, ax: Any = None) -> Any:
    """For each neuron an image of what it says all over the plane of two inputs: how a border is put together.

    Vermilion is above 0, blue below; each image has its own scale. The layers are below each other.

    Args:
        model: a Module of two inputs.
        X: the samples, whose range is shown.
        resolution: pixels along each axis.
        columns: how many images stand in a row; by default as many as the widest layer has, at most 16.
        ax: the Axes to draw on.

    Returns the Axes, whose `images` are those of the neurons, layer by layer.
    """
    import numpy

    table = numpy.array(rows_of(X), dtype=float)
    if table.shape[1] != 2:
        raise ValueError(f"neurons are drawn all over the plane of two inputs, these samples have {table.shape[1]}")
    low, high = table.min(axis=0), table.max(axis=0)
    margin = 0.1 * (high - low) + (high == low)
    ticks = [numpy.linspace(low[k] - margin[k], high[k] + margin[k], resolution) for k in (0, 1)]
    points = numpy.stack([axis.ravel() for axis in numpy.meshgrid(*ticks)], axis=1)
    outputs = layer_outputs(model, points)
    widest = max(says.shape[1] for says in outputs.values())
    columns = columns or min(widest, 16)
    images: list[Any] = []
    titles: list[str] = []
    for layer, says in outputs.items():
        for k in range(says.shape[1]):
            most = abs(says[:, k]).max() or 1.0
            images.append((says[:, k] / most).reshape(resolution, resolution)[::-1])
            titles.append(layer if k == 0 else "")
        gaps = -len(images) % columns  # each layer begins a new row
        images += [None] * gaps
        titles += [""] * gaps
    return plot_images(images, titles, columns=columns, signed=True, limits=(-1.0, 1.0), ax=ax)
