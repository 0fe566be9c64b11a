"""`rolled_back`: a training that fails before its first epoch has ended has changed nothing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .contents import Holder
from .dropout import generators_of
from .history import History
from .module import Module
from .optimizers import Optimizer


@contextmanager
def rolled_back(model: Any, optimizer: Optimizer, history: History) -> Iterator[None]:
    """What is raised inside before `history` has an epoch takes back what was done to the model, the optimizer and the
    generators of Dropouts; Ctrl-C, and the FloatingPointError of a training that diverges, keep the updates before it.
    """
    own = model.parameters() if isinstance(model, Module) else []
    parameters = list(dict.fromkeys([*own, *optimizer.parameters]))
    numbers = [(p.data, p.grad if p.has_grad else None) for p in parameters]
    kept = {"steps": optimizer.steps, "memory": list(optimizer.memory), "lr": optimizer.lr}
    states = [(generator, generator.getstate()) for generator in generators_of(model)]
    state = random.getstate()  # of Dropouts without a seed
    words = ("class_labels", "feature_names_in_") if isinstance(model, Holder) else ()
    names = {name: getattr(model, name) for name in words}
    try:
        yield
    except Exception as error:
        if not history.seconds and not (isinstance(error, FloatingPointError) and optimizer.steps != kept["steps"]):
            for p, (x, gradient) in zip(parameters, numbers, strict=True):
                p.data = x
                p.grad = 0 if gradient is None else gradient
            vars(optimizer).update(kept)
            for generator, its in states:
                generator.setstate(its)
            random.setstate(state)
            for name, known in names.items():
                if getattr(model, name) is not known:
                    object.__setattr__(model, name, known)
        raise
