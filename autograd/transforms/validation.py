"""Invalid requests: what cannot be differentiated, and what a differentiated function must not do.

Each error says what happened, with the numbers, why that is a problem, and what to write instead. The largest
part finds side effects: a function that changes Values it did not make has a different derivative in each call.

Entry points, called by `derivatives.py`: `check_callable`, `check_tuple`, `check_match`, `check_scalar`,
`positions_of`, `checked_inputs`, `warn_of_constant`, `refuse_side_effects`.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from numbers import Integral, Real
from types import CodeType, ModuleType
from typing import Any

from .. import modes
from ..operations import number
from ..sweeps import topological_order
from ..value import Value
from .pytree import described, flatten, is_array, named_numbers, rebuild, same_structure, shape_of, terminals

Function = Callable[..., Any]


def name_of(f: Function) -> str:
    name: str = getattr(f, "__name__", type(f).__name__)
    return "the function" if name == "<lambda>" else name


def check_callable(caller: str, f: Any) -> None:
    if not callable(f):
        raise TypeError(f"{caller} takes a function, got {described(f)}: write {caller}(f), not {caller}(f(x))")


def positions_of(caller: str, argnums: Any, n: int) -> list[int]:
    """The argument numbers as a list of numbers from 0 to n-1."""
    wanted = [argnums] if isinstance(argnums, Integral) else argnums
    if isinstance(wanted, str) or not isinstance(wanted, Sequence) or not all(isinstance(i, Integral) for i in wanted):
        raise TypeError(f"argnums of {caller} is the number of an argument, or a tuple of numbers, got {argnums!r}")
    for i in wanted:
        if not -n <= int(i) < n:
            raise ValueError(
                f"argnums={argnums!r} asks {caller} for the derivative by argument {i}, but the function was called "
                f"with {n} positional argument(s), numbered from 0; keyword arguments are never differentiated by"
            )
    positions = [int(i) % n for i in wanted]
    if len(set(positions)) < len(positions):
        raise ValueError(f"argnums={argnums!r} names an argument of {caller} twice; name each once")
    return positions


def checked_inputs(caller: str, position: int, argument: Any) -> Iterator[Value | float]:
    """The numbers of an argument; an integer among them is an error, as in JAX."""
    for place, x in named_numbers(argument, f"argument {position}"):
        if isinstance(x, Integral):
            raise TypeError(
                f"{caller} differentiates by floats, but {place} is the integer {x!r}, and an integer cannot change "
                f"a little: write {float(x)!r}; if it counts or selects something, leave it out of argnums"
            )
        yield x if isinstance(x, Value) else number(x)


def check_scalar(caller: str, f: Function, result: Any) -> None:
    if isinstance(result, (Value, Real)) or (is_array(result) and result.shape == ()):
        return
    raise TypeError(
        f"{caller} needs a function that returns one number, but {name_of(f)} returned {described(result)}: a gradient "
        "is that of one number; return one entry or a sum, or take jacobian(f), which holds the derivatives of all"
    )


def check_tuple(caller: str, name: str, x: Any) -> None:
    if not isinstance(x, (tuple, list)):
        raise TypeError(
            f"{caller} takes {name} as a tuple with one entry for each argument of f, got {described(x)}; "
            "for one argument write (x,)"
        )


def check_match(caller: str, name: str, tree: Any, other: str, template: Any) -> None:
    if isinstance(tree, (tuple, list)) and isinstance(template, (tuple, list)) and name == "tangents":
        tree, template = tuple(tree), tuple(template)
    if not same_structure(tree, template):
        raise ValueError(
            f"{caller} needs {name} of the same structure as {other}, one number for each; "
            f"got {_shown(tree)} for {_shown(template)}"
        )


def _shown(tree: Any) -> str:
    """The structure, with x for each number."""
    names = (f"array{shape_of(t)}" if is_array(t) else "x" for _, t in terminals(tree))
    return str(rebuild(tree, names)).replace("'", "")


def warn_of_constant(f: Function) -> None:
    warnings.warn(
        f"the result of {name_of(f)} does not depend on the input, so its derivative is 0; if it should, look for "
        ".data, float() or no_grad(), which cut the graph, for a comparison, through which no gradient flows, or for "
        "an argument that is not used",
        stacklevel=modes.stacklevel(),
    )


# --- side effects ---------------------------------------------------------------------------------------------


def refuse_side_effects(
    caller: str, f: Function, changes: list[tuple[Value, str, float]], inputs: list[Value], result: Any
) -> None:
    """Raise if f changed Values that it did not make, or numbers that it had already computed with."""
    held, own = _values_held_by(f), set(inputs)
    changed = {node for node, attribute, _ in changes if attribute == "data"}
    for node, attribute, before in changes:
        is_input = node in own
        if node in held or (is_input and attribute == "data"):
            done = "called backward(), which changed .grad" if attribute == "grad" else "changed .data"
            owner = "its input" if is_input else f"{node.label or 'a Value'}, which it did not make,"
            raise ValueError(
                f"{caller} cannot differentiate {name_of(f)}: it {done} of {owner} from {before!r} to "
                f"{getattr(node, attribute)!r}, so the next call would compute something else. "
                + (
                    "Take the inner derivative with grad(…), which changes nothing"
                    if attribute == "grad"
                    else "Compute a new number and return it, and pass in as an argument what changes"
                )
            )
    for node in topological_order(*[y for y in flatten(result) if isinstance(y, Value)], until=inputs):
        if node.op is not None and not changed.isdisjoint(node.parents):
            now = node.op.forward(*[parent.data for parent in node.parents])
            if now != node.data and not math.isnan(now):
                raise ValueError(
                    f"{caller} cannot differentiate {name_of(f)}: .data of a Value was changed after {node.op.name} "
                    f"had computed {node.data!r} from it (now it would be {now!r}). Make a new Value instead"
                )


def _values_held_by(f: Any) -> set[Value]:
    """The Values that a function can reach without its arguments: in closures, globals, objects and containers."""
    held: set[Value] = set()
    seen: set[int] = set()
    stack = [f]
    while stack:
        thing = stack.pop()
        if id(thing) in seen or isinstance(thing, (type, ModuleType)):
            continue
        seen.add(id(thing))
        if isinstance(thing, Value):
            held.add(thing)
        elif isinstance(thing, dict):
            stack.extend(thing.values())
        elif isinstance(thing, (list, tuple, set)):
            stack.extend(thing)
        elif inspect.isfunction(thing):
            stack.extend(_captured(thing))
        elif isinstance(thing, functools.partial):
            stack.extend([thing.func, *thing.args, *thing.keywords.values()])
        elif hasattr(thing, "__self__") or hasattr(thing, "__dict__"):
            stack.extend([getattr(thing, "__self__", None), getattr(thing, "__func__", None)])
            stack.extend(getattr(thing, "__dict__", {}).values())
    return held


def _captured(function: Any) -> Iterator[Any]:
    """What a function finds in its closure, its defaults, and in the globals that its code names."""
    for cell in function.__closure__ or ():
        with contextlib.suppress(ValueError):  # a cell that is still empty
            yield cell.cell_contents
    yield from function.__defaults__ or ()
    codes: list[CodeType] = [function.__code__]
    while codes:
        code = codes.pop()
        yield from (function.__globals__[name] for name in code.co_names if name in function.__globals__)
        codes.extend(constant for constant in code.co_consts if isinstance(constant, CodeType))
