r"""Backpropagation in the language of layers, for one network and one sample:

    δ(l) = W(l+1)ᵀ δ(l+1) ∘ g'(z(l))

with the numbers put in, and compared with the engine, which knows nothing of layers.

`autograd` does not know `nn`: a network is anything with `model.layers[i].neurons[j].weights` and `.bias`.
Its pre-activations z and activations a are found in the graph.

Entry points: `explain_layers`, and the `LayerExplanation` it returns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .. import operations as ops
from ..graph import Graph, as_graph
from ..report import Block, Derivation, Math, Sentence
from ..value import Value
from ..weighted_sums import NONE, SUMS, owners, products_in
from .matrices import Equation, Matrix, Vector, column, hadamard, transposed, transposed_times


@dataclass(frozen=True)
class LayerNumbers:
    """One layer l in numbers: rows of W are neurons.

    Attributes: `W`, `b` (None without biases), `inputs` = a(l-1), `z`, `a`, `slopes` = g'(z), all from the
    forward pass; `delta` = dC/dz, from the engine; `upstream` = dC/da, from the engine, for this layer's outputs.
    """

    W: Matrix
    b: Vector | None
    inputs: Vector
    z: Vector
    a: Vector
    slopes: Vector
    upstream: Vector
    delta: Vector

    @property
    def weight_gradient(self) -> Matrix:
        """δ(l) a(l-1)ᵀ, one row for each neuron."""
        return [[d * a for a in self.inputs] for d in self.delta]


def explain_layers(loss: Value | Graph, model: Any, *, sample: int = 0, digits: int = 4) -> LayerExplanation:
    r"""The backward pass of a network written layer by layer.

    Args:
        loss: a node computed from the model's outputs, or a Graph with this one root.
        model: has `.layers`, each has `.neurons`, each has `.weights` and `.bias` (None without one).
        sample: which sample, where the loss is a cost over several. What is shown is its share: the gradient
            of a weight is the sum over the samples, and over what else the cost makes of that weight.
        digits: significant digits of the numbers written.

    Returns a `LayerExplanation`, which prints as text and shows as formulas in Jupyter. Raises TypeError for
    something that is no network, and ValueError where the graph does not hold a forward pass of the model.

    >>> from nn import MLP
    >>> model = MLP(2, [2, 1], activation="sigmoid", output_activation="sigmoid", seed=0)
    >>> explanation = explain_layers((model([1.0, 2.0]) - 1) ** 2, model)
    >>> explanation.error < 1e-12
    True
    """
    graph = as_graph("explain_layers", loss, wanted="a Value or a Graph")
    if not all(hasattr(layer, "neurons") for layer in getattr(model, "layers", [None])):
        raise TypeError(f"a network has .layers, each with .neurons, each with .weights and .bias; got {model!r:.60}")
    layers, inputs = _numbers(graph, model, sample)
    return LayerExplanation(layers, digits, [graph.names.get(x, "") for x in inputs])


# --- finding z and a of every neuron in the graph ---------------------------------------------------------------


def _numbers(graph: Graph, model: Any, sample: int) -> tuple[list[LayerNumbers], list[Value]]:
    """The layers, and the inputs of the first."""
    graph.root  # noqa: B018  of several results there are no such equations
    upstream = graph.adjoints
    sums = iter(_pre_activations(graph, [neuron for layer in reversed(model.layers) for neuron in layer.neurons]))
    layers: list[LayerNumbers] = []
    outputs: list[Value] = []  # of the layer that is looked at: the inputs of the layer after it
    for number, layer in reversed(list(enumerate(model.layers, 1))):
        zs = [_of_sample(next(sums), sample, number) for _ in layer.neurons]
        if not outputs:
            outputs = [_activation(z, neuron, graph) for z, neuron in zip(zs, layer.neurons, strict=True)]
        other = _inputs_by_weight(zs[0])
        inputs = [other[weight] for weight in layer.neurons[0].weights]
        layers.insert(0, _layer(layer.neurons, inputs, zs, outputs, upstream))
        outputs = inputs
    return layers, outputs


def _of_sample(found: Sequence[Value], sample: int, layer: int) -> Value:
    if not -len(found) <= sample < len(found):
        raise ValueError(
            f"the loss holds {len(found)} sums z = b + Σ w·x of a neuron of layer {layer}, so there is no sample "
            f"{sample}: compute the loss from the outputs of this model"
        )
    return found[sample]


def _layer(
    neurons: Sequence[Any],
    inputs: Sequence[Value],
    zs: Sequence[Value],
    outputs: Sequence[Value],
    upstream: Mapping[Value, float],
) -> LayerNumbers:
    biases = [neuron.bias for neuron in neurons if neuron.bias is not None]
    return LayerNumbers(
        W=[[weight.data for weight in neuron.weights] for neuron in neurons],
        b=[bias.data for bias in biases] if len(biases) == len(neurons) else None,
        inputs=[x.data for x in inputs],
        z=[z.data for z in zs],
        a=[a.data for a in outputs],
        slopes=[_slope(a, z) for a, z in zip(outputs, zs, strict=True)],
        upstream=[upstream[a] for a in outputs],
        delta=[upstream[z] for z in zs],
    )


def _pre_activations(graph: Graph, neurons: Sequence[Any]) -> list[list[Value]]:
    """For each neuron the nodes b + Σ w·x, one for each sample in the order of computation.

    Such a node is a sum that holds all weights of one neuron, and is no part of a larger such sum.
    """
    owner_of = {
        graph.number[parameter]: k
        for k, neuron in enumerate(neurons)
        for parameter in (*neuron.weights, neuron.bias)
        if parameter in graph.number
    }
    owner = owners(graph, owner_of)
    found: list[list[Value]] = [[] for _ in neurons]
    for node, k in zip(graph, owner, strict=True):
        if k == NONE or node.op not in (*SUMS, ops.multiply):
            continue
        larger = any(child.op in SUMS and owner[graph.number[child]] == k for child in graph.children(node))
        if not larger and set(neurons[k].weights) <= set(_inputs_by_weight(node)):
            found[k].append(node)
    return found


def _inputs_by_weight(z: Value) -> dict[Value, Value]:
    """The other factor of each factor in the products of a sum."""
    inputs: dict[Value, Value] = {}
    for product in products_in(z):
        a, b = product.parents
        inputs.update({a: b, b: a})
    return inputs


def _activation(z: Value, neuron: Any, graph: Graph) -> Value:
    """The node g(z). To learn whether z itself is the output, the neuron's activation is tried on a new node."""
    function: Callable[[Value], Value] | None = getattr(neuron, "activation", None)
    candidates = [child for child in graph.children(z) if len(child.parents) == 1]
    if callable(function):
        trial = Value(z.data)
        result = function(trial)
        if result is trial:
            return z
        candidates = [child for child in candidates if child.op is result.op]
    return candidates[0] if candidates else z


