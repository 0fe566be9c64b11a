"""What the page trains: what is given, what modules hold, what has a name where every number is a leaf."""

import pytest

from autograd import Value, explore
from nn import MLP


def trained(*args, **options):
    graph = explore(*args, **options).graph
    return graph["parameters"] and [graph["names"].get(str(i), graph["data"][i]) for i in graph["parameters"]]


class Other:
    """A node as micrograd has it, which makes one of every number, too."""

    def __init__(self, data, _children=(), _op=""):
        self.data, self.grad, self._prev, self._op, self._backward = data, 0, set(_children), _op, lambda: None

    def __mul__(self, other):
        other = other if isinstance(other, Other) else Other(other)
        return Other(self.data * other.data, (self, other), "*")


def test_parameters_of_modules():
    model, x = MLP(1, [1]), Value(2.0)
    loss = (model([x]) - 1.0) ** 2
    assert sorted(trained(loss)) == sorted(f"model.{name}" for name, _ in model.named_parameters())


def test_without_modules_the_page_finds_them():
    w, x = Value(2.0), Value(3.0)
    assert trained(w * x) is None


def test_named_leaves_where_every_number_is_one():
    w = Other(3.0)
    assert trained(w * 2.0, names={"w": w}) == ["w"]


def test_those_that_are_given():
    w, x = Value(2.0, "w"), Value(3.0, "x")
    assert trained(w * x, parameters=[w]) == ["w"]
    assert trained(w * x, parameters=iter([x, Value(1.0)])) == ["x"]
    other = Other(3.0)
    assert trained(other * 2.0, names={"v": other}, parameters=[other]) == ["v"]


def test_errors_say_what_to_write():
    w = Value(2.0, "w")
    y = w * w
    for wrong in (w, "w", 3):
        with pytest.raises(TypeError, match=r"parameters is a list .*model.parameters\(\) or \[w, b\]; got"):
            explore(y, parameters=wrong)
    with pytest.raises(TypeError, match=r"got float 2.0 among them"):
        explore(y, parameters=[w, 2.0])
    with pytest.raises(ValueError, match="is computed, and only leaves can be trained"):
        explore(y, parameters=[y])
    with pytest.raises(ValueError, match="none of these parameters is in the graph"):
        explore(y, parameters=[Value(1.0)])
