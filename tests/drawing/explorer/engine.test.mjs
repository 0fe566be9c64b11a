import assert from "node:assert/strict";
import { test } from "node:test";
import {
  backward,
  contribution,
  downstream,
  forward,
  makeGraph,
  paths,
} from "../../../autograd/drawing/explorer/engine.js";
import { OPERATIONS, builder, network, nodes70000, small, square } from "./fixtures.mjs";

test("values, local derivatives and gradients of (a * b + c).tanh()", () => {
  const graph = makeGraph(small(), OPERATIONS);
  const y = Math.tanh(-0.5),
    slope = 1 - y * y;
  assert.deepEqual([...graph.value], [2, -3, -6, 5.5, -0.5, y]);
  assert.deepEqual([...graph.local], [-3, 2, 1, 1, slope]);
  assert.deepEqual([...graph.gradient], [-3 * slope, 2 * slope, slope, slope, slope, 1]);
});

test("x * x has two edges, and both count", () => {
  const graph = makeGraph(square(), OPERATIONS);
  assert.deepEqual(
    [0, 1].map((e) => contribution(graph, e)),
    [3, 3],
  );
  assert.equal(graph.gradient[0], 6);
});

test("a changed leaf changes everything above it", () => {
  const graph = makeGraph(square(), OPERATIONS);
  graph.value[0] = -5;
  (forward(graph), backward(graph));
  assert.deepEqual([graph.value[1], graph.gradient[0]], [25, -10]);
});

test("the gradients agree with finite differences", () => {
  const json = network({ samples: 2, hidden: [3, 1] }),
    graph = makeGraph(json, OPERATIONS);
  const gradients = graph.gradient.slice(),
    h = 1e-6;
  for (const i of json.recording.nodes) {
    const ends = [h, -h].map((step) => {
      graph.value[i] = json.data[i] + step;
      forward(graph);
      return graph.value[graph.output];
    });
    graph.value[i] = json.data[i];
    assert.ok(Math.abs((ends[0] - ends[1]) / (2 * h) - gradients[i]) < 1e-6, `leaf ${i}`);
  }
});

test("a partial backward pass holds the sums so far", () => {
  const graph = makeGraph(small(), OPERATIONS);
  backward(graph, graph.soFar, 4);
  assert.deepEqual([...graph.soFar.slice(0, 2)], [0, 0]);
  assert.equal(graph.soFar[3], graph.gradient[3]);
});

test("an unknown operation keeps its number and its local derivatives", () => {
  const g = builder(),
    x = g.leaf(2, "x"),
    y = g.make("cube", [x], "y");
  const json = g.done(g.make("multiply", [y, y]));
  ((json.data[y] = 8), (json.derivatives[y] = [12]));
  const graph = makeGraph(json, OPERATIONS);
  assert.deepEqual([graph.value[y], graph.gradient[x]], [8, 192]);
  graph.value[x] = 100;
  forward(graph);
  assert.equal(graph.value[y], 8);
});

test("operations of any number of parents", () => {
  const g = builder(),
    xs = [1, 2, 4].map((x) => g.leaf(x));
  const graph = makeGraph(g.done(g.make("sum", xs)), OPERATIONS);
  assert.deepEqual([graph.value[3], ...graph.gradient], [7, 1, 1, 1, 1]);
});

test("operations of three parents", () => {
  const g = builder(),
    xs = [2, 3, 5].map((x) => g.leaf(x)),
    y = g.make("weighted", xs);
  const table = { weighted: { forward: (a, b, c) => a * b + c, derivatives: [(y, a, b) => b, (y, a) => a, () => 1] } };
  g.json.operations[0].arity = 3;
  const graph = makeGraph(g.done(y), table);
  assert.deepEqual([graph.value[y], ...graph.gradient], [11, 3, 2, 1, 1]);
});

test("infinities travel as texts", () => {
  const g = builder(),
    a = g.leaf("inf"),
    b = g.leaf("nan");
  const graph = makeGraph(g.done(g.make("add", [a, b])), OPERATIONS);
  assert.deepEqual([graph.value[0], graph.value[1]], [Infinity, NaN]);
});

test("nothing flows to what the output does not depend on", () => {
  const g = builder(),
    x = g.leaf(2, "x"),
    other = g.make("tanh", [x]),
    y = g.make("multiply", [x, x]);
  const graph = makeGraph(g.done(y), OPERATIONS);
  assert.deepEqual([graph.reaches[other], graph.gradient[other], graph.gradient[x]], [0, 0, 4]);
});

test("the products over all paths add up to the gradient", () => {
  const g = builder(),
    x = g.leaf(3, "x"),
    a = g.make("multiply", [x, x]),
    b = g.make("multiply", [a, x]);
  const graph = makeGraph(g.done(b), OPERATIONS);
  const { found, total } = paths(graph, x);
  const products = found.map((path) => path.reduce((product, e) => product * graph.local[e], 1));
  assert.equal(total, 3);
  assert.deepEqual(products, [9, 9, 9]);
  assert.equal(graph.gradient[x], 27);
});

test("of many paths only some are listed, but all are counted", () => {
  const g = builder();
  let x = g.leaf(1, "x");
  for (let k = 0; k < 40; k++) x = g.make("add", [x, x]);
  const graph = makeGraph(g.done(x), OPERATIONS);
  assert.equal(paths(graph, 0).found.length, 8);
  assert.equal(paths(graph, 0).total, 2 ** 40);
  assert.deepEqual(paths(graph, x), { found: [[]], total: 1 });
});

test("the paths with the largest products come first, those that are 0 last", () => {
  const g = builder(),
    x = g.leaf(1, "x");
  const factors = [0, 0, 0, 0.5, 0, -7, 0, 0, 2, 0, 0, 0];
  const terms = factors.map((factor) => g.make("multiply", [x, g.constant(factor)]));
  const graph = makeGraph(g.done(g.make("sum", terms)), OPERATIONS);
  const { found, total } = paths(graph, x);
  const products = found.map((path) => path.reduce((product, e) => product * graph.local[e], 1));
  assert.equal(total, 12);
  assert.deepEqual(products, [-7, 2, 0.5, 0, 0, 0, 0, 0]);
});

test("a path that is not a number is among the first", () => {
  const g = builder(),
    x = g.leaf("nan", "x");
  const terms = [g.make("multiply", [x, g.constant(3)]), g.make("multiply", [x, x])];
  const graph = makeGraph(g.done(g.make("sum", terms)), OPERATIONS);
  assert.ok(paths(graph, x).found[0][0] >= 2); // one of the edges of x * x
});

test("downstream are the nodes and edges between a node and the output", () => {
  const graph = makeGraph(small(), OPERATIONS);
  const { nodes, edges } = downstream(graph, 0);
  assert.deepEqual(
    [[...nodes], [...edges]],
    [
      [0, 2, 4, 5],
      [0, 2, 4],
    ],
  );
});

test("both passes over 70,000 nodes take well under half a second", () => {
  const graph = makeGraph(nodes70000(), OPERATIONS);
  const before = performance.now();
  (forward(graph), backward(graph));
  assert.ok(performance.now() - before < 500);
});
