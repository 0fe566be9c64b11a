"""Random nodes, many computed from a few leaves: `random_graph(seed)`, a list in the order of their making."""

from __future__ import annotations

import random

import autograd
from autograd import Value


def random_graph(seed: int, size: int = 300) -> list[Value]:
    rng = random.Random(seed)
    nodes = [Value(rng.uniform(-1, 1), f"leaf {i}") for i in range(5)]
    for _ in range(size):
        a, b, c = rng.choices(nodes, k=3)
        nodes.append(rng.choice([a + b, a * b, a - 1.5, 2 / (b + 9), a.tanh(), autograd.sum([a, b, c, a])]))
    return nodes
