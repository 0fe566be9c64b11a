"""Compiled graphs against this library's eager engine, micrograd, PyTorch, JAX, NumPy and C, in the same run.

- `moons`: a training step: forward, backward and update for 100 samples.
- `digits`: the full-batch gradient of MLP(64, [25, 10]) on 1,797 digits.
- `chain`, `wide`: a million dependent operations; one sum of a million products.
- `compile`: graphs without repetition of 1,000 to a million nodes: seconds to compile, nanoseconds and bytes a node.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import nn
from autograd import Value, compile, topological_order
from autograd import sum as total
from nn.plots import COLOURS

from . import contestants
from .contestants import STEPS
from .measure import in_turn, memory, report
from .moons import step, two_moons


def _report(name: str, seconds: dict[str, float], reference: str, **more: dict[str, Any]) -> None:
    for contestant, s in seconds.items():
        extra = {key: figures[contestant] for key, figures in more.items() if contestant in figures}
        report(name, contestant, microseconds_per_step=s * 1e6, ratio_to_compiled_llvm=s / seconds[reference], **extra)


def _loss(model: Any, X: Any, y: Any) -> Value:
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
        start = time.perf_counter()
        loss = _loss(own, X, y)
        built = time.perf_counter()
        program = compile(loss, backend=backend)
        program()
        first[f"compiled-{backend}"] = time.perf_counter() - built
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


def crossover() -> None:
    """The step of *moons* with wider and wider hidden layers: where tensor libraries take over. Draws a plot."""
    X, y = two_moons()
    steps = 50
    curves: dict[str, list[float]] = {"compiled-llvm": [], "JAX jit": [], "PyTorch": []}
    widths = (4, 8, 16, 32, 64, 96)
    for width in widths:
        model = nn.MLP(2, [width, width, 1], seed=1)
        layers = contestants.layers_of(model)
        start = time.perf_counter()
        program, optimizer = compile(_loss(model, X, y), backend="llvm"), nn.SGD(model.parameters(), lr=0.1)
        program.train(optimizer, steps=1)
        compile_seconds = time.perf_counter() - start
        calls = {
            "compiled-llvm": lambda p=program, o=optimizer: p.train(o, steps=steps),
            "JAX jit": contestants.moons_jax(layers, X, y),
            "PyTorch": contestants.moons_torch(layers, X, y),
        }
        seconds = in_turn({name: call for name, call in calls.items() if call is not None}, 7, 5)
        seconds["compiled-llvm"] /= steps
        for name, s in seconds.items():
            curves[name].append(s * 1e6)
        _report(
            f"crossover, width {width}", seconds, "compiled-llvm", seconds_to_compile={"compiled-llvm": compile_seconds}
        )
    _plot(widths, {name: curve for name, curve in curves.items() if curve})


def _plot(widths: tuple[int, ...], curves: dict[str, list[float]]) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, 3.6), layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    for (name, curve), colour, marker in zip(curves.items(), COLOURS, "os^", strict=False):
        axes.loglog(widths, curve, color=colour, marker=marker, label=name)
    axes.set_xticks(widths, [str(w) for w in widths], minor=False)
    axes.minorticks_off()
    axes.set(xlabel="neurons in each of the two hidden layers", ylabel="µs for a training step")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig("docs/crossover.png", dpi=150)


def digits() -> None:
    """Microseconds of a full-batch gradient."""
    import numpy as np
    from sklearn.datasets import load_digits

    data = load_digits()
    X, T = np.ascontiguousarray(data.data / 16.0), np.eye(10)[data.target]
    model = nn.MLP(64, [25, 10], seed=0)
    layers = contestants.layers_of(model)

    def squares(x: Any, t: Any) -> Any:
        return sum((a - b) ** 2 for a, b in zip(model(x), t, strict=True))

    calls: dict[str, Callable[[], object]] = {}
    first: dict[str, float] = {}
    for backend in ("llvm", "python"):
        start = time.perf_counter()
        g = compile(squares, parameters=model, backend=backend)
        g.value_and_grad(X, T)
        first[f"compiled-{backend}"] = time.perf_counter() - start
        calls[f"compiled-{backend}"] = lambda g=g: g.value_and_grad(X, T)
    calls["NumPy by hand"] = contestants.digits_numpy(layers, X, T)
    for name, make in (("JAX jit", contestants.digits_jax), ("PyTorch", contestants.digits_torch)):
        made = make(layers, X, T)
        if made is not None:
            calls[name] = made
    _report("digits", in_turn(calls, 21, 3), "compiled-llvm", seconds_to_first_result=first)


def chain() -> None:
    """A million dependent operations."""
    x = Value(0.5)
    y = x
    for _ in range(500_000):
        y = y * 0.999 + x
    _shape("chain", y)


def wide() -> None:
    """A sum of a million products, against NumPy."""
    import numpy as np

    xs = [Value(1e-6 * k) for k in range(1_000_000)]
    numbers = np.array([x.data for x in xs])
    more = {"NumPy by hand": lambda: (numbers @ numbers[::-1], 2 * numbers[::-1])}
    _shape("wide", total([a * b for a, b in zip(xs, reversed(xs), strict=True)]), ("llvm", "python"), more)


def _shape(
    name: str,
    loss: Value,
    backends: tuple[str, ...] = ("llvm",),
    more: dict[str, Callable[[], object]] | None = None,
) -> None:
    """Forward and backward of one graph; the eager engine, which has built it, does only the backward pass."""
    calls: dict[str, Callable[[], object]] = {"eager backward only": loss.backward, **(more or {})}
    first = {}
    for backend in backends:
        start = time.perf_counter()
        calls[f"compiled-{backend}"] = compile(loss, backend=backend)
        first[f"compiled-{backend}"] = time.perf_counter() - start
    _report(name, in_turn(calls, 5), "compiled-llvm", seconds_to_compile=first)


def random_graph(n: int, seed: int = 0) -> Value:
    """n operations without any repetition."""
    generator = random.Random(seed)
    nodes = [Value(generator.uniform(0.5, 1.5)) for _ in range(100)]

    def recent() -> Value:
        return nodes[-1 - min(int(generator.expovariate(1 / 200)), len(nodes) - 1)]

    while len(nodes) < n:
        a, b, kind = recent(), recent(), generator.random()
        nodes.append(
            a - b
            if kind < 0.3
            else a + b
            if kind < 0.4
            else (a * b).relu()
            if kind < 0.6
            else (a * b).tanh()
            if kind < 0.7
            else a * b
        )
    return total(nodes[-200:])


def compile_time() -> None:
    """Seconds to compile graphs of growing size, and what a step and a program cost for each node."""
    compile(random_graph(200), backend="llvm")  # what LLVM itself takes is no cost of a program
    for n in (1_000, 10_000, 100_000, 1_000_000):
        loss = random_graph(n)
        nodes = len(topological_order(loss))
        before = memory()
        start = time.perf_counter()
        program = compile(loss, backend="llvm")
        seconds = time.perf_counter() - start
        program()
        instructions = program.stats["instructions"]
        used = memory() - before
        step_seconds = in_turn({"llvm": program}, 9, 20 if n < 1_000_000 else 2)["llvm"]
        report(
            "compile", f"{nodes} nodes", seconds=seconds, instructions=instructions,
            microseconds_per_step=step_seconds * 1e6, nanoseconds_per_node=step_seconds / nodes * 1e9,
            bytes_per_instruction=used / instructions,
        )  # fmt: skip
