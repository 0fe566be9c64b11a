"""The exercises of the course, which grade themselves.

A notebook asks, the learner answers in a cell, and `check` says whether the answer is right, or what to look at:

>>> from autograd.course import check
>>> check("1.1", 4.0)
✓ 1.1: right. One path, through s: 1 · 4 = 4.
>>> check("1.1", 5.0)
✗ 1.1: 5 is the gradient of w. Which local derivatives stand on the way from x to z?

`hint("1.1")` helps one step at a time, `solution("1.1")` shows the answer; `use_solution` goes on with it where a class
is built step by step. `grade` is `check` for a machine that counts points: it raises. The exercises of notebook 1 are
in `chapter_01.py`, and so on; each names wrong answers too, that the tests try.
"""

from __future__ import annotations

from typing import Any

from .exercise import NOTHING, Exercise, StillEmpty, chapter
from .variants import variant_of

__all__ = ["check", "grade", "hint", "solution", "use_solution"]

_hints_given: dict[str, int] = {}


def check(name: str, answer: Any, *, seed: int | None = None) -> None:
    """Say whether `answer` is right for the exercise, and if not, what to look at.

    Args:
        name: the number of the exercise, as in the notebook: "2.1".
        answer: what the exercise asks for. `...`, which stands in the empty cell, is not wrong yet.
        seed: of an edition of the course with numbers of its own, see `autograd/course/variants.py`.
    """
    exercise = _find(name, seed)
    try:
        complaint = _complaint(exercise, answer)
    except StillEmpty:
        print(f"  {name}: still empty. Put your answer in the cell above and run both; hint({name!r}) helps.")
        return
    print(f"✗ {name}: {complaint}" if complaint else f"✓ {name}: right. {exercise.praise}".rstrip())


def grade(name: str, answer: Any, *, seed: int | None = None) -> None:
    """Nothing, where `answer` is right for the exercise; else AssertionError with what `check` would say.

    Graders such as nbgrader run cells, and take a cell that raises for wrong.

    >>> grade("1.1", 4.0)
    >>> grade("1.1", 20.0)
    Traceback (most recent call last):
    AssertionError: 1.1: 20 is the number of z itself. How many times as far does z move when x moves?
    """
    try:
        complaint = _complaint(_find(name, seed), answer)
    except StillEmpty:
        complaint = "still empty"
    if complaint:
        raise AssertionError(f"{name}: {complaint}")


def use_solution(name: str, answer: type) -> None:
    """Put the solution of a step into the learner's class where her own is not right yet, so that she can go on.

    Nothing happens where the step is right. A later, right answer takes the place of ours.
    """
    exercise = _find(name)
    if not isinstance(answer, type):
        raise TypeError(
            f"use_solution goes on with a class, as in use_solution({name!r}, Value); got {type(answer).__name__}"
        )
    try:
        if _complaint(exercise, answer) is None:
            return
    except StillEmpty:
        pass
    exec(exercise.solution, {exercise.variable: answer})
    print(f"  {name}: our solution is used for now, so that the notebook goes on.")


def hint(name: str) -> None:
    """Print the next hint for an exercise, and the last one again when there are no more."""
    exercise = _find(name)
    given = _hints_given.get(name, 0)
    shown = min(given, len(exercise.hints) - 1)
    _hints_given[name] = given + 1
    print(f"Hint {shown + 1} of {len(exercise.hints)}: {exercise.hints[shown]}")


def solution(name: str) -> None:
    """Print the code that answers an exercise."""
    print(_find(name).solution.strip())


def _complaint(exercise: Exercise, answer: Any) -> str | None:
    if answer is ...:
        raise StillEmpty
    if answer is None:
        return f"the answer is {NOTHING}"
    try:
        return exercise.complaint(answer)
    except StillEmpty:
        raise
    except Exception as error:  # the learner's code is run here, and may do anything
        return f"your answer raised {type(error).__name__}: {error}"


def _find(name: str, seed: int | None = None) -> Exercise:
    if not isinstance(name, str):
        raise TypeError(f'the name of an exercise stands in quotes, "{name}"; got {type(name).__name__} {name!r}')
    number = name.partition(".")[0]
    exercises = chapter(int(number)) if number.isdigit() else {}
    if name not in exercises:
        there = f"notebook {number} has {', '.join(exercises)}" if exercises else 'names look like "2.1"'
        raise LookupError(f"there is no exercise {name!r}; {there}")
    exercise = exercises[name]
    variant = None if seed is None else variant_of(exercise, seed)
    return exercise if variant is None else variant[1]
