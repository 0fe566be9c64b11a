"""The leaves of a program: their numbers go in and their gradients come out, as fast as Python can.

Entry point: `Leaves`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import compress
from struct import Struct

from .. import modes
from ..value import Value


class Leaves:
    """Leaves in the order in which a program takes their numbers.

    Attributes: `values`.
    """

    def __init__(self, values: Sequence[Value]) -> None:
        self.values = list(values)
        self._pack = Struct(f"{len(self.values)}d").pack  # two thirds of the time of array("d", …)
        self._asked: object = None
        self._are_free: list[bool] = []

    def numbers(self) -> array[float]:
        """What they hold now."""
        return array("d", self._pack(*[leaf._data for leaf in self.values]))

    @property
    def are_free(self) -> list[bool]:
        """For each whether it is not frozen; they are asked again when a leaf was frozen or freed anywhere."""
        now = modes.frozen_since
        if self._asked is not now:
            self._are_free = [not leaf._is_frozen for leaf in self.values]
            self._asked = now
        return self._are_free

    def write_gradient(self, gradient: Iterable[float]) -> None:
        """Set the `.grad` of each to its part of the gradient; a frozen leaf keeps what it has."""
        values: Iterable[Value] = self.values
        are_free = self.are_free
        if not all(are_free):
            values, gradient = compress(values, are_free), compress(gradient, are_free)
        for leaf, x in zip(values, gradient, strict=True):
            leaf.grad = x
