"""Arithmetic for whatever is computed with in place of numbers: symbols of formulas, variables of programs.

A `Value` has operators of its own, which are written out for speed.

Entry point: `Operators`.
"""

from __future__ import annotations

from typing import Any

from . import operations as ops


class Operators:
    """The operators of Python, each as one operation of the table, for a class with a method `_record`.

    `_record(operation, inputs)` is what `Operation` calls, too, when such an object is among its inputs.

    >>> class Spoken(Operators):
    ...     def _record(self, operation, inputs):
    ...         return operation.name
    >>> 2 * Spoken(), -Spoken(), Spoken() ** 3
    ('multiply', 'negate', 'power_of_constant')
    """

    __slots__ = ()

    def _record(self, operation: ops.Operation, inputs: Any) -> Any:
        raise NotImplementedError

    def __add__(self, other: Any) -> Any:
        return self._record(ops.add, (self, other))

    def __radd__(self, other: Any) -> Any:
        return self._record(ops.add, (other, self))

    def __sub__(self, other: Any) -> Any:
        return self._record(ops.subtract, (self, other))

    def __rsub__(self, other: Any) -> Any:
        return self._record(ops.subtract, (other, self))

    def __mul__(self, other: Any) -> Any:
        return self._record(ops.multiply, (self, other))

    def __rmul__(self, other: Any) -> Any:
        return self._record(ops.multiply, (other, self))

    def __truediv__(self, other: Any) -> Any:
        return self._record(ops.divide, (self, other))

    def __rtruediv__(self, other: Any) -> Any:
        return self._record(ops.divide, (other, self))

    def __pow__(self, exponent: Any) -> Any:
        operation = ops.power if isinstance(exponent, type(self)) else ops.power_of_constant
        return self._record(operation, (self, exponent))

    def __rpow__(self, base: Any) -> Any:
        return self._record(ops.power, (base, self))

    def __neg__(self) -> Any:
        return self._record(ops.negate, (self,))

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self._record(ops.absolute, (self,))
