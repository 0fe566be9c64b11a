"""How fast and how small the eager engine is, against micrograd in the same run.

- `moons`: a training step with `nn.MLP`; with the very graph micrograd builds (one `+` a time); and micrograd's.
- `memory`: bytes for each node of that graph, after its backward pass.
- `size`: seconds and bytes a node for chains of 1,000 to 2,000,000 nodes.
- `million`: a chain of a million nodes, differentiated, counted, copied, pickled, deleted.
- `import`: what `import autograd` adds to the start of Python.
"""

from __future__ import annotations

import copy
import gc
import pickle
import random
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import micrograd.engine
import micrograd.nn

import nn
from autograd import Value, topological_order

from .measure import in_turn, report
from .moons import count_nodes, step, two_moons


def run() -> None:
    """Run all parts."""
    moons()
    memory()
    size()
    million()
    import_time()


class ChainedNeuron(nn.Neuron):
    """A neuron that adds with `+`, product by product, as micrograd's does."""

    def __call__(self, inputs: Any) -> Value:
        z = sum((w * x for w, x in zip(self.weights, inputs, strict=True)), self.bias)
        return self.activation(z)


def _models() -> dict[str, tuple[Any, Any]]:
    """The contestants: a model with the same weights, and the class of its nodes."""
    models = {
        "autograd, nn.MLP": (nn.MLP, Value),
        "autograd, micrograd's graph": (nn.MLP, Value),
        "micrograd": (micrograd.nn.MLP, micrograd.engine.Value),
    }
    made = {}
    for name, (mlp, node) in models.items():
        random.seed(1337)
        made[name] = (mlp(2, [16, 16, 1]), node)
    for layer in made["autograd, micrograd's graph"][0].layers:
        for neuron in layer.neurons:
            neuron.__class__ = ChainedNeuron
    return made


def moons() -> None:
    """Microseconds of a training step."""
    X, y = two_moons()
    models = _models()
    contestants: dict[str, Callable[[], object]] = {
        name: (lambda model=model, node=node: step(model, node, X, y)) for name, (model, node) in models.items()
    }
    seconds = in_turn(contestants, rounds=5, calls=4)
    for name, (model, node) in models.items():
        report(
            "moons",
            name,
            microseconds_per_step=seconds[name] * 1e6,
            nodes=count_nodes(step(model, node, X, y)),
            times_faster_than_micrograd=seconds["micrograd"] / seconds[name],
        )


def memory() -> None:
    """Bytes a node, numbers and gradients included."""
    X, y = two_moons()
    bytes_per_node = {}
    for name, (model, node) in _models().items():
        tracemalloc.start()
        loss = step(model, node, X, y)
        used, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        bytes_per_node[name] = used / count_nodes(loss)
        del loss
    for name, used in bytes_per_node.items():
        report("memory", name, bytes_per_node=used, share_of_micrograd=used / bytes_per_node["micrograd"])


def _chain(n: int) -> Value:
    x = Value(1.0)
    y = x
    for _ in range(n // 2):
        y = y * x + x
    return y


def size() -> None:
    """Time and memory are linear in the number of nodes."""
    for n in (1_000, 10_000, 100_000, 1_000_000, 2_000_000):
        gc.collect()
        start = time.perf_counter()
        y = _chain(n)
        built = time.perf_counter()
        y.backward()
        differentiated = time.perf_counter()
        del y
        tracemalloc.start()
        y = _chain(n)
        used, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        del y
        report(
            "size",
            f"{n} nodes",
            forward_ns_per_node=(built - start) / n * 1e9,
            backward_ns_per_node=(differentiated - built) / n * 1e9,
            bytes_per_node=used / n,
        )


def million() -> None:
    """A chain of a million nodes, through everything that could recurse."""
    y = _chain(1_000_000)
    results: dict[str, float] = {}

    def timed(name: str, action: Callable[..., Any], *arguments: Any) -> Any:
        start = time.perf_counter()
        result = action(*arguments)
        results[f"{name}_seconds"] = time.perf_counter() - start
        return result

    timed("backward", Value.backward, y)
    timed("count", lambda root: len(topological_order(root)), y)
    copied = timed("deepcopy", copy.deepcopy, y)
    pickled = timed("pickle", pickle.dumps, y)
    restored = timed("unpickle", pickle.loads, pickled)
    if not restored.data == copied.data == y.data:
        raise AssertionError("a copy differs from its original")
    del copied, restored
    start = time.perf_counter()
    del y
    results["delete_seconds"] = time.perf_counter() - start
    report("million", "chain of 1,000,000 nodes", **results)


def import_time() -> None:
    """Milliseconds that `import autograd` adds to starting Python."""

    def start(code: str) -> float:
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], check=True)
        return time.perf_counter() - begin

    pairs = [(start("import autograd"), start("pass")) for _ in range(11)]
    added = statistics.median(a - b for a, b in pairs)
    report("import", "import autograd", milliseconds=added * 1e3)
