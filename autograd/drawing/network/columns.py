"""A network as a scene: neurons in columns, edges as wide as the weights are large, in a colour for each sign.

Entry point: `network_scene`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ...sweeps import recorded_gradient
from ...value import Value
from ..labels import cleaned, short, typeset
from .dense import Dense
from .scene import Circle, Label, Scene, Stroke

ROW = 36.0  # from one neuron to the next
COLUMN, STEEP, WIDER = 128.0, 6, 160.0  # from one layer to the next, the wider where there are more rows than STEEP
RADIUS, RADIUS_WITH_NUMBER = 11.5, 15.0
MOST, SHOWN = 9, 4  # of a larger column, so many neurons are shown above and below the dots
TOP, BOTTOM, SIDE = 42.0, 34.0, 30.0
THINNEST, WIDEST = 0.35, 3.6
SIGNS = {1: "leaf border", -1: "output border"}  # of a positive number, of a negative one


def network_scene(
    layers: Sequence[Dense],
    numbers: Sequence[Sequence[float]] | None,
    inputs: Sequence[str],
    outputs: Sequence[str],
    biases: bool,
    by: str,
    legend: bool,
) -> Scene:
    """The network as circles and lines.

    Args:
        numbers: what each layer returns, those of the inputs first; None for empty circles.
        inputs, outputs: their names; where there are none, x₁, x₂, … and y₁, y₂, …
        biases: give each layer a node that is always 1, with the biases on its edges.
        by: "weight" or "gradient": what widths and colours show.
        legend: say what widths and colours mean.
    """
    sizes = [layers[0].n_inputs, *[len(layer.weights) for layer in layers]]
    columns = [_Column(k, size, biases and k < len(layers)) for k, size in enumerate(sizes)]
    rows = max(column.rows for column in columns)
    height = TOP + ROW * rows + BOTTOM + (24 if legend else 0)
    names = list(map(cleaned, inputs)) or [f"x{_subscript(i + 1, sizes[0])}" for i in range(sizes[0])]
    left = SIDE + 5.6 * max(map(len, names))
    for column in columns:
        column.place(left + (WIDER if rows > STEEP else COLUMN) * column.number, TOP + ROW * rows / 2)
    radius = RADIUS if numbers is None else RADIUS_WITH_NUMBER
    largest, lines = _lines(layers, columns, by)
    circles, labels = [], []
    for column in columns:
        circles += _circles(column, len(layers), radius, numbers[column.number] if numbers else None)
        labels += _titles(column, layers, TOP + ROW * rows + 12)
    first, last = columns[0], columns[-1]
    labels += [Label(first.x - radius - 6, y, names[i], "end") for i, y in first.places.items()]
    results = list(map(cleaned, outputs)) or [f"y{_subscript(i + 1, last.size)}" for i in range(last.size)]
    labels += [Label(last.x + radius + 6, y, results[i], "start") for i, y in last.places.items()]
    width = last.x + SIDE + radius + 5.6 * max(map(len, results))
    if legend:
        keys, words = _legend(by, largest, height - 14)
        lines, labels = [*lines, *keys], [*labels, *words]
        width = max(width, words[-1].x + 5 * len(words[-1].text) + 10)
    return Scene(width, height, lines, circles, labels, _title(sizes))


class _Column:
    """The inputs or one layer: which neurons are shown, and where."""

    def __init__(self, number: int, size: int, has_bias: bool) -> None:
        self.number, self.size, self.has_bias = number, size, has_bias
        self.is_elided = size > MOST
        self.shown = [*range(SHOWN), *range(size - SHOWN, size)] if self.is_elided else list(range(size))
        self.rows = len(self.shown) + self.is_elided + has_bias
        self.x = 0.0
        self.places: dict[int, float] = {}
        self.dots = self.bias = 0.0

    def place(self, x: float, middle: float) -> None:
        self.x = x
        y = middle - ROW * (self.rows - 1) / 2
        for i in self.shown:
            if self.is_elided and i == self.size - SHOWN:
                self.dots, y = y, y + ROW
            self.places[i] = y
            y += ROW
        self.bias = y


def _lines(layers: Sequence[Dense], columns: Sequence[_Column], by: str) -> tuple[float, list[Stroke]]:
    """The largest number of all, and an edge for each weight that is shown, the widest on top."""
    size = _gradient if by == "gradient" else _weight
    numbers = [abs(size(w)) for layer in layers for row in layer.weights for w in row]
    numbers += [abs(size(b)) for layer in layers for b in layer.biases if b is not None]
    largest = max((x for x in numbers if math.isfinite(x)), default=0.0) or 1.0
    lines = []
    for layer, before, after in zip(layers, columns, columns[1:], strict=False):
        many = len(before.places) * len(after.places)
        for j, y in after.places.items():
            ends = [(before.places[i], layer.weights[j][i]) for i in before.places]
            bias = layer.biases[j]
            if before.has_bias and bias is not None:
                ends.append((before.bias, bias))
            lines += [_line(before.x, start, after.x, y, size(w) / largest, many) for start, w in ends]
    return largest, sorted(lines, key=lambda line: line.width)


def _line(x1: float, y1: float, x2: float, y2: float, share: float, many: int) -> Stroke:
    size = min(abs(share), 1.0) if math.isfinite(share) else 1.0
    faint = 0.9 if many <= 12 else 0.25 + 0.65 * math.sqrt(size)
    color = "edge" if share == 0 or share != share else SIGNS[1 if share > 0 else -1]
    return Stroke(x1, y1, x2, y2, color, THINNEST + (WIDEST - THINNEST) * size, faint)


def _weight(w: Value) -> float:
    return w.data


def _gradient(w: Value) -> float:
    return recorded_gradient(w) or 0.0


def _circles(column: _Column, last: int, radius: float, numbers: Sequence[float] | None) -> list[Circle]:
    kind = "leaf" if column.number == 0 else "output" if column.number == last else "operation"
    circles = [
        Circle(column.x, y, radius, kind, "" if numbers is None else typeset(_two_digits(numbers[i])))
        for i, y in column.places.items()
    ]
    if column.is_elided:
        circles += [Circle(column.x, column.dots + shift, 1.3, "muted") for shift in (-7, 0, 7)]
    if column.has_bias:
        circles.append(Circle(column.x, column.bias, radius, "constant", "1", dashed=True))
    return circles


def _two_digits(x: float) -> str:
    return short(float(f"{x:.2g}")) if math.isfinite(x) else short(x)


def _titles(column: _Column, layers: Sequence[Dense], below: float) -> list[Label]:
    """Above a column what it is, below it how many neurons of which activation it has."""
    k, last = column.number, len(layers)
    role = "inputs" if k == 0 else "output" if k == last else "hidden" if last == 2 else f"hidden {k}"
    name = layers[k - 1].name if k else ""
    activation = layers[k - 1].activation if k else ""
    labels = [Label(column.x, 14, role, bold=True)]
    if name:
        labels.append(Label(column.x, 28, cleaned(name), size=9, color="muted"))
    size = f"{column.size:,}" if not activation else f"{column.size:,} × {cleaned(activation)}"
    return [*labels, Label(column.x, below, size, size=10, color="muted")]


def _legend(by: str, largest: float, y: float) -> tuple[list[Stroke], list[Label]]:
    """What widths and colours mean."""
    lines, labels, x = list[Stroke](), list[Label](), 10.0
    for sign, text in ((1, f"{by} > 0"), (-1, f"{by} < 0"), (0, f"width: |{by}|, at most {typeset(short(largest))}")):
        if sign:
            lines.append(Stroke(x, y, x + 16, y, SIGNS[sign], 2.4))
            x += 20
        labels.append(Label(x, y, text, "start", 9, "muted"))
        x += 5 * len(text) + 14
    return lines, labels


def _subscript(i: int, size: int) -> str:
    return str(i).translate(str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")) if size > 1 else ""


def _title(sizes: Sequence[int]) -> str:
    return f"A network of {' → '.join(f'{size:,}' for size in sizes)} neurons"
