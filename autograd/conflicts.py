"""Does something else lie in the folder of this package? HIPS autograd has the same import name.

`autograd` imports this, so that you hear of it at once, and not from the errors of the other package.
"""

from __future__ import annotations

import os
import warnings

_FOLDER = os.path.dirname(os.path.abspath(__file__))

if os.path.isdir(os.path.join(_FOLDER, "numpy")):  # of HIPS: `autograd.numpy`
    warnings.warn(
        f"HIPS autograd (pip install autograd) was installed into the same folder, {_FOLDER}: each has overwritten "
        "files of the other. Make an environment for each: python -m venv .venv, activate it, and "
        "pip install scalar-autograd",
        stacklevel=2,
    )
