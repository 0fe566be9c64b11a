"""A training step of two-moons points with wider and wider hidden layers, and where who takes over. Draws a plot.

`step.train` needs the graph of all 100 samples and goes as far as that fits into memory; `fit` goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import nn
from autograd import compile
from nn.plots import COLOURS

from . import contestants
from .compiled import batch_loss
from .fit import Updates
from .measure import clock, in_turn, report
from .moons import two_moons

STEPS = 100  # of one call
WIDEST_GRAPH = 128  # 3.4 million nodes
PATIENCE = 60.0  # seconds to the first step; what takes longer is not asked for wider layers

# A contestant takes a model and the data, and gives a function that takes `STEPS` steps.
Contestant = Callable[[Any, Any, Any], Callable[[], object] | None]


def _train(model: Any, X: Any, y: Any) -> Callable[[], object]:
    step, optimizer = compile(batch_loss(model, X, y), backend="llvm"), nn.SGD(model.parameters(), lr=contestants.LR)
    return lambda: step.train(optimizer, steps=STEPS)


def _fit(model: Any, X: Any, y: Any) -> Callable[[], object]:
    optimizer = nn.SGD(model.parameters(), weight_decay=2 * contestants.DECAY)
    return Updates(model, X, y, STEPS, contestants.LR, loss=nn.max_margin, optimizer=optimizer, shuffle=False)


def _jax(model: Any, X: Any, y: Any) -> Callable[[], object] | None:
    return _many(contestants.moons_jax(contestants.layers_of(model), X, y))


def _torch(model: Any, X: Any, y: Any) -> Callable[[], object] | None:
    return _many(contestants.moons_torch(contestants.layers_of(model), X, y))


def _many(step: contestants.Step | None) -> Callable[[], object] | None:
    return step and (lambda: [step() for _ in range(STEPS)])


CONTESTANTS: dict[str, Contestant] = {
    "compiled, step.train": _train,
    "compiled, fit": _fit,
    "JAX jit": _jax,
    "PyTorch": _torch,
}


def run(widths: Sequence[int] = (4, 8, 16, 32, 64, 128, 256, 512)) -> None:
    """Microseconds of a step, and seconds to the end of the first call."""
    X, y = two_moons()
    curves: dict[str, dict[int, float]] = {name: {} for name in CONTESTANTS}
    active = set(CONTESTANTS)
    for width in widths:
        calls, first = {}, {}
        for name in sorted(active, key=list(CONTESTANTS).index):
            if name == "compiled, step.train" and width > WIDEST_GRAPH:
                continue
            start = clock()
            call = CONTESTANTS[name](nn.MLP(2, [width, width, 1], seed=1), X, y)
            if call is None:
                active.remove(name)
                continue
            call()
            first[name] = clock() - start
            calls[name] = call
            if first[name] > PATIENCE:
                active.remove(name)
        seconds = {name: s / STEPS for name, s in in_turn(calls, 7).items()}
        least = min(seconds.values())
        for name, s in seconds.items():
            curves[name][width] = s * 1e6
            report(
                f"crossover, {width}", name, microseconds_per_step=s * 1e6, seconds_to_first_steps=first[name],
                ratio_to_fastest=s / least,
            )  # fmt: skip
        for call in calls.values():
            if isinstance(call, Updates):
                call.stop()
    _plot(curves)


def _plot(curves: dict[str, dict[int, float]]) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.6, 3.6), layout="constrained", facecolor="white")
    axes = figure.add_subplot()
    for (name, curve), colour, marker in zip(curves.items(), COLOURS, "oDs^", strict=False):
        if curve:
            axes.loglog(list(curve), list(curve.values()), color=colour, marker=marker, label=name)
    widths = sorted({width for curve in curves.values() for width in curve})
    axes.set_xticks(widths, [str(w) for w in widths], minor=False)
    axes.minorticks_off()
    axes.set(xlabel="neurons in each of the two hidden layers", ylabel="µs for a training step")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig("docs/crossover.png", dpi=150)
