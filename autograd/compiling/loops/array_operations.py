"""Operations of the table for whole arrays, as NumPy source.

Entry points: `EXPRESSIONS`, an expression for each operation; `FUNCTIONS`, the same to be called; `evaluated`, the
outputs of a body's program; `CALLED`, the names of what generated source calls, `OF_LANES` those of straight-line code.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from ... import operations as ops
from ...operations import Operation
from ...operators import Operators
from ..program import COLUMN, READ, Program

OF_LANES = ("logsumexp", "power", "sigmoid", "softplus")
CALLED = (*OF_LANES, "Adder", "columns", "einsum", "maximum", "minimum", "strided")

# How an operation is written for arrays, or for plain numbers.
EXPRESSIONS: dict[Operation, str] = {
    ops.identity: "{0}",
    ops.add: "{0} + {1}",
    ops.subtract: "{0} - {1}",
    ops.multiply: "{0} * {1}",
    ops.divide: "{0} / {1}",
    ops.negate: "-{0}",
    ops.power: "power({0}, {1})",
    ops.power_of_constant: "power({0}, {1})",
    ops.less: "np.where({0} < {1}, 1.0, 0.0)",
    ops.less_equal: "np.where({0} <= {1}, 1.0, 0.0)",
    ops.equal: "np.where({0} == {1}, 1.0, 0.0)",
    ops.where: "np.where({0}, {1}, {2})",
    ops.relu: "np.maximum({0}, 0.0)",
    ops.absolute: "np.abs({0})",
    ops.maximum: "maximum({0}, {1})",
    ops.minimum: "minimum({0}, {1})",
    ops.sigmoid: "sigmoid({0})",
    ops.softplus: "softplus({0})",
    ops.asin: "np.arcsin({0})",
    ops.acos: "np.arccos({0})",
    ops.atan: "np.arctan({0})",
    **{
        getattr(ops, name): f"np.{name}({{0}})"
        for name in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh")
    },
}


def power(x: Any, n: Any) -> Any:
    """x^n. For ½ np.power takes the square root, which -inf has none of, and which keeps the sign of -0.0."""
    return np.float_power(x, n) if np.ndim(n) == 0 and n == 0.5 else np.power(x, n)


def maximum(a: Any, b: Any) -> Any:
    """The larger, as the table has it: np.maximum may take either of 0.0 and -0.0."""
    return np.where((a >= b) | np.isnan(a), a, b)


def minimum(a: Any, b: Any) -> Any:
    """The smaller, in the same way."""
    return np.where((a <= b) | np.isnan(a), a, b)


class _Array(Operators):
    """An array inside a composite operation."""

    __slots__ = ("x",)

    def __init__(self, x: Any) -> None:
        self.x = x

    def _record(self, operation: Operation, inputs: Sequence[Any]) -> _Array:
        return _Array(FUNCTIONS[operation](*[x.x if isinstance(x, _Array) else x for x in inputs]))


def _composite(operation: Operation) -> Callable[..., Any]:
    def function(*xs: Any) -> Any:
        assert operation.made_of is not None
        return operation.made_of(*map(_Array, xs)).x

    return function


sigmoid, softplus = _composite(ops.sigmoid), _composite(ops.softplus)


def total(*xs: Any) -> Any:
    """The sum, from left to right."""
    result: Any = 0.0
    for x in xs:
        result = result + x
    return result


logsumexp = _composite(ops.logsumexp)


def _function(template: str) -> Callable[..., Any]:
    n = sum(f"{{{i}}}" in template for i in range(3))
    names = ["a", "b", "c"][:n]
    function: Callable[..., Any] = eval(f"lambda {', '.join(names)}: {template.format(*names)}", globals())
    return function


FUNCTIONS: dict[Operation, Callable[..., Any]] = {
    **{operation: _function(template) for operation, template in EXPRESSIONS.items()},
    ops.total: total,
    ops.logsumexp: logsumexp,
}


def evaluated(program: Program, columns: Sequence[Any]) -> list[Any]:
    """The outputs of a body's program, in order, from what its accesses read; arrays, or plain numbers."""
    results: list[Any] = []

    def operand(i: int) -> Any:
        return results[i] if i >= 0 else program.constants[~i]

    for _, operation, inputs in program:
        if operation is COLUMN:
            results.append(columns[program.columns[inputs[0]].argument])
        elif operation is READ:
            raise TypeError("a body to be interpreted keeps its literals")
        else:
            results.append(FUNCTIONS[operation](*[operand(i) for i in inputs]))
    return [operand(output.operand) for output in program.outputs]


