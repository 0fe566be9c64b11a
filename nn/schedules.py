"""Learning rates that change while training: functions from the number of the step, 0, 1, 2, …, to the rate.

>>> rate = linear(1.0, 0.1, steps=100)
>>> rate(0), rate(50), rate(1000)
(1.0, 0.55, 0.1)

`fit` takes the names in SCHEDULES, too, for the rate that the optimizer begins with and all updates there will be:

>>> SCHEDULES["linear"](1.0, 100)(50)
0.5
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .optimizers import Optimizer

Schedule = Callable[[int], float]


def linear(start: float, end: float, *, steps: int) -> Schedule:
    """From `start` straight to `end`, reached after `steps` steps and kept."""
    _check_steps(steps)
    return lambda step: end if step >= steps else start + (end - start) * step / steps


def cosine(start: float, end: float = 0.0, *, steps: int) -> Schedule:
    """From `start` to `end` on half a cosine wave (Loshchilov and Hutter 2017), then kept."""
    _check_steps(steps)
    return lambda step: end + (start - end) * (1 + math.cos(math.pi * min(step, steps) / steps)) / 2


def exponential(start: float, factor: float) -> Schedule:
    """start · factor^step."""
    return lambda step: start * factor**step


def staircase(start: float, factor: float, *, every: int) -> Schedule:
    """start, multiplied by `factor` after each `every` steps."""
    _check_steps(every)
    return lambda step: start * factor ** (step // every)


def warmup(schedule: Schedule, *, steps: int) -> Schedule:
    """From near 0 straight up to the beginning of `schedule` in `steps` steps; then `schedule` begins.

    >>> [warmup(exponential(1.0, 0.5), steps=2)(step) for step in range(5)]
    [0.5, 1.0, 1.0, 0.5, 0.25]
    """
    _check_steps(steps)
    return lambda step: schedule(0) * (step + 1) / steps if step < steps else schedule(step - steps)


def delayed(schedule: Schedule, steps: int) -> Schedule:
    """`schedule`, which begins in the step of that number."""
    return lambda step: schedule(step - steps)


# What `fit` takes by name: (the learning rate of the optimizer, the number of updates) -> schedule.
SCHEDULES: dict[str, Callable[[float, int], Schedule]] = {
    "constant": lambda rate, steps: lambda step: rate,
    "linear": lambda rate, steps: linear(rate, 0.0, steps=steps),
    "cosine": lambda rate, steps: cosine(rate, steps=steps),
    "exponential": lambda rate, steps: exponential(rate, 0.01 ** (1 / steps)),  # to a hundredth
    "staircase": lambda rate, steps: staircase(rate, 0.1, every=-(-steps // 3)),  # to a hundredth, in three stairs
    "warmup": lambda rate, steps: (
        warmup(cosine(rate, steps=steps - steps // 10), steps=steps // 10) if steps >= 10 else cosine(rate, steps=steps)
    ),
}


@contextmanager
def rate_kept(optimizer: Optimizer) -> Iterator[None]:
    """Afterwards the learning rate is again as it was."""
    rate = optimizer.lr
    try:
        yield
    finally:
        optimizer.lr = rate


def _check_steps(steps: int) -> None:
    if steps < 1:
        raise ValueError(f"a schedule needs at least 1 step, got {steps!r}")
