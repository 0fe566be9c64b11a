"""Functions of Values and of plain numbers alike, named as in Python's `math` module.

Given floats they return a float, given a Value they record a node and return it. Numbers follow IEEE 754:
`log(0.0)` is -inf and `sqrt(-1.0)` is nan, where `math` would raise.

Given an array of NumPy or JAX, a tracer of JAX or a tensor of PyTorch they are the functions of that library, element
by element: one scalar function runs here and there.

>>> from autograd import Value, tanh
>>> tanh(0.5) == tanh(Value(0.5)).data
True
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from . import operations as ops
from .conditions import Condition
from .value import Value

Scalar = Value | float
T = TypeVar("T", float, Value, Scalar)


def exp(x: T) -> T:
    """e^x; derivative e^x."""
    return ops.exp(x)


def expm1(x: T) -> T:
    """e^x - 1, exact for small x; derivative e^x."""
    return ops.expm1(x)


def log(x: T) -> T:
    """The natural logarithm; derivative 1/x."""
    return ops.log(x)


def log1p(x: T) -> T:
    """log(1 + x), exact for small x; derivative 1/(1 + x)."""
    return ops.log1p(x)


def sqrt(x: T) -> T:
    """The square root; derivative 1/(2·sqrt(x))."""
    return ops.sqrt(x)


def sin(x: T) -> T:
    """The sine of x radians; derivative cos(x)."""
    return ops.sin(x)


def cos(x: T) -> T:
    """The cosine of x radians; derivative -sin(x)."""
    return ops.cos(x)


def tan(x: T) -> T:
    """The tangent of x radians; derivative 1 + tan(x)²."""
    return ops.tan(x)


def asin(x: T) -> T:
    """The arc sine, in radians; derivative 1/sqrt(1 - x²)."""
    return ops.asin(x)


def acos(x: T) -> T:
    """The arc cosine, in radians; derivative -1/sqrt(1 - x²)."""
    return ops.acos(x)


def atan(x: T) -> T:
    """The arc tangent, in radians; derivative 1/(1 + x²)."""
    return ops.atan(x)


def sinh(x: T) -> T:
    """The hyperbolic sine; derivative cosh(x)."""
    return ops.sinh(x)


def cosh(x: T) -> T:
    """The hyperbolic cosine; derivative sinh(x)."""
    return ops.cosh(x)


def tanh(x: T) -> T:
    """The hyperbolic tangent; derivative 1 - tanh(x)²."""
    return ops.tanh(x)


def sigmoid(x: T) -> T:
    """1/(1 + e^-x), without overflow; derivative y·(1 - y)."""
    return ops.sigmoid(x)


def softplus(x: T) -> T:
    """log(1 + e^x), without overflow; derivative sigmoid(x)."""
    return ops.softplus(x)


def relu(x: T) -> T:
    """x where it is positive, else 0; derivative 1 where x > 0, else 0."""
    return ops.relu(x)


def maximum(a: T, b: T) -> T:
    """The larger of two; its derivative is 1, the other's 0; ½ each where they are equal."""
    return ops.maximum(a, b)


def minimum(a: T, b: T) -> T:
    """The smaller of two; its derivative is 1, the other's 0; ½ each where they are equal."""
    return ops.minimum(a, b)


def where(condition: Scalar | Condition, a: T, b: T) -> T:
    """`a` where `condition` holds, else `b`; the gradient goes to the one chosen.

    A comparison of Values is recorded: a compiled graph and the explorer compare and choose again each time. `&`, `|`
    and `~` combine comparisons. A number as the condition holds unless it is zero.

    >>> x = Value(-2.0)
    >>> where(x > 0, x, 0.1 * x).data
    -0.2
    """
    chosen: Any = ops.where(condition, a, b)
    return chosen  # type: ignore[no-any-return]


def sum(values: Iterable[T]) -> T:
    """Σ x_i as *one* node with many parents, added from left to right; 0.0 for no values.

    Python's own `sum` works too; it makes a chain with one node for each `+`.

    >>> sum([Value(1.0), Value(2.0), 3.0])
    Value(data=6, grad=0)
    """
    xs = _listed(values, "sum")
    zero: Any = 0.0
    return ops.total(*xs) if xs else zero


def mean(values: Iterable[T]) -> T:
    """(1/n)·Σ x_i of n ≥ 1 values."""
    xs = _listed(values, "mean")
    if not xs:
        raise ValueError("mean of no values: there is nothing to divide by")
    return ops.total(*xs) / len(xs)


def dot(a: Iterable[Scalar], b: Iterable[Scalar], start: Scalar | None = None) -> Scalar:
    """start + Σ a_i·b_i, for two sequences of equal length: n product nodes and one sum.

    >>> dot([Value(1.0), Value(2.0)], [3.0, 4.0]).data
    11.0
    """
    left, right = _listed(a, "dot"), _listed(b, "dot")
    if len(left) != len(right):
        raise ValueError(f"dot needs two sequences of one length, got {len(left)} and {len(right)} numbers")
    products = [ops.multiply(x, y) for x, y in zip(left, right, strict=True)]
    return sum(products if start is None else [start, *products])


def logsumexp(values: Iterable[T]) -> T:
    """log Σ e^(x_i), without overflow; the derivatives are the softmax of the values."""
    xs = _listed(values, "logsumexp")
    if not xs:
        raise ValueError("logsumexp of no values would be log(0)")
    return ops.logsumexp(*xs)


def softmax(values: Iterable[T]) -> list[T]:
    """The list e^(x_i) / Σ_j e^(x_j): positive, with sum 1; without overflow.

    >>> [round(p.data, 3) for p in softmax([Value(0.0), Value(1.0)])]
    [0.269, 0.731]
    """
    xs = _listed(values, "softmax")
    if not xs:
        return []
    # In logarithms: no exp is above 1, and no number decides, so that the function can be compiled.
    normalizer = ops.logsumexp(*xs)
    return [ops.exp(x - normalizer) for x in xs]


def _listed(values: Iterable[T], function: str) -> list[T]:
    if type(values) is list:
        return values
    if isinstance(values, (Value, float, int, str)) or not hasattr(values, "__iter__"):
        raise _no_sequence(values, function)
    if hasattr(values, "ndim") and values.ndim != 1:
        raise _no_sequence(values, function)
    return list(values)


def _no_sequence(x: Any, function: str) -> TypeError:
    axes = getattr(x, "ndim", 0)  # of an array; those of a table would be rows, and their sum one of columns
    shape = f" of {axes} dimensions" if axes else ""
    instead = f"[{function}(row) for row in rows], or {function}(x.ravel())" if axes else f"{function}([a, b, …])"
    return TypeError(
        f"{function} takes a sequence of numbers or Values, got one {type(x).__name__}{shape}; write {instead}"
    )
