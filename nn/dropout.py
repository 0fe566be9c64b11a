"""`Dropout`: numbers left out at random while a model is trained, and where the random numbers come from."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Real
from typing import Any

from autograd import Value

from .activations import mapped
from .contents import Holder, modules
from .initialization import shared_generator
from .module import Module


class Dropout(Module):
    """In training each number is left out with probability p, and the others are divided by 1 - p; else all stay.

    So no neuron can rely on a single other one, and the mean stays the same (Srivastava et al. 2014). `fit` draws anew
    for every sample, and trains compiled, too, with the same numbers; it leaves nothing out in validation, nor does
    `predict`. For a call of your own `model.eval()` says so. A loss that you compile yourself keeps what it left out
    when it was built.

    Args:
        p: the probability, at least 0 and below 1.
        seed: an int makes the draws the same in each run; see `initialization.generator_of`.

    >>> dropout = Dropout(0.5, seed=1)
    >>> [x.data for x in dropout([1.0, 2.0, 3.0, 4.0])]
    [0.0, 4.0, 6.0, 0.0]
    >>> dropout.eval()([1.0, 2.0])
    [1.0, 2.0]
    """

    def __init__(self, p: float = 0.5, *, seed: int | random.Random | None = None) -> None:
        if isinstance(p, bool) or not isinstance(p, Real) or not 0 <= p < 1:
            raise ValueError(f"p is the probability to leave a number out, at least 0 and below 1, got {p!r}")
        self.p: float = float(p)
        self.generator: random.Random | None = shared_generator(seed)

    def __call__(self, inputs: Any) -> Any:
        if not self.training or self.p == 0:
            return inputs
        source = _factors.get()
        return mapped(lambda x: x * (self._drawn_for(x) if source is None else source(self)), inputs)

    def _drawn_for(self, x: Value) -> float:
        try:
            x.data  # noqa: B018
        except TypeError:  # the number of a compiled function, which is run once, and then no more
            raise TypeError(
                "Dropout draws anew for every sample, which a compiled function cannot do: call model.eval() before "
                "you compile it, or train with nn.fit, which draws for compiled models, too"
            ) from None
        chance = (self.generator or random).random()
        return 0.0 if chance < self.p else 1 / (1 - self.p)

    def _activation(self) -> str:
        return f"p = {self.p:g}"

    def __repr__(self) -> str:
        return f"Dropout({self.p:g})"


def generators_of(model: Any) -> list[random.Random]:
    """The generators of all Dropouts in a model, each once. Python's own belongs to the whole program."""
    parts = [part for _, part in modules(model)] if isinstance(model, Holder) else []
    found = [part.generator for part in parts if isinstance(part, Dropout) and part.generator is not None]
    return list({id(generator): generator for generator in found}.values())


Factors = Callable[[Dropout], Any]  # the factor of the next number that a Dropout is given

_factors: ContextVar[Factors | None] = ContextVar("factors", default=None)


def factors(dropouts: Sequence[Dropout], n: int) -> Any:
    """An array of n rows, one column each: the numbers that they would draw for n samples, one after the other."""
    import numpy

    found = numpy.empty((n, len(dropouts)))
    sharing: dict[int, list[int]] = {}  # a generator that several have draws for all of them in turn
    for column, dropout in enumerate(dropouts):
        sharing.setdefault(id(dropout.generator), []).append(column)
    for columns in sharing.values():
        chance = (dropouts[columns[0]].generator or random).random
        p = numpy.array([dropouts[column].p for column in columns])
        chances = numpy.array([chance() for _ in range(n * len(columns))]).reshape(n, -1)
        found[:, columns] = numpy.where(chances < p, 0.0, 1 / (1 - p))
    return found


@contextmanager
def factors_from(source: Factors) -> Iterator[None]:
    """Let all Dropouts ask a function for their factors, and draw none themselves."""
    token = _factors.set(source)
    try:
        yield
    finally:
        _factors.reset(token)
