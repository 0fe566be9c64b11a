"""What NumPy asks the elements of its arrays for.

`np.arcsin(A)` of an array of objects calls `.arcsin()` of each of them: NumPy's own names, composed here of the
operations of a Value. `np.std`, `np.vdot` and `np.linalg.norm` ask for `.conjugate()`.

Entry point: `Element`, a base of Value. docs/semantics.md lists the functions of NumPy that work.
"""

from __future__ import annotations

import math
from typing import Any

from . import operations as ops
from .misuse import refused, stepwise


class Element:
    """Methods under NumPy's names; the others a Value has itself."""

    __slots__ = ()

    def arcsin(self) -> Any:
        return ops.asin(self)

    def arccos(self) -> Any:
        return ops.acos(self)

    def arctan(self) -> Any:
        return ops.atan(self)

    def arctan2(self, x: Any) -> Any:
        """The angle of the point (x, self): from the nearer axis, so that the quotient is at most 1."""
        y: Any = self
        is_flat = ops.absolute(y) <= ops.absolute(x)
        from_axis = ops.atan(ops.where(is_flat, y, x) / ops.where(is_flat, x, y))
        axis = ops.where(x < 0, ops.where(y < 0, -math.pi, math.pi), 0.0)
        return ops.where(is_flat, axis + from_axis, ops.where(y < 0, -math.pi / 2, math.pi / 2) - from_axis)

    def hypot(self, other: Any) -> Any:
        y: Any = self
        return ops.sqrt(y * y + other * other)

    def arcsinh(self) -> Any:
        x: Any = self
        sign = ops.where(x < 0, -1.0, 1.0)  # a sum of two numbers of one sign, exact for small ones
        return sign * ops.log1p(sign * x + x * x / (1 + ops.sqrt(x * x + 1)))

    def arccosh(self) -> Any:
        t: Any = self - 1.0  # type: ignore[operator]
        return ops.log1p(t + ops.sqrt(t * (t + 2)))

    def arctanh(self) -> Any:
        x: Any = self
        return (ops.log1p(x) - ops.log1p(-x)) / 2

    def exp2(self) -> Any:
        return 2.0**self  # type: ignore[operator]

    def log2(self) -> Any:
        logarithm: Any = ops.log(self)
        return logarithm / math.log(2)

    def log10(self) -> Any:
        logarithm: Any = ops.log(self)
        return logarithm / math.log(10)

    def cbrt(self) -> Any:
        x: Any = self
        sign = ops.where(x < 0, -1.0, 1.0)
        return sign * (sign * x) ** (1 / 3)

    def fabs(self) -> Any:
        return ops.absolute(self)

    def degrees(self) -> Any:
        return self * (180 / math.pi)  # type: ignore[operator]

    def radians(self) -> Any:
        return self * (math.pi / 180)  # type: ignore[operator]

    rad2deg, deg2rad = degrees, radians

    def conjugate(self) -> Any:
        return self

    rint = stepwise("np.round", "np.round(v.data)")
    fmod = refused("np.fmod", "of the plain number write np.fmod(v.data, 2)")
