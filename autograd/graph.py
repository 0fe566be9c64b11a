r"""The computation graph as an object: its nodes in order, its edges, its names, what a backward pass would give.

>>> from autograd import Graph, Value
>>> w, x = Value(2.0, "w"), Value(-3.0, "x")
>>> graph = Graph((w * x + 1).tanh())
>>> graph
<Graph of 6 nodes: 2 leaves, 1 constant, depth 3; *, +, tanh>
>>> [graph.name_of(node) or node.op.symbol for node in graph.nodes if not node.is_constant]
['w', 'x', '*', '+', 'tanh']
>>> print(f"{graph.adjoints[w]:.3e}", w.grad)
-5.447e-04 0

Pictures, explanations, checks and compiled code are functions of a `Graph`. Names of variables are found when it is
made, everything else when you first ask for it, and then it stays as it is: a Graph is a snapshot, except for the
nodes themselves, whose `.data` and `.grad` may go on changing. To see the graph after such changes, make a new one.

Entry points: `Graph`; `as_graph`, through which every function takes "a Value or a Graph".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

from . import exchange
from .interop import Reading, is_node, why_no_node
from .interop.names import Found, Names, checked, find_names, frame_of_variables
from .sweeps import adjoints, topological_order
from .value import Value


class Edge(NamedTuple):
    """`child` was computed from `parent`, its input number `position`; `local_derivative` is d(child)/d(parent)."""

    parent: Value
    child: Value
    position: int
    local_derivative: float


class Graph:
    """The computation graph of one result, or of several.

    Args:
        value: the results: Values, or a list of them; or nodes of other classes, see `autograd.adapt`.
        names: names for nodes without a label, instead of those of the variables that hold them: a mapping from name to
            Value, or pairs, as `model.named_parameters()`.
        modules: by name the objects whose parameters belong together, as `{"model": model}`; by default those in the
            variables of the calling code.

    Attributes:
        roots: the results.
        nodes: all nodes they were computed from, and themselves, each after its parents.
        leaves: the nodes without parents, constants left out; `parameters`, those of them that are not frozen;
            `constants`, the numbers that stood in expressions.
        edges: an `Edge` for each parent of each node, in the order of the nodes; `x * x` has two.
        adjoints: for each node d(root)/d(node), what `root.backward()` would write into a `.grad` that was zero, to
            the last bit; for several roots, the derivative of their sum.
        recomputed: for each node the number that follows from what the leaves hold now.
        depth: the number of edges on the longest path from a leaf to a root.
        counts: how often each operation occurs, by its name.
        names: for each node that has one, its name: its label, or the one that `names` or a variable gives it.
        modules: for each module found, by its name, pairs (name of a parameter, parameter).

    `len(graph)`, `for node in graph` and `node in graph` work. In a notebook it shows itself as a drawing.

    Raises TypeError if a root is not a node.
    """

    def __init__(self, *value: Any, names: Names = None, modules: Mapping[str, Any] | None = None) -> None:
        if len(value) == 1 and isinstance(value[0], (list, tuple)):
            value = tuple(value[0])
        _check_nodes("Graph", value, "Values, or a list of them")
        self._take(value, names, modules)
        self._find_names()  # at once: later another function may ask for them, which has other variables

    def _take(self, value: Sequence[Any], names: Names, modules: Mapping[str, Any] | None) -> Graph:
        reading = Reading()  # of nodes of other classes, as Values
        self.__dict__.update(given=tuple(value), reading=reading, _names_given=names, _modules_given=modules)
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (self.given, self._names_given, self._modules_given)  # what was found is found again

    given: tuple[Any, ...]
    reading: Reading
    _names_given: Names
    _modules_given: Mapping[str, Any] | None

    def __setattr__(self, name: str, x: Any) -> None:
        raise AttributeError(f"a Graph does not change, so its {name!r} cannot be set: make a new one, Graph(value)")

    # --- the nodes ------------------------------------------------------------------------------------------------

    @cached_property
    def roots(self) -> tuple[Value, ...]:
        return tuple(self.reading.values(self.given))

    @property
    def root(self) -> Value:
        """The result, where there is one."""
        if len(self.roots) == 1:
            return self.roots[0]
        raise ValueError(
            f"this graph has {len(self.roots)} roots, where one is needed: add them up, or take one of them"
        )

    @cached_property
    def nodes(self) -> tuple[Value, ...]:
        return tuple(topological_order(*self.roots))

    @cached_property
    def leaves(self) -> tuple[Value, ...]:
        return tuple(node for node in self.nodes if node.op is None and not node.is_constant)

    @property
    def parameters(self) -> tuple[Value, ...]:
        return tuple(leaf for leaf in self.leaves if leaf.requires_grad)

    @property
    def constants(self) -> tuple[Value, ...]:
        return tuple(node for node in self.nodes if node.is_constant)

    @cached_property
    def number(self) -> Mapping[Value, int]:
        """The place of each node in `nodes`."""
        return MappingProxyType({node: i for i, node in enumerate(self.nodes)})

    @cached_property
    def parent_numbers(self) -> tuple[tuple[int, ...], ...]:
        """For each node the places of its parents in `nodes`."""
        number = self.number
        return tuple(tuple([number[parent] for parent in node.parents]) for node in self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def __iter__(self) -> Iterator[Value]:
        return iter(self.nodes)

    def __contains__(self, node: object) -> bool:
        return self.reading.known(node) in self.number

    # --- the edges ------------------------------------------------------------------------------------------------

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        return tuple(
            Edge(parent, child, position, derivative)
            for child in self.nodes
            for position, (parent, derivative) in enumerate(zip(child.parents, child.local_derivatives, strict=True))
        )

    @cached_property
    def _uses(self) -> dict[Value, list[tuple[Value, int]]]:
        uses: dict[Value, list[tuple[Value, int]]] = {node: [] for node in self.nodes}
        for child in reversed(self.nodes):
            for position, parent in enumerate(child.parents):
                uses[parent].append((child, position))
        return uses

    def uses(self, node: Value) -> Sequence[tuple[Value, int]]:
        """The edges from a node to its children, as pairs (child, which parent of it the node is).

        They come in the order in which `backward()` takes them, so that sums over them round alike. `x * x` uses
        x twice.
        """
        return self._uses[self._inside(node)]

    def children(self, node: Value) -> list[Value]:
        """The nodes that were computed from this one, each once, in the order of computation.

        >>> x = Value(3.0, "x")
        >>> y = x * x + x
        >>> [child.op.symbol for child in Graph(y).children(x)]
        ['*', '+']
        """
        return list(dict.fromkeys(child for child, _ in reversed(self.uses(node))))

    def _inside(self, node: Any) -> Value:
        value = self.reading.known(node)
        if value is None or value not in self.number:
            raise KeyError(f"{node!r:.60} is not a node of this graph")
        return value

    @cached_property
    def depth(self) -> int:
        below: dict[Value, int] = {}
        for node in self.nodes:
            below[node] = max((below[parent] + 1 for parent in node.parents), default=0)
        return max(below[root] for root in self.roots)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        return MappingProxyType(Counter(node.op.name for node in self.nodes if node.op is not None))

    # --- the chain rule, read-only --------------------------------------------------------------------------------

    @cached_property
    def adjoints(self) -> Mapping[Value, float]:
        return MappingProxyType(adjoints(self.nodes, self.roots))

    @property
    def recomputed(self) -> Mapping[Value, float]:
        """See the class. Computed each time, as leaves change; ValueError for an operation that is not known."""
        numbers: dict[Value, float] = {}
        for node in self.nodes:
            if node.op is None:
                numbers[node] = node.data
            else:
                numbers[node] = node.op.forward(*[numbers[parent] for parent in node.parents])
        return MappingProxyType(numbers)

    # --- names ----------------------------------------------------------------------------------------------------

    def _find_names(self) -> Found:
        if "_found" not in self.__dict__:
            self.__dict__["_found"] = self._search(self.nodes)
        found: Found = self.__dict__["_found"]
        return found

    def _search(self, nodes: Collection[Value]) -> Found:
        given = {node: name for name, node in checked(self.reading.named(self._names_given)).items()}
        found = find_names(frame_of_variables(), nodes, self._modules_given, self.reading.known)
        return found._replace(names={**found.names, **given})

    @property
    def names(self) -> Mapping[Value, str]:
        labels = {node: node.label for node in self.nodes if node.label}
        return MappingProxyType({**self._find_names().names, **labels})

    def names_of(self, nodes: Collection[Value]) -> dict[Value, str]:
        """The names of some nodes, even of nodes outside the graph; the rest of a large graph is not searched."""
        known: dict[Value, str] = self.__dict__["_found"].names if "_found" in self.__dict__ else {}
        others = nodes if not known else [node for node in nodes if node not in self.number]
        labels = {node: node.label for node in nodes if node.label}
        return {**known, **(self._search(others).names if others else {}), **labels}

    @property
    def modules(self) -> Mapping[str, list[tuple[str, Value]]]:
        return self._find_names().modules

    def name_of(self, node: Value) -> str:
        """The name of a node, "" if it has none."""
        value = self._inside(node)
        return value.label or self._find_names().names.get(value, "")

    def find(self, name: str) -> Value:
        """The node of this name; KeyError, with similar names, if there is none.

        >>> weights = [Value(1.0), Value(2.0)]
        >>> Graph(weights[0] * weights[1]).find("weights[1]")
        Value(data=2, grad=0)
        """
        names, named = self.names, dict[str, Value]()  # all names, once: they are gathered whenever one asks for them
        for node in self.nodes:
            called = names.get(node)
            if called:
                named.setdefault(called, node)
        if name in named:
            return named[name]
        near = get_close_matches(str(name), named, 5, 0.5) or list(named)[:5]
        there = f"; there are {', '.join(near)}" if near else ""
        raise KeyError(f"no node of this graph is called {name!r}{there}")

    # --- how it shows itself: `drawing` stands above this file, and is imported when something is drawn ---------------

    def __repr__(self) -> str:
        kinds = [_counted(len(self.leaves), "leaf", "leaves"), _counted(len(self.constants), "constant", "constants")]
        symbols = dict.fromkeys(node.op.symbol for node in reversed(self.nodes) if node.op is not None)
        operations = ", ".join([*list(symbols)[:6][::-1], *(["…"] if len(symbols) > 6 else [])])
        parts = [", ".join([kind for kind in kinds if kind] + [f"depth {self.depth:,}"]), operations]
        return f"<Graph of {_counted(len(self), 'node', 'nodes')}: {'; '.join(part for part in parts if part)}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> Any:
        from .drawing import draw

        try:
            return draw(self)._repr_mimebundle_(include, exclude)
        except (ImportError, RuntimeError, ValueError) as error:  # no Graphviz, or too large to draw
            return {"text/plain": f"{self!r}\n({error})"}

    # --- for other programs -----------------------------------------------------------------------------------------

    def to_json(self) -> str:
        """The graph as JSON, in the format that `exchange.py` describes; `from_json` brings it back to the bit."""
        return exchange.to_json(self)

    @classmethod
    def from_json(cls, text: str) -> Graph:
        """The graph that `to_json` wrote, of new nodes: numbers, gradients, local derivatives, labels and names.

        A gradient that was itself a node comes back as its number. Raises ValueError for a text that is not such a
        graph, and for an operation that is not in the table.

        >>> x = Value(3.0, "x")
        >>> graph = Graph.from_json(Graph(x * x).to_json())
        >>> graph.find("x"), graph.root.data
        (Value(data=3, grad=0, label='x'), 9.0)
        """
        roots, names = exchange.from_json(text)
        return cls(*roots, names=names)

    def to_networkx(self) -> Any:
        """The graph as a `networkx.MultiDiGraph`: nodes 0, 1, … in topological order, edges from parent to child.

        Nodes have the attributes name, op ("" of a leaf), data, grad (where a backward pass has come) and constant; an
        edge has its position among the inputs as its key, and the attribute local_derivative.
        """
        return exchange.to_networkx(self)

    def to_dot(self) -> str:
        """The graph in DOT, Graphviz's language: `draw(graph, format="dot")`."""
        from .drawing import draw

        source: str = draw(self, format="dot")
        return source


