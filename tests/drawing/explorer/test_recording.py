"""Recorded training: from mappings, and from compiled graphs, which it does not change."""

import math

import pytest

import autograd
from autograd import Value, explore
from nn import MLP, SGD, Adam


def training(seed=1):
    model = MLP(2, [3, 1], activation="tanh", seed=seed)
    data = [([0.0, 1.0], 1.0), ([1.0, 0.0], -1.0), ([1.0, 1.0], 0.5), ([0.5, 0.2], 0.1), ([0.3, 0.9], 0.7)]
    return model, sum((model(x) - y) ** 2 for x, y in data)


def test_state_dicts():
    model, loss = training()
    states = []
    for step in range(4):
        for p in model.parameters():
            p.data += 0.1 * step
        states.append(model.state_dict())
    graph = explore(loss, recording=states).graph
    recording = graph["recording"]
    assert recording["labels"] == ["0", "1", "2", "3"]
    assert [graph["names"][str(i)] for i in recording["nodes"]] == [f"model.{name}" for name in states[0]]
    assert recording["steps"] == [list(state.values()) for state in states]


def test_values_labels_variables_and_parameters_that_the_graph_lacks():
    a, b, unused = Value(1.0, "a"), Value(2.0), Value(3.0)
    y = a * b
    recording = explore(y, recording=[{a: 1.0, b: 2.0, unused: 3.0}, {a: 4.0, b: math.inf, unused: 6.0}]).graph
    assert recording["recording"]["steps"] == [[1.0, 2.0], [4.0, "inf"]]
    assert explore(y, recording=[{"a": 1.0, "b": 5.0}]).graph["recording"]["nodes"] == [0, 1]


def test_without_recording_there_is_none():
    assert explore(Value(1.0)).graph["recording"] is None


def test_errors_say_what_to_write():
    x = Value(1.0, "x")
    y = x * x
    with pytest.raises(ValueError, match=r"names 'layers\[0\]'.*modules="):
        explore(y, recording=[{"layers[0]": 1.0}])
    with pytest.raises(ValueError, match="step 1 of the recording names other leaves"):
        explore(y, recording=[{"x": 1.0}, {}])
    with pytest.raises(ValueError, match="empty"):
        explore(y, recording=[])
    with pytest.raises(TypeError, match="one mapping for each step"):
        explore(y, recording={"x": 1.0})
    with pytest.raises(TypeError, match=r"one mapping for each step.*got float 1.0 for step 1"):
        explore(y, recording=[{"x": 1.0}, 1.0])
    for wrong in (10, True, "yes", iter([{"x": 1.0}])):
        with pytest.raises(TypeError, match=r"one mapping for each step.*record=50"):
            explore(y, recording=wrong)
    for nothing in ({}, {Value(2.0): 1.0}):
        with pytest.raises(ValueError, match="no number of a leaf of this graph"):
            explore(y, recording=[nothing, nothing])
    with pytest.raises(ValueError, match="computed"):
        explore(y, recording=[{y: 1.0}])
    with pytest.raises(TypeError, match="real number"):
        explore(y, recording=[{"x": "one"}])


@pytest.mark.parametrize("optimizer", [SGD, Adam])
@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_recording_changes_nothing(backend, optimizer):
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    results = []
    for record in (0, 7, 50):
        model, loss = training()
        step = autograd.compile(loss, backend=backend)
        method = optimizer(model.parameters(), lr=0.05)
        losses = step.train(method, steps=50, record=record)
        numbers = [p.data for p in model.parameters()]
        gradients = [p.grad for p in model.parameters()]
        results.append((losses, numbers, gradients, loss.data, method.memory, method.steps))
        assert len(step.recording) == (record + 1 if record else 0)
    assert results[0] == results[1] == results[2]


def test_what_is_kept_while_a_compiled_graph_trains():
    model, loss = training()
    step = autograd.compile(loss, backend="python")
    before = [leaf.data for leaf in step.leaves]
    step.train(SGD(model.parameters(), lr=0.05), steps=10, record=4)
    assert [taken for taken, _ in step.recording] == [0, 2, 5, 7, 10]
    assert step.recording[0][1] == before
    assert step.recording[-1][1] == [leaf.data for leaf in step.leaves]
    graph = explore(step).graph
    assert graph["recording"]["labels"] == ["0", "2", "5", "7", "10"]
    assert graph["recording"]["steps"] == [row for _, row in step.recording]
    assert graph["stale"] > 0
    step.train(SGD(model.parameters(), lr=0.05), steps=3, record=20)
    assert [taken for taken, _ in step.recording] == [0, 1, 2, 3]
    step.train(SGD(model.parameters(), lr=0.05), steps=1)
    assert explore(step).graph["recording"] is None


@pytest.mark.parametrize("record", [-1, 1.5, True, "all"])
def test_a_wrong_number_of_snapshots(record):
    model, loss = training()
    step = autograd.compile(loss, backend="python")
    with pytest.raises(ValueError, match="record is a whole number of at least 0"):
        step.train(SGD(model.parameters(), lr=0.05), steps=10, record=record)
    with pytest.raises(ValueError, match="steps is a whole number"):
        step.train(SGD(model.parameters(), lr=0.05), steps=1.5, record=3)
