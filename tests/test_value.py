"""The node: what it accepts, its operators, the backward pass, and how it meets NumPy."""

from __future__ import annotations

import copy
import gc
import itertools
import math
import operator
import pickle
import random
import sys
import weakref
from fractions import Fraction

import pytest
from support.interrupts import interruptions
from support.references import derivative, same

import autograd
from autograd import Constant, Value
from autograd.sweeps import recorded_gradient

BINARY = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]


@pytest.fixture
def no_garbage_collector():
    gc.collect()
    gc.disable()
    yield
    gc.enable()


# --- construction -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "number"),
    [(3, 3.0), (2.5, 2.5), (True, 1.0), (Fraction(1, 4), 0.25), (-0.0, -0.0), (2**60, 2.0**60)],
)
def test_takes_any_real_number_and_holds_a_float(given, number):
    v = Value(given)
    assert v.data == number
    assert type(v.data) is float


def test_takes_infinities_and_nan():
    assert Value(math.inf).data == math.inf
    assert math.isnan(Value(math.nan).data)


@pytest.mark.parametrize("kind", ["float64", "float32", "float16", "int64", "int8", "uint8"])
def test_takes_numpy_scalars(kind):
    np = pytest.importorskip("numpy")
    v = Value(getattr(np, kind)(3))
    assert v.data == 3.0
    assert type(v.data) is float


BAD_NUMBERS = [
    ("3", TypeError, r"expected a real number, got str '3'; convert it first: float\(text\)"),
    (
        [1, 2],
        TypeError,
        r"got list \[1, 2\]; one node is one scalar: make a list of them, \[Value\(x\) for x in numbers\]",
    ),
    ((1.0,), TypeError, r"got tuple \(1\.0,\); one node is one scalar"),
    ({1}, TypeError, r"got set \{1\}; one node is one scalar"),
    (None, TypeError, r"got NoneType None; give it an int or a float"),
    (1 + 2j, TypeError, r"got complex \(1\+2j\); the engine works on real numbers: take \.real, \.imag or abs\(\)"),
    (Value(1.0), TypeError, r"got Value Value\(data=1, grad=0\); it is already a node of a graph: use it as it is"),
    (10**400, ValueError, r"^the int.* is too large for a float \(at most about 1\.8e308\)"),
    # Python refuses to print integers of more than 4300 digits; the message must survive that.
    (10**5000, ValueError, r"too large for a float \(at most about 1\.8e308\)"),
    (Fraction(10**400), ValueError, r"too large for a float"),
    ("x" * 100, TypeError, r"got str 'x+…; convert it first"),
]


@pytest.mark.parametrize(("given", "error", "text"), BAD_NUMBERS, ids=[text for _, _, text in BAD_NUMBERS])
def test_refuses_what_is_no_real_number_and_says_what_to_write(given, error, text):
    with pytest.raises(error, match=text):
        Value(given)


@pytest.mark.parametrize(("given", "error", "text"), BAD_NUMBERS, ids=[text for _, _, text in BAD_NUMBERS])
def test_assigning_bad_data_is_refused_and_the_old_number_stays(given, error, text):
    v = Value(1.5)
    with pytest.raises(error, match=text):
        v.data = given
    assert v.data == 1.5


def test_refuses_numpy_arrays():
    np = pytest.importorskip("numpy")
    with pytest.raises(TypeError, match=r"got ndarray array\(\[1\., 2\.\]\); one node is one scalar"):
        Value(np.array([1.0, 2.0]))
    with pytest.raises(TypeError, match=r"got ndarray array\(1\.\); take the number out first: x\.item\(\)"):
        Value(np.array(1.0))


def test_refuses_torch_tensors():
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match=r"got Tensor tensor\(2\.\); take the number out first: x\.item\(\)"):
        Value(torch.tensor(2.0))


@pytest.mark.parametrize("label", [(), 3, None, [Value(1.0)]])
def test_a_label_is_a_string(label):
    with pytest.raises(TypeError, match=f"the label of a Value is a string, got {type(label).__name__}"):
        Value(1.0, label)


def test_assigned_data_becomes_a_float():
    v = Value(1.0)
    v.data = Fraction(1, 2)
    assert type(v.data) is float
    v.data -= 1
    assert v.data == -0.5


