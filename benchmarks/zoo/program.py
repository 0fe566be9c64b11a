"""What a program of the zoo is, and how one is entered into it.

Entry points: `graph` and `rows` enter a function into `PROGRAMS`; `Program.build` and `Program.function` use it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, NamedTuple

from autograd import Value
from autograd import sum as total

Function = Callable[[list[Any]], Value]
Sample = Callable[[], list[float]]


class Program(NamedTuple):
    """A program: `make(generator, size)` gives its loss, or where `has_rows` a function of a row and rows for it."""

    name: str
    make: Callable[[random.Random, int], Any]
    size: int  # in the benchmark
    small: int  # in the tests
    has_rows: bool

    def build(self, seed: int = 0, size: int | None = None, n_rows: int = 32) -> Value:
        """The loss; of a function of a row its mean over `n_rows` rows."""
        made = self.make(random.Random(seed), self.size if size is None else size)
        if not self.has_rows:
            return made
        function, sample = made
        return total([function(sample()) for _ in range(n_rows)]) * (1 / n_rows)

    def function(self, seed: int = 0, size: int | None = None) -> tuple[Function, Sample]:
        """The function of a row, which captures its parameters, and what gives one row after the other."""
        return self.make(random.Random(seed), self.size if size is None else size)


PROGRAMS: dict[str, Program] = {}


def graph(size: int, small: int) -> Callable[[Callable[[random.Random, int], Value]], Callable[..., Value]]:
    """Enter a function that builds a loss."""

    def enter(make: Callable[[random.Random, int], Value]) -> Callable[..., Value]:
        PROGRAMS[make.__name__] = Program(make.__name__, make, size, small, has_rows=False)
        return make

    return enter


def rows(size: int, small: int) -> Callable[[Callable[[random.Random, int], Any]], Callable[..., Any]]:
    """Enter a function that gives a function of a row, and one that gives rows."""

    def enter(make: Callable[[random.Random, int], Any]) -> Callable[..., Any]:
        PROGRAMS[make.__name__] = Program(make.__name__, make, size, small, has_rows=True)
        return make

    return enter
