"""What travels in a step that workers share, and how long it takes: moons with 100,000 rows, digits, a wide network.

Bytes are those of the pickles that are sent. Seconds are of processors, as in the other benchmarks: on two idle cores a
step takes those of a worker, those of this process, and a round trip, whose seconds are of a clock.
"""

from __future__ import annotations

import multiprocessing
import pickle
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import numpy as np

from autograd import compile, distribute, dot, logsumexp
from autograd.compiling.remote import Missing
from nn import MLP, fit

from .measure import report

STEPS = 40


class Counted:
    """Two workers, both this process; what they are sent and what they answer is pickled, and counted."""

    def __init__(self) -> None:
        self._max_workers = 2
        self.out = self.back = self.trips = 0

    def map(self, function: Callable[[Any], Any], tasks: list[Any]) -> list[Any]:
        sent = [pickle.dumps(task, pickle.HIGHEST_PROTOCOL) for task in tasks]
        answers = [pickle.dumps(function(pickle.loads(task)), pickle.HIGHEST_PROTOCOL) for task in sent]
        self.out, self.back = self.out + sum(map(len, sent)), self.back + sum(map(len, answers))
        self.trips += 1
        return [pickle.loads(answer) for answer in answers]

    def since(self) -> dict[str, int]:
        found = {"bytes_out": self.out, "bytes_back": self.back, "round_trips": self.trips}
        self.out = self.back = self.trips = 0
        return found


def programs() -> Iterator[tuple[str, MLP, Any, Any]]:
    """Names, models, rows, and targets: the probability of each class."""
    generator = np.random.default_rng(0)
    for name, n, sizes in (
        ("moons", 100_000, (2, 16, 16, 2)),
        ("digits", 1_797, (64, 25, 10)),
        ("digits, 64 times", 115_008, (64, 25, 10)),
        ("wide", 20_000, (64, 256, 256, 10)),
    ):
        model = MLP(sizes[0], list(sizes[1:]), activation="tanh", seed=0)
        yield name, model, generator.normal(size=(n, sizes[0])), np.eye(sizes[-1])[np.arange(n) % sizes[-1]]


@contextmanager
def pool() -> Iterator[Any]:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as executor:
        yield executor


@contextmanager
def dask() -> Iterator[Any]:
    from dask.distributed import Client

    with Client(n_workers=2, threads_per_worker=1) as client:
        yield client


class Clocked:
    """An executor whose workers say how many seconds of their processors each task took."""

    def __init__(self, executor: Any) -> None:
        self._executor, self._max_workers = executor, executor._max_workers
        self.seconds: list[float] = []

    def map(self, function: Callable[[Any], Any], tasks: list[Any]) -> Iterator[Any]:
        for answer, seconds in self._executor.map(partial(clocked, function), tasks):
            if not isinstance(answer, Missing):
                self.seconds.append(seconds)
            yield answer


def clocked(function: Callable[[Any], Any], task: Any) -> tuple[Any, float]:
    start = time.process_time()
    return function(task), time.process_time() - start


def fastest(step: Callable[[], object], clock: Callable[[], float] = time.process_time) -> float:
    """Seconds of the fastest step."""
    seconds = []
    for _ in range(STEPS):
        start = clock()
        step()
        seconds.append(clock() - start)
    return min(seconds)


def figures_of(name: str, model: MLP, X: Any, y: Any, executor: Any) -> None:
    """Report what one program sends, and how long it takes."""

    def error(x: list[Any], target: list[Any]) -> Any:
        scores = model(x)
        return logsumexp(scores) - dot(scores, target)

    f, figures = compile(error, parameters=model), {"rows": len(X), "parameters": len(model.parameters())}
    counted, sent = Counted(), []
    g = distribute(f, counted)
    for which in ("first step", "step"):
        g.sum_and_grad(X, y)
        report("workers", f"{name}, {which}", **figures, **counted.since())
    options: dict[str, Any] = {"loss": "cross_entropy", "optimizer": "sgd", "progress": False}
    for epochs in (1, 2):  # the second has a step more
        fit(model, X, y.argmax(1), epochs=epochs, workers=counted, **options)
        sent.append(counted.since())
    report("workers", f"{name}, step of fit", **figures, **{k: sent[1][k] - sent[0][k] for k in sent[0]})
    two = Clocked(executor)
    here = fastest(partial(distribute(f, two).sum_and_grad, X, y))
    alone = fastest(partial(f.value_and_grad, X, y))
    report("workers", name, **figures, one_core=alone, each_of_two_workers=min(two.seconds), here=here)


def run() -> None:
    with pool() as executor:
        for program in programs():
            figures_of(*program, executor)
        seconds = fastest(lambda: list(executor.map(abs, (1, 2))), time.perf_counter)
        report("workers", "empty round trip, pool", seconds=seconds)
    with suppress(ImportError), dask() as client:
        seconds = fastest(lambda: client.gather(client.map(abs, (1, 2), pure=False)), time.perf_counter)
        report("workers", "empty round trip, Dask", seconds=seconds)


if __name__ == "__main__":
    run()
