"""One scalar function runs on Values, on arrays and tracers of JAX, on tensors of PyTorch and on arrays of NumPy."""

from __future__ import annotations

import math
import random

import pytest
from support.references import OPERATION_NAMES, inf, nan, same

import autograd
from autograd import Value, dot, exp, log, logsumexp, maximum, mean, operation, relu, sigmoid, softmax, sqrt, sum, tanh
from autograd.operations import OPERATIONS
from nn import elu, gelu, hard_tanh, leaky_relu, silu

numbers = random.Random(7)


def some(n):
    return [numbers.uniform(-2, 2) for _ in range(n)]


# --- five programs, as somebody may write them ------------------------------------------------------------------------


def network(parameters):
    """An MLP 3 → 4 → 2 in plain loops, and its squared error."""
    w1, w2 = parameters[:16], parameters[16:]
    x = [0.5, -1.0, 2.0]
    hidden = [tanh(w1[4 * j] + dot(w1[4 * j + 1 : 4 * j + 4], x)) for j in range(4)]
    out = [relu(dot(w2[4 * k : 4 * k + 4], hidden)) for k in range(2)]
    return mean([(o - t) ** 2 for o, t in zip(out, [0.3, -0.7], strict=True)])


def logistic_regression(w):
    rows, labels = [[0.5, 1.0], [-1.5, 0.3], [2.0, -0.7], [0.0, 0.0]], [1, 0, 1, 0]
    loss = 0.0
    for row, label in zip(rows, labels, strict=True):
        p = sigmoid(dot(w[:2], row, w[2]))
        loss = loss - (label * log(p) + (1 - label) * log(1 - p))
    return loss + 0.01 * sum(x * x for x in w)


def spring(start):
    """A mass on a spring that is stiffer when pulled, with friction: its energy after 40 steps."""
    x, v = start
    for _ in range(40):
        force = -autograd.where(x > 0, 4 * x, x) - 0.1 * abs(v) * v
        v = v + 0.05 * force
        x = x + 0.05 * v
    return 0.5 * v**2 + autograd.where(x > 0, 2 * x**2, 0.5 * x**2) + autograd.minimum(x, 0.1)


def attention(parameters):
    """One query over three keys, scaled, with the mask on the last."""
    query, keys, values = parameters[:2], parameters[2:8], parameters[8:]
    scores = [dot(query, keys[2 * i : 2 * i + 2]) / math.sqrt(2) for i in range(3)]
    weights = softmax([scores[0], -inf, scores[2]])
    return dot(weights, values) + logsumexp([*scores, 1.0])


def log_likelihood(parameters):
    """Of a normal distribution, its scale kept positive by a softplus."""
    mu, rho = parameters
    sigma = autograd.softplus(rho) + 1e-3
    data = [0.3, -1.2, 0.8, 2.5]
    return mean([-0.5 * ((x - mu) / sigma) ** 2 - log(sigma * sqrt(2 * math.pi)) for x in data]) + exp(
        -maximum(mu, rho)
    )


PROGRAMS = [
    (network, some(24)),
    (logistic_regression, some(3)),
    (spring, [1.0, -0.5]),
    (attention, some(11)),
    (log_likelihood, some(2)),
]
each_program = pytest.mark.parametrize(("program", "point"), PROGRAMS, ids=[p.__name__ for p, _ in PROGRAMS])


@pytest.fixture
def jax():
    jax = pytest.importorskip("jax")
    from jax import experimental

    with jax.enable_x64(True) if hasattr(jax, "enable_x64") else experimental.enable_x64(True):
        yield jax


def here(program, point):
    y, gradient = autograd.value_and_grad(program)(point)
    return [y, *gradient]


def with_torch(program, point):
    torch = pytest.importorskip("torch")
    xs = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]
    y = program(xs)
    y.backward()
    return [y.item(), *[x.grad.item() for x in xs]]


def agree(actual, expected):
    return actual == pytest.approx(expected, rel=1e-12, abs=1e-12, nan_ok=True)


@each_program
def test_a_program_has_the_same_value_and_gradient_in_pytorch(program, point):
    assert agree(with_torch(program, point), here(program, point))


