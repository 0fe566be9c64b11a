"""What can be switched on around a piece of code: `no_grad`, `detect_anomaly`, `record_source`.

Operators must stay fast, so they look at one integer, `active`, which counts the contexts entered anywhere.
Only while it is not zero do they call `observe`, which looks up what is on in *this* thread or task.
"""

from __future__ import annotations

import contextlib
import linecache
import math
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .value import Value

_AUTOGRAD = os.path.dirname(os.path.abspath(__file__))
# Not the user's own code. The separator keeps a folder such as `nn_lessons` apart.
LIBRARY = (_AUTOGRAD + os.sep, os.path.join(os.path.dirname(_AUTOGRAD), "nn") + os.sep)

active = 0
frozen_since = object()  # a new one whenever a leaf is frozen or freed, so that nobody asks many leaves in vain
watching = 0  # the same for `watch_changes`, kept apart because no operator needs to look at it
_lock = threading.Lock()
_no_grad = ContextVar("no_grad", default=False)
_detect_anomaly = ContextVar("detect_anomaly", default=False)
_record_source = ContextVar("record_source", default=False)
_tracing: ContextVar[Callable[[Value], Value] | None] = ContextVar("tracing", default=None)
_changes: ContextVar[list[tuple[Value, str, float]] | None] = ContextVar("changes", default=None)


class AnomalyError(ArithmeticError):
    """The first number that is not finite, met under `detect_anomaly()`."""


# Ctrl-C can come after any call. So what is undone at the end begins inside `try`, and remembers how far it got.


@contextmanager
def _set(mode: ContextVar[Any], setting: Any) -> Iterator[None]:
    before, token = mode.get(), None
    try:
        token = mode.set(setting)
        yield
    finally:
        if token is None:
            mode.set(before)
        else:
            mode.reset(token)


@contextmanager
def _on(mode: ContextVar[Any], setting: Any = True) -> Iterator[None]:
    global active
    is_counted = False
    try:
        with _lock:
            active += 1
            is_counted = True
        with _set(mode, setting):
            yield
    finally:  # even if `reset` raises because a generator was closed in another context
        if is_counted:
            with _lock:
                active -= 1


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording: results are leaves. Saves time and memory when no gradient is wanted.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> with no_grad():
    ...     y = x * x
    >>> y.data, y.parents
    (9.0, ())
    """
    with _on(_no_grad):
        yield


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Raise `AnomalyError` at the first number that is not finite, in the forward or the backward pass.

    The message names the operation, its inputs and the line of yours that made the node.

    >>> from autograd import Value
    >>> with detect_anomaly():
    ...     Value(0.0, "x").log()
    Traceback (most recent call last):
    ...
    autograd.modes.AnomalyError: log gave -inf from x = 0.0 ...
    """
    with _on(_detect_anomaly):
        yield


@contextmanager
def record_source() -> Iterator[None]:
    """Remember in `node.source` the file, line and code that made each node.

    >>> from autograd import Value
    >>> with record_source():
    ...     y = Value(2.0) * 3
    >>> y.source.endswith("y = Value(2.0) * 3")
    True
    """
    with _on(_record_source):
        yield


@contextmanager
def tracing(mark: Callable[[Value], Value]) -> Iterator[None]:
    """Let `mark` see every node that is made: `compile` runs a function once to record its graph."""
    with _on(_tracing, mark):
        yield


@contextmanager
def recording() -> Iterator[None]:
    """The opposite of `no_grad`, whatever surrounds it: a derivative cannot be taken without recording."""
    with _set(_no_grad, False):
        yield


def is_recording() -> bool:
    return not _no_grad.get()


@contextmanager
def watch_changes() -> Iterator[list[tuple[Value, str, float]]]:
    """The list that fills with (node, "data" or "grad", number before) while numbers of Values are changed."""
    global watching
    changes: list[tuple[Value, str, float]] = []
    is_counted = False
    try:
        with _lock:
            watching += 1
            is_counted = True
        with _set(_changes, changes):
            yield changes
    finally:
        if is_counted:
            with _lock:
                watching -= 1


