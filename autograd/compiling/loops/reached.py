"""Which statements take part in a backward pass.

Entry points: `active_outputs`, `Reached`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy

from .ir import LANES, SHARED, LoopProgram, Statement


def active_outputs(seeds: Sequence[float] | None) -> tuple[int, ...]:
    """The outputs that send a gradient down: by default the first alone, see `runner.Runner`."""
    return (0,) if seeds is None else tuple([k for k, seed in enumerate(seeds) if seed != 0.0])


class Reached:
    """The statements that outputs depend on, those in `active`.

    Others get no gradient, not even a nan from 0·inf, as nodes that no loss depends on get none from `backward`.
    """

    def __init__(self, program: LoopProgram, active: Collection[int]) -> None:
        self._marks: dict[int, Any] = {SHARED: numpy.zeros(program.size, bool)}
        self._statements: set[int] = set()
        outputs = [output for k, output in enumerate(program.outputs) if k in active]
        self._mark(outputs, SHARED)
        self._walk(program.after)
        for r, region in reversed(list(enumerate(program.regions))):
            self._marks[LANES] = numpy.zeros(region.size, bool)
            if r == len(program.regions) - 1:
                self._mark(outputs, LANES)
            self._walk(region.statements)
        self._walk(program.before)

    def by(self, statement: Statement) -> bool:
        """Whether a gradient arrives at a statement."""
        return id(statement) in self._statements

    def _mark(self, outputs: Iterable[Any], space: int) -> None:
        for output in outputs:
            if output.space == space:
                self._marks[space][output.address] = True

    def _walk(self, statements: Sequence[Statement]) -> None:
        for statement in reversed(statements):
            members = self._marks[statement.space][statement.base : statement.base + statement.n]
            if statement.backward and members.any():
                self._statements.add(id(statement))
                for run in statement.runs:
                    for access in run.accesses:
                        if access.wanted and access.space in self._marks:
                            self._marks[access.space][access.index] = True
