"""What an exercise is, and tests that many of them share.

Entry points: `Exercise`, `chapter(number)`, `exercise_of(name)`; `is_number`, `is_list` and `is_function` make tests of
answers, which see them as `plain`; `shown` is how an answer is quoted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from numbers import Real
from typing import Any, NamedTuple

Test = Callable[[Any], "str | None"]


class Exercise(NamedTuple):
    """One question of the course.

    Attributes:
        name: "2.1", the first exercise of notebook 2.
        complaint: from the answer to None when it is right, else to a sentence that helps.
        hints: each says a little more than the one before.
        solution: code that ends with the right answer in the variable `answer`.
        wrong: code for typical wrong answers, each in the variable `answer`; and a part of what its author is told.
        praise: what is worth knowing when the answer is right.
        variable: where the code leaves the answer.
        before: code that stands before the solution and the wrong answers, as the steps before this one.
    """

    name: str
    complaint: Test
    hints: Sequence[str]
    solution: str
    wrong: Mapping[str, str]
    praise: str = ""
    variable: str = "answer"
    before: str = ""


class StillEmpty(Exception):  # noqa: N818 - no error: what a test raises when nobody has answered yet
    """The answer is the stub that the notebook came with."""


def chapter(number: int) -> dict[str, Exercise]:
    """The exercises of a notebook by name; none when the notebook has none."""
    module = f"{__package__}.chapter_{number:02}"
    if find_spec(module) is None:
        return {}
    exercises: list[Exercise] = import_module(module).EXERCISES
    return {exercise.name: exercise for exercise in exercises}


def exercise_of(name: str) -> Exercise:
    """The exercise of this name, such as "2.1"; KeyError if there is none."""
    return chapter(int(name.partition(".")[0]))[name]


def plain(answer: Any) -> Any:
    """The number of a Value, the number or the list of what NumPy has; all else as it is."""
    if hasattr(answer, "tolist"):  # asked first: an array has `data`, too, which is its memory
        return answer.tolist()
    return getattr(answer, "data", answer)


def is_number(right: float, because: dict[float, str] | None = None, relative: float = 1e-6) -> Test:
    """A test for one number, given as a float or as anything that has `.data`.

    A wrong sign, a factor of 2 and an answer that was rounded too much are recognized in any exercise.

    Args:
        right: the answer.
        because: what to say about a wrong number that is easily arrived at.
        relative: how far from `right` an answer may be.
    """

    def complaint(answer: Any) -> str | None:
        x = plain(answer)
        if isinstance(x, bool) or not isinstance(x, Real):
            return f"the answer is one number, got {_kind(answer)}"
        x = float(x)
        if math.isclose(x, right, rel_tol=relative, abs_tol=1e-12):
            return None
        for number, words in (because or {}).items():
            if math.isclose(x, number, rel_tol=relative, abs_tol=1e-12):
                return words
        return _usual_mistake(x, right, relative) or f"not {x:g}; {STUCK}"

    return complaint


STUCK = "`hint` says where to begin, a little at a time"


def _usual_mistake(x: float, right: float, relative: float) -> str | None:
    for factor, words in (
        (-1.0, f"{x:g} has the right size. Look at the sign"),
        (2.0, f"{x:g} is twice the answer. Is a ½ missing, or something counted twice?"),
        (0.5, f"{x:g} is half of the answer. Is a ½ too many, or a path missing?"),
    ):
        if right and math.isclose(x, factor * right, rel_tol=relative):
            return words
    if right != round(right) and math.isclose(x, right, rel_tol=1e-2):
        return f"{x:g} is close. Give more digits: the formula itself is the best answer, as Python computes it"
    return None


def is_list(right: Sequence[float], relative: float = 1e-6) -> Test:
    """A test for several numbers in their order."""

    def complaint(answer: Any) -> str | None:
        answer = plain(answer)
        if not isinstance(answer, (list, tuple)):
            return f"the answer is a list of {len(right)} numbers, got {_kind(answer)}"
        if len(answer) != len(right):
            return f"the answer has {len(right)} numbers, yours has {len(answer)}"
        problems = [is_number(r, relative=relative)(x) for x, r in zip(answer, right, strict=True)]
        if any(problems) and all(isinstance(plain(x), Real) for x in answer):
            pairs = zip(sorted(answer, key=plain), sorted(right), strict=True)
            if not any(is_number(r, relative=relative)(x) for x, r in pairs):
                return "these are the right numbers, but not in the order that was asked for"
        for i, problem in enumerate(problems):
            if problem:
                return f"number {i + 1} of {len(right)}: {problem}"
        return None

    return complaint


def is_function(cases: Sequence[tuple[tuple[Any, ...], float]], relative: float = 1e-6) -> Test:
    """A test for a function: what it should return for some arguments."""

    def complaint(answer: Any) -> str | None:
        if not callable(answer):
            return f"the answer is a function, got {type(answer).__name__}"
        for arguments, right in cases:
            problem = is_number(right, relative=relative)(answer(*arguments))
            if problem:
                return f"for ({', '.join(map(repr, arguments))}) it should give {right:g}, {problem}"
        return None

    return complaint


def shown(x: Any) -> str:
    """A number as one would say it, and of anything else its kind."""
    number = plain(x)
    return f"{float(number):g}" if isinstance(number, Real) and not isinstance(number, bool) else _kind(x)


def _kind(answer: Any) -> str:
    return NOTHING if answer is None else type(answer).__name__


NOTHING = "None. Is there a `return`? `print` shows a number, but hands nothing back"
