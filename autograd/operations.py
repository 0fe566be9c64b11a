r"""The one table of operations: every primitive of the engine, declared once.

An entry says how an operation is computed and how it is differentiated:

    multiply = operation("multiply", "*", operator.mul, lambda y, a, b: (b, a))
                          name      symbol  forward        derivatives

`forward` maps the parents' numbers to the result. `derivatives` maps the result `y` and the parents to
one *local derivative* for each parent, dy/da and dy/db. It is written with ordinary operators and with
the operations of this table, so that one rule serves every purpose: fed floats it gives floats (the
backward pass), fed Values it gives nodes (second derivatives), fed symbols it gives formulas.

A parent receives *local derivative × gradient*. An operation that chooses, as `relu` and `where` do, has a third
column, `shares`: what each parent receives, written out. It is the same product, but a branch that was not chosen
receives nothing at all, even where the gradient is infinite or nan and 0·inf would be nan. No gradient ever flows to
a parent that only decides, such as the condition of `where`: those positions are `flat`.

Numbers follow IEEE 754 as in PyTorch's float64: overflow is `inf`, `log(0)` is `-inf`, a domain error is
`nan`. Python's own `/`, `**` and `math` functions raise instead, which is why the forward functions, in `ieee.py`,
guard them, and why the rules write `divide(1.0, x)` for 1/x.

Entry points: `operation` adds an entry, `OPERATIONS` is the table, an `Operation` can be called.
"""

from __future__ import annotations

import math
import numbers
import operator
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from . import ieee
from .libraries import computed, library_of

T = TypeVar("T")
inf, nan, isnan = math.inf, math.nan, math.isnan


class Operation:
    """One entry of the table. Called with floats it returns a float, with a Value among them a Value, of an array of
    NumPy, JAX or PyTorch an array, see `libraries.py`.

    Attributes: `name`; `symbol`, how a graph shows it; `forward(*numbers)`; `derivatives(y, *parents)`;
    `arity`, the number of parents, or None when it takes any number of them; `latex`, how formulas write it;
    `shares(gradient, y, *parents)`, None for an operation that does not choose; `flat`, the positions of parents
    that no gradient flows to; `made_of(*parents)`, None for a primitive: the same in other operations of the table, for
    compilers and pages, which know primitives only.
    """

    __slots__ = ("arity", "derivatives", "flat", "forward", "latex", "made_of", "name", "shares", "symbol")

    def __init__(
        self,
        name: str,
        symbol: str,
        forward: Callable[..., float],
        derivatives: Callable[..., tuple[Any, ...]],
        latex: str = "",
        shares: Callable[..., tuple[Any, ...]] | None = None,
        flat: Sequence[int] = (),
        made_of: Callable[..., Any] | None = None,
    ) -> None:
        self.name = name
        self.made_of = made_of
        self.latex = latex
        self.shares = shares
        self.flat = frozenset(flat)
        self.symbol = symbol
        self.forward = forward
        self.derivatives = derivatives
        code = getattr(derivatives, "__code__", None)
        if code is None:
            raise TypeError(
                f"the derivatives of {name!r} are a function `lambda y, *parents: (…,)`, got {derivatives!r}"
            )
        takes_any_number = bool(code.co_flags & 0x04)  # the rule is written `lambda y, *xs: …`
        self.arity = None if takes_any_number else code.co_argcount - 1

    def __call__(self, *inputs: T) -> T:
        """Apply the operation to numbers, or to graph nodes, which then record it."""
        if self.arity is not None and len(inputs) != self.arity:
            raise TypeError(f"{self.name} takes {self.arity} input(s), got {len(inputs)}: {inputs!r}")
        result: Any
        for x in inputs:
            if type(x) is not float:
                break
        else:  # plain numbers, as within another operation's rule
            result = self.forward(*inputs)
            return result  # type: ignore[no-any-return]
        numbers: list[Any] = []
        for x in inputs:
            if type(x) is float:
                numbers.append(x)
            elif hasattr(x, "_record"):
                recorded: T = x._record(self, inputs)
                return recorded
            elif hasattr(x, "dtype") and library_of(x):
                result = computed(self, inputs)
                return result  # type: ignore[no-any-return]
            else:
                numbers.append(number(x))
        result = self.forward(*numbers)
        return result  # type: ignore[no-any-return]

    def sends(self, gradient: Any, y: Any, *parents: Any) -> list[tuple[int, Any]]:
        """What is sent in the backward pass: pairs (position of a parent, its local derivative × gradient).

        Where an operation chooses, the branch that was not chosen receives 0.0, whatever the gradient.

        >>> relu.sends(inf, 0.0, -2.0), multiply.sends(inf, 0.0, 0.0, 1.0)
        ([(0, 0.0)], [(0, inf), (1, nan)])
        >>> where.sends(5.0, 3.0, 1.0, 3.0, 4.0)
        [(1, 5.0), (2, 0.0)]
        """
        if self.shares is not None:
            sent = self.shares(gradient, y, *parents)
        else:
            sent = tuple([derivative * gradient for derivative in self.derivatives(y, *parents)])
        return [(i, share) for i, share in enumerate(sent) if i not in self.flat]

    def __repr__(self) -> str:
        return f"<operation {self.name}>"

    def __reduce__(self) -> tuple[Callable[[str], Operation], tuple[str]]:
        return find, (self.name,)  # a pickle names the operation; its functions stay here


