"""Pictures of a training and of what was learned, one call each, by matplotlib.

Each draws on the Axes that it is given as `ax=`, or else on a new figure of pyplot, and returns the Axes, so
`nn.plot_history(history).set_title("moons")` and `plt.show()` do what they do with other libraries. Colours suit the
background: text and frames follow matplotlib's style, and `plt.style.use(nn.plots.DARK)` makes pages dark.

Reading order: `canvas.py` (axes and colours), then one file for each kind of picture.
"""

from __future__ import annotations

from .canvas import COLOURS, DARK, LIGHT, as_png, new_figure
from .confusion import plot_confusion_matrix
from .curves import figure_of, plot_history
from .distributions import plot_activations, plot_distributions, plot_gradients
from .fits import plot_fit, plot_prediction_error
from .images import plot_images
from .regions import plot_decision_regions, plot_samples
from .surfaces import plot_loss_surface, plot_surface
from .units import plot_units, plot_weights

__all__ = [
    "COLOURS",
    "DARK",
    "LIGHT",
    "as_png",
    "figure_of",
    "new_figure",
    "plot_activations",
    "plot_confusion_matrix",
    "plot_decision_regions",
    "plot_distributions",
    "plot_fit",
    "plot_gradients",
    "plot_history",
    "plot_images",
    "plot_loss_surface",
    "plot_prediction_error",
    "plot_samples",
    "plot_surface",
    "plot_units",
    "plot_weights",
]
