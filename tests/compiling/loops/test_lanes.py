from __future__ import annotations

import pytest

import autograd as ag
from autograd import Value, topological_order
from autograd.compiling.loops.analyze import analyze
from autograd.compiling.loops.lanes import find_lanes, merged
from autograd.compiling.loops.reference import ReferenceRunner

W = Value(0.5)


def lanes_of(loss):
    return find_lanes(topological_order(loss), [loss])


def test_samples_become_lanes():
    lanes = lanes_of(ag.mean([(W * x - 1.0) ** 2 for x in range(1, 11)]))
    assert lanes.n == [10]
    assert [[leaf.data for leaf in column] for column in lanes.columns[0]] == [list(range(1, 11))]


def test_a_loop_that_adds_is_a_sum_too():
    total = 0.0
    for x in range(1, 11):
        error = W * x - 1.0
        total = total + (error * error + 2.0 * error)  # a term that is a sum itself
    lanes = lanes_of(total)
    assert lanes.n == [10]
    assert len(lanes.terms[total]) == 2  # the first number, and one term for all


def test_terms_of_two_shapes_are_two_regions():
    losses = [ag.tanh(W * x) if x % 2 else ag.exp(W * x) for x in range(1, 21)]
    assert sorted(lanes_of(ag.sum(losses)).n) == [10, 10]


def test_what_is_read_from_outside_of_its_lane_keeps_the_terms_together():
    hidden = [ag.tanh(W * x) for x in range(1, 11)]
    mean = ag.mean(hidden)
    assert lanes_of(ag.sum([(h - mean) ** 2 for h in hidden])).n == []


def test_parameters_of_a_lane_are_columns():
    own = [Value(float(x)) for x in range(10)]
    (column,) = lanes_of(ag.sum([ag.tanh(W * p) for p in own])).columns[0]
    assert column == tuple(own)


def test_a_parameter_that_is_read_elsewhere_can_not_stand_for_its_column():
    own = [Value(float(x)) for x in range(10)]
    penalty = ag.sum([p * p for p in own])
    assert lanes_of(ag.sum([ag.tanh(ag.tanh(W * p)) for p in own]) + penalty).n == []


def test_few_terms_are_no_lanes():
    assert lanes_of(ag.sum([ag.tanh(W * x) for x in range(1, 8)])).n == []


def test_one_term_many_times_is_no_lane():
    term = ag.tanh(W * 3.0)
    assert lanes_of(ag.sum([term] * 20)).n == []


def test_terms_that_are_the_same_computation_are_no_lanes_and_each_of_them_counts():
    loss = ag.sum([0.5 * ag.tanh(W) for _ in range(8)])
    assert lanes_of(loss).n == []
    program, slots = analyze([loss], patient=True)
    result = ReferenceRunner(program)([leaf.data for leaf in slots])
    assert result.outputs[0] == pytest.approx(loss.data, rel=1e-14)


def columns_of(loss):
    order = topological_order(loss)
    lanes = find_lanes(order, [loss])
    return merged(lanes.columns[0], {node: i for i, node in enumerate(order)})


def layer(rows, n_neurons=6):
    """The sum of all neurons of all rows: each neuron makes constants of the same inputs."""
    w = [[Value(0.1 * i + j) for j in range(len(rows[0]))] for i in range(n_neurons)]
    return ag.sum([ag.tanh(ag.sum([ag.tanh(ag.dot(v, row)) for v in w])) for row in rows])


def test_the_inputs_of_all_neurons_are_the_same_columns():
    columns, places = columns_of(layer([[float(i), i * 0.5, i * i] for i in range(10)]))
    assert len(columns) == 3
    assert sorted(places.values()) == sorted([0, 1, 2] * 6)


def test_columns_that_happen_to_be_alike_stay_apart():
    rows = [[0.0, float(i), 0.0, i * 0.5, 0.0, 7.0] for i in range(10)]  # pixels in a corner are black in every image
    columns, places = columns_of(layer(rows))
    assert len(columns) == 6
    assert list(places.values()) == [0, 1, 2, 3, 4, 5] * 6
