"""The reference against the eager engine, and the generator against what a program must be."""

import math

import numpy as np
import pytest
from support.random_programs import assert_agree, check_nests, eager, random_case

from autograd import operations as ops
from autograd.compiling.loops.array_operations import FUNCTIONS
from autograd.compiling.loops.ir import MAXIMUM, PARAMETERS, SHARED, Access, LoopOutput, LoopProgram, Run, Statement
from autograd.compiling.loops.reference import ReferenceRunner

NUMBERS = (0.0, -0.0, 1.0, -1.0, 0.5, -2.5, 3.0, 30.0, -800.0, 800.0, 5e-324, math.inf, -math.inf, math.nan)


@pytest.mark.parametrize("name", sorted(ops.BUILT_IN))
def test_an_operation_of_arrays_gives_the_numbers_of_the_table(name: str) -> None:
    operation = ops.OPERATIONS[name]
    arity = operation.arity or 3
    inputs = [grid.ravel() for grid in np.meshgrid(*[np.array(NUMBERS)] * arity)]
    with np.errstate(all="ignore"):
        found = FUNCTIONS[operation](*inputs)
    expected = [operation.forward(*map(float, row)) for row in zip(*inputs, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=4e-16 if operation.arity else 4e-15, atol=0)


@pytest.mark.parametrize("seed", range(150))
def test_random_programs_against_the_eager_engine(seed: int) -> None:
    case = random_case(seed)
    check_nests(case.program)
    assert_agree(case.run(ReferenceRunner), eager(case))


@pytest.mark.parametrize("seed", range(100))
def test_infinities_and_nan_stand_in_the_same_places(seed: int) -> None:
    case = random_case(seed, nasty=True)
    assert_agree(case.run(ReferenceRunner), eager(case))


@pytest.mark.parametrize("lanes", [0, 1, 7, 8, 9])
@pytest.mark.parametrize("seed", range(1000, 1010))
def test_any_number_of_lanes(seed: int, lanes: int) -> None:
    case = random_case(seed, lanes=lanes)
    assert_agree(case.run(ReferenceRunner), eager(case))


def test_outputs_alone() -> None:
    case = random_case(3)
    whole, outputs = case.run(ReferenceRunner), case.run(ReferenceRunner, gradient=False)
    assert outputs.gradient is None
    assert outputs.arguments == {}
    for a, b in zip(whole.outputs, outputs.outputs, strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_gradient_is_asked_of_a_maximum() -> None:
    terms = Run(("access", 0), [Access(PARAMETERS, np.arange(3), True)], np.zeros(3, np.int64), None)
    statement = Statement(SHARED, 0, 1, MAXIMUM, [terms])
    with pytest.raises(ValueError, match="no derivative of its own"):
        ReferenceRunner(LoopProgram(3, np.zeros(0), 1, [statement], [], [], [LoopOutput(SHARED, 0)]))


def test_rows_without_their_number() -> None:
    case = next(case for case in map(random_case, range(100)) if case.n is not None)
    case.n = None
    with pytest.raises(TypeError, match="say how many"):
        case.run(ReferenceRunner)
