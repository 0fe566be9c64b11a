"""Options of layers, checked: names out of a table, sizes, the inputs of a call. Each error says what to write instead.

Entry points: `named`, `check_options`, `check_size`, `inputs_of`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from numbers import Integral
from typing import Any

from autograd import Value

from .feature_names import named_inputs
from .module import Module, in_a_line


def named(choice: Any, table: dict[str, Any], what: str) -> Any:
    """The entry of a table by its name; anything that can be called stands for itself."""
    if callable(choice):
        return choice
    if not isinstance(choice, str) or choice not in table:
        near = get_close_matches(choice.lower(), table, 1) if isinstance(choice, str) else []
        hint = f"; did you mean {near[0]!r}? Choose one of" if near else "; choose one of"
        raise ValueError(f"unknown {what} {choice!r}{hint} {', '.join(table)}, or give a function")
    return table[choice]


def check_options(name: str, given: Iterable[str], known: Sequence[str]) -> None:
    """Refuse an option that a layer does not have."""
    for option in given:
        if option not in known:
            near = get_close_matches(option, known, 1)
            hint = f"; did you mean {near[0]}?" if near else f": it has {', '.join(known)}"
            if option == "activation":
                hint += '; Layer(4, 8, activation="relu") has one'
            if option in ("dropout", "weight_decay", "regularization", "l2"):
                hint += (
                    "; against overfitting there are nn.Dropout between the layers of a Sequential, the optimizers' "
                    "weight_decay=…, the penalty of `fit`, and its patience"
                )
            raise TypeError(f"{name} has no option {option!r}{hint}")


def check_size(n: int, name: str, least: int = 1) -> None:
    """Refuse what is no whole number of at least `least`."""
    if isinstance(n, bool) or not isinstance(n, Integral) or n < least:
        raise ValueError(f"{name} is a whole number of at least {least}, got {n!r}")


def inputs_of(inputs: Any, n: int, module: Module) -> Sequence[Any]:
    """The n inputs of a module, checked. A Value, as a layer with one neuron returns it, is a list of one."""
    names = module.feature_names_in_
    if names is None and type(inputs) is list and len(inputs) == n and isinstance(inputs[0], (Value, float)):
        return inputs  # the usual case, decided fast: a network asks thousands of times
    if isinstance(inputs, Value) and n == 1:
        return [inputs]
    inputs = named_inputs(inputs, names)
    name = in_a_line(module)
    if not hasattr(inputs, "__len__") or isinstance(inputs, (str, dict)):
        raise TypeError(f"{name} takes a list of {n} inputs, got {type(inputs).__name__} {inputs!r}")
    is_table = len(getattr(inputs, "shape", ())) > 1 or any(
        isinstance(x, (list, tuple)) or getattr(x, "shape", ()) for x in inputs
    )
    if is_table:
        raise ValueError(
            f"{name} takes the {n} inputs of one sample, got {len(inputs)} row{'s' * (len(inputs) != 1)} of them: call "
            "it for each sample, [model(x) for x in X]"
        )
    if len(inputs) != n:
        raise ValueError(f"{name} takes {n} inputs, got {len(inputs)}")
    return inputs  # type: ignore[no-any-return]
