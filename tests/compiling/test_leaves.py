"""The numbers and gradients of many leaves at once."""

from __future__ import annotations

import pytest

from autograd import Value, compile
from autograd.compiling.leaves import Leaves


def test_numbers_go_in_and_gradients_come_out_in_order():
    values = [Value(1.0), Value(-0.0), Value(float("inf"))]
    leaves = Leaves(values)
    assert leaves.numbers().tolist() == [1.0, 0.0, float("inf")]
    values[0].data = 5.0
    assert leaves.numbers()[0] == 5.0
    leaves.write_gradient([1.0, 2.0, 3.0])
    assert [x.grad for x in values] == [1.0, 2.0, 3.0]


def test_no_leaves_are_fine():
    assert Leaves([]).numbers().tolist() == []
    Leaves([]).write_gradient([])


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_a_leaf_may_be_frozen_and_freed_between_calls(backend):
    pytest.importorskip("llvmlite")
    w, x = Value(2.0), Value(3.0)
    step = compile(w * x, backend=backend)
    step()
    assert (w.grad, x.grad) == (3.0, 2.0)
    w.requires_grad = False
    w.data, x.data = 10.0, 20.0
    step()
    assert (w.grad, x.grad) == (3.0, 10.0)
    w.requires_grad = True
    step()
    assert (w.grad, x.grad) == (20.0, 10.0)


def test_a_leaf_that_is_frozen_when_a_graph_is_compiled_stays_so():
    w, x = Value(2.0, requires_grad=False), Value(3.0)
    compile(w * x, backend="python")()
    assert (w.grad, x.grad) == (0, 2.0)
