"""An explanation in words and formulas: the blocks of which its report is made.

Entry point: `story_of` an `Explanation`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ..graph import Graph
from ..report import ROWS, Block, Code, Equalities, Formula, Heading, Math, Sentence, Strong, elided
from ..symbolic import symbols
from ..symbolic.notation import number_latex, number_text
from ..symbolic.symbols import CHOICE, PRODUCT, Symbol
from ..value import Value
from .paths import MANY, Factor, Path

if TYPE_CHECKING:
    from .chain_rule import Explanation

TERMS = 8  # of longer sums and products the beginning and the end are written
TIMES, PLUS, EQUALS, TO = Math(" × ", r" \cdot "), Math(" + ", " + "), Math(" = ", " = "), Math(" → ", r" \to ")
DOTS, NOTHING = Math("…", r"\cdots"), Math("", "")
ORDINALS = {1: "1st", 2: "2nd", 3: "3rd"}


def story_of(explanation: Explanation) -> Iterator[Sequence[Block]]:
    """The paragraphs: the derivative, the nodes on the paths, the paths or their merged sum, and what it means."""
    return _Story(explanation).story()


class _Story:
    def __init__(self, explanation: Explanation) -> None:
        self.it = explanation
        self.loss, self.wrt = self.name(explanation.loss), self.name(explanation.wrt)
        self.whole = self.partial(explanation.loss, explanation.wrt)

    def story(self) -> Iterator[Sequence[Block]]:
        it = self.it
        derivative = self.whole + EQUALS + self.number(it.total)
        yield [Heading("How ", self.loss, " changes with ", self.wrt, ": ", derivative)]
        if it.nodes:
            yield list(self.forward())
        if not it.nodes:
            yield [self.no_path(), *self.derivation(self.whole, [], [self.number(it.total)])]
        elif it.loss is it.wrt:
            same = "A node changes with itself one to one: no path to follow, the derivative is 1."
            yield [Sentence(same), *self.derivation(self.whole, [], [self.number(it.total)])]
        else:
            yield from self.merged() if it.merged else self.one_by_one()
            yield [self.conclusion()]

    # --- pieces of formulas ----------------------------------------------------------------------------

    def formula(self, formula: symbols.Formula | None, place: int = CHOICE) -> Math:
        digits = self.it.digits
        return Math(symbols.text(formula, place, digits), symbols.latex(formula, place, digits))

    def number(self, x: float) -> Math:
        return Math(number_text(x), number_latex(x))

    def rounded(self, x: float) -> Math:
        return Math(number_text(x, self.it.digits), number_latex(x, self.it.digits))

    def factor(self, x: float) -> Math:
        """A number as a factor or a summand."""
        written = self.rounded(x)
        return Math(f"({written.text})", f"({written.latex})") if written.text.startswith("-") else written

    def name(self, node: Value) -> Math:
        return self.formula(self.it.names[node])

    def partial(self, child: Value, parent: Value) -> Math:
        of, by = self.name(child), self.name(parent)
        return Math(f"∂{of.text}/∂{by.text}", rf"\frac{{\partial {of.latex}}}{{\partial {by.latex}}}")

    def derivative(self, edge: Factor) -> Math:
        which = [i for i, parent in enumerate(edge.child.parents) if parent is edge.parent]
        symbol = self.partial(edge.child, edge.parent)
        if len(which) == 1:
            return symbol
        i = which.index(edge.position) + 1
        return symbol + Math(f" ({ORDINALS.get(i, f'{i}th')} place)", rf"\Big|_{{{i}}}")

    def local(self, edge: Factor, place: int = CHOICE) -> Math:
        """The formula of the local derivative; where there is none, its symbol."""
        return self.derivative(edge) if edge.formula is None else self.formula(edge.formula, place)

    def delta(self, node: Value) -> Math:
        name = self.name(node)
        return Math(f"δ({name.text})", rf"\delta_{{{name.latex}}}")

    # --- the nodes -------------------------------------------------------------------------------------

    def forward(self) -> Iterator[Block]:
        """The nodes on the paths, and what they were computed with besides each other."""
        it = self.it
        nodes = [NOTHING if node is it.wrt else self.computed(node) for node in it.nodes]
        rows = [
            (self.name(node), computed, self.rounded(it.data[node]))
            for node, computed in zip(it.nodes, nodes, strict=True)
        ]
        yield Equalities(("node", "computed as", "number"), rows)
        on_paths = set(it.nodes)
        others = [node for node in it.data if node not in on_paths and isinstance(it.names[node], Symbol)]
        if others:
            numbers = [self.name(node) + EQUALS + self.rounded(it.data[node]) for node in others]
            yield Sentence("with ", *_listed(numbers, 12), indent="  ")

    def computed(self, node: Value) -> Math:
        if node.op is None:
            return NOTHING
        return self.formula(symbols.expression(node.op, [self.it.names[parent] for parent in node.parents]))

    # --- path by path ----------------------------------------------------------------------------------

    def one_by_one(self) -> Iterator[Sequence[Block]]:
        it = self.it
        if len(it.paths) == 1:
            introduction = Sentence("One path leads from ", self.wrt, " to ", self.loss, ". Its factors, from the end:")
            yield [introduction, *self.factors(it.paths[0], self.whole)]
            return
        yield [Sentence(f"{len(it.paths)} paths lead from ", self.wrt, " to ", self.loss, ".")]
        names = [Math(f"p{i}", f"p_{{{i}}}") for i in range(1, len(it.paths) + 1)]
        for i, (path, name) in enumerate(zip(it.paths, names, strict=True), 1):
            route = _joined(TO, [self.name(node) for node in path.nodes], ROWS)
            yield [Sentence(Strong(f"Path {i}:"), " ", route), *self.factors(path, name)]
        products = PLUS.join(self.factor(path.product) for path in it.paths)
        total = self.rounded(it.total)
        text = f"The sum over the paths: {products.text} = {total.text}"
        yield list(self.derivation(self.whole, [text], [PLUS.join(names), products, total]))

    def factors(self, path: Path, name: Math) -> Iterator[Block]:
        rows = []
        for edge in elided(path.edges, ROWS):
            if edge is None:
                rows.append((DOTS,) * 3)
                continue
            symbol, formula, number = self.derivative(edge), self.local(edge), self.rounded(edge.local_derivative)
            rows.append((symbol, NOTHING if formula in (symbol, number) else formula, number))
        yield Equalities(("factor", "formula", "number"), rows)
        edges = elided(path.edges, TERMS)
        symbols, formulas, numbers = (
            TIMES.join(DOTS if edge is None else write(edge) for edge in edges)
            for write in (
                self.derivative,
                lambda edge: self.local(edge, PRODUCT),
                lambda edge: self.factor(edge.local_derivative),
            )
        )
        total = self.rounded(path.product)
        text = [f"  product: {numbers.text} = {total.text}"] if len(path.edges) > 1 else []
        yield from self.derivation(name, text, [symbols, formulas, numbers, total])

    def derivation(self, name: Math, text: Iterable[str], steps: Iterable[Math]) -> Iterator[Block]:
        """`name` is equal to each of the steps; in text only what is given is written."""
        first, *others = dict.fromkeys(step.latex for step in steps)
        yield Formula(text, [f"{name.latex} &= {first}", *(f"&= {other}" for other in others)])

    # --- merged ----------------------------------------------------------------------------------------

    def merged(self) -> Iterator[Sequence[Block]]:
        ways = counted(self.it.number_of_paths)
        node, child = Math("δ(node)", r"\delta_{\text{node}}"), Math("δ(child)", r"\delta_{\text{child}}")
        gradient = Math(f"∂{self.loss.text}/∂node", rf"\partial {self.loss.latex} / \partial\,\text{{node}}")
        many = (
            f"{ways[0].upper()}{ways[1:]} lead from ",
            self.wrt,
            " to ",
            self.loss,
            ": too many to list one by one.",
        )
        at_node = (
            " Merged at every node, ",
            node + EQUALS + gradient,
            " is the sum over the edges that leave the node",
        )
        yield [Sentence(*many, *at_node, " of local derivative × ", child, ":")]
        rows = [None if node is None else self.sum_at(node) for node in elided(self.it.nodes[::-1], ROWS)]
        yield [
            Formula(
                ["  …" if row is None else f"  {row.text}" for row in rows],
                [r"&\ \,\vdots" if row is None else row.latex for row in rows],
            )
        ]

    def sum_at(self, node: Value) -> Math:
        """One step of the merged sum: Σ local derivative × δ(child) over the edges that leave the node."""
        name = self.delta(node) + Math(" = ", " &= ")
        if node is self.it.loss:
            return name + Math("1", "1")
        edges = self.it.leaving[node]
        terms = [self.local(e, PRODUCT) + Math(" × ", r" \cdot ") + self.delta(e.child) for e in edges]
        numbers = [self.factor(e.local_derivative) + TIMES + self.factor(e.upstream) for e in edges]
        total = self.rounded(self.it.upstream[node])
        return name + EQUALS.join([_joined(PLUS, terms, TERMS), _joined(PLUS, numbers, TERMS), total])

    # --- what it means ---------------------------------------------------------------------------------

    def no_path(self) -> Sentence:
        it = self.it
        loss, wrt = Code(self.loss.text), Code(self.wrt.text)
        no_path = ("No path leads from ", wrt, " to ", loss)
        reason = ": the one was not computed from the other, so it does not change with it."
        if it.loss not in Graph(it.wrt):
            return Sentence(*no_path, reason)
        return Sentence(*no_path, f"{reason} It is the other way round: ", wrt, " was computed from ", loss, ".")

    def conclusion(self) -> Sentence:
        """What this has to do with `.grad`."""
        it = self.it
        grad, total = Code(f"{self.wrt.text}.grad"), number_text(it.total)
        if it.wrt.op is None and not it.wrt.requires_grad:
            return Sentence("No backward pass writes ", grad, ", as ", Code(self.wrt.text), " is frozen.")
        if it.grad is None:
            backward = Code(f"{self.loss.text}.backward()")
            return Sentence(backward, f" will add {total} to ", grad, ", which is empty now.")
        if it.grad == it.total:
            return Sentence(grad, f" holds the same number: {number_text(it.grad)}")
        return Sentence(
            grad,
            f" holds {number_text(it.grad)}, another number: it may come from several backward passes or from another "
            "loss. ",
            Code("autograd.doctor(loss)"),
            " looks for the reason.",
        )


def counted(number_of_paths: int) -> str:
    """How many paths there are, in words."""
    if number_of_paths >= MANY:
        return "more than 10^18 paths"
    return "1 path" if number_of_paths == 1 else f"{number_of_paths:,} paths"


def _joined(sign: Math, pieces: Sequence[Math], shown: int) -> Math:
    return sign.join(DOTS if piece is None else piece for piece in elided(pieces, shown))


def _listed(pieces: Sequence[Math], shown: int) -> Iterator[Math | str]:
    """The pieces with commas between, each a formula of its own."""
    for i, piece in enumerate(elided(pieces, shown)):
        if i:
            yield ", "
        yield "…" if piece is None else piece