OPERATIONS: dict[str, Operation] = {}


def operation(
    name: str,
    symbol: str,
    forward: Callable[..., float],
    derivatives: Callable[..., tuple[Any, ...]],
    latex: str = "",
    shares: Callable[..., tuple[Any, ...]] | None = None,
    flat: Sequence[int] = (),
    made_of: Callable[..., Any] | None = None,
) -> Operation:
    r"""Add an operation to the table and return it.

    Args:
        name: unique in the table; a built-in operation cannot be replaced, one of your own can.
        symbol: what pictures show: `*`, `tanh`.
        forward: the parents' floats -> a float. What Python raises (`math.log(0)`) is not turned into
            `nan` or `inf` here; see `ieee.quiet` for how the table does it.
        derivatives: `(y, *parents)` -> a tuple with one local derivative for each parent.
        latex: how formulas write it: a function's name, r"\sin", or with %s where the input belongs,
            r"\sqrt{%s}"; without it the symbol is written upright.
        shares: `(gradient, y, *parents)` -> what each parent receives; only for an operation that chooses between
            its parents. For finite gradients it is local derivative × gradient.
        flat: positions of parents that no gradient ever flows to, as they only decide.
        made_of: `(*parents)` -> the same in other operations of the table. Without it `forward` is tried for that,
            where a program is compiled or a page made.

    >>> cube = operation("cube", "cube", lambda x: x**3, lambda y, x: (3.0 * x * x,))
    >>> cube(2.0)
    8.0
    """
    if name in BUILT_IN:
        raise ValueError(f"the operation {name!r} is built in; give yours another name")
    OPERATIONS[name] = Operation(name, symbol, forward, derivatives, latex, shares, flat, made_of)
    return OPERATIONS[name]


def find(name: str) -> Operation:
    """The operation called `name`; LookupError when the table has none."""
    if name not in OPERATIONS:
        raise LookupError(
            f"no operation is called {name!r}; if it is one of your own, add it with "
            f"autograd.operation({name!r}, …) before loading what uses it"
        )
    return OPERATIONS[name]


def number(x: Any) -> float:
    """`x` as a float; TypeError or ValueError, saying what to write instead, when it is not a real number."""
    if isinstance(x, numbers.Real):  # int, float, Fraction, bool, and NumPy's scalars
        try:
            return float(x)
        except OverflowError:
            # Not the number itself: Python refuses to print integers of more than 4300 digits.
            raise ValueError(f"the {type(x).__name__} is too large for a float (at most about 1.8e308)") from None
    kind = type(x).__name__
    if kind in ("bool", "bool_") and type(x).__module__ == "numpy":  # not a Real, though Python's own bool is one
        return float(bool(x))
    if isinstance(x, str):
        hint = "convert it first: float(text)"
    elif isinstance(x, (list, tuple, set, dict)) or getattr(x, "shape", None):
        hint = "one node is one scalar: make a list of them, [Value(x) for x in numbers]"
    elif hasattr(x, "_record"):
        hint = "it is already a node of a graph: use it as it is, or its number, .data"
    elif isinstance(x, complex):
        hint = "the engine works on real numbers: take .real, .imag or abs() first"
    elif hasattr(x, "item"):
        hint = "take the number out first: x.item()"
    else:
        hint = "give it an int or a float"
    raise TypeError(f"expected a real number, got {kind} {_shortened(x)}; {hint}")


def _shortened(x: object) -> str:
    text = repr(x)
    return text if len(text) <= 60 else text[:57] + "…"


