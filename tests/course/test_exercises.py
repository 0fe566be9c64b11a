"""Every exercise: its solution is right, its wrong answers are refused with words, and it has hints."""

from __future__ import annotations

from pathlib import Path

import pytest

import autograd.course
from autograd import Value
from autograd.course import check, hint, solution, use_solution
from autograd.course.exercise import chapter, is_function, is_list, is_number

NUMBERS = sorted(int(path.stem[-2:]) for path in Path(autograd.course.__file__).parent.glob("chapter_*.py"))
ALL = [exercise for number in NUMBERS for exercise in chapter(number).values()]


def answer_of(exercise, code):
    names: dict = {}
    exec(exercise.before + code, names)
    return names[exercise.variable]


@pytest.mark.parametrize("exercise", ALL, ids=lambda exercise: exercise.name)
def test_the_solution_is_right_and_wrong_answers_are_not(exercise, capsys):
    check(exercise.name, answer_of(exercise, exercise.solution))
    assert capsys.readouterr().out.startswith("✓")
    assert len(exercise.wrong) >= 5
    for code, told in exercise.wrong.items():
        check(exercise.name, answer_of(exercise, code))
        said = capsys.readouterr().out
        assert said.startswith(f"✗ {exercise.name}: "), code
        assert told in said, code
        assert len(told) > 10
    assert exercise.hints


def test_names_are_those_of_the_chapters():
    assert NUMBERS
    for number in NUMBERS:
        assert all(name.startswith(f"{number}.") for name in chapter(number))


def test_an_empty_answer_is_not_wrong(capsys):
    check("1.1", ...)
    assert "still empty" in capsys.readouterr().out


@pytest.mark.parametrize("name", [exercise.name for exercise in ALL])
def test_an_answer_of_none_is_asked_for_its_return(name, capsys):
    check(name, None)
    assert "None. Is there a `return`?" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        (6.0, -6.0, "the sign"),
        (6.0, 12.0, "twice the answer"),
        (6.0, 3.0, "half of the answer"),
        (2.3026, 2.31, "Give more digits"),
        (6.0, 5.97, "`hint` says where to begin"),  # what is whole is not rounded
    ],
)
def test_usual_mistakes_are_recognized_in_any_exercise(right, wrong, told):
    assert told in is_number(right)(wrong)


def test_numbers_in_another_order_are_recognized():
    assert "not in the order" in is_list([1.0, 2.0, 3.0])([2.0, 1.0, 3.0])
    assert "number 1 of 3" in is_list([1.0, 2.0, 3.0])([7.0, 1.0, 3.0])


def test_an_answer_that_raises_is_told_so(capsys):
    class Broken:
        @property
        def data(self):
            raise ZeroDivisionError("oh")

    check("1.1", Broken())
    assert "raised ZeroDivisionError: oh" in capsys.readouterr().out


def test_numbers_and_arrays_of_numpy_are_answers(capsys):
    np = pytest.importorskip("numpy")
    for name, answer in (("1.1", np.int64(4)), ("7.2", np.log(10)), ("4.2", np.array([0.625, 1.0]))):
        check(name, answer)
        assert capsys.readouterr().out.startswith("✓"), name
    check("1.1", np.float64(5))
    assert "the gradient of w" in capsys.readouterr().out


def test_a_function_without_return_is_told_so(capsys):
    check("1.4", lambda f, x: None)
    assert "Is there a `return`?" in capsys.readouterr().out


def test_numpys_numbers_anywhere_in_an_answer(capsys):
    numpy = pytest.importorskip("numpy")
    for answer in (numpy.float64(4.0), numpy.float32(4.0), numpy.int64(4), numpy.array(4.0)):
        check("1.1", answer)
        assert capsys.readouterr().out.startswith("✓")
    assert is_list([1.0, 2.0])(numpy.array([1.0, 2.0])) is None
    assert is_list([1.0, 2.0])([Value(1.0), numpy.float64(2.0)]) is None
    assert (
        is_list([1.0, 2.0])(numpy.array([1.0, 3.0]))
        == "number 2 of 2: not 3; `hint` says where to begin, a little at a time"
    )
    assert is_function([((3.0,), 9.0)])(lambda x: numpy.float64(x) ** 2) is None
    check("1.1", numpy.array([4.0, 4.0]))
    assert "one number" in capsys.readouterr().out


BUILT = list(chapter(11).values())


@pytest.mark.parametrize("exercise", BUILT, ids=lambda exercise: exercise.name)
def test_lend_completes_a_class_that_is_empty_or_wrong_and_leaves_a_right_one(exercise, capsys):
    for code in ("", *[code for code in exercise.wrong if "Value = " not in code]):
        cls = answer_of(exercise, code)
        use_solution(exercise.name, cls)
        assert "our solution is used for now" in capsys.readouterr().out
        assert exercise.complaint(cls) is None
    before = dict(vars(cls))
    use_solution(exercise.name, cls)
    assert not capsys.readouterr().out
    assert dict(vars(cls)) == before


STUBS = {
    "11.1": "def init(self, data): ...\nValue.__init__ = init",
    "11.2": "Value.__repr__ = lambda self: None",
    "11.3": "Value.__add__ = lambda self, other: None",
    "11.5": "def init(self, data, parents=(), op=''): ...\nValue.__init__ = init",
    "11.7": "Value.send = lambda self: None",
    "11.8": "Value.topological_order = lambda self: None",
    "11.9": "Value.send = lambda self: None",
    "11.10": "Value.__add__ = Value.__mul__ = lambda self, other: None",
}


@pytest.mark.parametrize("name", STUBS)
def test_an_untouched_step_is_not_wrong(name, capsys):
    check(name, answer_of(chapter(11)[name], STUBS[name]))
    assert "still empty" in capsys.readouterr().out


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


def test_a_name_without_quotes_is_told_so():
    for ask in (hint, solution, lambda name: check(name, 4.0)):
        with pytest.raises(TypeError, match=r'stands in quotes, "1.1"; got float'):
            ask(1.1)


def test_only_a_class_can_be_lent_to():
    with pytest.raises(TypeError, match=r"use_solution goes on with a class, .*got int"):
        use_solution("11.1", 3)
