"""A compiled function: traced once for each kind of arguments, then run as a program.

Given numbers it returns numbers. Given NumPy arrays it computes all rows side by side, one lane for each.
Values that the function uses but does not get as arguments are its parameters, as the weights of a model.

Entry point: `CompiledFunction`.
"""

from __future__ import annotations

import copy
import math
import time
from array import array
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, NamedTuple

from .. import functions, modes
from ..transforms import derivatives
from ..transforms.pytree import is_array, parts, rebuild, shape_of, size_of, terminals
from ..transforms.validation import positions_of
from ..value import Value
from . import backends
from .arguments import Arguments
from .collector import collector_off
from .leaves import Leaves
from .loops.runner import Result
from .results import Parameters, Results, restored
from .runners import DEFAULTS, Loops, Options, Prepared, Stats, StraightLine, prepared, prepared_rows, stats
from .showing import argument_names, leaf_names, result_names
from .traced import Traced, mark, mark_differentiated

PARAMETERS = "parameters"  # what is differentiated by; else the numbers of arguments


class Loaded(NamedTuple):
    """A program and whose numbers it takes."""

    run: StraightLine | Loops
    leaves: Leaves


class _Kept(NamedTuple):
    """What is kept for one kind of arguments."""

    run: Any
    columns: list[int]  # of the arguments: those whose numbers stand in the first slots; none for rows
    captured: Leaves  # whose numbers stand in the last slots
    gradient: list[int] | None  # the slots of the named parameters, -1 where nothing reads one; None: all slots
    template: Any  # the structure of the result
    n_leaves: int
    names: list[str]  # of the columns of the arguments
    stats: Stats


