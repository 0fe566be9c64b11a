"""Bring your own `Value`: graphs of other classes, read into graphs of ours.

micrograd's nodes, those of a GPT in a single file, a student's half-built class: `draw`, `explain`, `doctor`,
`gradcheck`, `gradcheck_nodes` and `compile` take their results as they take ours. Each reads the graph at its
door, once, and works on the reading, a graph of our own Values.

What a class does not say is found out: the operation by its symbol and by the numbers, a local derivative by
calling the node's `_backward` as a probe (whatever that changes is put back). What can not be found out stays open: the
operation is then a `ForeignOperation`, a local derivative `UNKNOWN`, which pictures show as "?".

Entry points: `adapt` tells how a class is read; `as_value` reads one graph, a `Reading` several that share nodes.
Reading order: `access.py` (one node), `recognition.py`, `keeping.py`, `trial.py`, `reading.py` (the graph),
`diagnosis.py`.
"""

from __future__ import annotations

from .access import UNKNOWN, adapt, get, is_node, put, read_data, why_no_node
from .reading import Reading, as_value, parents_of
from .recognition import ForeignOperation

__all__ = [
    "UNKNOWN",
    "ForeignOperation",
    "Reading",
    "adapt",
    "as_value",
    "get",
    "is_node",
    "parents_of",
    "put",
    "read_data",
    "why_no_node",
]
