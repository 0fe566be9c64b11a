"""What the numbers of a program are called when it is printed: in the user's names.

Entry points: `leaf_names`, `argument_names`, `result_names`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from ..interop.names import find_names, frame_of_variables
from ..transforms.pytree import named_numbers, parts
from ..value import Value

LONGEST = 200  # characters of a name, most of which a listing does not repeat


def leaf_names(leaves: Sequence[Value]) -> list[str]:
    """The label of each leaf, or else the expression that leads to it in the user's variables; "" for none."""
    found = find_names(frame_of_variables(), leaves, longest=LONGEST).names
    return [leaf.label or found.get(leaf, "") for leaf in leaves]


def argument_names(function: Callable[..., Any], trees: Sequence[Any]) -> list[str]:
    """What the columns of arguments are called: `x`, `x[3]`, as in the signature of the function.

    Args:
        function: whose arguments they are.
        trees: the arguments, with one part for each column.
    """
    names: list[str] = []
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # a function that is not written in Python, perhaps
        parameters = []
    for i, tree in enumerate(trees):
        name = f"x{i}"
        if i < len(parameters) and parameters[i].kind != inspect.Parameter.VAR_POSITIONAL:
            name = parameters[i].name
        elif parameters and parameters[-1].kind == inspect.Parameter.VAR_POSITIONAL:
            name = f"{parameters[-1].name}[{i - len(parameters) + 1}]"
        names += [place for place, _ in parts(tree, name)]
    return names


def result_names(function: Callable[..., Any], template: Any) -> list[str]:
    """What the results are called: as the function, and where they stand in what it returns."""
    name = getattr(function, "__name__", "")
    return [place for place, _ in named_numbers(template, name if name.isidentifier() else "result")]
