"""`MaxPool2d`: of each small square of an image the largest number."""

from __future__ import annotations

from functools import reduce
from typing import Any

from autograd import Value, where

from .module import Module
from .options import check_size
from .shapes import nodes


class MaxPool2d(Module):
    """The largest number of each square of an image, channel by channel; the gradient goes to that one.

    Of several that are largest it is the first, as in PyTorch. What is left at the edges is dropped.

    Args:
        size: the side of the squares.
        stride: from one square to the next; by default the size, so that they stand side by side.

    >>> pooled = MaxPool2d(2)([[[1.0, 2.0, 5.0, 6.0], [3.0, 4.0, 7.0, 8.0]]])
    >>> [[x.data for x in row] for row in pooled[0]]
    [[4.0, 8.0]]
    """

    def __init__(self, size: int, *, stride: int | None = None) -> None:
        check_size(size, "size")
        check_size(size if stride is None else stride, "stride")
        self.size, self.stride = size, size if stride is None else stride

    def __call__(self, inputs: Any) -> list[list[list[Value]]]:
        return [self._pooled(nodes(channel)) for channel in inputs]

    def _pooled(self, image: Any) -> list[list[Value]]:
        if not isinstance(image, list) or not isinstance(image[0], list):
            raise ValueError(f"{self!r} takes a list of channels, each a list of rows of numbers")
        if min(len(image), len(image[0])) < self.size:
            raise ValueError(
                f"{self!r} needs images of at least {self.size}×{self.size}, got {len(image)}×{len(image[0])}"
            )
        rows = range(0, len(image) - self.size + 1, self.stride)
        columns = range(0, len(image[0]) - self.size + 1, self.stride)
        return [
            [reduce(_larger, [x for row in image[i : i + self.size] for x in row[j : j + self.size]]) for j in columns]
            for i in rows
        ]

    def _shape(self) -> str:
        return f"{self.size}×{self.size}" + (f", stride {self.stride}" if self.stride != self.size else "")

    def __repr__(self) -> str:
        return f"MaxPool2d({self._shape()})"


def _larger(a: Value, b: Value) -> Value:
    # Not `maximum`: of two that are equal the first gets the whole gradient. A nan is larger than all, a + b then.
    return where(b > a, b, where(b <= a, a, a + b))
