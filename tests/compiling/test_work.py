"""How the work of compiling grows: in proportion to the graph, whatever the code that built it. Counted, not timed."""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import pytest

from autograd import Value, compile, tanh, topological_order
from autograd import sum as total


def bytecodes(call: Callable[[], object]) -> int:
    """How many instructions of Python's virtual machine a call executes; its second time, with all caches warm."""
    call()
    gc.collect()  # what other tests have left is not freed meanwhile, and counted
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    before, collects = sys.gettrace(), gc.isenabled()
    gc.disable()
    sys._getframe().f_trace_opcodes = True  # Python 3.12 looks for such a frame when tracing begins, and only then
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
        if collects:
            gc.enable()
    return count


def values(n: int, seed: int = 0) -> list[Value]:
    generator = random.Random(seed)
    return [Value(generator.gauss(0, 0.5)) for _ in range(n)]


def gravity(steps: int) -> Value:
    """Five bodies that attract each other: every sum goes down through all steps before it."""
    x, v = values(5), values(5, 1)
    for _ in range(steps):
        force = [total([(b - a) / ((b - a) ** 2 + 0.1) for b in x if b is not a]) for a in x]
        v = [a + 0.1 * f for a, f in zip(v, force, strict=True)]
        x = [a + 0.1 * b for a, b in zip(x, v, strict=True)]
    return total([a * a for a in x])


def many_sums(n: int) -> Value:
    """Sums whose terms become lanes, each needed by the next: a group of lanes for every one of them."""
    a = values(1)[0]
    for seed in range(n):
        a = tanh(total([tanh(a * x + y) * (x - a) for x, y in zip(values(24, seed), values(24, ~seed), strict=True)]))
    return a


@pytest.mark.parametrize(("program", "small"), [(gravity, 3), (many_sums, 16)])
def test_compiling_a_graph_of_four_times_the_size_is_four_times_the_work(program, small):
    work = []
    for size in (small, 4 * small):
        loss = program(size)
        work.append(bytecodes(lambda loss=loss: compile(loss, backend="python")) / len(topological_order(loss)))
    assert work[1] <= 1.3 * work[0]


def irregular(n: int) -> Value:
    """Operations on two of the last fifty numbers."""
    generator, nodes = random.Random(0), values(50)
    while len(nodes) < n:
        a, b = generator.choices(nodes[-50:], k=2)
        nodes.append(generator.choice([a + b, a * b, tanh(a * b), a * 0.9]))
    return total(nodes[-50:])


def test_a_graph_without_loops_is_found_out_and_threaded_with_little_work(monkeypatch):
    pytest.importorskip("llvmlite")
    from autograd.compiling import assemble, backends
    from autograd.compiling.runners import Options, prepared
    from autograd.compiling.threaded import Threaded

    monkeypatch.setattr(assemble, "LONG", 1_000)
    monkeypatch.setattr(backends, "load", lambda program, *_: program)  # what LLVM does is no work of Python's
    work = []
    for size in (2_500, 7_500):
        loss = irregular(size)
        prepare = partial(prepared, [loss], None, (), Options("llvm"), search_lanes=True)
        monkeypatch.setattr(Threaded, "name", "llvm", raising=False)
        work.append(bytecodes(prepare) / len(topological_order(loss)))
    assert work[1] <= 1.1 * work[0]
    assert work[1] <= 1_300


def test_terms_of_a_long_sum_are_added_with_little_work():
    pytest.importorskip("llvmlite")
    from autograd.compiling.threaded import Threaded
    from autograd.compiling.trace import survey

    work = []
    for n in (2_000, 8_000):
        graph = survey([total(values(n))])
        work.append(bytecodes(lambda graph=graph: Threaded(graph, graph.order)) / n)
    assert work[1] <= 1.1 * work[0]
    assert work[1] <= 300


def test_a_gradient_by_a_list_costs_few_instructions_a_parameter():
    numpy = pytest.importorskip("numpy")
    pytest.importorskip("llvmlite")
    X = numpy.ones((3, 40))
    work = []
    for n in (10, 40):
        ws = values(n)
        f = compile(lambda x, ws=ws: total([w * xi for w, xi in zip(ws, x, strict=False)]), parameters=ws)
        f.value_and_grad(X)
        work.append(bytecodes(lambda f=f: f.value_and_grad(X)))
    assert work[1] - work[0] < 20 * 30  # it was 200 a parameter
