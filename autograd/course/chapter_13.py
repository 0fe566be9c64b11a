"""Exercises of notebook 13, *By hand, a batch at a time*: shapes, a bug, softmax alone, and what is kept.

Tables are lists of lists in the tests of answers, so that no NumPy is needed here; answers may be arrays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from .exercise import NOTHING, Exercise, StillEmpty, is_list, plain, shown

Rows = Sequence[Sequence[float]]


def _is_shape(answer: Any) -> str | None:
    for wrong, words in (
        ([100.0, 20.0], "that is the shape of Xᵀ·Δ: the transpose of the gradient. Which shape has W?"),
        ([32.0, 20.0], "that is Δ itself"),
        ([32.0, 100.0], "that is X itself, and the shape of Δ·W"),
        ([20.0, 32.0], "that is Δᵀ alone. A product has the rows of the first and the columns of the second"),
    ):
        if is_list(wrong)(plain(answer)) is None:
            return words
    return is_list([20.0, 100.0])(answer)


# Three samples, two inputs, two neurons; then as many samples as inputs and neurons.
_BATCHES: list[tuple[Rows, Rows, Rows]] = [
    ([[1.0, 2.0], [0.5, -1.0], [2.0, 0.0]], [[1.0, 3.0], [2.0, -1.0], [0.0, 1.0]], [[0.1, 0.2], [0.3, -0.4]]),
    ([[1.0, -1.0], [2.0, 0.5]], [[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [2.0, 1.0]]),
]


def _product(a: Rows, b: Rows) -> list[list[float]]:
    return [[sum(x * y for x, y in zip(row, column, strict=True)) for column in zip(*b, strict=True)] for row in a]


def _is_backward(answer: Any) -> str | None:
    try:
        import numpy as np
    except ImportError:  # pragma: no cover - the notebook itself needs NumPy
        return "this exercise needs NumPy: pip install numpy"
    if not callable(answer):
        return f"the answer is a function, write `answer_13_2 = hurried`; got {shown(answer)}"
    for delta, X, W in _BATCHES:
        given = answer(np.array(delta), np.array(X), np.array(W))
        if given is None:
            return f"it gave {NOTHING}"
        if not isinstance(given, (tuple, list)) or len(given) != 3:
            return "return three tables: the gradients by X, by W and by b"
        turned = [list(column) for column in zip(*delta, strict=True)]
        by_W, by_b = _product(turned, X), [sum(column) for column in turned]
        for name, table, right in (("X", given[0], _product(delta, W)), ("W", given[1], by_W), ("b", given[2], [by_b])):
            problem = _differs(plain(table), right, len(delta))
            if problem:
                return f"the gradient by {name}: {problem}"
    return None


def _differs(table: Any, right: Rows, m: int) -> str | None:
    rows = table if isinstance(table, (list, tuple)) and table and isinstance(table[0], (list, tuple)) else [table]
    flat = [x for row in rows for x in row] if all(isinstance(row, (list, tuple)) for row in rows) else None
    expected = [x for row in right for x in row]
    if flat is None or len(rows) != len(right) or len(flat) != len(expected):
        return "it does not have the shape of what it belongs to"
    if is_list(expected)(flat) is None:
        return None
    if is_list([x / m for x in expected])(flat) is None:
        return "it is divided by the number of samples. Is the average not in Δ already?"
    turned = [x for column in zip(*right, strict=True) for x in column]
    if is_list(turned)(flat) is None:
        return "the numbers are right, but rows and columns are exchanged"
    return f"it should be {expected}, row by row, and is {[round(float(x), 6) for x in flat]}"


def _is_softmax_backward(answer: Any) -> str | None:
    if not callable(answer):
        return f"the answer is a function, write `answer_13_3 = softmax_backward`; got {shown(answer)}"
    for delta, logits in (([1.0, 0.0], [0.0, 0.0]), ([0.5, -1.0, 2.0], [1.0, 2.0, 0.5])):
        powers = [math.exp(z) for z in logits]
        p = [x / sum(powers) for x in powers]
        mean = sum(d * x for d, x in zip(delta, p, strict=True))
        right = [x * (d - mean) for d, x in zip(delta, p, strict=True)]
        given = answer(delta, p)
        if given is ...:
            raise StillEmpty
        problem = is_list(right)(given)
        if problem and is_list([d * x * (1 - x) for d, x in zip(delta, p, strict=True)])(given) is None:
            return "that is the diagonal alone, p·(1 - p). Each p depends on the other logits, too"
        if problem and is_list([d * x for d, x in zip(delta, p, strict=True)])(given) is None:
            return "one part is missing: -p_j · Σ Δ_i p_i, which comes over all the other p"
        if problem and is_list(delta)(given) is None:
            return "that is Δ itself: what softmax does is still missing"
        if problem:
            return f"for delta = {delta} and p = {[round(x, 4) for x in p]}: {problem}"
    return None


def _is_kept(answer: Any) -> str | None:
    words: dict[str, str | None] = {
        "Z": "from Z the slope needs tanh(Z) again",
        "BOTH": "one of them is enough: which one does 1 - tanh² ask for?",
        "A": None,
    }
    name = str(answer).strip().upper()
    return words.get(name, f'the answer is "Z", "A" or "both"; got {answer!r}')


EXERCISES = [
    Exercise(
        "13.1",
        _is_shape,
        ["Δ has a row for each sample and a column for each neuron.", "(20 × 32) times (32 × 100)."],
        "answer = [20, 100]",
        {
            "answer = [100, 20]": "that is the shape of Xᵀ·Δ",
            "answer = [32, 20]": "that is Δ itself",
            "answer = [32, 100]": "that is X itself",
            "answer = [20, 32]": "that is Δᵀ alone",
            "answer = 2000": "the answer is a list of 2 numbers, got int",
        },
        "The shape of W, as it should be.",
    ),
    Exercise(
        "13.2",
        _is_backward,
        ["Compare each of the three with `linear_backward` above.", "Where is the average over the samples taken?"],
        "def answer(delta, X, W):\n    return delta @ W, delta.T @ X, delta.sum(axis=0)",
        {
            "answer = lambda delta, X, W: (delta @ W, delta.T @ X / len(X), delta.mean(axis=0))": (
                "the gradient by W: it is divided by the number of samples"
            ),
            "answer = lambda delta, X, W: (delta @ W, delta.T @ X, delta.mean(axis=0))": (
                "the gradient by b: it is divided by the number of samples"
            ),
            "answer = lambda delta, X, W: (delta @ W, X.T @ delta, delta.sum(axis=0))": "and columns are exchanged",
            "answer = lambda delta, X, W: (delta @ W, delta.T @ X, delta)": "it does not have the shape of what it",
            "answer = lambda delta, X, W: delta @ W": "return three tables",
            "answer = lambda delta, X, W: None": "Is there a `return`?",
        },
        "A layer sums over the samples; the cost has taken the average.",
    ),
    Exercise(
        "13.3",
        _is_softmax_backward,
        [
            "Multiply along the paths and add: Σ_i Δ_i · ∂p_i/∂z_j.",
            "The part with [i = j] gives Δ_j p_j. The other gives -p_j · Σ_i Δ_i p_i.",
        ],
        "def answer(delta, p):\n"
        "    mean = sum(d * x for d, x in zip(delta, p))\n"
        "    return [x * (d - mean) for d, x in zip(delta, p)]",
        {
            "answer = lambda delta, p: [d * x * (1 - x) for d, x in zip(delta, p)]": "that is the diagonal alone",
            "answer = lambda delta, p: [d * x for d, x in zip(delta, p)]": "one part is missing",
            "answer = lambda delta, p: delta": "that is Δ itself",
            "answer = lambda delta, p: [x - d for d, x in zip(delta, p)]": "for delta = [1.0, 0.0]",
            "answer = lambda delta, p: None": "Is there a `return`?",
        },
        "With the cross-entropy behind it this becomes p - y.",
    ),
    Exercise(
        "13.4",
        _is_kept,
        ["Which derivative has tanh, written with its own result?", "1 - tanh(z)² is 1 - a²."],
        'answer = "A"',
        {
            'answer = "Z"': "from Z the slope needs tanh(Z) again",
            'answer = "both"': "one of them is enough",
            "answer = 1": 'the answer is "Z", "A" or "both"',
            'answer = "neither"': 'the answer is "Z", "A" or "both"',
            'answer = "W"': 'the answer is "Z", "A" or "both"',
        },
        "And A is kept anyway: it is the input of the next layer.",
    ),
]
