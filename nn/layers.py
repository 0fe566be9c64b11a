"""Neuron, Layer, Linear, MLP: a network is many small sums.

    neuron:  a = g(b + Σ w_i·x_i)        layer: neurons side by side        MLP: layers in a row

Every product, every sum and every activation is a node of the graph.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

from autograd import Constant, Value, functions

from .activations import Function, activation_of, linear, name_of
from .feature_names import named_inputs
from .initialization import INITIALIZATIONS, Initialization, generator_of, shared_generator
from .module import Module
from .options import check_options, check_size, inputs_of, named


class Neuron(Module):
    """g(b + Σ w_i·x_i) of `n_inputs` inputs.

    Args:
        n_inputs: the number of inputs, at least 1.
        nonlin: False makes the activation linear (micrograd's way to say it).
        activation: a name in `ACTIVATIONS`, or a function from Value to Value.
        initialization: a name in `INITIALIZATIONS`, or a function (generator, fan_in, fan_out) -> float.
        bias: False leaves the bias out.
        seed: see `initialization.generator_of`.
        fan_out: the number of neurons in the layer, for initializations that ask.

    Attributes: `weights`, `bias` (`w`, `b` and `nonlin` as in micrograd), `activation`, `n_inputs`.

    >>> neuron = Neuron(2, activation="tanh", seed=1)
    >>> neuron.weights[0].data, neuron.weights[1].data, neuron.bias.data = 1.0, -2.0, 0.5
    >>> f"{neuron([0.25, 0.5]):.4f}"  # tanh(0.5 + 1·0.25 - 2·0.5)
    '-0.2449'
    """

    def __init__(
        self,
        n_inputs: int,
        nonlin: bool = True,
        *,
        activation: str | Function = "relu",
        initialization: str | Initialization = "uniform",
        bias: bool = True,
        seed: int | random.Random | None = None,
        fan_out: int = 1,
    ) -> None:
        check_size(n_inputs, "n_inputs")
        draw = named(initialization, INITIALIZATIONS, "initialization")
        generator = generator_of(seed)
        self.n_inputs = n_inputs
        self.weights = [Value(draw(generator, n_inputs, fan_out)) for _ in range(n_inputs)]
        self.bias = Value(0.0) if bias else None
        self.activation = activation_of(activation if nonlin else "linear")

    def __call__(self, inputs: Sequence[Value | float]) -> Value:
        inputs = inputs_of(inputs, self.n_inputs, self)
        products = [w * x for w, x in zip(self.weights, inputs, strict=True)]
        z = functions.sum(products if self.bias is None else [self.bias, *products])
        output = self.activation(z)
        if not isinstance(output, Value):
            raise TypeError(
                f"an activation is a function from Value to Value, {name_of(self.activation)} gave "
                f"{type(output).__name__} {output!r:.60}"
            )
        return output

    @property
    def w(self) -> list[Value]:
        return self.weights

    @property
    def b(self) -> Value | None:
        return self.bias

    @property
    def nonlin(self) -> bool:
        return self.activation is not linear

    def _in_pytorch(self) -> dict[str, Any]:
        return linear_in_pytorch([self])

    def _shape(self) -> str:
        return f"{self.n_inputs} → 1"

    def _activation(self) -> str:
        return name_of(self.activation)

    def _last_function(self) -> Function:
        return self.activation

    def __repr__(self) -> str:
        return f"Neuron({self.n_inputs}, {name_of(self.activation)})"


class Layer(Module):
    """`n_outputs` neurons that see the same inputs.

    Args:
        n_inputs, n_outputs: sizes, at least 1.
        seed and the other options: of every neuron, see `Neuron`.

    Returns, when called with n_inputs numbers or Values, the list of n_outputs Values; a layer with one
    neuron returns the bare Value, as in micrograd.

    >>> len(Layer(3, 2)([1.0, 2.0, 3.0]))
    2
    """

    def __init__(
        self, n_inputs: int, n_outputs: int, *, seed: int | random.Random | None = None, **options: Any
    ) -> None:
        check_options("Layer", options, ("nonlin", *OPTIONS))
        check_size(n_inputs, "n_inputs")
        check_size(n_outputs, "n_outputs")
        seed = shared_generator(seed)  # one for all neurons: they must not start alike
        self.n_inputs = n_inputs
        self.neurons = [Neuron(n_inputs, seed=seed, fan_out=n_outputs, **options) for _ in range(n_outputs)]

    def __call__(self, inputs: Sequence[Value | float]) -> Any:
        inputs = inputs_of(inputs, self.n_inputs, self)
        # A plain number becomes one node here, which all neurons share.
        nodes = [x if isinstance(x, Value) else Constant(x) for x in inputs]
        outputs = [neuron(nodes) for neuron in self.neurons]
        return outputs[0] if len(outputs) == 1 else outputs

    def _in_pytorch(self) -> dict[str, Any]:
        return linear_in_pytorch(self.neurons)

    def _shape(self) -> str:
        return f"{self.n_inputs} → {len(self.neurons)}"

    def _activation(self) -> str:
        return name_of(self.neurons[0].activation)

    def _last_function(self) -> Function:
        return self.neurons[0].activation

    def __repr__(self) -> str:
        return f"Layer({self.n_inputs} → {_described(self)})"


class Linear(Layer):
    """A Layer without activation, z = b + W·x: what PyTorch calls Linear.

    Args:
        n_inputs, n_outputs: sizes, at least 1.
        initialization, bias, seed: see `Neuron`.

    >>> layer = Linear(3, 2, seed=0)
    >>> layer, len(layer([1.0, 2.0, 3.0]))
    (Linear(3 → 2), 2)
    """

    def __init__(
        self, n_inputs: int, n_outputs: int, *, seed: int | random.Random | None = None, **options: Any
    ) -> None:
        check_options("Linear", options, ("initialization", "bias"))
        super().__init__(n_inputs, n_outputs, seed=seed, activation="linear", **options)

    def _activation(self) -> str:
        return ""

    def __repr__(self) -> str:
        return f"Linear({self._shape()})"


class MLP(Module):
    """A multi-layer perceptron: layers in a row, each fully connected to the next.

    Args:
        n_inputs: the number of inputs.
        n_outputs: the number of neurons of each layer; the last one is the output.
        activation: of the hidden layers, see `Neuron`.
        output_activation: of the last layer.
        seed and the other options: see `Neuron`.

    Returns, when called, what its last layer returns: a list, or a bare Value where it has one neuron.

    >>> model = MLP(2, [16, 16, 1])
    >>> model
    MLP(2 → 16 relu → 16 relu → 1 linear: 337 parameters)
    >>> y = model([1.0, -1.0])
    """

    def __init__(
        self,
        n_inputs: int,
        n_outputs: Sequence[int],
        *,
        activation: str | Function = "relu",
        output_activation: str | Function = "linear",
        seed: int | random.Random | None = None,
        **options: Any,
    ) -> None:
        check_options("MLP", options, ("activation", "output_activation", *OPTIONS[1:]))
        if not hasattr(n_outputs, "__len__") or isinstance(n_outputs, str) or len(n_outputs) == 0:
            raise ValueError(f"an MLP needs a list with the size of each layer, as [16, 1], got {n_outputs!r}")
        seed = shared_generator(seed)
        activation_of(activation)  # also where there is no hidden layer
        sizes = [n_inputs, *n_outputs]
        activations = [activation] * (len(n_outputs) - 1) + [output_activation]
        self.layers = [
            Layer(sizes[i], sizes[i + 1], activation=activations[i], seed=seed, **options)
            for i in range(len(n_outputs))
        ]

    def __call__(self, inputs: Sequence[Value | float]) -> Any:
        inputs = named_inputs(inputs, self.feature_names_in_)
        for layer in self.layers:
            inputs = layer(inputs)
        return inputs

    def _in_pytorch(self) -> dict[str, Any] | None:
        if not all(isinstance(layer, Layer) for layer in self.layers):  # somebody has put others there
            return None
        named: dict[str, Any] = {}
        place = 0  # in a Sequential of linear layers and activations
        for layer in self.layers:
            parts = layer._in_pytorch()
            named |= {f"{place}.{name.removeprefix('0.')}": part for name, part in parts.items()}
            place += 2 if layer.neurons[0].nonlin else 1
        return named

    def _last_function(self) -> Function:
        return self.layers[-1]._last_function()

    def __repr__(self) -> str:
        layers = " → ".join(map(_described, self.layers))
        return f"MLP({self.layers[0].n_inputs} → {layers}: {self._counted()})"


OPTIONS = ("activation", "initialization", "bias", "seed")  # of every neuron


def _described(layer: Layer) -> str:
    return f"{len(layer.neurons)} {name_of(layer.neurons[0].activation)}"


def linear_in_pytorch(neurons: Sequence[Neuron], weights: Callable[[Neuron], Any] | None = None) -> dict[str, Any]:
    """Parameters as PyTorch names them: a layer with an activation is a Sequential there, whose part 0 is linear."""
    named = {
        "weight": [neuron.weights if weights is None else weights(neuron) for neuron in neurons],
        "bias": [neuron.bias for neuron in neurons if neuron.bias is not None],
    }
    return {f"0.{name}" if neurons[0].nonlin else name: part for name, part in named.items() if part}
