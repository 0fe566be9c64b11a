"""grad and its relatives: against JAX's recorded numbers, nested, in every structure, and on bad input."""

from __future__ import annotations

import collections
import copy
import gc
import json
import math
import pickle
import warnings
import weakref
from pathlib import Path

import pytest
from support.reference_functions import FUNCTIONS

import autograd
from autograd import (
    Constant,
    Value,
    detect_anomaly,
    grad,
    hessian,
    hvp,
    jacobian,
    jvp,
    no_grad,
    operation,
    topological_order,
    value_and_grad,
    vjp,
)
from autograd.operations import BUILT_IN, OPERATIONS

DATA = Path(__file__).parents[1] / "data"
JAX = json.loads((DATA / "derivatives-jax.json").read_text())
every_function = pytest.mark.parametrize("name", FUNCTIONS)


def flat(x):
    return [number for part in x for number in flat(part)] if isinstance(x, (list, tuple)) else [x]


def assert_close(actual, expected, relative=1e-10):
    """Every entry agrees, relative to itself; entries that cancel to nearly 0, relative to the largest."""
    actual, expected = flat(actual), flat(expected)
    assert len(actual) == len(expected)
    largest = max(map(abs, expected), default=0.0)
    for a, e in zip(actual, expected, strict=True):
        assert type(a) is float
        assert math.isclose(a, e, rel_tol=relative, abs_tol=1e-4 * relative * largest), f"{a} is not {e}"


def reference(name):
    function, x = FUNCTIONS[name]
    return (lambda x: function(autograd, x)), x, JAX[name], isinstance(JAX[name]["value"], float)


# --- against JAX ----------------------------------------------------------------------------------------


@every_function
def test_values_and_first_derivatives_are_those_of_jax(name):
    f, x, expected, is_scalar = reference(name)
    for mode in ("forward", "reverse", None):
        assert_close(jacobian(f, mode=mode)(x), expected["first"])
    if is_scalar:
        value, gradient = value_and_grad(f)(x)
        assert_close(value, expected["value"])
        assert_close(gradient, expected["first"])
        assert grad(f)(x) == gradient


@every_function
def test_second_derivatives_are_those_of_jax(name):
    f, x, expected, is_scalar = reference(name)
    assert_close(jacobian(jacobian(f))(x), expected["second"])
    assert_close(jacobian(jacobian(f, mode="reverse"), mode="reverse")(x), expected["second"])
    assert_close(jacobian(jacobian(f, mode="forward"), mode="forward")(x), expected["second"])
    if is_scalar:
        assert_close(hessian(f)(x), expected["second"])


@every_function
def test_products_with_vectors_are_rows_and_columns_combined(name):
    f, x, expected, is_scalar = reference(name)
    v = [math.cos(3.0 * i) for i in range(len(x))]
    rows = [expected["first"]] if is_scalar else expected["first"]
    value, tangent = jvp(f, (x,), (v,))
    assert_close(value, expected["value"])
    assert_close(tangent, [sum(a * b for a, b in zip(row, v, strict=True)) for row in rows], 1e-9)
    value, pullback = vjp(f, x)
    u = [math.sin(1.0 + i) for i in range(len(rows))]
    assert_close(value, expected["value"])
    (product,) = pullback(u[0] if is_scalar else u)
    assert_close(product, [sum(u[i] * rows[i][j] for i in range(len(u))) for j in range(len(x))], 1e-9)
    if is_scalar:
        product = [sum(a * b for a, b in zip(row, v, strict=True)) for row in expected["second"]]
        assert_close(hvp(f, (x,), (v,)), product, 1e-9)


def test_the_recorded_numbers_are_what_jax_gives():
    pytest.importorskip("jax")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # those of JAX are none of our business
        from support.record_jax import recorded

        for name, results in recorded(["x_to_the_x"]).items():
            for key, numbers in results.items():
                assert_close(numbers, JAX[name][key], 1e-13)


# --- nesting --------------------------------------------------------------------------------------------


def test_any_order():
    derivative = lambda x: autograd.exp(2.0 * x)  # noqa: E731
    for order in range(7):
        assert math.isclose(derivative(0.3), 2.0**order * math.exp(0.6), rel_tol=1e-14)
        derivative = grad(derivative)


