"""Exercises of notebook 7, *Handwritten digits*: knobs, the loss of a guess, softmax, the confusion matrix."""

from __future__ import annotations

import math
from typing import Any

from .exercise import Exercise, is_list, is_number


def _softmax(answer: Any) -> str | None:
    if not callable(answer):
        return f"the answer is a function, write `answer_7_3 = my_softmax`; got {type(answer).__name__}"
    for logits, right in (
        ([0.0, 0.0], [0.5, 0.5]),
        ([1.0, 2.0, 0.0], [math.exp(z) / (math.e + math.e**2 + 1) for z in (1.0, 2.0, 0.0)]),
    ):
        given = answer(logits)
        problem = is_list(right)(given)
        if problem and is_list([math.exp(z) for z in logits])(given) is None:
            return "these are the powers of e. Divide each by their sum, so that together they are 1"
        if problem and is_list([z / (sum(logits) or 1) for z in logits])(given) is None:
            return "each is divided by the sum of all: good. But first take e to each of them: logits may be negative"
        if problem:
            return f"for {logits}: {problem}"
    try:
        large = answer([1000.0, 999.0])
    except OverflowError:
        return "right for small logits, but e to the 1000 overflows. Subtract the largest logit from all of them first"
    problem = is_list([1 / (1 + math.exp(-1)), 1 / (1 + math.e)])(large)
    return f"for [1000.0, 999.0]: {problem}" if problem else None


def _confusion(answer: Any) -> str | None:
    if not callable(answer):
        return f"the answer is a function, write `answer_7_4 = confusion`; got {type(answer).__name__}"
    counts = answer([0, 2, 2, 1], [0, 1, 1, 1], 3)
    try:
        rows = [[int(count) for count in row] for row in counts]
    except TypeError:
        return f"it returns a list of lists of counts, got {type(counts).__name__}"
    right = [[1, 0, 0], [0, 1, 2], [0, 0, 0]]
    if rows == right:
        return None
    if rows == [[1, 0, 0], [0, 1, 0], [0, 2, 0]]:
        return "rows and columns are exchanged: the row is the right class"
    if len({id(row) for row in counts}) < len(rows):
        return "all rows are the same list: [[0] * n] * n repeats one list n times. Make a new one for each row"
    return f"for said = [0, 2, 2, 1] and right = [0, 1, 1, 1] it should give {right}, yours gives {rows}"


EXERCISES = [
    Exercise(
        "7.1",
        is_number(
            79510,
            {
                79400: "those are the weights; each unit has a bias, too",
                784 * 100 * 10: "the layers are added, not multiplied",
                79410: "the hidden units have a bias each, too",
                79500: "the outputs have a bias each, too",
                1885: "that is the network of this notebook: 28 · 28 pixels are 784",
            },
        ),
        ["A unit has one weight for each input, and a bias.", "(784 + 1) · 100 for the hidden layer. And the outputs?"],
        "answer = (28 * 28 + 1) * 100 + (100 + 1) * 10",
        {
            "answer = 79400": "those are the weights; each unit has a bias, too",
            "answer = 784000": "the layers are added, not multiplied",
            "answer = 1885": "that is the network of this notebook: 28 · 28 pixels",
            "answer = 'many'": "the answer is one number, got str",
            "answer = 79410": "the hidden units have a bias each, too",
            "answer = 79500": "the outputs have a bias each, too",
        },
        "Most of them in the first layer.",
    ),
    Exercise(
        "7.2",
        is_number(
            math.log(10),
            {
                0.1: "0.1 is the probability. The loss is minus its logarithm",
                -math.log(10): "the sign: a loss is not negative here",
                10.0: "10 is one over the probability. The loss is its logarithm",
                0.0: "0 is the loss of a network that is sure, and right",
                1.0: "the logarithm is the natural one, math.log",
            },
            relative=2e-3,  # 2.3 is how one says it
        ),
        ["The probability of the right digit is 1/10.", "The loss is -ln(1/10)."],
        "import math\nanswer = math.log(10)",
        {
            "answer = 0.1": "0.1 is the probability. The loss is minus its logarithm",
            "answer = 1.0": "the logarithm is the natural one, math.log",
            "import math\nanswer = -math.log(10)": "the sign: a loss is not negative here",
            "answer = 0": "0 is the loss of a network that is sure, and right",
            "answer = 10": "10 is one over the probability. The loss is its",
        },
        "An untrained network starts near this number.",
    ),
    Exercise(
        "7.3",
        _softmax,
        [
            "First without caring about size: e to each logit, divided by the sum of them all.",
            "softmax([1000, 999]) is the same as softmax([0, -1]).",
        ],
        """
import math

def softmax(logits):
    largest = max(logits)
    powers = [math.exp(z - largest) for z in logits]
    return [power / sum(powers) for power in powers]

answer = softmax
""",
        {
            """
import math

def answer(logits):
    powers = [math.exp(z) for z in logits]
    return [power / sum(powers) for power in powers]
""": "right for small logits, but e to the 1000 overflows.",
            "answer = lambda logits: [z / (sum(logits) or 1) for z in logits]": "But first take e to each of them",
            "answer = lambda logits: max(logits)": "for [0.0, 0.0]: the answer is a list of 2 numbers, got",
            "answer = [0.5, 0.5]": "the answer is a function, write `answer_7_3 =",
            "import math\nanswer = lambda logits: [math.exp(z) for z in logits]": (
                "these are the powers of e. Divide each by their sum, so"
            ),
        },
        "The softmax of autograd does the same.",
    ),
    Exercise(
        "7.4",
        _confusion,
        ["Start with n rows of n zeros.", "For each pair (said, right) add 1 in row right, column said."],
        """
def confusion(said, right, n):
    counts = [[0] * n for _ in range(n)]
    for s, r in zip(said, right, strict=True):
        counts[r][s] += 1
    return counts

answer = confusion
""",
        {
            """
def answer(said, right, n):
    counts = [[0] * n for _ in range(n)]
    for s, r in zip(said, right, strict=True):
        counts[s][r] += 1
    return counts
""": "rows and columns are exchanged: the row is the right",
            """
def answer(said, right, n):
    counts = [[0] * n] * n
    for s, r in zip(said, right, strict=True):
        counts[r][s] += 1
    return counts
""": "all rows are the same list: [[0] * n] * n repeats one",
            "answer = lambda said, right, n: sum(s == r for s, r in zip(said, right, strict=True))": (
                "it returns a list of lists of counts, got int"
            ),
            "answer = lambda said, right, n: [[0] * n for _ in range(n)]": (
                "for said = [0, 2, 2, 1] and right = [0, 1, 1, 1] it"
            ),
            "answer = 3": "the answer is a function, write `answer_7_4 =",
        },
        "nn.plot_confusion_matrix draws it.",
    ),
]
