"""A picture in DOT, the language of Graphviz, and the object that shows it in a notebook.

Every box is an HTML-like table: the name and the operation, the value, the gradient.
Entry points: `statements` and `source` give text; `drawing` gives a `graphviz.Digraph` that renders everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .labels import gradient_of, is_frozen, value_of, visible
from .picture import Arrow, Box, Frame, Picture, folded_words
from .style import AUTO_CLASS, KINDS, THEMES

if TYPE_CHECKING:
    import graphviz

# With Helvetica, and not with Times or "monospace", a text is as wide in browsers as Graphviz takes it to be.
_FONT = "Helvetica"

# Not "rounded": Graphviz lets edges end at the corner that a box would have, so that arrows would end in the air. In an
# SVG, `rendering.py` rounds the corners a little.
_BORDER = {
    "leaf": 'style="filled" penwidth=1.2',
    "constant": 'style="filled,dashed" penwidth=1',
    "operation": 'style="filled" penwidth=1',
    "output": 'style="filled" penwidth=2.4',
    "group": 'style="filled" penwidth=1 peripheries=2',
}


def source(picture: Picture, direction: str, theme: str, remarks: Sequence[str] | None) -> str:
    """The picture as DOT text."""
    lines = statements(picture, direction, theme, remarks)
    return "".join(["digraph {\n", *lines, "}\n"])


def statements(picture: Picture, direction: str, theme: str, remarks: Sequence[str] | None) -> list[str]:
    """The lines between the braces of `digraph { … }`; `remarks` go into the legend, None leaves it out."""
    colors = THEMES[theme]
    lines = [
        f'graph [rankdir={direction} bgcolor="{colors["background"]}" pad=0.2 nodesep=0.22 ranksep=0.42'
        f' class="autograd{" " + AUTO_CLASS if theme == "auto" else ""}"]',
        f'node [shape=box fontname={_FONT} fontsize=11 fontcolor="{colors["text"]}" margin="0.07,0.04" height=0.3'
        " width=0.3]",
        f'edge [fontname={_FONT} fontsize=9 fontcolor="{colors["muted"]}" color="{colors["edge"]}" arrowsize=0.6]',
    ]
    for box in picture.boxes:
        lines += _box(box, colors)
    lines += _clusters(picture.frames, colors)
    lines += [f"{box} [ordering=in]" for box in _in_order(picture)]
    constants = {box.id for box in picture.boxes if box.kind == "constant"}
    lines += [_edge(edge, colors, edge.parent in constants) for edge in picture.edges]
    if remarks is not None:
        lines.append(_legend(picture, colors, direction, remarks))
    return [f"  {line}\n" for line in lines]


def _in_order(picture: Picture) -> list[str]:
    """The boxes to draw with the first parent first: those with parents that nothing else uses. If the others were
    included, Graphviz would cross edges.
    """
    uses = Counter(edge.parent for edge in picture.edges)
    parents: dict[str, list[str]] = {}
    for edge in picture.edges:
        parents.setdefault(edge.child, []).append(edge.parent)
    return [box for box, used in parents.items() if len(used) > 1 and all(uses[parent] == 1 for parent in used)]


def _box(box: Box, colors: dict[str, str]) -> list[str]:
    table = _table(_rows(box, colors), padding=1)
    paint = f'fillcolor="{colors[box.kind]}" color="{colors[box.kind + " border"]}"'
    thick = " penwidth=2.4" if box.highlighted else ""
    lines = [f"{box.id} [label=<{table}> {paint} {_BORDER[box.kind]}{thick}]"]
    if box.cut:
        lines += [
            f'more_{box.id} [label="…" shape=plaintext fontcolor="{colors["muted"]}"]',
            f"more_{box.id} -> {box.id} [style=dashed]",
        ]
    return lines


def _clusters(frames: Sequence[Frame], colors: dict[str, str]) -> list[str]:
    """The frames with their boxes: what is called cluster…. Graphviz draws the last one first."""
    lines = []
    for frame in reversed(frames):
        inside = [*_clusters(frame.frames, colors), *([" ".join(frame.boxes)] if frame.boxes else [])]
        lines += [
            f"subgraph cluster_{frame.id} {{",
            f'  label=<{_escaped(visible(frame.label))}> style="filled" fillcolor="{colors["frame"]}"'
            f' color="{colors["frame border"]}" fontname={_FONT} fontsize=10 fontcolor="{colors["muted"]}" labeljust=l'
            " margin=7",
            *[f"  {line}" for line in inside],
            "}",
        ]
    return lines


def _rows(box: Box, colors: dict[str, str]) -> list[str]:
    nodes = box.outlets or [box.node]
    value = _typeset(value_of(nodes))
    name, operation = _escaped(box.short_name), _escaped(_typeset(box.operation))
    if box.kind == "group":
        name, operation = f"▸ {name}&#160;", f"{len(box.folded):,} nodes"
    if box.kind == "constant":  # a number, nothing more
        text = f"{name} = {value}" if name else value
        return [f"<TD>{text}</TD>"]
    if name and operation:
        # Both bold: Graphviz sets fonts of different weight on different baselines.
        symbol = f'<B><FONT COLOR="{colors["muted"]}">{operation}</FONT></B>'
        heading = [f'<TD ALIGN="LEFT"><B>{name}</B></TD><TD ALIGN="RIGHT">{symbol}</TD>']
    elif name or operation:
        heading = [f'<TD COLSPAN="2"><B>{name or operation}</B></TD>']
    else:
        heading = []
    return [*heading, _row("value", value, colors), _row("grad", _typeset(gradient_of(nodes)), colors)]


def _row(word: str, number: str, colors: dict[str, str]) -> str:
    small = f'<FONT POINT-SIZE="9" COLOR="{colors["muted"]}">{word}</FONT>'
    # Wide enough for −0.1234, so that most boxes are equally wide.
    return f'<TD ALIGN="LEFT">{small}</TD><TD ALIGN="RIGHT" WIDTH="56">{number}</TD>'


def _edge(edge: Arrow, colors: dict[str, str], is_from_constant: bool) -> str:
    attributes = [] if is_from_constant else ["weight=6"]  # so that a chain of operations is straight
    if edge.label:  # the spaces keep the number off the line
        attributes.append(f"label=<&#160;{_escaped(_typeset(edge.label))}&#160;>")
    if edge.highlighted:
        attributes.append(f'penwidth=2 color="{colors["output border"]}" fontcolor="{colors["text"]}"')
    return f"{edge.parent} -> {edge.child}" + (f" [{' '.join(attributes)}]" if attributes else "")


def _legend(picture: Picture, colors: dict[str, str], direction: str, remarks: Sequence[str]) -> str:
    kinds = {box.kind for box in picture.boxes}
    items = [
        f'<TD WIDTH="11" HEIGHT="9" FIXEDSIZE="TRUE" BORDER="1" COLOR="{colors[kind + " border"]}"'
        f' BGCOLOR="{colors[kind]}"></TD><TD ALIGN="LEFT">&#160;{words}&#160;&#160;</TD>'
        for kind, words in KINDS.items()
        if kind in kinds
    ]
    if any(box.kind != "constant" and not (box.node.has_grad or is_frozen(box.node)) for box in picture.boxes):
        remarks = ["grad –: no backward pass yet", *remarks]
    if any(is_frozen(box.node) for box in picture.boxes):
        remarks = ["frozen: requires_grad is False, so no gradient is kept and nothing trains it", *remarks]
    if picture.folded:
        remarks = [f"▸ {folded_words(picture)}", *remarks]
    # As wide as the lines below, or Graphviz would pull the colours apart.
    lengths = [len(KINDS[kind]) + 6 for kind in kinds]
    space = f"<TD>{'&#160;' * max(0, 46 - (max if direction == 'TB' else sum)(lengths))}</TD>"
    rows = [_table([item + space for item in items] if direction == "TB" else ["".join(items) + space], spacing=2)]
    rows += [_escaped(line) for remark in remarks for line in _wrapped(visible(remark))]
    table = _table([f'<TD ALIGN="LEFT">{row}</TD>' for row in rows], spacing=1)
    return f'graph [label=<{table}> labelloc=b labeljust=l fontname={_FONT} fontsize=9 fontcolor="{colors["muted"]}"]'


def _wrapped(text: str, width: int = 44) -> list[str]:
    """`text` in lines about as wide as the colours of the legend, which a longer line would pull apart."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _table(rows: list[str], spacing: int = 0, padding: int = 0) -> str:
    cells = "".join(f"<TR>{row}</TR>" for row in rows)
    return f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="{spacing}" CELLPADDING="{padding}">{cells}</TABLE>'


def _typeset(text: str) -> str:
    return text.replace("-", "−")  # the minus sign, as wide as a plus; a hyphen is easily overlooked


def _escaped(text: str) -> str:
    r"""`text` for an HTML-like label. Graphviz would read \N as the name of the node, and \\ as one backslash."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return text.replace("\\", "\\\\")


def drawing(lines: list[str], count: int) -> graphviz.Digraph:
    """A `graphviz.Digraph` with these statements, which needs no `dot` program to show itself; `count` its nodes."""
    try:
        from .digraph import Drawing
    except ImportError as error:
        raise ImportError(
            'drawing needs the Python package graphviz: pip install "scalar-autograd[draw]"; '
            'without it there are draw(…, format="text"), "mermaid" and "dot"'
        ) from error
    result = Drawing(body=lines, format="svg")
    result.count = count
    return result
