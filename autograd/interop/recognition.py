"""Which operation of the table a node's symbol names; without a symbol, which one its numbers show.

Entry point: `recognized`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from .. import operations as ops
from ..operations import OPERATIONS, Operation
from ..value import Constant, Value
from .access import Entry


class ForeignOperation(Operation):
    """An operation that is not in the table: its symbol and its results are known, but not how it is computed."""

    __slots__ = ()

    def __init__(self, symbol: str) -> None:
        super().__init__(symbol, symbol, self._unknown, lambda y, *xs: self._unknown())

    def _unknown(self, *_: Any) -> Any:
        raise TypeError(f"how {self.name!r} is computed is not known, only what it gave")

    def __reduce__(self) -> tuple[Any, ...]:
        return ForeignOperation, (self.symbol,)


_ALIASES = {"mul": "multiply", "sub": "subtract", "div": "divide", "neg": "negate", "pow": "power", "ln": "log"}
_POWER = re.compile(r"(?:\*\*|\^|pow)\s*\(?\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*\)?")

# What a node without a symbol may have been computed by.
_NAMELESS = {
    1: (ops.negate, ops.exp, ops.log, ops.relu, ops.tanh, ops.sigmoid),
    2: (ops.add, ops.multiply, ops.subtract, ops.divide),
}


class Match(NamedTuple):
    """An operation of the table, which of the parents are its inputs, in order, and a constant exponent."""

    operation: Operation
    order: tuple[int, ...]
    exponent: float | None = None
    agrees: bool = True

    def parents(self, parents: Sequence[Value]) -> list[Value]:
        chosen = [parents[i] for i in self.order]
        return chosen if self.exponent is None else [*chosen, Constant(self.exponent)]

    def derivatives(self, y: float, parents: Sequence[Value]) -> tuple[float, ...]:
        return self.operation.derivatives(y, *[x.data for x in self.parents(parents)])

    def gives(self, y: float, parents: Sequence[Value]) -> bool:
        return nearly(self.operation.forward(*[x.data for x in self.parents(parents)]), y)


def recognized(entry: Entry, parents: list[Value], sums: dict[int, float] | None) -> Match | None:
    """The operation that the symbol names, or, without a symbol, the one that the numbers show."""
    if not entry.symbol:
        return _by_numbers(entry, parents, sums)
    first = None
    for match in _named(entry.symbol, parents):
        if match.gives(entry.data, parents):
            return match
        first = first or match
    return None if first is None else first._replace(agrees=False)


def _named(symbol: str, parents: Sequence[Value]) -> Iterator[Match]:
    n = len(parents)
    raised = _POWER.fullmatch(symbol)
    if raised and n == 1:
        yield Match(ops.power_of_constant, (0,), float(raised[1]))
    wanted = symbol.casefold()
    wanted = _ALIASES.get(wanted, wanted)
    for operation in list(OPERATIONS.values()):
        if wanted not in (operation.symbol.casefold(), operation.name):
            continue
        if operation is ops.power and n == 2 and parents[1].is_constant:
            operation = ops.power_of_constant
        if operation.arity in (None, n):
            yield Match(operation, tuple(range(n)))
            if n == 2:
                yield Match(operation, (1, 0))
        elif n == 1 and operation.arity == 2:  # x * x in a set
            yield Match(operation, (0, 0))


def _by_numbers(entry: Entry, parents: list[Value], sums: dict[int, float] | None) -> Match | None:
    """The one operation that gives both the number and the local derivatives; None if several do."""
    if sums is None:
        return None
    matches = [Match(operation, tuple(range(len(parents)))) for operation in _NAMELESS.get(len(parents), ())]
    if len(parents) == 1:
        x, slope = parents[0].data, next(iter(sums.values()), 0.0)
        matches.append(Match(ops.power_of_constant, (0,), _exponent(x, entry.data, slope)))
    fitting = [
        match
        for match in matches
        if match.exponent not in (0.0, 1.0)
        and match.gives(entry.data, parents)
        and same_sums(sums_of(entry.parents, match.derivatives(entry.data, parents)), sums)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _exponent(x: float, y: float, slope: float) -> float:
    """n of y = xⁿ, from the slope n·xⁿ⁻¹; where all is 0, any exponent would do, and 2 is taken."""
    if x == y == slope == 0:
        return 2.0
    n = slope * x / y if y else math.nan
    return round(n, 6) if math.isfinite(n) else 1.0


def sums_of(parents: Sequence[Any], local: Sequence[float]) -> dict[int, float]:
    sums: dict[int, float] = {}
    for parent, derivative in zip(parents, local, strict=False):  # of x**2 the table has one for the 2, too
        if not isinstance(parent, float):
            sums[id(parent)] = sums.get(id(parent), 0.0) + derivative
    return sums


def same_sums(a: dict[int, float], b: dict[int, float]) -> bool:
    return all(nearly(a[key], b.get(key, 0.0)) for key in a)


def nearly(a: float, b: float) -> bool:
    """Equal but for rounding: other classes compute a/b as a·b⁻¹, or in float32."""
    return math.isclose(a, b, rel_tol=1e-6) or (math.isnan(a) and math.isnan(b))
