"""Forty programs as a person writes them: loops, lists of lists, dicts, small classes, recursion; no two in one style.

`compile` was not tuned on any of them, and each asks something else of it. The tests compare each one with the eager
engine, the benchmark `zoo` measures them. Every program has a `size`, and where its loss is a mean over rows it is
also there as a function of one row.

Entry point: `PROGRAMS`, the programs by name; `program.py` says what one is.
"""

from . import algorithms, networks, recurrences, statistics
from .program import PROGRAMS, Program

__all__ = ["PROGRAMS", "Program", "algorithms", "networks", "recurrences", "statistics"]
