import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGraph } from "../../../autograd/drawing/explorer/engine.js";
import { numberOnEdge } from "../../../autograd/drawing/explorer/onedges.js";
import { makeSteps } from "../../../autograd/drawing/explorer/steps.js";
import { OPERATIONS, square } from "./fixtures.mjs";

test("a share, a local derivative or a gradient, each from the step on that finds it", () => {
  const graph = makeGraph(square(), OPERATIONS),
    steps = makeSteps(graph),
    edge = { edges: [0], source: 0 };
  const at = (step, share) => ["share", "local", "gradient"].map((kind) => numberOnEdge(kind, edge, graph, steps, step, share));
  assert.deepEqual(at(0, ""), ["", "", ""]);
  assert.deepEqual(at(1, ""), ["", "3", ""]);
  assert.deepEqual(at(steps.last, "3"), ["3", "3", "1"]);
});

test("what many edges carry together is a share and nothing else", () => {
  const graph = makeGraph(square(), OPERATIONS),
    steps = makeSteps(graph),
    both = { edges: [0, 1], source: 0 };
  assert.equal(numberOnEdge("local", both, graph, steps, steps.last, "6"), "");
  assert.equal(numberOnEdge("share", both, graph, steps, steps.last, "6"), "6");
});
