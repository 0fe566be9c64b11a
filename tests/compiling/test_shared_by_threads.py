"""Threads share rows and lanes; what comes out is the same, to the last bit."""

from __future__ import annotations

import random
import weakref

import pytest

import nn
from autograd import compile
from autograd.compiling.runners import Loops

numpy = pytest.importorskip("numpy")
pytest.importorskip("llvmlite")

ROWS = numpy.random.default_rng(3).uniform(-1, 1, (1000, 4))
THREADS = [2, 3, "auto"]


def network():
    return nn.MLP(4, [40, 40, 2], activation="tanh", seed=1)


def compiled_function(model, threads):
    return compile(lambda x: nn.cross_entropy(model(x), 1), parameters=model, threads=threads)


@pytest.mark.parametrize("threads", THREADS)
def test_a_function_of_rows_gives_the_same_bits(threads):
    model = network()
    alone, shared = compiled_function(model, 1), compiled_function(model, threads)
    value, gradient = alone.value_and_grad(ROWS)
    for _ in range(3):
        same_value, same_gradient = shared.value_and_grad(ROWS)
        assert value.tolist() == same_value.tolist()
        assert gradient.tolist() == same_gradient.tolist()
    assert shared(ROWS).tolist() == alone(ROWS).tolist()
    assert isinstance(shared.loaded(ROWS).run, Loops)


@pytest.mark.parametrize(
    ("given", "of_train"), [({"threads": 3}, {}), ({}, {"threads": 3}), ({"threads": 2}, {"threads": 3})]
)
def test_train_takes_the_threads_of_compile_or_its_own(monkeypatch, given, of_train):
    from autograd.compiling.loops.llvm_runner import LLVMRunner

    def trained(given, of_train):
        model, generator = nn.MLP(2, [40, 40, 1], activation="tanh", seed=1), random.Random(4)
        x = [[generator.uniform(-1, 1), generator.uniform(-1, 1)] for _ in range(9)]
        step = compile(nn.mean_squared_error([model(row) for row in x], [a * b for a, b in x]), **given)
        assert isinstance(step.run, Loops)
        return step.train(nn.SGD(model.parameters(), lr=0.1), steps=3, **of_train)

    alone, seen, call = trained({}, {}), set(), LLVMRunner.__call__

    def watched(runner, *arguments):
        seen.add(runner.threads)
        return call(runner, *arguments)

    monkeypatch.setattr(LLVMRunner, "__call__", watched)
    assert trained(given, of_train) == alone
    assert seen == {3}


@pytest.mark.parametrize("threads", THREADS)
def test_fit_gives_the_same_bits(threads):
    def state(threads):
        model = network()
        nn.fit(
            model, ROWS, (ROWS[:, 0] > 0).astype(int), loss="cross_entropy", optimizer="adam", epochs=3,
            progress=False, threads=threads,
        )  # fmt: skip
        return model.state_dict()

    assert state(threads) == state(1)


@pytest.mark.parametrize("threads", [0, -1, True, 1.5, "all"])
def test_no_number_of_threads_is_refused(threads):
    model = network()
    step = compile(model([0.1, 0.2, 0.3, 0.4])[0])
    for call in (
        lambda: compile(lambda x: x * x, threads=threads),
        lambda: step.train(nn.SGD(model.parameters()), steps=1, threads=threads),
        lambda: nn.fit(model, ROWS, ROWS[:, 0] > 0, loss="cross_entropy", optimizer="adam", threads=threads),
    ):
        with pytest.raises(ValueError, match=f'threads is a whole number of at least 1, or "auto".*, got {threads!r}'):
            call()


class Pool:
    """Threads that begin nothing by themselves: `begun` is what was given to them. Then `error` is raised."""

    def __init__(self, error):
        self.begun, self.error = [], error

    def submit(self, work, thread):
        self.begun.append(lambda: work(thread))
        if self.error is not None:
            raise self.error
        return self

    def cancel(self):
        return True

    def result(self):
        raise AssertionError("waits for what never begins")


@pytest.mark.parametrize("error", [None, RuntimeError("cannot schedule new futures after interpreter shutdown")])
def test_one_thread_does_it_all_where_others_do_not_begin(monkeypatch, error):
    from autograd.compiling.loops.llvm_runner import LLVMRunner

    model = network()
    alone, shared = compiled_function(model, 1), compiled_function(model, 3)
    expected = alone.value_and_grad(ROWS)[1].tolist()
    monkeypatch.setattr(LLVMRunner, "_others", lambda runner: Pool(error))
    assert shared.value_and_grad(ROWS)[1].tolist() == expected


def test_what_other_threads_compute_with_stays_after_ctrl_c(monkeypatch):
    from autograd.compiling.loops.llvm_runner import LLVMRunner

    runner = compiled_function(network(), 2)
    runner.value_and_grad(ROWS)
    pool, array = Pool(KeyboardInterrupt()), ROWS.copy()
    monkeypatch.setattr(LLVMRunner, "_others", lambda runner: pool)
    try:
        runner.value_and_grad(array)
    except KeyboardInterrupt as error:
        error.__traceback__ = None
    rows = weakref.ref(array)
    del array
    assert rows() is not None
    pool.begun.pop()()  # it reads the rows
    assert rows() is None
