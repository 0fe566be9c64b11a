"""A graph as a table for the terminal: one line for each node, parents before children.

Entry point: `listing`.
"""

from __future__ import annotations

from ..value import Value
from .labels import cleaned, gradient_of, short, slope, value_of, written
from .picture import Picture


def listing(picture: Picture, show_local_derivatives: bool = False) -> str:
    """The picture as aligned columns.

    Nodes without a name are called v1, v2, …; constants without one are written where they are used. A line with
    ▸ stands for several nodes.

    >>> from autograd.drawing import draw
    >>> a, b = Value(2.0, "a"), Value(-3.0, "b")
    >>> d = a * b + 1
    >>> d.backward()
    >>> print(draw(d, format="text"))
    name  expression  value  gradient
    a                     2        -3
    b                    -3         2
    v1    a × b          -6         1
    d     v1 + 1         -5         1
    """
    names = _names(picture)
    rows = [["name", "expression", "value", "gradient"]]
    if show_local_derivatives:
        rows[0].append("local derivatives")
    for box in picture.boxes:
        node = box.node
        if node not in names:
            continue
        arguments = [_argument(parent, names) for parent in node.parents]
        expression = written(cleaned(node.op.symbol), arguments) if node.op else ""
        if box.folded:
            expression = f"▸ {len(box.folded):,} nodes"
        nodes = box.outlets or [node]
        rows.append([names[node], expression, value_of(nodes), gradient_of(nodes)])
        if show_local_derivatives:
            rows[-1].append("" if box.folded else _derivatives(node, names))
    from ..report import aligned  # with the first listing: it loads heavy modules

    return "\n".join(aligned(rows, right=(2, 3)))


def _names(picture: Picture) -> dict[Value, str]:
    """A name for each listed node, no two alike."""
    listed = [box for box in picture.boxes if box.kind != "constant" or box.name]
    names: dict[Value, str] = {}
    taken: set[str] = set()
    for box in listed:
        if box.name:
            name, copies = box.name, 1
            while name in taken:
                copies += 1
                name = f"{box.name}#{copies}"
            names.update(dict.fromkeys(box.folded or [box.node], name))
            taken.add(name)
    number = 0
    for box in listed:
        if not box.name:
            number += 1
            while f"v{number}" in taken:
                number += 1
            names[box.node] = f"v{number}"
    return names


def _argument(parent: Value, names: dict[Value, str]) -> str:
    return names.get(parent) or (short(parent.data) if parent.is_constant else "…")


def _derivatives(node: Value, names: dict[Value, str]) -> str:
    return ", ".join(
        f"{_argument(parent, names)}: {slope(derivative)}"
        for parent, derivative in zip(node.parents, node.local_derivatives, strict=True)
        if not parent.is_constant
    )
