"""The page's own engine, on what Python wrote, finds the numbers and gradients that the Values hold."""

import json
import math
import random
import shutil
import subprocess
from importlib.resources import files

import pytest

import autograd
from autograd import OPERATIONS, Value, explore, operation
from autograd import operations as ops
from nn import MLP

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="needs the program node to run JavaScript")


def computed_by_the_page(explorer):
    """(values, gradients) of all nodes, from engine.js."""
    engine = files("autograd.drawing.explorer").joinpath("engine.js").read_text(encoding="utf-8")
    program = f"""{engine}
{explorer._operations}
const graph = makeGraph(JSON.parse(await new Response(process.stdin).text()), OPERATIONS);
const write = (x) => Array.from(x, String);
console.log(JSON.stringify([write(graph.value), write(graph.gradient)]));
"""
    done = subprocess.run(
        ["node", "--input-type=module", "-e", program],
        input=json.dumps(explorer.graph),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return [list(map(number, row)) for row in json.loads(done.stdout)]


def number(text):
    return float(text.replace("Infinity", "inf"))


def check(y):
    y.backward()
    values, gradients = computed_by_the_page(explore(y))
    nodes = autograd.topological_order(y)
    assert values == pytest.approx([node.data for node in nodes], rel=1e-12, abs=1e-300, nan_ok=True)
    assert gradients == pytest.approx([node.grad for node in nodes], rel=1e-11, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("seed", range(5))
def test_random_graphs(seed):
    generator = random.Random(seed)
    nodes = [Value(generator.uniform(-1.5, 1.5)) for _ in range(5)]
    names = sorted(ops.BUILT_IN)
    for _ in range(200):
        op = OPERATIONS[generator.choice(names)]
        n = op.arity or generator.randrange(1, 6)
        nodes.append(autograd.tanh(op(*generator.choices(nodes[-20:], k=n))))
    check(autograd.sum([node for node in nodes if math.isfinite(node.data)]))


def test_a_network():
    model = MLP(3, [5, 4, 1], activation="softplus", output_activation="sigmoid", seed=3)
    check(sum((model([0.1 * k, 1.0, -0.2]) - 0.5) ** 2 for k in range(6)))


def test_numbers_that_are_not_finite():
    check(Value(0.0) / Value(0.0) + Value(math.inf) * 2)


def test_operations_of_ones_own():
    try:
        swish = operation("swish", "swish", lambda x: x * ops.sigmoid(x), lambda y, x: (ops.sigmoid(x) * (1 + x - y),))
        frozen = operation("frozen", "frozen", math.erf, lambda y, x: (2 / math.sqrt(math.pi) * math.exp(-x * x),))
        x = Value(0.4)
        check(swish(x) * frozen(x) + x)
    finally:
        OPERATIONS.pop("swish"), OPERATIONS.pop("frozen")


def test_after_training_the_page_computes_what_python_would():
    w = Value(2.0)
    y = (w * 3.0).tanh() * w
    w.data = 0.25
    explorer = explore(y)
    assert explorer.graph["stale"] == 2
    values, _ = computed_by_the_page(explorer)
    assert values[-1] == pytest.approx(math.tanh(0.75) * 0.25, rel=1e-15)
