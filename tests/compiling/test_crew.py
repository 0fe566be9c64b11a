"""Workers of every kind compute the same, and one that dies is survived."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest
from support.small_shards import small_shards  # noqa: F401
from support.workers import Here, doomed

from autograd import compile, distribute, dot, logsumexp
from autograd.compiling.crew import Crew
from nn import MLP

numpy = pytest.importorskip("numpy")

ROOT = Path(__file__).parents[2]
SPAWN = multiprocessing.get_context("spawn")  # the only way there is on every system
N = 2_000
X = numpy.random.default_rng(0).normal(size=(N, 12))
CLASSES = numpy.eye(3)[numpy.arange(N) % 3]
MODEL = MLP(12, [16, 3], activation="tanh", seed=0)
ERROR = compile(lambda x, target: logsumexp(MODEL(x)) - dot(MODEL(x), target), parameters=MODEL)


def found_by(workers):
    """Twice, as the second call needs nothing but the numbers of the parameters."""
    g = distribute(ERROR, workers)
    first, second = ((total, gradient.tolist()) for total, gradient in (g.sum_and_grad(X, CLASSES) for _ in range(2)))
    assert first == second
    return first


@pytest.fixture(scope="module")
def expected():
    return found_by(Here(1))


def test_processes(expected):
    """The function is a lambda, which cannot be pickled: its graph travels."""
    with ProcessPoolExecutor(2, SPAWN) as pool:
        assert found_by(pool) == expected


class Observed(ProcessPoolExecutor):
    """Pools of which we know how many have been shut down."""

    ended = 0

    def shutdown(self, *how, **options):
        Observed.ended += 1
        super().shutdown(*how, **options)


def test_a_worker_that_dies_is_survived(expected, tmp_path):
    (tmp_path / "lives").touch()
    with Observed(2, SPAWN, doomed, (str(tmp_path / "lives"),)) as pool:
        with pytest.warns(RuntimeWarning, match="a worker died, and with it its Observed"):
            assert found_by(pool) == expected
        assert not (tmp_path / "lives").exists()
        assert Observed.ended == 1, "the pool that took its place ends with the function"
        with pytest.raises(BrokenProcessPool):
            pool.submit(abs, 1)


@pytest.mark.filterwarnings("ignore:a worker died:RuntimeWarning")
def test_all_dying_is_an_error():
    with (
        ProcessPoolExecutor(1, SPAWN, doomed, (None,)) as pool,
        pytest.raises(RuntimeError, match=r"died again and again.* This step was not taken: the parameters") as error,
    ):
        found_by(pool)
    assert isinstance(error.value.__cause__, BrokenProcessPool)


class Breaking(Here):
    """Workers of a kind that nobody knows how to make anew."""

    def map(self, function, tasks):
        yield function(tasks[0])
        raise BrokenProcessPool("they died")


def test_workers_that_cannot_be_replaced():
    with pytest.raises(RuntimeError, match="a worker died, and this Breaking takes no more tasks"):
        found_by(Breaking(2))


def test_an_error_of_a_task_is_an_error():
    class Failing(Here):
        def map(self, function, tasks):
            raise MemoryError("of a worker")

    with pytest.raises(MemoryError, match="of a worker"):
        found_by(Failing(2))


def test_joblib(expected):
    joblib = pytest.importorskip("joblib")
    workers = joblib.Parallel(n_jobs=2, backend="threading")
    assert found_by(workers) == expected
    assert Crew(joblib.Parallel(n_jobs=-1)).size == joblib.effective_n_jobs(-1)


@pytest.mark.parametrize("workers", [4, "dask", ProcessPoolExecutor, None])
def test_what_are_no_workers(workers):
    with pytest.raises(TypeError, match=r"workers is anything with \.map, such as .*ProcessPoolExecutor\(4\).*; got "):
        distribute(ERROR, workers)


def test_a_dask_cluster(expected):
    """Of two processes, started by the lines of the README: it has the bits of this process, when one dies, too.

    It runs in a program of its own, as Dask starts threads and processes, and logs what they say.
    """
    pytest.importorskip("distributed")
    (lines,) = re.findall(r"^(from dask.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests"), *sys.path])
    program = [sys.executable, str(ROOT / "tests" / "support" / "cluster.py"), lines]
    done = subprocess.run(program, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["workers"] == 2
    assert found["as here"] == found["after a death"] == [True, True]
    assert found["died"] is True
    assert "the parameters are those after the last complete one" in found["all dead"]
    assert found["kept"] is True
