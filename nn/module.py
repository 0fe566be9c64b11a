"""`Module`: anything that has parameters. It finds them, names them, and saves and loads them.

A module's parameters are the leaf Values that its attributes hold, directly or inside lists, tuples, dicts,
data classes, NumPy arrays and other modules. Their names are the Python expressions that reach them:
`layers[0].neurons[3].weights[1]`. What would give them no lasting name, a set or a generator, is refused, and so is a
layer whose class is no `Module`.
"""

from __future__ import annotations

import json
import math
import os
from collections import UserList, deque
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from autograd import Value, files
from autograd.attributes import attributes, method_of, module_of
from autograd.operations import number
from autograd.structures import is_array

if TYPE_CHECKING:
    from typing_extensions import Self  # of typing itself from Python 3.11 on

FORMAT = "scalar-autograd parameters"
VERSION = 1
DICT_VALUES: type[Any] = type({}.values())


class Module:
    """Base class of neurons, layers, networks, and of your own models.

    >>> class Line(Module):
    ...     def __init__(self):
    ...         self.slope, self.offset = Value(1.0), Value(0.0)
    ...
    ...     def __call__(self, x):
    ...         return self.slope * x + self.offset
    >>> [name for name, parameter in Line().named_parameters()]
    ['slope', 'offset']
    """

    def __call__(self, inputs: Any) -> Any:
        """What the module computes from the inputs of one sample."""
        raise NotImplementedError(f"{type(self).__name__} does not say what it computes: define __call__")

    def __repr__(self) -> str:
        try:
            return f"{type(self).__name__}({self._counted()})"
        except TypeError:  # something that `parameters()` refuses
            return f"{type(self).__name__}(with what can not be named)"

    def _counted(self) -> str:
        return counted(self.parameters())

    def named_parameters(self) -> Iterator[tuple[str, Value]]:
        """Pairs (name, parameter), each parameter once, in the order in which the attributes were set.

        Raises TypeError where an attribute holds a generator, or, with parameters that stand nowhere else, a set or a
        layer whose class is no Module.
        """
        yield from _parameters_in(self)

    def parameters(self) -> list[Value]:
        """The parameters, in the order of `named_parameters`."""
        return [parameter for _, parameter in self.named_parameters()]

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters: `backward()` adds to what is there."""
        for parameter in self.parameters():
            parameter.grad = 0

    @property
    def requires_grad(self) -> bool:
        """Whether any parameter is trained; assign False to freeze all of them, True to free them, see `freeze`."""
        return any(parameter.requires_grad for parameter in self.parameters())

    @requires_grad.setter
    def requires_grad(self, flag: bool) -> None:
        self.requires_grad_(flag)

    def requires_grad_(self, flag: bool = True) -> Self:
        """Set `requires_grad` of all parameters, and return the module; see `freeze`."""
        for parameter in self.parameters():
            parameter.requires_grad = flag
        return self

    def freeze(self) -> Self:
        """No backward pass writes the gradients of the parameters any more, so no optimizer moves them.

        They stay parameters: `parameters()` lists them and `state_dict()` holds them. Returns the module.

        >>> from nn import MLP
        >>> model = MLP(2, [3, 1], seed=0)
        >>> frozen = model.layers[0].freeze()
        >>> model
        MLP(2 → 3 relu → 1 linear: 13 parameters, 9 of them frozen)
        """
        return self.requires_grad_(False)

    def unfreeze(self) -> Self:
        """The opposite of `freeze`."""
        return self.requires_grad_(True)

    def state_dict(self) -> dict[str, float]:
        """The number of every parameter, by name."""
        return {name: parameter.data for name, parameter in self.named_parameters()}

    def load_state_dict(self, state: Mapping[str, float]) -> None:
        """Set every parameter from `state`, which names exactly the parameters of this module.

        Raises ValueError or TypeError, before anything is changed, when a name is missing or unknown or a
        number is not finite.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"a state is a mapping from parameter names to numbers, got {type(state).__name__}")
        parameters = dict(self.named_parameters())
        missing = [name for name in parameters if name not in state]
        unknown = [str(name) for name in state if name not in parameters]
        if missing or unknown:
            raise ValueError(
                f"this state is not of {self!r}:"
                + (f" it lacks {_listed(missing)}" if missing else "")
                + (" and" if missing and unknown else "")
                + (f" it has the unknown {_listed(unknown)}" if unknown else "")
            )
        numbers = {name: _parameter_number(name, state[name]) for name in parameters}
        for name, parameter in parameters.items():
            parameter.data = numbers[name]

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the parameters to a JSON file; an existing file is replaced only when all is written.

        Raises ValueError for a parameter that is nan or infinite, which JSON cannot hold, and OSError where the file
        cannot be written.
        """
        state = {name: _parameter_number(name, x) for name, x in self.state_dict().items()}
        content = {"format": FORMAT, "version": VERSION, "model": repr(self), "parameters": state}
        files.write(path, json.dumps(content, indent=1, ensure_ascii=False))

    def load(self, path: str | os.PathLike[str]) -> None:
        """Set the parameters from a file that `save` wrote for a module of the same shape.

        Raises ValueError, and changes nothing, when the file is damaged or of another model.
        """
        try:
            content = json.loads(Path(path).read_text(encoding="utf-8"), object_pairs_hook=_unique)
        except (ValueError, RecursionError) as error:  # not UTF-8, not JSON, nested a thousand deep
            raise ValueError(f"{os.fspath(path)} is not a file of parameters: {error}") from None
        if not isinstance(content, dict) or content.get("format") != FORMAT:
            raise ValueError(f'{os.fspath(path)} is not a file of parameters: it lacks "format": "{FORMAT}"')
        version = content.get("version")
        if type(version) is not int or version != VERSION:  # True == 1
            raise ValueError(
                f'{os.fspath(path)} is not a file of parameters that can be read here: its "version" is '
                f"{json.dumps(version)[:60]}, this is version {VERSION}"
            )
        if not isinstance(content.get("parameters"), dict):
            raise ValueError(f'{os.fspath(path)} is damaged: "parameters" is not an object of names and numbers')
        try:
            self.load_state_dict(content["parameters"])
        except (ValueError, TypeError) as error:
            raise ValueError(f"{os.fspath(path)} does not fit: {error}") from None


def counted(parameters: list[Value]) -> str:
    """How many parameters there are, in words."""
    n, frozen = len(parameters), sum(not p.requires_grad for p in parameters)
    return f"{n} parameter{'s' * (n != 1)}" + (f", {frozen} of them frozen" if frozen else "")


def _parameters_in(module: Module) -> Iterator[tuple[str, Value]]:
    seen = {id(module)}  # shared parameters count once, and a module may refer to itself
    in_sets: list[tuple[str, Any]] = []
    layers: list[tuple[str, Any]] = []
    todo = _parts("", module)  # a stack: the next one is last
    while todo:
        name, content = todo.pop()
        if id(content) in seen:
            continue
        if isinstance(content, Value):
            seen.add(id(content))
            if _is_parameter(content):
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


def _parts(name: str, content: Any) -> list[tuple[str, Any]]:
    """The pairs (name, part) of what can hold parameters, the last one first."""
    parts: list[tuple[str, Any]] = []
    if isinstance(content, Module):
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


def _is_parameter(x: Any) -> bool:
    return isinstance(x, Value) and x.op is None and not x.is_constant


def _check_sets(sets: list[tuple[str, Any]], seen: set[int]) -> None:
    """Refuse parameters and modules that only a set holds. A set of what has a name elsewhere is fine."""
    while sets:
        name, content = sets.pop()
        for part in content:
            if isinstance(part, (frozenset, tuple)):
                sets.append((name, part))
            elif id(part) not in seen and (isinstance(part, Module) or _is_parameter(part)):
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
            if isinstance(content, Module) or _is_parameter(content):
                kind = type(layer).__name__
                raise TypeError(
                    f"{name} is a {kind}, which is no Module, so {place} would not be trained: write "
                    f"class {kind}(nn.Module), or keep the Values in a list or dict of the model"
                )
            if isinstance(content, (list, tuple, dict)):
                todo += _parts(place, content)


def _parameter_number(name: str, x: Any) -> float:
    if isinstance(x, bool):
        raise TypeError(f"the parameter {name} should be a number, got {x}")
    try:
        result = number(x)
    except TypeError as error:
        raise TypeError(f"the parameter {name} should be a number: {error}") from None
    if not math.isfinite(result):
        raise ValueError(f"the parameter {name} is {result}; train with a smaller learning rate, or start again")
    return result


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("a name stands in it twice")
    return content


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name[:60]) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"
