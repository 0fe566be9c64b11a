"""Runs loop programs as machine code.

Entry point: `LLVMRunner`.
"""

from __future__ import annotations

import copy
import os
from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy

from . import machine, tiles
from .ir import HAS_LANES, PARAMETERS, LoopProgram
from .kinds import N_SPACES
from .memory import Memory
from .reached import active_outputs
from .runner import Result
from .softmaxes import keeping_exponentials
from .tapes import ROWS, Context, Tapes

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

    from .ir import Numbers


class LLVMRunner:
    """A loop program as tapes for the vector machine, see `runner.Runner`.

    Args:
        program: to run.
        threads: how many share the lanes of a call. The results are the same for any number.
    """

    name = "llvm"

    def __init__(self, program: LoopProgram, threads: int = 1) -> None:
        from ctypes import CFUNCTYPE, c_void_p

        self.program, self.threads = program, threads
        self._executed = keeping_exponentials(program)
        self._places = Context(program)
        self._tapes: dict[tuple[int, ...], Tapes] = {}
        self._spare: list[Memory] = []  # of calls that have ended
        self._pool: ThreadPoolExecutor | None = None
        self._pool_of = 0
        signature = CFUNCTYPE(None, c_void_p, c_void_p)
        self._walk, self._chunk, self._collect = [
            signature(machine.built_in()[name]) for name in ("walk", "chunk", "collect")
        ]
        self._of_rows = any(region.n is None for region in program.regions)
        self._most_lanes = max([region.n or 0 for region in program.regions], default=0)
        self._default_seeds = (1.0, *[0.0] * (len(program.outputs) - 1))
        outputs = [(k, *output) for k, output in enumerate(program.outputs)]
        self._scalar_outputs = [(k, space, address) for k, space, address in outputs if space not in HAS_LANES]
        self._lane_outputs = [k for k, space, _ in outputs if space in HAS_LANES]
        self._output_places = _span([self._places.outputs + k for k in self._lane_outputs])
        self._wanted_places = _span([self._places.wanted + k for k in range(len(program.wanted_arguments))])
        self._steps = numpy.arange(max(len(program.outputs), self._places.n_arguments, len(program.wanted_arguments)))

    def __call__(
        self,
        parameters: Numbers,
        arguments: Sequence[Numbers] = (),
        n: int | None = None,
        seeds: Sequence[float] | None = None,
        gradient: bool = True,
    ) -> Result:
        """Outputs and gradients, as `Runner` says."""
        program = self.program
        if n is None and self._of_rows:
            raise TypeError("this program runs over rows: say how many, n=…")
        tapes = self._tapes_for(active_outputs(seeds) if gradient else ())
        seeds = self._default_seeds if seeds is None else tuple(seeds)
        try:
            memory = self._spare.pop()  # an operation that no other thread can interrupt
        except IndexError:
            memory = Memory(self._executed, self._places.size)
        memory.spaces[PARAMETERS][:] = parameters
        if seeds != memory.told_seeds:
            memory.seeds[:] = memory.told_seeds = seeds
        kept = self._point_at(memory, arguments, n)
        of_lanes, of_arguments = self._room(memory.context, n, gradient)
        memory.kept = kept, of_lanes, of_arguments, tapes
        self._run(tapes, memory, n)
        memory.kept = ()
        outputs: list[Any] = list(of_lanes)
        for k, space, address in self._scalar_outputs:
            outputs.insert(k, float(memory.spaces[space][address]))
        slopes: Any = None
        if gradient:
            slopes = memory.spaces[N_SPACES].copy() if tapes.active else numpy.zeros(program.n_slots)
        self._spare.append(memory)
        return Result(outputs, slopes, of_arguments)

    def shared_by(self, threads: int) -> LLVMRunner:
        """The same program, run by so many threads."""
        other = copy.copy(self)
        other.threads, other._pool, other._spare = threads, None, []
        return other

    def assembly(self) -> str:
        """The LLVM assembly of the kernels."""
        return machine.source(self._tapes_for((0,)).kinds)

    def _tapes_for(self, active: tuple[int, ...]) -> Tapes:
        if active not in self._tapes:
            self._tapes[active] = Tapes(self._executed, active)
        return self._tapes[active]

    # --- arguments and results ---------------------------------------------------------------------------

    def _point_at(self, memory: Memory, arguments: Sequence[Numbers], n: int | None) -> list[Any]:
        """Tell the context where the arguments are; what must live until they have been read."""
        kept, told = [], []
        for argument in arguments:
            array = numpy.asarray(argument, numpy.float64)
            kept.append(array)
            told.append((array.__array_interface__["data"][0], array.shape[1:], array.strides))
        context = memory.context
        context[tiles.N] = 0 if n is None else n
        if told == memory.told_arguments:
            return kept
        memory.told_arguments = told
        place = self._places.arguments
        for address, width, strides in told:
            stop = min(place + 2 * (width[0] if width else 1), self._places.outputs)
            pitch = strides[1] if width else 0
            context[place:stop:2] = address + pitch * self._steps[: (stop - place) // 2]
            context[place + 1 : stop : 2] = strides[0]
            place = stop
        return kept

    def _room(self, context: Any, n: int | None, gradient: bool) -> tuple[Any, dict[int, Numbers]]:
        """Arrays for what is computed lane by lane: a table with a row for each output; gradients of arguments."""
        fixed = self.program.regions[-1].n if self.program.regions else None
        lanes = (n or 0) if fixed is None else fixed
        outputs = numpy.empty((len(self._lane_outputs), lanes))
        outputs.fill(-0.0)  # adding to it changes nothing
        if self._lane_outputs:
            context[self._output_places] = self._addresses(outputs)
        wanted = self.program.wanted_arguments
        if not gradient or not wanted:
            return outputs, {}
        of_arguments = numpy.zeros((len(wanted), n or 0))
        context[self._wanted_places] = self._addresses(of_arguments)
        return outputs, dict(zip(wanted, of_arguments, strict=True))

    def _addresses(self, table: Numbers) -> Any:
        """Where the rows of a table begin."""
        address: int = table.__array_interface__["data"][0]
        return address + table.strides[0] * self._steps[: len(table)]

    # --- tapes -------------------------------------------------------------------------------------------

    def _run(self, tapes: Tapes, memory: Memory, n: int | None) -> None:
        if tiles.n_chunks(max(n or 0, self._most_lanes)) == 1:
            self._walk(tapes.main, memory.address)
        elif self.threads == 1:
            memory.divide(1)
            self._walk(tapes.main, memory.address)
        else:
            for address, lanes in tapes.parts():
                if lanes is None:
                    self._walk(address, memory.address)
                else:
                    self._side_by_side(address, memory, tiles.n_chunks((n or 0) if lanes == ROWS else lanes))

    def _side_by_side(self, region: int, memory: Memory, chunks: int) -> None:
        """Run the chunks of a region on several threads; add them up in their order."""
        threads = min(self.threads, chunks)
        memory.divide(chunks, threads)
        waiting = deque(range(chunks))

        def work(thread: int) -> None:
            while waiting:
                try:
                    chunk = waiting.popleft()
                except IndexError:  # another thread was faster
                    return
                memory.compute_in(chunk, thread)
                self._chunk(region, memory.chunks[chunk].address)

        others: list[Any] = []
        try:
            for thread in range(1, threads):
                try:
                    others.append(self._others().submit(work, thread))
                except RuntimeError:  # Python is exiting, and begins nothing any more
                    break
            work(0)
        finally:
            for other in others:
                if not other.cancel():  # what has not begun by now finds nothing to do
                    other.result()
        for chunk in memory.chunks[:chunks]:
            self._collect(region, chunk.address)

    def _others(self) -> ThreadPoolExecutor:
        """The other threads; a process that was forked has none of its parent's."""
        if self._pool is None or self._pool_of != os.getpid():
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(self.threads - 1, thread_name_prefix="autograd")
            self._pool_of = os.getpid()
        return self._pool


def _span(places: list[int]) -> Any:
    """What indexes these places of an array: a slice where they follow each other."""
    if places and places[-1] - places[0] == len(places) - 1:
        return slice(places[0], places[-1] + 1)
    return places
