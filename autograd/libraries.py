"""Arrays of NumPy, JAX and PyTorch: each operation of the table by their own function.

So a function that is written with operators and with `autograd.tanh`, `sum`, `where`, … runs on their numbers, too: JAX
differentiates, compiles and vectorizes it, PyTorch records it. An array stands for as many scalars as it has elements.

No library is imported before there is an array of it. Entry points, for `operations.py`: `library_of`, `computed`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import cache, reduce
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from .operations import Operation

Function = Callable[..., Any]


class Library(NamedTuple):
    """What is needed of a library.

    Attributes:
        functions: its module with `exp`, `where`, `maximum`, …
        array: the class of its arrays.
        own: functions that are its own, by the name of the operation.
        arrays: prepares arrays and numbers for a function of several arrays.
    """

    functions: Any
    array: type[Any]
    own: dict[str, Function]
    arrays: Callable[[Sequence[Any]], Sequence[Any]] = lambda xs: xs


@cache
def _numpy() -> Library:
    import numpy

    own = {
        "relu": lambda x: numpy.maximum(x, 0.0),
        "logsumexp": lambda *xs: numpy.logaddexp.reduce(numpy.broadcast_arrays(*xs)),
    }
    return Library(numpy, numpy.ndarray, own)


@cache
def _jax() -> Library:
    import jax
    from jax import numpy

    own = {
        "relu": jax.nn.relu,
        "sigmoid": jax.nn.sigmoid,
        "logsumexp": lambda *xs: jax.nn.logsumexp(numpy.stack(numpy.broadcast_arrays(*xs)), axis=0),
    }
    return Library(numpy, jax.Array, own)


@cache
def _torch() -> Library:
    import torch

    def tensors(xs: Sequence[Any]) -> Any:
        """Tensors of one shape: PyTorch's functions of several tensors take no numbers."""
        given = [x for x in xs if isinstance(x, torch.Tensor)]
        # A number is as exact as those it meets; where it meets none, as in where(x > 0, 0.1, 0.2), as a Value is.
        dtype = next((x.dtype for x in given if x.is_floating_point()), torch.float64)
        device = given[0].device
        made = [x if isinstance(x, torch.Tensor) else torch.as_tensor(x, dtype=dtype, device=device) for x in xs]
        return torch.broadcast_tensors(*made)

    own = {
        "relu": torch.relu,
        "sigmoid": torch.sigmoid,
        "logsumexp": lambda *xs: torch.logsumexp(torch.stack(tensors(xs)), dim=0),
    }
    return Library(torch, torch.Tensor, own, tensors)


LIBRARIES = {"torch": _torch, "jax": _jax, "jaxlib": _jax, "numpy": _numpy}  # by the module of the class of an array


def library_of(x: Any) -> Library | None:
    """The library whose array x is, told by the module of its class; None for anything else, as NumPy's scalars."""
    if isinstance(x, Real):
        return None
    for kind in type(x).__mro__:
        name = str(kind.__module__).partition(".")[0]
        if name in LIBRARIES:
            library = LIBRARIES[name]()
            # NumPy has arrays of complex numbers, texts and dates, too.
            is_real = isinstance(x, library.array) and getattr(x.dtype, "kind", "f") not in "cSUmMV"
            return library if is_real else None
    return None


# Operations by the names of functions that all three libraries have, …
_NAMES = {
    **{name: name for name in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh")},
    "asin": "arcsin",
    "acos": "arccos",
    "atan": "arctan",
}
# … as operators, …
_OPERATORS: dict[str, Function] = {
    "identity": operator.pos,
    "negate": operator.neg,
    "abs": operator.abs,
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "power_of_constant": operator.pow,
    "less": operator.lt,
    "less_equal": operator.le,
    "equal": operator.eq,
    "sum": lambda *xs: reduce(operator.add, xs),  # from left to right, as of nodes
}
# … and by functions of the module and of arrays.
_OF_ARRAYS: dict[str, Function] = {
    "maximum": lambda functions, a, b: functions.maximum(a, b),
    "minimum": lambda functions, a, b: functions.minimum(a, b),
    "where": lambda functions, c, a, b: functions.where(c != 0, a, b),
    "softplus": lambda functions, x: functions.logaddexp(x, functions.zeros_like(x)),
}


def computed(operation: Operation, inputs: Sequence[Any]) -> Any:
    """The operation of arrays, and of numbers beside them, by the functions of the library of these arrays.

    NumPy's arrays may stand beside those of JAX or PyTorch. Of an array of nodes, every element is computed here.

    Raises TypeError for a node beside an array, and for an operation of the user's that is not `made_of` others.
    """
    found = [library for library in map(library_of, inputs) if library]
    library = next((one for one in found if one is not LIBRARIES["numpy"]()), found[0])
    functions = library.functions
    if any(hasattr(x, "_record") for x in inputs):
        raise TypeError(
            f"{operation.name} of a node and of an array of {functions.__name__}: give it numbers of one kind, or take "
            "the plain number out, v.data of a node and x.item() of an array"
        )
    if functions.__name__ != "numpy":
        return _by_functions_of(library, operation, inputs)
    if any(getattr(getattr(x, "dtype", None), "kind", "") == "O" for x in inputs):
        return functions.frompyfunc(operation, len(inputs), 1)(*inputs)
    with functions.errstate(all="ignore"):  # as of numbers, which give nan and inf without a warning
        return _by_functions_of(library, operation, inputs)


def _by_functions_of(library: Library, operation: Operation, inputs: Sequence[Any]) -> Any:
    name, functions = operation.name, library.functions
    if name in library.own:
        return library.own[name](*inputs)
    if name in _NAMES:
        return getattr(functions, _NAMES[name])(*inputs)
    if name in _OPERATORS:
        return _OPERATORS[name](*inputs)
    if name in _OF_ARRAYS:
        return _OF_ARRAYS[name](functions, *library.arrays(inputs))
    if operation.made_of is not None:
        return operation.made_of(*inputs)
    raise TypeError(
        f"{functions.__name__} has no function for the operation {name!r} of your own: say what it is made of, "
        f"operation({name!r}, …, made_of=lambda x: …), in operators and functions of autograd"
    )
