"""Rows are cut alike whoever computes them, and added up alike."""

from __future__ import annotations

import random

import pytest

from autograd.compiling.shards import LEAST_WORK, MOST, added, bounds, n_shards, n_tasks


@pytest.mark.parametrize("n", [0, 1, 2, 3, 100, 5_000, 10**7])
def test_shards_are_a_power_of_two_that_pays(n):
    for n_nodes in (3, 700, 10**6):
        shards = n_shards(n, n_nodes)
        assert shards & (shards - 1) == 0 < shards <= MOST
        assert shards == 1 or (shards <= n and n * n_nodes >= shards * LEAST_WORK)
        assert n_shards(n, n_nodes, 10**6) <= shards


def test_every_row_is_in_one_shard():
    assert bounds(1001, 8)[0] == 0
    assert bounds(1001, 8)[-1] == 1001
    assert bounds(1001, 8, 2, 4) == bounds(1001, 8)[2:5]
    assert bounds(1001, 8)[::2] == bounds(1001, 4), "the rows of a task are those of its shards"


@pytest.mark.parametrize(
    ("workers", "tasks"),
    [(1, 1), (2, 2), (3, 8), (4, 4), (5, 8), (6, 16), (8, 8), (100, 128)],
)
def test_tasks_keep_workers_busy(workers, tasks):
    """Three workers are done with eight tasks after 3/8 of the time, with four after 1/2."""
    assert n_tasks(128, workers) == tasks
    assert n_tasks(4, workers) == min(4, tasks)


def test_sums_do_not_depend_on_who_adds():
    generator = random.Random(0)
    numbers = [generator.uniform(-1, 1) * 10.0 ** generator.randrange(9) for _ in range(64)]
    whole = added(numbers)
    assert whole != sum(numbers), "else these numbers would not tell"
    for tasks in (1, 2, 4, 32):
        parts = [numbers[64 // tasks * i : 64 // tasks * (i + 1)] for i in range(tasks)]
        assert added([added(part) for part in parts]) == whole
