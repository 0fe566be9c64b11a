"""Random graphs full of kinks, ties, infinities and nan.

Entry points: `kinked`, a random graph; `nasty`, numbers for its leaves; `result`, which builds it; `eager`, its result
and derivatives by the eager engine.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

from autograd import OPERATIONS, Value

from .references import OPERATION_NAMES

inf, nan = math.inf, math.nan
NASTY = (0.0, -0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -3.0, 1e-300, 1e300, -1e300, inf, -inf, nan)
CHOOSING = (
    *("relu", "maximum", "minimum", "where", "abs"),
    *("power", "power_of_constant", "less", "less_equal", "equal"),
)
# PyTorch divides twice where the rule here divides once, and rounds in another way.
OTHERS = tuple(name for name in OPERATION_NAMES if name != "divide")

Steps = list[tuple[str, list[int]]]


def kinked(generator: random.Random) -> tuple[int, Steps]:
    """How many leaves, and steps: an operation and the numbers of earlier nodes that it is applied to."""
    n_leaves = generator.randint(1, 3)
    steps: Steps = []
    for _ in range(generator.randint(1, 7)):
        name = generator.choice(CHOOSING if generator.random() < 0.55 else OTHERS)
        n = n_leaves + len(steps)
        parents = [generator.randrange(n) for _ in range(OPERATIONS[name].arity or generator.randint(1, 3))]
        steps.append((name, parents))
    return n_leaves, steps


def nasty(generator: random.Random, n: int) -> list[float]:
    return [generator.choice(NASTY) for _ in range(n)]


def result(steps: Steps, leaves: list[Any], call: Callable[..., Any]) -> Any:
    nodes = list(leaves)
    for name, parents in steps:
        nodes.append(call(name, *[nodes[i] for i in parents]))
    return nodes[-1]


def engine(name: str, *xs: Any) -> Any:
    return OPERATIONS[name](*xs)


def eager(steps: Steps, numbers: list[float]) -> list[float]:
    """The result, and the derivative by each leaf."""
    leaves = [Value(x) for x in numbers]
    y = result(steps, leaves, engine)
    y.backward()
    return [y.data, *(leaf.grad for leaf in leaves)]
