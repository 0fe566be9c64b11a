"""Activations: functions of one Value, by name or of your own, and the module that applies one to all numbers it gets.

Entry points: `ACTIVATIONS`, the names; `activation_of`, `name_of`, `is_known`; `Activation`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from autograd import Constant, Value

from .module import Module
from .options import named

Function = Callable[[Value], Value]


def linear(z: Value) -> Value:
    """The number itself."""
    return z  # a function with a name: models can be pickled


ACTIVATIONS: dict[str, Function] = {
    "linear": linear,
    "relu": Value.relu,
    "tanh": Value.tanh,
    "sigmoid": Value.sigmoid,
    "softplus": Value.softplus,
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

    def __repr__(self) -> str:
        return f"Activation({name_of(self.function)})"


def mapped(function: Callable[[Value], Any], inputs: Any) -> Any:
    """The function of every number in nested lists, as lists."""
    if isinstance(inputs, Value):
        return function(inputs)
    if hasattr(inputs, "__len__") and not isinstance(inputs, (str, dict)):
        return [mapped(function, x) for x in inputs]
    return function(Constant(inputs))
