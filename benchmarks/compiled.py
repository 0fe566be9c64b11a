"""Compiled graphs against this library's eager engine, micrograd, PyTorch, JAX, NumPy and C, in the same run.

- `moons`: a training step: forward, backward and update for 100 samples.
- `digits`, `wide`: gradients of networks of two and three layers on 1,797 digits.
- `rows`: the gradient of a small function of 20,000 rows, beside its value.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import nn
from autograd import Value, compile, leaves
from autograd import sum as total

from . import contestants
from .contestants import STEPS, Step
from .measure import clock, in_turn, report
from .moons import step, two_moons
from .zoo import PROGRAMS


def _report(name: str, seconds: dict[str, float], reference: str, **more: dict[str, Any]) -> None:
    for contestant, s in seconds.items():
        extra = {key: figures[contestant] for key, figures in more.items() if contestant in figures}
        report(name, contestant, microseconds_per_step=s * 1e6, ratio_to_compiled_llvm=s / seconds[reference], **extra)


def batch_loss(model: Any, X: Any, y: Any) -> Value:
    """The loss of the whole batch, by Python loops."""
    scores = [model(row) for row in X]
    losses = [(1 + -yi * score).relu() for yi, score in zip(y, scores, strict=True)]
    return sum(losses) * (1.0 / len(losses)) + 1e-4 * sum(p * p for p in model.parameters())


def moons() -> None:
    """Microseconds of a training step."""
    X, y = two_moons()
    model = nn.MLP(2, [16, 16, 1], seed=1)
    layers = contestants.layers_of(model)
    calls: dict[str, tuple[Callable[[], object] | None, int]] = {}
    first: dict[str, float] = {}
    for backend in ("llvm", "python"):
        own = nn.MLP(2, [16, 16, 1], seed=1)
        start = clock()
        loss = batch_loss(own, X, y)
        built = clock()
        program = compile(loss, backend=backend)
        program()
        first[f"compiled-{backend}"] = clock() - built
        optimizer = nn.SGD(own.parameters(), lr=0.1)
        n = STEPS if backend == "llvm" else 2
        program.train(optimizer, steps=1)
        print(f"# {backend}: graph built in {built - start:.3f} s, {program!r}", flush=True)
        calls[f"compiled-{backend}"] = ((lambda p=program, o=optimizer, n=n: p.train(o, steps=n)), n)
    calls["eager"] = ((lambda: step(model, Value, X, y)), 1)
    calls["C by hand"] = (contestants.moons_c(layers, X, y), STEPS)
    calls["NumPy by hand"] = (contestants.moons_numpy(layers, X, y), 1)
    calls["JAX jit"] = (contestants.moons_jax(layers, X, y), 1)
    calls["PyTorch"] = (contestants.moons_torch(layers, X, y), 1)
    if contestants.installed("micrograd"):
        import micrograd.engine
        import micrograd.nn

        random.seed(1337)
        other = micrograd.nn.MLP(2, [16, 16, 1])
        calls["micrograd"] = ((lambda: step(other, micrograd.engine.Value, X, y)), 1)
    many = {
        name: (call, n) for name, (call, n) in calls.items() if call is not None and name not in ("eager", "micrograd")
    }
    seconds = {name: s / many[name][1] for name, s in in_turn({k: c for k, (c, _) in many.items()}, 15, 10).items()}
    few = {name: call for name, (call, _) in calls.items() if call is not None and name not in many}
    seconds.update(in_turn(few, 3))
    _report("moons", seconds, "compiled-llvm", seconds_to_first_result=first)


def digits() -> None:
    """The full-batch gradient of `MLP(64, [25, 10])`: squared errors, 1,797 rows."""
    X, T = _digits()
    model = nn.MLP(64, [25, 10], seed=0)
    _gradients(
        "digits", model, lambda x, t: total([(a - b) ** 2 for a, b in zip(model(x), t, strict=True)]), X, T, True
    )


def wide(widths: Sequence[int] = (16, 32, 64, 128, 256)) -> None:
    """The same for `64-w-w-10` with cross-entropy: value and gradient through the public call."""
    X, T = _digits()
    for width in widths:
        model = nn.MLP(64, [width, width, 10], seed=0)
        _gradients(f"wide, {width}", model, lambda x, t, model=model: nn.cross_entropy(model(x), t), X, T, False)


def _digits() -> tuple[Any, Any]:
    """The rows, and the classes as rows of zeros and a one."""
    import numpy as np
    from sklearn.datasets import load_digits

    data = load_digits()
    return np.ascontiguousarray(data.data / 16.0), np.eye(10)[data.target]


def _gradients(name: str, model: Any, loss: Callable[..., Value], X: Any, T: Any, squared: bool) -> None:
    """Milliseconds of a value and a gradient, and how far the gradients are from those of NumPy."""
    import numpy as np

    layers = contestants.layers_of(model)
    start = clock()
    f = compile(loss, parameters=model, backend="llvm")  # their gradient is an array
    _, gradient = f.value_and_grad(X, T)
    first = {"compiled-llvm": clock() - start}
    calls: dict[str, Step] = {"compiled-llvm": lambda: f.value_and_grad(X, T)}
    numpy_gradient = calls["NumPy by hand"] = contestants.gradient_numpy(layers, X, T, squared)
    for rival, make in (("JAX jit", contestants.gradient_jax), ("PyTorch", contestants.gradient_torch)):
        start = clock()
        made = make(layers, X, T, squared)
        if made is not None:
            made()
            first[rival], calls[rival] = clock() - start, made
    expected = {
        p: g
        for layer, (W, b) in zip(model.layers, numpy_gradient()[1], strict=True)
        for neuron, ws, bias in zip(layer.neurons, W, b, strict=True)
        for p, g in [*zip(neuron.weights, ws, strict=True), (neuron.bias, bias)]
    }
    off = np.abs(np.subtract(gradient, [expected[p] for p in model.parameters()])).max() / max(
        map(abs, expected.values())
    )
    _report(
        name, in_turn(calls, 21, 3), "compiled-llvm", seconds_to_first_result=first,
        gradient_error={"compiled-llvm": off},
    )  # fmt: skip


def rows(n: int = 20_000) -> None:
    """Many rows through a small function with shared parameters: what the gradient costs beside the value."""
    import numpy as np

    generator = np.random.default_rng(0)
    model = nn.MLP(2, [16, 16, 1], seed=0)
    mixture, sample = PROGRAMS["gaussian_mixture"].function()
    functions = {"MLP(2, [16, 16, 1])": (lambda x: model(x) ** 2, generator.normal(size=(n, 2)))}
    functions["gaussian mixture"] = (mixture, np.array([sample() for _ in range(n)]))
    for name, (function, X) in functions.items():
        parameters = leaves(function(X[0].tolist()))
        f = compile(function, parameters=parameters, backend="llvm")
        start = clock()
        f.value_and_grad(X)
        first = clock() - start
        seconds = in_turn({"forward": lambda f=f, X=X: f(X), "gradient": lambda f=f, X=X: f.value_and_grad(X)}, 9, 3)
        report(
            "rows", name, rows=n, seconds_to_first_result=first,
            forward_nanoseconds_per_row=seconds["forward"] / n * 1e9,
            gradient_over_forward=seconds["gradient"] / seconds["forward"],
        )  # fmt: skip
