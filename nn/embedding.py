"""`Embedding`: a row of parameters for each of n symbols."""

from __future__ import annotations

import math
import random
from numbers import Real
from typing import Any

from autograd import OPERATIONS, Value, sum, where

from .initialization import generator_of
from .module import Module
from .options import check_size


class Embedding(Module):
    """The vector of a symbol: row k of a table for the number k; for a list of numbers, the list of their rows.

    The rows start normally distributed, as in PyTorch. A number that is known only when the program runs, an input of
    a compiled function or a Value, is compared with all k, and its row is Σ_k [x = k]·row_k: a one-hot vector
    times a matrix. What is none of the numbers gives nan there.

    Args:
        n_symbols: how many rows; the symbols are 0 … n_symbols - 1.
        n_outputs: the length of a row.
        seed: see `initialization.generator_of`.

    >>> embedding = Embedding(27, 2, seed=0)
    >>> embedding(3) == embedding.table[3]
    True
    >>> len(embedding([3, 1, 4, 1]))
    4
    """

    def __init__(self, n_symbols: int, n_outputs: int, *, seed: int | random.Random | None = None) -> None:
        check_size(n_symbols, "n_symbols")
        check_size(n_outputs, "n_outputs")
        generator = generator_of(seed)
        self.table = [[Value(generator.gauss(0, 1)) for _ in range(n_outputs)] for _ in range(n_symbols)]

    def __call__(self, symbols: Any) -> Any:
        if hasattr(symbols, "__len__") and not isinstance(symbols, (str, dict)):
            return [self(symbol) for symbol in symbols]
        return self._selected(symbols) if isinstance(symbols, Value) else list(self.table[self._number(symbols)])

    def _selected(self, symbol: Value) -> list[Value]:
        is_symbol = [OPERATIONS["equal"](symbol, Value(float(k))) for k in range(len(self.table))]
        found = where(sum(is_symbol), 1.0, math.nan)
        return [
            found * sum([e * row[j] for e, row in zip(is_symbol, self.table, strict=True)])
            for j in range(len(self.table[0]))
        ]

    def _number(self, symbol: Any) -> int:
        known = isinstance(symbol, Real) and not isinstance(symbol, bool) and symbol in range(len(self.table))
        if not known:
            raise ValueError(f"{self!r} takes the numbers of symbols, 0 to {len(self.table) - 1}, got {symbol!r}")
        return int(symbol)

    def _in_pytorch(self) -> dict[str, Any]:
        return {"weight": self.table}

    def _shape(self) -> str:
        return f"{len(self.table)} symbols → {len(self.table[0])}"

    def __repr__(self) -> str:
        return f"Embedding({self._shape()})"
