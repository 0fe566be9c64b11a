"""Machine code and its memory go together, in whatever order Python lets go of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("llvmlite")

# In a process of its own, as a mistake here ends the process.
CYCLES = """
import gc
from autograd import Value, compile
for i in range(30):
    w = Value(1.0 + i)
    holder = [compile(w * w, backend="llvm"), compile(lambda x: w * x, backend="llvm")]
    holder[0](), holder[1](2.0)
    holder.append(holder)  # a cycle: only the garbage collector frees it, in any order
    del holder, w
    gc.collect()
print("done")
"""


def test_the_garbage_collector_may_free_programs_in_any_order():
    done = subprocess.run([sys.executable, "-c", CYCLES], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "done", done.stderr[-2000:]


# Wherever Ctrl-C comes, what was interrupted becomes part of a cycle, as it does in a debugger.
INTERRUPTED = f"""
import gc, sys
sys.path.append({str(Path(__file__).parent.parent)!r})
from autograd import Value, compile
from interrupts import interruptions
def run(_):
    try:
        compile(Value(2.0).exp(), backend="llvm")
    except KeyboardInterrupt as error:
        error.itself = error
        raise
gc.disable()
n = 0
for _ in interruptions(lambda: None, run, "check", ("autograd/compiling/machine_code.py",)):
    gc.collect()
    n += 1
print("done", n > 20)
"""


def test_the_garbage_collector_may_free_what_was_interrupted_in_any_order():
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "done True", done.stderr[-2000:]
