"""What folds: modules, neurons, layers, samples and sums."""

import random
import sys
import time
from collections import Counter

import pytest

import autograd
from autograd import Graph, Value, explore, tanh
from autograd.drawing.folding.groups import find_groups
from nn import MLP, Neuron


class Tree:
    """The groups of a graph, with what a test asks of them."""

    def __init__(self, value, modules=None):
        self.graph = Graph(*(value if isinstance(value, list) else [value]), modules=modules or {})
        self.groups = find_groups(self.graph)
        self.check()

    def check(self):
        seen = Counter(i for group in self.groups for i in group["nodes"])
        assert all(count == 1 for count in seen.values())
        for k, group in enumerate(self.groups):
            assert group["id"] == k
            assert -1 <= group["parent"] < k
        self.check_no_box_is_a_loop()
        outputs = {self.graph.number[output] for output in self.graph.roots}
        assert not outputs & set(seen)

    def check_no_box_is_a_loop(self):
        """With any one group closed, no way leads out of its box and into it again."""
        for group in self.groups:
            inside = set(self.below(group))
            after = set()  # nodes outside that are computed from nodes inside
            for i, parents in enumerate(self.graph.parent_numbers):
                if i in inside:
                    assert not after.intersection(parents), group
                elif any(p in inside or p in after for p in parents):
                    after.add(i)

    def of(self, kind):
        return [group for group in self.groups if group["kind"] == kind]

    def children(self, group):
        return [child for child in self.groups if child["parent"] == group["id"]]

    def below(self, group):
        nodes, todo = [], [group]
        while todo:
            group = todo.pop()
            nodes += group["nodes"]
            todo += self.children(group)
        return nodes

    def outside(self):
        inside = {i for group in self.groups for i in group["nodes"]}
        return [i for i in range(len(self.graph)) if i not in inside]

    def operations(self, nodes):
        return Counter(self.graph.nodes[i].op.name for i in nodes if self.graph.nodes[i].op)


def batch(n, sizes=(16, 16, 1), node=float):
    generator = random.Random(0)
    model = MLP(2, list(sizes), seed=1)
    X = [[node(generator.random()), node(generator.random())] for _ in range(n)]
    losses = [(1 + (-1) ** k * model(x)).relu() for k, x in enumerate(X)]
    return model, sum(losses) * (1.0 / n) + 1e-4 * sum(p * p for p in model.parameters())


def test_a_batch_of_a_network(monkeypatch):
    model, loss = batch(100)
    monkeypatch.setattr(Tree, "check_no_box_is_a_loop", lambda self: None)  # it is checked for smaller ones
    tree = Tree(loss, {"model": model})
    kinds = Counter(group["kind"] for group in tree.groups)
    assert kinds == {"module": 37, "stack": 1, "sample": 100, "layer": 200, "neuron": 3300, "sum": 2}
    (stack,) = tree.of("stack")
    assert len(tree.children(stack)) == 100
    assert stack["label"] == "samples"
    assert [group["label"] for group in tree.of("sample")[:2]] == ["sample 1", "sample 2"]
    assert len({group["shape"] for group in tree.of("sample")}) == 1
    assert len(tree.outside()) == 5  # the loss, the two products before it, and their two constants
    sample = tree.of("sample")[7]
    assert [(group["kind"], group["label"]) for group in tree.children(sample)] == [
        ("layer", "layers[0]"),
        ("layer", "layers[1]"),
        ("neuron", "layers[2].neurons[0]"),
    ]
    assert sorted(group["label"] for group in tree.of("sum")) == ["sum of 100", "sum of 337"]


def test_parameters_are_grouped_by_their_names():
    model, loss = batch(4, (3, 1))
    tree = Tree(loss, {"model": model})
    labels = {group["id"]: group["label"] for group in tree.of("module")}
    paths = []
    for group in tree.of("module"):
        path = [group["label"]]
        while group["parent"] >= 0:
            group = tree.groups[group["parent"]]
            path.insert(0, labels[group["id"]])
        paths.append(" > ".join(path))
    assert paths[:3] == ["model", "model > layers[0]", "model > layers[0] > neurons[0]"]
    parameters = {tree.graph.number[p] for p in model.parameters()}
    assert parameters == {i for group in tree.of("module") for i in group["nodes"]}


