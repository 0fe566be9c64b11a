"""The doctor: all checks together over what training loops do; a diagnosis and its manners; nothing is changed."""

import math

import pytest
from support.losses import cost_of, dead_network

from autograd import Value, compile, doctor, mean, record_source, topological_order
from nn import MLP, SGD, binary_cross_entropy

# --- the healthy: every finding here would be a false alarm --------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softplus", "linear", "sin"])
def test_a_healthy_network(activation, seed):
    model = MLP(2, [5, 4, 1], activation=activation, initialization="xavier", seed=seed)
    cost = cost_of(model)
    assert doctor(cost, model).ok
    cost.backward()
    diagnosis = doctor(cost, model.parameters())
    assert diagnosis.ok, str(diagnosis)
    assert str(diagnosis).startswith("Nothing found in ")


def test_a_training_loop_that_does_everything_right():
    model = MLP(2, [8, 1], activation="tanh", output_activation="sigmoid", seed=1)
    optimizer = SGD(model.parameters(), lr=0.5)
    for _ in range(20):
        cost = cost_of(model, binary_cross_entropy)
        optimizer.zero_grad()
        cost.backward()
        diagnosis = doctor(cost, model)
        assert diagnosis.ok, str(diagnosis)
        optimizer.step()


# What a training loop does, one letter for each line of it; the doctor comes at the end.
LINES = {
    "build": lambda it: it.update(loss=cost_of(it["model"])),
    "zero": lambda it: it["optimizer"].zero_grad(),
    "backward": lambda it: it["loss"].backward(),
    "step": lambda it: it["optimizer"].step(),
    "seed": lambda it: it["loss"].backward(5.0),
    "graph": lambda it: it["loss"].backward(create_graph=True),
    "by hand": lambda it: setattr(it["model"].parameters()[0], "data", it["model"].parameters()[0].data + 0.1),
    "compile": lambda it: it.update(program=compile(it["loss"], backend="python")),
    "run": lambda it: it["program"](),
    "train": lambda it: it["program"].train(it["optimizer"], steps=3),
}


def after(lines):
    model = MLP(2, [3, 1], activation="tanh", seed=0)
    it = {"model": model, "optimizer": SGD(model.parameters(), lr=0.1)}
    for line in lines.split(", "):
        LINES[line](it)
    return doctor(it["loss"], model)


@pytest.mark.parametrize(
    "lines",
    [
        "build",
        "build, backward",
        "build, backward, step",
        "zero, build, backward, step, zero",
        "build, zero, backward, step, build",  # the gradients of the last step are still there: zero comes in time
        "build, zero, backward, step, build, zero, backward, step",
        "build, seed, step",
        "build, graph, step",
        "build, backward, by hand",
        "build, backward, zero, backward, step",  # the same gradient, asked for twice
        "build, compile, run",
        "build, compile, run, step, run, step",
        "build, compile, train",
        "build, backward, step, compile, train",
    ],
)
def test_what_does_no_harm_is_no_finding(lines):
    assert after(lines).ok


@pytest.mark.parametrize(
    ("lines", "kinds"),
    [
        ("build, by hand", ["data changed"]),  # before the backward pass that will come
        ("build, by hand, backward", ["data changed"]),
        ("build, backward, step, zero, backward", ["data changed"]),  # the graph is not built anew
        ("build, backward, step, zero, backward, step", ["data changed"]),
        ("build, backward, step, backward", ["data changed", "stale gradient"]),
        ("build, backward, backward", ["stale gradient"]),
        ("build, backward, step, build, backward", ["stale gradient"]),  # zero is missing
        ("build, backward, step, build, backward, step", ["stale gradient"]),
        ("build, compile, train, zero, backward", ["data changed"]),  # of the numbers before the training
    ],
)
def test_what_does_harm_is_a_finding(lines, kinds):
    assert after(lines).kinds == kinds


def test_after_a_compiled_training_the_present_numbers_are_looked_at():
    w = Value(0.5, "w")
    loss = (w * 3.0).tanh() * 0.5 + w
    step = compile(loss, backend="python")
    w.data = -0.5
    step()
    assert doctor(loss).ok
    w.data = math.nan
    step()
    assert "infinite or nan" in doctor(loss).kinds


def test_frozen_leaves_are_said_but_are_no_finding():
    w, x, b = Value(3.0, "w"), Value(2.0, "x", requires_grad=False), Value(1.0, "b", requires_grad=False)
    loss = w * x + b
    loss.backward()
    x.grad = 7.0  # nobody's business
    diagnosis = doctor(loss)
    assert diagnosis.ok
    assert "(x and b are frozen: they get no gradient" in str(diagnosis).replace("\n", " ")
    assert "<p>(x and b are frozen" in diagnosis._repr_html_()
    assert "frozen" not in str(doctor(w * 2))
    unused = Value(1.0, "unused", requires_grad=False)
    assert doctor(loss, [w, x, unused]).ok


def test_the_users_line_is_named():
    w = Value(0.0, "w")
    with record_source():
        loss = w.log()
    assert "test_doctor.py" in doctor(loss)[0].sentence
    assert "loss = w.log()" in doctor(loss)[0].sentence
    assert "record_source" not in str(doctor(loss))
    assert "record_source" in str(doctor(w.log()))


# --- manners --------------------------------------------------------------------------------------------------------


def test_nothing_is_changed():
    model = dead_network()
    cost = cost_of(model)
    cost.backward()
    cost.backward()
    nodes = topological_order(cost)
    before = [(n.data, n.grad, n.local_derivatives, n.label) for n in nodes]
    str(doctor(cost, model))
    assert before == [(n.data, n.grad, n.local_derivatives, n.label) for n in nodes]


def test_a_diagnosis_is_a_sequence_without_a_truth_value():
    w = Value(0.0, "w")
    diagnosis = doctor(w.log())
    assert [finding.kind for finding in diagnosis] == diagnosis.kinds == ["infinite or nan"]
    assert len(diagnosis) == 1
    assert repr(diagnosis) == "<diagnosis: 1 finding: infinite or nan>"
    with pytest.raises(TypeError, match=r"ask doctor\(…\)\.ok"):
        bool(diagnosis)


def test_in_a_notebook():
    x = Value(0.0, "<x>")
    page = doctor(x.log())._repr_html_()
    assert page.startswith("<p>1 finding.</p><ol><li><b>infinite or nan</b>: ")
    assert "&lt;x&gt; = 0.0" in page
    assert doctor(x * 2)._repr_html_().startswith("<p>Nothing found in ")


def test_errors_say_what_to_give():
    with pytest.raises(TypeError, match=r"doctor takes a Value or a Graph, .*; got float"):
        doctor(1.0)
    with pytest.raises(TypeError, match=r"parameters are Values.* got float 2\.0"):
        doctor(Value(1.0) * 2, [2.0])


def test_wide_and_deep_graphs_take_no_long_time():
    x = Value(0.5, "x")
    deep = x
    for _ in range(20_000):
        deep = deep * 0.999 + 0.001
    assert doctor(mean([x * 2 for _ in range(5_000)]) + deep).ok
