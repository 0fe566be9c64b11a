"""Derivatives as functions, named as in JAX.

Reading order: `pytree.py` (nested arguments), `validation.py` (what cannot be differentiated), `derivatives.py`.
"""

from .derivatives import grad, hessian, hvp, jacobian, jvp, value_and_grad, vjp

__all__ = ["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]
