"""Matrix products in blocks, against NumPy and against the plain meaning of a nest."""

import ctypes
import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from support.random_programs import assert_agree

from autograd import Value
from autograd import operations as ops
from autograd.compiling.loops import blocks
from autograd.compiling.loops.analyze import analyze_rows
from autograd.compiling.loops.contractions import ADJOINTS, Contraction, Pass, plan
from autograd.compiling.loops.ir import ARGUMENTS, CONSTANTS, LANES, PARAMETERS, SUM, Access, Nest, Run, Statement
from autograd.compiling.loops.llvm_runner import LLVMRunner
from autograd.compiling.loops.reference import ReferenceRunner
from nn import MLP, mean_squared_error

TILE = blocks.TILE
PRODUCT = ("apply", ops.multiply, (("access", 0), ("access", 1)))


class Library:
    """The functions of `blocks.py`, called by ctypes."""

    def __init__(self, width: int) -> None:
        from autograd.compiling.machine_code import MachineCode, lane_width

        if width > lane_width():
            pytest.skip("this machine has no such vectors")
        self.code = MachineCode("\n".join(blocks.definitions(width)), 1)

    def call(self, step: Pass, memory: dict[int, np.ndarray], lanes: int) -> None:
        context = np.zeros(blocks.LIMIT + 1, np.int64)
        for place, numbers in memory.items():
            context[place] = numbers.ctypes.data
        context[blocks.LIMIT] = lanes
        function = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(self.code.address(step.function))
        function(step.descriptor.ctypes.data, context.ctypes.data)


@pytest.fixture(scope="module", params=[8, 4, 2])
def library(request: pytest.FixtureRequest) -> Library:
    return Library(request.param)


def run_of(shape: tuple[int, ...], out, a, b, offsets=(0, 0, 0), swapped=False) -> tuple[Statement, Run, Nest]:
    """A statement whose only run is a product over a nest with these strides of out, a and b."""
    start = np.array(offsets, np.int64)
    strides = np.array([out, a, b], np.int64).T.reshape(len(shape), 3)
    places = start + np.array(list(np.ndindex(*shape)), np.int64) @ strides
    accesses = [Access(PARAMETERS, places[:, 1], True), Access(LANES, places[:, 2], True)]
    if swapped:
        accesses, start, strides = accesses[::-1], start[[0, 2, 1]], strides[:, [0, 2, 1]]
    nest = Nest(0, shape, start, strides)
    run = Run(PRODUCT, accesses, places[:, 0], [nest])
    n = int(places[:, 0].max()) + 1
    return Statement(LANES, 0, n, SUM, [run]), run, nest


def check(library: Library, shape, out, a, b, lanes, offsets=(0, 0, 0), swapped=False) -> Contraction:
    """Forward and backward against sums over the terms; padding must not matter."""
    statement, run, nest = run_of(shape, out, a, b, offsets, swapped)
    found = plan(statement, run, nest, TILE)
    assert found is not None
    of_a, of_b = run.accesses[::-1] if swapped else run.accesses
    rng = np.random.default_rng(0)
    n_c, n_a, n_b = int(run.out.max()) + 1, int(of_a.index.max()) + 1, int(of_b.index.max()) + 1
    A, A_bar = rng.normal(size=(2, n_a))
    # One space has both C and B: here two arrays, one behind the other.
    lanes_of = rng.normal(size=(2, n_c + n_b, TILE))
    values, adjoints = lanes_of
    run_b = Access(LANES, of_b.index + n_c, True)
    moved = Run(run.body, [run_b, of_a] if swapped else [of_a, run_b], run.out, run.nests)
    at = nest.offsets + np.array([0, n_c, 0] if swapped else [0, 0, n_c])
    found = plan(statement, moved, nest._replace(offsets=at), TILE)
    assert found is not None
    assert found.of_lanes is not None
    assert found.of_shared is not None
    memory = {PARAMETERS: A, LANES: values, ADJOINTS + PARAMETERS: A_bar, ADJOINTS + LANES: adjoints}

    expected = values.copy()
    np.add.at(expected, run.out, A[of_a.index][:, None] * values[run_b.index])
    library.call(found.forward(), memory, lanes)
    np.testing.assert_allclose(values[:, :lanes], expected[:, :lanes], rtol=1e-13, atol=1e-13)
    expected = adjoints.copy()
    np.add.at(expected, run_b.index, A[of_a.index][:, None] * adjoints[run.out])
    library.call(found.of_lanes, memory, lanes)
    np.testing.assert_allclose(adjoints[:, :lanes], expected[:, :lanes], rtol=1e-13, atol=1e-13)
    values[:, lanes:] = np.nan  # no lane of the padding reaches a sum over the lanes
    expected = A_bar.copy()
    products = (adjoints[run.out, :lanes] * values[run_b.index, :lanes]).sum(1)
    np.add.at(expected, of_a.index, products)
    library.call(found.of_shared, memory, lanes)
    np.testing.assert_allclose(A_bar, expected, rtol=1e-12, atol=1e-12)
    return found


