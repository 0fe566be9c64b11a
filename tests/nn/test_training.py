"""`fit` is the loop everybody writes by hand; it checks its data, stops when told to, and reports what happened."""

from __future__ import annotations

import math
import random
import sys

import pytest
from support.interrupts import interruptions

from autograd import Value, compile
from nn import (
    MLP,
    SGD,
    Adam,
    History,
    Module,
    accuracy,
    binary_cross_entropy,
    cross_entropy,
    fit,
    l2_penalty,
    mean_squared_error,
    schedules,
)

X = [[0.1, 0.5], [0.9, -0.3], [-0.4, 0.8], [0.7, 0.2], [-0.6, -0.1]]
Y = [0.3, 0.8, -0.5, 0.9, -0.7]


class Line(Module):
    """y = slope·x + offset."""

    def __init__(self, slope=0.0, offset=0.0):
        self.slope, self.offset = Value(slope), Value(offset)

    def __call__(self, inputs):
        return self.slope * inputs[0] + self.offset


def train(model, X=X, y=Y, **options):
    options = {"loss": mean_squared_error, "optimizer": SGD(model.parameters(), lr=0.1), "epochs": 3} | options
    return fit(model, X, y, progress=False, **options)


def small(seed=0):
    return MLP(2, [3, 1], activation="tanh", seed=seed)


# --- the loop -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [SGD, Adam])
def test_one_epoch_of_the_full_batch_is_the_loop_written_by_hand_bit_for_bit(make):
    ours, mine = small(), small()
    history = train(ours, optimizer=make(ours.parameters(), lr=0.1), epochs=1, shuffle=False, compiled=False)
    optimizer = make(mine.parameters(), lr=0.1)
    cost = mean_squared_error([mine(x) for x in X], Y)
    cost.backward()
    optimizer.step()
    assert ours.state_dict() == mine.state_dict() != small().state_dict()
    assert history.loss == [cost.data]


def test_batches_in_order_with_a_ragged_last_one():
    seen = []

    def loss(outputs, targets):
        seen.append(list(targets))
        return mean_squared_error(outputs, targets)

    train(small(), loss=loss, epochs=2, batch_size=2, shuffle=False)
    assert seen == [Y[0:2], Y[2:4], Y[4:5]] * 2


def test_the_loss_of_an_epoch_is_the_average_over_the_samples_of_its_batches():
    model = Line()
    still = SGD(model.parameters(), lr=0.0)
    history = train(model, [1.0, 1.0, 1.0], [1.0, 1.0, 4.0], optimizer=still, batch_size=2, shuffle=False)
    assert history.loss == pytest.approx([6.0] * 3)  # (2·1 + 1·16) / 3


def test_shuffling_visits_every_sample_once_in_an_epoch_in_an_order_that_the_seed_decides():
    def orders(seed):
        seen = []

        def loss(outputs, targets):
            seen.extend(targets)
            return mean_squared_error(outputs, targets)

        train(small(), loss=loss, epochs=3, batch_size=2, seed=seed)
        return [seen[0:5], seen[5:10], seen[10:15]]

    assert orders(1) == orders(1)
    assert orders(1) != orders(2)
    assert all(sorted(order) == sorted(Y) for order in orders(1))
    assert orders(1)[0] != orders(1)[1]


def test_training_leaves_the_global_generator_alone():
    state = random.getstate()
    train(small(), batch_size=2)
    assert random.getstate() == state


def test_it_learns_xor():
    model = MLP(2, [4, 1], activation="tanh", output_activation="sigmoid", seed=0)
    history = train(
        model,
        [[0, 0], [0, 1], [1, 0], [1, 1]],
        [0, 1, 1, 0],
        loss=binary_cross_entropy,
        optimizer=Adam(model.parameters(), lr=0.1),
        epochs=200,
        metrics=accuracy,
    )
    assert history.metric[-1] == 1.0
    assert history.loss[-1] < 0.05


def test_the_schedule_is_obeyed_update_by_update():
    rates = []

    class Recorder(SGD):
        def step(self):
            rates.append(self.lr)
            super().step()

    model = small()
    schedule = schedules.linear(0.1, 0.01, steps=6)
    history = train(model, optimizer=Recorder(model.parameters(), lr=99.0), epochs=2, batch_size=2, schedule=schedule)
    assert rates == [schedule(step) for step in range(6)]
    assert history.learning_rate == [schedule(2), schedule(5)]


