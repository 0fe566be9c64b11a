"""The exponentials of a logsumexp, computed once: the forward pass keeps them, and its derivative reads them.

With m the largest term, y = m + log Σ exp(termₜ - m), and the derivative for a term is

    exp(termₜ - y) = eₜ·r,    eₜ = exp(termₜ - m),    r = 1 / Σ eₜ

so the statement of the derivative becomes that of Σ eₜ·r·termₜ with eₜ and r held fast. Where m is infinite, y is m:
then eₜ itself is exp(termₜ - y), and r is 1.

Entry point: `keeping_exponentials`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy

from ... import operations as ops
from .ir import LANES, SHARED, STORE, SUM, Access, LoopProgram, Region, Run, Statement
from .nests import fit

if TYPE_CHECKING:
    from .ir import Addresses, Expression

TERM = ("access", 0)
FACTOR = (
    "apply",
    ops.where,
    (
        ("apply", ops.equal, (("apply", ops.absolute, (("access", 0),)), ("literal", math.inf))),
        ("literal", 1.0),
        ("apply", ops.divide, (("literal", 1.0), ("access", 1))),
    ),
)


def keeping_exponentials(program: LoopProgram) -> LoopProgram:
    """The same program, with room for the exponentials of each logsumexp that has a derivative."""
    room = {SHARED: program.size, LANES: 0}
    before = _kept(program.before, room)
    regions: list[Region] = []
    for region in program.regions:
        room[LANES] = region.size
        statements = _kept(region.statements, room)
        regions.append(replace(region, statements=statements, size=room[LANES]))
    after = _kept(program.after, room)
    return replace(program, before=before, regions=regions, after=after, size=room[SHARED])


def _kept(statements: Sequence[Statement], room: dict[int, int]) -> list[Statement]:
    """`room`: where each space ends; it grows."""
    found: list[Statement] = []
    for statement in statements:
        place = _total_of(statement, found) if statement.softmax else -1
        if place < 0:
            found.append(statement)
            continue
        total, space, n = found[place], statement.space, statement.n
        base = room[space]
        kept, read, slopes = [], [], []
        for exponentials, terms in zip(total.runs, statement.runs, strict=True):
            e = Access(space, room[space] + numpy.arange(len(terms)), False)
            room[space] += len(terms)
            kept.append(_run(exponentials.body, exponentials.accesses, e.index))
            read.append(_run(TERM, [e], exponentials.out))
            slopes.append((terms, e))
        factors = room[space]
        room[space] += n
        rows = numpy.arange(n)
        accesses = [Access(space, _largest(total) + rows, False), Access(space, total.base + rows, False)]
        found[place : place + 1] = [
            Statement(space, base, factors - base, STORE, kept, backward=False),
            replace(total, runs=read),
            Statement(space, factors, n, STORE, [_run(FACTOR, accesses, factors + rows)], backward=False),
        ]
        runs = []
        for terms, e in slopes:
            r = Access(space, terms.out - statement.base + factors, False)
            k = len(terms.accesses)
            weight = ("apply", ops.multiply, (("access", k), ("access", k + 1)))
            runs.append(_run(("apply", ops.multiply, (weight, terms.body)), [*terms.accesses, e, r], terms.out))
        found.append(replace(statement, runs=runs, softmax=False))
    return found


def _run(body: Expression, accesses: list[Access], out: Addresses) -> Run:
    return Run(body, accesses, out, fit(numpy.stack([out, *[access.index for access in accesses]], axis=1), {}))


def _total_of(derivative: Statement, before: Sequence[Statement]) -> int:
    """Which of the statements before sums the exponentials of the terms; -1: none."""
    for place in range(len(before) - 1, -1, -1):
        if _is_total(before[place], derivative):
            return place
    return -1


def _is_total(total: Statement, derivative: Statement) -> bool:
    if total.reduce != SUM or total.backward:
        return False
    if (total.space, total.n, len(total.runs)) != (derivative.space, derivative.n, len(derivative.runs)):
        return False
    if total.space == SHARED and (total.reads_lanes or derivative.reads_lanes):
        return False
    for exponentials, terms in zip(total.runs, derivative.runs, strict=True):
        shifted = ("apply", ops.subtract, (terms.body, ("access", len(terms.accesses))))
        if exponentials.body != ("apply", ops.exp, (shifted,)):
            return False
        *read, largest = exponentials.accesses
        same = [
            a.space == b.space and numpy.array_equal(a.index, b.index)
            for a, b in zip(read, terms.accesses, strict=True)
        ]
        member = exponentials.out - total.base
        if not all(same) or largest.space != total.space:
            return False
        if not numpy.array_equal(member, terms.out - derivative.base):
            return False
        if not numpy.array_equal(member, largest.index - _largest(total)):
            return False
    return True


def _largest(total: Statement) -> int:
    """Where the largest terms stand."""
    run = total.runs[0]
    return int(run.accesses[-1].index[0] - run.out[0]) + total.base
