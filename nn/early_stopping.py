"""`Best`: the best parameters of a training are kept, and it ends when no better ones come."""

from __future__ import annotations

import math
from typing import Any

from .module import Module
from .optimizers import Optimizer


class Best:
    """The best parameters so far, and when to stop waiting for better ones.

    A training loss is measured before the updates of its epoch, a validation loss after them.
    """

    def __init__(self, model: Any, optimizer: Optimizer, patience: int, before_updates: bool) -> None:
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
        return self.is_old(epoch)

    def is_old(self, epoch: int) -> bool:
        """Whether the best was found `patience` epochs before this one, or more."""
        return epoch - self.epoch >= self.patience

    def restore(self) -> None:
        for p, x in zip(self.parameters, self.state, strict=False):  # no state before the first epoch has ended
            p.data = x
