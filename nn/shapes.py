"""`Reshape` and `Flatten`: from the numbers of a sample to an image, and back; `nodes` of the numbers in it."""

from __future__ import annotations

import math
from typing import Any

from autograd import Value

from .activations import mapped
from .module import Module
from .options import check_size


class Reshape(Module):
    """A flat list of numbers as lists of lists of these sizes, the last one running fastest.

    >>> Reshape(1, 2, 3)([1, 2, 3, 4, 5, 6])
    [[[1, 2, 3], [4, 5, 6]]]
    """

    def __init__(self, *sizes: int) -> None:
        if not sizes:
            raise ValueError("Reshape takes sizes: write Reshape(1, 8, 8) for one channel of 8 rows of 8 numbers")
        for size in sizes:
            check_size(size, "a size")
        self.sizes = sizes

    def __call__(self, inputs: Any) -> Any:
        numbers = Flatten()(inputs)
        n = math.prod(self.sizes)
        if len(numbers) != n:
            rows = [len(Flatten()(row)) for row in inputs] if hasattr(inputs, "__len__") else []
            hint = ": call the model for each sample, [model(x) for x in X]" if {*rows} == {n} and n > 1 else ""
            raise ValueError(f"{self!r} takes the {n} numbers of one sample, got {len(numbers)}{hint}")
        for size in reversed(self.sizes[1:]):
            numbers = [numbers[i : i + size] for i in range(0, len(numbers), size)]
        return numbers

    def _shape(self) -> str:
        return f"{math.prod(self.sizes)} → {'×'.join(map(str, self.sizes))}"

    def __repr__(self) -> str:
        return f"Reshape({', '.join(map(str, self.sizes))})"


class Flatten(Module):
    """Lists of lists of numbers as one list.

    >>> Flatten()([[1, 2], [[3], [4]]])
    [1, 2, 3, 4]
    """

    def __call__(self, inputs: Any) -> list[Any]:
        if not hasattr(inputs, "__len__") or isinstance(inputs, (str, dict)):
            return [inputs]
        return [x for part in inputs for x in self(part)]

    def __repr__(self) -> str:
        return "Flatten()"


def nodes(inputs: Any) -> Any:
    """Nested lists with every number as a node, which all that take it share."""
    return mapped(_same, inputs)


def _same(x: Value) -> Value:
    return x
