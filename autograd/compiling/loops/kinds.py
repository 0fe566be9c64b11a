"""What the code of a kernel depends on: its kind. Statements of one kind share their code.

Entry point: `Kind`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ..program import Program
from .bodies import backward_program, forward_program, literals_of
from .ir import Expression

TILE = 64  # lanes side by side
WIDTH = 8  # numbers in a vector, whatever the machine: so sums are the same everywhere
N_SPACES = 5
LIMIT = 2 * N_SPACES

# What a loop does to the address of a column.
FIXED = 0
STRIDED = 1
SIDE_BY_SIDE = 2  # of the vector loop: one further in each iteration; of the loop around the lanes: the next address
LISTED = 3  # the address stands in a table, at a position that advances


class Kind(NamedTuple):
    """What the code of a kernel depends on.

    Attributes:
        forward: or backward.
        body: of the run, `bodies.lifted`.
        reduce: how terms become members; "" backward.
        first: the columns that get their only numbers here: what stands in memory is not read, but replaced.
        softmax: see `ir.Statement`.
        wanted: the accesses that a gradient flows to; none forward.
        modes: for each loop, the outermost first, what it does to each column.
        vector: the number of the loop whose iterations run side by side; -1: none.
        lanes: the vector loop runs over the lanes of a tile, as many as there are; where the loop around it moves
            all columns to the next address, all vectors of a full tile stand in one row, and both are one loop.
    """

    forward: bool
    body: Expression
    reduce: str
    first: tuple[int, ...]
    softmax: bool
    wanted: tuple[int, ...]
    modes: tuple[tuple[int, ...], ...]
    n_columns: int
    vector: int
    lanes: bool

    @property
    def width(self) -> int:
        """How many numbers stand side by side."""
        return WIDTH if self.vector >= 0 else 1

    @property
    def in_a_row(self) -> bool:
        """Whether the lanes of one address may be followed by those of the next."""
        return self.lanes and self.vector > 0 and set(self.modes[self.vector - 1]) == {SIDE_BY_SIDE}

    def program(self) -> Program:
        """What is computed for each term."""
        if self.forward:
            return forward_program(self.body)
        return backward_program(self.body, self.n_columns - 1, self.wanted, self.softmax)

    def fields(self) -> dict[Any, int]:
        """Where in the descriptor stands what.

        ("count", loop), ("space", column), ("offset", column), ("stride", loop, column), ("table", column),
        ("step", loop, column) for a position in a table, ("literal", number).
        """
        of_lanes = self.vector if self.lanes else -1  # how many there are is known in each tile only
        names: list[Any] = [("count", loop) for loop in range(len(self.modes)) if loop != of_lanes]
        for column in range(self.n_columns):
            names += [("space", column), ("offset", column)]
            modes = [of_columns[column] for of_columns in self.modes]
            if LISTED in modes:
                names.append(("table", column))
            for loop, mode in enumerate(modes):
                if mode in (STRIDED, LISTED):
                    names.append(("stride" if mode == STRIDED else "step", loop, column))
        names += [("literal", number) for number in range(literals_of(self.body))]
        return {name: place for place, name in enumerate(names)}
