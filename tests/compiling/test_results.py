"""Compiled functions: several results, what they are differentiated by, and derivatives of them."""

from __future__ import annotations

import copy
import math
import pickle
from itertools import pairwise
from typing import NamedTuple

import pytest

import nn
from autograd import Value, compile, grad, hessian, jacobian, jvp, sqrt, value_and_grad, vjp
from autograd import sum as total

pytest.importorskip("llvmlite")
np = pytest.importorskip("numpy")
backends = pytest.mark.parametrize("backend", ["python", "llvm"])


class Pair(NamedTuple):
    first: object
    second: object


def everything(x, y):
    """Results of every kind: lists, tuples, dicts, arrays, a number, an argument, None."""
    return [x * y, (x + y,), {"both": np.array([x, x - y]), "plain": 3.0}, Pair(y, None)]


@backends
def test_the_result_has_the_structure_that_the_function_gives_it(backend):
    f = compile(everything, backend=backend)
    product, (added,), named, pair = f(2.0, 5.0)
    assert (product, added, named["plain"], pair) == (10.0, 7.0, 3.0, Pair(5.0, None))
    assert named["both"].tolist() == [2.0, -3.0]
    assert named["both"].dtype == np.float64


@backends
@pytest.mark.parametrize("n", [0, 1, 7, 8, 9])
def test_with_rows_every_number_becomes_an_array(backend, n):
    f = compile(everything, backend=backend)
    X = np.arange(n, dtype=np.int16)
    product, (added,), named, pair = f(X, 5.0)
    assert product.tolist() == [5.0 * x for x in range(n)]
    assert added.tolist() == [5.0 + x for x in range(n)]
    assert named["plain"].tolist() == [3.0] * n
    assert pair.first.tolist() == [5.0] * n
    assert named["both"].shape == (n, 2)
    assert named["both"].tolist() == [[x, x - 5.0] for x in range(n)]


@backends
def test_the_loss_and_the_rest_come_from_one_program(backend):
    model = nn.MLP(2, [3, 2], activation="tanh", seed=0)
    calls = []

    def loss(x, t):
        calls.append(x)
        outputs = model(x)
        return total([(a - b) ** 2 for a, b in zip(outputs, t, strict=True)]), {"outputs": outputs}

    f = compile(loss, parameters=model, has_aux=True, backend=backend)
    X, T = np.random.RandomState(0).randn(2, 9, 2)
    (losses, rest), gradient = f.value_and_grad(X, T)
    expected = compile(lambda x, t: loss(x, t)[0], parameters=model, backend=backend).value_and_grad(X, T)
    assert losses == pytest.approx(expected[0], rel=1e-14)
    assert gradient == pytest.approx(expected[1], rel=1e-12)
    assert np.stack(rest["outputs"], axis=1).tolist() == [pytest.approx([y.data for y in model(x)]) for x in X.tolist()]
    assert f(X, T)[0] == pytest.approx(losses, rel=1e-14)
    (one, _), _ = f.value_and_grad(X[0].tolist(), T[0].tolist())
    assert one == pytest.approx(losses[0], rel=1e-14)


@backends
@pytest.mark.parametrize("sizes", [[2, 1], [40, 40, 1]], ids=["straight-line", "loops"])
def test_the_gradient_of_a_frozen_parameter_is_0(backend, sizes):
    model = nn.MLP(2, sizes, activation="tanh", seed=0)
    f = compile(lambda x: model(x) ** 2, parameters=model, backend=backend)
    X = np.random.RandomState(0).randn(9, 2)
    _, gradient = f.value_and_grad(X)
    _, of_one = f.value_and_grad([0.5, -0.5])
    frozen = [3, 0, 5]
    for i in frozen:
        model.parameters()[i].requires_grad = False
    for given, expected in ((X, gradient), ([0.5, -0.5], of_one)):
        expected = [0.0 if i in frozen else x for i, x in enumerate(expected)]
        assert list(f.value_and_grad(given)[1]) == expected
    model.unfreeze()
    assert f.value_and_grad(X)[1].tolist() == gradient.tolist()


