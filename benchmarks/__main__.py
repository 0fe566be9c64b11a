"""`python -m benchmarks NAME`: run one benchmark, or all of them, and print JSON lines."""

from __future__ import annotations

import argparse
import importlib

# name on the command line -> module and function
NAMES = {
    "eager": ("eager", "run"),
    "derivatives": ("derivatives", "run"),
    "moons": ("compiled", "moons"),
    "crossover": ("compiled", "crossover"),
    "digits": ("compiled", "digits"),
    "chain": ("compiled", "chain"),
    "wide": ("compiled", "wide"),
    "compile": ("compiled", "compile_time"),
    "explorer": ("explorer", "run"),
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=(*NAMES, "all"), help="which benchmark")
    chosen = parser.parse_args().name
    for name in NAMES if chosen == "all" else (chosen,):
        module, function = NAMES[name]
        getattr(importlib.import_module(f"benchmarks.{module}"), function)()


main()
