"""What the tests compare the engine with: central differences (no dependencies), PyTorch where it is installed.

Entry points: `same`, `derivative`, `wrong_derivatives` (the checker that is itself tested on planted mistakes),
`TORCH` and `torch_value_and_derivatives`, `OPERATION_NAMES`, `points_for`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd import OPERATIONS, Operation
from autograd.operations import BUILT_IN

inf, nan = math.inf, math.nan
Point = tuple[float, ...]

# In the order of the table. Operations that doctests or users have added are not meant.
OPERATION_NAMES = [name for name in OPERATIONS if name in BUILT_IN]


def same(actual: float, expected: float, relative: float = 1e-12, absolute: float = 1e-300) -> bool:
    """Whether two numbers agree; nan agrees with nan, an infinity only with itself."""
    if math.isnan(actual) or math.isnan(expected):
        return math.isnan(actual) and math.isnan(expected)
    return math.isclose(actual, expected, rel_tol=relative, abs_tol=absolute)


# --- central differences --------------------------------------------------------------------------------


def derivative(function: Callable[..., float], point: Sequence[float], i: int) -> float:
    """d(function)/d(point[i]) from four values; the error is of order h⁴."""
    h = 1e-3 * max(1.0, abs(point[i]))

    def at(offset: float) -> float:
        return function(*point[:i], point[i] + offset, *point[i + 1 :])

    return (8 * (at(h) - at(-h)) - (at(2 * h) - at(-2 * h))) / (12 * h)


# An exponent written as a number is declared not to be a variable: its local derivative is 0 by definition.
NOT_VARIABLES = {("power_of_constant", 1)}

# Off the kinks, off the ties, and so mixed that every operation is defined at several of them.
SMOOTH_POINTS = {
    1: [(x,) for x in (-2.3, -0.7, -0.31, 0.17, 0.83, 1.9)],
    2: list(itertools.permutations((-1.7, -0.6, 0.4, 1.3, 2.2), 2)),
    3: [(c, a, b) for c in (0.0, 1.0, -2.0) for a, b in ((0.4, 1.3), (-2.2, 0.7))],
    None: [(0.7,), (0.3, -1.2), (1.0, 2.5, -0.4), (0.1, 0.2, 0.3, 0.4, -3.0)],
}


def wrong_derivatives(operation: Operation, relative: float = 1e-7) -> list[str]:
    """Every local derivative of the rule that differs from a central difference; empty for a correct rule."""
    wrong, compared = [], set()
    for point in SMOOTH_POINTS[operation.arity]:
        local_derivatives = operation.derivatives(operation.forward(*point), *point)
        if len(local_derivatives) != len(point):
            wrong.append(f"{operation.name}{point}: {len(local_derivatives)} derivatives for {len(point)} parents")
            continue
        for i, local_derivative in enumerate(local_derivatives):
            expected = derivative(operation.forward, point, i)
            # Outside the domain both sides would be nan, which compares nothing.
            if (operation.name, i) in NOT_VARIABLES or not math.isfinite(expected):
                continue
            compared.add((point, i))
            if not same(local_derivative, expected, relative, absolute=relative):
                wrong.append(f"{operation.name}{point}: derivative {i} is {local_derivative}, should be {expected}")
    assert wrong or len(compared) >= 2, f"{operation.name} is defined at too few points for the check to mean something"
    return wrong


# --- PyTorch ---------------------------------------------------------------------------------------------

# Functions of (torch, *tensors). Where PyTorch's own function is only an approximation, or takes a short cut, an
# equivalent stands here: `softplus` goes linear above 20.
TORCH: dict[str, Callable[..., Any]] = {
    "add": lambda torch, a, b: a + b,
    "subtract": lambda torch, a, b: a - b,
    "multiply": lambda torch, a, b: a * b,
    "divide": lambda torch, a, b: a / b,
    "identity": lambda torch, x: x.clone(),
    "negate": lambda torch, x: -x,
    "power": lambda torch, a, b: a**b,
    "power_of_constant": lambda torch, x, n: x ** n.detach(),
    "exp": lambda torch, x: torch.exp(x),
    "expm1": lambda torch, x: torch.expm1(x),
    "log": lambda torch, x: torch.log(x),
    "log1p": lambda torch, x: torch.log1p(x),
    "sqrt": lambda torch, x: torch.sqrt(x),
    "sin": lambda torch, x: torch.sin(x),
    "cos": lambda torch, x: torch.cos(x),
    "tan": lambda torch, x: torch.tan(x),
    "asin": lambda torch, x: torch.asin(x),
    "acos": lambda torch, x: torch.acos(x),
    "atan": lambda torch, x: torch.atan(x),
    "sinh": lambda torch, x: torch.sinh(x),
    "cosh": lambda torch, x: torch.cosh(x),
    "tanh": lambda torch, x: torch.tanh(x),
    "sigmoid": lambda torch, x: torch.sigmoid(x),
    "softplus": lambda torch, x: torch.logaddexp(x, torch.zeros_like(x)),
    "less": lambda torch, a, b: (a < b).double(),
    "less_equal": lambda torch, a, b: (a <= b).double(),
    "equal": lambda torch, a, b: (a == b).double(),
    "where": lambda torch, c, a, b: torch.where(c != 0, a, b),
    "relu": lambda torch, x: torch.relu(x),
    "abs": lambda torch, x: torch.abs(x),
    "maximum": lambda torch, a, b: torch.maximum(a, b),
    "minimum": lambda torch, a, b: torch.minimum(a, b),
    "sum": lambda torch, *xs: torch.stack(xs).sum(dim=0),
    "logsumexp": lambda torch, *xs: torch.logsumexp(torch.stack(xs), dim=0),
}

NUMBERS = (0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -3.0, 1e-300, -1e-300, 1e300, -1e300, 1000.0, -1000.0, inf, -inf, nan)


def points_for(operation: Operation) -> list[Point]:
    """Ordinary, extreme and edge points: zeros of both signs, ties, kinks, domain borders, infinities, nan."""
    if operation.arity == 1:
        return [(x,) for x in (*NUMBERS, 1.0 - 1e-9, 1.0 + 1e-9, 0.25, 3.0, 1 / 3)]
    if operation.arity == 2:
        return [*itertools.product(NUMBERS, repeat=2), (-8.0, 1 / 3), (2.0, 0.5), (0.3, 0.3 + 1e-16)]
    if operation.arity == 3:
        return list(itertools.product((0.0, -0.0, 1.0, -2.0, inf, nan), (0.5, inf, nan), (-3.0, -inf, nan)))
    few = (0.0, 1.5, -1000.0, 1000.0, 1e300, inf, -inf, nan)
    return [point for length in (1, 2, 3) for point in itertools.product(few, repeat=length)]


def torch_value_and_derivatives(torch: Any, name: str, point: Point) -> tuple[float, list[float]]:
    """What PyTorch gives in float64; 0.0 for an input that no gradient flows to."""
    xs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]
    y = TORCH[name](torch, *xs)
    if y.requires_grad:  # a comparison has no gradient at all
        y.backward()
    return y.item(), [0.0 if x.grad is None else x.grad.item() for x in xs]
