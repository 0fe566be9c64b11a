"""Array source against the reference."""

import pytest
from random_programs import assert_agree, random_case

from autograd.compiling.loops.array_runner import ArrayRunner
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
