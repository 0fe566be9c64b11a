"""`layer_outputs`: what every layer of a model gives for every row of a table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from autograd import Value, compile, no_grad

from ..contents import children
from ..data import rows_of
from ..modes import in_mode
from ..module import Module


def layers_of(model: Module) -> list[tuple[str, Module]]:
    """Pairs (name, layer) in their order, as `model.summary()` has them: what has a size, or holds no modules."""
    found: list[tuple[str, Module]] = []
    seen = set()
    todo: list[tuple[str, Any]] = [("", model)]
    while todo:
        name, module = todo.pop()
        if id(module) in seen:
            continue
        seen.add(id(module))
        held = [] if module._shape() is not None else list(children(module))
        if held:
            todo += [(f"{name}.{place}" if name else place, part) for place, part in reversed(held)]
        else:
            found.append((name or type(module).__name__, module))
    return found


def layer_outputs(model: Module, X: Any) -> dict[str, Any]:
    """For each layer, by name, an array: a row for each row of X, a column for each number that the layer gives.

    A layer that is called several times in a pass gives what it gave last, and one that is not called is left out.
    """
    import numpy

    if not isinstance(model, Module):
        raise TypeError(f"only a Module says what its layers are, got {type(model).__name__}")
    layers, table = layers_of(model), numpy.array(rows_of(X), dtype=float)

    def of_sample(row: Any) -> dict[str, list[Any]]:
        with _recorded([layer for _, layer in layers]) as outputs:
            model(row)
        return {name: _flat(outputs[id(layer)]) for name, layer in layers if id(layer) in outputs}

    with in_mode(model, training=False), no_grad():
        try:
            columns: Any = compile(of_sample)(table)
        except (TypeError, ValueError):  # a model that decides by its numbers; or what node by node says better
            found = [of_sample(row) for row in table.tolist()]
            return {
                name: numpy.array([[_number(x) for x in sample[name]] for sample in found])
                for name in found[0]
                if all(name in sample for sample in found)
            }
    n = len(table)
    return {
        name: numpy.stack([numpy.broadcast_to(numpy.asarray(column), (n,)) for column in outputs], axis=1)
        for name, outputs in columns.items()
    }


@contextmanager
def _recorded(layers: list[Module]) -> Iterator[dict[int, Any]]:
    """What each of these modules returned, by its id: their classes tell, as Python looks for `__call__` in a class."""
    wanted = {id(layer) for layer in layers}
    outputs: dict[int, Any] = {}
    originals: list[tuple[Any, Any]] = []

    def recording(call: Any) -> Any:
        def recorded(self: Any, *inputs: Any, **options: Any) -> Any:
            output = call(self, *inputs, **options)
            if id(self) in wanted:
                outputs[id(self)] = output
            return output

        return recorded

    kinds = {type(layer): None for layer in layers}
    calls = [(kind, kind.__call__, "__call__" in vars(kind)) for kind in kinds]
    try:
        for kind, call, own in calls:
            originals.append((kind, call if own else None))
            kind.__call__ = recording(call)  # type: ignore[method-assign]
        yield outputs
    finally:
        for kind, call in originals:
            if call is None:
                del kind.__call__
            else:
                kind.__call__ = call


def _flat(output: Any) -> list[Any]:
    if isinstance(output, Value) or not hasattr(output, "__len__"):
        return [output]
    return [x for part in output for x in _flat(part)]


def _number(x: Any) -> float:
    return x.data if isinstance(x, Value) else float(x)
