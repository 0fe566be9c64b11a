import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGraph } from "../../../autograd/drawing/explorer/engine.js";
import { unitFor } from "../../../autograd/drawing/explorer/scrub.js";
import { courseAgainst } from "../../../autograd/drawing/explorer/slope.js";
import { OPERATIONS, nodes70000, small } from "./fixtures.mjs";

test("a pixel is a fiftieth of the power of ten in a number", () => {
  assert.deepEqual([2, -0.5, 300, 0, 1].map(unitFor).map((x) => Number(x.toPrecision(6))), [0.02, 0.002, 2, 0.02, 0.02]);
});

test("the curve of the result against an input, all others held", () => {
  const graph = makeGraph(small(), OPERATIONS);
  const points = courseAgainst(graph, 0, [-4, 4]);
  assert.equal(points.length, 61);
  for (const [a, y] of points) assert.equal(y, Math.tanh(a * -3 + 5.5));
  assert.equal(graph.value[0], 2); // nothing has changed
});

test("of a large graph the curve has fewer points", () => {
  const graph = makeGraph(nodes70000(), OPERATIONS);
  const start = performance.now();
  const points = courseAgainst(graph, 0, [-1, 1]);
  assert.ok(points.length >= 13 && points.length <= 61);
  assert.ok(performance.now() - start < 4000);
});
