"""`python -m autograd`: what is said while it trains, and the page that it writes."""

import re
from pathlib import Path

import pytest

import autograd
from autograd.__main__ import PHASES, main


@pytest.fixture
def packages():
    for name in ("sklearn", "matplotlib", "numpy", "graphviz", "pygraphviz"):
        pytest.importorskip(name)


def test_it_trains_and_writes_a_page(packages, tmp_path, capsys):
    folder = tmp_path / "out"
    assert main(["-o", str(folder), "--epochs", "1"]) == 0
    said = capsys.readouterr()
    assert said.err.splitlines() == ["Loading the images", "Compiling the loss of an image", "Training", "Drawing"]
    assert re.search(
        r"^epoch  1  loss \d\.\d{4}  held-out loss \d\.\d{4}  held-out accuracy \d\d\.\d%$", said.out, re.M
    )
    assert said.out.splitlines()[-1] == f"pictures: {folder / 'index.html'}"
    names = {"index.html", "explorer.html", "network.html", "expression.svg", "neuron.svg", "loss.png", "confusion.png"}
    assert {path.name for path in folder.iterdir()} == names


def test_an_interruption_before_there_is_anything_to_show_writes_nothing(packages, tmp_path, capsys, monkeypatch):
    import nn

    def interrupted(*arguments, **options):
        return nn.History(stopped="interrupted")

    monkeypatch.setattr(nn, "fit", interrupted)
    assert main(["-o", str(tmp_path / "out")]) == 130
    assert "Interrupted in the first epoch: there is nothing to show." in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("command", "door"), [(["train"], "train"), (["draw", "x", "x=1"], "draw_command.run")])
def test_an_interruption_elsewhere_ends_with_a_word_too(command, door, capsys, monkeypatch):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(f"autograd.__main__.{door}", interrupted)
    assert main(command) == 130
    assert capsys.readouterr().err == "Interrupted.\n"


def test_what_was_learned_before_an_interruption_is_drawn(packages, tmp_path, capsys, monkeypatch):
    import nn

    fit = nn.fit

    def interrupted(model, *data, callbacks, **options):
        def until(epoch, history):
            callbacks(epoch, history)
            raise KeyboardInterrupt

        return fit(model, *data, callbacks=until, **options)

    monkeypatch.setattr(nn, "fit", interrupted)
    assert main(["-o", str(tmp_path / "out"), "--epochs", "4"]) == 0
    assert "Interrupted: the pictures are of what 1 of 4 epochs gave." in capsys.readouterr().err
    assert (tmp_path / "out" / "index.html").exists()


def test_the_phases_are_those_of_files_that_there_are():
    root = Path(autograd.__file__).parents[1]
    for part in PHASES:
        assert part == "/llvmlite/" or (root / part.strip("/")).exists()
