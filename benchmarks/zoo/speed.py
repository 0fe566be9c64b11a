"""`python -m benchmarks zoo`: for every program of the zoo what compiling costs, and a step compiled and eager."""

from __future__ import annotations

import statistics

from autograd import compile, topological_order

from ..measure import clock, in_turn, report
from .program import PROGRAMS, Program


def run(names: tuple[str, ...] = tuple(PROGRAMS)) -> None:
    compile(PROGRAMS["chain"].build(size=100))()  # what LLVM itself takes is no cost of a program
    found = [_measured(PROGRAMS[name]) for name in names]
    report(
        "zoo", f"{len(found)} programs", microseconds_per_node_median=statistics.median(a for a, _ in found),
        microseconds_per_node_largest=max(a for a, _ in found), eager_over_compiled_median=statistics.median(
            b for _, b in found
        ),
        eager_over_compiled_least=min(b for _, b in found),
    )  # fmt: skip


def _measured(program: Program) -> tuple[float, float]:
    """Microseconds a node to the first result, and how many times faster a step is than the eager one."""
    loss = program.build()
    nodes = len(topological_order(loss))
    start = clock()
    step = compile(loss)
    step()
    first = clock() - start

    def eager() -> None:  # as a training loop does it: the graph is built anew
        program.build().backward()

    seconds = in_turn({"compiled": step}, 9, 3) | in_turn({"eager": eager}, 2)
    per_node, times_faster = first / nodes * 1e6, seconds["eager"] / seconds["compiled"]
    report(
        "zoo", program.name, nodes=nodes, seconds_to_first_result=first, microseconds_per_node=per_node,
        microseconds_per_step=seconds["compiled"] * 1e6, eager_over_compiled=times_faster, **_rows(program),
    )  # fmt: skip
    return per_node, times_faster


def _rows(program: Program, n: int = 1024) -> dict[str, float]:
    """The same of its function of a row: seconds to the first result, and nanoseconds a row for value and gradient."""
    if not program.has_rows:
        return {}
    import numpy as np

    function, sample = program.function()
    X = np.array([sample() for _ in range(n)])
    start = clock()
    f = compile(function)
    f.value_and_grad(X)
    first = clock() - start
    seconds = in_turn({"rows": lambda: f.value_and_grad(X)}, 5)["rows"]
    return {"rows_seconds_to_first_result": first, "rows_nanoseconds_per_row": seconds / n * 1e9}
