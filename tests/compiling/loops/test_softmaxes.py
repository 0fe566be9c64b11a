"""Programs that keep the exponentials of their logsumexps, against those that compute them twice."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from support.random_programs import Case, assert_agree, random_case

from autograd import Value, logsumexp
from autograd import operations as ops
from autograd.compiling.loops.analyze import analyze_rows
from autograd.compiling.loops.ir import Expression, LoopProgram
from autograd.compiling.loops.reference import ReferenceRunner
from autograd.compiling.loops.softmaxes import keeping_exponentials


def exponentials(program: LoopProgram) -> int:
    """How many there are in the forward and backward passes of a program."""

    def count(body: Expression) -> int:
        return (body[1] is ops.exp) + sum(map(count, body[2])) if body[0] == "apply" else 0

    found = 0
    for statement in program.statements:
        for run in statement.runs:
            found += (count(run.body) * statement.forward + statement.softmax) * len(run)
    return found


def check(case: Case) -> None:
    kept = replace(case, program=keeping_exponentials(case.program))
    assert_agree(kept.run(ReferenceRunner), case.run(ReferenceRunner))


@pytest.mark.parametrize("seed", range(5000, 5120))
def test_the_same_numbers(seed: int) -> None:
    check(random_case(seed))


@pytest.mark.parametrize("seed", range(5000, 5120))
def test_infinities_and_nan_stand_in_the_same_places(seed: int) -> None:
    check(random_case(seed, nasty=True))


def test_each_exponential_is_computed_once() -> None:
    x, w = Value(0.0), [Value(0.1 * k) for k in range(5)]
    program = analyze_rows([logsumexp([p * x for p in w])], [x], w, w).program
    assert exponentials(program) == 10
    assert exponentials(keeping_exponentials(program)) == 5


@pytest.mark.parametrize("largest", [np.inf, -np.inf, np.nan, 800.0])
def test_terms_that_are_no_numbers(largest: float) -> None:
    xs = [Value(0.0) for _ in range(3)]
    program = analyze_rows([logsumexp(xs)], xs, [], xs).program
    rows = np.array([[largest, 0.0, -800.0], [largest, largest, 1.0], [largest, largest, largest]])
    check(Case(program, np.zeros(0), [rows], 3, [1.0]))
