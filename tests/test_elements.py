"""Functions of NumPy, given arrays of Values: numbers as of floats, gradients as by finite differences; or an error."""

from __future__ import annotations

import warnings

import pytest

from autograd import Value, compile, grad

np = pytest.importorskip("numpy")

# Functions that take what arrays hold. By each name, a function of one array of three numbers.
ELEMENTWISE = [
    "abs",
    "absolute",
    "arccos",
    "arccosh",
    "arcsin",
    "arcsinh",
    "arctan",
    "arctanh",
    "cbrt",
    "cos",
    "cosh",
    "deg2rad",
    "degrees",
    "exp",
    "exp2",
    "expm1",
    "fabs",
    "log",
    "log10",
    "log1p",
    "log2",
    "negative",
    "positive",
    "rad2deg",
    "radians",
    "reciprocal",
    "sin",
    "sinh",
    "sqrt",
    "square",
    "tan",
    "tanh",
    "conjugate",
    "real",
]
PAIRS = [
    "add",
    "arctan2",
    "divide",
    "fmax",
    "fmin",
    "hypot",
    "maximum",
    "minimum",
    "multiply",
    "power",
    "subtract",
    "dot",
    "inner",
    "outer",
    "kron",
    "convolve",
    "correlate",
    "vdot",
]
REDUCTIONS = [
    "sum",
    "prod",
    "mean",
    "std",
    "var",
    "max",
    "min",
    "ptp",
    "median",
    "average",
    "cumsum",
    "cumprod",
    "diff",
    "sort",
    "linalg.norm",
    "nanmean",
    "nansum",
    "trapezoid",
    "unique",
    "flip",
    "tile:2",
    "roll:1",
    "quantile:0.25",
    "clip:0.4,0.6",
    "pad:1",
    "polyval:[1,2]",
]
OTHERS = {
    "mean of rows": lambda a: np.mean(square(a), axis=1),
    "std of columns": lambda a: np.std(square(a), axis=0),
    "var with ddof": lambda a: np.var(square(a), axis=0, ddof=1),
    "max of columns": lambda a: np.max(square(a), axis=0),
    "norm of rows": lambda a: np.linalg.norm(square(a), axis=1),
    "norms": lambda a: np.linalg.norm(a, 1) + np.linalg.norm(a, np.inf) + np.linalg.norm(square(a)),
    "matmul": lambda a: square(a) @ square(a),
    "matmul with numbers": lambda a: square(a) @ np.ones((2, 2)),
    "matrix_power": lambda a: np.linalg.matrix_power(square(a), 3),
    "multi_dot": lambda a: np.linalg.multi_dot([square(a)] * 3),
    "einsum": lambda a: np.einsum("ij,kj->ik", square(a), square(a)),
    "einsum, optimized": lambda a: np.einsum("ij,jk,kl->il", square(a), square(a), square(a), optimize=True),
    "tensordot": lambda a: np.tensordot(square(a), square(a), axes=1),
    "trace": lambda a: np.trace(square(a)),
    "cross": lambda a: np.cross(a, [1.0, 2.0, 3.0]),
    "where": lambda a: np.where(a > 0.4, a, 2 * a),
    "where with numbers": lambda a: np.where([True, False, True], a, 0.0),
    "select": lambda a: np.select([a > 0.4], [a * a], 0.0),
    "take the largest": lambda a: a[np.argmax(a)] + a[np.argsort(a)[0]] + a[np.argmin(a)],
    "maximum.reduce": lambda a: np.maximum.reduce(a),
    "add.outer": lambda a: np.add.outer(a, a),
    "softmax": lambda a: np.exp(a - np.max(a)) / np.sum(np.exp(a - np.max(a))),
    "concatenate": lambda a: np.concatenate([a, a[::-1] * 2]),
    "standardize": lambda a: (a - a.mean()) / a.std(),
    "sign": lambda a: np.sign(a - 0.4) * a,
    "nan_to_num": lambda a: np.nan_to_num(a),
    "apply_along_axis": lambda a: np.apply_along_axis(np.sum, 0, square(a)),
}
POINT = [0.3, 0.8, 0.55]


def square(a):
    """Four numbers, two by two, out of three."""
    return np.array([[a[0], a[1]], [a[2], a[0] * a[2]]])


