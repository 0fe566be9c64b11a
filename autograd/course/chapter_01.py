"""Exercises of notebook 1, *A formula is a graph*: z = (x + y)·w at x = 2, y = 3, w = 4, and small graphs like it."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..sweeps import leaves
from ..value import Value
from .exercise import Exercise, is_list, is_number


def _is_gradient(answer: Any) -> str | None:
    for wrong, words in (
        ([2.0, -3.0], "∂f/∂a: a has a second path, through the difference. Add both."),
        ([3.0, -3.0], "∂f/∂a: a has a second path, straight into the product. Add both."),
        ([6.0, -3.0], "∂f/∂a: multiply along each path, but *add* over the paths."),
        ([5.0, 3.0], "∂f/∂b: the size is right. Which local derivative does the minus sign give?"),
        ([-3.0, 5.0], "both are there, in the wrong order: first the derivative by a."),
    ):
        if is_list(wrong)(answer) is None:
            return words
    return is_list([5.0, -3.0])(answer)


def _is_distance(answer: Any) -> str | None:
    if not isinstance(answer, Value):
        return f"r is a Value, computed from the Values p and q; got {type(answer).__name__}"
    knobs = sorted((leaf for leaf in leaves(answer) if not leaf.is_constant), key=lambda leaf: leaf.data)
    if answer.op is None or [knob.data for knob in knobs] != [3, 4]:
        numbers = ", ".join(f"{knob.data:g}" for knob in knobs)
        return f"r is computed from two Values, 3 and 4; yours comes from {numbers}"
    if not math.isclose(answer.data, 5):
        return f"r is {answer.data:g}, but the point (3, 4) lies at the distance 5"
    p, q = knobs
    if not p.has_grad:
        return "the formula is right. Now call backward() on it."
    if not (math.isclose(p.grad, 0.6) and math.isclose(q.grad, 0.8)):
        return f"the gradients are {p.grad:g} and {q.grad:g}. Start with new Values and call backward once."
    return None


_SLOPES: list[tuple[str, Callable[[float], float], float, float]] = [
    ("x·x", lambda x: x * x, 3.0, 6.0),
    ("7·x - 2", lambda x: 7 * x - 2, 1.0, 7.0),
    ("1/x", lambda x: 1 / x, 2.0, -0.25),
]


def _is_slope(answer: Any) -> str | None:
    if not callable(answer):
        return f"the answer is your function slope, got {type(answer).__name__}"
    for name, f, x, right in _SLOPES:
        given = answer(f, x)
        if is_number(f(x))(given) is None:
            return f"for f(x) = {name} at {x:g} it gives f(x) itself. How far does f move when x moves by h?"
        problem = is_number(right, relative=1e-4)(given)
        if problem and isinstance(given, (int, float)) and abs(given) < 1e-3:
            return "that is how far f moves. Divide by how far x has moved: by h."
        if problem and isinstance(given, (int, float)) and abs(given) > 1e4:
            return "that is f(x + h) divided by h. Take f(x) away before you divide: how far has f moved?"
        if problem:
            return f"for f(x) = {name} at {x:g} it should give {right:g}, {problem}"
    return None


EXERCISES = [
    Exercise(
        "1.1",
        is_number(
            4.0,
            {
                5.0: "5 is the gradient of w. Which local derivatives stand on the way from x to z?",
                1.0: "1 stands on the first edge of the path. Which number stands on the second?",
                20.0: "20 is the number of z itself. How many times as far does z move when x moves?",
            },
        ),
        [
            "There is one path from x to z, and it has two edges.",
            "s = x + y has the local derivative 1; z = s · w has the local derivative w.",
        ],
        "answer = 1 * 4",
        {
            "answer = 5": "5 is the gradient of w. Which local derivatives stand",
            "answer = 20": "20 is the number of z itself. How many times as far",
            "answer = '4'": "the answer is one number, got str",
            "answer = True": "the answer is one number, got bool",
            "answer = 1": "1 stands on the first edge of the path. Which number",
            "answer = None": "the answer is None. Is there a `return`? `print` shows",
        },
        "One path, through s: 1 · 4 = 4.",
    ),
    Exercise(
        "1.2",
        _is_gradient,
        [
            "Call the difference d = a - b. Then f = d·a, with the local derivatives a (from d) and d (from a).",
            "Two paths lead from a: straight into the product, and through d. One leads from b.",
        ],
        "answer = [2 + 3 * 1, 3 * (-1)]",
        {
            "answer = [2, -3]": "∂f/∂a: a has a second path, through the difference. Add",
            "answer = [3, -3]": "∂f/∂a: a has a second path, straight into the product.",
            "answer = [6, -3]": "∂f/∂a: multiply along each path, but *add* over the",
            "answer = [5, 3]": "∂f/∂b: the size is right. Which local derivative does",
            "answer = [-3, 5]": "both are there, in the wrong order: first the",
            "answer = 5": "the answer is a list of 2 numbers, got int",
            "answer = [5]": "the answer has 2 numbers, yours has 1",
        },
        "a has two paths, 2 + 3, and b has one, 3 · (-1).",
    ),
    Exercise(
        "1.3",
        _is_distance,
        ["p**2 is a square, and (…).sqrt() a root.", "Write r = (p**2 + q**2).sqrt(), and then r.backward()."],
        "from autograd import Value\np, q = Value(3.0), Value(4.0)\nr = (p**2 + q**2).sqrt()\nr.backward()\nanswer = r",
        {
            "answer = 5.0": "r is a Value, computed from the Values p and q; got",
            "from autograd import Value; answer = Value(5.0)": "r is computed from two Values, 3 and 4; yours comes",
            "from autograd import Value; answer = (Value(3.0) ** 2 + Value(4.0) ** 2).sqrt()": (
                "the formula is right. Now call backward() on it."
            ),
            "from autograd import Value; answer = Value(3.0) + Value(4.0)": (
                "r is 7, but the point (3, 4) lies at the distance 5"
            ),
            "from autograd import Value; answer = (Value(3.0) ** 2 + 16).sqrt()": (
                "r is computed from two Values, 3 and 4; yours comes"
            ),
            (
                "from autograd import Value\n"
                "answer = (Value(3.0) ** 2 + Value(4.0) ** 2).sqrt()\nanswer.backward()\nanswer.backward()"
            ): "the gradients are 1.2 and 1.6. Start with new Values",
        },
        "q moves r more: 0.8 against 0.6. Try draw(answer_1_3, show_local_derivatives=True).",
    ),
    Exercise(
        "1.4",
        _is_slope,
        ["How far has f moved? f(x + h) - f(x).", "Divide that by how far x has moved, which is h."],
        "answer = lambda f, x: (f(x + 1e-6) - f(x)) / 1e-6",
        {
            "answer = 6": "the answer is your function slope, got int",
            "answer = lambda f, x: f(x)": "for f(x) = x·x at 3 it gives f(x) itself. How far does",
            "answer = lambda f, x: f(x + 1e-6) - f(x)": "that is how far f moves. Divide by how far x has moved:",
            "answer = lambda f, x: (f(x) - f(x + 1e-6)) / 1e-6": (
                "for f(x) = x·x at 3 it should give 6, -6 has the right"
            ),
            "answer = lambda f, x: f(x + 1e-6) / 1e-6": "Take f(x) away before you divide",
        },
        "Nudging needs the function only. For every knob it needs it once more.",
    ),
]
