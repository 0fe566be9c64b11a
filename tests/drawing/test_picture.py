"""What is drawn: boxes, edges, folding, depth, limits."""

import pytest

import autograd
from autograd import Value, draw, sum, where
from autograd.drawing.extent import shown_nodes
from autograd.drawing.picture import Arrow, make_picture


def picture(*outputs, names=None, fold_constants=False, depth=None, max_nodes=300):
    nodes = shown_nodes(outputs, fold_constants, depth, max_nodes)
    return make_picture(nodes, outputs, {node: name for name, node in (names or {}).items()}, fold_constants)


def operations(*outputs, **options):
    return [box.operation for box in picture(*outputs, **options).boxes if box.operation]


def test_boxes_are_numbered_in_topological_order_and_have_a_kind():
    x = Value(3.0, "x")
    boxes = picture(2 * x + 1).boxes
    assert [box.id for box in boxes] == ["n0", "n1", "n2", "n3", "n4"]
    assert [box.kind for box in boxes] == ["constant", "leaf", "operation", "constant", "output"]


def test_a_square_has_two_edges():
    x = Value(3.0)
    assert picture(x * x).edges == [Arrow("n0", "n1", 3.0), Arrow("n0", "n1", 3.0)]


def test_edges_carry_local_derivatives_except_from_constants():
    a, b = Value(2.0), Value(5.0)
    assert [edge.local_derivative for edge in picture(a * b).edges] == [5.0, 2.0]
    assert [edge.local_derivative for edge in picture(7 * a).edges] == [None, 7.0]


def test_constants_fold_into_the_boxes_that_use_them():
    x, y = Value(3.0), Value(4.0)
    assert operations(2 * x, fold_constants=True) == ["2 × ·"]
    assert operations(x - 0.5, fold_constants=True) == ["· − 0.5"]
    assert operations(x**2, fold_constants=True) == ["**2"]
    assert operations(2**x, fold_constants=True) == ["2 ** ·"]
    assert operations(where(1, x, y), fold_constants=True) == ["where(1, ·, ·)"]
    assert operations(sum([x, y, 1.0, x, 2.0]), fold_constants=True) == ["sum(…, 1, 2)"]
    assert operations(x * y, fold_constants=True) == ["×"]
    assert {box.kind for box in picture(2 * x + 1, fold_constants=True).boxes} == {"leaf", "operation", "output"}


def test_a_constant_that_is_the_result_is_drawn():
    constant = (2 * Value(1.0)).parents[0]
    assert [box.kind for box in picture(constant, fold_constants=True).boxes] == ["output"]


def test_several_outputs_share_their_graph():
    x = Value(1.0, "x")
    a, b = x.exp(), x.sin()
    assert [box.kind for box in picture(a, b).boxes] == ["leaf", "output", "output"]


def test_explicit_labels_win_over_names():
    x, y = Value(1.0, "x"), Value(2.0)
    assert [box.name for box in picture(x * y, names={"w": x, "b": y}).boxes] == ["x", "b", ""]


def test_depth_cuts_off_what_is_far_and_says_so():
    a, b = Value(1.0, "a"), Value(2.0, "b")
    root = (a * b).exp() + b
    boxes = picture(root, depth=1).boxes
    assert [(box.name or box.operation, box.cut) for box in boxes] == [("exp", True), ("b", False), ("+", False)]
    assert [box.cut for box in picture(root, depth=0).boxes] == [True]
    assert not any(box.cut for box in picture(root, depth=3).boxes)


def test_folded_constants_are_not_cut_off():
    assert [box.cut for box in picture(2 * Value(1.0), depth=1, fold_constants=True).boxes] == [False, False]


def test_a_large_graph_is_an_error_that_counts_and_advises():
    x = total = Value(1.0)
    for _ in range(400):
        total = total + x
    with pytest.raises(ValueError, match=r"401 nodes, more than max_nodes=300.*one neuron.*depth=3.*max_nodes=401"):
        picture(total)
    assert len(picture(total, max_nodes=401).boxes) == 401
    assert len(picture(total, depth=2).boxes) == 4


def test_a_graph_deeper_than_the_stack_is_counted_without_recursion():
    x = Value(1.0)
    for _ in range(100_000):
        x = -x
    with pytest.raises(ValueError, match=r"more than 100,000 nodes, .*insist with a larger max_nodes"):
        picture(x)
    assert len(picture(x, depth=5).boxes) == 6
    assert len(picture(x, max_nodes=100_001).boxes) == 100_001


def test_no_more_nodes_are_looked_at_than_are_counted(monkeypatch):
    monkeypatch.setattr(autograd.drawing.extent, "COUNTED", 1000)

    class Endless(Value):
        made = 0

        @property
        def parents(self):
            Endless.made += 2
            return Endless(1.0), Endless(2.0)

    with pytest.raises(ValueError, match="more than 1,000 nodes"):
        draw(Endless(0.0))
    assert Endless.made <= 2002
    with pytest.raises(ValueError, match="more than 1,000 nodes"):
        draw(Endless(0.0), depth=10**9)


def test_a_graph_of_another_class_is_counted_before_it_is_read(monkeypatch):
    monkeypatch.setattr(autograd.drawing.extent, "COUNTED", 1000)

    class Node:
        made = 0

        def __init__(self):
            self.data, self._backward = 1.0, self.fail

        def fail(self):
            raise AssertionError("called")

        @property
        def _prev(self):
            Node.made += 1
            return Node(), Node()

    with pytest.raises(ValueError, match="more than 1,000 nodes"):
        draw(Node())
    assert Node.made < 10_000