class CompiledFunction:
    """A function of numbers, compiled.

    `print(f)` shows the program that was compiled last.

    Attributes: `function`; `argnums`; `has_aux`; `parameters`; `stats`.

    >>> from autograd import compile, jacobian
    >>> w = Value(3.0)
    >>> f = compile(lambda x: w * x * x, parameters=[w], backend="python")
    >>> f(2.0)
    12.0
    >>> f.value_and_grad(2.0)  # the gradient of the parameters, here of w
    (12.0, [4.0])
    >>> g = compile(lambda x, y: [x * y, {"sum": x + y}], backend="python")
    >>> g(2.0, 3.0)
    [6.0, {'sum': 5.0}]
    >>> jacobian(g, argnums=(0, 1))(2.0, 3.0)
    [(3.0, 2.0), {'sum': (1.0, 1.0)}]
    """

    def __init__(
        self,
        function: Callable[..., Any],
        parameters: Any = None,
        argnums: int | Sequence[int] | None = None,
        has_aux: bool = False,
        options: Options = DEFAULTS,
    ) -> None:
        for i in (argnums,) if isinstance(argnums, int) else argnums or ():
            if isinstance(i, bool) or not isinstance(i, int) or i < 0:
                raise ValueError(f"argnums is the number of an argument, 0, 1, …, or a tuple of them, got {argnums!r}")
        if parameters is not None and argnums is not None:
            raise TypeError(
                "value_and_grad gives one gradient: that of the parameters (parameters=model) or that of arguments "
                "(argnums=0); for both compile the function twice"
            )
        self.function = function
        self.argnums = argnums
        self.has_aux = has_aux
        self._options = options
        named = parameters is None or isinstance(parameters, Parameters)
        self._named: Parameters | None = parameters if named else Parameters(parameters)
        self._leaves = Leaves([] if self._named is None else self._named.values)
        self._kept: dict[Any, _Kept] = {}

    @property
    def parameters(self) -> list[Value]:
        """The Values that `parameters=` named; else those that the program uses that was compiled last."""
        if self._named is not None:
            return self._named.values
        if not self._kept:
            raise AttributeError("the parameters are found when the function is called for the first time")
        return self._newest().captured.values

    def __call__(self, *arguments: Any) -> Any:
        """What the function returns; given arrays, an array with one number for each row in the place of a number."""
        if derivatives.is_under_way() and _holds_value(arguments):
            return self._recorded(arguments)
        given = Arguments(arguments)
        kept = self._program(given, None)
        return restored(kept.template, _run(kept, given, gradient=False).outputs, given.n)

    def value_and_grad(self, *arguments: Any) -> tuple[Any, Any]:
        """The pair (value, gradient).

        With `parameters=` the gradient is theirs, summed over the rows; that of a frozen parameter is 0. Else it is
        that of the arguments `argnums`, by default of the first, in the structure of the argument; for arrays one for
        each row.
        """
        given = Arguments(arguments)
        if self._named is None:
            argnums: Any = 0 if self.argnums is None else self.argnums
            if self.argnums is None and not arguments:
                raise TypeError(
                    "this function takes no arguments, so say by which Values to differentiate: "
                    "compile(f, parameters=model), or a list of Values"
                )
            single = isinstance(argnums, int)
            asked = [argnums] if single else list(argnums)
            if any(i >= len(given) for i in asked):
                raise ValueError(f"argnums is {argnums}, but the function was called with {len(given)} argument(s)")
            kept = self._program(given, tuple(asked))
            n = len(kept.captured.values)
            if n and self.argnums is None:
                raise TypeError(
                    f"this function uses {n} Value{'s' * (n > 1)} besides its arguments, so say by which to "
                    "differentiate: compile(f, parameters=model), or a list of Values, for their gradient, summed over "
                    "the rows; compile(f, argnums=0) for that of the first argument"
                )
            return self._by_arguments(kept, given, asked, single)
        kept = self._program(given, PARAMETERS)
        result = _run(kept, given)
        return restored(kept.template, result.outputs, given.n), self._gradient(kept, result.gradient, given.n)

    def compiled_derivative(self, caller: str, argnums: int | Sequence[int], arguments: Sequence[Any]) -> Any:
        """What `autograd.grad`, `value_and_grad` and `jacobian` of this function give, computed by its programs."""
        given = Arguments(arguments)
        asked, single = positions_of(caller, argnums, len(given)), isinstance(argnums, Integral)
        if caller == "jacobian":
            return self._jacobian(given, asked, single)
        value, gradient = self._by_arguments(self._program(given, tuple(asked)), given, asked, single)
        return (value, gradient) if caller == "value_and_grad" else gradient

    @property
    def stats(self) -> Stats | None:
        """What the program that was compiled last became; None before the first call."""
        return self._newest().stats if self._kept else None

    def loaded(self, *rows: Any) -> Loaded:
        """What runs in `value_and_grad` for arrays like these, for those who keep the parameters in an array."""
        kept = self._program(Arguments(rows), PARAMETERS)
        return Loaded(kept.run, kept.captured)

    def source(self, backend: str = "python") -> str:
        """The code of the program that was compiled last."""
        kept = self._newest()
        code: str = kept.run.source(backend, self._leaf_names(kept))
        return code

    def __str__(self) -> str:
        """What the program that was compiled last does, in the names of the signature and of the user's variables."""
        if not self._kept:
            return repr(self)
        kept = self._newest()
        with collector_off():
            results = result_names(self.function, kept.template)
            text: str = kept.run.text(self._leaf_names(kept), kept.names, results)
        return text

    def _leaf_names(self, kept: _Kept) -> list[str]:
        """Of the parameters of a program: arguments that are numbers, seeds of a Jacobian, Values."""
        n_seeds = kept.n_leaves - len(kept.columns) - len(kept.captured.values)
        return [*[kept.names[k] for k in kept.columns], *[""] * n_seeds, *leaf_names(kept.captured.values)]

    def __repr__(self) -> str:
        name, n = getattr(self.function, "__name__", type(self.function).__name__), len(self._kept)
        return f"<compiled function {name}: {n} program{'s' * (n != 1)}, {backends.chosen(self._options.backend)}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return CompiledFunction, (self.function, self._named, self.argnums, self.has_aux, self._options)

    def __deepcopy__(self, memo: dict[int, Any]) -> CompiledFunction:
        function = copy.deepcopy(self.function, memo)
        # A plain function is not copied, and goes on using the same Values.
        named = self._named if function is self.function else copy.deepcopy(self._named, memo)
        return CompiledFunction(function, named, self.argnums, self.has_aux, self._options)

    def _newest(self) -> _Kept:
        if not self._kept:
            raise ValueError("nothing is compiled yet: call the function first, its arguments decide what to compile")
        return list(self._kept.values())[-1]

    def _gradient(self, kept: _Kept, gradient: Any, n: int | None) -> Any:
        """That of the named parameters, from that of the slots of a program."""
        if kept.gradient is not None:
            gradient = [gradient[slot] if slot >= 0 else 0.0 for slot in kept.gradient]
        if not self._leaves.all_free:
            gradient = [x if is_free else 0.0 for x, is_free in zip(gradient, self._leaves.are_free, strict=True)]
        named: Any = self._named
        return named.like(gradient, n)

    # --- derivatives -----------------------------------------------------------------------------------

    def _by_arguments(self, kept: _Kept, given: Arguments, asked: Sequence[int], single: bool) -> tuple[Any, Any]:
        result = _run(kept, given)
        by_column = _by_column(kept, result)
        gradients = [given.like(i, [by_column.get(k, 0.0) for k in given.columns(i)]) for i in asked]
        return restored(kept.template, result.outputs, given.n), gradients[0] if single else tuple(gradients)

    def _jacobian(self, given: Arguments, asked: Sequence[int], single: bool) -> Any:
        """Reverse accumulation, once for each number of the result."""
        kept = self._program(given, ("jacobian", *asked))
        n = sum(size_of(terminal) for _, terminal in terminals(kept.template))
        rows = []
        for i in range(n):
            row = _by_column(kept, _run(kept, given, [float(k == i) for k in range(n)]))
            if not _is_finite(row):  # 0·inf from the other results, perhaps: then the program of this one alone
                alone = self._program(given, ("row", i, *asked))
                row = _by_column(alone, _run(alone, given))
            rows.append(row)
        blocks, start = [], 0
        for _, terminal in terminals(kept.template):
            here, shape = rows[start : start + size_of(terminal)], shape_of(terminal)
            start += len(here)
            block = [given.like(i, [_entry(here, k, shape, given.n) for k in given.columns(i)]) for i in asked]
            blocks.append(block[0] if single else tuple(block))
        return rebuild(kept.template, blocks)

    def _recorded(self, arguments: Sequence[Any]) -> Any:
        """The function itself, for a derivative that needs the graph."""
        if any(is_array(x) for _, x in parts(arguments)):
            raise TypeError(
                "for a compiled function an array holds rows, which only grad, value_and_grad and jacobian of it take; "
                "for other derivatives give lists, or differentiate the function before it was compiled, .function"
            )
        return self.function(*arguments)

    # --- tracing ---------------------------------------------------------------------------------------

    def _program(self, given: Arguments, wanted: Any) -> _Kept:
        """The program for arguments of this kind: None without gradient, else what is differentiated by."""
        key = (given.kind, wanted)
        kept = self._kept.get(key)
        if kept is None:
            with collector_off():
                kept = self._kept[key] = self._compiled(given, wanted)
        return kept

    def _compiled(self, given: Arguments, wanted: Any) -> _Kept:
        """Run the function once on nodes, and compile the graph that it built."""
        start = time.perf_counter()
        trees, columns = given.inputs(Traced)
        # Within `no_grad()` a program is compiled as it is without: only a cut inside the function would be lost.
        with modes.recording(), modes.tracing(mark if wanted is None else mark_differentiated):
            try:
                returned = self.function(*trees)
            except TypeError as error:
                if "Traced" not in str(error):
                    raise
                raise TypeError(_misfit(given, error)) from error
        results = Results(self.function, returned)
        roots, seeds, positions = results.roots, list[Value](), wanted if isinstance(wanted, tuple) else ()
        if positions and positions[0] == "jacobian":
            seeds, positions = [Value(0.0) for _ in roots], positions[1:]
            with modes.recording():  # the gradient of Σ seed · result
                roots = [functions.sum([s * y for s, y in zip(seeds, roots, strict=True)]), *roots]
        elif positions and positions[0] == "row":
            roots, positions = [roots[positions[1]]], positions[2:]
        elif wanted is not None:
            results.check_scalar(self.function, self.has_aux)
        named = [] if self._named is None else self._named.values
        asked = {columns[k] for i in positions for k in given.columns(i)} | set(named if wanted == PARAMETERS else ())
        if given.n is None:
            run, order, n_nodes = prepared(roots, asked, [*columns, *seeds, *named], self._options)
        else:
            run, order, n_nodes = self._prepared_rows(roots, columns, asked, [*seeds, *named])
        slots = {leaf: slot for slot, leaf in enumerate(order)}
        used = [k for k, column in enumerate(columns) if column in slots]
        places = [slots.get(x, -1) for x in named]
        plain = places == list(range(len(order)))
        captured = Leaves(order[len(used) + len(seeds) :])
        names = argument_names(self.function, trees)
        found = stats(run, n_nodes, time.perf_counter() - start)
        return _Kept(run, used, captured, None if plain else places, results.template, len(order), names, found)

    def _prepared_rows(
        self, roots: Sequence[Value], columns: Sequence[Value], asked: set[Value], first: Sequence[Value]
    ) -> Prepared:
        """What runs for rows; see `distribution.py` for another."""
        return prepared_rows(roots, columns, asked, first, self._options)


