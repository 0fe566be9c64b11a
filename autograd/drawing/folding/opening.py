"""Which groups are open in a picture: all of a small graph, of a large one as many as can be read.

Entry point: `Folding`. A box is a number: node i is box i, group g is box n + g, and "… 13 more" of group g is box
n + (number of groups) + g; the explorer's `folding.js` counts alike.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence

from .tree import NONE, GroupEntry

# An open group of more alike groups shows the first of them, and one box for the others.
FEW, FIRST = 5, 3
_ALIKE = ("stack", "layer", "module")  # groups of groups that do not depend on each other


class Folding:
    """The groups of a graph and which of them are open; at first none is.

    Args:
        groups: what `find_groups` found.
        n: the number of nodes of the graph.
        shown: the nodes that the picture has; groups without any are left out.
        modules: the names of modules.

    Attributes: `count`, how many boxes there are; `open`, the open groups; `group_of`, the innermost group of a node.

    >>> group = GroupEntry(id=0, parent=NONE, label="model", kind="module", nodes=[0, 1], shape=0)
    >>> folding = Folding([group], 3, [0, 1, 2])
    >>> folding.boxes()
    [3, 3, 2]
    >>> folding.open_group(0)
    >>> folding.boxes(), folding.count
    ([0, 1, 2], 3)
    """

    def __init__(
        self, groups: Sequence[GroupEntry], n: int, shown: Iterable[int], modules: Collection[str] = ()
    ) -> None:
        self.groups, self.n, self.modules = groups, n, modules
        self.shown = sorted(set(shown))
        self.group_of = [NONE] * n
        for group in groups:
            for i in group["nodes"]:
                self.group_of[i] = group["id"]
        self.nodes: list[list[int]] = [[] for _ in groups]
        loose = 0
        for i in self.shown:
            if self.group_of[i] == NONE:
                loose += 1
            else:
                self.nodes[self.group_of[i]].append(i)
        self.size = [len(nodes) for nodes in self.nodes]
        for group in reversed(groups):
            if group["parent"] != NONE:
                self.size[group["parent"]] += self.size[group["id"]]
        self.children: list[list[int]] = [[] for _ in groups]
        self.outermost: list[int] = []
        for group in groups:
            if self.size[group["id"]]:
                above = group["parent"]
                (self.outermost if above == NONE else self.children[above]).append(group["id"])
        self.open: set[int] = set()
        self.asked_for: set[int] = set()
        self.count = loose + len(self.outermost)

    def open_group(self, g: int) -> None:
        """Open a group, and those it is in."""
        if g in self.open:
            return
        above = self.groups[g]["parent"]
        if above != NONE:
            self.open_group(above)
            self._ask_for(g)
        self.open.add(g)
        self.count += self._boxes_in(g) - 1

    def reveal(self, i: int) -> None:
        """Open what hides a node."""
        if self.group_of[i] != NONE:
            self.open_group(self.group_of[i])

    def open_all(self) -> None:
        for g in range(len(self.groups)):
            if self.size[g]:
                self.open_group(g)

    def open_some(self, all_of: int, most: int) -> None:
        """Open everything in a graph of at most `all_of` nodes. Else open groups while there are at most `most` boxes:
        of alike groups the first as an example, down to the nodes; then the others of a layer, all or none; at last
        the modules of parameters, but not down to neurons, as each would have an edge to all that uses it.
        """
        if len(self.shown) <= all_of:
            self.open_all()
            return
        for which in ("first", "all", "parameters"):
            self._open(most, which)

    def _open(self, most: int, which: str) -> None:
        queue = deque(self._alike(self._folded()))
        while queue:
            alike = queue.popleft()
            kind = self.groups[alike[0]]["kind"]
            if (kind == "module") != (which == "parameters") or (which == "all" and kind == "sample"):
                continue
            chosen = alike[:1] if which == "first" else alike
            if which == "parameters" and not all(self._holds_layers(g) for g in alike):
                continue
            if which == "first" and self._has_open_sibling(alike[0]):
                continue
            if self.count + sum([self._boxes_in(g) - 1 for g in chosen]) > most:
                continue
            for g in chosen:
                self.open_group(g)
                queue.extend(self._alike(self.children_shown(g)))

    def _holds_layers(self, g: int) -> bool:
        """Whether a module holds nothing but modules of modules."""
        return not self.nodes[g] and all(self.children[child] for child in self.children[g])

    def _has_open_sibling(self, g: int) -> bool:
        above, shape = self.groups[g]["parent"], self.groups[g]["shape"]
        siblings = self.outermost if above == NONE else self.children[above]
        return any(self.groups[other]["shape"] == shape for other in siblings if other in self.open)

    def _folded(self) -> list[int]:
        """The groups that have a box, outer ones first."""
        found, level = [], self.outermost
        while level:
            found += [g for g in level if g not in self.open]
            level = [child for g in level if g in self.open for child in self.children_shown(g)]
        return found

    def _alike(self, groups: Iterable[int]) -> list[list[int]]:
        """Siblings with the same content together."""
        found: dict[tuple[int, int], list[int]] = {}
        for g in groups:
            found.setdefault((self.groups[g]["parent"], self.groups[g]["shape"]), []).append(g)
        return list(found.values())

    def children_shown(self, g: int) -> list[int]:
        """The groups in an open group that are not among the "… 13 more"."""
        children = self.children[g]
        if len(children) <= FEW or self.groups[g]["kind"] not in _ALIKE:
            return children
        return [child for k, child in enumerate(children) if k < FIRST or child in self.asked_for]

    def _ask_for(self, g: int) -> None:
        above = self.groups[g]["parent"]
        if g not in self.children_shown(above):
            before = self._boxes_in(above)
            self.asked_for.add(g)
            self.count += self._boxes_in(above) - before

    def _boxes_in(self, g: int) -> int:
        shown = len(self.children_shown(g))
        return len(self.nodes[g]) + shown + (shown < len(self.children[g]))

    def boxes(self) -> list[int]:
        """The box that each node is in; its own number for a node that has one."""
        box_of_group = [NONE] * len(self.groups)  # NONE: its nodes have boxes of their own
        hidden = {g for above in self.open for g in set(self.children[above]).difference(self.children_shown(above))}
        for group in self.groups:
            g, above = group["id"], group["parent"]
            if above != NONE and box_of_group[above] != NONE:
                box_of_group[g] = box_of_group[above]
            elif g in hidden:
                box_of_group[g] = self.n + len(self.groups) + above
            elif g not in self.open:
                box_of_group[g] = self.n + g
        return [i if g == NONE or box_of_group[g] == NONE else box_of_group[g] for i, g in enumerate(self.group_of)]

    def group_of_box(self, box: int) -> tuple[int, bool]:
        """The group that a box stands for, and whether it stands for more groups in it only."""
        g, more = (box - self.n) % len(self.groups), box >= self.n + len(self.groups)
        return g, more

    def frame_of(self, box: int) -> int:
        """The open group that a box stands in, NONE for none."""
        if box < self.n:
            return self.group_of[box]
        g, more = self.group_of_box(box)
        return g if more else self.groups[g]["parent"]

    def frames_around(self, g: int) -> Iterator[int]:
        """A group and those it is in, the innermost first."""
        while g != NONE:
            yield g
            g = self.groups[g]["parent"]

    def holds_parameters(self, g: int) -> bool:
        """Whether it is a whole module: its parameters, and nothing that is computed from them."""
        group = self.groups[g]
        return group["kind"] == "module" and group["parent"] == NONE and group["label"] in self.modules

    def labels_around(self, box: int) -> list[str]:
        """Of the frames around a box, the innermost first."""
        return [self.groups[g]["label"] for g in self.frames_around(self.frame_of(box))]

    def named(self, names: Collection[str]) -> list[int]:
        """The groups with these labels; KeyError with the first that no group has."""
        found = []
        for name in names:
            same = [group["id"] for group in self.groups if group["label"] == name and self.size[group["id"]]]
            if not same:
                raise KeyError(name)
            found += same
        return found
