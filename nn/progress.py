"""The progress bar of `fit`: tqdm's, or in a notebook without ipywidgets one line of HTML that is written anew.

There tqdm would write to stderr, which a notebook shows in red, and an exported one as a line for each update.
Entry point: `progress_bar`.
"""

from __future__ import annotations

import sys
import time
import warnings
from typing import Any, Protocol


class Bar(Protocol):
    """What `fit` does with a bar."""

    def update(self) -> object: ...
    def set_postfix(self, numbers: dict[str, str]) -> object: ...
    def close(self) -> object: ...


def progress_bar(updates: int, shown: bool) -> Bar:
    """A bar of so many updates; without tqdm, and in a notebook without IPython, one that shows nothing."""
    if not shown:
        return NoBar()
    if _in_notebook() and not _has_widgets():
        return NotebookBar(updates)
    try:
        return _tqdm_bar(updates)
    except ImportError:
        return NoBar()


def _tqdm_bar(updates: int) -> Bar:
    from tqdm.auto import tqdm

    class FromTheFirst(tqdm):  # type: ignore[misc]
        """Measures time from the first update on: what comes before it, compiling, happens once."""

        n: float
        initial: float

        def update(self, n: float = 1) -> object:
            if self.n or not self.total or self.total == n:
                return super().update(n)
            self.reset()
            self.n = self.last_print_n = self.initial = n
            return self.refresh()

        def set_postfix(self, numbers: dict[str, str]) -> object:
            # By itself it would draw the bar anew for all numbers, however fast they come.
            return super().set_postfix(numbers, refresh=self._time() - self.last_print_t > self.mininterval)

    bar: Bar = FromTheFirst(total=updates, unit=" updates")
    return bar


def _in_notebook() -> bool:
    """Whether this is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and "IPKernelApp" in shell.config


def _has_widgets() -> bool:
    try:
        with warnings.catch_warnings():  # tqdm says that they are missing
            warnings.simplefilter("ignore")
            from tqdm.notebook import IProgress
    except ImportError:
        return False
    return IProgress is not None


class NoBar:
    """Shows nothing."""

    def update(self) -> None: ...
    def set_postfix(self, numbers: dict[str, str]) -> None: ...
    def close(self) -> None: ...


class NotebookBar:
    """One output of the cell, replaced up to ten times a second; what is left at the end is one line."""

    def __init__(self, updates: int) -> None:
        from IPython.display import display

        self.updates, self.done, self.numbers = updates, 0, ""
        self.start = self.shown = time.perf_counter()
        self._handle: Any = display(self, display_id=True)  # type: ignore[no-untyped-call]

    def update(self) -> None:
        self.done += 1
        if time.perf_counter() - self.shown > 0.1:
            self._show()

    def set_postfix(self, numbers: dict[str, str]) -> None:
        self.numbers = ", ".join(f"{name} {x}" for name, x in numbers.items())

    def close(self) -> None:
        self._show()

    def _show(self) -> None:
        self.shown = time.perf_counter()
        self._handle.update(self)

    def __repr__(self) -> str:
        seconds = time.perf_counter() - self.start
        numbers = f", {self.numbers}" if self.numbers else ""
        return f"{self.done} of {self.updates} updates, {seconds:.1f} s{numbers}"

    def _repr_html_(self) -> str:
        return f'<progress value="{self.done}" max="{self.updates}"></progress> {self!r}'
