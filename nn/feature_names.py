"""Names of inputs: the columns of the data frame that a model was trained on, as pictures and explanations show them.

`fit` keeps them as the model's `feature_names_in_`, as scikit-learn calls it; you may also assign a list of names. A
number that the model is called with then becomes a constant of that name; a row of a data frame has its names with it.

>>> from autograd import draw
>>> from nn import Linear
>>> model = Linear(2, 1, initialization="zeros")
>>> model.feature_names_in_ = ["length", "width"]
>>> print(draw(model([3.0, 2.0]), format="text", names=model.named_parameters()))
name                   expression                        value  gradient
neurons[0].bias                                              0         –
neurons[0].weights[0]                                        0         –
length                                                       3         –
v1                     neurons[0].weights[0] × length        0         –
neurons[0].weights[1]                                        0         –
width                                                        2         –
v2                     neurons[0].weights[1] × width         0         –
v3                     sum(neurons[0].bias, v1, v2)          0         –
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autograd import Constant, Value

from .contents import Holder
from .data import names_of

MOST = 5  # names in a message


def keep_names(model: Any, X: Any) -> None:
    """Let the model know what the columns of X are called; names stay where X has none."""
    names = names_of(X)
    if names is not None and isinstance(model, Holder) and model.feature_names_in_ != names:
        object.__setattr__(model, "feature_names_in_", names)


def check_names(known: Sequence[str] | None, X: Any, name: str = "X") -> None:
    """Refuse a data frame whose columns are not those of the training, in their order; others have no names."""
    names = names_of(X)
    if names is not None and known is not None:
        _check(list(known), names, f"the columns of {name}", f"{name}[{list(known)}]")


def named_inputs(inputs: Any, names: Sequence[str] | None) -> Any:
    """The inputs of one sample with plain numbers as constants that have names: of its own index, or these."""
    if names is None and type(inputs) in (list, tuple):
        return inputs
    own = _index_of(inputs)
    if own is not None:
        if names is not None:
            _check(list(names), own, "the names of the sample", f"row[{list(names)}]")
        names = own
    if names is None or isinstance(inputs, (str, dict, Value)) or not hasattr(inputs, "__len__"):
        return inputs
    if len(inputs) != len(names) or len(getattr(inputs, "shape", ())) > 1:
        return inputs
    return [_with_name(x, name) for x, name in zip(inputs, names, strict=True)]


def _with_name(x: Any, name: str) -> Any:
    if isinstance(x, Value):
        if not x.label and x.op is None:
            x.label = name
        return x
    if hasattr(x, "__len__") and not isinstance(x, str):  # a row of a table, which is refused by those who count
        return x
    if isinstance(x, str) or not hasattr(x, "__float__"):
        raise TypeError(f"the input {name!r} should be a number, got {type(x).__name__} {x!r:.60}")
    return Constant(x, name)


def _index_of(row: Any) -> list[str] | None:
    """The names in a row of a data frame."""
    if not hasattr(row, "to_numpy") or not hasattr(row, "index"):
        return None
    names = list(row.index) if not callable(row.index) else []
    return names if names and all(isinstance(name, str) for name in names) else None


def _check(known: list[str], names: list[str], what: str, instead: str) -> None:
    if names == known:
        return
    if sorted(names) == sorted(known):
        raise ValueError(
            f"{what} are in another order than in training: {_listed(names)} in the place of {_listed(known)}; write "
            f"{instead}"
        )
    missing, unknown = [n for n in known if n not in names], [n for n in names if n not in known]
    parts = [f"{_listed(missing)} missing"] * bool(missing) + [f"{_listed(unknown)} unknown"] * bool(unknown)
    raise ValueError(
        f"{what} are not those of the training: {' and '.join(parts) or 'some are there twice'}; the model was trained "
        f"on {_listed(known)}"
    )


def _listed(names: list[str]) -> str:
    shown = ", ".join(map(repr, names[:MOST]))
    return shown if len(names) <= MOST else f"{shown} and {len(names) - MOST} more"
