r"""Elementary functions of whole vectors, as LLVM assembly.

A call of the C library for each lane would take more time than all the products around it. So `exp`, `expm1`,
`log`, `log1p`, `tanh`, `sin` and `cos` are written here for vectors: the argument is reduced to a small interval,
where the Taylor series converges fast. The error is at most 2.5 units in the last place (the tests measure it);
special numbers are those of IEEE 754.

The functions are written with `Vector`, whose operators write one line of assembly each.

Entry point: `FUNCTIONS.definitions(width, names)`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import ClassVar

inf, nan = math.inf, math.nan

# log(2) and π/2 in parts: the first has zeros at its end, so that a small integer times it is exact.
_LN2 = Decimal("0.693147180559945309417232121458176568075500134360255")
_HALF_PI = Decimal("1.570796326794896619231321691639751442098584699687553")


def _parts(x: Decimal, bits_of_first: int, n: int) -> list[float]:
    parts = []
    for k in range(n):
        part = float(x)
        if k == 0:
            mantissa, exponent = math.frexp(part)
            part = math.ldexp(math.floor(math.ldexp(mantissa, bits_of_first)), exponent - bits_of_first)
        parts.append(part)
        x -= Decimal(part)
    return parts


LN2_HIGH, LN2_LOW = _parts(_LN2, 32, 2)
HALF_PI = _parts(_HALF_PI, 53, 3)
ROUNDING = 1.5 * 2.0**52  # adding it rounds to an integer, which then stands in the last bits
LARGEST_ANGLE = 65536.0  # beyond it the three parts of π/2 are too few, and the C library is called


class Body:
    """The lines of a function that is being written."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.lines: list[str] = []
        self.needs: set[str] = set()
        self.count = 0

    def compute(self, expression: str) -> str:
        self.count += 1
        self.lines.append(f"%t{self.count} = {expression}")
        return f"%t{self.count}"

    def vector(self, x: Vector | float) -> Vector:
        if isinstance(x, Vector):
            return x
        bits = f"0x{struct.unpack('>Q', struct.pack('>d', x))[0]:016X}"
        return Vector(self, f"<{', '.join([f'double {bits}'] * self.width)}>")

    def integers(self, x: int) -> Vector:
        return Vector(self, f"<{', '.join([f'i64 {x}'] * self.width)}>", "i64")

    def call(self, name: str, *xs: Vector | float) -> Vector:
        arguments = [self.vector(x) for x in xs]
        kind = arguments[0].type
        if name.startswith("llvm."):
            name += f".v{self.width}f64"
        self.needs.add(f"declare {kind} @{name}({', '.join([kind] * len(xs))})")
        return Vector(self, self.compute(f"call {kind} @{name}({', '.join(f'{kind} {x.name}' for x in arguments)})"))


class Vector:
    """Doubles, or 64-bit integers, side by side; every operator writes a line."""

    def __init__(self, body: Body, name: str, element: str = "double") -> None:
        self.body, self.name, self.element = body, name, element
        self.type = f"<{body.width} x {element}>"

    def _line(self, instruction: str, other: Vector | float) -> Vector:
        right = self.body.vector(other)
        return Vector(
            self.body, self.body.compute(f"{instruction} {self.type} {self.name}, {right.name}"), self.element
        )

    def __add__(self, other: Vector | float) -> Vector:
        return self._line("fadd" if self.element == "double" else "add", other)

    def __sub__(self, other: Vector | float) -> Vector:
        return self._line("fsub" if self.element == "double" else "sub", other)

    def __mul__(self, other: Vector | float) -> Vector:
        return self._line("fmul", other)

    def __truediv__(self, other: Vector | float) -> Vector:
        return self._line("fdiv", other)

    def __neg__(self) -> Vector:
        return Vector(self.body, self.body.compute(f"fneg {self.type} {self.name}"))

    def __abs__(self) -> Vector:
        return self.body.call("llvm.fabs", self)

    def shifted(self, how: str, places: int) -> Vector:
        """`how` is shl, ashr (keeps the sign) or `and` (with a mask)."""
        return self._line(how, self.body.integers(places))

    def bits(self) -> Vector:
        return Vector(
            self.body, self.body.compute(f"bitcast {self.type} {self.name} to <{self.body.width} x i64>"), "i64"
        )

    def number(self) -> Vector:
        return Vector(self.body, self.body.compute(f"bitcast {self.type} {self.name} to <{self.body.width} x double>"))

    def as_double(self) -> Vector:
        return Vector(self.body, self.body.compute(f"sitofp {self.type} {self.name} to <{self.body.width} x double>"))

    def where(self, how: str, other: Vector | float, then: Vector | float, otherwise: Vector | float) -> Vector:
        """`then` where the comparison with `other` is true: `x.where("olt", 0.0, nan, y)`."""
        body = self.body
        compare = "fcmp" if self.element == "double" else "icmp"
        test = body.compute(f"{compare} {how} {self.type} {self.name}, {body.vector(other).name}")
        a, b = body.vector(then), body.vector(otherwise)
        return Vector(
            body, body.compute(f"select <{body.width} x i1> {test}, {a.type} {a.name}, {b.type} {b.name}"), a.element
        )


