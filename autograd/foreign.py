"""Bring your own `Value`: graphs of other classes, read into graphs of ours.

micrograd's nodes, those of a GPT in a single file, a student's half-built class: `draw`, `explain`, `doctor`,
`gradcheck`, `gradcheck_nodes` and `compile` take their results as they take ours. Each reads the graph at its
door, once, and works on the reading, a graph of our own Values.

What a class does not say is found out: the operation by its symbol and by the numbers, a local derivative by
calling the node's `_backward` on trial (all gradients are put back). What can not be found out stays open: the
operation is then a `ForeignOperation`, a local derivative `UNKNOWN`, which pictures show as "?".

Entry points: `adapt` tells how a class is read; `as_value` reads one graph, a `Reading` several that share nodes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from numbers import Real
from typing import Any, NamedTuple

from . import operations as ops
from .copying import _make
from .naming import as_pairs
from .operations import OPERATIONS, Operation, number
from .value import Constant, Value

Access = str | Callable[[Any], Any]

# The names that are looked for, in this order, in a class that was not adapted.
USUAL_NAMES: dict[str, tuple[str, ...]] = {
    "data": ("data", "value"),
    "grad": ("grad",),
    "parents": ("_prev", "_children", "_parents", "prev", "parents", "children"),
    "operation": ("_op", "op"),
    "local_derivatives": ("_local_grads", "local_grads", "local_derivatives"),
    "label": ("label", "name"),
    "backward": ("_backward",),
}

UNKNOWN = float("nan")  # this very object as a local derivative says: not known

_adapters: dict[type, dict[str, Access]] = {}
_ABSENT = object()


def adapt(
    cls: type,
    *,
    data: Access | None = None,
    grad: Access | None = None,
    parents: Access | None = None,
    operation: Access | None = None,
    local_derivatives: Access | None = None,
    label: Access | None = None,
    backward: Access | None = None,
) -> None:
    """Tell how nodes of `cls` and its subclasses are read, where its attributes have names of their own.

    Each argument is the name of an attribute, or a function from a node to what is wanted. For what is not given
    the usual names are tried: `data`, `value`; `grad`; `_prev`, `_children`, `_parents`, `prev`, `parents`,
    `children`; `_op`, `op`; `_local_grads`, `local_grads`, `local_derivatives`; `label`, `name`; `_backward`.
    A class that uses these needs no adapter. Only the number and the parents are necessary.

    Args:
        cls: the class of the nodes.
        data: the number.
        grad: the gradient; a name, if it is to be written, too: by trial backward passes and by compiled graphs.
        parents: what the node was computed from, in order: nodes or plain numbers; none for a leaf.
        operation: the symbol or name of the operation: "+", "tanh", "**2".
        local_derivatives: d(node)/d(parent), one for each parent.
        label: the name that pictures show.
        backward: a method or function without arguments that adds local derivative × grad to the grad of each
            parent; it is called on trial where there are no `local_derivatives`.

    Raises TypeError where `cls` is no class, or an argument is neither a name nor a function.

    >>> class Number:
    ...     def __init__(self, value, inputs=(), kind=""):
    ...         self.value, self.inputs, self.kind = value, inputs, kind
    ...     def __mul__(self, other):
    ...         return Number(self.value * other.value, (self, other), "times")
    >>> adapt(Number, parents="inputs", operation=lambda node: {"times": "*"}.get(node.kind, node.kind))
    >>> from autograd import draw
    >>> print(draw(Number(2.0) * Number(3.0), format="text", show_local_derivatives=True))
    name  expression  value  gradient  local derivatives
    v1                    2         –
    v2                    3         –
    v3    v1 * v2         6         –  v1: 3, v2: 2
    """
    if not isinstance(cls, type):
        raise TypeError(f"adapt takes the class of the nodes, got {cls!r:.60}: write adapt(type(node), …)")
    if cls.__module__ == "builtins" or issubclass(cls, Value):
        raise TypeError(f"adapt tells how a class of your own is read; {cls.__name__} needs no adapter")
    given = {
        "data": data,
        "grad": grad,
        "parents": parents,
        "operation": operation,
        "local_derivatives": local_derivatives,
        "label": label,
        "backward": backward,
    }
    for what, access in given.items():
        if not (access is None or isinstance(access, str) or callable(access)):
            raise TypeError(
                f"{what} is the name of an attribute of {cls.__name__}, or a function of a node, got {access!r:.60}"
            )
    _adapters[cls] = {what: access for what, access in given.items() if access is not None}


def is_node(x: Any) -> bool:
    """Whether `x` can be read: a Value, or an object with a number and parents under known names."""
    if isinstance(x, (Value, type)):
        return not isinstance(x, type)
    return _access(x, "data") is not None and _access(x, "parents") is not None


def as_value(x: Any) -> Value:
    """`x` itself if it is a Value, else the reading of its graph; TypeError when it is no node.

    >>> x = Value(2.0)
    >>> as_value(x) is x
    True
    """
    return x if isinstance(x, Value) else Reading().value(x)


def why_no_node(x: Any) -> str:
    """What to write where `x` was given for a node; "" where there is nothing to say."""
    kind = type(x)
    if x is None:
        return ". None is what backward() and print() return: call them on a line of their own"
    if isinstance(x, str):
        return ". A name in quotes is only text: give the variable itself"
    if isinstance(x, Real):
        return ". A plain number does not know what it was computed from: leave out .data, .grad and float()"
    if isinstance(x, type):
        return ""
    if kind.__name__ == "CompiledFunction":
        return (
            ". A compiled function keeps no graph. That of one call: give f.function(Value(2.0)), where f is this one"
        )
    if callable(x):
        return ". A function has no graph, its result has: call it with Values and give what it returns"
    if kind.__module__.partition(".")[0] in ("builtins", "numpy", __package__):
        return ""
    missing = [what for what in ("data", "parents") if _access(x, what) is None]
    looked_for = " and ".join(f"its {what} under {', '.join(USUAL_NAMES[what])}" for what in missing)
    name = kind.__name__
    return (
        f". To read a {name} as a node of a graph, {looked_for} was looked for and not found. If it is a node, say "
        f'where they are: autograd.adapt({name}, data="…", parents="…", grad="…", operation="…")'
    )


class ForeignOperation(Operation):
    """An operation that is not in the table: its symbol and what it gave are known, not how it is computed."""

    __slots__ = ()

    def __init__(self, symbol: str) -> None:
        super().__init__(symbol, symbol, self._unknown, lambda y, *xs: self._unknown())

    def _unknown(self, *_: Any) -> Any:
        raise TypeError(f"how {self.name!r} is computed is not known, only what it gave")

    def __reduce__(self) -> tuple[Any, ...]:
        return ForeignOperation, (self.symbol,)


class Fault(NamedTuple):
    """What is wrong with the backward rule of a node: `kind` is "assigns", "ignores grad", "raises" or "count"."""

    kind: str
    detail: str = ""


class Reading:
    """Foreign graphs as graphs of Values; a node that was read once stays the same Value.

    Attributes, for those who diagnose: `faults` of the rules of nodes; `doubtful`, the operation of the table that
    a node's symbol names, where the numbers contradict it.
    """

    def __init__(self) -> None:
        self._values: dict[int, Value] = {}  # by the id of the foreign node: it may not be hashable
        self._nodes: dict[Value, Any] = {}  # and back; keeps the foreign nodes alive, and so their ids unique
        self.faults: dict[Value, Fault] = {}
        self.doubtful: dict[Value, Operation] = {}

    def value(self, x: Any) -> Value:
        """The Value that `x` is read as; a Value is itself."""
        if isinstance(x, Value):
            return x
        if id(x) not in self._values:
            if not is_node(x):
                raise TypeError(f"expected a Value, got {type(x).__name__} {_shown(x)}{why_no_node(x)}")
            self._read(x)
        return self._values[id(x)]

    def known(self, x: Any) -> Value | None:
        """A Value itself, what a node of a graph was read as, None for anything else."""
        return x if isinstance(x, Value) else self._values.get(id(x))

    def values(self, nodes: Iterable[Any]) -> list[Value]:
        return [self.value(x) for x in nodes]

    def named(self, names: Any) -> Any:
        """A mapping from names to nodes, or pairs of them, with Values for the nodes; all else as it is."""
        if names is None:
            return None
        return {name: self.value(x) if is_node(x) else x for name, x in as_pairs(names).items()}

    def foreign(self, value: Value) -> Any:
        """The node that was read as `value`, None for one of our own."""
        return self._nodes.get(value)

    # --- moving numbers between the two graphs -------------------------------------------------------------

    def fetch_data(self, values: Iterable[Value]) -> None:
        """Take over the present numbers of the foreign nodes."""
        for value in values:
            if value in self._nodes:
                value._data = read_data(self._nodes[value])

    def write_data(self, values: Iterable[Value]) -> None:
        for value in values:
            if value in self._nodes:
                put(self._nodes[value], "data", value._data)

    def write_grad(self, values: Iterable[Value]) -> None:
        """Set the gradients of the foreign nodes, of those that have one."""
        for value in values:
            node = self._nodes.get(value)
            if node is not None and isinstance(_access(node, "grad"), str):
                put(node, "grad", value.grad)

    def own_gradients(self, root: Value, inputs: Sequence[Value]) -> list[float] | None:
        """What the class's own `root.backward()` leaves at the inputs; None if it has none. Gradients are put back."""
        backward = getattr(self._nodes.get(root), "backward", None)
        if not callable(backward):
            return None
        with _gradients_kept(self._nodes.values()) as held:
            for node, name in held:
                setattr(node, name, 0.0)
            backward()
            return [_number(x, "grad", get(x, "grad") or 0.0) for x in (self._nodes.get(x, x) for x in inputs)]

    # --- reading -------------------------------------------------------------------------------------------

    def _read(self, root: Any) -> None:
        entries = self._entries(root)
        reached = any(entry.grad for entry in entries)  # else 0 means: no backward pass yet
        trials = _try_backward(entries, self._nodes.values())
        for entry in entries:
            value = self._make(entry, trials.get(id(entry.node), Trial()))
            value.grad = entry.grad if reached and entry.grad is not None else 0
            if entry.label:
                value.label = entry.label
            self._values[id(entry.node)] = value
            self._nodes[value] = entry.node

    def _entries(self, root: Any) -> list[Entry]:
        """What the nodes not yet read say, each after its parents; iteratively, as a graph may be deep."""
        done: list[Entry] = []
        entries: dict[int, Entry] = {}
        closed: set[int] = set(self._values)
        stack: list[Any] = [root]
        while stack:
            node = stack.pop()
            if isinstance(node, Entry):  # all its parents are listed
                done.append(node)
                closed.add(id(node.node))
            elif id(node) in closed:
                continue
            elif id(node) in entries:
                raise ValueError(_cycle(node, stack))
            else:
                entry = entries[id(node)] = _entry(node)
                stack.append(entry)
                stack.extend(p for p in reversed(entry.parents) if not isinstance(p, (float, Value)))
        return done

    def _make(self, entry: Entry, trial: Trial) -> Value:
        if not entry.parents:
            return Value(entry.data)
        parents = [Constant(p) if isinstance(p, float) else self._values.get(id(p), p) for p in entry.parents]
        local, fault = _stated(entry, trial)
        sums = trial.sums if local is None else _sums(entry.parents, local)
        match = _recognized(entry, parents, sums)
        if match is None or not match.agrees:
            operation: Operation = ForeignOperation(entry.symbol or "?")
            local = local or _shares(entry.parents, sums)
        else:
            operation = match.operation
            by_table = match.derivatives(entry.data, parents)
            if local is not None and len(local) == len(match.order):
                local = (*[local[i] for i in match.order], *by_table[len(local) :])
            else:
                local = _split([entry.parents[i] for i in match.order], by_table, sums or {}, fault)
            parents = match.parents(parents)
        value = _make(Value, entry.data, 0, operation, tuple(parents), local)
        if match is not None and not match.agrees:
            self.doubtful[value] = match.operation
        if fault is not None:
            self.faults[value] = fault
        return value