def test_the_penalty_pulls_but_is_not_in_the_reported_loss():
    model = Line(slope=2.0)
    history = train(model, [0.0], [0.0], epochs=1, penalty=lambda: l2_penalty(model.parameters(), strength=0.5))
    assert history.loss == [0.0]
    assert model.slope.data == pytest.approx(2.0 - 0.1 * 2.0)


def test_validation_is_looked_at_after_the_epoch_and_never_trained_on():
    model, alone = Line(), Line()
    history = train(model, [1.0, 2.0], [1.0, 2.0], validation=([3.0], [5.0]), epochs=2, metrics=lambda o, t: len(o))
    train(alone, [1.0, 2.0], [1.0, 2.0], epochs=2)
    assert model.state_dict() == alone.state_dict()
    assert history.validation_loss[-1] == (model([3.0]).data - 5.0) ** 2
    assert history.metric == [2, 2]
    assert history.validation_metric == [1, 1]


@pytest.mark.parametrize("kind", ["array", "float32 array", "data frame", "tuples", "generator"])
def test_the_kind_of_container_does_not_change_the_result(kind):
    np, pandas = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    halves = [[1.0, 0.5], [0.25, -2.0], [-0.5, 1.5]]  # exact in 32 bits too
    classes = [0, 2, 1]
    X, y = {
        "array": (np.array(halves), np.array(classes)),
        "float32 array": (np.array(halves, dtype="float32"), np.array(classes, dtype="uint8")),
        "data frame": (
            pandas.DataFrame(halves, columns=["a", "b"], index=[5, 6, 7]),
            pandas.Series(classes, index=[5, 6, 7]),
        ),
        "tuples": (tuple(map(tuple, halves)), tuple(classes)),
        "generator": ((row for row in halves), iter(classes)),
    }[kind]
    ours, plain = MLP(2, [3], seed=0), MLP(2, [3], seed=0)
    options = {"loss": cross_entropy, "metrics": accuracy, "batch_size": 2}
    first, second = train(ours, X, y, **options), train(plain, halves, classes, **options)
    assert ours.state_dict() == plain.state_dict()
    assert (first.loss, first.metric) == (second.loss, second.metric)


@pytest.mark.parametrize("column", [[[1.0], [3.0]], "array", "data frame"])
def test_a_column_of_targets_is_a_list_of_targets(column):
    if column == "array":
        column = pytest.importorskip("numpy").array([[1.0], [3.0]])
    elif column == "data frame":
        column = pytest.importorskip("pandas").DataFrame({"y": [1.0, 3.0]})
    model, plain = Line(), Line()
    train(model, [0.0, 1.0], column)
    train(plain, [0.0, 1.0], [1.0, 3.0])
    assert model.state_dict() == plain.state_dict()


# --- stopping -----------------------------------------------------------------------------------------------------


def test_without_a_reason_to_stop_all_epochs_are_done():
    history = train(small(), epochs=4)
    assert len(history) == 4
    assert history.stopped == "all epochs done"


def test_patience_stops_and_goes_back_to_the_parameters_of_the_best_validation_loss():
    model = Line()  # it learns offset = 1, while the validation set would have it stop near 0.3
    states = []
    history = train(
        model,
        [0.0],
        [1.0],
        validation=([0.0], [0.3]),
        epochs=50,
        patience=3,
        callbacks=lambda e, h: states.append(model.state_dict()),
    )
    best = history.validation_loss.index(min(history.validation_loss))
    assert best > 0
    assert len(history) == best + 1 + 3
    assert model.state_dict() == states[best]
    assert history.stopped == f"no better for 3 epochs, back to epoch {best + 1}"


def test_without_validation_patience_goes_back_to_the_parameters_that_had_the_best_loss():
    model = Line(slope=1.0)
    history = train(model, [1.0, 2.0], [1.5, 2.0], optimizer=SGD(model.parameters(), lr=1.0), epochs=20, patience=2)
    assert history.loss[0] == min(history.loss) == 0.125  # every step makes it worse
    assert mean_squared_error([model([x]) for x in (1.0, 2.0)], [1.5, 2.0]).data == 0.125


def test_with_patience_the_best_parameters_are_kept_when_the_epochs_run_out_too():
    model = Line()
    states = []
    history = train(
        model,
        [0.0],
        [1.0],
        validation=([0.0], [0.3]),
        epochs=5,
        patience=50,
        callbacks=lambda e, h: states.append(model.state_dict()),
    )
    best = history.validation_loss.index(min(history.validation_loss))
    assert best < 4
    assert model.state_dict() == states[best]


