"""Local derivatives that a class hides: they are found by calling a node's `_backward` on trial.

Entry point: `try_backward`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from ..value import Value
from .access import Entry, access_of, as_number, get, put
from .recognition import nearly


class Fault(NamedTuple):
    """What is wrong with the backward rule of a node: `kind` is "assigns", "ignores grad", "raises" or "count"."""

    kind: str
    detail: str = ""


class Trial(NamedTuple):
    """What `_backward` of a node sends to each parent, by its id, when the node's gradient is 1; None: not tried."""

    sums: dict[int, float] | None = None
    fault: Fault | None = None


# A second call, from another start and with another gradient, tells `=` from `+=`, and shows whether the gradient
# of the node is multiplied in. An odd start, which no derivative equals by chance.
_START, _GRAD = 0.6180339887498949, 2.0


def try_backward(entries: Sequence[Entry], earlier: Iterable[Any]) -> dict[int, Trial]:
    """Trials, by the id of the node, of the nodes that do not state their local derivatives.

    All gradients of the graph are put back, not only those of the parents: a rule may go on by itself.
    """
    computed = [e for e in entries if e.parents and e.local is None and callable(get(e.node, "backward"))]
    if not computed:
        return {}
    own = [p for e in computed for p in e.parents if isinstance(p, Value)]
    with gradients_kept([*(entry.node for entry in entries), *earlier, *own]):
        trials = {id(entry.node): _trial(entry) for entry in computed}
    # A class without a backward pass yet often has a `_backward` already, which does nothing.
    does_something = any(trial.fault or any((trial.sums or {}).values()) for trial in trials.values())
    return trials if does_something else {}


@contextmanager
def gradients_kept(nodes: Iterable[Any]) -> Iterator[list[tuple[Any, str]]]:
    """Put all gradients back afterwards, the very same objects; gives the nodes and the names of their gradients."""
    held = [(node, name) for node in nodes if isinstance(name := access_of(node, "grad"), str)]
    before = [getattr(node, name) for node, name in held]
    try:
        yield held
    finally:
        for (node, name), grad in zip(held, before, strict=True):
            setattr(node, name, grad)


def _trial(entry: Entry) -> Trial:
    parents = {id(p): p for p in entry.parents if not isinstance(p, float)}
    if any(not isinstance(access_of(p, "grad"), str) for p in (entry.node, *parents.values())):
        return Trial()  # without gradients to write to, nothing can be tried

    def run(grad: float, start: float) -> dict[int, float]:
        put(entry.node, "grad", grad)
        for parent in parents.values():
            put(parent, "grad", start)
        get(entry.node, "backward")()
        return {key: as_number(parent, "grad", get(parent, "grad")) for key, parent in parents.items()}

    try:
        sums, again = run(1.0, 0.0), run(_GRAD, _START)
    except Exception as error:  # whatever a half-built rule does
        return Trial(None, Fault("raises", f"{type(error).__name__}: {error}"))
    for key, d in sums.items():
        if nearly(again[key], _START + _GRAD * d):
            continue
        if nearly(again[key], _GRAD * d):
            return Trial(sums, Fault("assigns"))
        if nearly(again[key], _START + d):
            return Trial(sums, Fault("ignores grad"))
        if nearly(again[key], d):
            return Trial(sums, Fault("assigns, and ignores grad"))
    return Trial(sums)
