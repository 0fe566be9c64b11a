import assert from "node:assert/strict";
import { test } from "node:test";
import { backward, makeGraph } from "../../../autograd/drawing/explorer/engine.js";
import {
  describe,
  expression,
  localDerivative,
  makeSteps,
  nameOf,
  stepAt,
  stops,
} from "../../../autograd/drawing/explorer/steps.js";
import { OPERATIONS, builder, small, square } from "./fixtures.mjs";

// What step s says, with the sums as the page has them then.
function said(json, s) {
  const graph = makeGraph(json, OPERATIONS),
    steps = makeSteps(graph);
  backward(graph, graph.soFar, s > steps.seed ? stepAt(steps, s).node : graph.output + 1);
  return describe(graph, steps, s);
}

test("first forward, then the seed, then backward in the opposite order", () => {
  const steps = makeSteps(makeGraph(small(), OPERATIONS));
  assert.deepEqual(
    Array.from({ length: steps.last + 1 }, (_, s) => stepAt(steps, s)),
    [
      { phase: "start", node: -1 },
      { phase: "forward", node: 2 },
      { phase: "forward", node: 4 },
      { phase: "forward", node: 5 },
      { phase: "seed", node: -1 },
      { phase: "backward", node: 5 },
      { phase: "backward", node: 4 },
      { phase: "backward", node: 2 },
    ],
  );
});

test("a value appears at its step, a gradient with its first share", () => {
  const steps = makeSteps(makeGraph(small(), OPERATIONS));
  assert.deepEqual([...steps.valueAt], [0, 0, 1, 0, 2, 3]);
  assert.deepEqual([...steps.gradientAt], [7, 7, 6, 6, 5, 4]);
  assert.deepEqual([...steps.completeAt], [7, 7, 6, 6, 5, 4]);
});

test("a node that is used twice gets its gradient in two parts", () => {
  const g = builder(),
    x = g.leaf(3, "x"),
    a = g.make("tanh", [x], "a");
  const json = g.done(g.make("multiply", [a, x], "y")),
    steps = makeSteps(makeGraph(json, OPERATIONS));
  assert.deepEqual([steps.gradientAt[x], steps.completeAt[x]], [4, 5]);
  assert.match(said(json, 4).rows[1][2], /so far/);
  assert.match(said(json, 5).rows[0][2], /complete/);
});

test("a forward step in words and numbers", () => {
  const { sentence, rows } = said(small(), 1);
  assert.equal(sentence, "d: multiply 2 by −3, that is −6.");
  assert.deepEqual(rows, [["d = a × b", "= 2 × (−3) = −6"]]);
});

test("a backward step shows local derivative, upstream gradient and sum", () => {
  const { sentence, rows } = said(small(), 7);
  assert.equal(sentence, "d hands its gradient 0.7864 back to a and b, each time multiplied by the local derivative.");
  assert.deepEqual(rows[0], ["∂d/∂a = b = −3", "× d.grad 0.7864 = −2.359", "→ a.grad += −2.359"]);
});

test("x * x sends twice and gives the sum once", () => {
  assert.deepEqual(
    said(square(), 3).rows.map((row) => row[2]),
    ["→ x.grad += 3", "→ x.grad += 3, complete: 6"],
  );
});

test("the seed is 1", () => {
  assert.deepEqual(said(small(), 4).rows, [["∂y/∂y = 1", "→ y.grad = 1"]]);
});

test("names: of the user, numbers of constants, v1 for the rest", () => {
  const g = builder(),
    x = g.leaf(3, "x"),
    two = g.constant(-2),
    y = g.make("multiply", [two, x]);
  const graph = makeGraph(g.done(y), OPERATIONS);
  assert.deepEqual(
    [x, two, y].map((i) => nameOf(graph, i)),
    ["x", "−2", "v1"],
  );
  assert.equal(expression(graph, y), "−2 × x");
});

test("nothing is sent to constants", () => {
  const g = builder(),
    x = g.leaf(3, "x"),
    y = g.make("multiply", [g.constant(2), x], "y");
  assert.equal(said(g.done(y), 3).rows.length, 1);
});

test("in a formula of a derivative the letters become names, functions stay", () => {
  const g = builder(),
    a = g.leaf(3, "b"),
    y = g.make("tanh", [a], "cosh");
  const graph = makeGraph(g.done(y), OPERATIONS);
  graph.operation[y].derivative_formulas = ["y * exp(a) - x(a)"];
  assert.match(localDerivative(graph, 0), /^cosh \* exp\(b\) − x\(b\) = /);
});

test("a rule with cases says which number it gives here", () => {
  const g = builder(),
    x = g.leaf(3, "x"),
    y = g.make("tanh", [x]);
  const graph = makeGraph(g.done(y), OPERATIONS);
  graph.operation[y].derivative_formulas = ["0 where a ≤ 0, else 1"];
  assert.match(localDerivative(graph, 0), /^0 where x ≤ 0, else 1: here 0\.00986/);
});

test("a power with a number for exponent is derived as at school", () => {
  const rules = {
    ...OPERATIONS,
    power_of_constant: { forward: Math.pow, derivatives: [(y, x, n) => n * x ** (n - 1), () => 0] },
  };
  const rule = (n) => {
    const g = builder(),
      x = g.leaf(4, "x"),
      y = g.make("power_of_constant", [x, g.constant(n)], "y");
    return localDerivative(makeGraph(g.done(y), rules), 0);
  };
  assert.equal(rule(2), "2·x = 8");
  assert.equal(rule(3), "3·x² = 48");
  assert.equal(rule(-1), "−1·x⁻² = −0.0625");
  assert.equal(rule(1), "1");
  assert.equal(rule(0), "0");
  assert.equal(rule(0.5), "0.5·x^(−0.5) = 0.25");
});

test("a constant is its number, in brackets behind an operator, and no derivative says it twice", () => {
  const g = builder(),
    x = g.leaf(2, "x"),
    y = g.make("multiply", [x, g.constant(-3)], "y");
  const graph = makeGraph(g.done(y), OPERATIONS);
  assert.equal(expression(graph, y), "x × (−3)");
  assert.equal(localDerivative(graph, 0), "−3");
  graph.operation[y].symbol = "maximum";
  assert.equal(expression(graph, y), "maximum(x, −3)");
});

test("where nothing is computed, nothing else is said", () => {
  const g = builder();
  assert.match(said(g.done(g.leaf(3, "x")), 0).sentence, /^Nothing is computed here/);
});

test("a long sum is written shortly", () => {
  const g = builder(),
    xs = Array.from({ length: 50 }, (_, k) => g.leaf(k, `x${k}`));
  const json = g.done(g.make("sum", xs, "s"));
  assert.match(said(json, 1).rows[0][0], /^s = sum\(x0, x1, x2, …, x49\)$/);
  assert.equal(said(json, 3).rows.length, 4);
});

test("going over visible boxes the player stops once at a folded group in each pass", () => {
  const graph = makeGraph(small(), OPERATIONS),
    steps = makeSteps(graph);
  assert.deepEqual(
    stops(graph, steps, [0, 1, 9, 3, 9, 5], (box) => box < 6),
    [0, 2, 3, 4, 5, 7],
  );
});
