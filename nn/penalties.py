"""A penalty as a program: only where its code can depend on nothing but the numbers of parameters.

Such code reaches nothing but `l2_penalty`, modules and their `parameters()`, Values and numbers, as

    lambda: nn.l2_penalty(model.parameters(), 0.01)            partial(nn.l2_penalty, parameters, strength=0.01)

Entry points: `CheckedPenalty`; `lookups`, which decides that; `CompiledPenalty`.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Sequence
from functools import partial
from operator import is_not
from types import FunctionType, ModuleType
from typing import Any

from autograd import Value, compile
from autograd.sweeps import leaves

from .losses import l2_penalty
from .module import Module

Penalty = Callable[[], Value]

# What such code may consist of; instructions with other names, of a later Python perhaps, are left to Python.
HARMLESS = (
    "RESUME", "CACHE", "NOP", "EXTENDED_ARG", "COPY_FREE_VARS", "PUSH_NULL", "PRECALL", "CALL", "CALL_FUNCTION",
    "CALL_FUNCTION_KW", "CALL_KW", "CALL_METHOD", "KW_NAMES", "LOAD_CONST", "LOAD_SMALL_INT", "BINARY_OP", "BINARY_ADD",
    "BINARY_MULTIPLY", "BINARY_SUBTRACT", "BINARY_TRUE_DIVIDE", "BUILD_LIST", "BUILD_TUPLE", "RETURN_VALUE",
)  # fmt: skip


class CheckedPenalty:
    """A function of the user's that has to return a Value; `advice` says what to write instead."""

    def __init__(self, function: Callable[[], Any], advice: str) -> None:
        self.function, self._advice = function, advice

    def __call__(self) -> Value:
        added = self.function()
        if not isinstance(added, Value):
            raise TypeError(f"{self._advice}; it gave {type(added).__name__} {added!r:.60}, which is no Value")
        return added


def lookups(penalty: Any) -> list[Callable[[], Any]] | None:
    """How to look up each object that the code of a penalty reaches; None if it may depend on more than parameters."""
    found: list[Callable[[], Any]] = []
    if isinstance(penalty, CheckedPenalty):
        return lookups(penalty.function)
    if isinstance(penalty, partial):
        found = [partial(_same, x) for x in (penalty.func, *penalty.args, *penalty.keywords.values())]
    elif isinstance(penalty, FunctionType):
        cells = dict(zip(penalty.__code__.co_freevars, penalty.__closure__ or (), strict=True))
        for instruction in dis.get_instructions(penalty):
            name = instruction.argval
            if instruction.opname == "LOAD_GLOBAL":
                found.append(partial(penalty.__globals__.get, name))
            elif instruction.opname == "LOAD_DEREF":
                found.append(partial(getattr, cells[name], "cell_contents", None))
            elif instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
                if name not in ("parameters", "l2_penalty"):
                    return None
            elif instruction.opname not in HARMLESS:
                return None
    return found if found and all(_is_harmless(look()) for look in found) else None


def _same(x: Any) -> Any:
    return x


def _is_harmless(x: Any) -> bool:
    if isinstance(x, Module):
        names = ("parameters", "named_parameters")
        own = any(getattr(type(x), name) is not getattr(Module, name) or name in vars(x) for name in names)
        return not own and not hasattr(x, "l2_penalty")
    if isinstance(x, ModuleType):
        return vars(x).get("l2_penalty") is l2_penalty and not hasattr(x, "parameters")
    if type(x) in (list, tuple):
        return all(type(p) is Value for p in x)
    return x is l2_penalty or type(x) in (int, float, Value)


class CompiledPenalty:
    """A penalty whose code `lookups` has found harmless.

    Args:
        penalty: a function without arguments.
        given: the leaves whose numbers it is given, in this order.
    """

    def __init__(self, penalty: Penalty, given: Sequence[Value]) -> None:
        self._penalty = penalty
        self._lookups = lookups(penalty) or []
        self._slot_of = {leaf: slot for slot, leaf in enumerate(given)}
        self._reached: list[Any] = []  # at the beginning of the epoch
        self._contents: list[Any] = []
        self._run: Any = None
        self._slots: Any = None

    def begin(self) -> bool:
        """Look anew at what it reaches, before an epoch; False if it is more than the leaves."""
        import numpy

        self._reached = [look() for look in self._lookups]
        if not all(map(_is_harmless, self._reached)):
            return False
        contents = [_content(x) for x in self._reached]
        if len(contents) != len(self._contents) or any(map(_differ, contents, self._contents)):
            self._contents, self._run = contents, None
            added = self._penalty()
            if self._slot_of.keys() >= set(leaves(added)):
                step = compile(added)
                self._run, self._slots = step.run, numpy.array([self._slot_of[leaf] for leaf in step.leaves])
        return self._run is not None

    def add_to(self, gradient: Any, numbers: Any) -> float | None:
        """Add its gradient, and return its value; None where it reaches something else than at the beginning."""
        if any(look() is not x for look, x in zip(self._lookups, self._reached, strict=True)):
            return None
        (value,), slopes, _ = self._run(numbers[self._slots])
        gradient[self._slots] += slopes
        return float(value)


def _content(x: Any) -> list[Any]:
    return x.parameters() if isinstance(x, Module) else list(x) if isinstance(x, (list, tuple)) else [x]


def _differ(some: list[Any], others: list[Any]) -> bool:
    return len(some) != len(others) or any(map(is_not, some, others))
