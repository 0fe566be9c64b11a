"""Importing the engine loads the standard library only, and of that no heavy part."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import autograd


def modules_loaded_by(code: str) -> set[str]:
    """Top-level names that `code` adds to those of a bare interpreter (-I -S: no site-packages, no .pth files)."""
    root = str(Path(autograd.__file__).parents[1])
    script = f"import sys; sys.path.insert(0, {root!r}); before = set(sys.modules); {code}; "
    script += "print(*(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", script], capture_output=True, text=True, check=True)
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_importing_autograd_loads_only_the_standard_library():
    loaded = modules_loaded_by("import autograd")
    assert "autograd" in loaded
    assert loaded - {"autograd"} <= sys.stdlib_module_names


def test_importing_autograd_loads_no_heavy_module():
    heavy = {"inspect", "dataclasses", "asyncio", "unittest", "multiprocessing", "logging", "tkinter", "email"}
    assert not modules_loaded_by("import autograd") & heavy
    assert "inspect" in modules_loaded_by("import dataclasses"), "this test can see a heavy module"


def test_importing_autograd_does_not_import_nn():
    assert "nn" not in modules_loaded_by("import autograd")


def test_computing_loads_nothing_more_from_outside():
    code = "import autograd, copy; x = autograd.Value(2.0); y = copy.deepcopy(autograd.exp(x) * x); y.backward()"
    assert modules_loaded_by(code) - {"autograd"} <= sys.stdlib_module_names
