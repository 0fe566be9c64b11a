"""Walks the table of operations: every forward function and every derivative rule, against two references."""

from __future__ import annotations

import itertools
import math
import pickle
import struct

import pytest
from support.references import (
    OPERATION_NAMES,
    SMOOTH_POINTS,
    TORCH,
    inf,
    nan,
    points_for,
    same,
    torch_value_and_derivatives,
    wrong_derivatives,
)

import autograd.operations as ops
from autograd import OPERATIONS, Operation, Value, operation

every_operation = pytest.mark.parametrize("name", OPERATION_NAMES)


@pytest.fixture
def own_operation():
    """Adds operations to the table and takes them out again."""
    added = []

    def add(name, *arguments):
        added.append(name)
        return operation(name, *arguments)

    yield add
    for name in added:
        OPERATIONS.pop(name, None)


# --- forward functions and derivatives -----------------------------------------------------------------


@every_operation
def test_derivatives_agree_with_central_differences(name):
    assert wrong_derivatives(OPERATIONS[name]) == []


@every_operation
def test_value_and_derivatives_agree_with_torch(name):
    torch = pytest.importorskip("torch")
    entry = OPERATIONS[name]
    for point in points_for(entry):
        y = entry.forward(*point)
        torch_y, torch_derivatives = torch_value_and_derivatives(torch, name, point)
        assert same(y, torch_y), f"{name}{point} = {y}, PyTorch: {torch_y}"
        for i, d in enumerate(entry.derivatives(y, *point)):
            assert same(d, torch_derivatives[i]), f"{name}{point}: derivative {i} = {d}, PyTorch: {torch_derivatives}"


@every_operation
def test_shares_are_the_local_derivatives_times_a_finite_gradient(name):
    entry = OPERATIONS[name]
    for point in points_for(entry):
        y = entry.forward(*point)
        local_derivatives = entry.derivatives(y, *point)
        for gradient in (1.0, -2.5, 1e300, 0.0):
            sent = entry.sends(gradient, y, *point)
            assert [i for i, _ in sent] == [i for i in range(len(point)) if i not in entry.flat]
            assert all(same(share, local_derivatives[i] * gradient) for i, share in sent), (name, point, gradient)


def test_every_operation_has_a_counterpart_in_torch():
    assert sorted(OPERATION_NAMES) == sorted(TORCH), "a new operation needs a line in references.TORCH"


