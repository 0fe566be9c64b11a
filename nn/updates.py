"""The updates of a training: forward, backward, step, for one batch after the other.

Entry point: `updates_of`, which decides where the numbers are meanwhile: in Values, or in arrays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import compress
from typing import Any

from autograd import Value, modes
from autograd.clipping import Clipping
from autograd.compiling.updates import Movement
from autograd.divergence import BEFORE, check_gradients, check_loss, check_parameters

from .batches import Compiled, Eager
from .optimizers import Optimizer, moves_by_rule
from .penalties import CompiledPenalty, Penalty, lookups
from .schedules import Schedule

NO_CLIPPING = Clipping()


def updates_of(
    batches: Eager | Compiled,
    optimizer: Optimizer,
    schedule: Schedule | None,
    penalty: Penalty | None,
    clipping: Clipping = NO_CLIPPING,
) -> Updates:
    """The updates of compiled batches in arrays, unless the optimizer or the penalty has to see the Values."""
    if isinstance(batches, Compiled) and moves_by_rule(optimizer) and (penalty is None or lookups(penalty) is not None):
        return UpdatesInArrays(batches, optimizer, schedule, penalty, clipping)
    return Updates(batches, optimizer, schedule, penalty, clipping)


class Updates:
    """All numbers are in the Values."""

    def __init__(
        self,
        batches: Eager | Compiled,
        optimizer: Optimizer,
        schedule: Schedule | None = None,
        penalty: Penalty | None = None,
        clipping: Clipping = NO_CLIPPING,
    ) -> None:
        self.batches, self.optimizer, self.schedule, self.penalty = batches, optimizer, schedule, penalty
        self.clipping = clipping
        self.when, self.kept = "", BEFORE

    def begin(self, order: Sequence[int], when: str, kept: str) -> Sequence[int]:
        """Begin an epoch; returns the numbers of the samples in this order, to be cut into batches.

        Args:
            order: the numbers.
            when, kept: see `autograd.divergence`.
        """
        self.when, self.kept = when, kept
        return order

    def update(self, batch: Sequence[int]) -> tuple[float, Any]:
        """Forward, backward and update for one batch; returns its cost and outputs, both from before the update."""
        optimizer, when, kept = self.optimizer, self.when, self.kept
        cost, outputs = self.batches.cost(batch)
        check_loss(cost, when, kept)
        if self.schedule is not None:
            optimizer.lr = self.schedule(optimizer.steps)
        optimizer.zero_grad()
        self.batches.backward()
        if self.penalty is not None:
            added = self.penalty()
            check_loss(added.data, when, kept)
            if added.requires_grad:  # not where all that it holds down is frozen
                added.backward()
        check_gradients(optimizer.parameters, when, kept)
        self.clipping.apply(optimizer.parameters)
        with optimizer.all_or_nothing():
            optimizer.step()
            check_parameters([p for p in optimizer.parameters if p.requires_grad], when, kept)
        return cost, outputs

    def evaluate(self, rows: list[list[float]], targets: list[Any]) -> tuple[float, Any]:
        """Cost and outputs of other samples after the last update."""
        return self.batches.evaluate(rows, targets)

    def numbers(self, parameters: Sequence[Value]) -> list[float]:
        """What these parameters are after the last update."""
        return [p.data for p in parameters]

    def write(self) -> None:
        """Bring the Values up to the last update, and the optimizer."""


class UpdatesInArrays(Updates):
    """Between `begin` and `write` the numbers are in arrays, and an update is taken by one assignment."""

    batches: Compiled

    def __init__(
        self,
        batches: Compiled,
        optimizer: Optimizer,
        schedule: Schedule | None = None,
        penalty: Penalty | None = None,
        clipping: Clipping = NO_CLIPPING,
    ) -> None:
        super().__init__(batches, optimizer, schedule, penalty, clipping)
        self._penalty = None if penalty is None else CompiledPenalty(penalty, batches.leaves.values)
        self._movement: Movement | None = None
        self._made_of: tuple[list[Value], list[int]] = [], []
        self._places: list[int] = []  # of the parameters that move
        self._asked: tuple[object, list[Value]] = None, []  # when, and of which parameters
        self._read()  # what there is to compile is compiled before the first epoch

    def begin(self, order: Sequence[int], when: str, kept: str) -> Any:
        import numpy

        super().begin(order, when, kept)
        if self._movement is None or self._movement.steps == self.optimizer.steps:
            self._read()  # what nobody was shown is as it was
        return numpy.array(order)

    def update(self, batch: Sequence[int]) -> tuple[float, Any]:
        movement = self._movement
        if movement is None:
            return super().update(batch)
        cost, outputs, gradient = self.batches.gradient(movement.numbers, batch)
        if math.isfinite(cost):
            if self.schedule is not None:
                self.optimizer.lr = self.schedule(movement.steps)
            added = 0.0 if self._penalty is None else self._penalty.add_to(gradient, movement.numbers)
            is_finite = added is not None and math.isfinite(added)
            if is_finite and movement.step(gradient):
                return cost, outputs
        self.write()
        self._movement = None
        found = super().update(batch)  # which says what is not finite, if it was that
        self._read()
        return found

    def evaluate(self, rows: list[list[float]], targets: list[Any]) -> tuple[float, Any]:
        return self.batches.evaluate(rows, targets, None if self._movement is None else self._movement.numbers)

    def numbers(self, parameters: Sequence[Value]) -> list[float]:
        movement = self._movement
        if movement is None or movement.steps == self.optimizer.steps:
            return super().numbers(parameters)
        moved = dict(zip(self.batches.leaves.values, movement.numbers.tolist(), strict=True))
        return [moved.get(p, p.data) for p in parameters]

    def write(self) -> None:
        if self._movement is not None and self._movement.steps != self.optimizer.steps:
            if len(self._places) < len(self.optimizer.parameters):
                self.optimizer.zero_grad()  # those that nothing reaches; the others get their gradients
            self._movement.write()

    def _read(self) -> None:
        """Go on from the numbers in the Values, and with those that are not frozen."""
        leaves, asked = self.batches.leaves, (modes.frozen_since, self.optimizer.parameters)
        if asked != self._asked:
            free = set(compress(leaves.values, leaves.are_free))
            self._places = [i for i, p in enumerate(asked[1]) if p in free]
            self._asked = asked[0], list(asked[1])
        made_of = self._asked[1], self._places
        if not made_of[1] or (self._penalty is not None and not self._penalty.begin()):
            self._movement = None
        elif self._movement is None or made_of != self._made_of:
            self._movement = Movement(self.optimizer, made_of[1], leaves.values, self.batches.run.name, self.clipping)
            self._made_of = made_of
        else:
            self._movement.read()
