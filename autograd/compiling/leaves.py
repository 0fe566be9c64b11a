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
        self._all_free = True

    def numbers(self) -> array[float]:
        """What they hold now."""
        return array("d", self._pack(*[leaf._data for leaf in self.values]))

    @property
    def are_free(self) -> list[bool]:
        """For each whether it is not frozen."""
        self._ask()
        return self._are_free

    @property
    def all_free(self) -> bool:
        """Whether none is frozen."""
        self._ask()
        return self._all_free

    def write_gradient(self, gradient: Iterable[float]) -> None:
        """Set the `.grad` of each to its part of the gradient; a frozen leaf keeps what it has."""
        values: Iterable[Value] = self.values
        if not self.all_free:
            values, gradient = compress(values, self.are_free), compress(gradient, self.are_free)
        for leaf, x in zip(values, gradient, strict=True):
            leaf.grad = x

    def _ask(self) -> None:
        """Ask each leaf, where one was frozen or freed anywhere since they were asked last."""
        now = modes.frozen_since
        if self._asked is not now:
            self._are_free = [not leaf._is_frozen for leaf in self.values]
            self._all_free = all(self._are_free)
            self._asked = now
