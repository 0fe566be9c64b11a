"""A graph as something that runs: numbers in, results and gradients out.

Whatever a graph becomes, straight-line code, threaded code or loops, it is called in the way of `loops.runner.Runner`:

    result = run(parameters, arguments, n)       result.outputs, result.gradient, result.arguments

Entry points: `prepared` for numbers, `prepared_rows` for rows.
"""

from __future__ import annotations

import copy
import os
import sys
import time
from array import array
from collections.abc import Collection, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from ..conditions import warn_of_branches
from ..misuse import check_spelling
from ..sweeps import topological_order
from ..value import Value
from . import backends
from .assemble import assembled_rows, lowered
from .loops.runner import Result
from .program import Column, Program
from .trace import n_operations, survey, trace

if TYPE_CHECKING:
    from .loops.ir import LoopProgram, LoopStats
    from .threaded import Threaded


# A program of fewer instructions, one lane of each group counted, is straight-line code: its numbers stay in registers.
MOST_STRAIGHT = 1_500
# Without machine code a statement of arrays takes as long as so many operations of numbers, or of one array each.
STATEMENT, ROW_STATEMENT = 20, 4
MOST_STRAIGHT_IN_PYTHON = 60
MOST_LINES = 2_000  # of a program that is printed
MOST_CONVERTED = 1 << 20  # numbers of an argument that are made float64 at once


class Options(NamedTuple):
    """How a user wants a graph to run, see `compile`."""

    backend: str | None = None
    lanes: bool = True
    fastmath: bool = False
    threads: int = 1


