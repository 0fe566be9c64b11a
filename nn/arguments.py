"""What `fit` is given, checked before anything is trained: names of losses, metrics and optimizers, functions that
take what they will be called with. Each error says what to write instead.

Entry points, called by `training.py`: `model_of`, `loss_of`, `metrics_of`, `optimizer_of`, `schedule_of`,
`stopping_of`, `penalty_of`, `seed_of`, `check_flags`, `callbacks_of`.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

from autograd import no_grad

from .batches import Model
from .habits import NICKNAMES
from .losses import LOSSES, METRICS, Loss, Metric, cross_entropy, function_of
from .modes import in_mode
from .module import Module, in_a_line
from .optimizers import OPTIMIZERS, Optimizer
from .parameter_groups import at_least_zero
from .penalties import CheckedPenalty, Penalty
from .schedules import SCHEDULES, Schedule

FOREIGN = ("torch", "keras", "tensorflow", "tf_keras", "jax", "optax", "sklearn")  # their functions take arrays


def model_of(model: Any) -> Model:
    """A `Module`, or any function of one sample."""
    _check_home(model, "model", "one of nn, as nn.MLP(4, [8, 2]), or for layers of PyTorch nn.from_torch(model)")
    if isinstance(model, type):
        raise TypeError(f"fit trains a model, got the class {model.__name__}: make one, model = {model.__name__}(…)")
    if not callable(model):
        raise TypeError(
            f"fit trains a model, something to call with the numbers of one sample, got {type(model).__name__} "
            f"{model!r:.60}"
        )
    return model  # type: ignore[no-any-return]


def loss_of(loss: Any, model: Model, row: list[float]) -> Loss:
    """The loss, by its name or as a function."""
    advice = "a function (outputs, targets) -> Value"
    chosen: Loss = _chosen(loss, LOSSES, "loss", advice)
    _check_call(chosen, 2, f"a loss is {advice}: write loss=lambda outputs, targets: …")
    if isinstance(model, Module):
        output = _output_of(model, row)
    if function_of(chosen) is cross_entropy:
        if not isinstance(model, Module):
            output = _output_of(model, row)
        if not hasattr(output, "__len__") or len(output) == 1:
            raise ValueError(
                f"cross_entropy compares one output for each class, but {_shown(model)} has one output: give it as "
                "many outputs as there are classes, or, for the two classes 0 and 1, take binary_cross_entropy with "
                'output_activation="sigmoid"'
            )
    return chosen


def _output_of(model: Model, row: list[float]) -> Any:
    with in_mode(model, training=False), no_grad():
        try:
            return model(row)
        except ValueError as error:
            numbers = f"{len(row)} number{'s' * (len(row) != 1)}"
            raise ValueError(
                f"{error}: each sample of X has {numbers}; give the model as many inputs, or X other columns"
            ) from None


def metrics_of(metrics: Any) -> dict[str, Metric]:
    """The metrics by the names to show: of None, of one, or of a list of them."""
    asked = metrics if isinstance(metrics, (list, tuple)) else [] if metrics is None else [metrics]
    found: dict[str, Metric] = {}
    for each in asked:
        function = _chosen(each, METRICS, "metric", "a function (outputs, targets) -> float, or a list of metrics")
        _check_call(function, 2, "a metric is a function of two lists: write metrics=lambda outputs, targets: …")
        name = getattr(function, "__name__", "metric").replace("<lambda>", "metric")
        if name in found:
            name = next(f"{name} {i}" for i in range(2, len(asked) + 2) if f"{name} {i}" not in found)
        found[name] = function
    return found


def optimizer_of(optimizer: Any, model: Model) -> Optimizer:
    """The optimizer; by its name or class, one with default settings for the parameters of the model."""
    if isinstance(optimizer, str):
        optimizer = _chosen(optimizer.lower(), OPTIMIZERS, "optimizer", "an optimizer, SGD(model.parameters(), lr=0.1)")
    _check_home(optimizer, "optimizer", "SGD(model.parameters(), lr=0.1), or its name")
    if not isinstance(optimizer, Optimizer) and callable(optimizer):
        if not isinstance(model, Module):
            name = getattr(optimizer, "__name__", "SGD")
            raise TypeError(
                f"a plain function does not say what its parameters are: write optimizer={name}([w, b], lr=0.1), or "
                "make the model a class derived from nn.Module"
            )
        optimizer = optimizer(model.parameters())
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"optimizer is one such as SGD(model.parameters(), lr=0.1), or its name, got {type(optimizer).__name__} "
            f"{optimizer!r:.60}"
        )
    at_least_zero("the learning rate of the optimizer", optimizer.lr)
    parameters = optimizer.parameters
    if isinstance(model, Module):
        own = set(model.parameters())
        parameters = [p for p in parameters if p in own]
        if not parameters:
            raise ValueError("the optimizer holds no parameter of this model; write SGD(model.parameters(), lr=…)")
    if not any(p.requires_grad for p in parameters):
        raise ValueError(
            "all parameters to train are frozen: free some with model.unfreeze(), or p.requires_grad = True"
        )
    return optimizer


def schedule_of(schedule: Any, rate: float, updates: int) -> Schedule | None:
    """The schedule, with its rates checked; by its name, one that begins with `rate` and takes so many updates."""
    if schedule is None:
        return None
    if isinstance(schedule, str):
        make = _chosen(schedule, SCHEDULES, "schedule", "a function, nn.schedules.linear(0.1, 0.01, steps=1000)")
        named: Schedule = make(rate, updates)
        return named
    advice = (
        "a schedule is a function from the number of the update to the learning rate: write "
        "schedule=nn.schedules.linear(0.1, 0.01, steps=1000)"
    )
    if not callable(schedule):
        raise TypeError(f"{advice}; for one rate all the time write it into the optimizer, lr=…; got {schedule!r:.60}")
    _check_call(schedule, 1, advice)

    def checked(step: int) -> float:
        rate = schedule(step)
        if isinstance(rate, bool) or not isinstance(rate, Real):
            raise TypeError(f"{advice}; in update {step} it gave {type(rate).__name__} {rate!r:.60}")
        if not 0 <= float(rate) < math.inf:
            raise ValueError(f"the schedule gave the learning rate {rate!r} in update {step}, it should be at least 0")
        return float(rate)

    return checked


def stopping_of(patience: Any, min_delta: Any, restore_best: Any) -> dict[str, Any]:
    """How early stopping decides, see `Best`."""
    if patience is None and (min_delta != 0 or restore_best is not True):
        raise ValueError("min_delta and restore_best say how to stop early: write patience=10, too, or none of them")
    if not isinstance(restore_best, bool):
        raise TypeError(f"restore_best is True or False, got {restore_best!r:.60}")
    return {"min_delta": float(at_least_zero("min_delta", min_delta)), "restores": restore_best}


def penalty_of(penalty: Any) -> Penalty | None:
    """The penalty, with its result checked."""
    if penalty is None:
        return None
    advice = (
        "a penalty is computed anew for each batch, by a function without arguments: write "
        "penalty=lambda: l2_penalty(model.parameters(), strength=0.01)"
    )
    if not callable(penalty):
        raise TypeError(f"{advice}; got {type(penalty).__name__} {penalty!r:.60}")
    _check_call(penalty, 0, advice)

    return CheckedPenalty(penalty, advice)


def seed_of(seed: Any) -> int | None:
    """A seed as Python's own int, or None."""
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, Integral)):
        raise TypeError(f"seed is a whole number, or None for another order each time, got {seed!r:.60}")
    return None if seed is None else int(seed)


