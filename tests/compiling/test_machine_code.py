"""Machine code and its memory go together, in whatever order Python lets go of them."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("llvmlite")


def check(code: str, *lines: str) -> None:
    """Run code in a process of its own, as a mistake here ends the process; it prints these lines."""
    command = [sys.executable, "-X", "faulthandler", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100)
    assert (done.stdout.split("\n")[:-1], done.returncode) == ([*lines], 0), done.stderr[-4000:]
    assert not done.stderr


CYCLES = """
import gc
from autograd import Value, compile
from autograd.compiling.machine_code import _Memory

class Caller:
    def __init__(self, i):
        w = Value(1.0 + i)
        self.step, self.f = compile(w * w, backend="llvm"), compile(lambda x: w * x, backend="llvm")
        self.numbers, self.itself = [1.0, 2.0], self  # a cycle: only the garbage collector frees it, in any order

    def __del__(self):
        results.append(self.step() + self.f(1.0))
        if len(results) == 10:
            kept.append(self.step)

results, kept = [], []
for i in range(30):
    first, second = Caller(i), Caller(i)
    first.other, second.other = second.step, first.f
    del first, second
    gc.collect()
print(len(results), results[-1], kept[0](), len(_Memory._engines))
kept.clear()
print(len(_Memory._engines), len(_Memory._unused) > 0)
compile(Value(3.0).exp(), backend="llvm")
print(len(_Memory._unused))
"""


def test_the_garbage_collector_may_free_programs_in_any_order_and_what_it_frees_may_call_them():
    check(CYCLES, "60 930.0 25.0 1", "0 True", "1")


# Wherever Ctrl-C comes, what was interrupted becomes part of a cycle, as it does in a debugger.
INTERRUPTED = f"""
import gc, sys
sys.path.append({str(Path(__file__).parent.parent)!r})
import threading
import llvmlite
from autograd import Value, compile
from autograd.compiling.machine_code import MachineCode, _Memory
from support.interrupts import interruptions

def run(_):
    try:
        kept.append(MachineCode("define double @f() {{ ret double 0.0 }}", 1))
    except KeyboardInterrupt as error:
        error.itself = error
        raise

gc.disable()
kept, n = [], 0
for _ in interruptions(lambda: None, run, "check", ("autograd/compiling/machine_code.py", *llvmlite.__path__)):
    gc.collect()
    n += 1
for thread in threading.enumerate():
    if thread is not threading.main_thread():
        thread.join()
kept.clear()
gc.collect()
print(n > 5, len(_Memory._engines), compile(Value(2.0).exp(), backend="llvm")())
"""


def test_wherever_ctrl_c_comes_what_llvm_has_made_is_freed_once():
    check(INTERRUPTED, f"True 0 {math.exp(2.0)}")


PROGRAMS = """
import sys
from functools import partial
from unittest import mock
import numpy as np
from autograd import Value, compile, logsumexp
from autograd.compiling import assemble, runners
from nn import MLP, SGD, mean_squared_error

def straight_line():
    return compile((Value(2.0) * 3.0).tanh(), backend="llvm")

def graph(seed=1):
    model = MLP(3, [4, 1], activation="tanh", seed=seed)
    return model, mean_squared_error([model([i, 1.0, -i]) for i in range(20)], [0.1] * 20)

def loops():
    with mock.patch.object(runners, "MOST_STRAIGHT", 0):
        step = compile(graph()[1], backend="llvm")
    assert step.stats.form == "loops"
    return step

def threaded():
    with mock.patch.object(assemble, "LONG", 0):
        step = compile(graph()[1], backend="llvm", lanes=False)
    assert step.stats.form == "threaded"
    return step

def rows():
    model = MLP(4, [40, 40, 3], seed=1)
    f = compile(lambda x: logsumexp(model(x)), parameters=model, backend="llvm", threads=2)
    numbers = np.ones((1000, 4))
    return lambda: f.value_and_grad(numbers)

def training():
    model, loss = graph()
    step = compile(loss, backend="llvm")
    return lambda: step.train(SGD(model.parameters(), lr=1e-6), steps=2000)

held = [form() for form in (straight_line, loops, threaded, rows, training)]
for run in held:
    run()
"""


# Threads run the code while Python exits; and so does `atexit`, which compiles as well.
EXIT = """
import atexit, threading

def go_on(run):
    try:
        while True:
            run()
    finally:  # Python ends such threads one way or another
        return

def at_exit():
    for run in held:
        run()
    print(straight_line()())

atexit.register(at_exit)
for run in held:
    threading.Thread(target=go_on, args=(run,), daemon=True).start()
    run()
print("exits")
"""


def test_python_may_exit_while_threads_run_machine_code():
    pytest.importorskip("numpy")
    check(f"{PROGRAMS}{EXIT}", "exits", str(math.tanh(6.0)))


# What one thread lets go of, others still run; while all of them compile.
SHARED = """
import gc, threading
started = threading.Barrier(4)

def work(k):
    started.wait()
    for i in range(60):
        run = held[(i + k) % 5]
        run()
        if i % 12 == k:
            held[(i + k) % 5] = (straight_line, rows)[i % 2]()
        if i % 20 == k:
            gc.collect()

threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("done")
"""


def test_threads_compile_run_and_let_go_side_by_side():
    pytest.importorskip("numpy")
    check(f"{PROGRAMS}{SHARED}", "done")


FORKED = """
import gc, os, sys, warnings
warnings.simplefilter("ignore", DeprecationWarning)  # of forks, from Python 3.12 on, as there are threads
for is_abrupt in (False, True):
    child = os.fork()
    if not child:
        for run in held:
            run()
        held[:] = [form() for form in (straight_line, loops, threaded, rows, training)]
        gc.collect()
        for run in held:
            run()
        os._exit(0) if is_abrupt else sys.exit()
    print(os.waitpid(child, 0)[1])
print(held[0]())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_process_runs_compiles_and_lets_go():
    pytest.importorskip("numpy")
    check(f"{PROGRAMS}{FORKED}", "0", "0", str(math.tanh(6.0)))