# --- operators ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", BINARY)
@pytest.mark.parametrize("other", [0.7, 2, Fraction(1, 2), True])
def test_operators_take_numbers_on_either_side(op, other):
    for a, b in ((Value(1.3), other), (other, Value(1.3))):
        y = op(a, b)
        expected = op(*(x.data if isinstance(x, Value) else float(x) for x in (a, b)))
        assert type(y) is Value
        assert same(y.data, expected)
        assert [type(parent) for parent in y.parents] == [Value if isinstance(x, Value) else Constant for x in (a, b)]


@pytest.mark.parametrize("op", BINARY)
@pytest.mark.parametrize("point", [(1.3, 0.7), (2.0, 3.0), (0.4, -1.5)])
def test_operators_of_two_values_send_gradients_to_both(op, point):
    a, b = map(Value, point)
    op(a, b).backward()
    assert same(a.grad, derivative(op, point, 0), 1e-9)
    assert same(b.grad, derivative(op, point, 1), 1e-9)


@pytest.mark.parametrize("op", BINARY)
def test_operators_with_a_number_send_the_gradient_to_the_value(op):
    right, left = Value(1.3), Value(1.3)
    op(2.0, right).backward()
    op(left, 2.0).backward()
    assert same(right.grad, derivative(op, (2.0, 1.3), 1), 1e-9)
    assert same(left.grad, derivative(op, (1.3, 2.0), 0), 1e-9)


NASTY = [
    0.0, -0.0, 1.0, -1.0, 1 / 3, -7.25, 1e16, 5e-324, -2.2e-308, 1.7976931348623157e308, -1e200, math.inf, -math.inf,
    math.nan,
]  # fmt: skip
WRITTEN_OUT = {"add": operator.add, "subtract": operator.sub, "multiply": operator.mul}


@pytest.mark.parametrize("name", WRITTEN_OUT)
def test_the_operators_that_are_written_out_are_those_of_the_table(name):
    entry = autograd.OPERATIONS[name]
    for x, y in itertools.product(NASTY, repeat=2):
        a, b = Value(x), Value(y)
        node = WRITTEN_OUT[name](a, b)
        assert type(node) is Value
        assert (node.op, node.parents, node.grad) == (entry, (a, b), 0)
        z = entry.forward(x, y)
        expected = [z, *entry.derivatives(z, x, y)]
        assert list(map(repr, [node.data, *node.local_derivatives])) == list(map(repr, expected)), (x, y)


def test_unary_operators():
    x = Value(-3.0)
    assert ((-x).data, (+x).data, abs(x).data) == (3.0, -3.0, 3.0)
    (-x).backward()
    abs(x).backward()
    (+x).backward()
    assert x.grad == -1.0 - 1.0 + 1.0


def test_augmented_assignment_makes_a_new_node():
    x = Value(2.0)
    y = x
    y += 1
    y *= x
    y.backward()
    assert (x.data, y.data, x.grad) == (2.0, 6.0, 5.0)


METHODS = ["exp", "expm1", "log", "log1p", "sqrt", "abs", "sin", "cos", "tan", "asin", "acos", "atan"]
METHODS += ["sinh", "cosh", "tanh", "sigmoid", "softplus", "relu"]


@pytest.mark.parametrize("method", METHODS)
def test_methods_record_the_operation_of_that_name(method):
    x = Value(0.3)
    y = getattr(x, method)()
    assert y.op is autograd.OPERATIONS[method]
    assert y.parents == (x,)
    assert y.data == y.op(0.3)


def test_power_with_zero_base_and_zero_exponent():
    x, n = Value(0.0), Value(0.0)
    (x**n + x**0 + 0.0 ** Value(0.0)).backward()
    assert (x.grad, n.grad) == (0.0, 0.0)


def test_division_by_zero_is_infinite_and_not_an_error():
    assert (Value(1.0) / 0).data == math.inf
    assert (-1 / Value(0.0)).data == -math.inf
    assert (Value(0.0) ** -1).data == math.inf


@pytest.mark.parametrize("op", BINARY)
@pytest.mark.parametrize(
    ("other", "text"),
    [("2", "got str '2'"), (None, "got NoneType None"), ([1], r"got list \[1\]"), (1j, "got complex 1j")],
)
def test_operators_refuse_what_is_no_real_number(op, other, text):
    with pytest.raises(TypeError, match=text):
        op(Value(1.0), other)


def test_foreign_types_may_answer_for_themselves():
    class Foreign:
        def __radd__(self, other):
            return "mine"

    assert Value(1.0) + Foreign() == "mine"
    with pytest.raises(TypeError, match=r"unsupported operand type\(s\) for \*: 'Value' and 'Foreign'"):
        Value(1.0) * Foreign()


