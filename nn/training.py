"""`fit`: the training loop.

The loop is the one everybody writes by hand, four lines of it for each batch:

    outputs = [model(x) for x in batch]        forward
    cost = loss(outputs, targets)
    cost.backward()                            backward
    optimizer.step()                           update
"""

from __future__ import annotations

import math
import os
import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from numbers import Integral
from typing import Any

from autograd import Value
from autograd.clipping import Clipping
from autograd.divergence import BEFORE

from .arguments import (
    callbacks_of,
    check_flags,
    loss_of,
    metrics_of,
    model_of,
    optimizer_of,
    penalty_of,
    schedule_of,
    seed_of,
    stopping_of,
)
from .batches import Compiled, Eager, Model, Outputs, can_compile
from .checkpoints import Checkpoint
from .class_labels import check_labels, keep_labels, numbered
from .data import held_out_of, names_of, samples, split
from .early_stopping import Best
from .feature_names import check_names, keep_names
from .habits import OF_FIT, advised
from .history import History
from .losses import METRICS, Loss, Metric, accuracy
from .modes import in_mode
from .optimizers import Optimizer
from .progress import Bar, progress_bar
from .rollback import rolled_back
from .schedules import Schedule, delayed, rate_kept
from .updates import Updates, updates_of
from .weights import weights_of

Callback = Callable[[int, History], object]
METRICS_OF_OUTPUTS = set(METRICS.values())  # others may look at the model, too


