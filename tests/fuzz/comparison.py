"""What the eager engine gives, and whether another result agrees with it up to rounding.

Two results agree if no entry is off by more than 1e-12 of the largest of its vector, nan and infinities in the same
places. Where they do not, the graph is computed again and again with every rounding a little off and every sum in
another order: what differs no more than these do is not a mistake, but a graph that makes much of rounding (terms that
cancel, a kink that is met by rounding alone, a sum that overflows or not). Such cases are counted as `unclear`.

Entry points: `Point`, `eager`, `identical`, `agrees`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from autograd import OPERATIONS, Value

from .graphs import Graph

TOLERANCE = 1e-12
TRIALS = 24
# Their results are parents' numbers, or 0 and 1: nothing is rounded.
EXACT = {"identity", "negate", "relu", "abs", "maximum", "minimum", "where", "less", "less_equal", "equal"}


class Point(NamedTuple):
    """The results of a graph for these numbers of its leaves, and the gradient of the first one by each leaf."""

    values: list[float]
    gradient: list[float]


def eager(graph: Graph, numbers: Sequence[float]) -> Point:
    """By the eager engine."""
    leaves = [Value(x) for x in numbers]
    roots = graph.build(leaves)
    roots[0].backward()
    return Point([root.data for root in roots], [float(leaf.grad) for leaf in leaves])


def numbers_of(graph: Graph, numbers: Sequence[float]) -> list[float]:
    """The numbers of all nodes, and those that stand in expressions."""
    nodes = list(numbers)
    for name, parents in graph.steps:
        nodes.append(OPERATIONS[name].forward(*[nodes[p] if type(p) is int else p for p in parents]))
    return [*nodes, *[p for _, parents in graph.steps for p in parents if type(p) is float]]


def identical(a: Sequence[float], b: Sequence[float]) -> bool:
    """The same bits; every nan is one."""
    return len(a) == len(b) and all(
        (x == y and math.copysign(1.0, x) == math.copysign(1.0, y)) or (x != x and y != y)
        for x, y in zip(a, b, strict=True)
    )


def close(actual: Sequence[float], expected: Sequence[float], tolerance: float = TOLERANCE) -> bool:
    """Whether two vectors agree up to rounding of their largest entry."""
    scale = max((abs(x) for x in expected if math.isfinite(x)), default=0.0)
    return len(actual) == len(expected) and all(
        _near(a, b, tolerance * scale + 1e-300) for a, b in zip(actual, expected, strict=True)
    )


def _near(a: float, b: float, allowed: float) -> bool:
    return a == b or (a != a and b != b) or abs(a - b) <= allowed


def agrees(actual: Sequence[float], expected: Sequence[float], again: Callable[[int], Sequence[float]]) -> bool | None:
    """Whether a vector is right; None where rounding explains the difference.

    Args:
        actual: what is judged.
        expected: by the eager engine.
        again: of the number of a trial: the same with disturbed rounding, see `disturbed`.
    """
    if close(actual, expected):
        return True
    if len(actual) != len(expected):
        return False
    trials = [list(expected), *[list(again(trial)) for trial in range(TRIALS)]]
    return None if all(_explained(a, [t[i] for t in trials]) for i, a in enumerate(actual)) else False


def _explained(x: float, trials: Sequence[float]) -> bool:
    if x != x:
        return any(t != t for t in trials)
    if math.isinf(x):
        return x in trials
    finite = [t for t in trials if math.isfinite(t)]
    if not finite:
        return False
    low, high = min(finite), max(finite)
    scale = max(abs(low), abs(high))
    slack = 4.0 * (high / 2 - low / 2) + TOLERANCE * scale + 1e-300
    return low - slack <= x <= high + slack


def disturbed(graph: Graph, numbers: Sequence[float], trial: int) -> Point:
    """As `eager`, with every rounding up to four units off, and the terms of every sum in another order.

    What is computed twice from the same parents is disturbed in the same way, so that it stays the same number.
    """
    r = random.Random(trial)
    nodes = list(numbers)
    names: list[Any] = list(range(len(nodes)))  # what is the same has the same name
    known: dict[Any, tuple[int, float]] = {}
    parents_of: list[tuple[list[float], list[int | None]]] = [([], []) for _ in nodes]
    for name, parents in graph.steps:
        xs = [nodes[p] if type(p) is int else p for p in parents]
        key = (name, tuple(names[p] if type(p) is int else repr(p) for p in parents))
        if key not in known:
            shuffled = r.sample(xs, len(xs)) if OPERATIONS[name].arity is None else xs
            y = OPERATIONS[name].forward(*shuffled)
            y = y if name in EXACT else _off(y, r)
            if name == "logsumexp" and len(xs) > 1:  # a sum of at least 1 is rounded before its logarithm is taken
                y += r.randint(-4, 4) * 2.0**-52
            known[key] = len(names), y
        same, y = known[key]
        nodes.append(y)
        names.append(same)
        parents_of.append((xs, [p if type(p) is int else None for p in parents]))
    sent: list[list[float]] = [[] for _ in nodes]
    sent[graph.roots[0]].append(1.0)
    n_leaves = len(numbers)
    for k in range(len(nodes) - 1, n_leaves - 1, -1):
        if sent[k]:
            xs, places = parents_of[k]
            gradient = _total(sent[k], r)
            for i, share in OPERATIONS[graph.steps[k - n_leaves][0]].sends(gradient, nodes[k], *xs):
                place = places[i]
                if place is not None:
                    sent[place].append(_off(share, r))
    return Point([nodes[root] for root in graph.roots], [_total(s, r) if s else 0.0 for s in sent[:n_leaves]])


def _total(terms: list[float], r: random.Random) -> float:
    return sum(r.sample(terms, len(terms)), 0.0)


def _off(y: float, r: random.Random) -> float:
    if (abs(y) < 1e6 and (y * 1024.0).is_integer()) or not math.isfinite(y):  # a round number was not rounded
        return y
    return y + r.randint(-4, 4) * math.ulp(y)