# --- what one node says ------------------------------------------------------------------------------------


class Entry(NamedTuple):
    """What a foreign node says of itself; a parent is a node, a Value, or a float that stood in its place."""

    node: Any
    data: float
    grad: float | None
    parents: tuple[Any, ...]
    symbol: str
    local: tuple[float, ...] | None
    label: str


def _entry(node: Any) -> Entry:
    grad, symbol, label = (get(node, what) for what in ("grad", "operation", "label"))
    parents = _parents(node)
    local = get(node, "local_derivatives")
    return Entry(
        node,
        read_data(node),
        None if grad is None else _number(node, "grad", grad),
        parents,
        _symbol(symbol),
        None if local is None or not parents else _local(node, local),
        label if isinstance(label, str) else "",
    )


def _access(node: Any, what: str) -> Access | None:
    """How `what` of this node is read; None where it has nothing of that kind."""
    for base in type(node).__mro__ if _adapters else ():
        if what in _adapters.get(base, ()):
            return _adapters[base][what]
    for name in USUAL_NAMES[what]:
        try:
            if getattr(node, name, _ABSENT) is not _ABSENT:
                return name
        except Exception:  # it is there; `get` reports what is wrong with it
            return name
    return None


def get(node: Any, what: str) -> Any:
    """What the node says, as it says it; None where it has nothing of that kind, ValueError where asking raises."""
    access = _access(node, what)
    if access is None:
        return None
    try:
        return getattr(node, access) if isinstance(access, str) else access(node)
    except Exception as error:
        how = f".{access}" if isinstance(access, str) else f"its {what}, as adapted,"
        raise ValueError(
            f"a {type(node).__name__} can not be read as a node: {how} raised {type(error).__name__}: {error}"
        ) from error