def test_forward_and_reverse_nest_in_every_combination():
    def forward(f):
        return lambda x: jvp(f, (x,), (1.0,))[1]

    def f(x):
        return autograd.sin(x) * x**3

    x = 0.7
    third = -math.cos(x) * x**3 - 9 * math.sin(x) * x**2 + 18 * math.cos(x) * x + 6 * math.sin(x)
    for a in (grad, forward):
        for b in (grad, forward):
            for c in (grad, forward):
                assert math.isclose(a(b(c(f)))(x), third, rel_tol=1e-13)


def derivative_forward(f):
    return lambda x: jvp(f, (x,), (1.0,))[1]


PAIRS = [(a, b) for a in (grad, derivative_forward) for b in (grad, derivative_forward)]


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_perturbations_are_not_confused(outer, inner):
    # d/dx [x · d/dy (x + y)] = 1: who takes y's perturbation for x's gets 2
    assert outer(lambda x: x * inner(lambda y: x + y)(1.0))(1.0) == 1.0
    # the inner derivative of x·y by y is x, so the product is x²
    assert outer(lambda x: x * inner(lambda y: x * y)(2.0))(3.0) == 6.0
    # the same node captured and passed: d/dy (x·y²) at y = x is 2x², not 3x²
    assert outer(lambda x: inner(lambda y: x * y * y)(x))(3.0) == 12.0
    # three levels: d/dx d/dy d/dz (x·y²·z³) at x = y = z = 2
    f = outer(lambda x: inner(lambda y: outer(lambda z: x * y**2 * z**3)(2.0))(2.0))
    assert f(2.0) == 2 * 2.0 * 3 * 2.0**2


def test_a_curried_function_keeps_its_variables_apart():
    """The case of Manzyuk and others: a derivative that returns a function, applied to itself."""

    def shifted(u):
        return lambda g: lambda x: g(x + u)

    # D = d/du [shift(u) applied twice to exp] at 0: d/du exp(x + 2u) = 2·exp(x)
    result = grad(lambda u: shifted(u)(shifted(u)(autograd.exp))(1.0))(0.0)
    assert math.isclose(result, 2 * math.e, rel_tol=1e-15)
    inner = lambda x: grad(lambda u: autograd.exp(x + u))(0.0)  # noqa: E731
    assert math.isclose(grad(inner)(1.0), math.e, rel_tol=1e-15)


def test_a_derivative_inside_an_unrolled_iteration():
    """Newton's method with grad inside: d/da of the root of x² = a is 1/(2·sqrt(a))."""

    def root(a):
        x = 1.0
        for _ in range(8):
            slope = grad(lambda z: z * z - a)(x)
            x = x - (x * x - a) / slope
        return x

    assert math.isclose(grad(root)(2.0), 0.5 / math.sqrt(2.0), rel_tol=1e-12)


def test_a_constant_derivative_is_no_mistake():
    assert grad(grad(lambda x: 3.0 * x))(1.0) == 0.0
    assert hessian(lambda x: x[0] - 2.0 * x[1])([1.0, 2.0]) == [[0.0, 0.0], [0.0, 0.0]]


# --- what comes back ------------------------------------------------------------------------------------


Point = collections.namedtuple("Point", "x y")


def test_structures_go_in_and_come_out():
    def f(p):
        return p["a"][0] * p["a"][1].x + p["b"][0] * p["a"][1].y

    result = grad(f)({"a": [2.0, Point(3.0, 5.0)], "b": (7.0,)})
    assert result == {"a": [3.0, Point(2.0, 7.0)], "b": (5.0,)}
    assert type(result["a"][1]) is Point
    ordered = grad(lambda p: p["k"] ** 2)(collections.OrderedDict(k=3.0))
    assert ordered == {"k": 6.0}
    assert type(ordered) is collections.OrderedDict


def test_argnums_choose_the_arguments():
    f = lambda x, y, z=0.0: x * y + z  # noqa: E731
    assert grad(f, 1)(2.0, 3.0) == 2.0
    assert grad(f, -1)(2.0, 3.0) == 2.0
    assert grad(f, (1, 0))(2.0, 3.0) == (2.0, 3.0)
    assert grad(f, (0,))(2.0, 3.0) == (3.0,)
    assert grad(f)(2.0, 3, z=1) == 3.0  # an integer may be what is not differentiated by
    assert value_and_grad(f)(2.0, 3.0) == (6.0, 3.0)


