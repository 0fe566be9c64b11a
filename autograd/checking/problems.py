"""What is checked: numbers with names, the derivative by each of them, and the function when one of them is moved.

Entry points: `Problem`, what its three kinds have in common; `OfArguments`, `OfParameters`, `OfForeignNodes`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from ..interop import Reading, get, is_node, put, read_data
from ..modes import no_grad
from ..operations import number
from ..transforms.pytree import described, flatten, named_numbers, parts, unflatten
from ..value import Value


class Problem(Protocol):
    """A function of numbers. `names` and `numbers` are those it is to be differentiated by."""

    names: list[str]
    numbers: list[float]

    def run(self) -> tuple[Any, list[Value]]:
        """What the function returns, and the nodes that stand for the numbers."""

    def at(self, i: int, x: float) -> float:
        """The function with `x` for number i; all else as it was."""


class OfArguments:
    """A function of its arguments."""

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], argnums: int | Sequence[int] | None) -> None:
        self.f, self.args = f, args
        self.positions = _positions(args, argnums)
        self.chosen = tuple(args[i] for i in self.positions)
        named = [
            pair
            for i, argument in zip(self.positions, self.chosen, strict=True)
            for pair in named_numbers(argument, _argument_name(f, i))
        ]
        self.names = [name for name, _ in named]
        self.numbers = [x.data if isinstance(x, Value) else number(x) for _, x in named]

    def run(self) -> tuple[Any, list[Value]]:
        inputs = [Value(x, name) for name, x in zip(self.names, self.numbers, strict=True)]
        return self._call(inputs), inputs

    def at(self, i: int, x: float) -> float:
        moved = [*self.numbers[:i], x, *self.numbers[i + 1 :]]
        with no_grad():
            return number_of(self._call([Value(each) for each in moved]))

    def _call(self, inputs: list[Value]) -> Any:
        args = list(self.args)
        for i, argument in zip(self.positions, unflatten(self.chosen, inputs), strict=True):
            args[i] = argument
        return self.f(*args)


class OfParameters:
    """A loss, and the Values that it uses."""

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], parameters: Any) -> None:
        self.f, self.args = f, args
        named = list(named_parameters(parameters))
        for name, parameter in named:
            if not isinstance(parameter, Value) or parameter.op is not None:
                raise TypeError(
                    f"the parameter {name} is {_shown(parameter)}: give leaves, the Values that f computes from"
                )
        self.names = [name for name, _ in named]
        self.values = [parameter for _, parameter in named]
        self.numbers = [parameter.data for parameter in self.values]

    def run(self) -> tuple[Any, list[Value]]:
        return self.f(*self.args), self.values

    def at(self, i: int, x: float) -> float:
        self.values[i].data = x
        try:
            with no_grad():
                return number_of(self.f(*self.args))
        finally:
            self.values[i].data = self.numbers[i]


class OfForeignNodes:
    """A function that computes with nodes of another class, and those nodes: arguments, or parameters it uses.

    Their numbers are moved and put back, so no node has to be made: how, only that class knows.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        argnums: int | Sequence[int] | None,
        parameters: Sequence[tuple[str, Any]] | None = None,
    ) -> None:
        self.f, self.args = f, args
        named = parameters
        if named is None:
            chosen = [(_argument_name(f, i), args[i]) for i in _positions(args, argnums)]
            named = [pair for name, argument in chosen for pair in _nodes_in(argument, name)]
        self.names = [name for name, _ in named]
        self.nodes = [node for _, node in named]
        self.numbers = [read_data(node) for node in self.nodes]

    def run(self) -> tuple[Any, list[Value]]:
        result = self.f(*self.args)
        self.reading = Reading()
        return self.reading.value(result) if is_node(result) else result, self.reading.values(self.nodes)

    def at(self, i: int, x: float) -> float:
        before = get(self.nodes[i], "data")
        put(self.nodes[i], "data", x)
        try:
            result = self.f(*self.args)
            return read_data(result) if is_node(result) else number_of(result)
        finally:
            put(self.nodes[i], "data", before)


def foreign_among(tree: Any) -> bool:
    return any(not isinstance(node, Value) for _, node in _nodes_in(tree, ""))


def _nodes_in(tree: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Pairs (name, node) of the nodes in an argument."""
    return ((place, part) for place, part in parts(tree, name) if is_node(part))


def _positions(args: tuple[Any, ...], argnums: int | Sequence[int] | None) -> list[int]:
    """Which arguments to differentiate by."""
    if not args:
        raise TypeError(
            "gradcheck needs numbers to differentiate by: give the arguments of f, gradcheck(f, 2.0), or the "
            "Values it uses, gradcheck(loss, parameters=model)"
        )
    positions = range(len(args)) if argnums is None else [argnums] if isinstance(argnums, int) else argnums
    if not all(-len(args) <= i < len(args) for i in positions):
        raise ValueError(f"argnums={argnums!r} is out of range: {len(args)} argument(s) are given, numbered from 0")
    return [i % len(args) for i in positions]


def named_parameters(parameters: Any) -> Iterable[tuple[str, Any]]:
    if hasattr(parameters, "named_parameters"):
        parameters = parameters.named_parameters()
    elif isinstance(parameters, Mapping):
        parameters = parameters.items()
    elif isinstance(parameters, Value):
        parameters = [parameters]
    for i, entry in enumerate(parameters):
        if isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[0], str):
            yield entry
        else:
            yield getattr(entry, "label", "") or f"parameters[{i}]", entry


def _argument_name(f: Callable[..., Any], i: int) -> str:
    """The name that f gives to its argument i."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):  # some built-in functions have no signature
        return f"argument {i}"
    if i < len(parameters) and parameters[i].kind is not inspect.Parameter.VAR_POSITIONAL:
        return parameters[i].name
    return f"{parameters[-1].name}[{i - len(parameters) + 1}]" if parameters else f"argument {i}"


def number_of(result: Any) -> float:
    flat = flatten(result, "the result of f")
    if len(flat) != 1 or isinstance(result, (list, tuple, dict)):
        raise TypeError(
            f"gradcheck needs a function that returns one number, got {described(result)}; check one entry at a "
            "time, as in gradcheck(lambda *args: f(*args)[0], …)"
        )
    return flat[0].data if isinstance(flat[0], Value) else number(flat[0])


def _shown(x: Any) -> str:
    return f"the result of {x.op.name}" if isinstance(x, Value) and x.op else f"a {type(x).__name__}"