def put(node: Any, what: str, x: float) -> None:
    """Set the attribute; TypeError where it has no name."""
    access = _access(node, what)
    if not isinstance(access, str):
        raise TypeError(
            f"{what} of a {type(node).__name__} is read by a function, so it can not be written: name the attribute, "
            f'autograd.adapt({type(node).__name__}, {what}="…")'
        )
    setattr(node, access, x)


def _number(node: Any, what: str, x: Any) -> float:
    if type(x) is float:
        return x
    try:
        return number(x.item() if getattr(x, "shape", None) == () else x)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{what} of a {type(node).__name__}: {error}") from None


def read_data(node: Any) -> float:
    """The number of a node; TypeError where it is none."""
    return _number(node, "data", get(node, "data"))


def _parents(node: Any) -> tuple[Any, ...]:
    given = get(node, "parents")
    if given is None:
        return ()
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise TypeError(
            f"the parents of a {type(node).__name__} are {_shown(given)}: a tuple of nodes is needed, () for a leaf; "
            f"if they are somewhere else, autograd.adapt({type(node).__name__}, parents=…)"
        )
    parents = []
    for parent in given:
        if parent is None:  # as in (left, None) of a function of one input
            continue
        if not is_node(parent):
            if not isinstance(parent, Real):
                raise TypeError(
                    f"among the parents of a {type(node).__name__} is {_shown(parent)}, neither a node nor a number"
                    f"{why_no_node(parent)}"
                )
            parent = number(parent)
        parents.append(parent)
    if isinstance(given, (set, frozenset)):
        return _in_order(node, parents)
    return tuple(parents)


