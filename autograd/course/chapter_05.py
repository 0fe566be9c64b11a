"""Exercises of notebook 5, *Trust, but check*: wrong rules, a better difference, a missing factor, a wrong walk."""

from __future__ import annotations

import math
from typing import Any

from .exercise import Exercise, plain, shown

_WRONG_RULES = {"angle", "flip"}
_RIGHT_RULES = {"bump", "tame"}


def _suspects(answer: Any) -> str | None:
    names = [answer] if isinstance(answer, str) else answer
    if not isinstance(names, (list, tuple, set)):
        return f'the answer is a list of names, such as ["bump", "tame"], got {type(answer).__name__}'
    chosen = {getattr(name, "name", name) for name in names}
    for name in sorted(chosen, key=str):
        if name in _RIGHT_RULES:
            return f"the rule of {name} is right: gradcheck it at a few places"
        if name not in _WRONG_RULES:
            return f"none of the four is called {name!r}"
    if "angle" not in chosen:
        return "there is one more. It hides at x = 1: look at x = 0.7"
    return None if "flip" in chosen else "there is one more, and it is wrong everywhere. Look at signs"


def _better(answer: Any) -> str | None:
    if not callable(answer):
        return f"the answer is a function, write `answer_5_2 = better`; got {type(answer).__name__}"
    h = 0.01
    error = abs(answer(math.exp, 1.0, h) - math.e)
    if error < 1e-7:
        return None
    if math.isclose(error, math.e * h / 2, rel_tol=0.1):
        return "this has the error h of the one-sided difference"
    if math.isclose(error, math.e * h**2 / 6, rel_tol=0.1):
        return "this is still the central difference with its error of h²"
    if error > 1:
        return "this is not near the derivative. 4 times one of them minus the other is how many derivatives?"
    return f"for exp at 1 and h = 0.01 the error is {error:.1e}, and can be below 1e-7. Which combination cancels c h²?"


def _gradients(answer: Any) -> str | None:
    if not callable(answer):
        return f"the answer is the function `gradients`, got {type(answer).__name__}"
    w, b, x, y = 0.5, -0.25, 3.0, 1.0
    result = answer(w, b, x, y)
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return "return two numbers, ∂L/∂w and ∂L/∂b"
    if not all(isinstance(plain(x), (int, float)) for x in result):
        return f"return two numbers, ∂L/∂w and ∂L/∂b, got {shown(result[0])} and {shown(result[1])}"
    by_w, by_b = map(plain, result)
    a = 1 / (1 + math.exp(-(w * x + b)))
    delta = (a - y) * a * (1 - a)
    if math.isclose(by_b, a - y):
        return "δ = a - y belongs to the cross-entropy. Here the cost is the squared error"
    if math.isclose(by_b, -delta):
        return "the sign: the error is a - y"
    if not math.isclose(by_b, delta):
        return f"∂L/∂b at w = 0.5, b = -0.25, x = 3, y = 1 is {delta:g}, yours is {by_b:g}"
    return (
        None if math.isclose(by_w, delta * x) else "∂L/∂b is right; ∂L/∂w is that times the number on the edge of w, x"
    )


def _walk(answer: Any) -> str | None:
    name = str(getattr(answer, "__name__", answer)).replace("_", " ").strip().lower()
    return {
        "recursion": None,
        "overwrite": "that one gives 30: of two shares only the last remains, twice",
        "no visited set": "that one gives 360: s is listed twice, and x · x even more often",
        "breadth-first": "that one gives 120 here, by luck",
        "breadth first": "that one gives 120 here, by luck",
        "right": "the right walk gives 120",
    }.get(name, f"`pitfalls` has no walk called {name!r}: see the heads of the table of pitfalls.compare(f)")


