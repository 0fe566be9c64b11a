"""Graphs of other classes, taken by every tool."""

from __future__ import annotations

import copy
import random
import re

import pytest
from support.foreign import Bare, Gpt, Student, gpt_loss, sentences

import autograd
from autograd import (
    OPERATIONS,
    Value,
    adapt,
    doctor,
    draw,
    explain,
    explore,
    gradcheck,
    gradcheck_nodes,
    operation,
    topological_order,
)
from autograd.interop import UNKNOWN, ForeignOperation, Reading, as_value
from nn import SGD

micrograd = pytest.importorskip("micrograd.engine")


M = micrograd.Value


def listing(x, **options):
    return draw(x, format="text", show_local_derivatives=True, **options)


def operations(x):
    return [node.op.name for node in topological_order(as_value(x)) if node.op]


# --- reading -----------------------------------------------------------------------------------------------


def test_our_own_values_are_not_read_but_taken():
    x = Value(2.0)
    y = x * x
    assert as_value(y) is y


def test_micrograd_operations_are_those_of_the_table():
    a, b = M(2.0), M(-3.0)
    assert operations(a - b) == ["multiply", "add"]
    assert operations(a / b) == ["power_of_constant", "multiply"]
    assert operations((a**2).relu()) == ["power_of_constant", "relu"]
    assert not any(isinstance(n.op, ForeignOperation) for n in topological_order(as_value(a / b - a**3)))


def test_a_repeated_parent_lost_in_a_set_is_found():
    x = M(3.0)
    for y, derivatives in ((x * x, (3.0, 3.0)), (x + x, (1.0, 1.0))):
        assert len(y._prev) == 1
        value = as_value(y)
        assert value.parents == (value.parents[0],) * 2
        assert value.local_derivatives == derivatives


def test_the_first_operand_of_a_set_comes_first():
    for seed in range(20):
        a, b = M(float(seed)), M(1.0)
        assert [x.data for x in as_value(a * b).parents] == [seed, 1.0]
        assert [x.data for x in as_value(b * a).parents] == [1.0, seed]


def test_reading_leaves_all_gradients_as_they_were():
    a, b = M(2.0), M(3.0)
    y = a * b + a
    y.backward()
    before = [(n, n.grad) for n in (a, b, y)]
    as_value(y)
    assert all(n.grad is grad for n, grad in before)


def test_gradients_are_put_back_where_a_rule_raises():
    x = Student(2.0)
    y = x.tanh()
    x.grad, y.grad = 5.0, 7.0

    def fails():
        x.grad = 99.0
        raise RuntimeError("not finished")

    y._backward = fails
    assert "raised RuntimeError: not finished" in sentences(y)
    assert (x.grad, y.grad) == (5.0, 7.0)


def test_a_recursive_rule_does_not_spoil_the_gradients_below():
    x = Student(2.0)
    y = x.tanh()
    z = y.tanh()
    own = z._backward
    z._backward = lambda: (own(), y._backward())
    x.grad = y.grad = z.grad = 0.25
    as_value(z)
    assert (x.grad, y.grad, z.grad) == (0.25, 0.25, 0.25)


def test_a_second_graph_leaves_the_gradients_of_the_first():
    x = Student(2.0)
    y = x.tanh()
    z = y * x
    x.grad, y.grad, z.grad = 5.0, 6.0, 7.0
    listing([y, z])
    assert (x.grad, y.grad, z.grad) == (5.0, 6.0, 7.0)


def test_our_value_below_a_foreign_node_keeps_its_gradient():
    x = Value(3.0)
    x.grad = 5.0
    y = Student(9.0, (x, x), "*")

    def _backward():
        x.grad += 6.0 * y.grad

    y._backward = _backward
    assert as_value(y).local_derivatives == (3.0, 3.0)
    assert x.grad == 5.0


