"""Local derivatives that a class does not state: found by calling a node's `_backward` as a probe.

Whatever a call changed is put back, and a rule that does not end is stopped: its lines are counted.

Entry point: `probe_backward`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from types import FrameType
from typing import Any, NamedTuple

from ..value import Value
from .access import Entry, as_number, can_put, get, put
from .keeping import Snapshot, kept
from .recognition import nearly


class Fault(NamedTuple):
    """What is wrong with the backward rule of a node: "assigns", "ignores grad", "raises", "endless" or "count"."""

    kind: str
    detail: str = ""


class Probe(NamedTuple):
    """What `_backward` of a node sends to each parent, by its id, when the node's gradient is 1; None: not tried."""

    sums: dict[int, float] | None = None
    fault: Fault | None = None


# A second call, from another start and with another gradient, tells `=` from `+=`, and shows whether the gradient
# of the node is multiplied in. An odd start, which no derivative equals by chance.
_START, _GRAD = 0.6180339887498949, 2.0

LINES = 100_000  # of Python that one call may run, and as many as this for each parent:
LINES_FOR_PARENT = 100
IN_LINE = 100  # instructions of Python; where a line runs more of them, each counts as a line
LINES_IN_ALL = 10_000_000  # then the rest is not tried: a second or two


def probe_backward(entries: Sequence[Entry], earlier: Iterable[Any]) -> dict[int, Probe]:
    """Probes of the nodes that do not state their local derivatives, by the id of the node.

    All nodes of the graph are put back, not only the parents: a rule may go on by itself.
    """
    computed = [e for e in entries if e.parents and e.local is None and callable(get(e.node, "backward"))]
    if not computed:
        return {}
    own = [p for e in computed for p in e.parents if isinstance(p, Value)]
    budget = _Budget()
    with kept([*(entry.node for entry in entries), *earlier, *own]) as memory:
        probes = {id(entry.node): _probe(entry, memory, budget) for entry in computed}
    # A class that has no backward pass yet often has a `_backward` that does nothing.
    does_something = any(probe.fault or any((probe.sums or {}).values()) for probe in probes.values())
    return probes if does_something else {}


def _probe(entry: Entry, memory: Snapshot, budget: _Budget) -> Probe:
    parents = {id(p): p for p in entry.parents if not isinstance(p, float)}
    nodes = [entry.node, *parents.values()]
    if budget.left <= 0 or not all(can_put(node, "grad") for node in nodes):
        return Probe()  # without gradients to write to, nothing can be tried

    def run(grad: float, start: float) -> dict[int, float]:
        put(entry.node, "grad", grad)
        for parent in parents.values():
            put(parent, "grad", start)
        try:
            budget.run(get(entry.node, "backward"), LINES + LINES_FOR_PARENT * len(parents))
            return {key: as_number(parent, "grad", get(parent, "grad")) for key, parent in parents.items()}
        finally:
            memory.put_back_attributes(nodes)

    try:
        sums, again = run(1.0, 0.0), run(_GRAD, _START)
    except KeyboardInterrupt:
        raise
    except _Endless as endless:
        return Probe(None, Fault("endless", f"{endless.lines:,}"))
    except BaseException as error:  # whatever a half-built rule does
        return Probe(None, Fault("raises", f"{type(error).__name__}: {error}"))
    for key, d in sums.items():
        if nearly(again[key], _START + _GRAD * d):
            continue
        if nearly(again[key], _GRAD * d):
            return Probe(sums, Fault("assigns"))
        if nearly(again[key], _START + d):
            return Probe(sums, Fault("ignores grad"))
        if nearly(again[key], d):
            return Probe(sums, Fault("assigns, and ignores grad"))
    return Probe(sums)


class _Endless(BaseException):
    """Ends a call that has run more lines than it may."""

    def __init__(self, lines: int) -> None:
        self.lines = lines


class _Budget:
    """How many lines of Python all calls of a reading may still run."""

    def __init__(self) -> None:
        self.left = LINES_IN_ALL

    def run(self, function: Callable[[], object], most: int) -> None:
        """Call the function, and raise `_Endless` in the middle of it after `most` lines of Python.

        It counts lines, not seconds, so that the same graph always gives the same picture. What cannot be counted is
        not stopped: a call that waits below Python, such as `time.sleep`, and a loop that catches every error.
        """
        left = most = min(most, self.left)

        in_line = 0

        def count(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal left, in_line
            if event == "opcode":  # `while True: pass` never comes to another line
                in_line += 1
                if in_line < IN_LINE:
                    return count
            else:
                frame.f_trace_opcodes = True
                in_line = 0
            left -= 1
            if left < 0:
                raise _Endless(most)
            return count

        before = sys.gettrace()  # of a debugger or a coverage tool
        sys.settrace(count)
        try:
            function()
        finally:
            sys.settrace(before)
            self.left -= most - max(left, 0)
