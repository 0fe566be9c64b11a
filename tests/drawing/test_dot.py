"""DOT text, and the object that shows itself."""

import base64
import sys
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograd import Value, draw
from autograd.drawing.labels import cleaned
from autograd.drawing.rendering import render
from autograd.drawing.style import DARK, LIGHT

SVG = "{http://www.w3.org/2000/svg}"


def texts(svg):
    """The text elements of an SVG, without spaces, which Graphviz collapses."""
    return ["".join("".join(node.itertext()).split()) for node in ET.fromstring(svg).iter(f"{SVG}text")]


def neuron():
    w, x = Value(2.0, "w"), Value(-3.0, "x")
    y = (w * x + 1).tanh()
    y.label = "y"
    return y


def test_the_drawing_is_a_digraph_with_the_text_of_format_dot():
    graphviz = pytest.importorskip("graphviz")
    drawing = draw(neuron())
    assert isinstance(drawing, graphviz.Digraph)
    assert drawing.source == draw(neuron(), format="dot")


def test_a_box_shows_name_operation_value_and_gradient(graphviz_engine):
    y = neuron()
    assert "–" in texts(draw(y).pipe("svg"))
    y.backward()
    shown = texts(draw(y, legend=False).pipe("svg"))
    assert shown[-6:] == ["y", "tanh", "value", "−0.9999", "grad", "1"]
    assert "–" not in shown


def test_two_edges_for_a_square(graphviz_engine):
    x = Value(3.0)
    svg = draw(x * x).pipe("svg")
    assert svg.count(b'class="edge"') == 2


def test_local_derivatives_on_request():
    x = Value(3.0)
    assert "&#160;7&#160;" not in draw(7 * x, format="dot", legend=False)
    edges = [line for line in draw(7 * x, format="dot", show_local_derivatives=True).splitlines() if "->" in line]
    assert [("7" in line) for line in edges] == [False, True]  # none on the edge of the constant


def test_the_legend_names_only_what_is_there():
    x = Value(3.0)
    y = x.exp()
    assert "constant" not in draw(y, format="dot")
    assert "constant" in draw(2 * y, format="dot")
    assert "no backward pass yet" in draw(y, format="dot")
    y.backward()
    assert "no backward pass yet" not in draw(y, format="dot")
    assert "labelloc" not in draw(y, format="dot", legend=False)


def test_what_was_cut_off_is_visible():
    assert draw(neuron(), format="dot", depth=1).count('label="…"') == 1
    assert "…" not in draw(neuron(), format="dot")


def test_direction():
    assert "rankdir=TB" in draw(neuron(), format="dot", direction="TB")


def test_themes(graphviz_engine):
    auto, light, dark = (draw(neuron(), theme=theme).pipe("svg").decode() for theme in ("auto", "light", "dark"))
    assert "@media (prefers-color-scheme: dark)" in auto
    assert "autograd_auto" in auto.partition("</style>")[2]
    assert "@media" not in light + dark
    assert LIGHT["background"] in light
    assert LIGHT["background"] not in dark
    assert DARK["background"] in dark


def test_every_colour_of_an_svg_is_one_that_turns_dark(graphviz_engine):
    elements = ET.fromstring(draw(neuron(), show_local_derivatives=True, depth=2).pipe("svg")).iter()
    used = {element.get(attribute) for element in elements for attribute in ("fill", "stroke")}
    assert used - {None, "none", "transparent"} <= set(LIGHT.values())


def test_hostile_labels_are_text(graphviz_engine):
    labels = [
        "</script><img src=x onerror=alert(1)>",
        "<b>bold</b> & &amp; &lt;",
        "\"quotes' \\N \\\\ \\G \\",
        "]]> --> <!-- %",
        "שלום 🎉 漢字",
        "\0\x07\x7f",
        "x" * 10_000,
    ]
    svg = draw([Value(1.0, label) for label in labels]).pipe("svg")
    shown = texts(svg)
    for label in labels:
        assert "".join(cleaned(label).split()) in shown
    assert b"<img" not in svg


@settings(max_examples=12, deadline=None)
@given(st.lists(st.text(st.characters(), max_size=12), min_size=20, max_size=60))
def test_any_label_renders_as_itself(labels):
    svg = render(draw([Value(1.0, label) for label in labels], format="dot", legend=False))
    shown = texts(svg)
    for label in labels:
        expected = "".join(cleaned(label).split())
        assert not expected or expected in shown


