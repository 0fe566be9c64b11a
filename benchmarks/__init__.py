"""Every figure of docs/benchmarks.md, reproduced by one command: `python -m benchmarks NAME`.

Contestants run in turn in one process on one core, several rounds, and the CPU seconds of the fastest are reported: the
ratio between two of them holds on a shared machine, the absolute times do not. One JSON line for each result.
"""
