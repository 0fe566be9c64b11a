"""Something else in the way of `import autograd` is named, with what to do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import autograd

ROOT = Path(autograd.__file__).parents[1]


def run(folder, *arguments, root=ROOT):
    """Python's exit code and last line of errors, with this folder before the one of the library."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(root)])}
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=folder, env=environment, timeout=60
    )
    return done.returncode, done.stderr.strip().splitlines()[-1] if done.stderr else done.stdout.strip()


def test_nothing_is_said_where_nothing_is_wrong(tmp_path):
    assert run(tmp_path, "-W", "error", "-c", "import nn, autograd; print(nn.MLP.__name__)") == (0, "MLP")


@pytest.mark.parametrize("arguments", [("-c", "import nn"), ("-c", "import autograd, nn"), ("autograd.py",)])
def test_a_file_of_the_users_in_the_way(tmp_path, arguments):
    mine = tmp_path / "autograd.py"
    mine.write_text("from nn import MLP\n" if arguments == ("autograd.py",) else "x = 1\n")
    code, said = run(tmp_path, *arguments)
    assert code == 1
    assert f"ImportError: `import autograd` finds {mine}, which is in the way of this library: rename that file" in said


def hips(folder):
    (folder / "numpy").mkdir(parents=True)
    (folder / "__init__.py").write_text("from .tracer import primitive\n")
    (folder / "tracer.py").write_text("primitive = 1\n")


def test_hips_autograd_before_this_library(tmp_path):
    hips(tmp_path / "autograd")
    code, said = run(tmp_path, "-c", "import nn")
    assert code == 1
    assert (
        f"`import autograd` finds HIPS autograd, in {tmp_path / 'autograd'}. HIPS autograd (pip install autograd)"
        in said
    )
    assert "python -m venv .venv" in said


def test_hips_autograd_over_this_library(tmp_path):
    for package in ("autograd", "nn"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "autograd" / "numpy").mkdir()
    code, said = run(tmp_path, "-W", "error", "-c", "import autograd")
    assert code == 1
    assert "UserWarning: HIPS autograd (pip install autograd) was installed into the same folder" in said
    shutil.copy(tmp_path / "nn" / "schedules.py", tmp_path / "autograd" / "__init__.py")
    code, said = run(tmp_path, "-c", "import nn")
    assert code == 1
    assert "another package has overwritten" in said
    (tmp_path / "autograd" / "__init__.py").unlink()
    code, said = run(tmp_path, "-S", "-c", "import nn", root=tmp_path)
    assert code == 1
    assert "ImportError: there is no " in said
    assert "pip uninstall autograd" in said


def test_a_file_called_nn_in_the_way_of_the_program(tmp_path):
    (tmp_path / "nn.py").write_text("")
    code, _ = run(tmp_path, "-c", "import sklearn")
    if code:
        pytest.skip("the program needs scikit-learn")
    done = subprocess.run(
        [sys.executable, "-m", "autograd"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
    )
    assert done.returncode == 2
    assert f"`import nn` finds {tmp_path / 'nn.py'}, which is in the way" in done.stderr