def test_notebooks_get_svg(graphviz_engine):
    drawing = draw(neuron())
    bundle = drawing._repr_mimebundle_()
    assert list(bundle) == ["text/html", "image/svg+xml", "text/plain"]
    assert bundle["image/svg+xml"] == drawing._repr_image_svg_xml()
    image = ET.fromstring(bundle["text/html"].replace(">", "/>"))
    assert image.get("style") == "max-width: 100%; height: auto"
    assert base64.b64decode(image.get("src").partition(",")[2]).decode() == bundle["image/svg+xml"]
    ET.fromstring(bundle["image/svg+xml"].encode())


def test_files(graphviz_engine, tmp_path):
    drawing = draw(neuron())
    for format, magic in (("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")):
        path = drawing.render(tmp_path / "neuron", format=format)
        assert path == str(tmp_path / f"neuron.{format}")
        assert (tmp_path / f"neuron.{format}").read_bytes().startswith(magic)
    assert (tmp_path / "neuron").read_text(encoding="utf-8") == drawing.source
    drawing.render(outfile=tmp_path / "other.png", cleanup=True)
    assert (tmp_path / "other.png").read_bytes().startswith(b"\x89PNG")
    drawing.render(tmp_path / "third.png", cleanup=True)
    drawing.save(tmp_path / "fourth.SVG")
    assert (tmp_path / "third.png").read_bytes().startswith(b"\x89PNG")
    assert b"<svg" in (tmp_path / "fourth.SVG").read_bytes()
    assert drawing.save(tmp_path / "fourth.gv") == str(tmp_path / "fourth.gv")
    assert (tmp_path / "fourth.gv").read_text().startswith("digraph")
    drawing.render("clean", directory=tmp_path / "sub", cleanup=True)
    assert [path.name for path in (tmp_path / "sub").iterdir()] == ["clean.svg"]


def test_only_what_was_asked_for_is_written(graphviz_engine, tmp_path):
    kept = tmp_path / "graph.gv"
    kept.write_text("precious")
    drawing = draw(neuron())
    drawing.save(tmp_path / "graph.svg")
    drawing.render(tmp_path / "graph.png", cleanup=True)
    drawing.save(kept, skip_existing=True)
    assert kept.read_text() == "precious"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["graph.gv", "graph.png", "graph.svg"]
    assert drawing.save(kept) == str(kept)
    assert kept.read_text(encoding="utf-8") == drawing.source


def test_a_drawing_says_what_it_is():
    pytest.importorskip("graphviz")
    assert repr(draw(neuron())).startswith("<drawing of 6 nodes: show it in a notebook, .render(")
    assert repr(draw(Value(1.0))).startswith("<drawing of 1 node: ")


def test_a_copy_draws_the_same(graphviz_engine):
    drawing = draw(neuron())
    assert drawing.copy().pipe("svg") == drawing.pipe("svg")


def test_the_missing_package_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "graphviz", None)
    monkeypatch.delitem(sys.modules, "autograd.drawing.digraph", raising=False)
    with pytest.raises(ImportError, match=r'pip install "scalar-autograd\[draw\]"'):
        draw(Value(1.0))
    assert draw(Value(1.0), format="dot").startswith("digraph {")


def test_edges_can_be_labelled_one_by_one():
    x = Value(3.0, "x")
    square = x * x
    edges = [
        line for line in draw(square, format="dot", edge_labels={(square, 1): "<second>"}).splitlines() if "->" in line
    ]
    assert "label" not in edges[0]
    assert "&lt;second&gt;" in edges[1]


def test_highlighted_nodes_and_the_edges_between_them_are_thick():
    x, y = Value(3.0, "x"), Value(2.0, "y")
    product = x * y
    lines = draw(product, format="dot", highlight=[x, product]).splitlines()
    assert [("penwidth" in line) for line in lines if "->" in line] == [True, False]


def test_any_legend_can_be_drawn(graphviz_engine):
    legend = "bell\x07 nul\0 half\ud800\x1b[31m two\nlines <b> \\N " + "long " * 50
    shown = "".join(texts(draw(Value(1.0), legend=legend).pipe("svg")))
    assert "bell␇nul␀half\ufffd␛[31mtwolines<b>\\Nlong" in shown


def test_a_legend_can_say_more():
    assert "twice &lt;&gt;" in draw(Value(1.0), format="dot", legend="twice <>")
