"""A scalar autograd engine on computation graphs: write scalars, see every step.

>>> from autograd import Value
>>> x = Value(2.0, "x")
>>> y = x**2 + 3 * x
>>> y.backward()
>>> x.grad
7.0

Reading order: `operations.py` (what can be computed), `value.py` (the node and the backward pass),
`graph.py` (walks), `functions.py`, `derivatives.py`, `gradcheck.py`, `modes.py`, `copying.py`, then `drawing/`.
"""

from . import laboratory
from .derivatives import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp
from .doctor import Diagnosis, doctor
from .explain import Explanation, explain
from .explain_layers import LayerExplanation, explain_layers
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
from .gradcheck import GradientCheck, WrongGradientError, gradcheck, gradcheck_nodes
from .graph import leaves, topological_order
from .modes import AnomalyError, detect_anomaly, no_grad, record_source
from .operations import OPERATIONS, Operation, operation
from .value import Constant, Value

__version__ = "0.1.0"

__all__ = [
    "OPERATIONS",
    "AnomalyError",
    "Constant",
    "Diagnosis",
    "Explanation",
    "GradientCheck",
    "LayerExplanation",
    "Operation",
    "Value",
    "WrongGradientError",
    "acos",
    "asin",
    "atan",
    "cos",
    "cosh",
    "detect_anomaly",
    "doctor",
    "dot",
    "exp",
    "explain",
    "explain_layers",
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
