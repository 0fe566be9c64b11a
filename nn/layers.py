"""Neuron, Layer, MLP: a network is many small sums.

    neuron:  a = g(b + Σ w_i·x_i)        layer: neurons side by side        MLP: layers in a row

Every product, every sum and every activation is a node of the graph.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from numbers import Integral
from typing import Any

from autograd import Constant, Value, functions

from .initialization import INITIALIZATIONS, Initialization, generator_of, shared_generator
from .module import Module

Activation = Callable[[Value], Value]


def _linear(z: Value) -> Value:
    return z  # a function with a name: models can be pickled


ACTIVATIONS: dict[str, Activation] = {
    "linear": _linear,
    "relu": Value.relu,
    "tanh": Value.tanh,
    "sigmoid": Value.sigmoid,
    "softplus": Value.softplus,
    "sin": Value.sin,
}


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
        activation: str | Activation = "relu",
        initialization: str | Initialization = "uniform",
        bias: bool = True,
        seed: int | random.Random | None = None,
        fan_out: int = 1,
    ) -> None:
        _check_size(n_inputs, "n_inputs")
        draw = _named(initialization, INITIALIZATIONS, "initialization")
        generator = generator_of(seed)
        self.n_inputs = n_inputs
        self.weights = [Value(draw(generator, n_inputs, fan_out)) for _ in range(n_inputs)]
        self.bias = Value(0.0) if bias else None
        self.activation = _named(activation if nonlin else "linear", ACTIVATIONS, "activation")

    def __call__(self, inputs: Sequence[Value | float]) -> Value:
        _check_inputs(inputs, self)
        products = [w * x for w, x in zip(self.weights, inputs, strict=True)]
        z = functions.sum(products if self.bias is None else [self.bias, *products])
        output: Value = self.activation(z)
        return output

    @property
    def w(self) -> list[Value]:
        return self.weights

    @property
    def b(self) -> Value | None:
        return self.bias

    @property
    def nonlin(self) -> bool:
        return self.activation is not ACTIVATIONS["linear"]

    def __repr__(self) -> str:
        return f"Neuron({self.n_inputs}, {_name_of(self.activation)})"


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
        _check_options("Layer", options, ("nonlin", *OPTIONS))
        _check_size(n_inputs, "n_inputs")
        _check_size(n_outputs, "n_outputs")
        seed = shared_generator(seed)  # one for all neurons: they must not start alike
        self.n_inputs = n_inputs
        self.neurons = [Neuron(n_inputs, seed=seed, fan_out=n_outputs, **options) for _ in range(n_outputs)]

    def __call__(self, inputs: Sequence[Value | float]) -> Any:
        _check_inputs(inputs, self)
        # A plain number becomes one node here, which all neurons share.
        nodes = [x if isinstance(x, Value) else Constant(x) for x in inputs]
        outputs = [neuron(nodes) for neuron in self.neurons]
        return outputs[0] if len(outputs) == 1 else outputs

    def __repr__(self) -> str:
        return f"Layer({self.n_inputs} → {_described(self)})"


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
        activation: str | Activation = "relu",
        output_activation: str | Activation = "linear",
        seed: int | random.Random | None = None,
        **options: Any,
    ) -> None:
        _check_options("MLP", options, ("activation", "output_activation", *OPTIONS[1:]))
        if not hasattr(n_outputs, "__len__") or isinstance(n_outputs, str) or len(n_outputs) == 0:
            raise ValueError(f"an MLP needs a list with the size of each layer, as [16, 1], got {n_outputs!r}")
        seed = shared_generator(seed)
        _named(activation, ACTIVATIONS, "activation")  # also where there is no hidden layer
        sizes = [n_inputs, *n_outputs]
        activations = [activation] * (len(n_outputs) - 1) + [output_activation]
        self.layers = [
            Layer(sizes[i], sizes[i + 1], activation=activations[i], seed=seed, **options)
            for i in range(len(n_outputs))
        ]

    def __call__(self, inputs: Sequence[Value | float]) -> Any:
        for i, layer in enumerate(self.layers):
            if i > 0 and isinstance(inputs, Value):
                inputs = [inputs]  # the layer before has one neuron
            inputs = layer(inputs)
        return inputs

    def __repr__(self) -> str:
        layers = " → ".join(map(_described, self.layers))
        return f"MLP({self.layers[0].n_inputs} → {layers}: {self._counted()})"


OPTIONS = ("activation", "initialization", "bias", "seed")  # of every neuron


def _check_options(name: str, given: Iterable[str], known: Sequence[str]) -> None:
    for option in given:
        if option not in known:
            near = get_close_matches(option, known, 1)
            hint = f"; did you mean {near[0]}?" if near else f": it has {', '.join(known)}"
            if option in ("dropout", "weight_decay", "regularization", "l2"):
                hint += (
                    "; against overfitting there are the optimizers' weight_decay=…, the penalty of `fit`, and its "
                    "patience"
                )
            raise TypeError(f"{name} has no option {option!r}{hint}")


def _check_size(n: int, name: str) -> None:
    if isinstance(n, bool) or not isinstance(n, Integral) or n < 1:
        raise ValueError(f"{name} is a whole number of at least 1, got {n!r}")


def _check_inputs(inputs: Sequence[Value | float], module: Neuron | Layer) -> None:
    if type(inputs) is list and len(inputs) == module.n_inputs and isinstance(inputs[0], (Value, float)):
        return  # the usual case, decided fast: a network asks thousands of times
    if not hasattr(inputs, "__len__") or isinstance(inputs, (str, dict)):
        raise TypeError(f"{module!r} takes a list of {module.n_inputs} inputs, got {type(inputs).__name__} {inputs!r}")
    is_table = len(getattr(inputs, "shape", ())) > 1 or any(
        isinstance(x, (list, tuple)) or getattr(x, "shape", ()) for x in inputs
    )
    if is_table:
        raise ValueError(
            f"{module!r} takes the {module.n_inputs} inputs of one sample, got {len(inputs)} "
            f"row{'s' * (len(inputs) != 1)} of them: call it for each sample, [model(x) for x in X]"
        )
    if len(inputs) != module.n_inputs:
        raise ValueError(f"{module!r} takes {module.n_inputs} inputs, got {len(inputs)}")


def _named(choice: Any, table: dict[str, Any], what: str) -> Any:
    if callable(choice):
        return choice
    if not isinstance(choice, str) or choice not in table:
        raise ValueError(f"unknown {what} {choice!r}; choose one of {', '.join(table)}, or give a function")
    return table[choice]


def _name_of(activation: Activation) -> str:
    for name, function in ACTIVATIONS.items():
        if function is activation:
            return name
    return getattr(activation, "__name__", "activation")


def _described(layer: Layer) -> str:
    return f"{len(layer.neurons)} {_name_of(layer.neurons[0].activation)}"