def function(name):
    if name in OTHERS:
        return OTHERS[name]
    path, _, rest = name.partition(":")
    found = np
    for part in path.split("."):
        found = getattr(found, part, None)
    if found is None:
        pytest.skip(f"this NumPy has no {path}")
    if name in PAIRS:
        return lambda a: found(a, a[::-1] * 0.5 + 0.1)
    if path == "polyval":
        return lambda a: found([1.0, 2.0], a)
    if path in ("arccosh",):
        return lambda a: found(a + 1.0)
    return lambda a: found(a, *(float(x) if "." in x else int(x) for x in rest.split(",") if x))


@pytest.mark.parametrize("name", [*ELEMENTWISE, *PAIRS, *REDUCTIONS, *OTHERS])
def test_numbers_and_gradients(name):
    f = function(name)
    weights = np.cos(np.arange(50.0))

    def total(a):
        found = np.asarray(f(a)).ravel()
        return (found * weights[: found.size]).sum()

    values = np.array([Value(x) for x in POINT])
    result = total(values)
    assert result.data == pytest.approx(total(np.array(POINT)), rel=1e-12)
    result.backward()
    for i, value in enumerate(values):
        up, down = np.array(POINT), np.array(POINT)
        up[i] += 1e-6
        down[i] -= 1e-6
        assert value.grad == pytest.approx((total(up) - total(down)) / 2e-6, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("name", ["arcsinh", "cbrt", "arctan", "log1p"])
@pytest.mark.parametrize("x", [-1e6, -2.5, -1e-12, 1e-12, 0.7, 1e6])
def test_functions_keep_their_digits_everywhere(name, x):
    with np.errstate(invalid="ignore"):
        expected = getattr(np, name)(x)
    found = getattr(np, name)(Value(x)).data
    assert found == pytest.approx(expected, rel=1e-14, nan_ok=True)


def test_the_derivative_at_zero():
    assert grad(np.arcsinh)(0.0) == 1.0
    with np.errstate(all="ignore"):
        assert grad(np.cbrt)(0.0) == np.inf


@pytest.mark.parametrize("y", [-3.0, -0.5, -0.0, 0.0, 0.5, 3.0])
@pytest.mark.parametrize("x", [-1.0, 1.0, 2.0])
def test_arctan2_knows_all_quadrants(x, y):
    a, b = Value(y), Value(x)
    angle = np.arctan2(a, b)
    assert abs(angle.data) == pytest.approx(abs(np.arctan2(y, x)), rel=1e-15)
    assert y == 0 or np.sign(angle.data) == np.sign(y)
    angle.backward()
    assert (a.grad, b.grad) == (pytest.approx(x / (x * x + y * y)), pytest.approx(-y / (x * x + y * y)))


def test_they_take_one_value_too_and_can_be_compiled():
    assert np.log2(Value(8.0)).data == 3.0
    f = compile(lambda x: np.sum(np.log2(np.array(x)) * np.arcsinh(np.array(x))))
    x = np.array([[0.5, 2.0], [3.0, 4.0]])
    np.testing.assert_allclose(f(x), np.sum(np.log2(x) * np.arcsinh(x), axis=1))


REFUSED = {
    "round": (lambda a: np.round(a), "up in steps"),
    "rint": (lambda a: np.rint(a), r"write np\.round\(v\.data\)"),
    "floor": (lambda a: np.floor(a), r"write math\.floor\(v\.data\)"),
    "mod": (lambda a: np.mod(a, 2), r"write v\.data % 2"),
    "fmod": (lambda a: np.fmod(a, 2), r"write np\.fmod\(v\.data, 2\)"),
    "any": (lambda a: np.any(a), "truth of a Value is ambiguous"),
    "float": (lambda a: a.astype(float), r"use \.data for the number"),
    # These are NumPy's own words: it does not ask the elements.
    "logaddexp": (lambda a: np.logaddexp(a, a), "not supported"),
    "isnan": (lambda a: np.isnan(a), "not supported"),
    "inv": (lambda a: np.linalg.inv(square(a)), "Cannot cast"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_work_raises(name):
    call, message = REFUSED[name]
    with pytest.raises(TypeError, match=message):
        call(np.array([Value(x) for x in POINT]))


def test_nothing_warns():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.arctan2(np.array([Value(0.0)]), np.array([Value(-1.0)]))
