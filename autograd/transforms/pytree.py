"""Pytrees: nested lists, tuples, dicts and NumPy arrays of numbers, taken apart and put together again.

A function to be differentiated takes and returns numbers in any such nesting; derivatives are computed on the
flat list of numbers. The nesting itself serves as the template that a flat list is poured back into:

    unflatten(tree, flatten(tree)) = tree        with any other numbers instead: the same structure

A *terminal* is where the nesting ends: a number, a Value, or a NumPy array. None holds no numbers, as in JAX.
NumPy is recognised where it is loaded, and never imported.

Entry points: `flatten`, `unflatten`, `named_numbers`, `terminals`, `rebuild`, `same_structure`.
"""

from __future__ import annotations

import copy
import math
import sys
from collections.abc import Iterable, Iterator, Sequence
from numbers import Real
from typing import Any

from ..value import Value


def is_array(x: Any) -> bool:
    """Whether `x` is a NumPy array."""
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(x, numpy.ndarray)


def parts(tree: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Pairs (name, part) of whatever is not a list, tuple or dict, from left to right.

    A name is the expression that reaches the part: `w['b'][2]`.
    """
    if isinstance(tree, (list, tuple)):
        for i, part in enumerate(tree):
            yield from parts(part, f"{name}[{i}]")
    elif isinstance(tree, dict):
        for key, part in tree.items():
            yield from parts(part, f"{name}[{key!r}]")
    else:
        yield name, tree


def terminals(tree: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Pairs (name, terminal), as `parts` has them; a terminal is a number, a Value or an array.

    Raises TypeError, naming the place, for anything that is not a number.
    """
    for place, part in parts(tree, name):
        if isinstance(part, (Value, Real)) or is_array(part):
            yield place, part
        elif part is not None:
            raise TypeError(
                f"{place or 'here'} is {_shortened(part)} of type {type(part).__name__}, where a number is needed: "
                "use floats, Values, or lists, tuples, dicts and NumPy arrays of them"
            )


def named_numbers(tree: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Pairs (name, number or Value); the entries of arrays are named `x[0, 1]`."""
    for place, terminal in terminals(tree, name):
        if not is_array(terminal):
            yield place, terminal
            continue
        for index in _indices(terminal.shape):
            # .item() of an array of Values is the Value, of float64 a float
            yield f"{place}[{', '.join(map(str, index))}]" if index else place, terminal.item(index)


def flatten(tree: Any, name: str = "") -> list[Any]:
    """The numbers and Values of the tree, from left to right.

    >>> flatten({"w": [1.0, 2.0], "b": (3.0,)})
    [1.0, 2.0, 3.0]
    """
    return [x for _, x in named_numbers(tree, name)]


def unflatten(template: Any, numbers: Sequence[Any]) -> Any:
    """The flat `numbers` in the structure of `template`.

    >>> unflatten({"w": [1.0, 2.0], "b": (3.0,)}, [10.0, 20.0, 30.0])
    {'w': [10.0, 20.0], 'b': (30.0,)}
    """
    parts, start = [], 0
    for _, terminal in terminals(template):
        size = size_of(terminal)
        parts.append(pour(numbers[start : start + size], shape_of(terminal)))
        start += size
    return rebuild(template, parts)


def rebuild(template: Any, parts: Iterable[Any]) -> Any:
    """`template` with its terminals replaced, from left to right, by `parts` of any kind."""
    return _rebuild(template, iter(parts))


def _rebuild(template: Any, parts: Iterator[Any]) -> Any:
    if isinstance(template, tuple):
        children = [_rebuild(part, parts) for part in template]
        # a namedtuple takes its fields one by one
        return type(template)(*children) if hasattr(template, "_fields") else tuple(children)
    if isinstance(template, list):
        return [_rebuild(part, parts) for part in template]
    if isinstance(template, dict):
        new = copy.copy(template)  # an OrderedDict or a defaultdict stays one
        for key, part in template.items():
            new[key] = _rebuild(part, parts)
        return new
    return None if template is None else next(parts)


def shape_of(terminal: Any) -> tuple[int, ...] | None:
    """The shape of an array; None for a number, which is not an array of shape ()."""
    return tuple(terminal.shape) if is_array(terminal) else None


def size_of(terminal: Any) -> int:
    """How many numbers a terminal holds."""
    return math.prod(shape_of(terminal) or ())


def pour(numbers: Sequence[Any], shape: tuple[int, ...] | None) -> Any:
    """The numbers as an array of this shape: of float64, or of objects where there are Values. None: the number."""
    if shape is None:
        return numbers[0]
    numpy = sys.modules["numpy"]
    kind = object if any(isinstance(x, Value) for x in numbers) else float
    array = numpy.empty(len(numbers), dtype=kind)
    for i, x in enumerate(numbers):
        array[i] = x
    return array.reshape(shape)


def same_structure(a: Any, b: Any) -> bool:
    """Whether two trees hold their numbers in the same places.

    >>> same_structure([1.0, (2.0,)], [3.0, (4.0,)]), same_structure([1.0, 2.0], [1.0])
    (True, False)
    """
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same_structure, a, b))
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same_structure(a[key], b[key]) for key in a)
    if a is None or b is None:
        return a is b
    return not isinstance(b, (list, tuple, dict)) and shape_of(a) == shape_of(b)


def described(tree: Any) -> str:
    """The structure in words, for messages: `a list of 3`, `an array of shape (2, 2)`, `the number 1.5`."""
    if is_array(tree):
        return f"an array of shape {tuple(tree.shape)}"
    if isinstance(tree, (list, tuple, dict)):
        return f"a {type(tree).__name__} of {len(tree)}"
    if isinstance(tree, Value):
        return f"the Value {tree.data:g}"
    return f"the number {tree!r}" if isinstance(tree, Real) else _shortened(tree)


def _indices(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """All indices of an array, the last one running fastest."""
    for flat in range(math.prod(shape)):
        index = []
        for length in reversed(shape):
            flat, i = divmod(flat, length)
            index.append(i)
        yield tuple(reversed(index))


def _shortened(x: object) -> str:
    text = repr(x)
    return text if len(text) <= 60 else text[:57] + "…"
