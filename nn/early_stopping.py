"""`Best`: the best parameters of a training are kept, and it ends when no better ones come."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from autograd import Value

from .module import Module
from .optimizers import Optimizer

Numbers = Callable[[Sequence[Value]], list[float]]  # what parameters are now, wherever the training has them


class Best:
    """The best parameters so far, and when to stop waiting for better ones.

    A training loss is measured before the updates of its epoch, a validation loss after them.

    Args:
        patience: how many epochs in a row may bring nothing better.
        before_updates: whether the loss is that of the training.
        min_delta: how far below the lowest loss before it a loss has to be, to be waited for longer.
        restores: whether to keep the parameters that had the lowest loss, and to go back to them.
    """

    def __init__(
        self,
        model: Any,
        optimizer: Optimizer,
        patience: int,
        before_updates: bool,
        min_delta: float = 0.0,
        restores: bool = True,
    ) -> None:
        of_model = model.parameters() if isinstance(model, Module) else []
        self.parameters = list(dict.fromkeys([*of_model, *optimizer.parameters]))
        self.patience, self.min_delta, self.restores = patience, min_delta, restores
        self.before_updates = before_updates
        self.epoch, self.loss = -1, math.inf  # of the lowest
        self.since = -1  # the last epoch that was better by min_delta
        self.before: list[float] = []
        self.state: list[float] = []

    def begin(self, numbers: Numbers) -> None:
        """Before the updates of an epoch."""
        if self.restores and self.before_updates:
            self.before = numbers(self.parameters)

    def is_over(self, epoch: int, loss: float, numbers: Numbers) -> bool:
        """After an epoch: whether the last `patience` epochs brought nothing better."""
        if loss < self.loss:
            if loss <= self.loss - self.min_delta:
                self.since = epoch
            self.epoch, self.loss = epoch, loss
            if self.restores:
                self.state = self.before if self.before_updates else numbers(self.parameters)
        return self.is_old(epoch)

    def is_old(self, epoch: int) -> bool:
        """Whether the last that was better is `patience` epochs before this one, or more."""
        return epoch - self.since >= self.patience

    def restore(self) -> None:
        for p, x in zip(self.parameters, self.state, strict=False):  # no state before the first epoch has ended
            p.data = x

    @property
    def kept(self) -> str:
        """Which parameters remain when an epoch fails; "" for those before that step."""
        return f"the best, of epoch {self.epoch + 1}" if self.state else ""

    @property
    def stopped(self) -> str:
        """Why the training ended."""
        by = f" by {self.min_delta:g}" if self.min_delta else ""
        back = f", back to epoch {self.epoch + 1}" if self.restores else ""
        return f"no better{by} for {self.patience} epochs{back}"
