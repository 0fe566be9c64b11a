"""From a graph to array statements over nests of loops.

    order of the nodes → lanes → families → places in memory → statements → program

Every step is linear in the size of the graph. A graph without loops raises `families.Irregular`.

Entry points: `analyze` for a graph, `analyze_rows` for a function of rows.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy

from ...sweeps import topological_order
from ...value import Value
from ..program import COLUMN
from .bodies import backward_program
from .families import ARGUMENT, PARAMETER, UNWANTED, Families, find_families
from .ir import SHARED, BodyColumn, LoopProgram, LoopStats, Region, Statement
from .lanes import AFTER, BEFORE, Lanes, find_lanes, merged, rows_as_lanes
from .placement import place
from .statements import StatementWriter


class Analyzed(NamedTuple):
    """A program, and which leaf's number stands in which slot of its parameters."""

    program: LoopProgram
    slots: dict[Value, int]


def analyze(
    roots: Sequence[Value],
    wanted: Collection[Value] | None = None,
    first: Sequence[Value] = (),
    order: Sequence[Value] | None = None,
    patient: bool = False,
    lanes: Lanes | None = None,
) -> Analyzed:
    """The program of a graph: its results are the roots.

    Args:
        roots: the results.
        wanted: the leaves whose gradients are asked for; None for all.
        first: leaves that get the first slots, in this order.
        order: all nodes, each after its parents, best as they were made; by default in topological order.
        patient: do not give up on a graph with few loops.
        lanes: those of the graph, where they are known already.
    """
    start = time.perf_counter()
    order = topological_order(*roots) if order is None else order
    lanes = find_lanes(order, roots) if lanes is None else lanes
    wanted = None if wanted is None else set(wanted)
    inside = set(order) if first else set()
    slots = {leaf: slot for slot, leaf in enumerate([x for x in first if x in inside])}
    return _analyzed(roots, lanes.order(order), lanes, slots, wanted, (), patient, start)


def analyze_rows(
    roots: Sequence[Value],
    arguments: Sequence[Value],
    parameters: Sequence[Value],
    wanted: Collection[Value] = (),
    order: Sequence[Value] | None = None,
) -> Analyzed:
    """The program of a function of rows, from the graph that it made of the `arguments` of one row.

    The results are one number for each row where they depend on an argument. `parameters` are all other leaves, in the
    order of their slots; `wanted`: the parameters and arguments whose gradients are asked for.
    """
    start = time.perf_counter()
    order = topological_order(*roots) if order is None else order
    wanted = set(wanted)
    slots = {leaf: slot for slot, leaf in enumerate(parameters)}
    asked = tuple([k for k, x in enumerate(arguments) if x in wanted])
    return _analyzed(roots, order, rows_as_lanes(arguments), slots, wanted, asked, True, start)


def _analyzed(
    roots: Sequence[Value],
    order: Sequence[Value],
    lanes: Lanes,
    slots: dict[Value, int],
    wanted: Collection[Value] | None,
    wanted_arguments: tuple[int, ...],
    patient: bool,
    start: float,
) -> Analyzed:
    parameters = [*slots, *[x for x in order if x.op is None and not x.is_constant]]
    kinds = {leaf: PARAMETER if wanted is None or leaf in wanted else UNWANTED for leaf in parameters}
    kinds |= {nodes[0]: ARGUMENT for leaves in lanes.columns for nodes in leaves}
    found = find_families(order, lanes, kinds, roots, patient)
    colored = time.perf_counter()
    if lanes.n == [None]:  # the arguments stay in their order
        columns = [(leaves, {nodes[0]: k for k, nodes in enumerate(leaves)}) for leaves in lanes.columns]
    else:
        columns = [merged(leaves, found.index) for leaves in lanes.columns]
    for leaf in _as_read(found, [leaf for leaf in kinds if kinds[leaf] != ARGUMENT]):
        slots.setdefault(leaf, len(slots))
    for nodes in [nodes for leaves, _ in columns for nodes in leaves]:
        for leaf in nodes if lanes.n != [None] and not nodes[0].is_constant else ():
            slots.setdefault(leaf, len(slots))
    needed = found.needed(_wanted(kinds, wanted, lanes))  # before places are given: then slots are divided
    placement = place(found, lanes, slots, [places for _, places in columns])
    numbers = [found.index[root] for root in roots]
    writer = StatementWriter(found, placement, numbers, needed)
    written = list(writer.statements())
    before = [statement for group, statement in written if group == BEFORE]
    after = [statement for group, statement in written if group == AFTER]
    regions = []
    for r, (n, (leaves, _)) in enumerate(zip(lanes.n, columns, strict=True)):
        inside = [statement for group, statement in written if group == r + 1]
        sources = [_column(nodes, k, n, slots) for k, nodes in enumerate(leaves)]
        regions.append(Region(n, sources, placement.n_lanes[r], inside, _need_values(after, writer.sums)))
    outputs = [writer.output(number) for number in numbers]  # which may be constants that nothing else reads
    program = LoopProgram(
        n_slots=len(slots),
        constants=numpy.array(writer.constants, dtype=float),
        size=placement.n_shared,
        before=before,
        regions=regions,
        after=after,
        outputs=outputs,
        wanted_arguments=wanted_arguments,
    )
    program.stats = _stats(program, len(found.families), start, colored)
    return Analyzed(program, slots)


