r"""A picture for LaTeX: a TikZ environment to \input into a paper, in the colours of all pictures.

Entry points: `tikz`, a graph, laid out by Graphviz; and for the network view `environment`, `color`, `node`, `escaped`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from .dot import source
from .labels import gradient_of, typeset, value_of
from .picture import Box, Picture
from .rendering import laid_out
from .style import THEMES

_HEADER = r"""% In the preamble: \usepackage[T1]{fontenc} \usepackage{tikz}
% In the text: \input{this-file}, or as wide as the text: \resizebox{\linewidth}{!}{\input{this-file}}
"""

# Characters that LaTeX takes for commands, and those that its fonts of text do not have.
_ESCAPED = {character: "\\" + character for character in "_{}%&#$"} | {
    "\\": r"\textbackslash{}",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "…": r"\ldots{}",
    "–": "--",
    "—": "---",
    "×": r"$\times$",
    "÷": r"$\div$",
    "−": "$-$",
    "·": r"$\cdot$",
    "∘": r"$\circ$",
    "⋮": r"$\vdots$",
    "▸": r"$\triangleright$",
    "∂": r"$\partial$",
    "→": r"$\to$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "Σ": r"$\Sigma$",
    **{digit: f"$_{{{k}}}$" for k, digit in enumerate([*"₀₁₂₃₄₅₆₇₈₉"])},
    **{digit: f"$^{{{k}}}$" for k, digit in enumerate([*"⁰¹²³⁴⁵⁶⁷⁸⁹"])},
}
_GREEK = {
    letter: rf"$\{unicodedata.name(letter).rpartition(' ')[2].lower().replace('lamda', 'lambda')}$"
    for letter in map(chr, range(0x3B1, 0x3CA))
    if letter not in "ος"
}
_ACCENTS = {"\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0307": ".", "\u0300": "`", "\u0301": "'", "\u0308": '"'}


def escaped(text: str) -> str:
    r"""`text` for LaTeX, whatever is in it; "?" for a character that none of its usual fonts has.

    >>> print(escaped("w_1"), escaped("50% of ŷ₁"), escaped("−2"))
    w\_1 50\% of \^{y}$_{1}$ $-$2
    """
    return "".join(map(_escaped, text))


def _escaped(character: str) -> str:
    known = _ESCAPED.get(character) or _GREEK.get(character)
    if known or character.isascii():
        return known or character
    base, *accents = [*unicodedata.normalize("NFKD", character)]
    if len(accents) == 1 and accents[0] in _ACCENTS and base.isascii():
        return rf"\{_ACCENTS[accents[0]]}{{{base}}}"
    return base if base.isascii() and not accents else "?"


def color(role: str) -> str:
    """What a colour is called in LaTeX."""
    return f"autograd-{role.replace(' ', '-')}"


def environment(options: str, theme: str, lines: Iterable[str]) -> str:
    """The commands in a `tikzpicture` that knows the colours."""
    colors = [rf"\definecolor{{{color(role)}}}{{HTML}}{{{code[1:].upper()}}}" for role, code in THEMES[theme].items()]
    inside = "".join(f"  {line}\n" for line in [*colors, *lines])
    return f"{_HEADER}\\begin{{tikzpicture}}[{options}]\n{inside}\\end{{tikzpicture}}\n"


def node(x: float, y: float, text: str, role: str = "text", anchor: str = "center", size: float = 10) -> str:
    """A text, which is LaTeX already."""
    font = rf"\sffamily\fontsize{{{size:g}}}{{{1.2 * size:g}}}\selectfont"
    return rf"\node[anchor={anchor}, inner sep=0pt, text={color(role)}, font={font}] at ({x:.2f},{y:.2f}) {{{text}}};"


def tikz(picture: Picture, direction: str, theme: str) -> str:
    """The picture as a TikZ environment, without a legend, as a figure has a caption.

    Raises RenderingError where there is no Graphviz, which places the boxes.
    """
    plan = laid_out(source(picture, direction, theme, None))
    boxes = {box.id: box for box in picture.boxes}
    objects = plan.get("objects", [])
    frames = [line for item in objects if "bb" in item for line in _frame(item)]
    drawn = [line for item in objects if item["name"] in boxes for line in _box(boxes[item["name"]], item)]
    dots = [node(*_point(item["pos"]), r"\ldots", "muted") for item in objects if item["name"].startswith("more_")]
    edges = [line for edge in plan.get("edges", []) for line in _edge(edge)]
    ground = _background(plan, theme)
    return environment("x=1bp, y=1bp", theme, [*ground, *frames, *edges, *drawn, *dots])


def _background(plan: dict[str, Any], theme: str) -> list[str]:
    if theme != "dark":
        return []
    x1, y1, x2, y2 = map(float, plan["bb"].split(","))
    return [rf"\fill[{color('background')}] ({x1 - 8:.2f},{y1 - 8:.2f}) rectangle ({x2 + 8:.2f},{y2 + 8:.2f});"]


def _frame(item: dict[str, Any]) -> list[str]:
    x1, y1, x2, y2 = map(float, item["bb"].split(","))
    paint = f"fill={color('frame')}, draw={color('frame border')}, rounded corners=2pt"
    lines = [rf"\filldraw[{paint}] ({x1:.2f},{y1:.2f}) rectangle ({x2:.2f},{y2:.2f});"]
    label = item.get("label", "").strip("<>")
    return [*lines, node(x1 + 6, y2 - 10, escaped(label), "muted", "west", 9)]


def _box(box: Box, item: dict[str, Any]) -> list[str]:
    (x, y), width, height = _point(item["pos"]), 72 * float(item["width"]), 72 * float(item["height"])
    dashed = ", dashed" if box.kind == "constant" else ""
    thick = 2 if box.kind == "output" or box.highlighted else 0.8
    double = ", double" if box.kind == "group" else ""
    paint = f"fill={color(box.kind)}, draw={color(box.kind + ' border')}, line width={thick}pt{dashed}{double}"
    corner = f"({x - width / 2:.2f},{y - height / 2:.2f}) rectangle ({x + width / 2:.2f},{y + height / 2:.2f})"
    lines = [rf"\filldraw[{paint}, rounded corners=2pt] {corner};"]
    nodes = box.outlets or [box.node]
    value, name = escaped(typeset(value_of(nodes))), escaped(box.short_name)
    if box.kind == "constant":
        return [*lines, node(x, y, f"{name} = {value}" if name else value)]
    rows = [("value", value), ("grad", escaped(typeset(gradient_of(nodes))))]
    operation = escaped(box.operation)
    if box.kind == "group":
        name, operation = rf"{escaped('▸')} {name}", f"{len(box.folded):,} nodes"
    left, right, step = x - width / 2 + 6, x + width / 2 - 6, height / (2 + bool(name or operation))
    at = y + height / 2 - step / 2
    if name and operation:
        lines += [
            node(left, at, rf"\textbf{{{name}}}", anchor="west"),
            node(right, at, operation, "muted", "east"),
        ]
    elif name or operation:
        lines.append(node(x, at, rf"\textbf{{{name or operation}}}"))
    at -= step * bool(name or operation)
    for k, (word, number) in enumerate(rows):
        lines += [
            node(left, at - k * step, word, "muted", "west", 8),
            node(right, at - k * step, number, anchor="east"),
        ]
    return lines


def _edge(edge: dict[str, Any]) -> list[str]:
    """Graphviz gives `e,x,y` where the arrow ends, and the points of Bézier curves, each after the first in threes."""
    end, *points = edge["pos"].split()
    curve = [f"({x:.2f},{y:.2f})" for x, y in map(_point, points)]
    path = curve[0] + "".join(
        f" .. controls {a} and {b} .. {c}" for a, b, c in zip(curve[1::3], curve[2::3], curve[3::3], strict=True)
    )
    tip = "({:.2f},{:.2f})".format(*_point(end.removeprefix("e,")))
    dashed = ", dashed" if edge.get("style") == "dashed" else ""
    role = "output border" if "penwidth" in edge else "edge"
    width = 2 if "penwidth" in edge else 0.8
    lines = [rf"\draw[{color(role)}, line width={width}pt, -latex{dashed}] {path} -- {tip};"]
    if "lp" in edge:
        text = edge["label"].replace("&#160;", " ").strip()
        lines.append(node(*_point(edge["lp"]), escaped(text), "muted", size=8))
    return lines


def _point(text: str) -> tuple[float, float]:
    x, y = text.rstrip("!").split(",")[:2]
    return float(x), float(y)
