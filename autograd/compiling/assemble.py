"""The program of a result and the gradients that are wanted, from a tape."""

from __future__ import annotations

from array import array
from typing import Any

from ..value import Value
from .differentiate import gradients
from .program import Program
from .trace import Tape


def assembled(tape: Tape, wanted: set[Value]) -> tuple[Program, array[float]]:
    """The program of the result and the gradients of the wanted leaves, and the numbers in its slots.

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
    outputs: list[tuple[str, int, Any]] = [("result", 0, tape.entries[tape.root].result)]
    outputs += [("column", column, found[i]) for i, column in columns.items()]
    outputs += [("gradient", slot, found[i]) for i, slot in scalars.items()]
    numbers = array("d", bytes(8 * tape.n_slots))
    for slot, x in tape.constants.items():
        numbers[slot] = x
    return tape.builder.finish(outputs), numbers
