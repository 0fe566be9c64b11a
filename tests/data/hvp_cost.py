"""How the cost of a Hessian-vector product grows with the number of inputs: like a few gradients, not like n.

Entry point: `hvp_cost(n)`; `python tests/data/hvp_cost.py` prints a table.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import autograd
from autograd import Value, grad, hessian, hvp, topological_order


def rosenbrock(x):
    return autograd.sum([100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2 for i in range(len(x) - 1)])


@dataclass
class Cost:
    """Nodes of the graphs, and seconds (the best of `repeat` runs); `hessian_seconds` is None where it was not run."""

    n: int
    function_nodes: int
    gradient_nodes: int
    gradient_seconds: float
    hvp_seconds: float
    hessian_seconds: float | None

    @property
    def gradients(self) -> float:
        """The time of one Hessian-vector product, in gradients."""
        return self.hvp_seconds / self.gradient_seconds


def hvp_cost(n: int, repeat: int = 3, with_hessian: bool = False, function=rosenbrock) -> Cost:
    """Measure a function of n inputs. `gradient_nodes` is what one forward sweep of hvp goes over."""
    x = [0.1 * (i % 7) - 0.3 for i in range(n)]
    v = [0.2 * (i % 5) - 0.4 for i in range(n)]
    nodes = [Value(each) for each in x]
    return Cost(
        n,
        len(topological_order(function(nodes))),
        len(topological_order(*grad(function)(nodes))),
        _seconds(lambda: grad(function)(x), repeat),
        _seconds(lambda: hvp(function, (x,), (v,)), repeat),
        _seconds(lambda: hessian(function)(x), repeat) if with_hessian else None,
    )


def _seconds(run, repeat: int) -> float:
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    print("     n   nodes of f   of gradient   gradient s      hvp s   hvp/gradient   hessian s")
    for size in (10, 30, 100, 300, 1000, 3000):
        cost = hvp_cost(size, with_hessian=size <= 300)
        whole = f"{cost.hessian_seconds:12.4f}" if cost.hessian_seconds is not None else " " * 12
        print(
            f"{size:6d} {cost.function_nodes:12d} {cost.gradient_nodes:13d} {cost.gradient_seconds:12.5f} "
            f"{cost.hvp_seconds:10.5f} {cost.gradients:14.2f}{whole}"
        )
