"""Activations: functions of one Value, by name or of your own, and the module that applies one to all numbers it gets.

Those that are no operation of the engine are composed of operations here, in one line each where that is possible. At a
kink the derivative is PyTorch's. They take plain numbers, too.

Entry points: `ACTIVATIONS`, the names; `activation_of`, `name_of`, `is_known`; `Activation`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from autograd import Constant, Value, expm1, sigmoid, tanh, where

from .error_function import erf
from .module import Module
from .options import named

Function = Callable[[Value], Value]
T = TypeVar("T", float, Value)


def linear(z: Value) -> Value:
    """The number itself."""
    return z  # a function with a name: models can be pickled


def leaky_relu(x: T, slope: float = 0.01) -> T:
    """x where it is positive, else slope·x; derivative 1 where x > 0, else the slope (Maas et al. 2013).

    >>> leaky_relu(-2.0), leaky_relu(-2.0, slope=0.5), leaky_relu(3.0)
    (-0.02, -1.0, 3.0)
    """
    return where(x > 0, x, slope * x)


def elu(x: T, alpha: float = 1.0) -> T:
    """x where it is positive, else alpha·(e^x - 1); derivative 1 where x > 0, else alpha·e^x (Clevert et al. 2015).

    >>> elu(2.0), elu(-1000.0)
    (2.0, -1.0)
    """
    positive = x > 0
    # The inner choice keeps e^x from overflow where it is not wanted: 0·inf would be nan in the gradient.
    return where(positive, x, alpha * expm1(where(positive, zero(x), x)))


def gelu(x: T, approximate: str = "tanh") -> T:
    """x·Φ(x) for the normal distribution Φ (Hendrycks and Gimpel 2016), by the formula with tanh or exactly.

    ½x·(1 + tanh(√(2/π)·(x + 0.044715·x³))) is JAX's `gelu`, and differs by less than 0.0005 from ½x·(1 + erf(x/√2)),
    PyTorch's, which is `approximate="none"`.

    >>> gelu(0.0), round(gelu(1.0), 4), round(gelu(1.0, approximate="none"), 4)
    (0.0, 0.8412, 0.8413)
    """
    if approximate == "none":
        return 0.5 * x * (1 + erf(x * math.sqrt(0.5)))
    if approximate != "tanh":
        raise ValueError(f'approximate is "tanh" or "none", got {approximate!r}')
    return 0.5 * x * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))


def silu(x: T) -> T:
    """x·sigmoid(x), also called swish (Hendrycks and Gimpel 2016).

    >>> silu(0.0), round(silu(1.0), 4)
    (0.0, 0.7311)
    """
    return x * sigmoid(x)


def hard_tanh(x: T, low: float = -1.0, high: float = 1.0) -> T:
    """x between two bounds, cut off there; derivative 1 inside, 0 from the bounds on, as in PyTorch.

    >>> hard_tanh(0.5), hard_tanh(7.0)
    (0.5, 1.0)
    """
    return where(x <= low, zero(x) + low, where(x >= high, zero(x) + high, x))


def clip(x: T, low: float | None = None, high: float | None = None) -> T:
    """x, but at least `low` and at most `high`; derivative 1 between them and on them, as PyTorch's `clamp`, else 0.

    As an activation write a function: `activation=lambda z: nn.clip(z, 0, 6)`, or functools.partial(nn.clip, low=0).

    >>> clip(5.0, 0, 3), clip(-5.0, low=0), clip(2.0, 0, 3)
    (3.0, 0.0, 2.0)
    """
    if low is None and high is None:
        raise TypeError("clip needs a bound: write clip(x, 0, 1), clip(x, low=0) or clip(x, high=1)")
    if low is not None and high is not None and not low <= high:
        raise ValueError(f"clip(x, low, high) takes the lower bound first, got {low!r} and {high!r}")
    result = x
    if high is not None:
        result = where(x > high, zero(x) + high, result)
    if low is not None:
        result = where(x < low, zero(x) + low, result)
    return result


def zero(x: T) -> T:
    """0.0, of the kind of x for the type checker."""
    nothing: Any = 0.0
    return nothing  # type: ignore[no-any-return]


ACTIVATIONS: dict[str, Function] = {
    "linear": linear,
    "relu": Value.relu,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "gelu": gelu,
    "silu": silu,
    "softplus": Value.softplus,
    "tanh": Value.tanh,
    "hard_tanh": hard_tanh,
    "sigmoid": Value.sigmoid,
    "sin": Value.sin,
}


def activation_of(choice: str | Function) -> Function:
    """The function of this name, or any function from Value to Value."""
    function: Function = named(choice, ACTIVATIONS, "activation")
    return function


def name_of(function: Any) -> str:
    """How summaries and pictures call it."""
    for name, known in ACTIVATIONS.items():
        if known is function:
            return name
    if isinstance(function, partial):
        return name_of(function.func)
    return getattr(function, "__name__", "activation").replace("<lambda>", "activation")


def is_known(function: Any) -> bool:
    """Whether it is of this package or of `autograd`, so that its code does not depend on the numbers."""
    if isinstance(function, partial):
        return is_known(function.func)
    module: str = getattr(function, "__module__", None) or ""
    return function in ACTIVATIONS.values() or module.partition(".")[0] in ("autograd", "nn")


class Activation(Module):
    """g(x) for every number x in a list, or in lists of lists: a layer of its own, as in PyTorch.

    Args:
        function: a name in `ACTIVATIONS`, or a function from Value to Value.

    >>> Activation("relu")([Value(-1.0), [2.0, 3.0]])
    [Value(data=0, grad=0), [Value(data=2, grad=0), Value(data=3, grad=0)]]
    """

    def __init__(self, function: str | Function) -> None:
        self.function = activation_of(function)

    def __call__(self, inputs: Any) -> Any:
        return mapped(self.function, inputs)

    def _activation(self) -> str:
        return name_of(self.function)

    def _last_function(self) -> Function:
        return self.function

    def __repr__(self) -> str:
        return f"Activation({name_of(self.function)})"


def mapped(function: Callable[[Value], Any], inputs: Any) -> Any:
    """The function of every number in nested lists, as lists."""
    if isinstance(inputs, Value):
        return function(inputs)
    if hasattr(inputs, "__len__") and not isinstance(inputs, (str, dict)):
        return [mapped(function, x) for x in inputs]
    return function(Constant(inputs))
