"""Periods in a list: the statements of a recurrence come again and again, once for each step.

Entry point: `periods`.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np

LONGEST = 64
FEWEST = 3  # repetitions


class Period(NamedTuple):
    """`length` items from `start` on, `times` times; what does not repeat is there once."""

    start: int
    length: int
    times: int


def periods(items: Sequence[Hashable]) -> list[Period]:
    """The list in periods, in order; what repeats is found from left to right, the longest stretch first.

    >>> periods("abcbcbcbcd")
    [Period(start=0, length=1, times=1), Period(start=1, length=2, times=4), Period(start=9, length=1, times=1)]
    """
    numbers: dict[Hashable, int] = {}
    kinds = np.array([numbers.setdefault(item, len(numbers)) for item in items], dtype=np.int64)
    n = len(kinds)
    lags = range(1, min(LONGEST, n // FEWEST) + 1)
    holds = {lag: _run_lengths(kinds[:-lag] == kinds[lag:]) for lag in lags}
    found: list[Period] = []
    at = 0
    while at < n:
        best = Period(at, 1, 1)
        for lag in lags:
            times = (int(holds[lag][at]) // lag + 1) if at < n - lag else 1
            if times >= FEWEST and times * lag > best.length * best.times:
                best = Period(at, lag, times)
        found.append(best)
        at += best.length * best.times
    return found


def _run_lengths(flags: np.ndarray) -> np.ndarray:
    """At each place, how many True come in a row from there on."""
    ends = np.where(~flags, np.arange(len(flags)), len(flags))
    nearest = np.minimum.accumulate(ends[::-1])[::-1]
    return nearest - np.arange(len(flags))
