"""Compiled functions: numbers, rows, parameters, and what is refused."""

from __future__ import annotations

import math
import pickle

import pytest
from support.references import same

import nn
from autograd import OPERATIONS, Value, compile, grad, maximum, no_grad, relu, softmax, where
from autograd import sum as total

pytest.importorskip("llvmlite")
np = pytest.importorskip("numpy")
backends = pytest.mark.parametrize("backend", ["python", "llvm"])


@backends
def test_numbers(backend):
    f = compile(lambda x, y, w: w * x * x + y.tanh() * x, argnums=(0, 1, 2), backend=backend)
    x, y, w = Value(1.0), Value(2.0), Value(3.0)
    z = w * x * x + y.tanh() * x
    z.backward()
    assert f(1.0, 2.0, 3.0) == z.data
    assert f.value_and_grad(1, 2, 3) == (z.data, (x.grad, y.grad, w.grad))


@backends
@pytest.mark.parametrize("n", [0, 1, 7, 8, 21])
def test_rows_of_arrays_of_every_kind(backend, n):
    f = compile(lambda x, y, w: w * x * x + y.tanh() * x, argnums=(0, 1, 2), backend=backend)
    X = np.arange(2 * n)[::2]  # integers, and not contiguous
    Y = np.linspace(-1, 1, n).astype(np.float32)
    values, gradients = f.value_and_grad(X, Y, 3.0)
    assert values.shape == (n,)
    assert [g.shape for g in gradients] == [(n,)] * 3
    for i in range(n):
        value, expected = f.value_and_grad(float(X[i]), float(Y[i]), 3.0)
        assert same(values[i], value)
        assert all(same(g[i], e) for g, e in zip(gradients, expected, strict=True))
    assert same(float(f(X, Y, 3.0).sum()), float(values.sum()))


@pytest.mark.parametrize("n", [0, 7, 8, 21])
def test_rows_are_copied_block_by_block(n, monkeypatch):
    monkeypatch.setattr("autograd.compiling.llvm_backend.ROWS_AT_ONCE", 8)
    generator = np.random.default_rng(0)
    a, x = Value(0.7), generator.normal(size=(n, 2))
    f = compile(lambda x: a * x[0] * x[1] + 3.0 * a, parameters=[a], backend="llvm")
    values, (slope,) = f.value_and_grad(x)
    assert values == pytest.approx(0.7 * x[:, 0] * x[:, 1] + 2.1, rel=1e-12)
    assert same(slope, (x[:, 0] * x[:, 1] + 3.0).sum())


@backends
@pytest.mark.parametrize("n", [1, 13])
def test_a_model_and_its_parameters(backend, n):
    model = nn.MLP(3, [4, 2], activation="tanh", seed=0)

    def loss(x, t):
        return total([(a - b) ** 2 for a, b in zip(model(x), t, strict=True)])

    g = compile(loss, parameters=model, backend=backend)
    generator = np.random.RandomState(0)
    X, T = generator.randn(n, 3), generator.randn(n, 2)
    for _ in range(2):
        values, gradient = g.value_and_grad(X, T)
        terms = [
            total([(a - float(b)) ** 2 for a, b in zip(model(list(map(float, x))), t, strict=True)])
            for x, t in zip(X, T, strict=True)
        ]
        model.zero_grad()
        total(terms).backward()
        assert all(same(v, term.data) for v, term in zip(values, terms, strict=True))
        assert set(g.parameters) == set(model.parameters())
        for p, x in zip(g.parameters, gradient, strict=True):
            assert same(p.grad, x, 1e-11, 1e-13)
        for p in model.parameters():
            p.data *= 0.9  # the numbers of the parameters are read at each call
    one = g.value_and_grad(list(X[0]), list(T[0]))
    assert same(one[0], g(X[:1], T[:1])[0])
    assert len(one[1]) == len(g.parameters)


@backends
def test_gradients_of_arguments_one_for_each_row(backend):
    w = Value(2.0)
    X, T = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), np.array([1.0, 0.0, -1.0])

    def loss(x, t):
        return (w * x[0] * x[1] - t) ** 2

    g = compile(loss, argnums=0, backend=backend)
    _, of_x = g.value_and_grad(X, T)
    expected = [[2 * (2 * a * b - t) * 2 * b, 2 * (2 * a * b - t) * 2 * a] for (a, b), t in zip(X, T, strict=True)]
    assert of_x == pytest.approx(np.array(expected), rel=1e-12)
    assert g.value_and_grad([1.0, 2.0], 1.0)[1] == pytest.approx(expected[0], rel=1e-12)
    _, (of_t, again) = compile(loss, argnums=(1, 0), backend=backend).value_and_grad(X, T)
    assert of_t == pytest.approx(-2 * (2 * X[:, 0] * X[:, 1] - T))
    assert (again == of_x).all()


