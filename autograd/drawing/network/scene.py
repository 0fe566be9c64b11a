"""A scene: circles, lines and texts at given places, written as SVG, DOT or TikZ.

The SVG needs no other program; PNG and PDF are made of the DOT by Graphviz. Lengths are points, y points down.

Entry points: `Scene`, `Circle`, `Stroke`, `Label`; `svg`, `dot`, `tikz`.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from ..style import AUTO_CLASS, CSS, LIGHT, THEMES
from ..tikz import color, environment, escaped, node

FONT = "Helvetica, Arial, sans-serif"


class Circle(NamedTuple):
    """A neuron; `fill` and `stroke` are roles of colours in `style.py`, `text` is written inside."""

    x: float
    y: float
    radius: float
    fill: str
    text: str = ""
    dashed: bool = False

    @property
    def stroke(self) -> str:
        return f"{self.fill} border" if f"{self.fill} border" in LIGHT else self.fill


class Stroke(NamedTuple):
    """From one point to another; `color` is a role, `width` in points, `opacity` from 0 to 1."""

    x1: float
    y1: float
    x2: float
    y2: float
    color: str
    width: float
    opacity: float = 1.0


class Label(NamedTuple):
    """A text with its middle at y; `anchor` says whether x is its "start", its "middle" or its "end"."""

    x: float
    y: float
    text: str
    anchor: str = "middle"
    size: float = 11.0
    color: str = "text"
    bold: bool = False


class Scene(NamedTuple):
    """Everything that is drawn, lines below circles below labels."""

    width: float
    height: float
    lines: list[Stroke]
    circles: list[Circle]
    labels: list[Label]
    title: str


def svg(scene: Scene, theme: str) -> str:
    """The scene as an SVG as wide as it is, but never wider than the page."""
    colors = THEMES[theme]
    width, height = round(scene.width * 4 / 3), round(scene.height * 4 / 3)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {scene.width:g} {scene.height:g}" style="max-width: 100%; height: auto" role="img" '
        f'class="autograd{" " + AUTO_CLASS if theme == "auto" else ""}" font-family="{FONT}">',
        *([f"<style>\n{CSS}</style>"] if theme == "auto" else []),
        f"<title>{_text(scene.title)}</title>",
        f'<rect width="100%" height="100%" fill="{colors["background"]}"/>',
        '<g stroke-linecap="round">',
    ]
    for line in scene.lines:
        opacity = f' stroke-opacity="{line.opacity:.2g}"' if line.opacity < 1 else ""
        parts.append(
            f'<line x1="{line.x1:.2f}" y1="{line.y1:.2f}" x2="{line.x2:.2f}" y2="{line.y2:.2f}" '
            f'stroke="{colors[line.color]}" stroke-width="{line.width:.2f}"{opacity}/>'
        )
    parts.append("</g>")
    for circle in scene.circles:
        dashes = ' stroke-dasharray="3 2"' if circle.dashed else ""
        parts.append(
            f'<circle cx="{circle.x:.2f}" cy="{circle.y:.2f}" r="{circle.radius:g}" fill="{colors[circle.fill]}" '
            f'stroke="{colors[circle.stroke]}" stroke-width="1.2"{dashes}/>'
        )
    for label in _labels(scene):
        weight = ' font-weight="bold"' if label.bold else ""
        parts.append(
            f'<text x="{label.x:.2f}" y="{label.y + 0.35 * label.size:.2f}" text-anchor="{label.anchor}" '
            f'font-size="{label.size:g}" fill="{colors[label.color]}"{weight}>{_text(label.text)}</text>'
        )
    return "\n".join([*parts, "</svg>\n"])


def _text(text: str) -> str:
    return escape(text, quote=False)


def _labels(scene: Scene) -> Iterator[Label]:
    """The labels, and the texts in circles."""
    yield from scene.labels
    for circle in scene.circles:
        if circle.text:
            yield Label(circle.x, circle.y, circle.text, size=9.0)


def dot(scene: Scene, theme: str) -> str:
    """The scene in DOT, every node at its place, for the engine nop2, which leaves them there."""
    colors, height = THEMES[theme], scene.height
    lines = [
        "digraph {",
        f'  graph [layout=nop2 splines=line outputorder=edgesfirst bgcolor="{colors["background"]}" pad=0'
        f' bb="0,0,{scene.width:g},{scene.height:g}"]',
        "  node [shape=point style=invis width=0.01 height=0.01 fixedsize=true fontname=Helvetica]",
        "  edge [arrowhead=none]",
        '  corner_a [pos="0,0"]',
        f'  corner_b [pos="{scene.width:g},{scene.height:g}"]',
    ]
    for k, line in enumerate(scene.lines):
        color = f"{colors[line.color]}{round(255 * line.opacity):02x}"
        lines += [
            f'  from{k} [pos="{line.x1:.2f},{height - line.y1:.2f}"]',
            f'  to{k} [pos="{line.x2:.2f},{height - line.y2:.2f}"]',
            f'  from{k} -> to{k} [penwidth={line.width:.2f} color="{color}"]',
        ]
    for k, circle in enumerate(scene.circles):
        style = "filled,dashed" if circle.dashed else "filled"
        size = circle.radius / 36
        lines.append(
            f'  circle{k} [pos="{circle.x:.2f},{height - circle.y:.2f}" shape=circle style="{style}" label=""'
            f' width={size:.3f} height={size:.3f} fillcolor="{colors[circle.fill]}" color="{colors[circle.stroke]}"'
            " penwidth=1.2]"
        )
    for k, label in enumerate(_labels(scene)):
        lines.append(f"  label{k} [{_dot_label(label, height, colors)}]")
    return "\n".join([*lines, "}\n"])


def _dot_label(label: Label, height: float, colors: dict[str, str]) -> str:
    """A text in a box that is wide enough, on the side of x that the anchor says."""
    width = max(1.0, 0.75 * label.size * len(label.text)) + 8
    x = label.x + {"start": width / 2, "middle": 0, "end": -width / 2}[label.anchor]
    text = escape(label.text).replace("\\", "\\\\")
    text = f"<B>{text}</B>" if label.bold else text
    side = {"start": "LEFT", "middle": "CENTER", "end": "RIGHT"}[label.anchor]
    cell = f'FIXEDSIZE="TRUE" WIDTH="{width:.0f}" HEIGHT="{label.size * 1.4:.0f}" ALIGN="{side}"'
    table = f'<TABLE BORDER="0" CELLBORDER="0" CELLPADDING="0" CELLSPACING="0"><TR><TD {cell}>{text}</TD></TR></TABLE>'
    return (
        f'pos="{x:.2f},{height - label.y:.2f}" shape=plain style="" fixedsize=false label=<{table}>'
        f' fontsize={label.size:g} fontcolor="{colors[label.color]}"'
    )


def tikz(scene: Scene, theme: str) -> str:
    """The scene as a TikZ environment."""
    corners = rf"(0,0) rectangle ({scene.width:g},{scene.height:g})"
    lines = [rf"\fill[{color('background')}] {corners};" if theme == "dark" else rf"\path {corners};"]
    for line in scene.lines:
        opacity = f", opacity={line.opacity:.2g}" if line.opacity < 1 else ""
        lines.append(
            rf"\draw[{color(line.color)}, line width={line.width:.2f}pt{opacity}] "
            f"({line.x1:.2f},{line.y1:.2f}) -- ({line.x2:.2f},{line.y2:.2f});"
        )
    for circle in scene.circles:
        dashed = ", dashed" if circle.dashed else ""
        lines.append(
            rf"\filldraw[fill={color(circle.fill)}, draw={color(circle.stroke)}, line width=0.8pt{dashed}] "
            f"({circle.x:.2f},{circle.y:.2f}) circle[radius={circle.radius:g}pt];"
        )
    for label in _labels(scene):
        text = rf"\textbf{{{escaped(label.text)}}}" if label.bold else escaped(label.text)
        lines.append(node(label.x, label.y, text, label.color, _ANCHORS[label.anchor], label.size))
    return environment("x=1pt, y=-1pt, line cap=round", theme, lines)


_ANCHORS = {"start": "west", "middle": "center", "end": "east"}