def test_there_is_no_gradient_before_the_first_backward_pass():
    x = M(3.0)
    y = x * x
    assert not as_value(y).has_grad
    y.backward()
    assert as_value(y).has_grad
    assert as_value(y).parents[0].grad == 6.0


def test_a_gradient_of_none_is_none_yet():
    x, y = Student(2.0), Student(3.0)
    z = x * y
    x.grad, y.grad, z.grad = None, 2.0, 1.0
    assert [n.has_grad for n in topological_order(as_value(z))] == [False, True, True]


def test_a_deep_chain_needs_no_stack():
    x = M(1.0)
    y = x
    for _ in range(2000):
        y = y * 1.001 + 0.0
    assert len(topological_order(as_value(y))) == 8001
    assert autograd.compile(y, backend="python")() == pytest.approx(y.data)


def test_a_symbol_of_an_added_operation_is_recognized():
    operation("my_cube", "my_cube", lambda x: x**3, lambda y, x: (3.0 * x * x,))
    try:
        assert as_value(Bare(8.0, (Bare(2.0),), "my_cube")).op is OPERATIONS["my_cube"]
        assert isinstance(as_value(Bare(9.0, (Bare(2.0),), "my_cube")).op, ForeignOperation)  # the number contradicts
    finally:
        del OPERATIONS["my_cube"]


@pytest.mark.parametrize(
    ("symbol", "data", "numbers", "name"),
    [
        ("-", 2.0, (5.0, 3.0), "subtract"),
        ("-", -2.0, (5.0, 3.0), "subtract"),  # a reflected operator that lists self first
        ("-", -5.0, (5.0,), "negate"),
        ("/", 2.5, (5.0, 2.0), "divide"),
        ("truediv", 2.5, (5.0, 2.0), None),
        ("^3", 8.0, (2.0,), "power_of_constant"),
        ("**-1", 0.5, (2.0,), "power_of_constant"),
        ("**1.2.3", 4.0, (2.0,), None),
        ("pow(2)", 4.0, (2.0,), "power_of_constant"),
        ("**", 8.0, (2.0, 3.0), "power"),
        ("Mul", 6.0, (2.0, 3.0), "multiply"),
        ("ReLU", 0, (-2.0,), "relu"),
        ("ln", 0.0, (1.0,), "log"),
        ("sum", 6.0, (1.0, 2.0, 3.0), "sum"),
        ("max", 3.0, (1.0, 3.0), "maximum"),
        ("+", 7.0, (1.0, 2.0), None),
    ],
)
def test_symbols_and_numbers_decide_together(symbol, data, numbers, name):
    value = as_value(Bare(data, tuple(map(Bare, numbers)), symbol))
    if name is None:
        assert isinstance(value.op, ForeignOperation)
        assert value.op.symbol == symbol
    else:
        assert value.op is OPERATIONS[name]
        assert value.op.forward(*[p.data for p in value.parents]) == pytest.approx(data)


def test_plain_numbers_among_the_parents_are_constants():
    x = Bare(3.0)
    value = as_value(Bare(6.0, (x, 2), "*"))
    assert [p.is_constant for p in value.parents] == [False, True]
    assert value.local_derivatives == (2.0, 3.0)
    assert operations(Bare(9.0, (x, 2), "**")) == ["power_of_constant"]


def test_our_values_may_stand_among_the_parents():
    x = Value(3.0, "x")
    value = as_value(Bare(6.0, (x, Bare(2.0)), "*"))
    assert value.parents[0] is x


def test_a_node_read_twice_is_the_same():
    x = M(2.0)
    y, z = x * x, x + 1
    reading = Reading()
    assert reading.value(y).parents[0] is reading.value(z).parents[0] is reading.value(x)
    assert reading.foreign(reading.value(y)) is y


# --- nameless operations ----------------------------------------------------------------------------------


