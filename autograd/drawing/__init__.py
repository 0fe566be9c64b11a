"""Pictures of a computation graph: Graphviz, Mermaid, and plain text.

Entry point: `draw`. Reading order: `picture.py` (what is shown), `labels.py`, `style.py`; then a file for each
format, `dot.py`, `mermaid.py`, `text.py`; `rendering.py` makes SVG, PNG and PDF; `expression.py` and `command.py`
are behind `python -m autograd draw`; `explorer/` is the page to step through.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..graph import Graph, as_graph
from ..interop import parents_of
from ..interop.names import Names
from ..value import Value
from . import dot, mermaid, text
from .picture import check_size, make_picture, shown_nodes
from .style import THEMES

FORMATS = ("graphviz", "dot", "mermaid", "text")
DIRECTIONS = ("LR", "TB")


def draw(
    value: Value | Sequence[Value] | Graph,
    *,
    format: str = "graphviz",
    direction: str = "LR",
    show_local_derivatives: bool = False,
    fold_constants: bool = False,
    legend: bool | str = True,
    names: Names = None,
    theme: str = "auto",
    depth: int | None = None,
    max_nodes: int = 300,
    highlight: Collection[Value] = (),
    edge_labels: Mapping[tuple[Value, int], str] | None = None,
) -> Any:
    """The graph that `value` was computed by, as a picture with one box for each node.

    A box shows the name, the operation, the value and the gradient, a dash where no backward pass has come yet. Nodes
    without a label are named after the variables that hold them: `w`, `weights[0]`, `model.layers[0].neurons[1].bias`.

    Args:
        value: a Value, a list of Values, which are drawn in one picture, or a Graph; nodes of other classes, too, see
            `autograd.adapt`.
        format: "graphviz", an object that shows itself in a notebook and has `.render("name", format="png")` and
            `.pipe(format="svg")` for SVG, PNG and PDF; or a string: "dot", "mermaid" (for README files and chats)
            or "text" (for a terminal).
        direction: "LR", from left to right, or "TB", from top to bottom.
        show_local_derivatives: write d(child)/d(parent) on each edge.
        fold_constants: write numbers into the box that uses them, `2 * ·`, instead of giving them boxes.
        legend: say what the colours mean; a string is added to it.
        names: other names for nodes without a label: a mapping from name to Value, or pairs, as
            `model.named_parameters()`.
        theme: "light", "dark", or "auto", which follows the page in an SVG and is light in PNG and PDF.
        depth: draw only nodes within this many edges of `value`; "…" stands for the rest.
        max_nodes: a larger graph is an error, as it takes long and nobody could read it.
        highlight: nodes to emphasize, together with the edges between them.
        edge_labels: texts for edges, by (child, position of the parent): {(y, 0): "first"} for y = x * x.

    Raises: TypeError if `value` is not a Value, ValueError for too large a graph and for an unknown choice,
    ImportError if format="graphviz" needs a package that is not installed.

    >>> x = Value(3.0, "x")
    >>> print(draw(x * x, format="text"))
    name  expression  value  gradient
    x                     3         –
    v1    x * x           9         –
    """
    _check_choice("format", format, FORMATS)
    _check_choice("direction", direction, DIRECTIONS)
    _check_choice("theme", theme, tuple(THEMES))
    if depth is not None and (not isinstance(depth, int) or depth < 0):
        raise ValueError(f"depth is a number of edges, 0 or more, or None for all; got {depth!r}")
    graph = as_graph("draw", value, names)
    if depth is None:  # before the graph is read, which takes longer than to count its nodes
        check_size(graph.given, fold_constants, depth, max_nodes, parents_of)
    reading, outputs = graph.reading, graph.roots
    picture = make_picture(
        outputs,
        graph.names_of(shown_nodes(outputs, fold_constants, depth, max_nodes)),
        fold_constants,
        depth,
        max_nodes,
        show_local_derivatives,
        reading.values(highlight),
        {(reading.value(child), i): text for (child, i), text in (edge_labels or {}).items()},
    )
    if format == "text":
        return text.listing(picture, show_local_derivatives)
    if format == "mermaid":
        return mermaid.mermaid(picture, direction, theme)
    remarks = _remarks(legend, show_local_derivatives, any(edge.label == "?" for edge in picture.edges))
    if format == "dot":
        return dot.source(picture, direction, theme, remarks)
    return dot.drawing(dot.statements(picture, direction, theme, remarks), len(picture.boxes))


def _remarks(legend: bool | str, show_local_derivatives: bool, unknown: bool) -> list[str] | None:
    """What the legend says besides the colours; None for no legend."""
    if not legend:
        return None
    remarks = [legend] if isinstance(legend, str) else []
    if show_local_derivatives:
        remarks += [
            "on an edge: the local derivative",
            *(["?: the class does not say it, and it could not be found out"] if unknown else []),
            "grad: the sum, over the edges that leave a box, of (edge × grad of the box it leads to)",
        ]
    return remarks


def _check_choice(what: str, choice: object, choices: tuple[str, ...]) -> None:
    if choice not in choices:
        raise ValueError(f"unknown {what} {choice!r}; choose one of {', '.join(map(repr, choices))}")
