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
from ..symbolic.notation import number_latex, number_text
from ..value import Value

Vector = list[float]
Matrix = list[Vector]


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
    return LayerExplanation(_numbers(graph, model, sample), digits)


# --- finding z and a of every neuron in the graph ---------------------------------------------------------------


def _numbers(graph: Graph, model: Any, sample: int) -> list[LayerNumbers]:
    graph.root  # noqa: B018  of several results there are no such equations
    upstream = graph.adjoints
    sums = _pre_activations(graph, [neuron for layer in model.layers for neuron in layer.neurons])
    layers: list[LayerNumbers] = []
    outputs: list[Value] = []  # of the layer that is looked at: the inputs of the layer after it
    for number, layer in reversed(list(enumerate(model.layers, 1))):
        sums_z = [_of_sample(sums.get(id(neuron), []), sample, number) for neuron in layer.neurons]
        if not outputs:
            outputs = [_activation(z, neuron, graph) for z, neuron in zip(sums_z, layer.neurons, strict=True)]
        inputs = _inputs(layer.neurons[0], sums_z[0])
        layers.insert(0, _layer(layer.neurons, inputs, sums_z, outputs, upstream))
        outputs = inputs
    return layers


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


def _pre_activations(graph: Graph, neurons: Sequence[Any]) -> dict[int, list[Value]]:
    """For each neuron, by its id, the nodes b + Σ w·x, one for each sample in the order of computation.

    Such a node is a sum whose parents belong to one neuron: its bias, products with its weights, or smaller
    such sums; and no larger sum of that neuron stands above it.
    """
    weights = {weight: neuron for neuron in neurons for weight in neuron.weights}
    owner: dict[Value, Any] = {neuron.bias: neuron for neuron in neurons if neuron.bias is not None}
    for node in graph:
        if node.op is ops.multiply:
            owners = [weights[parent] for parent in node.parents if parent in weights]
            if len(owners) == 1:  # the product of two weights belongs to a penalty
                owner[node] = owners[0]
        elif node.op in (ops.add, ops.total):
            whose = {id(owner.get(p)): owner.get(p) for p in node.parents if not (p.is_constant and p.data == 0)}
            if len(whose) == 1 and None not in whose.values():
                owner[node] = next(iter(whose.values()))
    found: dict[int, list[Value]] = {}
    for node in graph:
        neuron = owner.get(node)
        if neuron is None or node.op is None or any(owner.get(child) is neuron for child in graph.children(node)):
            continue
        if _weights_in(node, weights) == set(neuron.weights):
            found.setdefault(id(neuron), []).append(node)
    return found


def _products(z: Value) -> Iterator[Value]:
    terms = [z]
    while terms:
        term = terms.pop()
        if term.op in (ops.add, ops.total):
            terms.extend(reversed(term.parents))
        elif term.op is ops.multiply:
            yield term


def _weights_in(z: Value, weights: dict[Value, Any]) -> set[Value]:
    return {parent for product in _products(z) for parent in product.parents if parent in weights}


def _inputs(neuron: Any, z: Value) -> list[Value]:
    """The other factor of each weight, in the order of the weights."""
    inputs: dict[Value, Value] = {}
    for product in _products(z):
        a, b = product.parents
        inputs.update({a: b, b: a})
    return [inputs[weight] for weight in neuron.weights]


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


