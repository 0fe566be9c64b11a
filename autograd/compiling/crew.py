"""The workers, whatever they are: anything with `.map`.

Entry point: `Crew`.
"""

from __future__ import annotations

import sys
import warnings
import weakref
from collections.abc import Iterable, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, ProcessPoolExecutor
from importlib import import_module
from typing import Any

from .. import modes
from .remote import Answer, Missing, WorkItem, work

MOST_DEATHS = 3  # in one call: a worker dies once by accident, and again and again of what it computes
WITHOUT_WORKERS = 30.0  # seconds that a cluster may be without any
LOOK = 1.0  # seconds after which one looks whether that is so
HEAVY = 1_000_000  # bytes; Dask has a way of its own for arguments that large
UNKNOWN = 8  # workers, where nothing says how many

ADVICE = (
    "workers is anything with .map, such as concurrent.futures.ProcessPoolExecutor(4) or dask.distributed.Client(), or "
    "a joblib.Parallel(n_jobs=4)"
)


class Crew:
    """Workers that compute tasks.

    Args:
        workers: an executor of `concurrent.futures` or `mpi4py.futures`, a `joblib.Parallel`, a `distributed.Client`,
            or another object with `.map(function, tasks)`.

    Attributes: `size`, how many tasks it computes at a time.
    """

    def __init__(self, workers: Any) -> None:
        is_parallel = callable(workers) and hasattr(workers, "n_jobs")
        if isinstance(workers, type) or not (is_parallel or callable(getattr(workers, "map", None))):
            raise TypeError(f"{ADVICE}; got {getattr(workers, '__name__', type(workers).__name__)} {workers!r:.60}")
        if getattr(workers, "asynchronous", False) is True:
            raise TypeError("this Dask client is asynchronous, and training waits for each step: make it a Client()")
        self._workers, self._is_parallel = workers, is_parallel
        self._is_client = type(workers).__module__.partition(".")[0] == "distributed" and hasattr(workers, "gather")
        self._addresses: list[str] = []  # of Dask's workers, once for each task that they compute at a time
        self.size = self._counted()

    def _counted(self) -> int:
        workers = self._workers
        if self._is_client:
            self._addresses = [address for address, n in sorted(workers.ncores().items()) for _ in range(n)]
            return len(self._addresses) or UNKNOWN
        if self._is_parallel:
            n = workers.n_jobs or 1
            return int(n) if n > 0 else sys.modules["joblib"].effective_n_jobs(n)
        n = getattr(workers, "_max_workers", None) or getattr(workers, "_processes", None)
        return n if isinstance(n, int) else UNKNOWN

    def run(self, tasks: Sequence[WorkItem], known: set[str]) -> list[Answer]:
        """What the tasks give, in their order.

        Args:
            tasks: with all that a worker may ask for.
            known: the tokens of what need not be carried at first, as it was before. Those of these tasks are added.
        """
        answers: list[Any] = [None] * len(tasks)
        carry = [task.without(known) for task in tasks]
        known |= {token for task in tasks for token in (task.token, *[p.token for p in task.pieces]) if token}
        waiting, deaths = list(range(len(tasks))), 0
        while waiting:
            try:
                for k, answer in zip(waiting, self._mapped([carry[k] for k in waiting], waiting), strict=True):
                    answers[k] = answer
            except Exception as error:
                if not _is_death(error):
                    raise
                deaths += 1
                self._replace(error, deaths)
                error.__traceback__ = (
                    None  # holds the pool's futures, which hold the error: a circle with the crew in it
                )
                carry = list(tasks)
            for k in waiting:
                if isinstance(answers[k], Missing):
                    answers[k], carry[k] = None, tasks[k]
            waiting = [k for k in waiting if answers[k] is None]
            if waiting and self._is_client:  # some may have gone, and others come
                self.size = self._counted()
        return answers

    def _mapped(self, tasks: list[WorkItem], numbers: list[int]) -> Iterable[Any]:
        if self._is_client:
            return self._by_client(tasks, numbers)
        if self._is_parallel:
            found: Iterable[Any] = self._workers([(work, (task,), {}) for task in tasks])  # joblib.delayed's triples
            return found
        answers: Iterable[Any] = self._workers.map(work, tasks)
        return answers

    def _by_client(self, tasks: list[WorkItem], numbers: list[int]) -> Iterable[Any]:
        """With Dask a task goes to the worker that had its rows in the last call; to another only if that is gone."""
        client, futures = self._workers, []
        try:
            if any(task.carried() > HEAVY for task in tasks):  # which is sent to a worker at once
                client.wait_for_workers(1, WITHOUT_WORKERS)
            for task, number in zip(tasks, numbers, strict=True):
                where: dict[str, Any] = {}
                if self._addresses:
                    where = {"workers": [self._addresses[number % len(self._addresses)]], "allow_other_workers": True}
                given = client.scatter([task], hash=False)[0] if task.carried() > HEAVY else task
                futures.append(client.submit(work, given, pure=False, **where))
            self._wait_for(futures)
            answers: list[Any] = client.gather(futures)
            return answers
        except import_module("distributed").TimeoutError:
            raise _lost("the cluster has no workers any more") from None

    def _wait_for(self, futures: list[Any]) -> None:
        """Wait for futures of Dask, whose scheduler gives the tasks of a dead worker to others by itself.

        It would wait for ever where there are no others. And when others come, they do not get the tasks that waited
        for the dead one, so these are sent anew.
        """
        distributed = import_module("distributed")
        waited = 0.0
        while True:
            try:
                distributed.wait(futures, LOOK)
            except distributed.TimeoutError:
                alive = self._workers.ncores()
                waited = 0.0 if alive else waited + LOOK
                if waited >= WITHOUT_WORKERS:
                    raise
                if alive and not alive.keys() >= set(self._addresses):
                    self._workers.cancel(futures)
                    raise CancelledError from None
            else:
                return

    def _replace(self, error: Exception, deaths: int) -> None:
        """Go on after a worker has died, or say that it is no use."""
        if deaths == MOST_DEATHS or type(error).__name__ == "KilledWorker":
            raise _lost("workers died again and again while they computed this step") from error
        workers = self._workers
        if self._is_client or self._is_parallel:  # they replace it themselves
            self.size = self._counted()
            return
        try:
            made = self._workers = _another(workers)
        except (AttributeError, TypeError):
            raise _lost(f"a worker died, and this {type(workers).__name__} takes no more tasks") from error
        weakref.finalize(self, made.shutdown, wait=False)  # that one is nobody's but ours
        warnings.warn(
            f"a worker died, and with it its {type(workers).__name__}. A new one of {made._max_workers} takes its "
            "place and computes what is missing; the result is the same. Often memory ran out: then take fewer workers",
            RuntimeWarning,
            stacklevel=modes.stacklevel(),
        )


def _another(pool: Any) -> Any:
    """A pool like this one. A `ProcessPoolExecutor` of which one process has died ends the others."""
    if not isinstance(pool, ProcessPoolExecutor):
        raise TypeError
    return type(pool)(pool._max_workers, pool._mp_context, pool._initializer, pool._initargs)  # type: ignore[attr-defined]


def _is_death(error: Exception) -> bool:
    """Whether it says that a worker has died, rather than that a task has failed."""
    names = {kind.__name__ for kind in type(error).__mro__}
    return isinstance(error, (BrokenExecutor, CancelledError)) or bool(names & {"KilledWorker", "CommClosedError"})


def _lost(what: str) -> RuntimeError:
    return RuntimeError(
        f"{what}. This step was not taken: the parameters are those after the last complete one. A worker that dies "
        "has often run out of memory: take fewer workers or smaller batches. In a script, what starts a pool stands "
        'below `if __name__ == "__main__":`. After an interruption fit(checkpoint=…, resume=True) goes on'
    )
