"""What all plots share: the Axes they draw on, the colours, and numbers out of whatever holds them.

Entry points: `COLOURS` of classes and curves, `LIGHT` and `DARK` for `plt.style.use`; `axes_for`, `new_figure`,
`colours_on`, `colour_map`, `name_axes`, `as_png`; `in_numbers`,
`as_frame`.
"""

from __future__ import annotations

import io
from typing import Any

from autograd import Value
from autograd.drawing.style import DARK as DARK_ROLES
from autograd.drawing.style import LIGHT as LIGHT_ROLES

# Blue, orange, green, … of Okabe and Ito, whom colour-blind readers can follow, too; then some more for many classes.
COLOURS = (
    *("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00"),
    *("#7A7A7A", "#9A8B00", "#7B3FA0", "#8C4B2F"),
)
_ON_DARK = (
    *("#56B4E9", "#E69F00", "#2FBF98", "#DB8FBA", "#F0E442", "#E8742C"),
    *("#B4B4B4", "#C4B54A", "#B07FD6", "#C98B6C"),
)
MARKERS = "os^Dv*P"  # seven for ten colours: no two of 70 classes look the same


def _style(roles: dict[str, str], colours: tuple[str, ...]) -> dict[str, Any]:
    text = dict.fromkeys(("text.color", "axes.labelcolor", "xtick.color", "ytick.color", "axes.titlecolor"), "text")
    lines = {"axes.edgecolor": "edge", "grid.color": "edge", "legend.edgecolor": "edge"}
    faces = dict.fromkeys(("figure.facecolor", "axes.facecolor", "savefig.facecolor"), "background")
    cycle = f"cycler('color', {[colour.lstrip('#') for colour in colours]})"
    return {"axes.prop_cycle": cycle, **{key: roles[role] for key, role in {**text, **lines, **faces}.items()}}


LIGHT = _style(LIGHT_ROLES, COLOURS)
DARK = _style(DARK_ROLES, _ON_DARK)


def new_figure(width: float, height: float) -> Any:
    """A Figure that pyplot does not know: no window, nothing global."""
    pyplot()
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def axes_for(ax: Any, width: float = 4.8, height: float = 3.4) -> Any:
    """The Axes to draw on: the one given, or that of a new figure."""
    if ax is None:
        return pyplot().subplots(figsize=(width, height), layout="constrained")[1]
    if not hasattr(ax, "get_subplotspec"):
        raise TypeError(f"ax is an Axes, such as figure, ax = plt.subplots() gives, got {type(ax).__name__}")
    return ax


def pyplot() -> Any:
    try:
        import matplotlib.pyplot
    except ImportError:
        raise ImportError('plots need matplotlib: pip install "scalar-autograd[plot]"') from None
    return matplotlib.pyplot


def is_dark(axes: Any) -> bool:
    """Whether what is behind the drawing is dark."""
    from matplotlib.colors import to_rgba

    for face in (axes.get_facecolor(), axes.figure.get_facecolor()):
        red, green, blue, alpha = to_rgba(face)
        if alpha > 0.5:
            return 0.299 * red + 0.587 * green + 0.114 * blue < 0.5
    return False


def colours_on(axes: Any) -> tuple[str, ...]:
    """`COLOURS`, or on a dark background brighter ones."""
    return _ON_DARK if is_dark(axes) else COLOURS


def colour_map(axes: Any, kind: str) -> Any:
    """From the background to "ink" or to "blue"; "signed" goes from blue over the background to vermilion."""
    from matplotlib.colors import LinearSegmentedColormap

    roles = DARK_ROLES if is_dark(axes) else LIGHT_ROLES
    blue, zero = roles["leaf border"], roles["background"]
    ends = {"ink": [zero, roles["text"]], "blue": [zero, blue], "signed": [blue, zero, roles["output border"]]}
    return LinearSegmentedColormap.from_list(kind, ends[kind])


def name_axes(axes: Any, x: str, y: str) -> None:
    """Labels of both axes; among subplots that share an axis only the outer ones have its label."""
    place = axes.get_subplotspec()
    shares_x = place is not None and len(axes.get_shared_x_axes().get_siblings(axes)) > 1
    shares_y = place is not None and len(axes.get_shared_y_axes().get_siblings(axes)) > 1
    axes.set_xlabel("" if shares_x and not place.is_last_row() else x)
    axes.set_ylabel("" if shares_y and not place.is_first_col() else y)


def plain(axes: Any) -> None:
    """Without the frame's upper and right line."""
    axes.spines[["top", "right"]].set_visible(False)


def as_png(figure: Any) -> bytes:
    """The picture of a Figure, as a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=120)
    return buffer.getvalue()


def ink_of(axes: Any) -> Any:
    """The colour of the texts."""
    return axes.xaxis.label.get_color()


def in_numbers(x: Any) -> Any:
    """An array of floats, out of numbers, Values, and lists and arrays of them."""
    import numpy

    def plain_numbers(part: Any) -> Any:
        if isinstance(part, Value):
            return part.data
        if hasattr(part, "to_numpy"):
            part = part.to_numpy()
        is_list = hasattr(part, "__len__") and not isinstance(part, (str, dict))
        if not is_list or (hasattr(part, "dtype") and part.dtype != object):
            return part
        return [plain_numbers(each) for each in part]

    return numpy.array(plain_numbers(x), dtype=float)


def as_frame(points: Any, X: Any) -> Any:
    """A data frame like X, as an estimator that has learned from one wants it."""
    if type(X).__module__.partition(".")[0] != "pandas":
        return points
    return type(X)(points, columns=X.columns)
