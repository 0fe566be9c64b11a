"""One line of a terminal that says what a program is doing, and moves while it works.

Where nobody watches, in a pipe or a file, each new task is a line of its own, and nothing moves.

Entry point: `StatusLine`.
"""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import TextIO

WIDTH = 24  # of the bar
SOON = 1.0  # seconds of work that an estimate needs to be worth anything


class StatusLine:
    """A context manager: at its end the line is gone.

    Args:
        stream: the terminal, or its replacement.
        clock: seconds.
    """

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.perf_counter) -> None:
        self.live = stream.isatty()
        self._stream, self._clock = stream, clock
        self._text, self._phase, self._since = "", _no_phase, clock()
        self._work: tuple[int, int] | None = None  # done, and all of it
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep_moving, daemon=True)

    def __enter__(self) -> StatusLine:
        if self.live:
            self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        if self.live:
            self._thread.join()
            self._erase()

    def begin(self, text: str, phase: Callable[[], str] | None = None) -> None:
        """Name the task that begins now; `phase` adds to it, and is called whenever the line is written."""
        with self._lock:
            self._text, self._phase = text, phase or _no_phase
            self._since, self._work = self._clock(), None
        if not self.live:
            print(text, file=self._stream, flush=True)
        self.write()

    def done(self, n: int, of: int) -> None:
        """Report that `n` parts of the work are done; time is measured from the first call."""
        with self._lock:
            if self._work is None:
                self._since = self._clock()
            self._work = (n, of)

    def print(self, text: str, stream: TextIO | None = None) -> None:
        """Write lines that stay, above this one; to standard output if no stream is given."""
        self._erase()
        print(text, file=stream, flush=True)
        self.write()

    def write(self) -> None:
        """Rewrite the line."""
        if self.live and self._text:
            columns = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r{self.line()[:columns]:<{columns}}")
            self._stream.flush()

    def line(self) -> str:
        """What the line says now."""
        with self._lock:
            text, phase, work, seconds = self._text, self._phase(), self._work, self._clock() - self._since
        if work is None:
            return f"{text}{f': {phase}' if phase else ''}, {seconds:.1f} s"
        n, of = work
        filled = WIDTH * n // of
        left = f", about {seconds / n * (of - n):.0f} s left" if n and seconds >= SOON else ""
        return f"{text} {'█' * filled}{'·' * (WIDTH - filled)} {n / of:4.0%}{left}"

    def _erase(self) -> None:
        if self.live:
            columns = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r{'':<{columns}}\r")
            self._stream.flush()

    def _keep_moving(self) -> None:
        while not self._over.wait(0.1):
            self.write()


def _no_phase() -> str:
    return ""


def doing(names: dict[str, str]) -> Callable[[], str]:
    """A function that says what this thread is doing at the moment it is called, from another thread.

    Args:
        names: a part of the path of a source file, and what its code does; the innermost code that has a name counts.
    """
    thread = threading.get_ident()

    def phase() -> str:
        frame: FrameType | None = sys._current_frames().get(thread)
        while frame is not None:
            path = frame.f_code.co_filename.replace("\\", "/")
            for part, name in names.items():
                if part in path:
                    return name
            frame = frame.f_back
        return ""

    return phase
