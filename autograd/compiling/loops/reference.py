"""A loop program interpreted with NumPy, one run after the other: what every backend is compared with.

Plain rather than fast. A run is evaluated at its sequences of addresses, for all terms and all lanes at once; nests
and tiles play no part. What a statement of a region computes for all lanes is an array (addresses, lanes).

Entry point: `ReferenceRunner`.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .array_operations import evaluated
from .bodies import backward_program, forward_program
from .ir import (
    ARGUMENTS,
    CONSTANTS,
    HAS_LANES,
    LANES,
    MAXIMUM,
    PARAMETERS,
    SHARED,
    STORE,
    LoopProgram,
    Region,
    Run,
    Statement,
)
from .reached import Reached, active_outputs
from .runner import Result

if TYPE_CHECKING:
    from .ir import Numbers

# What a member is before the first term arrives; -0.0 + x has the bits of x, whatever x is.
STARTS = {STORE: -0.0, MAXIMUM: -np.inf}

Memory = dict[int, Any]  # space → its numbers, or their adjoints

_forward = cache(forward_program)
_backward = cache(backward_program)


class ReferenceRunner:
    """Interprets a program; see `runner.Runner`.

    In a SHARED statement, a run whose body reads lanes is summed over them, and a run that reads none counts once.
    """

    name = "reference"

    def __init__(self, program: LoopProgram) -> None:
        for statement in program.statements:
            if statement.reduce == MAXIMUM and statement.backward:
                raise ValueError("a statement that keeps the largest term has no derivative of its own")
        self.program = program

    def __call__(
        self,
        parameters: Numbers,
        arguments: Sequence[Numbers] = (),
        n: int | None = None,
        seeds: Sequence[float] | None = None,
        gradient: bool = True,
    ) -> Result:
        """Outputs and gradients, as `Runner` says."""
        program = self.program
        parameters = np.asarray(parameters, dtype=np.float64)
        given = columns_of(arguments)
        shared: Memory = {
            PARAMETERS: parameters,
            CONSTANTS: np.asarray(program.constants, dtype=np.float64),
            SHARED: np.zeros(program.size),
        }
        with np.errstate(all="ignore"):  # inf and nan are results here, as in the eager engine
            _forward_pass(program.before, shared)
            memories = [_memory_of(region, shared, given, n) for region in program.regions]
            for region, memory in zip(program.regions, memories, strict=True):
                _forward_pass(region.statements, memory)
            _forward_pass(program.after, shared)
            last = memories[-1] if memories else shared
            outputs = [_output(last, space, address) for space, address in program.outputs]
            if not gradient:
                return Result(outputs, None, {})
            adjoints: Memory = {space: np.zeros_like(shared[space]) for space in (PARAMETERS, SHARED)}
            regional = [
                {**adjoints, ARGUMENTS: np.zeros_like(memory[ARGUMENTS]), LANES: np.zeros_like(memory[LANES])}
                for memory in memories
            ]
            active = active_outputs(seeds)
            for i in active:
                space, address = program.outputs[i]
                if space != CONSTANTS:
                    seed = seeds[i] if seeds is not None else 1.0
                    (regional[-1] if space in HAS_LANES else adjoints)[space][address] += seed
            reached = Reached(program, active)
            _backward_pass(program.after, shared, adjoints, reached)
            for region, memory, of_region in zip(program.regions[::-1], memories[::-1], regional[::-1], strict=True):
                _backward_pass(region.statements, memory, of_region, reached)
            _backward_pass(program.before, shared, adjoints, reached)
            return Result(outputs, *self._collected(adjoints, regional))

    def _collected(self, adjoints: Memory, regional: list[Memory]) -> tuple[Numbers, dict[int, Numbers]]:
        """The gradients of the slots, and those of the wanted arguments."""
        total: Numbers = adjoints[PARAMETERS]
        found: dict[int, Numbers] = {}
        for region, of_region in zip(self.program.regions, regional, strict=True):
            for column, of_lanes in zip(region.columns, of_region[ARGUMENTS], strict=True):
                if column.slots is not None:
                    np.add.at(total, column.slots, of_lanes)
                elif column.argument in self.program.wanted_arguments:
                    found[column.argument] = found.get(column.argument, 0.0) + of_lanes
        return total, {number: found[number] for number in self.program.wanted_arguments}


def columns_of(arguments: Sequence[Any]) -> list[Numbers]:
    """The columns of the arguments, one after the other; views, of whatever strides."""
    columns: list[Numbers] = []
    for argument in arguments:
        array = np.asarray(argument)
        columns += [array] if array.ndim == 1 else list(array.T)
    return columns


def _memory_of(region: Region, shared: Memory, given: list[Numbers], n: int | None) -> Memory:
    """The spaces as the statements of a region see them."""
    lanes = region.n if region.n is not None else n
    if lanes is None:
        raise TypeError("this program runs over rows: say how many, n=…")
    arguments = np.empty((len(region.columns), lanes))
    for into, column in zip(arguments, region.columns, strict=True):
        if column.numbers is not None:
            into[:] = column.numbers
        elif column.slots is not None:
            into[:] = shared[PARAMETERS][column.slots]
        elif column.argument is not None:
            into[:] = given[column.argument]
    return {**shared, ARGUMENTS: arguments, LANES: np.zeros((region.size, lanes))}


def _output(memory: Memory, space: int, address: int) -> Any:
    number = memory[space][address]
    return number.copy() if space in HAS_LANES else float(number)


def _over_lanes(statement: Statement, run: Run) -> bool:
    return statement.space == LANES or any(access.space in HAS_LANES for access in run.accesses)


def _read(memory: Memory, space: int, index: Any, over_lanes: bool) -> Any:
    """The numbers of all terms: (terms, lanes), or (terms, 1) where they are the same for all lanes, or (terms,)."""
    numbers = memory[space][index]
    return numbers[:, None] if over_lanes and space not in HAS_LANES else numbers


def _shape(statement: Statement, run: Run, memory: Memory) -> tuple[int, ...]:
    return (len(run), memory[LANES].shape[1]) if _over_lanes(statement, run) else (len(run),)


def _forward_pass(statements: Sequence[Statement], memory: Memory) -> None:
    for statement in statements:
        if not statement.forward:
            continue
        into = memory[statement.space]
        into[statement.base : statement.base + statement.n] = STARTS.get(statement.reduce, 0.0)
        arrive = np.maximum if statement.reduce == MAXIMUM else np.add
        for run in statement.runs:
            over_lanes = _over_lanes(statement, run)
            read = [_read(memory, access.space, access.index, over_lanes) for access in run.accesses]
            (terms,) = evaluated(_forward(run.body), read)
            terms = np.broadcast_to(terms, _shape(statement, run, memory))
            if terms.ndim > into.ndim:
                terms = arrive.reduce(terms, axis=1, initial=STARTS.get(statement.reduce, 0.0))
            arrive.at(into, run.out, terms)


def _backward_pass(statements: Sequence[Statement], memory: Memory, adjoints: Memory, reached: Reached) -> None:
    for statement in reversed(statements):
        if not reached.by(statement):
            continue
        for run in statement.runs:
            wanted = tuple([k for k, access in enumerate(run.accesses) if access.wanted])
            if not wanted:
                continue
            over_lanes = _over_lanes(statement, run)
            read = [_read(memory, access.space, access.index, over_lanes) for access in run.accesses]
            member = _read(memory, statement.space, run.out, over_lanes)
            gradient = _read(adjoints, statement.space, run.out, over_lanes)
            program = _backward(run.body, len(run.accesses), wanted, statement.softmax)
            contributions = evaluated(program, [*read, member, gradient])
            for k, contribution in zip(wanted, contributions, strict=True):
                space, index = run.accesses[k].space, run.accesses[k].index
                contribution = np.broadcast_to(contribution, _shape(statement, run, memory))
                if contribution.ndim > adjoints[space].ndim:
                    contribution = contribution.sum(axis=1)
                np.add.at(adjoints[space], index, contribution)
