"""What every backend of loop programs is: something that can be called, by several threads at once.

Entry points: `Runner`, `Result`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from .ir import LoopProgram, Numbers


class Result(NamedTuple):
    """What a call computed.

    Attributes:
        outputs: one for each of the program's: a float, or an array with a number for each row where the output
            stands in ARGUMENTS or LANES.
        gradient: of Σ seed · output, rows summed up: one number for each slot. None where it was not asked for.
        arguments: for each of the program's `wanted_arguments` an array with the gradient of each row; empty without
            gradient.
    """

    outputs: list[Any]
    gradient: Numbers | None
    arguments: dict[int, Numbers]


class Runner(Protocol):
    """A loop program, ready to run."""

    name: str
    program: LoopProgram

    def __call__(
        self,
        parameters: Numbers,
        arguments: Sequence[Numbers] = (),
        n: int | None = None,
        seeds: Sequence[float] | None = None,
        gradient: bool = True,
    ) -> Result:
        """Run the program.

        Args:
            parameters: the contents of PARAMETERS, float64.
            arguments: of the function: arrays of n numbers or of n rows, with any strides (0: the same for all
                rows). Their columns, one after the other, are the numbers of `Column.argument`.
            n: how many rows; only for a program that has a region whose `n` is None.
            seeds: one for each output; an output of many rows uses its seed for each. By default 1.0 for the first
                and 0.0 for the others. An output whose seed is 0 sends nothing down, not even the nan of 0·inf.
            gradient: False computes the outputs only.
        """
