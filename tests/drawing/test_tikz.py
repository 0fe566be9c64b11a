"""Pictures for LaTeX."""

import importlib.util
import re
import shutil
import subprocess

import pytest

from autograd import Graph, Value, draw
from autograd.drawing.rendering import RenderingError
from autograd.drawing.tikz import escaped
from nn import MLP

NAMES = [r"a_b%&#{}$^~\x", "λ₁ é ŷ 漢字", "<b>", r"\end{tikzpicture}", "σ×÷−▸∂·∘⋮…–", "x" * 60, "'\"`|"]


def test_any_name_is_escaped():
    assert escaped(r"50% of $x_1^2$ & #{~}\n") == (
        r"50\% of \$x\_1\textasciicircum{}2\$ \& \#\{\textasciitilde{}\}\textbackslash{}n"
    )
    assert escaped("λ₁ ŷ é 漢") == r"$\lambda$$_{1}$ \^{y} \'{e} ?"
    assert all(re.sub(r"\\.", "", escaped(name)).isascii() for name in NAMES)


def test_boxes_edges_and_frames(graphviz_engine):
    model = MLP(2, [3, 1], seed=1)
    y = model([1.0, -2.0])
    y.backward()
    text = draw(y, format="tikz", on_edges="share")
    assert text.count("-latex") == len(Graph(y).edges)
    assert text.count("fill=autograd-frame,") == 5
    assert text.count("fill=autograd-leaf,") == 13
    assert r"\textbf{weights[1]}" in text
    assert r"{$-$2}" in text
    assert "tanh" not in text
    begin, end = text.count(r"\begin{"), text.count(r"\end{")
    assert begin == end == 1


def test_without_graphviz_a_graph_cannot_be_placed_but_a_network_can(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(RenderingError, match="no Graphviz was found"):
        draw(Value(1.0) * 2, format="tikz")
    assert "tikzpicture" in draw(MLP(2, [1]), format="tikz")


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="no LaTeX")
def test_it_compiles(graphviz_engine, tmp_path):
    nodes = [Value(float(k), name) for k, name in enumerate(NAMES)]
    y = sum(nodes, Value(-1e-9)) * nodes[0]
    y.backward()
    pictures = [
        draw(y, format="tikz", show_local_derivatives=True),
        draw(y, format="tikz", theme="dark", depth=1, fold_constants=True, highlight=[y, *y.parents]),
        draw(MLP(2, [3, 1], seed=1)([1.0, 2.0]), format="tikz"),
        draw(MLP(12, [3, 1], activation="tanh", seed=1), format="tikz", inputs=(NAMES * 2)[:12], biases=True),
    ]
    text = r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{tikz}\begin{document}"
    for k, picture in enumerate(pictures):
        (tmp_path / f"p{k}.tex").write_text(picture, encoding="utf-8")
        text += rf"\resizebox{{\linewidth}}{{!}}{{\input{{p{k}.tex}}}}" + "\n\n"
    (tmp_path / "all.tex").write_text(text + r"\end{document}")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "all.tex"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert run.returncode == 0, run.stdout.decode("utf-8", "replace")[-1500:]
    assert (tmp_path / "all.pdf").stat().st_size > 10_000
