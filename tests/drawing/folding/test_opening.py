"""What is open in a picture of a large graph."""

import random

import pytest

from autograd import Graph, Value
from autograd.drawing.folding.groups import find_groups
from autograd.drawing.folding.opening import Folding
from nn import MLP, max_margin


def losses(n_samples, sizes):
    model = MLP(2, sizes, seed=1)
    samples = [model([k / 7, -k / 5]) for k in range(n_samples)]
    return Graph(max_margin(samples, [1 if k % 2 else -1 for k in range(n_samples)]), modules={"model": model})


def folding(graph):
    return Folding(find_groups(graph, 60, parameters_inside=True), len(graph), range(len(graph)))


def labels(one):
    return {one.groups[one.group_of_box(box)[0]]["label"] for box in one.boxes() if box >= one.n}


@pytest.mark.parametrize(("n", "sizes"), [(1, [3, 1]), (4, [3, 3, 1]), (20, [16, 16, 1])])
def test_boxes_are_counted_as_groups_open(n, sizes):
    graph = losses(n, sizes)
    one, choose = folding(graph), random.Random(n)
    assert one.count == len(set(one.boxes()))
    for _ in range(12):
        one.open_group(choose.choice([group["id"] for group in one.groups if one.size[group["id"]]]))
        assert one.count == len(set(one.boxes()))
    one.open_all()
    assert one.count == len(set(one.boxes()))


def test_a_small_graph_is_open_and_a_large_one_has_no_more_boxes_than_asked_for():
    small, large = folding(losses(1, [3, 1])), folding(losses(20, [16, 16, 1]))
    small.open_some(60, 20)
    assert small.count == small.n
    large.open_some(60, 20)
    assert large.count <= 20
    assert "model" in labels(large)
    assert {"sample 2", "sample 3", "samples"} <= labels(large)
    assert "sample 1" not in labels(large), "one is open, as an example"


def test_what_is_asked_for_is_open_even_among_those_that_are_many():
    one = folding(losses(20, [3, 1]))
    (sample,) = one.named(["sample 17"])
    one.open_group(sample)
    assert sample in one.open
    assert sample in one.children_shown(one.groups[sample]["parent"])
    with pytest.raises(KeyError, match="sample 99"):
        one.named(["sample 99"])


def test_a_node_can_be_revealed():
    graph = losses(20, [3, 1])
    one = folding(graph)
    node = max(i for i, node in enumerate(graph.nodes) if one.group_of[i] >= 0 and node.op)
    one.reveal(node)
    assert one.boxes()[node] == node


def test_parameters_of_one_neuron_stand_beside_their_products():
    model = MLP(2, [3, 1], seed=1)
    graph = Graph(model([1.0, 2.0]), modules={"model": model})
    inside = find_groups(graph, 60, parameters_inside=True)
    weight = graph.number[model.layers[0].neurons[1].weights[0]]
    (group,) = [group for group in inside if weight in group["nodes"]]
    assert (group["kind"], group["label"]) == ("neuron", "neurons[1]")
    assert not [group for group in inside if group["kind"] == "module"]
    w = Value(1.0)
    assert folding(Graph(w)).boxes() == [0]
