"""Exercises with other numbers: each seed gives a question whose own working is right, and others are not."""

from __future__ import annotations

import pytest

from autograd.course import check, grade
from autograd.course.exercise import exercise_of
from autograd.course.variants import VARIANTS, variant_of


@pytest.mark.parametrize("name", VARIANTS)
@pytest.mark.parametrize("seed", range(20))
def test_the_working_gives_the_answer(name, seed):
    question, exercise = variant_of(exercise_of(name), seed)
    names: dict = {}
    exec(exercise.solution, names)
    answer = names["answer"]
    assert exercise.complaint(answer) is None
    other = [x + 1 for x in answer] if isinstance(answer, list) else answer + 1
    assert exercise.complaint(other)
    assert question.count("$") % 2 == 0


@pytest.mark.parametrize("name", VARIANTS)
def test_seeds_ask_other_questions_and_one_seed_the_same(name):
    exercise = exercise_of(name)
    questions = [variant_of(exercise, seed)[0] for seed in range(20)]
    assert len(set(questions)) >= 4
    assert questions == [variant_of(exercise, seed)[0] for seed in range(20)]


def test_check_and_grade_know_the_seed(capsys):
    _, exercise = variant_of(exercise_of("1.1"), 7)
    names: dict = {}
    exec(exercise.solution, names)
    check("1.1", names["answer"], seed=7)
    assert capsys.readouterr().out.startswith("✓")
    grade("1.1", names["answer"], seed=7)
    with pytest.raises(AssertionError, match="Look at the sign"):
        grade("1.1", -names["answer"], seed=7)


def test_an_exercise_for_code_is_the_same_for_every_seed(capsys):
    check("1.4", lambda f, x: (f(x + 1e-6) - f(x)) / 1e-6, seed=7)
    assert capsys.readouterr().out.startswith("✓")