def test_operations_without_names_are_found_by_their_numbers():
    a, b = Gpt(1.5), Gpt(-0.5)
    for node, name in (
        (a + b, "add"),
        (a * b, "multiply"),
        (a**-0.5, "power_of_constant"),
        (a.log(), "log"),
        (b.exp(), "exp"),
        (b.relu(), "relu"),
        (a.relu(), "relu"),
    ):
        assert operations(node) == [name]


def test_what_the_numbers_leave_open_stays_open():
    zero = Gpt(0.0)
    for node in (zero**2, zero.relu()):
        value = as_value(node)
        assert value.op.symbol == "?"
        assert value.local_derivatives == (0.0,)
        with pytest.raises(ValueError, match=r"the numbers leave it open: name the operation, autograd.adapt\(Gpt"):
            autograd.compile(node)


def test_single_file_gpt_compiles_to_its_own_gradients():
    ws = [Gpt(0.3), Gpt(-0.8)]
    loss = gpt_loss(ws)
    step = autograd.compile(loss, backend="python")
    assert step() == pytest.approx(loss.data)
    reading = Reading()
    value = reading.value(loss)
    value.zero_grad()  # the step has written gradients to the leaves
    value.backward()
    assert [w.grad for w in ws] == pytest.approx([x.grad for x in reading.values(ws)])
    ws[0].data = 0.5
    assert step() == pytest.approx(gpt_loss([Gpt(0.5), Gpt(-0.8)]).data)
    assert gradcheck(lambda a, b: gpt_loss([a, b]), *ws).ok
    assert gradcheck_nodes(gpt_loss(ws)).ok
    assert doctor(gpt_loss(ws)).ok


# --- every tool on micrograd ------------------------------------------------------------------------------


def network_loss(n=12):
    from micrograd.nn import MLP

    random.seed(1337)
    model = MLP(2, [8, 1])
    points = [[random.uniform(-1, 1) for _ in range(2)] for _ in range(n)]
    return model, sum(((model(x) - 1.0) ** 2 for x in points), M(0.0))


def test_micrograd_is_drawn():
    a, b = M(2.0), M(-3.0)
    y = a * b + a**2
    assert listing(y, names={"a": a, "b": b}).splitlines()[3:] == [
        "v1    a × b          -6         –  a: -3, b: 2",
        "v2    a ** 2          4         –  a: 4",
        "x     v1 + v2        -2         –  v1: 1, v2: 1",  # as `listing` calls it
    ]
    y.backward()
    assert "a                     2         1" in listing([y], names=[("a", a)], highlight=[a])
    x = Value(3.0, "x")
    assert "first" in draw(a * a, format="dot", edge_labels={}, legend="first")
    assert draw(x * x, format="text") == draw([x * x], format="text")


def test_edge_labels_name_foreign_children():
    x = M(3.0)
    y = x * x
    assert "second place" in draw(y, format="mermaid", edge_labels={(y, 1): "second place"})


def test_micrograd_is_explained():
    a = M(2.0)
    y = a * a + a
    explanation = explain(y, a, names={"a": a, "y": y})
    assert explanation.total == 5.0
    assert explanation.number_of_paths == 3
    assert "y.backward() will add 5 to a.grad" in str(explanation)


def test_a_network_of_1000_nodes_has_the_same_gradients_everywhere():
    model, loss = network_loss(25)
    parameters = model.parameters()
    loss.backward()
    own = [p.grad for p in parameters]
    reading = Reading()
    value = reading.value(loss)
    assert len(topological_order(value)) > 1000
    assert gradcheck_nodes(loss).ok
    assert "wrong gradient" not in doctor(loss, parameters).kinds
    value.zero_grad()
    value.backward()
    assert [reading.value(p).grad for p in parameters] == pytest.approx(own)
    step = autograd.compile(loss, backend="python")
    assert step() == pytest.approx(loss.data)
    assert [p.grad for p in parameters] == pytest.approx(own)


