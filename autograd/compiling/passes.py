"""Simplifications that do not change a bit of any result.

`EXACT` has a function for some operations: from the builder and the arguments to something simpler, or None.
Only what IEEE 754 guarantees stands here: x·1 is x, but x + 0.0 is not, as -0.0 + 0.0 is 0.0. (Which nan it
is when a result is nan is not kept.) Constants fold, and common subexpressions merge, in `Builder.emit`.
`alive` finds the instructions that an output needs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .. import operations as ops
from ..operations import Operation

if TYPE_CHECKING:
    from .program import Builder


def _is(x: Any, number: float) -> bool:
    return x.__class__ is float and x == number and math.copysign(1.0, x) == math.copysign(1.0, number)


def _same(a: Any, b: Any) -> bool:
    """Whether two operands are the result of one instruction."""
    return a.__class__ is not float and b.__class__ is not float and a.index == b.index


def _add(builder: Builder, a: Any, b: Any) -> Any:
    if _is(b, -0.0):
        return a
    if _is(a, -0.0):
        return b
    if (c := builder.negated(b)) is not None:
        return builder.emit(ops.subtract, (a, c))
    if (c := builder.negated(a)) is not None:
        return builder.emit(ops.subtract, (b, c))
    return None


def _subtract(builder: Builder, a: Any, b: Any) -> Any:
    if _is(b, 0.0):
        return a
    if _is(a, -0.0):
        return builder.emit(ops.negate, (b,))
    if (c := builder.negated(b)) is not None:
        return builder.emit(ops.add, (a, c))
    return None


def _multiply(builder: Builder, a: Any, b: Any) -> Any:
    for x, factor in ((a, b), (b, a)):
        if _is(factor, 1.0):
            return x
        if _is(factor, -1.0):
            return builder.emit(ops.negate, (x,))
    return None


def _divide(builder: Builder, a: Any, b: Any) -> Any:
    if b.__class__ is float and b != 0.0 and math.frexp(b)[0] in (0.5, -0.5) and 1e-300 < abs(b) < 1e300:
        return builder.emit(ops.multiply, (a, 1.0 / b))  # a power of two: its reciprocal is exact
    return None


def _negate(builder: Builder, x: Any) -> Any:
    return builder.negated(x)


def _where(builder: Builder, c: Any, a: Any, b: Any) -> Any:
    if c.__class__ is float:
        return a if c else b
    return a if _same(a, b) else None


def _less(builder: Builder, a: Any, b: Any) -> Any:
    """x < x is false, for nan too. LLVM knows as well, and then folds the nan of 0/0 in vectors to 0 in some places."""
    return 0.0 if _same(a, b) else None


def _power_of_constant(builder: Builder, x: Any, n: Any) -> Any:
    return x if _is(n, 1.0) else None


EXACT: dict[Operation, Callable[..., Any]] = {
    ops.add: _add,
    ops.subtract: _subtract,
    ops.multiply: _multiply,
    ops.divide: _divide,
    ops.negate: _negate,
    ops.where: _where,
    ops.less: _less,
    ops.power_of_constant: _power_of_constant,
}
if "identity" in ops.OPERATIONS:
    EXACT[ops.OPERATIONS["identity"]] = lambda builder, x: x


def alive(
    inputs: Sequence[tuple[int, ...]],
    operations: Sequence[Operation],
    roots: Sequence[int],
    sources: Sequence[Operation],
) -> list[int]:
    """The instructions that the roots depend on, in order. `sources` are operations without inputs."""
    needed = bytearray(len(inputs))
    for root in roots:
        if root >= 0:
            needed[root] = 1
    for i in range(len(inputs) - 1, -1, -1):
        if needed[i] and operations[i] not in sources:
            for j in inputs[i]:
                if j >= 0:
                    needed[j] = 1
    return [i for i, is_needed in enumerate(needed) if is_needed]
