"""Names for nodes, found where the user keeps them: in the variables of the code that asks for a picture.

    w = [Value(0.5), Value(-1.0)]     the first is called w[0]
    model = MLP(2, [16, 1])           a parameter is called model.layers[0].neurons[3].weights[1]

Nothing is recorded while a graph is computed. The search stops after a fixed number of steps and skips what cannot hold
Values.

Entry points: `find_names` of nodes and modules; `frame_of_variables`, where to look, `frames` and `variables`, what is
looked at.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import islice
from types import FrameType, FunctionType
from typing import Any, NamedTuple

from ..modes import is_library, users_frame
from ..value import Value
from .attributes import attributes, is_a, method_of, module_of

Names = Mapping[str, Value] | Iterable[tuple[str, Value]] | None
Known = Callable[[Any], "Value | None"]  # the Value that an object of the user's stands for

MOST_STEPS = 200_000  # objects looked at; about 50 ms
LONGEST = 40  # as long as names in pictures may be
DEEPEST = 6  # containers inside one another
MOST_FRAMES = 20  # functions that called each other, whose variables are looked at
_OF_OTHERS = re.compile(rf"<frozen|{re.escape(os.path.dirname(os.__file__))}|.*[/\\](site|dist)-packages[/\\]")
_HOW = 'as {"w": w} does, or model.named_parameters()'
_COMPREHENSIONS = frozenset({"<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>"})
_OF_FUNCTION = 0x1  # inspect.CO_OPTIMIZED
_OF_NOTEBOOKS = frozenset({"In", "Out", "exit", "quit", "get_ipython", "open"})


class Found(NamedTuple):
    """Names of nodes; and of each module found, by its expression, pairs of a parameter's name and the parameter."""

    names: dict[Value, str]
    modules: dict[str, list[tuple[str, Value]]]


def _itself(thing: Any) -> Value | None:
    return thing if is_a(thing, Value) else None


def checked(names: Names) -> dict[str, Value]:
    """The names that the user gave, as a dict; TypeError if anything but a Value is named."""
    given = as_pairs(names)
    for name, node in given.items():
        if not isinstance(node, Value):
            raise TypeError(f"names maps a name to a Value, {_HOW}; got {name!r:.60}: {type(node).__name__}")
    return given


def as_pairs(names: Any) -> dict[Any, Any]:
    """What the user gave as names, as a dict that holds whatever was named."""
    try:
        given = dict(() if names is None else names)
    except (TypeError, ValueError):
        raise TypeError(f"names maps a name to a Value, {_HOW}; got {type(names).__name__} {names!r:.60}") from None
    for name in given:
        if not isinstance(name, str):
            raise TypeError(f"names maps a name to a Value, {_HOW}; got {name!r:.60} for a name")
    return given


def find_names(
    frame: FrameType | None,
    nodes: Collection[Value],
    modules: Mapping[str, Any] | None = None,
    known: Known = _itself,
    longest: int = LONGEST,
) -> Found:
    """Names for `nodes` from the variables of a frame: its locals, then its globals; for nodes that have no name there
    from those of the functions that called it: a picture may be made by a helper, of what its caller computed.

    The best name is that of a module's parameter, `model.bias`: a variable that also holds it is often left over from
    a loop. Next comes a variable's own name, `w`; then the shortest expression through lists, tuples and dicts,
    `w[0][1]`. A module is any object whose class has a method `named_parameters` or `parameters`, as in micrograd. Its
    leaves are named after the attributes that lead to them; those of an `nn.Module`, and of the objects in `modules`,
    as `named_parameters()` says. Objects of classes that the same file or notebook defines are looked into, too.

    The variables may hold anything: they are read without running their code (see `attributes.py`), so nothing in
    them makes a picture fail or wait.

    Args:
        frame: of the user's code; None for no variables.
        nodes: the nodes that need names; no others are looked for.
        modules: by name, the modules to take instead of those in variables; these are asked for their
            `named_parameters()`.
        known: what a node of another class was read as.
        longest: a longer name loses its beginning.

    >>> import sys
    >>> weights = [Value(1.0), Value(2.0)]
    >>> list(find_names(sys._getframe(), weights).names.values())
    ['weights[0]', 'weights[1]']
    """
    search = _Search(nodes, known)
    if modules is not None and not isinstance(modules, Mapping):
        raise TypeError(
            f'modules maps a name to a module, as {{"model": model}} does; got {type(modules).__name__} {modules!r:.60}'
        )
    for name, module in (modules or {}).items():
        if not _is_module(module):
            raise TypeError(
                'modules maps a name to an object with a method named_parameters(), as {"model": model} does; '
                f"got {name!r:.60}: {type(module).__name__}"
            )
        search.take_module(str(name), module, given=True)
    search.modules_wanted = modules is None
    globals_seen = None  # of a file they are looked at once: the variables of an inner function may hide them
    for distance, each in enumerate(frames(frame)):
        if distance and not search.is_wanting:
            break
        own_module = dict.get(each.f_globals, "__name__")
        search.own_module = own_module if type(own_module) is str else None
        search.at(distance)
        search.run(variables(each, with_globals=each.f_globals is not globals_seen))
        globals_seen = each.f_globals
    return Found({node: _fitting(expression, longest) for node, (_, expression) in search.best.items()}, search.modules)