# What PyTorch gives, written down for machines without it.
EDGES = [
    ("log", (0.0,), -inf, (inf,)),
    ("log", (-0.0,), -inf, (-inf,)),
    ("log", (-1.0,), nan, (-1.0,)),
    ("log1p", (-1.0,), -inf, (inf,)),
    ("sqrt", (0.0,), 0.0, (inf,)),
    ("sqrt", (-1.0,), nan, (nan,)),
    ("asin", (1.0,), math.pi / 2, (inf,)),
    ("acos", (2.0,), nan, (nan,)),
    ("tan", (inf,), nan, (nan,)),
    ("sin", (inf,), nan, (nan,)),
    ("exp", (1000.0,), inf, (inf,)),
    ("exp", (-inf,), 0.0, (0.0,)),
    ("sinh", (-1000.0,), -inf, (inf,)),
    ("divide", (1.0, 0.0), inf, (inf, -inf)),
    ("divide", (1.0, -0.0), -inf, (-inf, -inf)),
    ("divide", (0.0, 0.0), nan, (inf, nan)),
    ("power", (0.0, -1.0), inf, (-inf, -inf)),
    ("power", (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("power", (0.0, 2.0), 0.0, (0.0, 0.0)),
    ("power", (-8.0, 1 / 3), nan, (nan, nan)),
    ("power", (-10.0, 1001.0), -inf, (inf, nan)),
    ("power", (nan, 0.0), 1.0, (0.0, nan)),
    ("power_of_constant", (0.0, 0.0), 1.0, (0.0, 0.0)),
    ("power_of_constant", (0.0, 1.0), 0.0, (1.0, 0.0)),
    ("relu", (0.0,), 0.0, (0.0,)),
    ("relu", (nan,), nan, (1.0,)),
    ("abs", (0.0,), 0.0, (0.0,)),
    ("maximum", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("minimum", (2.0, 2.0), 2.0, (0.5, 0.5)),
    ("maximum", (nan, 1.0), nan, (1.0, 1.0)),
    ("minimum", (1.0, nan), nan, (1.0, 1.0)),
    ("where", (0.0, nan, 3.0), 3.0, (0.0, 0.0, 1.0)),
    ("logsumexp", (inf, 0.0), inf, (nan, 0.0)),
    ("logsumexp", (-inf, 0.0), 0.0, (0.0, 1.0)),
    ("logsumexp", (-inf, -inf), -inf, (nan, nan)),
    ("logsumexp", (nan, inf), nan, (nan, nan)),
    ("sum", (inf, -inf), nan, (1.0, 1.0)),
    ("sum", (), 0.0, ()),
]


@pytest.mark.parametrize(("name", "point", "value", "derivatives"), EDGES)
def test_edges_follow_ieee_754(name, point, value, derivatives):
    y = OPERATIONS[name].forward(*point)
    assert same(y, value)
    actual = OPERATIONS[name].derivatives(y, *point)
    assert len(actual) == len(derivatives)
    assert all(map(same, actual, derivatives)), actual


@pytest.mark.parametrize(
    ("name", "x", "value", "derivative"),
    [
        ("sigmoid", 1000.0, 1.0, 0.0),
        ("sigmoid", -1000.0, 0.0, 0.0),
        ("tanh", 1000.0, 1.0, 0.0),
        ("tanh", -1000.0, -1.0, 0.0),
        ("softplus", 1000.0, 1000.0, 1.0),
        ("softplus", -1000.0, 0.0, 0.0),
        ("logsumexp", 1000.0, 1000.0, 1.0),
        ("logsumexp", -1000.0, -1000.0, 1.0),
    ],
)
def test_saturated_functions_neither_overflow_nor_lose_their_value(name, x, value, derivative):
    assert OPERATIONS[name].forward(x) == value
    assert OPERATIONS[name].derivatives(value, x) == (derivative,)


def test_logsumexp_of_large_numbers_is_their_maximum_plus_the_rest():
    y = ops.logsumexp(1000.0, 1000.0)
    assert y == 1000.0 + math.log(2.0)
    assert ops.logsumexp.derivatives(y, 1000.0, 1000.0) == pytest.approx((0.5, 0.5), rel=1e-12)


def test_softplus_and_sigmoid_keep_small_numbers():
    # log(1 + e^-40) computed as written would be log(1) = 0.
    assert same(ops.softplus(-40.0), math.exp(-40.0))
    assert same(ops.sigmoid(-40.0), math.exp(-40.0))


def test_sum_adds_from_left_to_right_on_every_python():
    # Python's own sum compensates since 3.12 and would find 1.0.
    assert ops.total(1e16, 1.0, -1e16) == 0.0


@every_operation
def test_rules_fed_values_give_the_numbers_of_rules_fed_floats(name):
    entry = OPERATIONS[name]
    for point in points_for(entry):
        y = entry.forward(*point)
        in_floats = entry.derivatives(y, *point)
        in_values = entry.derivatives(Value(y), *map(Value, point))
        assert len(in_floats) == len(in_values)
        for d, node in zip(in_floats, in_values, strict=True):
            assert same(d, node.data if isinstance(node, Value) else node, relative=0.0), (name, point)


@every_operation
def test_called_with_floats_gives_a_float_and_with_a_value_a_node(name):
    entry = OPERATIONS[name]
    point = SMOOTH_POINTS[entry.arity][0]
    number = entry(*point)
    node = entry(Value(point[0]), *point[1:])
    assert type(number) is float
    assert type(node) is Value
    assert type(node.data) is float
    assert same(node.data, number, relative=0.0)
    assert node.op is entry
    assert tuple(parent.data for parent in node.parents) == point
    assert len(node.local_derivatives) == len(point)
    assert [parent.is_constant for parent in node.parents] == [False] + [True] * (len(point) - 1)


# --- the checker catches planted mistakes ----------------------------------------------------------------

MISTAKES = {
    "sign flipped": lambda d, x: -d,
    "factor 2": lambda d, x: 2.0 * d,
    "factor 1.00001": lambda d, x: 1.00001 * d,
    "term missing": lambda d, x: d - 0.1 * x,
    "forgotten": lambda d, x: 0.0,
}
FLAT = {"less", "less_equal", "equal"}  # 0 stays 0 under a sign or a factor: only a wrong term can be planted


def planted(entry: Operation, mistake: str, parent: int) -> Operation:
    """`entry` with a mistake in the derivative by one parent."""

    def derivatives(y, *xs):
        right = entry.derivatives(y, *xs)
        return tuple(
            MISTAKES[mistake](d, x) if i == parent else d for i, (d, x) in enumerate(zip(right, xs, strict=True))
        )

    wrong = Operation(entry.name, entry.symbol, entry.forward, derivatives)
    wrong.arity = entry.arity
    return wrong


def plantings():
    for name in OPERATION_NAMES:
        for parent in range(OPERATIONS[name].arity or 1):
            flat = name in FLAT or (name, parent) == ("where", 0)
            for mistake in MISTAKES:
                if (name, parent) != ("power_of_constant", 1) and (not flat or mistake == "term missing"):
                    yield name, parent, mistake


@pytest.mark.parametrize(("name", "parent", "mistake"), list(plantings()))
def test_the_checker_reports_a_planted_mistake(name, parent, mistake):
    reports = wrong_derivatives(planted(OPERATIONS[name], mistake, parent))
    assert reports
    assert all(f"derivative {parent} is" in report for report in reports)


@every_operation
def test_the_checker_reports_a_missing_derivative(name):
    entry = OPERATIONS[name]
    wrong = Operation(name, entry.symbol, entry.forward, lambda y, *xs: entry.derivatives(y, *xs)[:-1])
    wrong.arity = entry.arity
    reports = wrong_derivatives(wrong)
    assert reports
    assert all(" derivatives for " in report for report in reports)


def test_the_checker_refuses_an_operation_that_is_defined_nowhere():
    nowhere = Operation("nowhere", "?", lambda x: nan, lambda y, x: (nan,))
    with pytest.raises(AssertionError, match="nowhere is defined at too few points"):
        wrong_derivatives(nowhere)


# --- the table --------------------------------------------------------------------------------------------


@every_operation
def test_arity_is_read_off_the_rule(name):
    unary = {
        "identity",
        "negate",
        "exp",
        "expm1",
        "log",
        "log1p",
        "sqrt",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "sinh",
    }
    unary |= {"identity", "cosh", "tanh", "sigmoid", "softplus", "relu", "abs"}
    expected = 1 if name in unary else {"where": 3, "sum": None, "logsumexp": None}.get(name, 2)
    assert OPERATIONS[name].arity == expected


@every_operation
def test_wrong_number_of_inputs_is_an_error_that_says_how_many(name):
    arity = OPERATIONS[name].arity
    if arity is None:
        assert OPERATIONS[name](1.0, 2.0, 3.0, 4.0) > 4.0
        return
    inputs = [0.5] * (arity + 1)
    with pytest.raises(TypeError, match=rf"{name} takes {arity} input\(s\), got {arity + 1}: \(0\.5, "):
        OPERATIONS[name](*inputs)
    with pytest.raises(TypeError, match=rf"{name} takes {arity} input\(s\), got {arity - 1}"):
        OPERATIONS[name](*inputs[2:])


@pytest.mark.parametrize("inputs", [("2",), (None,), ([1.0],), (1j,)])
def test_an_operation_refuses_what_is_not_a_real_number(inputs):
    with pytest.raises(TypeError, match="expected a real number, got"):
        ops.exp(*inputs)
    with pytest.raises(TypeError, match="expected a real number, got"):
        ops.add(Value(1.0), *inputs)


@every_operation
def test_a_built_in_operation_can_not_be_replaced(name):
    before = OPERATIONS[name]
    with pytest.raises(ValueError, match=f"the operation '{name}' is built in; give yours another name"):
        operation(name, "?", lambda x: x, lambda y, x: (1.0,))
    assert OPERATIONS[name] is before


def test_your_own_operation_works_and_can_be_replaced(own_operation):
    half = own_operation("test_half", "½", lambda x: x / 3, lambda y, x: (1 / 3,))
    assert half(6.0) == 2.0
    half = own_operation("test_half", "½", lambda x: x / 2, lambda y, x: (0.5,))
    assert OPERATIONS["test_half"] is half
    x = Value(6.0)
    y = half(x) * 10
    y.backward()
    assert (y.data, x.grad) == (30.0, 5.0)
    assert (half(x).op, half(x)._op) == (half, "½")


def test_your_own_operation_of_three_parents(own_operation):
    clip = own_operation(
        "test_clip",
        "clip",
        lambda x, low, high: min(max(x, low), high),
        lambda y, x, low, high: (1.0 if low < x < high else 0.0, 1.0 if x <= low else 0.0, 1.0 if x >= high else 0.0),
    )
    x = Value(5.0)
    y = clip(x, 0.0, 2 * x - 7)
    y.backward()
    assert (y.data, x.grad) == (3.0, 2.0)


def test_your_own_operation_of_any_number_of_parents(own_operation):
    product = own_operation(
        "test_product",
        "Π",
        lambda *xs: math.prod(xs),
        lambda y, *xs: tuple(y / x for x in xs),
    )
    xs = [Value(2.0), Value(3.0), Value(5.0)]
    product(*xs).backward()
    assert [x.grad for x in xs] == [15.0, 10.0, 6.0]


# --- pickling and printing ----------------------------------------------------------------------------------


@every_operation
def test_an_operation_is_pickled_by_name(name):
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        assert pickle.loads(pickle.dumps(OPERATIONS[name], protocol)) is OPERATIONS[name]


def test_an_unknown_operation_in_a_pickle_is_an_error_that_says_what_to_do(own_operation):
    pickled = pickle.dumps(own_operation("test_gone", "?", lambda x: x, lambda y, x: (1.0,)))
    del OPERATIONS["test_gone"]
    with pytest.raises(LookupError, match=r"no operation is called 'test_gone'.*autograd\.operation\('test_gone'"):
        pickle.loads(pickled)


def test_repr_names_the_operation():
    assert repr(ops.softplus) == "<operation softplus>"


# --- what is made of others -------------------------------------------------------------------------------------------

EDGES = (0.0, -0.0, 1.0, -1.0, 0.3, -17.5, 36.7, -745.2, 800.0, 5e-324, math.inf, -math.inf, math.nan)
COMPOSITE = [OPERATIONS[name] for name in OPERATION_NAMES if OPERATIONS[name].made_of is not None]


@pytest.mark.parametrize("operation", COMPOSITE, ids=lambda operation: operation.name)
def test_what_an_operation_is_made_of_has_its_bits(operation):
    inputs = itertools.product(EDGES, repeat=operation.arity or 3)
    for xs in inputs:
        expected, made = operation.forward(*xs), operation.made_of(*xs)
        assert struct.pack("<d", made) == struct.pack("<d", expected) or (made != made and expected != expected), xs


def test_which_operations_are_made_of_others():
    assert {operation.name for operation in COMPOSITE} == {"sigmoid", "softplus", "logsumexp"}
