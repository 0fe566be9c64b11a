"""`fit`: the training loop, and `History`: what happened in it.

The loop is the one everybody writes by hand, four lines of it for each batch:

    outputs = [model(x) for x in batch]        forward
    cost = loss(outputs, targets)
    cost.backward()                            backward
    optimizer.step()                           update
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd import Value

from .batches import Compiled, Eager, Loss, can_compile
from .data import samples
from .module import Module
from .optimizers import Optimizer
from .schedules import Schedule

Metric = Callable[[list[Any], list[Any]], float]


@dataclass
class History:
    """The course of a training: one entry in each list for each epoch. In Jupyter it shows its plot.

    Attributes:
        loss: the cost, averaged over the batches of the epoch, each taken before its update.
        metric: the metric on the same outputs; empty when none was asked for.
        validation_loss, validation_metric: on the validation set, after the epoch.
        learning_rate: at the end of the epoch.
        seconds: since the start.
        metric_name: the name of the metric function.
        stopped: why the training ended.
    """

    loss: list[float] = field(default_factory=list)
    metric: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_metric: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    metric_name: str = "metric"
    stopped: str = ""

    def __len__(self) -> int:
        return len(self.loss)

    def plot(self) -> Any:
        """The curves as a matplotlib Figure (`figure.savefig("loss.png")`)."""
        from .plots import plot_history

        return plot_history(self)

    def last(self) -> dict[str, float]:
        """The newest number of each curve, by the name to show."""
        curves = {
            "loss": self.loss,
            self.metric_name: self.metric,
            "validation loss": self.validation_loss,
            f"validation {self.metric_name}": self.validation_metric,
        }
        return {name: numbers[-1] for name, numbers in curves.items() if numbers}

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name} {x:.4g}" for name, x in self.last().items())
        return f"<History of {len(self)} epochs: {numbers}; {self.stopped}>"

    def _repr_png_(self) -> bytes:
        from .plots import as_png

        return as_png(self.plot())


def fit(
    model: Module,
    X: Any,
    y: Any,
    *,
    loss: Loss,
    optimizer: Optimizer,
    epochs: int = 100,
    batch_size: int | None = None,
    shuffle: bool = True,
    seed: int | None = 0,
    schedule: Schedule | None = None,
    penalty: Callable[[], Value] | None = None,
    metric: Metric | None = None,
    validation: tuple[Any, Any] | None = None,
    patience: int | None = None,
    callback: Callable[[int, History], object] | None = None,
    progress: bool = True,
    compiled: bool | str = "auto",
) -> History:
    """Train `model` on the samples X with the targets y; returns the `History`.

    Args:
        model: called with one row of X, returns a Value or a list of Values.
        X: n samples: an array, data frame or list of rows of numbers (or of n numbers, for one input).
        y: n targets: numbers, classes or rows of numbers, whatever `loss` takes.
        loss: (outputs of the batch, targets of the batch) -> Value, such as `nn.cross_entropy`.
        optimizer: holds the parameters to train, such as `nn.Adam(model.parameters(), lr=0.01)`.
        epochs: how many times all samples are seen.
        batch_size: samples for one update; None takes all of them.
        shuffle: visit the samples in a new random order in each epoch, drawn with `seed`.
        schedule: number of the update -> learning rate, see `nn.schedules`.
        penalty: () -> Value, added to the loss of each batch: `lambda: l2_penalty(model.parameters())`.
        metric: (outputs, targets) -> float, such as `nn.accuracy`.
        validation: (X, y) that are only looked at.
        patience: stop after so many epochs without a better validation loss (training loss where there is
            no validation set), and go back to the best parameters.
        callback: called with (epoch, history) after each epoch; returning True stops the training.
        progress: show a progress bar (tqdm, when it is installed).
        compiled: True runs each batch as a compiled program, which gives the same curve, up to rounding, many
            times faster; the model must not decide by its numbers, and the loss must be an average over the
            samples. "auto" does so for models made of this package's layers with a loss of this package; False
            computes node by node.

    Ctrl-C ends the training and returns what there is. Raises ValueError or TypeError for data that do not
    fit together or are not finite, before anything is trained, and FloatingPointError when the cost becomes
    inf or nan, before that ruins the parameters.

    >>> from nn import MLP, SGD, fit, mean_squared_error
    >>> model = MLP(1, [1], seed=0)
    >>> history = fit(
    ...     model, [0.0, 1.0, 2.0], [1.0, 3.0, 5.0], loss=mean_squared_error,
    ...     optimizer=SGD(model.parameters(), lr=0.2), epochs=100, progress=False,
    ... )
    >>> [round(p.data, 3) for p in model.parameters()]  # y = 2·x + 1
    [2.0, 1.0]
    """
    rows, targets = samples(X, y)
    held_out = _held_out(validation, len(rows[0])) if validation is not None else None
    if not set(optimizer.parameters) & set(model.parameters()):
        raise ValueError("the optimizer holds no parameter of this model; write SGD(model.parameters(), lr=…)")
    _check_counts(epochs=epochs, batch_size=batch_size, patience=patience)
    if compiled not in (True, False, "auto"):
        raise ValueError(f'compiled is True, False or "auto", got {compiled!r}')
    kind = Compiled if compiled is True or (compiled == "auto" and can_compile(model, loss)) else Eager
    batches = kind(model, rows, targets, loss, with_outputs=metric is not None)
    history, order = History(metric_name=_name_of(metric)), list(range(len(rows)))
    generator = random.Random(seed)
    best = None if patience is None else _Best(model, patience, before_updates=held_out is None)
    start = time.perf_counter()
    bar = _progress_bar(epochs * len(list(_batches(order, batch_size))), progress)
    try:
        for epoch in range(epochs):
            if best is not None:
                best.begin()
            if shuffle:
                generator.shuffle(order)
            costs, metrics = [], []
            for batch in _batches(order, batch_size):
                cost, outputs = _update(batches, batch, optimizer, schedule, penalty, epoch)
                costs.append((cost, len(batch)))
                if metric is not None:
                    metrics.append((metric(outputs, [targets[i] for i in batch]), len(batch)))
                bar.update()
            history.loss.append(_weighted_mean(costs))
            if metric is not None:
                history.metric.append(_weighted_mean(metrics))
            if held_out is not None:
                cost, outputs = batches.evaluate(*held_out)
                history.validation_loss.append(cost)
                if metric is not None:
                    history.validation_metric.append(metric(outputs, held_out[1]))
            history.learning_rate.append(optimizer.lr)
            history.seconds.append(time.perf_counter() - start)
            bar.set_postfix({name: f"{x:.4g}" for name, x in history.last().items()})
            if best is not None and best.is_over(epoch, (history.validation_loss or history.loss)[-1]):
                history.stopped = f"no better for {patience} epochs, back to epoch {best.epoch + 1}"
                break
            if callback is not None and _is_true(callback(epoch, history)):
                history.stopped = "the callback asked to stop"
                break
        else:
            history.stopped = "all epochs done"
    except KeyboardInterrupt:
        history.stopped = "interrupted"
    finally:
        bar.close()
    if best is not None:
        best.restore()
    return history


def _update(
    batches: Eager | Compiled,
    batch: Sequence[int],
    optimizer: Optimizer,
    schedule: Schedule | None,
    penalty: Callable[[], Value] | None,
    epoch: int,
) -> tuple[float, list[Any]]:
    """Forward, backward and update for one batch; returns its cost and outputs, both from before the update."""
    cost, outputs = batches.cost(batch)
    _check_cost(cost, epoch)
    if schedule is not None:
        optimizer.lr = schedule(optimizer.steps)
    optimizer.zero_grad()
    batches.backward()
    if penalty is not None:
        added = penalty()
        _check_cost(added.data, epoch)
        added.backward()
    _check_gradients(optimizer, epoch)
    optimizer.step()
    return cost, outputs


class _Best:
    """The best parameters so far, and when to stop waiting for better ones.

    A training loss is measured before the updates of its epoch, a validation loss after them.
    """

    def __init__(self, model: Module, patience: int, before_updates: bool) -> None:
        self.model = model
        self.patience = patience
        self.before_updates = before_updates
        self.epoch, self.loss = -1, math.inf
        self.before: dict[str, float] = {}
        self.state: dict[str, float] = {}

    def begin(self) -> None:
        """Before the updates of an epoch."""
        self.before = self.model.state_dict()

    def is_over(self, epoch: int, loss: float) -> bool:
        """After an epoch: whether the last `patience` epochs brought nothing better."""
        if loss < self.loss:
            self.epoch, self.loss = epoch, loss
            self.state = self.before if self.before_updates else self.model.state_dict()
        return epoch - self.epoch >= self.patience

    def restore(self) -> None:
        if self.epoch >= 0:
            self.model.load_state_dict(self.state)


def _held_out(validation: Any, width: int) -> tuple[list[list[float]], list[Any]]:
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        raise TypeError("validation is a pair (X, y) of data like those to train on")
    rows, targets = samples(*validation)
    if len(rows[0]) != width:
        raise ValueError(f"the samples of X have {width} numbers, those of the validation set {len(rows[0])} numbers")
    return rows, targets


def _batches(order: Sequence[int], batch_size: int | None) -> Iterator[Sequence[int]]:
    size = batch_size or len(order)
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _is_true(answer: object) -> bool:
    return type(answer).__name__ in ("bool", "bool_") and bool(answer)  # NumPy's True too


def _name_of(metric: Metric | None) -> str:
    name: str = getattr(metric, "__name__", "metric")
    return "metric" if name == "<lambda>" else name


def _weighted_mean(pairs: list[tuple[float, int]]) -> float:
    return math.fsum(x * n for x, n in pairs) / sum(n for _, n in pairs)


def _check_cost(cost: float, epoch: int) -> None:
    if not math.isfinite(cost):
        raise FloatingPointError(
            f"the cost became {cost} in epoch {epoch + 1}; the parameters are those before that step. "
            "Try a smaller learning rate, scale the inputs, or find the place with autograd.detect_anomaly()"
        )


def _check_gradients(optimizer: Optimizer, epoch: int) -> None:
    for p in optimizer.parameters:
        if not math.isfinite(p.grad):
            raise FloatingPointError(
                f"the gradient of a parameter became {p.grad} in epoch {epoch + 1}; the parameters are those before "
                "that step. Try a smaller learning rate, or find the place with autograd.detect_anomaly()"
            )


def _check_counts(**counts: int | None) -> None:
    for name, n in counts.items():
        if n is not None and (isinstance(n, bool) or not isinstance(n, int) or n < 1):
            raise ValueError(f"{name} is a whole number of at least 1, got {n!r}")


def _progress_bar(updates: int, progress: bool) -> Any:
    try:
        from tqdm import tqdm
    except ImportError:
        return _NoBar()
    return tqdm(total=updates, unit="update", disable=not progress)


class _NoBar:
    """Stands in for the progress bar where tqdm is not installed."""

    def set_postfix(self, numbers: dict[str, str]) -> None: ...
    def update(self) -> None: ...
    def close(self) -> None: ...