def test_a_callback_sees_every_epoch_and_stops_by_returning_true():
    seen = []

    def callback(epoch, history):
        seen.append((epoch, len(history)))
        return epoch == 2

    history = train(small(), epochs=10, callbacks=callback)
    assert seen == [(0, 1), (1, 2), (2, 3)]
    assert len(history) == 3
    assert history.stopped == "a callback asked to stop"


def test_a_callback_may_answer_with_numpys_true():
    np = pytest.importorskip("numpy")
    assert len(train(small(), epochs=4, callbacks=lambda epoch, history: np.float64(epoch) == 1)) == 2


def test_a_callback_that_returns_something_else_does_not_stop():
    assert len(train(small(), epochs=3, callbacks=lambda epoch, history: history.loss)) == 3


def test_ctrl_c_returns_the_history_so_far():
    def callback(epoch, history):
        if epoch == 1:
            raise KeyboardInterrupt

    history = train(small(), epochs=10, callbacks=callback)
    assert len(history) == 2
    assert history.stopped == "interrupted"


def test_ctrl_c_in_the_middle_of_an_epoch_returns_the_whole_epochs():
    calls = []

    def loss(outputs, targets):
        calls.append(targets)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return mean_squared_error(outputs, targets)

    history = train(small(), loss=loss, batch_size=2, epochs=10)
    assert len(history) == 1
    assert history.stopped == "interrupted"


def test_another_error_in_a_callback_comes_through():
    def callback(epoch, history):
        raise ZeroDivisionError("mine")

    with pytest.raises(ZeroDivisionError, match="mine"):
        train(small(), callbacks=callback)


# --- data that do not fit ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("X", "y", "error", "message"),
    [
        ([[1, 2], [3, 4]], [1], ValueError, "X has 2 samples but y has 1 targets"),
        ([[1, 2], [3]], [1, 2], ValueError, r"differ in length: X\[0\] has 2 numbers, X\[1\] has 1"),
        ([[1, 2], [math.nan, 4]], [1, 2], ValueError, r"X\[1\]\[0\] is nan: remove or replace samples"),
        ([[1, 2], [3, math.inf]], [1, 2], ValueError, r"X\[1\]\[1\] is inf"),
        ([[1, 2], [3, 10**400]], [1, 2], ValueError, r"X\[1\]\[1\]"),
        ([[1, 2], [3, 4]], [1, math.nan], ValueError, r"y\[1\] is nan"),
        ([[1, 2], [3, 4]], [[1, 2], [3, math.nan]], ValueError, r"y\[1\]\[1\] is nan"),
        ([["1", 2], [3, 4]], [1, 2], TypeError, r"X\[0\]\[0\] should be a number, got str '1'"),
        ([[1, 2], [3, None]], [1, 2], TypeError, r"X\[1\]\[1\] should be a number, got NoneType"),
        ([[1, 2], [3, [4]]], [1, 2], TypeError, r"X\[1\]\[1\] should be a number, got list"),
        ([[1, 2], [3, 4j]], [1, 2], TypeError, r"X\[1\]\[1\] should be a number, got complex"),
        (
            [[1, 2], [3, 4]],
            ["cat", "dog"],
            TypeError,
            r"y\[0\] should be a number, got str 'cat'; number the classes 0, 1, 2",
        ),
        ([], [], ValueError, "X has no samples"),
        ("12", [1, 2], TypeError, "X is an array, a data frame or a list, got str"),
        ({"a": [1, 2]}, [1, 2], TypeError, "X is an array, a data frame or a list, got dict"),
        (3.0, [1], TypeError, "X is an array, a data frame or a list, got float"),
        ([[1, 2]], 1, TypeError, "y is an array, a data frame or a list, got int"),
        ([[1, 2, 3]], [1], ValueError, r"Layer\(2 → 3 tanh\) takes 2 inputs, got 3"),
    ],
)
def test_data_that_do_not_fit_are_refused_before_anything_is_trained(X, y, error, message):
    model = small()
    with pytest.raises(error, match=message):
        train(model, X, y)
    assert model.state_dict() == small().state_dict()


def test_a_data_frame_with_text_or_gaps_is_refused():
    pandas = pytest.importorskip("pandas")
    with pytest.raises(TypeError, match=r"X\['colour'\] of row 0 should be a number, got str 'red'"):
        train(small(), pandas.DataFrame({"size": [1.0], "colour": ["red"]}), [1])
    with pytest.raises(ValueError, match=r"X\['a'\] of row 1 is nan"):
        train(small(), pandas.DataFrame({"a": [1.0, None], "b": [1.0, 2.0]}), [1, 2])
    with pytest.raises(TypeError, match=r"y\[0\] should be a number, got str 'cat'; number the classes"):
        train(small(), [[1, 2]], pandas.Series(["cat"], dtype="category"))


