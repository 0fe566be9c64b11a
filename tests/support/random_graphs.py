"""Random programs over the whole table, for property tests: built of Values, tensors or floats.

Every operation is fed what keeps its result and its derivative of ordinary size: `log` gets a number above ½, the
divisor is one too, and what would grow without bound is taken of tanh. So no example has to be thrown away, and two
libraries may differ by rounding only.

Entry points: `programs`, a strategy of Hypothesis; `run`, which builds one; `call_engine`; `USES`, `SMOOTH`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from autograd import OPERATIONS

from .references import OPERATION_NAMES

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
