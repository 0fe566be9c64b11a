"""Functions of floats that follow IEEE 754 where Python raises: nan for a domain error, inf for an overflow.

They are the forward functions of the table in `operations.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from math import inf, isnan, nan


def quiet(function: Callable[[float], float]) -> Callable[[float], float]:
    """`function` with `nan` for a domain error and `inf` for an overflow."""

    def forward(x: float) -> float:
        try:
            return function(x)
        except ValueError:
            return nan
        except OverflowError:
            return inf

    return forward


def divide(a: float, b: float) -> float:
    try:
        return a / b
    except ZeroDivisionError:
        if a == 0 or isnan(a):
            return nan
        return math.copysign(inf, a) * math.copysign(1.0, b)


def power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except OverflowError:
        return -inf if a < 0 and b % 2 == 1 else inf
    except ValueError:  # 0 ** negative, or a root of a negative number
        if a != 0:
            return nan
        return math.copysign(inf, a) if b % 2 == 1 else inf


def log(x: float) -> float:
    return math.log(x) if x > 0 else (-inf if x == 0 else nan)


def log1p(x: float) -> float:
    return math.log1p(x) if x > -1 else (-inf if x == -1 else nan)


def sinh(x: float) -> float:
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(inf, x)


def sigmoid(x: float) -> float:
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    z = math.exp(x)  # never exp of a large positive number, which would overflow
    return z / (1.0 + z)


def softplus(x: float) -> float:
    return (x if x > 0 else 0.0) + math.log1p(math.exp(-math.fabs(x)))


def sum(*xs: float) -> float:
    # A plain loop from left to right: Python's sum rounds differently from version 3.12 on.
    total = 0.0
    for x in xs:
        total += x
    return total


@lru_cache(maxsize=64)
def ones(n: int) -> tuple[float, ...]:
    return (1.0,) * n  # one tuple for all sums of n terms: a network has thousands of them


def logsumexp(*xs: float) -> float:
    if any(map(isnan, xs)):
        return nan
    largest = max(xs)
    if math.isinf(largest):
        return largest
    return largest + math.log(sum(*[math.exp(x - largest) for x in xs]))
