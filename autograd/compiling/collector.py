"""The garbage collector, out of the way.

Entry point: `collector_off`.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_off() -> Iterator[None]:
    """Compiling makes many small objects and no cycles; the garbage collector would walk them all again and again."""
    was_on = gc.isenabled()
    try:
        gc.disable()
        yield
    finally:
        if was_on:
            gc.enable()