def test_the_compiled_step_reads_and_writes_the_foreign_leaves():
    w, x = M(2.0), M(3.0)
    loss = (w * x - 1) ** 2
    step = autograd.compile(loss, backend="python")
    w.data = 1.0
    assert step() == 4.0
    assert (loss.data, w.grad, x.grad) == (4.0, 12.0, 4.0)
    assert step.loss is loss


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_training_moves_the_foreign_leaves(backend):
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    w, x = M(2.0), M(3.0)
    loss = (w * x - 1) ** 2
    step = autograd.compile(loss, backend=backend)
    w.data = 1.0
    losses = step.train(SGD(step.values([w]), lr=0.05), steps=20)
    assert losses[0] == 4.0
    assert w.data == pytest.approx(1 / 3)
    assert x.data == 3.0
    assert loss.data == losses[-1]
    before = w.data
    assert step.train(SGD(step.values([w]), lr=0.05), steps=0) == []
    assert w.data == before


def test_a_copied_compiled_graph_has_leaves_of_its_own():
    w = Gpt(2.0)
    step = autograd.compile(w * w, backend="python")
    twin = copy.deepcopy(step)
    assert twin() == 4.0
    assert w.grad == 0


def test_compiling_names_what_it_can_not_compute():
    x = Bare(2.0)
    with pytest.raises(ValueError, match=r"'gelu', which is not in the table of operations: add it with autograd"):
        autograd.compile(Bare(1.95, (x,), "gelu"))
    y = M(2.0) * M(3.0)
    next(iter(y._prev)).data = 50.0
    with pytest.raises(ValueError, match="multiply does not give that: if a number was changed after the forward"):
        autograd.compile(y)


def test_gradcheck_of_foreign_arguments_and_parameters():
    a, b = M(2.0), M(3.0)
    check = gradcheck(lambda x, y: x * y + x**2, a, b)
    assert (check["x"].analytic, check["y"].analytic) == (7.0, 2.0)
    assert check.ok
    assert (a.data, a.grad, b.data, b.grad) == (2.0, 0, 3.0, 0)
    assert gradcheck(lambda xs, k: xs[0] * xs[1] * k, [a, b], 2.0)["xs[1]"].numerical == pytest.approx(4.0)
    check = gradcheck(lambda: (a * b) ** 2, parameters={"a": a, "b": b})
    assert check["b"].analytic == 24.0
    assert check.ok
    assert gradcheck(lambda x: x * x, a, analytic={"x": 5.0}).wrong[0].name == "x"


def test_gradcheck_puts_numbers_back_when_the_function_raises():
    a = M(2.0)

    def f(x):
        if x.data != 2.0:
            raise RuntimeError("too far")
        return x * x

    with pytest.raises(RuntimeError, match="too far"):
        gradcheck(f, a)
    assert a.data == 2.0


# --- students' classes -------------------------------------------------------------------------------------


def test_a_class_without_any_backward_is_drawn_by_the_table():
    x, w = Bare(2.0), Bare(3.0)
    y = Bare(7.0, (Bare(6.0, (x, w), "*"), 1.0), "+")
    assert listing(y).splitlines()[3] == "v2    v1 × w          6         –  v1: 3, w: 2"
    assert doctor(y).ok
    assert gradcheck_nodes(y).ok
    assert explain(y, x).total == 3.0
    assert autograd.compile(y, backend="python")() == 7.0  # there is no gradient to be written


def test_a_backward_that_does_nothing_yet_is_no_backward():
    x = Student(2.0)
    y = Student(4.0, (x, x), "*")
    assert as_value(y).local_derivatives == (2.0, 2.0)


def test_what_is_not_known_is_shown_as_a_question_mark():
    y = Bare(1.95, (Bare(2.0),), "gelu")
    assert as_value(y).local_derivatives[0] is UNKNOWN
    assert listing(y).splitlines()[-1] == "x     gelu(v1)     1.95         –  v1: ?"
    assert '|"∂ #63;"|' in draw(y, format="mermaid", show_local_derivatives=True)
    assert "of 'gelu' no local derivative is known" in sentences(y)
    assert doctor(y).kinds == ["unknown rule"]
    assert "record_source" not in sentences(y)  # which records lines of our own Values only
    assert "?: the class does not say it" in draw(y, format="dot", show_local_derivatives=True)
    assert len(gradcheck_nodes(y)) == 0


