"""Runs loop programs as machine code.

Entry point: `LLVMRunner`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy

from . import machine, tiles
from .ir import CONSTANTS, HAS_LANES, PARAMETERS, SHARED, LoopProgram
from .kernels import N_SPACES, TILE
from .runner import Result
from .tapes import Context, Tapes

if TYPE_CHECKING:
    from .ir import Numbers


class LLVMRunner:
    """A loop program as tapes for the vector machine, see `runner.Runner`."""

    name = "llvm"

    def __init__(self, program: LoopProgram) -> None:
        from ctypes import CFUNCTYPE, c_void_p

        self.program = program
        self._context = Context(program)
        self._tapes: dict[tuple[int, ...], Tapes] = {}
        self._spare: list[_Memory] = []  # of calls that have ended
        self._walk = CFUNCTYPE(None, c_void_p, c_void_p)(machine.built_in()["walk"])

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
        if n is None and any(region.n is None for region in program.regions):
            raise TypeError("this program runs over rows: say how many, n=…")
        if seeds is None:
            seeds = [1.0, *[0.0] * (len(program.outputs) - 1)]
        active = tuple([k for k, seed in enumerate(seeds) if seed != 0.0]) if gradient else ()
        tapes = self._tapes_for(active)
        try:
            memory = self._spare.pop()  # an operation that no other thread can interrupt
        except IndexError:
            memory = _Memory(program, self._context.size)
        memory.spaces[PARAMETERS][:] = parameters
        memory.seeds[:] = seeds
        kept = self._point_at(memory, arguments, n)
        outputs, of_arguments = self._room(memory, n, gradient)
        if any(tiles.n_chunks(self._lanes(r, n)) > 1 for r in range(len(program.regions))):
            memory.divide()
        self._walk(tapes.main, memory.address)
        found = []
        for output, array in zip(program.outputs, outputs, strict=True):
            found.append(float(memory.spaces[output.space][output.address]) if array is None else array)
        slopes = None
        if gradient:
            slopes = memory.adjoints[PARAMETERS].copy() if active else numpy.zeros(program.n_slots)
        del kept
        self._spare.append(memory)
        return Result(found, slopes, of_arguments)

    def assembly(self) -> str:
        """The LLVM assembly of the kernels."""
        return machine.source(self._tapes_for((0,)).kinds)

    def _tapes_for(self, active: tuple[int, ...]) -> Tapes:
        if active not in self._tapes:
            self._tapes[active] = Tapes(self.program, active)
        return self._tapes[active]

    def _lanes(self, region: int, n: int | None) -> int:
        """How many lanes a region has."""
        lanes = self.program.regions[region].n
        return (n or 0) if lanes is None else lanes

    def _point_at(self, memory: _Memory, arguments: Sequence[Numbers], n: int | None) -> list[Any]:
        """Tell the context where the arguments are; what must live as long as the call is returned."""
        context, place = memory.context, self._context.arguments
        context[tiles.N] = 0 if n is None else n
        kept = []
        for argument in arguments:
            array = numpy.asarray(argument, numpy.float64)
            kept.append(array)
            k = 1 if array.ndim == 1 else array.shape[1]
            pitch = array.strides[1] if array.ndim == 2 else 0
            stop = min(place + 2 * k, self._context.outputs)
            context[place:stop:2] = array.__array_interface__["data"][0] + pitch * numpy.arange((stop - place) // 2)
            context[place + 1 : stop : 2] = array.strides[0]
            place = stop
        return kept

    def _room(self, memory: _Memory, n: int | None, gradient: bool) -> tuple[list[Any], dict[int, Numbers]]:
        """Arrays for what is computed lane by lane."""
        program, context = self.program, memory.context
        outputs: list[Any] = []
        for k, output in enumerate(program.outputs):
            array = None
            if output.space in HAS_LANES:
                array = numpy.full(self._lanes(-1, n), -0.0)  # what x is added to without a change
                context[self._context.outputs + k] = array.__array_interface__["data"][0]
            outputs.append(array)
        of_arguments: dict[int, Numbers] = {}
        if gradient:
            for k, number in enumerate(program.wanted_arguments):
                of_arguments[number] = numpy.zeros(n or 0)
                context[self._context.wanted + k] = of_arguments[number].__array_interface__["data"][0]
        return outputs, of_arguments


class _Memory:
    """What a call computes in. Where lanes are, each address has room for those of a tile."""

    def __init__(self, program: LoopProgram, size: int) -> None:
        n_lanes = TILE * max([region.size for region in program.regions], default=0)
        n_columns = TILE * max([len(region.columns) for region in program.regions], default=0)
        sizes = [program.n_slots, len(program.constants), program.size, n_columns, n_lanes]
        self.spaces = [_aligned(n) for n in sizes]
        self.adjoints = [_aligned(n) for n in sizes]
        self.spaces[CONSTANTS][:] = program.constants
        self.seeds = _aligned(len(program.outputs))
        self.context = numpy.zeros(size, numpy.int64)
        self.address = self.context.ctypes.data
        self._tell(self.context, self.spaces, self.adjoints)
        self._private: tuple[list[Any], list[Any], Any] | None = None

    def divide(self) -> None:
        """Give chunks a context of their own, with copies of what lanes add to."""
        if self._private is None:
            spaces, adjoints = [*self.spaces], [*self.adjoints]
            spaces[SHARED] = _aligned(len(spaces[SHARED]))
            for space in (PARAMETERS, SHARED):
                adjoints[space] = _aligned(len(adjoints[space]))
            self._private = spaces, adjoints, numpy.zeros_like(self.context)
        spaces, adjoints, context = self._private
        context[:] = self.context
        self._tell(context, spaces, adjoints)
        context[tiles.MASTER] = self.address
        self.context[tiles.PRIVATE] = context.ctypes.data

    def _tell(self, context: Any, spaces: Sequence[Any], adjoints: Sequence[Any]) -> None:
        for space, (numbers, of_space) in enumerate(zip(spaces, adjoints, strict=True)):
            context[space] = numbers.ctypes.data
            context[N_SPACES + space] = of_space.ctypes.data
        context[tiles.SEEDS] = self.seeds.ctypes.data
        context[tiles.SIZES : tiles.SIZES + 2] = len(spaces[PARAMETERS]), len(spaces[SHARED])


def _aligned(n: int) -> Any:
    """So many zeros, from the beginning of a cache line on."""
    room = numpy.zeros(n + 8)
    start = -room.ctypes.data % 64 // 8
    return room[start : start + n]
