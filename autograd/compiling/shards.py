"""How the rows of a call are divided, so that its sums are the same to the bit for any number of workers.

The rows are cut into *shards*, whose number depends on how many rows there are and on the graph of a row, and on
nothing else. The sums of the shards are added up as a binary tree:

    ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))

A *task* is what a worker gets: a subtree. So it gives back one sum, however many shards it has, and the sum of all
tasks has the bits of the tree.

>>> bounds(10, 4)
[0, 2, 5, 7, 10]
>>> added([1, 2, 3, 4])
10

Entry points: `n_shards`, `bounds`, `n_tasks`, `added`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

MOST = 512
LEAST_WORK = 1_000_000  # of a shard, in nodes times rows: several times what the call of a program takes …
AS_MUCH = 200  # … and what each parameter takes in it, as its gradient has to be added up


def n_shards(n: int, n_nodes: int, n_parameters: int = 0) -> int:
    """Into how many shards n rows are cut: a power of two, which grows as the root of the work once there are many.

    Args:
        n: rows.
        n_nodes: of the graph of a row.
        n_parameters: whose gradients are added up.
    """
    worth = n * n_nodes / (LEAST_WORK + AS_MUCH * n_parameters)
    shards = 1
    while 2 * shards <= min(MOST, n, worth, 4 * worth**0.5):
        shards *= 2
    return shards


def bounds(n: int, shards: int, first: int = 0, end: int | None = None) -> list[int]:
    """Where the shards from `first` to `end` begin, and where the last of them ends."""
    return [n * k // shards for k in range(first, (shards if end is None else end) + 1)]


def n_tasks(shards: int, workers: int) -> int:
    """How many tasks keep so many workers busy: a power of two, and twice as many where that ends earlier."""
    tasks = 1
    while tasks < workers:
        tasks *= 2
    if 2 * -(-tasks // workers) > -(-2 * tasks // workers):
        tasks *= 2
    return min(shards, tasks)


def added(sums: Iterable[Any]) -> Any:
    """The sum of a power of two of sums, as the tree has it; few of them need be there at a time."""
    waiting: list[Any] = []
    for i, x in enumerate(sums, 1):
        while i % 2 == 0:
            x, i = waiting.pop() + x, i // 2
        waiting.append(x)
    return waiting[0]
