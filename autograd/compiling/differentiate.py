"""The derivative of a program is more of the same program.

The tape is walked backwards, and the rules of the table of operations are applied to symbols instead of
numbers: what they compute is emitted. No derivative is written here.

Entry point: `gradients(tape, wanted)`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .program import Operand, Variable
from .trace import REDUCTION, Tape


def gradients(tape: Tape, wanted: Iterable[int]) -> dict[int, Operand]:
    """d(first result)/d(entry) for the wanted entries: Symbols or floats. Of rows, it is the sum of their results.

    Contributions add up in the order of the eager engine. A scalar that lanes use collects one vector for
    each group, which is summed over the lanes once.
    """
    entries, builder = tape.entries, tape.builder
    wanted = list(wanted)
    depends = bytearray(len(entries))
    for i in wanted:
        depends[i] = 1
    for i, entry in enumerate(entries):
        if not depends[i] and any(depends[j] for j in entry.inputs):
            depends[i] = 1
    root = tape.roots[0]
    adjoints: dict[int, Any] = {root: 1.0}
    if entries[root].group == 0 and None in builder.lanes:  # no argument reaches it: the same number for each row
        adjoints[root] = builder.reduce(1.0, builder.lanes.index(None))
    partial: dict[int, dict[int, Any]] = {}  # of scalars: entry -> group -> vector
    for i in range(root, -1, -1):
        if not depends[i]:
            continue
        for group, vector in partial.pop(i, {}).items():
            adjoints[i] = _sum(adjoints.get(i), builder.reduce(vector, group))
        adjoint = adjoints.get(i)
        operation, inputs, result, group = entries[i]
        if adjoint is None or operation is None:
            continue
        del adjoints[i]
        if operation is REDUCTION:
            sent: Any = [(0, adjoint)]
        else:
            sent = operation.sends(adjoint, result, *[entries[j].result for j in inputs])
        for position, contribution in sent:
            j = inputs[position]
            if depends[j]:
                if entries[j].group == group or entries[j].group != 0:
                    adjoints[j] = _sum(adjoints.get(j), contribution)
                else:
                    of_groups = partial.setdefault(j, {})
                    of_groups[group] = _sum(of_groups.get(group), contribution)
    # The eager engine starts every sum at 0.0, so its gradients are never -0.0.
    return {i: _normal(adjoints.get(i, 0.0)) for i in wanted}


def _sum(a: Any, b: Any) -> Any:
    return b if a is None else a + b


def _normal(x: Operand) -> Operand:
    return x + 0.0 if isinstance(x, Variable) else float(x) + 0.0
