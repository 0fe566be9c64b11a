from __future__ import annotations

import numpy as np
import pytest

from autograd.compiling.loops.nests import MAX_NESTS, fit


def walked(nests, columns):
    """The rows that the nests walk through, one after the other."""
    rows = []
    for nest in nests:
        assert nest.start == len(rows)
        for place in np.ndindex(*nest.shape):
            rows.append(nest.offsets + np.array(place, int) @ nest.strides if nest.shape else nest.offsets)
    return np.array(rows).reshape(-1, columns)


def table(*columns):
    return np.stack([np.asarray(column) for column in columns], axis=1)


def test_a_matrix_product_is_one_nest_of_three_loops():
    i, j, k = np.meshgrid(range(3), range(4), range(5), indexing="ij")
    rows = table((4 * i + j).ravel(), (5 * i + k).ravel(), (4 * k + j).ravel())
    (nest,) = fit(rows)
    assert nest.shape == (3, 4, 5)
    assert nest.strides.tolist() == [[4, 5, 0], [1, 0, 1], [0, 1, 4]]
    assert (walked([nest], 3) == rows).all()


def test_two_blocks_of_different_lengths_are_two_nests():
    rows = table(range(9), [0, 1, 2, 3, 10, 12, 14, 16, 18])
    nests = fit(rows)
    assert [nest.shape for nest in nests] == [(4,), (5,)]
    assert (walked(nests, 2) == rows).all()


def test_one_row_is_a_nest_without_loops():
    (nest,) = fit(table([7], [3]))
    assert nest.shape == ()
    assert nest.offsets.tolist() == [7, 3]


def test_addresses_without_a_rule_are_a_table():
    scattered = np.random.default_rng(0).permutation(500)
    assert fit(table(range(500), scattered)) is None


def test_many_nests_are_a_table():
    blocks = np.concatenate([1000 * b + (2 + b % 2) * np.arange(4) for b in range(MAX_NESTS + 1)])
    assert fit(table(range(len(blocks)), blocks)) is None


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_found_walks_through_the_same_addresses(seed):
    r = np.random.default_rng(seed)
    parts = [
        np.add.outer(100 * b + r.integers(0, 4) * np.arange(r.integers(1, 5)), r.integers(0, 3) * np.arange(5)).ravel()
        for b in range(r.integers(1, 4))
    ]
    column = np.concatenate(parts)
    rows = table(range(len(column)), column)
    nests = fit(rows)
    assert nests is None or (walked(nests, 2) == rows).all()


def test_the_cache_gives_what_the_search_gives():
    cache = {}
    a, b = table(range(6), [0, 2, 4, 6, 8, 10]), table(range(3, 9), [50, 52, 54, 56, 58, 60])
    first, second = fit(a, cache), fit(b, cache)
    assert len(cache) == 1
    assert (walked(first, 2) == a).all()
    assert (walked(second, 2) == b).all()