def test_python_sum_works():
    xs = [Value(float(i)) for i in range(5)]
    total = sum(xs)
    total.backward()
    assert total.data == 10.0
    assert [x.grad for x in xs] == [1.0] * 5


# --- comparison, hashing, conversion ---------------------------------------------------------------------------


@pytest.mark.parametrize("op", [operator.lt, operator.le, operator.gt, operator.ge])
@pytest.mark.parametrize(("a", "b"), [(1.0, 2.0), (2.0, 1.0), (1.0, 1.0), (math.nan, 1.0)])
def test_order_is_by_value(op, a, b):
    for condition in (op(Value(a), Value(b)), op(Value(a), b), op(a, Value(b))):
        assert bool(condition) is op(a, b)


@pytest.mark.parametrize("other", ["1", None, [1], 1j])
def test_order_with_what_is_no_real_number_is_a_type_error(other):
    with pytest.raises(TypeError, match="not supported between instances of 'Value' and"):
        Value(1.0) < other  # noqa: B015


def test_values_can_be_sorted():
    xs = [Value(3.0), Value(1.0), Value(2.0)]
    assert [x.data for x in sorted(xs)] == [1.0, 2.0, 3.0]
    assert max(xs) is xs[0]


def test_equality_and_hash_are_by_identity():
    a, b = Value(1.0), Value(1.0)
    assert a == a
    assert a != b
    assert len({a, b, a}) == 2
    assert {a: "a", b: "b"}[b] == "b"
    a.data = 5.0
    assert a in {a}


@pytest.mark.parametrize(
    ("convert", "text"),
    [
        (bool, r"the truth of a Value is ambiguous: compare its number, as in `v\.data != 0` or `v > 0`"),
        (float, r"does not turn into a float by itself, as its gradient would be lost: use \.data"),
        (int, r"does not turn into an int by itself: write int\(v\.data\)"),
        (math.exp, r"autograd\.exp\(v\) or v\.exp\(\) where you would write math\.exp\(v\)"),
        (lambda v: "%.3f" % v, r"use \.data for the number"),  # noqa: UP031
        (lambda v: 1 if v else 0, r"or ask `v is not None`"),
    ],
)
def test_conversions_that_would_cut_the_graph_are_refused(convert, text):
    with pytest.raises(TypeError, match=text):
        convert(Value(1.0))


def test_format_and_repr():
    v = Value(math.pi, "w")
    assert f"{v:.3f}|{v:8.2e}" == "3.142|3.14e+00"
    assert f"{v}" == str(v) == repr(v) == "Value(data=3.14159, grad=0, label='w')"
    (2 * v).backward()
    assert repr(v) == "Value(data=3.14159, grad=2, label='w')"
    assert repr(Value(2)) == "Value(data=2, grad=0)"


def test_nodes_carry_attributes_of_their_own():
    x = Value(2.0)
    y = x * x
    x.momentum, y.colour = 0.9, "red"
    y.backward()
    assert (x.momentum, y.colour) == (0.9, "red")
    assert not hasattr(x, "colour")


def test_what_a_node_records_can_not_be_reassigned():
    y = Value(2.0) * 3
    for name in ("parents", "local_derivatives", "_prev"):
        with pytest.raises(AttributeError):
            setattr(y, name, ())


def test_a_node_knows_its_operation_its_parents_and_its_local_derivatives():
    a, b = Value(2.0, "a"), Value(3.0, "b")
    y = a * b
    assert y.op is autograd.OPERATIONS["multiply"]
    assert y.parents == (a, b)
    assert y.local_derivatives == (3.0, 2.0)
    assert (y.label, y.source, y.is_constant) == ("", "", False)
    assert (a.op, a.parents, a.local_derivatives, a.label) == (None, (), (), "a")
    assert (y + 1).parents[1].is_constant


# --- the backward pass ------------------------------------------------------------------------------------------


def test_gradients_of_an_expression():
    a, b = Value(2.0), Value(-3.0)
    c = a * b + a**2
    c.backward()
    assert (c.data, a.grad, b.grad, c.grad) == (-2.0, 1.0, 2.0, 1.0)


def test_a_node_used_twice_by_one_operation_counts_twice():
    x = Value(3.0)
    y = x * x
    y.backward()
    assert y.parents == (x, x)
    assert x.grad == 6.0
    x = Value(3.0)
    autograd.sum([x, x, x]).backward()
    assert x.grad == 3.0