def test_jacobian_nests_the_input_in_the_output():
    f = lambda p: {"s": p[0] * p[1], "t": (p[0],)}  # noqa: E731
    assert jacobian(f)((2.0, 3.0)) == {"s": (3.0, 2.0), "t": ((1.0, 0.0),)}
    assert hessian(lambda x, y: x * y * y, (0, 1))(2.0, 3.0) == ((0.0, 6.0), (6.0, 4.0))


def test_numpy_arrays_keep_their_shape():
    np = pytest.importorskip("numpy")
    W = np.arange(6.0).reshape(2, 3)
    x = np.array([1.0, -2.0, 0.5])
    f = lambda W, x: np.tanh(W @ x)  # noqa: E731
    slope = 1 - np.tanh(W @ x) ** 2
    by_W, by_x = jacobian(f, (0, 1))(W, x)
    assert by_W.shape == (2, 2, 3)
    assert by_W.dtype == by_x.dtype == float
    np.testing.assert_allclose(by_x, slope[:, None] * W, rtol=1e-14)
    np.testing.assert_allclose(by_W, slope[:, None, None] * np.eye(2)[:, :, None] * x, rtol=1e-14)
    loss = lambda p: (f(p["W"], x) ** 2).sum()  # noqa: E731
    gradient = grad(loss)({"W": W})["W"]
    np.testing.assert_allclose(gradient, (2 * np.tanh(W @ x) * slope)[:, None] * x, rtol=1e-14)
    assert hessian(loss)({"W": W})["W"]["W"].shape == (2, 3, 2, 3)
    product = hvp(loss, ({"W": W},), ({"W": W},))["W"]
    np.testing.assert_allclose(
        product, np.einsum("ijkl,kl->ij", hessian(loss)({"W": W})["W"]["W"], W), rtol=1e-12, atol=1e-14
    )
    assert grad(lambda x: x**2)(np.float64(3.0)) == 6.0
    with pytest.raises(TypeError, match=r"argument 0\[0\] is the integer 0"):
        grad(lambda x: x[0])(np.arange(2))


def test_plain_numbers_give_floats_and_values_give_graphs():
    assert type(grad(lambda x: x**3)(2.0)) is float
    x = Value(2.0, "x")
    slope = grad(lambda x: x**3)(x)
    assert isinstance(slope, Value)
    slope.backward()
    assert (slope.data, x.grad) == (12.0, 12.0)
    # one Value is enough, be it not differentiated by
    w = Value(5.0)
    grad(lambda x, w: x * w * w)(2.0, w).backward()
    assert w.grad == 10.0
    # even a constant derivative can be used as a node
    assert isinstance(grad(lambda x: 2.0 * x)(x), Value)


def test_captured_values_keep_their_gradients_and_labels():
    w = Value(3.0, "w")
    w.grad = 42.0
    assert grad(lambda x: w * x)(2.0) == 3.0
    slope = grad(lambda x: w * x)(Value(2.0))
    assert slope.data == 3.0
    assert slope is not w  # whoever labels the slope must not rename the weight
    assert w.grad == 42.0
    assert jvp(lambda x: w * x, (2.0,), (1.0,)) == (6.0, 3.0)
    assert w.grad == 42.0


def test_no_grad_around_a_derivative_does_not_switch_it_off():
    x = Value(3.0)
    with no_grad():
        assert grad(lambda x: x * x)(3.0) == 6.0
        slope = grad(lambda x: x * x)(x)
    assert slope.data == 6.0
    assert slope.parents == ()


def test_no_grad_inside_a_function_makes_a_constant():
    def f(x):
        with no_grad():
            factor = x * x
        return factor * x

    assert grad(f)(3.0) == 9.0


# --- the graph of a derivative --------------------------------------------------------------------------


def shape_of_graph(root):
    return sorted(node._op for node in topological_order(root) if node.op is not None)


def test_derivative_graphs_are_small():
    x = Value(2.0, "x")
    assert shape_of_graph(grad(lambda x: x**2)(x)) == ["*", "identity"]
    assert shape_of_graph(grad(lambda x: x**3)(x)) == ["*", "**2", "identity"]
    assert shape_of_graph(grad(lambda x: 3 * x + x)(x)) == []  # the number 4, no node at all
    assert shape_of_graph(grad(lambda x: x.exp())(x)) == ["exp", "identity"]
    assert shape_of_graph(grad(grad(lambda x: x**2))(x)) == []
    # only what depends on x: nothing of the path that leads to w
    w = Value(3.0)
    assert shape_of_graph(grad(lambda x: x * (w.exp().sin() + 0.0) * 1.0)(x)).count("exp") == 1


