"""A graph as something that runs: numbers in, results and gradients out.

Whatever a graph becomes, straight-line code, threaded code or loops, it is called in the way of `loops.runner.Runner`:

    result = run(parameters, arguments, n)       result.outputs, result.gradient, result.arguments

Entry points: `prepared` for numbers, `prepared_rows` for rows.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..value import Value
from . import backends
from .assemble import assembled_rows, lowered
from .loops.runner import Result
from .program import Column, Program
from .trace import survey, trace

if TYPE_CHECKING:
    from .threaded import Threaded


class Options(NamedTuple):
    """How a user wants a graph to run, see `compile`."""

    backend: str | None = None
    lanes: bool = True
    fastmath: bool = False
    threads: int = 1


def checked_threads(threads: int | str) -> int:
    """The number of threads that `threads=` means; "auto": one for each core that this process may use."""
    if threads == "auto":
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise ValueError(f'threads is a whole number of at least 1, or "auto" for all cores, got {threads!r}')
    return threads


class StraightLine:
    """A straight-line program, or threaded code, behind the interface of all runners.

    Its gradient is that of the first output; what it holds was decided when it was compiled, so `seeds` and `gradient`
    of a call have no meaning for it.

    Attributes: `name` of the backend; `code`; `template`, the numbers of the slots that are constants.
    """

    def __init__(
        self,
        code: Program | Threaded,
        template: array[float],
        n_leaves: int,
        options: Options,
        wanted: Sequence[int] = (),
    ) -> None:
        self.code, self.template = code, template
        self._n_leaves, self._wanted = n_leaves, wanted
        self._options = options
        self._run = backends.load(code, len(template), options.backend, options.fastmath)
        self.name = self._run.name

    def __call__(
        self,
        parameters: Any,
        arguments: Sequence[Any] = (),
        n: int | None = None,
        seeds: Sequence[float] | None = None,
        gradient: bool = True,
    ) -> Result:
        """The results, the gradient of the parameters, and those of the arguments that are wanted."""
        if n is None:
            numbers = array("d", parameters)
            numbers.extend(self.template[len(numbers) :])
            outputs, found = self._run.scalars(numbers)
            return Result(list(outputs), self._gradient(found, 0), {})
        numbers = array("d", [n])
        numbers.extend(parameters)
        vectors, found = self._run.rows(numbers, arguments, n)
        n_outputs = len(vectors) - len(self._wanted)
        of_arguments = dict(zip(self._wanted, vectors[n_outputs:], strict=True))
        return Result(vectors[:n_outputs], self._gradient(found, 1), of_arguments)

    def _gradient(self, found: Any, start: int) -> Any:
        return found[start : start + self._n_leaves]

    def source(self, backend: str) -> str:
        """The generated code."""
        return backends.source(self.code, len(self.template), backend, self._options.fastmath)

    def __str__(self) -> str:
        return str(self.code)

    def __len__(self) -> int:
        return len(self.code)


class Prepared(NamedTuple):
    """What runs, and the leaves whose numbers are its `parameters`, in their order."""

    run: StraightLine
    leaves: list[Value]


def prepared(
    roots: Sequence[Value], wanted: Collection[Value] | None, first: Sequence[Value], options: Options
) -> Prepared:
    """A graph of numbers: its results are the roots, its gradient that of the first root.

    Args:
        roots: the results.
        wanted: the leaves whose gradients are asked for; None for all.
        first: leaves that come first, in this order; those that the roots do not depend on are left out.
        options: see `compile`.
    """
    code, template, slots = lowered(
        survey(roots, lanes=False),
        wanted,
        first,
        machine_code=backends.chosen(options.backend) == "llvm",
        exact=not options.lanes,
        fastmath=options.fastmath,
    )
    return Prepared(StraightLine(code, template, len(slots), options), list(slots))


def prepared_rows(
    roots: Sequence[Value],
    columns: Sequence[Value],
    wanted: Collection[Value],
    first: Sequence[Value],
    options: Options,
) -> Prepared:
    """A function of rows, from the graph that it made of one row.

    Args:
        roots: the results; one number for each row.
        columns: the leaves that stand for the columns of the arguments, in order.
        wanted: the columns and other leaves whose gradients are asked for, summed over the rows for the latter.
        first: as of `prepared`.
        options: see `compile`.
    """
    places = {node: Column(1, None, k) for k, node in enumerate(columns)}
    tape = trace(survey(roots, lanes=False), places, first)
    asked = [k for k, node in enumerate(columns) if node in wanted]
    program, numbers = assembled_rows(tape, set(wanted), asked)
    return Prepared(StraightLine(program, numbers, len(tape.slots), options, asked), list(tape.slots))
