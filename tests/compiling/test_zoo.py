"""Programs as people write them, compiled: the values and gradients of the eager engine, for every one and every use.

A gradient is measured as a vector: no entry may be off by more than 1e-12 of the largest, because lanes add up in
another order, and where terms cancel their rounding stays. Without lanes every bit is that of the eager engine.
"""

from __future__ import annotations

import math
from functools import cache

import pytest
from support.references import same

from autograd import Value, compile, topological_order
from autograd.compiling import CompiledGraph, runners
from benchmarks.zoo import PROGRAMS

np = pytest.importorskip("numpy")
pytest.importorskip("llvmlite")
programs = pytest.mark.parametrize("name", PROGRAMS)
row_programs = pytest.mark.parametrize("name", [name for name, program in PROGRAMS.items() if program.has_rows])
backends = pytest.mark.parametrize("backend", ["python", "llvm"])
forms = pytest.mark.parametrize("form", ["short", "loops"])
TOLERANCE = 1e-12


def built(name: str) -> Value:
    return PROGRAMS[name].build(seed=1, size=PROGRAMS[name].small, n_rows=9)


def leaves_of(loss: Value) -> list[Value]:
    return [node for node in topological_order(loss) if node.op is None and not node.is_constant]


def eager(loss: Value) -> tuple[float, list[float]]:
    """The loss and the gradients of its leaves."""
    leaves = leaves_of(loss)
    for leaf in leaves:
        leaf.grad = 0
    loss.backward()
    return loss.data, [leaf.grad for leaf in leaves]


def close(actual, expected) -> bool:
    """Whether two vectors agree, up to the rounding of their largest entry."""
    scale = max((abs(x) for x in expected if math.isfinite(x)), default=0.0)
    return all(same(a, b, TOLERANCE, absolute=TOLERANCE * scale) for a, b in zip(actual, expected, strict=True))


def computed_again(loss: Value) -> Value:
    """The same graph from the numbers that its leaves hold now, on new nodes."""
    new: dict[Value, Value] = {}
    for node in topological_order(loss):
        parents = [new[parent] for parent in node.parents]
        new[node] = (node if node.is_constant else Value(node.data)) if node.op is None else node.op(*parents)
    return new[loss]


@cache
def compiled(name: str, backend: str, form: str) -> CompiledGraph:
    """The program compiled as a short one, or as loops however short it is."""
    with pytest.MonkeyPatch.context() as patch:
        if form == "loops":
            patch.setattr(runners, "MOST_STRAIGHT", 0)
        return compile(built(name), backend=backend)


def results(step: CompiledGraph) -> tuple[float, list[float]]:
    """The loss and the gradients of its leaves, compiled."""
    leaves = leaves_of(step.loss)
    for leaf in leaves:
        leaf.grad = 0
    return step(), [leaf.grad for leaf in leaves]


@programs
@backends
@forms
def test_a_program_agrees_with_the_eager_engine(name, backend, form):
    value, expected = eager(built(name))
    result, gradients = results(compiled(name, backend, form))
    assert same(result, value, TOLERANCE)
    assert close(gradients, expected)


@programs
@backends
def test_without_lanes_it_has_the_bits_of_the_eager_engine(name, backend):
    loss = built(name)
    assert eager(loss) == results(compile(loss, backend=backend, lanes=False))


@programs
@backends
@forms
@pytest.mark.parametrize("poison", [math.nan, math.inf])
def test_nan_and_infinity_come_up_in_the_same_places(name, backend, form, poison, monkeypatch):
    step = compiled(name, backend, form)
    leaves = leaves_of(step.loss)
    monkeypatch.setattr(leaves[len(leaves) // 2], "data", poison)
    value, expected = eager(computed_again(step.loss))
    result, gradients = results(step)
    assert same(result, value, TOLERANCE)
    assert close(gradients, expected)


@row_programs
@backends
@forms
def test_a_function_of_rows_for_every_number_of_rows(name, backend, form, monkeypatch):
    if form == "loops":
        monkeypatch.setattr(runners, "MOST_STRAIGHT", 0)
    function, sample = PROGRAMS[name].function(seed=2, size=PROGRAMS[name].small)
    rows = [sample() for _ in range(33)]
    parameters = leaves_of(function(sample()))
    f = compile(function, parameters=parameters, backend=backend)
    for n in (0, 1, 7, 8, 9, 33):
        values, gradient = f.value_and_grad(np.array(rows[:n]).reshape(n, len(rows[0])))
        for parameter in parameters:
            parameter.grad = 0
        losses = [function(row) for row in rows[:n]]
        for loss in losses:
            loss.backward()
        assert values.shape == (n,)
        assert close(values, [loss.data for loss in losses])
        assert close(gradient, [float(parameter.grad) for parameter in parameters])


@row_programs
@backends
@forms
def test_the_gradients_of_the_rows_themselves(name, backend, form, monkeypatch):
    if form == "loops":
        monkeypatch.setattr(runners, "MOST_STRAIGHT", 0)
    function, sample = PROGRAMS[name].function(seed=3, size=PROGRAMS[name].small)
    rows = [sample() for _ in range(9)]
    values, gradients = compile(function, argnums=0, backend=backend).value_and_grad(np.array(rows))
    for row, value, gradient in zip(rows, values, gradients, strict=True):
        inputs = [Value(x) for x in row]
        loss = function(inputs)
        loss.backward()
        assert same(value, loss.data)
        assert close(gradient, [float(x.grad) for x in inputs])


@programs
def test_a_program_is_not_much_longer_than_its_graph(name):
    stats = compiled(name, "llvm", "short").stats
    assert stats.instructions <= 7 * stats.nodes


@programs
def test_a_program_of_loops_is_shorter_than_its_graph(name):
    stats = compiled(name, "llvm", "loops").stats
    if stats.form == "loops":  # "random graph" has none
        assert stats.loops.statements <= stats.nodes / 4 + 50
        assert stats.loops.families <= stats.nodes / 4 + 150
