"""Operations of the table as LLVM instructions, for a number or for a vector of numbers.

`LOWERED` has a function for each operation that is not simply a function of the C library: from the writer and the
names of the operands to the right side of the instruction that gives the result. It may write lines before.

Entry points: `Instructions`, the writer; `Instructions.apply`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from .. import operations as ops
from ..operations import Operation
from ..operators import Operators
from .vector_math import FUNCTIONS

# The C library's functions, which Python's math module calls too.
LIBRARY = ("exp", "expm1", "log", "log1p", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh")


def hexadecimal(x: float) -> str:
    """A constant by its bits: decimal digits would be rounded."""
    return f"0x{struct.unpack('>Q', struct.pack('>d', x))[0]:016X}"


class Instructions:
    """Lines of LLVM assembly that compute with `type`: "double", or a vector of `width` of them.

    Attributes:
        flags: what LLVM may do to sums and products: "", "contract " (one rounding for both) or "fast ".
        exact: call the C library for every power, as the eager engine does.
        used: the names of functions that the module has to declare or define.
    """

    def __init__(self, width: int, flags: str, exact: bool) -> None:
        self.width, self.flags, self.exact = width, flags, exact
        self.type = "double"
        self.lines: list[str] = []
        self.used: set[str] = set()
        self.temporary = 0

    @property
    def vector(self) -> str:
        """The type of vectors."""
        return f"<{self.width} x double>"

    # --- operations ------------------------------------------------------------------------------------

    def apply(self, operation: Operation, xs: Sequence[str], name: str) -> None:
        """Name the result of an operation of the table."""
        self.line(f"{name} = {self.expression(operation, xs)}")

    def expression(self, operation: Operation, xs: Sequence[str]) -> str:
        """The instruction that gives the result of an operation, without its name."""
        lower = LOWERED.get(operation)
        if lower is not None:
            return lower(self, *xs)
        if operation.made_of is not None:
            made: _Part = operation.made_of(*[_Part(self, "", x) for x in xs])
            return made.expression
        return self.called(operation.name, *xs)

    def called(self, function: str, *xs: str) -> str:
        """Call a function of the C library; vectors call one that computes them whole, where there is one."""
        if self.type == "double":
            self.used.add(function)
            return f"call double @{function}({', '.join(f'double {x}' for x in xs)})"
        if FUNCTIONS.has(function):
            self.used.add(f"lanes_{function}")
            return f"call {self.type} @lanes_{function}({', '.join(f'{self.type} {x}' for x in xs)})"
        self.used.add(function)
        result = "poison"
        for lane in range(self.width):
            parts = [self.compute(f"extractelement {self.type} {x}, i32 {lane}") for x in xs]
            y = self.compute(f"call double @{function}({', '.join(f'double {x}' for x in parts)})")
            inserted = f"insertelement {self.type} {result}, double {y}, i32 {lane}"
            if lane < self.width - 1:
                result = self.compute(inserted)
        return inserted

    # --- pieces ----------------------------------------------------------------------------------------

    def compare(self, how: str, a: str, b: str) -> str:
        return self.compute(f"fcmp {how} {self.type} {a}, {b}")

    def choice(self, test: str, a: str, b: str) -> str:
        return f"select {self.boolean()} {test}, {self.type} {a}, {self.type} {b}"

    def boolean(self) -> str:
        return "i1" if self.type == "double" else f"<{self.width} x i1>"

    def intrinsic(self, name: str, x: str) -> str:
        suffix = "f64" if self.type == "double" else f"v{self.width}f64"
        return f"call {self.type} @llvm.{name}.{suffix}({self.type} {x})"

    def constant(self, x: float) -> str:
        if self.type == "double":
            return hexadecimal(x)
        return f"<{', '.join([f'double {hexadecimal(x)}'] * self.width)}>"

    def splat(self, kind: str, x: str) -> str:
        vector = f"<{self.width} x {kind}>"
        first = self.compute(f"insertelement {vector} poison, {kind} {x}, i32 0")
        return self.compute(f"shufflevector {vector} {first}, {vector} poison, <{self.width} x i32> zeroinitializer")

    def pointer(self, base: str, index: int) -> str:
        return self.compute(f"getelementptr double, ptr {base}, i64 {index}") if index else base

    def load(self, kind: str, address: str, align: int = 8) -> str:
        return self.compute(f"load {kind}, ptr {address}, align {align}")

    def compute(self, expression: str) -> str:
        name = self.new()
        self.line(f"{name} = {expression}")
        return name

    def new(self) -> str:
        self.temporary += 1
        return f"%t{self.temporary}"

    def line(self, text: str) -> None:
        self.lines.append(text)


class _Part(Operators):
    """A number inside a composite operation: an instruction, which gets a name where it is read."""

    __slots__ = ("code", "expression", "name")

    def __init__(self, code: Instructions, expression: str, name: str = "") -> None:
        self.code, self.expression, self.name = code, expression, name

    def _record(self, operation: Operation, inputs: Sequence[Any]) -> _Part:
        names = [x.named() if isinstance(x, _Part) else self.code.constant(float(x)) for x in inputs]
        return _Part(self.code, self.code.expression(operation, names))

    def named(self) -> str:
        self.name = self.name or self.code.compute(self.expression)
        return self.name


# --- the table -----------------------------------------------------------------------------------------


def _arithmetic(instruction: str) -> Callable[..., str]:
    return lambda code, a, b: f"{instruction} {code.flags}{code.type} {a}, {b}"


def _subtract(code: Instructions, a: str, b: str) -> str:
    # Differences are not fused: 1 - x·x may lose its leading digits, and show the rounding that was left out.
    return f"fsub {'' if code.flags == 'contract ' else code.flags}{code.type} {a}, {b}"


def _comparison(how: str) -> Callable[..., str]:
    return lambda code, a, b: code.choice(code.compare(how, a, b), code.constant(1.0), code.constant(0.0))


def _where(code: Instructions, condition: str, a: str, b: str) -> str:
    return code.choice(code.compare("une", condition, code.constant(0.0)), a, b)


def _relu(code: Instructions, x: str) -> str:
    zero = code.constant(0.0)
    return code.choice(code.compare("ole", x, zero), zero, x)


def _extremum(how: str) -> Callable[..., str]:
    def lowered(code: Instructions, a: str, b: str) -> str:
        first = code.compare(how, a, b)
        return code.choice(code.compute(f"or {code.boolean()} {first}, {code.compare('uno', a, a)}"), a, b)

    return lowered


def _total(code: Instructions, *xs: str) -> str:
    total = code.constant(0.0)
    for x in xs[:-1]:
        total = code.compute(f"fadd {code.flags}{code.type} {total}, {x}")
    return f"fadd {code.flags}{code.type} {total}, {xs[-1]}"


def _power(code: Instructions, x: str, n: str) -> str:
    """In vectors the common exponents are products and roots; a scalar calls the C library, as eager code does."""
    t = code.type
    common = {} if code.exact else {code.constant(k): k for k in (2.0, 3.0, 4.0, -1.0, 0.5, -0.5)}
    exponent = common.get(n)
    if exponent in (0.5, -0.5):
        infinity = code.constant(float("inf"))
        # As pow has it, (-0)^½ is 0, not -0, and (-inf)^½ is inf.
        root = code.compute(code.intrinsic("sqrt", code.compute(f"fadd {t} {x}, {code.constant(0.0)}")))
        chosen = code.choice(code.compare("oeq", x, code.constant(-float("inf"))), infinity, root)
        return chosen if exponent == 0.5 else f"fdiv {t} {code.constant(1.0)}, {code.compute(chosen)}"
    if exponent == -1.0:
        return f"fdiv {t} {code.constant(1.0)}, {x}"
    if exponent is None:
        return code.called("pow", x, n)
    square = f"fmul {t} {x}, {x}"
    if exponent == 2.0:
        return square
    square = code.compute(square)
    return f"fmul {t} {square}, {x if exponent == 3.0 else square}"


LOWERED: dict[Operation, Callable[..., str]] = {
    ops.add: _arithmetic("fadd"),
    ops.subtract: _subtract,
    ops.multiply: _arithmetic("fmul"),
    ops.divide: _arithmetic("fdiv"),
    ops.negate: lambda code, x: f"fneg {code.type} {x}",
    ops.less: _comparison("olt"),
    ops.less_equal: _comparison("ole"),
    ops.equal: _comparison("oeq"),
    ops.where: _where,
    ops.relu: _relu,
    ops.maximum: _extremum("oge"),
    ops.minimum: _extremum("ole"),
    ops.absolute: lambda code, x: code.intrinsic("fabs", x),
    ops.sqrt: lambda code, x: code.intrinsic("sqrt", x),
    ops.total: _total,
    ops.power: _power,
    ops.power_of_constant: _power,
}
