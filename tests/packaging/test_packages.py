"""What users install: a wheel, an sdist, a copy of the project. All work in a fresh environment, types included."""

from __future__ import annotations

import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

DOWNSTREAM = """
from pathlib import Path

from autograd import Value, compile, draw, explore, grad
from autograd.course import check
from nn import MLP, SGD, fit, mean_squared_error

x = Value(3.0, "x")
y = x * x + 2 * x
y.backward()
assert (y.data, x.grad) == (15.0, 8.0)
assert compile(y, backend="python")() == 15.0
assert grad(lambda x: x**3)(2.0) == 12.0
print(draw(y, format="text"))
page: Path = explore(y).save("graph.html")
assert "<script" in page.read_text(encoding="utf-8")
check("1.1", 4.0)
model = MLP(1, [1], seed=0)
optimizer = SGD(model.parameters(), lr=0.2)
history = fit(
    model, [0.0, 1.0], [1.0, 3.0], loss=mean_squared_error, optimizer=optimizer, epochs=20, progress=False
)
assert history.loss[-1] < history.loss[0]
model.save("model.json")
model.load("model.json")
"""
WRONG = """
from autograd import Value
from nn import MLP

text: str = Value(1.0)
number: int = MLP(1, [1]).parameters()
"""


def tracked():
    """The files of the project that a copy of it holds."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a Git repository")
    return {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}


def test_the_sdist_is_the_whole_project(sdist):
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert tracked() <= names
    assert names - tracked() <= {"PKG-INFO"}


def test_the_wheel_holds_the_packages_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == {name for name in tracked() if name.startswith(("autograd/", "nn/"))}
    assert {"autograd/py.typed", "nn/py.typed", "autograd/drawing/explorer/page.html"} <= names


@pytest.fixture(scope="module", params=["wheel", "sdist", "editable"])
def installed(request, environment):
    """A fresh environment with the library in it, without any of its extras."""
    fresh = environment(request.param)
    arguments = ["-e", ROOT] if request.param == "editable" else [request.getfixturevalue(request.param)]
    fresh.run("pip", "install", *arguments)
    return fresh


def test_it_computes_draws_explores_trains_and_checks_exercises(installed):
    (installed.outside / "downstream.py").write_text(DOWNSTREAM, encoding="utf-8")
    said = installed.run("python", "-W", "error", "downstream.py")
    assert "x × x" in said
    assert "✓ 1.1: right" in said


def test_the_command_draws(installed):
    assert "w × x" in installed.run("autograd", "draw", "w*x", "w=2", "x=3")
    assert "w × x" in installed.run("python", "-m", "autograd", "draw", "w*x", "w=2", "x=3")


def test_a_project_that_uses_it_is_checked_against_its_types(installed):
    installed.run("pip", "install", "mypy")
    (installed.outside / "downstream.py").write_text(DOWNSTREAM, encoding="utf-8")
    (installed.outside / "wrong.py").write_text(WRONG, encoding="utf-8")
    assert "Success" in installed.run("mypy", "--strict", "downstream.py")
    said = installed.run("mypy", "--strict", "wrong.py", status=1)
    assert 'expression has type "Value", variable has type "str"' in said
    assert 'expression has type "list[Value]", variable has type "int"' in said


def test_the_tests_run_from_the_sdist(environment, unpacked):
    fresh = environment("tests")
    fresh.run("pip", "install", f"{unpacked}[test]")
    said = fresh.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", cwd=unpacked)
    assert " passed" in said
    assert "failed" not in said
    svg = "import autograd as a; a.draw(a.Value(2.0, 'x') * 3).render('graph', format='svg', cleanup=True)"
    fresh.run("python", "-c", svg)
    assert b"<svg" in (fresh.outside / "graph.svg").read_bytes()