@each_program
def test_a_program_has_the_same_value_and_gradient_in_jax_compiled(jax, program, point):
    y, gradient = jax.jit(jax.value_and_grad(program))(point)
    assert agree([y.item(), *[x.item() for x in gradient]], here(program, point))


def test_jax_differentiates_eagerly_and_maps_over_rows(jax):
    def bump(x):
        return tanh(x) * exp(-x * x)

    points = [0.3, -0.7, 1.5]
    assert agree(jax.grad(jax.grad(bump))(0.3).item(), autograd.grad(autograd.grad(bump))(0.3))
    assert agree(jax.vmap(bump)(jax.numpy.array(points)).tolist(), [bump(x) for x in points])


@each_program
def test_with_arrays_of_numpy_a_program_computes_many_rows_side_by_side(program, point):
    numpy = pytest.importorskip("numpy")
    rows = [point, [x + 0.1 for x in point]]
    assert agree(program(list(numpy.array(rows).T)).tolist(), [program(row) for row in rows])


# --- each function ----------------------------------------------------------------------------------------------------

UNARY = ["exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh"]
UNARY += ["sigmoid", "softplus", "relu"]
COMPOSED = [elu, gelu, hard_tanh, leaky_relu, silu]
FUNCTIONS = [getattr(autograd, name) for name in UNARY] + COMPOSED
POINTS = [0.5, -0.5, 0.0, 1.0, -1.0, 3.0, -30.0, 30.0]


def value_and_derivative(function, x):
    node = Value(x)
    y = function(node)
    y.backward()
    return y.data, node.grad


def test_every_function_and_its_derivative_is_that_of_pytorch():
    torch = pytest.importorskip("torch")
    for function in FUNCTIONS:
        t = torch.tensor(POINTS, dtype=torch.float64, requires_grad=True)
        y = function(t)
        y.backward(torch.ones_like(y))
        found = list(zip(y.tolist(), t.grad.tolist(), strict=True))
        assert agree(flat(found), flat(value_and_derivative(function, x) for x in POINTS)), function.__name__


def test_every_function_and_its_derivative_is_that_of_jax(jax):
    def all_of_them(x):
        return [jax.value_and_grad(function)(x) for function in FUNCTIONS]

    found = jax.jit(jax.vmap(all_of_them))(jax.numpy.array(POINTS))
    for function, (y, d) in zip(FUNCTIONS, found, strict=True):
        pairs = zip(y.tolist(), d.tolist(), strict=True)
        assert agree(flat(pairs), flat(value_and_derivative(function, x) for x in POINTS)), function.__name__


def flat(pairs):
    return [x for pair in pairs for x in pair]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_functions_of_arrays_of_numpy_are_quiet_and_exact(function):
    numpy = pytest.importorskip("numpy")
    points = POINTS if function in COMPOSED else [*POINTS, 800.0, -800.0, inf, -inf, nan]
    y = function(numpy.array(points))
    assert y.dtype == numpy.float64
    assert all(same(a, function(x), 1e-14) for a, x in zip(y.tolist(), points, strict=True))
    assert function(numpy.array(points, dtype=numpy.float32)).dtype == numpy.float32
    assert function(numpy.array([0, 1])).shape == (2,)


@pytest.mark.parametrize("function", [maximum, autograd.minimum])
def test_at_a_tie_both_get_half_everywhere(function, jax):
    torch = pytest.importorskip("torch")
    a, b = (torch.tensor(1.0, requires_grad=True) for _ in "ab")
    function(a, b).backward()
    assert (
        [x.item() for x in (a.grad, b.grad)] == [x.item() for x in jax.grad(function, (0, 1))(1.0, 1.0)] == [0.5, 0.5]
    )


