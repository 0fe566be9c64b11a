"""In the browser's Python, run by Node: graphs of any depth are computed, differentiated, compiled and dropped."""

from __future__ import annotations

import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

PROGRAM = """
import copy, pickle
from autograd import Value, compile, draw, explore
from nn import MLP, SGD, fit, mean_squared_error

def chain():
    y = x
    for _ in range(100_000):
        y = y + 1.0
    return y

x = Value(1.0, "x")
y = chain()
y.backward()
assert (y.data, x.grad) == (100_001.0, 1.0)
step = compile(y)
assert step() == 100_001.0
twin = pickle.loads(pickle.dumps(copy.deepcopy(y)))
assert twin.data == y.data
try:
    draw(y)
except ValueError as error:
    assert "more than 100,000 nodes" in str(error)
assert "x" in draw(y, format="text", depth=3)
del y, step, twin
chain().backward(create_graph=True)
x.grad = 0
y = sum((chain() for _ in range(3)), start=Value(0.0))
del y
model = MLP(2, [4, 1], seed=0)
optimizer = SGD(model.parameters(), lr=0.1)
X, targets = [[0.0, 1.0], [1.0, 0.0]], [1.0, 0.0]
history = fit(model, X, targets, loss=mean_squared_error, optimizer=optimizer, epochs=20, progress=False)
assert history.loss[-1] < history.loss[0]
print(len(explore(model(X[0])).html()) > 10_000, explore(model(X[0])).save("/tmp/graph.html"))
"""


@pytest.fixture(scope="module", params=["0.29.0", "314.0.7"])  # Python 3.13 and 3.14
def pyodide(request, tmp_path_factory):
    if shutil.which("npm") is None:
        pytest.fail("this test needs Node and npm: apt-get install nodejs npm")
    folder = tmp_path_factory.mktemp("pyodide")
    command = ["npm", "install", "--silent", "--prefix", str(folder), f"pyodide@{request.param}"]
    subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)
    return folder / "node_modules"


def test_the_engine_and_a_network_in_the_browsers_python(wheel, pyodide, tmp_path):
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    program = tmp_path / "program.py"
    program.write_text(PROGRAM, encoding="utf-8")
    runner = Path(__file__).with_name("pyodide.mjs")
    done = subprocess.run(
        ["node", str(runner), str(pyodide), str(tmp_path / "site"), str(program)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.splitlines()[-1] == "True /tmp/graph.html"
