"""A Graph says of a computation what the engine itself says, and comes back from JSON to the bit."""

from __future__ import annotations

import copy
import json
import math
import pickle
import struct

import pytest
from support.random_nodes import random_graph

from autograd import (
    Graph,
    Value,
    doctor,
    draw,
    explain,
    explain_layers,
    explore,
    gradcheck_nodes,
    operation,
    pitfalls,
    topological_order,
    where,
)
from autograd import compile as compiled
from autograd.graph import Edge
from nn import MLP


def bits(x):
    return struct.pack("<d", x)


def neuron():
    w, x, b = Value(0.5, "w"), Value(-3.0, "x"), Value(0.1, "b")
    return w, x, b, (w * x + b + 1).tanh()


def test_nodes_and_their_kinds():
    w, x, b, y = neuron()
    x.requires_grad = False
    graph = Graph(y)
    assert list(graph) == list(graph.nodes) == topological_order(y)
    assert graph.leaves == (w, x, b)
    assert graph.parameters == (w, b)
    assert [node.data for node in graph.constants] == [1.0]
    assert (len(graph), graph.depth, graph.root) == (8, 4, y)
    assert dict(graph.counts) == {"multiply": 1, "add": 2, "tanh": 1}
    assert y in graph
    assert Value(0.5, "w") not in graph
    assert 3 not in graph


def test_edges_children_and_uses():
    x = Value(3.0, "x")
    square = x * x
    y = square + x
    graph = Graph(y)
    assert graph.edges == (
        Edge(x, square, 0, 3.0),
        Edge(x, square, 1, 3.0),
        Edge(square, y, 0, 1.0),
        Edge(x, y, 1, 1.0),
    )
    assert graph.children(x) == [square, y]
    assert list(graph.uses(x)) == [(y, 1), (square, 0), (square, 1)]
    assert graph.children(y) == []
    with pytest.raises(KeyError, match="is not a node of this graph"):
        graph.children(Value(1.0))


@pytest.mark.parametrize("seed", range(20))
def test_adjoints_are_those_of_backward_to_the_bit_and_touch_nothing(seed):
    root = random_graph(seed)[-1]
    adjoints = Graph(root).adjoints
    assert all(type(node.grad) is int for node in adjoints)
    root.backward()
    assert {node: bits(x) for node, x in adjoints.items()} == {node: bits(node.grad) for node in adjoints}


def test_adjoints_of_several_roots_are_those_of_their_sum():
    x = Value(2.0)
    a, b = x * x, 3 * x
    assert Graph(a, b).adjoints[x] == Graph([a, b]).adjoints[x] == Graph(a + b).adjoints[x] == 7.0
    assert Graph(a, a).adjoints[x] == 8.0


def test_recomputed_follows_the_leaves():
    w, x, _, y = neuron()
    graph = Graph(y)
    assert graph.recomputed[y] == y.data
    w.data = 2.0
    assert graph.recomputed[y] == math.tanh(2.0 * x.data + 0.1 + 1)
    assert graph.adjoints[w] == Graph(y).adjoints[w], "what was recorded in the forward pass stays"


def test_names_are_labels_given_ones_and_variables():
    weights = [Value(1.0), Value(2.0)]
    labelled, other = Value(3.0, "label"), Value(4.0)
    y = weights[0] * labelled + weights[1] * other
    graph = Graph(y, names={"given": other, "lost": labelled})
    assert [graph.name_of(node) for node in (*weights, labelled, other, y)] == [
        *("weights[0]", "weights[1]", "label", "given", "y")
    ]
    assert graph.find("weights[1]") is weights[1]
    assert graph.find("given") is other
    with pytest.raises(KeyError, match=r"no node of this graph is called 'weight\[0\]'; there are weights"):
        graph.find("weight[0]")


def test_names_of_modules():
    model = MLP(2, [2, 1], seed=0)
    graph = Graph(model([1.0, 2.0]))
    assert list(graph.modules) == ["model"]
    assert graph.find("model.layers[0].neurons[1].bias") is model.layers[0].neurons[1].bias
    assert list(Graph(graph.root, modules={"net": model}).modules) == ["net"]


def test_it_does_not_change():
    graph = Graph(Value(1.0) * 2)
    with pytest.raises(AttributeError, match="a Graph does not change, so its 'nodes' cannot be set"):
        graph.nodes = ()
    with pytest.raises(TypeError):
        graph.adjoints[graph.root] = 0.0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ((), "Graph takes Values, or a list of them, .*; got nothing"),
        ((3.0,), "got float 3.0.* A plain number does not know"),
        (([Value(1.0), 2],), "got int 2"),
        ((lambda: 0,), "A function has no graph"),
    ],
)
def test_what_is_no_node_is_refused(wrong, message):
    with pytest.raises(TypeError, match=message):
        Graph(*wrong)


def test_every_door_takes_a_graph():
    model = MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", seed=0)
    loss = (model([1.0, 2.0]) - 1) ** 2
    graph = Graph(loss)
    assert draw(graph, format="text") == draw(loss, format="text")
    assert explore(graph).graph == explore(loss).graph
    bias = model.layers[0].neurons[0].bias
    assert explain(graph, bias).text() == explain(loss, bias).text()
    assert [each.total for each in explain(graph)] == [each.total for each in explain(loss)]
    assert explain_layers(graph, model).text() == explain_layers(loss, model).text()
    assert str(doctor(graph)) == str(doctor(loss))
    assert str(gradcheck_nodes(graph)) == str(gradcheck_nodes(loss))
    assert str(pitfalls.compare(graph)) == str(pitfalls.compare(loss))
    step = compiled(graph, backend="python")
    assert step.graph is graph
    assert step() == loss.data


