"""Every exercise: its solution is right, its wrong answers are refused with words, and it has hints."""

from __future__ import annotations

from pathlib import Path

import pytest

import autograd.exercises
from autograd.exercises import check, hint, solution
from autograd.exercises.exercise import chapter

NUMBERS = sorted(int(path.stem[-2:]) for path in Path(autograd.exercises.__file__).parent.glob("chapter_*.py"))
ALL = [exercise for number in NUMBERS for exercise in chapter(number).values()]


def answer_of(code):
    names: dict = {}
    exec(code, names)
    return names["answer"]


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_the_solution_is_right_and_wrong_answers_are_not(exercise, capsys):
    check(exercise.name, answer_of(exercise.solution))
    assert capsys.readouterr().out.startswith("✓")
    assert exercise.wrong
    for code in exercise.wrong:
        check(exercise.name, answer_of(code))
        said = capsys.readouterr().out
        assert said.startswith("✗"), code
        assert len(said) > len("✗ 1.1: ") + 5
    assert exercise.hints


def test_names_are_those_of_the_chapters():
    assert NUMBERS
    for number in NUMBERS:
        assert all(name.startswith(f"{number}.") for name in chapter(number))


def test_an_empty_answer_is_not_wrong(capsys):
    check("1.1", ...)
    assert "still empty" in capsys.readouterr().out


def test_an_answer_that_raises_is_told_so(capsys):
    class Broken:
        @property
        def data(self):
            raise ZeroDivisionError("oh")

    check("1.1", Broken())
    assert "raised ZeroDivisionError: oh" in capsys.readouterr().out


def test_hints_come_one_by_one(capsys):
    for shown in (1, 2, 2):
        hint("1.1")
        assert f"Hint {shown} of 2" in capsys.readouterr().out
    solution("1.1")
    assert "answer" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["1.99", "77.1", "one", ""])
def test_an_unknown_exercise(name):
    with pytest.raises(LookupError, match="no exercise"):
        check(name, 1.0)