EXERCISES = [
    Exercise(
        "5.1",
        _suspects,
        [
            "gradcheck takes an operation as it takes a function: gradcheck(suspects[0], 0.7).",
            "Two are wrong. Try all four at 0.7, and one of them at 1.",
        ],
        'answer = ["angle", "flip"]',
        {
            'answer = ["flip"]': "there is one more. It hides at x = 1: look at x = 0.7",
            'answer = ["angle"]': "there is one more, and it is wrong everywhere. Look at",
            'answer = ["angle", "flip", "tame"]': "the rule of tame is right: gradcheck it at a few places",
            'answer = ["tanh"]': "none of the four is called 'tanh'",
            "answer = 2": 'the answer is a list of names, such as ["bump",',
        },
        "arctan' is 1/(1 + x²), which at 1 equals 1/(1 + x); (1/x)' is -1/x² = -y².",
    ),
    Exercise(
        "5.2",
        _better,
        [
            "central(f, x, h) = f' + c h², central(f, x, 2h) = f' + 4 c h². How do you get rid of c?",
            "4 times the first minus the second is 3 f'.",
        ],
        """
def central(f, x, h):
    return (f(x + h) - f(x - h)) / (2 * h)

def better(f, x, h):
    return (4 * central(f, x, h) - central(f, x, 2 * h)) / 3

answer = better
""",
        {
            "answer = lambda f, x, h: (f(x + h) - f(x - h)) / (2 * h)": (
                "this is still the central difference with its error of"
            ),
            "answer = lambda f, x, h: (f(x + h) - f(x)) / h": "this has the error h of the one-sided difference",
            "answer = lambda f, x, h: (8 * f(x + h) - 8 * f(x - h) - f(x + 2 * h) + f(x - 2 * h)) / (4 * h)": (
                "this is not near the derivative. 4 times one of them"
            ),
            "answer = lambda f, x, h: (f(x + 2 * h) - f(x - 2 * h)) / (4 * h)": (
                "for exp at 1 and h = 0.01 the error is 1.8e-04, and can"
            ),
            "answer = 3": "the answer is a function, write `answer_5_2 = better`;",
        },
        "Its error is of the order h⁴: Richardson's extrapolation.",
    ),
    Exercise(
        "5.3",
        _gradients,
        [
            "Check it with a central difference. Is one of the two numbers right?",
            "Which book is right about δ when the cost is the squared error?",
        ],
        """
import math

def gradients(w, b, x, y):
    a = 1 / (1 + math.exp(-(w * x + b)))
    delta = (a - y) * a * (1 - a)
    return delta * x, delta

answer = gradients
""",
        {
            """
import math

def answer(w, b, x, y):
    a = 1 / (1 + math.exp(-(w * x + b)))
    return (a - y) * x, a - y
""": "δ = a - y belongs to the cross-entropy. Here the cost",
            """
import math

def answer(w, b, x, y):
    a = 1 / (1 + math.exp(-(w * x + b)))
    delta = (a - y) * a * (1 - a)
    return delta, delta
""": "∂L/∂b is right; ∂L/∂w is that times the number on the",
            """
import math

def answer(w, b, x, y):
    a = 1 / (1 + math.exp(-(w * x + b)))
    delta = (y - a) * a * (1 - a)
    return delta * x, delta
""": "the sign: the error is a - y",
            "answer = lambda w, b, x, y: 0.5": "return two numbers, ∂L/∂w and ∂L/∂b",
            "answer = lambda w, b, x, y: (1.0, 2.0)": "∂L/∂b at w = 0.5, b = -0.25, x = 3, y = 1 is",
        },
        "σ'(z) = a (1 - a), as the cost is the squared error.",
    ),
    Exercise(
        "5.4",
        _walk,
        [
            "Build s and f with x = Value(3.0), and print pitfalls.compare(f).",
            "In which column does x have 240?",
        ],
        'answer = "recursion"',
        {
            'answer = "overwrite"': "that one gives 30: of two shares only the last remains,",
            'answer = "no visited set"': "that one gives 360: s is listed twice, and x · x even",
            'answer = "breadth-first"': "that one gives 120 here, by luck",
            'answer = "x"': "`pitfalls` has no walk called 'x': see the heads of the",
            "answer = 240": "`pitfalls` has no walk called '240': see the heads of",
        },
        "The rules are right and the walk is wrong: gradcheck_nodes passes, gradcheck does not.",
    ),
]
