"""Which Graphviz is used, and what happens when it fails."""

import importlib.util
import os
import re
import shutil
import stat

import pytest

from autograd import Value, draw, explore
from autograd.__main__ import main
from autograd.drawing import rendering
from autograd.drawing.rendering import RenderingError, render
from nn import MLP


@pytest.fixture
def no_dot_program(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    if not importlib.util.find_spec("pygraphviz"):
        pytest.skip("no pygraphviz")


@pytest.mark.parametrize(("format", "magic"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_pygraphviz_stands_in_for_dot(no_dot_program, capfd, format, magic):
    assert render("digraph { a -> b }", format).startswith(magic)
    assert capfd.readouterr() == ("", "")


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
def test_the_dot_program_is_preferred(monkeypatch, tmp_path):
    script = tmp_path / "dot"
    script.write_text('#!/bin/sh\necho "$@"\ncat\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert render("digraph {}", "png") == b"-Tpng -Gdpi=192\ndigraph {}"


@pytest.mark.skipif(os.name == "nt", reason="the stand-in is a shell script")
def test_what_dot_complains_about_is_passed_on(monkeypatch, tmp_path):
    script = tmp_path / "dot"
    script.write_text("#!/bin/sh\necho 'syntax error in line 1' >&2\nexit 1\n")
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(RenderingError, match="syntax error in line 1"):
        render("digraph {")


def test_without_any_graphviz_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RenderingError, match=r"pip install pygraphviz.*apt install graphviz.*mermaid"):
        render("digraph {}")


def test_bad_dot_text_is_an_error(no_dot_program):
    with pytest.raises(RenderingError, match="Graphviz failed"):
        render("digraph {")


def test_it_does_not_run_for_ever(no_dot_program, monkeypatch):
    monkeypatch.setattr(rendering, "TIMEOUT", 0.001)
    with pytest.raises(RenderingError, match=r"not finished after 0\.001 seconds"):
        render("digraph {}")


def test_unknown_format():
    with pytest.raises(ValueError, match="choose one of svg, png, pdf"):
        render("digraph {}", "gif")


def test_everything_that_saves_goes_through_write(tmp_path, monkeypatch, graphviz_engine):
    written = []
    replace = os.replace

    def spy(source, target):
        written.append(os.path.basename(target))
        replace(source, target)

    monkeypatch.setattr(os, "replace", spy)
    x = Value(2.0, "x")
    MLP(1, [1]).save(tmp_path / "model.json")
    explore(x * x).save(tmp_path / "page.html")
    draw(x * x).render(tmp_path / "graph", format="svg")
    draw(x * x).save(tmp_path / "other.svg")
    main(["draw", "x*x", "x=2", "-o", str(tmp_path / "third.png")])
    main(["draw", "x*x", "x=2", "-o", str(tmp_path / "fourth.txt")])
    names = ["model.json", "page.html", "graph", "graph.svg", "other.svg", "third.png", "fourth.txt"]
    assert written == names
    assert {path.name for path in tmp_path.iterdir()} == set(names)


def test_an_svg_is_never_wider_than_the_page(graphviz_engine):
    svg = draw(Value(1.0)).pipe("svg").decode()
    tag = svg[svg.index("<svg") :].split(">")[0]
    assert 'style="max-width: 100%; height: auto"' in tag
    width, height = (int(re.search(rf'{side}="(\d+)"', tag)[1]) for side in ("width", "height"))
    _, _, across, down = map(float, re.search(r'viewBox="([^"]*)"', tag)[1].split())
    assert width / height == pytest.approx(across / down, rel=0.02)


def test_arrows_end_at_boxes_whose_corners_are_hardly_rounded(graphviz_engine):
    x = Value(1.0)
    svg = draw(x * 2 + x.exp()).pipe("svg").decode()
    radii = {float(radius) for radius in re.findall(r'<rect[^>]* rx="([\d.]+)"', svg)}
    assert max(radii) < 4
    nodes = re.findall(r'<g id="node.*?</g>', svg, re.DOTALL)
    assert len(nodes) == 5
    assert all(re.search(r"<rect|shape", node) and "<polygon" not in node for node in nodes)
