"""Activations that PyTorch and `nn` both have, one a line: its module there, the function here, the options of both.

Entry points, for `from_pytorch.py` and `to_pytorch.py`: `COUNTERPARTS`, `activation_from`, `activation_to`;
`imported_torch`.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import autograd
from autograd import Value, where

from .activations import Activation, elu, gelu, hard_tanh, leaky_relu, linear, name_of, silu


class Counterpart(NamedTuple):
    """An activation of both.

    Attributes:
        kind: its name in torch.nn.
        functions: what it is here.
        options: their names here, and there.
        fixed: options that PyTorch's must have; else a later one of this kind is its counterpart.
    """

    kind: str
    functions: Sequence[Any]
    options: Mapping[str, str] = MappingProxyType({})
    fixed: Mapping[str, Any] = MappingProxyType({})


def softplus_until(x: Any, beta: float = 1.0, threshold: float = 20.0) -> Any:
    """softplus(beta·x)/beta where beta·x is at most the threshold, else x: PyTorch's, 2·10⁻⁹ from the exact one at 20.

    >>> softplus_until(0.0) == autograd.softplus(0.0), softplus_until(25.0)
    (True, 25.0)
    """
    return where(x * beta > threshold, x, autograd.softplus(x * beta) / beta)


COUNTERPARTS = [
    Counterpart("Identity", [linear]),
    Counterpart("ReLU", [Value.relu, autograd.relu]),
    Counterpart("Tanh", [Value.tanh, autograd.tanh]),
    Counterpart("Sigmoid", [Value.sigmoid, autograd.sigmoid]),
    Counterpart("SiLU", [silu]),
    Counterpart("LeakyReLU", [leaky_relu], {"slope": "negative_slope"}),
    Counterpart("ELU", [elu], {"alpha": "alpha"}),
    Counterpart("Hardtanh", [hard_tanh], {"low": "min_val", "high": "max_val"}),
    Counterpart("GELU", [gelu], {"approximate": "approximate"}),
    # Above 40, log(1 + e^x) is x to the last bit.
    Counterpart("Softplus", [Value.softplus, autograd.softplus], fixed={"beta": 1.0, "threshold": 40.0}),
    Counterpart("Softplus", [softplus_until], {"beta": "beta", "threshold": "threshold"}),
]


def activation_from(module: Any, kind: str) -> Activation:
    """The activation of a module of this kind."""
    one = next(
        one
        for one in COUNTERPARTS
        if one.kind == kind and all(getattr(module, name) == x for name, x in one.fixed.items())
    )
    function = one.functions[0]
    options = {ours: getattr(module, theirs) for ours, theirs in one.options.items()}
    given = {name: x for name, x in options.items() if x != _default(function, name)}
    return Activation(partial(function, **given) if given else function)


def activation_to(nn: Any, function: Any, place: str) -> Any:
    """The module of torch.nn for a function; TypeError where there is none."""
    plain, given = function, {}
    if isinstance(function, partial) and not function.args:
        plain, given = function.func, function.keywords
    for one in COUNTERPARTS:
        if plain in one.functions and given.keys() <= one.options.keys():
            options = {theirs: given.get(ours, _default(plain, ours)) for ours, theirs in one.options.items()}
            return getattr(nn, one.kind)(**one.fixed, **options)
    known = dict.fromkeys(name_of(one.functions[0]) for one in COUNTERPARTS[:-1])
    raise TypeError(
        f"{place} has the activation {name_of(function)}, for which torch.nn has no module; it has those for "
        f"{', '.join(known)}"
    )


def _default(function: Any, option: str) -> Any:
    return inspect.signature(function).parameters[option].default


def imported_torch(function: str) -> Any:
    try:
        import torch
    except ImportError:
        raise ImportError(f"{function} needs PyTorch: pip install torch") from None
    return torch
