"""Puts back what the code of other classes changed: a graph that was only looked at stays as it was.

Entry point: `kept`, around the code.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from operator import is_
from types import FunctionType, MemberDescriptorType
from typing import Any

from ..value import Value
from .access import access_of
from .attributes import bases_of, class_dict, instance_dict, module_of, slots

_ABSENT = object()
_CONTAINERS = (list, dict, set, bytearray)
_PLAIN = frozenset(map(id, (float, int, str, bool, type(None), tuple)))  # most of what attributes hold


@contextmanager
def kept(nodes: Iterable[Any]) -> Iterator[Snapshot]:
    """Put back, at the end, what the code inside did to these nodes: the very same objects.

    That is: every attribute, those that were added and removed among them; what the lists, dicts, sets and arrays in
    the attributes hold; the variables that functions in the attributes, such as `_backward`, closed over; and the
    attributes of the nodes' classes. Global variables, files and what lies deeper are not.
    """
    memory = Snapshot(nodes)
    try:
        yield memory
    finally:
        memory.put_back()


class Snapshot:
    """What nodes held at one moment."""

    def __init__(self, nodes: Iterable[Any]) -> None:
        self._nodes: dict[int, Any] = {}  # by id, as they may not be hashable
        self._dicts: dict[int, tuple[Any, dict[Any, Any]]] = {}  # of a node: its attributes, and a copy of them
        self._slots: dict[int, list[Any]] = {}
        self._members: dict[int, list[MemberDescriptorType]] = {}  # of a class
        self._containers: dict[int, tuple[Any, Any]] = {}
        self._cells: dict[int, tuple[Any, Any]] = {}
        self._classes: dict[int, tuple[type, dict[str, Any]]] = {}
        self._gradients: list[tuple[Any, str, Any]] = []
        for node in nodes:
            if id(node) not in self._nodes:
                self._nodes[id(node)] = node
                self._add(node)

    def _add(self, node: Any) -> None:
        members = self._members_of(type(node))
        if members:
            self._slots[id(node)] = [_in_slot(member, node) for member in members]
            for content in self._slots[id(node)]:
                self._look_into(content)
        held = instance_dict(node)
        if held is not None:
            copy = self._dicts[id(node)] = (held, dict.copy(held))
            for content in copy[1].values():
                if id(type(content)) not in _PLAIN:
                    self._look_into(content)
        name = access_of(node, "grad")
        if isinstance(name, str) and not isinstance(node, Value):
            with suppress(Exception):  # `get` reports it where it is read
                self._gradients.append((node, name, getattr(node, name)))

    def _members_of(self, kind: type) -> list[MemberDescriptorType]:
        """The slots of a class, which is noted with the classes above it when it is first met."""
        if id(kind) not in self._members:
            self._members[id(kind)] = [member for _, member in slots(kind)]
            if not issubclass(kind, Value):
                for base in bases_of(kind):
                    if module_of(base) != "builtins":
                        self._classes[id(base)] = (base, dict(class_dict(base)))
        return self._members[id(kind)]

    def _look_into(self, content: Any) -> None:
        """Note what an attribute holds, if that can change without the attribute."""
        kind = type(content)
        if kind in _CONTAINERS or _is_array(content):
            if id(content) not in self._containers:
                # Of a set the order, too, which a copy need not have.
                self._containers[id(content)] = (content, list(content) if kind is set else content.copy())
        elif kind is FunctionType and content.__closure__:
            for cell in content.__closure__:
                if id(cell) not in self._cells:
                    inside = _in_cell(cell)
                    self._cells[id(cell)] = (cell, inside)
                    if type(inside) in _CONTAINERS:
                        self._look_into(inside)

    def put_back_attributes(self, nodes: Sequence[Any]) -> None:
        """Put back the attributes of some of the nodes, so that another call starts from the same numbers."""
        for node in nodes:
            key = id(node)
            if key in self._dicts:
                _refill(*self._dicts[key])
            if key not in self._slots:
                continue
            for member, content in zip(self._members_of(type(node)), self._slots[key], strict=True):
                if _in_slot(member, node) is not content:
                    if content is _ABSENT:
                        member.__delete__(node)
                    else:
                        member.__set__(node, content)

    def put_back(self) -> None:
        """Put all back."""
        self.put_back_attributes(list(self._nodes.values()))
        for container, copy in self._containers.values():
            _refill(container, copy)
        for cell, content in self._cells.values():
            if _in_cell(cell) is not content:
                if content is _ABSENT:
                    del cell.cell_contents
                else:
                    cell.cell_contents = content
        for kind, before in self._classes.values():
            now = dict(class_dict(kind))
            for name in {**before, **now}:
                if name[:2] == "__" or now.get(name, _ABSENT) is before.get(name, _ABSENT):
                    continue
                if name in before:
                    type.__setattr__(kind, name, before[name])
                else:
                    type.__delattr__(kind, name)
        for node, name, grad in self._gradients:  # where it is kept somewhere else, behind a property
            with suppress(Exception):
                now_it_is = getattr(node, name)
                if now_it_is is not grad and not (type(now_it_is) is float and now_it_is == grad):
                    setattr(node, name, grad)


def _refill(container: Any, copy: Any) -> None:
    """Make a container hold the very same objects in the same order as the copy."""
    if isinstance(container, dict):  # the attributes of a node may be in a subclass of dict
        if not (_same(dict.values(container), copy.values()) and _same(dict.keys(container), copy)):
            dict.clear(container)
            dict.update(container, copy)
    elif type(container) is set:
        if not _same(container, copy):
            container.clear()
            container.update(copy)
    elif type(container) is list:
        if not _same(container, copy):
            container[:] = copy
    else:
        container[... if _is_array(container) else slice(None)] = copy


def _same(now: Any, before: Any) -> bool:
    return len(now) == len(before) and all(map(is_, now, before))


def _in_slot(member: Any, node: Any) -> Any:
    try:
        return member.__get__(node)
    except AttributeError:
        return _ABSENT


def _in_cell(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return _ABSENT


def _is_array(content: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and type(content) is numpy.ndarray
