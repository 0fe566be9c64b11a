"""What a module holds: the parameters in its attributes, under the expressions that reach them, and other modules.

Entry points: `parameters_in`, `children`, `modules`. A *holder* is a `Module`.
"""

from __future__ import annotations

from collections import UserList, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from itertools import product
from types import SimpleNamespace
from typing import Any

from autograd import Value
from autograd.interop.attributes import attributes, method_of, module_of
from autograd.transforms.pytree import is_array

DICT_VALUES: type[Any] = type({}.values())


class Holder:
    """What is searched for parameters, attribute by attribute: the base of `Module`.

    Attributes: `training`, see `Module.train`; `class_labels`, what its classes are called, see `nn.class_labels`;
    `feature_names_in_`, what its inputs are called, see `nn.feature_names`.
    """

    training = True
    class_labels: tuple[Any, ...] | None = None
    feature_names_in_: Sequence[str] | None = None

    def _in_pytorch(self) -> dict[str, Any] | None:
        """Modules and nested lists of parameters under the names that PyTorch has for them, see `nn.tensors`.

        None where the attributes are named as they are.
        """
        return None


def parameters_in(holder: Holder) -> Iterator[tuple[str, Value]]:
    """Pairs (name, parameter), each parameter once; TypeError where one can have no lasting name."""
    seen = {id(holder)}  # shared parameters count once, and a module may refer to itself
    in_sets: list[tuple[str, Any]] = []
    layers: list[tuple[str, Any]] = []
    todo = _parts("", holder)  # a stack: the next one is last
    while todo:
        name, content = todo.pop()
        if id(content) in seen:
            continue
        if isinstance(content, Value):
            seen.add(id(content))
            if is_parameter(content):
                yield name, content
        elif isinstance(content, (set, frozenset)):
            in_sets.append((name, content))
        elif parts := _parts(name, content):
            seen.add(id(content))
            todo += parts
        elif _is_layer_of_others(content):
            layers.append((name, content))
    _check_sets(in_sets, seen)
    _check_layers(layers, seen)


def children(holder: Holder) -> Iterator[tuple[str, Holder]]:
    """Pairs (name, module) of the modules that one holds, itself or in containers, each once; not those inside them."""
    seen = {id(holder)}
    todo = _parts("", holder)
    while todo:
        name, content = todo.pop()
        if id(content) in seen or isinstance(content, Value):
            continue
        seen.add(id(content))
        if isinstance(content, Holder):
            yield name, content
        else:
            todo += _parts(name, content)


def modules(holder: Holder) -> Iterator[tuple[str, Holder]]:
    """Pairs (name, module) of a module, under the name "", and of all modules inside it, each once."""
    seen: set[int] = set()
    todo: list[tuple[str, Holder]] = [("", holder)]
    while todo:
        name, found = todo.pop()
        if id(found) not in seen:
            seen.add(id(found))
            yield name, found
            inside = [(f"{name}.{place}" if name else place, part) for place, part in children(found)]
            todo += inside[::-1]


def _parts(name: str, content: Any) -> list[tuple[str, Any]]:
    """The pairs (name, part) of what can hold parameters, the last one first."""
    parts: list[tuple[str, Any]] = []
    if isinstance(content, Holder):
        parts = [(f"{name}.{attribute}" if name else attribute, part) for attribute, part in vars(content).items()]
    elif isinstance(content, SimpleNamespace) or (is_dataclass(content) and not isinstance(content, type)):
        held = vars(content).items() if isinstance(content, SimpleNamespace) else attributes(content)
        parts = [(f"{name}.{attribute}", part) for attribute, part in held]
    elif isinstance(content, Mapping):
        parts = [(f"{name}[{key!r}]", part) for key, part in content.items()]
    elif isinstance(content, (list, tuple, deque, UserList, DICT_VALUES)):
        parts = [(f"{name}[{i}]", part) for i, part in enumerate(content)]
    elif is_array(content) and content.dtype == object:
        indices = list(product(*map(range, content.shape)))
        parts = [(name + ("".join(f"[{i}]" for i in index) or "[()]"), content[index]) for index in indices]
    elif isinstance(content, Iterator) and type(content).__module__ == "builtins":  # no file, no stream of data
        raise TypeError(
            f"{name} is a {type(content).__name__}, which is used up by looking what is in it: make it a list, "
            f"self.{name} = list(…)"
        )
    return parts[::-1]


def is_parameter(x: Any) -> bool:
    return isinstance(x, Value) and x.op is None and not x.is_constant


def _check_sets(sets: list[tuple[str, Any]], seen: set[int]) -> None:
    """Refuse parameters and modules that only a set holds. A set of what has a name elsewhere is fine."""
    while sets:
        name, content = sets.pop()
        for part in content:
            if isinstance(part, (frozenset, tuple)):
                sets.append((name, part))
            elif id(part) not in seen and (isinstance(part, Holder) or is_parameter(part)):
                raise TypeError(
                    f"{name} is a set, which has no order, so its parameters can have no names that last (a saved "
                    f"model could not be loaded): make it a list, self.{name} = […]"
                )


def _is_layer_of_others(content: Any) -> bool:
    """Whether a class that is no Module seems to be meant as one: what it makes can be called, or has parameters."""
    kind = type(content)
    if module_of(kind).partition(".")[0] in ("autograd", "nn", "builtins", "functools"):
        return False
    return callable(method_of(content, "__call__")) or callable(method_of(content, "parameters"))


def _check_layers(layers: list[tuple[str, Any]], seen: set[int]) -> None:
    """Refuse a layer that holds parameters, but whose class is no Module: it would not be trained."""
    for name, layer in layers:
        todo = [(f"{name}.{attribute}", part) for attribute, part in attributes(layer)]
        while todo:
            place, content = todo.pop()
            if id(content) in seen:
                continue
            seen.add(id(content))
            if isinstance(content, Holder) or is_parameter(content):
                kind = type(layer).__name__
                raise TypeError(
                    f"{name} is a {kind}, which is no Module, so {place} would not be trained: write "
                    f"class {kind}(nn.Module), or keep the Values in a list or dict of the model"
                )
            if isinstance(content, (list, tuple, dict)):
                todo += _parts(place, content)
