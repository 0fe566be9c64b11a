r"""Checking gradients: the analytic derivative beside the numerical one.

    analytic     what the chain rule gives: one backward sweep
    numerical    what happens when one number is moved a little: (f(x+h) - f(x-h)) / 2h

They come from different sources, the rules on one side and only the function's values on the other, so a mistake
in a rule shows. `gradcheck` compares them for a function of its arguments, or for a loss and its parameters;
`gradcheck_nodes` does it for every operation of a graph by itself, and so finds the rule that is to blame.

A difference has errors of its own: it is cut off (too large a step) and it is rounded (too small a step). A row
that does not agree at first is therefore looked at with other steps before it is called wrong. And a
function may have no derivative at a point, as relu at 0: then the slopes to the left and to the right differ
however small the step is. That is said, and is not a mistake.

Entry points: `gradcheck`, `gradcheck_nodes`; both return a `GradientCheck`.
"""

from __future__ import annotations

import functools
import html
import inspect
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .derivatives import _pull_back, _steps
from .foreign import ForeignOperation, Reading, get, is_node, put, read_data
from .graph import topological_order
from .modes import no_grad, recording
from .operations import Operation, number
from .structures import described, flatten, named_numbers, parts, unflatten
from .value import Value

EPSILON = sys.float_info.epsilon
TINY = sys.float_info.min  # below it floats lose their digits
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
        """|analytic - numerical| / the larger of the two; 0 where both are 0."""
        difference = abs(self.analytic - self.numerical)
        return difference / max(abs(self.analytic), abs(self.numerical)) if difference else 0.0

    def __bool__(self) -> bool:
        return self.verdict != "wrong"


class GradientCheck:
    """The result of a check: a sequence of rows that prints as a table, in a notebook as HTML.

    Attributes: `rows`; `ok`, whether no row is wrong; `wrong`, the rows that are; `culprits`, the names of the
    operations whose rule is wrong, as far as a wrong gradient led to them.

    Its truth is `ok`, so a test may say `assert gradcheck(f, 2.0)`.
    """

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
            raise WrongGradientError("\n".join([self.summary, *_lines(self._most_wrong(self.wrong))]))

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

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __getitem__(self, key: int | str) -> Row:
        """A row by its number or its name."""
        if isinstance(key, int):
            return self.rows[key]
        for row in self.rows:
            if row.name == key:
                return row
        raise KeyError(f"no row is called {key!r}; there are {', '.join(row.name for row in self.rows[:5])}, …")

    def __str__(self) -> str:
        return "\n".join([*_lines(self._most_wrong(self.rows)), *self._left_out(), self.summary])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        body = "".join(_html_row(row) for row in self._most_wrong(self.rows))
        heads = "".join(f"<th style='text-align:left'>{head}</th>" for head in HEADS)
        sentences = "".join(f"<p>{html.escape(sentence)}</p>" for sentence in [*self._left_out(), self.summary])
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>{sentences}"

    def _most_wrong(self, rows: list[Row]) -> list[Row]:
        """The rows to show: all of them, or of too many the most suspicious."""
        if len(rows) <= ROWS_SHOWN:
            return rows
        return sorted(rows, key=lambda row: (row.verdict != "wrong", -row.error))[:ROWS_SHOWN]

    def _left_out(self) -> list[str]:
        left_out = len(self.rows) - ROWS_SHOWN
        return [f"… and {left_out} more with smaller errors"] if left_out > 0 else []


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
    problem: _Arguments | _Parameters | _Foreign
    if parameters is None:
        problem = _Arguments(f, args, argnums) if not _foreign_among(args) else _Foreign(f, args, argnums)
    else:
        parameters = list(_named_parameters(parameters))
        nodes = [parameter for _, parameter in parameters]
        problem = _Parameters(f, args, parameters) if not _foreign_among(nodes) else _Foreign(f, args, None, parameters)
    if not problem.numbers:
        where = "the arguments of f hold" if parameters is None else "`parameters` holds"
        raise ValueError(f"nothing to check: {where} no number to differentiate by")
    derivatives, root = _analytic(problem, analytic)
    center = problem.at(0, problem.numbers[0])
    if not _same(center, again := problem.at(0, problem.numbers[0])):
        raise ValueError(
            f"the function gives {center!r} and then {again!r} for the same input, so a difference says nothing: take "
            "randomness out of it (seed it anew in each call), and whatever it changes"
        )
    rows = []
    for i, (name, x, derivative) in enumerate(zip(problem.names, problem.numbers, derivatives, strict=True)):
        difference = _Difference(lambda moved, i=i: problem.at(i, moved), x, center)  # type: ignore[misc]
        rows.append(Row(name, derivative, *difference.judge(derivative, step, method, tolerance)))
    result = GradientCheck(rows)
    if not result.ok and analytic is None:
        result.culprits = gradcheck_nodes(root, tolerance=tolerance).culprits
    return result


