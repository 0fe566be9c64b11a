"""An epoch of mini-batches: digits, `MLP(64, [32, 10])`, batches of 32, Adam, cross-entropy, accuracy as the metric.

`fit` against the loop one writes with PyTorch, and against an epoch of scikit-learn's `MLPClassifier`, which reports no
accuracy. All work in float64 on shuffled rows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import nn

from .contestants import installed
from .measure import clock, in_turn, report

BATCH, HIDDEN, LR = 32, 32, 1e-3


class Updates:
    """A training by `fit`; each call lets it run for `n` more updates. In between it waits in its schedule.

    Attributes: `history`, what `fit` returned, after `stop`.
    """

    def __init__(self, model: Any, X: Any, y: Any, n: int, lr: float, **options: Any) -> None:
        self.history: Any = None
        self._n, self._lr, self._stopped = n, lr, False
        self._go, self._done = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(model, X, y), kwargs=options, daemon=True)

    def _run(self, model: Any, X: Any, y: Any, **options: Any) -> None:
        self._go.acquire()
        try:
            self.history = nn.fit(model, X, y, epochs=10**9, progress=False, schedule=self._before, **options)
        finally:
            self._done.release()

    def _before(self, update: int) -> float:
        if update and update % self._n == 0:
            self._done.release()
            self._go.acquire()
            if self._stopped:
                raise KeyboardInterrupt
        return self._lr

    def __call__(self) -> None:
        if not self._thread.is_alive():
            self._thread.start()
        self._go.release()
        self._done.acquire()

    def stop(self) -> None:
        """End the training as Ctrl-C does."""
        self._stopped = True
        self._go.release()
        self._thread.join()


def run() -> None:
    """Seconds of the first epoch, and of those after it."""
    from sklearn.datasets import load_digits

    data = load_digits()
    X, y = data.data / 16.0, data.target
    model = nn.MLP(64, [HIDDEN, 10], seed=0)
    options = {"loss": nn.cross_entropy, "optimizer": nn.Adam(model.parameters()), "metrics": nn.accuracy}
    ours = Updates(model, X, y, -(-len(X) // BATCH), LR, batch_size=BATCH, **options)
    calls: dict[str, Callable[[], object]] = {"fit": ours}
    for name, make in (("PyTorch", _torch), ("scikit-learn", _scikit)):
        made = make(model, X, y)
        if made is not None:
            calls[name] = made
    first = {}
    for name, call in calls.items():
        start = clock()
        call()
        first[name] = clock() - start
    seconds = in_turn(calls, 7, 2)
    for name, s in seconds.items():
        report(
            "fit", name, milliseconds_per_epoch=s * 1e3, seconds_of_first_epoch=first[name],
            ratio_to_fit=s / seconds["fit"],
        )  # fmt: skip
    ours.stop()
    report("fit", "after the same number of epochs", accuracy=ours.history.metric[-1])


def _torch(model: Any, X: Any, y: Any) -> Callable[[], float] | None:
    if not installed("torch"):
        return None
    import torch

    from .contestants import layers_of

    torch.set_num_threads(1)
    net = torch.nn.Sequential(torch.nn.Linear(64, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 10)).double()
    with torch.no_grad():
        for layer, (W, b) in zip((net[0], net[2]), layers_of(model), strict=True):
            layer.weight.copy_(torch.tensor(W))
            layer.bias.copy_(torch.tensor(b))
    optimizer = torch.optim.Adam(net.parameters(), lr=LR)
    inputs, targets = torch.tensor(X), torch.tensor(y)

    def epoch() -> float:
        right = 0
        for batch in torch.randperm(len(inputs)).split(BATCH):
            logits = net(inputs[batch])
            loss = torch.nn.functional.cross_entropy(logits, targets[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            right += int((logits.argmax(1) == targets[batch]).sum())
        return right / len(inputs)

    return epoch


def _scikit(model: Any, X: Any, y: Any) -> Callable[[], object] | None:
    from sklearn.neural_network import MLPClassifier

    classes = sorted(set(y))
    net = MLPClassifier((HIDDEN,), batch_size=BATCH, learning_rate_init=LR, alpha=0.0, random_state=0)
    return lambda: net.partial_fit(X, y, classes=classes)