class LayerExplanation:
    """The four equations of backpropagation with the numbers of one network.

    Attributes:
        layers: the `LayerNumbers`, first layer first.
        deltas: δ(l) of each layer, computed by the formulas.
        error: the largest difference between these and the engine's gradients of z, relative to the largest
            of them in its layer; more than rounding means that the network is not just layers in a row.
        ok: whether the formulas and the engine agree but for rounding, which is also its truth.
    """

    def __init__(self, layers: list[LayerNumbers], digits: int = 4) -> None:
        self.layers, self.digits = layers, digits
        self.deltas = [hadamard(layers[-1].upstream, layers[-1].slopes)]
        for layer, below in zip(reversed(layers[1:]), reversed(layers[:-1]), strict=True):
            self.deltas.insert(0, hadamard(transposed_times(layer.W, self.deltas[0]), below.slopes))
        self.error = max(_difference(delta, layer.delta) for delta, layer in zip(self.deltas, self.layers, strict=True))

    @property
    def ok(self) -> bool:
        return self.error < 1e-9

    def __bool__(self) -> bool:
        return self.ok

    def text(self) -> str:
        """The explanation in plain text."""
        return "\n".join(self._text_lines())

    def markdown(self) -> str:
        """The explanation in Markdown, with the formulas between dollar signs."""
        head = "Backpropagation layer by layer; rows of $W$ are neurons, $\\circ$ multiplies element by element."
        return f"{head}\n\n$$\n{self.latex()}\n$$\n\n{self._verdict()}"

    def latex(self) -> str:
        """The formulas in LaTeX (an `aligned` environment, no dollar signs)."""
        rows = [
            f"{equation.latex} &= {' '.join(map(self._latex_part, equation.all_parts))}"
            for equation in self._equations()
        ]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        sizes = " → ".join(str(len(layer.W)) for layer in self.layers)
        verdict = "" if self.ok else f", which the engine contradicts by {self.error:.1g}"
        return f"<explanation of layers {len(self.layers[0].inputs)} → {sizes}{verdict}>"

    def _repr_markdown_(self) -> str:
        return self.markdown()

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex()}$"

    def _equations(self) -> Iterator[_Equation]:
        last = len(self.layers)
        for l in range(last, 0, -1):  # noqa: E741  the field's name
            layer, delta = self.layers[l - 1], self.deltas[l - 1]
            if l == last:
                names = (
                    f"δ({l}) = ∂C/∂a({l}) ∘ g'(z({l}))",
                    rf"\delta^{{({l})}} = \frac{{\partial C}}{{\partial a^{{({l})}}}} \circ g'(z^{{({l})}})",
                )
                parts: list[Any] = [_column(layer.upstream), "∘", _column(layer.slopes)]
            else:
                names = (
                    f"δ({l}) = W({l + 1})ᵀ δ({l + 1}) ∘ g'(z({l}))",
                    rf"\delta^{{({l})}} = W^{{({l + 1})\top}} \delta^{{({l + 1})}} \circ g'(z^{{({l})}})",
                )
                above = self.layers[l]
                parts = [_transposed(above.W), _column(self.deltas[l]), "∘", _column(layer.slopes)]
            yield _Equation(*names, parts, _column(delta))
            yield _Equation(
                f"∂C/∂W({l}) = δ({l}) a({l - 1})ᵀ",
                rf"\frac{{\partial C}}{{\partial W^{{({l})}}}} = \delta^{{({l})}} a^{{({l - 1})\top}}",
                [_column(delta), [layer.inputs]],
                [[d * a for a in layer.inputs] for d in delta],
            )
            if layer.b is not None:
                yield _Equation(
                    f"∂C/∂b({l}) = δ({l})",
                    rf"\frac{{\partial C}}{{\partial b^{{({l})}}}} = \delta^{{({l})}}",
                    [],
                    _column(delta),
                )

    def _text_lines(self) -> Iterator[str]:
        yield "Backpropagation layer by layer; rows of W are neurons, ∘ multiplies element by element."
        for equation in self._equations():
            yield ""
            yield equation.text
            yield from _side_by_side([self._block(part) for part in equation.all_parts])
        yield ""
        yield self._verdict()

    def _verdict(self) -> str:
        if self.ok:
            return "The engine, which goes from node to node, finds the same gradients."
        return (
            f"The engine finds other gradients (relative difference {self.error:.1g}): in this graph the outputs of a "
            "layer go elsewhere too, and these formulas do not hold. The engine is right."
        )

    def _block(self, part: Matrix | str) -> list[str]:
        """The lines of a matrix, or of a sign between two."""
        if isinstance(part, str):
            return [part]
        cells = [[_number(x, self.digits) for x in row] for row in _elided(part)]
        widths = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
        rows = ["  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) for row in cells]
        if len(rows) == 1:
            return [f"[{rows[0]}]"]
        left = ["⎡", *"⎢" * (len(rows) - 2), "⎣"]
        right = ["⎤", *"⎥" * (len(rows) - 2), "⎦"]
        return [a + row + b for a, row, b in zip(left, rows, right, strict=True)]

    def _latex_part(self, part: Matrix | str) -> str:
        if isinstance(part, str):
            return {"∘": r"\circ"}.get(part, part)
        rows = [
            " & ".join(r"\cdots" if x is None else number_latex(x, self.digits) for x in row) for row in _elided(part)
        ]
        return r"\begin{pmatrix} " + r" \\ ".join(rows) + r" \end{pmatrix}"


@dataclass(frozen=True)
class _Equation:
    """A formula in text and LaTeX, the numbers on its right side, and what they give."""

    text: str
    latex: str
    parts: list[Any]
    result: Matrix

    @property
    def all_parts(self) -> list[Any]:
        return [*self.parts, "=", self.result] if self.parts else [self.result]


def hadamard(xs: Vector, ys: Vector) -> Vector:
    """xs ∘ ys, element by element."""
    return [x * y for x, y in zip(xs, ys, strict=True)]


def transposed_times(W: Matrix, delta: Vector) -> Vector:
    """Wᵀ delta: entry j is Σ_i W[i][j]·delta[i], the sum over the edges that leave unit j."""
    return [sum(row[j] * d for row, d in zip(W, delta, strict=True)) for j in range(len(W[0]))]


def _difference(xs: Vector, ys: Vector) -> float:
    largest = max(map(abs, ys))
    difference = max(abs(x - y) for x, y in zip(xs, ys, strict=True))
    return 0.0 if difference == 0 else difference / largest if largest else math.inf


def _column(xs: Vector) -> Matrix:
    return [[x] for x in xs]


def _transposed(W: Matrix) -> Matrix:
    return [list(column) for column in zip(*W, strict=True)]


SIZE = 8  # larger matrices are shown with their middle left out


def _elided(matrix: Matrix) -> list[list[float | None]]:
    """The matrix with None in the place of rows and columns left out."""
    rows: list[list[float | None]] = [_elided_row(row) for row in matrix]
    return rows if len(rows) <= SIZE else [*rows[:4], [None] * len(rows[0]), *rows[-2:]]


def _elided_row(row: Vector) -> list[float | None]:
    return list(row) if len(row) <= SIZE else [*row[:4], None, *row[-2:]]


def _number(x: float | None, digits: int) -> str:
    return "…" if x is None else number_text(x, digits)


def _side_by_side(blocks: Sequence[list[str]]) -> Iterator[str]:
    """Blocks of lines in a row, each centred vertically."""
    height = max(map(len, blocks))
    for i in range(height):
        line = []
        for block in blocks:
            j = i - (height - len(block)) // 2
            line.append(block[j] if 0 <= j < len(block) else " " * len(block[0]))
        yield ("  " + " ".join(line)).rstrip()