def frame_of_variables() -> FrameType:
    """The user's innermost frame with variables of its own: a comprehension has only those of its loop."""
    frame = users_frame()
    while frame.f_back and frame.f_code.co_name in _COMPREHENSIONS and not is_library(frame.f_back.f_code):
        frame = frame.f_back
    return frame


def _fitting(expression: str, longest: int) -> str:
    """A long expression without its beginning: pictures would cut off its end, which tells it from the others."""
    if len(expression) <= longest:
        return expression
    end = expression[1 - longest :]
    return "…" + end[max(end.find("."), 0) :]


def frames(frame: FrameType | None) -> Iterator[FrameType]:
    """A frame and those of the user's functions that called it, as far as the file or notebook that was run."""
    found = 0
    while frame is not None and found < MOST_FRAMES:
        code = frame.f_code
        if not is_library(code) and not _OF_OTHERS.match(code.co_filename):
            found += 1
            yield frame
            if code.co_name == "<module>":
                return
        elif not found:
            yield frame  # where the search begins was chosen by others
            found += 1
        frame = frame.f_back


def variables(frame: FrameType, with_globals: bool) -> list[tuple[str, Any]]:
    """The user's own variables; a local one hides the global one of the same name."""
    of_function = frame.f_code.co_flags & _OF_FUNCTION  # else its variables stand in what `exec` or a class gave
    scopes = [dict(frame.f_locals) if of_function else frame.f_locals, *([frame.f_globals] if with_globals else [])]
    found: dict[str, Any] = {}
    for scope in scopes:
        if is_a(scope, dict) and dict.__len__(scope) <= MOST_STEPS:
            for name, thing in list(dict.items(scope)):
                if type(name) is str:
                    found.setdefault(name, thing)
    return [
        (name, thing)
        for name, thing in found.items()
        if name.isidentifier() and name[0] != "_" and name not in _OF_NOTEBOOKS
    ]


def _is_module(thing: Any) -> bool:
    # The class is asked: an instance may make up any attribute when asked for it.
    # A property is not a method: an optimizer or a compiled function may have one of this name.
    found = [method_of(thing, name) for name in ("named_parameters", "parameters")]
    return not is_a(thing, type) and any(method is not None and type(method) is not property for method in found)


