"""Predictions: what a model returns for the rows of a table, by a program that is compiled once for each model.

The program takes the parameters as they are in each call. Before it is used, the first row is computed node by node,
too: where the two differ, since the model has been changed, it is compiled anew. A model that cannot be compiled, as
Python decides by its numbers, and all models where NumPy is missing, are computed node by node.

Entry points: `predict` and `predict_proba`, also methods of `Module`.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autograd import Value, compile, no_grad, sigmoid, softmax

from .class_labels import labelled
from .data import rows_of
from .feature_names import check_names
from .modes import in_mode

if TYPE_CHECKING:
    from .module import Module

Program = Callable[[Any], Any]

_programs: dict[int, Program] = {}  # by the id of the model, as a class may forbid that its objects are keys


def predict(model: Module, X: Any, classes: bool = False, threshold: float | None = None) -> Any:
    """The outputs of the model for each row, or their classes; see `Module.predict`."""
    if threshold is not None and not classes:
        raise TypeError("a threshold decides between classes: write predict(X, classes=True, threshold=…)")
    outputs = _outputs(model, X)
    return _classes(model, outputs, threshold) if classes else outputs


def predict_proba(model: Module, X: Any) -> Any:
    """The probabilities of the classes for each row; see `Module.predict_proba`."""
    outputs, is_sigmoid = _outputs(model, X), _ends_in_sigmoid(model)
    found = []
    for z in _listed(outputs):
        if len(z) > 1:
            found.append(z if is_sigmoid else softmax(z))
        else:
            a = z[0] if is_sigmoid else sigmoid(z[0])
            found.append([1 - a, a])
    return found if isinstance(outputs, list) else _array(found)


def _classes(model: Module, outputs: Any, threshold: float | None) -> Any:
    if threshold is None:
        threshold = threshold_of(model)
    found = [max(range(len(z)), key=z.__getitem__) if len(z) > 1 else int(z[0] > threshold) for z in _listed(outputs)]
    if model.class_labels is not None:
        return labelled(found, model.class_labels, as_array=not isinstance(outputs, list))
    return found if isinstance(outputs, list) else _array(found)


def _listed(outputs: Any) -> list[list[float]]:
    """The outputs of each sample, as a list of numbers."""
    listed = [z if isinstance(z, list) else [z] for z in (outputs if isinstance(outputs, list) else outputs.tolist())]
    if any(isinstance(x, list) for x in listed[0]):
        raise ValueError(
            "classes need one number for each class, but this model returns lists of lists: end it with "
            "nn.Flatten() and a Linear layer"
        )
    return listed


def _outputs(model: Module, X: Any) -> Any:
    check_names(getattr(model, "feature_names_in_", None), X)
    rows = rows_of(X)
    with in_mode(model, training=False), no_grad():
        try:
            first = _numbers(model(rows[0]), model)
        except ValueError as error:
            if len(rows[0]) == 1:
                raise ValueError(f"{error}; X has one row for each sample: for one sample write predict([x])") from None
            raise
        try:
            import numpy
        except ImportError:
            return [_numbers(model(row), model) for row in rows]
        table = numpy.array(rows, dtype=float)
        found = _computed(_programs.get(id(model)), table)
        if found is None or not _agree(found[0], first):
            program = _compiled(model, table)
            found = _computed(program, table)
            if program is None or found is None or not _agree(found[0], first):
                found = _array([_numbers(model(row), model) for row in rows])
        return found


def _compiled(model: Module, table: Any) -> Program | None:
    """A program for a model, kept while the model lives; None where it cannot be compiled."""
    reference = weakref.ref(model)

    def of_sample(row: Any) -> Any:
        return reference()(row)  # type: ignore[misc]

    program: Program = compile(of_sample)
    if _computed(program, table[:1]) is None:
        return None
    if id(model) not in _programs:
        weakref.finalize(model, _programs.pop, id(model), None)
    _programs[id(model)] = program
    return program


def _computed(program: Program | None, table: Any) -> Any:
    """The outputs for a table, one row each; None where the program does not fit."""
    import numpy

    if program is None:
        return None
    try:
        columns = program(table)
    except (TypeError, ValueError):  # what node by node says better
        return None
    return numpy.ascontiguousarray(numpy.moveaxis(numpy.array(_spread(columns, len(table))), -1, 0))


def _spread(columns: Any, n: int) -> Any:
    """All with the samples along the last axis; what does not depend on the inputs is one number, n of them."""
    if isinstance(columns, (list, tuple)):
        return [_spread(part, n) for part in columns]
    import numpy

    columns = numpy.asarray(columns)
    return numpy.moveaxis(columns, 0, -1) if columns.ndim else numpy.broadcast_to(columns, (n,))


def _numbers(output: Any, model: Module) -> Any:
    """What the model returned for one sample, with numbers in the place of Values."""
    if isinstance(output, Value):
        return output.data
    if hasattr(output, "__len__") and not isinstance(output, (str, dict)):
        return [_numbers(part, model) for part in output]
    if isinstance(output, (int, float)):
        return float(output)
    raise TypeError(
        f"predict puts outputs into an array, but {type(model).__name__} returns {type(output).__name__}: call it for "
        "each sample, or compile(model)"
    )


def _agree(found: Any, expected: Any) -> bool:
    expected = _array(expected)
    if found.shape != expected.shape:
        return False
    pairs = zip(found.ravel().tolist(), expected.ravel().tolist(), strict=True)
    return all(math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-9) or (math.isnan(a) and math.isnan(b)) for a, b in pairs)


def _array(listed: Any) -> Any:
    import numpy

    return numpy.array(listed)


def threshold_of(model: Module) -> float:
    """Between the classes of one output: ½ of a probability, else 0."""
    return 0.5 if _ends_in_sigmoid(model) else 0.0


def _ends_in_sigmoid(model: Module) -> bool:
    return model._last_function() in (Value.sigmoid, sigmoid)
