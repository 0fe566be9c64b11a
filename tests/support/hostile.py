"""Variables as users have them at their worst: objects that raise SystemExit at whatever they are asked.

Entry points: `things`, some of them, made from a seed; `TOUCHED`, the names of what was run since it was cleared.
"""

from __future__ import annotations

import random
import sys
import types
import weakref
from collections.abc import Callable
from typing import Any

from autograd import Value

TOUCHED: list[str] = []

METHODS = (
    *("__eq__", "__hash__", "__len__", "__iter__", "__bool__", "__repr__", "__str__", "__format__", "__call__"),
    *("__getattr__", "__getattribute__", "__getitem__", "__contains__", "__dir__", "__int__", "__index__", "__float__"),
    *("items", "keys", "values", "parameters", "named_parameters", "_backward", "__reduce__", "__lt__", "__add__"),
)
PROPERTIES = ("__class__", "__dict__", "__module__", "shape", "op", "label", "data", "_prev", "grad", "graph", "loss")
ABOVE = ("__getattribute__", "__getattr__", "__eq__", "__hash__", "__instancecheck__", "__subclasscheck__", "__len__")
BASES = (object, list, tuple, dict, set, str, int, float, Value)
INNOCENT = (None, 10**5000, float("nan"), b"", "text", 3, sys, print, Value, type, object, lambda: None, "half\ud800")


class Holder:
    """Has attributes, and what makes it look like a module."""

    parameters = named_parameters = None


def _runs(name: str) -> Callable[..., Any]:
    def method(*arguments: Any, **options: Any) -> Any:
        TOUCHED.append(name)
        raise SystemExit(f"{name} was run")

    return method


def hostile(generator: random.Random) -> Any:
    """An object whose class, and the class of that, raise where they are asked."""

    def some(names: tuple[str, ...]) -> list[str]:
        share = generator.choice((0.1, 0.5, 1.0))
        return [name for name in names if generator.random() < share]

    base = generator.choice(BASES)
    body: dict[str, Any] = {name: _runs(name) for name in some(METHODS)}
    body |= {name: property(_runs(name)) for name in some(PROPERTIES)}
    body.setdefault("__module__", generator.choice(("users", "elsewhere")))
    meta = type("Meta", (type,), {name: _runs(name) for name in some(ABOVE)})
    kind = type.__new__(meta, "Hostile", (base,), body)
    new = {str: ("text",), int: (3,), float: (2.0,)}.get(base, ())
    return base.__new__(kind, *new)


def _proxy(generator: random.Random) -> list[Any]:
    target = Holder()
    return [weakref.proxy(target), target] if generator.random() < 0.5 else [weakref.proxy(target)]


def _key(generator: random.Random) -> Any:
    kind = type("Key", (generator.choice((object, str, int)),), {"__hash__": lambda self: 1, "__repr__": _runs("key")})
    return generator.choice(("k", 1, 10**5000, (1, 2), None, True, kind()))


def thing(generator: random.Random, depth: int = 0) -> Any:
    """Something that may stand in a variable."""
    choice = generator.randrange(4 if depth > 3 else 9)
    if choice < 3:
        return hostile(generator)
    if choice == 3:
        return generator.choice(INNOCENT)
    inner = [thing(generator, depth + 1) for _ in range(generator.randrange(4))]
    if choice == 4:
        return inner
    if choice == 5:
        return (*inner, inner)
    if choice == 6:
        return {_key(generator): part for part in inner}
    if choice == 7:
        return _proxy(generator)
    holder = generator.choice((Holder, types.SimpleNamespace))()
    vars(holder).update({f"part{i}": part for i, part in enumerate(inner)}, holder=holder)
    return holder


def things(seed: int) -> dict[str, Any]:
    """Variables by their names."""
    generator = random.Random(seed)
    made = {f"thing{i}": thing(generator) for i in range(6)}
    TOUCHED.clear()
    return made
