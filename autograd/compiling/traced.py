"""The nodes of a function that is being traced: their numbers are not known yet, as they depend on its arguments.

They record what is computed with them, and say what to write instead where a number would be needed.

Entry points: `Traced`; `mark` and `mark_differentiated`, which are called with every new node.
"""

from __future__ import annotations

from numbers import Real
from typing import Any

from .. import modes
from .. import operations as ops
from ..conditions import INSTEAD, Condition
from ..operations import Operation
from ..value import Value

_UNCUT = (
    "cuts the graph, and a compiled function has no such cut: give the number to the function as an argument of its "
    "own, which `argnums` leaves out, or compute it in another function"
)


class Traced(Value):
    """A node whose number is not known yet, as it depends on an argument."""

    __slots__ = ()

    def _decides(self, *_: object) -> Any:
        raise TypeError(
            "this number depends on an argument and is not known while the function is compiled, so Python cannot "
            f"branch on it, as `if`, `and`, `max`, `min` and `sorted` do: write {INSTEAD}; `&`, `|` and `~` combine "
            "conditions"
        )

    def _tells(self, *_: object) -> Any:
        raise TypeError(
            "this number depends on an argument and is not known while the function is compiled, so it has no .data "
            "yet: compute with the Value itself and return it; instead of an `if` write autograd.where(condition, a, b)"
        )

    def _counts(self) -> Any:
        raise TypeError(
            "this number depends on an argument and is not known while the function is compiled, so it can neither "
            "count the rounds of a loop nor be an index: take the count from a variable outside of the function, or "
            "from the length of a list that is an argument; a program is compiled for each length"
        )

    def __repr__(self) -> str:
        return "<a number that is not known yet>"

    def __format__(self, spec: str) -> str:
        return repr(self)

    def detach(self) -> Any:
        raise TypeError(f"detach() {_UNCUT}")

    def backward(self, gradient: Value | float = 1.0, *, create_graph: bool = False) -> None:
        if not create_graph:
            raise TypeError(
                "this number depends on an argument and is not known while the function is compiled, so backward() "
                "has no numbers to give: write autograd.grad inside the function, or backward(create_graph=True)"
            )
        super().backward(gradient, create_graph=True)

    __bool__ = _decides
    __index__ = _counts
    __int__ = __float__ = _tells
    data = property(_tells, _tells)

    def __lt__(self, other: Any) -> Any:
        return _compared(ops.less, self, other)

    def __le__(self, other: Any) -> Any:
        return _compared(ops.less_equal, self, other)

    def __gt__(self, other: Any) -> Any:
        return _compared(ops.less, other, self)

    def __ge__(self, other: Any) -> Any:
        return _compared(ops.less_equal, other, self)


class TracedCondition(Traced):
    """A comparison of such numbers: a node, 1 or 0 in each call. It is combined as a `Condition` is."""

    __slots__ = ()

    def __and__(self, other: Any) -> Any:
        return _compared(ops.multiply, self, other, TRUTHS)

    def __or__(self, other: Any) -> Any:
        return _compared(ops.maximum, self, other, TRUTHS)

    def __xor__(self, other: Any) -> Any:
        same = _compared(ops.equal, self, other, TRUTHS)
        return same if same is NotImplemented else ~same

    def __invert__(self) -> Any:
        return _compared(ops.equal, self, 0.0)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __eq__(self, other: object) -> Any:
        return _compared(ops.equal, self, other, (Real, TracedCondition))

    def __ne__(self, other: object) -> Any:
        same = self == other
        return ~same if isinstance(same, TracedCondition) else not same

    __hash__ = Traced.__hash__


TRUTHS = (bool, Condition, TracedCondition)


def _compared(operation: Operation, a: Any, b: Any, kinds: tuple[type, ...] = (Real, Value)) -> Any:
    """The condition that `operation` records of two objects of these kinds."""
    if not all(isinstance(x, kinds) for x in (a, b)):
        return NotImplemented
    node = operation(a, b)
    node.__class__ = TracedCondition
    return node


def mark(node: Value) -> Value:
    if any(isinstance(parent, Traced) for parent in node.parents):
        node.__class__ = Traced
    return node


def mark_differentiated(node: Value) -> Value:
    if not modes.is_recording():
        raise TypeError(f"no_grad() {_UNCUT}")
    return mark(node)
