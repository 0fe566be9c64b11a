"""What is wrong with this graph? `doctor` looks at a loss and says what it finds, in sentences.

>>> from autograd import Value
>>> w = Value(3.0, "w")
>>> loss = w * w
>>> loss.backward()
>>> loss.backward()
>>> print(doctor(loss))
1 finding.
<BLANKLINE>
1. stale gradient: w.grad holds 2 times the gradient of this loss, as after 2 calls of backward() (w.grad is 12, the
   gradient is 6). backward() adds to what is there: call zero_grad() before it, unless you add up on purpose.

Only what does harm is a finding: after zero_grad(), backward() and step() all is well, although the numbers of the
parameters are no longer those of the loss. Nothing is changed by looking: no `.grad`, no `.data`.

Entry points: `doctor`, and the `Diagnosis` it returns. The checks stand in `checks.py` and `foreign_checks.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ..graph import as_graph
from ..report import Block, Items, Report, Sentence, Strong
from .case import Case, Finding
from .checks import CHECKS
from .foreign_checks import FOREIGN_CHECKS


class Diagnosis(Report, Sequence[Finding]):
    """The findings of `doctor`, in order; `ok` where there are none.

    It has no truth value: `assert doctor(loss)` asks "is it well?", `if doctor(loss):` "is there something?". Write
    `assert doctor(loss).ok`, and `for finding in doctor(loss):`.
    """

    noun = "diagnosis"

    def __init__(self, findings: Iterable[Finding], examined: str = "", notes: Iterable[str] = ()) -> None:
        self._findings = tuple(findings)
        self._examined = examined
        self._notes = tuple(f"({note})" for note in notes)

    @property
    def ok(self) -> bool:
        return not self._findings

    @property
    def kinds(self) -> list[str]:
        """The kind of each finding."""
        return [finding.kind for finding in self]

    def __len__(self) -> int:
        return len(self._findings)

    def __getitem__(self, i: Any) -> Any:
        return self._findings[i]

    def __bool__(self) -> bool:
        raise TypeError(
            "the truth of a diagnosis is ambiguous, as it could mean that all is well or that something was found: ask "
            "doctor(…).ok, or len(doctor(…))"
        )

    @property
    def summary(self) -> str:
        """The kinds of the findings, or what was looked at where there are none."""
        if self.ok:
            return f"nothing found in {self._examined}"
        return f"{self._counted()}: {', '.join(dict.fromkeys(self.kinds))}"

    def _counted(self) -> str:
        return f"{len(self)} finding{'s' if len(self) > 1 else ''}"

    def story(self) -> Iterator[Sequence[Block]]:
        yield [Sentence(f"Nothing found in {self._examined}." if self.ok else f"{self._counted()}.")]
        if not self.ok:
            yield [Items((Strong(finding.kind), f": {finding.sentence}") for finding in self)]
        for note in self._notes:
            yield [Sentence(note)]


def doctor(loss: Any, parameters: Any = None) -> Diagnosis:
    """Look for what commonly goes wrong in the graph of `loss`.

    It finds stale gradients, data changed after the forward pass, parameters that are not connected, dead
    relus, saturated sigmoids, vanishing and exploding gradients, the first number that is not finite, and
    derivative rules that are wrong.

    Of a third-party class (see `autograd.adapt`) it looks at the rules and the gradients themselves: a `_backward` with
    `=` for `+=`, a forgotten factor, a missing case, a backward pass in the wrong order.

    Args:
        loss: the node to start from, or a Graph with this one root.
        parameters: what you train: a list of Values, or a model with `named_parameters()`, whose names the
            sentences then use. Without it all leaves are looked at, but what is missing cannot be noticed.

    Returns a `Diagnosis`: a sequence of `Finding`s that prints well. Nothing is changed. Raises TypeError
    where an argument is no Value.

    >>> from autograd import Value
    >>> w, b = Value(0.0, "w"), Value(1.0, "b")
    >>> doctor(w.sqrt() + 1, parameters=[w, b]).kinds
    ['infinite or nan', 'not connected']
    """
    graph = as_graph("doctor", loss, wanted="a Value or a Graph")
    checks = CHECKS if graph.reading.foreign(graph.root) is None else FOREIGN_CHECKS
    case = Case(graph, parameters)
    findings = [finding for check in checks for finding in check(case)]
    n, m = len(case.graph), len(case.leaves)
    examined = f"{n:,} node{'s' * (n != 1)} and {m:,} {'leaf or parameter' if m == 1 else 'leaves or parameters'}"
    computed = [f.node for f in findings if f.node.op is not None and case.graph.reading.foreign(f.node) is None]
    notes = []
    frozen = case.frozen
    if frozen and "frozen" not in [f.kind for f in findings]:
        are = "is frozen: it gets" if len(frozen) == 1 else "are frozen: they get"
        notes.append(f"{case.listed(frozen)} {are} no gradient, and optimizers do not move anything frozen.")
    if computed and not any(node.source for node in computed):
        notes.append("Build the graph inside `with autograd.record_source():`, and each finding names your line.")
    return Diagnosis(findings, examined, notes)
