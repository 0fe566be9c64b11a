"""`draw` of a model."""

import shutil
import xml.etree.ElementTree as ET

import pytest

from autograd import draw
from autograd.drawing import rendering
from autograd.drawing.network import figure as figure_module
from nn import MLP, Sequential


def test_it_shows_itself_without_any_other_program(monkeypatch, tmp_path):
    monkeypatch.setattr(figure_module, "render", None)
    figure = draw(MLP(2, [3, 1], seed=1))
    assert repr(figure) == '<a network of 2 → 3 → 1 neurons: show it in a notebook, or .render("network.svg")>'
    bundle = figure._repr_mimebundle_()
    ET.fromstring(bundle["image/svg+xml"])
    assert figure.render(tmp_path / "network") == str(tmp_path / "network.svg")
    assert figure.save(tmp_path / "other.svg") == str(tmp_path / "other.svg")
    assert (tmp_path / "other.svg").read_text(encoding="utf-8") == figure.pipe("svg", encoding="utf-8")


def test_png_and_pdf(graphviz_engine, tmp_path):
    figure = draw(MLP(2, [16, 1], seed=1), biases=True)
    for format, magic in (("png", b"\x89PNG"), ("pdf", b"%PDF")):
        path = figure.render(tmp_path / f"network.{format}")
        with open(path, "rb") as file:
            assert file.read(8).startswith(magic)
    assert figure.render(tmp_path / "named", format="pdf") == str(tmp_path / "named.pdf")


@pytest.mark.skipif(not shutil.which("dot"), reason="no dot program")
def test_everything_stays_at_its_place(graphviz_engine):
    figure = draw(MLP(2, [3, 1], seed=1))
    root = ET.fromstring(rendering.render(figure.source, "svg", placed=True))
    assert len([element for element in root.iter() if element.tag.endswith("ellipse")]) >= 6


def test_other_formats():
    model = Sequential(MLP(2, [3], activation="tanh", seed=1))
    assert draw(model, format="dot") == draw(model).source
    assert draw(model, format="tikz").count("circle[radius") == 5
    assert draw(model, format="text").splitlines()[1].split()[:4] == ["layers[0].layers[0]", "2", "→", "3"]
    with pytest.raises(ValueError, match="Mermaid cannot place neurons"):
        draw(model, format="mermaid")


def test_inputs_are_names_or_numbers_or_both():
    model = MLP(2, [1], seed=1)
    svg = draw(model, inputs={"height": 0.5, "age": -1.0}).pipe("svg", encoding="utf-8")
    assert [f">{text}<" in svg for text in ("height", "age", "0.5", "−1")] == [True] * 4
    assert ">−1<" in draw(model, inputs=[0.5, -1]).pipe("svg", encoding="utf-8")
    assert ">age<" in draw(model, inputs=["height", "age"]).pipe("svg", encoding="utf-8")
    with pytest.raises(ValueError, match="the network has 2 inputs, got 1"):
        draw(model, inputs=["height"])
    with pytest.raises(TypeError, match="inputs are names or numbers, or numbers by their names"):
        draw(model, inputs=["height", 2.0])


def test_names_that_a_model_has_learned_are_used():
    model = MLP(2, [2], seed=1)
    model.feature_names_in_, model.class_labels = ["height", "age"], ("cat", "dog")
    svg = draw(model).pipe("svg", encoding="utf-8")
    assert [f">{text}<" in svg for text in ("height", "age", "cat", "dog")] == [True] * 4


def test_gradients_are_shown_where_there_are_some():
    model = MLP(2, [1], seed=1)
    with pytest.raises(ValueError, match="no backward pass has reached this model"):
        draw(model, on_edges="gradient")
    model([1.0, 2.0]).backward()
    assert "gradient &gt; 0" in draw(model, on_edges="gradient").pipe("svg", encoding="utf-8")
    with pytest.raises(ValueError, match=r"one of 'weight', 'gradient', got on_edges='share'"):
        draw(model, on_edges="share")
    assert "weight &gt; 0" not in draw(model, legend=False).pipe("svg", encoding="utf-8")