def _in_order(node: Any, parents: list[Any]) -> tuple[Any, ...]:
    """The members of a set, in an order that does not depend on where they lie in memory.

    A closure made in a method knows its first operand: it is called `self` there.
    """
    backward = get(node, "backward") if len(parents) > 1 else None
    names = getattr(getattr(backward, "__code__", None), "co_freevars", ())
    cells = getattr(backward, "__closure__", None) or ()
    first = next((cell.cell_contents for name, cell in zip(names, cells, strict=True) if name == "self"), None)
    return tuple(sorted(parents, key=lambda p: (p is not first, *_sort_key(p))))


def _sort_key(parent: Any) -> tuple[str, float]:
    return ("", parent) if isinstance(parent, float) else (str(get(parent, "label") or ""), read_data(parent))


def _symbol(given: Any) -> str:
    if given is None:
        return ""
    if isinstance(given, str):
        return given.strip()
    return str(getattr(given, "symbol", None) or getattr(given, "__name__", None) or getattr(given, "name", given))


def _local(node: Any, given: Any) -> tuple[float, ...] | None:
    given = tuple(given.values() if isinstance(given, Mapping) else given)
    return tuple(UNKNOWN if x is None else _number(node, "a local derivative", x) for x in given) or None


def _stated(entry: Entry, trial: Trial) -> tuple[tuple[float, ...] | None, Fault | None]:
    """The local derivatives as the class has them, if it has one for each parent, and what is wrong."""
    if entry.local is not None and len(entry.local) != len(entry.parents):
        return None, Fault("count", f"{len(entry.local)} for {len(entry.parents)}")
    return entry.local, trial.fault


def _cycle(node: Any, stack: list[Any]) -> str:
    way = [entry.node for entry in stack if isinstance(entry, Entry)]
    way = way[next(i for i, each in enumerate(way) if each is node) :]
    names = [str(get(each, "label") or "") or f"a {type(each).__name__}" for each in [*way, node]]
    if len(names) > 6:
        names = [*names[:3], "…", *names[-2:]]
    return (
        f"this graph has a cycle: {' ← '.join(names)} (← reads: was computed from). A node can not be computed from "
        "itself: look for an operator that puts `self` or `out` among its own parents, or for parents that were "
        "assigned later"
    )


