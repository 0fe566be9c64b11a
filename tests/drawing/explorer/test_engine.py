"""The page's own engine, on what Python wrote, finds the numbers and gradients that the Values hold."""

import json
import math
import random
import shutil
import subprocess
import tempfile
from importlib.resources import files
from pathlib import Path

import pytest
from support.random_kinks import CHOOSING, engine, kinked, nasty, result

import autograd
from autograd import OPERATIONS, Value, explore, operation
from autograd import operations as ops
from autograd.drawing.explorer.page import script
from nn import MLP, SGD, Adam, max_margin, mean_squared_error

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="needs the program node to run JavaScript")


def computed_by_the_page(explorer):
    """(values, gradients) of all nodes, from engine.js."""
    return computed_by_pages([explorer])[0]


def computed_by_pages(explorers):
    """The same for each of several pages."""
    engine = files("autograd.drawing.explorer").joinpath("engine.js").read_text(encoding="utf-8")
    tables = ",\n".join(f"(() => {{ {explorer.operations} return OPERATIONS; }})()" for explorer in explorers)
    program = f"""{engine}
const tables = [{tables}];
const write = (x) => Array.from(x, (y) => (Object.is(y, -0) ? "-0" : String(y)));
const graphs = JSON.parse(await new Response(process.stdin).text());
console.log(JSON.stringify(graphs.map((json, i) => {{
  const graph = makeGraph(json, tables[i]);
  return [write(graph.value), write(graph.gradient)];
}})));
"""
    found = run(program, [explorer.graph for explorer in explorers])
    return [[list(map(number, row)) for row in page] for page in found]


def run(program, given):
    """What a program in JavaScript writes as JSON, for what it is given on stdin."""
    with tempfile.TemporaryDirectory() as folder:
        module = Path(folder) / "pages.mjs"
        module.write_text(program, encoding="utf-8")
        text = json.dumps(given)
        done = subprocess.run(["node", str(module)], input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def number(text):
    return float(text.replace("Infinity", "inf"))


def identical(a, b):
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b and math.copysign(1.0, a) == math.copysign(1.0, b)


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


def test_branches_that_were_not_chosen_send_nothing():
    """Graphs full of kinks and infinities: one page each, all in one run of node."""
    generator = random.Random(3)
    explorers, expected = [], []
    # The mathematical functions of JavaScript may round otherwise, which decides much where 0 and infinity meet.
    exact = {*CHOOSING, "sqrt", "add", "subtract", "multiply", "divide", "negate", "sum", "identity"}
    exact -= {"power", "power_of_constant"}
    while len(explorers) < 300:
        n, steps = kinked(generator)
        if not exact.issuperset(name for name, _ in steps):
            continue
        y = result(steps, [Value(x) for x in nasty(generator, n)], engine)
        y.backward()
        explorers.append(explore(y))
        nodes = autograd.topological_order(y)
        expected.append([[node.data for node in nodes], [node.grad for node in nodes]])
    for found, right in zip(computed_by_pages(explorers), expected, strict=True):
        assert all(map(identical, [*found[0], *found[1]], [*right[0], *right[1]])), (found, right)


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


def trained_by_the_page(explorer, method, lr, steps):
    """The parameters, by their numbers in the graph, and the loss after training in the page."""
    program = f"""{script()}
{explorer.operations}
const json = JSON.parse(await new Response(process.stdin).text());
const graph = makeGraph(json, OPERATIONS);
const {{ parameters }} = findRoles(graph);
const training = makeTraining(graph, parameters, "{method}", {lr});
for (let k = 0; k < {steps}; k++) trainOnce(training);
console.log(JSON.stringify([parameters.map((i) => [i, graph.value[i]]), lossOf(training)]));
"""
    parameters, loss = run(program, explorer.graph)
    return dict(parameters), loss


def moons(n):
    """Two half circles, and the hinge loss of a network on them."""
    model = MLP(2, [16, 16, 1], seed=1)
    rows = []
    for k in range(n):
        angle, side = math.pi * (k // 2) / (n // 2), 1 if k % 2 else -1
        rows.append(((math.cos(angle) * side + (side < 0), math.sin(angle) * side + 0.5 * (side < 0)), side))
    return model, max_margin([model(x) for x, _ in rows], [side for _, side in rows])


def waves(n):
    model = MLP(1, [6, 1], activation="tanh", seed=2)
    inputs = [k / n for k in range(n)]
    return model, mean_squared_error([model([x]) for x in inputs], [math.sin(6 * x) for x in inputs])


@pytest.mark.parametrize(
    ("method", "optimizer", "problem", "n"),
    [
        ("SGD", lambda p: SGD(p, lr=0.1), moons, 20),
        ("momentum", lambda p: SGD(p, lr=0.03, momentum=0.9), waves, 12),
        ("Adam", lambda p: Adam(p, lr=0.03), waves, 12),
    ],
)
def test_the_page_trains_as_python_does(method, optimizer, problem, n):
    model, loss = problem(n)
    explorer = explore(loss)
    rule = optimizer(model.parameters())
    order = autograd.topological_order(loss)
    autograd.compile(loss).train(rule, steps=100)
    found, found_loss = trained_by_the_page(explorer, method, rule.lr, 100)
    assert [order[i] for i in sorted(found)] == sorted(model.parameters(), key=order.index)
    assert found == pytest.approx({i: order[i].data for i in found}, rel=1e-12, abs=1e-12)
    assert found_loss == pytest.approx(autograd.Graph(loss).recomputed[loss], rel=1e-10)
