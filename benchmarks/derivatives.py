"""What derivatives cost, in units of what they are derived from.

- `backward`: the backward pass of a *moons* loss, in forward passes.
- `hvp`: a Hessian-vector product of the Rosenbrock function of n inputs, in gradients: a constant, not n. Beside
  it the whole Hessian.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import autograd
import nn
from autograd import Value, grad, hessian, hvp

from .measure import in_turn, report
from .moons import two_moons


def run() -> None:
    """Run both parts."""
    backward()
    for n in (10, 100, 1000):
        hessian_vector_product(n)


def backward() -> None:
    """The time of the backward pass over that of the forward pass."""
    X, y = two_moons()
    random.seed(1337)
    model = nn.MLP(2, [16, 16, 1])

    def forward() -> Value:
        return nn.max_margin([model(x) for x in X], y)

    loss = forward()
    seconds = in_turn({"forward": forward, "backward": loss.backward}, rounds=9)
    report("backward", "moons", backward_over_forward=seconds["backward"] / seconds["forward"])


def rosenbrock(x: list[Value]) -> Value:
    """Σ 100·(x_{i+1} - x_i²)² + (1 - x_i)²."""
    return autograd.sum([100.0 * (x[i + 1] - x[i] ** 2) ** 2 + (1.0 - x[i]) ** 2 for i in range(len(x) - 1)])


def hessian_vector_product(n: int) -> None:
    """The time of H·v over that of a gradient."""
    x = [0.1 * (i % 7) - 0.3 for i in range(n)]
    v = [0.2 * (i % 5) - 0.4 for i in range(n)]
    contestants: dict[str, Callable[[], object]] = {
        "gradient": lambda: grad(rosenbrock)(x),
        "hvp": lambda: hvp(rosenbrock, (x,), (v,)),
    }
    if n <= 100:  # n² numbers
        contestants["hessian"] = lambda: hessian(rosenbrock)(x)
    seconds = in_turn(contestants, rounds=5)
    figures = {f"{name}_over_gradient": seconds[name] / seconds["gradient"] for name in contestants}
    report("hvp", f"{n} inputs", gradient_microseconds=seconds["gradient"] * 1e6, **figures)