def replayed(root, numbers):
    """The graph computed again from other leaves."""
    values = {}
    for node in topological_order(root):
        inputs = [values[parent] for parent in node.parents]
        values[node] = node.op.forward(*inputs) if node.op else numbers.get(node, node.data)
    return values[root]


def test_a_derivative_graph_is_valid_at_other_inputs():
    """Choices stay choices: the graph recorded where relu is off gives the slope where it is on."""

    def f(x):
        return x.relu() * x**2 + autograd.maximum(x, 1.0) * abs(x)

    x = Value(-0.5)
    first, second = grad(f)(x), grad(grad(f))(x)
    for other in (-2.0, 0.4, 3.0):
        assert math.isclose(replayed(first, {x: other}), grad(f)(other), rel_tol=1e-15)
        assert math.isclose(replayed(second, {x: other}), grad(grad(f))(other), rel_tol=1e-15)


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_rule_works_on_nodes(name):
    """Second derivatives of the whole table: forward mode, reverse mode, and a difference of first derivatives."""
    entry = OPERATIONS[name]
    point = [0.4, 0.7, 0.3][: entry.arity or 3]
    f = lambda xs: entry(*xs) * 1.0  # noqa: E731
    if name == "power_of_constant":
        f = lambda xs: xs[0] ** 2.5 * (1.0 + 0.0 * xs[1])  # noqa: E731
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reverse, forward = hessian(f)(point), jacobian(jacobian(f, mode="forward"), mode="forward")(point)
        assert_close(reverse, forward, 1e-13)
        for j in range(len(point)):
            h = 1e-5
            up, down = [[x + s * h * (i == j) for i, x in enumerate(point)] for s in (1, -1)]
            for i, (a, b) in enumerate(zip(grad(f)(up), grad(f)(down), strict=True)):
                assert math.isclose(reverse[i][j], (a - b) / (2 * h), rel_tol=1e-7, abs_tol=1e-7)


def test_deep_graphs_do_not_recurse():
    def f(x):
        for _ in range(20_000):
            x = x * 0.99999 + 1e-6
        return x * x

    slope = 0.99999**20_000
    assert math.isclose(grad(grad(f))(0.5), 2 * slope**2, rel_tol=1e-10)
    assert math.isclose(jvp(f, (0.5,), (1.0,))[1], grad(f)(0.5), rel_tol=1e-12)


def test_nothing_is_left_behind():
    gc.collect()
    gc.disable()
    try:
        x = Value(2.0)
        slope = grad(lambda x: x.exp() * x)(x)
        watched = weakref.ref(slope)
        del slope
        assert watched() is None
    finally:
        gc.enable()


# --- backward(create_graph=True) ------------------------------------------------------------------------


def test_create_graph_makes_gradients_that_can_be_differentiated():
    x, y = Value(2.0, "x"), Value(3.0, "y")
    z = x**3 * y
    z.backward(create_graph=True)
    assert (x.grad.data, y.grad.data, z.grad.data) == (36.0, 8.0, 1.0)
    assert x.has_grad
    assert repr(x) == "Value(data=2, grad=36, label='x')"
    slope = x.grad
    for node in (x, y):
        node.grad = 0
    assert not x.has_grad
    slope.backward()
    assert (x.grad, y.grad) == (36.0, 12.0)


def test_create_graph_adds_to_leaves_and_mixes_with_plain_passes():
    x = Value(2.0)
    (x * x).backward()
    (x * x).backward(create_graph=True)
    assert x.grad.data == 8.0
    (x * x).backward()
    assert x.grad.data == 12.0
    x.grad = 0
    (3 * x).backward(create_graph=True)
    assert isinstance(x.grad, Constant)
    x.grad.backward()


def test_a_graph_with_recorded_gradients_can_be_pickled_and_copied():
    x = Value(2.0, "x")
    y = x**3
    y.backward(create_graph=True)
    for twin in (pickle.loads(pickle.dumps(y)), copy.deepcopy(y)):
        (leaf,) = [node for node in topological_order(twin) if node.label == "x"]
        assert leaf is not x
        assert leaf.grad.data == 12.0
        assert leaf in topological_order(leaf.grad)  # the gradient is that of the copy