@advised(OF_FIT)
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
    class_weight: Mapping[Any, float] | str | None = None,
    sample_weight: Any = None,
    schedule: Schedule | str | None = None,
    penalty: Callable[[], Value] | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    metrics: Metric | str | Sequence[Metric | str] | None = None,
    validation: tuple[Any, Any] | float | None = None,
    patience: int | None = None,
    min_delta: float = 0.0,
    restore_best: bool = True,
    callbacks: Callback | Sequence[Callback] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    resume: bool = False,
    progress: bool = True,
    compiled: bool | str = "auto",
    threads: int | str = 1,
    workers: Any = None,
) -> History:
    """Train `model` on the samples X with the targets y; returns the `History`.

    Args:
        model: called with one row of X, returns a Value or a list of Values: a `Module`, or a plain function.
        X: n samples: an array, data frame or list of rows of numbers (or of n numbers, for one input).
        y: n targets: numbers, classes or rows of numbers, whatever `loss` takes. Labels, such as strings, are numbered,
            and `model.predict(X, classes=True)` gives labels, see `nn.class_labels`.
        loss: (outputs of the batch, targets of the batch) -> Value, such as `nn.cross_entropy`, or its name.
        optimizer: holds the parameters to train, such as `nn.Adam(model.parameters(), lr=0.01)`. A name, as "adam", or
            a class takes those of the model, with the settings it has by default. Frozen parameters stay.
        epochs: how many times all samples are seen.
        batch_size: samples for one update; None takes all of them.
        shuffle: visit the samples in a new random order in each epoch, drawn with `seed`.
        class_weight: how much the samples of a class count in the loss, such as {0: 1.0, 1: 5.0}; or "balanced".
        sample_weight: how much each sample counts, a number for each; see `nn.weights`. Metrics and validation count
            all samples alike.
        schedule: number of the update -> learning rate, see `nn.schedules`. Or a name: over all updates of this call
            "linear" and "cosine" fall from the optimizer's rate to 0, "exponential" and "staircase" (in three stairs)
            to a hundredth, "warmup" rises in the first tenth and then falls as "cosine" does; "constant" stays.
            Afterwards the optimizer has its rate again. Groups of parameters with rates of their own follow in
            proportion, see `nn.Optimizer`.
        penalty: () -> Value, added to the loss of each batch: `lambda: l2_penalty(model.parameters())`.
        clip_norm, clip_value: shrink a gradient before its update, see `nn.clip_grad_norm` and `nn.clip_grad_value`.
        metrics: (outputs, targets) -> float, such as `nn.accuracy`; its name, or a list of several.
        validation: (X, y) that are only looked at; or a fraction such as 0.2: that share of the samples, drawn with
            `seed`, is held out for it.
        patience: stop after so many epochs without a better validation loss (training loss where there is
            no validation set), and go back to the best parameters.
        min_delta: with patience, how far a loss has to be below the lowest before it to count as better.
        restore_best: False keeps the last parameters instead, and spares the time to remember the best.
        callbacks: a function, or a list of them, called with (epoch, history) after each epoch; one that returns True
            stops the training.
        checkpoint: a file that the training is written to after each epoch, see `nn.checkpoints`.
        resume: go on from that file, if there is one, with the same numbers to the bit as without the interruption; the
            other arguments are as before (`epochs`, of all together, may be more). A `Dropout` needs a seed for it.
        progress: show a progress bar (tqdm, when it is installed).
        compiled: True runs each batch as a compiled program, which gives the same curve, up to rounding, many
            times faster; the model must not decide by its numbers, and the loss must be an average over the
            samples. "auto" does so for models made of this package's layers with a loss of this package; False
            computes node by node.
        threads: how many share the samples of a compiled batch; "auto" for all cores. The results are the same for any
            number; it pays for batches of a thousand samples and more.
        workers: share the samples of a compiled batch among processes or machines: anything with `.map`, such as a
            `concurrent.futures.ProcessPoolExecutor` or a `dask.distributed.Client`, see `autograd.distribute`. The
            results are the same for any number of them. Small batches are computed here, as messages would take longer.

    While it trains, the model is in the mode of training, see `Module.train`, but for validation.

    Ctrl-C ends the training and returns what there is: whole updates, and the history of whole epochs. Raises
    ValueError or TypeError for arguments and data that do not fit together or are not finite; then nothing is changed.
    Raises FloatingPointError when the loss, a gradient or a parameter becomes inf or nan, before that ruins the
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
    seed = seed_of(seed)
    labels, y, validation = numbered(model, loss, y, validation)
    rows, targets = samples(X, y)
    weights = weights_of(targets, labels, class_weight, sample_weight)
    held_out = None
    if isinstance(validation, float):
        if weights is not None:
            _, weights, _ = split(rows, weights, validation, seed)
        rows, targets, held_out = split(rows, targets, validation, seed)
    elif validation is not None:
        held_out = held_out_of(validation, len(rows[0]))
        check_names(names_of(X), validation[0], "the validation set")
    # Long, as what happens in a training, and in which order, is best read in one piece.
    model = model_of(model)
    optimizer = optimizer_of(optimizer, model)
    loss, measures = loss_of(loss, model, rows[0]), metrics_of(metrics)
    if labels is not None:
        check_labels(labels, model, rows[0])
    _check_counts(epochs=epochs, batch_size=batch_size, patience=patience)
    check_flags(shuffle=shuffle, resume=resume, progress=progress)
    stopping = stopping_of(patience, min_delta, restore_best)
    in_epoch = len(list(_batches(rows, batch_size)))
    by_name = isinstance(schedule, str)
    schedule, penalty = schedule_of(schedule, optimizer.lr, epochs * in_epoch), penalty_of(penalty)
    clipping, calls = Clipping(clip_norm, clip_value), callbacks_of(callbacks)
    if resume and checkpoint is None:
        raise ValueError('resume=True goes on from a file: name it, checkpoint="training.json"')
    if compiled not in (True, False, "auto"):
        raise ValueError(f'compiled is True, False or "auto", got {compiled!r}')
    history, rate = History(metrics={name: [] for name in measures}), rate_kept(optimizer) if by_name else nullcontext()
    with rolled_back(model, optimizer, history), in_mode(model, training=True), rate:
        batches: Eager | Compiled
        if compiled is True or (compiled == "auto" and can_compile(model, loss)):
            parameters, with_outputs = optimizer.parameters, bool(measures)
            batches = Compiled(model, rows, targets, loss, parameters, with_outputs, threads, weights, workers)
        elif workers is not None:
            raise ValueError(
                "workers= shares the samples of compiled batches, and this training is not surely the same when it is "
                "compiled: write compiled=True, or workers=None"
            )
        else:
            batches = Eager(model, rows, targets, loss, weights)
        if held_out is not None:
            batches.check_targets(held_out[1])
            history.validation_metrics = {name: [] for name in measures}
        order, generator = list(range(len(rows))), random.Random(seed)
        best = None if patience is None else Best(model, optimizer, patience, held_out is None, **stopping)
        saving = None
        if checkpoint is not None:
            saving = Checkpoint(checkpoint, model, optimizer, history, best, order, generator, held_out is not None)
            if resume:
                saving.resume()
        keep_labels(model, labels)
        keep_names(model, X)
        done = len(history)
        if schedule is not None and by_name:  # an optimizer may have taken steps in another training
            schedule = delayed(schedule, optimizer.steps - done * in_epoch)
        updates = updates_of(batches, optimizer, schedule, penalty, clipping)
        looked_at = bool(calls) or saving is not None
        start = time.perf_counter() - (history.seconds[-1] if done else 0.0)
        bar = progress_bar(max(epochs - done, 0) * in_epoch, progress)
        if best is not None and best.is_old(done - 1):
            done, history.stopped = epochs, best.stopped  # it had ended
        try:
            for epoch in range(done, epochs):
                if best is not None:
                    best.begin(updates.numbers)
                if shuffle:
                    generator.shuffle(order)
                kept = (best.kept if best is not None else "") or BEFORE
                order_of_epoch = updates.begin(order, f"epoch {epoch + 1}", kept)
                means = _epoch(updates, _batches(order_of_epoch, batch_size), targets, measures, bar)
                if looked_at:
                    updates.write()
                history.loss.append(means.pop(""))
                for name, x in means.items():
                    history.metrics[name].append(x)
                if held_out is not None:
                    cost, outputs = updates.evaluate(*held_out)
                    history.validation_loss.append(cost)
                    for name, x in _measured(measures, outputs, held_out[1]):
                        history.validation_metrics[name].append(x)
                history.learning_rate.append(optimizer.lr)
                history.seconds.append(time.perf_counter() - start)
                bar.set_postfix({name: f"{x:.4g}" for name, x in history.last().items()})
                watched = (history.validation_loss or history.loss)[-1]
                if best is not None and best.is_over(epoch, watched, updates.numbers):
                    history.stopped = best.stopped
                elif sum([_is_true(call(epoch, history)) for call in calls]):  # of all of them
                    history.stopped = "a callback asked to stop"
                if saving is not None:
                    saving.write()
                if history.stopped:
                    break
            history.stopped = history.stopped or "all epochs done"
        except KeyboardInterrupt:
            history.cut(len(history.seconds))
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
            history.best_epoch = best.epoch + 1 if best.epoch >= 0 else None
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


def _batches(order: Sequence[Any], batch_size: int | None) -> Iterator[Sequence[Any]]:
    size = batch_size or len(order)
    for start in range(0, len(order), size):
        yield order[start : start + size]


def _is_true(answer: object) -> bool:
    return type(answer).__name__ in ("bool", "bool_") and bool(answer)  # NumPy's True too


def _check_counts(**counts: int | None) -> None:
    for name, n in counts.items():
        if n is not None and (isinstance(n, bool) or not isinstance(n, Integral) or n < 1):
            raise ValueError(f"{name} is a whole number of at least 1, got {n!r}")