def test_a_diamond_is_complete_before_it_is_passed_on():
    x = Value(2.0)
    top = x * 3
    left, right = top * 5, top * 7
    (left * right + top).backward()
    # d/dtop (35·top² + 1·top) = 70·top + 1, and top = 6
    assert (top.grad, x.grad) == (421.0, 3 * 421.0)


def test_deep_reuse_does_not_take_exponential_time():
    x = Value(1.0)
    y = x
    for _ in range(60):
        y = y + y
    y.backward()
    assert x.grad == 2.0**60


@pytest.mark.parametrize("calls", [2, 3, 5])
def test_leaves_accumulate_whole_passes_bit_for_bit(calls):
    # Adding each contribution to what is there already would round differently: 0.1 + 0.2 + 0.3 + …
    rng = random.Random(1)
    x = Value(0.1)
    y = sum((x * rng.uniform(-1, 1) for _ in range(200)), Value(0.0))
    y.backward()
    once, expected = x.grad, 0.0
    for _ in range(calls - 1):
        y.backward()
    for _ in range(calls):
        expected += once
    assert x.grad == expected


def test_gradients_of_inner_nodes_are_those_of_the_last_pass_only():
    x = Value(3.0)
    y = x * x
    z = y * 2
    for _ in range(3):
        z.backward()
        assert (z.grad, y.grad) == (1.0, 2.0)
    y.backward()
    assert (y.grad, x.grad) == (1.0, 3 * 12.0 + 6.0)


def test_two_losses_on_shared_nodes_add_up_in_the_leaves():
    x = Value(3.0)
    shared = x * x
    (shared * 2).backward()
    (shared * 5).backward()
    assert (shared.grad, x.grad) == (5.0, 12.0 + 30.0)


@pytest.mark.parametrize("create_graph", [False, True])
def test_backward_starts_with_the_seed_it_is_given(create_graph):
    x = Value(3.0)
    y = x * x
    y.backward(5.0, create_graph=create_graph)
    assert recorded_gradient(x) == 30.0
    y.backward(gradient=-1, create_graph=create_graph)
    assert recorded_gradient(x) == 24.0


def test_a_seed_may_be_a_node_where_the_gradients_are_recorded():
    x, u = Value(3.0), Value(2.0)
    (x * x).backward(u, create_graph=True)
    assert x.grad.data == 12.0
    assert autograd.grad(lambda v: v * x.grad)(1.0) == 12.0
    x.grad.backward()
    assert u.grad == 6.0


def test_a_seed_that_is_no_number_is_refused_and_nothing_is_lost():
    x = Value(3.0)
    y = x * x
    y.backward()
    with pytest.raises(TypeError, match=r"takes a number, got True; to record .* backward\(create_graph=True\)"):
        y.backward(True)
    with pytest.raises(TypeError, match=r"give its \.data, or write"):
        y.backward(Value(1.0))
    with pytest.raises(TypeError, match="expected a real number, got str"):
        y.backward("1")
    with pytest.raises(TypeError):
        y.backward(1.0, True)
    assert x.grad == 6.0


# --- frozen leaves ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_frozen_leaf_keeps_its_gradient_until_it_is_freed(create_graph):
    w, x = Value(2.0), Value(3.0, "x", requires_grad=False)
    (w * x).backward(create_graph=create_graph)
    assert (recorded_gradient(w), x.grad) == (3.0, 0)
    x.requires_grad = True
    (w * x).backward(create_graph=create_graph)
    assert (recorded_gradient(w), recorded_gradient(x)) == (6.0, 2.0)
    assert x.requires_grad_(False) is x
    (w * x).backward(create_graph=create_graph)
    assert (recorded_gradient(w), recorded_gradient(x)) == (9.0, 2.0)


def test_requires_grad_of_leaves_constants_and_results():
    w, x = Value(2.0, requires_grad=True), Value(3.0, requires_grad=False)
    assert w.requires_grad
    assert not x.requires_grad
    assert (w * x).requires_grad
    assert not (x * x + 1).requires_grad
    assert not Constant(1.0).requires_grad
    Constant(1.0).requires_grad = False  # as it is
    with pytest.raises(ValueError, match="a Constant is never trained"):
        Constant(1.0).requires_grad = True


def test_only_a_leaf_can_be_frozen_and_only_by_a_bool():
    x = Value(3.0)
    with pytest.raises(ValueError, match=r"computed by 'multiply': .*v.detach\(\)"):
        (x * x).requires_grad = False
    with pytest.raises(TypeError, match="requires_grad is True or False, got 0"):
        x.requires_grad = 0
    with pytest.raises(TypeError, match="requires_grad is True or False, got None"):
        Value(1.0, requires_grad=None)


