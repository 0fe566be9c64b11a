"""A compiled function: traced once for each kind of arguments, then run as a program.

Given numbers it returns a number. Given NumPy arrays it computes all rows side by side, one lane for each.
Values that the function uses but does not get as arguments are its parameters, as the weights of a model.

Entry point: `CompiledFunction`.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

from .. import modes
from .. import operations as ops
from ..conditions import INSTEAD, warn_of_branches
from ..graph import leaves, topological_order
from ..operations import Operation, number
from ..value import Constant, Value
from . import backends
from .assemble import assembled_rows, lowered
from .program import Column, Program
from .trace import survey, trace

if TYPE_CHECKING:
    from .threaded import Threaded

Shape = tuple[str, int]  # "number", "list", "rows" (one number for each row) or "table", and how many numbers


class Traced(Value):
    """A node whose number is not known yet, as it depends on an argument."""

    __slots__ = ()

    def _decides(self, *_: object) -> Any:
        raise TypeError(
            "this number depends on an argument and is not known while the function is compiled, so Python can not "
            f"branch on it, as `if`, `and`, `max`, `min` and `sorted` do: write {INSTEAD}; `&`, `|` and `~` combine "
            "conditions"
        )

    def _tells(self, *_: object) -> Any:
        raise TypeError(
            "this number depends on an argument and is not known while the function is compiled, so it has no .data "
            "yet: compute with the Value itself and return it; instead of an `if` write autograd.where(condition, a, b)"
        )

    def _counts(self) -> Any:
        raise TypeError(
            "this number depends on an argument and is not known while the function is compiled, so it can neither "
            "count the rounds of a loop nor be an index: take the count from a variable outside of the function, or "
            "from the length of a list that is an argument; a program is compiled for each length"
        )

    def __repr__(self) -> str:
        return "<a number that is not known yet>"

    __bool__ = _decides
    __index__ = _counts
    data = property(_tells, _tells)

    # A comparison is a node, 1 or 0 for each call.
    def __lt__(self, other: Any) -> Any:
        return self._compared(ops.less, self, other)

    def __le__(self, other: Any) -> Any:
        return self._compared(ops.less_equal, self, other)

    def __gt__(self, other: Any) -> Any:
        return self._compared(ops.less, other, self)

    def __ge__(self, other: Any) -> Any:
        return self._compared(ops.less_equal, other, self)

    def __and__(self, other: Any) -> Any:
        return self._compared(ops.multiply, self, other)

    def __or__(self, other: Any) -> Any:
        return self._compared(ops.maximum, self, other)

    def __xor__(self, other: Any) -> Any:
        return self._compared(ops.equal, self._compared(ops.equal, self, other), 0.0)

    def __invert__(self) -> Any:
        return ops.equal(self, 0.0)

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    @staticmethod
    def _compared(operation: Operation, a: Any, b: Any) -> Any:
        return operation(a, b) if all(isinstance(x, (Real, Value)) for x in (a, b)) else NotImplemented


def _mark(node: Value) -> Value:
    if any(isinstance(parent, Traced) for parent in node.parents):
        node.__class__ = Traced
    return node


class _Compiled(NamedTuple):
    """What is kept for one kind of arguments."""

    run: backends.Runner
    program: Program | Threaded
    numbers: array[float]
    arguments: list[int]  # slots of the arguments' numbers; empty for rows


class CompiledFunction:
    """A function of numbers, compiled.

    Attributes: `function`; `parameters`, the captured Values in the order of the gradient; `argnums`.

    >>> w = Value(3.0)
    >>> f = CompiledFunction(lambda x: w * x * x, backend="python")
    >>> f(2.0)
    12.0
    >>> f.value_and_grad(2.0)  # the gradient of the parameters, here of w
    (12.0, [4.0])
    """

    def __init__(
        self,
        function: Callable[..., Any],
        argnums: int | tuple[int, ...] | None = None,
        backend: str | None = None,
        fastmath: bool = False,
    ) -> None:
        for i in (argnums,) if isinstance(argnums, int) else argnums or ():
            if isinstance(i, bool) or not isinstance(i, int) or i < 0:
                raise ValueError(f"argnums is the number of an argument, 0, 1, …, or a tuple of them, got {argnums!r}")
        self.function = function
        self.argnums = argnums
        self._backend = backends.chosen(backend)
        self._fastmath = fastmath
        self._parameters: list[Value] | None = None
        self._compiled: dict[Any, _Compiled] = {}

    @property
    def parameters(self) -> list[Value]:
        """The captured Values, known from the first call on."""
        if self._parameters is None:
            raise AttributeError("the parameters are found when the function is called for the first time")
        return self._parameters

    def __call__(self, *arguments: Any) -> Any:
        """The value, or an array with the value of each row."""
        return self._run(arguments, with_gradient=False)[0]

    def value_and_grad(self, *arguments: Any) -> tuple[Any, Any]:
        """The value and a gradient.

        The gradient is that of the parameters, summed over the rows; for a function that has none, or with
        `argnums`, it is that of the arguments, one for each row.
        """
        return self._run(arguments, with_gradient=True)

    def source(self, backend: str = "python") -> str:
        """The code of the program that was compiled last."""
        newest = self._newest()
        return backends.source(newest.program, len(newest.numbers), backend, self._fastmath)

    def __str__(self) -> str:
        return str(self._newest().program) if self._compiled else repr(self)

    def __repr__(self) -> str:
        name, n = getattr(self.function, "__name__", type(self.function).__name__), len(self._compiled)
        return f"<compiled function {name}: {n} program{'s' * (n != 1)}, {self._backend}>"

    def __reduce__(self) -> tuple[Any, ...]:
        return CompiledFunction, (self.function, self.argnums, self._backend, self._fastmath)

    def _newest(self) -> _Compiled:
        if not self._compiled:
            raise ValueError("nothing is compiled yet: call the function first, its arguments decide what to compile")
        return list(self._compiled.values())[-1]

    # --- calls -----------------------------------------------------------------------------------------

    def _run(self, arguments: Sequence[Any], with_gradient: bool) -> tuple[Any, Any]:
        read = [_argument(x, i) for i, x in enumerate(arguments)]
        n_rows = _common_length(read, arguments)
        shapes = tuple([shape for shape, _ in read])
        key = (shapes, with_gradient)
        compiled = self._compiled.get(key)
        if compiled is None:
            compiled = self._compiled[key] = self._compile(read, n_rows, with_gradient)
        if n_rows is None:
            return self._run_once(compiled, read, with_gradient)
        return self._run_rows(compiled, read, n_rows, with_gradient)

    def _run_once(self, compiled: _Compiled, read: Any, with_gradient: bool) -> tuple[Any, Any]:
        numbers = array("d", compiled.numbers)
        flat = [x for _, data in read for x in data]
        for slot, x in zip(compiled.arguments, flat, strict=True):
            if slot >= 0:
                numbers[slot] = x
        n_arguments = sum(slot >= 0 for slot in compiled.arguments)
        numbers[n_arguments : n_arguments + len(self.parameters)] = self._numbers()
        result, found = compiled.run.scalars(numbers)
        if not with_gradient:
            return result, None
        asked = self._asked(len(read))
        if asked is None:
            return result, list(found[n_arguments : n_arguments + len(self.parameters)])
        gradients, start = [], 0
        for shape, data in read:
            slots = compiled.arguments[start : start + len(data)]
            start += len(data)
            parts = [found[slot] if slot >= 0 else 0.0 for slot in slots]
            gradients.append(parts if shape[0] == "list" else parts[0])
        return result, self._chosen([gradients[i] for i in asked])

    def _run_rows(self, compiled: _Compiled, read: Any, n: int, with_gradient: bool) -> tuple[Any, Any]:
        import numpy

        numbers = array("d", compiled.numbers)
        numbers[0] = n
        numbers[1 : 1 + len(self.parameters)] = self._numbers()
        tables = []
        for (kind, _), data in read:  # what was given once is the same for all rows
            table = numpy.asarray(data, dtype=float)
            tables.append(table[0] if kind == "number" else table[None, :] if kind == "list" else table)
        values, found, lanes = compiled.run.rows(numbers, tables, n)
        values = numpy.asarray(values)
        if not with_gradient:
            return values, None
        asked = self._asked(len(read))
        if asked is None:
            return values, numpy.array(found[1 : 1 + len(self.parameters)], dtype=float)
        gradients, start = [], 0
        for i in asked:
            kind, size = read[i][0]
            parts = lanes[start : start + size]
            start += size
            gradients.append(numpy.stack(parts, axis=1) if kind in ("table", "list") else numpy.array(parts[0]))
        return values, self._chosen(gradients)

    def _numbers(self) -> array[float]:
        return array("d", [parameter._data for parameter in self.parameters])

    def _asked(self, n_arguments: int) -> list[int] | None:
        """The arguments whose gradients are asked for; None for the parameters."""
        if self.argnums is None:
            return None if self.parameters else list(range(n_arguments))
        asked = [self.argnums] if isinstance(self.argnums, int) else list(self.argnums)
        if any(i >= n_arguments for i in asked):
            raise ValueError(f"argnums is {self.argnums}, but the function was called with {n_arguments} argument(s)")
        return asked

    def _chosen(self, gradients: list[Any]) -> Any:
        return gradients[0] if isinstance(self.argnums, int) else tuple(gradients)

    # --- tracing ---------------------------------------------------------------------------------------

    def _compile(self, read: Any, n_rows: int | None, with_gradient: bool) -> _Compiled:
        """Run the function once on nodes, and compile the graph that it built."""
        inputs, flat = [], []
        for (kind, size), data in read:
            if n_rows is None or kind in ("number", "list"):
                numbers = list(data)
            elif n_rows == 0:
                numbers = [float("nan")] * size
            else:
                numbers = [float(x) for x in data[0]] if kind == "table" else [float(data[0])]
            nodes = [Traced(x) for x in numbers]
            flat += nodes
            inputs.append(nodes if kind in ("list", "table") else nodes[0])
        with modes.tracing(_mark):
            try:
                root = self.function(*inputs)
            except TypeError as error:
                if "Traced" not in str(error):
                    raise
                raise TypeError(self._misfit(read, error)) from error
        if isinstance(root, Real):
            root = Constant(number(root))
        if not isinstance(root, Value):
            raise TypeError(
                f"a function to compile returns one Value, got {type(root).__name__}; return the sum of the losses, "
                "or compile a function for each output"
            )
        warn_of_branches(topological_order(root))
        own = set(flat)
        parameters = [leaf for leaf in leaves(root) if leaf not in own]
        if self._parameters is None:
            self._parameters = parameters
        elif set(parameters) != set(self._parameters):
            raise ValueError(
                "with these arguments the function uses other Values than before; compile one function for each case"
            )
        asked = self._asked(len(read)) if with_gradient else []
        if n_rows is None:
            return self._compile_once(root, flat, read, asked, with_gradient)
        columns: dict[Value, Column] = {node: Column(1, None, j) for j, node in enumerate(flat)}
        tape = trace(survey(root, lanes=False), columns, first=self.parameters)
        starts = [sum(size for (_, size), _ in read[:i]) for i in range(len(read))]
        numbers_asked = [starts[i] + k for i in asked or () for k in range(read[i][0][1])]
        wanted = set(self.parameters) if asked is None else set()
        program, numbers_ = assembled_rows(tape, wanted, numbers_asked)
        return _Compiled(backends.load(program, len(numbers_), self._backend, self._fastmath), program, numbers_, [])

    def _misfit(self, read: Any, error: TypeError) -> str:
        """What to say when the function wants arguments of another form, as a model wants a list."""
        names = {"number": "one number", "list": "a list of {} numbers", "rows": "one number for each row"}
        forms = ", ".join(names.get(kind, "a list of {} numbers for each row").format(n) for (kind, n), _ in read)
        return (
            f"{error}. The compiled function was given {forms}: one sample of several inputs is a list, f([1.0, 2.0]), "
            "and many samples are an array of the shape (samples, inputs); an array of one dimension is one number for "
            "each sample"
        )

    def _compile_once(
        self, root: Value, flat: list[Traced], read: Any, asked: list[int] | None, with_gradient: bool
    ) -> _Compiled:
        starts = [sum(size for (_, size), _ in read[:i]) for i in range(len(read))]
        wanted: set[Value] = {flat[starts[i] + k] for i in asked or () for k in range(read[i][0][1])}
        if with_gradient and asked is None:
            wanted = set(self.parameters)
        program, numbers, places = lowered(
            survey(root, lanes=False),
            wanted,
            [*flat, *self.parameters],
            machine_code=backends.chosen(self._backend) == "llvm",
            fastmath=self._fastmath,
        )
        slots = [places.get(node, -1) for node in flat]
        return _Compiled(backends.load(program, len(numbers), self._backend, self._fastmath), program, numbers, slots)


def _argument(x: Any, i: int) -> tuple[Shape, Any]:
    """The shape of an argument, and its numbers."""
    if isinstance(x, Value):
        raise TypeError(
            f"argument {i} is a Value; a compiled function takes numbers. Give .data, or let the function use the "
            "Value itself: then it is a parameter"
        )
    if hasattr(x, "to_numpy"):  # a data frame or a series
        x = x.to_numpy()
    if getattr(x, "ndim", 0) and hasattr(x, "dtype"):
        import numpy

        if numpy.asarray(x).dtype.kind not in "biuf":
            raise TypeError(f"argument {i} is an array of {x.dtype}; a compiled function takes real numbers")
        if x.ndim > 2:
            raise ValueError(f"argument {i} has the shape {x.shape}; a row is a number or a list, so at most 2-D")
        data = numpy.asarray(x, dtype=numpy.float64)
        return (("rows", 1) if x.ndim == 1 else ("table", x.shape[1])), data
    if isinstance(x, (list, tuple)):
        return ("list", len(x)), [number(part) for part in x]
    return ("number", 1), [number(x)]


def _common_length(read: Any, arguments: Sequence[Any]) -> int | None:
    """The number of rows of the arrays among the arguments; None when there is none."""
    lengths = {i: len(data) for i, ((kind, _), data) in enumerate(read) if kind in ("rows", "table")}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"argument {i} has {n}" for i, n in lengths.items())
        raise ValueError(f"the arrays must have one row for each lane, but {listed}")
    return next(iter(lengths.values()), None)
