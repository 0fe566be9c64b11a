"""Names and numbers as they are shown."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograd import Value, draw
from autograd.drawing.labels import LONGEST_NAME, cleaned, gradient, short, written


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (0.0, "0"),
        (-0.0, "0"),
        (3.0, "3"),
        (-0.5, "-0.5"),
        (1 / 3, "0.3333"),
        (1234.5, "1234"),
        (9999.9, "10000"),
        (123456.7, "123457"),
        (1e6, "1e6"),
        (-1.23456e-7, "-1.235e-7"),
        (1e300, "1e300"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (math.nan, "nan"),
    ],
)
def test_numbers_are_short(x, text):
    assert short(x) == text


@given(st.floats(-1e308, 1e308))
def test_a_short_number_is_the_number_to_four_digits(x):
    assert float(short(x)) == pytest.approx(x, rel=6e-4, abs=0)
    assert len(short(x)) <= 11


def test_a_gradient_is_a_dash_until_a_backward_pass():
    x = Value(0.0)
    y = x * 0
    assert gradient(x) == "–"
    y.backward()
    assert (gradient(x), gradient(y)) == ("0", "1")


def test_labels_become_one_short_line_that_can_be_shown():
    assert cleaned("a\r\nb\tc") == "a  b c"
    assert cleaned("\0\x1b[31m") == "␀␛[31m"
    assert cleaned("abc\u202edef\ud800\uffff\x85") == "abc�def��"
    assert cleaned("👩‍👩‍👧 漢字 שלום") == "👩‍👩‍👧 漢字 שלום"
    assert cleaned("x" * 10_000) == "x" * (LONGEST_NAME - 1) + "…"


@given(st.text(st.characters(), max_size=80))
def test_any_label_becomes_printable(label):
    text = cleaned(label)
    assert len(text) <= LONGEST_NAME
    assert cleaned(text) == text
    text.encode("utf-8")
    assert not any(ord(c) < 32 for c in text)


def test_operations_are_written_as_usual():
    assert written("+", ["a", "b"]) == "a + b"
    assert written("-", ["a"]) == "−a"
    assert written("exp", ["a"]) == "exp(a)"
    assert written("max", ["a", "b"]) == "max(a, b)"
    assert written("½", ["a"]) == "½(a)"
    assert written("<", ["a", "b", "c"]) == "<(a, b, c)"


def test_a_frozen_leaf_says_so_in_the_place_of_its_gradient():
    w, x = Value(2.0, "w"), Value(3.0, "x", requires_grad=False)
    y = w * x
    y.label = "y"
    y.backward()
    table = draw(y, format="text")
    assert "x                     3    frozen" in table
    assert "w                     2         3" in table
    assert "grad frozen" in draw(y, format="mermaid")
    dot = draw(y, format="dot")
    assert dot.count(">frozen<") == 1
    assert "frozen: requires_grad is False" in dot
    assert "no backward pass yet" not in dot
    x.requires_grad = True
    assert "frozen" not in draw(y, format="dot")


@pytest.mark.parametrize("format", ["text", "dot", "mermaid"])
def test_a_gradient_that_was_recorded_is_shown_as_its_number(format):
    x = Value(2.0, "x")
    y = x**3
    y.backward(create_graph=True)
    shown = draw(y, format=format)
    x.grad = y.grad = 0
    y.backward()
    assert shown == draw(y, format=format)
