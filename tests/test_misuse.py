"""What a Value is asked for and does not do: each message says what happened and what to write instead."""

from __future__ import annotations

import math
import warnings
from fractions import Fraction

import pytest

from autograd import Value, compile, dot, misuse

V = Value(3.5)
OPERATORS = {
    "//": (lambda: V // 2, r"`//`: it goes up in steps, with the derivative 0 .* write v\.data // 2"),
    "reflected //": (lambda: 2 // V, r"write 2 // v\.data"),
    "%": (lambda: V % 2, r"`%`: of the plain number write v\.data % 2"),
    "reflected %": (lambda: 2 % V, r"`%`"),
    "@": (lambda: V @ V, r"`@`: it is a single number: .* autograd\.dot\(a, b\)"),
    "divmod": (lambda: divmod(V, 2), r"write divmod\(v\.data, 2\)"),
    "round": (lambda: round(V), r"write round\(v\.data, 2\)"),
    "round to digits": (lambda: round(V, 2), r"write round\(v\.data, 2\)"),
    "floor": (lambda: math.floor(V), r"write math\.floor\(v\.data\)"),
    "ceil": (lambda: math.ceil(V), r"write math\.ceil\(v\.data\)"),
    "trunc": (lambda: math.trunc(V), r"write math\.trunc\(v\.data\)"),
    "range": (lambda: range(V), r"write range\(int\(v\.data\)\)"),
    "an index": (lambda: [1.0][V], r"xs\[int\(v\.data\)\]"),
}


@pytest.mark.parametrize("name", OPERATORS)
def test_an_operator_that_a_value_has_not_says_what_to_write(name):
    call, message = OPERATORS[name]
    with pytest.raises(TypeError, match=message):
        call()


def test_what_the_messages_advise_works():
    v = Value(3.5)
    y = v - 2 * math.floor(v.data / 2)
    y.backward()
    assert (y.data, v.grad, v.data // 2, round(v.data, 0)) == (1.5, 1.0, 1.0, 4.0)
    assert dot([v], [v]).data == 12.25


def test_other_classes_may_have_an_answer():
    class Modulus:
        def __rmod__(self, other):
            return "theirs"

    assert V % Modulus() == "theirs"
    with pytest.raises(TypeError, match="unsupported operand"):
        V // "a"


def test_item_is_the_number():
    assert Value(3.5).item() == 3.5
    assert type(Value(3).item()) is float


# --- == and != --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "compare",
    [
        lambda v: v == 3.0,
        lambda v: v != 3,
        lambda v: v in [1, 2],
        lambda v: v == Fraction(3),
        lambda v: (v > 0) == v,
    ],
)
def test_comparing_a_node_with_a_number_for_equality_warns(compare):
    with pytest.warns(UserWarning, match=r"never equal: .* v\.data == 3\.0, .* math\.isclose") as caught:
        compare(Value(3.0))
    assert caught[0].filename == __file__


def test_the_warning_is_given_once_for_each_line():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for _ in range(3):
            Value(3.0) == 3.0  # noqa: B015
        Value(3.0) == 3.0  # noqa: B015
    assert len(caught) == 2


def test_identity_is_silent():
    a, b = Value(1.0), Value(1.0)
    assert a == a
    assert a != b
    assert a not in [b, None, "a"]
    assert b in [a, b]
    assert [a, b].index(b) == 1
    assert {a: 1, b: 2}[b] == 2
    assert (a == None) is False  # noqa: E711
    assert a != "1"


def test_another_class_may_say_that_it_is_equal():
    class Anything:
        def __eq__(self, other):
            return True

        __hash__ = None

    assert Value(1.0) == Anything()


# --- traced functions ---------------------------------------------------------------------------------------------

TRACED = {
    "a loop": (lambda n: sum(n for _ in range(n)), 3, "neither count the rounds of a loop nor be an index"),
    "an index": (lambda x: [1.0, 2.0][x], 1, "neither count the rounds of a loop nor be an index"),
    "its number": (lambda x: x * x.item(), 1.0, r"it has no \.data yet"),
    "steps": (lambda x: x // 2, 1.0, "has no `//`"),
}


@pytest.mark.parametrize("name", TRACED)
def test_a_number_that_is_not_known_yet(name):
    function, argument, message = TRACED[name]
    with pytest.raises(TypeError, match=message):
        compile(function, backend="python")(argument)


def test_a_model_that_gets_numbers_where_it_wants_a_list():
    from nn import MLP

    np = pytest.importorskip("numpy")
    model = compile(MLP(2, [3, 1], seed=0), backend="python")
    with pytest.raises(TypeError, match=r"was given one number: one sample .* is a list, f\(\[1\.0, 2\.0\]\)"):
        model(1.0)
    with pytest.raises(TypeError, match=r"was given one number for each row: .* shape \(samples, inputs\)"):
        model(np.array([1.0, 2.0]))
    assert len(model(np.ones((3, 2)))) == 3


# --- misspelled attributes are found where they would begin to do harm ------------------------------


@pytest.fixture
def nothing_judged_yet(monkeypatch):
    monkeypatch.setattr(misuse, "_judged", {"label", "source"})


LOOKED = {
    "backward": lambda y: y.backward(),
    "backward with a graph": lambda y: y.backward(create_graph=True),
    "compile": lambda y: compile(y, backend="python"),
}


@pytest.mark.parametrize("where", LOOKED)
@pytest.mark.parametrize(
    ("wrong", "right"), [("gard", "grad"), ("requires_gard", "requires_grad"), ("dat", "data"), ("lable", "label")]
)
def test_a_slip_is_told_with_the_nearest_name(nothing_judged_yet, where, wrong, right):
    p = Value(2.0, "p")
    setattr(p, wrong, 0)
    with pytest.warns(
        UserWarning, match=f"attribute '{wrong}', which is none of a Value: did you mean '{right}'"
    ) as caught:
        LOOKED[where](p * p)
    assert caught[0].filename == __file__


def test_it_is_told_once(nothing_judged_yet):
    p = Value(2.0)
    p.gard = 0
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        (p * p).backward()
        (p * p).backward()
    assert len(caught) == 1


def test_attributes_of_ones_own_stay_possible(nothing_judged_yet):
    p = Value(2.0, "p")
    p.velocity, p.name, p.gradient, p.value, p.momentum, p._cache, p.requires_grad = 0.0, "p", 1.0, 2, 3, 4, True
    (p * p).backward()
    assert (p.velocity, p.name, p.grad) == (0.0, "p", 4.0)
