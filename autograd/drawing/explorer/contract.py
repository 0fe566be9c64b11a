"""The contract between Python and the page: what travels, by the names under which the page reads it.

A node is its number in topological order. Edge e leads from node `parents[e]` to the node i with
`start[i] <= e < start[i + 1]`. Numbers that JSON does not know travel as "inf", "-inf" and "nan".

Entry points: `Payload`, and `LIMITS`, what the page opens and shows at once.
"""

from __future__ import annotations

from typing import TypedDict

from ...symbolic.typesetting import Tree
from ..folding.groups import READABLE
from ..folding.tree import GroupEntry

Number = float | str
NONE = -1  # no operation


class Limits(TypedDict):
    """How much is shown at once."""

    unfolded: int  # a graph of at most so many nodes opens with everything open
    boxes: int  # no group opens that holds more
    of_stack: int  # groups of an opened stack that are shown, and by how many there are more at a click


LIMITS: Limits = {"unfolded": 30, "boxes": READABLE, "of_stack": 8}


class OperationEntry(TypedDict):
    """One operation in words; its functions travel as JavaScript, see `javascript.py`."""

    name: str
    symbol: str
    arity: int | None
    formula: str
    derivative_formulas: list[str]
    typeset: list[Tree]  # the same as MathML, see `symbolic/typesetting.py`
    flat: list[int]


class Listing(TypedDict):
    """The user's code, see `user_code.py`."""

    files: list[list[str | int]]  # the name of each, and its first line in `lines`
    lines: list[list[int | str]]  # number and text
    spans: list[list[int]]  # parts of the code: line in `lines`, first column, last column
    of: dict[str, int]  # for each node that was made there its span


class Recording(TypedDict):
    """The numbers of some leaves after some steps of training: a row of `steps` and a label for each."""

    nodes: list[int]
    steps: list[list[Number]]
    labels: list[str]


class Payload(TypedDict):
    """The graph as the page reads it."""

    version: int
    title: str
    direction: str
    theme: str
    open: bool  # everything at first
    limits: Limits
    number_format: dict[str, float]
    edge_numbers: dict[str, str]  # what the number on an edge may be, and what it is called
    operations: list[OperationEntry]
    practice: list[OperationEntry]  # those of the random graphs to practise on
    op: list[int]  # of each node its operation, NONE of a leaf
    start: list[int]
    parents: list[int]
    data: list[Number | None]  # of leaves, and of nodes that the page cannot compute
    derivatives: dict[str, list[Number]]  # the local ones of such nodes
    constants: list[int]
    frozen: list[int]
    parameters: list[int] | None  # the leaves that training moves; None: the page finds them by their use
    names: dict[str, str]
    output: int
    outputs: list[int]
    grad: dict[str, Number]  # as `backward` left them in Python
    stale: int  # nodes whose number in Python does not follow from its parents' any more
    groups: list[GroupEntry]
    recording: Recording | None
    listing: Listing | None
