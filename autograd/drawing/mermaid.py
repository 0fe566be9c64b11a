"""A picture as a Mermaid flowchart, which GitHub, GitLab, chats and notebooks show without any installation.

Entry point: `mermaid`.
"""

from __future__ import annotations

from .labels import gradient, short
from .picture import Arrow, Box, Picture
from .style import THEMES

_BORDER = {
    "leaf": "stroke-width:1.2px",
    "constant": "stroke-dasharray:4 3",
    "operation": "stroke-width:1px",
    "output": "stroke-width:3px",
}


def mermaid(picture: Picture, direction: str, theme: str) -> str:
    """The picture as the text of a flowchart; put it between ```` ```mermaid ```` and ```` ``` ````."""
    lines = [f"flowchart {direction}"]
    for box in picture.boxes:
        lines.append(f'{box.id}["{_text(box)}"]:::{box.kind}')
        if box.cut:
            lines += [f'more_{box.id}["…"]:::more', f"more_{box.id} -.-> {box.id}"]
    lines += [_edge(edge) for edge in picture.edges]
    colors = THEMES[theme]
    kinds = {box.kind for box in picture.boxes}
    lines += [
        f"classDef {kind} fill:{colors[kind]},stroke:{colors[kind + ' border']},color:{colors['text']},{border}"
        for kind, border in _BORDER.items()
        if kind in kinds
    ]
    if any(box.cut for box in picture.boxes):
        lines.append("classDef more fill:none,stroke:none")
    return "\n    ".join(lines) + "\n"


def _text(box: Box) -> str:
    name, operation, value = _escaped(box.name), _escaped(box.operation), short(box.node.data)
    if box.kind == "constant":
        return f"{name} = {value}" if name else f"{value}"
    heading = f"<b>{name}</b>&nbsp;&nbsp;{operation}" if name and operation else f"<b>{name or operation}</b>"
    lines = [heading] if name or operation else []
    return "<br/>".join([*lines, f"value {value}", f"grad {gradient(box.node)}"])


def _edge(edge: Arrow) -> str:
    arrow = "==>" if edge.highlighted else "-->"
    label = f'|"{_escaped(edge.label)}"|' if edge.label else ""
    return f"{edge.parent} {arrow}{label} {edge.child}"


def _escaped(text: str) -> str:
    """`text` for a quoted label: any punctuation mark could mean something to Mermaid, Markdown or HTML."""
    return "".join(c if c.isalnum() or c == " " or ord(c) > 127 else f"#{ord(c)};" for c in text)
