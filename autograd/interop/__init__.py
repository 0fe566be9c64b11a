"""Bring your own `Value`: graphs of other classes, read into graphs of ours.

micrograd's nodes, those of a GPT in a single file, a student's half-built class: `draw`, `explain`, `doctor`,
`gradcheck`, `gradcheck_nodes` and `compile` take their results as they take ours. A `Graph` reads the nodes once,
into Values of our own.

What a class does not state is worked out: the operation from its symbol and the numbers, a local derivative by
calling the node's `_backward` as a probe (whatever that changes is put back). What cannot be worked out stays open: the
operation is then a `ForeignOperation`, a local derivative `UNKNOWN`, which pictures show as "?".

Entry points: `adapt` tells how a class is read; `as_value` reads one graph, a `Reading` several that share nodes.
Reading order: `access.py` (one node), `recognition.py`, `keeping.py`, `probing.py`, `reading.py` (the graph);
`attributes.py` and `names.py` (the user's variables).
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
