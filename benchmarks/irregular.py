"""Graphs in which there is little or nothing to be found: chains, random graphs, one long sum.

- `random`: operations on recent results without repetition, 10,000 to a million nodes: seconds, nanoseconds, bytes.
- `serial`: 10,000 operations of softplus, sums, products and softmax, each on what came just before.
- `chain`: a million dependent operations.
- `products`: one sum of a million products, from nodes and from arrays.

The rival is what one writes in C for such graphs: a switch walks a tape of operations forward and leaves the local
derivatives on it, for a loop that walks it backward.
"""

from __future__ import annotations

import random as randomness
from collections.abc import Callable
from typing import Any

from autograd import Value, compile, softmax, topological_order
from autograd import sum as total

from .contestants import Step, c_library
from .measure import clock, in_turn, memory, report

C_TAPE = r"""
#include <math.h>
#include <string.h>
enum { ADD, SUBTRACT, MULTIPLY, RELU, TANH, EXP, SOFTPLUS, SUM, LOGSUMEXP };

/* Node i has operation[i] and the parents parent[start[i]] … parent[start[i + 1] - 1], and a local derivative for each;
   the first nodes are leaves. */
void walk(long n, long leaves, const int *operation, const int *start, const int *parent, double *x, double *g,
          double *derivative) {
  for (long i = leaves; i < n; i++) {
    const int *p = parent + start[i];
    double *d = derivative + start[i], a = x[p[0]], y, e;
    int k = start[i + 1] - start[i];
    switch (operation[i]) {
      case ADD: y = a + x[p[1]]; d[0] = d[1] = 1; break;
      case SUBTRACT: y = a - x[p[1]]; d[0] = 1; d[1] = -1; break;
      case MULTIPLY: y = a * x[p[1]]; d[0] = x[p[1]]; d[1] = a; break;
      case RELU: y = a > 0 ? a : 0; d[0] = a > 0; break;
      case TANH: y = tanh(a); d[0] = 1 - y * y; break;
      case EXP: y = d[0] = exp(a); break;
      case SOFTPLUS: e = exp(-fabs(a)); y = (a > 0 ? a : 0) + log1p(e); d[0] = (a > 0 ? 1 : e) / (1 + e); break;
      case SUM: y = 0; for (int j = 0; j < k; j++) { y += x[p[j]]; d[j] = 1; } break;
      default:
        for (int j = 1; j < k; j++) if (x[p[j]] > a) a = x[p[j]];
        e = 0;
        for (int j = 0; j < k; j++) e += d[j] = exp(x[p[j]] - a);
        y = a + log(e);
        for (int j = 0; j < k; j++) d[j] /= e;
    }
    x[i] = y;
  }
  memset(g, 0, n * sizeof(double));
  g[n - 1] = 1;
  for (long i = n - 1; i >= leaves; i--)
    for (int j = start[i]; j < start[i + 1]; j++) g[parent[j]] += derivative[j] * g[i];
}
"""
ON_TAPE = ("add", "subtract", "multiply", "relu", "tanh", "exp", "softplus", "sum", "logsumexp")


def tape(loss: Value) -> Step | None:
    """The graph as a tape for C; checked against the eager gradients."""
    library = c_library(C_TAPE, "-O2")
    if library is None:
        return None
    import ctypes

    import numpy as np

    order = topological_order(loss)
    order = [node for node in order if node.op is None] + [node for node in order if node.op is not None]
    place = {node: i for i, node in enumerate(order)}
    leaves = sum(node.op is None for node in order)
    operation = np.array([ON_TAPE.index(node.op.name) if node.op else 0 for node in order], dtype=np.int32)
    start = np.cumsum([0, *[len(node.parents) for node in order]], dtype=np.int32)
    parent = np.array([place[p] for node in order for p in node.parents], dtype=np.int32)
    x, g = np.array([node.data for node in order]), np.zeros(len(order))
    arrays = (operation, start, parent, x, g, np.zeros(len(parent)))
    pointers = [ctypes.c_void_p(part.ctypes.data) for part in arrays]

    def walk() -> Any:
        library.walk(ctypes.c_long(len(order)), ctypes.c_long(leaves), *pointers)
        return arrays

    walk()
    loss.zero_grad()
    loss.backward()
    if not np.allclose(g[:leaves], [node.grad for node in order[:leaves]], rtol=1e-9, atol=1e-12 * abs(g).max()):
        raise AssertionError("the tape in C and the eager engine disagree")
    return walk