def gradcheck_nodes(*roots: Any, tolerance: float = 1e-5) -> GradientCheck:
    r"""Check every local derivative of a graph by itself: d(node)/d(parent) with a difference of its forward function.

    The recorded derivative of each node is compared at the numbers of its parents, so a wrong rule is found where
    it stands, not where its effect shows. `culprits` of the result names the operations.

    Of a class of others (see `autograd.adapt`) the gradients are compared, too, if its backward pass has come: with
    the chain rule, where a wrong derivative is replaced by the slope measured here.

    >>> from autograd import operation
    >>> bad_cube = operation("bad_cube", "cube", lambda x: x**3, lambda y, x: (2.0 * x * x,))  # should be 3
    >>> gradcheck_nodes(bad_cube(Value(0.5, "x")).tanh()).culprits
    ['bad_cube']
    """
    reading = Reading()
    values = reading.values(roots)
    order = topological_order(*values)
    rows = []
    for node in order:
        if node.op is None or isinstance(node.op, ForeignOperation):
            continue
        xs = [parent.data for parent in node.parents]
        center = node.op.forward(*xs)
        for i, (parent, derivative) in enumerate(zip(node.parents, node.local_derivatives, strict=True)):
            if not parent.is_constant:
                difference = _Difference(_moving(node.op, xs, i), xs[i], center)
                verdict = difference.judge(derivative, None, "central", tolerance)
                rows.append(Row(f"{_name(node)} by {_name(parent)}", derivative, *verdict, node))
    culprits = list(dict.fromkeys(_operation(row) for row in rows if row.verdict == "wrong"))
    if len(values) == 1 and reading.foreign(values[0]) is not None:
        rows += _gradient_rows(values[0], order, rows, reading, tolerance)
    return GradientCheck(rows, culprits)


# --- what is checked: numbers with names, and the function's value when one of them is moved -----------------------


class _Arguments:
    """A function of its arguments."""

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], argnums: int | Sequence[int] | None) -> None:
        self.f, self.args = f, args
        self.positions = _positions(args, argnums)
        self.chosen = tuple(args[i] for i in self.positions)
        named = [
            pair
            for i, argument in zip(self.positions, self.chosen, strict=True)
            for pair in named_numbers(argument, _argument_name(f, i))
        ]
        self.names = [name for name, _ in named]
        self.numbers = [x.data if isinstance(x, Value) else number(x) for _, x in named]

    def run(self) -> tuple[Any, list[Value]]:
        inputs = [Value(x, name) for name, x in zip(self.names, self.numbers, strict=True)]
        return self._call(inputs), inputs

    def at(self, i: int, x: float) -> float:
        moved = [*self.numbers[:i], x, *self.numbers[i + 1 :]]
        with no_grad():
            return _number_of(self._call([Value(each) for each in moved]))

    def _call(self, inputs: list[Value]) -> Any:
        args = list(self.args)
        for i, argument in zip(self.positions, unflatten(self.chosen, inputs), strict=True):
            args[i] = argument
        return self.f(*args)


