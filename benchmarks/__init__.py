"""Every figure of docs/benchmarks.md, reproduced by one command: `python -m benchmarks NAME`.

Contestants run in turn in one process on one core, several rounds, and the median of its CPU seconds is reported: the
ratio between two medians holds on a shared machine, the absolute times do not. One JSON line for each result.
"""