def test_validation_data_of_another_width_are_refused_before_anything_is_trained():
    model = small()
    with pytest.raises(ValueError, match=r"2 inputs, got 3|3 numbers"):
        train(model, validation=([[1, 2, 3]], [1]))
    assert model.state_dict() == small().state_dict()


@pytest.mark.parametrize("validation", [[[1.0, 2.0]], (X, Y, Y), 1, "0.2"])
def test_validation_that_is_no_pair_is_refused(validation):
    with pytest.raises((TypeError, ValueError), match=r"validation .*\(X, y\)"):
        train(small(), validation=validation)


@pytest.mark.parametrize("option", ["epochs", "batch_size", "patience"])
@pytest.mark.parametrize("number", [0, -1, 1.5, "3", True])
def test_bad_counts_are_refused(option, number):
    with pytest.raises(ValueError, match=f"{option} is a whole number of at least 1, got {number!r}"):
        train(small(), **{option: number})


def test_a_loss_that_returns_no_value_is_refused():
    with pytest.raises(TypeError, match=r"the loss returns one Value, got float: .*\(outputs, targets\) -> Value"):
        train(small(), loss=lambda outputs, targets: 1.0)


# --- numbers that run away --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_cost_that_is_not_finite_raises_and_leaves_the_parameters_of_before_that_step(bad):
    model, states = small(), []

    def loss(outputs, targets):
        states.append(model.state_dict())
        return mean_squared_error(outputs, targets) * (bad if len(states) == 3 else 1.0)

    with pytest.raises(FloatingPointError, match=f"the loss became {bad} in epoch 3; .*Try a smaller learning rate"):
        train(model, loss=loss, epochs=10)
    assert model.state_dict() == states[2] != states[1]


def test_a_learning_rate_that_is_too_large_ends_in_a_floating_point_error():
    model = Line()
    with pytest.raises(FloatingPointError, match="the loss became inf"):
        train(model, [1.0, 2.0], [1.0, 2.0], optimizer=SGD(model.parameters(), lr=1e3), epochs=1000)
    assert all(math.isfinite(x) for x in model.state_dict().values())


def test_a_gradient_that_is_not_finite_raises_and_leaves_the_parameters():
    model = Line()  # the cost √0 = 0 is finite, its derivative is not
    with pytest.raises(FloatingPointError, match="gradient"):
        train(model, [1.0], [0.0], loss=lambda outputs, targets: outputs[0].sqrt())
    assert model.state_dict() == {"slope": 0.0, "offset": 0.0}


def test_a_penalty_that_is_not_finite_raises_and_leaves_the_parameters():
    model = Line(slope=2.0)
    with pytest.raises(FloatingPointError):
        train(model, penalty=lambda: model.slope * math.nan)
    assert model.slope.data == 2.0


def test_fit_says_the_same_as_train():
    by_train, by_fit = Line(slope=1.0), Line(slope=1.0)
    optimizer = SGD(by_train.parameters(), lr=1e3)
    with pytest.raises(FloatingPointError) as said:
        compile((by_train([2.0]) - 1.0) ** 2).train(optimizer, steps=1000)
    with pytest.raises(FloatingPointError) as expected:
        train(by_fit, [2.0], [1.0], optimizer=SGD(by_fit.parameters(), lr=1e3), epochs=1000)
    assert str(said.value) == str(expected.value).replace("epoch", "step")
    assert by_train.state_dict() == pytest.approx(by_fit.state_dict())


@pytest.mark.parametrize("compiled", [True, False])
def test_an_update_that_would_ruin_a_parameter_is_taken_back(compiled):
    model = Line(slope=0.1)  # tanh(inf) is 1, so no cost would show it
    optimizer = SGD(model.parameters(), lr=1e200)
    with pytest.raises(FloatingPointError, match=r"the update would have made a parameter -?inf in epoch 1"):
        train(
            model,
            [1.0],
            [0.0],
            loss=lambda outputs, targets: (outputs[0] * 1e-5).tanh() * 1e200 + targets[0],
            optimizer=optimizer,
            compiled=compiled,
        )
    assert model.slope.data == 0.1
    assert (optimizer.steps, optimizer.memory) == (0, [(0.0,), (0.0,)])


def test_with_patience_a_training_that_diverges_goes_back_to_the_best_parameters():
    model = Line(slope=1.0)
    with pytest.raises(FloatingPointError, match=r"in epoch \d+; the parameters are the best, of epoch 1\."):
        train(model, [2.0], [1.0], optimizer=SGD(model.parameters(), lr=1e3), epochs=1000, patience=900)
    assert model.state_dict() == {"slope": 1.0, "offset": 0.0}