def test_an_anomaly_in_the_recorded_pass_leaves_the_gradients_alone():
    x = Value(0.0, "x")
    y = x.sqrt()
    x.grad = 7.0
    with detect_anomaly(), pytest.raises(autograd.AnomalyError, match="divide gave inf"):
        y.backward(create_graph=True)
    assert x.grad == 7.0


# --- bad input ------------------------------------------------------------------------------------------


def test_a_result_that_is_not_one_number():
    with pytest.raises(TypeError, match=r"returned a list of 2: a gradient is that of one number; .* jacobian\(f\)"):
        grad(lambda x: [x, x])(1.0)
    with pytest.raises(TypeError, match="hessian needs a function that returns one number"):
        hessian(lambda x: (x,))(1.0)
    with pytest.raises(TypeError, match=r"grad got None from the function: does it lack a `return`\?"):
        grad(lambda x: None)(1.0)
    with pytest.raises(TypeError, match="the result of f is 'abc' of type str, where a number is needed"):
        grad(lambda x: "abc")(1.0)


@pytest.mark.parametrize("argnums", [1, -2, (0, 1)])
def test_argnums_out_of_range(argnums):
    with pytest.raises(ValueError, match=r"called with 1 positional argument\(s\), numbered from 0"):
        grad(lambda x: x, argnums)(1.0)


def test_argnums_of_another_kind():
    with pytest.raises(TypeError, match="argnums of grad is the number of an argument"):
        grad(lambda x: x, "x")(1.0)
    with pytest.raises(ValueError, match="names an argument of grad twice"):
        grad(lambda x: x, (0, -1))(1.0)


def test_an_integer_where_a_float_is_needed():
    with pytest.raises(
        TypeError, match=r"argument 0 is the integer 3, and an integer cannot change a little: write 3.0"
    ):
        grad(lambda x: x * x)(3)
    with pytest.raises(TypeError, match=r"argument 0\['w'\]\[1\] is the integer 2"):
        jacobian(lambda p: p["w"][0])({"w": [1.0, 2]})


def test_what_is_no_function_and_no_number():
    with pytest.raises(TypeError, match=r"grad takes a function, got the Value 4: write grad\(f\), not grad\(f\(x\)\)"):
        grad(Value(4.0))
    with pytest.raises(TypeError, match="argument 0 is 'one' of type str, where a number is needed"):
        grad(lambda x: x)("one")
    with pytest.raises(TypeError, match=r"use .data for the number, and autograd.exp\(v\)"):
        grad(lambda x: math.exp(x))(1.0)
    with pytest.raises(ValueError, match='the mode of jacobian is "forward", "reverse" or None'):
        jacobian(lambda x: x, mode="backward")


def test_a_constant_result_is_zero_with_a_warning():
    with pytest.warns(
        UserWarning, match="the result of the function does not depend on the input, so its derivative is 0"
    ) as seen:
        assert grad(lambda x: 3.0)(2.0) == 0.0
    assert seen[0].filename == __file__
    with pytest.warns(UserWarning, match="does not depend on the input"):
        assert grad(lambda x: x.data**2)(2.0) == 0.0
    with pytest.warns(UserWarning, match="does not depend on the input"):
        assert jvp(lambda x: [1.0, Value(2.0)], (2.0,), (1.0,)) == ([1.0, 2.0], [0.0, 0.0])


def test_side_effects_on_captured_values():
    w = Value(1.0, "w")
    model = {"layers": [w]}

    def moves_a_weight(x):
        model["layers"][0].data += 1.0
        return w * x

    message = r"it changed .data of w, which it did not make, from 1.0 to 2.0, so the next call would compute"
    with pytest.raises(ValueError, match=message):
        grad(moves_a_weight)(2.0)

    def runs_backward(x):
        y = w * x
        y.backward()
        return y

    with pytest.raises(ValueError, match=r"it called backward\(\), which changed .grad of w.*grad\(…\)"):
        grad(runs_backward)(2.0)

    def changes_its_input(x):
        x.data = 5.0
        return x * x

    with pytest.raises(ValueError, match=r"changed .data of its input from 2.0 to 5.0"):
        grad(changes_its_input)(2.0)


