"""Foreign graphs as graphs of Values.

Entry points: `as_value` for one graph, a `Reading` for several that share nodes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..operations import Operation
from ..serialization import make_node
from ..value import Constant, Value
from .access import (
    UNKNOWN,
    Entry,
    access_of,
    as_number,
    can_put,
    entry_of,
    get,
    is_node,
    put,
    read_data,
    shown,
    why_no_node,
)
from .attributes import is_a
from .keeping import kept
from .names import as_pairs
from .probing import Fault, Probe, probe_backward
from .recognition import ForeignOperation, nearly, recognized, sums_of


def as_value(x: Any) -> Value:
    """`x` itself if it is a Value, else the reading of its graph; TypeError if it is not a node.

    >>> x = Value(2.0)
    >>> as_value(x) is x
    True
    """
    return x if isinstance(x, Value) else Reading().value(x)


def parents_of(node: Any) -> tuple[Any, ...]:
    """The nodes that a node, of ours or of another class, was computed from; plain numbers left out."""
    if isinstance(node, Value):
        return node.parents
    return tuple(parent for parent in entry_of(node).parents if not isinstance(parent, float))


class Reading:
    """Foreign graphs as graphs of Values; a node that was read once stays the same Value.

    Attributes, for the doctor: `faults` in the rules of nodes; `doubtful`, the operation of the table that a node's
    symbol names but its numbers contradict.
    """

    def __init__(self) -> None:
        self._values: dict[int, Value] = {}  # by the id of the foreign node: it may not be hashable
        self._nodes: dict[Value, Any] = {}  # and back; keeps the foreign nodes alive, and so their ids unique
        self.faults: dict[Value, Fault] = {}
        self.doubtful: dict[Value, Operation] = {}

    def value(self, x: Any) -> Value:
        """The Value that `x` is read as; a Value is itself."""
        if isinstance(x, Value):
            return x
        if id(x) not in self._values:
            if not is_node(x):
                raise TypeError(f"expected a Value, got {type(x).__name__} {shown(x)}{why_no_node(x)}")
            self._read(x)
        return self._values[id(x)]

    def known(self, x: Any) -> Value | None:
        """A Value itself, what a node of a graph was read as, None for anything else."""
        return x if is_a(x, Value) else self._values.get(id(x))

    def values(self, nodes: Iterable[Any]) -> list[Value]:
        return [self.value(x) for x in nodes]

    def named(self, names: Any) -> Any:
        """A mapping from names to nodes, or pairs of them, with Values for the nodes; anything else unchanged."""
        if names is None:
            return None
        return {name: self.value(x) if is_node(x) else x for name, x in as_pairs(names).items()}

    def foreign(self, value: Value) -> Any:
        """The node that was read as `value`, None for one of our own."""
        return self._nodes.get(value)

    # --- moving numbers between the two graphs -------------------------------------------------------------

    def fetch_data(self, values: Iterable[Value]) -> None:
        """Take over the current numbers of the foreign nodes."""
        for value in values:
            if value in self._nodes:
                value._data = read_data(self._nodes[value])

    def write_data(self, values: Iterable[Value]) -> None:
        for value in values:
            if value in self._nodes:
                put(self._nodes[value], "data", value._data)

    def write_grad(self, values: Iterable[Value]) -> None:
        """Set the gradients of the foreign nodes that have one."""
        for value in values:
            node = self._nodes.get(value)
            if node is not None and isinstance(access_of(node, "grad"), str):
                put(node, "grad", value.grad)

    def own_gradients(self, root: Value, inputs: Sequence[Value]) -> list[float] | None:
        """What the class's own `root.backward()` leaves at the inputs; None if it has none, or no gradients that can be
        written. Everything is put back.
        """
        backward = getattr(self._nodes.get(root), "backward", None)
        if not callable(backward):
            return None
        with kept(self._nodes.values()):
            for node in self._nodes.values():
                if isinstance(access_of(node, "grad"), str):
                    if not can_put(node, "grad"):
                        return None
                    put(node, "grad", 0.0)
            backward()
            return [as_number(x, "grad", get(x, "grad") or 0.0) for x in (self._nodes.get(x, x) for x in inputs)]

    # --- reading -------------------------------------------------------------------------------------------

    def _read(self, root: Any) -> None:
        entries = self._entries(root)
        reached = any(entry.grad for entry in entries)  # else 0 means: no backward pass yet
        probes = probe_backward(entries, self._nodes.values())
        for entry in entries:
            value = self._make(entry, probes.get(id(entry.node), Probe()))
            value.grad = entry.grad if reached and entry.grad is not None else 0
            if entry.label:
                value.label = entry.label
            self._values[id(entry.node)] = value
            self._nodes[value] = entry.node

    def _entries(self, root: Any) -> list[Entry]:
        """What the nodes not yet read say, each after its parents; iteratively, as a graph may be deep."""
        done: list[Entry] = []
        entries: dict[int, Entry] = {}
        closed: set[int] = set(self._values)
        stack: list[Any] = [root]
        while stack:
            node = stack.pop()
            if isinstance(node, Entry):  # all its parents are listed
                done.append(node)
                closed.add(id(node.node))
            elif id(node) in closed:
                continue
            elif id(node) in entries:
                raise ValueError(_cycle(node, stack))
            else:
                entry = entries[id(node)] = entry_of(node)
                stack.append(entry)
                stack.extend(p for p in reversed(entry.parents) if not isinstance(p, (float, Value)))
        return done

    def _make(self, entry: Entry, probe: Probe) -> Value:
        if not entry.parents:
            return Value(entry.data)
        parents = [Constant(p) if isinstance(p, float) else self._values.get(id(p), p) for p in entry.parents]
        local, fault = _stated(entry, probe)
        sums = probe.sums if local is None else sums_of(entry.parents, local)
        match = recognized(entry, parents, sums)
        if match is None or not match.agrees:
            operation: Operation = ForeignOperation(entry.symbol or "?")
            local = local or _shares(entry.parents, sums)
        else:
            operation = match.operation
            by_table = match.derivatives(entry.data, parents)
            if local is not None and len(local) == len(match.order):
                local = (*[local[i] for i in match.order], *by_table[len(local) :])
            else:
                local = _split([entry.parents[i] for i in match.order], by_table, sums or {}, fault)
            parents = match.parents(parents)
        value = make_node(Value, entry.data, 0, operation, tuple(parents), local)
        if match is not None and not match.agrees:
            self.doubtful[value] = match.operation
        if fault is not None:
            self.faults[value] = fault
        return value


def _stated(entry: Entry, probe: Probe) -> tuple[tuple[float, ...] | None, Fault | None]:
    """The local derivatives that the class states, if there is one for each parent, and what is wrong with them."""
    if entry.local is not None and len(entry.local) != len(entry.parents):
        return None, Fault("count", f"{len(entry.local)} for {len(entry.parents)}")
    return entry.local, probe.fault


def _shares(parents: Sequence[Any], sums: dict[int, float] | None) -> tuple[float, ...]:
    """A local derivative for each parent of an unknown operation; what goes to one that occurs twice, in halves."""
    ids = [id(p) for p in parents]
    return tuple(UNKNOWN if sums is None or i not in sums else sums[i] / ids.count(i) for i in ids)


def _split(
    parents: Sequence[Any], by_table: Sequence[float], sums: dict[int, float], fault: Fault | None
) -> tuple[float, ...]:
    """What was sent, as a local derivative for each parent; for x * x the table says how the sum is made up."""
    local = list(by_table)
    ids = [id(p) for p in parents]
    assigns = fault is not None and fault.kind.startswith("assigns")
    for key, total in sums.items():
        places = [i for i, each in enumerate(ids) if each == key]
        others = sum(by_table[i] for i in places[:-1])
        # `=` keeps only the last share: that is not the fault of the derivatives.
        kept = assigns and any(nearly(total, by_table[i]) for i in places)
        if len(places) == 1 or not (kept or nearly(total, others + by_table[places[-1]])):
            local[places[-1]] = total - others
    return tuple(local)


def _cycle(node: Any, stack: list[Any]) -> str:
    way = [entry.node for entry in stack if isinstance(entry, Entry)]
    way = way[next(i for i, each in enumerate(way) if each is node) :]
    names = [str(get(each, "label") or "") or f"a {type(each).__name__}" for each in [*way, node]]
    if len(names) > 6:
        names = [*names[:3], "…", *names[-2:]]
    return (
        f"this graph has a cycle: {' ← '.join(names)} (← reads: was computed from). A node cannot be computed from "
        "itself: look for an operator that puts `self` or `out` among its own parents, or for parents that were "
        "assigned later"
    )
