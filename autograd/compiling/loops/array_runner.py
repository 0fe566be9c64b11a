"""Runs a loop program as NumPy source; see `array_source.py`.

Entry point: `ArrayRunner`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .array_source import Writer
from .ir import HAS_LANES, LoopProgram
from .runner import Result

if TYPE_CHECKING:
    from .ir import Numbers


class ArrayRunner:
    """Runs a program as NumPy source; see `runner.Runner`."""

    name = "python"

    def __init__(self, program: LoopProgram) -> None:
        self.program = program
        writer = Writer(program)
        self.source = writer.source()
        scope: dict[str, Any] = dict(writer.tables)
        exec(compile(self.source, "<compiled by autograd>", "exec"), scope)
        self._run = scope["run"]

    def __call__(
        self,
        parameters: Numbers,
        arguments: Sequence[Numbers] = (),
        n: int | None = None,
        seeds: Sequence[float] | None = None,
        gradient: bool = True,
    ) -> Result:
        """Outputs and gradients, as `Runner` says."""
        outputs = self.program.outputs
        if seeds is None:
            seeds = [float(i == 0) for i in range(len(outputs))]
        given = [np.asarray(x) for x in arguments]
        parameters = np.ascontiguousarray(parameters, dtype=np.float64)
        with np.errstate(all="ignore"):  # inf and nan are results here, as in the eager engine
            found, *gradients = self._run(parameters, given, n, np.asarray(seeds, dtype=float), gradient)
        results = [
            np.array(np.broadcast_to(x, n) if n is not None else x) if output.space in HAS_LANES else float(x)
            for x, output in zip(found, outputs, strict=True)
        ]
        return Result(results, *gradients) if gradient else Result(results, None, {})
