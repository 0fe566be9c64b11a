"""`Sequential`: modules in a row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, overload

from .activations import Activation, Function
from .feature_names import named_inputs
from .module import Module


class Sequential(Module):
    """Modules in a row: each takes what the one before returns, `layers[-1](… layers[1](layers[0](x)))`.

    Args:
        layers: modules of any kind, also networks; the name of an activation, or a function of one Value, stands for
            `Activation` of it. A list of them will do.

    Returns, when called, what the last module returns. `model[i]` is the i-th module, `model[:-1]` a Sequential of
    some, `len(model)` their number.

    >>> from nn import Linear
    >>> model = Sequential(Linear(2, 16, seed=0), "tanh", Linear(16, 1, seed=1))
    >>> model
    Sequential(
      (layers[0]): Linear(2 → 16)
      (layers[1]): Activation(tanh)
      (layers[2]): Linear(16 → 1)
    ): 65 parameters
    >>> model([0.5, -0.5]).op
    <operation sum>
    """

    def __init__(self, *layers: Module | str | Function) -> None:
        alone: Any = layers[0] if len(layers) == 1 else None
        given: Any = list(alone) if isinstance(alone, (list, tuple, Iterator)) else layers
        if not given:
            raise ValueError(
                "Sequential takes modules, got none: write Sequential(Linear(2, 16), 'relu', Linear(16, 1))"
            )
        self.layers: list[Module] = [_module(i, layer) for i, layer in enumerate(given)]

    def __call__(self, inputs: Any) -> Any:
        inputs = named_inputs(inputs, self.feature_names_in_)
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    def _in_pytorch(self) -> dict[str, Any]:
        return {str(i): layer for i, layer in enumerate(self.layers)}

    def _last_function(self) -> Any:
        return self.layers[-1]._last_function()

    @overload
    def __getitem__(self, i: int) -> Module: ...
    @overload
    def __getitem__(self, i: slice) -> Sequential: ...
    def __getitem__(self, i: int | slice) -> Module:
        return Sequential(*self.layers[i]) if isinstance(i, slice) else self.layers[i]

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Module]:
        return iter(self.layers)


def _module(i: int, layer: Any) -> Module:
    if isinstance(layer, Module):
        return layer
    if isinstance(layer, type) and issubclass(layer, Module):
        raise TypeError(f"layers[{i}] is the class {layer.__name__}: make a module of it, {layer.__name__}(…)")
    if isinstance(layer, str) or callable(layer):
        return Activation(layer)
    raise TypeError(
        f'layers[{i}] of a Sequential is a Module, or an activation such as "relu" or autograd.tanh, got '
        f"{type(layer).__name__} {layer!r:.60}"
    )
