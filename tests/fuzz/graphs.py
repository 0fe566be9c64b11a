"""Graphs as data: made at random, built of Values, made simpler, written as Python code.

    Graph(leaves=(0.5, -0.0), steps=(("multiply", (0, 1)), ("power", (2, 3.0))))

A step names an operation of the table and its parents: an int is an earlier node, leaves first, and a float is a number
that stands in the expression. The last node is the result, unless `roots` says which ones are.

Entry points: `random_graph`, `nasty`, `Graph.build`, `graph_of`, `simpler`, `lines`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from support.references import OPERATION_NAMES

from autograd import OPERATIONS, Value, topological_order

inf, nan = math.inf, math.nan
NASTY = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, 2.0, -3.0, 1e-9, 5e-324, -5e-324, 1e-310, 1e-300, 1e300, -1e300),
    *(1.7e308, 709.78, -745.2, 36.7, 2.0**53, math.pi / 2, inf, -inf, nan),
)
CHOOSING = ("relu", "maximum", "minimum", "where", "abs", "power", "power_of_constant", "less", "less_equal", "equal")
Parent = int | float
Step = tuple[str, tuple[Parent, ...]]


class Graph(NamedTuple):
    """Numbers of the leaves; the steps; which nodes are the results, of which the first is differentiated."""

    leaves: tuple[float, ...]
    steps: tuple[Step, ...]
    roots: tuple[int, ...]

    def build(self, leaves: Sequence[Any]) -> list[Any]:
        """The results, computed from these leaves: Values, tensors or symbols."""
        return self.build_with(leaves, lambda name, *xs: OPERATIONS[name](*xs))

    def build_with(self, leaves: Sequence[Any], call: Callable[..., Any]) -> list[Any]:
        """The same with `call(name, *parents)` in the place of the table."""
        nodes = list(leaves)
        for name, parents in self.steps:
            nodes.append(call(name, *[nodes[p] if type(p) is int else p for p in parents]))
        return [nodes[root] for root in self.roots]


# --- at random ------------------------------------------------------------------------------------------------------


def nasty(r: random.Random, share: float = 0.4) -> float:
    """An ordinary number, or with this probability a nasty one."""
    if r.random() < share:
        return r.choice(NASTY)
    return r.choice(
        (r.gauss(0, 1), r.gauss(0, 1), float(r.randrange(-3, 4)), r.gauss(0, 1) * 10.0 ** r.randrange(-8, 8))
    )


def random_graph(r: random.Random, longest: int = 12, repeats: bool = False, share: float = 0.4) -> Graph:
    """A graph over the whole table; with `repeats` a piece of it stands there many times, as in a loop.

    Args:
        r: decides.
        longest: the most steps, of one piece.
        repeats: whether to look for loops in it makes sense.
        share: of nasty numbers.
    """
    maker = _Maker(r, share)
    if not repeats:
        leaves = [maker.leaf() for _ in range(r.randint(1, 4))]
        root = maker.steps_on(leaves, r.randint(1, longest))
    else:
        root = maker.loop(longest)
    others = [r.randrange(root + 1) for _ in range(r.choice((0, 0, 0, 1, 2)))]
    return pruned(Graph(tuple(maker.leaves), tuple(maker.steps), (root, *others)), maker.places)


class _Maker:
    """Leaves and steps in the order in which they are made; `places` are the numbers of both."""

    def __init__(self, r: random.Random, share: float) -> None:
        self.r, self.share = r, share
        self.leaves: list[float] = []
        self.steps: list[Step] = []
        self.places: list[tuple[str, int]] = []

    def leaf(self) -> int:
        self.leaves.append(nasty(self.r, self.share))
        self.places.append(("leaf", len(self.leaves) - 1))
        return len(self.places) - 1

    def step(self, name: str, parents: Sequence[Parent]) -> int:
        self.steps.append((name, tuple(parents)))
        self.places.append(("step", len(self.steps) - 1))
        return len(self.places) - 1

    def pattern(self, n: int, longest: int) -> list[Step]:
        """Steps on `n` inputs; their parents are numbered from the first input."""
        r, found = self.r, []
        for k in range(longest):
            name = r.choice(CHOOSING if r.random() < 0.4 else OPERATION_NAMES)
            parents: list[Parent] = [
                max(r.randrange(n + k), r.randrange(n + k)) for _ in range(OPERATIONS[name].arity or r.randint(1, 4))
            ]
            if len(parents) > 1 and r.random() < 0.25:
                parents[r.randrange(len(parents))] = nasty(r, self.share)
            if name == "power_of_constant":  # its exponent is a number
                parents[1] = r.choice((2.0, 3.0, 0.5, -1.0, 0.0, 1.0, -2.5, nasty(r, self.share)))
            found.append((name, tuple(parents)))
        return found

    def apply(self, pattern: Sequence[Step], inputs: Sequence[Parent]) -> int:
        nodes = list(inputs)
        for name, parents in pattern:
            given = [nodes[p] if type(p) is int else p for p in parents]
            if all(type(p) is float for p in given):  # a step has a node among its parents
                given[0] = next(node for node in inputs if type(node) is int)
            nodes.append(self.step(name, given))
        last = nodes[-1]
        assert type(last) is int
        return last

    def steps_on(self, inputs: Sequence[int], n: int) -> int:
        return self.apply(self.pattern(len(inputs), n), inputs)

    def loop(self, longest: int) -> int:
        """A piece with a part of its inputs shared, another of its own each time; then what is made of all of them."""
        r = self.r
        shared = [self.leaf() for _ in range(r.randint(1, 3))]
        kinds = [r.choice(("leaf", "number", "carried")) for _ in range(r.randint(1, 3))]
        pattern = self.pattern(len(shared) + len(kinds), r.randint(1, longest))
        last, results = shared[0], []
        for _ in range(r.choice((2, 5, 8, 9, 17, 24))):
            own = [
                last if kind == "carried" else self.leaf() if kind == "leaf" else nasty(r, self.share) for kind in kinds
            ]
            last = self.apply(pattern, [*shared, *own])
            results.append(last)
        end = r.choice(("sum", "sum", "chain", "logsumexp", "last"))
        if end == "chain":
            for result in results[:-1]:
                last = self.step("add", (last, result))
        elif end != "last":
            last = self.step(end, results)
        return self.steps_on([last, *shared], r.randint(0, 3) or 1)


def pruned(graph: Graph, places: Sequence[tuple[str, int]] | None = None) -> Graph:
    """Without the nodes that no result needs, leaves first. `places`: the kind and number of each node, in order."""
    if places is None:
        places = [("leaf", i) for i in range(len(graph.leaves))] + [("step", i) for i in range(len(graph.steps))]
    needed, todo = set(), list(graph.roots)
    while todo:
        place = todo.pop()
        if place not in needed:
            needed.add(place)
            kind, i = places[place]
            todo += [p for p in graph.steps[i][1] if type(p) is int] if kind == "step" else []
    kept = sorted(needed, key=lambda place: (places[place][0] == "step", place))
    new = {place: k for k, place in enumerate(kept)}
    leaves = tuple(graph.leaves[places[p][1]] for p in kept if places[p][0] == "leaf")
    steps = [graph.steps[places[p][1]] for p in kept if places[p][0] == "step"]
    renamed = tuple((name, tuple(new[p] if type(p) is int else p for p in parents)) for name, parents in steps)
    return Graph(leaves, renamed, tuple(new[root] for root in graph.roots))


def graph_of(*roots: Value) -> Graph:
    """The graph that a program has built."""
    order = topological_order(*roots)
    places: dict[Value, Parent] = {}
    leaves = [node for node in order if node.op is None and not node.is_constant]
    for leaf in leaves:
        places[leaf] = len(places)
    numbers = {node: node.data for node in order if node.is_constant}
    steps = []
    for node in order:
        if node.op is not None:
            steps.append((node.op.name, tuple(numbers[p] if p in numbers else places[p] for p in node.parents)))
            places[node] = len(leaves) + len(steps) - 1
    return Graph(tuple(leaf.data for leaf in leaves), tuple(steps), tuple(places[root] for root in roots))


# --- simpler --------------------------------------------------------------------------------------------------------


def simpler(graph: Graph) -> Iterator[Graph]:
    """Graphs with fewer results, steps, parents or leaves, the greatest leaps first; at last with plainer numbers."""
    if len(graph.roots) > 1:
        yield pruned(graph._replace(roots=graph.roots[:1]))
        for i in range(1, len(graph.roots)):
            yield pruned(graph._replace(roots=graph.roots[:i] + graph.roots[i + 1 :]))
    n, n_leaves = len(graph.steps), len(graph.leaves)
    size = n
    while size:
        for start in range(n - size, -1, -size):
            found = _without(graph, range(start, start + size))
            if found is not None:
                yield found
        size //= 2
    for k in range(n - 1, -1, -1):
        name, parents = graph.steps[k]
        if OPERATIONS[name].arity is None and len(parents) > 1:
            size = len(parents) // 2
            while size:
                for i in range(0, len(parents), size):
                    yield from _with(graph, k, (name, parents[:i] + parents[i + size :]))
                size //= 2
        for i, p in enumerate(parents):
            if type(p) is int and p >= n_leaves:
                for q in range(n_leaves):
                    yield from _with(graph, k, (name, (*parents[:i], q, *parents[i + 1 :])))
            for plain in _plainer(p) if type(p) is float else ():
                yield from _with(graph, k, (name, (*parents[:i], plain, *parents[i + 1 :])))
        if name not in ("identity", "add"):
            for other in ("identity", "add"):
                if OPERATIONS[name].arity == OPERATIONS[other].arity:
                    yield from _with(graph, k, (other, parents))
    for i in range(n_leaves):
        for j in range(i):
            steps = [(name, tuple(j if p == i and type(p) is int else p for p in ps)) for name, ps in graph.steps]
            yield pruned(graph._replace(steps=tuple(steps), roots=tuple(j if x == i else x for x in graph.roots)))
    for i, x in enumerate(graph.leaves):
        for plain in _plainer(x):
            yield graph._replace(leaves=(*graph.leaves[:i], plain, *graph.leaves[i + 1 :]))


def _plainer(x: float) -> list[float]:
    """Numbers that are easier to read."""
    ladder = [1.0, 2.0, 0.5]
    if math.isfinite(x) and x:
        ladder += [float(f"{x:.0e}"), float(f"{x:.2g}")]
    if x in ladder:
        return ladder[: ladder.index(x)]
    return ladder


def _with(graph: Graph, k: int, step: Step) -> Iterator[Graph]:
    if any(type(p) is int for p in step[1]):
        yield pruned(graph._replace(steps=(*graph.steps[:k], step, *graph.steps[k + 1 :])))


def _without(graph: Graph, dropped: range) -> Graph | None:
    """Without these steps: in the place of each stands the first node among its parents."""
    n_leaves = len(graph.leaves)
    instead: dict[int, int] = {}
    for k in dropped:
        parent = next(p for p in graph.steps[k][1] if type(p) is int)
        instead[n_leaves + k] = instead.get(parent, parent)

    def moved(p: Parent) -> Parent:
        return instead.get(p, p) if type(p) is int else p

    steps = tuple((name, tuple(map(moved, parents))) for name, parents in graph.steps)
    roots = tuple(instead.get(root, root) for root in graph.roots)
    return pruned(graph._replace(steps=steps, roots=roots))


# --- as code --------------------------------------------------------------------------------------------------------


def literal(x: float) -> str:
    """A number as code, with `inf` and `nan` of math."""
    return repr(float(x))


def lines(graph: Graph, inputs: Sequence[str]) -> list[str]:
    """The steps as Python code, where the leaves have these names; the results are `y0`, `y1`, …"""
    names = list(inputs)
    found = []
    for k, (name, parents) in enumerate(graph.steps):
        shown = ", ".join(names[p] if type(p) is int else literal(p) for p in parents)
        names.append(f"v{k}")
        found.append(f'v{k} = OPERATIONS["{name}"]({shown})')
    return [*found, *[f"y{i} = {names[root]}" for i, root in enumerate(graph.roots)]]
