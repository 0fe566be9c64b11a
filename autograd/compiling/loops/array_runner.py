"""Runs a loop program as NumPy source; see `array_source.py`.

Entry point: `ArrayRunner`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .array_source import ArrayWriter
from .ir import HAS_LANES, LoopProgram
from .reached import active_outputs
from .runner import Result

if TYPE_CHECKING:
    from .ir import Numbers


class ArrayRunner:
    """Runs a program as NumPy source; see `runner.Runner`."""

    name = "python"

    def __init__(self, program: LoopProgram) -> None:
        self.program = program
        self._functions: dict[tuple[int, ...], Callable[..., Any]] = {}
        self._function_for((0,))

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
        run = self._function_for(active_outputs(seeds))
        with np.errstate(all="ignore"):  # inf and nan are results here, as in the eager engine
            found, *gradients = run(parameters, given, n, np.asarray(seeds, dtype=float), gradient)
        results = [
            np.array(np.broadcast_to(x, n) if n is not None else x) if output.space in HAS_LANES else float(x)
            for x, output in zip(found, outputs, strict=True)
        ]
        return Result(results, *gradients) if gradient else Result(results, None, {})

    def _function_for(self, active: tuple[int, ...]) -> Callable[..., Any]:
        """The function `run` of the source whose backward pass starts from these outputs."""
        if active not in self._functions:
            writer = ArrayWriter(self.program, active=active)
            code = compile(writer.source(), "<compiled by autograd>", "exec")
            scope: dict[str, Any] = dict(writer.tables)
            exec(code, scope)
            self._functions[active] = scope["run"]
        return self._functions[active]
