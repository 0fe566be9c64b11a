"""Ctrl-C at every point: KeyboardInterrupt is raised at the first instruction of this project, then at the second, …

    for _ in interruptions(setup, run): …

calls `run(setup())` again and again, interrupted one instruction (or line) later each time, until it comes to its end.
No timer decides where, so each run of the tests meets the same points. `interrupted` does it once, at one of them.
Not every instruction is a place where a signal can come: the event "check" means those at which Python asks for one,
after a call, at the start of a function and of each round of a loop. What must hold of locks holds only there.
"""

from __future__ import annotations

import contextlib
import dis
import gc
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def interruptions(
    setup: Callable[[], Any],
    run: Callable[[Any], Any],
    event: str = "opcode",
    places: tuple[str, ...] = ("autograd", "nn"),
) -> Iterator[Any]:
    """What `setup` made, after `run` of it was interrupted.

    One for each "opcode", "check" or "line" of these folders or files that `run` comes to.
    """
    k, collects = 0, gc.isenabled()
    while True:
        state = setup()
        if interrupted(partial(run, state), k, event, places) <= k:
            assert k > 0
            return
        yield state
        if collects:  # between two lines of a `finally`, where no signal comes, a "line" may have left it off
            gc.enable()
        k += 1


def interrupted(
    function: Callable[[], Any], k: int, event: str = "opcode", places: tuple[str, ...] = ("autograd", "nn")
) -> int:
    """Call the function with an interruption at its point number k, if it comes so far; how many points it came to."""
    count, paths = 0, tuple(str(ROOT / place) for place in places)
    before: dict[Any, int] = {}  # the last instruction of each frame
    # Generators that are being closed. One that is freed before its end can only have an exception printed; and Python
    # 3.12 runs two instructions of its own there, at which it asks for no signal.
    closing: set[Any] = set()

    def trace(frame: Any, kind: str, what: Any) -> Any:
        nonlocal count
        if not frame.f_code.co_filename.startswith(paths):
            return None
        frame.f_trace_opcodes = event != "line"
        if kind == "return":
            before.pop(frame, None)
            closing.discard(frame)
        if kind == "exception" and what[0] is GeneratorExit:
            closing.add(frame)
        if frame in closing or _frees(frame):
            return trace
        if kind == "opcode" and event == "check":
            last, before[frame] = before.get(frame), frame.f_lasti
            if last is None or not _asks(frame.f_code, last):
                return trace
        if kind == event or kind == "opcode":
            count += 1
            if count == k + 1:
                raise KeyboardInterrupt
        return trace

    other = sys.gettrace()
    sys._getframe().f_trace_opcodes = True  # Python 3.12 looks for such a frame when tracing begins, and only then
    sys.settrace(trace)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            function()
    finally:
        sys.settrace(other)
    return count


def _frees(frame: Any) -> bool:
    """Whether a `__del__` runs, perhaps of what another test has left: an exception in it can only be printed."""
    while frame is not None and frame.f_code.co_filename.startswith(str(ROOT)):
        if frame.f_code.co_name == "__del__":
            return True
        frame = frame.f_back
    return False


@cache
def _instructions(code: Any) -> dict[int, str]:
    return {instruction.offset: instruction.opname for instruction in dis.get_instructions(code)}


def _asks(code: Any, at: int) -> bool:
    """Whether Python asks for signals after this instruction."""
    name = _instructions(code)[at]
    return name.startswith("CALL") or "JUMP_BACKWARD" in name or name == "RESUME"
