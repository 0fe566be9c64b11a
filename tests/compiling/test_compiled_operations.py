"""Every operation of the table, compiled: the same bits as the eager engine, and vectors within a few ulp."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from support.compiled import check_bits, check_kinks, eager_operation, identical
from support.references import OPERATION_NAMES, points_for, same

from autograd import OPERATIONS, Value, compile, operation
from autograd.compiling import runners

pytest.importorskip("llvmlite")
np = pytest.importorskip("numpy")
backends = pytest.mark.parametrize("backend", ["python", "llvm"])


@backends
@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_an_operation_has_the_bits_of_the_eager_engine(name, backend):
    check_bits(name, lambda y: compile(y, backend=backend, lanes=False))


@pytest.mark.parametrize(("backend", "n_programs"), [("python", 150), ("llvm", 25)])
def test_branches_that_were_not_chosen_send_nothing(backend, n_programs):
    if backend == "llvm":
        pytest.importorskip("llvmlite")
    check_kinks(lambda y: compile(y, backend=backend, lanes=False), n_programs, seed=1)


@backends
@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_an_operation_of_rows(name, backend):
    """In lanes: the values and gradients of the eager engine, row by row."""
    entry = OPERATIONS[name]
    points = [p for p in points_for(entry) if len(p) == (entry.arity or 3) and all(abs(x) < 100 for x in p)]
    f = compile(lambda *xs: entry(*xs), argnums=tuple(range(len(points[0]))), backend=backend)
    values, gradients = f.value_and_grad(*[np.array(column) for column in zip(*points, strict=True)])
    assert len(values) == len(points) >= 4
    for i, point in enumerate(points):
        y, leaves = eager_operation(name, point)
        assert same(values[i], y.data, 1e-14), (name, point)
        for k, leaf in enumerate(leaves):
            assert same(gradients[k][i], leaf.grad, 1e-12), (name, point)


INTERVALS = {
    "exp": [(-745, 709.7), (-1, 1)],
    "expm1": [(-40, 709.7), (-1, 1), (-1e-3, 1e-3)],
    "log": [(1e-3, 2.0), (0.9, 1.1), (1.0, 1e9)],
    "log1p": [(-0.99, 3.0), (-1e-5, 1e-5)],
    "tanh": [(-20, 20), (-1, 1), (-1e-3, 1e-3)],
    "sin": [(-7, 7), (-65000, 65000), (-1e9, 1e9)],
    "cos": [(-7, 7), (-65000, 65000), (-1e9, 1e9)],
}


def exact(name, x):
    """math's functions are right to half a unit or a little more, but its tanh may be off by two."""
    if name != "tanh":
        return getattr(math, name)(x)
    e = (2 * Decimal(x)).exp()
    return float((e - 1) / (e + 1))


@pytest.mark.parametrize("name", INTERVALS)
def test_vector_functions_are_nearly_exact(name):
    generator = np.random.RandomState(0)
    f = compile(lambda x: OPERATIONS[name](x), backend="llvm")
    assert f"@lanes_{name}" in (f(np.zeros(3)) is not None and f.source("llvm"))
    for low, high in INTERVALS[name]:
        x = generator.uniform(low, high, 4001)
        expected = [exact(name, float(t)) for t in x]
        worst = max(abs(a - b) / math.ulp(b) for a, b in zip(f(x), expected, strict=True))
        assert worst <= 3.0, (low, high)  # what they are compared with may be off by half a unit


@pytest.mark.parametrize("x", [0.20913339356889574, 0.20282077910116172, 0.2033024500952708, 0.22124109598837785])
def test_tanh_where_sum_and_quotient_are_both_rounded(x):
    y, expected = compile(lambda x: x.tanh(), backend="llvm")(np.full(8, x))[0], exact("tanh", x)
    assert abs(y - expected) <= 2 * math.ulp(expected)