@backends
def test_large_arrays_of_other_types_are_converted_block_by_block(backend, monkeypatch):
    from autograd.compiling import runners

    model = nn.MLP(3, [40, 40, 1], activation="tanh", seed=0)
    f = compile(lambda x: (model(x) ** 2, [x[0] * 2.0]), parameters=model, has_aux=True, backend=backend)
    by_rows = compile(lambda x: model(x) ** 2, argnums=0, backend=backend)
    X = np.random.RandomState(0).randn(250, 3).astype(np.float32)
    (value, rest), gradient = f.value_and_grad(X)
    of_rows = by_rows.value_and_grad(X)[1]
    monkeypatch.setattr(runners, "MOST_CONVERTED", 300)
    lengths, call = [], runners.Loops.__call__

    def watched(loops, parameters, arguments, n, *more, **options):
        lengths.append(n)
        return call(loops, parameters, arguments, n, *more, **options)

    monkeypatch.setattr(runners.Loops, "__call__", watched)
    (same, same_rest), same_gradient = f.value_and_grad(X)
    assert lengths == [250, 100, 100, 50]
    assert same.tolist() == pytest.approx(value.tolist(), rel=1e-14)
    assert same_rest[0].tolist() == rest[0].tolist()
    assert same_gradient.tolist() == pytest.approx(gradient.tolist(), rel=1e-11, abs=1e-13)
    assert np.allclose(by_rows.value_and_grad(X)[1], of_rows, rtol=1e-12, atol=1e-14)
    assert f(X)[0].tolist() == pytest.approx(value.tolist(), rel=1e-14)


@backends
def test_what_is_not_differentiated_sends_nothing(backend):
    f = compile(lambda x: (x * 3.0, sqrt(x)), has_aux=True, backend=backend)  # d sqrt(0) is inf
    assert f.value_and_grad(0.0) == ((0.0, 0.0), 3.0)
    assert f.value_and_grad(np.zeros(3))[1].tolist() == [3.0] * 3


@pytest.mark.parametrize("n", [300, 3000])
def test_several_results_of_threaded_code(monkeypatch, n):
    from autograd.compiling import assemble

    monkeypatch.setattr(assemble, "LONG", 5)
    w = Value(0.5)

    def chain(x):
        y, rest = x, []
        for k in range(n):
            y = (y * w + 0.1).tanh()
            if k % 100 == 0:
                rest.append(y + k)
        return y, [*rest, sqrt(x - x)]

    f = compile(chain, parameters=[w], has_aux=True, backend="llvm")
    straight = compile(chain, parameters=[w], has_aux=True, backend="python")
    assert "threaded code" in str(f) or f(0.3)
    (value, rest), gradient = f.value_and_grad(0.3)
    (expected, expected_rest), expected_gradient = straight.value_and_grad(0.3)
    assert value == pytest.approx(expected, rel=1e-12)
    assert rest == pytest.approx(expected_rest, rel=1e-12)
    assert gradient == pytest.approx(expected_gradient, rel=1e-12)
    assert "threaded code" in str(f)


# --- by what ------------------------------------------------------------------------------------------------


@backends
def test_the_gradient_has_the_structure_of_the_parameters(backend):
    a, b, c = Value(2.0), Value(3.0), Value(5.0)

    def f(x):
        return a * x + b * x * x

    X = np.arange(4.0)
    for parameters, expected in [
        (a, 6.0),
        ([a, b], [6.0, 14.0]),
        ({"b": b, "others": (a, [c])}, {"b": 14.0, "others": (6.0, [0.0])}),
        ([a, a], [6.0, 6.0]),
        ((x for x in (b, a)), [14.0, 6.0]),
        (Pair(b, None), Pair(14.0, None)),
    ]:
        g = compile(f, parameters=parameters, backend=backend)
        assert g.value_and_grad(X)[1] == expected
    _, array = compile(f, parameters=np.array([[a, b]]), backend=backend).value_and_grad(X)
    assert array.tolist() == [[6.0, 14.0]]


@backends
def test_the_gradient_of_a_module_is_in_the_order_of_its_parameters(backend):
    first, second = nn.Neuron(1, seed=0, nonlin=False), nn.Neuron(1, seed=1, nonlin=False)
    f = compile(lambda x: second([first([x])]), parameters=[second, {"first": first}], backend=backend)
    _, (of_second, of_first) = f.value_and_grad(2.0)
    y = second([first([2.0])])
    y.backward()
    assert of_second == [p.grad for p in second.parameters()]
    assert of_first == {"first": [p.grad for p in first.parameters()]}
    _, rows = compile(lambda x: second([x]), parameters=second, backend=backend).value_and_grad(np.array([2.0, 3.0]))
    assert rows.tolist() == [5.0, 2.0]
    assert f.parameters == [*second.parameters(), *first.parameters()]


@backends
def test_without_parameters_it_is_value_and_grad_compiled(backend):
    for f, arguments in [
        (lambda x, y: x * y * y, (2.0, 3.0)),
        (lambda p, y: p["w"][0] * p["w"][1] + p["b"] * y, ({"w": [2.0, 3.0], "b": 1.0}, 4.0)),
        (lambda p: p[0][0] * p[1][1] + p[1][0], ((([2.0, 1.0]), [3.0, 5.0]),)),
    ]:
        for argnums in (None, 0, (0,), *(((1,), (1, 0)) if len(arguments) > 1 else ())):
            expected = value_and_grad(f, 0 if argnums is None else argnums)(*arguments)
            assert compile(f, argnums=argnums, backend=backend).value_and_grad(*arguments) == expected


