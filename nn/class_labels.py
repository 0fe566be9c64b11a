"""Labels, such as "cat" and "dog", in the place of the numbers of classes.

A loss takes numbers; `fit` numbers the labels of y in their order, and the model keeps them as its `class_labels`, so
that `model.predict(X, classes=True)` answers with labels.

>>> from nn import MLP, SGD, fit
>>> model = MLP(1, [2], seed=0)
>>> optimizer = SGD(model.parameters(), lr=0.5)
>>> history = fit(model, [-1, 1], ["cat", "dog"], loss="cross_entropy", optimizer=optimizer, progress=False)
>>> model.class_labels
('cat', 'dog')
>>> model.predict([-9.0, 9.0], classes=True).tolist()
['cat', 'dog']
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any

from autograd import Value, no_grad
from autograd.transforms.pytree import is_array, size_of, terminals

from .contents import Holder
from .losses import LOSSES, Loss, function_of, max_margin, mean_squared_error, quadratic_cost
from .modes import in_mode

NO_CLASSES = (mean_squared_error, quadratic_cost)  # losses for which a target is a quantity
Labels = tuple[Hashable, ...]


def numbered(model: Any, loss: Any, y: Any, validation: Any) -> tuple[Labels | None, Any, Any]:
    """The labels in y, and `y` and `validation` with their numbers; None, and these as they are, without labels.

    A model that was trained with labels keeps their numbers as long as y has no others.
    """
    if isinstance(y, Iterator):
        y = list(y)  # it can be read only once
    chosen: Any = LOSSES.get(loss, loss) if isinstance(loss, str) else function_of(loss)
    targets = None if chosen in NO_CLASSES else _labels_in(y, "y")
    if targets is None:
        return None, y, validation
    found = _ordered(dict.fromkeys(targets))
    earlier = getattr(model, "class_labels", None)
    if earlier is not None and set(found) <= set(earlier):
        found = earlier
    if len(found) < 2:
        raise ValueError(f"y has the label {found[0]!r} only: there is nothing to tell apart")
    if isinstance(validation, (tuple, list)) and len(validation) == 2:
        held_out = _labels_in(validation[1], "y of the validation set")
        if held_out is None:
            raise TypeError("y has labels, but y of the validation set has none")
        validation = (validation[0], _numbers(held_out, found, chosen))
    return found, _numbers(targets, found, chosen), validation


def check_labels(labels: Labels, model: Any, row: list[float]) -> None:
    """Refuse a model that has not one output for each label, nor a single one for two."""
    with in_mode(model, training=False), no_grad():
        output = model(row)
    n = sum(size_of(terminal) for _, terminal in terminals(output))
    if len(labels) != (n if n > 1 else 2):
        shown = ", ".join(map(repr, labels[:5])) + ", …" * (len(labels) > 5)
        raise ValueError(
            f"y has {len(labels)} labels, {shown}, but the model has {n} output{'s' * (n != 1)}: it needs one for each "
            "label, or a single one for two of them"
        )


def keep_labels(model: Any, labels: Labels | None) -> None:
    """Let the model know what its classes are called, one of a class that forbids assignments, too."""
    if isinstance(model, Holder) and model.class_labels != labels:
        object.__setattr__(model, "class_labels", labels)


def classes_in(y: Any) -> list[Any]:
    """The class of each sample, a number or a label, for pictures; TypeError where y has rows of numbers."""
    targets = _labels_in(y, "y")
    if targets is None:
        targets = [t[0] if isinstance(t, list) and len(t) == 1 else t for t in _listed(y)]
    for target in targets:
        if isinstance(target, list):
            raise TypeError("y holds one class for each sample, 0, 1, 2, … or a label, got rows of numbers")
    return targets


def _listed(y: Any) -> list[Any]:
    if hasattr(y, "to_numpy"):
        y = y.to_numpy()
    return list(y.tolist() if hasattr(y, "tolist") else y)


def labels_to_json(labels: Labels | None) -> Any:
    """Labels as JSON knows them: text, and tuples as lists; ValueError for others."""
    return None if labels is None else [_to_json(label) for label in labels]


def _to_json(label: Any) -> Any:
    if isinstance(label, tuple):
        return [_to_json(part) for part in label]
    if label is None or type(label) in (str, int, float, bool):
        return label
    raise ValueError(
        f"the class label {label!r:.60} cannot be written to a file: take text for labels, or forget them, "
        "model.class_labels = None"
    )


def labels_from_json(saved: Any) -> Labels | None:
    """What `labels_to_json` made them of; ValueError for what it did not make."""
    if saved is not None and (not isinstance(saved, list) or not all(isinstance(x, (str, list)) for x in saved)):
        raise ValueError(f'"class_labels" is a list of labels or null, got {saved!r:.60}')
    found = None if saved is None else _from_json(saved)
    if found is not None and (len(found) < 2 or len(set(found)) < len(found)):
        raise ValueError(f'"class_labels" has less than two labels, or one twice: {saved!r:.60}')
    return found


def _from_json(saved: Any) -> Any:
    return tuple(_from_json(part) for part in saved) if isinstance(saved, list) else saved


def labelled(classes: Sequence[int], labels: Labels, as_array: bool) -> Any:
    """The labels of classes: a list, or an array, of text where all labels are text."""
    if classes and max(classes) >= len(labels):
        raise ValueError(f"the model has more outputs than labels, which are {', '.join(map(repr, labels))}")
    found = [labels[k] for k in classes]
    if not as_array:
        return found
    import numpy

    array = numpy.empty(len(found), dtype=object)  # a tuple is one label, no row
    array[:] = found
    return array.astype(str) if all(type(label) is str for label in labels) else array


def _labels_in(y: Any, name: str) -> list[Any] | None:
    """The targets as a list, if they are labels; None if they are numbers, rows of numbers, or no targets at all."""
    if hasattr(y, "to_numpy"):  # a series
        y = y.to_numpy()
    if is_array(y) and y.dtype.kind in "biuf":
        return None
    targets = y.tolist() if hasattr(y, "tolist") else y
    if isinstance(targets, (str, dict)) or not hasattr(targets, "__iter__"):
        return None
    targets = [t[0] if isinstance(t, list) and len(t) == 1 else t for t in targets]  # a column
    are_labels = [_is_label(target) for target in targets]
    if not any(are_labels):
        return None
    if not all(are_labels):
        i = are_labels.index(False)
        raise TypeError(
            f"{name} mixes labels and others: {name}[{i}] is {type(targets[i]).__name__} {targets[i]!r:.60}"
        )
    return targets


def _is_label(target: Any) -> bool:
    if target is None or isinstance(target, Value) or (hasattr(target, "__float__") and not isinstance(target, str)):
        return False
    if isinstance(target, (list, tuple)) and not any(map(_is_label, target)):
        return False  # a row of numbers
    try:
        hash(target)
    except TypeError:
        return False
    return True


def _ordered(labels: dict[Any, None]) -> Labels:
    """Sorted, or what has no order as it came."""
    try:
        return tuple(sorted(labels))
    except TypeError:
        return tuple(labels)


def _numbers(targets: list[Any], labels: Labels, loss: Loss) -> list[int]:
    numbers: dict[Hashable, int] = {label: k for k, label in enumerate(labels)}
    for i, target in enumerate(targets):
        if target not in numbers:
            raise ValueError(f"the validation set has the label {target!r} in sample {i}, which y has not")
    if loss is max_margin:
        return [2 * numbers[target] - 1 for target in targets]
    return [numbers[target] for target in targets]