class _Parameters:
    """A loss, and the Values that it uses."""

    def __init__(self, f: Callable[..., Any], args: tuple[Any, ...], parameters: Any) -> None:
        self.f, self.args = f, args
        named = list(_named_parameters(parameters))
        for name, parameter in named:
            if not isinstance(parameter, Value) or parameter.op is not None:
                raise TypeError(
                    f"the parameter {name} is {_shown(parameter)}: give leaves, the Values that f computes from"
                )
        self.names = [name for name, _ in named]
        self.values = [parameter for _, parameter in named]
        self.numbers = [parameter.data for parameter in self.values]

    def run(self) -> tuple[Any, list[Value]]:
        return self.f(*self.args), self.values

    def at(self, i: int, x: float) -> float:
        self.values[i].data = x
        try:
            with no_grad():
                return _number_of(self.f(*self.args))
        finally:
            self.values[i].data = self.numbers[i]


class _Foreign:
    """A function that computes with nodes of another class, and those nodes: arguments, or parameters it uses.

    Their numbers are moved and put back, so no node has to be made: how, only that class knows.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        args: tuple[Any, ...],
        argnums: int | Sequence[int] | None,
        parameters: Sequence[tuple[str, Any]] | None = None,
    ) -> None:
        self.f, self.args = f, args
        named = parameters
        if named is None:
            chosen = [(_argument_name(f, i), args[i]) for i in _positions(args, argnums)]
            named = [pair for name, argument in chosen for pair in _nodes_in(argument, name)]
        self.names = [name for name, _ in named]
        self.nodes = [node for _, node in named]
        self.numbers = [read_data(node) for node in self.nodes]

    def run(self) -> tuple[Any, list[Value]]:
        result = self.f(*self.args)
        self.reading = Reading()
        return self.reading.value(result) if is_node(result) else result, self.reading.values(self.nodes)

    def at(self, i: int, x: float) -> float:
        before = get(self.nodes[i], "data")
        put(self.nodes[i], "data", x)
        try:
            result = self.f(*self.args)
            return read_data(result) if is_node(result) else _number_of(result)
        finally:
            put(self.nodes[i], "data", before)


def _foreign_among(tree: Any) -> bool:
    return any(not isinstance(node, Value) for _, node in _nodes_in(tree, ""))


def _nodes_in(tree: Any, name: str) -> Iterator[tuple[str, Any]]:
    """Pairs (name, node) of the nodes in an argument."""
    return ((place, part) for place, part in parts(tree, name) if is_node(part))


def _positions(args: tuple[Any, ...], argnums: int | Sequence[int] | None) -> list[int]:
    """Which arguments to differentiate by."""
    if not args:
        raise TypeError(
            "gradcheck needs numbers to differentiate by: give the arguments of f, gradcheck(f, 2.0), or the "
            "Values it uses, gradcheck(loss, parameters=model)"
        )
    positions = range(len(args)) if argnums is None else [argnums] if isinstance(argnums, int) else argnums
    if not all(-len(args) <= i < len(args) for i in positions):
        raise ValueError(f"argnums={argnums!r} is out of range: {len(args)} argument(s) are given, numbered from 0")
    return [i % len(args) for i in positions]


def _analytic(
    problem: _Arguments | _Parameters | _Foreign, given: Mapping[str, float] | None
) -> tuple[list[float], Value]:
    """The derivatives by the numbers of the problem, and the node that f returned."""
    with recording():
        result, inputs = problem.run()
    _number_of(result)
    root = result if isinstance(result, Value) else Value(result)
    if given is not None:
        missing = [name for name in problem.names if name not in given]
        if missing:
            raise ValueError(
                f"`analytic` lacks a derivative for {', '.join(missing[:5])}; its names are those of the rows"
            )
        return [number(given[name]) for name in problem.names], root
    if isinstance(problem, _Foreign):
        own = problem.reading.own_gradients(root, inputs)
        if own is not None:
            return own, root
    adjoints = _pull_back(_steps([root], inputs, as_nodes=False), [(root, 1.0)])
    return [number(adjoints.get(x, 0.0)) for x in inputs], root


def _named_parameters(parameters: Any) -> Iterable[tuple[str, Any]]:
    if hasattr(parameters, "named_parameters"):
        parameters = parameters.named_parameters()
    elif isinstance(parameters, Mapping):
        parameters = parameters.items()
    elif isinstance(parameters, Value):
        parameters = [parameters]
    for i, entry in enumerate(parameters):
        if isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[0], str):
            yield entry
        else:
            yield getattr(entry, "label", "") or f"parameters[{i}]", entry


def _argument_name(f: Callable[..., Any], i: int) -> str:
    """The name that f gives to its argument i."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):  # some built-in functions have no signature
        return f"argument {i}"
    if i < len(parameters) and parameters[i].kind is not inspect.Parameter.VAR_POSITIONAL:
        return parameters[i].name
    return f"{parameters[-1].name}[{i - len(parameters) + 1}]" if parameters else f"argument {i}"


