"""The line that moves while a program works; time and threads are the test's own."""

import io
import threading

import pytest

from autograd.status_line import StatusLine, doing


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_the_line_says_what_is_done_and_for_how_long(clock):
    status = StatusLine(Terminal(), clock)
    status.begin("Compiling", lambda: "writing machine code")
    clock.now = 2.5
    assert status.line() == "Compiling: writing machine code, 2.5 s"
    status.begin("Drawing")
    assert status.line() == "Drawing, 0.0 s"


def test_the_estimate_counts_from_the_first_call_and_comes_when_it_is_worth_something(clock):
    status = StatusLine(Terminal(), clock)
    status.begin("Training")
    clock.now = 100.0  # before the first call: that time comes once
    status.done(0, 200)
    assert status.line() == "Training ························   0%"
    clock.now = 100.5
    status.done(10, 200)
    assert status.line() == "Training █·······················   5%"
    clock.now = 102.0
    status.done(50, 200)
    assert status.line() == "Training ██████··················  25%, about 6 s left"
    clock.now = 108.0
    status.done(200, 200)
    assert status.line() == "Training ████████████████████████ 100%, about 0 s left"


def test_in_a_terminal_one_line_is_written_anew_and_erased(clock, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "40")
    terminal = Terminal()
    status = StatusLine(terminal, clock)
    status.begin("A long text that does not fit into the terminal")
    status.print("a line that stays")
    clock.now = 1.0
    status.begin("Short")
    written = terminal.getvalue()
    assert "\n" not in written
    assert all(len(part) in (0, 39) for part in written.split("\r"))
    assert written.endswith(f"\r{'Short, 0.0 s':<39}")
    assert capsys.readouterr().out == "a line that stays\n"


def test_a_thread_keeps_the_line_moving_and_ends_with_it(clock, monkeypatch):
    written = threading.Event()

    class Watched(Terminal):
        def write(self, text):
            if "5.0 s" in text:
                written.set()
            return super().write(text)

    terminal, threads = Watched(), threading.enumerate()
    with StatusLine(terminal, clock) as status:
        status.begin("Waiting")
        clock.now = 5.0
        assert written.wait(60)  # written by the thread: nobody else does
    assert threading.enumerate() == threads
    assert terminal.getvalue().endswith(" \r")


def test_in_a_pipe_each_beginning_is_a_line_and_nothing_moves(clock):
    pipe = io.StringIO()
    with StatusLine(pipe, clock) as status:
        status.begin("Compiling", lambda: "machine code")
        status.done(1, 2)
        status.begin("Training")
    assert pipe.getvalue() == "Compiling\nTraining\n"


def test_what_a_thread_is_doing_is_seen_from_its_code():
    asked = []

    def ask(phase):
        thread = threading.Thread(target=lambda: asked.append(phase()))
        thread.start()
        thread.join()

    ask(doing({"/threading.py": "waiting", "/tests/": "testing"}))
    ask(doing({"/no/such/file": "nothing"}))
    assert asked == ["waiting", ""]
