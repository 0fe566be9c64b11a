"""`distribute`: a compiled function whose rows are shared by processes or machines.

Entry points: `distribute`; `DistributedFunction`, which it returns; `DistributedRun`, of those who keep the parameters
in arrays, as `nn.fit` does.
"""

from __future__ import annotations

import hashlib
import pickle
import uuid
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

from ..value import Value
from .arguments import Arguments
from .blueprints import Blueprint
from .crew import Crew
from .function import PARAMETERS, CompiledFunction
from .loops.runner import Result
from .remote import Answer, ArrayPart, Factors, WorkItem
from .results import restored
from .runners import Prepared, prepared_rows
from .shards import added, bounds, n_shards, n_tasks


def distribute(f: CompiledFunction, workers: Any) -> DistributedFunction:
    """The compiled function, computed by workers: distribute(f, workers)(X) = f(X), and likewise its gradients.

    The rows are cut into shards, which the workers compute. Each gets the program once, and rows once; then the
    parameters go out and gradients come back, each summed over the rows of a worker. The results are those of `f` up to
    rounding, and the same to the bit for any number of workers. Rows that are so few that it would not pay are computed
    here, as are arguments without rows.

    Args:
        f: what `compile` made of a function. It need not be one that can be pickled: what travels is its graph.
        workers: anything with `.map`, as a `concurrent.futures.ProcessPoolExecutor`, a `dask.distributed.Client`, or an
            executor of `mpi4py.futures`; or a `joblib.Parallel`. It stays yours, to shut down.

    Returns a `DistributedFunction`, called as `f` is. A pickle of it is one of `f`.

    Raises TypeError for other objects, and RuntimeError when workers die again and again.

    >>> from concurrent.futures import ThreadPoolExecutor
    >>> import numpy as np
    >>> from autograd import Value, compile
    >>> w = Value(2.0)
    >>> f = compile(lambda x, t: (w * x - t) ** 2, parameters=[w])
    >>> X = np.arange(4.0)
    >>> with ThreadPoolExecutor(2) as workers:
    ...     distribute(f, workers).value_and_grad(X, X)
    (array([0., 1., 4., 9.]), [28.0])
    """
    if not isinstance(f, CompiledFunction):
        hint = "compile it first: distribute(compile(f, parameters=model), workers)"
        if not callable(f) or hasattr(f, "leaves"):
            hint = "a loss has no rows to share, so compile a function of one sample"
        raise TypeError(f"distribute takes a compiled function, got {type(f).__name__}; {hint}")
    return DistributedFunction(f, workers)


class DistributedFunction(CompiledFunction):
    """A compiled function whose rows are computed by workers."""

    def __init__(self, f: CompiledFunction, workers: Any) -> None:
        super().__init__(f.function, f._named, f.argnums, f.has_aux, f._options)
        self._crew = Crew(workers)

    def sum_and_grad(self, *rows: Any) -> tuple[Any, Any]:
        """The pair (value, gradient) with the value, too, summed over the rows.

        Nothing comes back from the workers but these sums, whereas `value_and_grad` has a value of each row.
        """
        given = Arguments(rows)
        if self._named is None or given.n is None:
            raise TypeError(
                "sum_and_grad sums over rows, and its gradient is that of parameters: write "
                "distribute(compile(f, parameters=model), workers), and give it arrays"
            )
        kept = self._program(given, PARAMETERS)
        run: DistributedRun = kept.run
        found = run.summed(kept.captured.numbers(), run.rows_of(given.arrays(), given.n))
        return restored(kept.template, found.sums, None), self._gradient(kept, found.gradient, given.n)

    def _prepared_rows(
        self, roots: Sequence[Value], columns: Sequence[Value], asked: set[Value], first: Sequence[Value]
    ) -> Prepared:
        made = prepared_rows(roots, columns, asked, first, self._options)
        blueprint = Blueprint.of(roots, columns, asked, first, made.leaves, self._options)
        run: Any = DistributedRun(made, blueprint, self._crew)
        return made._replace(run=run)


class Rows(NamedTuple):
    """Arguments that stay on the workers: `arrays` of `n` rows, and a token for each, see `remote.ArrayPart`."""

    arrays: list[Any]
    tokens: list[str]
    n: int


class Summed(NamedTuple):
    """What a call gives: the `sums` of the outputs over its rows; the rest, where it is asked for, as in a `Result`."""

    sums: list[float]
    gradient: Any
    outputs: list[Any]
    arguments: dict[int, Any]


