"""The progress bar shows itself where it can, and leaves one line in a notebook."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from nn.progress import NoBar, NotebookBar, progress_bar

CELL = """
from nn import MLP, fit
model = MLP(2, [3, 1], activation="tanh", seed=0)
history = fit(
    model, [[0.1, 0.5], [0.9, -0.3]], [0.0, 1.0], loss="mean_squared_error", optimizer="sgd", epochs=50, batch_size=1,
)
"""


def test_without_progress_there_is_none():
    assert isinstance(progress_bar(3, shown=False), NoBar)


def test_in_a_terminal_it_is_tqdms(capfd):
    pytest.importorskip("tqdm")
    bar = progress_bar(300, shown=True)
    for i in range(300):
        bar.update()
        bar.set_postfix({"loss": f"{300 - i}"})
    bar.close()
    shown = capfd.readouterr().err.split("\r")
    assert "300/300" in shown[-1]
    assert "loss=1]" in shown[-1]
    assert len(shown) < 30  # not drawn anew for all numbers


def test_the_estimate_begins_with_the_first_update():
    pytest.importorskip("tqdm")
    bar = progress_bar(101, shown=True)
    now = bar.start_t
    bar._time = lambda: now
    now += 1000.0  # of compiling
    bar.update()
    assert bar.n == 1
    for _ in range(50):
        now += 1.0
        bar.update()
    assert bar.n == 51
    assert bar.format_dict["elapsed"] == 50.0
    assert "<00:50, " in str(bar)
    bar.close()


def test_the_line_that_a_notebook_keeps(monkeypatch):
    shown = []

    class Handle:
        def update(self, bar):
            shown.append(repr(bar))

    display = pytest.importorskip("IPython.display")
    monkeypatch.setattr(display, "display", lambda bar, display_id: shown.append(repr(bar)) or Handle())
    bar = NotebookBar(3)
    for _ in range(3):
        bar.update()
    bar.set_postfix({"loss": "0.5", "accuracy": "1"})
    bar.close()
    assert shown[0].startswith("0 of 3 updates, 0.")
    assert shown[-1].startswith("3 of 3 updates, ")
    assert shown[-1].endswith(" s, loss 0.5, accuracy 1")
    assert bar._repr_html_().startswith('<progress value="3" max="3"></progress> 3 of 3 updates')


def test_a_notebook_that_trains_has_no_red_lines(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    pytest.importorskip("nbconvert")
    path = tmp_path / "training.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)]), path)
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook", "--inplace", str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    (cell,) = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert [output for output in cell["outputs"] if output["output_type"] == "stream"] == []
    (output,) = cell["outputs"]
    text = "".join(output["data"]["text/plain"])
    assert "widget" in json.dumps(output) or "100 of 100 updates" in text