def test_a_class_with_names_of_its_own():
    class Number:
        def __init__(self, value, inputs=(), kind=None, slopes=(), title=""):
            self.value, self.inputs, self.kind, self.slopes, self.title = value, inputs, kind, slopes, title
            self.gradient = 0.0

    adapt(
        Number,
        parents="inputs",
        grad="gradient",
        operation=lambda node: {"times": "*"}.get(node.kind, node.kind),
        local_derivatives="slopes",
        label="title",
    )
    a, b = Number(2.0, title="a"), Number(3.0, title="b")
    y = Number(6.0, (a, b), "times", (3.0, 2.0))
    assert listing(y).splitlines()[-1] == "x     a × b           6         –  a: 3, b: 2"
    autograd.compile(y, backend="python")()
    assert (a.gradient, b.gradient) == (3.0, 2.0)


def test_an_adapter_holds_for_subclasses_and_may_be_renewed():
    class Node:
        def __init__(self, data, *made_of):
            self.data, self.made_of = data, made_of

    class Special(Node):
        pass

    adapt(Node, parents="wrong_name")
    with pytest.raises(ValueError, match=r"a Special cannot be read as a node: \.wrong_name raised AttributeError"):
        as_value(Special(2.0))
    adapt(Node, parents="made_of", operation=lambda node: "*")
    assert operations(Special(6.0, Special(2.0), Special(3.0))) == ["multiply"]


def test_a_number_read_by_a_function_can_not_be_written():
    class Pair:
        def __init__(self, pair, *prev):
            self.pair, self._prev = pair, prev

    adapt(Pair, data=lambda node: node.pair[0])
    x = Pair([2.0, 0.0])
    with pytest.raises(TypeError, match="read by a function, so it cannot be written: name the attribute"):
        gradcheck(lambda x: x, x)


# --- what cannot be read ----------------------------------------------------------------------------------


class Thing:
    pass


@pytest.mark.parametrize("tool", [draw, doctor, autograd.compile, lambda x: explain(x, x), gradcheck_nodes, as_value])
def test_what_is_no_node_is_told_how_to_become_one(tool):
    with pytest.raises(
        TypeError, match=r"To read a Thing as a node of a graph, its data under data, value and its"
    ) as e:
        tool(Thing())
    assert 'autograd.adapt(Thing, data="…", parents="…"' in str(e.value)
    with pytest.raises(TypeError) as e:
        tool(3)
    assert "adapt" not in str(e.value)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "None is what backward"),
        ("y", "give the variable itself"),
        (2.0, "leave out .data, .grad and float"),
        (lambda x: x, "call it with Values and give what it returns"),
        (autograd.compile(lambda x: x), "f.function"),
        (explore(Value(2.0)), "explorer of 1 node"),
    ],
)
def test_typical_mistakes_are_answered_and_nothing_else_is_said(given, said):
    for tool in (draw, explore, doctor, as_value):
        with pytest.raises(TypeError, match=re.escape(said)) as e:
            tool(given)
        assert "adapt" not in str(e.value)


def test_only_what_is_missing_is_asked_for():
    thing = Thing()
    thing.data = 2.0
    with pytest.raises(TypeError, match="as a node of a graph, its parents under _prev, _children"):
        as_value(thing)


def test_adapt_refuses_what_is_no_class_and_no_name():
    with pytest.raises(TypeError, match=r"adapt takes the class of the nodes, got .*write adapt\(type\(node\)"):
        adapt(Bare(2.0), data="x")
    for known in (int, list, Value):
        with pytest.raises(TypeError, match=f"{known.__name__} needs no adapter"):
            adapt(known, parents="x")
    with pytest.raises(TypeError, match="data is the name of an attribute of Bare, or a function of a node, got 3"):
        adapt(Bare, data=3)


