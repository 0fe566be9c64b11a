"""Campaign: Ctrl-C at any place where a signal can come; what is left is as before or as after, and works.

Entry point: `INTERRUPTS`.
"""

from __future__ import annotations

import copy
import gc
import pickle
import random
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from support.interrupts import interrupted

import autograd
from autograd import Value, compile, grad, hessian
from nn import MLP, SGD, Adam, AdamW, RMSprop

from .campaign import Campaign
from .comparison import agrees, disturbed, eager, identical
from .graphs import Graph, lines, literal, random_graph, simpler


class Interrupt(NamedTuple):
    """What is interrupted, on which graph, and where: a share of the places where a signal can come."""

    what: str
    graph: Graph
    backend: str
    where: float
    event: str


def make_interrupt(r: random.Random) -> Interrupt:
    graph = random_graph(r, 5, repeats=r.random() < 0.3, share=0.0)
    what = r.choice(list(SCENES))
    return Interrupt(what, graph, r.choice(("python", "python", "llvm")), r.random(), "check")


def check_interrupt(case: Interrupt) -> None:
    """Run it once to count, then again up to the place that is a share of that; then look at what it left."""
    warnings.filterwarnings("ignore", "the result .* does not depend on the input")
    gc_was_on = gc.isenabled()
    with tempfile.TemporaryDirectory() as folder:
        n = interrupted(SCENES[case.what](case, Path(folder)).run, 10**12, case.event)
    with tempfile.TemporaryDirectory() as folder:
        scene = SCENES[case.what](case, Path(folder))
        interrupted(scene.run, int(case.where * n), case.event)
        assert gc.isenabled() == gc_was_on, "the garbage collector stays switched off"
        scene.check()
    x = Value(2.0)
    y = x * x
    y.backward()
    assert (x.grad, y.parents) == (4.0, (x, x)), "nothing is recorded any more"
    assert grad(lambda x: x * x)(3.0) == 6.0


class Scene(NamedTuple):
    """What runs, and what must hold after it was interrupted."""

    run: Callable[[], Any]
    check: Callable[[], None]


def _built(case: Interrupt) -> tuple[list[Value], Value]:
    leaves = [Value(x) for x in case.graph.leaves]
    return leaves, case.graph.build(leaves)[0]


def _backward(case: Interrupt, folder: Path) -> Scene:
    leaves, root = _built(case)
    root.backward()
    before = [float(leaf.grad) for leaf in leaves]
    after = [x + x for x in before]

    def check() -> None:
        found = [float(leaf.grad) for leaf in leaves]
        assert identical(found, before) or identical(found, after), f"{found} is neither {before} nor {after}"

    return Scene(root.backward, check)


def _optimizer_step(case: Interrupt, folder: Path) -> Scene:
    leaves, root = _built(case)
    kinds = (SGD, Adam, AdamW, RMSprop)
    optimizer = kinds[int(case.where * 1e6) % 4](leaves, lr=0.01)
    root.backward()
    optimizer.step()

    def state(optimizer: Any) -> Any:
        return repr(([p.data for p in optimizer.parameters], [tuple(m) for m in optimizer.memory], optimizer.steps))

    other = copy.deepcopy(optimizer)
    before = state(optimizer)
    other.step()
    after = state(other)

    def check() -> None:
        assert state(optimizer) in (before, after), f"{state(optimizer)} is neither {before} nor {after}"

    return Scene(optimizer.step, check)


def _compiling(case: Interrupt, folder: Path) -> Scene:
    leaves, root = _built(case)

    def check() -> None:
        step = compile(root, backend=case.backend, lanes=False)
        value = step()
        expected = eager(case.graph, case.graph.leaves)
        assert identical([value], expected.values[:1])
        assert identical([float(leaf.grad) for leaf in leaves], expected.gradient)

    return Scene(lambda: compile(root, backend=case.backend), check)


