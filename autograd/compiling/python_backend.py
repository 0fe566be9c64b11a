"""A program as Python source: always there, also where nothing can be installed (Pyodide).

Scalars are one straight function. The lanes of a group are a function of their own, `lanes_1(…)`: with
NumPy it is called once with arrays, without NumPy once for each lane with floats.

Entry points: `source(program)`, and `load(program)`, which returns the function

    run(inputs, arguments, rows) -> ([results], {slot: gradient}, {place: lanes})
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from .. import operations as ops
from ..operations import Operation
from .program import COLUMN, READ, LaneBlock, Output, Program, blocks

Run = Callable[[Sequence[float], Sequence[Any], int], tuple[list[float], dict[int, float], dict[int, Any]]]

# What can be written as an expression of floats with the very result of the forward function; the others are called.
EXPRESSIONS = {
    ops.add: "{0} + {1}",
    ops.subtract: "{0} - {1}",
    ops.multiply: "{0} * {1}",
    ops.negate: "-{0}",
    ops.absolute: "abs({0})",
    ops.less: "1.0 if {0} < {1} else 0.0",
    ops.less_equal: "1.0 if {0} <= {1} else 0.0",
    ops.equal: "1.0 if {0} == {1} else 0.0",
    ops.where: "{1} if {0} else {2}",
    ops.relu: "0.0 if {0} <= 0 else {0}",
    ops.maximum: "{0} if {0} >= {1} or {0} != {0} else {1}",
    ops.minimum: "{0} if {0} <= {1} or {0} != {0} else {1}",
}
# The same for arrays; `np` is NumPy, the functions are those of `loops/array_operations.py`.
ARRAY_EXPRESSIONS = {
    **{op: EXPRESSIONS[op] for op in (ops.add, ops.subtract, ops.multiply, ops.negate, ops.absolute)},
    ops.divide: "np.divide({0}, {1})",
    ops.less: "np.less({0}, {1}) * 1.0",
    ops.less_equal: "np.less_equal({0}, {1}) * 1.0",
    ops.equal: "np.equal({0}, {1}) * 1.0",
    ops.where: "np.where(np.not_equal({0}, 0), {1}, {2})",
    # Not np.maximum: of 0.0 and -0.0 it does not take the one that the eager engine takes.
    ops.relu: "np.where(np.less_equal({0}, 0.0), 0.0, {0})",
    ops.maximum: "np.where(np.greater_equal({0}, {1}) | np.isnan({0}), {0}, {1})",
    ops.minimum: "np.where(np.less_equal({0}, {1}) | np.isnan({0}), {0}, {1})",
    ops.power: "power({0}, {1})",
    ops.power_of_constant: "power({0}, {1})",
    ops.sigmoid: "sigmoid({0})",
    ops.softplus: "softplus({0})",
    ops.asin: "np.arcsin({0})",
    ops.acos: "np.arccos({0})",
    ops.atan: "np.arctan({0})",
    **{
        getattr(ops, name): f"np.{name}({{0}})"
        for name in ("exp", "expm1", "log", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh")
    },
}
TERMS_IN_A_LINE = 50  # Python's parser recurses into a longer a + b + …


def source(program: Program, arrays: bool = False) -> str:
    """The program as the source of a module with the function `run`."""
    return "\n".join(_Writer(program, arrays).lines()) + "\n"


def load(program: Program) -> Run:
    """The program, ready to run."""
    arrays = len(program.lanes) > 1 and _numpy() is not None
    scope: dict[str, Any] = {"np": _numpy() if arrays else None, "inf": float("inf"), "nan": float("nan")}
    for name in ops.BUILT_IN:
        scope[_called(ops.OPERATIONS[name])] = ops.OPERATIONS[name].forward
    scope["over_lanes"] = _over_arrays if arrays else _over_floats
    if arrays:
        from .loops import array_operations

        scope.update({name: getattr(array_operations, name) for name in array_operations.OF_LANES})
    code = source(program, arrays)
    exec(compile(code, "<compiled by autograd>", "exec"), scope)
    run, numpy = scope["run"], scope["np"]

    def plain(inputs: Sequence[float], arguments: Sequence[Any], rows: int) -> Any:
        return run(inputs, inputs, arguments, rows)

    def with_arrays(inputs: Sequence[float], arguments: Sequence[Any], rows: int) -> Any:
        with numpy.errstate(all="ignore"):  # inf and nan are results here, as in the eager engine
            return run(inputs, numpy.asarray(inputs), arguments, rows)

    return with_arrays if arrays else plain


class _Writer:
    """Writes the lines of the module."""

    def __init__(self, program: Program, arrays: bool) -> None:
        self.program = program
        self.arrays = arrays
        self.loops: list[str] = []

    def lines(self) -> list[str]:
        program = self.program
        body: list[str] = []
        for block in blocks(program):
            if block.group == 0:
                body += [self.assignment(i, EXPRESSIONS) for i in block.instructions]
            else:
                body += self.loop(block)
        results = [o for o in program.outputs if o.kind == "result"]
        gradients = [o for o in program.outputs if o.kind == "gradient"]
        body += [f"gradients[{o.place}] = gradients.get({o.place}, 0.0) + {self.name(o.operand)}" for o in gradients]
        values = ", ".join(self.name(output.operand) for output in results)
        head = ["gradients, lanes = {}, {}"]
        return [*self.loops, *_function("run(x, data, arguments, rows)", head + body, f"[{values}], gradients, lanes")]

    def loop(self, block: LaneBlock) -> list[str]:
        """The call of the function that computes a group, and the function itself."""
        program, number = self.program, len(self.loops)
        name = f"lanes_{number}"
        inside = set(block.instructions)
        columns = [i for i in block.instructions if program.operations[i] is COLUMN]
        used = {
            j for i in inside if program.operations[i] is not COLUMN for j in program.inputs(i) if 0 <= j not in inside
        }
        used |= {o.operand for o in block.outputs if 0 <= o.operand not in inside}
        shared = sorted(used)
        expressions = ARRAY_EXPRESSIONS if self.arrays else EXPRESSIONS
        steps = [self.assignment(i, expressions) for i in block.instructions if i not in columns]
        results = [self.name(program.inputs(i)[0]) for i in block.reductions]
        results += [self.name(o.operand) for o in block.outputs]
        parameters = ", ".join(f"v{i}" for i in (*columns, *shared))
        self.loops += _function(f"{name}({parameters})", steps, f"({', '.join(results)},)")
        n = program.lanes[block.group]
        data = ", ".join(self.column(program.inputs(i)[0]) for i in columns)
        constants = ", ".join(f"v{i}" for i in shared)
        call = f"over_lanes({name}, {'rows' if n is None else n}, [{data}], [{constants}], {len(block.reductions)})"
        lines = [f"sums, columns = {call}"]
        lines += [f"v{i} = sums[{k}]" for k, i in enumerate(block.reductions)]
        for k, output in enumerate(block.outputs):
            lines += self.output(output, f"columns[{k}]")
        return lines

    def column(self, number: int) -> str:
        slots = self.program.columns[number].slots
        if slots is None:
            return f"arguments[{self.program.columns[number].argument}]"
        if isinstance(slots, range):
            return f"data[{slots.start}:{slots.stop}]"
        return f"data[{list(slots)}]" if self.arrays else f"[data[i] for i in {list(slots)}]"

    def output(self, output: Output, vector: str) -> list[str]:
        if output.kind == "lanes":
            return [f"lanes[{output.place}] = {vector}"]
        slots = self.program.columns[output.place].slots
        where = f"range({slots.start}, {slots.stop})" if isinstance(slots, range) else repr(list(slots or ()))
        return [f"for i, g in zip({where}, {vector}):", "    gradients[i] = gradients.get(i, 0.0) + g"]

    def name(self, operand: int) -> str:
        return f"v{operand}" if operand >= 0 else _number(self.program.constants[~operand])

    def assignment(self, i: int, expressions: dict[Operation, str]) -> str:
        operation, inputs = self.program.operations[i], self.program.inputs(i)
        if operation is READ:
            return f"v{i} = x[{inputs[0]}]"
        names = [self.name(j) for j in inputs]
        divisor = inputs[1] if operation is ops.divide else 0
        if divisor < 0 and self.program.constants[~divisor] != 0:
            return f"v{i} = {names[0]} / {names[1]}"  # Python's division raises for 0 only
        if operation is ops.total and len(names) <= TERMS_IN_A_LINE:
            return f"v{i} = {' + '.join(['0.0', *names])}"
        if operation is ops.logsumexp and expressions is ARRAY_EXPRESSIONS:
            return f"v{i} = logsumexp({', '.join(names)})"
        if operation in expressions:
            return f"v{i} = {expressions[operation].format(*names)}"
        return f"v{i} = {_called(operation)}({', '.join(names)})"


def _function(head: str, lines: Sequence[str], result: str) -> list[str]:
    return [f"def {head}:", *[f"    {line}" for line in lines], f"    return {result}", ""]


def _called(operation: Operation) -> str:
    return re.sub(r"\W", "_", operation.name) + "_"


def _number(x: float) -> str:
    return f"({x!r})" if x < 0 or str(x).startswith("-") else repr(x)


def _over_floats(
    function: Callable[..., Any], n: int, columns: Sequence[Any], shared: Sequence[Any], n_sums: int
) -> tuple[list[float], list[list[float]]]:
    """Call `function` for each lane; the sums of its first `n_sums` results, and the others as they are."""
    rows = zip(*columns, strict=True) if columns else ((),) * n
    results = [function(*row, *shared) for row in rows]
    transposed: Iterable[Any] = zip(*results, strict=True)
    vectors = list(transposed)
    return [sum(vector) for vector in vectors[:n_sums]], [list(vector) for vector in vectors[n_sums:]]


def _over_arrays(
    function: Callable[..., Any], n: int, columns: Sequence[Any], shared: Sequence[Any], n_sums: int
) -> tuple[list[float], list[Any]]:
    """The same with NumPy: all lanes at once."""
    numpy = _numpy()
    results = function(*columns, *shared)
    whole = [r if getattr(r, "shape", ()) else numpy.full(n, r) for r in results]
    return [float(numpy.add.reduce(vector)) for vector in whole[:n_sums]], [v.tolist() for v in whole[n_sums:]]


def _numpy() -> Any:
    try:
        import numpy
    except ImportError:
        return None
    return numpy
