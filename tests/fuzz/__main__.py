"""`python -m tests.fuzz --minutes N [--seed S] [--campaign NAME]`: all campaigns in rounds, for as long as you like."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from . import CAMPAIGNS
from .campaign import UnclearError, run_case


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0, help="how long (default: 1)")
    parser.add_argument("--seed", type=int, default=1_000_000, help="of the first case; the next has the next one")
    parser.add_argument("--campaign", choices=sorted(CAMPAIGNS), action="append", help="only this one; may be repeated")
    parser.add_argument("--cases", type=int, help="stop after so many cases of each campaign")
    given = parser.parse_args()
    names = given.campaign or list(CAMPAIGNS)
    cases, unclear, found = Counter(), Counter(), Counter()
    start = shown = time.monotonic()
    end = start + 60 * given.minutes
    share = min(2.0, 60 * given.minutes / len(names))
    while time.monotonic() < end and not (given.cases and all(cases[name] >= given.cases for name in names)):
        for name in names:
            stop = min(end, time.monotonic() + share)
            while time.monotonic() < stop and not (given.cases and cases[name] >= given.cases):
                seed = given.seed + cases[name]
                cases[name] += 1
                try:
                    failure = run_case(CAMPAIGNS[name], seed)
                except UnclearError:
                    unclear[name] += 1
                    continue
                if failure is not None:
                    found[name] += 1
                    print(failure, flush=True)
        if time.monotonic() - shown > 30:
            shown = time.monotonic()
            print(report(names, cases, unclear, found, shown - start), flush=True)
    print(report(names, cases, unclear, found, time.monotonic() - start))
    return 1 if found.total() else 0


def report(names: list[str], cases: Counter, unclear: Counter, found: Counter, seconds: float) -> str:
    """The counts of each campaign and of all, in one line."""
    parts = [f"{name} {cases[name]}" + f" ({unclear[name]} unclear)" * bool(unclear[name]) for name in names]
    return f"{seconds / 60:.1f} min: {cases.total()} cases, {found.total()} found — " + ", ".join(parts)


if __name__ == "__main__":
    sys.exit(main())
