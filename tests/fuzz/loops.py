"""Campaign: random loop programs, in every runner, against the reference.

Entry point: `PROGRAMS`.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

from support.random_programs import assert_agree, random_case

from autograd.compiling.loops.array_runner import ArrayRunner
from autograd.compiling.loops.llvm_runner import LLVMRunner
from autograd.compiling.loops.reference import ReferenceRunner

from .campaign import Campaign, UnclearError


class Program(NamedTuple):
    """What `random_case` makes a program of, and what runs it."""

    seed: int
    nasty: bool
    lanes: int | None
    runner: str


RUNNERS: dict[str, Any] = {"ArrayRunner": ArrayRunner, "LLVMRunner": LLVMRunner}


def make(r: random.Random) -> Program:
    lanes = r.choice((None, None, 0, 1, 7, 8, 9, 65))
    return Program(r.randrange(10**9), r.random() < 0.3, lanes, r.choice(list(RUNNERS)))


def check(program: Program) -> None:
    case = random_case(program.seed, program.nasty, program.lanes)
    expected, found = case.run(ReferenceRunner), case.run(RUNNERS[program.runner])
    try:
        assert_agree(found, expected)
    except AssertionError:
        for unit in (-3e-16, 3e-16):  # a program that makes as much of the rounding of its parameters
            case.parameters = case.parameters * (1.0 + unit)
            try:
                assert_agree(case.run(ReferenceRunner), expected, 1e-13)
            except AssertionError:
                raise UnclearError from None
        raise


def simpler(program: Program) -> Iterator[Program]:
    if program.nasty:
        yield program._replace(nasty=False)
    for lanes in (1, 2, 8):
        if program.lanes is None or lanes < program.lanes:
            yield program._replace(lanes=lanes)


def code(program: Program) -> str:
    return "\n".join(
        [
            f"from autograd.compiling.loops.{'llvm' if program.runner == 'LLVMRunner' else 'array'}_runner import *",
            "from autograd.compiling.loops.reference import ReferenceRunner",
            "from tests.support.random_programs import assert_agree, random_case",
            "",
            f"case = random_case({program.seed}, nasty={program.nasty}, lanes={program.lanes})",
            "print(case.program)",
            f"assert_agree(case.run({program.runner}), case.run(ReferenceRunner))",
        ]
    )


PROGRAMS = Campaign("programs", make, check, code, simpler)
