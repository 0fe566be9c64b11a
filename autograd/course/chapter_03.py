"""Exercises of notebook 3, *A network is many small sums*: forward, parameters, and a layer in reverse."""

from __future__ import annotations

import math
from typing import Any

from .exercise import Exercise, is_list, is_number

# W of the next layer, its deltas, the slopes of this layer. The sizes of a layer and the next differ from the
# second case on: who takes rows for columns is right by chance only where W is symmetric.
_LAYERS = [
    ([[1.0, 2.0], [3.0, 4.0]], [1.0, 0.5], [0.5, 0.25]),
    ([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], [1.0, -1.0], [0.25, 0.5, 1.0]),
    ([[2.0], [-1.0], [0.5]], [1.0, 2.0, 4.0], [0.1]),
]


def _is_reverse_layer(answer: Any) -> str | None:
    if not callable(answer):
        return f"the answer is your function reverse_layer, got {type(answer).__name__}"
    for W, deltas, slopes in _LAYERS:
        received = [math.fsum(row[j] * d for row, d in zip(W, deltas, strict=True)) for j in range(len(slopes))]
        right = [slope * r for slope, r in zip(slopes, received, strict=True)]
        given = answer(W, deltas, slopes)
        problem = is_list(right)(given)
        if problem and is_list(received)(given) is None:
            return "the sums are right, but each is multiplied by the slope of its own neuron."
        if problem and len(W) == len(W[0]) and is_list(_by_rows(W, deltas, slopes))(given) is None:
            return "the sum runs over a row of W. The edges that leave neuron j are W[0][j], W[1][j], …: a column."
        if problem:
            return f"for W = {W}, deltas = {deltas}, slopes = {slopes} it should give {right}; {problem}"
    return None


def _by_rows(W: list[list[float]], deltas: list[float], slopes: list[float]) -> list[float]:
    return [
        slope * math.fsum(w * d for w, d in zip(row, deltas, strict=True)) for row, slope in zip(W, slopes, strict=True)
    ]


EXERCISES = [
    Exercise(
        "3.1",
        is_number(
            -2.0,
            {
                4.0: "that is the first neuron. The second one has the second row, (-1, 1), and the bias 0.",
                0.0: "(-1)·1 is -1, and 1·(-1) is -1 too.",
                2.0: "look at the signs: (-1)·1 + 1·(-1) + 0.",
                -3.0: "that is made of column 2. A neuron is a row: (-1, 1).",
                1 / (1 + math.exp(2)): "that is its activation. The pre-activation z is the sum before it is squeezed.",
            },
        ),
        ["Its weights are the second row of W(1), its bias the second of b(1).", "(-1)·1 + 1·(-1) + 0"],
        "answer = (-1) * 1 + 1 * (-1) + 0",
        {
            "answer = 4": "that is the first neuron. The second one has the second",
            "answer = 0": "(-1)·1 is -1, and 1·(-1) is -1 too.",
            "answer = 2": "look at the signs: (-1)·1 + 1·(-1) + 0.",
            "answer = -3": "that is made of column 2. A neuron is a row: (-1, 1).",
            "answer = 0.11920292202211755": "that is its activation. The pre-activation z is the sum",
        },
        "Squeezed, it is the 0.12 of the first layer.",
    ),
    Exercise(
        "3.2",
        is_number(
            32,
            {
                25.0: "these are the weights. Each neuron also has a bias.",
                7.0: "these are the biases, or the neurons. Each neuron also has a weight for each of its inputs.",
                10.0: "these are the inputs and the neurons. A parameter stands on each edge between them.",
                30.0: "the layers do not multiply: count the edges into the hidden layer, then those into the outputs.",
                35.0: "inputs have no bias: they are no neurons.",
            },
        ),
        [
            "How many parameters does one hidden neuron have?",
            "5 neurons with 3 + 1 each, and 2 neurons with 5 + 1 each.",
        ],
        "answer = 5 * (3 + 1) + 2 * (5 + 1)",
        {
            "answer = 25": "these are the weights. Each neuron also has a bias.",
            "answer = 7": "these are the biases, or the neurons. Each neuron also",
            "answer = 10": "these are the inputs and the neurons. A parameter",
            "answer = 30": "the layers do not multiply: count the edges into the",
            "answer = 35": "inputs have no bias: they are no neurons.",
        },
        "5·(3 + 1) + 2·(5 + 1).",
    ),
    Exercise(
        "3.3",
        _is_reverse_layer,
        [
            "For each neuron j: what comes back over the edges that leave it, added, times its slope.",
            "The edge from neuron j to neuron i of the next layer has the weight W[i][j]; deltas[i] waits at its end.",
        ],
        "def answer(W, deltas, slopes):\n"
        "    return [slopes[j] * sum(W[i][j] * deltas[i] for i in range(len(deltas))) for j in range(len(slopes))]",
        {
            "answer = [0.5, 1.0]": "the answer is your function reverse_layer, got list",
            "answer = lambda W, deltas, slopes: []": "for W = [[1.0, 2.0], [3.0, 4.0]], deltas = [1.0, 0.5],",
            "answer = lambda W, ds, slopes: [sum(row[j] * d for row, d in zip(W, ds)) for j in range(len(W[0]))]": (
                "the sums are right, but each is multiplied by the slope"
            ),
            "answer = lambda W, ds, slopes: [s * sum(w * d for w, d in zip(row, ds)) for row, s in zip(W, slopes)]": (
                "the sum runs over a row of W. The edges that leave"
            ),
            "answer = lambda W, ds, slopes: [s * (W[0][j] * ds[0] + W[1][j] * ds[1]) for j, s in enumerate(slopes)]": (
                "for W = [[2.0], [-1.0], [0.5]], deltas = [1.0, 2.0,"
            ),
        },
        "It works for layers of any size.",
    ),
]
