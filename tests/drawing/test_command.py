"""`python -m autograd draw`."""

import argparse
import io
import shutil

import pytest

from autograd.__main__ import main
from autograd.drawing import command, rendering


def run(*words):
    parser = argparse.ArgumentParser(prog="draw")
    command.add_arguments(parser)
    return command.run(parser.parse_args(command.with_minus(words)))


def test_without_a_file_a_table_is_printed(capsys):
    assert run("a*b + 1", "a=2", "b=-3") == 0
    assert capsys.readouterr().out.splitlines() == [
        "name  expression  value  gradient",
        "a                     2        -3",
        "b                    -3         2",
        "v1    a × b          -6         1",
        "v2    v1 + 1         -5         1",
    ]
    run("a*2", "a=2", "--no-backward", "--local-derivatives")
    assert capsys.readouterr().out.splitlines()[2].split() == ["v1", "a", "×", "2", "4", "–", "a:", "2"]


@pytest.mark.parametrize(
    ("extension", "magic"),
    [
        ("svg", b"<?xml"),
        ("PNG", b"\x89PNG"),
        ("pdf", b"%PDF"),
        ("dot", b"digraph"),
        ("mmd", b"flowchart"),
        ("txt", b"name"),
        ("tex", b"% In the preamble"),
        ("html", b"<!doctype html>"),
    ],
)
def test_the_extension_says_the_format(graphviz_engine, tmp_path, extension, magic):
    path = tmp_path / f"picture.{extension}"
    assert run("tanh(w*x + b)", "w=2", "x=0.5", "b=1", "-o", str(path)) == 0
    assert path.read_bytes().startswith(magic)
    assert path.read_bytes().endswith(b"\n") or extension in ("PNG", "pdf")
    assert list(tmp_path.iterdir()) == [path]


def test_options_reach_the_picture(tmp_path):
    path = tmp_path / "picture.dot"
    run("2*x", "x=3", "-o", str(path))
    plain = path.read_text(encoding="utf-8")
    for option in (["--direction", "TB"], ["--local-derivatives"], ["--fold-constants"], ["--theme", "dark"]):
        run("2*x", "x=3", "-o", str(path), *option)
        assert path.read_text(encoding="utf-8") != plain
    run("2*x", "x=3", "-o", str(path), "--no-legend")
    assert "labelloc" in plain
    assert "labelloc" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["-x**2", "x=3"], "-9"),
        (["--no-backward", "-x**2", "x=3"], "-9"),
        (["-x", "x=3", "--theme", "dark"], "-3"),
        (["--direction", "TB", "-(x + 1)", "x=3"], "-4"),
        (["--x", "x=3"], "3"),
        (["-2", "--no-backward"], "-2"),
        (["-x + o", "x=3", "o=-5"], "-8"),
        (["--", "-x", "x=3"], "-3"),
    ],
)
def test_an_expression_may_begin_with_a_minus(capsys, words, value):
    assert run(*words) == 0
    assert value in capsys.readouterr().out.splitlines()[-1].split()


def test_a_misspelt_option_is_still_refused(capsys):
    for words in (["--them", "dark", "--no-legends", "x", "x=1"], ["x", "x=1", "-q"], ["x", "x=1", "--nonsense"]):
        with pytest.raises(SystemExit):
            run(*words)
        assert "unrecognized arguments" in capsys.readouterr().err


def test_the_program_itself_takes_an_expression_with_a_minus(capsys):
    assert main(["draw", "-x**2", "x=3"]) == 0
    assert capsys.readouterr().out.splitlines()[-1].split()[-2:] == ["-9", "1"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["w"], "w has no value: write w=2"),
        (["w", "w"], "'w' gives no number: write w=2"),
        (["w", "w=abc"], "'w=abc': 'abc' is not a number; write for example w=0.5"),
        (["w", "=3"], "'=3' does not begin with a name"),
        (["w", "2=3"], "'2=3' does not begin with a name"),
        (["w", "lambda=3"], "'lambda=3' does not begin with a name"),
        (["w", "w=1", "w=2"], "w is given twice"),
        (["w +", "w=1"], "invalid syntax"),
        (["w", "w=1", "-o", "w.jpg"], "choose one of .svg .png .pdf .html .dot .mmd .txt .tex"),
        (["w", "w=1", "-o", "no/such/folder/w.dot"], "'no/such/folder/w.dot': there is no folder 'no/such/folder'"),
    ],
)
def test_errors_are_one_message_and_exit_code_2(capsys, words, message):
    assert run(*words) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert message in captured.err


def test_a_failure_overwrites_nothing(capsys, monkeypatch, tmp_path):
    path = tmp_path / "picture.svg"
    path.write_text("precious")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(rendering, "_PYGRAPHVIZ", "raise SystemExit('out of order')")
    assert run("x", "x=1", "-o", str(path)) == 2
    assert "Graphviz" in capsys.readouterr().err
    assert [p.name for p in tmp_path.iterdir()] == ["picture.svg"]
    assert path.read_text() == "precious"


def test_names_beyond_the_terminals_alphabet_are_printed(monkeypatch):
    terminal = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr("sys.stdout", terminal)
    assert run("λ*2", "λ=3", "--no-backward") == 0
    terminal.flush()
    assert b"? * 2" in terminal.buffer.getvalue()


def test_the_names_of_variables_are_normalized_as_python_does(capsys):
    assert run("ﬁ + 1", "ﬁ=2") == 0
    assert "fi + 1" in capsys.readouterr().out


def test_a_graph_of_as_many_nodes_as_fit_into_an_expression_is_drawn(capsys):
    assert run("x" + "+x" * 400, "x=1") == 0


def test_help_has_examples(capsys):
    with pytest.raises(SystemExit):
        run("--help")
    text = capsys.readouterr().out
    assert 'draw "tanh(w*x + b)" w=2 x=0.5 b=1 -o neuron.svg' in text
    assert "softplus" in text
