"""What an object holds, read without asking it.

Users' variables hold anything: proxies of objects that are gone, classes that load something when they are asked for
an attribute, half-written ones that raise. `isinstance`, `hasattr`, `vars` and `getattr` run their code. This module
reads the memory of the object and of its class instead, so it can neither raise nor take long.

Entry points: `is_a`, `attributes`, `instance_dict`, `method_of`; of a class `slots`, `module_of`, `class_dict` and
`bases_of`, the class itself first.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import GetSetDescriptorType, MemberDescriptorType
from typing import Any, TypeGuard, TypeVar, overload

T = TypeVar("T")

# A metaclass may define these three otherwise; those of `type` read what is there.
class_dict = type.__dict__["__dict__"].__get__
bases_of = type.__dict__["__mro__"].__get__
_module_of = type.__dict__["__module__"].__get__


@overload
def is_a(thing: object, kind: type[T]) -> TypeGuard[T]: ...
@overload
def is_a(thing: object, kind: tuple[type, ...]) -> bool: ...
def is_a(thing: object, kind: Any) -> bool:
    """Whether the class of `thing` is `kind` or a subclass of it, whatever its `__class__` says."""
    return issubclass(type(thing), kind)


def method_of(thing: object, name: str) -> Any:
    """What the class of `thing` has under this name; None if there is nothing."""
    for base in bases_of(type(thing)):
        if name in class_dict(base):
            return class_dict(base)[name]
    return None


def module_of(kind: type) -> str:
    """The name of the module that defines a class, "" if it states something other than a name."""
    try:
        name = _module_of(kind)
    except AttributeError:
        return ""
    return name if type(name) is str else ""


def instance_dict(thing: object) -> dict[Any, Any] | None:
    """The very dict in which `thing` keeps its attributes; None if it has none."""
    found = method_of(thing, "__dict__")
    held = found.__get__(thing) if type(found) is GetSetDescriptorType else None  # else a property of the user's
    return held if held is not None and is_a(held, dict) else None


def slots(kind: type) -> Iterator[tuple[str, MemberDescriptorType]]:
    """The names and the descriptors of the `__slots__` of a class and those above it."""
    for base in bases_of(kind):
        if module_of(base) != "builtins":
            for name, member in class_dict(base).items():
                if type(member) is MemberDescriptorType:
                    yield name, member


def attributes(thing: object, most: int = sys.maxsize) -> list[tuple[str, Any]]:
    """The names and contents of its attributes, those in slots first; nothing where there are more than `most`.

    >>> class Hidden:
    ...     def __init__(self):
    ...         self.x = 1
    ...     def __getattribute__(self, name):
    ...         raise SystemExit("do not look")
    >>> attributes(Hidden())
    [('x', 1)]
    """
    found = []
    for name, member in slots(type(thing)):
        try:
            found.append((name, member.__get__(thing)))
        except AttributeError:  # nothing in it yet
            continue
    held = instance_dict(thing)
    if held is not None and dict.__len__(held) <= most:
        found += [(name, part) for name, part in list(dict.items(held)) if type(name) is str]
    return found