def observe_change(node: Value, attribute: str) -> None:
    """Remember that `node.data` or `node.grad` is about to change. Called by `value.py` only."""
    changes = _changes.get()
    if changes is not None:
        changes.append((node, attribute, getattr(node, attribute)))


def observe(node: Value) -> Value:
    """What the active modes make of a node that was just computed. Called by `value.py` only."""
    mark = _tracing.get()
    if mark is not None:
        return mark(node)
    if _record_source.get() or _detect_anomaly.get():
        node.source = _users_line()
    if _detect_anomaly.get() and not math.isfinite(node.data):
        raise AnomalyError(_anomaly(node))
    if not _no_grad.get():
        return node
    leaf = node.detach()
    if node.source:
        leaf.source = node.source
    return leaf


def observe_gradients(node: Value) -> None:
    """Raise if a gradient that `node` has just sent to its parents is not finite."""
    if not _detect_anomaly.get():
        return
    for parent, local_derivative in zip(node.parents, node.local_derivatives, strict=True):
        if not (parent.is_constant or parent._is_frozen or math.isfinite(parent.grad)):
            raise AnomalyError(
                f"the gradient of {_name(parent)} became {parent.grad} in the backward pass of "
                f"{_described(node)}: local derivative {local_derivative!r} × gradient {node.grad!r}{_where(node)}"
            )


def _anomaly(node: Value) -> str:
    inputs = ", ".join(f"{_name(parent)} = {parent.data!r}" for parent in node.parents)
    return f"{_described(node)} gave {node.data!r} from {inputs}{_where(node)}"


def _described(node: Value) -> str:
    name = node.op.name if node.op else "a leaf"
    return f"{name} ({node.label!r})" if node.label else name


def _name(node: Value) -> str:
    return node.label or ("a constant" if node.is_constant else node.op.name if node.op else "a leaf")


def _where(node: Value) -> str:
    if node.source:
        return f"\n  made at {node.source}"
    return "\n  (build the graph inside detect_anomaly() to see the line that made it)"


def users_frame() -> FrameType:
    """The innermost frame of code outside this library."""
    frame = sys._getframe(1)
    while frame.f_back and is_library(frame.f_code):
        frame = frame.f_back
    return frame


def is_library(code: CodeType) -> bool:
    """Whether this code belongs to this library, `autograd` or `nn`."""
    return code.co_filename.startswith(LIBRARY)


def stacklevel() -> int:
    """How many calls up the user's own line is, seen from the caller, for `warnings.warn`."""
    level, frame = 1, sys._getframe(1)
    while frame.f_back and frame.f_code.co_filename.startswith((*LIBRARY, contextlib.__file__)):
        level, frame = level + 1, frame.f_back
    return level


class Source(str):
    """`file:line: code`, and with it the `place` of the expression, from its first line and column to its last; None
    before Python 3.11, which does not know.
    """

    place: tuple[int, int, int, int] | None = None


def _users_line() -> str:
    """The innermost line of code outside this library."""
    frame = users_frame()
    path, line = frame.f_code.co_filename, frame.f_lineno
    code = linecache.getline(path, line, frame.f_globals).strip()
    source = Source(f"{path}:{line}: {code}" if code else f"{path}:{line}")
    source.place = _places(frame.f_code).get(frame.f_lasti)
    return source


@lru_cache(maxsize=64)
def _places(code: CodeType) -> dict[int, tuple[int, int, int, int]]:
    """For each instruction the place of the expression it computes."""
    if sys.version_info < (3, 11):
        return {}
    positions = enumerate(code.co_positions())
    return {
        2 * k: (first, start, last, end)
        for k, (first, last, start, end) in positions
        if first is not None and last is not None and start is not None and end is not None
    }
