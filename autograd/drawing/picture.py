"""What a picture shows, before it is written as DOT, Mermaid, TikZ or text: boxes, edges, and frames around boxes.

Entry points: `make_picture`, `Picture`, `Box`, `Arrow`, `Frame`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from ..graph import Graph
from ..value import Value
from .folding.opening import Folding
from .folding.tree import NONE
from .labels import cleaned, of_edge, short, sign, without, written

UNFOLDED, FOLDED = 60, 20  # a graph of more nodes is folded, to about so many boxes, which a notebook's cell can show
# Boxes in a row that a notebook's cell shows large enough; fewer where some are folded, or where numbers are between.
WIDEST, FEWER = 8, 6
LOOSE = 30  # of more operations in no group, a large graph puts those that follow each other in a box
PARAMETERS = ": parameters"  # of a frame or a folded group that holds nothing else


class Box(NamedTuple):
    """One Value, or a group of them that is folded into one box, of the kind "group".

    `operation` is "" for a leaf; `short_name` is the name without what the frames around the box say; `cut` says that
    not all of its parents are drawn; `folded` are the nodes of a group, `outlets` those that are used outside, all of
    parameters, `name` the way to it, and `label` opens it.
    """

    id: str
    node: Value
    kind: str
    name: str
    operation: str
    cut: bool
    highlighted: bool = False
    short_name: str = ""
    folded: Sequence[Value] = ()
    outlets: Sequence[Value] = ()
    label: str = ""


class Arrow(NamedTuple):
    """From the box of a parent to the box of its child; no local derivative for a constant, or for several edges."""

    parent: str
    child: str
    local_derivative: float | None
    label: str = ""
    highlighted: bool = False


class Frame(NamedTuple):
    """An open group: its label, the boxes in it and in no frame inside it, and those frames."""

    id: str
    label: str
    boxes: list[str]
    frames: list[Frame]


class Picture(NamedTuple):
    """The boxes, each after those it is computed from, the edges, those of one child in the order of its parents, and
    the outermost frames.
    """

    boxes: list[Box]
    edges: list[Arrow]
    frames: Sequence[Frame] = ()

    @property
    def direction(self) -> str:
        """The one in which the picture is less wide: "LR", unless the longest way through it has too many boxes."""
        level: dict[str, int] = {}
        parents: dict[str, list[str]] = {}
        for edge in self.edges:
            parents.setdefault(edge.child, []).append(edge.parent)
        for box in self.boxes:
            level[box.id] = max([level[parent] + 1 for parent in parents.get(box.id, ())], default=0)
        across, along = max(Counter(level.values()).values()), max(level.values()) + 1
        wide = self.folded or any(edge.label for edge in self.edges)
        widest = FEWER if wide else WIDEST
        return "LR" if along <= max(widest, across) else "TB"

    @property
    def folded(self) -> int:
        """How many nodes have no box of their own."""
        return sum(len(box.folded) for box in self.boxes)


def folded_words(picture: Picture) -> str:
    """What is folded, and how to open it."""
    labels = [box.label for box in picture.boxes if box.folded]
    return (
        f"{picture.folded:,} nodes are folded into {len(labels)} boxes: "
        f"draw(…, unfold={labels[0]!r}) opens one, unfold=True all".replace("into 1 boxes", "into a box")
    )


class Emphasis(NamedTuple):
    """What is written on edges, and which nodes are emphasized, with the edges between them.

    `on_edges` is "", or one of EDGE_NUMBERS; `labels` are texts by (child, position of the parent).
    """

    on_edges: str = ""
    nodes: Collection[Value] = ()
    labels: Mapping[tuple[Value, int], str] = {}


PLAIN = Emphasis()


def make_picture(
    nodes: Sequence[Value],
    outputs: Sequence[Value],
    names: Mapping[Value, str],
    fold_constants: bool = False,
    emphasis: Emphasis = PLAIN,
    folding: Folding | None = None,
) -> Picture:
    """The boxes and edges of the graph of `outputs`.

    Args:
        nodes: those that are shown, each after its parents.
        names: of nodes without a label.
        fold_constants: numbers stand in the box that uses them.
        folding: which groups are open; None where there are no groups.

    >>> from autograd.drawing.extent import shown_nodes
    >>> x = Value(3.0, "x")
    >>> y = 2 * x
    >>> picture = make_picture(shown_nodes([y], True, None, 10), [y], {}, fold_constants=True)
    >>> [(box.id, box.name, box.operation) for box in picture.boxes]
    [('n0', 'x', ''), ('n1', '', '2 × ·')]
    """
    places = _Places(nodes, folding)
    results, emphasized = set(outputs), set(emphasis.nodes)
    boxes = []
    for box, inside in places.boxes.items():
        node = inside[-1]
        if not places.is_alone(node):
            boxes.append(places.group(box, inside, bool(emphasized.intersection(inside))))
            continue
        folded = [fold_constants and parent.is_constant and parent not in places.of for parent in node.parents]
        hidden = [parent not in places.of for parent in node.parents]
        name = node.label or names.get(node, "")
        boxes.append(
            Box(
                id=places.ids[box],
                node=node,
                kind="output" if node in results else _kind(node),
                name=cleaned(name),
                operation=_operation(node, folded),
                cut=hidden != folded,
                highlighted=node in emphasized,
                short_name=cleaned(without(name, folding.labels_around(box) if folding else ())),
            )
        )
    return Picture(boxes, _edges(nodes, places, emphasis, emphasized), places.frames())


class _Places:
    """Which box each node is in. A box is a number, see `Folding`: that of a node, or a larger one for a group."""

    def __init__(self, nodes: Sequence[Value], folding: Folding | None) -> None:
        self.folding = folding
        self.number = dict(zip(nodes, folding.shown if folding else range(len(nodes)), strict=True))
        boxes = folding.boxes() if folding else range(len(nodes))
        self.of = {node: boxes[i] for node, i in self.number.items()}
        self.boxes = _in_order(nodes, self.of)
        edges = ((node, parent) for node in nodes for parent in node.parents if parent in self.of)
        self.used_outside = {parent for node, parent in edges if self.of[parent] != self.of[node]}
        self.ids = {box: f"n{i}" for i, box in enumerate(self.boxes)}

    def is_alone(self, node: Value) -> bool:
        return self.of[node] == self.number[node]

    def group(self, box: int, inside: list[Value], highlighted: bool) -> Box:
        assert self.folding is not None
        g, more = self.folding.group_of_box(box)
        group = self.folding.groups[g]
        name = group["label"]
        if more:
            name = f"… {len(self.folding.children[g]) - len(self.folding.children_shown(g))} more"
        elif group["kind"] == "stack":
            name = f"{name} × {len(self.folding.children[g])}"
        elif self.folding.holds_parameters(g):
            name += PARAMETERS
        around = self.folding.labels_around(box)
        return Box(
            id=self.ids[box],
            node=inside[-1],
            kind="group",
            name=cleaned(" ▸ ".join([*reversed(around), name])),
            operation="",
            cut=False,
            highlighted=highlighted,
            short_name=name,
            folded=tuple(inside),
            outlets=self._outlets(inside),
            label=group["label"],
        )

    def _outlets(self, inside: list[Value]) -> tuple[Value, ...]:
        used = [node for node in inside if node in self.used_outside]
        return tuple(used or [node for node in inside if node.op is None] or inside)

    def frames(self) -> list[Frame]:
        if self.folding is None:
            return []
        folding, frames, outermost = self.folding, dict[int, Frame](), list[Frame]()

        def frame_of(g: int) -> Frame:
            if g not in frames:
                group = folding.groups[g]
                around = outermost if group["parent"] == NONE else frame_of(group["parent"]).frames
                frames[g] = Frame(f"g{g}", group["label"] + PARAMETERS * folding.holds_parameters(g), [], [])
                around.append(frames[g])
            return frames[g]

        for box in self.boxes:
            g = folding.frame_of(box)
            if g != NONE and folding.groups[g]["kind"] != "part":  # which has no name that says more
                frame_of(g).boxes.append(self.ids[box])
        return outermost


def _in_order(nodes: Iterable[Value], of: Mapping[Value, int]) -> dict[int, list[Value]]:
    """The nodes in each box; the boxes each after those it is computed from, which is possible as none is a loop."""
    inside: dict[int, list[Value]] = {}
    for node in nodes:
        inside.setdefault(of[node], []).append(node)
    ordered: dict[int, list[Value]] = {}
    stack = list(reversed(inside))
    while stack:
        box = stack.pop()
        if box in ordered:
            continue
        above = [of[parent] for node in inside[box] for parent in node.parents if parent in of]
        missing = dict.fromkeys(other for other in above if other != box and other not in ordered)
        if missing:
            stack += [box, *reversed(missing)]
        else:
            ordered[box] = inside[box]
    return ordered


def _edges(nodes: Sequence[Value], places: _Places, emphasis: Emphasis, emphasized: set[Value]) -> list[Arrow]:
    """One for each edge between two nodes with boxes of their own; one for all edges between two boxes, else."""
    edges: list[Arrow] = []
    bundles: dict[tuple[str, str], int] = {}
    for node in nodes:
        child = places.ids[places.of[node]]
        for i, (parent, derivative) in enumerate(zip(node.parents, node.local_derivatives, strict=True)):
            if parent not in places.of or places.of[parent] == places.of[node]:
                continue
            start = places.ids[places.of[parent]]
            both = node in emphasized and parent in emphasized
            if places.is_alone(node) and places.is_alone(parent):
                label = "" if parent.is_constant else of_edge(emphasis.on_edges, node, derivative)
                label = emphasis.labels.get((node, i), label)
                local_derivative = None if parent.is_constant else derivative
                edges.append(Arrow(start, child, local_derivative, cleaned(label), both))
            elif (start, child) not in bundles:
                bundles[start, child] = len(edges)
                edges.append(Arrow(start, child, None, "", both))
            elif both:
                k = bundles[start, child]
                edges[k] = edges[k]._replace(highlighted=True)
    return edges


def _kind(node: Value) -> str:
    return "operation" if node.op else "constant" if node.is_constant else "leaf"


def _operation(node: Value, folded: Sequence[bool]) -> str:
    """The sign, or, with the parents that were folded into the box, `2 × ·` or `**2`."""
    if node.op is None:
        return ""
    symbol = cleaned(node.op.symbol)
    if not any(folded):
        return sign(symbol)
    if symbol == "**" and folded == [False, True]:
        return f"**{short(node.parents[1].data)}"
    if len(folded) > 3:  # a sum of many: their order does not matter, space does
        constants = [short(parent.data) for parent, fold in zip(node.parents, folded, strict=True) if fold]
        return cleaned(written(symbol, ["…", *constants]))
    return written(symbol, [short(p.data) if fold else "·" for p, fold in zip(node.parents, folded, strict=True)])


def folding_of(
    graph: Graph, nodes: Sequence[Value], unfold: bool | str | Collection[str] | None, visible: Collection[Value]
) -> Folding:
    """What is open in a picture of these nodes.

    Args:
        unfold: True for everything, False for nothing, None for what there is room for; or the labels of groups that
            are opened first.
        visible: nodes that must have a box of their own.

    Raises ValueError where no group has such a label.
    """
    from .folding.groups import find_groups  # with the first picture: it loads heavy modules

    loose = len(nodes) if unfold is True or len(nodes) <= UNFOLDED else LOOSE
    groups = find_groups(graph, loose, parameters_inside=True)
    folding = Folding(groups, len(graph), [graph.number[node] for node in nodes], graph.modules)
    if unfold is True:
        folding.open_all()
        return folding
    try:
        chosen = folding.named([unfold] if isinstance(unfold, str) else unfold or ())
    except KeyError as error:
        labels = list(dict.fromkeys(group["label"] for group in groups if folding.size[group["id"]]))
        there = ", ".join(map(repr, labels[:8])) + (", …" if len(labels) > 8 else "")
        raise ValueError(
            f"nothing in this picture is called {error.args[0]!r}, so it cannot be unfolded; there "
            + (f"are {there}" if labels else "is nothing that folds")
        ) from None
    for g in chosen:
        folding.open_group(g)
    for node in visible:
        if node in graph.number:
            folding.reveal(graph.number[node])
    if unfold is not False:
        folding.open_some(UNFOLDED, FOLDED)
    return folding
