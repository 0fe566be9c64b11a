"""Sequences of addresses as affine functions of nests of loops.

The addresses that a run reads and writes are the columns of a table with a row for each term. Loops are found in it
from the inside out: the difference of the first two rows is the stride of the innermost loop, and how long it holds is
that loop's length; the first rows of the blocks that it leaves are the table of the next loop. All of it is linear in
the size of the table.

Entry point: `fit`.
"""

from __future__ import annotations

from typing import Any

import numpy

from .ir import Nest

MAX_NESTS = 64  # what needs more is a table
_Key = tuple[tuple[int, ...], bytes]
Cache = dict[_Key, "list[tuple[int, tuple[int, ...], Any]] | None"]


def fit(addresses: Any, cache: Cache | None = None) -> list[Nest] | None:
    """The few nests that the rows of `addresses` (m × columns) walk through, one after the other; None if many.

    `cache` keeps what was found by the differences of the rows: the statements of a recurrence look alike.
    """
    m = len(addresses)
    if m == 1:
        return [Nest(0, (), addresses[0], addresses[:0])]
    key = (addresses.shape, (addresses - addresses[0]).tobytes())
    found: Any = () if cache is None else cache.get(key, ())
    if found == ():
        found = _fitted(addresses, max(1, min(MAX_NESTS, m // 4)))
        if cache is not None:
            cache[key] = found
    if found is None:
        return None
    return [Nest(start, shape, addresses[start], strides) for start, shape, strides in found]


def _fitted(addresses: Any, limit: int) -> list[tuple[int, tuple[int, ...], Any]] | None:
    found: list[tuple[int, tuple[int, ...], Any]] = []
    at = 0
    while at < len(addresses):
        if len(found) == limit:
            return None
        shape, strides = _longest_nest(addresses[at:])
        found.append((at, shape, strides))
        n = 1
        for length in shape:
            n *= length
        at += n
    return found


def _longest_nest(rows: Any) -> tuple[tuple[int, ...], Any]:
    """The longest prefix of the rows that is one nest: its shape and strides, the innermost loop last."""
    shape: list[int] = []
    strides: list[Any] = []
    starts, columns = rows, rows.shape[1]
    while len(starts) > 1:
        step = starts[1] - starts[0]
        holds = (starts[1:] - starts[:-1] == step).all(axis=1)
        n = len(starts) if holds.all() else int(holds.argmin()) + 1
        blocks = starts[: len(starts) // n * n].reshape(-1, n, columns)
        alike = (blocks[:, 1:] - blocks[:, :-1] == step).all(axis=(1, 2))
        good = len(alike) if alike.all() else int(alike.argmin())
        shape.insert(0, n)
        strides.insert(0, step)
        starts = blocks[:good, 0]
    return tuple(shape), numpy.array(strides, numpy.int64).reshape(len(shape), columns)