def _shown(x: object) -> str:
    try:
        text = repr(x)
    except Exception:  # of a class that is not finished
        return f"an object of type {type(x).__name__}"
    return text if len(text) <= 60 else text[:57] + "…"


# --- local derivatives, found by calling `_backward` on trial ------------------------------------------------


class Trial(NamedTuple):
    """What `_backward` of a node sends to each parent, by its id, when the node's gradient is 1; None: not tried."""

    sums: dict[int, float] | None = None
    fault: Fault | None = None


# A second call, from another start and with another gradient, tells `=` from `+=`, and shows whether the gradient
# of the node is multiplied in. An odd start, which no derivative equals by chance.
_START, _GRAD = 0.6180339887498949, 2.0


def _try_backward(entries: Sequence[Entry], earlier: Iterable[Any]) -> dict[int, Trial]:
    """Trials, by the id of the node, of the nodes that do not state their local derivatives.

    All gradients of the graph are put back, not only those of the parents: a rule may go on by itself.
    """
    computed = [e for e in entries if e.parents and e.local is None and callable(get(e.node, "backward"))]
    if not computed:
        return {}
    own = [p for e in computed for p in e.parents if isinstance(p, Value)]
    with _gradients_kept([*(entry.node for entry in entries), *earlier, *own]):
        trials = {id(entry.node): _trial(entry) for entry in computed}
    # A class without a backward pass yet often has a `_backward` already, which does nothing.
    does_something = any(trial.fault or any((trial.sums or {}).values()) for trial in trials.values())
    return trials if does_something else {}


@contextmanager
def _gradients_kept(nodes: Iterable[Any]) -> Iterator[list[tuple[Any, str]]]:
    """Put all gradients back afterwards, the very same objects; gives the nodes and the names of their gradients."""
    held = [(node, name) for node in nodes if isinstance(name := _access(node, "grad"), str)]
    before = [getattr(node, name) for node, name in held]
    try:
        yield held
    finally:
        for (node, name), grad in zip(held, before, strict=True):
            setattr(node, name, grad)


def _trial(entry: Entry) -> Trial:
    parents = {id(p): p for p in entry.parents if not isinstance(p, float)}
    if any(not isinstance(_access(p, "grad"), str) for p in (entry.node, *parents.values())):
        return Trial()  # without gradients to write to, nothing can be tried

    def run(grad: float, start: float) -> dict[int, float]:
        put(entry.node, "grad", grad)
        for parent in parents.values():
            put(parent, "grad", start)
        get(entry.node, "backward")()
        return {key: _number(parent, "grad", get(parent, "grad")) for key, parent in parents.items()}

    try:
        sums, again = run(1.0, 0.0), run(_GRAD, _START)
    except Exception as error:  # whatever a half-built rule does
        return Trial(None, Fault("raises", f"{type(error).__name__}: {error}"))
    for key, d in sums.items():
        if nearly(again[key], _START + _GRAD * d):
            continue
        if nearly(again[key], _GRAD * d):
            return Trial(sums, Fault("assigns"))
        if nearly(again[key], _START + d):
            return Trial(sums, Fault("ignores grad"))
        if nearly(again[key], d):
            return Trial(sums, Fault("assigns, and ignores grad"))
    return Trial(sums)


def _shares(parents: Sequence[Any], sums: dict[int, float] | None) -> tuple[float, ...]:
    """A local derivative for each parent of an unknown operation; what goes to one that occurs twice, in halves."""
    ids = [id(p) for p in parents]
    return tuple(UNKNOWN if sums is None or i not in sums else sums[i] / ids.count(i) for i in ids)


def _split(
    parents: Sequence[Any], by_table: Sequence[float], sums: dict[int, float], fault: Fault | None
) -> tuple[float, ...]:
    """What was sent, as a local derivative for each parent; for x * x the table says how the sum is made up."""
    local = list(by_table)
    ids = [id(p) for p in parents]
    assigns = fault is not None and fault.kind.startswith("assigns")
    for key, total in sums.items():
        places = [i for i, each in enumerate(ids) if each == key]
        others = sum(by_table[i] for i in places[:-1])
        # `=` keeps only the last share: that is not the fault of the derivatives.
        kept = assigns and any(nearly(total, by_table[i]) for i in places)
        if len(places) == 1 or not (kept or nearly(total, others + by_table[places[-1]])):
            local[places[-1]] = total - others
    return tuple(local)