def _remade(given: tuple[Any, ...], names: Names, modules: Mapping[str, Any] | None) -> Graph:
    return Graph(*given, names=names, modules=modules)


def as_graph(
    caller: str,
    value: Any,
    names: Names = None,
    modules: Mapping[str, Any] | None = None,
    wanted: str = "a Value, a list of Values or a Graph",
) -> Graph:
    """What `caller` was given, as a Graph: that of a Value or of a list of Values; a Graph itself, or with other names.

    Raises TypeError, which says what the caller takes, where it was given something else.
    """
    if isinstance(value, Graph):
        if names is None and modules is None:
            return value
        value = value.given
    nodes = value if isinstance(value, (list, tuple)) else [value]
    _check_nodes(caller, nodes, wanted)
    return object.__new__(Graph)._take(nodes, names, modules)  # with names when they are asked for


def _check_nodes(caller: str, nodes: Sequence[Any], wanted: str) -> None:
    wrong = [x for x in nodes if not is_node(x)]
    if wrong or not nodes:
        got = f"got {type(wrong[0]).__name__} {repr(wrong[0])[:60]}" if wrong else f"got {_nothing(nodes)}"
        raise TypeError(
            f"{caller} takes {wanted}, the results of a computation; {got}. Write for example: x = Value(2.0); "
            f"{caller}(x * x){why_no_node(wrong[0]) if wrong else ''}"
        )


def _nothing(nodes: Sequence[Any]) -> str:
    return "an empty list" if isinstance(nodes, list) else "nothing"


def _counted(n: int, one: str, many: str) -> str:
    return f"{n:,} {one if n == 1 else many}" if n else ""
