import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGraph } from "../../../autograd/drawing/explorer/engine.js";
import { levelOf, makeScale } from "../../../autograd/drawing/explorer/heat.js";
import { OPERATIONS, builder, small } from "./fixtures.mjs";

// y = 0.001 · … · 0.001 · x
function vanishing(length) {
  const g = builder();
  let y = g.leaf(1, "x");
  for (let k = 0; k < length; k++) y = g.make("multiply", [y, g.constant(1e-3)], "");
  return makeGraph(g.done(y), OPERATIONS);
}

test("the scale spans the powers of ten of all gradients, and knows the smallest and the largest", () => {
  const graph = vanishing(3),
    { low, high, least, most } = makeScale(graph, "gradient");
  assert.equal(high, 0);
  assert.ok(low <= -9 && low >= -10);
  assert.deepEqual([least, most], [0, graph.output]);
});

test("levels grow with the size, whatever the sign; 0 and what is not finite are none", () => {
  const scale = makeScale(vanishing(3), "gradient");
  const levels = [1e-9, -1e-6, 1e-3, -1].map((x) => levelOf(x, scale));
  assert.deepEqual([...levels].sort((a, b) => a - b), levels);
  assert.equal(new Set(levels).size, 4);
  assert.equal(levels.at(-1), 8);
  assert.equal(levelOf(0, scale), "zero");
  assert.equal(levelOf(NaN, scale), "wild");
  assert.equal(levelOf(-Infinity, scale), "wild");
});

test("numbers beyond eighteen powers of ten are at the end, gradients of one size have one colour", () => {
  const wide = makeScale(vanishing(60), "gradient");
  assert.equal(wide.high - wide.low, 18);
  assert.equal(levelOf(1e-180, wide), 0);
  const scale = makeScale(makeGraph(small(), OPERATIONS), "value");
  assert.ok(scale.high - scale.low >= 4);
});
