"""The workload *moons*: MLP(2, [16, 16, 1]) with ReLU, 100 points, max-margin loss plus 1e-4·Σp², SGD.

One step is forward, backward and update for the whole batch, written as users of micrograd write it.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any


def two_moons(n: int = 100, noise: float = 0.1, seed: int = 1) -> tuple[list[list[float]], list[int]]:
    """Two interleaved half circles with labels -1 and 1."""
    generator = random.Random(seed)
    X, y = [], []
    for i in range(n):
        angle = math.pi * (i // 2) / (n // 2 - 1)
        first = i % 2 == 0
        x1, x2 = (math.cos(angle), math.sin(angle)) if first else (1 - math.cos(angle), 0.5 - math.sin(angle))
        X.append([x1 + generator.gauss(0, noise), x2 + generator.gauss(0, noise)])
        y.append(-1 if first else 1)
    return X, y


def step(model: Any, node: Callable[[float], Any], X: list[list[float]], y: list[int], lr: float = 0.1) -> Any:
    """One training step with any library shaped like micrograd; returns the loss."""
    inputs = [list(map(node, row)) for row in X]
    scores = list(map(model, inputs))
    losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores, strict=True)]
    data_loss = sum(losses) * (1.0 / len(losses))
    penalty = 1e-4 * sum(p * p for p in model.parameters())
    loss = data_loss + penalty
    model.zero_grad()
    loss.backward()
    for p in model.parameters():
        p.data -= lr * p.grad
    return loss


def count_nodes(root: Any) -> int:
    """The number of nodes below `root`, for any class with `_prev`."""
    seen, stack = {id(root)}, [root]
    while stack:
        for parent in stack.pop()._prev:
            if id(parent) not in seen:
                seen.add(id(parent))
                stack.append(parent)
    return len(seen)
