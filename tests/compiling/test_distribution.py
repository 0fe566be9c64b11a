"""A distributed function is the function: its values and gradients, for any number of workers."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.small_shards import small_shards  # noqa: F401
from support.workers import Counted, Here

from autograd import Value, compile, distribute, dot, grad, jacobian, logsumexp
from autograd.compiling import CompiledFunction
from nn import MLP

numpy = pytest.importorskip("numpy")

N = 2_000
GENERATOR = numpy.random.default_rng(0)
X = GENERATOR.normal(size=(N, 12))
CLASSES = numpy.eye(3)[numpy.arange(N) % 3]
MODEL = MLP(12, [16, 3], activation="tanh", seed=0)


def error(x, target):
    scores = MODEL(x)
    return logsumexp(scores) - dot(scores, target)


@pytest.fixture(scope="module")
def f():
    return compile(error, parameters=MODEL)


def test_values_and_gradients_are_those_of_one_machine(f):
    errors, gradient = f.value_and_grad(X, CLASSES)
    found, slopes = distribute(f, Here(2)).value_and_grad(X, CLASSES)
    assert found.tolist() == errors.tolist(), "row by row there is nothing to round anew"
    assert slopes == pytest.approx(gradient, rel=1e-12, abs=1e-12)
    assert distribute(f, Here(2))(X, CLASSES).tolist() == errors.tolist()
    total, slopes = distribute(f, Here(2)).sum_and_grad(X, CLASSES)
    assert total == pytest.approx(errors.sum(), rel=1e-12)
    assert slopes == pytest.approx(gradient, rel=1e-12, abs=1e-12)


def test_the_bits_are_those_of_any_number_of_workers(f):
    total, gradient = distribute(f, Here(1)).sum_and_grad(X, CLASSES)
    for n in (2, 3, None):
        workers = Here(n)
        found, slopes = distribute(f, workers).sum_and_grad(X, CLASSES)
        assert (found, slopes.tolist()) == (total, gradient.tolist()), n
        assert len(workers.tasks) > 1


def test_parameters_go_out_and_sums_come_back(f):
    """P numbers each way for each worker, and rows once."""
    workers = Counted(2)
    g = distribute(f, workers)
    g.sum_and_grad(X, CLASSES)
    out, _, trips = workers.since()
    rows = X.nbytes + CLASSES.nbytes
    assert (out < rows + 2 * 40_000, trips) == (True, 1)
    parameters = 8 * len(MODEL.parameters())
    g.sum_and_grad(X, CLASSES)
    out, back, trips = workers.since()
    assert (out < 2 * (parameters + 600), back < 2 * (parameters + 600), trips) == (True, True, 1)


def test_only_what_has_changed_travels_again(f):
    workers, targets = Counted(2), CLASSES.copy()
    g = distribute(f, workers)
    before, _ = g.sum_and_grad(X, targets)
    workers.since()
    targets[3] = [0.0, 0.0, -0.0]
    after, _ = g.sum_and_grad(X, targets)
    assert after == pytest.approx(f(X, targets).sum())
    assert after != before
    assert targets.nbytes < workers.since()[0] < targets.nbytes + 6_000


def test_a_number_beside_the_rows_travels_as_a_number():
    w = Value(2.0)
    f = compile(lambda x, rate: (w * x - rate) ** 2 + sum(x * k for k in range(400)), parameters=[w])
    workers = Counted(2)
    g = distribute(f, workers)
    x = GENERATOR.normal(size=4_000)
    for rate in (0.5, 0.25):
        found = g.value_and_grad(x, rate)
        assert found[1] == pytest.approx(f.value_and_grad(x, rate)[1], rel=1e-12)
        assert found[0].tolist() == f(x, rate).tolist()
    workers.since()
    g.sum_and_grad(x, 0.125)
    assert workers.since()[0] < 3_000


def test_small_numbers_travel_small(f):
    """Pixels of one byte stay so on the way."""
    workers = Counted(2)
    pixels = GENERATOR.integers(0, 16, size=X.shape).astype("u1")
    found = distribute(f, workers)(pixels, CLASSES)
    assert found.tolist() == f(pixels, CLASSES).tolist()
    assert workers.since()[0] < pixels.nbytes + CLASSES.nbytes + 80_000


def test_gradients_of_arguments_and_jacobians():
    f = compile(lambda x, y: logsumexp([a * y for a in x]) + sum(a * a for a in x * 20), argnums=(0, 1))
    y = GENERATOR.normal(size=N)
    g = distribute(f, workers := Here(2))
    (value, slopes), (expected, by_hand) = g.value_and_grad(X, y), f.value_and_grad(X, y)
    assert value.tolist() == expected.tolist()
    assert [s.tolist() for s in slopes] == [s.tolist() for s in by_hand]
    assert grad(g)(X, y).tolist() == grad(f)(X, y).tolist()
    assert jacobian(g)(X, y).tolist() == jacobian(f)(X, y).tolist()
    assert len(workers.tasks) >= 6


def test_values_that_are_changed_between_calls_are_seen():
    """Those that are not named as parameters, too, and a frozen one gets no gradient."""
    w, shift = Value(2.0), Value(1.0)
    f = compile(lambda x: dot(x, x) * w + shift + sum(a * a for a in x * 20), parameters=[w, shift])
    g = distribute(f, Here(2))
    before = g(X)
    shift.data, shift.requires_grad = 5.0, False
    assert g(X) == pytest.approx(before + 4.0)
    assert g.value_and_grad(X)[1] == pytest.approx(f.value_and_grad(X)[1], rel=1e-12)
    assert g.value_and_grad(X)[1][1] == 0


def test_the_rest_of_a_pair_is_summed_as_well():
    w = Value(2.0)
    f = compile(lambda x: (w * dot(x, x) * 1.5, {"rows": 1.0, "first": x[0]}), parameters=[w], has_aux=True)
    (total, rest), slopes = distribute(f, Here(2)).sum_and_grad(numpy.ones((10**5, 3)))
    assert (total, rest, slopes) == (9e5, {"rows": 1e5, "first": 1e5}, [4.5e5])


def test_what_is_too_little_is_computed_here(f):
    g = distribute(f, workers := Here(2))
    row = [0.5] * 12, [1.0, 0.0, 0.0]
    assert g(*row) == f(*row)
    assert g.value_and_grad(X[:5], CLASSES[:5])[0].tolist() == f(X[:5], CLASSES[:5]).tolist()
    assert g.sum_and_grad(X[:0], CLASSES[:0])[0] == 0.0
    assert workers.tasks == []


def test_threads_are_workers(f):
    with ThreadPoolExecutor(2) as pool:
        found = distribute(f, pool).sum_and_grad(X, CLASSES)
    expected = distribute(f, Here(1)).sum_and_grad(X, CLASSES)
    assert (found[0], found[1].tolist()) == (expected[0], expected[1].tolist())


def test_it_is_a_compiled_function():
    f = compile(error, parameters=MODEL)
    g = distribute(f, Here(2))
    g.value_and_grad(X, CLASSES)
    f.value_and_grad(X, CLASSES)
    assert str(g) == str(f)
    assert g.stats._replace(seconds=0, loops=None) == f.stats._replace(seconds=0, loops=None)
    assert g.source() == f.source()
    assert type(pickle.loads(pickle.dumps(distribute(compile(abs), Here(2))))) is CompiledFunction


def test_what_cannot_be_distributed():
    w = Value(2.0)
    with pytest.raises(TypeError, match=r"got function; compile it first: distribute\(compile\(f, parameters=model\)"):
        distribute(error, Here(2))
    with pytest.raises(TypeError, match="got CompiledGraph; a loss has no rows to share"):
        distribute(compile(w * w), Here(2))
    with pytest.raises(TypeError, match="sum_and_grad sums over rows, and its gradient is that of parameters"):
        distribute(compile(error), Here(2)).sum_and_grad(X, CLASSES)
    with pytest.raises(TypeError, match="sum_and_grad sums over rows"):
        distribute(compile(error, parameters=MODEL), Here(2)).sum_and_grad([0.0] * 12, [1.0, 0.0, 0.0])