def test_wherever_ctrl_c_comes_the_history_is_of_whole_epochs_and_the_parameters_of_whole_updates():
    def fresh():
        model = Line()
        return {"model": model, "optimizer": SGD(model.parameters(), lr=0.1, momentum=0.9)}

    def run(state):
        data = {"X": X[:3], "y": Y[:3], "validation": (X[3:], Y[3:])}
        options = {"epochs": 2, "batch_size": 2, "shuffle": False, "metrics": ["mean_squared_error"]}
        state["history"] = train(state["model"], optimizer=state["optimizer"], **data, **options)

    expected, whole = [Line().state_dict()], fresh()
    for batch in (slice(0, 2), slice(2, 3)) * 2:
        whole["optimizer"].zero_grad()
        mean_squared_error([whole["model"](x) for x in X[batch.start : batch.stop]], Y[batch]).backward()
        whole["optimizer"].step()
        expected.append(whole["model"].state_dict())
    epochs = set()
    for state in interruptions(
        fresh, run, "line", places=("nn/training.py", "nn/early_stopping.py", "nn/optimizers.py")
    ):
        history, updates = state.get("history"), state["optimizer"].steps
        assert state["model"].state_dict() == expected[updates]
        if history is not None:
            validated = [history.validation_loss, *history.validation_metrics.values()]
            curves = [history.loss, *history.metrics.values(), *validated, history.seconds]
            assert {len(numbers) for numbers in curves} == {len(history)}
            assert 0 <= updates - 2 * len(history) <= 2
            epochs.add((len(history), history.stopped))
    assert epochs == {(0, "interrupted"), (1, "interrupted"), (2, "interrupted")}


# --- what it shows ----------------------------------------------------------------------------------------------------


def test_the_history_says_its_last_numbers():
    history = History([2.0, 1.0], {"accuracy": [0.5, 0.75]}, validation_loss=[3.0, 1.5], stopped="all epochs done")
    assert history.last() == {"loss": 1.0, "accuracy": 0.75, "validation loss": 1.5}
    assert repr(history) == "<History of 2 epochs: loss 1, accuracy 0.75, validation loss 1.5; all epochs done>"
    assert repr(History()) == "<History of 0 epochs>"


@pytest.mark.parametrize(("metric", "name"), [(accuracy, "accuracy"), (lambda outputs, targets: 0.5, "metric")])
def test_the_metric_goes_by_the_name_of_its_function(metric, name):
    history = train(small(), y=[0, 1, 0, 1, 1], metrics=metric, validation=(X, [0, 1, 0, 1, 1]))
    assert list(history.last()) == ["loss", name, "validation loss", f"validation {name}"]


def test_seconds_never_go_back():
    seconds = train(small(), epochs=5).seconds
    assert len(seconds) == 5
    assert seconds[0] >= 0
    assert seconds == sorted(seconds)


def test_progress_false_prints_nothing(capfd):
    train(small())
    assert capfd.readouterr() == ("", "")


def test_progress_shows_updates_and_loss_on_stderr(capfd):
    pytest.importorskip("tqdm")
    model = Line()
    history = fit(
        model, X, Y, loss=mean_squared_error, optimizer=SGD(model.parameters()), epochs=2, batch_size=2, progress=True
    )
    out, err = capfd.readouterr()
    assert out == ""
    assert "6/6" in err
    assert f"loss={history.loss[-1]:.4g}" in err


@pytest.mark.parametrize("progress", [True, False])
def test_without_tqdm_it_trains_without_a_bar(monkeypatch, capfd, progress):
    for name in ("tqdm", "tqdm.auto"):
        monkeypatch.setitem(sys.modules, name, None)
    ours, plain = small(), small()
    fit(
        ours,
        X,
        Y,
        loss=mean_squared_error,
        optimizer=SGD(ours.parameters(), lr=0.1),
        epochs=3,
        progress=progress,
    )
    assert capfd.readouterr() == ("", "")
    monkeypatch.undo()
    train(plain)
    assert ours.state_dict() == plain.state_dict()


def test_without_matplotlib_it_trains_and_the_history_names_the_extra(monkeypatch):
    for name in ("matplotlib", "matplotlib.figure"):
        monkeypatch.setitem(sys.modules, name, None)
    history = train(small())
    with pytest.raises(ImportError, match=r'plots need matplotlib: pip install "scalar-autograd\[plot\]"'):
        history.plot()