@backends
def test_nested_arguments_may_hold_rows(backend):
    f = compile(lambda p, scale: p["a"][0] * p["a"][1] * scale[0] + p["t"], backend=backend)
    A, t = np.array([[1.0, 2.0], [3.0, 4.0]]), [0.5]
    value, gradient = f.value_and_grad({"a": A, "t": np.array([1.0, 2.0])}, t)
    assert value.tolist() == [2.0, 8.0]
    assert gradient["a"].tolist() == [[1.0, 0.5], [2.0, 1.5]]
    assert gradient["t"].tolist() == [1.0, 1.0]


def test_a_data_frame_is_rows():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"height": [1, 2], "width": [3, 5]})
    f = compile(lambda x, w: x[0] * x[1] * w)
    assert f(frame, frame["width"]).tolist() == [9.0, 50.0]


@backends
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.uint8, np.int64, bool])
def test_rows_lie_in_memory_as_they_like(backend, dtype):
    f = compile(lambda x, t: x[0] * 2.0 + x[1] ** -1.0 - t, argnums=(0, 1), backend=backend)
    table = np.ones((9, 8), dtype)
    for X in (table[:, :2], table[:, 2:6:2], table[::-1, :2], np.asfortranarray(table)[:, 1:3], table.T[:2].T):
        values, (of_x, of_t) = f.value_and_grad(X, table[:, 0])
        assert values.tolist() == [2.0] * 9
        assert of_x.tolist() == [[2.0, -1.0]] * 9
        assert of_t.tolist() == [-1.0] * 9


# --- derivatives of compiled functions ----------------------------------------------------------------------


def both(x):
    return [x[0] * x[1], {"root": sqrt(x[0]), "same": x[1]}]


@backends
def test_jacobian(backend):
    f = compile(both, backend=backend)
    assert jacobian(f)([4.0, 3.0]) == jacobian(both)([4.0, 3.0])
    rows = jacobian(f)(np.array([[4.0, 3.0], [1.0, 2.0]]))
    assert rows[0].tolist() == [[3.0, 4.0], [2.0, 1.0]]
    assert rows[1]["root"].tolist() == [[0.25, 0.0], [0.5, 0.0]]
    assert rows[1]["same"].tolist() == [[0.0, 1.0], [0.0, 1.0]]


@backends
def test_jacobian_of_arrays_and_of_several_arguments(backend):
    def f(x, y):
        return np.array([[x[0] * y, x[1]], [y, y * y]])

    compiled = compile(f, backend=backend)
    for argnums in (0, 1, (0, 1), -1):
        expected, found = jacobian(f, argnums)([2.0, 3.0], 5.0), jacobian(compiled, argnums)([2.0, 3.0], 5.0)
        assert str(found) == str(expected)
    of_x, of_y = jacobian(compiled, (0, 1))(np.array([[2.0, 3.0]] * 3), np.full(3, 5.0))
    assert of_x.shape == (3, 2, 2, 2)
    assert of_y.shape == (3, 2, 2)
    assert of_y[1].tolist() == [[2.0, 0.0], [1.0, 10.0]]


@backends
def test_a_result_with_an_infinite_derivative_does_not_disturb_the_others(backend):
    f = compile(both, backend=backend)
    assert jacobian(f)([0.0, 3.0]) == [[3.0, 0.0], {"root": [float("inf"), 0.0], "same": [0.0, 1.0]}]
    of_rows = jacobian(f)(np.array([[0.0, 3.0], [4.0, 3.0]]))
    assert of_rows[1]["same"].tolist() == [[0.0, 1.0]] * 2


@backends
def test_derivatives_of_a_compiled_function_are_those_of_the_function(backend):
    w = Value(2.0)

    def f(x, y):
        return w * x * x * y

    g = compile(f, backend=backend)
    assert grad(g)(3.0, 5.0) == 60.0
    assert grad(g, argnums=(0, -1))(3.0, 5.0) == (60.0, 18.0)
    assert value_and_grad(g, argnums=1)(3.0, 5.0) == (90.0, 18.0)
    assert grad(g)(np.array([3.0, 1.0]), 5.0).tolist() == [60.0, 20.0]
    assert grad(grad(g))(3.0, 5.0) == 20.0
    assert hessian(g)(3.0, 5.0) == 20.0
    assert jvp(g, (3.0, 5.0), (1.0, 0.0)) == (90.0, 60.0)
    value, pullback = vjp(g, 3.0, 5.0)
    assert (value, pullback(2.0)) == (90.0, (120.0, 36.0))
    y = grad(g)(Value(3.0), 5.0)
    assert y.data == 60.0
    assert y.op is not None  # it has a graph, as that of the function itself
    assert grad(lambda x: x * g(2.0, 1.0))(1.0) == 8.0