def _parts_of_sigmoid(x: Any) -> Any:
    z = exp(-absolute(x))  # never exp of a large positive number, which would overflow
    return divide(where(less_equal(0.0, x), 1.0, z), 1.0 + z)


def _parts_of_logsumexp(xs: Sequence[Any]) -> Any:
    largest = xs[0]
    for x in xs[1:]:
        largest = maximum(largest, x)  # nan, if one of them is
    finite = largest + log(total(*[exp(x - largest) for x in xs]))
    return where(equal(absolute(largest), inf), largest, finite)


# --- the table ---------------------------------------------------------------------------------------
# y is the result; a, b or x are the parents.

BUILT_IN: frozenset[str] = frozenset()  # filled when the table is complete


def _choose(condition: Any, a: Any, b: Any) -> Any:
    """`where`, decided at once if the condition is a plain number: x**2 then has the derivative 2·x, not a choice."""
    if type(condition) is float:
        return a if condition else b
    return where(condition, a, b)


def _times(a: Any, b: Any) -> Any:
    """a·b, without a node for a factor 1."""
    if type(b) is float and b == 1.0:
        return a
    return b if type(a) is float and a == 1.0 else a * b


def _halved(a: Any, b: Any, share: Any) -> Any:
    """The share of the larger of two: half of it where they are equal."""
    return _choose(equal(a, b), _times(0.5, share), share)


def _one_power_less(x: Any, n: Any) -> Any:
    """x^(n-1), without a node for x^1 and x^0."""
    if type(n) is float and (n == 2.0 or n == 1.0):
        return x if n == 2.0 else 1.0
    return power_of_constant(x, n - 1.0)


# The same number as a node of its own: `grad` puts one before each input, so that a derivative taken inside
# another one tells its own variable from the outer one.
identity: Operation = operation("identity", "identity", lambda x: x, lambda y, x: (1.0,))

add: Operation = operation("add", "+", operator.add, lambda y, a, b: (1.0, 1.0))
subtract: Operation = operation("subtract", "-", operator.sub, lambda y, a, b: (1.0, -1.0))
multiply: Operation = operation("multiply", "*", operator.mul, lambda y, a, b: (b, a))
divide: Operation = operation("divide", "/", ieee.divide, lambda y, a, b: (divide(1.0, b), divide(-y, b)))
negate: Operation = operation("negate", "-", operator.neg, lambda y, x: (-1.0,))

# The derivative by the exponent is y·log(a); at a = 0 the limit 0 is taken where there is one. With the exponent 0
# the power is the constant 1, and nothing flows to the base.
power: Operation = operation(
    "power",
    "**",
    ieee.power,
    lambda y, a, b: (
        _choose(equal(b, 0.0), 0.0, b * power(a, b - 1.0)),
        _choose(equal(a, 0.0) * less_equal(0.0, b), 0.0, y * log(a)),
    ),
    shares=lambda g, y, a, b: (
        _choose(equal(b, 0.0), 0.0, _times(b * power(a, b - 1.0), g)),
        _times(_choose(equal(a, 0.0) * less_equal(0.0, b), 0.0, y * log(a)), g),
    ),
)
# x ** 2: an exponent written as a number is not a variable, so nothing flows to it.
power_of_constant: Operation = operation(
    "power_of_constant",
    "**",
    ieee.power,
    lambda y, x, n: (_choose(equal(n, 0.0), 0.0, n * _one_power_less(x, n)), 0.0),
    shares=lambda g, y, x, n: (_choose(equal(n, 0.0), 0.0, _times(n * _one_power_less(x, n), g)), 0.0),
    flat=(1,),
)

exp: Operation = operation("exp", "exp", ieee.quiet(math.exp), lambda y, x: (y,), r"e^{%s}")
expm1: Operation = operation("expm1", "expm1", ieee.quiet(math.expm1), lambda y, x: (y + 1.0,))
log: Operation = operation("log", "log", ieee.log, lambda y, x: (divide(1.0, x),), r"\ln")
log1p: Operation = operation("log1p", "log1p", ieee.log1p, lambda y, x: (divide(1.0, 1.0 + x),))
sqrt: Operation = operation("sqrt", "sqrt", ieee.quiet(math.sqrt), lambda y, x: (divide(0.5, y),), r"\sqrt{%s}")

