"""Misspelled attributes of nodes are found where they would begin to do harm."""

from __future__ import annotations

import warnings

import pytest

from autograd import Value, compile, spelling


@pytest.fixture(autouse=True)
def nothing_judged_yet(monkeypatch):
    monkeypatch.setattr(spelling, "_judged", {"label", "source"})


WHERE = {
    "backward": lambda y: y.backward(),
    "backward with a graph": lambda y: y.backward(create_graph=True),
    "compile": lambda y: compile(y, backend="python"),
}


@pytest.mark.parametrize("where", WHERE)
@pytest.mark.parametrize(
    ("wrong", "right"), [("gard", "grad"), ("requires_gard", "requires_grad"), ("dat", "data"), ("lable", "label")]
)
def test_a_slip_is_told_with_the_nearest_name(where, wrong, right):
    p = Value(2.0, "p")
    setattr(p, wrong, 0)
    with pytest.warns(
        UserWarning, match=f"attribute '{wrong}', which is none of a Value: did you mean '{right}'"
    ) as caught:
        WHERE[where](p * p)
    assert caught[0].filename == __file__


def test_it_is_told_once():
    p = Value(2.0)
    p.gard = 0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        (p * p).backward()
        (p * p).backward()
    assert len(caught) == 1


def test_attributes_of_ones_own_stay_possible():
    p = Value(2.0, "p")
    p.velocity, p.name, p.gradient, p.value, p.momentum, p._cache, p.requires_grad = 0.0, "p", 1.0, 2, 3, 4, True
    (p * p).backward()
    assert (p.velocity, p.name, p.grad) == (0.0, "p", 4.0)