@pytest.mark.parametrize("lanes", [1, 5, 8, 20, 32, 56, 64])
@pytest.mark.parametrize(("m", "k"), [(2, 6), (5, 3), (10, 16), (13, 40), (25, 9), (7, 33)])
def test_a_layer(library: Library, m: int, k: int, lanes: int) -> None:
    check(library, (m, k), [1, 0], [k + 1, 1], [0, 1], lanes)


@pytest.mark.parametrize("lanes", [3, 64])
def test_a_layer_whose_weights_stand_by_inputs(library: Library, lanes: int) -> None:
    found = check(library, (9, 14), [1, 0], [1, 9], [0, 1], lanes, swapped=True)
    assert found.of_shared is not None
    assert found.of_shared.descriptor[0] == blocks.CUT  # rows and columns change places


@pytest.mark.parametrize("lanes", [3, 64])
def test_weights_with_gaps(library: Library, lanes: int) -> None:
    found = check(library, (9, 14), [1, 0], [40, 2], [0, 1], lanes)
    assert found.of_shared is not None
    assert found.of_shared.descriptor[0] == blocks.SCATTER


@pytest.mark.parametrize("lanes", [6, 64])
def test_a_convolution(library: Library, lanes: int) -> None:
    # 3 channels of 6 × 7, 4 filters of 3 × 2: positions (y, x), rows (filter), terms (channel, dy, dx)
    shape = (4, 4, 6, 3, 3, 2)
    check(
        library,
        shape,
        out=[24, 6, 1, 0, 0, 0],
        a=[18, 0, 0, 6, 2, 1],
        b=[0, 7, 1, 42, 7, 1],
        lanes=lanes,
        offsets=(3, 5, 2),
    )


@pytest.mark.parametrize("lanes", [6, 64])
def test_windows_that_overlap(library: Library, lanes: int) -> None:
    check(library, (5, 4, 3), out=[1, 0, 0], a=[12, 3, 1], b=[0, 1, 1], lanes=lanes)


@pytest.mark.parametrize("lanes", [6, 64])
def test_weights_that_several_products_share(library: Library, lanes: int) -> None:
    check(library, (6, 5), out=[1, 0], a=[1, 1], b=[0, 1], lanes=lanes)  # a[m + k]


def test_a_start_for_each_member(library: Library) -> None:
    positions, m, k = 3, 7, 5
    statement, run, nest = run_of((positions, m, k), [m, 1, 0], [0, k, 1], [k, 0, 1], (0, 0, positions * m))
    start = Run(
        ("access", 0), [Access(CONSTANTS, np.tile(np.arange(m), positions) * 2 + 1, False)], np.arange(21), None
    )
    found = plan(statement, run, nest, TILE)
    assert found is not None
    started = found.started(start, TILE)
    assert started is not None
    rng = np.random.default_rng(1)
    A, biases, values = rng.normal(size=m * k), rng.normal(size=2 * m), rng.normal(size=(21 + 15, TILE))
    values[:21] = np.nan
    library.call(started, {PARAMETERS: A, CONSTANTS: biases, LANES: values}, TILE)
    products = np.einsum("mk,pkv->pmv", A.reshape(m, k), values[21:].reshape(3, k, TILE))
    expected = products + biases[1::2, None]
    np.testing.assert_allclose(values[:21].reshape(3, m, TILE), expected, rtol=1e-13, atol=1e-13)
    library.call(found.forward(first=True), {PARAMETERS: A, LANES: values}, TILE)
    np.testing.assert_allclose(values[:21].reshape(3, m, TILE), products, rtol=1e-13, atol=1e-13)


def test_a_start_that_does_not_fit() -> None:
    found = plan(*run_of((7, 5), [1, 0], [5, 1], [0, 1]), TILE)
    assert found is not None
    few = Run(("access", 0), [Access(CONSTANTS, np.arange(6), False)], np.arange(6), None)
    assert found.started(few, TILE) is None
    in_lanes = Run(("access", 0), [Access(LANES, np.arange(7), False)], np.arange(7), None)
    assert found.started(in_lanes, TILE) is None
    found = plan(*run_of((2, 3, 5), [3, 1, 0], [0, 5, 1], [5, 0, 1]), TILE)
    assert found is not None
    irregular = Run(("access", 0), [Access(CONSTANTS, np.array([0, 1, 2, 3, 4, 6]), False)], np.arange(6), None)
    assert found.started(irregular, TILE) is None