def test_several_roots_where_one_is_needed():
    graph = Graph(Value(1.0), Value(2.0))
    for door in (explain, doctor, pitfalls.compare, compiled):
        with pytest.raises(ValueError, match="2 roots, where one is needed"):
            door(graph)


def test_repr():
    w, _, _, y = neuron()
    assert repr(Graph(y)) == "<Graph of 8 nodes: 3 leaves, 1 constant, depth 4; *, +, tanh>"
    assert repr(Graph(w)) == "<Graph of 1 node: 1 leaf, depth 0>"


def test_a_notebook_shows_the_drawing():
    pytest.importorskip("graphviz")
    shown = Graph(neuron()[-1])._repr_mimebundle_()
    assert "<svg" in shown["image/svg+xml"]


def test_a_graph_too_large_to_draw_still_says_what_it_is(monkeypatch):
    monkeypatch.setattr("autograd.drawing.extent.COUNTED", 1000)
    x = Value(1.0)
    for _ in range(1000):
        x = x * 1.5
    shown = Graph(x)._repr_mimebundle_()
    assert shown["text/plain"].startswith(
        "<Graph of 2,001 nodes: 1 leaf, 1,000 constants, depth 1,000; *>\n(this graph has"
    )


def test_copies_and_pickles():
    w, x, _, y = neuron()
    graph = Graph(y, names={"w": w})
    for other in (pickle.loads(pickle.dumps(graph)), copy.deepcopy(graph)):
        assert [node.data for node in other] == [node.data for node in graph]
        assert other.find("x") is not x
    assert copy.copy(graph).root is y


# --- for other programs --------------------------------------------------------------------------------------------


def same(a, b):
    return a == b or (math.isnan(a) and math.isnan(b))


@pytest.mark.parametrize("seed", range(20))
def test_json_brings_every_bit_back(seed):
    root = random_graph(seed)[-1]
    root.backward()
    graph, again = Graph(root), Graph.from_json(Graph(root).to_json())
    assert len(graph) == len(again)
    assert graph.parent_numbers == again.parent_numbers
    for a, b in zip(graph, again, strict=True):
        assert (type(a), a.op, a.label, a.requires_grad) == (type(b), b.op, b.label, b.requires_grad)
        assert bits(a.data) == bits(b.data)
        assert bits(a.grad) == bits(b.grad)
        assert list(map(bits, a.local_derivatives)) == list(map(bits, b.local_derivatives))


def test_json_of_what_json_does_not_know():
    x = Value(0.0, "x", requires_grad=False)
    graph = Graph((x.log() * 0.0, -x.log(), where(x > 1, x, -x))[0], -x.log())
    again = Graph.from_json(graph.to_json())
    assert all(same(a.data, b.data) for a, b in zip(graph, again, strict=True))
    assert not again.find("x").requires_grad
    assert len(again.roots) == 2


def test_json_keeps_names_of_variables_and_nans_out_of_the_text():
    weights = [Value(math.nan)]
    text = Graph(weights[0] * 2).to_json()
    assert "NaN" not in text
    assert json.loads(text)["nodes"][0] == {"data": "nan", "name": "weights[0]"}
    assert math.isnan(Graph.from_json(text).find("weights[0]").data)


def test_json_of_an_operation_of_ones_own():
    triple = operation("triple_for_json", "3·", lambda x: 3 * x, lambda y, x: (3.0,))
    text = Graph(triple(Value(2.0))).to_json()
    assert Graph.from_json(text).root.op is triple
    with pytest.raises(ValueError, match=r"uses the operation 'nobodys', which is not in the table: declare it"):
        Graph.from_json(text.replace("triple_for_json", "nobodys"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "this is not a graph"),
        ('{"format": "scalar-autograd graph", "version": 2}', "version 2 of the format"),
        (
            '{"format": "scalar-autograd graph", "version": 1, "roots": [0], "nodes": [{"data": 1, "op": "exp", '
            '"parents": [0], "local_derivatives": [1]}]}',
            "each must come before it",
        ),
    ],
)
def test_json_that_is_no_graph(text, message):
    with pytest.raises(ValueError, match=message):
        Graph.from_json(text)


def test_networkx():
    networkx = pytest.importorskip("networkx")
    x = Value(3.0, "x")
    y = x * x
    y.backward()
    found = Graph(y).to_networkx()
    assert networkx.is_directed_acyclic_graph(found)
    assert found.nodes[0] == {"name": "x", "op": "", "data": 3.0, "grad": 6.0, "constant": False}
    assert [(a, b, key, d["local_derivative"]) for a, b, key, d in found.edges(keys=True, data=True)] == [
        *((0, 1, 0, 3.0), (0, 1, 1, 3.0))
    ]


def test_dot():
    assert Graph(neuron()[-1]).to_dot().startswith("digraph")


def test_finding_a_node_gathers_the_names_once(monkeypatch):
    _, _, _, y = neuron()
    graph, names, gathered = Graph(y), Graph.names.fget, []
    monkeypatch.setattr(Graph, "names", property(lambda graph: gathered.append(1) or names(graph)))
    assert graph.find("w").label == "w"
    assert len(gathered) == 1


def test_a_deep_graph():
    x = Value(1.0, "x")
    y = x
    for _ in range(20_000):
        y = y * 1.0001
    graph = Graph(y)
    assert graph.depth == 20_000
    assert graph.find("x") is x
    assert len(Graph.from_json(graph.to_json())) == len(graph)
