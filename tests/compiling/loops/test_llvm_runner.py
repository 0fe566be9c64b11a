"""Loop programs as machine code, against the reference."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from support.random_programs import Case, assert_agree, random_case

from autograd import operations as ops
from autograd.compiling.loops.ir import (
    ARGUMENTS,
    CONSTANTS,
    LANES,
    MAXIMUM,
    PARAMETERS,
    SHARED,
    STORE,
    SUM,
    Access,
    BodyColumn,
    LoopOutput,
    LoopProgram,
    Nest,
    Region,
    Run,
    Statement,
)
from autograd.compiling.loops.llvm_runner import LLVMRunner
from autograd.compiling.loops.reference import ReferenceRunner

A, B = ("access", 0), ("access", 1)


def apply(operation: ops.Operation, *parts: Any) -> Any:
    return ("apply", operation, parts)


def check(case: Case) -> None:
    """The machine code against the reference."""
    expected = case.run(ReferenceRunner)
    assert_agree(case.run(LLVMRunner), expected)
    for a, b in zip(case.run(LLVMRunner, gradient=False).outputs, expected.outputs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", range(120))
def test_random_programs(seed: int) -> None:
    check(random_case(seed))


@pytest.mark.parametrize("seed", range(60))
def test_infinities_and_nan_stand_in_the_same_places(seed: int) -> None:
    check(random_case(seed, nasty=True))


@pytest.mark.parametrize("lanes", [0, 1, 7, 8, 9, 63, 64, 65, 1000])
@pytest.mark.parametrize("seed", range(1000, 1006))
def test_any_number_of_lanes(seed: int, lanes: int) -> None:
    check(random_case(seed, lanes=lanes))


def nest(shape: tuple[int, ...], offsets: tuple[int, ...], *strides: tuple[int, ...]) -> Nest:
    return Nest(0, shape, np.array(offsets), np.array(strides, np.int64).reshape(len(shape), len(offsets)))


def run(body: Any, spaces: tuple[int, ...], loops: Nest) -> Run:
    iterations = np.indices(loops.shape).reshape(len(loops.shape), int(np.prod(loops.shape))).T
    columns = (loops.offsets + iterations @ loops.strides).T
    accesses = [Access(space, index, space != CONSTANTS) for space, index in zip(spaces, columns[1:], strict=True)]
    return Run(body, accesses, columns[0], [loops])


def program(n_slots: int, *statements: Statement, size: int) -> Case:
    every = LoopProgram(n_slots, np.zeros(0), size, list(statements), [], [], [LoopOutput(SHARED, size - 1)])
    return Case(every, np.random.default_rng(0).normal(size=n_slots), [], None, [1.0])


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 9, 16, 63, 64, 65])
@pytest.mark.parametrize("operation", [ops.add, ops.exp, ops.atan, ops.sigmoid], ids=lambda o: o.name)
def test_every_length_of_a_vector_loop(n: int, operation: ops.Operation) -> None:
    body = apply(operation, A, A) if operation is ops.add else apply(operation, A)
    squares = Statement(SHARED, 0, n, STORE, [run(body, (PARAMETERS,), nest((n,), (0, 0), (1, 1)))])
    total = Statement(SHARED, n, 1, SUM, [run(apply(ops.multiply, A, A), (SHARED,), nest((n,), (n, 0), (0, 1)))])
    check(program(n, squares, total, size=n + 1))


@pytest.mark.parametrize("m", [1, 6, 17])
@pytest.mark.parametrize("k", [1, 6, 40])
def test_a_matrix_and_a_vector_in_both_layouts(m: int, k: int) -> None:
    for strides in [(k, 1), (1, m)]:
        product = run(
            apply(ops.multiply, A, B),
            (PARAMETERS, PARAMETERS),
            nest((m, k), (0, 0, m * k), (1, strides[0], 0), (0, strides[1], 1)),
        )
        norm = run(apply(ops.multiply, A, A), (SHARED,), nest((m,), (m, 0), (0, 1)))
        check(
            program(
                m * k + k, Statement(SHARED, 0, m, SUM, [product]), Statement(SHARED, m, 1, SUM, [norm]), size=m + 1
            )
        )


def test_nests_deeper_than_a_kernel() -> None:
    shape = (2, 3, 2, 2, 3, 2, 2)
    sizes = np.array([np.prod(shape[d + 1 :], dtype=int) for d in range(len(shape))])
    turned = nest(shape, (0, 0), *[(int(size), int(other)) for size, other in zip(sizes, sizes[::-1], strict=True)])
    m = int(np.prod(shape))
    slots = int((np.array(shape) - 1) @ sizes[::-1]) + 1
    copied = Statement(SHARED, 0, m, STORE, [run(apply(ops.tanh, A), (PARAMETERS,), turned)])
    weighed = run(apply(ops.sin, A), (SHARED,), nest((m,), (m, 0), (0, 1)))
    check(program(slots, copied, Statement(SHARED, m, 1, SUM, [weighed]), size=m + 1))


@pytest.mark.parametrize(
    ("members", "terms"),
    [
        ((3, 2, 3), (5, 2)),
        ((2, 3, 2, 3), (3, 2)),
        ((3,), (2, 3, 2, 3, 2)),
        ((2, 3, 2, 3), (2, 2, 3, 3)),
        ((2,) * 5, (2,) * 4),
    ],
)
def test_members_of_nests_deeper_than_a_kernel_are_complete(members: tuple[int, ...], terms: tuple[int, ...]) -> None:
    """Loops that are joined go from member to member, or add up terms of one: not both."""
    shape = np.array(members + terms)
    sizes = np.array([np.prod(shape[d + 1 :], dtype=int) for d in range(len(shape))])
    out = np.where(np.arange(len(shape)) < len(members), sizes // np.prod(terms), 0)
    turned = sizes[::-1]
    every_other = np.where(np.arange(len(shape)) % 2, turned, 0)
    strides = [(int(a), int(b), int(c)) for a, b, c in zip(out, turned, every_other, strict=True)]
    slots, m = int((shape - 1) @ turned) + 1, int(np.prod(members))
    product = apply(ops.tanh, apply(ops.multiply, A, B))
    sums = Statement(
        SHARED, 0, m, SUM, [run(product, (PARAMETERS, PARAMETERS), nest(members + terms, (0, 0, 0), *strides))]
    )
    weighed = run(apply(ops.sin, A), (SHARED,), nest((m,), (m, 0), (0, 1)))
    check(program(slots, sums, Statement(SHARED, m, 1, SUM, [weighed]), size=m + 1))


def test_terms_with_the_same_address_are_all_added() -> None:
    rng = np.random.default_rng(1)
    m = 100
    index, other = rng.integers(0, 3, m), rng.integers(0, 5, m)
    terms = Run(
        apply(ops.multiply, A, B),
        [Access(PARAMETERS, index, True), Access(PARAMETERS, other, True)],
        np.sort(other),
        None,
    )
    norm = run(apply(ops.multiply, A, A), (SHARED,), nest((5,), (5, 0), (0, 1)))
    check(program(5, Statement(SHARED, 0, 5, SUM, [terms]), Statement(SHARED, 5, 1, SUM, [norm]), size=6))


def test_a_seed_of_zero_keeps_what_only_it_depends_on_out_of_the_gradient() -> None:
    root = Statement(SHARED, 0, 1, STORE, [run(apply(ops.sqrt, A), (PARAMETERS,), nest((), (0, 0)))])
    square = Statement(SHARED, 1, 1, STORE, [run(apply(ops.multiply, A, A), (PARAMETERS,), nest((), (1, 0)))])
    both = LoopProgram(1, np.zeros(0), 2, [root, square], [], [], [LoopOutput(SHARED, 1), LoopOutput(SHARED, 0)])
    result = LLVMRunner(both)(np.zeros(1))
    assert result.outputs == [0.0, 0.0]
    assert result.gradient.tolist() == [0.0]  # 0·inf would be nan


def test_a_sum_is_never_minus_zero() -> None:
    one = run(A, (PARAMETERS,), nest((), (0, 0)))
    result = LLVMRunner(program(1, Statement(SHARED, 0, 1, SUM, [one]), size=1).program)(np.array([-0.0]))
    assert np.copysign(1.0, result.outputs[0]) == 1.0


def rows(n: int) -> Case:
    """The mean of tanh(w·x + v·y)² over rows, and its square root."""
    inner = apply(
        ops.tanh, apply(ops.add, apply(ops.multiply, A, B), apply(ops.multiply, ("access", 2), ("access", 3)))
    )
    z = run(inner, (PARAMETERS, ARGUMENTS, PARAMETERS, ARGUMENTS), nest((), (0, 0, 0, 1, 1)))
    total = run(apply(ops.multiply, A, A), (LANES,), nest((), (0, 0)))
    norm = run(apply(ops.sqrt, A), (SHARED,), nest((), (1, 0)))
    region = Region(
        None,
        [BodyColumn(argument=0), BodyColumn(argument=1)],
        1,
        [Statement(LANES, 0, 1, STORE, [z]), Statement(SHARED, 0, 1, SUM, [total])],
        two_sweeps=True,
    )
    outputs = [LoopOutput(SHARED, 1), LoopOutput(LANES, 0)]
    every = LoopProgram(2, np.zeros(0), 2, [], [region], [Statement(SHARED, 1, 1, STORE, [norm])], outputs, (1,))
    rng = np.random.default_rng(n)
    return Case(every, rng.normal(size=2), [rng.normal(size=(n, 2))], n, [1.0, 0.5])


@pytest.mark.parametrize("n", [1, 63, 64, 65, 896, 2000, 15_000])
def test_a_norm_over_rows(n: int) -> None:
    check(rows(n))


def test_the_last_tile_is_padded_with_nothing_that_counts() -> None:
    """Repeated lanes would bring 0·inf."""
    case = rows(9)
    case.arguments[0][8] = np.inf
    check(case)


@pytest.mark.parametrize("n", [1, 8, 9, 32])
def test_lanes_that_are_none_are_not_computed(n: int) -> None:
    """A small batch costs as much as it has rows."""
    squares = run(apply(ops.multiply, A, A), (ARGUMENTS,), nest((5,), (0, 0), (1, 1)))
    total = run(A, (LANES,), nest((5,), (0, 0), (0, 1)))
    statements = [Statement(LANES, 0, 5, STORE, [squares]), Statement(SHARED, 0, 1, SUM, [total])]
    region = Region(None, [BodyColumn(argument=k) for k in range(5)], 5, statements)
    runner = LLVMRunner(LoopProgram(0, np.zeros(0), 1, [], [region], [], [LoopOutput(SHARED, 0)]))
    x = np.random.default_rng(0).normal(size=(64, 5))
    runner(np.zeros(0), [x], 64)
    runner(np.zeros(0), [np.zeros((n, 5))], n)
    vectors = -(-n // 8) * 8
    expected = np.where(np.arange(64) < vectors, 0.0, (x * x).T)
    np.testing.assert_array_equal(runner._spare[0].spaces[LANES].reshape(5, 64), expected)


def test_memory_is_used_again_and_nothing_is_left_in_it() -> None:
    case = rows(100)
    runner = LLVMRunner(case.program)
    first = runner(case.parameters, case.arguments, 100)
    runner(case.parameters, [np.full((100, 2), np.nan)], 100)
    second = runner(case.parameters, case.arguments, 100)
    assert_agree(second, first)
    assert np.array_equal(first.gradient, second.gradient)


def test_a_maximum_of_few_in_lanes() -> None:
    largest = run(A, (ARGUMENTS,), nest((3,), (0, 0), (0, 1)))
    total = run(A, (LANES,), nest((), (0, 0)))
    statements = [Statement(LANES, 0, 1, MAXIMUM, [largest], backward=False), Statement(SHARED, 0, 1, SUM, [total])]
    region = Region(None, [BodyColumn(argument=k) for k in range(3)], 1, statements)
    every = LoopProgram(0, np.zeros(0), 1, [], [region], [], [LoopOutput(SHARED, 0)])
    x = np.random.default_rng(0).normal(size=(50, 3))
    x[7, 1] = np.nan
    assert np.isnan(LLVMRunner(every)(np.zeros(0), [x], 50).outputs[0])
    np.testing.assert_allclose(LLVMRunner(every)(np.zeros(0), [x[8:]], 42).outputs[0], x[8:].max(axis=1).sum())


def test_rows_without_their_number() -> None:
    with pytest.raises(TypeError, match="say how many"):
        LLVMRunner(rows(5).program)(np.zeros(2))


@pytest.mark.parametrize("n", [100, 1000, 20_000])
def test_any_number_of_threads_gives_the_same_bits(n: int) -> None:
    case = rows(n)
    one = case.run(LLVMRunner)
    for threads in (2, 3, 5):
        found = LLVMRunner(case.program, threads)(case.parameters, case.arguments, n, case.seeds)
        assert found.outputs[0] == one.outputs[0]
        np.testing.assert_array_equal(found.outputs[1], one.outputs[1])
        np.testing.assert_array_equal(found.gradient, one.gradient)
        np.testing.assert_array_equal(found.arguments[1], one.arguments[1])


def test_calls_from_several_threads_do_not_disturb_each_other() -> None:
    cases = [rows(n) for n in (5, 70, 1000, 3000)]
    runner = LLVMRunner(cases[0].program, threads=2)
    expected = [case.run(LLVMRunner) for case in cases]
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(runner, c.parameters, c.arguments, c.n, c.seeds) for c in cases * 10]
        for call, result in zip(calls, expected * 10, strict=True):
            np.testing.assert_array_equal(call.result().gradient, result.gradient)