@backends
def test_an_argument_that_is_not_used_has_gradient_0(backend):
    f = compile(lambda x, y: x * x, argnums=(0, 1), backend=backend)
    assert f.value_and_grad(3.0, 5.0) == (9.0, (6.0, 0.0))
    _, (_, of_y) = f.value_and_grad(np.arange(5.0), np.arange(5.0))
    assert of_y.tolist() == [0.0] * 5


@backends
def test_a_list_among_arrays_is_the_same_for_all_rows(backend):
    f = compile(lambda x, w: w[0] * x + w[1], argnums=(0, 1), backend=backend)
    values, (of_x, of_w) = f.value_and_grad(np.arange(3.0), [2.0, 5.0])
    assert values.tolist() == [5.0, 7.0, 9.0]
    assert of_x.tolist() == [2.0] * 3
    assert [g.tolist() for g in of_w] == [[0.0, 1.0, 2.0], [1.0, 1.0, 1.0]]


@backends
def test_a_constant_and_nan(backend):
    assert compile(lambda x: 3.0, backend=backend)(1.0) == 3.0
    assert compile(lambda x: 3.0, backend=backend)(np.zeros(3)).tolist() == [3.0] * 3
    values = compile(lambda x: x * 2.0, backend=backend)(np.array([1.0, math.nan, math.inf]))
    assert values[0] == 2.0
    assert math.isnan(values[1])
    assert values[2] == math.inf


@pytest.mark.parametrize("backend", ["python", "llvm"])
def test_nan_that_is_known_while_compiling_stays_nan(backend):
    less = OPERATIONS["less"]
    never = lambda x: less(x, x) / less(x, x)  # noqa: E731
    rows = np.array([1.0, 2.0, math.nan])
    for f in (lambda x: relu(never(x)) * x, lambda x: maximum(never(x), x), lambda x: where(x, never(x), x)):
        values, gradients = compile(f, backend=backend).value_and_grad(rows)
        assert values.tolist() == pytest.approx([f(Value(x)).data for x in rows.tolist()], nan_ok=True)
        assert gradients.tolist() == pytest.approx([grad(f)(x) for x in rows.tolist()], nan_ok=True)


def test_softmax_is_compiled_without_the_numbers_of_the_first_row():
    f = compile(lambda x: softmax(x)[0])
    assert f(np.array([[0.0, 0.0], [1000.0, 0.0], [-1000.0, 1000.0]])).tolist() == [0.5, 1.0, 0.0]


def test_programs_are_kept_for_each_kind_of_arguments():
    calls = []

    def f(x):
        calls.append(x)
        return x * x if not isinstance(x, list) else x[0] * x[1]

    compiled = compile(f)
    for _ in range(3):
        compiled(2.0)
        compiled([1.0, 2.0])
        compiled(np.zeros(4))
        compiled(np.zeros(9))
    assert len(calls) == 3


def square(x):
    return x * x


def test_pickle():
    f = compile(square)
    f(2.0)
    assert pickle.loads(pickle.dumps(f)).value_and_grad(3.0) == (9.0, 6.0)


