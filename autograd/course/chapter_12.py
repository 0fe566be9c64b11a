"""Exercises of notebook 12, *What can a network be?*: gates, how many bumps, and what a cost must be like."""

from __future__ import annotations

from typing import Any

from .exercise import Exercise, is_number, plain, shown

_CORNERS = [(0, 0), (0, 1), (1, 0), (1, 1)]


def _is_bias_of_or(answer: Any) -> str | None:
    b = plain(answer)
    if isinstance(b, bool) or not isinstance(b, (int, float)):
        return f"the answer is one number, got {shown(answer)}"
    if b > 0:
        return f"with the bias {b:g} it says 1 for (0, 0), too: there the weighted input is the bias alone"
    if b <= -4:
        return f"with the bias {b:g} it says 0 even for (1, 1), whose weighted input is 4 + b"
    if b <= -2:
        return f"with the bias {b:g} it says 0 for (0, 1), whose weighted input is 2 + b: that gate is AND"
    return None


def _is_xor(answer: Any) -> str | None:
    if not callable(answer):
        return f"the answer is a function, write `answer_12_2 = xor`; got {shown(answer)}"
    asked: list[tuple[Any, Any]] = []

    def nand(x1: Any, x2: Any) -> int:
        asked.append((x1, x2))
        return 0 if x1 and x2 else 1

    given = [answer(nand, *corner) for corner in _CORNERS]
    if None in given:
        return f"xor gave {shown(None)}"
    if not asked:
        return "use nand: it is the only gate there is"
    right = [0, 1, 1, 0]
    if given == [1, 1, 1, 0]:
        return "that is nand itself: 1 for (0, 0), where xor is 0"
    if given == [1, 0, 0, 1]:
        return "that is the opposite of xor: nand(x, x) turns a bit around"
    for corner, x, expected in zip(_CORNERS, given, right, strict=True):
        if x != expected:
            return f"for {corner} it should give {expected}, yours gives {shown(x)}"
    return None


def _are_costs(answer: Any) -> str | None:
    names = {answer} if isinstance(answer, str) else answer
    if not isinstance(names, (list, tuple, set)):
        return f'the answer is a list of names, such as ["root", "median"]; got {shown(answer)}'
    chosen = set(names)
    if chosen - {"squared", "root", "absolute", "median"}:
        return 'the four are called "squared", "root", "absolute" and "median"'
    if "root" in chosen:
        return "the root: is √((a + b) / 2) the mean of √a and √b? Try 0 and 4"
    if "median" in chosen:
        return "the median looks at the sample in the middle; those of two halves are others"
    if chosen != {"squared", "absolute"}:
        return "what is a mean over the samples qualifies. There are two"
    return None


_XOR = """
def answer(nand, x1, x2):
    both = nand(x1, x2)
    return nand(nand(x1, both), nand(x2, both))
"""

EXERCISES = [
    Exercise(
        "12.1",
        _is_bias_of_or,
        [
            "For (0, 0) the weighted input is the bias. Which sign must it have?",
            "For (0, 1) it is 2 plus the bias, and must be positive.",
        ],
        "answer = -1",
        {
            "answer = 1": "it says 1 for (0, 0), too",
            "answer = -3": "that gate is AND",
            "answer = -2": "it says 0 for (0, 1)",
            "answer = -5": "it says 0 even for (1, 1)",
            "answer = [-1]": "the answer is one number, got list",
        },
        "Any bias above -2 and up to 0.",
    ),
    Exercise(
        "12.2",
        _is_xor,
        [
            "Look at add_bits: which of its two results is 1 where exactly one input is?",
            "both = nand(x1, x2); then nand of x1 and both, nand of x2 and both, and nand of these two.",
        ],
        _XOR,
        {
            "answer = lambda nand, x1, x2: nand(x1, x2)": "that is nand itself",
            "answer = lambda nand, x1, x2: x1 != x2": "use nand: it is the only gate there is",
            _XOR.replace("return nand(nand(x1, both), nand(x2, both))", "return int(x1 == x2)"): "the opposite of xor",
            "answer = lambda nand, x1, x2: 1 - nand(x1, x2)": "for (0, 1) it should give 1, yours gives 0",
            "answer = lambda nand, x1, x2: None": "Is there a `return`?",
            "answer = 1": "write `answer_12_2 = xor`",
        },
        "Three layers; a single perceptron can not do it, as its border is a straight line.",
    ),
    Exercise(
        "12.3",
        is_number(
            100,
            {
                50: "50 bumps it is. How many hidden neurons does a bump have?",
                200: "the curve changes by 2.5/n from the middle of a piece to its end, not by 5/n",
                20: "1 / 0.05 would be right for a curve that changes by at most 2·d",
                25: "with 25 pieces the error may be 0.1",
            },
        ),
        ["From the middle of a piece to its end the curve changes by at most 5 · d/2.", "2.5/n = 0.05. And each bump?"],
        "answer = 2 * round(2.5 / 0.05)",
        {
            "answer = 50": "How many hidden neurons does a bump have?",
            "answer = 200": "to its end, not by 5/n",
            "answer = 20": "1 / 0.05 would be right",
            "answer = 25": "the error may be 0.1",
            "answer = '100'": "the answer is one number, got str",
        },
        "50 bumps with two neurons each.",
    ),
    Exercise(
        "12.4",
        _are_costs,
        [
            "Which of them are averages over the samples?",
            "Two of the four are a mean, and nothing else.",
        ],
        'answer = ["squared", "absolute"]',
        {
            'answer = ["squared"]': "There are two",
            'answer = ["squared", "root"]': "is √((a + b) / 2) the mean of √a and √b?",
            'answer = ["squared", "absolute", "median"]': "the median looks at the sample in the middle",
            'answer = ["mean"]': "the four are called",
            "answer = 2": "the answer is a list of names",
        },
        "Only averages can be estimated from a few samples.",
    ),
]
