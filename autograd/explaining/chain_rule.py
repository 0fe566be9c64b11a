r"""The chain rule written out for one graph: every path, every factor, in symbols and in numbers.

>>> from autograd import Value, explain
>>> x = Value(3.0, "x")
>>> print(explain(x * x + x, wrt=x))
How loss changes with x: ∂loss/∂x = 7
<BLANKLINE>
  x            = 3
  v1   = x·x   = 9
  loss = v1 + x = 12
<BLANKLINE>
...

Entry point: `Explanation`, what `explain` returns, which prints as text, as Markdown and as LaTeX.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import operations as ops
from ..graph import Graph
from ..sweeps import recorded_gradient, share
from ..symbolic.notation import number_latex, number_text
from ..symbolic.symbols import CHOICE, PRODUCT, Formula, Symbol, derivatives, expression, latex, text
from ..value import Value

COMPARISONS = (ops.less, ops.less_equal, ops.equal)
MANY = 10**18  # paths are counted up to here: in a deep graph the exact count has thousands of digits


@dataclass(frozen=True, eq=False)
class Factor:
    """One edge on the way from `wrt` to the loss: local derivative × upstream = contribution.

    Attributes: `child` was computed from `parent`, its input number `position`; `formula` of d(child)/d(parent),
    None where the rule can not be written as one; `local_derivative`, its number; `upstream` = d(loss)/d(child);
    `contribution`, what this edge adds to d(loss)/d(parent).
    """

    child: Value
    parent: Value
    position: int
    formula: Formula | None
    local_derivative: float
    upstream: float
    contribution: float


@dataclass(frozen=True, eq=False)
class Path:
    """One path, from the loss (first edge) down to `wrt` (last edge), and the product of its factors."""

    edges: tuple[Factor, ...]

    @property
    def product(self) -> float:
        """Π local derivatives, multiplied from the loss on, as the backward pass does."""
        product = 1.0
        for edge in self.edges:
            product = share(edge.child, edge.position, product)
        return product


class Explanation:
    """What `explain` found. Everything is a copy of the moment: the graph may go on changing.

    Attributes:
        graph: of the loss.
        loss, wrt: the two nodes.
        total: d(loss)/d(wrt), equal to what `loss.backward()` adds to `wrt.grad` to the last bit.
        number_of_paths: how many paths lead from `wrt` to the loss (at most 10^18 are counted).
        paths: the `Path`s, when there are not too many; their products add up to `total` but for rounding,
            because the engine adds at every node before it multiplies on.
        merged: True where there are too many paths to list.
        nodes: the nodes on the paths, parents first; `upstream`, d(loss)/d(node) for each.
        edges: the `Factor`s on the paths, in the order of the backward pass.
        grad: the number that `wrt.grad` held, None before a backward pass.
    """

    def __init__(
        self, graph: Graph, wrt: Value, *, paths: int = 12, digits: int = 6, names: Mapping[Value, str] | None = None
    ) -> None:
        self.graph, self.wrt, self.digits = graph, wrt, digits
        self.loss = loss = graph.root
        self.total = graph.adjoints.get(wrt, 0.0)
        self.nodes = _between(graph.nodes, wrt)
        self.upstream = {node: graph.adjoints[node] for node in self.nodes}
        self.names = name_nodes(loss, self.nodes or [wrt], graph.names if names is None else names)
        self.names.setdefault(loss, Symbol(loss.label or "loss"))  # where it does not depend on wrt
        self.data = {node: node.data for node in self._shown()}
        self._edges_up = self._find_edges() if self.nodes else {}
        self.edges = [edge for node in reversed(self.nodes) for edge in self._edges_up[node]]
        self.number_of_paths = self._count_paths()
        self.merged = self.number_of_paths > paths
        self.paths = [] if self.merged else list(self._walk_paths())
        self.grad = recorded_gradient(wrt)

    # --- finding -----------------------------------------------------------------------------------

    def _find_edges(self) -> dict[Value, list[Factor]]:
        on_paths, upstream = set(self.nodes), self.graph.adjoints
        formulas = {node: self._local_formulas(node) for node in self.nodes}
        found: dict[Value, list[Factor]] = {node: [] for node in self.nodes}
        for parent in self.nodes:
            for child, i in self.graph.uses(parent):
                if child not in on_paths or (child.op and i in child.op.flat):
                    continue
                local, up = child.local_derivatives[i], upstream[child]
                found[parent].append(Factor(child, parent, i, formulas[child][i], local, up, share(child, i, up)))
        return found

    def _local_formulas(self, node: Value) -> tuple[Formula | None, ...]:
        if node.op is None:
            return ()
        return derivatives(node.op, self.names[node], [self.names[parent] for parent in node.parents])

    def _count_paths(self) -> int:
        """From each node the paths upward are those of its children together."""
        counts: dict[Value, int] = {}
        for node in reversed(self.nodes):
            ways = sum(counts[edge.child] for edge in self._edges_up[node])
            counts[node] = 1 if node is self.loss else min(ways, MANY)
        return counts.get(self.wrt, 0)

    def _walk_paths(self) -> Iterator[Path]:
        """Every path, upward from `wrt`; with a stack of its own, as paths are as long as the graph is deep."""
        stack: list[tuple[Value, tuple[Any, ...]]] = [(self.wrt, ())] if self.nodes else []
        while stack:
            node, below = stack.pop()
            if node is self.loss:
                edges = []
                while below:
                    edge, below = below
                    edges.append(edge)
                yield Path(tuple(edges))
            else:
                # `below` is a linked list: paths share their beginnings.
                stack.extend((edge.child, (edge, below)) for edge in reversed(self._edges_up[node]))

    def _shown(self) -> list[Value]:
        """The nodes on the paths and what they were computed with."""
        shown = dict.fromkeys(parent for node in self.nodes if node is not self.wrt for parent in node.parents)
        return list(dict.fromkeys([*shown, *self.nodes]))

    # --- showing ------------------------------------------------------------------------------------

    def text(self) -> str:
        """The explanation in plain text."""
        return "\n".join(_Text(self).lines())

    def markdown(self) -> str:
        """The explanation in Markdown, with formulas between dollar signs."""
        return "\n".join(_Markdown(self).lines())

    def latex(self) -> str:
        """The chain rule alone, as one LaTeX formula (an `aligned` environment, no dollar signs)."""
        return _Latex(self).chain_rule()

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<explanation {self.summary()}, {self.counted()}>"

    def summary(self) -> str:
        """The derivative and its number."""
        return f"{_Text(self).partial(self.loss, self.wrt)} = {self.total!r}"

    def __bool__(self) -> bool:
        raise TypeError("an explanation is neither true nor false: ask for .total, the derivative, or .number_of_paths")

    def _repr_markdown_(self) -> str:
        return self.markdown()

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def counted(self) -> str:
        """How many paths there are, in words."""
        n = self.number_of_paths
        if n >= MANY:
            return "more than 10^18 paths"
        return "1 path" if n == 1 else f"{n:,} paths"

    def draw(self, **options: Any) -> Any:
        """The graph as a drawing with the paths highlighted; options go to `autograd.drawing.draw`.

        Each edge on a path carries *local derivative × upstream = contribution*.
        """
        from ..drawing import draw  # with the first drawing

        digits = min(self.digits, 4)  # as in the boxes
        labels = {}
        for edge in self.edges:
            factors = " × ".join(number_text(x, digits) for x in (edge.local_derivative, edge.upstream))
            labels[edge.child, edge.position] = f"{factors} = {number_text(edge.contribution, digits)}"
        # The boxes have the names that the text uses.
        names = {str(symbol): node for node, symbol in self.names.items() if isinstance(symbol, Symbol)}
        legend = "on a thick edge: local derivative × gradient of the box it leads to = contribution"
        given = {"names": names, "highlight": self.nodes, "edge_labels": labels, "legend": legend, **options}
        return draw(self.graph, **given)


def name_nodes(loss: Value, nodes: Sequence[Value], names: Mapping[Value, str]) -> dict[Value, Formula]:
    """A symbol for each of `nodes` and their parents: its label or name, or v1, v2, …; a constant is its number.

    The loss without a label is called "loss". A label that several nodes share gets a number: x, x#2. A comparison
    without a label is written out.
    """
    compared = {parent for node in nodes for parent in node.parents if parent.op in COMPARISONS and not parent.label}
    compared -= set(nodes)
    wanted = dict.fromkeys(
        each
        for node in nodes
        for each in (*(x for parent in node.parents if parent in compared for x in parent.parents), *node.parents, node)
    )
    label = {node: node.label or names.get(node, "") for node in wanted}
    labels = set(label.values())
    unused = (f"v{i}" for i in itertools.count(1) if f"v{i}" not in labels)
    seen: Counter[str] = Counter()
    symbols: dict[Value, Formula] = {}
    for node in wanted:
        if node.is_constant and not label[node]:
            symbols[node] = node.data
            continue
        if node in compared and not label[node] and node.op is not None:
            symbols[node] = expression(node.op, [symbols[parent] for parent in node.parents])
            continue
        name = label[node] or ("loss" if node is loss and "loss" not in labels else next(unused))
        seen[name] += 1
        symbols[node] = Symbol(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return symbols


def _between(order: Sequence[Value], wrt: Value) -> list[Value]:
    """The nodes on the ways that a gradient takes from the last one to `wrt`; none where there is no such way."""
    depends: set[Value] = set()
    for node in order:
        if node is wrt or any(parent in depends for parent in _varying(node)):
            depends.add(node)
    reached = {order[-1]}
    for node in reversed(order):
        if node in reached:
            reached.update(_varying(node))
    return [node for node in order if node in depends and node in reached]


def _varying(node: Value) -> Sequence[Value]:
    """The parents without those that only decide, as the condition of `where`."""
    flat = node.op.flat if node.op else ()
    return [parent for i, parent in enumerate(node.parents) if i not in flat] if flat else node.parents


# --- the three ways to write it -------------------------------------------------------------------------

ROWS = 24  # of longer lists the beginning and the end are written


class _Writing:
    """What text and LaTeX have in common; the two say how a formula, a number and a derivative are written."""

    times, equals = " × ", " = "

    def __init__(self, explanation: Explanation) -> None:
        self.it = explanation

    def formula(self, formula: Formula | None, place: int = CHOICE) -> str:
        raise NotImplementedError

    def number(self, x: float, digits: int | None = None) -> str:
        raise NotImplementedError

    def partial(self, child: Value, parent: Value) -> str:
        raise NotImplementedError

    def name(self, node: Value) -> str:
        return self.formula(self.it.names[node])

    def factor(self, x: float) -> str:
        """A number as a factor or a summand."""
        written = self.number(x, self.it.digits)
        return f"({written})" if written.startswith("-") else written

    def computed(self, node: Value) -> str:
        """How the node was computed, "" for a leaf."""
        if node.op is None or node is self.it.wrt:
            return ""
        return self.formula(expression(node.op, [self.it.names[parent] for parent in node.parents]))

    def derivative(self, edge: Factor) -> str:
        which = [i for i, parent in enumerate(edge.child.parents) if parent is edge.parent]
        symbol = self.partial(edge.child, edge.parent)
        return symbol if len(which) == 1 else self.numbered(symbol, which.index(edge.position) + 1)

    def numbered(self, symbol: str, i: int) -> str:
        raise NotImplementedError

    def local(self, edge: Factor, place: int = CHOICE) -> str:
        """The formula of the local derivative; where there is none, its symbol."""
        return self.derivative(edge) if edge.formula is None else self.formula(edge.formula, place)

    def product(self, path: Path) -> str:
        return self.times.join(_shortened([self.factor(edge.local_derivative) for edge in path.edges], "…")) or "1"

    def others(self) -> list[Value]:
        """What the nodes on the paths were computed with besides each other."""
        on_paths = set(self.it.nodes)
        return [node for node in self.it.data if node not in on_paths and isinstance(self.it.names[node], Symbol)]

    def delta(self, node: Value) -> str:
        """One step of the merged sum in numbers: Σ local × upstream over the edges that leave the node."""
        edges = self.it._edges_up[node]
        terms = [self.factor(e.local_derivative) + self.times + self.factor(e.upstream) for e in edges]
        return " + ".join(_shortened(terms, "…"))


class _Text(_Writing):
    def formula(self, formula: Formula | None, place: int = CHOICE) -> str:
        return text(formula, place, self.it.digits)

    def number(self, x: float, digits: int | None = None) -> str:
        return number_text(x, digits)

    def partial(self, child: Value, parent: Value) -> str:
        return f"∂{self.name(child)}/∂{self.name(parent)}"

    def numbered(self, symbol: str, i: int) -> str:
        return f"{symbol} ({_ORDINALS.get(i, f'{i}th')} place)"

    def lines(self) -> Iterator[str]:
        it = self.it
        whole = self.partial(it.loss, it.wrt)
        yield f"How {self.name(it.loss)} changes with {self.name(it.wrt)}: {whole} = {self.number(it.total)}"
        yield ""
        if not it.nodes:
            yield _no_path(self)
            return
        yield from self.forward()
        yield ""
        if it.loss is it.wrt:
            yield "A node changes with itself one to one: no path to follow, the derivative is 1."
            return
        yield from self.merged() if it.merged else self.one_by_one()
        yield ""
        yield self.conclusion()

    def forward(self) -> Iterator[str]:
        rows = [(self.name(n), self.computed(n), self.number(n_data, self.it.digits)) for n, n_data in self.on_paths()]
        names, computed = (max(len(row[i]) for row in rows) for i in (0, 1))
        written = [
            f"  {name:{names}} {'=' if how else ' '} {how:{computed}} = {data}"
            if computed
            else f"  {name:{names}} = {data}"
            for name, how, data in rows
        ]
        yield from _shortened(written, "  …", ROWS)
        others = [f"{self.name(node)} = {self.number(self.it.data[node], self.it.digits)}" for node in self.others()]
        if others:
            yield f"  with {', '.join(_shortened(others, '…', 12))}"

    def on_paths(self) -> list[tuple[Value, float]]:
        return [(node, self.it.data[node]) for node in self.it.nodes]

    def one_by_one(self) -> Iterator[str]:
        it = self.it
        if len(it.paths) == 1:
            yield f"One path leads from {self.name(it.wrt)} to {self.name(it.loss)}. Its factors, from the end:"
        else:
            yield f"{len(it.paths)} paths lead from {self.name(it.wrt)} to {self.name(it.loss)}."
        for i, path in enumerate(it.paths, 1):
            if len(it.paths) > 1:
                yield ""
                yield f"Path {i}: {self.route(path)}"
            yield from self.factors(path)
        if len(it.paths) > 1:
            yield ""
            summands = " + ".join(self.factor(path.product) for path in it.paths)
            yield f"The sum over the paths: {summands} = {self.number(it.total, it.digits)}"

    def route(self, path: Path) -> str:
        names = [self.name(edge.parent) for edge in reversed(path.edges)] + [self.name(self.it.loss)]
        return " → ".join(_shortened(names, "…", ROWS))

    def factors(self, path: Path) -> Iterator[str]:
        rows = [
            (self.derivative(e), self.local(e), self.number(e.local_derivative, self.it.digits)) for e in path.edges
        ]
        symbols, formulas = (max(len(row[i]) for row in rows) for i in (0, 1))
        written = [
            f"  {symbol:{symbols}} = {formula:{formulas}} = {number}"
            if formula not in (number, symbol)
            else f"  {symbol:{symbols}} = {number}"
            for symbol, formula, number in rows
        ]
        yield from _shortened(written, "  …", ROWS)
        if len(path.edges) > 1:
            yield f"  product: {self.product(path)} = {self.number(path.product, self.it.digits)}"

    def merged(self) -> Iterator[str]:
        it, loss = self.it, self.name(self.it.loss)
        yield f"{_capital(it.counted())} lead from {self.name(it.wrt)} to {loss}: too many to list one by one."
        yield f"Merged at every node, δ(node) = ∂{loss}/∂node is the sum over the edges that leave the node of"
        yield "local derivative × δ(child):"
        yield ""
        yield from _shortened([f"  {row}" for row in self.deltas()], "  …", ROWS)

    def deltas(self) -> Iterator[str]:
        for node in reversed(self.it.nodes):
            if node is self.it.loss:
                yield f"δ({self.name(node)}) = 1"
                continue
            edges = self.it._edges_up[node]
            symbols = " + ".join(_shortened([f"{self.local(e, PRODUCT)}·δ({self.name(e.child)})" for e in edges], "…"))
            total = self.number(self.it.upstream[node], self.it.digits)
            yield f"δ({self.name(node)}) = {symbols} = {self.delta(node)} = {total}"

    def conclusion(self, mark: str = "") -> str:
        """What this has to do with `.grad`; `mark` stands around code."""
        it = self.it
        grad = f"{mark}{self.name(it.wrt)}.grad{mark}"
        if it.wrt.op is None and not it.wrt.requires_grad:
            return f"No backward pass writes {grad}, as {mark}{self.name(it.wrt)}{mark} is frozen."
        if it.grad is None:
            backward = f"{mark}{self.name(it.loss)}.backward(){mark}"
            return f"{backward} will add {self.number(it.total)} to {grad}, which is empty now."
        if it.grad == it.total:
            return f"{grad} holds the same number: {self.number(it.grad)}"
        return (
            f"{grad} holds {self.number(it.grad)}, another number: it may come from several backward passes or "
            f"from another loss. {mark}autograd.doctor(loss){mark} looks for the reason."
        )


class _Latex(_Writing):
    times = r" \cdot "

    def formula(self, formula: Formula | None, place: int = CHOICE) -> str:
        return latex(formula, place, self.it.digits)

    def number(self, x: float, digits: int | None = None) -> str:
        return number_latex(x, digits)

    def partial(self, child: Value, parent: Value) -> str:
        return rf"\frac{{\partial {self.name(child)}}}{{\partial {self.name(parent)}}}"

    def numbered(self, symbol: str, i: int) -> str:
        return rf"{symbol}\Big|_{{{i}}}"

    def chain_rule(self) -> str:
        it = self.it
        whole = self.partial(it.loss, it.wrt)
        if it.merged:
            rows = self.deltas()
        elif not it.edges:
            rows = [f"{whole} &= {self.number(it.total)}"]
        elif len(it.paths) == 1:
            rows = self.path_rows(whole, it.paths[0])
        else:
            rows = []
            for i, path in enumerate(it.paths, 1):
                rows += self.path_rows(f"p_{{{i}}}", path)
            names = " + ".join(f"p_{{{i}}}" for i in range(1, len(it.paths) + 1))
            numbers = " + ".join(self.factor(path.product) for path in it.paths)
            rows += [f"{whole} &= {names}", f"&= {numbers}", f"&= {self.number(it.total, it.digits)}"]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def path_rows(self, name: str, path: Path) -> list[str]:
        symbols = self.times.join(_shortened([self.derivative(e) for e in path.edges], r"\cdots"))
        formulas = self.times.join(_shortened([self.local(e, PRODUCT) for e in path.edges], r"\cdots"))
        numbers = self.product(path).replace("…", r"\cdots")
        rows = dict.fromkeys([symbols, formulas, numbers, self.number(path.product, self.it.digits)])
        return [f"{name} &= {next(iter(rows))}", *(f"&= {row}" for row in list(rows)[1:])]

    def deltas(self) -> list[str]:
        rows = []
        for node in reversed(self.it.nodes):
            if node is self.it.loss:
                rows.append(rf"\delta_{{{self.name(node)}}} &= 1")
                continue
            edges = self.it._edges_up[node]
            symbols = [rf"{self.local(e, PRODUCT)} \cdot \delta_{{{self.name(e.child)}}}" for e in edges]
            total = self.number(self.it.upstream[node], self.it.digits)
            rows.append(
                rf"\delta_{{{self.name(node)}}} &= {' + '.join(_shortened(symbols, chr(92) + 'cdots'))} "
                f"= {self.delta(node)} = {total}".replace("…", r"\cdots")
            )
        return _shortened(rows, r"&\ \,\vdots", ROWS)


class _Markdown(_Latex):
    def lines(self) -> Iterator[str]:
        it, words = self.it, _Text(self.it)
        whole = self.partial(it.loss, it.wrt)
        yield f"**How ${self.name(it.loss)}$ changes with ${self.name(it.wrt)}$:** ${whole} = {self.number(it.total)}$"
        yield ""
        if not it.nodes:
            yield _no_path(words, "`")
            return
        yield from self.table(("node", "computed as", "number"), self.forward())
        others = [f"${self.name(node)} = {self.number(it.data[node], it.digits)}$" for node in self.others()]
        if others:
            yield f"with {', '.join(_shortened(others, '…', 12))}"
            yield ""
        if it.loss is not it.wrt:
            yield from self.merged() if it.merged else self.one_by_one()
            yield words.conclusion("`")

    def forward(self) -> list[tuple[str, ...]]:
        return [
            (self.name(node), self.computed(node), self.number(self.it.data[node], self.it.digits))
            for node in self.it.nodes
        ]

    def one_by_one(self) -> Iterator[str]:
        it = self.it
        for i, path in enumerate(it.paths, 1):
            names = [self.name(edge.parent) for edge in reversed(path.edges)] + [self.name(it.loss)]
            route = r" \to ".join(_shortened(names, r"\cdots", ROWS))
            yield f"**{'The only path' if len(it.paths) == 1 else f'Path {i} of {len(it.paths)}'}:** ${route}$"
            yield ""
            rows = [(self.derivative(e), self.local(e), self.number(e.local_derivative, it.digits)) for e in path.edges]
            yield from self.table(("factor", "formula", "number"), rows)
        yield f"$$\n{self.chain_rule()}\n$$"
        yield ""

    def merged(self) -> Iterator[str]:
        it, loss = self.it, self.name(self.it.loss)
        yield (
            f"{_capital(it.counted())} lead from ${self.name(it.wrt)}$ to ${loss}$: too many to list one by one. "
            rf"Merged at every node, $\delta_{{\text{{node}}}} = \partial {loss} / \partial\,\text{{node}}$ is the sum "
            r"over the edges that leave the node of local derivative × $\delta_{\text{child}}$:"
        )
        yield ""
        yield f"$$\n{self.chain_rule()}\n$$"
        yield ""

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
        yield f"| {' | '.join(head)} |"
        yield "|" + " --- |" * len(head)
        # A bar would end the cell, even inside a formula.
        cells = [[f"${cell.replace('|', chr(92) + 'vert ')}$" if cell else "" for cell in row] for row in rows]
        yield from _shortened([f"| {' | '.join(row)} |" for row in cells], "|" + " … |" * len(head), ROWS)
        yield ""


_ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}


def _no_path(writing: _Text, mark: str = "") -> str:
    it = writing.it
    loss, wrt = (f"{mark}{writing.name(node)}{mark}" for node in (it.loss, it.wrt))
    reverse = ""
    if it.loss in Graph(it.wrt):
        reverse = f" It is the other way round: {wrt} was computed from {loss}."
    return (
        f"No path leads from {wrt} to {loss}: the one was not computed from the other, so it does not change with "
        f"it.{reverse}"
    )


def _shortened(rows: Sequence[str], dots: str, shown: int = 8) -> list[str]:
    """All rows, or the beginning and the end with dots between."""
    if len(rows) <= shown:
        return list(rows)
    head = shown * 2 // 3
    return [*rows[:head], dots, *rows[head - shown :]]


def _capital(sentence: str) -> str:
    return sentence[0].upper() + sentence[1:]
