"""The operations as JavaScript compute what the table computes: forward and every local derivative."""

import json
import math
import shutil
import subprocess

import pytest

import autograd
from autograd import OPERATIONS, Graph, Value, operation
from autograd import operations as ops
from autograd.drawing.explorer import javascript
from autograd.drawing.explorer.payload import make_payload
from autograd.exchange import json_number

SPECIAL = [0.0, -0.0, 1.0, -1.0, math.inf, -math.inf, math.nan]
POINTS = [*SPECIAL, 0.3, -0.7, 0.999999, 1e-9, -1e-300, 2.5, -3.0, 36.0, -40.5, 710.0, -745.0, 1e15, -1e308]
EXPONENTS = [*SPECIAL, 0.5, 2.0, -2.0, 3.0, -1.5, 700.0]

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="needs the program node to run JavaScript")


def in_node(names, cases):
    """Run (name, n-ary, result, inputs) cases; [forward, *derivatives] of each."""
    entries = [(name, OPERATIONS[name]) for name in names]
    table = javascript.table_code([(name, javascript.operation_code(op, op.arity or 3)) for name, op in entries])
    program = (
        table
        + """
const read = (x) => (typeof x === "string" ? {inf: Infinity, "-inf": -Infinity, nan: NaN, "-0": -0}[x] : x);
const write = (x) => (Number.isNaN(x) ? "nan" : x === Infinity ? "inf" : x === -Infinity ? "-inf" : x);
const cases = JSON.parse(require("fs").readFileSync(0, "utf8"));
console.log(JSON.stringify(cases.map(([name, many, y, xs]) => {
  const numbers = xs.map(read), { forward, derivatives } = OPERATIONS[name], result = read(y);
  return many
    ? [forward(numbers), ...numbers.map((x) => derivatives[0](result, x, numbers))].map(write)
    : [forward(...numbers), ...derivatives.map((d) => d(result, ...numbers))].map(write);
})));
"""
    )
    sent = json.dumps([[name, many, written(y), list(map(written, xs))] for name, many, y, xs in cases])
    done = subprocess.run(["node", "-e", program], input=sent, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [[float(x) for x in row] for row in json.loads(done.stdout)]


def written(x):
    return "-0" if x == 0 and math.copysign(1.0, x) < 0 else json_number(x)


def inputs_of(op):
    if op is ops.power or op is ops.power_of_constant:
        return [(a, b) for a in POINTS for b in EXPONENTS]
    if op.arity == 1:
        return [(a,) for a in POINTS]
    if op.arity == 2:
        return [(a, b) for a in POINTS for b in POINTS]
    if op.arity == 3:
        return [(a, b, c) for a in POINTS for b in (0.0, 2.5, math.nan) for c in (-1.0, math.inf)]
    return [(a,) for a in POINTS] + [(a, b, 0.25) for a in POINTS for b in POINTS]


def alike(a, b):
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    return a == b or abs(a - b) <= 1e-15 * max(abs(a), abs(b))


@needs_node
def test_every_operation_computes_as_in_python():
    cases = []
    for name in sorted(ops.BUILT_IN):
        op = OPERATIONS[name]
        cases += [(name, op.arity is None, op.forward(*xs), xs) for xs in inputs_of(op)]
    found = in_node(sorted(ops.BUILT_IN), cases)
    wrong = []
    for (name, _, y, xs), numbers in zip(cases, found, strict=True):
        expected = [y, *OPERATIONS[name].derivatives(y, *xs)]
        if not all(alike(*pair) for pair in zip(numbers, expected, strict=True)):
            wrong.append((name, xs, numbers, expected))
    assert wrong == []
    assert len(cases) > 5000


@pytest.fixture
def own_operation():
    """Adds operations to the table, and takes them away again."""
    added = []

    def add(name, *args):
        added.append(name)
        return operation(name, name, *args)

    yield add
    for name in added:
        OPERATIONS.pop(name, None)


@needs_node
def test_an_operation_of_ones_own_is_written_out(own_operation):
    own_operation("swish", lambda x: x * ops.sigmoid(x), lambda y, x: (ops.sigmoid(x) * (1.0 - y + x),))
    points = [0.5, -2.0, 3.25]
    found = in_node(["swish"], [("swish", False, OPERATIONS["swish"].forward(x), (x,)) for x in points])
    for x, (y, slope) in zip(points, found, strict=True):
        assert y == pytest.approx(x * ops.sigmoid(x), rel=1e-15)
        assert slope == pytest.approx(ops.sigmoid(x) * (1.0 - y + x), rel=1e-15)


@pytest.mark.parametrize(
    "forward",
    [
        math.erf,
        lambda x: x if x > 0 else 0.0,
        lambda x: 0.0 if x == 0 else 1.0 / x,
        lambda x: round(x),
        lambda x: "no number",
    ],
)
def test_what_symbols_can_not_follow_is_left_out(own_operation, forward):
    op = own_operation("opaque", forward, lambda y, x: (1.0,))
    assert javascript.operation_code(op, 1) is None


def test_a_frozen_operation_keeps_its_number_and_derivatives(own_operation):
    erf = own_operation("erf", math.erf, lambda y, x: (2 / math.sqrt(math.pi) * math.exp(-x * x),))
    x = Value(0.5)
    y = 3 * erf(x)
    graph = Graph(y)
    data, code = make_payload(graph, [], None, None, "LR", "auto")
    i = next(i for i, node in enumerate(graph.nodes) if node.op is erf)
    assert data["data"][i] == math.erf(0.5)
    assert data["derivatives"] == {str(i): list(graph.nodes[i].local_derivatives)}
    assert "erf" not in code
    assert data["data"][data["output"]] is None


def test_any_number_of_parents_of_ones_own_is_an_entry_for_each_number(own_operation):
    def product(*xs):
        result = 1.0
        for x in xs:
            result = result * x
        return result

    op = own_operation("product", product, lambda y, *xs: tuple(product(*xs[:i], *xs[i + 1 :]) for i in range(len(xs))))
    a, b, c = Value(2.0), Value(3.0), Value(5.0)
    data, code = make_payload(Graph(op(a, b) + op(a, b, c)), [], None, None, "LR", "auto")
    entries = {entry["name"]: entry for entry in data["operations"]}
    assert sorted(entry["arity"] for entry in entries.values()) == [2, 2, 3]
    assert "(y, a, b, c) =>" in code


def test_no_name_of_an_operation_breaks_the_code(own_operation):
    for name in ("__proto__", "toString", '"];alert(1)//', "</script><script>", "\u2028"):
        own_operation(name, lambda x: x * 2.0, lambda y, x: (2.0,))
        code = javascript.table_code([(name, javascript.operation_code(OPERATIONS[name], 1))])
        assert "</script" not in code
        assert "\u2028" not in code
        assert f"[{json.dumps(name)}]".replace("<", "\\u003c") in code


def test_formulas_are_for_people():
    assert javascript.formula(ops.tanh, 1) == "tanh(a)"
    assert javascript.derivative_formulas(ops.tanh, 1) == ["1 − y²"]
    for op in map(OPERATIONS.get, ops.BUILT_IN):
        n = op.arity or 3
        formulas = [javascript.formula(op, n), *javascript.derivative_formulas(op, n)]
        assert all(formulas)
        assert "?" not in formulas


def test_the_helpers_are_only_those_that_are_used():
    x = Value(1.0)
    _, code = make_payload(Graph(autograd.relu(x)), [], None, None, "LR", "auto")
    assert "relu_" in code
    assert "softplus_" not in code
