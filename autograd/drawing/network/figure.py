"""The picture of a network: it shows itself as SVG without any other program, and makes PNG and PDF with Graphviz.

Entry points: `draw_network`, `NetworkFigure`.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from ... import files
from ..rendering import FORMATS, for_notebooks, render
from . import scene as scenes
from .columns import network_scene
from .dense import Dense, activations, dense_layers
from .scene import Scene

BY = ("weight", "gradient")


class NetworkFigure:
    """A network as a picture. `pipe` gives it as bytes or text, `render` and `save` write it to a file.

    Attributes: `source`, the picture in DOT; `scene`, its circles and lines; `theme`.
    """

    def __init__(self, scene: Scene, theme: str) -> None:
        self.scene = scene
        self.theme = theme

    @property
    def source(self) -> str:
        return scenes.dot(self.scene, self.theme)

    def pipe(self, format: str = "svg", *, encoding: str | None = None) -> Any:
        """The picture in `format` ("svg", "png", "pdf"), as bytes, or as a string when `encoding` is given."""
        if format == "svg":
            picture = scenes.svg(self.scene, self.theme).encode()
        else:
            picture = render(self.source, format, placed=True)
        return picture.decode(encoding) if encoding else picture

    def render(
        self, filename: str | os.PathLike[str] = "network", format: str | None = None, *, cleanup: bool = True
    ) -> str:
        """Write the picture to `filename`, or to `filename.format` if its ending says no format; return the path."""
        path = os.fspath(filename)
        ending = os.path.splitext(path)[1].lower().lstrip(".")
        if format is None and ending in FORMATS:
            format = ending
        elif format is None or ending != format:
            format = format or "svg"
            path = f"{path}.{format}"
        files.write(path, self.pipe(format))
        return path

    def save(self, filename: str | os.PathLike[str] = "network") -> str:
        """As `render`, in the format of the file's ending."""
        return self.render(filename)

    def __repr__(self) -> str:
        return (
            f'<{self.scene.title[0].lower()}{self.scene.title[1:]}: show it in a notebook, or .render("network.svg")>'
        )

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {**for_notebooks(self.pipe("svg", encoding="utf-8"), self.scene.title), "text/plain": repr(self)}


def draw_network(
    model: Any,
    format: str,
    theme: str,
    legend: bool,
    inputs: Sequence[Any] | Mapping[str, float],
    biases: bool,
    by: str,
) -> Any:
    """What `draw` returns for a model, see there."""
    if by not in ("", *BY):
        raise ValueError(f"the edges of a network show one of {', '.join(map(repr, BY))}, got on_edges={by!r}")
    layers = dense_layers(model)
    if by == "gradient" and not any(w.has_grad for layer in layers for row in layer.weights for w in row):
        raise ValueError(
            "no backward pass has reached this model, so it has no gradients to show: call loss.backward()"
        )
    names, numbers = _inputs(inputs, layers)
    names = names or _of_length(getattr(model, "feature_names_in_", None), layers[0].n_inputs)
    outputs = _of_length(getattr(model, "class_labels", None), len(layers[-1].weights))
    if format == "text":
        return _listing(layers)
    if format == "mermaid":
        raise ValueError('a network is drawn as "graphviz", "dot", "tikz" or "text"; Mermaid cannot place neurons')
    scene = network_scene(layers, numbers, names, outputs, biases, by or "weight", legend)
    if format == "dot":
        return scenes.dot(scene, theme)
    if format == "tikz":
        return scenes.tikz(scene, theme)
    return NetworkFigure(scene, theme)


def _of_length(names: Any, n: int) -> list[str]:
    """What a model calls its inputs or its outputs, where it has names for all of them."""
    names = [] if names is None else list(map(str, names))
    return names if len(names) == n else []


def _inputs(
    inputs: Sequence[Any] | Mapping[str, float], layers: Sequence[Dense]
) -> tuple[list[str], list[list[float]] | None]:
    """The names of the inputs, and what each layer returns for their numbers."""
    n = layers[0].n_inputs
    given = list(inputs)
    if given and len(given) != n:
        raise ValueError(f"the network has {n} inputs, got {len(given)}")
    if isinstance(inputs, Mapping):
        return list(map(str, given)), activations(layers, list(inputs.values()))
    if all(isinstance(x, str) for x in given):
        return given, None
    if all(isinstance(x, Real) or hasattr(x, "data") for x in given):
        return [], activations(layers, [float(getattr(x, "data", x)) for x in given])
    raise TypeError(f"inputs are names or numbers, or numbers by their names, got {inputs!r:.60}")


def _listing(layers: Sequence[Dense]) -> str:
    """A line for each layer."""
    from ...report import aligned
    from ..labels import value_of

    rows = [["layer", "shape", "activation", "weights", "biases"]]
    for layer in layers:
        biases = [b for b in layer.biases if b is not None]
        weights = value_of([w for row in layer.weights for w in row])
        shape = f"{layer.n_inputs} → {len(layer.weights)}"
        rows.append([layer.name or "(itself)", shape, layer.activation, weights, value_of(biases) if biases else ""])
    return "\n".join(aligned(rows))
