"""Exercises of notebook 9, *Derivatives of derivatives*: curvature, Newton's step, the limit, and the two modes."""

from __future__ import annotations

from typing import Any

from .exercise import Exercise, is_list, is_number


def _newton(answer: Any) -> str | None:
    if not callable(answer):
        return f"the answer is a function, write `answer_9_2 = newton`; got {type(answer).__name__}"
    problem = is_number(
        2 / 3,
        {
            0.75: "that is the step for f(x) = 0, x - f/f'. Here f' is to become 0",
            4 / 3: "the sign: the step goes against the slope",
            -3.0: "a step of f' itself: divide it by f''",
            -11.0: "you divided nothing, or the wrong way round: it is f' / f''",
            -2.0: "the wrong way round: it is f' / f''",
            -1 / 3: "that is the step; return the new x",
        },
    )(answer(lambda x: x**4, 1.0))
    if problem:
        return f"for f(x) = x⁴ at x = 1: {problem}"
    problem = is_number(3.0)(answer(lambda x: (x - 3) ** 2, 10.0))
    return f"for f(x) = (x - 3)² at x = 10, a parabola, one step leads to 3: {problem}" if problem else None


def _walks(answer: Any) -> str | None:
    if is_list([3, 1000])(answer) is None:
        return "the other way round: a walk forwards starts at one input, a walk backwards at one output"
    if is_list([1000, 1000])(answer) is None:
        return "backwards a walk starts at an output, and there are 3"
    if is_list([3, 3])(answer) is None:
        return "forwards a walk starts at an input, and there are 1,000"
    if is_list([1, 1])(answer) is None:
        return "one walk forwards gives one column of the table, one walk backwards one row"
    return is_list([1000, 3])(answer)


EXERCISES = [
    Exercise(
        "9.1",
        is_number(
            48.0,
            {
                32.0: "32 is the first derivative, 4 · 2³. Differentiate once more",
                24.0: "24 · x would be the third derivative; at 2 it is 48, too, but 24 is neither",
                16.0: "16 is x⁴ itself",
                12.0: "the second derivative is 12 x². Put in x = 2",
            },
        ),
        ["The first derivative is 4 x³.", "The second is 12 x². Or ask grad(grad(lambda x: x**4))(2.0)."],
        "answer = 12 * 2**2",
        {
            "answer = 32": "32 is the first derivative, 4 · 2³. Differentiate once",
            "answer = 24": "24 · x would be the third derivative; at 2 it is 48,",
            "answer = 16": "16 is x⁴ itself",
            "answer = 12": "the second derivative is 12 x². Put in x = 2",
            "answer = 'x'": "the answer is one number, got str",
        },
        "4 · 3 · x².",
    ),
    Exercise(
        "9.2",
        _newton,
        [
            "grad(f) is f', and grad(grad(f)) is f''. Both are functions: call them at x.",
            "return x - grad(f)(x) / grad(grad(f))(x)",
        ],
        """
from autograd import grad

def newton(f, x):
    return x - grad(f)(x) / grad(grad(f))(x)

answer = newton
""",
        {
            "from autograd import grad\nanswer = lambda f, x: x - f(x) / grad(f)(x)": (
                "for f(x) = x⁴ at x = 1: that is the step for f(x) = 0,"
            ),
            "from autograd import grad\nanswer = lambda f, x: x + grad(f)(x) / grad(grad(f))(x)": (
                "for f(x) = x⁴ at x = 1: the sign: the step goes against"
            ),
            "from autograd import grad\nanswer = lambda f, x: x - grad(f)(x)": (
                "for f(x) = x⁴ at x = 1: a step of f' itself: divide it"
            ),
            "from autograd import grad\nanswer = lambda f, x: x - grad(grad(f))(x) / grad(f)(x)": (
                "for f(x) = x⁴ at x = 1: the wrong way round: it is f' /"
            ),
            "from autograd import grad\nanswer = lambda f, x: -grad(f)(x) / grad(grad(f))(x)": (
                "for f(x) = x⁴ at x = 1: that is the step; return the"
            ),
            "answer = lambda f, x: 2 / 3": "for f(x) = (x - 3)² at x = 10, a parabola, one step",
            "answer = 3.0": "the answer is a function, write `answer_9_2 = newton`;",
        },
        "On a parabola one step is enough.",
    ),
    Exercise(
        "9.3",
        is_number(
            0.25,
            {
                1 / 3: "6 is the curvature along u and along v. In the direction u = v it is larger",
                0.125: "1/8 is a good rate, but not the limit: that is 2/λ_max",
                0.5: "4 is the smallest curvature; the largest sets the limit",
                2 / 3: "the second derivative of 3u² is 6, not 3",
                8.0: "8 is λ_max. The limit is 2/λ_max",
            },
        ),
        [
            "The Hessian: 6 and 6 on the diagonal, and which number beside it?",
            "np.linalg.eigvalsh(hessian(f)([0.0, 0.0])) gives the smallest and the largest curvature.",
        ],
        "answer = 2 / 8",
        {
            "answer = 1 / 3": "6 is the curvature along u and along v. In the",
            "answer = 0.125": "1/8 is a good rate, but not the limit: that is 2/λ_max",
            "answer = 0.5": "4 is the smallest curvature; the largest sets the limit",
            "answer = 8.0": "8 is λ_max. The limit is 2/λ_max",
            "answer = 2 / 3": "the second derivative of 3u² is 6, not 3",
        },
        "λ_max is 8, in the direction u = v.",
    ),
    Exercise(
        "9.4",
        _walks,
        ["One walk forwards starts with the velocity of one input.", "One walk backwards starts from one output."],
        "answer = [1000, 3]",
        {
            "answer = [3, 1000]": "the other way round: a walk forwards starts at one",
            "answer = [1000, 1000]": "backwards a walk starts at an output, and there are 3",
            "answer = 1003": "the answer is a list of 2 numbers, got int",
            "answer = [1, 1]": "one walk forwards gives one column of the table, one",
            "answer = [3, 3]": "forwards a walk starts at an input, and there are 1,000",
        },
        "That is why a loss, with its one output, is differentiated backwards.",
    ),
]
