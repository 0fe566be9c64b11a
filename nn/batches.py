"""How the cost of a batch and its gradients are computed: node by node, or by a compiled program.

Both classes have the same three methods, so that the training loop need not know which it has:

    cost(batch)        the cost of the samples with these numbers, and the outputs if they are asked for
    backward()         adds the gradients of that cost to the parameters' `.grad`
    evaluate(X, y)     cost and outputs of other samples, without gradients
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd import Value, compile, dot, no_grad

from .layers import ACTIVATIONS, MLP, Layer, Neuron
from .losses import LOSSES, Loss

Model = Callable[[Any], Any]
Row = list[float]


def can_compile(model: Model, loss: Loss) -> bool:
    """Whether compiling surely gives the same training: the model is made of this package's layers, whose code
    does not depend on the numbers, the loss is one of this package's, and NumPy is there for the rows.
    """
    try:
        import numpy  # noqa: F401
    except ImportError:
        return False
    layers = model.layers if type(model) is MLP else [model] if type(model) in (Layer, Neuron) else []
    neurons = [n for layer in layers for n in (layer.neurons if isinstance(layer, Layer) else [layer])]
    named = all(type(n) is Neuron and n.activation in ACTIVATIONS.values() for n in neurons)
    return bool(neurons) and named and loss in LOSSES.values()


class Eager:
    """Node by node, as written."""

    def __init__(self, model: Model, rows: list[Row], targets: list[Any], loss: Loss, with_outputs: bool) -> None:
        self.model, self.rows, self.targets, self.loss = model, rows, targets, loss

    def cost(self, batch: Sequence[int]) -> tuple[float, list[Any]]:
        outputs = [self.model(self.rows[i]) for i in batch]
        self._cost = self.loss(outputs, [self.targets[i] for i in batch])
        if not isinstance(self._cost, Value):
            raise TypeError(
                f"the loss returns one Value, got {type(self._cost).__name__}: "
                "it is a function (outputs, targets) -> Value"
            )
        return self._cost.data, outputs

    def backward(self) -> None:
        self._cost.backward()

    def evaluate(self, rows: list[Row], targets: list[Any]) -> tuple[float, list[Any]]:
        with no_grad():
            outputs = [self.model(row) for row in rows]
            return self.loss(outputs, targets).data, outputs


class Compiled:
    """The loss of one sample, compiled, runs for all samples of a batch side by side."""

    def __init__(self, model: Model, rows: list[Row], targets: list[Any], loss: Loss, with_outputs: bool) -> None:
        import numpy

        with no_grad():
            first = model(rows[0])
            loss([first] * len(targets), targets)  # targets that do not suit the loss are refused here
        self.n_outputs = n_outputs = len(first) if hasattr(first, "__len__") else 0  # 0: a bare Value
        self.with_outputs = with_outputs
        self._sample_loss = compile(lambda x, t: loss([model(x)], [t]), parameters=model)
        # One program for every output: the unit vector s selects it.
        self._output = compile(lambda x, s: dot(s, model(x)) if n_outputs else s[0] * model(x))
        self._rows, self._targets = self._arrays(numpy, rows, targets)

    def _arrays(self, numpy: Any, rows: list[Row], targets: list[Any]) -> tuple[Any, Any]:
        if self.n_outputs and not hasattr(targets[0], "__len__"):  # classes, as the probabilities 0 and 1
            targets = [[float(k == t) for k in range(self.n_outputs)] for t in targets]
        return numpy.array(rows, dtype=float), numpy.array(targets, dtype=float)

    def cost(self, batch: Sequence[int]) -> tuple[float, list[Any]]:
        rows = self._rows[batch]
        values, gradient = self._sample_loss.value_and_grad(rows, self._targets[batch])
        self._gradient = gradient / len(batch)
        return float(values.mean()), self._outputs(rows) if self.with_outputs else []

    def backward(self) -> None:
        for parameter, gradient in zip(self._sample_loss.parameters, self._gradient.tolist(), strict=True):
            if parameter.requires_grad:
                parameter.grad += gradient

    def evaluate(self, rows: list[Row], targets: list[Any]) -> tuple[float, list[Any]]:
        import numpy

        X, y = self._arrays(numpy, rows, targets)
        return float(self._sample_loss(X, y).mean()), self._outputs(X) if self.with_outputs else []

    def _outputs(self, rows: Any) -> list[Any]:
        n = max(self.n_outputs, 1)
        units = [[float(k == j) for j in range(n)] for k in range(n)]
        columns = [[Value(z) for z in self._output(rows, unit).tolist()] for unit in units]
        return list(zip(*columns, strict=True)) if self.n_outputs else columns[0]
