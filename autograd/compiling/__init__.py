"""Graphs as programs: `compile` makes a loss, or a function of numbers, run at machine speed.

A graph becomes one of three: a short one a *straight-line* program, a long one *loops* where there are any, else
*threaded* code. `runners.py` chooses.

Reading order: `program.py` (instructions), `passes.py` (what they simplify to), `trace.py` (graph → tape, and the lanes
of a short program), `differentiate.py` (the derivative is more program), `assemble.py`; `python_backend.py`,
`instructions.py`, `vector_math.py`, `llvm_backend.py`, `machine_code.py` (code); `clusters.py`, `pieces.py`,
`piece_code.py`, `threaded.py` (threaded code); `backends.py`; the package `loops`, which has an order of its own;
`runners.py` (one way to call all of them), `leaves.py`, `showing.py` (names for what is printed), `compiled.py`,
`training.py`, `updates.py`, `foreign.py`, `arguments.py`, `traced.py`, `results.py`, `function.py` (the public
objects); `shards.py`, `blueprints.py`, `remote.py`, `crew.py`, `distribution.py` (rows that are shared by processes and
machines); `collector.py`.
"""

from __future__ import annotations

from typing import Any

from ..graph import Graph, as_graph
from ..interop import is_node, why_no_node
from ..value import Value
from . import backends
from .collector import collector_off
from .compiled import CompiledGraph
from .foreign import CompiledForeignGraph
from .function import CompiledFunction
from .program import Program, Variable
from .runners import Options, checked_threads

__all__ = ["CompiledForeignGraph", "CompiledFunction", "CompiledGraph", "Program", "Variable", "compile"]


def compile(
    target: Any,
    *,
    parameters: Any = None,
    argnums: int | tuple[int, ...] | None = None,
    has_aux: bool = False,
    backend: str | None = None,
    lanes: bool = True,
    fastmath: bool = False,
    threads: int | str = 1,
) -> Any:
    """Compile a loss, or a function of numbers.

    The loops that built the graph are found in it again: over samples or rows, neurons, positions, steps. Like nodes
    become arrays, and a program of a few statements over nests of loops, whose derivative comes from the same rules.
    `print` of what is returned shows them in your names, `.stats` says what was found, `.source()` is the code.

    Args:
        target: a Value or a Graph, which is compiled, see `CompiledGraph`; or a function that returns a Value, see
            `CompiledFunction`; or a node of another class, see `CompiledForeignGraph`.
        parameters: of a function: the Values whose gradient `value_and_grad` gives, summed over the rows: a module
            or any lists, tuples and dicts of Values.
        argnums: of a function: the arguments whose gradients `value_and_grad` gives, one for each row. A function
            that uses no Values but its arguments needs neither; then it is the first one, as of
            `autograd.value_and_grad`.
        has_aux: of a function: it returns a pair (loss, the rest), and `value_and_grad` gives
            ((loss, the rest), gradient of the loss), as in JAX.
        backend: "llvm" or "python"; by default LLVM where llvmlite is installed.
        lanes: whether terms of a sum that are alike run side by side. False keeps every rounding of the
            eager engine; with lanes, sums may add up in another order.
        fastmath: allow LLVM to reorder further, and to assume that no number is nan or infinite.
        threads: how many may share the rows, or the lanes; "auto" for all cores. The results do not depend on it.

    >>> from autograd import Value
    >>> w = Value(2.0)
    >>> step = compile(sum((w * x - 1) ** 2 for x in (1.0, 2.0, 3.0)), backend="python")
    >>> step(), w.grad
    (35.0, 44.0)
    >>> w.data = 0.5
    >>> step()
    0.5
    >>> f = compile(lambda x, y: x * y + x, argnums=(0, 1), backend="python")
    >>> f.value_and_grad(2.0, 3.0)
    (8.0, (4.0, 2.0))
    >>> error = compile(lambda x, t: (w * x - t) ** 2, parameters=[w], backend="python")
    >>> error.value_and_grad(1.0, 2.0)
    (2.25, [-3.0])
    """
    backends.chosen(backend)  # a name that is none is refused here, and advice given where the user's line is known
    options = Options(backend, lanes, fastmath, checked_threads(threads))
    if isinstance(target, Graph) or is_node(target):
        for name, given in (("argnums", argnums), ("parameters", parameters), ("has_aux", has_aux or None)):
            if given is not None:
                raise TypeError(f"{name}= is for a function; a graph has none, its leaves get gradients")
        graph = as_graph("compile", target)
        kind = CompiledGraph if isinstance(graph.given[0], Value) else CompiledForeignGraph
        with collector_off():
            return kind(graph, options)
    if callable(target):
        return CompiledFunction(target, parameters, argnums, has_aux, options)
    hint = "; for several losses compile their sum" if isinstance(target, (list, tuple)) else ""
    raise TypeError(f"compile takes a Value or a function, got {type(target).__name__}{hint}{why_no_node(target)}")
