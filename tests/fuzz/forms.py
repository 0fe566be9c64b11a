"""A compiled graph, or function, against the eager engine, in every form that `compile` has.

Entry points: `Case`, `with_points`, `check`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from autograd import OPERATIONS, Value, compile
from autograd.compiling import assemble, runners
from autograd.compiling.loops import analyze

from .campaign import UnclearError
from .comparison import Point, agrees, disturbed, eager, identical
from .graphs import Graph, nasty

ROWS = (0, 1, 7, 8, 9, 33, 65)
SHAPES = ("short", "threaded", "loops")  # what a graph becomes: straight-line code, threaded code, loops
CALLS = ("graph", "numbers", "rows")


class Form(NamedTuple):
    """One way to compile and to call.

    Attributes: `backend`; `lanes`; `shape`, one of SHAPES; `call`, one of CALLS; of a function `arguments`, how many of
    the leaves come as one array each (the others are captured, the last argument is an array with two axes where it has
    `together` columns); `wanted`, "parameters", "argnums" or "" for no gradient; `threads`.
    """

    backend: str
    lanes: bool
    shape: str
    call: str
    arguments: int = 0
    together: int = 0
    wanted: str = ""
    threads: int = 1

    @property
    def is_exact(self) -> bool:
        """Whether it has every bit of the eager engine."""
        return not self.lanes and self.call != "rows"

    @property
    def n_columns(self) -> int:
        return self.arguments + self.together


class Case(NamedTuple):
    """A graph, the numbers of its leaves for each call (rows: for each row of the one call), and the form."""

    graph: Graph
    points: tuple[tuple[float, ...], ...]
    form: Form


def random_form(r: random.Random, graph: Graph) -> Form:
    backend, lanes = r.choice(("python", "llvm")), r.random() < 0.6
    call, shape = r.choice(CALLS), r.choice(SHAPES) if lanes else r.choice(SHAPES[:2])
    form = Form(backend, lanes, shape, call, threads=r.choice((1, 1, 2, 3)) if call != "graph" else 1)
    if call == "graph":
        return form
    n = len(graph.leaves)
    columns = n if n == 1 else r.choice((1, n - 1, n, r.randint(1, n)))
    together = r.choice((0, 0, columns, columns - 1)) if columns < 40 else columns - 1
    arguments, wanted = columns - together, r.choice(("", "argnums", "argnums", "parameters"))
    if wanted == "parameters" and columns == n:
        wanted = "argnums"
    return form._replace(arguments=arguments, together=together, wanted=wanted)


def with_points(r: random.Random, graph: Graph, share: float) -> Case:
    """A form for the graph, and numbers: its own, then others for some of the leaves."""
    form = random_form(r, graph)
    n = r.choice(ROWS) if form.call == "rows" else 3
    if len(graph.steps) > 300:
        n = min(n, 9)
    points = [graph.leaves]
    for _ in range(n - 1 if form.call != "rows" else n):
        again = [nasty(r, share) if r.random() < 0.7 else x for x in graph.leaves]
        if form.call != "graph":
            again[form.n_columns :] = graph.leaves[form.n_columns :]
        points.append(tuple(again))
    return Case(graph, tuple(points[1:] if form.call == "rows" else points), form)


# --- checks ---------------------------------------------------------------------------------------------------------


def forced(form: Form) -> ExitStack:
    """Whatever its length: straight-line code, threaded code, loops."""
    stack = ExitStack()
    if form.shape == "threaded":
        stack.enter_context(mock.patch.object(assemble, "LONG", 0))
    if form.shape == "loops":
        stack.enter_context(mock.patch.object(runners, "MOST_STRAIGHT", 0))
        stack.enter_context(mock.patch.object(analyze, "analyze", partial(analyze.analyze, patient=True)))
    return stack


def check(case: Case) -> None:
    with forced(case.form):
        {"graph": check_graph, "numbers": check_numbers, "rows": check_rows}[case.form.call](case)


def check_graph(case: Case) -> None:
    graph, form = case.graph, case.form
    leaves = [Value(x) for x in case.points[0]]
    step = compile(graph.build(leaves)[0], backend=form.backend, lanes=form.lanes)
    results = _Results(case)
    for point in case.points:
        for leaf, x in zip(leaves, point, strict=True):
            leaf.data, leaf.grad = x, 0
        value = step()
        results.judge(point, [value], [float(leaf.grad) for leaf in leaves], range(len(leaves)), n_values=1)
    results.done()


def function_of(case: Case, captured: Sequence[Value]) -> Any:
    """The function of the arguments of a case: one result, or a loss and a dict of the rest."""

    def function(*arguments: Any) -> Any:
        columns = [*arguments]
        if case.form.together:
            columns[-1:] = arguments[-1]
        first, *others = case.graph.build([*columns, *captured])
        return (first, dict(enumerate(others))) if others else first

    return function


def compiled_function(case: Case) -> Any:
    """The function of a case, compiled."""
    form, k = case.form, case.form.n_columns
    captured = [Value(x) for x in case.graph.leaves[k:]]
    options: dict[str, Any] = {"parameters": captured} if form.wanted == "parameters" else {}
    if form.wanted == "argnums":
        options["argnums"] = tuple(range(form.arguments + bool(form.together)))
    return compile(
        function_of(case, captured),
        has_aux=len(case.graph.roots) > 1,
        backend=form.backend,
        lanes=form.lanes,
        threads=form.threads,
        **options,
    )


def arguments_of(form: Form, numbers: Sequence[Any]) -> list[Any]:
    """The numbers of the columns as arguments; numbers may be arrays of rows."""
    given = list(numbers[: form.arguments])
    if form.together:
        rest = numbers[form.arguments : form.n_columns]
        given.append(np.stack(rest, axis=1) if form.call == "rows" else list(rest))
    return given


def check_numbers(case: Case, shared: Any = None) -> None:
    """`shared`: the compiled function, if there is one already."""
    form = case.form
    f = shared or compiled_function(case)
    results = _Results(case)
    for point in case.points:
        given = arguments_of(form, point)
        if not form.wanted:
            results.judge(point, _flat(f(*given), case), [], ())
        else:
            value, gradient = f.value_and_grad(*given)
            results.judge(point, _flat(value, case), _columns(gradient, form), _asked(case))
    results.done()


def check_rows(case: Case, shared: Any = None) -> None:
    """`shared`: the compiled function, if there is one already."""
    form, n = case.form, len(case.points)
    f = shared or compiled_function(case)
    table = np.array(case.points, dtype=float).reshape(n, len(case.graph.leaves))
    given = arguments_of(form, list(table.T))
    results = _Results(case)
    value, gradient = f.value_and_grad(*given) if form.wanted else (f(*given), ())
    values = [np.asarray(v, dtype=float) for v in _flat(value, case)]
    assert all(v.shape == (n,) for v in values), f"shapes {[v.shape for v in values]} for {n} rows"
    columns = [np.asarray(x, dtype=float) for x in _columns(gradient, form)] if form.wanted == "argnums" else []
    assert all(x.shape == (n,) for x in columns), f"gradients of shapes {[x.shape for x in columns]} for {n} rows"
    asked = _asked(case)
    for k, point in enumerate(case.points):
        results.judge(point, [v[k] for v in values], [x[k] for x in columns], asked if columns else ())
    if form.wanted == "parameters":
        results.compare_sums([float(x) for x in gradient], asked)
    results.done()


def _flat(value: Any, case: Case) -> list[Any]:
    if len(case.graph.roots) == 1:
        return [value]
    first, others = value
    assert list(others) == list(range(len(case.graph.roots) - 1)), f"keys {list(others)}"
    return [first, *others.values()]


def _columns(gradient: Any, form: Form) -> list[Any]:
    """The gradients of arguments, or of parameters, one after the other."""
    if form.wanted == "parameters" or not form.together:
        return list(gradient)
    last = gradient[-1]
    return [*gradient[:-1], *(np.asarray(last).T if form.call == "rows" else last)]


def _asked(case: Case) -> range:
    """The leaves whose gradient a form gives."""
    n, k = len(case.graph.leaves), case.form.n_columns
    return range(k, n) if case.form.wanted == "parameters" else range(k if case.form.wanted else 0)


def together(case: Case) -> list[float]:
    """The gradient of the captured leaves, by one graph of all rows, where what no argument reaches is one node.

    So it is in compiled code. Where the gradient of one row is 0, which an infinite slope makes nan, that of all rows
    together may be another number, which it makes inf.
    """
    graph, k = case.graph, case.form.n_columns
    captured = [Value(x) for x in graph.leaves[k:]]
    same = {id(leaf): leaf for leaf in captured}  # for all rows
    known: dict[Any, Value] = {}

    def call(name: str, *xs: Any) -> Any:
        if not all(type(x) is float or id(x) in same for x in xs):
            return OPERATIONS[name](*xs)
        key = (name, *[repr(x) if type(x) is float else id(x) for x in xs])
        if key not in known:
            known[key] = OPERATIONS[name](*xs)
            same[id(known[key])] = known[key]
        return known[key]

    rows = [graph.build_with([*map(Value, point[:k]), *captured], call)[0] for point in case.points]
    OPERATIONS["sum"](Value(0.0), *rows).backward()
    return [float(leaf.grad) for leaf in captured]


class _Results:
    """Compares results and remembers whether one of them was unclear."""

    def __init__(self, case: Case) -> None:
        self.case, self.unclear = case, False
        self.known: dict[str, Point] = {}
        self.trials: dict[tuple[int, str], Point] = {}

    def expected(self, point: tuple[float, ...]) -> Point:
        key = repr(point)
        if key not in self.known:
            self.known[key] = eager(self.case.graph, point)
        return self.known[key]

    def judge(
        self,
        point: tuple[float, ...],
        values: Sequence[float],
        gradient: Sequence[float],
        asked: Sequence[int],
        n_values: int | None = None,
    ) -> None:
        """One call with numbers: each result by itself, the gradient as a vector."""
        expected = self.expected(point)
        wanted = [expected.gradient[i] for i in asked]
        if self.case.form.is_exact:
            theirs = [*expected.values[:n_values], *wanted]
            ours = [*values, *gradient]
            assert identical(ours, theirs), f"{ours} should be the bits {theirs} at {point}"
            return
        for i, (a, b) in enumerate(zip(values, expected.values, strict=n_values is None)):
            verdict = agrees([a], [b], lambda trial, i=i: [self._disturbed(point, trial).values[i]])
            self._note(verdict, [a], [b], point)
        if asked:
            verdict = agrees(gradient, wanted, lambda trial: self._gradient(self._disturbed(point, trial), asked))
            self._note(verdict, gradient, wanted, point)

    def compare_sums(self, gradient: Sequence[float], asked: Sequence[int]) -> None:
        """The gradient of parameters, which is summed over all points."""
        points = self.case.points

        def total(every: Sequence[Point]) -> list[float]:
            return [sum([p.gradient[i] for p in every], 0.0) for i in asked]

        def again(trial: int) -> list[float]:
            return total([self._disturbed(p, trial) for p in points])

        expected = total([self.expected(point) for point in points])
        verdict = agrees(gradient, expected, again)
        if verdict is False:
            verdict = agrees(gradient, together(self.case), again)
        self._note(verdict, gradient, expected, "these rows")

    def _gradient(self, point: Point, asked: Sequence[int]) -> list[float]:
        return [point.gradient[i] for i in asked]

    def _disturbed(self, numbers: tuple[float, ...], trial: int) -> Point:
        key = trial, repr(numbers)
        if key not in self.trials:
            self.trials[key] = disturbed(self.case.graph, numbers, trial)
        return self.trials[key]

    def _note(self, verdict: bool | None, actual: Sequence[float], expected: Sequence[float], where: Any) -> None:
        if verdict is None:
            self.unclear = True
        assert verdict is not False, f"{list(actual)} should be {list(expected)} at {where}"

    def done(self) -> None:
        if self.unclear:
            raise UnclearError