sin: Operation = operation("sin", "sin", ieee.quiet(math.sin), lambda y, x: (cos(x),), r"\sin")
cos: Operation = operation("cos", "cos", ieee.quiet(math.cos), lambda y, x: (-sin(x),), r"\cos")
tan: Operation = operation("tan", "tan", ieee.quiet(math.tan), lambda y, x: (1.0 + y * y,), r"\tan")
asin: Operation = operation("asin", "asin", ieee.quiet(math.asin), lambda y, x: (divide(1.0, sqrt(1.0 - x * x)),))
acos: Operation = operation("acos", "acos", ieee.quiet(math.acos), lambda y, x: (divide(-1.0, sqrt(1.0 - x * x)),))
atan: Operation = operation("atan", "atan", math.atan, lambda y, x: (divide(1.0, 1.0 + x * x),))

sinh: Operation = operation("sinh", "sinh", ieee.sinh, lambda y, x: (cosh(x),), r"\sinh")
cosh: Operation = operation("cosh", "cosh", ieee.quiet(math.cosh), lambda y, x: (sinh(x),), r"\cosh")
tanh: Operation = operation("tanh", "tanh", math.tanh, lambda y, x: (1.0 - y * y,), r"\tanh")

# What is made of others has a function of floats all the same: a node then takes one step, and not seven. The tests
# compare the two, bit by bit.
sigmoid: Operation = operation(
    "sigmoid", "sigmoid", ieee.sigmoid, lambda y, x: (y * (1.0 - y),), r"\sigma", made_of=lambda x: _parts_of_sigmoid(x)
)
softplus: Operation = operation(
    "softplus",
    "softplus",
    ieee.softplus,
    lambda y, x: (sigmoid(x),),
    made_of=lambda x: relu(x) + log1p(exp(-absolute(x))),
)

# Comparisons give 1.0 or 0.0, and no gradient flows through them.
_no_slope = lambda y, a, b: (0.0, 0.0)  # noqa: E731
less: Operation = operation("less", "<", lambda a, b: 1.0 if a < b else 0.0, _no_slope, flat=(0, 1))
less_equal: Operation = operation("less_equal", "<=", lambda a, b: 1.0 if a <= b else 0.0, _no_slope, flat=(0, 1))
equal: Operation = operation("equal", "==", lambda a, b: 1.0 if a == b else 0.0, _no_slope, flat=(0, 1))
where: Operation = operation(
    "where",
    "where",
    lambda c, a, b: a if c else b,
    lambda y, c, a, b: (0.0, _choose(c, 1.0, 0.0), _choose(c, 0.0, 1.0)),
    shares=lambda g, y, c, a, b: (0.0, _choose(c, g, 0.0), _choose(c, 0.0, g)),
    flat=(0,),
)

# At a kink the derivative is the one PyTorch takes: relu'(0) = 0, |x|'(0) = 0, half and half where a = b. As there,
# |x| does not choose: it multiplies by the sign.
relu: Operation = operation(
    "relu",
    "relu",
    lambda x: 0.0 if x <= 0 else x,
    lambda y, x: (_choose(less_equal(x, 0.0), 0.0, 1.0),),
    shares=lambda g, y, x: (_choose(less_equal(x, 0.0), 0.0, g),),
)
absolute: Operation = operation(
    "abs", "abs", math.fabs, lambda y, x: (less(0.0, x) - less(x, 0.0),), r"\left\lvert %s\right\rvert"
)
maximum: Operation = operation(
    "maximum",
    "max",
    lambda a, b: a if a >= b or isnan(a) else b,
    lambda y, a, b: (_choose(less(a, b), 0.0, _halved(a, b, 1.0)), _choose(less(b, a), 0.0, _halved(a, b, 1.0))),
    shares=lambda g, y, a, b: (_choose(less(a, b), 0.0, _halved(a, b, g)), _choose(less(b, a), 0.0, _halved(a, b, g))),
)
minimum: Operation = operation(
    "minimum",
    "min",
    lambda a, b: a if a <= b or isnan(a) else b,
    lambda y, a, b: (_choose(less(b, a), 0.0, _halved(a, b, 1.0)), _choose(less(a, b), 0.0, _halved(a, b, 1.0))),
    shares=lambda g, y, a, b: (_choose(less(b, a), 0.0, _halved(a, b, g)), _choose(less(a, b), 0.0, _halved(a, b, g))),
)

# Any number of parents.
total: Operation = operation("sum", "sum", ieee.sum, lambda y, *xs: ieee.ones(len(xs)))
logsumexp: Operation = operation(
    "logsumexp",
    "logsumexp",
    ieee.logsumexp,
    lambda y, *xs: tuple(exp(x - y) for x in xs),
    made_of=lambda *xs: _parts_of_logsumexp(xs),
)

BUILT_IN = frozenset(OPERATIONS)