@pytest.mark.parametrize("create_graph", [False, True])
def test_a_backward_pass_that_could_write_nothing_is_refused(create_graph):
    x = Value(3.0, "x", requires_grad=False)
    with pytest.raises(ValueError, match=r"every leaf below this node is frozen, .*label='x'"):
        (2 * x).backward(create_graph=create_graph)


def test_a_frozen_leaf_can_be_differentiated_by_where_it_is_asked_for():
    x = Value(3.0, requires_grad=False)
    assert autograd.grad(lambda v: v * v)(x).data == 6.0


def test_copies_and_pickles_of_a_frozen_leaf_are_frozen():
    w, x = Value(2.0), Value(3.0, requires_grad=False)
    for y in (copy.deepcopy(w * x), pickle.loads(pickle.dumps(w * x))):
        assert [leaf.requires_grad for leaf in y.parents] == [True, False]


def test_a_frozen_leaf_costs_the_others_nothing():
    x = Value(3.0)
    before = sys.getsizeof(x)
    assert "_is_frozen" not in vars(x)
    x.requires_grad = False
    x.requires_grad = True
    assert "_is_frozen" not in vars(x)
    assert sys.getsizeof(x) == before


def test_backward_of_a_leaf_adds_one():
    x = Value(3.0)
    x.backward()
    x.backward()
    assert x.grad == 2.0


def test_an_earlier_gradient_of_a_leaf_stays():
    x = Value(3.0)
    x.grad = 10
    (x * 2).backward()
    assert x.grad == 12.0


def test_a_gradient_that_can_not_be_added_to_spoils_no_other_leaf():
    a, b, c = Value(1.0), Value(2.0), Value(3.0)
    a.grad, b.grad, c.grad = 5.0, "five", 7.0
    with pytest.raises(TypeError):
        autograd.sum([a, b, c]).backward()
    assert (a.grad, b.grad, c.grad) == (5.0, "five", 7.0)


def test_changing_data_after_the_forward_pass_does_not_disturb_the_gradient():
    x, w = Value(3.0), Value(2.0)
    hidden = w * x
    loss = hidden * hidden
    for node in (x, w, hidden, loss):
        node.data = 1e9
    loss.backward()
    assert (hidden.grad, w.grad, x.grad) == (12.0, 36.0, 24.0)


def test_zero_grad_forgets_everything_below():
    x = Value(3.0)
    y = x * x
    y.backward()
    y.zero_grad()
    assert [(node.grad, node.has_grad) for node in (x, y)] == [(0, False)] * 2
    y.backward()
    assert x.grad == 6.0


def test_grad_is_the_integer_zero_until_a_pass_has_reached_the_node():
    x, unused = Value(3.0), Value(1.0)
    y = x * 0.0
    assert type(x.grad) is int
    assert not x.has_grad
    y.backward()
    # Now the gradient is known: it is zero.
    assert (x.grad, type(x.grad), x.has_grad, y.has_grad) == (0.0, float, True, True)
    assert (unused.grad, type(unused.grad), unused.has_grad) == (0, int, False)


def test_detach_cuts_the_graph():
    x = Value(3.0, "x")
    y = x * x
    cut = y.detach()
    (cut * x).backward()
    assert (cut.data, cut.op, cut.parents, cut.grad) == (9.0, None, (), 3.0)
    assert (x.grad, y.has_grad) == (9.0, False)
    assert x.detach().label == "x"


# --- NumPy ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("op", BINARY)
@pytest.mark.parametrize("kind", ["float64", "float32", "int64"])
def test_numpy_scalars_on_either_side(op, kind):
    np = pytest.importorskip("numpy")
    scalar = getattr(np, kind)(2)
    for y, expected in ((op(scalar, Value(1.5)), op(2.0, 1.5)), (op(Value(1.5), scalar), op(1.5, 2.0))):
        assert type(y) is Value
        assert type(y.data) is float
        assert same(y.data, expected)


def test_power_of_a_numpy_integer():
    np = pytest.importorskip("numpy")
    x = Value(3.0)
    y = x ** np.int64(2)
    y.backward()
    assert (y.data, x.grad, y._op) == (9.0, 6.0, "**2")


