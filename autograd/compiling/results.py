"""What a compiled function returns, and the gradients that are asked for: structures of numbers, or of rows.

Entry points: `Results` and `restored` for what the function returns, `Parameters` for what it is differentiated by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from ..operations import number
from ..transforms.pytree import (
    described,
    flatten,
    is_array,
    named_numbers,
    rebuild,
    shape_of,
    size_of,
    terminals,
    unflatten,
)
from ..transforms.validation import name_of
from ..value import Constant, Value

_KINDS = "lists, tuples, dicts and arrays of them"


class Results:
    """The result of a function: `roots`, a node for each of its numbers, and its structure.

    `template` is the result with other numbers; it holds no graph.
    """

    def __init__(self, function: Callable[..., Any], result: Any) -> None:
        if result is None:
            raise TypeError(
                f"a function to compile returns Values, {name_of(function)} returned None: does it lack a `return`?"
            )
        try:
            found = [x for _, x in named_numbers(result)]
        except TypeError as error:
            raise TypeError(f"a function to compile returns Values, or {_KINDS}: {error}") from None
        if not found:
            raise TypeError(f"{name_of(function)} returned {described(result)}, in which there is no number")
        self.roots = [x if isinstance(x, Value) else Constant(number(x)) for x in found]
        self.template = unflatten(result, [0.0] * len(found))

    def check_scalar(self, function: Callable[..., Any], has_aux: bool) -> None:
        """Raise if there is no one number to differentiate."""
        result, name = self.template, name_of(function)
        if has_aux:
            if not isinstance(result, tuple) or len(result) != 2:
                raise TypeError(
                    f"with has_aux=True a function returns a pair (loss, the rest), but {name} returned "
                    f"{described(result)}"
                )
            result, name = result[0], f"the first of the pair that {name} returned"
        if isinstance(result, float) or shape_of(result) == ():
            return
        what = f"is {described(result)}" if has_aux else f"returned {described(result)}"
        raise TypeError(
            f"value_and_grad needs one number to differentiate, but {name} {what}: return one entry or a sum; to get "
            "more than the loss return a pair (loss, the rest) and write compile(f, has_aux=True); for the derivatives "
            "of all numbers take autograd.jacobian of the compiled function"
        )


def restored(template: Any, outputs: Sequence[Any], n: int | None) -> Any:
    """The outputs of a program in the structure of the function's result.

    With n rows every number becomes an array of n numbers, an array of shape s one of shape (n, *s).
    """
    if n is None:
        return outputs[0] if template.__class__ is float else unflatten(template, outputs)
    import numpy

    def rows(x: Any) -> Any:  # what does not depend on the rows is a number
        return x if getattr(x, "ndim", 0) else numpy.full(n, x)

    wholes, start = [], 0
    for _, terminal in terminals(template):
        columns = [rows(x) for x in outputs[start : start + size_of(terminal)]]
        start += len(columns)
        shape = shape_of(terminal)
        if shape is None:
            wholes.append(columns[0])
        else:
            wholes.append(numpy.stack(columns, axis=-1).reshape(n, *shape) if columns else numpy.zeros((n, *shape)))
    return rebuild(template, wholes)


class Parameters:
    """The Values by which a function is differentiated, and the structure in which they were given.

    Attributes: `values`, each once.
    """

    def __init__(self, given: Any) -> None:
        self._is_module = hasattr(given, "parameters") and not isinstance(given, Value)
        self._tree = _listed(given)
        try:
            found = flatten(self._tree, "parameters")
        except TypeError as error:
            raise TypeError(f"parameters= takes a module, a Value, or {_KINDS}: {error}") from None
        for x in found:
            if not isinstance(x, Value):
                raise TypeError(f"parameters= takes Values, got the number {x!r}; make it one: Value({x!r})")
            if x.op is not None:
                raise ValueError(f"only leaves can be parameters; {x!r} is computed by {x.op.name}")
            if x.is_constant:
                raise ValueError(f"{x!r} is a constant, by which nothing is differentiated: make it Value({x.data!r})")
        if not found:
            raise ValueError("parameters= names no Value; give the module or the Values to differentiate by")
        self.values = list(dict.fromkeys(found))
        self._is_flat = self._tree.__class__ is list and all(isinstance(x, Value) for x in self._tree)
        self._places = None if len(found) == len(self.values) else [self.values.index(x) for x in found]

    def like(self, gradient: Any, n: int | None) -> Any:
        """The gradient, one number for each of `values`, as the parameters were given.

        That of a module is a list in the order of its `parameters()`, for rows a NumPy array.
        """
        if self._is_module and n is not None:
            import numpy

            return numpy.array(gradient, dtype=float)
        numbers = gradient.tolist() if hasattr(gradient, "tolist") else list(gradient)
        if self._places is not None:
            numbers = [numbers[i] for i in self._places]
        return numbers if self._is_flat else unflatten(self._tree, numbers)


def _listed(given: Any) -> Any:
    """`given` with modules, generators and sets of Values replaced by lists."""
    if isinstance(given, Value) or is_array(given):
        return given
    if hasattr(given, "parameters"):
        return list(given.parameters())
    if isinstance(given, tuple) and hasattr(given, "_fields"):
        return type(given)(*map(_listed, given))
    if isinstance(given, (list, tuple)):
        return type(given)(map(_listed, given))
    if isinstance(given, dict):
        return {key: _listed(part) for key, part in given.items()}
    if isinstance(given, Iterable) and not isinstance(given, (str, bytes)):
        return [_listed(part) for part in given]
    return given
