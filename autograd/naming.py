"""Names for nodes, found where the user keeps them: in the variables of the code that asks for a picture.

    w = [Value(0.5), Value(-1.0)]     the first is called w[0]
    model = MLP(2, [16, 1])           a parameter is called model.layers[0].neurons[3].weights[1]

Nothing is noted while a graph is computed. The search stops after so many steps and passes over what can hold no
Values.

Entry points: `names_for` nodes, which is all that a picture needs; `find_names`, which finds modules, too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from types import FrameType
from typing import Any, NamedTuple

from .modes import users_frame
from .value import Value

Names = Mapping[str, Value] | Iterable[tuple[str, Value]] | None
Known = Callable[[Any], "Value | None"]  # the Value that an object of the user's stands for

MOST_STEPS = 200_000  # objects looked at; some 50 ms
LONGEST = 40  # as long as names in pictures may be
DEEPEST = 6  # containers inside of one another
_HOW = 'as {"w": w} does, or model.named_parameters()'
_OF_NOTEBOOKS = frozenset({"In", "Out", "exit", "quit", "get_ipython", "open"})


class Found(NamedTuple):
    """Names of nodes; and of each module found, by its expression, pairs of a parameter's name and the parameter."""

    names: dict[Value, str]
    modules: dict[str, list[tuple[str, Value]]]


def _itself(thing: Any) -> Value | None:
    return thing if isinstance(thing, Value) else None


def names_for(nodes: Collection[Value], names: Names = None, known: Known = _itself) -> dict[str, Value]:
    """The names that the user gave, and those of variables for nodes that got none.

    Args:
        nodes: of the graph that is shown.
        names: a mapping from name to Value, or pairs of both.
        known: what a node of another class was read as, see `foreign.Reading.known`.

    Raises TypeError when something else than a Value is named.
    """
    given = checked(names)
    found = find_names(users_frame(), nodes, known=known).names
    named = set(given.values())
    return {**{name: node for node, name in found.items() if node not in named}, **given}


def checked(names: Names) -> dict[str, Value]:
    """The names that the user gave, as a dict; TypeError when something else than a Value is named."""
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
) -> Found:
    """Names for `nodes` from the variables of a frame: its locals, then its globals.

    The best name is that of a module's parameter, `model.bias`: a variable that also holds it is often left over from
    a loop. Then a variable's own, `w`; then the shortest expression that leads through lists, tuples and dicts,
    `w[0][1]`. A module is any object with a method `named_parameters()`, which gives pairs of a name and a Value, or
    with a method `parameters()`, as in micrograd: its parameters are then called as its attributes lead to them.
    Objects of classes that the same file or notebook defines are looked into, too.

    Args:
        frame: of the user's code; None for no variables.
        nodes: the nodes that need names; no others are looked for.
        modules: by name, the modules to take instead of those in variables.
        known: what a node of another class was read as.

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
        search.take_module(str(name), module)
    if frame is not None:
        search.modules_wanted = modules is None
        search.own_module = frame.f_globals.get("__name__")
        search.run(_variables(frame))
    return Found({node: _fitting(expression) for node, (_, expression) in search.best.items()}, search.modules)


def _fitting(expression: str) -> str:
    """A long expression without its beginning: pictures would cut off its end, which tells it from the others."""
    if len(expression) <= LONGEST:
        return expression
    end = expression[1 - LONGEST :]
    return "…" + end[max(end.find("."), 0) :]


def _variables(frame: FrameType) -> list[tuple[str, Any]]:
    """The user's own variables; a local one hides the global one of the same name."""
    scope = {**frame.f_globals, **frame.f_locals}
    own = [*frame.f_locals, *(name for name in frame.f_globals if name not in frame.f_locals)]
    return [
        (name, scope[name])
        for name in own
        if isinstance(name, str) and name.isidentifier() and name[0] != "_" and name not in _OF_NOTEBOOKS
    ]


def _is_module(thing: Any) -> bool:
    # The class is asked: an instance may make up any attribute when asked for it.
    return not isinstance(thing, type) and any(
        callable(getattr(type(thing), method, None)) for method in ("named_parameters", "parameters")
    )


