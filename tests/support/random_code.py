"""Random scalar code as people write it: loops over rows, ragged, with shared and repeated operands.

Entry point: `random_loss(seed)`, a Value whose graph has loops to be found.
"""

from __future__ import annotations

import random
from typing import Any

import autograd as ag
from autograd import Value, operation
from autograd import operations as ops

cube = operation("cube of random code", "cube of random code", lambda x: x**3, lambda y, x: (3.0 * x * x,))
UNARY = (ag.tanh, ag.exp, ag.sin, ag.cos, ag.sigmoid, ag.softplus, ag.relu, abs, ag.atan)
Rows = list[list[Any]]


def random_loss(seed: int) -> Value:
    """A loss: of a batch of samples that are alike, or of one computation."""
    r = random.Random(seed)
    weights = [r.choice([_values(r, 4), [Value(0.5)] * 4, _values(r, 4)]) for _ in range(3)]
    layers = [
        (r.choice(LAYERS), r.choice([2.0, 0.5, -1.0, 0.37]), r.choice(UNARY), r.choice(weights))
        for _ in range(r.randrange(1, 5))
    ]
    scale = weights[0][0] if r.random() < 0.5 else None  # the inputs are then plain numbers
    if r.random() < 0.5:
        rows = [_inputs(r, r.randrange(2, 7), scale) for _ in range(r.randrange(1, 6))]
        return _one_loss(r, _computed(rows, layers))
    widths = [r.randrange(2, 6) for _ in range(r.randrange(1, 4))]
    losses = []
    for _ in range(r.choice([8, 9, 12, 20])):
        rows = _computed([_inputs(r, n, scale) for n in widths], layers)
        losses.append((rows[0][0] - r.gauss(0, 1)) ** 2 + (rows[-1][-1] - r.gauss(0, 1)) ** 2)
    cost = ag.mean(losses) if r.random() < 0.5 else sum(losses) * (1 / len(losses))
    return _cost(r.randrange(5), cost, weights)


def _cost(kind: int, cost: Any, weights: Rows) -> Any:
    if kind == 0:
        return cost + 0.01 * sum(w * w for row in weights for w in row)
    if kind == 1:
        return ag.sqrt(cost + 0.1)  # whose derivative needs the value
    if kind == 2:
        return ag.logsumexp([cost, weights[0][0] * cost, 0.3])
    return cost


def _one_loss(r: random.Random, rows: Rows) -> Any:
    kind = r.randrange(4)
    if kind == 0:
        return sum(a * a for row in rows for a in row) + 0.0
    if kind == 1:
        return ag.logsumexp([a for row in rows for a in row])
    if kind == 2:
        return rows[-1][-1] * 1.0
    return sum(rows[0]) - sum(rows[-1])


def _values(r: random.Random, n: int) -> list[Value]:
    return [Value(r.gauss(0, 0.5)) for _ in range(n)]


def _inputs(r: random.Random, n: int, scale: Value | None) -> list[Any]:
    return _values(r, n) if scale is None else [r.gauss(0, 1) * scale for _ in range(n)]


def _computed(rows: Rows, layers: Any) -> Rows:
    for layer, c, function, w in layers:
        rows = [layer(row, rows[(i + 1) % len(rows)], c, function, w) for i, row in enumerate(rows)]
    return rows


def _ragged_sums(row: Any, other: Any, c: float, function: Any, w: Any) -> Any:
    return [sum(a * b for a, b in zip(row[: j + 1], w * 2, strict=False)) for j in range(len(row))]


def _stencil(row: Any, other: Any, c: float, function: Any, w: Any) -> Any:
    return [ag.tanh(row[j - 1] - c * row[j] + row[(j + 1) % len(row)]) for j in range(len(row))]


def _softmax(row: Any, other: Any, c: float, function: Any, w: Any) -> Any:
    return ag.softmax(row)


def _ragged_logsumexp(row: Any, other: Any, c: float, function: Any, w: Any) -> Any:
    return [ag.logsumexp(row[: j + 1] + other[:1]) for j in range(len(row))]


def _extremes(row: Any, other: Any, c: float, function: Any, w: Any) -> Any:
    return [ag.maximum(a, b + 0.017) - ag.minimum(a, b * c - 0.033) for a, b in zip(row, row[::-1], strict=True)]


def _elementwise(row: Any, other: Any, c: float, function: Any, w: Any) -> Any:
    return [function(ag.tanh(a)) for a in row]


def _powers(row: Any, other: Any, c: float, function: Any, w: Any) -> Any:
    rolled = row[1:] + row[:1]
    return [
        ag.tanh(a**2 + (a * a + 1.0) ** w[0] / (b**2 + c * c) + ag.sqrt(b * b + 0.1))
        for a, b in zip(row, rolled, strict=True)
    ]


def _choice(row: Any, other: Any, c: float, function: Any, w: Any) -> Any:
    return [ops.where(ops.less(a * 1.0, b + 0.123), a * c, b - c) for a, b in zip(row, row[::-1], strict=True)]


def _mixture(row: Any, other: Any, c: float, function: Any, w: Any) -> Any:
    pairs = zip(row, row[::-1], strict=True)
    return [a + a + (a - b) + (c if j % 2 else b * w[j % 4]) for j, (a, b) in enumerate(pairs)]


def _scan(row: Any, other: Any, c: float, function: Any, w: Any) -> Any:
    return [row[0], *[a * b for a, b in zip(row[1:], row, strict=False)]]


def _all_pairs(row: Any, other: Any, c: float, function: Any, w: Any) -> Any:
    return [ag.tanh(ag.sum([x * y for x in row for y in other]) * a) for a in row]


def _own_operation(row: Any, other: Any, c: float, function: Any, w: Any) -> Any:
    return [cube(ag.tanh(a)) for a in row]


def _normalized(row: Any, other: Any, c: float, function: Any, w: Any) -> Any:
    mean = ag.mean(row)
    variance = ag.mean([(a - mean) ** 2 for a in row])
    return [(a - mean) / ag.sqrt(variance + 0.1) * w[0] for a in row]


LAYERS = (
    _ragged_sums,
    _stencil,
    _softmax,
    _ragged_logsumexp,
    _extremes,
    _elementwise,
    _powers,
    _choice,
    _mixture,
    _scan,
    _all_pairs,
    _own_operation,
    _normalized,
)
