import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGraph } from "../../../autograd/drawing/explorer/engine.js";
import { makeFolding } from "../../../autograd/drawing/explorer/folding.js";
import { matches } from "../../../autograd/drawing/explorer/search.js";
import { OPERATIONS, network, small } from "./fixtures.mjs";

const found = (json, text) => {
  const graph = makeGraph(json, OPERATIONS);
  return matches(graph, makeFolding(graph), text);
};

test("what has no name of the user is found by the name on the screen, and by its operation", () => {
  assert.deepEqual(
    found(small(), "v1").map(({ node }) => node),
    [4],
  );
  assert.deepEqual(
    found(small(), "tanh").map(({ name, node }) => [name, node]),
    [["y · tanh", 5]],
  );
  assert.deepEqual(found(small(), "  "), []);
});

test("the name itself comes before names that hold it", () => {
  const names = found(network(), "model").map(({ name }) => name);
  assert.equal(names[0], "model");
});

test("groups of one label are told apart by what they are in", () => {
  const names = found(network(), "neuron 0").map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names[0].includes(" ▸ "));
});
