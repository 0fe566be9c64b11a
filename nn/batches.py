"""How the cost of a batch and its gradients are computed: node by node, or by a compiled program.

Both classes have the same three methods, so that the training loop need not know which it has:

    cost(batch)        the cost of the samples with these numbers, and the outputs
    backward()         adds the gradients of that cost to the parameters' `.grad`
    evaluate(X, y)     cost and outputs of other samples, without gradients
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Sequence
from typing import Any

from autograd import Value, compile, distribute, no_grad
from autograd import sum as add_up
from autograd.transforms.pytree import size_of, terminals, unflatten

from .activations import is_known, linear
from .contents import Holder, modules
from .dropout import Dropout, factors, factors_from
from .losses import LOSSES, Loss, function_of
from .modes import in_mode
from .module import Module

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
    return isinstance(model, Module) and all(_is_ours(part) for _, part in modules(model)) and _is_known(loss)


def _is_known(loss: Loss) -> bool:
    return function_of(loss) in LOSSES.values()


def _is_ours(module: Holder) -> bool:
    """Whether it is of this package as it is: its class, and the function it applies."""
    function = vars(module).get("activation", vars(module).get("function", linear))
    return type(module).__module__.partition(".")[0] == "nn" and is_known(function)


class Eager:
    """Node by node, as written."""

    def __init__(
        self, model: Model, rows: list[Row], targets: list[Any], loss: Loss, weights: list[float] | None = None
    ) -> None:
        self.model, self.rows, self.targets, self.loss, self.weights = model, rows, targets, loss, weights

    def cost(self, batch: Sequence[int]) -> tuple[float, list[Any]]:
        outputs = [self.model(self.rows[i]) for i in batch]
        targets = [self.targets[i] for i in batch]
        self._cost = self.loss(outputs, targets) if self.weights is None else self._weighted(outputs, targets, batch)
        check_cost(self._cost)
        return self._cost.data, outputs

    def check_targets(self, targets: list[Any]) -> None:
        """Nothing: node by node, a loss sees the targets itself."""

    def _weighted(self, outputs: list[Any], targets: list[Any], batch: Sequence[int]) -> Value:
        weights = [self.weights[i] for i in batch] if self.weights else []
        total = math.fsum(weights) or 1.0  # none of these samples counts
        costs = [self.loss([output], [target]) for output, target in zip(outputs, targets, strict=True)]
        return add_up([w * cost for w, cost in zip(weights, costs, strict=True)]) / total

    def backward(self) -> None:
        self._cost.backward()

    def evaluate(self, rows: list[Row], targets: list[Any]) -> tuple[float, list[Any]]:
        with no_grad(), factors_from(_keep), in_mode(self.model, training=False):
            outputs = [self.model(row) for row in rows]
            return self.loss(outputs, targets).data, outputs


def check_cost(cost: Any) -> None:
    """Refuse what a loss should not return."""
    if not isinstance(cost, Value):
        raise TypeError(
            f"the loss returns one Value, got {type(cost).__name__}: it is a function (outputs, targets) -> Value"
        )


def _keep(dropout: Dropout) -> float:
    return 1.0


class Outputs:
    """The outputs of a compiled model for the samples of a batch, beside the targets.

    Args:
        columns: an array of n numbers for each output.
        template: what the model returns for one sample, with other numbers.
        targets: an array, one row or number for each sample.
    """

    def __init__(self, columns: Sequence[Any], template: Any, targets: Any) -> None:
        self._columns, self._template, self._targets = columns, template, targets

    def arrays(self) -> tuple[Any, Any]:
        """Outputs and targets, one row for each sample; of a model with one output an array of n numbers."""
        import numpy

        return self._columns[0] if isinstance(self._template, float) else numpy.array(self._columns).T, self._targets

    def listed(self) -> list[Any]:
        """What the model returns for each sample, as Values."""
        samples = zip(*[column.tolist() for column in self._columns], strict=True)
        return [unflatten(self._template, [Value(x) for x in sample]) for sample in samples]


class Compiled:
    """The loss of one sample, compiled, runs for all samples of a batch side by side.

    Args:
        model, rows, targets, loss: see `fit`.
        parameters: whose gradients are computed.
        with_outputs: whether the outputs are asked for.
        threads: how many share the samples of a batch, see `autograd.compile`.
        weights: of the samples, see `nn.weights`.
        workers: that share the samples of a batch, see `autograd.distribute`; or None.

    Attributes:
        leaves: everything whose number the program takes, see `autograd.compiling.leaves`.
        run: the program, see `autograd.compiling.runners`.
    """

    def __init__(
        self,
        model: Model,
        rows: list[Row],
        targets: list[Any],
        loss: Loss,
        parameters: Sequence[Value],
        with_outputs: bool,
        threads: int | str = 1,
        weights: list[float] | None = None,
        workers: Any = None,
    ) -> None:
        self._dropouts: list[Dropout] = []  # which asks for the next factor, in the order of a forward pass

        def listed(dropout: Dropout) -> float:
            self._dropouts.append(dropout)
            return 1.0

        with no_grad(), factors_from(listed):
            first = model(rows[0])
        self._loss, self._first = loss, first
        self.check_targets(targets)
        with no_grad(), factors_from(_keep):
            if not _is_known(loss):
                _check_is_average(loss, [first, *map(model, rows[1:2])], targets[:2])
        n = sum([size_of(terminal) for _, terminal in terminals(first)])
        self._template = unflatten(first, [0.0] * n)
        self._n_classes = 0 if isinstance(first, Value) else n
        self._is_weighted, self._with_outputs = weights is not None, with_outputs
        self._weight = -1 - len(self._dropouts)  # the column
        width, end = len(rows[0]), -len(self._dropouts) - self._is_weighted or None

        def of_sample(sample: list[Any]) -> tuple[Any, Any]:
            x, t, given = sample[:width], sample[width:end], iter(sample[self._weight + 1 :] if self._dropouts else ())
            with factors_from(lambda dropout: next(given)):
                output = model(x)
            cost = loss([output], [t if takes_lists else t[0]])
            return sample[self._weight] * cost if self._is_weighted else cost, output if with_outputs else ()

        self._table, self._targets, takes_lists = self._in_arrays(rows, targets)
        if weights is not None:
            self._table[:, self._weight] = weights

        def loaded() -> Any:
            function = compile(of_sample, parameters=parameters, has_aux=True, threads=threads)
            return (function if workers is None else distribute(function, workers)).loaded(self._table)

        self.run, self.leaves = self._evaluation = loaded()
        self._kept = None
        if workers is not None:  # where the rows stay; the factors of Dropouts are drawn here, batch by batch
            lasting = self._table[:, : self._table.shape[1] - len(self._dropouts)]
            self._kept = self.run.kept((lasting,), len(lasting))
        if isinstance(model, Module) and not all(_is_ours(part) for _, part in modules(model)):
            self._evaluation = None  # a class of the user's may ask for the mode: compiled when it is needed
        self.model, self._loaded = model, loaded
        self._held_out: Any = None  # of the last evaluation: rows and targets, as given and in arrays
        self.run(self.leaves.numbers(), (self._table[:1],), 1)  # the first call compiles
        own = set(parameters)
        self._are_own = [leaf in own for leaf in self.leaves.values]

    def check_targets(self, targets: list[Any]) -> None:
        """Refuse targets that do not suit the loss, as a program takes any numbers."""
        # Each of them once: of 100,000 samples in two classes the loss sees two.
        distinct = list({tuple(t) if hasattr(t, "__len__") else t: t for t in targets}.values())
        with no_grad():
            try:
                check_cost(self._loss([self._first] * len(distinct), distinct))
            except Exception:
                self._loss([self._first] * len(targets), targets)  # says of which sample it speaks
                raise

    def _in_arrays(self, rows: list[Row], targets: list[Any]) -> tuple[Any, Any, bool]:
        """Side by side the rows, what the loss takes as targets, 1 for a weight, and 1 for each factor of a Dropout;
        the targets as given; whether the loss takes lists.
        """
        import numpy

        listed = hasattr(targets[0], "__len__")
        given = numpy.array(targets, dtype=float)
        columns = given.reshape(len(given), -1)
        if self._n_classes and not listed:  # classes, as the probabilities 0 and 1
            columns, listed = (columns == numpy.arange(self._n_classes)).astype(float), True
        kept = numpy.ones((len(given), len(self._dropouts) + self._is_weighted))
        return numpy.concatenate([numpy.array(rows, dtype=float), columns, kept], axis=1), given, listed

    def gradient(self, numbers: Any, batch: Any) -> tuple[float, Outputs, Any]:
        """With these numbers in the leaves: the cost of a batch, its outputs, and the gradient of that cost."""
        import numpy

        n = len(batch)
        drawn = factors(self._dropouts, n) if self._dropouts else None  # sample by sample, as node by node
        if self._kept is None:
            table = self._table.take(batch, 0)
            if drawn is not None:
                table[:, -len(self._dropouts) :] = drawn
            (costs, *outputs), gradient, _ = self.run(numbers, (table,), n)
            cost = float(numpy.add.reduce(costs))
        else:
            (cost, *_), gradient, outputs, _ = self.run.summed(numbers, self._kept, batch, drawn, self._with_outputs)
            del outputs[:1]  # the costs, where they are with them
        found = Outputs(outputs, self._template, self._targets.take(batch, 0))
        total = (math.fsum(self._table[batch, self._weight]) or 1.0) if self._is_weighted else n
        return cost / total, found, numpy.divide(gradient, total)

    def cost(self, batch: Sequence[int]) -> tuple[float, Outputs]:
        cost, outputs, self._gradient = self.gradient(self.leaves.numbers(), batch)
        return cost, outputs

    def backward(self) -> None:
        for leaf, own, x in zip(self.leaves.values, self._are_own, self._gradient.tolist(), strict=True):
            if own and leaf.requires_grad:
                leaf.grad += x

    def evaluate(self, rows: list[Row], targets: list[Any], numbers: Any = None) -> tuple[float, Outputs]:
        """Cost and outputs of other samples, with these numbers in the leaves instead of those they hold."""
        if self._held_out is None or self._held_out[0] is not rows or self._held_out[1] is not targets:
            self._held_out = rows, targets, *self._in_arrays(rows, targets)[:2]
        table, truth = self._held_out[2:]
        if self._evaluation is None:
            with in_mode(self.model, training=False):
                self._evaluation = self._loaded()
        run, leaves = self._evaluation
        if numbers is None:
            numbers = leaves.numbers()
        elif leaves is not self.leaves:
            given = dict(zip(self.leaves.values, numbers.tolist(), strict=True))
            numbers = array("d", [given.get(leaf, leaf.data) for leaf in leaves.values])
        (costs, *outputs), *_ = run(numbers, (table,), len(rows), gradient=False)
        return float(costs.sum()) / len(rows), Outputs(outputs, self._template, truth)


def _check_is_average(loss: Loss, outputs: Sequence[Any], targets: Sequence[Any]) -> None:
    """Refuse a loss that, of two samples, is not the average of what it is of each: a sum, for instance."""
    together, *each = [loss([*outputs], [*targets]), *[loss([a], [t]) for a, t in zip(outputs, targets, strict=True)]]
    if not all(isinstance(cost, Value) for cost in (together, *each)):
        return  # which is refused with the program
    average = sum([cost.data for cost in each]) / len(each)
    if not math.isclose(together.data, average, rel_tol=1e-6, abs_tol=1e-12) and math.isfinite(together.data - average):
        raise ValueError(
            f"compiled=True averages the losses of the samples: of the first two that is {average:.6g}, but the loss "
            f"gives {together.data:.6g} for both together. Divide by the number of samples in the loss, or write "
            "compiled=False"
        )
