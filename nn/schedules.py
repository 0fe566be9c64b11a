"""Learning rates that change while training: functions from the number of the step, 0, 1, 2, …, to the rate.

>>> rate = linear(1.0, 0.1, steps=100)
>>> rate(0), rate(50), rate(1000)
(1.0, 0.55, 0.1)
"""

from __future__ import annotations

import math
from collections.abc import Callable

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


def _check_steps(steps: int) -> None:
    if steps < 1:
        raise ValueError(f"a schedule needs at least 1 step, got {steps!r}")
