"""Does `import autograd` find this library? Other things have the same name.

`nn` imports this first, so that a name in the way is an error that says what to do, and not one about `Value`.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec

_REMEDY = (
    "HIPS autograd (pip install autograd) and this library have the same import name, so they cannot share an "
    "environment. Make one for each: python -m venv .venv, activate it, and pip install scalar-autograd (or, in a copy "
    "of the project, pip install -e .)"
)


def _check() -> None:
    """ImportError, with the remedy, where something else answers to `import autograd`."""
    wanted = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "autograd", "__init__.py")
    found = _found()
    if found is None:
        raise ImportError(
            f"there is no {wanted}: where both were installed, `pip uninstall autograd` takes it along. {_REMEDY}"
        )
    if os.path.realpath(found) == os.path.realpath(wanted):
        import autograd

        if hasattr(autograd, "Value"):
            return
        raise ImportError(f"another package has overwritten {wanted}. {_REMEDY}")
    if os.path.isdir(os.path.join(os.path.dirname(found), "numpy")):  # as `autograd.numpy`
        raise ImportError(f"`import autograd` finds HIPS autograd, in {os.path.dirname(found)}. {_REMEDY}")
    raise ImportError(
        f"`import autograd` finds {found}, which is in the way of this library: rename that file (and remove its "
        "__pycache__), or start Python in another folder"
    )


def _found() -> str | None:
    """The file that `import autograd` runs; None where there is none."""
    try:
        spec = find_spec("autograd")
    except ValueError:  # a module without a specification, as somebody may have put into sys.modules
        return getattr(sys.modules["autograd"], "__file__", None)
    return spec.origin if spec else None


_check()