def not_contractions() -> Iterator[tuple[str, Statement, Run, Nest]]:
    statement, run, nest = run_of((7, 5), [1, 0], [5, 1], [0, 1])
    yield "other space", Statement(PARAMETERS, 0, 7, SUM, [run]), run, nest
    total = Run(("apply", ops.add, PRODUCT[2]), run.accesses, run.out, run.nests)
    yield "a sum", statement, total, nest
    square = Run(("apply", ops.multiply, (("access", 1), ("access", 1))), run.accesses, run.out, run.nests)
    yield "a square", statement, square, nest
    both = Run(PRODUCT, [Access(ARGUMENTS, run.accesses[0].index, False), run.accesses[1]], run.out, run.nests)
    yield "a logsumexp", replace(statement, softmax=True), run, nest
    yield "both in lanes", statement, both, nest
    yield "one row", *run_of((1, 50), [1, 0], [50, 1], [0, 1])
    yield "few terms", *run_of((2, 3), [1, 0], [3, 1], [0, 1])
    yield "products alone", *run_of((50,), [1], [1], [1])


@pytest.mark.parametrize("case", list(not_contractions()), ids=lambda case: case[0])
def test_what_is_no_contraction(case: tuple[str, Statement, Run, Nest]) -> None:
    assert plan(*case[1:], TILE) is None


# --- in programs -----------------------------------------------------------------------------------------


def network(rng: random.Random) -> tuple[Value, list[Value], list[Value]]:
    """Two layers and a squared error."""
    model = MLP(5, [7, 4], activation="tanh", seed=rng.randrange(100))
    xs = [Value(rng.gauss(0, 1)) for _ in range(9)]
    return mean_squared_error([model(xs[:5])], [xs[5:]]), xs, model.parameters()


def convolution(rng: random.Random) -> tuple[Value, list[Value], list[Value]]:
    """Two filters of 3 × 3 over an image of 5 × 6, with a bias for each filter."""
    filters = [[[Value(rng.gauss(0, 1)) for _ in range(3)] for _ in range(3)] for _ in range(2)]
    biases = [Value(rng.gauss(0, 1)) for _ in filters]
    image = [[Value(rng.gauss(0, 1)) for _ in range(6)] for _ in range(5)]
    outputs = []
    for bias, weights in zip(biases, filters, strict=True):
        for y in range(3):
            for x in range(4):
                terms = [weights[i][j] * image[y + i][x + j] for i in range(3) for j in range(3)]
                outputs.append(sum(terms, bias).tanh())
    return sum(outputs), [x for row in image for x in row], [*biases, *[w for f in filters for row in f for w in row]]


def inputs_that_are_wanted(rng: random.Random) -> tuple[Value, list[Value], list[Value]]:
    """A matrix and its transpose: x · tanh(Wᵀ tanh(W x))."""
    matrix = [[Value(rng.gauss(0, 1)) for _ in range(6)] for _ in range(9)]
    xs = [Value(rng.gauss(0, 1)) for _ in range(6)]
    hidden = [sum((w * x for w, x in zip(row, xs, strict=True)), 0.5).tanh() for row in matrix]
    back = [sum(w * h for w, h in zip(column, hidden, strict=True)) for column in zip(*matrix, strict=True)]
    return sum(x * y.tanh() for x, y in zip(xs, back, strict=True)), xs, [w for row in matrix for w in row]


@pytest.mark.parametrize("n", [1, 7, 32, 64, 65, 300, 1000])
@pytest.mark.parametrize("make", [network, convolution, inputs_that_are_wanted])
def test_programs(make: Callable[[random.Random], tuple[Value, list[Value], list[Value]]], n: int) -> None:
    root, arguments, parameters = make(random.Random(n))
    program = analyze_rows([root], arguments, parameters, wanted={*parameters, *arguments}).program
    assert any(plan(s, r, nest, TILE) for s in program.statements for r in s.runs for nest in r.nests or ())
    rng = np.random.default_rng(n)
    given = rng.normal(size=(n, len(arguments)))
    parts = [given[:, :2], np.asfortranarray(given[:, 2:])]
    numbers = np.array([p.data for p in parameters])
    assert_agree(LLVMRunner(program)(numbers, parts, n=n), ReferenceRunner(program)(numbers, parts, n=n))


def test_no_sum_over_lanes_reads_the_padding() -> None:
    # Infinite activations of the last row are repeated in the padding: 0·inf must not come to the weights.
    weights = [[Value(1e200 + k + j) for k in range(4)] for j in range(4)]
    xs = [Value(1.0) for _ in range(4)]
    hidden = [sum(w * x for w, x in zip(row, xs, strict=True)) for row in weights]
    root = sum(sum(w * h for w, h in zip(row, hidden, strict=True)) for row in weights)
    parameters = [w for row in weights for w in row]
    program = analyze_rows([root], xs, parameters, wanted=set(parameters)).program
    rows = np.full((9, 4), 1e100)
    numbers = np.array([w.data for w in parameters])
    found, expected = (make(program)(numbers, [rows], n=9) for make in (LLVMRunner, ReferenceRunner))
    assert np.isinf(expected.outputs[0]).all()
    assert_agree(found, expected)
