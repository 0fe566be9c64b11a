"""`nn.sklearn.MLPClassifier` beside scikit-learn's own on the digits: accuracy and time, with the same parameters.

Each is fitted anew with several seeds on 1,397 digits and scored on the other 400, in turn. What compiling takes is
part of the time.
"""

from __future__ import annotations

import gc
import warnings
from statistics import mean
from typing import Any

from .measure import clock, report

SEEDS = 5
HIDDEN = ((32,), (100,), (64, 32))


def run() -> None:
    """CPU seconds of `fit`, and the share of held-out digits classified correctly, averaged over the seeds."""
    from sklearn import neural_network
    from sklearn.datasets import load_digits
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import train_test_split

    from nn.sklearn import MLPClassifier

    warnings.simplefilter("ignore", ConvergenceWarning)
    data = load_digits()
    split = train_test_split(data.data / 16.0, data.target, test_size=400, random_state=0)
    kinds: dict[str, Any] = {"nn.sklearn": MLPClassifier, "scikit-learn": neural_network.MLPClassifier}
    MLPClassifier((2,), max_iter=1).fit(*split[::2])  # loads LLVM
    for hidden in HIDDEN:
        found: dict[str, list[tuple[float, float, int]]] = {name: [] for name in kinds}
        for seed in range(SEEDS):
            for name, kind in kinds.items():
                found[name].append(_fitted(kind(hidden, random_state=seed), *split))
        for name, fits in found.items():
            seconds, accuracy, epochs = map(mean, zip(*fits, strict=True))
            report("estimators", name, hidden=hidden, seconds=seconds, accuracy=accuracy, epochs=float(epochs))


def _fitted(estimator: Any, X: Any, held_out: Any, y: Any, classes: Any) -> tuple[float, float, int]:
    gc.collect()
    start = clock()
    estimator.fit(X, y)
    return clock() - start, float(estimator.score(held_out, classes)), estimator.n_iter_
