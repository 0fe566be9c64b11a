"""Neural networks composed from the scalar nodes of `autograd`.

>>> from nn import MLP
>>> MLP(2, [3, 1], activation="tanh", seed=0)([0.5, -0.5]).op
<operation sum>

Reading order: `layers.py`, `module.py`, `losses.py`, `optimizers.py`, `schedules.py`, `data.py`, `training.py`.
"""

from . import schedules
from .initialization import INITIALIZATIONS
from .layers import ACTIVATIONS, MLP, Layer, Neuron
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
from .optimizers import SGD, Adam, AdamW, Optimizer, RMSprop
from .plots import plot_confusion_matrix, plot_decision_regions
from .training import History, fit

__all__ = [
    "ACTIVATIONS",
    "INITIALIZATIONS",
    "MLP",
    "SGD",
    "Adam",
    "AdamW",
    "History",
    "Layer",
    "Module",
    "Neuron",
    "Optimizer",
    "RMSprop",
    "accuracy",
    "binary_cross_entropy",
    "cross_entropy",
    "fit",
    "l2_penalty",
    "max_margin",
    "mean_squared_error",
    "plot_confusion_matrix",
    "plot_decision_regions",
    "quadratic_cost",
    "schedules",
]
