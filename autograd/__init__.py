"""A scalar autograd engine on computation graphs: write scalars, see every step.

>>> from autograd import Value
>>> x = Value(2.0, "x")
>>> y = x**2 + 3 * x
>>> y.backward()
>>> x.grad
7.0

Reading order: `operations.py` (what can be computed), `value.py` (the node and the backward pass),
`conditions.py` (comparisons), `graph.py` (walks), `functions.py`, `modes.py`, `copying.py`, `naming.py`, `foreign/`,
`drawing/`; then the tools: `derivatives.py`, `gradient_check.py`, `formulas.py`, `explanation.py`,
`layer_explanation.py`, `diagnosis.py`, `laboratory.py`; and `compiling/`.
"""

from typing import TYPE_CHECKING, Any

from . import conflicts  # noqa: F401  (it warns)
from .conditions import BranchWarning, Condition
from .drawing import draw
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
from .graph import leaves, topological_order
from .modes import AnomalyError, detect_anomaly, no_grad, record_source
from .operations import OPERATIONS, Operation, operation
from .value import Constant, Value

if TYPE_CHECKING:
    from . import laboratory
    from .compiling import compile
    from .derivatives import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
    from .diagnosis import Diagnosis, doctor
    from .drawing.explorer import Explorer, explore
    from .explanation import Explanation, explain
    from .foreign import adapt
    from .gradient_check import GradientCheck, WrongGradientError, gradcheck, gradcheck_nodes
    from .layer_explanation import LayerExplanation, explain_layers

__version__ = "0.1.0"

# The tools are loaded when they are first used: the engine alone starts in a third of the time.
_TOOLS = {
    "compiling": ("compile",),
    "derivatives": ("grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"),
    "diagnosis": ("Diagnosis", "doctor"),
    "drawing.explorer": ("Explorer", "explore"),
    "explanation": ("Explanation", "explain"),
    "foreign": ("adapt",),
    "gradient_check": ("GradientCheck", "WrongGradientError", "gradcheck", "gradcheck_nodes"),
    "layer_explanation": ("LayerExplanation", "explain_layers"),
    "laboratory": ("laboratory",),
}


def __getattr__(name: str) -> Any:
    for module_name, names in _TOOLS.items():
        if name in names:
            from importlib import import_module

            module = import_module(f".{module_name}", __name__)
            globals()[name] = tool = module if name == module_name else getattr(module, name)
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
    "laboratory",
    "leaves",
    "log",
    "log1p",
    "logsumexp",
    "maximum",
    "mean",
    "minimum",
    "no_grad",
    "operation",
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
