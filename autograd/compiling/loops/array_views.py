"""How array source reads and writes the addresses of a run: slices and reshapes where they are affine, else tables.

The terms of a run form a *grid*: the loops of its nest; or (members, terms of each); or one axis of terms. A `GridPart`
is an expression with the axes of the grid that it has, in order; the lanes are the last axis, LANE.

Entry points: `Grid`, `footprint`, `view`, `spread`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from .ir import STORE, Run, Statement

LANE = 99  # after all axes of a grid

# How tightly an expression holds together.
COMPARISON, SUM_OF, PRODUCT_OF, ATOM = range(4)


class GridPart(NamedTuple):
    """An array expression, and which axes it has."""

    text: str
    axes: tuple[int, ...]
    tightness: int = ATOM

    def within(self, place: int) -> str:
        """The text as it stands where something of this tightness is demanded."""
        return self.text if self.tightness >= place else f"({self.text})"


class Grid(NamedTuple):
    """The terms of a run in axes.

    Attributes: `sizes`; `kept`, the axes that tell members apart; `starts`: in a ragged sum, where on the only axis
    the terms of each member begin, else None.
    """

    sizes: tuple[int, ...]
    kept: tuple[int, ...]
    starts: Any = None

    @classmethod
    def of(cls, statement: Statement, run: Run) -> Grid:
        """The grid of a run."""
        if run.nests is not None and len(run.nests) == 1:
            nest = run.nests[0]
            sizes = tuple([size for size in nest.shape if size > 1])
            strides = [row[0] for size, row in zip(nest.shape, nest.strides, strict=True) if size > 1]
            return cls(sizes, tuple([d for d, stride in enumerate(strides) if stride]))
        m = len(run)
        if statement.reduce == STORE:
            return cls((m,), (0,))
        starts = np.flatnonzero(np.diff(run.out, prepend=run.out[0] - 1))
        each = m // len(starts)
        if len(starts) == m or m == 1:
            return cls((m,), (0,)) if m > 1 else cls((), ())
        if np.array_equal(starts, np.arange(0, m, each)):
            return cls((len(starts), each), (0,)) if len(starts) > 1 else cls((each,), ())
        return cls((m,), (0,), starts)


class Footprint(NamedTuple):
    """The addresses of a column over a grid: the axes on which they depend, and what they are along these.

    Attributes: `table`, the addresses, an array with these axes; `strides`, of each axis, None where the addresses
    are not affine; `distinct`: whether no address comes twice.
    """

    axes: tuple[int, ...]
    table: Any
    strides: tuple[int, ...] | None

    @property
    def offset(self) -> int:
        return int(self.table.flat[0])

    @property
    def distinct(self) -> bool:
        """Whether no address comes twice."""
        return bool(len(np.unique(self.table)) == self.table.size)

    def covers(self, base: int, n: int) -> bool:
        """Whether the addresses are base, base + 1, … base + n - 1, in this order."""
        return self.table.size == n and np.array_equal(self.table.ravel(), np.arange(base, base + n))


def footprint(index: Any, grid: Grid) -> Footprint:
    """The addresses `index`, one for each term, over the grid."""
    table = np.asarray(index).reshape(grid.sizes)
    axes: list[int] = []
    for d in range(len(grid.sizes)):
        first = table.take([0], axis=len(axes))
        if (table == first).all():
            table = first.squeeze(axis=len(axes))
        else:
            axes.append(d)
    return Footprint(tuple(axes), table, _strides(table))


def _strides(table: Any) -> tuple[int, ...] | None:
    origin = table.flat[0]
    affine = np.full(table.shape, origin)
    strides = []
    for d, size in enumerate(table.shape):
        stride = int(table[(0,) * d + (1,) + (0,) * (table.ndim - d - 1)] - origin)
        strides.append(stride)
        affine += stride * np.arange(size).reshape((size,) + (1,) * (table.ndim - d - 1))
    return tuple(strides) if np.array_equal(affine, table) else None


def view(name: str, size: int, offset: int, shape: Sequence[int], strides: Sequence[int], lanes: str = "") -> str:
    """The view of an array's first axis with element offset + Σ i_d · strides[d] at [i_1, …, i_D].

    Args:
        name: of an array with `size` elements along its first axis; contiguous.
        lanes: how the length of its second axis is written, "" if it has none.

    >>> view("h", 10, 0, [10], [1]), view("h", 10, 3, [3], [2]), view("h", 10, 3, [], [])
    ('h', 'h[3:8:2]', 'h[3]')
    >>> view("p", 2080, 0, [32, 64], [65, 1])
    'p.reshape(32, 65)[:, :64]'
    >>> view("h", 12, 0, [4, 3], [1, 4], "n")
    'h.reshape(3, 4, n).swapaxes(0, 1)'
    """
    if not shape:
        return f"{name}[{offset}]"
    if len(shape) == 1:
        return name + _slice(offset, shape[0], strides[0], size, brackets=True)
    order = sorted(range(len(shape)), key=lambda d: -abs(strides[d]))
    text = _blocks(name, size, offset, [shape[d] for d in order], [strides[d] for d in order], lanes)
    if text is None:
        return f"strided({name}, {offset}, {tuple(shape)}, {tuple(strides)})"
    if order == sorted(order):
        return text
    if len(order) == 2:
        return f"{text}.swapaxes(0, 1)" if lanes else f"{text}.T"
    back = [order.index(d) for d in range(len(order))] + ([len(order)] if lanes else [])
    return f"{text}.transpose({', '.join(map(str, back))})"


def _slice(offset: int, n: int, step: int, size: int, brackets: bool = False) -> str:
    last = offset + (n - 1) * step
    if step > 0:
        start, stop = (str(offset) if offset else ""), (str(last + 1) if last + 1 < size else "")
    else:
        start, stop = (str(offset) if offset + 1 < size else ""), (str(last - 1) if last else "")
    text = f"{start}:{stop}" + (f":{step}" if step != 1 else "")
    return ("" if text == ":" else f"[{text}]") if brackets else text


def _blocks(name: str, size: int, offset: int, shape: list[int], strides: list[int], lanes: str) -> str | None:
    """By reshaping, where each stride is a multiple of the next one and the blocks do not overlap."""
    if strides[-1] < 1 or any(a % b or a < b * m for a, b, m in zip(strides, strides[1:], shape[1:], strict=False)):
        return None
    row = strides[-2]  # how many elements an iteration of the last loop but one takes
    whole = shape[0] * strides[0]
    skipped = max(0, offset + whole - size)  # elements of the first row before the first one that is read
    if skipped > offset or skipped + (shape[-1] - 1) * strides[-1] >= row:
        return None
    lengths = [shape[0], *[a // b for a, b in pairwise(strides[:-1])], row]
    text = name + _slice(offset - skipped, whole, 1, size, brackets=True)
    text += f".reshape({', '.join([*map(str, lengths), *([lanes] if lanes else [])])})"
    parts = [":" if m == length else f":{m}" for m, length in zip(shape[:-1], lengths[:-1], strict=True)]
    parts.append(_slice(skipped, shape[-1], strides[-1], row))
    return text if all(part == ":" for part in parts) else f"{text}[{', '.join(parts)}]"


def spread(part: GridPart, axes: Sequence[int]) -> GridPart:
    """The part so that it broadcasts against arrays with these axes, among which its own are."""
    axes = [axis for axis in axes if not part.axes or axis >= part.axes[0]]
    if not part.axes or tuple(axes) == part.axes:
        return part
    places = ", ".join([":" if axis in part.axes else "None" for axis in axes])
    return GridPart(f"{part.within(ATOM)}[{places}]", part.axes)


def size_of(axes: Sequence[int], grid: Grid) -> int:
    """How many elements these axes have together; the lanes do not count."""
    return math.prod(grid.sizes[axis] for axis in axes if axis != LANE)
