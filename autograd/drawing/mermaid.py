"""A picture as a Mermaid flowchart, which GitHub, GitLab, chats and notebooks show without any installation.

Entry point: `mermaid`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..value import Value
from .labels import gradient_of, short, typeset, value_of
from .picture import Arrow, Box, Frame, Picture
from .style import THEMES

_BORDER = {
    "leaf": "stroke-width:1.2px",
    "constant": "stroke-dasharray:4 3",
    "operation": "stroke-width:1px",
    "output": "stroke-width:3px",
    "group": "stroke-width:1px",
}


def mermaid(picture: Picture, direction: str, theme: str) -> str:
    """The picture as the text of a flowchart; put it between ```` ```mermaid ```` and ```` ``` ````."""
    lines = [f"flowchart {direction}"]
    framed = _framed(picture.frames)
    for box in picture.boxes:
        if box.id not in framed:
            lines.append(_box(box))
    lines += _subgraphs(picture.frames, {box.id: box for box in picture.boxes})
    for box in picture.boxes:
        if box.cut:
            lines += [f'more_{box.id}["…"]:::more', f"more_{box.id} -.-> {box.id}"]
    lines += [_edge(edge) for edge in picture.edges]
    colors = THEMES[theme]
    lines += [f"style {frame} fill:{colors['frame']},stroke:{colors['frame border']}" for frame in _ids(picture.frames)]
    kinds = {box.kind for box in picture.boxes}
    lines += [
        f"classDef {kind} fill:{colors[kind]},stroke:{colors[kind + ' border']},color:{colors['text']},{border}"
        for kind, border in _BORDER.items()
        if kind in kinds
    ]
    if any(box.cut for box in picture.boxes):
        lines.append("classDef more fill:none,stroke:none")
    return "\n    ".join(lines) + "\n"


def _box(box: Box) -> str:
    return f'{box.id}["{_text(box)}"]:::{box.kind}'


def _framed(frames: Sequence[Frame]) -> set[str]:
    return {box for frame in frames for box in [*frame.boxes, *_framed(frame.frames)]}


def _ids(frames: Sequence[Frame]) -> list[str]:
    return [id for frame in frames for id in [frame.id, *_ids(frame.frames)]]


def _subgraphs(frames: Sequence[Frame], boxes: Mapping[str, Box]) -> list[str]:
    lines = []
    for frame in frames:
        lines.append(f'subgraph {frame.id}["{_escaped(frame.label)}"]')
        inside = [*(_box(boxes[box]) for box in frame.boxes), *_subgraphs(frame.frames, boxes)]
        lines += [*(f"    {line}" for line in inside), "end"]
    return lines


def _text(box: Box) -> str:
    name, operation, value = _escaped(box.short_name), _escaped(box.operation), typeset(short(box.node.data))
    if box.kind == "group":
        name = f"▸ {name}"
        nodes: Sequence[Value] = box.outlets
    else:
        nodes = [box.node]
    if box.kind == "constant":
        return f"{name} = {value}" if name else f"{value}"
    heading = f"<b>{name}</b>&nbsp;&nbsp;{operation}" if name and operation else f"<b>{name or operation}</b>"
    lines = [heading] if name or operation else []
    return "<br/>".join([*lines, f"value {typeset(value_of(nodes))}", f"grad {typeset(gradient_of(nodes))}"])


def _edge(edge: Arrow) -> str:
    arrow = "==>" if edge.highlighted else "-->"
    label = f'|"{_escaped(typeset(edge.label))}"|' if edge.label else ""
    return f"{edge.parent} {arrow}{label} {edge.child}"


def _escaped(text: str) -> str:
    """`text` for a quoted label: any punctuation mark could mean something to Mermaid, Markdown or HTML."""
    return "".join(c if c.isalnum() or c == " " or ord(c) > 127 else f"#{ord(c)};" for c in text)