@pytest.mark.parametrize("op", BINARY)
def test_arrays_on_either_side_give_arrays_of_values(op):
    np = pytest.importorskip("numpy")
    array = np.array([1.0, 2.0])
    for result, expected in ((op(Value(1.5), array), op(1.5, array)), (op(array, Value(1.5)), op(array, 1.5))):
        assert result.shape == (2,)
        assert [type(y) for y in result] == [Value, Value]
        assert [y.data for y in result] == pytest.approx(list(expected), rel=1e-15)


def test_comparison_with_an_array_is_elementwise():
    np = pytest.importorskip("numpy")
    assert (Value(1.5) < np.array([1.0, 2.0])).tolist() == [False, True]
    assert (np.array([1.0, 2.0]) < Value(1.5)).tolist() == [True, False]


def test_object_arrays_multiply_and_sum():
    np = pytest.importorskip("numpy")
    W = np.array([[Value(1.0), Value(2.0)], [Value(3.0), Value(4.0)]])
    x = np.array([Value(5.0), Value(6.0)])
    y = W @ x
    assert [v.data for v in y] == [17.0, 39.0]
    (y.sum() + np.sum(W) + x.mean()).backward()
    assert [[w.grad for w in row] for row in W] == [[6.0, 7.0], [6.0, 7.0]]
    assert [v.grad for v in x] == [4.5, 6.5]


def test_an_array_of_numbers_times_an_object_array():
    np = pytest.importorskip("numpy")
    x = np.array([Value(5.0), Value(6.0)])
    y = np.array([[1.0, 2.0], [3.0, 4.0]]) @ x
    assert [v.data for v in y] == [17.0, 39.0]


@pytest.mark.parametrize(
    "name", ["exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "abs"]
)
def test_numpy_functions_of_values_and_of_object_arrays(name):
    np = pytest.importorskip("numpy")
    x = Value(0.3)
    expected = autograd.OPERATIONS[name].forward(0.3)
    one = getattr(np, name)(x)
    many = getattr(np, name)(np.array([x, Value(0.3)]))
    assert [type(y) for y in (one, *many)] == [Value] * 3
    assert [y.data for y in (one, *many)] == [expected] * 3


# --- size -------------------------------------------------------------------------------------------------------------

MILLION = 1_000_000


def test_a_chain_of_a_million_nodes_is_built_differentiated_and_freed_at_once(no_garbage_collector):
    x = Value(1.0)
    y = x
    for i in range(MILLION):
        y = y + 1.0
        if i == MILLION // 2:
            inner = weakref.ref(y)
    y.backward()
    assert (y.data, x.grad, inner().grad) == (MILLION + 1.0, 1.0, 1.0)
    del y
    assert inner() is None


def test_a_graph_used_many_times_is_freed_without_the_garbage_collector(no_garbage_collector):
    x = Value(0.5)
    y = autograd.logsumexp([x * x, x.tanh(), 2 / x])
    z = autograd.softmax([y, x, y * y])[0]
    inner = weakref.ref(y)
    z.backward()
    z.zero_grad()
    del y, z
    assert inner() is None


def test_a_sum_of_200_000_parents_is_one_node():
    xs = [Value(0.5) for _ in range(200_000)]
    y = autograd.sum(xs)
    y.backward()
    assert y.data == 100_000.0
    assert len(y.parents) == len(y.local_derivatives) == 200_000
    assert {x.grad for x in xs} == {1.0}


def test_the_backward_pass_does_not_set_off_the_garbage_collector():
    leaves = [Value(float(i)) for i in range(20_000)]
    loss = autograd.sum(leaves)
    loss.backward()
    for leaf in leaves:
        leaf.grad = 0
    collections = []

    def count(phase, info):
        collections.append(phase)

    gc.collect()
    gc.callbacks.append(count)
    try:
        loss.backward()
    finally:
        gc.callbacks.remove(count)
    assert len(collections) <= 4  # two, begun and ended; a tuple for each leaf would be 28 of them


@pytest.mark.parametrize("create_graph", [False, True])
def test_wherever_ctrl_c_comes_into_a_backward_pass_the_gradients_are_those_before_or_after_it(create_graph):
    def second_pass():
        a, b = Value(1.0), Value(-2.0)
        (a * b).backward()
        return (a, b), (a * b + a).tanh()

    def gradients(state):
        return [recorded_gradient(leaf) for leaf in state[0]]

    def run(state):
        state[1].backward(create_graph=create_graph)

    state = second_pass()
    before = gradients(state)
    run(state)
    after = gradients(state)
    assert all(gradients(state) in (before, after) for state in interruptions(second_pass, run))
    assert before != after
