"""What a worker keeps, what it asks for, and what it forgets."""

from __future__ import annotations

import os
import pickle

import pytest

from autograd import Value, operation, operations
from autograd.compiling import remote
from autograd.compiling.blueprints import Blueprint
from autograd.compiling.remote import ArrayPart, Factors, Missing, WorkItem, work
from autograd.compiling.runners import DEFAULTS, prepared_rows

numpy = pytest.importorskip("numpy")

W = Value(3.0)
X = numpy.arange(8.0)


@pytest.fixture(autouse=True)
def _new_worker(monkeypatch):
    """Each test has a worker that has got nothing yet."""
    monkeypatch.setattr(remote, "_kept", remote._Kept())


def task(**changes):
    """Σ w·x over all rows of X, in four shards."""
    x = Value(0.0)
    _, leaves, _ = prepared_rows([W * x], [x], {W}, [W], DEFAULTS)
    blueprint = pickle.dumps(Blueprint.of([W * x], [x], {W}, [W], leaves, DEFAULTS))
    whole = WorkItem(
        token="program", blueprint=blueprint, pieces=[ArrayPart("rows", (0, 8), X)],
        numbers=numpy.array([3.0]).tobytes(), n=8, shards=4, which=(0, 4), rows=0, factors=None, gradient=True,
        by_row=False,
    )  # fmt: skip
    return whole._replace(**changes)


def test_what_has_been_sent_stays():
    first = work(task())
    assert first.sums.tolist() == [28.0, 84.0]
    again = task(numbers=numpy.array([2.0]).tobytes()).without({"program", "rows"})
    assert (again.carried(), again.blueprint) == (0, None)
    assert work(again).sums.tolist() == [28.0, 56.0]


def test_what_is_not_there_is_asked_for():
    assert work(task().without({"program", "rows"})) == Missing(["rows", "program"])
    assert work(task().without({"rows"})) == Missing(["rows"])
    assert work(task().without({"program"})).sums.tolist() == [28.0, 84.0]
    assert work(task(pieces=[ArrayPart("rows", (4, 8), None)])) == Missing(["rows"]), (
        "these are other rows of the array"
    )


def test_the_oldest_goes():
    for i in range(remote.MOST_ARRAYS + 1):
        work(task(pieces=[ArrayPart(f"rows {i}", (0, 8), X)]))
    assert isinstance(work(task(pieces=[ArrayPart("rows 0", (0, 8), None)])), Missing)
    assert work(task(pieces=[ArrayPart("rows 1", (0, 8), None)])).sums[0] == 28.0


def test_rows_by_their_numbers_and_one_row_for_all():
    assert work(task(n=4, shards=2, which=(0, 2), rows=numpy.array([7, 7, 0, 1], "uint8"))).sums[0] == 15.0
    assert work(task(n=4, shards=2, which=(1, 2), rows=4)).sums[0] == 9.0, "rows 4 and 5"
    assert work(task(pieces=[ArrayPart("", (0, 8), X[5:6])])).sums[0] == 40.0


def test_numbers_and_factors_side_by_side():
    x, kept = Value(0.0), Value(0.0)
    _, leaves, _ = prepared_rows([W * x * kept], [x, kept], {W}, [W], DEFAULTS)
    blueprint = pickle.dumps(Blueprint.of([W * x * kept], [x, kept], {W}, [W], leaves, DEFAULTS))
    drawn = numpy.array([[0.0], [2.5]] * 4)
    factors = Factors(drawn.max(axis=0), numpy.packbits(drawn != 0, axis=1))
    found = work(task(blueprint=blueprint, pieces=[ArrayPart("rows", (0, 8), X[:, None])], factors=factors))
    assert found.sums.tolist() == [2.5 * 16, 7.5 * 16]


def test_row_by_row():
    found = work(task(by_row=True))
    assert found.outputs[0].tolist() == (3 * X).tolist()
    assert len(work(task(by_row=True, gradient=False)).sums) == 1, "the sum of the outputs alone"


def test_rows_are_laid_where_a_processor_reads_them_best():
    """What comes over a network may begin at any byte; NumPy would copy all of it at each look."""
    odd = numpy.frombuffer(b"." + X.tobytes(), dtype="u1")[1:].view(float)
    assert not odd.flags.aligned, "else this would not tell"
    work(task(pieces=[ArrayPart("rows", (0, 8), odd)]))
    assert remote._kept.arrays["rows"][0, 8].flags.aligned


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_does_not_wait_for_its_parents_lock():
    with remote._kept.lock:
        remote._forget()
        assert work(task()).sums[0] == 28.0


def test_an_operation_that_a_worker_does_not_know():
    square = operation("square of a test", "²", lambda x: x * x, lambda y, x: (2 * x,))
    x = Value(0.0)
    try:
        _, leaves, _ = prepared_rows([W * square(x)], [x], {W}, [W], DEFAULTS)
        blueprint = pickle.dumps(Blueprint.of([W * square(x)], [x], {W}, [W], leaves, DEFAULTS))
        assert work(task(blueprint=blueprint)).sums[0] == (X * X).sum()
    finally:
        del operations.OPERATIONS["square of a test"]
    with pytest.raises(LookupError, match=r"no operation is called 'square of a test'.*initializer=import_module"):
        work(task(token="another", blueprint=blueprint))
