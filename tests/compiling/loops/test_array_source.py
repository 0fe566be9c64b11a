"""Array source against the reference."""

import numpy as np
import pytest
from support.random_programs import assert_agree, random_case

from autograd import operations as ops
from autograd.compiling.loops.array_runner import ArrayRunner
from autograd.compiling.loops.ir import PARAMETERS, SHARED, STORE, Access, LoopOutput, LoopProgram, Run, Statement
from autograd.compiling.loops.reference import ReferenceRunner


@pytest.mark.parametrize("seed", range(300))
def test_random_programs(seed: int) -> None:
    case = random_case(seed)
    assert_agree(case.run(ArrayRunner), case.run(ReferenceRunner))


@pytest.mark.parametrize("seed", range(200))
def test_infinities_and_nan_stand_in_the_same_places(seed: int) -> None:
    case = random_case(seed, nasty=True)
    assert_agree(case.run(ArrayRunner), case.run(ReferenceRunner))


@pytest.mark.parametrize("lanes", [0, 1, 7, 8, 9])
@pytest.mark.parametrize("seed", range(1000, 1020))
def test_any_number_of_lanes(seed: int, lanes: int) -> None:
    case = random_case(seed, lanes=lanes)
    assert_agree(case.run(ArrayRunner), case.run(ReferenceRunner))


@pytest.mark.parametrize("runner", [ReferenceRunner, ArrayRunner])
def test_an_output_with_seed_0_sends_nothing(runner) -> None:
    """Not even the nan that 0 times the slope of √x at 0 would be."""
    x = [Access(PARAMETERS, np.array([0]), True)]
    square, root = ("apply", ops.multiply, (("access", 0), ("access", 0))), ("apply", ops.sqrt, (("access", 0),))
    statements = [
        Statement(SHARED, k, 1, STORE, [Run(body, x, np.array([k]), None)]) for k, body in enumerate((square, root))
    ]
    program = LoopProgram(1, np.zeros(0), 2, statements, [], [], [LoopOutput(SHARED, 0), LoopOutput(SHARED, 1)])
    run = runner(program)
    for seeds, slope in ((None, 0.0), ([2.0, 0.0], 0.0), ([0.0, 1.0], np.inf), ([1.0, 1.0], np.inf), ([0.0, 0.0], 0.0)):
        assert run(np.zeros(1), seeds=seeds).gradient.tolist() == [slope]
