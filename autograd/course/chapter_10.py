"""Exercises of notebook 10, *A tiny GPT*."""

from __future__ import annotations

import math
from typing import Any

from .exercise import Exercise, StillEmpty, is_list, is_number

ATTENTION = [  # query, keys, values, result
    ([1.0, 2.0], [[0.5, 0.5]], [[3.0, 4.0]], [3.0, 4.0]),
    ([1.0, -1.0], [[2.0, 2.0], [5.0, 5.0]], [[1.0, 0.0], [3.0, 2.0]], [2.0, 1.0]),
    ([2.0, 0.0, 0.0, 0.0], [[math.log(3), 0.0, 0.0, 0.0], [0.0] * 4], [[4.0], [0.0]], [3.0]),
]


def attends(answer: Any) -> str | None:
    """One key, two keys that fit alike, and two of which one weighs three times as much."""
    if not callable(answer):
        return f"the answer is a function of query, keys and values, got {type(answer).__name__}"
    for query, keys, values, right in ATTENTION:
        given = answer(query, keys, values)
        if given is ...:
            raise StillEmpty
        problem = is_list(right)(given)
        if problem and len(keys) == 1:
            return f"with a single key its weight is 1, so the result is its value, {right}; yours: {problem}"
        if problem and len({tuple(key) for key in keys}) == 2 and keys[0][0] == keys[0][-1]:
            return f"both keys fit the query alike, so the result is the mean of the values, {right}; yours: {problem}"
        if problem and isinstance(given, (list, tuple)) and len(given) == 1 and is_number(3.6)(given[0]) is None:
            return "nearly: the dot products are to be divided by the root of how many numbers a query has"
        if problem:
            return f"for the query {query} and keys of which one weighs 3 times as much: {problem}"
    return None


def tempers(answer: Any) -> str | None:
    """The probabilities at three temperatures."""
    if not callable(answer):
        return f"the answer is a function of logits and a temperature, got {type(answer).__name__}"
    for logits, temperature, right in (
        ([0.0, math.log(3)], 1.0, [0.25, 0.75]),
        ([0.0, math.log(3)], 0.5, [0.1, 0.9]),
        ([0.0, math.log(9)], 2.0, [0.25, 0.75]),
    ):
        given = answer(logits, temperature)
        if given is ...:
            raise StillEmpty
        problem = is_list(right)(given)
        if problem:
            words = "with temperature 1 it is the softmax itself" if temperature == 1 else "divide the logits first"
            return f"at temperature {temperature:g} the probabilities should be {right}: {problem}; {words}"
    return None


EXERCISES = [
    Exercise(
        "10.1",
        is_number(
            math.log(100),
            {
                0.01: "0.01 is the probability; the loss is −ln of it",
                100.0: "100 is one over the probability; the loss is its logarithm",
                2.0: "this is the logarithm to base 10; the loss takes the natural one, math.log",
                -math.log(100): "the sign: −ln p is positive, as p is below 1",
                math.log(27): "this is ln 27; here are 100 symbols",
            },
        ),
        ["What probability does each of the 100 symbols get?", "The loss is −ln p, and ln is math.log."],
        "import math\n\nanswer = -math.log(1 / 100)",
        {
            "answer = 0.01": "0.01 is the probability; the loss is −ln of it",
            "answer = 2": "this is the logarithm to base 10; the loss takes the",
            "import math\nanswer = math.log(27)": "this is ln 27; here are 100 symbols",
            "answer = 'ln 100'": "the answer is one number, got str",
            "answer = 100": "100 is one over the probability; the loss is its",
        },
        "Knowing nothing costs ln of the number of symbols.",
    ),
    Exercise(
        "10.2",
        attends,
        [
            "First the weights: a softmax with one number for each key.",
            "That number is dot(query, key) / len(query) ** 0.5.",
            "zip(*values) goes through the values column by column; each result is dot(weights, column).",
        ],
        """
from autograd import dot, softmax

def answer(query, keys, values):
    weights = softmax([dot(query, key) / len(query) ** 0.5 for key in keys])
    return [dot(weights, column) for column in zip(*values)]
""",
        {
            "answer = 3": "the answer is a function of query, keys and values, got",
            "answer = lambda query, keys, values: None": "got None. Is there a `return`?",
            "answer = lambda query, keys, values: [0.0 for _ in values[0]]": (
                "with a single key its weight is 1, so the result is its"
            ),
            "answer = lambda query, keys, values: values[0]": "both keys fit the query alike, so the result is the",
            """
from autograd import dot, softmax

def answer(query, keys, values):
    weights = softmax([dot(query, key) for key in keys])
    return [dot(weights, column) for column in zip(*values)]
""": "nearly: the dot products are to be divided by the root",
        },
        "A weighted mean, and the weights have the sum 1.",
    ),
    Exercise(
        "10.3",
        is_number(
            14272,
            {
                8128: "this doubles everything; tables with WIDTH rows and columns grow fourfold",
                16256: "this is four times as much; the tables of symbols, places and outputs only double",
                12288: "this is 12·n². The tables of symbols, places and outputs are missing",
                4064: "this is the network above, with WIDTH = 16",
            },
        ),
        [
            "Tables with one side of WIDTH double, those with two such sides grow fourfold.",
            "The heads share the width: SIZE becomes 16. Each has 3 tables of 16 rows and 32 columns.",
            "27·32 + 8·32 for symbols and places, 2·3·16·32 + 32·32 for attention, 2·128·32, and 27·32.",
        ],
        "answer = 27 * 32 + 8 * 32 + 2 * 3 * 16 * 32 + 32 * 32 + 2 * 128 * 32 + 27 * 32",
        {
            "answer = 8128": "this doubles everything; tables with WIDTH rows and",
            "answer = 16256": "this is four times as much; the tables of symbols,",
            "answer = 4064": "this is the network above, with WIDTH = 16",
            "answer = [14272]": "the answer is one number, got list",
            "answer = 12 * 32**2": "this is 12·n². The tables of symbols, places and",
        },
        "In general 12·n² + 62·n: for large models the square is nearly all.",
    ),
    Exercise(
        "10.4",
        tempers,
        ["Divide each logit by the temperature.", "Then softmax the list."],
        """
from autograd import softmax

def answer(logits, temperature):
    return softmax([z / temperature for z in logits])
""",
        {
            "answer = 1.5": "the answer is a function of logits and a temperature,",
            "answer = lambda logits, temperature: None": "got None. Is there a `return`?",
            "from autograd import softmax\nanswer = lambda logits, temperature: softmax(logits)": (
                "at temperature 0.5 the probabilities should be [0.1,"
            ),
            (
                "from autograd import softmax\n"
                "answer = lambda logits, temperature: softmax([z * temperature for z in logits])"
            ): "at temperature 0.5 the probabilities should be [0.1,",
            (
                "from autograd import softmax\n"
                "answer = lambda logits, temperature: [p / temperature for p in softmax(logits)]"
            ): "at temperature 0.5 the probabilities should be [0.1,",
        },
        "Small temperatures are careful, large ones are daring.",
    ),
]
