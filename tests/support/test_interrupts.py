"""Where `interruptions` raises, and where it does not."""

from __future__ import annotations

import sys

from support.interrupts import interruptions

HERE = ("tests/support/test_interrupts.py",)


def test_each_line_is_interrupted_once():
    def run(done):
        done.append(1)
        done.append(2)

    assert list(interruptions(list, run, "line", HERE)) == [[], [1]]


def test_nothing_is_raised_in_a_generator_that_is_freed_before_its_end(monkeypatch):
    def numbers(freed):
        try:
            yield 1
            yield 2
        finally:
            freed.append("freed")

    def run(freed):
        next(numbers(freed))
        return any(x > 1 for x in (1, 2, 3))

    printed = []
    monkeypatch.setattr(sys, "unraisablehook", printed.append)
    ends = list(interruptions(list, run, "opcode", HERE))
    assert [] in ends
    assert ["freed"] in ends
    assert printed == []


def test_nothing_is_raised_where_something_is_freed(monkeypatch):
    class Held:
        def __del__(self):
            freed()

    def freed():
        return 1 + 1

    def run(_):
        Held()
        return 2 + 2

    printed = []
    monkeypatch.setattr(sys, "unraisablehook", printed.append)
    assert len(list(interruptions(list, run, "opcode", HERE))) > 2
    assert printed == []