def _misfit(given: Arguments, error: TypeError) -> str:
    """What to say when the function wants arguments of another form, as a model wants a list."""
    return (
        f"{error}. The compiled function was given {given.described()}: one sample of several inputs is a list, "
        "f([1.0, 2.0]), and many samples are an array of the shape (samples, inputs); an array of one dimension is one "
        "number for each sample"
    )


def _run(kept: _Kept, given: Arguments, seeds: Sequence[float] = (), gradient: bool = True) -> Result:
    numbers = array("d")
    if kept.columns:
        xs = given.numbers()
        numbers.extend(xs if len(kept.columns) == len(xs) else [xs[k] for k in kept.columns])
    numbers.extend(seeds)
    numbers += kept.captured.numbers()
    arrays = () if given.n is None else given.arrays()
    result: Result = kept.run(numbers, arrays, given.n, gradient=gradient)
    return result


def _by_column(kept: _Kept, result: Result) -> dict[int, Any]:
    """The gradients of the columns of the arguments that the result depends on."""
    gradient: Any = result.gradient
    return dict(zip(kept.columns, gradient.tolist(), strict=False)) if kept.columns else result.arguments


def _entry(rows: Sequence[dict[int, Any]], column: int, shape: tuple[int, ...] | None, n: int | None) -> Any:
    """The derivatives of one terminal of the result by one column."""
    entries = [row.get(column, 0.0) for row in rows]
    if shape is None:
        return entries[0]
    import numpy

    return numpy.stack(entries, axis=-1).reshape(*(() if n is None else (n,)), *shape)


def _is_finite(row: dict[int, Any]) -> bool:
    return all(math.isfinite(x) if isinstance(x, float) else abs(x).max(initial=0.0) < math.inf for x in row.values())


def _holds_value(arguments: Sequence[Any]) -> bool:
    return any(isinstance(x, Value) or (is_array(x) and x.dtype == object) for _, x in parts(arguments))