def test_numbers_beside_tensors_are_as_exact_as_these():
    torch = pytest.importorskip("torch")
    x = torch.tensor(0.05, dtype=torch.float64)
    assert maximum(x, 0.1).item() == maximum(0.1, x).item() == autograd.where(x > 0, 0.1, x).item() == 0.1
    assert autograd.where(x > 0, 0.1, 0.2).item() == autograd.where(True, 0.1, x).item() == 0.1
    assert maximum(x.float(), 0).dtype == autograd.where(x > 0, 0, x.float()).dtype == torch.float32
    assert sum([1, x, 0.5]).item() == 1.55
    assert logsumexp([torch.zeros(3), 0.0]).tolist() == pytest.approx([math.log(2)] * 3)


def test_an_array_may_stand_beside_those_of_jax_and_pytorch(jax):
    torch, numpy = pytest.importorskip("torch"), pytest.importorskip("numpy")
    a = numpy.array([1.0, 5.0])
    for x in (torch.tensor([3.0, 3.0], dtype=torch.float64), jax.numpy.array([3.0, 3.0])):
        for y in (maximum(a, x), maximum(x, a)):
            assert type(y) is type(x)
            assert y.tolist() == [3.0, 5.0]


def test_arrays_of_nodes_are_computed_node_by_node():
    numpy = pytest.importorskip("numpy")
    xs = numpy.array([Value(1.0), Value(-2.0)])
    y = sum(relu(xs) * tanh(xs))
    y.backward()
    assert [x.grad for x in xs] == [math.tanh(1) + 1 - math.tanh(1) ** 2, 0.0]
    assert [node.op.name for node in sigmoid(xs)] == ["sigmoid", "sigmoid"]


def test_an_operation_of_ones_own_runs_if_it_says_what_it_is_made_of(monkeypatch):
    numpy = pytest.importorskip("numpy")
    own = operation("bump", "bump", lambda x: math.exp(-x * x), lambda y, x: (-2 * x * y,))
    made = operation("bump2", "bump2", own.forward, own.derivatives, made_of=lambda x: exp(-x * x))
    try:
        assert made(numpy.array([0.0])).tolist() == [1.0]
        with pytest.raises(TypeError, match="numpy has no function for the operation 'bump' of your own: say what it"):
            own(numpy.array([0.0]))
    finally:
        del OPERATIONS["bump"], OPERATIONS["bump2"]


def test_the_whole_table_is_known():
    numpy = pytest.importorskip("numpy")
    for name in OPERATION_NAMES:
        operation = OPERATIONS[name]
        n = 2 if operation.arity is None else operation.arity
        y = operation(*[numpy.array([0.5, 0.25])] * n)
        assert agree(y.tolist(), [operation(*[x] * n) for x in (0.5, 0.25)]), name


# --- errors -----------------------------------------------------------------------------------------------------------


def test_a_node_beside_an_array_is_refused():
    numpy = pytest.importorskip("numpy")
    a, x = numpy.array([1.0]), Value(2.0)
    with pytest.raises(TypeError, match=r"maximum of a node and of an array of numpy: .*v\.data of a node"):
        maximum(a, x)
    with pytest.raises(TypeError, match=r"expected a real number, got ndarray"):
        maximum(x, a)
    with pytest.raises(TypeError, match=r"where of a node and of an array"):
        autograd.where(a > 0, x, x)


def test_only_arrays_of_real_numbers_are_taken():
    numpy = pytest.importorskip("numpy")
    others = [numpy.array(["1"]), numpy.array([1j]), numpy.complex128(1j), numpy.datetime64("2026-01-01")]
    for bad in [*others, type("Foreign", (), {"dtype": float})()]:
        with pytest.raises(TypeError, match="expected a real number, got"):
            exp(bad)
    assert type(exp(numpy.float32(0.0))) is type(exp(numpy.True_)) is float


@pytest.mark.parametrize("function", [sum, mean, softmax, logsumexp])
def test_a_table_where_a_sequence_is_meant_is_refused(function):
    numpy = pytest.importorskip("numpy")
    with pytest.raises(TypeError, match=rf"one ndarray of 2 dimensions; write \[{function.__name__}\(row\) for row in"):
        function(numpy.ones((2, 2)))
    with pytest.raises(TypeError, match="takes a sequence of numbers or Values, got one ndarray; write"):
        function(numpy.array(1.0))
