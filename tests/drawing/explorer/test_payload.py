"""The graph as data says what the engine says."""

import json
import math

import pytest

from autograd import Graph, Value, explore
from autograd.drawing.explorer.contract import Payload
from autograd.drawing.explorer.payload import make_payload, stale


def data_of(*_outputs, names=None):  # a name that is none for the nodes
    return make_payload(Graph(*_outputs, names=names), [], None, None, "LR", "auto")[0]


def test_the_nodes_in_the_order_of_the_passes():
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    y = a * b + a**2
    y.backward()
    data = data_of(y)
    names = [entry["name"] for entry in data["operations"]]
    assert [names[i] if i >= 0 else None for i in data["op"]] == [
        *(None, None, "multiply", None, "power_of_constant", "add")
    ]
    assert data["start"] == [0, 0, 0, 2, 2, 4, 6]
    assert data["parents"] == [0, 1, 0, 3, 2, 4]
    assert data["data"] == [2.0, -3.0, None, 2.0, None, None]
    assert data["constants"] == [3]
    assert data["names"] == {"0": "a", "1": "b", "5": "y"}
    assert data["output"] == 5
    assert data["grad"]["0"] == a.grad
    assert data["open"]


def test_the_page_gets_the_limits_and_the_format_of_numbers():
    data = data_of(Value(2.0))
    assert data["limits"] == {"unfolded": 30, "boxes": 600, "of_stack": 8}
    assert data["number_format"] == {"digits": 4, "plain_below": 1e6, "least_exponent": -4}
    assert set(data) == set(Payload.__annotations__)


def test_frozen_leaves_are_told_apart():
    w, x = Value(2.0), Value(3.0, requires_grad=False)
    assert data_of(w * x * 2)["frozen"] == [1]


def test_the_page_has_what_the_engine_computed():
    """The payload alone, walked with the table, gives the numbers and gradients of the Values."""
    from autograd import OPERATIONS

    x, w = Value(0.3), Value(-1.2)
    hidden = [(w * x + k).tanh() for k in range(5)]
    y = sum(hidden) / (1 + (x * w).exp()) - x.relu() ** 3
    y.backward()
    graph = Graph(y)
    data = json.loads(json.dumps(make_payload(graph, [], None, None, "LR", "auto")[0]))
    numbers, gradients, inputs = list(data["data"]), [0.0] * len(graph), {}
    for i, op in enumerate(data["op"]):
        inputs[i] = data["parents"][data["start"][i] : data["start"][i + 1]]
        if op >= 0:
            operation = OPERATIONS[data["operations"][op]["name"]]
            numbers[i] = operation.forward(*[numbers[p] for p in inputs[i]])
    gradients[data["output"]] = 1.0
    for i in range(len(graph) - 1, -1, -1):
        if inputs[i]:
            operation = OPERATIONS[data["operations"][data["op"][i]]["name"]]
            local = operation.derivatives(numbers[i], *[numbers[p] for p in inputs[i]])
            for p, d in zip(inputs[i], local, strict=True):
                gradients[p] += d * gradients[i]
    assert numbers == [node.data for node in graph.nodes]
    assert gradients == [node.grad for node in graph.nodes]


def test_numbers_that_json_does_not_know():
    y = Value(math.inf) + Value(-math.inf) + Value(math.nan)
    data = data_of(y)
    assert [x for x in data["data"] if x is not None] == ["inf", "-inf", "nan"]
    json.dumps(data, allow_nan=False)


def test_several_outputs():
    x = Value(2.0, "x")
    a, b = x * 2, x * 3
    data = data_of(a, b)
    assert len(data["outputs"]) == 2
    assert data["output"] == data["outputs"][-1]


def test_gradients_only_where_a_backward_pass_came():
    x = Value(2.0)
    y = x * x
    assert data_of(y)["grad"] == {}
    y.backward()
    assert data_of(y)["grad"] == {"0": 4.0, "1": 1.0}
    x.zero_grad()
    y.backward(create_graph=True)
    assert data_of(y)["grad"]["0"] == 4.0


def test_stale_numbers_are_counted():
    x = Value(2.0)
    y = (x * x + 1) * x
    assert stale(Graph(y)) == 0
    x.data = 3.0
    assert stale(Graph(y)) == 2  # x·x and the last product; the sum still follows from its parents
    nan = Value(0.0) / Value(0.0)
    assert stale(Graph(nan)) == 0


def test_labels_win_over_names_and_names_over_variables():
    a, b, c = Value(1.0, "label"), Value(2.0), Value(3.0)
    graph = explore(a * b * c, names={"given": b, "not shown": a}).graph
    assert set(graph["names"].values()) == {"label", "given", "c"}


def test_deep_and_wide_graphs():
    y = x = Value(1.0)
    for _ in range(20_000):
        y = y + x
    assert len(explore(y).graph["op"]) == 20_001


def test_choices_are_checked():
    x = Value(1.0)
    with pytest.raises(ValueError, match="unknown direction 'RL'; choose one of 'LR', 'TB'"):
        explore(x, direction="RL")
    with pytest.raises(ValueError, match="unknown theme"):
        explore(x, theme="blue")
    with pytest.raises(ValueError, match="height"):
        explore(x, height=0)
    with pytest.raises(TypeError, match=r"explore takes a Value.*got float 2\.0"):
        explore(2.0)
    with pytest.raises(TypeError, match="explore takes a Value"):
        explore([])
    with pytest.raises(TypeError, match="names maps a name to a Value"):
        explore(x, names={"a": 1.0})
