"""Exercises of notebook 6, *Learning*: steps, their limit, momentum, and a loop to repair."""

from __future__ import annotations

import math
from typing import Any

from ..value import Value
from .exercise import Exercise, is_list, is_number, shown


def _one_step(answer: Any) -> str | None:
    if is_list([2.2, -2.0])(answer) is None:
        return "that is a step up: go against the gradient, p - η · gradient"
    if is_list([0.0, 9.0])(answer) is None:
        return "that is a step of the whole gradient: take only 0.1 of it"
    return is_list([1.8, 0.0])(answer)


def _momentum(answer: Any) -> str | None:
    if not callable(answer):
        return f"the answer is a function, write `answer_6_3 = momentum`; got {type(answer).__name__}"
    result = answer(1.0, 2.0, 3.0, 0.1, 0.5)
    if not isinstance(result, (tuple, list)) or len(result) != 2:
        return "return two numbers, the new x and the new velocity: the next step needs both"
    x, velocity = result
    if not math.isclose(velocity, 3.5):
        old = " it has to contain mu times the old velocity," if math.isclose(velocity, 2.0) else ""
        return f"for velocity 3, mu 0.5 and gradient 2:{old} the new velocity is 0.5 · 3 + 2, yours is {velocity:g}"
    if math.isclose(x, 1.35):
        return "x went along the velocity: go against it, as with the gradient"
    if math.isclose(x, 1.0 - 0.1 * 2.0) or math.isclose(x, 1.0 - 0.1 * 3.0):
        return "x moves with the *new* velocity, not with the gradient alone or the old velocity"
    return None if math.isclose(x, 0.65) else f"from x = 1 with lr 0.1 it goes to 1 - 0.1 · 3.5, yours to {x:g}"


def _loop(answer: Any) -> str | None:
    if not callable(answer):
        return f"the answer is the function `train`, got {type(answer).__name__}"
    one, many = (answer(Value(0.0), 0.1, steps) for steps in (1, 3))
    if is_number(0.6)(one):
        return f"the first step goes from 0 to 0.1 · 6 = 0.6, yours to {shown(one)}; it was right before"
    if is_number(3 * (1 - 0.8**3))(many):
        return (
            f"the first step is right, but three steps lead to {shown(many)}, and should to {3 * (1 - 0.8**3):g}. What "
            "does x.grad still hold when backward() is called for the second time?"
        )
    return None


EXERCISES = [
    Exercise(
        "6.1",
        _one_step,
        [
            "The derivatives are ∂f/∂u = u and ∂f/∂v = 10 v. What are they at (2, -1)?",
            "The gradient is (2, -10). Take 0.1 of it away from (2, -1).",
        ],
        "answer = [2 - 0.1 * 2, -1 - 0.1 * (10 * -1)]",
        {
            "answer = [2.2, -2.0]": "that is a step up: go against the gradient, p - η ·",
            "answer = [0, 9]": "that is a step of the whole gradient: take only 0.1 of",
            "answer = [1.8]": "the answer has 2 numbers, yours has 1",
            "answer = 1.8": "the answer is a list of 2 numbers, got float",
            "answer = [0.0, 1.8]": "these are the right numbers, but not in the order that",
            "answer = None": "the answer is None. Is there a `return`? `print` shows",
        },
        "1/10 is exactly right for v, whose curvature is 10, and small for u.",
    ),
    Exercise(
        "6.2",
        is_number(
            0.04,
            {
                25.0: "the other way round: 2 divided by 50, not 50 by 2",
                -1.0: "-1 is the factor of a step at the limit. Which learning rate makes it so?",
                0.02: "with 1/50 the first step leads right to 0. It may be larger: until the factor of a step is -1",
                0.08: "f'(x) is 50 x, as the ½ cancels with the 2",
                0.2: "0.2 was the limit of the valley above, whose steepest direction has 10 where this has 50",
            },
        ),
        [
            "f'(x) = 50 x. Write the new x as a number times the old one.",
            "x - η · 50 x = (1 - 50 η) x. When is this factor -1?",
        ],
        "answer = 2 / 50",
        {
            "answer = 0.02": "with 1/50 the first step leads right to 0. It may be",
            "answer = 0.2": "0.2 was the limit of the valley above, whose steepest",
            "answer = 0.08": "f'(x) is 50 x, as the ½ cancels with the 2",
            "answer = -1": "-1 is the factor of a step at the limit. Which learning",
            "answer = 25": "the other way round: 2 divided by 50, not 50 by 2",
        },
        "Twice 1/curvature: notebook 9 finds the curvature of any loss.",
    ),
    Exercise(
        "6.3",
        _momentum,
        [
            "Two lines: first the new velocity, then the new x.",
            "velocity = mu * velocity + gradient, and x - lr * velocity",
        ],
        """
def momentum(x, gradient, velocity, lr, mu):
    velocity = mu * velocity + gradient
    return x - lr * velocity, velocity

answer = momentum
""",
        {
            "answer = lambda x, gradient, velocity, lr, mu: (x - lr * gradient, gradient)": (
                "for velocity 3, mu 0.5 and gradient 2: it has to"
            ),
            "answer = lambda x, gradient, velocity, lr, mu: (x + lr * 3.5, 3.5)": (
                "x went along the velocity: go against it, as with the"
            ),
            "answer = lambda x, gradient, velocity, lr, mu: (x - lr * velocity, mu * velocity + gradient)": (
                "x moves with the *new* velocity, not with the gradient"
            ),
            "answer = lambda x, gradient, velocity, lr, mu: x - lr * 3.5": (
                "return two numbers, the new x and the new velocity: the"
            ),
            "answer = 0.65": "the answer is a function, write `answer_6_3 =",
        },
        "This is what nn.SGD(…, momentum=mu) does for each parameter.",
    ),
    Exercise(
        "6.4",
        _loop,
        [
            "Print x.grad in each step. Is it 2 (x - 3)?",
            "backward() adds to what is there. One line must forget what is there.",
        ],
        """
def train(x, learning_rate, steps):
    for _ in range(steps):
        loss = (x - 3) ** 2
        x.grad = 0
        loss.backward()
        x.data -= learning_rate * x.grad
    return x.data

answer = train
""",
        {
            """
def answer(x, learning_rate, steps):
    for _ in range(steps):
        loss = (x - 3) ** 2
        loss.backward()
        x.data -= learning_rate * x.grad
    return x.data
""": "the first step is right, but three steps lead to 3.024,",
            """
def answer(x, learning_rate, steps):
    for _ in range(steps):
        x.grad = 0
        loss = (x - 3) ** 2
        loss.backward()
        x.data += learning_rate * x.grad
    return x.data
""": "the first step goes from 0 to 0.1 · 6 = 0.6, yours to",
            "answer = 3.0": "the answer is the function `train`, got float",
            """
def answer(x, learning_rate, steps):
    for _ in range(steps):
        x.grad = 0
        loss = (x - 3) ** 2
        loss.backward()
        x.data -= learning_rate * x.grad
    return x.grad
""": "the first step goes from 0 to 0.1 · 6 = 0.6, yours to",
            "answer = lambda x, learning_rate, steps: None": "the first step goes from 0 to 0.1 · 6 = 0.6, yours to",
        },
        "optimizer.zero_grad() is this line for all parameters.",
    ),
]
