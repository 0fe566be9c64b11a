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
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograd import Value
from autograd.divergence import BEFORE

from .arguments import loss_of, metrics_of, model_of, optimizer_of, penalty_of, schedule_of
from .batches import Compiled, Eager, Model, Outputs, can_compile
from .data import samples
from .losses import METRICS, Loss, Metric, accuracy
from .modes import in_mode
from .module import Module
from .optimizers import Optimizer
from .progress import Bar, progress_bar
from .schedules import Schedule
from .updates import Updates, updates_of

METRICS_OF_OUTPUTS = set(METRICS.values())  # others may look at the model, too


@dataclass
class History:
    """The course of a training: one entry in each list for each epoch. In Jupyter it shows its plot.

    Attributes:
        loss: the cost, averaged over the batches of the epoch, each taken before its update.
        metrics: for each metric, by its name, what it gave on the same outputs.
        validation_loss, validation_metrics: on the validation set, after the epoch.
        learning_rate: at the end of the epoch.
        seconds: since the start.
        stopped: why the training ended.

    `metric` and `validation_metric` are the numbers of the first metric, [] where there is none.
    """

    loss: list[float] = field(default_factory=list)
    metrics: dict[str, list[float]] = field(default_factory=dict)
    validation_loss: list[float] = field(default_factory=list)
    validation_metrics: dict[str, list[float]] = field(default_factory=dict)
    learning_rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    stopped: str = ""

    def __len__(self) -> int:
        return len(self.loss)

    @property
    def metric(self) -> list[float]:
        return next(iter(self.metrics.values()), [])

    @property
    def validation_metric(self) -> list[float]:
        return next(iter(self.validation_metrics.values()), [])

    def plot(self) -> Any:
        """The curves as a matplotlib Figure (`figure.savefig("loss.png")`)."""
        from .plots import plot_history

        return plot_history(self)

    def last(self) -> dict[str, float]:
        """The newest number of each curve, by the name to show."""
        return {name: numbers[-1] for name, numbers in self._curves().items() if numbers}

    def _curves(self) -> dict[str, list[float]]:
        """All curves, by the name to show."""
        validation = {f"validation {name}": numbers for name, numbers in self.validation_metrics.items()}
        return {"loss": self.loss, **self.metrics, "validation loss": self.validation_loss, **validation}

    def _cut(self, epochs: int) -> None:
        """Forget what an interrupted epoch has left behind the first `epochs`."""
        for numbers in (*self._curves().values(), self.learning_rate, self.seconds):
            del numbers[epochs:]

    def __repr__(self) -> str:
        numbers = ", ".join(f"{name} {x:.4g}" for name, x in self.last().items())
        epochs = f"{len(self)} epoch{'s' * (len(self) != 1)}"
        return f"<History of {'; '.join(filter(None, [epochs + (': ' + numbers) * bool(numbers), self.stopped]))}>"

    def _repr_png_(self) -> bytes:
        from .plots import as_png

        return as_png(self.plot())


