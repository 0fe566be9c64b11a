"""A scalar autograd engine on computation graphs: write scalars, see every step.

>>> from autograd import Value
>>> x = Value(2.0, "x")
>>> y = x**2 + 3 * x
>>> y.backward()
>>> x.grad
7.0

Reading order: `operations.py` (what can be computed), `value.py` (the node and the backward pass), `sweeps.py` (the
walks below it), `conditions.py`, `functions.py`, `modes.py`, `graph.py`; then a room for each thing to do with a graph:
`transforms/`, `drawing/`, `explaining/`, `checking/`, `compiling/`. CONTRIBUTING.md has the map.
"""

from typing import TYPE_CHECKING, Any

from . import conflicts  # noqa: F401  (it warns)
from .conditions import BranchWarning, Condition
from .functions import (
    acos,
    asin,
    atan,
    cos,
    cosh,
    dot,
    exp,
    expm1,
    log,
    log1p,
    logsumexp,
    maximum,
    mean,
    minimum,
    relu,
    sigmoid,
    sin,
    sinh,
    softmax,
    softplus,
    sqrt,
    sum,
    tan,
    tanh,
    where,
)
from .modes import AnomalyError, detect_anomaly, no_grad, record_source
from .operations import OPERATIONS, Operation, operation
from .sweeps import leaves, topological_order
from .value import Constant, Value

if TYPE_CHECKING:
    from .checking import pitfalls
    from .checking.doctor import Diagnosis, doctor
    from .checking.gradient_check import GradientCheck, WrongGradientError, gradcheck, gradcheck_nodes
    from .compiling import compile
    from .compiling.distribution import distribute
    from .drawing import draw
    from .drawing.explorer import Explorer, explore
    from .explaining import explain
    from .explaining.chain_rule import Explanation
    from .explaining.layer_equations import LayerExplanation, explain_layers
    from .graph import Graph
    from .interop import adapt
    from .transforms import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

__version__ = "0.1.0"

# The tools are loaded when they are first used: the engine alone starts in a third of the time.
_TOOLS = {
    "checking.pitfalls": ("pitfalls",),
    "checking.doctor": ("Diagnosis", "doctor"),
    "checking.gradient_check": ("GradientCheck", "WrongGradientError", "gradcheck", "gradcheck_nodes"),
    "compiling": ("compile",),
    "compiling.distribution": ("distribute",),
    "drawing": ("draw",),
    "drawing.explorer": ("Explorer", "explore"),
    "explaining": ("explain",),
    "explaining.chain_rule": ("Explanation",),
    "explaining.layer_equations": ("LayerExplanation", "explain_layers"),
    "graph": ("Graph",),
    "interop": ("adapt",),
    "transforms": ("grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"),
}


def __getattr__(name: str) -> Any:
    for room, names in _TOOLS.items():
        if name in names:
            from importlib import import_module

            module = import_module(f".{room}", __name__)
            globals()[name] = tool = getattr(module, name, module)  # `pitfalls` is a module itself
            return tool
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "OPERATIONS",
    "AnomalyError",
    "BranchWarning",
    "Condition",
    "Constant",
    "Diagnosis",
    "Explanation",
    "Explorer",
    "GradientCheck",
    "Graph",
    "LayerExplanation",
    "Operation",
    "Value",
    "WrongGradientError",
    "acos",
    "adapt",
    "asin",
    "atan",
    "compile",
    "cos",
    "cosh",
    "detect_anomaly",
    "distribute",
    "doctor",
    "dot",
    "draw",
    "exp",
    "explain",
    "explain_layers",
    "explore",
    "expm1",
    "grad",
    "gradcheck",
    "gradcheck_nodes",
    "hessian",
    "hvp",
    "jacobian",
    "jvp",
    "leaves",
    "log",
    "log1p",
    "logsumexp",
    "maximum",
    "mean",
    "minimum",
    "no_grad",
    "operation",
    "pitfalls",
    "record_source",
    "relu",
    "sigmoid",
    "sin",
    "sinh",
    "softmax",
    "softplus",
    "sqrt",
    "sum",
    "tan",
    "tanh",
    "topological_order",
    "value_and_grad",
    "vjp",
    "where",
]