DEFAULTS = Options()


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

    Attributes: `name` of the backend; `form`, "straight-line" or "threaded"; `code`; `template`, the numbers of the
    slots that are constants; `lanes`, how many each group has.
    """

    units = "instructions"

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
        self._constants = template[n_leaves:]
        self._options = options
        self._run = backends.load(code, len(template), options.backend, options.fastmath)
        self.name = self._run.name
        self.form = "straight-line" if isinstance(code, Program) else "threaded"
        self.lanes = [n for n in code.lanes[1:] if n is not None]

    def __call__(
        self,
        parameters: Any,
        arguments: Sequence[Any] = (),
        n: int | None = None,
        seeds: Sequence[float] | None = None,
        gradient: bool = True,
    ) -> Result:
        """The results, the gradient of the parameters, and those of the arguments that are wanted."""
        numbers = array("d", bytes(parameters))
        if n is None:
            numbers += self._constants
            outputs, found = self._run.scalars(numbers)
            return Result(list(outputs), self._gradient(found, 0), {})
        vectors, found = self._run.rows(array("d", [n]) + numbers, arguments, n)
        n_outputs = len(vectors) - len(self._wanted)
        of_arguments = dict(zip(self._wanted, vectors[n_outputs:], strict=True))
        # Without rows nothing is added up, not even 0 times the slope of what no argument reaches.
        slopes: Any = self._gradient(found, 1) if n else array("d", bytes(8 * self._n_leaves))
        return Result(vectors[:n_outputs], slopes, of_arguments)

    def _gradient(self, found: Any, start: int) -> Any:
        gradient = found[start : start + self._n_leaves]
        return gradient if isinstance(gradient, array) else array("d", gradient)

    def source(self, backend: str, leaves: Sequence[str] = ()) -> str:
        """The generated code."""
        return backends.source(self.code, len(self.template), backend, self._options.fastmath)

    def text(self, leaves: Sequence[str] = (), arguments: Sequence[str] = (), outputs: Sequence[str] = ()) -> str:
        """What it does, for people: the lines of the program, with names for leaves and for columns of arguments."""
        if not isinstance(self.code, Program):
            return str(self.code)
        has_rows = None in self.code.lanes  # then the first slot holds their number
        slots = {slot: name for slot, name in enumerate(leaves, int(has_rows)) if name}
        lines = list(islice(self.code.lines(slots, arguments), MOST_LINES + 1))
        if len(lines) > MOST_LINES:
            lines[-1] = f"… {len(self.code):,} instructions in all; .program has every one of them"
        return "\n".join(lines)

    def __len__(self) -> int:
        return len(self.code)


class Loops:
    """A loop program behind the interface of all runners, as machine code or as NumPy code.

    Attributes: `name` of the backend; `form`; `code`, the program; `lanes`, how many each region has.
    """

    form, units = "loops", "statements"

    def __init__(self, program: LoopProgram, options: Options) -> None:
        from .loops.array_runner import ArrayRunner
        from .loops.ir import HAS_LANES

        self.code = program
        self.lanes = [region.n for region in program.regions if region.n is not None]
        # Results of a function of rows that no argument reaches: the same number for each row.
        self._same_for_all = {k for k, output in enumerate(program.outputs) if output.space not in HAS_LANES}
        self._run: Any
        start = time.perf_counter()
        if backends.chosen(options.backend) == "llvm":
            from .loops.llvm_runner import LLVMRunner

            self._run = LLVMRunner(program, options.threads)
        else:
            self._run = ArrayRunner(program)
        self.name: str = self._run.name
        if program.stats is not None:
            program.stats = program.stats._replace(seconds_to_write_code=time.perf_counter() - start)

    def __call__(
        self,
        parameters: Any,
        arguments: Sequence[Any] = (),
        n: int | None = None,
        seeds: Sequence[float] | None = None,
        gradient: bool = True,
    ) -> Result:
        """The results, the gradient of the parameters, and those of the arguments that are wanted."""
        result: Result
        if n is not None and any(x.size > MOST_CONVERTED and x.dtype != float for x in arguments):
            return self._by_blocks(parameters, arguments, n, seeds, gradient)
        if n is None or (n and not self._same_for_all):
            result = self._run(parameters, arguments, n, seeds, gradient)
            return result
        import numpy

        if n == 0 and gradient:  # nothing is added up, not even 0 times the slope of what no argument reaches
            result = self(parameters, arguments, n, seeds, gradient=False)
            of_arguments = {k: numpy.zeros(0) for k in self.code.wanted_arguments}
            return Result(result.outputs, numpy.zeros(self.code.n_slots), of_arguments)
        given = [1.0, *[0.0] * (len(self.code.outputs) - 1)] if seeds is None else seeds
        given = [seed * n if k in self._same_for_all else seed for k, seed in enumerate(given)]
        result = self._run(parameters, arguments, n, given, gradient)
        outputs = [numpy.full(n, y) if k in self._same_for_all else y for k, y in enumerate(result.outputs)]
        return result._replace(outputs=outputs)

    def _by_blocks(
        self, parameters: Any, arguments: Sequence[Any], n: int, seeds: Sequence[float] | None, gradient: bool
    ) -> Result:
        """Rows of other types than float64 are converted block by block, and never all at once."""
        import numpy

        size = max(1, MOST_CONVERTED // max(x.size // n for x in arguments))
        found = []
        for start in range(0, n, size):
            block = [x[start : start + size] for x in arguments]
            found.append(self(parameters, block, len(block[0]), seeds, gradient))
        slopes: Any = found[0].gradient
        for result in found[1:]:
            slopes = slopes if slopes is None else slopes + result.gradient
        outputs = [numpy.concatenate(parts) for parts in zip(*[result.outputs for result in found], strict=True)]
        of_arguments = {k: numpy.concatenate([result.arguments[k] for result in found]) for k in found[0].arguments}
        return Result(outputs, slopes, of_arguments)

    def shared_by(self, threads: int) -> Loops:
        """The same, run by so many threads."""
        if self.name != "llvm" or self._run.threads == threads:
            return self
        other = copy.copy(self)
        other._run = self._run.shared_by(threads)
        return other

    def source(self, backend: str, leaves: Sequence[str] = ()) -> str:
        """The generated code, with names for the leaves."""
        if backend == "python":
            from .loops.array_source import source

            return source(self.code, leaves)
        if backend not in backends.NAMES:
            raise ValueError(f"there is no backend {backend!r}; choose one of {', '.join(backends.NAMES)}")
        from .loops.llvm_runner import LLVMRunner

        return (self._run if isinstance(self._run, LLVMRunner) else LLVMRunner(self.code)).assembly()

    def text(self, leaves: Sequence[str] = (), arguments: Sequence[str] = (), outputs: Sequence[str] = ()) -> str:
        """What it does, for people, with names for the leaves, the columns of the arguments and the results."""
        from .loops.listing import listing

        return listing(self.code, leaves, arguments, outputs)

    def __len__(self) -> int:
        return len(self.code.statements)


class Stats(NamedTuple):
    """What a graph became.

    Attributes: `nodes` of the graph; `form`, "straight-line", "threaded" or "loops"; `instructions` of the program, of
    loops its statements; `lanes`, how many there are, for each group of terms that run side by side; `backend`, "llvm"
    or "python"; `seconds` from the graph to something that runs; `loops`, what was found of them, None for other forms.
    """

    nodes: int
    form: str
    instructions: int
    lanes: list[int]
    backend: str
    seconds: float
    loops: LoopStats | None


def stats(run: StraightLine | Loops, n_nodes: int, seconds: float) -> Stats:
    """What a graph became."""
    found = getattr(run.code, "stats", None)  # of a loop program
    return Stats(n_nodes, run.form, len(run), run.lanes, run.name, seconds, found)


class Prepared(NamedTuple):
    """What runs, the leaves whose numbers are its `parameters`, in their order, and how many nodes the graph has."""

    run: StraightLine | Loops
    leaves: list[Value]
    n_nodes: int


def prepared(
    roots: Sequence[Value],
    wanted: Collection[Value] | None,
    first: Sequence[Value],
    options: Options,
    search_lanes: bool = False,
) -> Prepared:
    """A graph of numbers: its results are the roots, its gradient that of the first root.

    A short program, and every program without `options.lanes`, is straight-line code. Else the loops of the graph are
    found again; where there are none, it is threaded code.

    Args:
        roots: the results.
        wanted: the leaves whose gradients are asked for; None for all.
        first: leaves that come first, in this order; those that the roots do not depend on are left out.
        options: see `compile`.
        search_lanes: whether a short program may run terms of a sum side by side.
    """
    order = topological_order(*roots)
    warn_of_branches(order)
    check_spelling(x for x in order if x.op is None and not x.is_constant)
    most = sys.maxsize
    if options.lanes and len(order) > min(_most_straight(options), MOST_STRAIGHT) and _has_numpy():
        from .loops.analyze import analyze
        from .loops.families import Irregular
        from .loops.lanes import find_lanes

        lanes = find_lanes(order, roots)
        left = n_operations(lanes.order(order))
        if left > _most_straight(options):
            try:
                found = analyze(roots, wanted, first, order, lanes=lanes)
            except Irregular:
                most = MOST_STRAIGHT  # lanes that would leave more are not worth a search
            else:
                if left > MOST_STRAIGHT or n_operations(order) > STATEMENT * len(found.program.statements):
                    return Prepared(Loops(found.program, options), list(found.slots), len(order))
    graph = survey(roots, search_lanes and options.lanes, order, most)
    code, template, slots = lowered(
        graph,
        wanted,
        first,
        machine_code=backends.chosen(options.backend) == "llvm",
        exact=not options.lanes,
        fastmath=options.fastmath,
    )
    return Prepared(StraightLine(code, template, len(slots), options), list(slots), len(order))


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
    graph = survey(roots, lanes=False)
    warn_of_branches(graph.order)
    n_nodes = len(graph.order)
    if graph.n_left > _most_straight(options) and _has_numpy():
        from .loops.analyze import analyze_rows

        inside, own = set(graph.order), set(columns)
        parameters = dict.fromkeys([x for x in first if x in inside])
        parameters |= dict.fromkeys([x for x in graph.order if x.op is None and not x.is_constant and x not in own])
        found = analyze_rows(roots, columns, list(parameters), wanted, graph.order)
        if graph.n_left > MOST_STRAIGHT or graph.n_left > ROW_STATEMENT * len(found.program.statements):
            return Prepared(Loops(found.program, options), list(found.slots), n_nodes)
    places = {node: Column(1, None, k) for k, node in enumerate(columns)}
    tape = trace(graph, places, first)
    asked = [k for k, node in enumerate(columns) if node in wanted]
    program, numbers = assembled_rows(tape, set(wanted), asked)
    return Prepared(StraightLine(program, numbers, len(tape.slots), options, asked), list(tape.slots), n_nodes)


def _most_straight(options: Options) -> int:
    """Programs of fewer operations need not be looked at for loops."""
    return MOST_STRAIGHT if backends.chosen(options.backend) == "llvm" else min(MOST_STRAIGHT, MOST_STRAIGHT_IN_PYTHON)


def _has_numpy() -> bool:
    try:
        import numpy  # noqa: F401
    except ImportError:
        return False
    return True
