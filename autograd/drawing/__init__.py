"""Pictures of a computation graph: Graphviz, Mermaid, TikZ and plain text; and of a model as a network.

Entry point: `draw`. Reading order: `extent.py` (how much is shown), `folding/` (what of it folds), `picture.py` (boxes,
edges, frames), `labels.py`, `style.py`; then a file for each format, `dot.py`, `mermaid.py`, `tikz.py`, `text.py`;
`rendering.py` makes SVG, PNG and PDF; `network/` draws models; `expression.py` and `command.py` are behind
`python -m autograd draw`; `explorer/` is the page to step through.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..graph import Graph, as_graph
from ..interop import is_node, parents_of
from ..interop.names import Names
from ..value import Value
from . import dot, extent, mermaid, text
from .extent import check_size, shown_nodes
from .labels import EDGE_NUMBERS
from .network.dense import is_model
from .picture import UNFOLDED, Emphasis, Picture, folding_of, make_picture
from .style import THEMES

FORMATS = ("graphviz", "dot", "mermaid", "tikz", "text")
DIRECTIONS = ("auto", "LR", "TB")


def draw(
    value: Any,
    *,
    format: str = "graphviz",
    direction: str = "auto",
    show_local_derivatives: bool = False,
    on_edges: str = "",
    fold_constants: bool = False,
    legend: bool | str = True,
    names: Names = None,
    modules: Mapping[str, Any] | None = None,
    theme: str = "auto",
    unfold: bool | str | Collection[str] | None = None,
    depth: int | None = None,
    max_nodes: int = 300,
    highlight: Collection[Value] = (),
    edge_labels: Mapping[tuple[Value, int], str] | None = None,
    inputs: Sequence[Any] | Mapping[str, float] = (),
    biases: bool = False,
) -> Any:
    """The graph that `value` was computed by, as a picture with one box for each node.

    A box shows the name, the operation, the value and the gradient, a dash where no backward pass has come yet. Nodes
    without a label are named after the variables that hold them: `w`, `weights[0]`, `model.layers[0].neurons[1].bias`.
    Modules, layers, neurons and samples stand in frames. Of a graph of more than 60 nodes, some of them are folded into
    one box each, as in `explore`: of those that are alike, the first is open as an example. Constants then stand in the
    boxes that use them.

    Of a model of dense layers it is the network: a circle for each neuron, an edge for each weight, as wide as the
    weight is large, in a colour for its sign.

    Args:
        value: a Value, a list of Values, which are drawn in one picture, or a Graph; nodes of other classes, too, see
            `autograd.adapt`; or a model: Neuron, Layer, Linear, MLP, a Sequential of them, micrograd's, or your own.
        format: "graphviz", an object that shows itself in a notebook and has `.render("name", format="png")` and
            `.pipe(format="svg")` for SVG, PNG and PDF; or a string: "dot", "mermaid" (for README files and chats),
            "tikz" (for LaTeX) or "text" (for a terminal).
        direction: "LR", from left to right, "TB", from top to bottom, or "auto", from left to right unless that would
            be too wide.
        show_local_derivatives: write "∂ d(child)/d(parent)" on each edge, and in a text; on_edges="local".
        on_edges: what to write on each edge: "local", the local derivative; after a backward pass "share", local
            derivative × gradient of the child, as in `explore`, or "gradient", that of the child. The edges of a
            network show "weight", or "gradient", that of the weight.
        fold_constants: write numbers into the box that uses them, `2 × ·`, instead of giving them boxes.
        legend: say what the colours mean; a string is added to it.
        names: other names for nodes without a label: a mapping from name to Value, or pairs, as
            `model.named_parameters()`.
        modules: by name the objects whose parameters belong together; by default those in the calling code's variables.
        theme: "light", "dark", or "auto", which follows the page in an SVG and is light in PNG and PDF.
        unfold: True opens everything that would be folded, False nothing; or what to open, as "sample 2" or
            ["layers[0]", "layers[1]"].
        depth: draw only nodes within this many edges of `value`; "…" stands for the rest.
        max_nodes: more boxes are an error, as they take long and nobody could read them.
        highlight: nodes to emphasize, together with the edges between them.
        edge_labels: texts for edges, by (child, position of the parent): {(y, 0): "first"} for y = x * x.
        inputs: of a network: names of its inputs; or numbers, or numbers by their names, to show what each neuron
            returns.
        biases: of a network: draw them, too, as edges from a node that is always 1.

    Raises: TypeError if `value` is no Value and no model of dense layers, ValueError for too large a graph and for an
    unknown choice, ImportError if format="graphviz" needs a package that is not installed.

    >>> x = Value(3.0, "x")
    >>> print(draw(x * x, format="text"))
    name  expression  value  gradient
    x                     3         –
    v1    x × x           9         –
    """
    _check_choice("format", format, FORMATS)
    _check_choice("direction", direction, DIRECTIONS)
    _check_choice("theme", theme, tuple(THEMES))
    if depth is not None and (not isinstance(depth, int) or depth < 0):
        raise ValueError(f"depth is a number of edges, 0 or more, or None for all; got {depth!r}")
    if not isinstance(value, (list, tuple, Graph)) and not is_node(value) and is_model(value):
        from .network.figure import draw_network

        return draw_network(value, format, theme, bool(legend), inputs, biases, on_edges)
    _check_choice("number on_edges", on_edges, ("", *EDGE_NUMBERS))
    if show_local_derivatives:
        if on_edges not in ("", "local"):
            raise ValueError(f"a number on an edge means one thing: show_local_derivatives or on_edges={on_edges!r}")
        on_edges = "local"
    graph = as_graph("draw", value, names, modules)
    reading = graph.reading
    labels = {(reading.value(child), i): text for (child, i), text in (edge_labels or {}).items()}
    emphasis = Emphasis(on_edges, reading.values(highlight), labels)
    picture = _picture(graph, fold_constants, unfold, depth, max_nodes, emphasis)
    if format == "text":
        return text.listing(picture, on_edges == "local")
    direction = picture.direction if direction == "auto" else direction
    if format == "mermaid":
        return mermaid.mermaid(picture, direction, theme)
    remarks = _remarks(legend, on_edges, any("?" in edge.label for edge in picture.edges))
    if format == "tikz":
        from .tikz import tikz

        return tikz(picture, direction, theme)
    if format == "dot":
        return dot.source(picture, direction, theme, remarks)
    return dot.drawing(dot.statements(picture, direction, theme, remarks), len(picture.boxes))


def _picture(
    graph: Graph,
    fold_constants: bool,
    unfold: bool | str | Collection[str] | None,
    depth: int | None,
    max_nodes: int,
    emphasis: Emphasis,
) -> Picture:
    """What is shown of the graph. A part of it is not folded: one has chosen what to see."""
    if depth is not None:
        nodes = shown_nodes(graph.roots, fold_constants, depth, max_nodes)
        return make_picture(nodes, graph.roots, graph.names_of(nodes), fold_constants, emphasis)
    # Before the graph is read, which takes longer than to count its nodes.
    most = max_nodes if unfold is True else max(max_nodes, extent.COUNTED)
    check_size(graph.given, fold_constants, depth, most, parents_of)
    nodes = shown_nodes(graph.roots, fold_constants, depth, most)
    visible = [*emphasis.nodes, *(node for child, i in emphasis.labels for node in (child, child.parents[i]))]
    if unfold is not True and len(nodes) > UNFOLDED and not any(node.is_constant for node in visible):
        fold_constants = True
        nodes = shown_nodes(graph.roots, fold_constants, depth, most)
    folding = folding_of(graph, nodes, unfold, visible)
    if folding.count > max_nodes:
        check_size(graph.roots, fold_constants, depth, max_nodes)
    return make_picture(nodes, graph.roots, graph.names, fold_constants, emphasis, folding)


def _remarks(legend: bool | str, on_edges: str, unknown: bool) -> list[str] | None:
    """What the legend says besides the colours; None for no legend."""
    if not legend:
        return None
    remarks = [legend] if isinstance(legend, str) else []
    if on_edges:
        remarks.append(f"on an edge: {'∂, the ' * (on_edges == 'local')}{EDGE_NUMBERS[on_edges]}")
        remarks += ["?: the class does not say it, and it could not be found out"] * unknown
        remarks += [_SUMS[on_edges]] if on_edges in _SUMS else []
    return remarks


# How the gradient in a box follows from the numbers on its edges.
_SUMS = {
    "local": "grad: the sum, over the edges that leave a box, of (∂ × grad of the box it leads to)",
    "share": "grad: the sum of the numbers on the edges that leave a box",
}


def _check_choice(what: str, choice: object, choices: tuple[str, ...]) -> None:
    if choice not in choices:
        raise ValueError(f"unknown {what} {choice!r}; choose one of {', '.join(map(repr, choices))}")