class _Search:
    """Looks into containers level by level, so that short expressions come first."""

    def __init__(self, nodes: Collection[Value], known: Known) -> None:
        self.wanted = set(nodes)
        self.known = known
        self.best: dict[Value, tuple[tuple[float, int], str]] = {}  # how good the name is, less is better; the name
        self.modules: dict[str, list[tuple[str, Value]]] = {}
        self.modules_wanted = True
        self.own_module: str | None = None
        self.steps = MOST_STEPS
        self.seen: set[int] = set()

    def run(self, variables: list[tuple[str, Any]]) -> None:
        level = variables
        for depth in range(DEEPEST + 1):
            deeper: list[tuple[str, Any]] = []
            for expression, thing in level:
                node = self.known(thing)
                if node is not None:
                    self.name(node, 2 if depth else 1, expression)
                elif id(thing) not in self.seen:
                    deeper += self.inside(expression, thing)
            level = deeper

    def name(self, node: Value, rank: float, expression: str) -> None:
        """Note an expression for a node, if it is wanted and has none that is better."""
        if node in self.wanted:
            key = (rank, len(expression))
            known = self.best.get(node)
            if known is None or key < known[0]:
                self.best[node] = (key, expression)

    def inside(self, expression: str, thing: Any) -> Iterable[tuple[str, Any]]:
        """The expressions that lead further, and where to; nothing for what is no container."""
        items = _items(thing)
        if items is not None:
            length, pairs = items
            if length > self.steps:
                return ()
            self.steps -= length
            self.seen.add(id(thing))
            return [(f"{expression}[{key!r}]", part) for key, part in pairs if _leads_on(key, part)]
        if _is_module(thing):
            self.seen.add(id(thing))
            if self.modules_wanted:
                self.take_module(expression, thing)
        elif self.own_module is not None and type(thing).__module__ == self.own_module and hasattr(thing, "__dict__"):
            self.seen.add(id(thing))
            parts = [(f"{expression}.{name}", part) for name, part in vars(thing).items() if name[:1] != "_"]
            self.steps -= len(parts)
            return parts if self.steps > 0 else ()
        return ()

    def take_module(self, expression: str, module: Any) -> None:
        found = [(name, self.known(thing)) for name, thing in _parameters(module, self.steps, self.known)]
        parameters = [(name, node) for name, node in found if node is not None and node in self.wanted]
        self.steps -= len(parameters)
        if parameters:
            self.modules[expression] = parameters
        for name, node in parameters:
            # Of a network and one of its layers, both in variables, the network gives the names.
            self.name(node, 1 / (1 + len(parameters)), f"{expression}.{name}")


def _items(thing: Any) -> tuple[int, Iterable[tuple[Any, Any]]] | None:
    """How many items a container holds, and pairs of an item's key and the item; None for what is no container."""
    # By the methods of the plain kinds: a class of the user's may do anything in its own.
    if isinstance(thing, list):
        return list.__len__(thing), enumerate(list.__iter__(thing))
    if isinstance(thing, tuple):
        return tuple.__len__(thing), enumerate(tuple.__iter__(thing))
    if isinstance(thing, dict):
        return dict.__len__(thing), dict.items(thing)
    return None


def _leads_on(key: Any, part: Any) -> bool:
    if isinstance(part, (float, int, str)):
        return False  # most of what large containers hold
    return isinstance(key, int) or (isinstance(key, str) and len(key) <= 40)


def _parameters(module: Any, most: int, known: Known) -> Iterator[tuple[str, Any]]:
    try:
        if not hasattr(type(module), "named_parameters"):
            yield from _by_attributes(module, most, known)
            return
        for pair in islice(module.named_parameters(), most):
            name, node = pair
            if isinstance(name, str):
                yield name, node
    except Exception:  # another library's method of this name may want arguments, or give something else
        return


def _by_attributes(module: Any, most: int, known: Known) -> Iterator[tuple[str, Any]]:
    """What `module.parameters()` gives, by the attributes, containers and modules inside that lead there."""
    parameters = {known(each) for each in islice(module.parameters(), most)} - {None}
    stack: list[tuple[str, Any]] = [("", module)] if parameters else []
    seen: set[int] = set()
    while stack and len(seen) < most:
        name, thing = stack.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        node = known(thing)
        if node is not None:
            if node in parameters:
                yield name, node
            continue
        items = _items(thing)
        if items is not None and items[0] < most:
            parts = [(f"{name}[{key!r}]", part) for key, part in items[1] if _leads_on(key, part)]
        elif items is None and _is_module(thing) and hasattr(thing, "__dict__"):
            parts = [(f"{name}.{key}" if name else key, part) for key, part in vars(thing).items()]
        else:
            continue
        stack.extend(reversed(parts))