def test_a_neuron_holds_its_products_its_sum_and_its_activation():
    neuron = Neuron(3, activation="tanh", seed=1)
    y = neuron([Value(1.0), Value(2.0), Value(3.0)]) * 2
    tree = Tree(y, {"neuron": neuron})
    (found,) = tree.of("neuron")
    assert found["label"] == "neuron"
    assert tree.operations(found["nodes"]) == {"multiply": 3, "sum": 1, "tanh": 1}


def test_each_use_of_a_neuron_is_one_of_its_own():
    neuron = Neuron(2, nonlin=False, seed=1)
    a, b = neuron([Value(1.0), Value(2.0)]), neuron([Value(3.0), Value(4.0)])
    total = autograd.sum([a, b])
    tree = Tree(total * 2, {"neuron": neuron})
    assert len(tree.of("neuron")) == 2
    assert tree.graph.number[total] in tree.outside()  # it adds up two uses


def test_other_binary_operations_end_a_neuron():
    neuron = Neuron(2, nonlin=False, seed=1)
    out = neuron([Value(1.0), Value(2.0)])
    error = (out - 0.5) ** 2
    tree = Tree(error, {"neuron": neuron})
    (found,) = tree.of("neuron")
    assert tree.operations(found["nodes"]) == {"multiply": 2, "sum": 1}


def test_what_would_be_a_loop_as_a_box_is_no_neuron():
    class Pair:
        def __init__(self):
            self.a, self.b = Value(1.0), Value(2.0)

        def named_parameters(self):
            return [("a", self.a), ("b", self.b)]

    pair, x = Pair(), Value(3.0)
    first = pair.a * x
    tree = Tree((first + pair.b * (first / x)) * 5, {"pair": pair})
    assert tree.of("neuron") == []
    skip = Tree((pair.a * x + pair.b * (x / 7).exp()) * 5, {"pair": pair})
    assert len(skip.of("neuron")) == 1


def test_neurons_in_a_row_are_no_layer():
    class Row:
        def __init__(self):
            self.first, self.second = Neuron(2, seed=1), Neuron(2, seed=2)

        def named_parameters(self):
            for name in ("first", "second"):
                yield from ((f"{name}.{each}", p) for each, p in getattr(self, name).named_parameters())

    row = Row()
    hidden = row.first([Value(1.0), Value(2.0)])
    tree = Tree(row.second([hidden * hidden, hidden]) * 2, {"row": row})
    assert [group["label"] for group in tree.of("neuron")] == ["first", "second"]
    assert tree.of("layer") == []


def test_neurons_written_as_in_micrograd():
    class Net:
        def __init__(self):
            self.hidden = [([Value(0.5), Value(-1.0)], Value(0.0)) for _ in range(3)]

        def named_parameters(self):
            for i, (w, b) in enumerate(self.hidden):
                yield from ((f"hidden[{i}].w[{j}]", p) for j, p in enumerate(w))
                yield f"hidden[{i}].b", b

        def __call__(self, x):
            return [sum((wi * xi for wi, xi in zip(w, x, strict=True)), b).tanh() for w, b in self.hidden]

    net = Net()
    y = [out * 2 for x in ([1.0, 2.0], [3.0, 4.0]) for out in net(x)]
    tree = Tree(y, {"net": net})
    layers = tree.of("layer")
    assert [group["label"] for group in layers] == ["net", "net"]
    assert [[child["label"] for child in tree.children(layer)] for layer in layers] == [
        ["hidden[0]", "hidden[1]", "hidden[2]"]
    ] * 2
    for neuron in tree.of("neuron"):
        assert tree.operations(neuron["nodes"]) == {"multiply": 2, "add": 2, "tanh": 1}
        assert sum(tree.graph.nodes[i].is_constant for i in neuron["nodes"]) == 2  # inputs that nothing else uses


