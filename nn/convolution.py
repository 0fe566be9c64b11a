"""`Conv1d`, `Conv2d`: a few neurons that slide over a signal or an image.

A neuron sees a small patch of all channels; it is the same neuron at every place, so its weights are few and are
shared. What it gives at all places is one channel of the output.
"""

from __future__ import annotations

import random
from typing import Any

from autograd import Constant, Value

from .activations import Function, name_of
from .initialization import Initialization, shared_generator
from .layers import Neuron, linear_in_pytorch
from .module import Module
from .options import check_size
from .shapes import Reshape, nodes


class _Convolution(Module):
    """What the convolutions share: sizes, checked, and one neuron for each channel of the output."""

    n_axes: int

    def __init__(
        self,
        n_inputs: int,
        n_outputs: int,
        size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        activation: str | Function = "linear",
        initialization: str | Initialization = "uniform",
        bias: bool = True,
        seed: int | random.Random | None = None,
    ) -> None:
        for n, name in ((n_inputs, "n_inputs"), (n_outputs, "n_outputs"), (size, "size"), (stride, "stride")):
            check_size(n, name)
        check_size(padding, "padding", least=0)
        self.n_inputs, self.size, self.stride, self.padding = n_inputs, size, stride, padding
        seed = shared_generator(seed)  # one for all neurons: they must not start alike
        patch = size**self.n_axes
        self.neurons = [
            Neuron(
                n_inputs * patch,
                activation=activation,
                initialization=initialization,
                bias=bias,
                seed=seed,
                fan_out=n_outputs * patch,
            )
            for _ in range(n_outputs)
        ]

    def _places(self, length: int) -> range:
        """Where a patch begins, along an axis of this length."""
        if length < self.size:
            raise ValueError(f"{self!r} needs at least {self.size} numbers along each axis, padding included: {length}")
        return range(0, length - self.size + 1, self.stride)

    def _channels(self, inputs: Any) -> list[Any]:
        """The channels, each number a node that all neurons share; checked."""
        kind = "rows of numbers" if self.n_axes == 2 else "numbers"
        shape = _shape_of(inputs)
        if shape is None or len(shape) != self.n_axes + 1 or shape[0] != self.n_inputs:
            given = "lists that differ in length" if shape is None else f"the shape {'×'.join(map(str, shape)) or '()'}"
            before = "Reshape(1, 8, 8)" if self.n_axes == 2 else "Reshape(1, 64)"
            raise ValueError(
                f"{self!r} takes a list of {self.n_inputs} channel{'s' * (self.n_inputs != 1)}, each a list of {kind}, "
                f"got {given}; from a flat list make them by a module before it, such as {before}"
            )
        return [nodes(channel) for channel in inputs]

    def _in_pytorch(self) -> dict[str, Any]:
        sizes = (self.n_inputs, *[self.size] * self.n_axes)
        return linear_in_pytorch(self.neurons, lambda neuron: Reshape(*sizes)(neuron.weights))

    def _shape(self) -> str:
        return f"{self.n_inputs} → {len(self.neurons)} channels, {'×'.join([str(self.size)] * self.n_axes)}"

    def _activation(self) -> str:
        return "" if not self.neurons[0].nonlin else name_of(self.neurons[0].activation)

    def __repr__(self) -> str:
        settings = [f", {self._activation()}"] if self._activation() else []
        settings += [
            f", {name} {n}"
            for name, n, usual in (("stride", self.stride, 1), ("padding", self.padding, 0))
            if n != usual
        ]
        return f"{type(self).__name__}({self._shape()}{''.join(settings)})"


class Conv1d(_Convolution):
    """A convolution of signals: channel o at place t is neuron o of the patch of all channels from t·stride on.

    Args:
        n_inputs, n_outputs: numbers of channels.
        size: how many places a neuron sees.
        stride: by how many places it moves on.
        padding: how many zeros are put at each end.
        activation, initialization, bias, seed: see `Neuron`; here without activation, as in PyTorch.

    Takes a list of channels, each a list of numbers, and returns such a list.

    >>> edges = Conv1d(1, 1, size=2, bias=False)
    >>> edges.neurons[0].weights[0].data, edges.neurons[0].weights[1].data = -1.0, 1.0
    >>> [y.data for y in edges([[0.0, 0.0, 5.0, 5.0, 1.0]])[0]]
    [0.0, 5.0, 0.0, -4.0]
    """

    n_axes = 1

    def __call__(self, inputs: Any) -> list[list[Value]]:
        channels = [_padded(channel, self.padding, Constant(0.0)) for channel in self._channels(inputs)]
        patches = [
            [x for channel in channels for x in channel[t : t + self.size]] for t in self._places(len(channels[0]))
        ]
        return [[neuron(patch) for patch in patches] for neuron in self.neurons]


class Conv2d(_Convolution):
    """A convolution of images: channel o at a place is neuron o of the square patch of all channels that begins there.

    Args:
        n_inputs, n_outputs: numbers of channels.
        size: the side of the square that a neuron sees; its weights go channel by channel, row by row.
        stride: by how many places it moves on.
        padding: how many rings of zeros are put around an image.
        activation, initialization, bias, seed: see `Neuron`; here without activation, as in PyTorch.

    Takes a list of channels, each a list of rows of numbers, and returns such a list.

    >>> from nn import Flatten, Linear, MaxPool2d, Reshape, Sequential
    >>> model = Sequential(Reshape(1, 8, 8), Conv2d(1, 4, size=3), "relu", MaxPool2d(2), Flatten(), Linear(36, 10))
    >>> len(model([0.5] * 64)), len(model.parameters())
    (10, 410)
    """

    n_axes = 2

    def __call__(self, inputs: Any) -> list[list[list[Value]]]:
        channels = [self._framed(channel) for channel in self._channels(inputs)]
        rows, columns = self._places(len(channels[0])), self._places(len(channels[0][0]))
        patches = [
            [
                [x for channel in channels for row in channel[i : i + self.size] for x in row[j : j + self.size]]
                for j in columns
            ]
            for i in rows
        ]
        return [[[neuron(patch) for patch in line] for line in patches] for neuron in self.neurons]

    def _framed(self, channel: list[list[Value]]) -> list[list[Value]]:
        zero = Constant(0.0)
        rows = [_padded(row, self.padding, zero) for row in channel]
        return _padded(rows, self.padding, [zero] * len(rows[0]))


def _padded(parts: list[Any], n: int, part: Any) -> list[Any]:
    return [part] * n + list(parts) + [part] * n


def _shape_of(inputs: Any) -> tuple[int, ...] | None:
    """The lengths of nested lists; None where lists beside each other differ."""
    if isinstance(inputs, Value) or not hasattr(inputs, "__len__") or isinstance(inputs, (str, dict)):
        return ()
    shapes = {_shape_of(part) for part in inputs}
    if len(shapes) != 1:
        return None
    (shape,) = shapes
    return None if shape is None else (len(inputs), *shape)
