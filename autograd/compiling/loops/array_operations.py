"""Operations of the table for whole arrays, as NumPy source.

Entry points: `EXPRESSIONS`, an expression for each operation; `FUNCTIONS`, the same to be called; `evaluated`, the
outputs of a body's program.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ... import operations as ops
from ...operations import Operation
from ..program import COLUMN, READ, Program

# How an operation is written for arrays, or for plain numbers.
EXPRESSIONS: dict[Operation, str] = {
    ops.identity: "{0}",
    ops.add: "{0} + {1}",
    ops.subtract: "{0} - {1}",
    ops.multiply: "{0} * {1}",
    ops.divide: "np.divide({0}, {1})",  # of two plain numbers, too: Python's / raises for 0.0
    ops.negate: "-{0}",
    ops.power: "np.power({0}, {1})",
    ops.power_of_constant: "np.power({0}, {1})",
    ops.less: "np.where({0} < {1}, 1.0, 0.0)",
    ops.less_equal: "np.where({0} <= {1}, 1.0, 0.0)",
    ops.equal: "np.where({0} == {1}, 1.0, 0.0)",
    ops.where: "np.where({0}, {1}, {2})",
    ops.relu: "np.maximum({0}, 0.0)",
    ops.absolute: "np.abs({0})",
    ops.maximum: "np.maximum({0}, {1})",
    ops.minimum: "np.minimum({0}, {1})",
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


def sigmoid(x: Any) -> Any:
    """1/(1 + exp(-x)), without the exponential of a large positive number, which would overflow."""
    z = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, z) / (1.0 + z)


def softplus(x: Any) -> Any:
    """log(1 + exp(x)), without overflow."""
    return np.where(x > 0, x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def total(*xs: Any) -> Any:
    """The sum, from left to right."""
    result: Any = 0.0
    for x in xs:
        result = result + x
    return result


def logsumexp(*xs: Any) -> Any:
    """log Σ exp(x), without overflow; ±inf where that is the largest, nan where one is nan."""
    largest = xs[0]
    for x in xs[1:]:
        largest = np.maximum(largest, x)
    return np.where(np.isinf(largest), largest, largest + np.log(total(*[np.exp(x - largest) for x in xs])))


def _function(template: str) -> Callable[..., Any]:
    n = sum(f"{{{i}}}" in template for i in range(3))
    names = ["a", "b", "c"][:n]
    scope: dict[str, Any] = {"np": np, "sigmoid": sigmoid, "softplus": softplus}
    function: Callable[..., Any] = eval(f"lambda {', '.join(names)}: {template.format(*names)}", scope)
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
