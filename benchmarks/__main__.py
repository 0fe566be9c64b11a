"""`python -m benchmarks NAME`: run one benchmark, or all of them, and print JSON lines."""

from __future__ import annotations

import argparse
import importlib
from contextlib import nullcontext

from .measure import one_core

# name on the command line -> module and function
NAMES = {
    "eager": ("eager", "run"),
    "derivatives": ("derivatives", "run"),
    "moons": ("compiled", "moons"),
    "digits": ("compiled", "digits"),
    "wide": ("compiled", "wide"),
    "rows": ("compiled", "rows"),
    "crossover": ("crossover", "run"),
    "fit": ("fit", "run"),
    "estimators": ("estimators", "run"),
    "convolution": ("convolution", "run"),
    "gpt": ("gpt", "run"),
    "zoo": ("zoo.speed", "run"),
    "irregular": ("irregular", "run"),
    "workers": ("workers", "run"),
    "explorer": ("explorer", "run"),
}
SEVERAL_CORES = ("workers", "explorer")  # the processes of workers, and those of a browser


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=(*NAMES, "all"), help="which benchmark")
    chosen = parser.parse_args().name
    for name in NAMES if chosen == "all" else (chosen,):
        module, function = NAMES[name]
        with nullcontext() if name in SEVERAL_CORES else one_core():
            getattr(importlib.import_module(f"benchmarks.{module}"), function)()


main()
