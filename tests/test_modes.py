"""no_grad, detect_anomaly and record_source: alone, nested, after exceptions, in threads and tasks."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.interrupts import interruptions

import autograd
from autograd import AnomalyError, Value, detect_anomaly, leaves, modes, no_grad, record_source


@pytest.fixture(autouse=True)
def nothing_stays_on():
    yield
    assert modes.active == 0
    assert records_graph()


def records_graph() -> bool:
    """Whether a computation made here, in this thread, is recorded."""
    return (Value(2.0) * 3).parents != ()


def here() -> str:
    """The file and line of the caller, as `source` writes them."""
    caller = inspect.currentframe().f_back
    return f"{__file__}:{caller.f_lineno}: "


# --- no_grad --------------------------------------------------------------------------------------------------


def test_no_grad_gives_leaves_with_the_right_numbers():
    x = Value(3.0)
    with no_grad():
        results = [x * x, 2 + x, -x, x.exp().log(), autograd.sum([x, x, x]), autograd.where(1, x, x)]
    assert [round(y.data, 12) for y in results] == [9.0, 5.0, -3.0, 3.0, 9.0, 3.0]
    assert all(y.parents == () and y.op is None for y in results)
    assert records_graph()


def test_what_no_grad_made_is_a_leaf_of_later_graphs():
    x = Value(3.0)
    with no_grad():
        y = x * x
    (y * x).backward()
    assert (x.grad, y.grad) == (9.0, 3.0)


def test_backward_works_inside_no_grad():
    x = Value(3.0)
    y = x * x
    with no_grad():
        y.backward()
    assert x.grad == 6.0


def test_no_grad_nests():
    with no_grad():
        with no_grad():
            assert not records_graph()
        assert not records_graph()
    assert records_graph()


def test_no_grad_decorates_functions_and_can_be_used_again():
    @no_grad()
    def square(x):
        return x * x

    for _ in range(2):
        assert square(Value(3.0)).parents == ()
        assert records_graph()


@pytest.mark.parametrize("mode", [no_grad, detect_anomaly, record_source])
def test_an_exception_switches_the_mode_off(mode):
    with pytest.raises(KeyError), mode():
        raise KeyError
    assert modes.active == 0
    assert records_graph()
    assert (Value(1.0) + 1).source == ""
    assert (Value(1.0) / 0).data == float("inf")


def test_no_grad_in_one_thread_does_not_affect_another():
    entered, checked = threading.Event(), threading.Event()

    def worker():
        with no_grad():
            entered.set()
            assert checked.wait(10)
            return records_graph()

    with ThreadPoolExecutor(1) as pool:
        inside = pool.submit(worker)
        assert entered.wait(10)
        outside = records_graph()
        checked.set()
        assert inside.result() is False
    assert outside is True


def test_threads_may_leave_their_modes_in_any_order():
    barrier = threading.Barrier(2, timeout=10)

    def worker(leaves_first):
        with no_grad():
            barrier.wait()
            if not leaves_first:
                barrier.wait()
                return records_graph()
        afterwards = records_graph()
        barrier.wait()
        return afterwards

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(worker, True), pool.submit(worker, False)
        assert first.result() is True
        assert second.result() is False


def test_threads_that_switch_modes_all_the_time_lose_no_count():
    barrier = threading.Barrier(4, timeout=10)

    def worker(mode):
        barrier.wait()
        for _ in range(500):
            with mode():
                pass

    with ThreadPoolExecutor(4) as pool:
        for finished in [pool.submit(worker, mode) for mode in (no_grad, no_grad, record_source, detect_anomaly)]:
            finished.result()
    assert modes.active == 0


def test_no_grad_in_one_task_does_not_affect_another():
    async def main():
        entered, checked = asyncio.Event(), asyncio.Event()

        async def worker():
            with no_grad():
                entered.set()
                await checked.wait()
                return records_graph()

        task = asyncio.create_task(worker())
        await entered.wait()
        outside = records_graph()
        checked.set()
        return outside, await task

    assert asyncio.run(main()) == (True, False)


# --- detect_anomaly ---------------------------------------------------------------------------------------------


def anomaly(compute) -> str:
    with pytest.raises(AnomalyError) as caught, detect_anomaly():
        compute()
    return str(caught.value)


def test_forward_names_the_operation_its_inputs_and_the_line():
    x = Value(0.0, "x")
    line = []

    def compute():
        y = x * 2
        line.append(here() + "y.log()  # this line")
        y.log()  # this line

    message = anomaly(compute)
    file, number, code = line[0].rsplit(":", 2)
    assert message == f"log gave -inf from multiply = 0.0\n  made at {file}:{int(number) + 1}:{code}"


@pytest.mark.parametrize(
    ("compute", "text"),
    [
        (lambda: Value(1.0, "a") / Value(0.0, "b"), "divide gave inf from a = 1.0, b = 0.0\n"),
        (lambda: Value(0.0, "b") ** -1, "power_of_constant gave inf from b = 0.0, a constant = -1.0\n"),
        (lambda: autograd.sum([Value(1e308, "big")] * 2), "sum gave inf from big = 1e+308, big = 1e+308\n"),
        (lambda: Value(float("nan"), "x") + 1, "add gave nan from x = nan, a constant = 1.0\n"),
        (lambda: autograd.exp(Value(1000.0)), "exp gave inf from a leaf = 1000.0\n"),
        (
            lambda: autograd.dot([Value(1e200, "w")], [1e200]),
            "multiply gave inf from w = 1e+200, a constant = 1e+200\n",
        ),
    ],
)
def test_forward_messages(compute, text):
    message = anomaly(compute)
    assert message.startswith(text)
    assert f"{__file__}:" in message, "the line is the user's own, not one of the library"


def test_backward_names_the_node_the_numbers_and_the_line():
    x = Value(0.0, "x")
    with detect_anomaly():
        y = x.sqrt()  # the line to name
        loss = 3 * y
    message = anomaly(loss.backward)
    assert message.startswith(
        "the gradient of x became inf in the backward pass of sqrt: local derivative inf × gradient 3.0\n  made at "
    )
    assert message.endswith("y = x.sqrt()  # the line to name")


def test_backward_through_a_graph_built_outside_says_how_to_see_the_line():
    y = Value(0.0, "x").sqrt()
    y.label = "root"
    message = anomaly(y.backward)
    assert "in the backward pass of sqrt ('root')" in message
    assert message.endswith("(build the graph inside detect_anomaly() to see the line that made it)")


MODES = {
    "no_grad": no_grad,
    "detect_anomaly": detect_anomaly,
    "record_source": record_source,
    "tracing": lambda: modes.tracing(lambda node: node),
    "recording": modes.recording,
    "watch_changes": modes.watch_changes,
}


@pytest.mark.parametrize("around", [contextlib.nullcontext, no_grad])
@pytest.mark.parametrize("name", MODES)
def test_wherever_ctrl_c_comes_no_mode_stays_on(name, around):
    def state():
        settings = (modes._no_grad, modes._detect_anomaly, modes._record_source, modes._tracing, modes._changes)
        return modes.active, modes.watching, [setting.get() for setting in settings]

    def run(_):
        with MODES[name]():
            Value(2.0) * 3

    with around():
        before = state()
        seen = [state() for _ in interruptions(lambda: None, run, "check")]
    assert len(seen) > 10
    assert seen == [before] * len(seen)


def test_an_interrupted_backward_leaves_the_earlier_gradients_of_leaves():
    a, b, fresh = Value(0.0), Value(2.0), Value(1.0)
    (5 * b + 7 * a).backward()
    loss = autograd.sum([a.sqrt() * b, b * fresh, fresh])
    anomaly(loss.backward)
    assert (a.grad, b.grad, fresh.grad) == (7.0, 5.0, 0)
    assert not fresh.has_grad


def test_finite_numbers_pass_and_numbers_outside_are_not_checked():
    with detect_anomaly():
        x = Value(2.0)
        y = x.log() * 1e300
        y.backward()
    assert x.grad == 0.5e300
    assert Value(0.0).log().data == float("-inf")


def test_a_constant_that_gets_no_finite_gradient_is_no_anomaly():
    # d(2/x)/d2 is finite, d(0 ** x)/d0 is not, but nobody asks for it.
    x = Value(0.5)
    y = 0.0**x
    with detect_anomaly():
        y.backward()
    assert x.grad == 0.0


def test_anomaly_error_is_an_arithmetic_error():
    assert issubclass(AnomalyError, ArithmeticError)


def test_anomalies_are_found_inside_no_grad_too():
    with no_grad():
        assert anomaly(lambda: Value(0.0, "x").log()).startswith("log gave -inf from x = 0.0")


# --- record_source ------------------------------------------------------------------------------------------------


def test_record_source_names_file_line_and_code():
    with record_source():
        a, line = Value(2.0) * 3, here()
        b, line_b = autograd.sum([a, a]), here()
        c = autograd.softmax([a, b])[0]
    assert a.source == line + "a, line = Value(2.0) * 3, here()"
    assert b.source == line_b + "b, line_b = autograd.sum([a, a]), here()"
    assert c.source.endswith("c = autograd.softmax([a, b])[0]")
    assert (a * 1).source == ""


def test_record_source_works_inside_no_grad():
    with record_source(), no_grad():
        y = Value(2.0) * 3
    assert y.source.endswith("y = Value(2.0) * 3")


def test_record_source_of_code_without_a_file():
    with record_source():
        scope = {"Value": Value}
        exec(compile("y = Value(1.0) + 1", "<cell 1>", "exec"), scope)
    assert scope["y"].source == "<cell 1>:1"


@pytest.mark.parametrize("folder", ["autograd_course", "nn_lessons", "lessons/autograd"])
def test_a_folder_of_the_user_that_is_named_like_the_library_is_the_users_own(folder):
    path = str(Path(autograd.__file__).parents[1] / folder / "lesson.py")
    with record_source():
        scope = {"Value": Value}
        exec(compile("y = Value(1.0) + 1", path, "exec"), scope)
    assert scope["y"].source == f"{path}:1"


# --- together ---------------------------------------------------------------------------------------------------------


def test_a_generator_that_is_dropped_while_a_mode_is_on_leaves_it():
    def steps():
        with no_grad():
            yield records_graph()

    generator = steps()
    assert next(generator) is False
    generator.close()
    assert records_graph()


def test_a_context_left_in_another_context_still_switches_the_count_back():
    # A generator fixture or an async generator may be finalised in a different context than it was entered in.
    context = no_grad()
    contextvars.copy_context().run(context.__enter__)
    with contextlib.suppress(ValueError):
        context.__exit__(None, None, None)
    still_on, modes.active = modes.active, 0  # so that a failure here does not reach the other tests
    assert still_on == 0


def test_modes_do_not_change_numbers():
    def compute():
        x = Value(0.7)
        y = autograd.logsumexp([x * x, x.tanh(), 3 / x]) ** x
        y.backward()
        return y.data, x.grad

    plain = compute()
    with record_source(), detect_anomaly():
        assert compute() == plain


def test_leaves_made_inside_no_grad_are_found_as_leaves():
    w = Value(2.0)
    with no_grad():
        cut = w * w
    assert leaves(cut * w) == [cut, w]