REFUSED = {
    "a branch": (lambda: compile(lambda x: x if x > 0 else -x)(1.0), "branch on it, .* write where"),
    "a branch on what was computed": (
        lambda: compile(lambda x: x * 2 if x * 2 < 1.0 else x)(1.0),
        "branch on it, .* write where",
    ),
    "a number": (lambda: compile(lambda x: x * x.data)(1.0), "not known"),
    "the truth": (lambda: compile(lambda x: x or 1.0)(1.0), "branch on it, .* write where"),
    "nothing": (lambda: compile(lambda x: None)(1.0), "returned None: does it lack a `return`"),
    "no number": (lambda: compile(lambda x: [])(1.0), "returned a list of 0, in which there is no number"),
    "text returned": (lambda: compile(lambda x: (x, ["a"]))(1.0), r"\[1\]\[0\] is 'a' of type str"),
    "a Value": (lambda: compile(square)(Value(1.0)), "argument 0 is a Value"),
    "text": (lambda: compile(square)(np.array(["a"])), "real numbers"),
    "complex numbers": (lambda: compile(square)(np.array([1j])), "real numbers"),
    "cubes": (lambda: compile(square)(np.zeros((2, 2, 2))), "at most 2-D"),
    "lengths": (lambda: compile(lambda x, y: x * y)(np.zeros(3), np.zeros(4)), "argument 0 has 3, argument 1 has 4"),
    "argnums": (lambda: compile(square, argnums=1).value_and_grad(1.0), "1 argument"),
    "argnums of a graph": (lambda: compile(Value(1.0), argnums=0), "a graph has none"),
    "a negative argnums": (lambda: compile(square, argnums=-1), "number of an argument"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    call, message = REFUSED[name]
    with pytest.raises((TypeError, ValueError), match=message):
        call()


def test_a_failed_call_leaves_the_function_as_it_was():
    f = compile(lambda x, y: x * y)
    with pytest.raises(ValueError, match="one row for each lane"):
        f(np.zeros(3), np.zeros(4))
    assert f(2.0, 3.0) == 6.0
    x = Value(1.0)
    assert type(x * 2.0) is Value  # nothing is traced any more


def test_the_number_of_an_argument_is_not_known_yet():
    for f in (lambda x: x.data, lambda x: x * x.data):
        with pytest.raises(TypeError, match=r"has no \.data yet: compute with the Value itself"):
            compile(f)(1.0)


def test_how_many_programs():
    f = compile(lambda x: x * x)
    assert "0 programs" in repr(f)
    f(2.0)
    assert "1 program," in repr(f)


# --- what would cut the graph ---------------------------------------------------------------------------------------


def twice_without_gradient(x):
    with no_grad():
        y = 2 * x
    return x + y


@backends
def test_a_cut_inside_of_a_function_is_refused_where_it_would_be_lost(backend):
    def f(x):
        return compile(x, backend=backend)

    with pytest.raises(
        TypeError, match=r"detach\(\) cuts the graph.*an argument of its own, which `argnums` leaves out"
    ):
        f(lambda x: x.detach() * x)(3.0)
    with pytest.raises(TypeError, match=r"no_grad\(\) cuts the graph"):
        grad(f(twice_without_gradient))(3.0)
    assert f(twice_without_gradient)(3.0) == 9.0  # the number is right
    with pytest.raises(TypeError, match=r"backward\(\) has no numbers to give: write autograd.grad"):
        f(lambda x: (x * x).backward())(3.0)
    with no_grad():  # around the call nothing is cut
        assert f(lambda x: x * x).value_and_grad(3.0) == (9.0, 6.0)


@backends
def test_backward_with_a_graph_is_recorded(backend):
    def f(x):
        (x**3).backward(create_graph=True)
        return x.grad * x

    g = compile(f, backend=backend)
    assert [(g(x), grad(g)(x)) for x in (2.0, 3.0)] == [(24.0, 36.0), (81.0, 81.0)]


@pytest.mark.parametrize("ask", [int, float])
def test_a_number_that_is_not_known_turns_into_no_other(ask):
    with pytest.raises(TypeError, match="not known while the function is compiled"):
        compile(lambda x: x * ask(x > 0), backend="python")(1.0)


@backends
def test_the_gradient_of_a_frozen_parameter_is_0(backend):
    w, v = Value(3.0), Value(2.0)
    f = compile(lambda x: w * x + v * x * x, parameters=[w, v], backend=backend)
    assert f.value_and_grad(2.0)[1] == [2.0, 4.0]
    w.requires_grad = False
    assert f.value_and_grad(2.0)[1] == [0.0, 4.0]
    assert f.value_and_grad(np.array([1.0, 2.0]))[1] == [0.0, 5.0]


def test_a_function_without_arguments_says_by_which_values():
    w = Value(3.0)
    with pytest.raises(TypeError, match=r"no arguments, so say by which Values .* compile\(f, parameters=model\)"):
        compile(lambda: w * w, backend="python").value_and_grad()


@backends
def test_a_function_may_make_values_of_its_own(backend):
    w = Value(3.0)
    f = compile(lambda x: w * maximum(x, Value(0.0)) + Value(1.0), argnums=0, backend=backend)
    assert f(2.0) == 7.0
    assert f.value_and_grad(2.0) == (7.0, 3.0)  # traced anew, with new Values
    assert f(np.array([2.0, -1.0])).tolist() == [7.0, 1.0]
    assert w in f.parameters
