r"""Checking gradients: the analytic derivative beside the numerical one.

    analytic     what the chain rule gives: one backward sweep
    numerical    what happens when one number is moved a little: (f(x+h) - f(x-h)) / 2h

They come from different sources, the rules on one side and only the function's values on the other, so a mistake
in a rule shows. `gradcheck` compares them for a function of its arguments, or for a loss and its parameters;
`gradcheck_nodes` does it for every operation of a graph by itself, and so finds the rule that is to blame.

Entry points: `gradcheck`, `gradcheck_nodes`; both return a `GradientCheck`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..graph import Graph, as_graph
from ..interop import ForeignOperation
from ..linearize import linearize, pull_back
from ..modes import recording
from ..operations import number
from ..report import Block, Part, Report, Sentence, Strong, Table
from ..transforms.pytree import described
from ..value import Value
from .differences import Difference, moving
from .problems import OfArguments, OfForeignNodes, OfParameters, Problem, foreign_among, named_parameters, number_of

METHODS = ("central", "richardson")
ROWS_SHOWN = 60


class WrongGradientError(AssertionError):
    """An analytic derivative differs from the numerical one."""


@dataclass(frozen=True)
class Row:
    """One comparison. `verdict` is "ok", "wrong", or "kink" where there is no derivative to compare with.

    Its truth is that it is not wrong.
    """

    name: str
    analytic: float
    numerical: float
    verdict: str
    note: str = ""
    node: Value | None = field(default=None, repr=False)  # of `gradcheck_nodes`: the operation's result

    @property
    def error(self) -> float:
        """|analytic - numerical| / the larger of the two; 0 where both are 0, inf where one is not finite."""
        difference = abs(self.analytic - self.numerical)
        if not math.isfinite(difference):
            return math.inf
        return difference / max(abs(self.analytic), abs(self.numerical)) if difference else 0.0

    def __bool__(self) -> bool:
        return self.verdict != "wrong"


class GradientCheck(Report, Sequence[Row]):
    """The result of a check: a sequence of rows that prints as a table.

    Attributes: `rows`; `ok`, whether no row is wrong; `wrong`, the rows that are; `culprits`, the names of the
    operations whose rule is wrong, as far as a wrong gradient led to them.

    Its truth is `ok`, so a test may say `assert gradcheck(f, 2.0)`.
    """

    noun = "gradient check"

    def __init__(self, rows: Sequence[Row], culprits: Sequence[str] = ()) -> None:
        self.rows = list(rows)
        self.culprits = list(culprits)

    @property
    def wrong(self) -> list[Row]:
        return [row for row in self.rows if row.verdict == "wrong"]

    @property
    def ok(self) -> bool:
        return not self.wrong

    def __bool__(self) -> bool:
        return self.ok

    def raise_if_wrong(self) -> None:
        """Raise `WrongGradientError`, which shows the wrong rows and names the rule, unless all is well."""
        if not self.ok:
            raise WrongGradientError("\n".join([self.summary, *_table(self._most_wrong(self.wrong)).lines()]))

    @property
    def summary(self) -> str:
        """One sentence."""
        kinks = sum(row.verdict == "kink" for row in self.rows)
        beside = f"; at {kinks} there is none" if kinks else ""
        if self.ok:
            return f"{len(self.rows) - kinks} of {len(self.rows)} derivatives agree{beside}"
        blame = f": the derivative rule of {', '.join(self.culprits)} is wrong" if self.culprits else ""
        are = "is" if len(self.wrong) == 1 else "are"
        return f"{len(self.wrong)} of {len(self.rows)} derivatives {are} wrong{beside}{blame}"

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: Any) -> Any:
        """A row by its number or its name, or several by a slice."""
        if not isinstance(key, str):
            return self.rows[key]
        for row in self.rows:
            if row.name == key:
                return row
        raise KeyError(f"no row is called {key!r}; there are {', '.join(row.name for row in self.rows[:5])}, …")

    def story(self) -> Iterator[Sequence[Block]]:
        shown = self._most_wrong(self.rows)
        left_out = len(self) - len(shown)
        more = [Sentence(f"… and {left_out} more with smaller errors")] if left_out else []
        yield [_table(shown), *more, Sentence(self.summary)]

    def _most_wrong(self, rows: list[Row]) -> list[Row]:
        """The rows to show: all of them, or of too many the most suspicious."""
        if len(rows) <= ROWS_SHOWN:
            return rows
        return sorted(rows, key=lambda row: (row.verdict != "wrong", -row.error))[:ROWS_SHOWN]


def gradcheck(
    f: Callable[..., Any],
    *args: Any,
    parameters: Any = None,
    argnums: int | Sequence[int] | None = None,
    analytic: Mapping[str, float] | None = None,
    step: float | None = None,
    method: str = "central",
    tolerance: float = 1e-5,
) -> GradientCheck:
    r"""Compare the derivatives of f with differences of f:  ∂f/∂x  with  (f(x+h) - f(x-h)) / 2h.

    Args:
        f: returns one number. Without `parameters` it is differentiated by its arguments `args`: numbers, or
            lists, tuples, dicts and NumPy arrays of them. Nodes of another class, as in gradcheck(f, MyValue(2.0)),
            check that class: what its `backward()` leaves in their gradients; see `autograd.adapt`.
        parameters: Values that f uses, as a dict from names, a list, or a module: then f(*args) is the loss,
            and is differentiated by them. Their numbers are moved and put back, also if f raises.
        argnums: by which of `args` to differentiate; all of them if None.
        analytic: derivatives to check instead of those of the engine, by name: your own backpropagation.
        step: h. Without it, 2^-17 ≈ 8e-6 for "central" and 2^-10 ≈ 1e-3 for "richardson", times |x| where
            that is more than 1.
        method: "central", with an error of order h²; or "richardson", which combines the steps h and h/2 to an
            error of order h⁴.
        tolerance: how large the relative error may be.

    Returns a `GradientCheck`. Raises TypeError if f does not return one number, ValueError if f gives two results
    for one input, or has none.

    >>> print(gradcheck(lambda x, y: x * y**2, 2.0, 3.0))
    name  analytic        numerical       relative error  verdict
    x      9.00000000e+00  9.00000000e+00...              ok
    y      1.20000000e+01  1.20000000e+01...              ok
    2 of 2 derivatives agree
    >>> gradcheck(lambda x: x.relu(), 0.0)["x"].note
    'no derivative here: slope 0 to the left, 1 to the right'
    """
    _check_options(step, method, tolerance)
    if not callable(f):
        raise TypeError(
            f"gradcheck takes a function, got {described(f)}: write gradcheck(f, 2.0), where f computes it; the rules "
            "in a graph that is there already are checked by gradcheck_nodes(loss)"
        )
    problem = _problem(f, args, argnums, parameters)
    derivatives, root = _analytic(problem, analytic)
    center = problem.at(0, problem.numbers[0])
    if not _same(center, again := problem.at(0, problem.numbers[0])):
        raise ValueError(
            f"the function gives {center!r} and then {again!r} for the same input, so a difference says nothing: take "
            "randomness out of it (seed it anew in each call), and whatever it changes"
        )
    rows = []
    for i, (name, x, derivative) in enumerate(zip(problem.names, problem.numbers, derivatives, strict=True)):
        difference = Difference(lambda moved, i=i: problem.at(i, moved), x, center)  # type: ignore[misc]
        rows.append(Row(name, derivative, *difference.judge(derivative, step, method, tolerance)))
    result = GradientCheck(rows)
    if not result.ok and analytic is None:
        result.culprits = gradcheck_nodes(root, tolerance=tolerance).culprits
    return result


def _problem(f: Callable[..., Any], args: tuple[Any, ...], argnums: Any, parameters: Any) -> Problem:
    """What is to be checked: a function of its arguments or of parameters, of ours or of another class."""
    problem: Problem
    if parameters is None:
        problem = OfArguments(f, args, argnums) if not foreign_among(args) else OfForeignNodes(f, args, argnums)
    else:
        named = list(named_parameters(parameters))
        foreign = foreign_among([parameter for _, parameter in named])
        problem = OfForeignNodes(f, args, None, named) if foreign else OfParameters(f, args, named)
    if not problem.numbers:
        where = "the arguments of f hold" if parameters is None else "`parameters` holds"
        raise ValueError(f"nothing to check: {where} no number to differentiate by")
    return problem


def gradcheck_nodes(*roots: Any, tolerance: float = 1e-5) -> GradientCheck:
    r"""Check every local derivative of a graph by itself: d(node)/d(parent) with a difference of its forward function.

    The recorded derivative of each node is compared at the numbers of its parents, so a wrong rule is found where
    it stands, not where its effect shows. `culprits` of the result names the operations.

    `roots` are Values, or one Graph. Of a third-party class (see `autograd.adapt`) the gradients are compared, too, if
    its
    backward pass has come: with the chain rule, where a wrong derivative is replaced by the slope measured here.

    >>> from autograd import operation
    >>> bad_cube = operation("bad_cube", "cube", lambda x: x**3, lambda y, x: (2.0 * x * x,))  # should be 3
    >>> gradcheck_nodes(bad_cube(Value(0.5, "x")).tanh()).culprits
    ['bad_cube']
    """
    graph = roots[0] if len(roots) == 1 and isinstance(roots[0], Graph) else as_graph("gradcheck_nodes", roots)
    rows = []
    for node in graph:
        if node.op is None or isinstance(node.op, ForeignOperation):
            continue
        xs = [parent.data for parent in node.parents]
        center = node.op.forward(*xs)
        for i, (parent, derivative) in enumerate(zip(node.parents, node.local_derivatives, strict=True)):
            if not parent.is_constant:
                difference = Difference(moving(node.op, xs, i), xs[i], center)
                verdict = difference.judge(derivative, None, "central", tolerance)
                rows.append(Row(f"{_name(node)} by {_name(parent)}", derivative, *verdict, node))
    culprits = list(dict.fromkeys(_operation(row) for row in rows if row.verdict == "wrong"))
    if len(graph.roots) == 1 and graph.reading.foreign(graph.root) is not None:
        rows += _gradient_rows(graph, rows, tolerance)
    return GradientCheck(rows, culprits)


def _analytic(problem: Problem, given: Mapping[str, float] | None) -> tuple[list[float], Value]:
    """The derivatives by the numbers of the problem, and the node that f returned."""
    with recording():
        result, inputs = problem.run()
    number_of(result)
    root = result if isinstance(result, Value) else Value(result)
    if given is not None:
        missing = [name for name in problem.names if name not in given]
        if missing:
            raise ValueError(
                f"`analytic` lacks a derivative for {', '.join(missing[:5])}; its names are those of the rows"
            )
        return [number(given[name]) for name in problem.names], root
    if isinstance(problem, OfForeignNodes):
        own = problem.reading.own_gradients(root, inputs)
        if own is not None:
            return own, root
    adjoints = pull_back(linearize([root], inputs, as_nodes=False), [(root, 1.0)])
    return [number(adjoints.get(x, 0.0)) for x in inputs], root


def _gradient_rows(graph: Graph, rows: Sequence[Row], tolerance: float) -> Iterator[Row]:
    """The gradients that a third-party class has recorded, beside the chain rule.

    Its factors are the local derivatives, and where `rows` found one wrong, the slope that was measured there.
    """
    root, order, reading = graph.root, graph.nodes, graph.reading
    if not root.grad:  # no backward pass has come to this result
        return
    measured = iter(rows)
    expected = dict.fromkeys(order, 0.0)
    size = dict.fromkeys(order, 0.0)  # of the contributions: where they cancel, rounding stays
    expected[root] = size[root] = 1.0
    factors: dict[Value, list[float]] = {}
    for node in order:
        factors[node] = list(node.local_derivatives)
        if node.op is not None and not isinstance(node.op, ForeignOperation):
            for i, parent in enumerate(node.parents):
                if not parent.is_constant and (row := next(measured)).verdict == "wrong":
                    factors[node][i] = row.numerical
    for node in reversed(order):
        for parent, factor in zip(node.parents, factors[node], strict=True):
            expected[parent] += factor * expected[node]
            size[parent] += abs(factor) * size[node]
    for node in order:
        if reading.foreign(node) is not None and math.isfinite(expected[node]):
            close = abs(node.grad - expected[node]) <= tolerance * abs(expected[node]) + 1e-9 * size[node]
            yield Row(f"{_name(node)}.grad", node.grad, expected[node], "ok" if close else "wrong", node=node)


# --- how it is written --------------------------------------------------------------------------------------------


def _table(rows: Iterable[Row]) -> Table:
    return Table(("name", "analytic", "numerical", "relative error", "verdict"), map(_cells, rows), shown=ROWS_SHOWN)


def _cells(row: Row) -> tuple[Part, ...]:
    verdict = f"{row.verdict} ({row.note})" if row.note else row.verdict
    # The verdict is a word in every case, and the one to look at is bold: no colour has to be told apart.
    marked = verdict if row else Strong(verdict)
    return row.name, f"{row.analytic: .8e}", f"{row.numerical: .8e}", f"{row.error:.1e}", marked


def _name(node: Value) -> str:
    return node.label or (node.op.name if node.op else f"{node.data:g}")


def _operation(row: Row) -> str:
    assert row.node is not None
    assert row.node.op is not None
    return row.node.op.name


def _same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def _check_options(step: float | None, method: str, tolerance: float) -> None:
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; choose one of {', '.join(METHODS)}")
    if step is not None and not (0 < step < math.inf):
        raise ValueError(f"a step is a positive number, as 1e-4, got {step!r}")
    if not 0 < tolerance < 1:
        raise ValueError(f"a tolerance lies between 0 and 1, as 1e-5, got {tolerance!r}")