def check_flags(**flags: Any) -> None:
    """Refuse what is neither True nor False."""
    for name, flag in flags.items():
        if type(flag).__name__ not in ("bool", "bool_"):  # NumPy's, too
            raise TypeError(f"{name} is True or False, got {flag!r:.60}")


def callbacks_of(callbacks: Any) -> list[Callable[[int, Any], object]]:
    """The callbacks: of None, of one, or of a list of them."""
    asked = callbacks if isinstance(callbacks, (list, tuple)) else [] if callbacks is None else [callbacks]
    advice = "a callback is a function of the epoch and the history: write callbacks=lambda epoch, history: …"
    for callback in asked:
        if not callable(callback):
            raise TypeError(f"{advice}, or a list of such; got {type(callback).__name__} {callback!r:.60}")
        _check_call(callback, 2, advice)
    return list(asked)


def _chosen(choice: Any, table: Mapping[str, Any], what: str, otherwise: str) -> Any:
    _check_home(choice, what, f"one of the names {', '.join(table)}, or {otherwise}")
    if callable(choice):
        return choice
    if isinstance(choice, str):
        if choice in table:
            return table[choice]
        asked = choice.lower().replace(" ", "_").replace("-", "_")
        near = [NICKNAMES[asked]] if NICKNAMES.get(asked) in table else get_close_matches(asked, table, 1)
        meant = f"; did you mean {near[0]!r}?" if near else "."
        raise ValueError(f"no {what} is called {choice!r}{meant} There are {', '.join(table)}; or give {otherwise}")
    raise TypeError(f"{what} is one of the names {', '.join(table)}, or {otherwise}; got {choice!r:.60}")


def _check_home(choice: Any, what: str, instead: str) -> None:
    """Refuse what another library made for its own arrays."""
    library = str(getattr(choice, "__module__", None) or type(choice).__module__).partition(".")[0]
    if library in FOREIGN:
        raise TypeError(f"this {what} is of {library}, {choice!r:.60}, and takes no Values: write {instead}")


def _check_call(function: Callable[..., Any], n: int, advice: str) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some built-in functions have none
        return
    try:
        signature.bind(*range(n))
    except TypeError as error:
        name = getattr(function, "__name__", type(function).__name__)
        raise TypeError(f"{advice}; {name}{signature} does not fit: {error}") from None


def _shown(model: Model) -> str:
    return in_a_line(model) if isinstance(model, Module) else "the model"
