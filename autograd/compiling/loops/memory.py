"""What a call of a loop program computes in.

Entry point: `Memory`.
"""

from __future__ import annotations

from typing import Any

import numpy

from . import tiles
from .ir import ARGUMENTS, CONSTANTS, LANES, PARAMETERS, SHARED, LoopProgram
from .kinds import N_SPACES, TILE

OF_TILES = (ARGUMENTS, LANES)  # where an address has room for the lanes of a tile
OF_CHUNKS = (SHARED, N_SPACES + PARAMETERS, N_SPACES + SHARED)  # what a chunk has copies of


class Memory:
    """The spaces, their adjoints and the context of one call; later calls may use it again.

    Attributes:
        spaces: the numbers of each space, and then of each adjoint.
        context: see `tiles.py`; address: where it begins.
        seeds: one for each output.
        told_seeds, told_arguments: what the last call wrote to `seeds` and to the context, and need not write again.
        kept: what the context points to, during a call: where Ctrl-C ends it, other threads may still compute in it.
    """

    def __init__(self, program: LoopProgram, size: int) -> None:
        n_lanes = TILE * max([region.size for region in program.regions], default=0)
        n_columns = TILE * max([len(region.columns) for region in program.regions], default=0)
        self._sizes = 2 * [program.n_slots, len(program.constants), program.size, n_columns, n_lanes]
        self.spaces = [aligned(n) for n in self._sizes]
        self.spaces[CONSTANTS][:] = program.constants
        self.seeds = aligned(len(program.outputs))
        self.told_seeds: tuple[float, ...] = ()
        self.told_arguments: list[tuple[int, tuple[int, ...], tuple[int, ...]]] = []
        self.context = numpy.zeros(size, numpy.int64)
        self.address: int = self.context.ctypes.data
        self.context[: 2 * N_SPACES] = [numbers.ctypes.data for numbers in self.spaces]
        self.context[tiles.SEEDS] = self.seeds.ctypes.data
        self.context[tiles.SIZES : tiles.SIZES + 2] = program.n_slots, program.size
        self.kept: tuple[Any, ...] = ()
        self.chunks: list[Chunk] = []
        self._tiles: list[list[Any]] = []

    def divide(self, chunks: int, threads: int = 1) -> None:
        """Have memory for so many chunks and threads, which go on from what the context says now."""
        while len(self.chunks) < chunks:
            self.chunks.append(Chunk(self._sizes, len(self.context)))
        while len(self._tiles) < threads - 1:  # the first thread computes in the memory of the call itself
            self._tiles.append([aligned(self._sizes[space + half]) for half in (0, N_SPACES) for space in OF_TILES])
        for chunk in self.chunks[:chunks]:
            chunk.context[2 * N_SPACES :] = self.context[2 * N_SPACES :]
            chunk.context[: 2 * N_SPACES] = self.context[: 2 * N_SPACES]
            chunk.context[list(OF_CHUNKS)] = chunk.bases
            chunk.context[tiles.MASTER] = self.address
        self.context[tiles.PRIVATE] = self.chunks[0].address

    def compute_in(self, chunk: int, thread: int) -> None:
        """Let a thread compute a chunk in its own tile."""
        context = self.chunks[chunk].context
        context[tiles.CHUNK] = chunk
        if thread:
            arrays = iter(self._tiles[thread - 1])
            for half in (0, N_SPACES):
                for space in OF_TILES:
                    context[half + space] = next(arrays).ctypes.data


class Chunk:
    """Copies of what the lanes of a chunk add to, and a context that has their addresses."""

    def __init__(self, sizes: list[int], size: int) -> None:
        self._arrays = [aligned(sizes[place]) for place in OF_CHUNKS]
        self.bases = [numbers.ctypes.data for numbers in self._arrays]
        self.context = numpy.zeros(size, numpy.int64)
        self.address: int = self.context.ctypes.data


def aligned(n: int) -> Any:
    """So many zeros, from the beginning of a cache line on."""
    room = numpy.zeros(n + 8)
    start = -room.ctypes.data % 64 // 8
    return room[start : start + n]