class _Search:
    """Looks into containers level by level, so that short expressions come first."""

    def __init__(self, nodes: Collection[Value], known: Known) -> None:
        self.wanted = {id(node): node for node in nodes}
        self.known = known
        # How good the name is, less is better: calls away, rank, length; and the name.
        self.best: dict[Value, tuple[tuple[int, float, int], str]] = {}
        self.taken: set[str] = set()
        self.distance = 0  # how many calls away the variables are that are looked at
        self.modules: dict[str, list[tuple[str, Value]]] = {}
        self.modules_wanted = True
        self.own_module: str | None = None
        self.steps = MOST_STEPS
        self.seen: set[int] = set()

    def at(self, distance: int) -> None:
        """Go on with variables so many calls away; what is a name already is none for another node."""
        self.distance = distance
        self.taken = {expression for _, expression in self.best.values()}

    @property
    def is_wanting(self) -> bool:
        return len(self.best) < len(self.wanted) and self.steps > 0

    def run(self, variables: list[tuple[str, Any]]) -> None:
        level = variables
        for depth in range(DEEPEST + 1):
            deeper: list[tuple[str, Any]] = []
            for expression, thing in level:
                node = self.known(thing)
                if node is not None:
                    self.name(node, 2 if depth else 1, expression)
                elif id(thing) not in self.seen:
                    with _whatever_it_does():
                        deeper += self.inside(expression, thing)
            level = deeper

    def name(self, node: Value, rank: float, expression: str) -> None:
        """Note an expression for a node that is wanted and has no better one."""
        if id(node) in self.wanted and expression not in self.taken:
            key = (self.distance, rank, len(expression))
            known = self.best.get(node)
            if known is None or key < known[0]:
                self.best[node] = (key, expression)

    def inside(self, expression: str, thing: Any) -> list[tuple[str, Any]]:
        """The expressions that lead further, and where to; nothing if this is not a container."""
        parts = _items(thing, self.steps)
        if parts is None:
            if _is_module(thing):
                self.seen.add(id(thing))
                if self.modules_wanted:
                    self.take_module(expression, thing)
                return []
            if self.own_module is None or module_of(type(thing)) != self.own_module:
                return []
            parts = [(f".{name}", part) for name, part in attributes(thing, self.steps) if name[:1] != "_"]
        self.steps -= len(parts)
        self.seen.add(id(thing))
        return [(expression + key, part) for key, part in parts if not is_a(part, (float, int, str))]

    def take_module(self, expression: str, module: Any, given: bool = False) -> None:
        if given and method_of(module, "named_parameters") is not None:
            parameters = self.stated(module.named_parameters)
        else:
            method = method_of(module, "named_parameters")
            ours = is_a(method, FunctionType) and is_library(method.__code__)
            parameters = self.stated(lambda: method(module)) if ours else list(self.by_attributes(module))
        parameters = [(name, node) for name, node in parameters if id(node) in self.wanted]
        self.steps -= len(parameters)
        if parameters:
            self.modules[expression] = parameters
        for name, node in parameters:
            # Of a network and one of its layers, both in variables, the network gives the names.
            self.name(node, 1 / (1 + len(parameters)), f"{expression}.{name}")

    def stated(self, named_parameters: Callable[[], Any]) -> list[tuple[str, Value]]:
        """What the method returns; another library's may want arguments, or return something else."""
        found = []
        with _whatever_it_does():
            for name, thing in islice(named_parameters(), self.steps):
                node = self.known(thing)
                if is_a(name, str) and node is not None:
                    found.append((name, node))
        return found

    def by_attributes(self, module: Any) -> Iterator[tuple[str, Value]]:
        """The leaves that the attributes of a module lead to, through containers and other modules."""
        stack: list[tuple[str, Any]] = [("", module)]
        seen: set[int] = set()
        while stack and self.steps > 0:
            name, thing = stack.pop()
            node = self.known(thing)
            if node is not None and node.op is None and id(node) not in seen:
                yield name, node
            if id(thing) in seen:
                continue
            seen.add(id(thing))
            parts = _items(thing, self.steps)
            if parts is None and node is None and _is_module(thing):
                parts = [(f".{key}" if name else key, part) for key, part in attributes(thing, self.steps)]
            self.steps -= 1 + len(parts or ())
            stack.extend((name + key, part) for key, part in reversed(parts or ()))


def _items(thing: Any, most: int) -> list[tuple[str, Any]] | None:
    """What a container holds, by the text that leads there, `[0]`; None if it is not a container, nothing if it holds
    more than `most`.
    """
    # By the methods of the plain kinds: a class of the user's may do anything in its own.
    if is_a(thing, (list, tuple)):
        kind = list if is_a(thing, list) else tuple
        if kind.__len__(thing) > most:
            return []
        return [(f"[{i}]", part) for i, part in enumerate(kind.__iter__(thing))]
    if is_a(thing, dict):
        if dict.__len__(thing) > most:
            return []
        return [(f"[{key!r}]", part) for key, part in list(dict.items(thing)) if _leads_on(key)]
    return None


def _leads_on(key: Any) -> bool:
    """Whether a key can be written in a name: a short text or number."""
    if type(key) is str:
        return len(key) <= LONGEST
    return type(key) is bool or (type(key) is int and key.bit_length() < 64)


@contextmanager
def _whatever_it_does() -> Iterator[None]:
    """Goes on after any error, even one that would end the program: only the user's Ctrl-C may do that."""
    try:
        yield
    except KeyboardInterrupt:
        raise
    except BaseException:
        pass
