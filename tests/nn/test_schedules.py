"""Schedules at the steps that are easy to compute by hand."""

from __future__ import annotations

import pytest

from nn import schedules


@pytest.mark.parametrize(
    ("schedule", "steps", "rates"),
    [
        (schedules.linear(1.0, 0.2, steps=4), (0, 1, 2, 3, 4, 5, 1000), (1.0, 0.8, 0.6, 0.4, 0.2, 0.2, 0.2)),
        (schedules.linear(0.0, 1.0, steps=1), (0, 1), (0.0, 1.0)),
        (schedules.cosine(1.0, steps=4), (0, 2, 4, 9), (1.0, 0.5, 0.0, 0.0)),
        (schedules.cosine(1.0, 0.5, steps=3), (0, 1, 2, 3), (1.0, 0.875, 0.625, 0.5)),
        (schedules.exponential(2.0, 0.5), (0, 1, 2, 3), (2.0, 1.0, 0.5, 0.25)),
        (schedules.staircase(1.0, 0.1, every=2), (0, 1, 2, 3, 4), (1.0, 1.0, 0.1, 0.1, 0.01)),
        (schedules.warmup(schedules.exponential(1.0, 0.5), steps=4), range(7), (0.25, 0.5, 0.75, 1.0, 1.0, 0.5, 0.25)),
    ],
)
def test_rates_by_step(schedule, steps, rates):
    assert [schedule(step) for step in steps] == pytest.approx(list(rates), rel=1e-15, abs=1e-15)


def test_linear_and_cosine_end_exactly_at_their_end():
    assert schedules.linear(0.3, 0.1, steps=7)(7) == 0.1
    assert schedules.cosine(0.3, 0.1, steps=7)(7) == 0.1


@pytest.mark.parametrize(
    "make",
    [
        lambda n: schedules.linear(1.0, 0.0, steps=n),
        lambda n: schedules.cosine(1.0, steps=n),
        lambda n: schedules.staircase(1.0, 0.5, every=n),
        lambda n: schedules.warmup(schedules.exponential(1.0, 0.5), steps=n),
    ],
)
@pytest.mark.parametrize("steps", [0, -3])
def test_a_schedule_without_steps_is_refused(make, steps):
    with pytest.raises(ValueError, match=f"a schedule needs at least 1 step, got {steps}"):
        make(steps)