def test_a_cycle_is_an_error_that_shows_it():
    a, b, c = Student(1.0, label="a"), Student(2.0, label="b"), Student(3.0, label="c")
    c._prev, b._prev, a._prev = (b,), (a,), (c,)
    with pytest.raises(ValueError, match="this graph has a cycle: c ← b ← a ← c"):
        draw(Student(4.0, (c,), "+"), format="text")
    a._prev = (a,)
    with pytest.raises(ValueError, match="cycle: a ← a "):
        as_value(a)


def test_an_attribute_that_raises_is_named():
    class Hostile:
        _prev = ()

        @property
        def data(self):
            raise RuntimeError("not yet")

    with pytest.raises(ValueError, match=r"a Hostile cannot be read as a node: \.data raised RuntimeError: not yet"):
        draw(Hostile())


def test_numbers_and_parents_of_the_wrong_kind_are_named():
    with pytest.raises(TypeError, match="data of a Bare: expected a real number, got str '2'"):
        as_value(Bare("2"))
    with pytest.raises(TypeError, match="the parents of a Bare are 7: a tuple of nodes is needed"):
        as_value(Bare(1.0, 7))
    with pytest.raises(TypeError, match="among the parents of a Bare is 'x', neither a node nor a number"):
        as_value(Bare(1.0, ("x",)))


def test_numbers_of_numpy_are_numbers():
    np = pytest.importorskip("numpy")
    assert as_value(Bare(np.float32(1.5))).data == 1.5
    assert as_value(Bare(np.array(1.5))).data == 1.5
    with pytest.raises(TypeError, match="data of a Bare: expected a real number, got ndarray"):
        as_value(Bare(np.array([1.5, 2.0])))


def test_a_class_whose_equality_and_hash_are_of_no_use():
    class Equal(Bare):
        __hash__ = None

        def __eq__(self, other):
            raise RuntimeError("compares what?")

    x = Equal(2.0)
    assert operations(Equal(4.0, (x, x), "*")) == ["multiply"]


def test_nodes_of_other_classes_get_the_names_of_variables_and_can_be_explored():
    micrograd = pytest.importorskip("micrograd.engine")
    neurons = pytest.importorskip("micrograd.nn")
    a, b = micrograd.Value(2.0), micrograd.Value(-3.0)
    weights = [micrograd.Value(0.5), micrograd.Value(4.0)]
    model = neurons.MLP(2, [3, 1])
    out = (a * weights[0] + b * weights[1]).relu() + model([a, b])
    text = draw(out, format="text", max_nodes=400)
    for name in ("a ", "b ", "weights[0]", "weights[1]", "model.layers[0].neurons[2].w[1]", "out "):
        assert name in text
    assert "weights[0]" in str(explain(out, a))
    explorer = explore(out)
    assert {"a", "weights[1]", "out"} <= set(explorer.graph["names"].values())
    assert any(group["label"] == "model" for group in explorer.graph["groups"])


def test_the_training_of_a_compiled_graph_of_another_class_can_be_explored():
    micrograd = pytest.importorskip("micrograd.engine")
    weight = micrograd.Value(0.0)
    step = autograd.compile((weight - 3.0) ** 2, backend="python")
    step.train(SGD(step.values([weight]), lr=0.1), steps=20, record=4)
    graph = explore(step).graph
    assert "weight" in graph["names"].values()
    recorded = graph["recording"]
    assert len(recorded["steps"]) == 5
    column = recorded["nodes"].index(next(int(i) for i, name in graph["names"].items() if name == "weight"))
    assert recorded["steps"][0][column] == 0.0
    assert recorded["steps"][-1][column] == weight.data
