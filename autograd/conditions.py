"""Comparisons that can be recorded, and the branches that Python took on them.

`x > 0` is a `Condition`: true or false now, and it remembers what was compared. Where it meets a graph, as in
`where(x > 0, a, b)` or `(x > 0) * y`, it becomes a node, and is compared again whenever the graph is computed again,
compiled or in the explorer. Where Python asks for its truth, as `if`, `while`, `max`, `min` and `sorted` do, a decision
is made that no graph can record; the nodes it was made on remember the line, and `compile` warns of it.

Entry points: `Condition`, `BranchWarning`, `warn_of_branches`.
"""

from __future__ import annotations

import linecache
import numbers
import operator
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any, NamedTuple

from . import modes
from . import operations as ops
from .operations import Operation

if TYPE_CHECKING:
    from .value import Value

INSTEAD = "where(x > 0, a, b), maximum, minimum, relu or abs"


class BranchWarning(UserWarning):
    """A graph is compiled that a Python branch may have decided on: the program repeats that decision."""


def _plain(function: Callable[..., Any], reflected: bool = False) -> Callable[..., Any]:
    """A method: `function` of the truth and a plain number. Asking for the truth makes a decision."""

    def method(self: Condition, *other: Any) -> Any:
        if other and not isinstance(other[0], (int, float)):
            if not isinstance(other[0], Condition):
                return NotImplemented  # a Value records, an array goes through its elements
            other = (other[0]._truth,)
        _remember(self, sys._getframe(1))
        return function(*other, self._truth) if reflected else function(self._truth, *other)

    return method


class Condition:
    """Whether a comparison holds, as a truth that can also be recorded.

    To Python it is True or False: `if`, `sum`, `==`, f-strings and NumPy treat it as such. `&`, `|`, `^` and `~` of
    conditions, and `==` and `!=` between them, are conditions again; in arithmetic it is 0 or 1.

    It is not a `bool`, nor is NumPy's: `(x > 0) is True` is False, and `case True:` does not match it.

    Attributes: `node`, the Value 1.0 or 0.0 that a graph records.

    >>> from autograd import Value, where
    >>> x = Value(3.0)
    >>> x > 0, sum([x > 0, x > 5]), f"{x > 0}"
    (True, 1, 'True')
    >>> y = where((x > 0) & (x < 5), x * x, -x)
    >>> y.data, [node.op.name for node in y.parents]
    (9.0, ['multiply', 'multiply', 'negate'])
    """

    __slots__ = ("__weakref__", "_node", "_operands", "_operation", "_truth")

    def __init__(self, operation: Operation, a: Any, b: Any, truth: bool) -> None:
        self._operation = operation
        self._operands = (a, b)
        self._truth = truth
        self._node: Value | None = None

    @property
    def node(self) -> Value:
        """The comparison as a node; it is made when a graph needs it for the first time."""
        if self._node is not None:
            return self._node
        node: Value = self._operation(*self._operands)
        node._data = 1.0 if self._truth else 0.0  # as it was compared: numbers may have changed since
        if node.op is not None:  # not under no_grad()
            self._node = node
        return node

    @staticmethod
    def _record(operation: Operation, inputs: Sequence[Any]) -> Any:
        """What `operations.py` calls when a condition is among the inputs."""
        return operation(*[x.node if isinstance(x, Condition) else x for x in inputs])

    def __repr__(self) -> str:
        return repr(self._truth)

    def __format__(self, spec: str) -> str:
        return format(self._truth, spec)

    def __hash__(self) -> int:
        return hash(self._truth)

    def __reduce__(self) -> tuple[Any, ...]:
        return bool, (self._truth,)  # copies and pickles are plain

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        import numpy

        _remember(self, sys._getframe(1))
        return numpy.array(self._truth, dtype)

    # --- conditions of conditions, which can be recorded -------------------------------------------------------

    def __and__(self, other: Any) -> Any:
        return self._with(ops.multiply, other, operator.and_)

    def __or__(self, other: Any) -> Any:
        return self._with(ops.maximum, other, operator.or_)

    def __xor__(self, other: Any) -> Any:
        same = self._with(ops.equal, other, operator.eq)
        return same if same is NotImplemented else ~same

    def __invert__(self) -> Condition:
        return Condition(ops.equal, self, 0.0, not self._truth)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def __eq__(self, other: object) -> Any:
        if isinstance(other, Condition):
            return self._with(ops.equal, other, operator.eq)
        if not isinstance(other, (int, float)):
            return NotImplemented
        _remember(self, sys._getframe(1))
        return self._truth == other

    def __ne__(self, other: object) -> Any:
        if isinstance(other, Condition):
            return self ^ other
        if not isinstance(other, (int, float)):
            return NotImplemented
        _remember(self, sys._getframe(1))
        return self._truth != other

    def _with(self, operation: Operation, other: Any, function: Callable[[bool, bool], bool]) -> Any:
        if isinstance(other, Condition):
            return Condition(operation, self, other, function(self._truth, other._truth))
        if isinstance(other, bool):
            return Condition(operation, self, float(other), function(self._truth, other))
        return NotImplemented

    # --- what asks for the truth ----------------------------------------------------------------------------

    def __bool__(self) -> bool:
        _remember(self, sys._getframe(1))
        return self._truth

    __int__, __float__, __index__, __round__ = _plain(int), _plain(float), _plain(operator.index), _plain(round)
    __neg__, __pos__, __abs__ = _plain(operator.neg), _plain(operator.pos), _plain(operator.abs)
    __add__, __radd__ = _plain(operator.add), _plain(operator.add, reflected=True)
    __sub__, __rsub__ = _plain(operator.sub), _plain(operator.sub, reflected=True)
    __mul__, __rmul__ = _plain(operator.mul), _plain(operator.mul, reflected=True)
    __truediv__, __rtruediv__ = _plain(operator.truediv), _plain(operator.truediv, reflected=True)
    __floordiv__, __rfloordiv__ = _plain(operator.floordiv), _plain(operator.floordiv, reflected=True)
    __mod__, __rmod__ = _plain(operator.mod), _plain(operator.mod, reflected=True)
    __pow__, __rpow__ = _plain(operator.pow), _plain(operator.pow, reflected=True)
    __lt__, __le__ = _plain(operator.lt), _plain(operator.le)
    __gt__, __ge__ = _plain(operator.gt), _plain(operator.ge)


