"""What `autograd.compile` gives the user: a graph that runs as a program.

Entry points: `CompiledGraph` for a loss; `function.py` has the compiled function.
"""

from __future__ import annotations

import time
from array import array
from typing import Any

from ..conditions import warn_of_branches
from ..modes import users_frame
from ..naming import find_names
from ..spelling import check_spelling
from ..value import Value
from . import backends
from .assemble import assembled, lowered
from .program import Program
from .trace import survey, trace


class CompiledGraph:
    """A loss, compiled: calling it computes the loss and all gradients from the leaves' current numbers.

    Attributes: `loss`, the Value; `leaves`, whose `.grad` a call sets; `program`; `stats`; `recording`, what the last
    call of `train` kept: pairs of the number of steps and the numbers of the leaves after them.
    """

    def __init__(self, loss: Value, backend: str | None = None, lanes: bool = True, fastmath: bool = False) -> None:
        start = time.perf_counter()
        self.loss = loss
        self.recording: list[tuple[int, list[float]]] = []
        self._options = (backend, lanes, fastmath)
        self._made: tuple[Program, list[Value]] | None = None  # of threaded code, when somebody wants to read it
        self._trainer: Any = None  # of the last call of `train`
        graph = survey(loss, lanes)
        warn_of_branches(graph.order)
        check_spelling(x for x in graph.order if x.op is None and not x.is_constant)
        self._code, self._template, slots = lowered(
            graph, None, machine_code=backends.chosen(backend) == "llvm", exact=not lanes, fastmath=fastmath
        )
        self.leaves = list(slots)
        if not self.leaves:
            raise ValueError(
                "this graph has no leaf that a gradient could be taken for, only constants: make the parameters "
                "Values, as in `w = Value(0.5)`, before computing with them"
            )
        traced = time.perf_counter()
        self._run = backends.load(self._code, len(self._template), backend, fastmath)
        self.stats = {
            "nodes": len(graph.order),
            "instructions": len(self._code),
            "lanes": [n for n in self._code.lanes[1:] if n is not None],
            "backend": self._run.name,
            "threaded": not isinstance(self._code, Program),
            "seconds_to_trace": traced - start,
            "seconds_to_generate": time.perf_counter() - traced,
        }

    @property
    def program(self) -> Program:
        """The loss and all gradients as a straight-line program; of threaded code it is made when asked for."""
        return self._straight()[0]

    def _straight(self) -> tuple[Program, list[Value]]:
        """The straight-line program, and the leaves in its first slots."""
        if isinstance(self._code, Program):
            return self._code, self.leaves
        if self._made is None:
            tape = trace(survey(self.loss, self._options[1]))
            self._made = assembled(tape, set(tape.slots))[0], list(tape.slots)
        return self._made

    def __call__(self) -> float:
        """Compute loss.data and set every leaf's `.grad` to d(loss)/d(leaf); returns the number of the loss.

        A frozen leaf keeps its `.grad`.
        """
        numbers = array("d", [leaf._data for leaf in self.leaves])
        numbers.extend(self._template[len(numbers) :])
        result, found = self._run.scalars(numbers)
        self.loss._data, self.loss._backward_at = result, ()
        for leaf, gradient in zip(self.leaves, found, strict=False):  # slots of constants come after the leaves
            if not leaf._is_frozen:
                leaf.grad = gradient
        return result

    def __str__(self) -> str:
        """The program; its slots are called as the variables that hold the leaves."""
        program, leaves = self._straight()
        found = find_names(users_frame(), leaves).names
        names = {slot: leaf.label or found.get(leaf, "") for slot, leaf in enumerate(leaves)}
        return "\n".join(program.lines({slot: name for slot, name in names.items() if name}))

    def __repr__(self) -> str:
        return f"<compiled graph: {self.stats['nodes']} nodes, {len(self._code)} instructions, {self._run.name}>"

    def source(self, backend: str = "python") -> str:
        """The generated code: "python" or "llvm"."""
        program = self.program if backend == "python" else self._code
        return backends.source(program, len(self._template), backend, self._options[2])

    def train(self, optimizer: Any, steps: int, record: int = 0) -> list[float]:
        """Train for `steps` steps; returns the loss before each of them. See `training.py`.

        With `record`, the numbers of the leaves are kept in `recording` so many times on the way, and at the start:
        `autograd.explore` of this compiled graph then has a slider over them. Nothing else changes.
        """
        from .training import train

        if isinstance(record, bool) or not isinstance(record, int) or record < 0:
            raise ValueError(f"record is a whole number of at least 0, the number of snapshots, got {record!r}")
        self.recording = []
        if not record or not isinstance(steps, int) or steps < 1:  # nothing to keep, or something to complain about
            return train(self, optimizer, steps)
        losses: list[float] = []
        pieces = min(record, steps)
        for i in range(pieces + 1):
            losses += train(self, optimizer, steps * i // pieces - len(losses))
            self.recording.append((len(losses), [leaf._data for leaf in self.leaves]))
        return losses

    def __reduce__(self) -> tuple[Any, ...]:
        return CompiledGraph, (self.loss, *self._options)  # machine code stays here and is generated again

    def __deepcopy__(self, memo: dict[int, Any]) -> CompiledGraph:
        import copy

        return CompiledGraph(copy.deepcopy(self.loss, memo), *self._options)
