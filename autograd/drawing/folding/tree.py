"""The tree of groups: grown by the passes of `groups.py`, then cut back to the groups that are worth a box.

Entry points: `Tree`, to which passes add groups; `Tree.entries`, the groups as pictures want them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict

from ...graph import Graph
from ..labels import cleaned

NONE = -1  # no group
MIN_ALIKE = 4  # so many terms are a stack


class GroupEntry(TypedDict):
    """What folds into one box, see `groups.py`; `shape` is the same number for groups with the same content."""

    id: int
    parent: int
    label: str
    kind: str
    nodes: list[int]
    shape: int


class Group:
    """One group; `nodes` and `children` are filled when the tree is complete."""

    __slots__ = ("children", "kind", "label", "nodes", "parent", "shape")

    def __init__(self, parent: int, kind: str, label: str) -> None:
        self.parent = parent
        self.kind = kind
        self.label = label
        self.nodes: list[int] = []
        self.children: list[int] = []
        self.shape = 0

    @property
    def is_small(self) -> bool:
        """Whether it is not worth a box."""
        return len(self.children) < (MIN_ALIKE if self.kind == "stack" else 1) and len(self.nodes) < 2


class Tree:
    """Groups by their numbers, each after the group it is in."""

    def __init__(self) -> None:
        self.groups: list[Group] = []

    def add(self, parent: int, kind: str, label: str) -> int:
        self.groups.append(Group(parent, kind, label))
        return len(self.groups) - 1

    def parent(self, g: int) -> int:
        return self.groups[g].parent

    def label(self, g: int) -> str:
        return self.groups[g].label

    def entries(self, graph: Graph, group_of: Sequence[int]) -> list[GroupEntry]:
        """The groups that are worth a box, given the innermost group of each node; those of the others move up."""
        kept = self._filled(group_of)
        self._find_shapes(graph, kept)
        new = {g: k for k, g in enumerate(kept)}
        return [
            {
                "id": new[g],
                "parent": new.get(group.parent, NONE),
                "label": cleaned(group.label),
                "kind": group.kind,
                "nodes": sorted(group.nodes),
                "shape": group.shape,
            }
            for g, group in ((g, self.groups[g]) for g in kept)
        ]

    def _filled(self, group_of: Sequence[int]) -> list[int]:
        groups = self.groups
        for i, g in enumerate(group_of):
            if g != NONE:
                groups[g].nodes.append(i)
        kept = []
        for g in range(len(groups) - 1, -1, -1):  # the innermost ones first
            group = groups[g]
            if not group.is_small:
                kept.append(g)
                if group.parent != NONE:
                    groups[group.parent].children.append(g)
                continue
            if group.parent != NONE:
                groups[group.parent].nodes.extend(group.nodes)
                groups[group.parent].children.extend(group.children)
            for child in group.children:
                groups[child].parent = group.parent
        return kept[::-1]

    def _find_shapes(self, graph: Graph, kept: Sequence[int]) -> None:
        """The same number for groups with the same content: operations, edges among them, groups inside."""
        known: dict[tuple[object, ...], int] = {}
        for g in reversed(kept):
            group = self.groups[g]
            position = {i: k for k, i in enumerate(sorted(group.nodes))}
            content = tuple(
                [(graph.nodes[i].op, *[position.get(p, NONE) for p in graph.parent_numbers[i]]) for i in position]
            )
            inside = tuple([self.groups[child].shape for child in sorted(group.children)])
            group.shape = known.setdefault((group.kind, content, inside), len(known))
