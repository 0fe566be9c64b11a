"""Numerical derivatives: what happens when one number is moved a little, and what that says about an analytic one.

A difference has errors of its own: it is cut off (too large a step) and it is rounded (too small a step). A derivative
that does not agree at first is therefore looked at with other steps before it is called wrong. And a function may have
no derivative at a point, as relu at 0: then the slopes to the left and to the right differ however small the step is.

Entry points: `Difference`, whose `judge` says "ok", "wrong" or "kink"; `moving` one input of an operation.
"""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable

from ..operations import Operation

EPSILON = sys.float_info.epsilon
TINY = sys.float_info.min  # below it floats lose their digits


class Difference:
    """The derivative of a function at x from its values; `center` is the one at x."""

    def __init__(self, function: Callable[[float], float], x: float, center: float) -> None:
        self.at = functools.cache(function)  # a forward pass through a network costs more than a look-up
        self.x, self.center = x, center

    def judge(self, analytic: float, step: float | None, method: str, tolerance: float) -> tuple[float, str, str]:
        """(numerical derivative, verdict, note)."""
        first = 2.0**-17 if method == "central" else 2.0**-10
        h = step if step is not None else first * _scale(max(1.0, abs(self.x)))
        scales = {_scale(max(1.0, abs(self.x))), _scale(abs(self.x) or 1.0)}
        kink = self.kink(h)
        if kink and 0 < abs(self.x) < 1:
            # Perhaps the step only reaches over the kink, or the pole, of a point near to it.
            near = 2.0**-17 * _scale(abs(self.x))
            if not self.kink(near):
                h, kink, scales = near, "", {_scale(abs(self.x))}
        numerical = self.central(h) if method == "central" else self.richardson(h)[0]
        if kink:
            return numerical, "kink", kink
        if _agree(analytic, numerical, tolerance):
            return numerical, "ok", ""
        if not math.isfinite(analytic):
            return numerical, "wrong", "the function is finite here, its analytic derivative is not"
        # Not yet wrong: perhaps the step does not suit. The step whose result is surest decides.
        better, uncertainty = min(map(self.richardson, _steps(scales)), key=_doubt)
        if abs(analytic - better) <= tolerance * max(abs(analytic), abs(better)) + uncertainty:
            if step is None:
                return better, "ok", "" if _agree(analytic, better, tolerance) else "equal but for rounding"
            return numerical, "ok", f"the step {h:g} does not suit: a better one gives {better:.8e}"
        return numerical, "wrong", ""

    def central(self, h: float) -> float:
        if self.x + h == self.x:
            raise ValueError(f"the step {h!r} is too small: {self.x!r} + {h!r} is {self.x!r} again; take a larger one")
        return (self.at(self.x + h) - self.at(self.x - h)) / (2 * h)

    def richardson(self, h: float) -> tuple[float, float]:
        """A derivative with an error of order h⁴, and how uncertain it is by cutting off and by rounding."""
        coarse, fine = self.central(h), self.central(h / 2)
        if not (math.isfinite(coarse) and math.isfinite(fine)):
            return math.nan, math.inf
        return (4 * fine - coarse) / 3, abs(fine - coarse) + self.noise(h / 2)

    def noise(self, h: float) -> float:
        """The derivative that rounding alone can feign."""
        return (10 * EPSILON * max(abs(self.center), abs(self.at(self.x + h))) + TINY) / h

    def kink(self, h: float) -> str:
        """Why there is no derivative here; "" where there is one."""
        if not math.isfinite(self.center):
            return f"the function is {self.center} here"
        left, right = self.slopes(h)
        if not (math.isfinite(left) and math.isfinite(right)):
            return "the function is not finite on both sides"
        if abs(right - left) <= 1e-3 * max(abs(left), abs(right)) + self.noise(h):
            return ""
        # Of a smooth function the two slopes approach each other with the step; at a kink they do not.
        nearer_left, nearer_right = self.slopes(h / 8)
        jump = abs(nearer_right - nearer_left)
        if jump < 0.7 * abs(right - left) or jump <= self.noise(h / 8):
            return ""
        return f"no derivative here: slope {nearer_left:.3g} to the left, {nearer_right:.3g} to the right"

    def slopes(self, h: float) -> tuple[float, float]:
        return (self.center - self.at(self.x - h)) / h, (self.at(self.x + h) - self.center) / h


def _steps(scales: set[float]) -> list[float]:
    return [scale * 2.0**power for scale in sorted(scales) for power in (-8, -12, -17)]


def _scale(x: float) -> float:
    """The power of two at x: steps that are powers of two add no rounding of their own."""
    return 2.0 ** math.floor(math.log2(x)) if math.isfinite(x) else 1.0


def _doubt(estimate: tuple[float, float]) -> tuple[float, float]:
    """How unsure (derivative, uncertainty) is: relative to the derivative, or absolutely where that is 0 itself."""
    derivative, uncertainty = estimate
    return (min(1.0, uncertainty / abs(derivative)) if derivative else 1.0, uncertainty)


def _agree(a: float, b: float, tolerance: float) -> bool:
    # Infinitely far is also infinitely tolerant: inf agrees with itself only.
    return a == b or (math.isfinite(a - b) and abs(a - b) <= tolerance * max(abs(a), abs(b)))


def moving(operation: Operation, xs: list[float], i: int) -> Callable[[float], float]:
    """The operation as a function of its parent i alone."""
    return lambda x: operation.forward(*xs[:i], x, *xs[i + 1 :])
