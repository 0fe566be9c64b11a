"""What the doctor looks at: names for nodes, numbers at the time of the backward pass, and leaves that are trained."""

import math

import pytest

from autograd import Graph, Value, compile, record_source
from autograd.checking.case import Case, close, multiple
from nn import MLP


def test_a_node_is_called_by_its_parameter_its_label_its_variable_or_what_made_it():
    w, x = Value(2.0), Value(3.0, "x")
    loss = w * x + 1.0
    case = Case(Graph(loss), [w])
    product, one = loss.parents
    assert [case.name(node) for node in (w, x, product, one, loss)] == [
        "w",
        "x",
        "a multiply node",
        "the number 1",
        "a add node",
    ]
    model = MLP(2, [1], seed=0)
    named = Case(Graph(model([1.0, 2.0])), model)
    assert [named.name(p) for p in model.parameters()] == list(model.state_dict())


def test_a_list_of_names_ends_after_four():
    xs = [Value(float(i), f"x{i}") for i in range(6)]
    case = Case(Graph(xs[0] * 2.0), None)
    assert case.listed(xs[:1]) == "x0"
    assert case.listed(xs[:3]) == "x0, x1 and x2"
    assert case.listed(xs) == "x0, x1, x2, x3 and 2 more"


def test_parameters_are_in_the_graph_or_missing_frozen_or_not():
    w, frozen, unused = Value(1.0, "w"), Value(2.0, "f", requires_grad=False), Value(3.0, "u")
    case = Case(Graph(w * frozen), [w, frozen, unused])
    assert (case.leaves, case.frozen, case.missing) == ([w, frozen], [frozen], [unused])
    everything = Case(Graph(w * frozen), None)
    assert (everything.leaves, everything.missing) == ([w, frozen], [])


def test_the_numbers_are_those_of_the_backward_pass():
    w = Value(3.0, "w")
    loss = w * w
    assert not Case(Graph(loss), None).after_backward
    loss.backward()
    w.data = 5.0
    case = Case(Graph(loss), None)
    assert case.after_backward
    assert (case.number(w), case.number(loss)) == (3.0, 9.0)


def test_of_a_compiled_graph_the_nodes_are_computed_anew():
    w = Value(3.0, "w")
    loss = w * w
    step = compile(loss, backend="python")
    w.data = 5.0
    step()
    case = Case(Graph(loss), None)
    assert case.by_program
    assert case.loss.data == 25.0


def test_where_a_node_was_made():
    w = Value(3.0, "w")
    with record_source():
        loss = w * w
    case = Case(Graph(loss), None)
    assert case.at(loss).startswith(" (made at ")
    assert case.at(w * w) == ""


def test_a_parameter_is_a_node():
    with pytest.raises(TypeError, match=r"parameters are Values.* got str 'w'"):
        Case(Graph(Value(1.0) * 2.0), ["w"])


def test_multiples_of_a_gradient():
    assert (multiple(6.0, 3.0), multiple(9.0 + 1e-12, 3.0)) == (2, 3)
    assert multiple(3.0, 3.0) is multiple(4.0, 3.0) is multiple(4.0, 0.0) is multiple(math.inf, 1.0) is None
    assert close(math.nan, math.nan)
    assert close(1.0, 1.0 + 1e-12)
    assert not close(1.0, 1.0 + 1e-6)