def test_samples_without_any_module():
    w, b = Value(0.3), Value(0.1)
    loss = sum((tanh(w * x + b) - x) ** 2 for x in (0.1, 0.2, 0.3, 0.4, 0.5))
    tree = Tree(loss)
    (stack,) = tree.of("stack")
    assert stack["label"] == "terms"
    samples = tree.children(stack)
    assert [group["label"] for group in samples] == [f"term {k}" for k in range(1, 6)]
    for sample in samples:
        assert tree.operations(sample["nodes"]) == Counter(["multiply", "add", "tanh", "subtract", "power_of_constant"])
    assert {tree.graph.number[w], tree.graph.number[b]} <= set(tree.outside())  # what all samples share


def test_what_samples_share_stays_outside():
    w = Value(0.5)
    shared = (w * w).exp()
    loss = autograd.sum([(shared * x - 1).tanh() ** 2 for x in (1.0, 2.0, 3.0, 4.0)])
    tree = Tree(loss)
    assert tree.graph.number[shared] in tree.outside()
    assert len(tree.of("sample")) == 4


def test_a_term_that_something_else_uses_is_no_sample():
    w = Value(0.5)
    terms = [(w * x - 1).tanh() ** 2 for x in (1.0, 2.0, 3.0, 4.0, 5.0)]
    loss = autograd.sum(terms) + terms[0] * 7
    tree = Tree(loss)
    assert len(tree.of("sample")) == 4
    assert tree.graph.number[terms[0]] in tree.outside()


def test_samples_inside_of_samples():
    w = Value(0.5)
    batches = [autograd.sum([(w * x * y - 1).tanh() ** 2 for x in range(5)]) / 5 for y in range(4)]
    tree = Tree(autograd.sum(batches) * 2)
    assert Counter(group["kind"] for group in tree.groups)["stack"] == 5
    outer = next(group for group in tree.of("stack") if group["parent"] == -1)
    assert all(any(child["kind"] == "stack" for child in tree.children(sample)) for sample in tree.children(outer))


def test_a_sum_of_many_small_terms_is_one_group():
    parameters = [Value(float(k)) for k in range(20)]
    penalty = 0.01 * sum(p * p for p in parameters)
    tree = Tree(penalty)
    (group,) = tree.of("sum")
    assert (group["kind"], group["label"]) == ("sum", "sum of 20")
    assert tree.operations(group["nodes"]) == {"multiply": 20, "add": 20}


def test_many_different_terms_are_folded_one_by_one():
    w = Value(0.5)
    terms = []
    for n in range(1, 15):
        y = w * 2
        for _ in range(n):
            y = tanh(y)
        terms.append(y)
    tree = Tree(autograd.sum(terms) * 2)
    (group,) = tree.of("sum")
    assert group["label"] == "different terms"
    assert len(tree.children(group)) == 14


def test_groups_alike_have_one_shape_and_others_have_another():
    model, loss = batch(8, (3, 1))
    tree = Tree(loss, {"model": model})
    shapes = {kind: Counter(group["shape"] for group in tree.of(kind)) for kind in ("neuron", "sample")}
    assert sorted(shapes["neuron"].values()) == [8, 24]
    assert list(shapes["sample"].values()) == [8]


def test_a_given_object_is_asked_for_its_names_and_one_in_a_variable_is_not():
    class Foreign:
        def __init__(self):
            self.w = [Value(0.1 * k) for k in range(3)]

        def named_parameters(self):
            return [(f"encoder.unit.w{k}", w) for k, w in enumerate(self.w)]

    foreign = Foreign()
    loss = (foreign.w[0] * 2.0 + foreign.w[1] * 3.0 + foreign.w[2] * 4.0).tanh() * 5
    graph = explore(loss).graph
    assert [(group["kind"], group["label"]) for group in graph["groups"]] == [
        ("module", "foreign"),
        ("neuron", "foreign"),
    ]
    graph = explore(loss, modules={"foreign": foreign}).graph
    assert [(group["kind"], group["label"]) for group in graph["groups"]] == [
        ("module", "foreign"),
        ("module", "encoder"),
        ("module", "unit"),
        ("neuron", "encoder.unit"),
    ]
    assert "foreign.encoder.unit.w0" in graph["names"].values()
    given = explore(loss, modules={"mine": foreign}).graph
    assert given["groups"][0]["label"] == "mine"
    with pytest.raises(TypeError, match="named_parameters"):
        explore(loss, modules={"mine": [1]})


