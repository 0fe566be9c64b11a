"""The classic wrong backward passes, run beside the right one on a graph of yours.

Why `+=` and not `=`? Why a topological order, why not simply recurse? Run the other ways and look:

>>> from autograd import Value, pitfalls
>>> x = Value(3.0, "x")
>>> print(pitfalls.compare(x * x))
        right  overwrite  recursion  breadth-first  no visited set
x           6        ✗ 3          6              6               6
result      1          1          1              1               1
<BLANKLINE>
overwrite: 1 of 2 gradients wrong. It writes `=` where `+=` belongs, so of several shares only the last remains.
The others happen to be right on this graph: pitfalls.SMALLEST has graphs on which they fail.

Every pass returns its gradients in a dict and leaves the graph as it is.
Entry points: `compare`, the passes in `METHODS`, the smallest graphs that break them in `SMALLEST`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..graph import Graph, as_graph
from ..report import Block, Part, Report, Sentence, Strong, Table
from ..sweeps import sent, topological_order
from ..symbolic.naming import name_nodes
from ..symbolic.notation import number_text
from ..symbolic.symbols import text
from ..value import Value

Gradients = dict[Value, float]

STEPS = 100_000  # two of the wrong passes may take exponentially many steps: so many more than nodes are allowed


class TooManyStepsError(Exception):
    """A wrong pass was stopped."""


# --- the right one ----------------------------------------------------------------------------------------


def right(root: Value) -> Gradients:
    """The backward pass: children before parents, every share added. See `Value.backward`."""
    gradients = _zeros(root)
    gradients[root] = 1.0
    for node in reversed(list(gradients)):
        for parent, share in sent(node, gradients[node]):
            gradients[parent] += share
    return gradients


# --- the wrong ones: each differs from it in one thing -----------------------------------------------------


def overwrite(root: Value) -> Gradients:
    """`=` in place of `+=`."""
    gradients = _zeros(root)
    gradients[root] = 1.0
    for node in reversed(list(gradients)):
        for parent, share in sent(node, gradients[node]):
            gradients[parent] = share  # the mistake
    return gradients


def recursion(root: Value) -> Gradients:
    """No order at all: each node, when it has received a share, sends what it has to its parents at once."""
    gradients = _zeros(root)
    gradients[root] = 1.0
    count = _counter(len(gradients))

    def send(node: Value) -> None:
        next(count)
        for parent, share in sent(node, gradients[node]):
            gradients[parent] += share
            send(parent)  # the mistake: the parent may get more later, and will then send all of it again

    send(root)
    return gradients


def breadth_first(root: Value) -> Gradients:
    """Level by level from the result, each node once, when it is first met."""
    gradients = _zeros(root)
    gradients[root] = 1.0
    queue, visited = deque([root]), {root}
    while queue:
        node = queue.popleft()  # the mistake: a longer way to this node may not have arrived yet
        for parent, share in sent(node, gradients[node]):
            gradients[parent] += share
            if parent not in visited:
                visited.add(parent)
                queue.append(parent)
    return gradients


def no_visited_set(root: Value) -> Gradients:
    """Parents listed before children, but a node that is used twice stands in the list twice."""
    gradients = _zeros(root)
    gradients[root] = 1.0
    count = _counter(len(gradients))
    order, stack = [], [root]
    while stack:  # lists each child before its parents: the reversed order is made at once
        next(count)
        node = stack.pop()
        order.append(node)
        stack.extend(node.parents)  # the mistake: nobody asks whether the parent has been listed already
    for node in order:
        for parent, share in sent(node, gradients[node]):
            gradients[parent] += share
    return gradients


def _zeros(root: Value) -> Gradients:
    """For each node, parents first, the integer 0: nothing has been sent to it."""
    return dict.fromkeys(topological_order(root), 0)


def _counter(nodes: int) -> Iterator[int]:
    yield from range(nodes + STEPS)
    raise TooManyStepsError


@dataclass(frozen=True)
class Method:
    """A backward pass: its name, the function from a root to the gradients, and what is wrong with it."""

    name: str
    run: Callable[[Value], Gradients]
    mistake: str


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method("overwrite", overwrite, "It writes `=` where `+=` belongs, so of several shares only the last remains."),
        Method(
            "recursion",
            recursion,
            "A node that is used twice sends its first share down, and then, with the second, the first once more.",
        ),
        Method(
            "breadth-first",
            breadth_first,
            "A node is finished when the shortest way has reached it; what comes by longer ways stays there.",
        ),
        Method(
            "no visited set",
            no_visited_set,
            "A node that is used twice is listed twice, and sends its whole gradient twice.",
        ),
    )
}


# --- the smallest graphs on which each breaks -----------------------------------------------------------------


def _square_of(a: Value) -> Value:
    return a * a


def _short_and_long_way_to(a: Value) -> Value:
    return a + a.exp()


def _in_between() -> Value:
    """A node that is no leaf: it sends on what it receives."""
    a = Value(3.0, "x").sin()
    a.label = "a"
    return a


SMALLEST: dict[str, Callable[[], Value]] = {
    # x is used twice: its second share replaces the first
    "overwrite": lambda: _square_of(Value(3.0, "x")),
    # the node that is used twice must send on, as a leaf does not
    "recursion": lambda: _square_of(_in_between()),
    "no visited set": lambda: _square_of(_in_between()),
    # the short way arrives at a first; what comes by the long way is never sent on
    "breadth-first": lambda: _short_and_long_way_to(_in_between()),
}


# --- side by side -----------------------------------------------------------------------------------------------


def compare(value: Value | Graph, methods: Sequence[str] | None = None) -> Comparison:
    """Run wrong backward passes from `value` beside the right one; the graph stays as it is.

    Args:
        value: the node to start from, the result of a computation, or a Graph with this one root.
        methods: names in `METHODS`; all of them when left out. Add your own there.

    Returns a `Comparison`, which prints as a table. Nodes without a label get the names of your variables.

    >>> a = Value(3.0).sin()
    >>> comparison = compare(a + a.exp(), ["breadth-first"])
    >>> [node is a for node in comparison.wrong("breadth-first")]  # and the leaf below it
    [False]
    """
    graph = as_graph("compare", value, wanted="a Value or a Graph")
    unknown = [name for name in methods or () if name not in METHODS]
    if unknown:
        raise ValueError(f"unknown method {unknown[0]!r}; choose from {', '.join(METHODS)}")
    return Comparison(graph, [METHODS[name] for name in methods or METHODS])


class Comparison(Report):
    """The gradients by the right backward pass and by wrong ones.

    Attributes:
        nodes: the nodes of the graph, parents first, constants left out.
        right: the gradients by the right pass.
        gradients: for each method by name its gradients; None where it broke down.
        failures: for each method that broke down, why.
    """

    noun = "comparison"

    def __init__(self, graph: Graph, methods: Sequence[Method]) -> None:
        self.root = graph.root
        self.nodes = [node for node in graph if not node.is_constant]
        self._names = _names(self.root, self.nodes, graph.names)
        self.right = right(self.root)
        self.methods = {method.name: method for method in methods}
        self.gradients: dict[str, Gradients | None] = {}
        self.failures: dict[str, str] = {}
        for method in methods:
            self.gradients[method.name] = self._run(method)

    def _run(self, method: Method) -> Gradients | None:
        try:
            return method.run(self.root)
        except RecursionError:
            self.failures[method.name] = (
                "RecursionError: the graph is deeper than Python lets functions call each other."
            )
        except TooManyStepsError:
            self.failures[method.name] = (
                f"stopped after more than {STEPS:,} steps: it walks along every path, and each node that is used "
                "twice doubles their number."
            )
        return None

    def wrong(self, method: str) -> list[Value]:
        """The nodes whose gradient `method` gets wrong, more than rounding; all where it broke down."""
        gradients = self.gradients[method]
        if gradients is None:
            return list(self.nodes)
        return [node for node in self.nodes if not _alike(gradients[node], self.right[node])]

    def __bool__(self) -> bool:
        raise TypeError(
            "a comparison is neither true nor false: ask which nodes one method gets wrong, as in "
            f"comparison.wrong({next(iter(self.methods), 'overwrite')!r})"
        )

    @property
    def summary(self) -> str:
        """How many gradients each method gets wrong."""
        counts = ", ".join(f"{name} {len(self.wrong(name))}" for name in self.methods)
        return f"of {len(self.nodes)} gradients are wrong: {counts}"

    def story(self) -> Iterator[Sequence[Block]]:
        columns = ["", "right", *self.methods]
        yield [Table(columns, self._rows(), right=range(1, len(columns)))]
        yield [Sentence(sentence) for sentence in self._sentences()]

    def _rows(self) -> Iterator[list[Part]]:
        wrong = {name: set(self.wrong(name)) for name in self.methods}
        for node in self.nodes:
            row: list[Part] = [self._names[node], number_text(self.right[node], 6)]
            for name, gradients in self.gradients.items():
                if gradients is None:
                    row.append(Strong("✗"))
                else:
                    number = number_text(gradients[node], 6)
                    row.append(Strong(f"✗ {number}") if node in wrong[name] else number)
            yield row

    def _sentences(self) -> Iterator[str]:
        right_here = False
        for name, method in self.methods.items():
            wrong = len(self.wrong(name))
            if name in self.failures:
                yield f"{name}: {self.failures[name]}"
            elif wrong:
                yield f"{name}: {wrong} of {len(self.nodes)} gradients wrong. {method.mistake}"
            else:
                right_here = True
        if right_here:
            who = "The others happen" if len(self.methods) > 1 else "It happens"
            yield f"{who} to be right on this graph: pitfalls.SMALLEST has graphs on which they fail."


def _names(root: Value, nodes: Sequence[Value], given: Mapping[Value, str]) -> dict[Value, str]:
    names = {node: text(symbol) for node, symbol in name_nodes(root, nodes, given).items()}
    return names if root in given else {**names, root: "result"}


def _alike(a: float, b: float) -> bool:
    # The order of summation may differ, and with it the last digits.
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-300) or (math.isnan(a) and math.isnan(b))
