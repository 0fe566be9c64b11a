"""The arguments of a compiled function, taken apart: numbers, and arrays whose first axis is the rows.

An argument is a number, an array, or lists, tuples and dicts of them. To the function, which computes one row, a number
is a node; an array of n numbers is a node, too, that of its row; an array of n rows of k numbers is a list of k nodes.
These nodes are the *columns* of the arguments. What is given as a number is the same for all rows.

Entry point: `Arguments`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..operations import number
from ..transforms.pytree import rebuild
from ..value import Value

NUMBER, ROWS = "number", "rows"  # the kinds of terminals; an array of rows of k numbers is of the kind k

Kind = Any


class Arguments:
    """What a call was given.

    Attributes: `n`, the number of rows, None where no argument is an array; `kind`, which is the same for all calls
    that the same program can answer.
    """

    def __init__(self, arguments: Sequence[Any]) -> None:
        self.n: int | None = None
        self._terminals: list[Any] = []  # floats and arrays, from left to right
        self._kinds: list[Kind] = []  # of the terminals
        self._lengths: dict[str, int] = {}  # of the arrays, by their names
        self._trees: list[Any] = []
        self._ends: list[int] = []  # where the terminals of each argument end
        kinds = []
        for i, x in enumerate(arguments):
            tree, kind = self._read(x, f"argument {i}")
            self._trees.append(tree)
            self._ends.append(len(self._terminals))
            kinds.append(kind)
        if self._lengths:
            lengths = set(self._lengths.values())
            if len(lengths) > 1:
                listed = ", ".join(f"{name} has {n}" for name, n in self._lengths.items())
                raise ValueError(f"the arrays must have one row for each lane, but {listed}")
            self.n = lengths.pop()
        self.kind: Kind = tuple(kinds)

    def __len__(self) -> int:
        return len(self._trees)

    def _read(self, x: Any, name: str) -> tuple[Any, Kind]:
        """The argument, its terminals converted and noted, and its kind."""
        if x.__class__ is float:
            return self._noted(x, NUMBER)
        if isinstance(x, (list, tuple)):
            if x.__class__ is list and all(map(_is_float, x)):  # the usual case, decided fast
                self._terminals += x
                kinds: list[Kind] = [NUMBER] * len(x)
                self._kinds += kinds
                return x, (list, *kinds)
            read = [self._read(part, f"{name}[{k}]") for k, part in enumerate(x)]
            return _like(x, [tree for tree, _ in read]), (x.__class__, *[kind for _, kind in read])
        if isinstance(x, dict):
            read = [self._read(part, f"{name}[{key!r}]") for key, part in x.items()]
            trees = dict(zip(x, [tree for tree, _ in read], strict=True))
            return trees, (dict, *x, *[kind for _, kind in read])
        if isinstance(x, Value):
            raise TypeError(
                f"{name} is a Value; a compiled function takes numbers. Give .data, or let the function use the "
                "Value itself: then it is a parameter"
            )
        if hasattr(x, "to_numpy"):  # a data frame or a series
            x = x.to_numpy()
        if getattr(x, "ndim", 0) and hasattr(x, "dtype"):
            return self._read_array(x, name)
        return self._noted(number(x), NUMBER)

    def _read_array(self, x: Any, name: str) -> tuple[Any, Kind]:
        import numpy

        x = numpy.asarray(x)
        if x.dtype.kind not in "biuf":
            raise TypeError(f"{name} is an array of {x.dtype}; a compiled function takes real numbers")
        if x.ndim > 2:
            raise ValueError(f"{name} has the shape {x.shape}; a row is a number or a list, so at most 2-D")
        self._lengths[name] = len(x)
        return self._noted(x, ROWS if x.ndim == 1 else x.shape[1])

    def _noted(self, terminal: Any, kind: Kind) -> tuple[Any, Kind]:
        self._terminals.append(terminal)
        self._kinds.append(kind)
        return terminal, kind

    def described(self) -> str:
        """What was given, in words."""
        words = {NUMBER: "one number", ROWS: "one number for each row"}
        counted = [words.get(kind, f"a list of {kind} numbers for each row") for kind in self._kinds]
        lists = [f"a list of {len(x)}" if isinstance(x, (list, tuple)) else "" for x in self._trees]
        if len(lists) == len(counted) or not any(lists):
            return ", ".join(counted)
        return ", ".join(text or "one number" for text in lists)

    # --- to the program --------------------------------------------------------------------------------

    def numbers(self) -> list[float]:
        """The number of each column, where there are no rows."""
        return self._terminals

    def arrays(self) -> list[Any]:
        """The columns as arrays of n numbers or of n rows; those that are the same for all rows take no memory."""
        import numpy

        arrays: list[Any] = []
        for together, kind in self._runs():
            if kind == NUMBER:
                row = numpy.array(together, dtype=float)
                arrays.append(numpy.broadcast_to(row, (self.n or 0, len(row))))
            else:
                arrays += together
        return arrays

    def _runs(self) -> Iterator[tuple[list[Any], Kind]]:
        """The terminals, numbers side by side together."""
        together: list[Any] = []
        for terminal, kind in zip(self._terminals, self._kinds, strict=True):
            if kind == NUMBER:
                together.append(terminal)
                continue
            if together:
                yield together, NUMBER
                together = []
            yield [terminal], kind
        if together:
            yield together, NUMBER

    # --- to the function -------------------------------------------------------------------------------

    def inputs(self, node: Callable[[float], Value]) -> tuple[list[Any], list[Value]]:
        """What the function is called with: each argument with nodes, and these nodes, one for each column."""
        columns: list[Value] = []
        given: list[Any] = []
        for terminal, kind in zip(self._terminals, self._kinds, strict=True):
            if kind == NUMBER:
                row = [terminal]
            elif len(terminal) == 0:
                row = [float("nan")] * (1 if kind == ROWS else kind)
            else:
                row = [float(terminal[0])] if kind == ROWS else [float(x) for x in terminal[0]]
            nodes = [node(x) for x in row]
            columns += nodes
            given.append(nodes[0] if kind in (NUMBER, ROWS) else nodes)
        trees, start = [], 0
        for tree, end in zip(self._trees, self._ends, strict=True):
            trees.append(rebuild(tree, given[start:end]))
            start = end
        return trees, columns

    # --- from the program ------------------------------------------------------------------------------

    def columns(self, position: int) -> range:
        """The numbers of the columns of an argument."""
        start = self._ends[position - 1] if position else 0
        before = sum(map(_width, self._kinds[:start]))
        return range(before, before + sum(map(_width, self._kinds[start : self._ends[position]])))

    def like(self, position: int, parts: Sequence[Any]) -> Any:
        """One thing for each column of an argument, in the structure of that argument.

        For rows, each is an array whose first axis is the rows; those of a table stand side by side in the last axis.
        """
        start = self._ends[position - 1] if position else 0
        whole, at = [], 0
        for kind in self._kinds[start : self._ends[position]]:
            here = parts[at : at + _width(kind)]
            at += len(here)
            whole.append(here[0] if kind in (NUMBER, ROWS) else _side_by_side(here, self.n or 0))
        return rebuild(self._trees[position], whole)


def _like(x: Any, parts: list[Any]) -> Any:
    """A list or tuple as x is one, with these parts."""
    if isinstance(x, list):
        return parts
    return type(x)(*parts) if hasattr(x, "_fields") else tuple(parts)


def _is_float(x: Any) -> bool:
    return x.__class__ is float


def _width(kind: Kind) -> int:
    return 1 if kind in (NUMBER, ROWS) else kind


def _side_by_side(parts: Sequence[Any], n: int) -> Any:
    import numpy

    return numpy.stack(parts, axis=-1) if len(parts) else numpy.zeros((n, 0))
