r"""Derivatives as functions: `grad(f)` is the function x ↦ f'(x), and can itself be differentiated.

Every entry point does the same three things:

1. *Record.* Call f with fresh nodes in place of its inputs, and list the nodes between inputs and outputs,
   each with its local derivatives.
2. *Sweep* over that list, once for each row or column that is asked for:

       forward   tangent(node)    =  Σ over parents    local derivative × tangent(parent)
       reverse   adjoint(parent) +=  local derivative × adjoint(node)

3. *Return* the numbers in the structure of the inputs.

The local derivatives are the recorded floats. Where the derivative may itself be differentiated (inside
another derivative, or when an input is a Value), the rules of the table are applied to the *nodes* instead;
then tangents and adjoints are nodes too, and the derivative has a graph that can be drawn, differentiated
and replayed at other inputs.

Perturbation confusion, the classic mistake of nested derivatives, cannot arise: each call has inputs of its
own (`identity` nodes before the outer ones), and follows only what was computed from them. Nothing here touches
the `.grad` of a node.

Entry points, named as in JAX: `grad`, `value_and_grad`, `jacobian`, `hessian`, `jvp`, `vjp`, `hvp`.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from numbers import Integral
from typing import Any

from .. import modes
from .. import operations as ops
from ..linearize import linearize, pull_back, push_forward
from ..operations import number
from ..value import Constant, Value, own_node
from .pytree import flatten, is_array, pour, rebuild, shape_of, size_of, terminals, unflatten
from .validation import (
    check_callable,
    check_match,
    check_scalar,
    check_tuple,
    checked_inputs,
    name_of,
    positions_of,
    refuse_side_effects,
    warn_of_constant,
)

Scalar = Value | float
Function = Callable[..., Any]

# --- what a user calls ------------------------------------------------------------------------------------


def grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    r"""The function that returns the gradient of f:  grad(f)(x)_i = ∂f/∂x_i.

    Args:
        f: takes numbers, or lists, tuples, dicts and NumPy arrays of them, and returns one number. It must
            compute with operators and the functions of `autograd`, not of `math`.
        argnums: which positional argument to differentiate by, or several of them.

    Returns a function of the same arguments. Its result has the structure of the argument (for several
    `argnums`: a tuple of them). It holds floats if all arguments are plain numbers; given a Value, or inside
    another derivative, it holds Values that have a graph.

    Raises TypeError for integers to differentiate by and for a result that is not one number; ValueError for
    `argnums` out of range and for a function that changes Values it did not make. Warns if the result does
    not depend on the input.

    Method: reverse accumulation (Linnainmaa 1970): one sweep, whatever the number of inputs.

    >>> grad(lambda x: x**3)(2.0)
    12.0
    >>> grad(grad(grad(lambda x: x**3)))(2.0)
    6.0
    >>> grad(lambda p: p["w"][0] * p["w"][1] + p["b"])({"w": [2.0, 3.0], "b": 1.0})
    {'w': [3.0, 2.0], 'b': 1.0}
    """
    return _derivative_of("grad", f, lambda *args, **kwargs: _value_and_grad("grad", f, argnums, args, kwargs)[1])


def value_and_grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """The function that returns the pair (f(x), gradient of f at x), calling f once. See `grad`.

    >>> value_and_grad(lambda x, y: x * y, argnums=(0, 1))(2.0, 5.0)
    (10.0, (5.0, 2.0))
    """
    name = "value_and_grad"
    return _derivative_of(name, f, lambda *args, **kwargs: _value_and_grad(name, f, argnums, args, kwargs))


def jacobian(f: Function, argnums: int | Sequence[int] = 0, *, mode: str | None = None) -> Function:
    r"""The function that returns all derivatives of all outputs:  jacobian(f)(x)[i][j] = ∂f_i/∂x_j.

    Args:
        f, argnums: see `grad`; but f may return any structure of numbers.
        mode: "forward" makes one sweep for each of n inputs, "reverse" one for each of m outputs; without it
            the smaller number decides. Either way f is called once.

    Returns a function whose result has the structure of f's result, with the structure of the argument in
    place of each number. An array of shape s by an array of shape t gives one array of shape s + t.

    >>> jacobian(lambda x: [x[0] * x[1], x[0] + x[1], x[0] ** 2])([2.0, 3.0])
    [[3.0, 2.0], [1.0, 1.0], [4.0, 0.0]]
    """
    if mode not in (None, "forward", "reverse"):
        raise ValueError(f'the mode of jacobian is "forward", "reverse" or None (the cheaper one), got {mode!r}')
    return _derivative_of("jacobian", f, lambda *args, **kwargs: _jacobian("jacobian", f, argnums, mode, args, kwargs))


def hessian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    r"""The function that returns all second derivatives:  hessian(f)(x)[i][j] = ∂²f/∂x_i∂x_j.

    Method: forward over reverse; the gradient is recorded once, then swept over once for each input.

    >>> hessian(lambda x: x[0] ** 2 * x[1])([2.0, 3.0])
    [[6.0, 4.0], [4.0, 0.0]]
    """

    def gradient(*args: Any, **kwargs: Any) -> Any:
        return _value_and_grad("hessian", f, argnums, args, kwargs)[1]

    def second(*args: Any, **kwargs: Any) -> Any:
        return _jacobian("hessian", gradient, argnums, "forward", args, kwargs)

    return _derivative_of("hessian", f, second)


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    r"""The pair (f(x), J·v): the value, and how fast it changes when the inputs x move with velocity v.

    Args:
        f: see `jacobian`.
        primals: the tuple x of f's arguments.
        tangents: the tuple v, of the same structure.

    Both results have the structure of f's result. Method: forward accumulation (Wengert 1964): one sweep from
    the inputs to the outputs.

    >>> jvp(lambda x, y: x * y, (2.0, 3.0), (1.0, 10.0))
    (6.0, 23.0)
    """
    check_callable("jvp", f)
    check_tuple("jvp", "primals", primals)
    check_tuple("jvp", "tangents", tangents)
    check_match("jvp", "tangents", tangents, "primals", primals)
    velocities = [x if isinstance(x, Value) else number(x) for x in flatten(tuple(tangents), "tangents")]
    with _run("jvp", f, range(len(primals)), tuple(primals), {}, also=velocities) as run:
        return run.value, run.outputs_like(run.push_forward(velocities))


def vjp(f: Function, *primals: Any) -> tuple[Any, Function]:
    r"""The pair (f(x), pullback): `pullback(u)` is uᵀ·J, the gradient of Σ u_i·f_i, as a tuple like the primals.

    f is called once, the pullback as often as you like; u has the structure of f's result.

    Method: reverse accumulation; `grad` is the case u = 1.

    >>> y, pullback = vjp(lambda x, y: [x * y, x + y], 2.0, 3.0)
    >>> y, pullback([1.0, 0.0]), pullback([0.0, 1.0])
    ([6.0, 5.0], (3.0, 2.0), (1.0, 1.0))
    """
    check_callable("vjp", f)
    with _run("vjp", f, range(len(primals)), primals, {}) as run:
        value = run.value

    def pullback(cotangents: Any) -> Any:
        check_match("the pullback of vjp", "cotangents", cotangents, "the result of f", run.result)
        with modes.recording():
            return run.inputs_like(run.pull_back(flatten(cotangents, "cotangents")))

    return value, pullback


def hvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    r"""H·v, the Hessian of f at x times a vector, without the Hessian: about the cost of a few gradients.

    Args:
        f: see `grad`.
        primals: the tuple x of f's arguments.
        tangents: the tuple v, of the same structure.

    Returns the structure of the argument; for several, a tuple of theirs.

    Method: forward over reverse (Pearlmutter 1994): how fast the gradient changes when x moves with velocity v.

    >>> hvp(lambda x: x[0] ** 2 * x[1], ([2.0, 3.0],), ([1.0, 0.0],))
    [6.0, 4.0]
    """
    check_callable("hvp", f)
    check_tuple("hvp", "primals", primals)
    argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))

    def gradient(*args: Any) -> Any:
        return _value_and_grad("hvp", f, argnums, args, {})[1]

    return jvp(gradient, primals, tangents)[1]


# --- one run of f --------------------------------------------------------------------------------------------

# How many derivatives are being taken around the code that is running.
_depth: ContextVar[int] = ContextVar("depth", default=0)


def is_under_way() -> bool:
    """Whether a derivative is being taken around the code that is running."""
    return _depth.get() > 0


def _has_programs(f: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
    """Whether f is a compiled function, whose programs compute first derivatives as numbers."""
    return hasattr(f, "compiled_derivative") and not (kwargs or is_under_way() or _holds_value(args))


class _Run:
    """One call of f: its inputs, what it returned, and the two sweeps between them."""

    def __init__(self, inputs: list[Value], template: Any, result: Any, as_values: bool, as_nodes: bool) -> None:
        self.inputs = inputs
        self.template = template  # what the inputs came from
        self.result = result
        self.outputs = flatten(result, "the result of f")
        self.as_values = as_values  # results are Values …
        self.as_nodes = as_nodes  # … with a graph
        self.steps = linearize(self.outputs, inputs, as_nodes)

    @property
    def value(self) -> Any:
        return unflatten(self.result, [self._returned(y) for y in self.outputs])

    @property
    def is_constant(self) -> bool:
        """Whether no output depends on an input."""
        reached = {*self.inputs, *(node for node, *_ in self.steps)}
        return not any(isinstance(y, Value) and y in reached for y in self.outputs)

    def pull_back(self, cotangents: Sequence[Scalar]) -> list[Scalar]:
        """For each input the derivative of Σ cotangent × output."""
        pairs = zip(self.outputs, cotangents, strict=True)
        adjoints = pull_back(self.steps, [(y, u) for y, u in pairs if isinstance(y, Value)])
        return [adjoints.get(x, 0.0) for x in self.inputs]

    def push_forward(self, tangents: Sequence[Scalar]) -> list[Scalar]:
        """For each output how fast it changes when the inputs change with these tangents."""
        moving = push_forward(self.steps, zip(self.inputs, tangents, strict=True))
        return [moving.get(y, 0.0) if isinstance(y, Value) else 0.0 for y in self.outputs]

    def matrix(self, mode: str | None) -> list[list[Scalar]]:
        """Row i, column j: the derivative of output i by input j."""
        n, m = len(self.inputs), len(self.outputs)
        if mode == "forward" or (mode is None and n <= m):
            columns = [self.push_forward(_unit(n, j)) for j in range(n)]
            return [[self._returned(column[i]) for column in columns] for i in range(m)]
        return [list(map(self._returned, self.pull_back(_unit(m, i)))) for i in range(m)]

    def inputs_like(self, derivatives: Sequence[Scalar]) -> Any:
        return unflatten(self.template, [self._returned(d) for d in derivatives])

    def outputs_like(self, derivatives: Sequence[Scalar]) -> Any:
        return unflatten(self.result, [self._returned(d) for d in derivatives])

    def _returned(self, x: Scalar) -> Scalar:
        if self.as_nodes:
            return own_node(x)
        x = x.data if isinstance(x, Value) else number(x)
        return Constant(x) if self.as_values else x


@contextmanager
def _run(
    caller: str,
    f: Function,
    argnums: int | Sequence[int],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    also: Sequence[Any] = (),
) -> Iterator[_Run]:
    """Call f with fresh nodes for the arguments `argnums`; while the body runs, nodes are recorded.

    The results are Values if an argument, or a number in `also`, is one, or if another derivative is under way.
    """
    positions = positions_of(caller, argnums, len(args))
    chosen = tuple(args[i] for i in positions)
    numbers = [x for i, argument in zip(positions, chosen, strict=True) for x in checked_inputs(caller, i, argument)]
    as_values = _depth.get() > 0 or _holds_value([args, kwargs, also])
    as_nodes = as_values and modes.is_recording()
    with modes.recording():
        inputs = [ops.identity(x) if isinstance(x, Value) else Value(x) for x in numbers]
        all_args = list(args)
        for position, argument in zip(positions, unflatten(chosen, inputs), strict=True):
            all_args[position] = argument
        result = _call(caller, f, all_args, kwargs, inputs)
        template = chosen[0] if isinstance(argnums, Integral) else chosen
        run = _Run(inputs, template, result, as_values, as_nodes)
        # A Constant comes from a derivative inside f that is itself constant, such as that of 3·x: no mistake.
        if inputs and run.is_constant and not all(isinstance(y, Constant) for y in run.outputs):
            warn_of_constant(f)
        yield run


def _call(caller: str, f: Function, args: list[Any], kwargs: dict[str, Any], inputs: list[Value]) -> Any:
    """f(*args, **kwargs) with one more derivative under way; a result that can be differentiated, or an error."""
    token = _depth.set(_depth.get() + 1)
    try:
        with modes.watch_changes() as changes:
            result = f(*args, **kwargs)
    finally:
        _depth.reset(token)
    if result is None:
        raise TypeError(f"{caller} got None from {name_of(f)}: does it lack a `return`?")
    if changes:
        refuse_side_effects(caller, f, changes, inputs, result)
    return result


def _value_and_grad(
    caller: str, f: Function, argnums: int | Sequence[int], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, Any]:
    if _has_programs(f, args, kwargs):
        return f.compiled_derivative("value_and_grad", argnums, args)  # type: ignore[attr-defined, no-any-return]
    with _run(caller, f, argnums, args, kwargs) as run:
        check_scalar(caller, f, run.result)
        return run.value, run.inputs_like(run.pull_back([1.0]))


def _jacobian(
    caller: str,
    f: Function,
    argnums: int | Sequence[int],
    mode: str | None,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    if mode is None and _has_programs(f, args, kwargs):
        return f.compiled_derivative("jacobian", argnums, args)  # type: ignore[attr-defined]
    with _run(caller, f, argnums, args, kwargs) as run:
        return _nested(run.result, run.template, run.matrix(mode))


def _nested(outer: Any, inner: Any, matrix: list[list[Scalar]]) -> Any:
    """The matrix in the structure `outer`, with the structure `inner` in place of each terminal."""
    parts, row = [], 0
    for _, output in terminals(outer):
        rows = matrix[row : row + size_of(output)]
        blocks, column = [], 0
        for _, x in terminals(inner):
            entries = [entry for each in rows for entry in each[column : column + size_of(x)]]
            shapes = [shape for shape in (shape_of(output), shape_of(x)) if shape is not None]
            blocks.append(pour(entries, functools.reduce(operator.add, shapes) if shapes else None))
            column += size_of(x)
        parts.append(rebuild(inner, blocks))
        row += size_of(output)
    return rebuild(outer, parts)


def _unit(n: int, i: int) -> list[Scalar]:
    return [1.0 if j == i else 0.0 for j in range(n)]


def _derivative_of(caller: str, f: Function, derivative: Function) -> Function:
    """`derivative`, with the signature of f and the name grad(f)."""
    check_callable(caller, f)
    functools.update_wrapper(derivative, f, assigned=("__module__",), updated=())
    derivative.__name__ = derivative.__qualname__ = f"{caller}({name_of(f)})"
    return derivative


def _holds_value(tree: Any) -> bool:
    stack = [tree]
    while stack:
        x = stack.pop()
        if isinstance(x, Value):
            return True
        if isinstance(x, (list, tuple)):
            stack.extend(x)
        elif isinstance(x, dict):
            stack.extend(x.values())
        elif is_array(x) and x.dtype == object:
            stack.extend(x.flat)
    return False
