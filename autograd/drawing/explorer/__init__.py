"""The explorer: one HTML file in which a graph is stepped through, pointed at, changed and folded.

Entry points: `explore`, and the `Explorer` it returns. Reading order: `contract.py` (what travels to the page),
`payload.py` (the graph as data), `javascript.py` (the operations as code), `recording.py` (steps of
training), `user_code.py` and `matching.py` (the lines that made the nodes),
`page.py` (the file); then the page's own modules, `main.js` first. What folds is found in `drawing/folding/`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ... import files
from ...graph import Graph, as_graph
from ...interop import is_node, parents_of
from ...interop.names import Names
from ..extent import check_size
from ..folding.groups import find_groups
from .contract import Payload
from .page import iframe, make_page
from .payload import make_payload
from .recording import recorded, recorded_by
from .trainable import parameters_of
from .user_code import make_listing

DIRECTIONS = ("LR", "TB")
THEMES = ("auto", "light", "dark")
MOST_NODES = 300_000  # a page of about 15 MB, made in some seconds


def explore(
    value: Any,
    *,
    names: Names = None,
    modules: Mapping[str, Any] | None = None,
    direction: str = "LR",
    theme: str = "auto",
    recording: Sequence[Mapping[Any, float]] | None = None,
    height: int = 620,
    code: bool = True,
    parameters: Iterable[Any] | None = None,
    max_nodes: int = MOST_NODES,
) -> Explorer:
    """The graph of `value` as a page to explore: step through both passes, change leaves, open and close groups.

    Nodes without a label get the names of the variables that hold them. Large graphs open folded: parameters by
    module, computations by neuron, layer and sample.

    A result computed from leaves that may move has a button Train: the page runs gradient descent on this graph, with
    both passes in JavaScript and the numbers of `nn.SGD`. Beside it stand the loss, the data of the samples with the
    decision boundary or the fitted curve, for two inputs or one, and the network. One may choose in the page
    which leaves move.

    Args:
        value: a Value, a list of Values, a Graph, or what `autograd.compile` made of a loss; nodes of other classes,
            too, see `autograd.adapt`.
        names: names for nodes without a label: a mapping from name to Value, or pairs, as `model.named_parameters()`.
        modules: by name the objects whose parameters are grouped; by default those that the calling code has in
            variables: objects whose class has a method `parameters` or `named_parameters`. Of an `nn.Module`, and of
            any object given here, `named_parameters()` tells pairs of a name and a Value; of others the attributes do.
            Each "." in a name opens a group: `layers[0].neurons[3].weights[1]`.
        direction: "LR", from left to right, or "TB", from top to bottom.
        theme: "light", "dark", or "auto", which follows the notebook or the browser.
        recording: the numbers of leaves after each of some steps of training, mappings from a name (as
            `model.state_dict()`) or from a Value to a number; a compiled graph brings its own, see `train`. The page
            opens at the first of them and plays them.
        height: of the frame in a notebook, in pixels.
        code: whether the page shows the lines of your code that made the nodes. Inside `record_source()` they are known
            exactly; else they are found in the function or file that calls.
        parameters: the leaves that Train moves; by default those of modules, else those that several samples use.
        max_nodes: the largest graph that is made a page of.

    Raises TypeError when `value` holds no Values, ValueError for an unknown choice or name, or a graph that is
    too large.

    >>> from autograd import Value
    >>> x = Value(3.0)
    >>> explore(x * x + x)
    <explorer of 3 nodes: show it in a notebook, or .save("graph.html")>
    """
    _check_choice("direction", direction, DIRECTIONS)
    _check_choice("theme", theme, THEMES)
    if isinstance(height, bool) or not isinstance(height, int) or height < 1:
        raise ValueError(f"height is a number of pixels, a whole number of at least 1; got {height!r}")
    shown, trained = _shown(value)
    graph = as_graph("explore", shown, names, modules, "a Value, a list of Values, a Graph or a compiled graph")
    _check_size(graph, max_nodes)
    steps = recorded_by(trained, graph) if recording is None else recorded(recording, graph)
    listing = make_listing(graph) if code else None
    moved = parameters_of(graph, parameters)
    return Explorer(*make_payload(graph, find_groups(graph), steps, listing, direction, theme, moved), height)


class Explorer:
    """A page to explore a graph; shows itself in a notebook. The graph may go on changing: the page is a copy.

    Attributes: `graph`, the dict that travels to the page; `operations`, the table of its operations as JavaScript;
    `height` of the frame in a notebook.
    """

    def __init__(self, graph: Payload, operations: str, height: int) -> None:
        self.graph = graph
        self.height = height
        self.operations = operations

    def html(self) -> str:
        """The page: one file that needs no network, no kernel and no Graphviz."""
        return make_page(self.graph, self.operations, self.graph["title"] or "Computation graph")

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to `path`, "graph.html" for instance, and return it.

        Raises OSError where the file cannot be written, ValueError where its name promises something else than a page.
        """
        ending = os.path.splitext(path)[1] if isinstance(path, (str, os.PathLike)) else ""
        if str(ending).lower() not in ("", ".html", ".htm"):
            raise ValueError(
                f'the explorer is a page: .save("graph.html"), not {os.fspath(path)!r}. A picture is made by '
                'draw(y).render("graph.svg")'
            )
        return files.write(path, self.html())

    def __repr__(self) -> str:
        count = len(self.graph["op"])
        return f'<explorer of {count:,} node{"s" * (count != 1)}: show it in a notebook, or .save("graph.html")>'

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": iframe(self.html(), self.height), "text/plain": repr(self)}


def _shown(value: Any) -> tuple[Any, Any]:
    """What to show, and the compiled graph whose training may be shown with it."""
    if is_node(value) or isinstance(value, (list, tuple, Graph)):
        return value, None
    graph = getattr(value, "graph", None)
    return (graph, getattr(value, "compiled", value)) if isinstance(graph, Graph) else (value, None)


def _check_size(graph: Graph, max_nodes: int) -> None:
    """ValueError for a graph with more nodes; of millions not all are visited."""
    try:
        check_size(graph.given, False, None, max_nodes, parents_of)
    except ValueError:
        raise ValueError(
            f"this graph has more than {max_nodes:,} nodes: a page of it would be large and slow to open. Explore a "
            "part of it, such as the loss of one sample, explore(losses[0]), or a small batch; or insist with a larger "
            f"max_nodes={10 * max_nodes}"
        ) from None


def _check_choice(what: str, choice: object, choices: tuple[str, ...]) -> None:
    if choice not in choices:
        raise ValueError(f"unknown {what} {choice!r}; choose one of {', '.join(map(repr, choices))}")
