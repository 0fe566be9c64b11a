"""What one node of another class says about itself: the names of its attributes, and what they hold.

Entry points: `adapt` says how a class is read, `is_node` whether an object can be; `get`, `put` and `entry_of` read
and write one node.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from typing import Any, NamedTuple

from ..operations import number
from ..value import Value

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
    """Say how nodes of `cls` and its subclasses are read, if its attributes have unusual names.

    Each argument is the name of an attribute, or a function from a node to what is wanted. Where you give none,
    the usual names are tried: `data`, `value`; `grad`; `_prev`, `_children`, `_parents`, `prev`, `parents`,
    `children`; `_op`, `op`; `_local_grads`, `local_grads`, `local_derivatives`; `label`, `name`; `_backward`.
    A class that uses these needs no adapter. Only the number and the parents are necessary.

    Args:
        cls: the class of the nodes.
        data: the number.
        grad: the gradient; a name, if probes and compiled graphs are to write it.
        parents: what the node was computed from, in order: nodes or plain numbers; none for a leaf.
        operation: the symbol or name of the operation: "+", "tanh", "**2".
        local_derivatives: d(node)/d(parent), one for each parent.
        label: the name that pictures show.
        backward: a method or function without arguments that adds local derivative × grad to the grad of each
            parent; it is called as a probe if there are no `local_derivatives`.

    Raises TypeError if `cls` is not a class, or an argument is neither a name nor a function.

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
    v3    v1 × v2         6         –  v1: 3, v2: 2
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
    return access_of(x, "data") is not None and access_of(x, "parents") is not None


def why_no_node(x: Any) -> str:
    """What to write instead of `x`, which was given for a node; "" if there is nothing to say."""
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
    if kind.__module__.partition(".")[0] in ("builtins", "numpy", __name__.partition(".")[0]):
        return ""
    missing = [what for what in ("data", "parents") if access_of(x, what) is None]
    looked_for = " and ".join(f"its {what} under {', '.join(USUAL_NAMES[what])}" for what in missing)
    name = kind.__name__
    return (
        f". To read a {name} as a node of a graph, {looked_for} was looked for and not found. If it is a node, say "
        f'where they are: autograd.adapt({name}, data="…", parents="…", grad="…", operation="…")'
    )


class Entry(NamedTuple):
    """What a foreign node says about itself; a parent is a node, a Value, or a float that stood in its place."""

    node: Any
    data: float
    grad: float | None
    parents: tuple[Any, ...]
    symbol: str
    local: tuple[float, ...] | None
    label: str


def entry_of(node: Any) -> Entry:
    grad, symbol, label = (get(node, what) for what in ("grad", "operation", "label"))
    parents = _parents(node)
    local = get(node, "local_derivatives")
    return Entry(
        node,
        read_data(node),
        None if grad is None else as_number(node, "grad", grad),
        parents,
        _symbol(symbol),
        None if local is None or not parents else _local(node, local),
        label if isinstance(label, str) else "",
    )


def access_of(node: Any, what: str) -> Access | None:
    """How `what` of this node is read; None if it has nothing of that kind."""
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
    """What the node says, unchecked; None if it has nothing of that kind, ValueError if asking raises."""
    access = access_of(node, what)
    if access is None:
        return None
    try:
        return getattr(node, access) if isinstance(access, str) else access(node)
    except Exception as error:
        how = f".{access}" if isinstance(access, str) else f"its {what}, as adapted,"
        raise ValueError(
            f"a {type(node).__name__} cannot be read as a node: {how} raised {type(error).__name__}: {error}"
        ) from error


def put(node: Any, what: str, x: float) -> None:
    """Set the attribute; TypeError if it has no name, or cannot be set."""
    access = access_of(node, what)
    if not isinstance(access, str):
        raise TypeError(
            f"{what} of a {type(node).__name__} is read by a function, so it cannot be written: name the attribute, "
            f'autograd.adapt({type(node).__name__}, {what}="…")'
        )
    try:
        setattr(node, access, x)
    except Exception as error:
        kind = type(node).__name__
        raise TypeError(
            f"{what} of a {kind} cannot be written: setting .{access} raised {type(error).__name__}: {error}. Name an "
            f'attribute that can be set, autograd.adapt({kind}, {what}="…")'
        ) from error


def can_put(node: Any, what: str) -> bool:
    """Whether the attribute has a name and can be set: what is in it is set again."""
    access = access_of(node, what)
    if not isinstance(access, str):
        return False
    try:
        setattr(node, access, getattr(node, access))
    except Exception:
        return False
    return True


def as_number(node: Any, what: str, x: Any) -> float:
    if type(x) is float:
        return x
    try:
        return number(x.item() if getattr(x, "shape", None) == () else x)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{what} of a {type(node).__name__}: {error}") from None


def read_data(node: Any) -> float:
    """The number of a node; TypeError if it is not one."""
    return as_number(node, "data", get(node, "data"))


def _parents(node: Any) -> tuple[Any, ...]:
    given = get(node, "parents")
    if given is None:
        return ()
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise TypeError(
            f"the parents of a {type(node).__name__} are {shown(given)}: a tuple of nodes is needed, () for a leaf; "
            f"if they are somewhere else, autograd.adapt({type(node).__name__}, parents=…)"
        )
    parents = []
    for parent in given:
        if parent is None:  # as in (left, None) of a function of one input
            continue
        if not is_node(parent):
            if not isinstance(parent, Real):
                raise TypeError(
                    f"among the parents of a {type(node).__name__} is {shown(parent)}, neither a node nor a number"
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
    return tuple(UNKNOWN if x is None else as_number(node, "a local derivative", x) for x in given) or None


def shown(x: object) -> str:
    try:
        text = repr(x)
    except Exception:  # of an unfinished class
        return f"an object of type {type(x).__name__}"
    return text if len(text) <= 60 else text[:57] + "…"
