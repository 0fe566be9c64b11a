"""Random graphs full of kinks, ties, infinities and nan, against PyTorch: a branch that was not chosen sends nothing.

Where this library differs from PyTorch on purpose: relu(-0.0) is 0.0 here and -0.0 there.
"""

from __future__ import annotations

import math
import random
from typing import Any

import pytest
from support.random_kinks import Steps, eager, engine, inf, kinked, nan, nasty, result
from support.references import TORCH, same

from autograd import OPERATIONS, Value, detect_anomaly, grad, hessian, jvp, relu, sqrt, topological_order, where
from autograd.sweeps import gradients, recorded_gradient


def in_torch(torch: Any, steps: Steps, numbers: list[float]) -> list[float]:
    def call(name: str, *xs: Any) -> Any:
        y = TORCH[name](torch, *xs)
        return y + 0.0 if name == "relu" else y  # not -0.0

    leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in numbers]
    y = result(steps, leaves, call)
    if y.requires_grad:  # not of a comparison
        y.backward()
    return [y.item(), *(0.0 if leaf.grad is None else leaf.grad.item() for leaf in leaves)]


@pytest.mark.parametrize("seed", range(4))
def test_values_and_gradients_agree_with_torch(seed):
    torch = pytest.importorskip("torch")
    generator = random.Random(seed)
    for _ in range(500):
        n, steps = kinked(generator)
        numbers = nasty(generator, n)
        ours, theirs = eager(steps, numbers), in_torch(torch, steps, numbers)
        for i in range(n):
            if any(name == "power_of_constant" and parents[1] == i for name, parents in steps):
                theirs[1 + i] = ours[1 + i]  # an exponent that is declared to be no variable
        assert all(same(a, b, 1e-9) for a, b in zip(ours, theirs, strict=True)), (steps, numbers, ours, theirs)


def test_every_way_to_a_gradient_gives_the_same():
    """Numbers, nodes, passes that watch, passes that write nothing, forward and reverse mode."""
    generator = random.Random(7)
    for _ in range(300):
        n, steps = kinked(generator)
        numbers = nasty(generator, n)
        expected = eager(steps, numbers)[1:]

        leaves = [Value(x) for x in numbers]
        y = result(steps, leaves, engine)
        found = gradients(y)
        assert [found.get(leaf, 0.0) for leaf in leaves] == pytest.approx(expected, nan_ok=True)
        y.backward(create_graph=True)
        as_nodes = [recorded_gradient(leaf) or 0.0 for leaf in leaves]
        assert all(map(same, as_nodes, expected)), (steps, numbers, as_nodes, expected)

        def f(*xs, steps=steps):
            return result(steps, list(xs), engine)

        by_grad = grad_of(f, numbers)
        assert all(map(same, by_grad, expected)), (steps, numbers, by_grad, expected)


def grad_of(f, numbers):
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the result does not depend on an input
        return grad(f, argnums=tuple(range(len(numbers))))(*numbers)


# --- the plain cases --------------------------------------------------------------------------------------------


def test_a_branch_that_was_not_chosen_sends_nothing():
    assert grad(lambda x: sqrt(relu(x)))(-0.7) == 0.0
    assert grad(lambda x: sqrt(relu(x)))(4.0) == 0.25
    x = Value(-0.7)
    y = relu(x).sqrt()
    y.backward()
    assert x.grad == 0.0
    assert OPERATIONS["where"].sends(inf, 1.0, 1.0, 1.0, 2.0) == [(1, inf), (2, 0.0)]
    assert OPERATIONS["maximum"].sends(inf, 2.0, 1.0, 2.0) == [(0, 0.0), (1, inf)]
    assert OPERATIONS["minimum"].sends(nan, 1.0, 1.0, 2.0)[1] == (1, 0.0)


@pytest.mark.parametrize("order", [1, 2, 3])
def test_nothing_flows_through_a_condition(order):
    f = lambda x: where(sqrt(x), x**3, 2 * x)  # noqa: E731
    for _ in range(order):
        f = grad(f)
    assert f(0.0) == [2.0, 0.0, 0.0][order - 1]
    assert f(1.0) == [3.0, 6.0, 6.0][order - 1]


def test_forward_mode_and_hessians_choose_as_well():
    assert jvp(lambda x: relu(x), (-1.0,), (inf,)) == (0.0, 0.0)
    assert jvp(lambda c, x: where(sqrt(c), x, 2 * x), (0.0, 3.0), (1.0, 1.0)) == (6.0, 2.0)
    assert hessian(lambda x: sqrt(relu(x[0])) + x[1] ** 2)([-0.7, 3.0]) == [[0.0, 0.0], [0.0, 2.0]]


def test_a_zero_that_was_computed_is_a_number_as_in_torch():
    """abs multiplies by the sign, and x² by 2·x: 0·inf is nan there."""
    x = Value(0.0)
    (x**2).sqrt().backward()
    assert math.isnan(x.grad)
    x = Value(0.0)
    abs(x).sqrt().backward()
    assert math.isnan(x.grad)
    x = Value(0.0)
    (x**0 - 1).sqrt().backward()
    assert x.grad == 0.0


def test_what_was_recorded_holds_where_numbers_were_changed_since():
    x = Value(-0.7)
    y = relu(x).sqrt()
    x.data = 0.7
    y.backward()
    assert x.grad == 0.0


def test_a_watched_pass_sends_nothing_through_a_condition():
    x = Value(0.0)
    with detect_anomaly():
        where(sqrt(x), x, 2 * x).backward()
    assert x.grad == 2.0


def test_gradients_of_what_only_decides_are_zero():
    x = Value(0.0)
    y = where(sqrt(x), x, 2 * x)
    y.backward()
    root = next(node for node in topological_order(y) if node.op is OPERATIONS["sqrt"])
    assert (x.grad, root.grad) == (2.0, 0.0)
    assert isinstance(root.grad, float)
