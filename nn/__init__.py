"""Neural networks composed from the scalar nodes of `autograd`.

>>> from nn import MLP
>>> MLP(2, [3, 1], activation="tanh", seed=0)([0.5, -0.5]).op
<operation sum>

Reading order: `layers.py`, `module.py`, `contents.py`, `activations.py`, `containers.py`, `summary.py`,
`losses.py`, `optimizers.py`, `schedules.py`, `data.py`, `training.py`.
"""

from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import conflicts, habits, schedules  # noqa: F401  (the first of them, first of all)

# isort: split
from autograd.clipping import clip_grad_norm, clip_grad_value

from .activations import ACTIVATIONS, Activation, clip, elu, gelu, hard_tanh, leaky_relu, silu
from .containers import Sequential
from .convolution import Conv1d, Conv2d
from .dropout import Dropout
from .embedding import Embedding
from .history import History
from .initialization import INITIALIZATIONS
from .layers import MLP, Layer, Linear, Neuron
from .losses import (
    accuracy,
    binary_cross_entropy,
    cross_entropy,
    l2_penalty,
    max_margin,
    mean_squared_error,
    quadratic_cost,
)
from .module import Module
from .normalization import LayerNorm
from .optimizers import SGD, Adam, AdamW, Optimizer, RMSprop
from .plots import (
    plot_activations,
    plot_confusion_matrix,
    plot_decision_regions,
    plot_distributions,
    plot_fit,
    plot_gradients,
    plot_history,
    plot_images,
    plot_loss_surface,
    plot_prediction_error,
    plot_samples,
    plot_surface,
    plot_units,
    plot_weights,
)
from .pooling import MaxPool2d
from .shapes import Flatten, Reshape
from .training import fit

if TYPE_CHECKING:
    from .from_pytorch import from_torch
    from .to_pytorch import to_torch

_LATER = {"from_torch": "from_pytorch", "to_torch": "to_pytorch"}  # what few need, and the file that has it

__all__ = [
    "ACTIVATIONS",
    "INITIALIZATIONS",
    "MLP",
    "SGD",
    "Activation",
    "Adam",
    "AdamW",
    "Conv1d",
    "Conv2d",
    "Dropout",
    "Embedding",
    "Flatten",
    "History",
    "Layer",
    "LayerNorm",
    "Linear",
    "MaxPool2d",
    "Module",
    "Neuron",
    "Optimizer",
    "RMSprop",
    "Reshape",
    "Sequential",
    "accuracy",
    "binary_cross_entropy",
    "clip",
    "clip_grad_norm",
    "clip_grad_value",
    "cross_entropy",
    "elu",
    "fit",
    "from_torch",
    "gelu",
    "hard_tanh",
    "l2_penalty",
    "leaky_relu",
    "max_margin",
    "mean_squared_error",
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
    "quadratic_cost",
    "schedules",
    "silu",
    "to_torch",
]


def __getattr__(name: str) -> Any:
    if name in _LATER:
        globals()[name] = found = getattr(import_module(f".{_LATER[name]}", __name__), name)
        return found
    if name in habits.NAMES:
        # No AttributeError, in whose place `from nn import …` would put a message without the remedy.
        raise ImportError(f"nn has no {name}: {habits.NAMES[name]}")
    near = get_close_matches(name, __all__, 1)
    hint = f"did you mean {near[0]}?" if near else "dir(nn) lists what it has"
    raise AttributeError(f"module 'nn' has no attribute {name!r}; {hint}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
