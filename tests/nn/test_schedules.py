"""Schedules at the steps that are easy to compute by hand."""

from __future__ import annotations

import pytest

from autograd import Value
from nn import SGD, fit, schedules


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


# --- by name ------------------------------------------------------------------------------------------------------


def rates(name, optimizer=None, epochs=10, **options):
    """The learning rate at the end of each epoch of two updates."""
    x = Value(1.0)
    optimizer = optimizer or SGD([x], lr=0.5)

    def model(row):
        return optimizer.parameters[0] * row[0]

    history = fit(
        model, [0.1, 0.2], [0.3, 0.4], loss="mean_squared_error", optimizer=optimizer, epochs=epochs, batch_size=1,
        schedule=name, progress=False, **options,
    )  # fmt: skip
    return history.learning_rate


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("constant", lambda step: 0.5),
        ("linear", schedules.linear(0.5, 0.0, steps=20)),
        ("cosine", schedules.cosine(0.5, steps=20)),
        ("exponential", lambda step: 0.5 * 0.01 ** (step / 20)),
        ("staircase", lambda step: 0.5 * (1.0 if step < 7 else 0.1 if step < 14 else 0.01)),
        ("warmup", lambda step: 0.25 * (step + 1) if step < 2 else schedules.cosine(0.5, steps=18)(step - 2)),
    ],
)
def test_a_name_is_a_schedule_over_all_updates_of_the_call(name, expected, compiled):
    if compiled:
        pytest.importorskip("numpy")
    optimizer = SGD([Value(1.0)], lr=0.5)
    of_steps = [expected(2 * epoch + 1) for epoch in range(10)]
    assert rates(name, optimizer, compiled=compiled) == pytest.approx(of_steps, rel=1e-12)
    assert optimizer.lr == 0.5
    assert rates(name, optimizer, compiled=compiled) == pytest.approx(of_steps, rel=1e-12), "and so the second time"


@pytest.mark.parametrize("name", schedules.SCHEDULES)
def test_every_name_takes_a_single_update(name):
    x = Value(1.0)
    fit(
        lambda row: x * row[0], [0.1], [0.3], loss="mean_squared_error", optimizer=SGD([x], lr=0.5), epochs=1,
        schedule=name, progress=False,
    )  # fmt: skip


def test_the_rate_comes_back_after_an_error_too():
    optimizer = SGD([Value(1.0)], lr=0.5)

    def fail(epoch, history):
        raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        rates("linear", optimizer, callbacks=fail)
    assert optimizer.lr == 0.5


def test_a_resumed_training_goes_on_in_its_schedule(tmp_path):
    path = tmp_path / "training.json"

    def interrupt(epoch, history):
        if epoch == 4:
            raise KeyboardInterrupt

    optimizer = SGD([Value(1.0)], lr=0.5)
    rates("cosine", optimizer, checkpoint=path, callbacks=interrupt)
    assert rates("cosine", checkpoint=path, resume=True) == rates("cosine"), "with a new optimizer"
    rates("cosine", checkpoint=path, callbacks=interrupt)
    assert rates("cosine", optimizer, checkpoint=path, resume=True) == rates("cosine"), "with the same one"


def test_an_unknown_name_is_answered_with_those_there_are():
    with pytest.raises(
        ValueError,
        match=r"no schedule is called 'cosin'; did you mean 'cosine'\? There are constant, linear, cosine, "
        r"exponential, staircase, warmup; or give a function",
    ):
        rates("cosin")
