"""Rules that are called as a probe: what they changed is put back, and those that do not end are stopped."""

from __future__ import annotations

import sys

import pytest

import autograd
from autograd import Value, doctor, draw, gradcheck
from autograd.interop import as_value, probing


class Node:
    def __init__(self, data, _prev=(), _op=""):
        self.data, self.grad, self._prev, self._op = data, 0.0, _prev, _op
        self._backward = lambda: None


class Slotted:
    __slots__ = ("_backward", "_op", "_prev", "absent", "data", "grad")
    __init__ = Node.__init__


def product(a, b, rule=lambda out: None):
    """a·b; `rule` is run by its right backward rule."""
    out = type(a)(a.data * b.data, (a, b), "*")

    def _backward():
        rule(out)
        a.grad += b.data * out.grad
        b.grad += a.data * out.grad

    out._backward = _backward
    return out


def local(y):
    return as_value(y).local_derivatives


def sentences(y):
    return " ".join(str(doctor(y)).split())


@pytest.fixture(params=[Node, Slotted])
def kind(request):
    return request.param


def test_numbers_that_a_rule_sets_are_put_back(kind):
    a, b = kind(2.0), kind(3.0)

    def rule(out):
        out.data = a.data = -1.0
        b.data += 100.0

    y = product(a, b, rule)
    z = product(y, a)
    listing = draw(z, format="text", show_local_derivatives=True)
    assert (a.data, b.data, y.data, z.data) == (2.0, 3.0, 6.0, 12.0)
    assert [x.grad for x in (a, b, y, z)] == [0.0] * 4
    assert "12" in listing
    doctor(z)
    assert (a.data, b.data, y.data, z.data) == (2.0, 3.0, 6.0, 12.0)


def test_every_call_starts_from_the_same_numbers():
    a, b = Node(2.0), Node(3.0)

    y = Node(6.0, (a, b), "?")

    def _backward():
        a.grad += b.data * y.grad
        b.grad += a.data * y.grad
        a.data = b.data = 99.0  # another call would send something else

    y._backward = _backward
    assert local(y) == (3.0, 2.0)
    assert "wrong rule" not in sentences(y)


def test_attributes_that_come_and_go_are_put_back():
    a, b = Slotted(2.0), Node(3.0)
    c = Node(2.0)

    def rule(out):
        a.absent = 1
        b.added = 1
        del c.label

    c.label = "c"
    product(c, b)
    y = Node(6.0, (a, b, c), "?")
    y._backward = lambda: (rule(y), setattr(a, "grad", y.grad))
    before = [vars(node).copy() for node in (b, c, y)]
    as_value(y)
    assert not hasattr(a, "absent")
    assert [vars(node) for node in (b, c, y)] == before
    assert list(vars(c)) == list(before[1])  # in the same order


def test_containers_arrays_and_closed_over_variables_are_put_back():
    numpy = pytest.importorskip("numpy")
    a, b = Node(2.0), Node(3.0)
    calls, order = 0, ["first"]
    a.history, a.table, a.friends = [1], {"k": 1}, {3, 1, 2}
    a.raw, a.array = bytearray(b"ab"), numpy.array([1.0, 2.0])
    inside = [a.history, a.table, a.friends, a.raw, a.array, order]

    def rule(out):
        a.history.append(out)
        a.table.clear()
        a.friends.add(out)
        a.raw.extend(b"c")
        a.array[:] = 9.0

    out = Node(6.0, (a, b), "*")

    def _backward():
        nonlocal calls
        calls += 1
        order.append(calls)
        rule(out)
        a.grad += b.data * out.grad
        b.grad += a.data * out.grad

    out._backward = _backward
    assert local(out) == (3.0, 2.0)
    assert (a.history, a.table, a.friends, a.raw) == ([1], {"k": 1}, {3, 1, 2}, b"ab")
    assert a.array.tolist() == [1.0, 2.0]
    assert (calls, order) == (0, ["first"])
    assert all(x is y for x, y in zip(inside, [a.history, a.table, a.friends, a.raw, a.array, order], strict=True))


def test_attributes_of_the_class_are_put_back():
    class Counted(Node):
        calls = 0

    a, b = Counted(2.0), Counted(3.0)

    def rule(out):
        Counted.calls += 1
        Counted.new = 1
        Node.newer = 1

    as_value(product(a, b, rule))
    assert Counted.calls == 0
    assert not hasattr(Counted, "new")
    assert not hasattr(Node, "newer")


