"""The right backward pass is right, each wrong one is wrong on its smallest graph and on none smaller."""

import itertools

import pytest

from autograd import Value
from autograd.checking import pitfalls
from autograd.checking.pitfalls import METHODS, SMALLEST, compare, right
from autograd.sweeps import gradients

X0 = 0.7310


def graphs(n):
    """All graphs with one leaf and n - 1 operations of one or two inputs, each but the last used by a later one."""
    choices = []
    for k in range(1, n):
        choices.append([(i,) for i in range(k)] + list(itertools.combinations_with_replacement(range(k), 2)))
    for shape in itertools.product(*choices):
        if {i for inputs in shape for i in inputs} >= set(range(n - 1)):
            yield shape


def built(shape):
    """The graph of a shape, made of real nodes with one operation each: n nodes, no constants."""
    nodes = [Value(X0, "x")]
    for k, inputs in enumerate(shape):
        xs = [nodes[i] for i in inputs]
        unary = ("sin", "exp", "tanh", "atan")[k % 4]
        nodes.append(getattr(xs[0], unary)() if len(xs) == 1 else xs[0] * xs[1])
    return nodes[-1]


@pytest.mark.parametrize("name", METHODS)
def test_each_is_wrong_on_its_smallest_graph(name):
    comparison = compare(SMALLEST[name](), [name])
    assert comparison.wrong(name)
    assert "✗" in str(comparison)


@pytest.mark.parametrize("name", METHODS)
def test_no_smaller_graph_breaks_it(name):
    size = len(gradients(SMALLEST[name]()))
    for n in range(1, size):
        for shape in graphs(n):
            assert not compare(built(shape), [name]).wrong(name), shape


@pytest.mark.parametrize("name", METHODS)
def test_some_graph_of_that_size_breaks_it(name):
    size = len(gradients(SMALLEST[name]()))
    assert any(compare(built(shape), [name]).wrong(name) for shape in graphs(size))


def test_the_right_one_is_right_on_all_graphs_of_five_nodes():
    count = 0
    for shape in graphs(5):
        root = built(shape)
        found = right(root)
        assert found == gradients(root)
        root.backward()
        assert all(node.grad == found[node] for node in found)
        count += 1
    assert count > 100


def test_what_the_wrong_ones_give():
    x = Value(3.0, "x")
    assert compare(x * x).gradients["overwrite"][x] == 3.0
    a = Value(3.0).sin()
    comparison = compare(a * a)
    leaf = comparison.nodes[0]
    correct = comparison.right[leaf]
    assert comparison.gradients["recursion"][leaf] == pytest.approx(1.5 * correct)
    assert comparison.gradients["no visited set"][leaf] == pytest.approx(2 * correct)


def test_a_tree_is_right_by_any_method():
    comparison = compare((Value(1.0) * Value(2.0)).tanh() + Value(3.0).exp())
    assert all(comparison.wrong(name) == [] for name in METHODS)
    assert "happen to be right" in str(comparison)


def test_the_graph_stays_as_it_is():
    x = Value(2.0, "x")
    y = (x * x).sin() + x
    y.backward()
    before = [(node, node.data, node.grad) for node in gradients(y)]
    compare(y)
    assert before == [(node, node.data, node.grad) for node in gradients(y)]
    assert not any(node.has_grad for node in gradients(SMALLEST["overwrite"]()))


def test_a_deep_graph_breaks_the_recursion():
    x = Value(1.0, "x")
    y = x
    for _ in range(20_000):
        y = y + 1
    comparison = compare(y)
    assert "RecursionError" in comparison.failures["recursion"]
    assert comparison.gradients["recursion"] is None
    assert len(comparison.wrong("recursion")) == len(comparison.nodes)
    assert comparison.wrong("breadth-first") == []
    assert len(str(comparison).splitlines()) < 40
    assert "RecursionError" in str(comparison)


def test_exponentially_many_steps_are_stopped():
    y = Value(1.0, "x")
    for _ in range(60):
        y = y * y + y
    comparison = compare(y)
    assert set(comparison.failures) == {"recursion", "no visited set"}
    assert "doubles" in comparison.failures["recursion"]


def test_html_marks_what_is_wrong_and_escapes_names():
    x = Value(3.0, "<x>")
    page = compare(x * x)._repr_html_()
    assert "&lt;x&gt;" in page
    assert "<x>" not in page
    assert page.count("✗") == 1
    assert "writes <code>=</code> where <code>+=</code> belongs" in page


def test_nodes_have_the_names_of_variables():
    x = Value(3.0)
    doubled = 2 * x
    first_column = [line.split()[0] for line in str(compare(doubled * doubled)).splitlines()[1:4]]
    assert first_column == ["x", "doubled", "result"]
    square = doubled * doubled
    assert "\nsquare" in str(compare(square))


def test_errors_say_what_to_do():
    with pytest.raises(TypeError, match=r"compare takes a Value or a Graph, .*; got float 2\.0"):
        compare(2.0)
    with pytest.raises(ValueError, match="unknown method 'bfs'; choose from overwrite, recursion"):
        compare(Value(1.0), ["bfs"])


def test_a_pass_of_your_own_can_be_added(monkeypatch):
    broken = pitfalls.Method("all ones", lambda root: dict.fromkeys(gradients(root), 1.0), "It says 1.")
    monkeypatch.setitem(METHODS, "all ones", broken)
    x = Value(3.0, "x")
    assert compare(x * x, ["all ones"]).wrong("all ones") == [x]


def test_a_comparison_has_no_truth_value():
    x = Value(3.0, "x")
    with pytest.raises(TypeError, match=r"ask which nodes .* comparison\.wrong\('overwrite'\)"):
        bool(pitfalls.compare(x * x))
