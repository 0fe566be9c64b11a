"""`erf`, the error function: what the exact GELU is made of.

An operation of its own, added to the table as a user would add one. It is made of two polynomials, fitted at Chebyshev
nodes: erf(x)/x in x² up to 1, and from there e^(x²)·(1 - erf(x)) in 1/(x + 3), each within 10⁻¹⁷.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import reduce
from typing import Any

from autograd import OPERATIONS, exp, operation, where

# From the lowest power up, of 2·x² - 1 and of 14.4/(x + 3) - 2.6, which run from -1 to 1.
_NEAR = (
    0.9654687386698673,
    -0.1405360890227171,
    0.019852496688984218,
    -0.0022854855611441132,
    0.00021751715603563404,
    -1.7537169441124826e-05,
    1.2233827638116999e-06,
    -7.51156928660089e-08,
    4.115751497588646e-09,
    -2.035228404899467e-10,
    9.211251258348265e-12,
    -3.8078827395263415e-13,
)
_FAR = (
    0.20798329133342885,
    0.15436117429436919,
    0.04969844540339414,
    0.012713147695691995,
    0.0024793146970862002,
    0.0003316029605784682,
    1.9563583198099526e-05,
    -2.4255574811675935e-06,
    -5.54127310709044e-07,
    4.526722358033927e-09,
    1.1339337061280557e-08,
    2.6378796088267935e-10,
    -2.5700504246482923e-10,
    -6.029960764165142e-12,
    6.044068318449643e-12,
    -4.5059344101039224e-15,
)


def _parts(x: Any) -> Any:
    size = abs(x)
    near = x * _polynomial(_NEAR, 2.0 * x * x - 1.0)
    far = 1.0 - exp(-size * size) * _polynomial(_FAR, 14.4 / (size + 3.0) - 2.6)
    less = OPERATIONS["less"]
    return where(less(size, 1.0), near, where(less(x, 0.0), -far, far))


def _polynomial(coefficients: Sequence[float], x: Any) -> Any:
    return reduce(lambda y, c: y * x + c, coefficients[-2::-1], coefficients[-1])


# Its name is no one that a user would choose: an operation of theirs may be called "erf".
erf = operation(
    "error function",
    "erf",
    _parts,
    lambda y, x: (2.0 / math.sqrt(math.pi) * exp(-x * x),),
    r"\operatorname{erf}",
    made_of=_parts,
)
