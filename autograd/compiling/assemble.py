"""The program of the results, and of the wanted gradients of the first of them, from a tape."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from ..value import Value
from .differentiate import gradients
from .program import Program
from .trace import Survey, Tape, trace

if TYPE_CHECKING:
    from .threaded import Threaded

# A graph of more operations than this, where lanes count once, becomes threaded code where there is LLVM, unless lanes
# shorten it well: straight-line code is at best a quarter faster to run, but takes ten times longer to compile.
LONG = 1_000
SHORTENED = 8  # times


class Lowered(NamedTuple):
    """A graph as something a backend can run, the numbers in its slots, and which slot is which leaf's."""

    program: Program | Threaded
    numbers: array[float]
    slots: dict[Value, int]


def lowered(
    graph: Survey,
    wanted: Collection[Value] | None,
    first: Sequence[Value] = (),
    *,
    machine_code: bool,
    exact: bool = False,
    fastmath: bool = False,
) -> Lowered:
    """The results of a graph and the gradients of the wanted leaves, None for all, as a program or as threaded code."""
    if machine_code and graph.n_left > LONG and graph.n_operations < SHORTENED * graph.n_left:
        from .threaded import Threaded, can_thread

        if can_thread(graph.order):
            leaves = {x for x in graph.order if x.op is None and not x.is_constant}
            code = Threaded(graph, leaves if wanted is None else wanted, first, exact, fastmath)
            return Lowered(code, code.numbers, code.slots)
    tape = trace(graph, None, first)
    program, numbers = assembled(tape, set(tape.slots if wanted is None else wanted))
    return Lowered(program, numbers, tape.slots)


def assembled(tape: Tape, wanted: set[Value]) -> tuple[Program, array[float]]:
    """The program of the results and the gradients of the wanted leaves, and the numbers in its slots.

    Leaves come first, in the order of `tape.slots`, then the constants that stand in columns.
    """
    slots = {slot: leaf for leaf, slot in tape.slots.items()}
    scalars = {i: slot for slot, i in tape.of_slot.items() if slots[slot] in wanted}
    columns = {
        i: column
        for column, i in tape.of_column.items()
        if any(slots[slot] in wanted for slot in tape.builder.columns[column].slots or ())
    }
    found = gradients(tape, [*scalars, *columns])
    outputs: list[tuple[str, int, Any]] = [("result", k, tape.entries[i].result) for k, i in enumerate(tape.roots)]
    outputs += [("column", column, found[i]) for i, column in columns.items()]
    outputs += [("gradient", slot, found[i]) for i, slot in scalars.items()]
    numbers = array("d", bytes(8 * tape.n_slots))
    for slot, x in tape.constants.items():
        numbers[slot] = x
    return tape.builder.finish(outputs), numbers


def assembled_rows(tape: Tape, wanted: set[Value], arguments: Sequence[int]) -> tuple[Program, array[float]]:
    """The same for a function of rows: its results for each, gradients of the wanted leaves summed over all rows.

    The gradients with respect to the `arguments` are vectors: lane outputs, as the results are, and after them.
    """
    slots = {slot: leaf for leaf, slot in tape.slots.items()}
    scalars = {i: slot for slot, i in tape.of_slot.items() if slots[slot] in wanted}
    columns = {tape.builder.columns[column].argument: i for column, i in tape.of_column.items()}
    asked = [columns.get(argument) for argument in arguments]
    found = gradients(tape, [*scalars, *[i for i in asked if i is not None]])
    vectors = [tape.entries[i].result for i in tape.roots] + [0.0 if i is None else found[i] for i in asked]
    outputs: list[tuple[str, int, Any]] = [("lanes", k, vector) for k, vector in enumerate(vectors)]
    outputs += [("gradient", slot, found[i]) for i, slot in scalars.items()]
    return tape.builder.finish(outputs), array("d", bytes(8 * tape.n_slots))