def _slope(a: Value, z: Value) -> float:
    """g'(z); an activation made of several nodes has a derivative by the chain rule."""
    if a is z:
        return 1.0
    return a.local_derivatives[0] if a.parents == (z,) else Graph(a).adjoints.get(z, 0.0)


# --- what follows from the formulas, and how it is written ---------------------------------------------------------


class LayerExplanation(Derivation):
    """The four equations of backpropagation with the numbers of one network.

    Attributes:
        layers: the `LayerNumbers`, first layer first.
        deltas: δ(l) of each layer, computed by the formulas.
        names: of the inputs, "" for one without a name.
        error: the largest difference between these and the engine's gradients of z, relative to the largest
            of them in its layer; more than rounding means that the network is not just layers in a row.
        ok: whether the formulas and the engine agree but for rounding, which is also its truth.
    """

    noun = "explanation of layers"

    def __init__(self, layers: list[LayerNumbers], digits: int = 4, names: Sequence[str] = ()) -> None:
        self.layers, self.digits, self.names = layers, digits, names
        self.deltas = [hadamard(layers[-1].upstream, layers[-1].slopes)]
        for layer, below in zip(reversed(layers[1:]), reversed(layers[:-1]), strict=True):
            self.deltas.insert(0, hadamard(transposed_times(layer.W, self.deltas[0]), below.slopes))
        self.error = max(_difference(delta, layer.delta) for delta, layer in zip(self.deltas, self.layers, strict=True))

    @property
    def ok(self) -> bool:
        return self.error < 1e-9

    def __bool__(self) -> bool:
        return self.ok

    @property
    def summary(self) -> str:
        """The sizes of the layers, and whether the engine agrees."""
        sizes = " → ".join(str(len(layer.W)) for layer in self.layers)
        verdict = "the engine agrees" if self.ok else f"the engine contradicts by {self.error:.1g}"
        return f"{len(self.layers[0].inputs)} → {sizes}, {verdict}"

    def story(self) -> Iterator[Sequence[Block]]:
        rows, by_element = Math("W", "W"), Math("∘", r"\circ")
        yield [
            Sentence(
                *("Backpropagation layer by layer; rows of ", rows, " are neurons, "),
                *(by_element, " multiplies element by element."),
            )
        ]
        if self.names and all(self.names):
            yield [Sentence(Math("a(0)", "a^{(0)}"), f" holds the inputs {', '.join(self.names)}.")]
        for equation in self._equations():
            yield [equation.written(self.digits)]
        yield [Sentence(self._verdict())]

    def _equations(self) -> Iterator[Equation]:
        """From the last layer to the first: δ, and the gradients of the weights and biases."""
        for l in range(len(self.layers), 0, -1):  # noqa: E741  the field's name
            layer, delta = self.layers[l - 1], self.deltas[l - 1]
            name = Math(f"δ({l})", rf"\delta^{{({l})}}")
            slopes = Math(f" ∘ g'(z({l}))", rf" \circ g'(z^{{({l})}})")
            if l == len(self.layers):
                formula = _gradient("a", l) + slopes
                numbers: list[Matrix | Math] = [column(layer.upstream)]
            else:
                formula = Math(f"W({l + 1})ᵀ δ({l + 1})", rf"W^{{({l + 1})\top}} \delta^{{({l + 1})}}") + slopes
                numbers = [transposed(self.layers[l].W), column(self.deltas[l])]
            times = Math("∘", r"\circ")
            yield Equation(name, formula, [*numbers, times, column(layer.slopes)], column(delta))
            inputs = Math(f" a({l - 1})ᵀ", rf" a^{{({l - 1})\top}}")
            outer = [[d * a for a in layer.inputs] for d in delta]
            yield Equation(_gradient("W", l), name + inputs, [column(delta), [layer.inputs]], outer)
            if layer.b is not None:
                yield Equation(_gradient("b", l), name, [], column(delta))

    def _verdict(self) -> str:
        if self.ok:
            return "The engine, which goes from node to node, finds the same gradients."
        return (
            f"The engine finds other gradients (relative difference {self.error:.1g}): in this graph the outputs of a "
            "layer go elsewhere too, and these formulas do not hold. The engine is right."
        )


def _gradient(of: str, layer: int) -> Math:
    return Math(f"∂J/∂{of}({layer})", rf"\frac{{\partial J}}{{\partial {of}^{{({layer})}}}}")


def _difference(xs: Vector, ys: Vector) -> float:
    largest = max(map(abs, ys))
    difference = max(abs(x - y) for x, y in zip(xs, ys, strict=True))
    return 0.0 if difference == 0 else difference / largest if largest else math.inf