class DistributedRun:
    """A program of rows that workers run, behind the interface of all runners; see `runners.py`.

    Args:
        made: the same program, which runs here what is too little to share.
        blueprint: of it.
        crew: the workers.
    """

    def __init__(self, made: Prepared, blueprint: Blueprint, crew: Crew) -> None:
        self.here, self.crew = made.run, crew
        self.name, self.form, self.code = made.run.name, made.run.form, made.run.code
        self.lanes, self.units = made.run.lanes, made.run.units
        self.source, self.text = made.run.source, made.run.text
        self._n_slots, self._n_nodes = len(made.leaves), made.n_nodes
        self._blueprint = pickle.dumps(blueprint, pickle.HIGHEST_PROTOCOL)
        self._token = hashlib.blake2b(self._blueprint, digest_size=16).hexdigest()  # the same in the next training
        self._known: set[str] = set()  # tokens of what has travelled
        self._last: list[tuple[Any, str]] = []  # copies of the arrays of the last call, and their tokens

    def __len__(self) -> int:
        return len(self.here)

    def __call__(
        self,
        parameters: Any,
        arguments: Sequence[Any] = (),
        n: int | None = None,
        seeds: Sequence[float] | None = None,
        gradient: bool = True,
    ) -> Result:
        """The results, the gradient of the parameters, and those of the arguments that are wanted."""
        if n is None or self._shards(n) == 1:
            return self.here(parameters, arguments, n, seeds, gradient)
        answers = self._answers(parameters, self.rows_of(arguments, n), None, None, gradient, by_row=True)
        found = self._found(answers, gradient)
        return Result(found.outputs, found.gradient, found.arguments)

    def _shards(self, n: int) -> int:
        return n_shards(n, self._n_nodes, self._n_slots)

    def kept(self, arguments: Sequence[Any], n: int) -> Rows:
        """Arrays of n rows that are not changed any more, to be used in many calls."""
        return Rows(list(arguments), [uuid.uuid4().hex for _ in arguments], n)

    def rows_of(self, arguments: Sequence[Any], n: int) -> Rows:
        """The arguments of a call; those that are as they were in the last one do not travel again."""
        last, self._last, tokens = self._last, [], []
        for i, x in enumerate(arguments):
            if x.strides[0] == 0:  # one row for all
                tokens.append("")
                self._last.append((None, ""))
            else:
                is_known = i < len(last) and _same(x, last[i][0])
                self._last.append(last[i] if is_known else (x.copy(), uuid.uuid4().hex))
                tokens.append(self._last[-1][1])
        return Rows(list(arguments), tokens, n)

    def summed(
        self, parameters: Any, rows: Rows, batch: Any = None, factors: Any = None, with_outputs: bool = False
    ) -> Summed:
        """The gradient of the parameters, and the sum of each output over the rows.

        Args:
            parameters: the number of each leaf.
            rows: see `kept` and `rows_of`.
            batch: the numbers of the rows that are meant; None for all.
            factors: an array, further columns of the last argument for this call; a column of it has nothing but 0 and
                one other number.
            with_outputs: whether the outputs of each row are asked for.
        """
        import numpy

        n = rows.n if batch is None else len(batch)
        if self._shards(n) > 1:
            answers = self._answers(parameters, rows, batch, factors, gradient=True, by_row=with_outputs)
            return self._found(answers, gradient=True)
        given = [x if batch is None else x.take(batch, 0) for x in rows.arrays]
        if factors is not None:
            given[-1] = numpy.concatenate([given[-1], factors], axis=1)
        outputs, gradient, of_arguments = self.here(parameters, given, n)
        return Summed([float(y.sum()) for y in outputs], gradient, outputs, of_arguments)

    def _answers(
        self, parameters: Any, rows: Rows, batch: Any, factors: Any, gradient: bool, by_row: bool
    ) -> list[Answer]:
        """What the workers give."""
        import numpy

        n = rows.n if batch is None else len(batch)
        shards = self._shards(n)
        tasks = n_tasks(shards, self.crew.size)
        numbers = numpy.asarray(parameters, dtype=float).tobytes()
        start, others = 0, None
        if batch is not None and numpy.array_equal(batch, numpy.arange(batch[0], batch[0] + n)):
            start, batch = int(batch[0]), None
        if batch is not None:
            batch = numpy.asarray(batch, numpy.min_scalar_type(rows.n))
        if factors is not None:
            others, factors = factors.max(axis=0), numpy.packbits(factors != 0, axis=1)
        ends = bounds(n, tasks)
        made = []
        for i, (a, b) in enumerate(pairwise(ends)):
            whole = n < rows.n or batch is not None
            which = (0, rows.n) if whole else (a, b)
            pieces = [
                ArrayPart(token, which if token else (a, b), x[slice(*which)] if token else x[:1])
                for x, token in zip(rows.arrays, rows.tokens, strict=True)
            ]
            made.append(
                WorkItem(
                    self._token, self._blueprint, pieces, numbers, n, shards,
                    (shards // tasks * i, shards // tasks * (i + 1)),
                    batch[a:b] if batch is not None else start + a if whole else 0,
                    None if factors is None else Factors(others, factors[a:b]),
                    gradient, by_row,
                )
            )  # fmt: skip
        return self.crew.run(made, self._known)

    def _found(self, answers: Sequence[Answer], gradient: bool) -> Summed:
        """What they are together."""
        import numpy

        total, n = added([answer.sums for answer in answers]), self._n_slots if gradient else 0
        outputs = [numpy.concatenate(parts) for parts in zip(*[answer.outputs for answer in answers], strict=True)]
        of_arguments = {k: numpy.concatenate([x.of_arguments[k] for x in answers]) for k in answers[0].of_arguments}
        return Summed(total[n:].tolist(), total[:n] if gradient else None, outputs, of_arguments)


def _same(x: Any, y: Any) -> bool:
    """Whether two arrays are alike to the bit; y has its numbers side by side."""
    import numpy

    if y is None or x.shape != y.shape or x.dtype != y.dtype:
        return False
    words = f"u{x.itemsize}" if x.itemsize in (1, 2, 4, 8) else x.dtype
    return numpy.array_equal(numpy.ascontiguousarray(x).view(words), y.view(words))