# --- what generated source calls ------------------------------------------------------------------------------


def strided(array: Any, offset: int, shape: tuple[int, ...], strides: tuple[int, ...]) -> Any:
    """The view of an array's first axis with element offset + Σ i_d · strides[d] at [i_1, …, i_D]."""
    step, *others = array.strides
    return np.lib.stride_tricks.as_strided(
        array[offset:], (*shape, *array.shape[1:]), (*[step * stride for stride in strides], *others)
    )


def einsum(subscripts: str, a: Any, b: Any) -> Any:
    """`np.einsum` of two operands as one matrix product, which is faster."""
    (left, right), out, order = _plan(subscripts)
    sizes = {**dict(zip(left, a.shape, strict=True)), **dict(zip(right, b.shape, strict=True))}
    batch = [x for x in left if x in right and x in out]
    inner = [x for x in left if x in right and x not in out]
    rows, columns = [x for x in left if x not in right], [x for x in right if x not in left]

    def shaped(operand: Any, labels: str, *groups: list[str]) -> Any:
        axes = [labels.index(x) for group in groups for x in group]
        lengths = [sizes[x] for x in batch] + [math.prod(sizes[x] for x in group) for group in groups[1:]]
        return operand.transpose(axes).reshape(lengths)

    product = shaped(a, left, batch, rows, inner) @ shaped(b, right, batch, inner, columns)
    return product.reshape([sizes[x] for x in (*batch, *rows, *columns)]).transpose(order)


@cache
def _plan(subscripts: str) -> tuple[list[str], str, list[int]]:
    """The labels of the operands and of the result; where the axes of the product go."""
    inputs, out = subscripts.split("->")
    left, right = inputs.split(",")
    batch = [x for x in left if x in right and x in out]
    made = [*batch, *[x for x in left if x not in right], *[x for x in right if x not in left]]
    return [left, right], out, [made.index(x) for x in out]


def columns(arguments: Sequence[Any], first: int, n: int) -> Any:
    """Columns `first` to `first + n` of the arguments as the rows of an array: a view where one argument has them."""
    start = 0
    for argument in arguments:
        width = 1 if argument.ndim == 1 else argument.shape[1]
        if start <= first and first + n <= start + width and argument.dtype == np.float64:
            return argument[None] if argument.ndim == 1 else argument.T[first - start : first - start + n]
        start += width
    every = [x for a in arguments for x in ([a] if a.ndim == 1 else a.T)]
    return np.array(every[first : first + n], dtype=np.float64)


class Adder:
    """`add_at(array, table, terms)`: array[table[t]] += terms[t] for all t, where addresses may come several times."""

    def __init__(self) -> None:
        self._plans: dict[int, Any] = {}

    def __call__(self, array: Any, table: Any, terms: Any) -> None:
        terms = np.broadcast_to(terms, table.shape + array.shape[1:])
        if array.ndim == 1:
            array += np.bincount(table.ravel(), terms.ravel(), minlength=len(array))
            return
        plan = self._plans.get(id(table))  # the tables of a program live as long as its code
        if plan is None:
            flat = table.ravel()
            order = np.argsort(flat, kind="stable")
            starts = np.flatnonzero(np.diff(flat[order], prepend=-1))
            plan = self._plans[id(table)] = (order, starts, flat[order[starts]])
        order, starts, members = plan
        array[members] += np.add.reduceat(terms.reshape(table.size, array.shape[1])[order], starts)
