"""What runs on a worker: a program on some of the rows of a call. Programs and rows stay there from call to call.

A task names programs and arrays by tokens. What a worker has not got yet it asks for, and the task comes once more,
with that. So rows travel once to each worker that computes them; afterwards the numbers of the parameters go out, and
the sum of the gradients over all rows of the task comes back.

Entry point: `work`.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections import OrderedDict
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from .runners import Loops, StraightLine
from .shards import added, bounds

MOST_PROGRAMS, MOST_ARRAYS = 16, 8  # that a worker keeps: those used last


class ArrayPart(NamedTuple):
    """Some rows of an argument.

    Attributes: `token` of the whole array, "" for one row that stands for all of them; `rows`, from where to where;
    `array`, None where the worker should have it.
    """

    token: str
    rows: tuple[int, int]
    array: Any


class Factors(NamedTuple):
    """Further columns of the last argument, for one call: in each is 0 and one other number, and a bit says which."""

    others: Any
    bits: Any


class WorkItem(NamedTuple):
    """What a worker gets.

    Attributes: `token` of the program, and its pickled `blueprint`, None where the worker should have it; `pieces` of
    the arguments; `numbers` of the leaves; `n` rows of the call in so many `shards`, of which this task is `which`;
    `rows`: those of the pieces that are meant, from a number on or by their numbers; `factors`; `gradient`: whether it
    is asked for; `by_row`: whether what is computed for each row is.
    """

    token: str
    blueprint: bytes | None
    pieces: list[ArrayPart]
    numbers: bytes
    n: int
    shards: int
    which: tuple[int, int]
    rows: Any
    factors: Factors | None
    gradient: bool
    by_row: bool

    def without(self, known: set[str]) -> WorkItem:
        """The task without what bears these tokens."""
        pieces = [p._replace(array=None) if p.token in known else p for p in self.pieces]
        return self._replace(pieces=pieces, blueprint=None if self.token in known else self.blueprint)

    def carried(self) -> int:
        """How many bytes it carries that are to stay on the worker."""
        arrays = sum([p.array.nbytes for p in self.pieces if p.token and p.array is not None])
        return len(self.blueprint or b"") + int(arrays)


class Answer(NamedTuple):
    """What comes back: the gradient of the leaves and behind it the sums of the outputs; where asked for, the outputs
    and the gradients of the arguments, row by row.
    """

    sums: Any
    outputs: list[Any]
    of_arguments: dict[int, Any]


class Missing(NamedTuple):
    """The tokens of what the worker has not got."""

    tokens: list[str]


class _Kept:
    """What this process keeps."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.programs: OrderedDict[str, tuple[StraightLine | Loops, list[int]]] = OrderedDict()
        self.arrays: OrderedDict[str, dict[tuple[int, int], Any]] = OrderedDict()

    def program(self, task: WorkItem) -> tuple[StraightLine | Loops, list[int]] | None:
        if task.token not in self.programs and task.blueprint is not None:
            try:
                blueprint = pickle.loads(task.blueprint)
            except LookupError as error:
                raise LookupError(
                    f"{error}. A worker is another process: put the declaration into a module that it imports too, by "
                    "ProcessPoolExecutor(2, initializer=import_module, initargs=['my_operations'])"
                ) from None
            self.programs[task.token] = blueprint.prepared()
        found: tuple[StraightLine | Loops, list[int]] | None = _used(self.programs, task.token, MOST_PROGRAMS)
        return found

    def array(self, piece: ArrayPart) -> Any:
        import numpy

        if not piece.token:
            first, end = piece.rows
            return numpy.broadcast_to(piece.array, (end - first, *piece.array.shape[1:]))
        if piece.array is not None:
            array = numpy.require(piece.array, requirements=("C", "ALIGNED"))  # what Dask receives need not be
            self.arrays.setdefault(piece.token, {})[piece.rows] = array
        return (_used(self.arrays, piece.token, MOST_ARRAYS) or {}).get(piece.rows)


def _used(kept: OrderedDict[str, Any], token: str, most: int) -> Any:
    """An entry, which is now the newest; the oldest go."""
    if token in kept:
        kept.move_to_end(token)
    while len(kept) > most:
        kept.popitem(last=False)
    return kept.get(token)


_kept = _Kept()


def _forget() -> None:
    """A forked process begins with nothing: a thread of its parent may hold the lock, and never releases it here."""
    global _kept
    _kept = _Kept()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def work(task: WorkItem) -> Answer | Missing:
    """Compute a task."""
    _leave_ctrl_c()
    with _kept.lock:
        program, arrays = _kept.program(task), [_kept.array(piece) for piece in task.pieces]
    missing = [p.token for p, array in zip(task.pieces, arrays, strict=True) if array is None]
    if program is None or missing:
        return Missing(missing + [task.token] * (program is None))
    return _computed(task, *program, arrays)


def _computed(task: WorkItem, run: StraightLine | Loops, places: list[int], arrays: list[Any]) -> Answer:
    """Shard by shard."""
    import numpy

    ends = bounds(task.n, task.shards, *task.which)
    arrays = _chosen(task, arrays, ends[-1] - ends[0])
    numbers = numpy.frombuffer(task.numbers)[places]
    outputs: list[list[Any]] = []
    of_arguments: list[dict[int, Any]] = []

    def sums() -> Iterator[Any]:
        for start, end in pairwise([x - ends[0] for x in ends]):
            found = run(numbers, [array[start:end] for array in arrays], end - start, gradient=task.gradient)
            columns = [y if getattr(y, "ndim", 0) else numpy.full(end - start, y) for y in found.outputs]
            if task.by_row:
                outputs.append(columns)
                of_arguments.append(found.arguments)
            slopes: Any = found.gradient if task.gradient else ()
            yield numpy.concatenate([slopes, [numpy.add.reduce(y) for y in columns]])

    total = added(sums())
    if task.gradient:
        total[places] = total[: len(places)].copy()
    together = [numpy.concatenate(parts) for parts in zip(*outputs, strict=True)]
    keys = of_arguments[0] if of_arguments else ()
    return Answer(total, together, {k: numpy.concatenate([x[k] for x in of_arguments]) for k in keys})


def _chosen(task: WorkItem, arrays: list[Any], n: int) -> list[Any]:
    """The rows that are meant, and to their right the factors."""
    import numpy

    if isinstance(task.rows, int):
        arrays = [array[task.rows : task.rows + n] for array in arrays]
    else:
        arrays = [array.take(task.rows, 0) for array in arrays]
    if task.factors is not None:
        others, bits = task.factors
        drawn = numpy.unpackbits(bits, axis=1, count=len(others)) * others
        arrays[-1] = numpy.concatenate([arrays[-1], drawn], axis=1)
    return arrays


_asked_to_leave = False


def _leave_ctrl_c() -> None:
    """Ctrl-C goes to all processes of a terminal. It is meant for the one that trains, which then returns what there
    is; a worker that heard it, too, would die and take its pool along.
    """
    global _asked_to_leave
    if not _asked_to_leave:
        _asked_to_leave = True
        if multiprocessing.parent_process() is not None and threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, signal.SIG_IGN)
