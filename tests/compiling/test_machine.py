"""Machine code and its memory go together, in whatever order Python lets go of them."""

from __future__ import annotations

import subprocess
import sys

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
