"""Records what JAX gives, in float64, for the functions of `reference_functions.py`.

    PYTHONPATH=tests python -m support.record_jax        writes tests/data/derivatives-jax.json

For each function: its value, its Jacobian (of one number: the gradient), and the Jacobian of that (the Hessian).
The tests compare with the file, so that they need no JAX; where JAX is installed they also record anew and compare.
"""

from __future__ import annotations

import json
from pathlib import Path

from .reference_functions import FUNCTIONS

FILE = Path(__file__).parents[1] / "data" / "derivatives-jax.json"


def recorded(names=tuple(FUNCTIONS)):
    """{name: {"value", "first", "second"}} as nested lists of floats."""
    import jax

    jax.config.update("jax_enable_x64", True)
    results = {}
    for name in names:
        function, x = FUNCTIONS[name]

        def f(x, function=function):
            return jax.numpy.asarray(function(jax.numpy, x))

        at = jax.numpy.array(x, dtype="float64")
        results[name] = {
            "value": f(at).tolist(),
            "first": jax.jacrev(f)(at).tolist(),
            "second": jax.jacfwd(jax.jacrev(f))(at).tolist(),
        }
    return results


if __name__ == "__main__":
    FILE.write_text(json.dumps(recorded(), indent=1) + "\n")
    print(f"wrote {FILE}")
