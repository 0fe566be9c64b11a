"""Rules and gradients of other classes: what a first `Value` gets wrong is found and named."""

from __future__ import annotations

import math

import pytest
from support.foreign import Assigning, Gpt, Student, sentences

from autograd import doctor, explain, gradcheck, gradcheck_nodes
from autograd.interop import as_value

micrograd = pytest.importorskip("micrograd.engine")


M = micrograd.Value


def test_a_second_backward_pass_of_micrograd_is_stale():
    a, b = M(2.0), M(3.0)
    y = (a * b + a) * b
    y.backward()
    assert doctor(y).ok
    y.backward()
    assert doctor(y).kinds == ["stale gradient"]


def test_gradients_of_another_result_are_stale():
    a, b = M(2.0), M(3.0)
    (a * b).backward()
    y = a * a + b
    assert "at b an earlier gradient is still in it" in sentences(y)
    assert gradcheck_nodes(y).ok
    a.grad, b.grad = 4.0, 1.0
    assert doctor(y).ok


def test_the_doctor_knows_changed_data():
    a, b = M(2.0), M(3.0)
    y = a * b
    a.data = 5.0
    assert "recorded as 6, but multiply now gives 15" in sentences(y)
    a.data = 2.0
    y.backward()
    a.data = 5.0
    assert doctor(y).kinds == ["data changed"]


def test_leaves_that_hold_two_passes_are_stale():
    x, w = Student(2.0), Student(0.5)
    y = (x * w).tanh() * x
    y.backward()
    x.grad, w.grad = 2 * x.grad, 2 * w.grad  # as of a class that zeroes the nodes in between by itself
    assert doctor(y).kinds == ["stale gradient"]


def test_assigning_in_place_of_adding_is_found_before_and_after_backward():
    x = Assigning(3.0, label="x")
    y = x * x + x
    assert as_value(y).parents[0].local_derivatives == (3.0, 3.0)
    assert doctor(y).kinds == ["wrong rule"]
    assert "write `+=`, not `=`" in sentences(y)
    y.backward()
    assert doctor(y).kinds == ["wrong rule", "wrong gradient"]
    assert "that of x = 3: its .grad is 3, the gradient is 7; it is used 3 times" in sentences(y)
    assert [row.name for row in gradcheck_nodes(y).wrong] == ["x.grad"]
    assert gradcheck(lambda x: x * x + x, Assigning(3.0)).wrong[0].analytic == 3.0
    assert explain(y, x).total == 7.0


def test_assigning_without_names_of_operations_is_seen_in_the_gradients():
    x = Gpt(3.0)
    y = x * x
    y.grad, x.grad = 1.0, 3.0
    assert "wrong gradient" in doctor(y).kinds


def test_a_forgotten_factor_a_wrong_sign_and_a_missing_case():
    class Wrong(Student):
        def __sub__(self, other):
            return self.make(self.data - other.data, (self, other), "-", 1.0, 1.0)

        def relu(self):
            return Wrong(max(self.data, 0.0), (self,), "relu")

        def tanh(self):
            out = Wrong(math.tanh(self.data), (self,), "tanh")

            def _backward():
                self.grad += 1 - out.data**2

            out._backward = _backward
            return out

    a, b = Wrong(2.0), Wrong(0.5)
    text = sentences((a - b).relu().tanh())
    assert "rule of 'tanh' sends the same whatever the node's own gradient is" in text
    assert "rule of y = '-' has the wrong sign, 1 at a = 2, b = 0.5; it should be ∂y/∂b = -1 = -1" in text
    assert "rule of y = 'relu' sends nothing to its parent x at x = 1.5" in text
    assert gradcheck_nodes((a - b).relu()).culprits == ["subtract", "relu"]


def test_a_wrong_rule_is_blamed_by_gradcheck():
    class Wrong(Student):
        def tanh(self):
            y = math.tanh(self.data)
            return self.make(y, (self,), "tanh", 1.0 - y)

    assert gradcheck(lambda x: x.tanh() * x, Wrong(0.5)).culprits == ["tanh"]
    x = Wrong(0.5, label="x")
    y = x.tanh()
    y.backward()
    row = gradcheck_nodes(y)["x.grad"]
    assert row.verdict == "wrong"
    assert row.numerical == pytest.approx(1 - math.tanh(0.5) ** 2)


def test_a_backward_pass_in_the_wrong_order_is_seen():
    class Naive(Student):
        def backward(self):
            self.grad = 1.0
            pending = [self]
            while pending:  # each node again for each of its uses, with all that it holds by then
                node = pending.pop()
                node._backward()
                pending.extend(node._prev)

    x = Naive(2.0, label="x")
    a = x.tanh()
    y = a * a + a
    y.backward()
    finding = doctor(y)[0]
    assert finding.kind == "wrong order"
    assert "a tanh node = 0.964028 is used 3 times" in finding.sentence


def test_rounding_where_shares_cancel_is_no_mistake():
    x = Student(0.1)
    a, b = x * Student(3.0), x * Student(0.3)
    y = (a - b) - (a - b)
    y.backward()
    x.grad = 1e-17
    assert doctor(y).ok
    x.grad = 1e-3
    assert not doctor(y).ok


def test_a_result_whose_gradient_is_not_1():
    x = Student(3.0)
    y = x * x
    y.backward()
    y.grad = 0.5
    assert "sets the gradient of the result itself to 1" in sentences(y)


def test_a_pass_that_does_not_reach_a_node():
    x, w = Student(3.0, label="x"), Student(2.0)
    y = (x * w).tanh() * w
    y.backward()
    x.grad = 0.0
    assert "that of x = 3: its .grad is 0," in sentences(y)
    assert "nothing has come to it" in sentences(y)


def test_local_gradients_that_are_too_few():
    x = Gpt(2.0)
    y = Gpt(4.0, (x, x), (2.0,))
    assert "local derivatives of another number than parents: 1 for 2" in sentences(y)