def _number_of(result: Any) -> float:
    flat = flatten(result, "the result of f")
    if len(flat) != 1 or isinstance(result, (list, tuple, dict)):
        raise TypeError(
            f"gradcheck needs a function that returns one number, got {described(result)}; check one entry at a "
            "time, as in gradcheck(lambda *args: f(*args)[0], …)"
        )
    return flat[0].data if isinstance(flat[0], Value) else number(flat[0])


def _gradient_rows(
    root: Value, order: Sequence[Value], rows: Sequence[Row], reading: Reading, tolerance: float
) -> Iterator[Row]:
    """The gradients that a class of others has recorded, beside the chain rule.

    Its factors are the local derivatives, and where `rows` found one wrong, the slope that was measured there.
    """
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


# --- one derivative ---------------------------------------------------------------------------------------------


class _Difference:
    """The derivative of a function at x from its values; `center` is the one at x."""

    def __init__(self, function: Callable[[float], float], x: float, center: float) -> None:
        self.at = functools.cache(function)  # a forward pass through a network costs more than a look-up
        self.x, self.center = x, center

    def judge(self, analytic: float, step: float | None, method: str, tolerance: float) -> tuple[float, str, str]:
        """(numerical derivative, verdict, note)."""
        first = 2.0**-17 if method == "central" else 2.0**-10
        h = step if step is not None else first * _scale(max(1.0, abs(self.x)))
        numerical = self.central(h) if method == "central" else self.richardson(h)[0]
        kink = self.kink(h)
        if kink and 0 < abs(self.x) < 1:
            # Perhaps the step only reaches over the kink, or the pole, of a point near to it.
            kink = self.kink(2.0**-17 * _scale(abs(self.x)))
        if kink:
            return numerical, "kink", kink
        if _agree(analytic, numerical, tolerance):
            return numerical, "ok", ""
        if not math.isfinite(analytic):
            return numerical, "wrong", "the function is finite here, its analytic derivative is not"
        # Not yet wrong: perhaps the step does not suit. The step whose result is surest decides.
        better, uncertainty = min(map(self.richardson, self.other_steps()), key=_doubt)
        if abs(analytic - better) <= tolerance * max(abs(analytic), abs(better)) + uncertainty:
            if step is None:
                return better, "ok", "" if _agree(analytic, better, tolerance) else "equal but for rounding"
            return numerical, "ok", f"the step {h:g} does not suit: a better one gives {better:.8e}"
        return numerical, "wrong", ""

    def central(self, h: float) -> float:
        if self.x + h == self.x:
            raise ValueError(f"the step {h!r} is too small: {self.x!r} + {h!r} is {self.x!r} again; take a larger one")
        return (self.at(self.x + h) - self.at(self.x - h)) / (2 * h)

    def richardson(self, h: float) -> tuple[float, float]:
        """A derivative with an error of order h⁴, and how uncertain it is by cutting off and by rounding."""
        coarse, fine = self.central(h), self.central(h / 2)
        if not (math.isfinite(coarse) and math.isfinite(fine)):
            return math.nan, math.inf
        return (4 * fine - coarse) / 3, abs(fine - coarse) + self.noise(h / 2)

    def noise(self, h: float) -> float:
        """The derivative that rounding alone can feign."""
        return (10 * EPSILON * max(abs(self.center), abs(self.at(self.x + h))) + TINY) / h

    def other_steps(self) -> list[float]:
        scales = {_scale(max(1.0, abs(self.x))), _scale(abs(self.x) or 1.0)}
        return [scale * 2.0**power for scale in sorted(scales) for power in (-8, -12, -17)]

    def kink(self, h: float) -> str:
        """Why there is no derivative here; "" where there is one."""
        if not math.isfinite(self.center):
            return f"the function is {self.center} here"
        left, right = self.slopes(h)
        if not (math.isfinite(left) and math.isfinite(right)):
            return "the function is not finite on both sides"
        if abs(right - left) <= 1e-3 * max(abs(left), abs(right)) + self.noise(h):
            return ""
        # Of a smooth function the two slopes approach each other with the step; at a kink they do not.
        nearer_left, nearer_right = self.slopes(h / 8)
        jump = abs(nearer_right - nearer_left)
        if jump < 0.7 * abs(right - left) or jump <= self.noise(h / 8):
            return ""
        return f"no derivative here: slope {nearer_left:.3g} to the left, {nearer_right:.3g} to the right"

    def slopes(self, h: float) -> tuple[float, float]:
        return (self.center - self.at(self.x - h)) / h, (self.at(self.x + h) - self.center) / h


