"""Exercises of notebook 1, *A formula is a graph*: z = (x + y)·w at x = 2, y = 3, w = 4."""

from __future__ import annotations

from .exercise import Exercise, is_number

EXERCISES = [
    Exercise(
        "1.1",
        is_number(
            4.0,
            {
                5.0: "5 is the gradient of w. Which local derivatives stand on the way from x to z?",
                20.0: "20 is the number of z itself. How many times as far does z move when x moves?",
            },
        ),
        [
            "There is one path from x to z, and it has two edges.",
            "s = x + y has the local derivative 1; z = s · w has the local derivative w.",
        ],
        "answer = 1 * 4",
        ["answer = 5", "answer = 20", "answer = '4'", "answer = True"],
        "One path, through s: 1 · 4 = 4.",
    ),
]