def _fma(a: Vector | float, b: Vector | float, c: Vector | float) -> Vector:
    """a·b + c with one rounding."""
    body = next(x.body for x in (a, b, c) if isinstance(x, Vector))
    return body.call("llvm.fma", a, b, c)


def _polynomial(x: Vector, coefficients: Sequence[float]) -> Vector:
    """c0 + c1·x + c2·x² + …, by Estrin's scheme: pairs side by side, so that few instructions wait for each other."""
    terms: list[Vector | float] = list(coefficients)
    while len(terms) > 1:
        pairs: list[Vector | float] = [_fma(x, b, a) for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[len(terms) & ~1 :]
        x = x * x
    return x.body.vector(terms[0])


def _power_of_two(n: Vector) -> Vector:
    """2^n for integers n in the range of normal numbers."""
    return (n + n.body.integers(1023)).shifted("shl", 52).number()


def _reduced(x: Vector) -> tuple[Vector, Vector, Vector]:
    """x = n·log 2 + r with |r| <= ½·log 2: the integers n, r, and (e^r - 1 - r)/r²."""
    rounded = _fma(x, 1 / float(_LN2), ROUNDING)
    n = rounded - ROUNDING
    r = _fma(n, -LN2_LOW, _fma(n, -LN2_HIGH, x))
    tail = _polynomial(r, [1 / math.factorial(k) for k in range(2, 14)])
    return rounded.bits() - x.body.vector(ROUNDING).bits(), r, tail


def _exp(x: Vector) -> Vector:
    x = x.where("olt", -746.0, -746.0, x.where("ogt", 710.0, 710.0, x))  # beyond: 0 and inf all the same
    n, r, tail = _reduced(x)
    y = _fma(r * r, tail, r) + 1.0
    half = n.shifted("ashr", 1)  # in two steps: 2^n itself may be too large or too small
    return y * _power_of_two(half) * _power_of_two(n - half)


def _expm1(x: Vector) -> Vector:
    x = x.where("olt", -40.0, -40.0, x.where("ogt", 710.0, 710.0, x))  # beyond: -1 and inf all the same
    n, r, tail = _reduced(x)
    half = _power_of_two(n - n.body.integers(1))  # 2^n may be too large
    y = _fma(half, _fma(r * r, tail, r), half - 0.5) * 2.0
    return abs(x).where("olt", 1e-300, x, y)  # half of a subnormal would be rounded, and -0.0 lose its sign


def _tanh(x: Vector) -> Vector:
    size = abs(x)
    e = x.body.call("lanes_expm1", size.where("ogt", 20.0, 20.0, size) * 2.0)
    bottom = e + 2.0
    y = e / bottom
    lost = e - (bottom - 2.0)  # what the addition rounded away, which counts as long as e is small
    rest = _fma(-y, bottom, e) - y * lost
    part = e.where("ogt", 2.0, 0.0, _fma(y, -0.5, 0.5))  # 1 / (e + 2), without another division
    return x.body.call("llvm.copysign", _fma(rest, part, y), x)


def _log(x: Vector) -> Vector:
    body = x.body
    tiny = 2.0**-1022
    normal = x.where("olt", tiny, x * 2.0**54, x)
    start = body.vector(math.sqrt(0.5)).bits()
    n = (normal.bits() - start).shifted("ashr", 52)
    f = (normal.bits() - n.shifted("shl", 52)).number() - 1.0  # normal = 2^n·(1 + f), √½ <= 1 + f < √2
    power = n.as_double() - x.where("olt", tiny, 54.0, 0.0)
    s = f / (f + 2.0)
    square = s * s
    series = square * _polynomial(square, [2 / k for k in range(3, 25, 2)])  # log(1 + f) = 2s + ⅔s³ + …
    half = f * f * 0.5
    low = _fma(s, half + series, power * LN2_LOW)
    y = _fma(power, LN2_HIGH, f - (half - low))
    y = x.where("oeq", inf, inf, x.where("oeq", 0.0, -inf, y))
    return x.where("olt", 0.0, nan, x.where("uno", x, x, y))


def _log1p(x: Vector) -> Vector:
    u = x + 1.0
    lost = x - (u - 1.0)  # what the addition rounded away
    y = x.body.call("lanes_log", u)
    y = u.where("oeq", inf, inf, x.where("oeq", -1.0, -inf, y + lost / u))
    return u.where("oeq", 1.0, x, y)


def _sine(x: Vector, quarter_turns: int) -> Vector:
    """sin(x + quarter_turns·π/2) for |x| up to `LARGEST_ANGLE`."""
    body = x.body
    rounded = _fma(x, 2 / math.pi, ROUNDING)
    n = rounded - ROUNDING
    r = x
    for part in HALF_PI:
        r = _fma(n, -part, r)
    square = r * r
    odd = _fma(r * square, _polynomial(square, [(-1) ** (k + 1) / math.factorial(2 * k + 3) for k in range(8)]), r)
    half = square * 0.5
    start = body.vector(1.0) - half
    rest = _polynomial(square, [(-1) ** k / math.factorial(2 * k + 4) for k in range(7)])
    even = start + _fma(square * square, rest, (body.vector(1.0) - start) - half)
    quarter = rounded.bits() + body.integers(quarter_turns)
    y = quarter.shifted("and", 1).where("eq", body.integers(0), odd, even)
    return quarter.shifted("and", 2).where("eq", body.integers(0), y, -y)


def _sin(x: Vector) -> Vector:
    return x.where("oeq", 0.0, x, _sine(x, 0))  # keeps the sign of -0.0


def _cos(x: Vector) -> Vector:
    return _sine(x, 1)


class _Functions:
    table: ClassVar[dict[str, Callable[[Vector], Vector]]] = {
        "exp": _exp, "expm1": _expm1, "log": _log, "log1p": _log1p, "tanh": _tanh, "sin": _sin, "cos": _cos,
    }  # fmt: skip
    needs: ClassVar[dict[str, tuple[str, ...]]] = {"log1p": ("log",), "tanh": ("expm1",)}

    def has(self, name: str) -> bool:
        """Whether lanes have a function of their own for this operation."""
        return name in self.table

    def definitions(self, width: int, names: set[str]) -> tuple[list[str], set[str]]:
        """The lines that define these functions, and the declarations that they need."""
        wanted = {*names, *[other for name in names for other in self.needs.get(name, ())]}
        lines: list[str] = []
        declarations: set[str] = set()
        for name in sorted(wanted):
            body = Body(width)
            kind = f"<{width} x double>"
            result = self.table[name](Vector(body, "%x"))
            lines.append(f"define internal {kind} @lanes_{name}({kind} %x) nounwind #0 {{")
            lines += ["entry:", *_with_large_angles(name, width, body)] if name in ("sin", "cos") else body.lines
            lines += [f"ret {kind} {result.name}", "}"]
            declarations |= {need for need in body.needs if "@lanes_" not in need}
            if name in ("sin", "cos"):
                declarations |= {
                    f"declare double @{name}(double)",
                    f"declare i1 @llvm.vector.reduce.or.v{width}i1(<{width} x i1>)",
                }
        return lines, declarations


def _with_large_angles(name: str, width: int, body: Body) -> list[str]:
    """The lines of `body`, before them the way of angles that are too large for it: the C library."""
    kind = f"<{width} x double>"
    limit = body.vector(LARGEST_ANGLE).name
    lines = [
        f"%size = call {kind} @llvm.fabs.v{width}f64({kind} %x)",
        f"%large = fcmp ogt {kind} %size, {limit}",
        f"%any = call i1 @llvm.vector.reduce.or.v{width}i1(<{width} x i1> %large)",
        "br i1 %any, label %library, label %series",
        "library:",
    ]
    result = "poison"
    for lane in range(width):
        lines.append(f"%x{lane} = extractelement {kind} %x, i32 {lane}")
        lines.append(f"%y{lane} = call double @{name}(double %x{lane})")
        lines.append(f"%r{lane} = insertelement {kind} {result}, double %y{lane}, i32 {lane}")
        result = f"%r{lane}"
    return [*lines, f"ret {kind} {result}", "series:", *body.lines]


FUNCTIONS = _Functions()
