"""Where weights start: one number drawn for one weight, by the name of a scheme.

Each scheme is a function of a random generator, the number of inputs of the neuron (fan-in) and the number
of neurons in its layer (fan-out). Add your own to `INITIALIZATIONS`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from numbers import Integral
from typing import Protocol


class Generator(Protocol):
    """What is needed of `random.Random`, and of the module `random`."""

    def uniform(self, a: float, b: float) -> float: ...
    def gauss(self, mu: float, sigma: float) -> float: ...


Initialization = Callable[[Generator, int, int], float]

INITIALIZATIONS: dict[str, Initialization] = {
    # micrograd's
    "uniform": lambda generator, fan_in, fan_out: generator.uniform(-1, 1),
    # Glorot and Bengio 2010, for tanh and sigmoid: keeps the variance both forward and backward
    "xavier": lambda generator, fan_in, fan_out: math.sqrt(6 / (fan_in + fan_out)) * generator.uniform(-1, 1),
    # He et al. 2015, for relu, which drops half of the variance
    "he": lambda generator, fan_in, fan_out: generator.gauss(0, math.sqrt(2 / fan_in)),
    # LeCun et al. 1998
    "lecun": lambda generator, fan_in, fan_out: generator.gauss(0, math.sqrt(1 / fan_in)),
    # all neurons of a layer then stay alike for ever: to show why weights start at random
    "zeros": lambda generator, fan_in, fan_out: 0.0,
}


def generator_of(seed: int | random.Random | None) -> Generator:
    """The generator that weights are drawn from.

    Without a seed it is Python's own `random` (so that `random.seed(1337)` before decides); an int gives a
    generator of its own; a `random.Random` is used as it is.
    """
    if seed is None:
        return random  # the module has these functions too
    if isinstance(seed, random.Random):
        return seed
    if isinstance(seed, bool) or not isinstance(seed, Integral):
        raise TypeError(f"seed is an int, a random.Random or None, got {type(seed).__name__} {seed!r}")
    return random.Random(int(seed))


def shared_generator(seed: int | random.Random | None) -> random.Random | None:
    """One generator for many neurons, or None for Python's own."""
    generator = generator_of(seed)
    return generator if isinstance(generator, random.Random) else None