@pytest.mark.parametrize("name", INTERVALS)
def test_vector_functions_at_special_numbers(name):
    points = [0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, -5e-324, 1e-310, -1.0, 710.0, -746.0, 1e308]
    f = compile(lambda x: OPERATIONS[name](x), backend="llvm")
    for x, y in zip(points, f(np.array(points)), strict=True):
        expected = OPERATIONS[name](x)
        assert identical(y, expected) or abs(y - expected) <= 2 * math.ulp(expected), x


# --- special numbers in rows ----------------------------------------------------------------------------------------

TINY = [0.0, 5e-324, 1.5e-323, 1e-310, 2.0**-1022, 3e-308, 1e-300, 1e-20]
ZEROS = [(a, b) for a in (0.0, -0.0) for b in (0.0, -0.0)]
BASES = [0.0, 5e-324, 1e-310, 1e-200, 0.7, 1.0, 2.0, 1e200, 1e308, math.inf, math.nan]


@pytest.fixture(params=["straight-line", "loops"])
def form(request, monkeypatch):
    if request.param == "loops":
        monkeypatch.setattr(runners, "MOST_STRAIGHT", 0)
    return request.param


def check_rows(function, points, backend, form, tolerance=0.0):
    """Values compiled for rows are the eager engine's, signed zeros and all; so are gradients, zeros of any sign."""
    f = compile(function, backend=backend, argnums=tuple(range(len(points[0]))))
    values, gradients = f.value_and_grad(*np.array(points).T)
    assert f.stats.form == form
    for i, point in enumerate(points):
        leaves = [Value(x) for x in point]
        y = function(*leaves)
        y.backward()
        assert identical(values[i], y.data) or abs(values[i] - y.data) <= tolerance * abs(y.data) != 0.0, point
        for k, leaf in enumerate(leaves):
            assert same(gradients[k][i], leaf.grad, 1e-14), (point, gradients[k][i], leaf.grad)


@backends
@pytest.mark.parametrize("name", [name for name in OPERATION_NAMES if OPERATIONS[name].arity == 1])
def test_rows_of_tiny_numbers(name, backend, form):
    """x is the result of expm1 there, of sin and others, to the last bit: half a subnormal would be rounded."""
    check_rows(OPERATIONS[name], [(x,) for x in (*TINY, *[-x for x in TINY])], backend, form, 4e-16)


@backends
@pytest.mark.parametrize("exponent", [0.5, -0.5, 1.5, 2.0, 3.0, 4.0, -1.0, -2.0, -3.0, 0.25])
def test_powers_of_special_numbers_in_rows(exponent, backend, form):
    points = [(x,) for x in (*BASES, *[-x for x in BASES])]
    check_rows(lambda x: x**exponent, points, backend, form, 1e-14)
    exponent_as_parameter = Value(exponent)
    check_rows(lambda x: x**exponent_as_parameter, points, backend, form, 1e-14)


@backends
@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_of_two_zeros_in_rows_it_is_the_first(name, backend, form):
    check_rows(OPERATIONS[name], ZEROS, backend, form)


@pytest.fixture
def cube():
    yield operation("cube_of_this_test", "³", lambda x: x * x * x, lambda y, x: (3.0 * x * x,))
    del OPERATIONS["cube_of_this_test"]


@backends
def test_an_operation_of_ones_own_is_compiled_from_its_forward_function(cube, backend):
    x = Value(3.0)
    step = compile(cube(x) * 2.0, backend=backend)
    assert step() == 54.0
    assert x.grad == 54.0


def test_an_operation_that_needs_numbers_is_refused():
    entry = operation("floor_of_this_test", "⌊⌋", lambda x: float(math.floor(x)), lambda y, x: (0.0,))
    try:
        with pytest.raises(TypeError, match="'floor_of_this_test' cannot be compiled"):
            compile(entry(Value(3.5)))
    finally:
        del OPERATIONS["floor_of_this_test"]
