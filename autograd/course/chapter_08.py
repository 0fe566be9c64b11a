"""Exercises of notebook 8, *At machine speed*."""

from __future__ import annotations

import math
from typing import Any

from ..compiling import compile
from ..value import Value
from .exercise import NOTHING, Exercise, StillEmpty, is_list, is_number, shown


def is_straight_line_program(answer: Any) -> str | None:
    """sigmoid(w·x + b) and its derivatives by w and b, as floats."""
    if not callable(answer):
        return f"the answer is a function of w, x and b, got {type(answer).__name__}"
    for w, x, b in ((2.0, 0.5, -1.0), (0.3, -2.0, 0.1), (-1.5, 3.0, 1.0)):
        given = answer(w, x, b)
        if given is ...:
            raise StillEmpty
        if isinstance(given, tuple) and any(isinstance(number, Value) for number in given):
            return "the program works on floats; no Values are needed"
        y = 1 / (1 + math.exp(-(w * x + b)))
        slope = y * (1 - y)
        problem = is_list([y, x * slope, slope])(given)
        if problem and is_list([y, w * slope, slope])(given) is None:
            return "this is the derivative by x in the place of that by w: turn w, and w·x moves x times as far"
        if problem and is_list([y, x, 1.0])(given) is None:
            return "the derivatives of w·x + b are right; the chain rule multiplies each by y (1 - y)"
        if problem and isinstance(given, tuple) and given and is_number(y)(given[0]):
            return f"the first number is σ(w·x + b), {y:.4f} for w = {w}, x = {x}, b = {b}; yours is {shown(given[0])}"
        if problem:
            return f"for w = {w}, x = {x}, b = {b}: {problem} (in the order y, dy/dw, dy/db)"
    return None


def is_compilable_leaky_relu(answer: Any) -> str | None:
    """A leaky relu that runs compiled."""
    if not callable(answer):
        return f"the answer is a function of x, got {type(answer).__name__}"
    first = answer(Value(1.0))
    if first is ...:
        raise StillEmpty
    if first is None:
        return f"for x = 1 it gave {NOTHING}"
    try:
        compiled = compile(answer, backend="python")
        compiled(2.0)
    except TypeError as error:
        return f"it cannot be compiled: {error}"
    for x in (2.0, -2.0, -0.5, 30.0):
        value, slope = compiled.value_and_grad(x)
        right = x if x > 0 else 0.1 * x
        if not math.isclose(value, right, rel_tol=1e-9):
            return f"f({x:g}) should be {right:g}, yours is {value:g}"
        if not math.isclose(slope, 1.0 if x > 0 else 0.1, rel_tol=1e-9):
            return f"f({x:g}) is right, but its derivative there is {slope[0]:g}"
    return None


EXERCISES = [
    Exercise(
        "8.1",
        is_straight_line_program,
        [
            "Forward: z = w * x + b, then y = 1 / (1 + math.exp(-z)).",
            "Backward: z gets y * (1 - y). What does z move when w moves, what when b moves?",
        ],
        """
import math

def answer(w, x, b):
    z = w * x + b
    y = 1 / (1 + math.exp(-z))
    slope = y * (1 - y)
    return y, x * slope, slope
""",
        {
            "answer = 1.0": "the answer is a function of w, x and b, got float",
            """
import math

def answer(w, x, b):
    y = 1 / (1 + math.exp(-(w * x + b)))
    return y, x, 1.0
""": "the derivatives of w·x + b are right; the chain rule",
            """
import math

def answer(w, x, b):
    y = 1 / (1 + math.exp(-(w * x + b)))
    return y, w * y * (1 - y), y * (1 - y)
""": "this is the derivative by x in the place of that by w:",
            """
import math

def answer(w, x, b):
    y = math.tanh(w * x + b)
    return y, x * (1 - y * y), 1 - y * y
""": "the first number is σ(w·x + b), 0.5000",
            """
from autograd import Value

def answer(w, x, b):
    y = (Value(w) * x + b).sigmoid()
    return y, x * y * (1 - y), y * (1 - y)
""": "the program works on floats; no Values are needed",
        },
        "The slope is computed once and used twice, as in every backward pass.",
    ),
    Exercise(
        "8.2",
        is_number(
            13,
            {
                12.5: "half a turn is not possible: the last one runs with half of its lanes",
                12: "after 12 turns 96 samples are done, and 4 are left",
                8: "8 is how many samples one turn treats",
                100: "that would be one sample in each turn",
                800: "8 samples are treated at once; divide",
            },
        ),
        ["How many samples are done after 12 turns?"],
        "import math\n\nanswer = math.ceil(100 / 8)",
        {
            "answer = 12.5": "half a turn is not possible: the last one runs with",
            "answer = 12": "after 12 turns 96 samples are done, and 4 are left",
            "answer = 800": "8 samples are treated at once; divide",
            "answer = 8": "8 is how many samples one turn treats",
            "answer = 100": "that would be one sample in each turn",
        },
        "The lanes of the last turn that hold no sample are masked.",
    ),
    Exercise(
        "8.3",
        is_compilable_leaky_relu,
        [
            "where(condition, a, b) computes both and chooses; but x > 0 is the comparison that is refused.",
            "Which is larger, x or 0.1·x, for a positive and for a negative x?",
        ],
        """
from autograd import maximum

def answer(x):
    return maximum(x, 0.1 * x)
""",
        {
            "answer = 0.1": "the answer is a function of x, got float",
            "def answer(x):\n    return x if x > 0 else 0.1 * x": "it cannot be compiled: this number depends on an",
            "from autograd import relu\n\ndef answer(x):\n    return relu(x)": "f(-2) should be -0.2, yours is 0",
            "from autograd import minimum\n\ndef answer(x):\n    return minimum(x, 0.1 * x)": (
                "f(2) should be 2, yours is 0.2"
            ),
            "answer = lambda x: None": "for x = 1 it gave None. Is there a `return`? `print`",
            "from autograd import relu\nanswer = lambda x: relu(x) + 0.1 * x": "f(2) should be 2, yours is 2.2",
        },
        "Also right: relu(x) - 0.1 * relu(-x).",
    ),
    Exercise(
        "8.4",
        is_number(
            51,
            {
                50: "after 50 steps it is 3000 milliseconds against 3001; nearly",
                50.02: "steps are whole: the first at which compiling has won",
                3000 / 59.98: "steps are whole: the first at which compiling has won",
                150000: "mind the units: 60 milliseconds are 0.06 seconds, and they are divided, not multiplied",
                0.05: "mind the units: 3 seconds are 3000 milliseconds",
            },
            relative=1e-4,
        ),
        ["After n steps: 60·n milliseconds eager, 3000 + 0.02·n compiled.", "They are equal at n = 3000 / 59.98."],
        "import math\n\nanswer = math.ceil(3000 / (60 - 0.02))",
        {
            "answer = 50": "after 50 steps it is 3000 milliseconds against 3001;",
            "answer = 50.02": "steps are whole: the first at which compiling has won",
            "answer = 3000 / 59.98": "steps are whole: the first at which compiling has won",
            "answer = 0.05": "mind the units: 3 seconds are 3000 milliseconds",
            "answer = 150000": "mind the units: 60 milliseconds are 0.06 seconds, and",
        },
        "Training takes thousands of steps, so it nearly always pays.",
    ),
]