def _as_read(found: Families, leaves: Sequence[Value]) -> list[Value]:
    """Leaves in the order in which families read them: those that one statement reads stand side by side."""
    reader = numpy.full(len(found.order), len(found.families))
    for family in reversed(found.families):
        for slot in family.slots:
            reader[slot] = family.number
    return sorted([x for x in leaves if x in found.index], key=lambda leaf: reader[found.index[leaf]])


def _wanted(kinds: dict[Value, int], wanted: Collection[Value] | None, lanes: Lanes) -> list[Value]:
    """The leaves in the order whose gradients are asked for; the first of a column stands for all of it."""
    found = [leaf for leaf, kind in kinds.items() if kind == PARAMETER]
    for nodes in [nodes for leaves in lanes.columns for nodes in leaves]:
        if not nodes[0].is_constant if wanted is None else any(x in wanted for x in nodes):
            found.append(nodes[0])
    return found


def _column(nodes: Sequence[Value], k: int, n: int | None, slots: dict[Value, int]) -> BodyColumn:
    if n is None:
        return BodyColumn(argument=k)
    if nodes[0].is_constant:
        return BodyColumn(numbers=numpy.array([x.data for x in nodes]))
    return BodyColumn(slots=numpy.array([slots[x] for x in nodes]))


def _need_values(after: Sequence[Statement], sums: Collection[int]) -> bool:
    """Whether the backward pass of these statements reads what they computed, or the `sums` over lanes."""
    known_later = set(sums)
    for statement in after:
        known_later.update(range(statement.base, statement.base + statement.n))
    for statement in after:
        if not statement.backward:
            continue
        if statement.softmax:
            return True
        for run in statement.runs:
            wanted = [k for k, access in enumerate(run.accesses) if access.wanted]
            program = backward_program(run.body, len(run.accesses), wanted)
            read = [program.columns[x[0]].argument for _, operation, x in program if operation is COLUMN]
            for access in [run.accesses[k] for k in read if k < len(run.accesses)]:
                if access.space == SHARED and not known_later.isdisjoint(access.index.tolist()):
                    return True
    return False


def _stats(program: LoopProgram, n_families: int, start: float, colored: float) -> LoopStats:
    """What was found, in numbers."""
    shares = {"affine": 0, "table": 0, "alone": 0}
    n_nests = 0
    for statement in program.statements:
        for run in statement.runs:
            kind = "alone" if len(run) < 4 else "table" if run.nests is None else "affine"
            shares[kind] += len(run)
            n_nests += len(run.nests or (None,))
    return LoopStats(
        families=n_families,
        statements=len(program.statements),
        nests=n_nests,
        terms_affine=shares["affine"],
        terms_in_tables=shares["table"],
        terms_alone=shares["alone"],
        seconds_to_find_families=colored - start,
        seconds_to_find_loops=time.perf_counter() - colored,
    )
