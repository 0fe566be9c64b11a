"""Random graphs over the whole table, with nodes used again and again, against PyTorch and central differences."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from support.random_graphs import SMOOTH, USES, call_engine, programs, run
from support.references import OPERATION_NAMES, TORCH, derivative

from autograd import Value, topological_order


def test_every_operation_is_used():
    assert sorted(USES) == sorted(OPERATION_NAMES), "a new operation needs a line in USES"


@settings(max_examples=400, deadline=None, derandomize=True)
@given(programs(OPERATION_NAMES, longest=25))
def test_values_and_gradients_agree_with_torch(program):
    torch = pytest.importorskip("torch")
    leaves = [Value(x) for x in program[0]]
    y = run(program, leaves, call_engine)
    y.backward()
    tensors = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in program[0]]
    expected = run(program, tensors, lambda name, *xs: TORCH[name](torch, *xs))
    expected.backward()

    # Where large numbers cancel, both libraries round; so the scale is that of the largest number on the way.
    nodes = topological_order(y)
    scale = max(abs(number) for node in nodes for number in (node.data, node.grad, 1.0))
    assert math.isfinite(scale)
    assert abs(y.data - expected.item()) <= 1e-12 * scale
    for leaf, tensor in zip(leaves, tensors, strict=True):
        assert abs(leaf.grad - tensor.grad.item()) <= 1e-12 * scale


@settings(max_examples=100, deadline=None, derandomize=True)
@given(programs(SMOOTH, longest=8))
def test_gradients_agree_with_central_differences(program):
    leaves = [Value(x) for x in program[0]]
    y = run(program, leaves, call_engine)
    y.backward()

    def function(*numbers: float) -> float:
        return run(program, list(numbers), call_engine)

    assert function(*program[0]) == y.data
    for i, leaf in enumerate(leaves):
        expected = derivative(function, program[0], i)
        assert math.isclose(leaf.grad, expected, rel_tol=1e-6, abs_tol=1e-6)


@settings(max_examples=50, deadline=None, derandomize=True)
@given(programs(OPERATION_NAMES, longest=25))
def test_a_second_pass_doubles_the_leaves_and_nothing_else(program):
    leaves = [Value(x) for x in program[0]]
    y = run(program, leaves, call_engine)
    y.backward()
    nodes = topological_order(y)
    once = [node.grad for node in nodes]
    y.backward()
    assert [node.grad for node in nodes] == [
        grad * (1 if node.op else 2) for node, grad in zip(nodes, once, strict=True)
    ]