def _scale(x: float) -> float:
    """The power of two at x: steps that are powers of two add no rounding of their own."""
    return 2.0 ** math.floor(math.log2(x)) if math.isfinite(x) else 1.0


def _doubt(estimate: tuple[float, float]) -> tuple[float, float]:
    """How unsure (derivative, uncertainty) is: relative to the derivative, or absolutely where that is 0 itself."""
    derivative, uncertainty = estimate
    return (min(1.0, uncertainty / abs(derivative)) if derivative else 1.0, uncertainty)


def _agree(a: float, b: float, tolerance: float) -> bool:
    return abs(a - b) <= tolerance * max(abs(a), abs(b))


def _moving(operation: Operation, xs: list[float], i: int) -> Callable[[float], float]:
    """The operation as a function of its parent i alone."""
    return lambda x: operation.forward(*xs[:i], x, *xs[i + 1 :])


# --- how it is written --------------------------------------------------------------------------------------------

HEADS = ("name", "analytic", "numerical", "relative error", "verdict")


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    verdict = f"{row.verdict} ({row.note})" if row.note else row.verdict
    return row.name, f"{row.analytic: .8e}", f"{row.numerical: .8e}", f"{row.error:.1e}", verdict


def _lines(rows: list[Row]) -> list[str]:
    table = [HEADS, *map(_cells, rows)]
    widths = [max(len(line[i]) for line in table) for i in range(len(HEADS))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in table]


def _html_row(row: Row) -> str:
    # The verdict is a word in every case; bold for the one to look at, so that no colour has to be told apart.
    style = "font-weight:bold" if row.verdict == "wrong" else ""
    cells = (f"<td style='text-align:left;{style}'>{html.escape(cell)}</td>" for cell in _cells(row))
    return f"<tr>{''.join(cells)}</tr>"


def _name(node: Value) -> str:
    return node.label or (node.op.name if node.op else f"{node.data:g}")


def _operation(row: Row) -> str:
    assert row.node is not None
    assert row.node.op is not None
    return row.node.op.name


def _same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))


def _shown(x: Any) -> str:
    return f"the result of {x.op.name}" if isinstance(x, Value) and x.op else f"a {type(x).__name__}"


def _check_options(step: float | None, method: str, tolerance: float) -> None:
    if method not in METHODS:
        raise ValueError(f"unknown method {method!r}; choose one of {', '.join(METHODS)}")
    if step is not None and not (0 < step < math.inf):
        raise ValueError(f"a step is a positive number, as 1e-4, got {step!r}")
    if not 0 < tolerance < 1:
        raise ValueError(f"a tolerance lies between 0 and 1, as 1e-5, got {tolerance!r}")
