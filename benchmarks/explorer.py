"""The explorer's page: how long it takes to make, and how large it is, for graphs of four sizes.

The graphs are losses over samples as users of micrograd write them, with sums of two terms. Python's side only.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

from autograd import Value, explore
from autograd.drawing.explorer.groups import find_groups
from autograd.drawing.explorer.payload import Graph, stale

from .measure import in_turn, report


class Net:
    """A multi-layer perceptron with one node for each addition."""

    def __init__(self, sizes: list[int]) -> None:
        self.layers = [
            [([Value(math.sin(i * n + j)) for j in range(n)], Value(0.0)) for i in range(m)] for n, m in pairwise(sizes)
        ]

    def named_parameters(self) -> Any:
        for i, layer in enumerate(self.layers):
            for j, (weights, bias) in enumerate(layer):
                yield from ((f"layers[{i}].neurons[{j}].weights[{k}]", w) for k, w in enumerate(weights))
                yield f"layers[{i}].neurons[{j}].bias", bias

    def __call__(self, x: list[Any]) -> Any:
        for layer in self.layers:
            x = [sum((w * xi for w, xi in zip(weights, x, strict=True)), bias).tanh() for weights, bias in layer]
        return x[0]


SIZES = {"60 nodes": ([2, 2, 1], 2), "600 nodes": ([2, 4, 4, 1], 8), "3000 nodes": ([2, 8, 8, 1], 14)}
SIZES["70000 nodes"] = ([2, 16, 16, 1], 108)


def run() -> None:
    for name, (sizes, n) in SIZES.items():
        net = Net(sizes)
        inputs = [([Value(math.sin(k)), Value(math.cos(k))], float(k % 2)) for k in range(n)]
        loss = sum((net(x) - y) ** 2 for x, y in inputs)
        loss.backward()
        graph, parameters = Graph([loss]), {"net": list(net.named_parameters())}
        explorer = explore(loss)
        seconds = in_turn(
            {
                "seconds": lambda: explore(loss).html(),  # noqa: B023
                "seconds_groups": lambda: find_groups(graph, parameters),  # noqa: B023
                "seconds_stale": lambda: stale(graph),  # noqa: B023
                "seconds_html": explorer.html,
            },
            rounds=5,
        )
        size = len(explorer.html().encode())
        report("explorer", name, nodes=len(graph), bytes=size, groups=len(explorer.graph["groups"]), **seconds)
