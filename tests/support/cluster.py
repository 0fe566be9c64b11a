"""Trains with a Dask cluster, of which first one worker dies and then all; prints what was found as JSON.

python cluster.py "from dask.distributed import Client
workers = Client(…)"
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy

from autograd.compiling import crew, shards
from nn import MLP, fit
from support.workers import Here, doomed

X = numpy.random.default_rng(0).normal(size=(2_000, 6))
CLASSES = (X[:, 0] * X[:, 1] > 0).astype(int)


def trained(workers: Any, model: Any, callbacks: Any = None) -> tuple[list[float], list[float]]:
    history = fit(
        model, X, CLASSES, loss="cross_entropy", optimizer="adam", epochs=3, batch_size=1_000, metrics="accuracy",
        workers=workers, callbacks=callbacks, progress=False,
    )  # fmt: skip
    return history.loss, [p.data for p in model.parameters()]


def network() -> Any:
    return MLP(6, [40, 2], activation="tanh", seed=0)


def main(lines: str, folder: Path) -> None:
    shards.LEAST_WORK = 100_000
    scope: dict[str, Any] = {}
    exec(lines, scope)
    workers, found = scope["workers"], {}
    expected = trained(Here(1), network())
    try:
        found["workers"] = len(workers.ncores())
        found["as here"] = [a == b for a, b in zip(trained(workers, network()), expected, strict=True)]
        (folder / "lives").touch()
        workers.run(doomed, str(folder / "lives"))
        found["after a death"] = [a == b for a, b in zip(trained(workers, network()), expected, strict=True)]
        found["died"] = not (folder / "lives").exists()

        def end(epoch: int, history: Any) -> None:
            seen[:] = [p.data for p in model.parameters()]
            workers.cluster.scale(0)
            while workers.ncores():
                pass

        crew.WITHOUT_WORKERS = crew.LOOK = 0.25
        model, seen = network(), list[float]()
        try:
            trained(workers, model, end)
        except RuntimeError as error:
            found["all dead"] = str(error)
        found["kept"] = seen == [p.data for p in model.parameters()]
    finally:
        workers.close()
        print(json.dumps(found), flush=True)


if __name__ == "__main__":  # the workers import this file, too
    with tempfile.TemporaryDirectory() as name:
        main(sys.argv[1], Path(name))
