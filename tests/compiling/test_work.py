"""How the work of compiling grows: in proportion to the graph, whatever the code that built it. Counted, not timed."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from autograd import Value, compile, tanh, topological_order
from autograd import sum as total


def bytecodes(call: Callable[[], object]) -> int:
    """How many instructions of Python's virtual machine a call executes."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes, frame.f_trace_lines = True, False
        count += event == "opcode"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    finally:
        sys.settrace(before)
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


def test_a_long_sum_is_cut_in_one_walk_over_its_terms():
    pytest.importorskip("llvmlite")
    from autograd.compiling.threaded import LONGEST_SUM, in_parts

    copied = 0

    class Terms(list):
        def __getitem__(self, places):
            nonlocal copied
            found = super().__getitem__(places)
            copied += len(found)
            return found

    terms = Terms(range(100 * LONGEST_SUM))
    parts = list(in_parts(terms))
    assert [term for part in parts for term in part] == terms
    assert copied == len(terms)
    assert {len(part) for part in parts[1:-1]} == {LONGEST_SUM - 1}  # the sum so far is a term, too
    assert len(parts[0]) == LONGEST_SUM
    assert list(in_parts([1, 2])) == [[1, 2]]
