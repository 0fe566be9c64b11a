"""Ctrl-C at every point: KeyboardInterrupt is raised at the first instruction of this project, then at the second, …

    for _ in interruptions(setup, run): …

calls `run(setup())` again and again, interrupted one instruction (or line) later each time, until it comes to its end.
No timer decides where, so each run of the tests meets the same points.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def interruptions(
    setup: Callable[[], Any],
    run: Callable[[Any], Any],
    event: str = "opcode",
    places: tuple[str, ...] = ("autograd", "nn"),
) -> Iterator[Any]:
    """What `setup` made, after `run` of it was interrupted.

    One for each "opcode", or "line", of these folders or files that `run` comes to.
    """
    k, paths = 0, tuple(str(ROOT / place) for place in places)
    while True:
        state = setup()
        if not _interrupted(partial(run, state), k, event, paths):
            assert k > 0
            return
        yield state
        k += 1


def _interrupted(function: Callable[[], Any], k: int, event: str, paths: tuple[str, ...]) -> bool:
    """Call the function with an interruption at its point number k; False where it has no such point."""
    count = -1

    def trace(frame: Any, kind: str, _: object) -> Any:
        nonlocal count
        if not frame.f_code.co_filename.startswith(paths):
            return None
        frame.f_trace_opcodes = event == "opcode"
        if kind == event:
            count += 1
            if count == k:
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        with contextlib.suppress(KeyboardInterrupt):
            function()
    finally:
        sys.settrace(before)
    return count >= k