def test_our_value_below_is_put_back():
    x = Value(3.0, "x")
    y = Node(9.0, (x, x), "*")

    def _backward():
        x.grad += 6.0 * y.grad
        x.data, x.label, x.mine = 7.0, "changed", 1

    y._backward = _backward
    assert as_value(y).local_derivatives == (3.0, 3.0)
    assert (x.data, x.label, x.grad) == (3.0, "x", 0)
    assert not hasattr(x, "mine")


def test_gradients_behind_a_property_are_put_back():
    store = {}

    class Stored(Node):
        grad = property(lambda self: store.get(id(self), 0.0), lambda self, x: store.__setitem__(id(self), x))

    a, b = Stored(2.0), Stored(3.0)
    y = product(a, b)
    a.grad = 5.0
    assert local(y) == (3.0, 2.0)
    assert (a.grad, b.grad, y.grad) == (5.0, 0.0, 0.0)


# --- gradients that cannot be written ------------------------------------------------------------------------


class ReadOnly:
    def __init__(self, data, _prev=(), _op=""):
        self.data, self._prev, self._op, self._hidden = data, _prev, _op, 0.0
        self._backward = lambda: None

    @property
    def grad(self):
        return self._hidden

    def backward(self):
        raise AssertionError("it could not be put back")


def test_without_gradients_that_can_be_written_the_table_tells_the_derivatives():
    y = product(ReadOnly(2.0), ReadOnly(3.0))
    assert local(y) == (3.0, 2.0)
    assert "× " in draw(y, format="text", show_local_derivatives=True)
    doctor(y)
    assert bool(gradcheck(lambda a: product(a, a), ReadOnly(2.0)))


def test_where_a_gradient_has_to_be_written_the_message_says_what_to_do():
    step = autograd.compile(product(ReadOnly(2.0), ReadOnly(3.0)), backend="python")
    with pytest.raises(
        TypeError, match=r'grad of a ReadOnly cannot be written.*AttributeError.*\(ReadOnly, grad="…"\)'
    ):
        step()


# --- rules that do not end ------------------------------------------------------------------------------------


def forever(out):
    while True:
        out.data += 1.0


def by_recursion(out):
    by_recursion(out) if out else None


def by_a_generator(out):
    for _ in iter(int, 1):
        out.data += 1.0


def without_another_line(out):
    # fmt: off
    while True: pass  # noqa: E701
    # fmt: on


@pytest.mark.parametrize("rule", [forever, by_a_generator, without_another_line])
def test_an_endless_rule_is_stopped_and_named(rule):
    a, b = Node(2.0), Node(3.0)
    y = product(a, b, rule)
    assert local(y) == (3.0, 2.0)  # by the table
    assert (a.data, b.data, y.data, a.grad) == (2.0, 3.0, 6.0, 0.0)
    found = sentences(y)
    assert "the backward rule of '*' does not end: it was stopped after 100,200 lines." in found


@pytest.mark.parametrize("rule", [by_recursion, lambda out: sys.exit("goodbye")])
def test_a_rule_that_ends_the_program_does_not(rule):
    y = product(Node(2.0), Node(3.0), rule)
    assert local(y) == (3.0, 2.0)
    assert "the backward rule of '*' raised " in sentences(y)


def test_the_users_interruption_gets_through():
    def interrupted(out):
        raise KeyboardInterrupt

    a = Node(2.0)
    y = product(a, a, interrupted)
    with pytest.raises(KeyboardInterrupt):
        draw(y, format="text")
    assert (a.grad, y.grad) == (0.0, 0.0)


def test_many_endless_rules_are_bounded_together(monkeypatch):
    monkeypatch.setattr(probing, "LINES_IN_ALL", 250_000)
    counter = type("Counter", (), {"lines": 0})

    def counting(out):
        while True:
            counter.lines += 1

    y = a = Node(1.0)
    for _ in range(50):
        y = product(y, a, counting)
    as_value(y)
    assert 50_000 < counter.lines < 250_000


def test_a_long_rule_that_ends_is_no_endless_one():
    inputs = [Node(float(i)) for i in range(3000)]
    y = Node(sum(node.data for node in inputs), tuple(inputs), "sum")

    def _backward():
        for node in inputs:
            for _ in range(10):
                node.grad += 0.1 * y.grad

    y._backward = _backward
    assert "does not end" not in sentences(y)


def test_a_tracer_is_put_back():
    seen = []

    def tracer(frame, event, argument):
        seen.append(frame.f_code.co_name)

    y = product(Node(2.0), Node(3.0), forever)
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        as_value(y)
        assert sys.gettrace() is tracer
    finally:
        sys.settrace(before)