def random_graph(n: int, seed: int = 0) -> Value:
    """n operations without any repetition."""
    generator = randomness.Random(seed)
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


def serial_graph(n: int, seed: int = 0) -> Value:
    """About n operations on the last eight numbers: softplus, the mean of four, a product, the softmax of four."""
    generator = randomness.Random(seed)
    last = [Value(generator.gauss(0, 1)) for _ in range(8)]
    made = 0
    while made < n:
        a, b, c, d = generator.sample(last, 4)
        kind = generator.randrange(4)
        if kind == 0:
            new, operations = [a.softplus()], 1
        elif kind == 1:
            new, operations = [total([a, b, c, d]) * 0.25], 2
        elif kind == 2:
            new, operations = [a * b], 1
        else:
            new, operations = softmax([a, b, c, d]), 9
        last, made = [*last, *new][-8:], made + operations
    return total(last)


def run() -> None:
    """Run all parts."""
    compile(random_graph(200), backend="llvm")()  # what LLVM itself takes is no cost of a program
    random()
    serial()
    chain()
    products()


def random(sizes: tuple[int, ...] = (10_000, 100_000, 1_000_000)) -> None:
    for n in sizes:
        _measure("random", random_graph(n))


def serial() -> None:
    _measure("serial", serial_graph(10_000))


def chain() -> None:
    x = Value(0.5)
    y = x
    for _ in range(500_000):
        y = y * 0.999 + x
    _measure("chain", y)


def _measure(name: str, loss: Value) -> None:
    """Forward and backward of one graph; the eager engine, which has built it, does only the backward pass."""
    nodes = topological_order(loss)
    n, operations = len(nodes), sum(node.op is not None for node in nodes)
    del nodes
    before, start = memory(), clock()
    step = compile(loss, backend="llvm")
    step()
    first, used = clock() - start, memory() - before
    calls: dict[str, Callable[[], object] | None] = {"compiled-llvm": step, "eager backward only": loss.backward}
    calls["C tape"] = tape(loss)
    seconds = in_turn({k: call for k, call in calls.items() if call is not None}, 7, max(3, 1_000_000 // n))
    for contestant, s in seconds.items():
        ours = {"seconds_to_first_result": first, "bytes_per_node": used / n} if contestant == "compiled-llvm" else {}
        report(
            f"{name}, {n} nodes", contestant, microseconds_per_step=s * 1e6,
            nanoseconds_per_operation=s / operations * 1e9, ratio_to_compiled_llvm=s / seconds["compiled-llvm"], **ours,
        )  # fmt: skip


def products(n: int = 1_000_000) -> None:
    """Σ a·b, and its 2n derivatives."""
    import numpy as np

    xs = [Value(1e-6 * k) for k in range(n)]
    a = np.array([x.data for x in xs])
    b = a[::-1].copy()
    step = compile(total([p * q for p, q in zip(xs, reversed(xs), strict=True)]), backend="llvm")
    f = compile(lambda p, q: p * q, argnums=(0, 1), backend="llvm")
    calls = {
        "compiled-llvm, from nodes": step,
        "compiled-llvm, from arrays": lambda: f.value_and_grad(a, b),
        "NumPy by hand": lambda: (a * b, (b.copy(), a.copy())),
        "NumPy by hand, the sum": lambda: (a @ b, (b.copy(), a.copy())),
    }
    seconds = in_turn(calls, 5)
    for contestant, s in seconds.items():
        ratio = s / seconds["NumPy by hand, the sum"]
        report("products", contestant, microseconds_per_step=s * 1e6, ratio_to_numpy=ratio)