numbers.Integral.register(Condition)  # as bool is one


# --- decisions ----------------------------------------------------------------------------------------------

BETWEEN = {*sys.stdlib_module_names, "numpy"}  # modules that are neither the user's nor the library's
SMALL = 16  # nodes: of so few, a decision concerns all that the number was computed from


class Branch(NamedTuple):
    """A decision: the line that made it, whether it was made on this very node, and whether it seems only to look."""

    path: str
    line: int
    own: bool  # False where the node stands shortly below the one that was decided on
    looks: bool


def _remember(condition: Condition, frame: FrameType) -> None:
    """Note the decision that this frame makes on the nodes that were compared; the library's own do not count."""
    while frame.f_back and str(frame.f_globals.get("__name__")).partition(".")[0] in BETWEEN:
        frame = frame.f_back  # `numpy.sort` and `heapq.nlargest` decide for the line that calls them
    path, line = frame.f_code.co_filename, frame.f_lineno
    for x in condition._operands:
        if type(x) is float or type(x) is int:
            continue
        try:
            branches = x._branches
        except AttributeError:
            if isinstance(x, Condition):
                _remember(x, frame)
            continue
        for known in branches:
            if known.own and known.line == line and known.path == path:
                break
        else:
            if not path.startswith(modes.LIBRARY):
                looks = _looks(condition, x, frame)
                for node in _concerned(x):
                    branch = Branch(path, line, node is x, looks)
                    if branch not in node._branches:  # a parameter is decided on in every round of a loop
                        node._branches = (*node._branches, branch)


def _looks(condition: Condition, node: Value, frame: FrameType) -> bool:
    """Whether the decision compares the node with a number that is not 0, as `if loss < best:` does, and only looks."""
    others = [x for x in condition._operands if x is not node]
    if not others or any(not isinstance(x, (int, float)) or x == 0 for x in others):
        return False
    from .looks import only_looks  # which loads a parser

    return only_looks(node, frame)


def _concerned(node: Value) -> Iterable[Value]:
    """The node, and what stands shortly below it: the number may have been computed only to decide on it."""
    found, level = {node: 0}, [node]
    for depth in (1, 2, *range(3, SMALL)):
        level = [parent for x in level for parent in x.parents if not parent.is_constant and parent not in found]
        found.update(dict.fromkeys(level, depth))
        if len(found) > SMALL:
            return [x for x, depth in found.items() if depth == 0 or (depth <= 2 and x.op is not None)]
        if not level:
            break
    return found


def warn_of_branches(order: Sequence[Value]) -> None:
    """Warn if Python took a decision on a node of this graph, which a program would repeat whatever the numbers are.

    Args:
        order: the graph in topological order. A line that looks at its last node, the result, and at no other, has
            not chosen it, and neither did it when it looked at the results before, as in a loop that keeps the best
            loss.
    """
    root = order[-1]
    branches = {(b.path, b.line) for node in order for b in node._branches}
    if root.op is not None:
        looked = {(b.path, b.line) for b in root._branches if b.own and b.looks}
        branches -= looked - {(b.path, b.line) for node in order[:-1] for b in node._branches if b.own}
    if not branches:
        return
    lines = [_written(path, line) for path, line in sorted(branches)]
    more = f"\n  and at {len(lines) - 3} more lines" if len(lines) > 3 else ""
    listed = "".join(f"\n  {line}" for line in lines[:3]) + more
    warnings.warn(
        f"Python took a decision on numbers of this graph:{listed}\nIf it chose what was computed, the compiled graph "
        f"repeats it, whatever the numbers become: write {INSTEAD} instead of `if`, `max`, `min` or `sorted`. If it "
        "only looked, as at an accuracy, nothing is wrong; comparing the numbers, x.data > 0, says so.",
        BranchWarning,
        stacklevel=modes.stacklevel(),
    )


def _written(path: str, line: int) -> str:
    code = linecache.getline(path, line).strip()
    return f"{path}:{line}: {code}" if code else f"{path}:{line}"
