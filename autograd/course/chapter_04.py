"""Exercises of notebook 4, *Where the transpose comes from*: the last error, one layer back, the update."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .exercise import Exercise, is_list, is_number, plain


def _is_delta(answer: Any) -> str | None:
    problem = is_list([0.625, 1.0])(answer)
    if problem and is_list([0.5, 1.25])(answer) is None:
        return "you went along the rows. Backward the sum runs along a column of W: over the edges that leave a neuron."
    if problem and is_list([2.5, 4.0])(answer) is None:
        return "the sums are right. Each is still multiplied by the slope g'(z) of its neuron."
    return problem


Rows = Sequence[Sequence[float]]

# A layer with as many inputs as neurons, then one with more inputs; and one sample, then two.
_UPDATES: list[tuple[Rows, Rows, Rows, float]] = [
    ([[0.1, 0.2], [0.3, 0.4]], [[-0.5, 0.25]], [[1.0, 2.0]], 1.0),
    ([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [[1.0, -1.0], [0.5, 0.25]], [[1.0, 0.0, 2.0], [-1.0, 3.0, 0.5]], 0.1),
]


def _updated(W: Rows, deltas: Rows, inputs: Rows, rate: float) -> list[list[float]]:
    """W - rate · Σ δ aᵀ over the samples."""
    return [
        [w - rate * sum(delta[j] * a[k] for delta, a in zip(deltas, inputs, strict=True)) for k, w in enumerate(row)]
        for j, row in enumerate(W)
    ]


def _is_update(answer: Any) -> str | None:
    if not callable(answer):
        return f"the answer is your function update, got {type(answer).__name__}"
    for W, deltas, inputs, eta in _UPDATES:
        given = answer([list(row) for row in W], deltas, inputs, eta)
        problem = _differs(given, _updated(W, deltas, inputs, eta / len(deltas)))
        if problem and _differs(given, W) is None:
            return "W has not changed. Take η/m times the sum of δ_j·a_k away from each number."
        if problem and _differs(given, _updated(W, deltas, inputs, -eta / len(deltas))) is None:
            return "it goes up: the update is *minus* the gradient."
        if problem and _differs(given, _updated(W, deltas, inputs, eta)) is None:
            return "with one sample it is right. With several, the sum is divided by their number m."
        if problem:
            return f"for W = {W}, deltas = {deltas}, inputs = {inputs}, eta = {eta}: {problem}"
    return None


def _differs(given: Any, right: Rows) -> str | None:
    given = plain(given)
    if not isinstance(given, (list, tuple)) or len(given) != len(right):
        return f"it should give a list of {len(right)} rows"
    for j, (row, expected) in enumerate(zip(given, right, strict=True)):
        problem = is_list(expected)(row)
        if problem:
            return f"row {j + 1} should be {[round(x, 6) for x in expected]}; {problem}"
    return None


_UPDATE = """
def answer(W, deltas, inputs, eta):
    m = len(deltas)
    return [
        [w - eta / m * sum([delta[j] * a[k] for delta, a in zip(deltas, inputs)]) for k, w in enumerate(row)]
        for j, row in enumerate(W)
    ]
"""

EXERCISES = [
    Exercise(
        "4.1",
        is_number(
            -0.1,
            {
                0.9: "0.9 is the output itself. δ says how far it is from what it should be.",
                0.1: "the size is right. δ is the output minus what it should be.",
                -0.009: "that is δ of the quadratic loss. With the cross-entropy the slope a·(1 - a) cancels.",
                0.09: "that is the slope of the sigmoid. With the cross-entropy it cancels.",
                -1 / 0.9: "that is ∂J/∂a. One more factor leads to z: the slope a·(1 - a).",
            },
        ),
        ["∂J/∂a = (a - y) / (a·(1 - a)), and the slope is a·(1 - a).", "δ = a - y"],
        "answer = 0.9 - 1",
        {
            "answer = 0.1": "the size is right. δ is the output minus what it should",
            "answer = -0.009": "that is δ of the quadratic loss. With the cross-entropy",
            "answer = 0.09": "that is the slope of the sigmoid. With the",
            "answer = -1 / 0.9": "that is ∂J/∂a. One more factor leads to z: the slope",
            "answer = 0.9": "0.9 is the output itself",
        },
        "The output minus what it should be.",
    ),
    Exercise(
        "4.2",
        _is_delta,
        [
            "From the first neuron two edges leave: with the weights 1 and 3, the first column.",
            "1·1 + 3·0.5, times 0.25; and the same with the second column.",
        ],
        "answer = [(1 * 1 + 3 * 0.5) * 0.25, (2 * 1 + 4 * 0.5) * 0.25]",
        {
            "answer = [0.5, 1.25]": "you went along the rows. Backward the sum runs along a",
            "answer = [2.5, 4.0]": "the sums are right. Each is still multiplied by the",
            "answer = 0.625": "the answer is a list of 2 numbers, got float",
            "answer = [1.0, 0.625]": "these are the right numbers, but not in the order that",
            "answer = [0.625]": "the answer has 2 numbers, yours has 1",
        },
        "Along the columns, then times the slopes.",
    ),
    Exercise(
        "4.3",
        _is_update,
        [
            "For one sample, the gradient of the weight in row j and column k is delta[j] * a[k].",
            "Add this over the samples, divide by their number, multiply by eta, and take it away from W[j][k].",
        ],
        _UPDATE,
        {
            "answer = [[0.6, 1.2], [0.05, -0.1]]": "the answer is your function update, got list",
            "answer = lambda W, deltas, inputs, eta: W": "W has not changed. Take η/m times the sum of δ_j·a_k",
            "answer = lambda W, deltas, inputs, eta: W[0]": "for W = [[0.1, 0.2], [0.3, 0.4]], deltas = [[-0.5,",
            _UPDATE.replace("w - eta", "w + eta"): "it goes up: the update is *minus* the gradient.",
            _UPDATE.replace("eta / m", "eta"): "with one sample it is right. With several, the sum is",
            _UPDATE.replace("delta[j] * a[k]", "delta[k] * a[j]"): "for W = [[0.1, 0.2], [0.3, 0.4]], deltas = [[-0.5,",
        },
        "This is what an optimizer does with every layer.",
    ),
]