def test_side_effects_on_own_values():
    def fills_before_use(x):
        v = Value(1.0)
        v.data = 3.0
        return v * x

    assert grad(fills_before_use)(2.0) == 3.0

    def changes_after_use(x):
        v = Value(1.0)
        y = v * x
        v.data = 3.0
        return y

    with pytest.raises(ValueError, match=r"changed after multiply had computed 2.0 from it"):
        grad(changes_after_use)(2.0)


def test_tangents_and_cotangents_must_match():
    with pytest.raises(TypeError, match=r"jvp takes primals as a tuple .* write \(x,\)"):
        jvp(lambda x: x, 1.0, 1.0)
    with pytest.raises(
        ValueError, match=r"tangents of the same structure as primals.*got \(\[x, x\],\) for \(\[x\],\)"
    ):
        jvp(lambda x: x[0], ([1.0],), ([1.0, 2.0],))
    _, pullback = vjp(lambda x: [x, x], 1.0)
    with pytest.raises(ValueError, match=r"cotangents of the same structure as the result of f"):
        pullback(1.0)


def test_a_rule_that_works_on_floats_only_is_named():
    operation("float_only", "float_only", math.sin, lambda y, x: (math.cos(x),))
    try:
        f = lambda x: OPERATIONS["float_only"](x)  # noqa: E731
        assert grad(f)(0.0) == 1.0
        with pytest.raises(TypeError, match="the derivative rule of 'float_only' gives no second derivative"):
            grad(grad(f))(0.0)
    finally:
        del OPERATIONS["float_only"]


# --- cost -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [50, 500])
def test_hvp_sweeps_over_a_graph_a_few_times_as_large_as_that_of_the_function(n):
    # counted in nodes, for any number of inputs; `python -m benchmarks derivatives` measures seconds
    def rosenbrock(x):
        return autograd.sum([100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2 for i in range(n - 1)])

    x = [Value(0.1 * (i % 7) - 0.3) for i in range(n)]
    function_nodes = len(topological_order(rosenbrock(x)))
    gradient_nodes = len(topological_order(*grad(rosenbrock)(x)))
    assert gradient_nodes < 4 * function_nodes


def test_the_cheaper_mode_is_chosen(monkeypatch):
    sweeps = []
    for name in ("push_forward", "pull_back"):
        sweep = getattr(autograd.transforms.derivatives, name)
        monkeypatch.setattr(
            autograd.transforms.derivatives, name, lambda *a, sweep=sweep, name=name: sweeps.append(name) or sweep(*a)
        )
    jacobian(lambda x: [x, x * x, x**3])(2.0)
    assert sweeps == ["push_forward"]
    sweeps.clear()
    jacobian(lambda x: [x[0] * x[1] * x[2]])([1.0, 2.0, 3.0])
    assert sweeps == ["pull_back"]
    sweeps.clear()
    jvp(lambda x: x * x, (2.0,), (1.0,))
    assert sweeps == ["push_forward"]  # a pass of its own, no reverse pass in disguise


# In each a local derivative that is infinite at 0 meets a gradient that is exactly 0: in PyTorch, too, that is nan.
ZERO_TIMES_INFINITE = {
    "a factor 0": lambda x: 0.0 * x.sqrt(),
    "a difference": lambda x: (lambda a: a - a)(1 / x),
    "products that cancel": lambda x: (lambda a: a * 2 - 2 * a)(x.log()),
    "0 below": lambda x: (0.0 * x).sqrt(),
}


@pytest.mark.parametrize("name", ZERO_TIMES_INFINITE)
def test_a_gradient_that_is_recorded_is_nan_where_that_of_numbers_is(name):
    f = ZERO_TIMES_INFINITE[name]
    x, recorded, leaf = Value(0.0), Value(0.0), Value(0.0)
    f(x).backward()
    f(recorded).backward(create_graph=True)
    autograd.compile(f(leaf), backend="python")()
    assert math.isnan(x.grad)
    assert math.isnan(recorded.grad.data)
    assert math.isnan(leaf.grad)
    assert math.isnan(grad(f)(0.0))
    assert math.isnan(autograd.compile(grad(f), backend="python")(0.0))
    assert math.isnan(grad(grad(f))(0.0))
