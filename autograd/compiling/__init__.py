"""Graphs as programs: `compile` makes a loss, or a function of numbers, run at machine speed.

Reading order: `program.py` (instructions), `passes.py` (what they simplify to), `trace.py` (graph → tape, and
the lanes), `differentiate.py` (the derivative is more program), `python_backend.py`, `llvm_backend.py` and
`vector_math.py` (code), `backends.py`, `compiled.py`, `training.py` and `function.py` (what the user holds).
"""

from __future__ import annotations

from typing import Any

from ..value import Value
from .compiled import CompiledGraph
from .program import Program, Symbol

__all__ = ["CompiledGraph", "Program", "Symbol", "compile"]


def compile(target: Any, *, backend: str | None = None, lanes: bool = True, fastmath: bool = False) -> Any:
    """Compile a loss, or a function of numbers.

    Args:
        target: a Value, whose graph is compiled: see `CompiledGraph`.
        backend: "llvm" or "python"; by default LLVM where llvmlite is installed.
        lanes: whether terms of a sum that are alike run side by side. False keeps every rounding of the
            eager engine; with lanes, sums may add up in another order.
        fastmath: allow LLVM to reorder further, and to assume that no number is nan or infinite.

    >>> from autograd import Value
    >>> w = Value(2.0)
    >>> step = compile(sum((w * x - 1) ** 2 for x in (1.0, 2.0, 3.0)), backend="python")
    >>> step(), w.grad
    (35.0, 44.0)
    >>> w.data = 0.5
    >>> step()
    0.5
    """
    if isinstance(target, Value):
        return CompiledGraph(target, backend, lanes, fastmath)
    raise TypeError(f"compile takes a Value or a function, got {type(target).__name__}")
