"""`plot_images`: many small images beside each other, in one Axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .canvas import axes_for, colour_map, in_numbers

GAP = 0.15  # between images, as a part of their width
LINE = 0.24  # the height of a line of text above an image, in inches
INCHES, MOST_INCHES = 0.85, 12.0  # the width of an image, and of all, in a new figure


def plot_images(
    images: Any,
    titles: Sequence[Any] | None = None,
    *,
    shape: tuple[int, int] | None = None,
    columns: int | None = None,
    signed: bool = False,
    limits: tuple[float, float] | None = None,
    ax: Any = None,
) -> Any:
    """Images in rows beside each other, with a title above each: digits, weights, mistakes.

    All share one scale, from the smallest number (paper) to the largest (ink).

    Args:
        images: a list or an array of images; each has rows of pixels, or is a flat list of them, as those of
            scikit-learn's digits are. Pixels may be Values. None leaves its place empty.
        titles: what stands above each image.
        shape: (rows, columns) of an image, for flat lists that are no square.
        columns: how many images stand in a row; by default at most ten.
        signed: show numbers of both signs: blue below 0, vermilion above.
        limits: the numbers (low, high) for paper and ink, in the place of those in the images.
        ax: the Axes to draw on.

    Returns the Axes, whose `images` are these, in their order.

    >>> axes = plot_images([[0, 1, 1, 0], [1, 0, 0, 1]], titles=["a", "b"])
    >>> axes.images[1].get_array().tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    images = images.to_numpy() if hasattr(images, "to_numpy") else images  # a data frame
    places = [None if image is None else _image(image, shape, i) for i, image in enumerate(images)]
    tiles = [tile for tile in places if tile is not None]
    if not tiles:
        raise ValueError("there are no images to plot")
    shown = [""] * len(places) if titles is None else [str(title) for title in titles]
    if len(shown) < len(places):
        raise ValueError(f"there are {len(places)} images but {len(shown)} titles")
    columns = min(columns or 10, len(places))
    n_rows = -(-len(places) // columns)
    height, width = max(tile.shape[0] for tile in tiles), max(tile.shape[1] for tile in tiles)
    lines = max(title.count("\n") + bool(title) for title in shown[: len(places)])
    step_x = width * (1 + GAP)
    total_x = columns * step_x - GAP * width
    inches = min(INCHES, MOST_INCHES * width / total_x)
    above = max(GAP, LINE / inches * lines) * width
    step_y = height + above
    total_y = n_rows * step_y
    axes = axes_for(ax, inches * total_x / width, max(inches * total_y / width, 0.8))
    colours = colour_map(axes, "signed" if signed else "ink")
    low, high = limits or _limits(tiles, signed)
    for i, (tile, title) in enumerate(zip(places, shown, strict=False)):
        if tile is None:
            continue
        x, y = (i % columns) * step_x, (i // columns) * step_y + above
        right, bottom = x + tile.shape[1], y + tile.shape[0]
        axes.imshow(tile, cmap=colours, vmin=low, vmax=high, extent=(x, right, bottom, y), interpolation="nearest")
        axes.plot([x, right, right, x, x], [y, y, bottom, bottom, y], color="#8c9199", linewidth=0.5)
        axes.text((x + right) / 2, y - 0.06 * width, title, ha="center", va="bottom", fontsize="small")
    axes.set(xlim=(-0.02 * width, total_x + 0.02 * width), ylim=(total_y + 0.02 * width, 0))
    axes.set_axis_off()
    return axes


def _image(image: Any, shape: tuple[int, int] | None, i: int) -> Any:
    pixels = in_numbers(image)
    if shape is not None:
        if pixels.size != math.prod(shape):
            raise ValueError(f"shape={shape} has {math.prod(shape)} pixels, images[{i}] has {pixels.size}")
        return pixels.reshape(shape)
    if pixels.ndim == 2:
        return pixels
    if pixels.ndim == 3 and pixels.shape[0] == 1:  # one channel
        return pixels[0]
    side = math.isqrt(pixels.size)
    if pixels.ndim != 1 or side * side != pixels.size:
        raise ValueError(
            f"images[{i}] has the shape {pixels.shape}, which is no image of one colour: say how many rows and columns "
            "it has, shape=(8, 6); one image alone is plot_images([image])"
        )
    return pixels.reshape(side, side)


def _limits(tiles: list[Any], signed: bool) -> tuple[float, float]:
    lowest, highest = min(tile.min() for tile in tiles), max(tile.max() for tile in tiles)
    if signed:
        most = max(abs(lowest), abs(highest)) or 1.0
        return -most, most
    return (lowest, highest) if lowest < highest else (lowest - 1, lowest + 1)
