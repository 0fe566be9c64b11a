"""Each node gets one symbol: its label, a name, v1, v2, … or its number."""

from autograd import Constant, Value, where
from autograd.symbolic.naming import name_nodes
from autograd.symbolic.symbols import text


def names(loss, nodes, given=()):
    return [text(symbol) for symbol in name_nodes(loss, nodes, dict(given)).values()]


def test_labels_names_and_numbers():
    x, y = Value(1.0, "x"), Value(2.0)
    product = x * y
    loss = product + 3.0
    assert names(loss, [product, loss]) == ["x", "v1", "v2", "3", "loss"]
    assert names(loss, [product, loss], [(y, "y")]) == ["x", "y", "v1", "3", "loss"]


def test_a_name_that_is_taken_is_told_apart():
    a, b, taken = Value(1.0, "x"), Value(2.0, "x"), Value(3.0, "v1")
    assert names(a, [a * b]) == ["x", "x#2", "v1"]
    assert names(a, [a * taken]) == ["x", "v1", "v2"]


def test_a_comparison_is_written_out():
    x, zero = Value(1.0, "x"), Constant(0.0)
    loss = where(x > zero, x, 2.0)
    assert "[x > 0]" in names(loss, [loss])
