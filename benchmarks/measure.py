"""Timing contestants in turn, and printing results."""

from __future__ import annotations

import gc
import json
import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def one_core() -> Iterator[None]:
    """Pin this process to one core, with all threads it starts: JAX, for one, does not obey its thread flags.

    To be entered before NumPy, PyTorch and JAX are imported, which look at the environment then.
    """
    os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))
    if not hasattr(os, "sched_setaffinity"):  # not on macOS and Windows
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


# CPU seconds of this process, all its threads together: on a machine shared with others a clock measures them, too.
clock = time.process_time


def in_turn(contestants: dict[str, Callable[[], object]], rounds: int, calls: int = 1) -> dict[str, float]:
    """The CPU seconds of a call of each contestant in its fastest round; in turn for `rounds` rounds after one warm-up.

    The fastest, as others on the machine only ever slow a round down: they share its memory and its caches.
    In each round a contestant is called `calls` times in a row, so that it pays for its own garbage, and
    starts from a clean heap, so that it does not pay for that of the one before.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for turn in range(rounds + 1):
        for name, contestant in contestants.items():
            gc.collect()
            start = clock()
            for _ in range(calls):
                contestant()
            elapsed = (clock() - start) / calls
            if turn > 0:
                seconds[name].append(elapsed)
    return {name: min(times) for name, times in seconds.items()}


def memory() -> float:
    """Bytes of memory this process holds, machine code included; nan where the system does not say."""
    gc.collect()
    try:
        with open("/proc/self/statm") as file:
            return float(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE"))
    except OSError:
        return float("nan")


def report(benchmark: str, contestant: str, **figures: Any) -> None:
    """Print one result as a JSON line; floats with four digits."""
    rounded = {name: float(f"{x:.4g}") if isinstance(x, float) else x for name, x in figures.items()}
    line = {"benchmark": benchmark, "contestant": contestant, **rounded, "python": platform.python_version()}
    print(json.dumps(line), flush=True)
