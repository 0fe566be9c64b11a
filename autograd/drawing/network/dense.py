"""The dense layers of a model, found by its attributes: ours, micrograd's, or those of a class of the user's.

A *neuron* has `weights` and `bias` (or `w` and `b`), a *layer* a list of `neurons`, a *network* a list of `layers`; of
other classes, the attributes hold layers in their order. Nothing of `nn` is imported.

Entry points: `dense_layers`, `Dense`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

from ...interop import Reading, is_node
from ...value import Value


class Dense(NamedTuple):
    """One layer: a row of weights and a bias for each neuron, and the parts of the model that compute it."""

    name: str
    weights: list[list[Value]]
    biases: list[Value | None]
    activation: str
    parts: tuple[Any, ...]

    @property
    def n_inputs(self) -> int:
        return len(self.weights[0])


def dense_layers(model: Any) -> list[Dense]:
    """The layers of a model, from the first to the last.

    Raises TypeError where it is no model, or where one of its layers is not dense.

    >>> class Neuron:
    ...     def __init__(self, *w):
    ...         self.w, self.b = [Value(x) for x in w], Value(0.0)
    >>> class Layer:
    ...     neurons = [Neuron(1.0, 2.0), Neuron(3.0, 4.0), Neuron(5.0, 6.0)]
    >>> [(layer.n_inputs, len(layer.weights)) for layer in dense_layers(Layer())]
    [(2, 3)]
    """
    reading, layers = Reading(), list[Dense]()
    for name, part in _parts(model, ""):
        rows = _rows(part, reading)
        if rows is not None:
            weights, biases = rows
            if layers and len(weights[0]) != len(layers[-1].weights):
                raise TypeError(
                    f"{name or 'the layer'} has {len(weights[0])} inputs and {layers[-1].name} has "
                    f"{len(layers[-1].weights)} neurons, so they do not follow each other. {_INSTEAD}"
                )
            activation = _activation((getattr(part, "neurons", None) or [part])[0])
            layers.append(Dense(name, weights, biases, activation, (part,)))
        elif _is_function(part) and layers:
            layers[-1] = _followed(layers[-1], part)
        else:
            raise TypeError(f"{name or 'this'} is a {type(part).__name__}, which is no dense layer. {_INSTEAD}")
    return layers


_INSTEAD = (
    "draw shows a model as a network where all layers are dense and in a row: Neuron, Layer, Linear, MLP, Sequential "
    "of them with activations. Draw what it computes, draw(model(x)), or ask for model.summary()"
)


def is_model(thing: Any) -> bool:
    """Whether something has parameters, so that it is not by mistake that it is drawn."""
    return callable(getattr(type(thing), "parameters", None)) or any(hasattr(thing, name) for name in _HOLDERS)


_HOLDERS = ("layers", "neurons", "weights", "w")


def _parts(model: Any, name: str, seen: tuple[int, ...] = ()) -> Iterator[tuple[str, Any]]:
    """The layers in a model and the functions between them, with the expressions that lead there."""
    if id(model) in seen:
        return
    seen = (*seen, id(model))
    layers = getattr(model, "layers", None)
    if isinstance(layers, (list, tuple)):
        for i, layer in enumerate(layers):
            yield from _parts(layer, f"{name}.layers[{i}]" if name else f"layers[{i}]", seen)
    elif any(hasattr(model, held) for held in _HOLDERS) or _is_function(model) or not _held(model):
        yield name, model
    else:
        for attribute, part in _held(model):
            yield from _parts(part, f"{name}.{attribute}" if name else attribute, seen)


def _held(model: Any) -> list[tuple[str, Any]]:
    """The modules in the attributes of one of the user's; none where it has parameters of its own, as a convolution."""
    attributes = getattr(model, "__dict__", {})
    if any(_holds_nodes(part) for part in attributes.values()):
        return []
    return [(name, part) for name, part in attributes.items() if is_model(part) or _is_function(part)]


def _holds_nodes(thing: Any) -> bool:
    while isinstance(thing, (list, tuple)) and thing:
        thing = thing[0]
    return is_node(thing)


def _rows(part: Any, reading: Reading) -> tuple[list[list[Value]], list[Value | None]] | None:
    """The weights and biases of a layer or a neuron; None where it is neither."""
    neurons = getattr(part, "neurons", None) or [part]
    weights, biases = [], list[Value | None]()
    for neuron in neurons:
        row, bias = _first(neuron, "weights", "w"), _first(neuron, "bias", "b")
        if not isinstance(row, (list, tuple)) or not row or not all(map(is_node, row)):
            return None
        weights.append(reading.values(row))
        biases.append(reading.value(bias) if is_node(bias) else None)
    sizes = {len(row) for row in weights} | {getattr(part, "n_inputs", len(weights[0]))}
    if len(sizes) > 1 or hasattr(part, "stride"):  # as a convolution, whose neurons slide
        return None
    return weights, biases


def _first(thing: Any, *names: str) -> Any:
    return next((getattr(thing, name) for name in names if hasattr(thing, name)), None)


def _activation(neuron: Any) -> str:
    if hasattr(neuron, "activation"):
        return _name(neuron.activation)
    return "relu" if getattr(neuron, "nonlin", False) is True else ""  # micrograd's way to say it


def _is_function(part: Any) -> bool:
    """Whether it applies a function to each number: a module that holds nothing but the function."""
    return callable(getattr(part, "function", None))


def _followed(layer: Dense, part: Any) -> Dense:
    both = [name for name in (layer.activation, _name(part.function)) if name]
    return layer._replace(activation=" ∘ ".join(reversed(both)), parts=(*layer.parts, part))


def _name(function: Any) -> str:
    """What an activation is called; "" for that which does nothing."""
    while isinstance(function, partial):
        function = function.func
    name = function if isinstance(function, str) else getattr(function, "__name__", type(function).__name__)
    return "" if name == "linear" else str(name).replace("<lambda>", "λ")


def activations(layers: Sequence[Dense], inputs: Sequence[float]) -> list[list[float]]:
    """The numbers that each layer returns for one sample, those of the inputs first.

    Raises ValueError for another number of inputs than the network has.
    """
    if len(inputs) != layers[0].n_inputs:
        raise ValueError(f"the network has {layers[0].n_inputs} inputs, got {len(inputs)} numbers")
    numbers: Any = [Value(x) for x in inputs]
    found = [[float(x) for x in inputs]]
    for layer in layers:
        for part in layer.parts:
            numbers = part(numbers)
        numbers = numbers if isinstance(numbers, (list, tuple)) else [numbers]
        found.append([float(getattr(x, "data", x)) for x in numbers])
    return found