def fit(
    model: Model,
    X: Any,
    y: Any,
    *,
    loss: Loss | str,
    optimizer: Optimizer | type[Optimizer] | str,
    epochs: int = 100,
    batch_size: int | None = None,
    shuffle: bool = True,
    seed: int | None = 0,
    schedule: Schedule | None = None,
    penalty: Callable[[], Value] | None = None,
    metric: Metric | str | Sequence[Metric | str] | None = None,
    validation: tuple[Any, Any] | None = None,
    patience: int | None = None,
    callback: Callable[[int, History], object] | None = None,
    progress: bool = True,
    compiled: bool | str = "auto",
    threads: int | str = 1,
) -> History:
    """Train `model` on the samples X with the targets y; returns the `History`.

    Args:
        model: called with one row of X, returns a Value or a list of Values: a `Module`, or a plain function.
        X: n samples: an array, data frame or list of rows of numbers (or of n numbers, for one input).
        y: n targets: numbers, classes or rows of numbers, whatever `loss` takes.
        loss: (outputs of the batch, targets of the batch) -> Value, such as `nn.cross_entropy`, or its name.
        optimizer: holds the parameters to train, such as `nn.Adam(model.parameters(), lr=0.01)`. A name, as "adam", or
            a class takes those of the model, with the settings it has by default. Frozen parameters stay.
        epochs: how many times all samples are seen.
        batch_size: samples for one update; None takes all of them.
        shuffle: visit the samples in a new random order in each epoch, drawn with `seed`.
        schedule: number of the update -> learning rate, see `nn.schedules`.
        penalty: () -> Value, added to the loss of each batch: `lambda: l2_penalty(model.parameters())`.
        metric: (outputs, targets) -> float, such as `nn.accuracy`; its name, or a list of several.
        validation: (X, y) that are only looked at.
        patience: stop after so many epochs without a better validation loss (training loss where there is
            no validation set), and go back to the best parameters.
        callback: called with (epoch, history) after each epoch; returning True stops the training.
        progress: show a progress bar (tqdm, when it is installed).
        compiled: True runs each batch as a compiled program, which gives the same curve, up to rounding, many
            times faster; the model must not decide by its numbers, and the loss must be an average over the
            samples. "auto" does so for models made of this package's layers with a loss of this package; False
            computes node by node.
        threads: how many share the samples of a compiled batch; "auto" for all cores. The results are the same for any
            number; it pays for batches of a thousand samples and more.

    While it trains, the model is in the mode of training, see `Module.train`, but for validation.

    Ctrl-C ends the training and returns what there is: whole updates, and the history of whole epochs. Raises
    ValueError or TypeError for arguments and data that do not fit together or are not finite, before anything is
    trained, and FloatingPointError when the loss, a gradient or a parameter becomes inf or nan, before that ruins the
    parameters: they are those before that step, or with `patience` the best.

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
    model = model_of(model)
    optimizer = optimizer_of(optimizer, model)
    loss, metrics = loss_of(loss, model, rows[0]), metrics_of(metric)
    schedule, penalty = schedule_of(schedule), penalty_of(penalty)
    _check_counts(epochs=epochs, batch_size=batch_size, patience=patience)
    if compiled not in (True, False, "auto"):
        raise ValueError(f'compiled is True, False or "auto", got {compiled!r}')
    with in_mode(model, training=True):
        batches: Eager | Compiled
        if compiled is True or (compiled == "auto" and can_compile(model, loss)):
            batches = Compiled(model, rows, targets, loss, optimizer.parameters, bool(metrics), threads)
        else:
            batches = Eager(model, rows, targets, loss)
        updates = updates_of(batches, optimizer, schedule, penalty)
        history = History(metrics={name: [] for name in metrics})
        if held_out is not None:
            history.validation_metrics = {name: [] for name in metrics}
        order, generator = list(range(len(rows))), random.Random(seed)
        best = None if patience is None else _Best(model, optimizer, patience, before_updates=held_out is None)
        looked_at = held_out is not None or best is not None or callback is not None
        start = time.perf_counter()
        bar = progress_bar(epochs * len(list(_batches(order, batch_size))), progress)
        try:
            for epoch in range(epochs):
                if best is not None:
                    best.begin()
                if shuffle:
                    generator.shuffle(order)
                kept = BEFORE if best is None or best.epoch < 0 else f"the best, of epoch {best.epoch + 1}"
                order_of_epoch = updates.begin(order, f"epoch {epoch + 1}", kept)
                means = _epoch(updates, _batches(order_of_epoch, batch_size), targets, metrics, bar)
                if looked_at:
                    updates.write()
                history.loss.append(means.pop(""))
                for name, x in means.items():
                    history.metrics[name].append(x)
                if held_out is not None:
                    cost, outputs = batches.evaluate(*held_out)
                    history.validation_loss.append(cost)
                    for name, x in _measured(metrics, outputs, held_out[1]):
                        history.validation_metrics[name].append(x)
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
            history._cut(len(history.seconds))
            history.stopped = "interrupted"
        except FloatingPointError:
            if best is not None:
                best.restore()
            raise
        finally:
            _written(updates)
            bar.close()
        if best is not None:
            best.restore()
        return history


def _epoch(
    updates: Updates,
    batches: Iterable[Sequence[int]],
    targets: list[Any],
    metrics: dict[str, Metric],
    bar: Bar,
) -> dict[str, float]:
    """Update after update; returns the averages of the cost, under "", and of each metric, by its name."""
    seen: dict[str, list[tuple[float, int]]] = {"": [], **{name: [] for name in metrics}}
    may_look = not METRICS_OF_OUTPUTS.issuperset(metrics.values())
    try:
        for batch in batches:
            cost, outputs = updates.update(batch)
            n = len(batch)
            seen[""].append((cost, n))
            if may_look:
                updates.write()
            for name, x in _measured(metrics, outputs, targets, batch):
                seen[name].append((x, n))
            bar.update()
    except BaseException:
        updates.write()  # wherever it came: whole updates
        raise
    return {name: math.fsum(x * n for x, n in pairs) / sum(n for _, n in pairs) for name, pairs in seen.items()}


def _written(updates: Updates) -> None:
    """Bring the Values up to the last update, as a whole."""
    try:
        updates.write()
    except BaseException:  # Ctrl-C in the middle of it
        updates.write()
        raise


def _measured(
    metrics: dict[str, Metric], outputs: list[Any] | Outputs, targets: list[Any], batch: Sequence[int] | None = None
) -> Iterator[tuple[str, float]]:
    """What each metric gives for the outputs of a batch, None: of all these targets."""
    for name, metric in metrics.items():
        if metric is accuracy and isinstance(outputs, Outputs):
            x: Any = metric(*outputs.arrays())
        else:
            outputs = outputs.listed() if isinstance(outputs, Outputs) else outputs
            x = metric(outputs, targets if batch is None else [targets[i] for i in batch])
        try:
            yield name, float(x.data if isinstance(x, Value) else x)
        except (TypeError, ValueError):
            raise TypeError(f"a metric returns a number, {name} gave {type(x).__name__} {x!r:.60}") from None


class _Best:
    """The best parameters so far, and when to stop waiting for better ones.

    A training loss is measured before the updates of its epoch, a validation loss after them.
    """

    def __init__(self, model: Model, optimizer: Optimizer, patience: int, before_updates: bool) -> None:
        of_model = model.parameters() if isinstance(model, Module) else []
        self.parameters = list(dict.fromkeys([*of_model, *optimizer.parameters]))
        self.patience = patience
        self.before_updates = before_updates
        self.epoch, self.loss = -1, math.inf
        self.before: list[float] = []
        self.state: list[float] = []

    def begin(self) -> None:
        """Before the updates of an epoch."""
        self.before = self.now()

    def now(self) -> list[float]:
        return [p.data for p in self.parameters]

    def is_over(self, epoch: int, loss: float) -> bool:
        """After an epoch: whether the last `patience` epochs brought nothing better."""
        if loss < self.loss:
            self.epoch, self.loss = epoch, loss
            self.state = self.before if self.before_updates else self.now()
        return epoch - self.epoch >= self.patience

    def restore(self) -> None:
        for p, x in zip(self.parameters, self.state, strict=False):  # no state before the first epoch has ended
            p.data = x


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


def _check_counts(**counts: int | None) -> None:
    for name, n in counts.items():
        if n is not None and (isinstance(n, bool) or not isinstance(n, int) or n < 1):
            raise ValueError(f"{name} is a whole number of at least 1, got {n!r}")
