"""Circles, lines and texts as SVG, DOT and TikZ."""

import re
import xml.etree.ElementTree as ET

from autograd.drawing.network.scene import Circle, Label, Scene, Stroke, dot, svg, tikz
from autograd.drawing.style import DARK, LIGHT

HOSTILE = '<b> & "x" \\N $_%#{}^~'
SCENE = Scene(
    width=120,
    height=60,
    lines=[Stroke(10, 20, 90, 40, "leaf border", 2.0, 0.5)],
    circles=[Circle(10, 20, 8, "leaf", "0.5"), Circle(90, 40, 8, "constant", dashed=True), Circle(50, 30, 1, "muted")],
    labels=[Label(60, 10, HOSTILE, bold=True), Label(5, 50, "ŷ₁", "start")],
    title="A <network>",
)


def test_svg():
    text = svg(SCENE, "auto")
    root = ET.fromstring(text)
    assert (root.get("width"), root.get("viewBox")) == ("160", "0 0 120 60")
    assert root.get("style") == "max-width: 100%; height: auto"
    assert HOSTILE in [element.text for element in root.iter() if element.tag.endswith("text")]
    used = {element.get(name) for element in root.iter() for name in ("fill", "stroke")} - {None}
    assert used <= set(LIGHT.values()), "each colour is one that turns dark"
    assert "prefers-color-scheme" in text
    assert DARK["background"] in svg(SCENE, "dark")
    assert "prefers-color-scheme" not in svg(SCENE, "light")


def test_dot_has_a_place_for_everything():
    text = dot(SCENE, "light")
    assert 'from0 [pos="10.00,40.00"]' in text
    assert 'circle1 [pos="90.00,20.00"' in text
    assert f"{LIGHT['leaf border']}80" in text, "half transparent"
    assert "&lt;b&gt; &amp; &quot;x&quot; \\\\N" in text


def test_tikz():
    text = tikz(SCENE, "light")
    assert r"\draw[autograd-leaf-border, line width=2.00pt, opacity=0.5] (10.00,20.00) -- (90.00,40.00);" in text
    assert r"\textbf{<b> \& \"".replace('\\"', '"') in text
    assert r"\textbackslash{}N \$\_\%\#\{\}\textasciicircum{}\textasciitilde{}" in text
    assert r"\^{y}$_{1}$" in text
    assert len(re.findall("circle\\[radius", text)) == 3
    assert r"\fill[autograd-background]" not in text
    assert r"\fill[autograd-background]" in tikz(SCENE, "dark")
