"""What a campaign is, and how its cases are run, made smaller and reported.

A campaign makes a case from a seed and checks it; a check that raises has found something. Entry points: `Campaign`,
`run_case`, `Failure`, `UnclearError`.
"""

from __future__ import annotations

import random
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple


class UnclearError(Exception):
    """The case has no answer that rounding does not decide."""


class Campaign(NamedTuple):
    """One kind of cases.

    Attributes: `name`; `make(random)` gives a case; `check(case)` raises where something is wrong; `simpler(case)`
    gives cases with less in them; `code(case)` is a program that a person can paste.
    """

    name: str
    make: Callable[[random.Random], Any]
    check: Callable[[Any], None]
    code: Callable[[Any], str]
    simpler: Callable[[Any], Iterator[Any]] = lambda case: iter(())


class Failure(NamedTuple):
    """What was found: where, what was said, and the smallest case that still says it."""

    campaign: str
    seed: int
    error: str
    code: str
    steps: int  # of shrinking

    def __str__(self) -> str:
        command = f"python -m tests.fuzz --campaign {self.campaign} --seed {self.seed} --cases 1"
        return f"FOUND by {command}\n{self.error}\nafter {self.steps} step(s) of shrinking:\n\n{self.code}\n"


def found_by(campaign: Campaign, case: Any) -> BaseException | None:
    """What the check of a case raises; None where all is well. Warnings that nobody expects are findings, too."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            campaign.check(case)
    except (UnclearError, KeyboardInterrupt):
        raise
    except BaseException as error:
        return error
    return None


def run_case(campaign: Campaign, seed: int, patience: float = 30.0) -> Failure | None:
    """Make the case of this seed and check it; a failure is shrunk for at most `patience` seconds."""
    case = campaign.make(random.Random(f"{campaign.name} {seed}"))
    error = found_by(campaign, case)
    if error is None:
        return None
    case, error, steps = _shrunken(campaign, case, error, patience)
    last = "".join(traceback.format_exception(type(error), error, error.__traceback__)[-4:])
    return Failure(campaign.name, seed, last.rstrip(), campaign.code(case), steps)


def _shrunken(campaign: Campaign, case: Any, error: BaseException, patience: float) -> tuple[Any, BaseException, int]:
    """The first simpler case that fails in the same way, again and again."""
    start, steps, seen = time.monotonic(), 0, {repr(case)}
    while True:
        for other in campaign.simpler(case):
            if time.monotonic() - start > patience:
                return case, error, steps
            if repr(other) in seen:
                continue
            seen.add(repr(other))
            try:
                again = found_by(campaign, other)
            except UnclearError:
                continue
            if again is not None and type(again) is type(error):
                case, error, steps = other, again, steps + 1
                break
        else:
            return case, error, steps
