"""Which backend runs a program, and the one way to call it.

Entry points: `load(program, …)` returns a `CodeRunner`; `source(program, …)` the generated code.
"""

from __future__ import annotations

import warnings
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from . import python_backend
from .program import Program

if TYPE_CHECKING:
    from .threaded import Threaded

NAMES = ("python", "llvm")
_advised = False


class CodeRunner(Protocol):
    """A program that can be called, by several threads at once."""

    name: str

    def scalars(self, numbers: array[float]) -> tuple[Sequence[float], Sequence[float]]:
        """From the numbers in the slots: the results, and the gradient of every slot."""

    def rows(self, numbers: array[float], arguments: Sequence[Any], n: int) -> tuple[list[Any], Sequence[float]]:
        """With `n` rows: vectors of results, then of gradients of arguments; and the gradient of every slot.

        The first slot is for the number of rows.
        """


class PythonRunner:
    """Runs the program as Python code."""

    name = "python"

    def __init__(self, program: Program, n_slots: int) -> None:
        self._run = python_backend.load(program)
        self._n_slots = n_slots

    def scalars(self, numbers: array[float]) -> tuple[Sequence[float], Sequence[float]]:
        results, gradients, _ = self._run(numbers, (), 1)
        return results, [gradients.get(slot, 0.0) for slot in range(self._n_slots)]

    def rows(self, numbers: array[float], arguments: Sequence[Any], n: int) -> tuple[list[Any], Sequence[float]]:
        import numpy

        columns = []
        for x in arguments:
            x = numpy.asarray(x, dtype=float)
            columns += list(numpy.broadcast_to(x, (n, x.shape[1])).T) if x.ndim == 2 else [numpy.broadcast_to(x, n)]
        _, gradients, lanes = self._run(numbers, columns, n)
        vectors = [numpy.asarray(lanes[place], dtype=float) for place in sorted(lanes)]
        return vectors, [gradients.get(slot, 0.0) for slot in range(self._n_slots)]


def load(program: Program | Threaded, n_slots: int, backend: str | None, fastmath: bool) -> CodeRunner:
    """The program, ready to run: by LLVM where llvmlite is installed, unless `backend` says "python"."""
    if chosen(backend) == "python" and isinstance(program, Program):
        return PythonRunner(program, n_slots)
    from .llvm_backend import StraightRunner, writer_for

    return StraightRunner(writer_for(program, n_slots, fastmath))


def source(program: Program | Threaded, n_slots: int, backend: str, fastmath: bool) -> str:
    """The code that a backend generates for the program."""
    if backend == "python":
        if not isinstance(program, Program):
            raise ValueError('this function is so long that it runs as threaded code; compile it with backend="python"')
        return python_backend.source(program)
    if backend == "llvm":
        from . import llvm_backend

        return llvm_backend.source(llvm_backend.writer_for(program, n_slots, fastmath))
    raise ValueError(f"there is no backend {backend!r}; choose one of {', '.join(NAMES)}")


def chosen(backend: str | None) -> str:
    """The name of the backend to use; says once what to install when LLVM is not there."""
    global _advised
    if backend is not None and backend not in NAMES:
        raise ValueError(f"there is no backend {backend!r}; choose one of {', '.join(NAMES)}")
    if backend == "python":
        return "python"
    try:
        import llvmlite.binding  # noqa: F401
    except ImportError:
        if backend == "llvm":
            raise ImportError(
                "the LLVM backend needs llvmlite: pip install 'scalar-autograd[fast]', or write backend=\"python\""
            ) from None
        if not _advised:
            _advised = True
            warnings.warn(
                "compiled to Python code, as llvmlite is not installed; for machine code: "
                "pip install 'scalar-autograd[fast]'",
                stacklevel=3,
            )
        return "python"
    return "llvm"