def test_many_leaves_without_a_module_are_grouped_by_their_lists():
    W = [[Value(0.1 * k) for k in range(3)] for _ in range(5)]
    bias, scale = Value(0.5), Value(2.0)
    hidden = [tanh(sum((w * k for k, w in enumerate(row)), bias) * scale) for row in W]
    groups = explore(hidden).graph["groups"]
    leaves = [group for group in groups if group["kind"] == "module"]
    assert [group["label"] for group in leaves] == ["W", "W[0]", "W[1]", "W[2]", "W[3]", "W[4]"]
    assert [len(group["nodes"]) for group in leaves] == [0, 3, 3, 3, 3, 3]


def test_many_leaves_without_names_are_one_group():
    energy = autograd.sum([x * x for x in map(Value, range(1, 41))]) * 0.5
    groups = explore(energy).graph["groups"]
    assert [len(group["nodes"]) for group in groups if group["label"] == "inputs"] == [40]


def test_the_leaves_of_a_small_graph_stay_where_they_are_used():
    product = Value(1.0)
    for k in range(20):
        product = product * Value(1.0 + k)
    assert not [group for group in explore(product).graph["groups"] if group["label"] == "inputs"]
    few = autograd.sum([x * x for x in map(Value, range(1, 11))]) * 0.5
    assert explore(few).graph["groups"] == []


def test_small_graphs_open_at_once():
    _, loss = batch(4, (3, 1))
    assert not explore(loss).graph["open"]
    assert explore(Value(1.0) * 2).graph["open"]


def test_time_is_linear_in_the_nodes():
    """Ten times the samples take about ten times as long; calls are counted, as clocks are noisy."""

    def calls(n):
        model, loss = batch(n, (4, 1))
        graph = Graph(loss, modules={"model": model})
        assert graph.names  # found before calls are counted
        count = 0

        def counting(*_):
            nonlocal count
            count += 1

        sys.setprofile(counting)
        try:
            find_groups(graph)
        finally:
            sys.setprofile(None)
        return count

    assert calls(200) < 14 * calls(20)


def test_a_large_graph_is_explored_in_seconds():
    model, loss = batch(100)
    start = time.process_time()
    explore(loss, modules={"model": model}).html()
    assert time.process_time() - start < 10  # 0.7 s where it was measured


@pytest.mark.parametrize("seed", range(30))
def test_random_graphs_keep_the_rules(seed):
    """Every node in one group, parents first, outputs outside: checked by Tree."""
    generator = random.Random(seed)
    nodes = [Value(generator.random()) for _ in range(6)]
    for _ in range(150):
        kind = generator.random()
        a, b = generator.choices(nodes[-25:], k=2)
        if kind < 0.35:
            nodes.append(a + b)
        elif kind < 0.6:
            nodes.append(a * b)
        elif kind < 0.8:
            nodes.append(tanh(a))
        else:
            nodes.append(autograd.sum(generator.choices(nodes, k=generator.randrange(2, 20))))
    generator.shuffle(nodes[:6])

    class Module:
        def named_parameters(self):
            return [(f"m[{k % 2}].w[{k}]", node) for k, node in enumerate(nodes[:4])]

    Tree(nodes[-1], {"module": Module()})
    Tree(nodes[-3:])


def test_the_numbers_of_a_single_sample_are_one_box():
    model = MLP(16, [4, 2], seed=0)
    loss = sum(out * out for out in model([0.1 * k for k in range(16)]))
    groups = explore(loss).graph["groups"]
    numbers = [group for group in groups if group["label"] == "numbers"]
    assert len(numbers) == 1
    assert len(numbers[0]["nodes"]) == 16


def test_very_many_operations_in_no_group_are_parts():
    y = Value(0.5)
    for _ in range(2501):
        y = y.tanh()
    tree = Tree(y)  # which looks for loops
    assert len(tree.of("part")) == 50
    assert {len(part["nodes"]) for part in tree.of("part")} == {50}


def test_parts_of_a_random_graph_are_no_loops():
    draws = random.Random(0)
    nodes = [Value(1.0)]
    for _ in range(1500):
        nodes.append(draws.choice(nodes[-30:]) * tanh(draws.choice(nodes[-30:])))
    tree = Tree([nodes[-1], nodes[700]])
    assert 20 < len(tree.of("part")) < 80
