"""`python -m benchmarks NAME`: run one benchmark, or all of them, and print JSON lines."""

from __future__ import annotations

import argparse
import importlib

NAMES = ("eager", "derivatives")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("name", choices=(*NAMES, "all"), help="which benchmark")
    chosen = parser.parse_args().name
    for name in NAMES if chosen == "all" else (chosen,):
        importlib.import_module(f"benchmarks.{name}").run()


main()
