"""`to_torch`: our models as PyTorch's, for the layers that both have; the opposite of `from_torch`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from autograd import Value

from .activations import Activation
from .containers import Sequential
from .convolution import Conv1d, Conv2d
from .dropout import Dropout
from .embedding import Embedding
from .layers import MLP, Layer, Neuron
from .module import Module
from .normalization import LayerNorm
from .pooling import MaxPool2d
from .pytorch_activations import activation_to, imported_torch
from .shapes import Flatten, Reshape
from .tensors import tensors_of


def to_torch(model: Module, *, dtype: Any = None) -> Any:
    """The same model in PyTorch: a Sequential, or a single layer, with parameters of its own.

    A layer with an activation becomes a linear one and the activation, an MLP a row of these.

    Args:
        model: a Sequential, an MLP or a layer of `nn`.
        dtype: of its parameters; by default torch.float64, which holds every number to the bit.

    Raises TypeError for a class of your own and for an activation without counterpart, ValueError where a parameter of
    PyTorch would be frozen in part or shared in part. ImportError where PyTorch is missing.
    """
    torch = imported_torch("to_torch")
    dtype = torch.float64 if dtype is None else dtype
    if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
        raise TypeError(f"dtype is a type of floating-point numbers, such as torch.float32, got {dtype!r:.60}")
    if not isinstance(model, Module):
        raise TypeError(f"to_torch takes a model of nn, got {type(model).__name__} {model!r:.60}")
    module = _write(_Target(torch.nn, {"dtype": dtype, "device": "meta"}, {}), model, "")
    theirs = dict(module.named_parameters(remove_duplicate=False))
    ours = tensors_of(model)
    if theirs.keys() != ours.keys():
        raise ValueError(
            f"PyTorch's model would have the parameters {', '.join(theirs)}, this one has {', '.join(ours)}: a layer "
            "was given parameters of its own, or lost some"
        )
    owners: dict[Value, Any] = {}
    for name, tensor in ours.items():
        if any(owners.setdefault(p, theirs[name]) is not theirs[name] for p in tensor.parameters):
            raise ValueError(
                f"{name} shares numbers with another layer, which PyTorch's layers cannot: give it its own"
            )
        flags = {p.requires_grad for p in tensor.parameters}
        if len(flags) > 1:
            raise ValueError(f"{name} is frozen in part, and in PyTorch a parameter is frozen or free as a whole")
        numbers = torch.tensor([p.data for p in tensor.parameters], dtype=torch.float64).to(dtype).reshape(tensor.shape)
        place, _, attribute = name.rpartition(".")
        setattr(module.get_submodule(place), attribute, torch.nn.Parameter(numbers, requires_grad=flags.pop()))
    return module


class _Target(NamedTuple):
    """What a model becomes: `torch.nn`, the options of its parameters, and what was made, by the id of our module."""

    nn: Any
    options: dict[str, Any]
    seen: dict[int, Any]


def _write(target: _Target, model: Module, place: str) -> Any:
    if id(model) in target.seen:
        return target.seen[id(model)]
    kind = _kind_of(model, place)
    module = _TO[kind](target, model, place)
    if kind is Sequential:  # its parts have modes of their own
        module.training = model.training
    else:
        module.train(model.training)
    target.seen[id(model)] = module
    return module


def _kind_of(model: Module, place: str) -> type[Module]:
    """The class of `nn` that computes what the model computes."""
    own = type(model)
    kind: Any = next((base for base in own.__mro__ if base in _TO), None)
    if kind is None or own.__call__ is not kind.__call__ or own.forward is not kind.forward:
        raise TypeError(
            f"{place or 'the model'} is a {own.__name__}, a class with code of its own, which cannot be converted: "
            "write the same forward in a class of torch.nn.Module, and convert its parts, self.part = "
            "to_torch(model.part)"
        )
    return kind  # type: ignore[no-any-return]


def _sequential_to(target: _Target, model: Sequential, place: str) -> Any:
    inner = f"{place}." if place else ""
    return target.nn.Sequential(*[_write(target, part, f"{inner}layers[{i}]") for i, part in enumerate(model.layers)])


def _mlp_to(target: _Target, model: MLP, place: str) -> Any:
    inner = f"{place}." if place else ""
    row: list[Any] = []
    for i, layer in enumerate(model.layers):
        place = f"{inner}layers[{i}]"
        if _kind_of(layer, place) is not Layer:
            raise TypeError(f"{place} is a {type(layer).__name__}, and those of an MLP are Layers: use a Sequential")
        row += _linear_to(target, layer, place)
    return target.nn.Sequential(*row)


def _layer_to(target: _Target, model: Layer | Neuron, place: str) -> Any:
    return _in_a_row(target, _linear_to(target, model, place))


def _linear_to(target: _Target, model: Any, place: str) -> list[Any]:
    """The linear layer, and the activation if there is one."""
    neurons = model.neurons if isinstance(model, Layer) else [model]
    sizes = (neurons[0].n_inputs, len(neurons))
    return [target.nn.Linear(*sizes, bias=_has_bias(neurons), **target.options), *_activated(target, neurons, place)]


def _convolution_to(target: _Target, model: Conv1d | Conv2d, place: str) -> Any:
    make = target.nn.Conv1d if isinstance(model, Conv1d) else target.nn.Conv2d
    options = {"stride": model.stride, "padding": model.padding, "bias": _has_bias(model.neurons), **target.options}
    layer = make(model.n_inputs, len(model.neurons), model.size, **options)
    return _in_a_row(target, [layer, *_activated(target, model.neurons, place)])


def _has_bias(neurons: Sequence[Neuron]) -> bool:
    return neurons[0].bias is not None


def _activated(target: _Target, neurons: Sequence[Neuron], place: str) -> list[Any]:
    if (
        any(type(neuron).__call__ is not Neuron.__call__ for neuron in neurons)
        or len({n.activation for n in neurons}) > 1
    ):
        raise TypeError(
            f"{place or 'the model'} has neurons that differ in more than their numbers, which PyTorch has not"
        )
    return [activation_to(target.nn, neurons[0].activation, place)] if neurons[0].nonlin else []


def _in_a_row(target: _Target, parts: list[Any]) -> Any:
    return parts[0] if len(parts) == 1 else target.nn.Sequential(*parts)


_TO: dict[Any, Callable[[_Target, Any, str], Any]] = {
    Sequential: _sequential_to,
    MLP: _mlp_to,
    Layer: _layer_to,
    Neuron: _layer_to,
    Conv1d: _convolution_to,
    Conv2d: _convolution_to,
    MaxPool2d: lambda target, model, place: target.nn.MaxPool2d(model.size, stride=model.stride),
    Embedding: lambda target, model, place: target.nn.Embedding(
        len(model.table), len(model.table[0]), **target.options
    ),
    Dropout: lambda target, model, place: target.nn.Dropout(model.p),
    LayerNorm: lambda target, model, place: target.nn.LayerNorm(model.n_inputs, eps=model.eps, **target.options),
    Flatten: lambda target, model, place: target.nn.Flatten(),
    Reshape: lambda target, model, place: target.nn.Unflatten(1, model.sizes),
    Activation: lambda target, model, place: activation_to(target.nn, model.function, place),
}
