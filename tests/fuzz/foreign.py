"""Campaign: graphs of other classes, whose rules may do what they should not.

Entry point: `FOREIGN`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from autograd import OPERATIONS, compile, doctor, draw, explain

from .campaign import Campaign
from .comparison import eager, identical
from .graphs import Graph, lines, literal, simpler

RULES: dict[str, Callable[..., tuple[float, ...]]] = {
    "add": lambda y, a, b: (1.0, 1.0),
    "subtract": lambda y, a, b: (1.0, -1.0),
    "multiply": lambda y, a, b: (b, a),
    "tanh": lambda y, x: (1.0 - y * y,),
    "exp": lambda y, x: (y,),
    "negate": lambda y, x: (-1.0,),
}
SYMBOLS = {"add": "+", "subtract": "-", "multiply": "*", "tanh": "tanh", "exp": "exp", "negate": "neg"}
MISCHIEF = ("none", "none", "data", "grad", "raises", "exits", "endless", "parents")


class Foreign(NamedTuple):
    """A graph, how a class keeps the parents, whether it names its operations, and what its rules do besides."""

    graph: Graph
    parents: str
    named: bool
    mischief: str


class Node:
    """A node as people write it."""

    def __init__(self, data: float, parents: Any = (), op: str = "") -> None:
        self.data, self.grad, self._prev, self._op = data, 0.0, parents, op
        self._backward: Callable[[], None] = lambda: None


def make(r: random.Random) -> Foreign:
    n_leaves = r.randint(1, 3)
    steps = []
    for k in range(r.randint(1, 8)):
        name = r.choice(list(RULES))
        n = RULES[name].__code__.co_argcount - 1
        steps.append((name, tuple(max(r.randrange(n_leaves + k), r.randrange(n_leaves + k)) for _ in range(n))))
    leaves = tuple(round(r.gauss(0, 1), 3) for _ in range(n_leaves))
    graph = Graph(leaves, tuple(steps), (n_leaves + len(steps) - 1,))
    return Foreign(graph, r.choice(("tuple", "list", "set")), r.random() < 0.7, r.choice(MISCHIEF))


def build(case: Foreign) -> tuple[list[Node], Node]:
    """The leaves and the result, of the class of this case."""
    container = {"tuple": tuple, "list": list, "set": set}[case.parents]

    def call(name: str, *xs: Any) -> Node:
        xs = tuple([x if isinstance(x, Node) else Node(x) for x in xs])
        numbers = [x.data for x in xs]
        y = Node(OPERATIONS[name].forward(*numbers), container(xs), SYMBOLS[name] if case.named else "")
        derivatives = RULES[name](y.data, *numbers)

        def _backward() -> None:
            _misbehave(case.mischief, y, xs)
            for x, derivative in zip(xs, derivatives, strict=True):
                x.grad += derivative * y.grad

        y._backward = _backward
        return y

    leaves = [Node(x) for x in case.graph.leaves]
    return leaves, case.graph.build_with(leaves, call)[0]


def _misbehave(mischief: str, y: Node, xs: tuple[Node, ...]) -> None:
    if mischief == "data":
        y.data = xs[0].data = 99.0
    elif mischief == "grad":
        y.grad = 5.0
    elif mischief == "raises":
        raise ZeroDivisionError
    elif mischief == "exits":
        raise SystemExit
    elif mischief == "parents":
        y._prev = ()
    while mischief == "endless":
        pass


def _state(nodes: list[Node]) -> list[Any]:
    return [(repr(node.data), repr(node.grad), type(node._prev), set(map(id, node._prev))) for node in nodes]


def check(case: Foreign) -> None:
    leaves, root = build(case)
    nodes, todo = list(leaves), [root]
    while todo:
        node = todo.pop()
        if node not in nodes:
            nodes.append(node)
            todo += node._prev
    before = _state(nodes)
    for look in (
        lambda: draw(root, format="text", show_local_derivatives=True),
        lambda: doctor(root),
        lambda: explain(root, wrt=leaves[0]),
    ):
        _refused_or_right(look)
        assert _state(nodes) == before, "looking at a graph has changed it"
    if not math.isfinite(root.data):
        return
    step = _refused_or_right(lambda: compile(root, backend="python", lanes=False))
    if step is None or case.parents == "set" or not case.named:
        return
    expected = eager(case.graph, case.graph.leaves)
    used = {id(node) for node in nodes if node in leaves and _is_below(node, root)}
    value = step()
    assert identical([value], expected.values[:1]), f"{value}, should be {expected.values[0]}"
    for leaf, gradient in zip(leaves, expected.gradient, strict=True):
        assert id(leaf) not in used or leaf.grad == gradient, f"{leaf.grad}, should be {gradient}"


def _is_below(leaf: Node, root: Node) -> bool:
    todo, seen = [root], set()
    while todo:
        node = todo.pop()
        if node is leaf:
            return True
        if id(node) not in seen:
            seen.add(id(node))
            todo += node._prev
    return False


def _refused_or_right(function: Callable[[], Any]) -> Any:
    """A refusal says at least a sentence."""
    try:
        return function()
    except (TypeError, ValueError) as error:
        refusal = str(error)
    assert len(refusal) > 40, f"no help: {refusal}"
    return None


def simpler_foreign(case: Foreign) -> Iterator[Foreign]:
    for small in simpler(case.graph):
        if all(name in RULES and all(type(p) is int for p in parents) for name, parents in small.steps) and small.steps:
            yield case._replace(graph=small)
    for change in ({"parents": "tuple"}, {"named": True}, {"mischief": "none"}):
        if case._replace(**change) != case:
            yield case._replace(**change)


def code(case: Foreign) -> str:
    names = [f"x{i}" for i in range(len(case.graph.leaves))]
    found = [f"# nodes of another class: parents in a {case.parents}, named: {case.named}, mischief: {case.mischief}"]
    found += [f"{name} = Node({literal(x)})" for name, x in zip(names, case.graph.leaves, strict=True)]
    return "\n".join([*found, *lines(case.graph, names), f"# tests.fuzz.foreign.check({case!r})"])


FOREIGN = Campaign("foreign", make, check, code, simpler_foreign)