def _function(case: Interrupt, folder: Path) -> Scene:
    f = compile(lambda *xs: case.graph.build(xs)[0], backend=case.backend, lanes=False, argnums=0)

    def check() -> None:
        value, gradient = f.value_and_grad(*case.graph.leaves)
        expected = eager(case.graph, case.graph.leaves)
        assert identical([value, gradient], [expected.values[0], expected.gradient[0]])

    return Scene(lambda: f.value_and_grad(*case.graph.leaves), check)


def _training(case: Interrupt, folder: Path) -> Scene:
    leaves, root = _built(case)
    step = compile(root, backend=case.backend)
    start = list(case.graph.leaves)

    def state(optimizer: Any) -> str:
        return repr(([leaf.data for leaf in leaves], [tuple(memory) for memory in optimizer.memory]))

    def fresh() -> Any:
        for leaf, x in zip(leaves, start, strict=True):
            leaf.data = x
        return Adam(leaves, lr=0.001)

    reference = fresh()
    after, diverged = [state(reference)], False
    for _ in range(5):
        try:
            step.train(reference, 1)
        except FloatingPointError:
            diverged = True
        after.append(state(reference))
    optimizer = fresh()

    def run() -> None:
        try:
            step.train(optimizer, 5)
        except FloatingPointError:
            assert diverged

    def check() -> None:
        assert state(optimizer) == after[optimizer.steps], f"{state(optimizer)} after {optimizer.steps} steps: {after}"

    return Scene(run, check)


def _saving(case: Interrupt, folder: Path) -> Scene:
    path = folder / "model.json"
    old, new = MLP(2, [2, 1], seed=1), MLP(2, [2, 1], seed=2)
    old.save(path)

    def check() -> None:
        reader = MLP(2, [2, 1], seed=3)
        reader.load(path)
        names = [each.name for each in folder.iterdir()]
        assert reader.state_dict() in (old.state_dict(), new.state_dict())
        assert names == ["model.json"], f"left beside the file: {names}"

    return Scene(lambda: new.save(path), check)


def _derivatives(case: Interrupt, folder: Path) -> Scene:
    x = list(case.graph.leaves)
    f = lambda p: case.graph.build(p)[0]  # noqa: E731

    def check() -> None:
        found, expected = grad(f)(x), eager(case.graph, x).gradient
        assert agrees(found, expected, lambda trial: disturbed(case.graph, x, trial).gradient) is not False, (
            f"{found}, {expected}"
        )

    return Scene(lambda: hessian(f)(x), check)


def _copying(case: Interrupt, folder: Path) -> Scene:
    _, root = _built(case)

    def run() -> None:
        copy.deepcopy(root)
        pickle.loads(pickle.dumps(root))

    def check() -> None:
        other = pickle.loads(pickle.dumps(copy.deepcopy(root)))
        root.backward()
        other.backward()
        ours, theirs = ([float(x.grad) for x in autograd.leaves(y)] for y in (root, other))
        assert identical(ours, theirs)

    return Scene(run, check)


SCENES: dict[str, Callable[[Interrupt, Path], Scene]] = {
    "backward": _backward,
    "optimizer.step": _optimizer_step,
    "compile": _compiling,
    "the first call of a compiled function": _function,
    "train": _training,
    "save": _saving,
    "hessian": _derivatives,
    "copy": _copying,
}


def simpler_interrupt(case: Interrupt) -> Iterator[Interrupt]:
    for small in simpler(case.graph):
        yield case._replace(graph=small)


def code_of_interrupt(case: Interrupt) -> str:
    names = [f"x{i}" for i in range(len(case.graph.leaves))]
    found = [f"# Ctrl-C in {case.what} ({case.backend}) of y0, after {case.where:.4f} of its {case.event}s"]
    found += [f"{name} = Value({literal(x)})" for name, x in zip(names, case.graph.leaves, strict=True)]
    found += [*lines(case.graph, names), f"# tests.fuzz.ctrl_c.check_interrupt({case!r})"]
    return "\n".join(found)


INTERRUPTS = Campaign("interrupts", make_interrupt, check_interrupt, code_of_interrupt, simpler_interrupt)