def test_copies_go_on_with_the_same_meaning():
    model = nn.MLP(2, [1], seed=0)
    f = compile(model, parameters=model)
    f.value_and_grad([1.0, 2.0])
    for other in (pickle.loads(pickle.dumps(f)), copy.deepcopy(f)):
        assert other.value_and_grad([1.0, 2.0]) == f.value_and_grad([1.0, 2.0])
        assert other.parameters[0] is not f.parameters[0]
        other.parameters[0].data += 1.0
        assert other([1.0, 2.0]) != f([1.0, 2.0])
    w = Value(2.0)
    g = compile(lambda x: w * x, parameters=[w])
    assert copy.deepcopy(g).value_and_grad(3.0) == (6.0, [3.0])  # a plain function is not copied, nor what it uses


def captured():
    w = Value(2.0, "w")
    return lambda x: w * x


CASES = {
    "neither": (
        lambda: compile(captured()).value_and_grad(1.0),
        r"uses 1 Value besides its arguments.*compile\(f, parameters=model\).*compile\(f, argnums=0\)",
    ),
    "both": (lambda: compile(captured(), parameters=[Value(1.0)], argnums=0), "one gradient"),
    "a list": (lambda: compile(lambda x: [x, x]).value_and_grad(1.0), "returned a list of 2: .*has_aux=True"),
    "no pair": (lambda: compile(lambda x: x, has_aux=True).value_and_grad(1.0), r"a pair \(loss, the rest\)"),
    "a list of losses": (
        lambda: compile(lambda x: ([x, x], x), has_aux=True).value_and_grad(1.0),
        "the first of the pair that the function returned is a list of 2",
    ),
    "numbers as parameters": (lambda: compile(captured(), parameters=[2.0]), r"Value\(2.0\)"),
    "text as parameters": (lambda: compile(captured(), parameters="w"), "takes a module, a Value, or lists"),
    "a node as parameter": (lambda: compile(captured(), parameters=[Value(2.0) * 2]), "computed by multiply"),
    "a constant as parameter": (lambda: compile(captured(), parameters=(Value(2.0) * 1).parents), "is a constant"),
    "no parameters": (lambda: compile(captured(), parameters=[]), "names no Value"),
    "a module without parameters": (lambda: compile(captured(), parameters=nn.Module()), "names no Value"),
    "parameters of a graph": (lambda: compile(Value(1.0) * 2, parameters=[]), r"parameters= is for a function"),
    "has_aux of a graph": (lambda: compile(Value(1.0) * 2, has_aux=True), r"has_aux= is for a function"),
    "threads": (lambda: compile(captured(), threads=0), 'at least 1, or "auto"'),
    "threads in words": (lambda: compile(Value(1.0) * 2, threads="many"), 'at least 1, or "auto"'),
    "the hessian of rows": (lambda: hessian(compile(captured()))(np.zeros(3)), r"\.function"),
}


@pytest.mark.parametrize("name", CASES)
def test_refused(name):
    call, message = CASES[name]
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_a_function_that_captures_values_can_be_called_without_saying_more():
    f = compile(captured())
    assert f(3.0) == 6.0
    assert f(np.array([3.0, 4.0])).tolist() == [6.0, 8.0]


@pytest.mark.parametrize("threads", [1, 2, "auto"])
def test_threads(threads):
    w = Value(2.0)
    f = compile(lambda x: w * x, parameters=[w], threads=threads)
    assert f.value_and_grad(np.arange(9.0))[1] == [36.0]
    assert compile(w * w, threads=threads)() == 4.0


def a_layer(weights):
    """Forty neurons over forty weights each; the last number is read by none of them."""
    neurons = [weights[40 * i : 40 * i + 40] for i in range(40)]
    return [total([a * b for a, b in pairwise(w)]).tanh() for w in neurons]


@backends
def test_a_result_of_a_loop_program_may_be_a_constant_that_nothing_else_reads(backend):
    weights = [math.sin(i) for i in range(1601)]
    numbers = [y.data for y in a_layer([Value(w) for w in weights])]
    f = compile(lambda weights: [*a_layer(weights), 0.0, Value(7.0), 5], backend=backend)
    assert f(weights) == pytest.approx([*numbers, 0.0, 7.0, 5.0])

    def cost(weights):
        return total([(y - 1) ** 2 for y in a_layer(weights)]) + 3.0 * weights[-1]

    assert compile(grad(cost), backend=backend)(weights) == pytest.approx(grad(cost)(weights))  # the last one is 3
