"""What `autograd.compile` gives the user: a graph that runs as a program.

Entry points: `CompiledGraph` for a loss; `function.py` has the compiled function.
"""

from __future__ import annotations

import time
from typing import Any

from ..graph import Graph
from ..value import Value
from . import python_backend
from .assemble import assembled
from .collector import collector_off
from .leaves import Leaves
from .program import Program
from .runners import DEFAULTS, Options, checked_threads, prepared, stats
from .showing import leaf_names
from .trace import survey, trace


class CompiledGraph:
    """A loss, compiled: calling it computes the loss and all gradients from the leaves' current numbers.

    `print(step)` shows what the graph became: the lines of a straight-line program; of loops the array statements that
    were found, in the user's names, each with its share of the work.

    Attributes: `graph`, the Graph that was compiled; `loss`, its root; `leaves`, whose `.grad` a call sets; `program`;
    `run`, see `runners.py`; `options`; `recording`, what the last call of `train` kept: pairs of the number of steps
    and the numbers of the leaves after them; `stats`, what it became, see `Stats`.
    """

    def __init__(self, graph: Graph, options: Options = DEFAULTS) -> None:
        start = time.perf_counter()
        self.graph, self.loss = graph, graph.root
        loss = self.loss
        self.recording: list[tuple[int, list[float]]] = []
        self.options = options
        self._made: tuple[Program, list[Value]] | None = None  # of threaded code, when somebody wants to read it
        self._trainer: Any = None  # of the last call of `train`
        self._moved: Any = None  # what moved in it
        self.run, self.leaves, n_nodes = prepared([loss], None, (), options, search_lanes=True)
        self._leaves = Leaves(self.leaves)
        if not self.leaves:
            raise ValueError(
                "this graph has no leaf that a gradient could be taken for, only constants: make the parameters "
                "Values, as in `w = Value(0.5)`, before computing with them"
            )
        self.stats = stats(self.run, n_nodes, time.perf_counter() - start)

    @property
    def program(self) -> Program:
        """The loss and all gradients as a straight-line program; of threaded code it is made when asked for."""
        return self._straight()[0]

    def _straight(self) -> tuple[Program, list[Value]]:
        """The straight-line program, and the leaves in its first slots."""
        if isinstance(self.run.code, Program):
            return self.run.code, self.leaves
        if self._made is None:
            tape = trace(survey([self.loss], self.options.lanes))
            self._made = assembled(tape, set(tape.slots))[0], list(tape.slots)
        return self._made

    def __call__(self) -> float:
        """Compute loss.data and set every leaf's `.grad` to d(loss)/d(leaf); returns the number of the loss.

        A frozen leaf keeps its `.grad`.
        """
        found = self.run(self._leaves.numbers())
        result: float = found.outputs[0]
        self.loss._data, self.loss._backward_at = result, ()
        gradient: Any = found.gradient
        self._leaves.write_gradient(gradient.tolist())
        return result

    def __str__(self) -> str:
        """What it became, in the names of the variables that hold the leaves; see `loops/listing.py` for loops."""
        with collector_off():
            return self.run.text(leaf_names(self.leaves))

    def __repr__(self) -> str:
        return f"<compiled graph: {self.stats.nodes} nodes, {len(self.run)} {self.run.units}, {self.run.name}>"

    def source(self, backend: str = "python") -> str:
        """The generated code: "python" or "llvm"."""
        if backend == "python" and self.run.form == "threaded":
            return python_backend.source(self.program)
        return self.run.source(backend, leaf_names(self.leaves))

    def train(
        self,
        optimizer: Any,
        steps: int,
        record: int = 0,
        threads: int | str | None = None,
        clip_norm: float | None = None,
        clip_value: float | None = None,
    ) -> list[float]:
        """Train for `steps` steps; returns a list, the loss before each of them. See `training.py`.

        With `record`, the numbers of the leaves are kept in `recording` so many times on the way, and at the start:
        `autograd.explore` of this compiled graph then has a slider over them. Nothing else changes. `threads` is as of
        `compile`, and by default the number given there. `clip_norm` and `clip_value` shrink a gradient before its
        update, see `nn.clip_grad_norm` and `nn.clip_grad_value`.
        """
        from .training import train

        if isinstance(record, bool) or not isinstance(record, int) or record < 0:
            raise ValueError(f"record is a whole number of at least 0, the number of snapshots, got {record!r}")
        n_threads = self.options.threads if threads is None else checked_threads(threads)
        self.recording = []
        if not record or not isinstance(steps, int) or steps < 1:  # nothing to keep, or something to complain about
            return train(self, optimizer, steps, n_threads, clip_norm, clip_value)
        losses: list[float] = []
        pieces = min(record, steps)
        for i in range(pieces + 1):
            losses += train(self, optimizer, steps * i // pieces - len(losses), n_threads, clip_norm, clip_value)
            self.recording.append((len(losses), [leaf._data for leaf in self.leaves]))
        return losses

    def __reduce__(self) -> tuple[Any, ...]:
        return CompiledGraph, (Graph(self.loss), self.options)  # machine code stays here and is generated again

    def __deepcopy__(self, memo: dict[int, Any]) -> CompiledGraph:
        import copy

        return CompiledGraph(Graph(copy.deepcopy(self.loss, memo)), self.options)
