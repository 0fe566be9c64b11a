"""Data as the training loop wants them: rows of floats and a list of targets, checked.

Entry points: `samples` and `rows_of`, which take NumPy arrays, data frames and lists alike; `names_of` the columns;
`held_out_of` and `split` for validation.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from typing import Any

from autograd import Value
from autograd.transforms.pytree import is_array

FILL = "; of a data frame X.dropna() has the complete rows, X.fillna(X.median()) fills the gaps"


def samples(X: Any, y: Any) -> tuple[list[list[float]], list[Any]]:
    """X as a list of rows of floats and y as a list of targets; errors say what does not fit."""
    rows, targets = rows_of(X), _targets(y)
    if len(rows) != len(targets):
        raise ValueError(f"X has {len(rows)} samples but y has {len(targets)} targets")
    return rows, targets


Data = tuple[list[list[float]], list[Any]]  # rows and targets


def held_out_of(validation: Any, width: int) -> Data:
    """Data (X, y) for validation, whose samples have so many numbers."""
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        raise TypeError(
            "validation is a pair (X, y) of data like those to train on, or the fraction of the samples to hold out, "
            f"such as 0.2; got {type(validation).__name__} {validation!r:.60}"
        )
    try:
        rows, targets = samples(*validation)
    except (TypeError, ValueError) as error:
        raise type(error)(f"in the validation set, {error}") from None
    if len(rows[0]) != width:
        raise ValueError(f"the samples of X have {width} numbers, those of the validation set {len(rows[0])} numbers")
    return rows, targets


def split(
    rows: list[list[float]], targets: list[Any], fraction: float, seed: int | None
) -> tuple[list[list[float]], list[Any], Data | None]:
    """Rows and targets to train on, and the pair of those held out: a fraction of all, drawn at random with a seed."""
    n_held_out = round(fraction * len(rows)) if 0 < fraction < 1 else 0
    if not 0 < n_held_out < len(rows):
        raise ValueError(
            f"validation={fraction!r} of {len(rows)} samples leaves none to train on or none to hold out: write a "
            "fraction between 0 and 1 such as 0.2, or give a pair (X, y)"
        )
    held_out = set(random.Random(seed).sample(range(len(rows)), n_held_out))
    kept = [i for i in range(len(rows)) if i not in held_out]
    apart = sorted(held_out)
    return (
        [rows[i] for i in kept],
        [targets[i] for i in kept],
        ([rows[i] for i in apart], [targets[i] for i in apart]),
    )


def rows_of(X: Any) -> list[list[float]]:
    """X as a list of rows of floats."""
    names = names_of(X)
    if hasattr(X, "to_numpy"):
        X = X.to_numpy()
    if _is_finite_table(X):
        rows: list[list[float]] = X.tolist()
        return rows
    listed = _as_list(X, "X")
    if not listed:
        raise ValueError("X has no samples")
    listed = [row.tolist() if hasattr(row, "tolist") else row for row in listed]
    rows = [list(row) if hasattr(row, "__len__") and not isinstance(row, str) else [row] for row in listed]
    for i, row in enumerate(rows):
        if len(row) != len(rows[0]):
            raise ValueError(
                f"the samples of X differ in length: X[0] has {len(rows[0])} numbers, X[{i}] has {len(row)}"
            )
        rows[i] = [
            _finite(x, f"X[{i}][{j}]" if names is None else f"X[{names[j]!r}] of row {i}") for j, x in enumerate(row)
        ]
    return rows


def names_of(X: Any) -> list[str] | None:
    """The names of the columns of a data frame; None for what has no columns, or not only strings for names."""
    columns = getattr(X, "columns", None)
    if columns is None or not hasattr(X, "to_numpy"):
        return None
    names = list(columns)
    return names if names and all(isinstance(name, str) for name in names) else None


def _is_finite_table(X: Any) -> bool:
    """Whether it is an array with a row for each sample and nothing to complain about, which NumPy sees much faster."""
    if not is_array(X) or X.ndim != 2 or X.size == 0 or X.dtype.kind not in "biuf":
        return False
    import numpy

    return bool(numpy.isfinite(X).all())


def _targets(y: Any) -> list[Any]:
    targets = _as_list(y, "y")
    for i, target in enumerate(targets):
        if hasattr(target, "__len__") and not isinstance(target, str):
            targets[i] = [_finite(t, f"y[{i}][{k}]") for k, t in enumerate(target)]
        else:
            _finite(target, f"y[{i}]")
    if targets and all(isinstance(t, list) and len(t) == 1 for t in targets):
        return [t[0] for t in targets]  # a column
    return targets


def _as_list(data: Any, name: str) -> list[Any]:
    if hasattr(data, "to_numpy"):  # a data frame or a series
        data = data.to_numpy()
    if hasattr(data, "toarray"):
        raise TypeError(f"{name} is a sparse {type(data).__name__}: write {name}.toarray()")
    if hasattr(data, "tolist"):  # an array
        data = data.tolist()
    if isinstance(data, (str, bytes, Mapping, set)) or not hasattr(data, "__iter__"):
        hint = f", as pandas.read_csv({data!r:.40}) reads one" if isinstance(data, str) and name == "X" else ""
        hint = f": write pandas.DataFrame({name})" if isinstance(data, Mapping) else hint
        raise TypeError(f"{name} is an array, a data frame or a list, got {type(data).__name__}{hint}")
    return list(data)


def _finite(x: Any, name: str) -> Any:
    if isinstance(x, str) or x is None or not hasattr(x, "__float__") or isinstance(x, Value):
        raise TypeError(f"{name} should be a number, got {type(x).__name__} {x!r:.60}{_instead_of(x, name)}")
    try:
        finite = math.isfinite(x)
    except OverflowError:
        raise ValueError(f"{name} is an integer too large for a float (at most about 1.8e308)") from None
    if not finite:
        raise ValueError(
            f"{name} is {x}: remove or replace samples that lack a number before training"
            + FILL * name.startswith("X['")
        )
    return x


def _instead_of(x: Any, name: str) -> str:
    """What to write where a number should stand."""
    if x is None or type(x).__name__ == "NAType":
        return FILL if name.startswith("X['") else "; remove or replace samples that lack a number"
    if name.startswith("y"):
        return "; number the classes 0, 1, 2, …, or take a loss that knows classes"
    if isinstance(x, list):
        return "; give each sample as one row, X.reshape(len(X), -1), and begin the model with nn.Reshape(1, 8, 8)"
    if isinstance(x, complex):
        return "; give its real and its imaginary part as two numbers"
    if isinstance(x, str) and _is_number(x):
        return "; write it without quotes, float(x)"
    if name.startswith("X['") and isinstance(x, str):
        return "; pandas.get_dummies(X) makes columns of 0 and 1 for each text there is, or drop the column"
    return "; leave it out, or number what it says"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
