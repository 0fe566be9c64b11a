"""Random graphs over the whole table, with nodes used again and again, against PyTorch and central differences.

Every operation is fed what keeps its result and its derivative of ordinary size: `log` gets a number above ½, the
divisor is one too, and what would grow without bound is taken of tanh. So no example has to be thrown away, and the
two libraries may differ by rounding only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from references import OPERATION_NAMES, TORCH, derivative

from autograd import OPERATIONS, Value, topological_order

# call(name, *nodes) applies an operation of the table; nodes are Values, tensors or floats.
Call = Callable[..., Any]


def positive(call: Call, x: Any) -> Any:
    return call("softplus", x) + 0.5


def small(call: Call, x: Any) -> Any:
    return call("tanh", x) * 0.9


PLAIN = [
    "identity",
    "add",
    "subtract",
    "negate",
    "sin",
    "cos",
    "atan",
    "tanh",
    "sigmoid",
    "softplus",
    "sum",
    "logsumexp",
]
PLAIN += ["identity", "relu", "abs", "maximum", "minimum"]

USES: dict[str, Callable[..., Any]] = {
    **{name: (lambda call, *xs, name=name: call(name, *xs)) for name in PLAIN},
    "multiply": lambda call, a, b: call("multiply", a, small(call, b)),
    "divide": lambda call, a, b: call("divide", a, positive(call, b)),
    "power": lambda call, a, b: call("power", positive(call, small(call, a)), small(call, b) * 2.0),
    "power_of_constant": lambda call, a, b: small(call, a) ** 3 + positive(call, b) ** -0.5,
    **{name: (lambda call, x, name=name: call(name, positive(call, x))) for name in ("log", "sqrt")},
    **{
        name: (lambda call, x, name=name: call(name, small(call, x)))
        for name in ("exp", "expm1", "log1p", "tan", "asin", "acos", "sinh", "cosh")
    },
    # Comparisons are flat, so they are used as in the rules: to choose.
    **{
        name: (lambda call, a, b, name=name: call("where", call(name, a, b), call("sin", a), b))
        for name in ("less", "less_equal", "equal")
    },
    "where": lambda call, c, a, b: call("where", call("relu", c), a, b),
}
KINKED = {"relu", "abs", "maximum", "minimum", "less", "less_equal", "equal", "where"}
SMOOTH = [name for name in OPERATION_NAMES if name not in KINKED]

Program = tuple[list[float], list[tuple[str, list[int]]]]


@st.composite
def programs(draw: st.DrawFn, names: list[str], longest: int) -> Program:
    """Numbers of the leaves, and steps: an operation and which of the earlier nodes it is applied to."""
    # No round numbers, or ties and kinks would be met, where rounding alone decides which side is taken.
    numerators = st.integers(-20, 20).map(lambda k: (k + 1 / math.pi) / 7.3)
    numbers = draw(st.lists(numerators, min_size=1, max_size=4, unique=True))
    steps = []
    for _ in range(draw(st.integers(1, longest))):
        name = draw(st.sampled_from(names))
        arity = USES_ARITY[name] or draw(st.integers(1, 4))
        # Counted from the newest node, so that programs tend to be deep.
        parents = draw(st.lists(st.integers(0, len(numbers) + len(steps) - 1), min_size=arity, max_size=arity))
        steps.append((name, parents))
    return numbers, steps


USES_ARITY = {name: OPERATIONS[name].arity for name in OPERATION_NAMES}


def run(program: Program, inputs: list[Any], call: Call) -> Any:
    """The last node, plus a little of every leaf so that all of them have a gradient."""
    nodes = list(inputs)
    for name, parents in program[1]:
        nodes.append(USES[name](call, *[nodes[-1 - i] for i in parents]))
    return call("sum", nodes[-1], *inputs)


def call_engine(name: str, *xs: Any) -> Any:
    return OPERATIONS[name](*xs)


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
