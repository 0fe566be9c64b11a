"""Which contributions to the adjoints of a tile are stored, and what has to be 0.0 before."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.compiling.loops.adjoints import Adjoints
from autograd.compiling.loops.ir import LANES, PARAMETERS, Access, Region

EVERY = slice(None)


def adjoints(size: int) -> Adjoints:
    return Adjoints(Region(None, [], size, []))


def lanes(*addresses: int) -> Access:
    return Access(LANES, np.array(addresses), True)


def ranges(found: Adjoints) -> list[Any]:
    return list(found.cleared())


def test_the_first_contribution_is_stored_and_the_next_is_added() -> None:
    found = adjoints(4)
    assert found.stored({0: lanes(0, 1, 2, 3)}, EVERY, {0: 4}) == (0,)
    assert found.stored({0: lanes(2, 3)}, EVERY, {0: 2}) == ()
    assert ranges(found) == []


def test_an_address_that_comes_twice_starts_at_zero() -> None:
    found = adjoints(6)
    assert found.stored({0: lanes(0, 1, 1, 2)}, EVERY, {0: 4}) == ()
    assert ranges(found) == [(LANES, 0, 3)]


def test_what_is_not_added_up_in_a_register_starts_at_zero() -> None:
    found = adjoints(2)
    assert found.stored({0: lanes(0, 1)}, EVERY, {}) == ()
    assert ranges(found) == [(LANES, 0, 2)]


def test_a_part_that_has_contributions_keeps_all_from_being_stored() -> None:
    found = adjoints(4)
    found.stored({0: lanes(1)}, EVERY, {0: 1})
    assert found.stored({0: lanes(0, 1, 2, 3)}, EVERY, {0: 4}) == ()
    assert ranges(found) == [(LANES, 0, 1), (LANES, 2, 2)]


def test_two_accesses_of_one_address_are_added() -> None:
    found = adjoints(3)
    assert found.stored({0: lanes(0, 1), 1: lanes(1, 2)}, EVERY, {0: 2, 1: 2}) == ()
    assert ranges(found) == [(LANES, 0, 3)]


def test_what_is_read_before_anything_arrives_is_zero() -> None:
    found = adjoints(3)
    found.read(LANES, 1)
    found.stored({0: lanes(0)}, EVERY, {0: 1})
    found.read(LANES, np.array([0, 1]))
    assert ranges(found) == [(LANES, 1, 1)]


def test_terms_of_one_nest_alone_count() -> None:
    found = adjoints(4)
    assert found.stored({0: lanes(0, 1, 1, 1)}, slice(0, 2), {0: 2}) == (0,)


def test_adjoints_that_are_no_tiles_are_left_alone() -> None:
    found = adjoints(1)
    assert found.stored({0: Access(PARAMETERS, np.array([0]), True)}, EVERY, {0: 1}) == ()
    assert ranges(found) == []