# --- operations, recognized by their symbol and their numbers ------------------------------------------------

_ALIASES = {"mul": "multiply", "sub": "subtract", "div": "divide", "neg": "negate", "pow": "power", "ln": "log"}
_POWER = re.compile(r"(?:\*\*|\^|pow)\s*\(?\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)\s*\)?")

# What a node without a symbol may have been computed by.
_NAMELESS = {
    1: (ops.negate, ops.exp, ops.log, ops.relu, ops.tanh, ops.sigmoid),
    2: (ops.add, ops.multiply, ops.subtract, ops.divide),
}


class _Match(NamedTuple):
    """An operation of the table, which of the parents are its inputs, in order, and a constant exponent."""

    operation: Operation
    order: tuple[int, ...]
    exponent: float | None = None
    agrees: bool = True

    def parents(self, parents: Sequence[Value]) -> list[Value]:
        chosen = [parents[i] for i in self.order]
        return chosen if self.exponent is None else [*chosen, Constant(self.exponent)]

    def derivatives(self, y: float, parents: Sequence[Value]) -> tuple[float, ...]:
        return self.operation.derivatives(y, *[x.data for x in self.parents(parents)])

    def gives(self, y: float, parents: Sequence[Value]) -> bool:
        return nearly(self.operation.forward(*[x.data for x in self.parents(parents)]), y)


def _recognized(entry: Entry, parents: list[Value], sums: dict[int, float] | None) -> _Match | None:
    """The operation that the symbol names, or, without a symbol, the one that the numbers show."""
    if not entry.symbol:
        return _by_numbers(entry, parents, sums)
    first = None
    for match in _named(entry.symbol, parents):
        if match.gives(entry.data, parents):
            return match
        first = first or match
    return None if first is None else first._replace(agrees=False)


def _named(symbol: str, parents: Sequence[Value]) -> Iterator[_Match]:
    n = len(parents)
    raised = _POWER.fullmatch(symbol)
    if raised and n == 1:
        yield _Match(ops.power_of_constant, (0,), float(raised[1]))
    wanted = symbol.casefold()
    wanted = _ALIASES.get(wanted, wanted)
    for operation in list(OPERATIONS.values()):
        if wanted not in (operation.symbol.casefold(), operation.name):
            continue
        if operation is ops.power and n == 2 and parents[1].is_constant:
            operation = ops.power_of_constant
        if operation.arity in (None, n):
            yield _Match(operation, tuple(range(n)))
            if n == 2:
                yield _Match(operation, (1, 0))
        elif n == 1 and operation.arity == 2:  # x * x in a set
            yield _Match(operation, (0, 0))


def _by_numbers(entry: Entry, parents: list[Value], sums: dict[int, float] | None) -> _Match | None:
    """The one operation that gives both the number and the local derivatives; None also where several do."""
    if sums is None:
        return None
    matches = [_Match(operation, tuple(range(len(parents)))) for operation in _NAMELESS.get(len(parents), ())]
    if len(parents) == 1:
        x, slope = parents[0].data, next(iter(sums.values()), 0.0)
        matches.append(_Match(ops.power_of_constant, (0,), _exponent(x, entry.data, slope)))
    fitting = [
        match
        for match in matches
        if match.exponent not in (0.0, 1.0)
        and match.gives(entry.data, parents)
        and _same_sums(_sums(entry.parents, match.derivatives(entry.data, parents)), sums)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _exponent(x: float, y: float, slope: float) -> float:
    """n of y = xⁿ, from the slope n·xⁿ⁻¹; where all is 0, any exponent would do, and 2 stands for them."""
    if x == y == slope == 0:
        return 2.0
    n = slope * x / y if y else math.nan
    return round(n, 6) if math.isfinite(n) else 1.0


def _sums(parents: Sequence[Any], local: Sequence[float]) -> dict[int, float]:
    sums: dict[int, float] = {}
    for parent, derivative in zip(parents, local, strict=False):  # of x**2 the table has one for the 2, too
        if not isinstance(parent, float):
            sums[id(parent)] = sums.get(id(parent), 0.0) + derivative
    return sums


def _same_sums(a: dict[int, float], b: dict[int, float]) -> bool:
    return all(nearly(a[key], b.get(key, 0.0)) for key in a)


def nearly(a: float, b: float) -> bool:
    """Equal but for rounding: other classes compute a/b as a·b⁻¹, or in float32."""
    return math.isclose(a, b, rel_tol=1e-6) or (math.isnan(a) and math.isnan(b))
