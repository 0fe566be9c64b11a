import assert from "node:assert/strict";
import { test } from "node:test";
import { finiteDifference } from "../../../autograd/drawing/explorer/difference.js";
import { backward, forward, makeGraph } from "../../../autograd/drawing/explorer/engine.js";
import { OPERATIONS, builder, network, small } from "./fixtures.mjs";

test("the difference agrees with the chain rule, at leaves and in between", () => {
  for (const json of [small(), network()]) {
    const graph = makeGraph(json, OPERATIONS);
    for (let i = 0; i < graph.n; i += graph.n > 100 ? 17 : 1) {
      if (graph.constant[i]) continue;
      const { number, verdict } = finiteDifference(graph, i);
      assert.equal(verdict, "agrees");
      assert.ok(Math.abs(number - graph.gradient[i]) < 1e-6);
    }
  }
});

test("a wrong rule is found", () => {
  const wrong = { ...OPERATIONS, tanh: { forward: Math.tanh, derivatives: [(y) => 1 - y] } };
  assert.equal(finiteDifference(makeGraph(small(), wrong), 0).verdict, "differs");
});

function of(forwardOf, derivative, x) {
  const g = builder();
  const y = g.make("cube", [g.leaf(x, "x")]);
  return makeGraph(g.done(y), { cube: { forward: forwardOf, derivatives: [derivative] } });
}

test("at a corner the two sides differ, on a curve they meet", () => {
  const relu = of((x) => Math.max(x, 0), (y, x) => Number(x > 0), 0);
  const { below, above, verdict } = finiteDifference(relu, 0);
  assert.deepEqual([below, above, verdict], [0, 1, "kink"]);
  assert.equal(finiteDifference(of((x) => x * x, (y, x) => 2 * x, 0), 0).verdict, "agrees");
  assert.equal(finiteDifference(of((x) => x ** 3, (y, x) => 3 * x * x, 2), 0).verdict, "agrees");
});

test("it follows a changed input, and changes no number of the page", () => {
  const graph = makeGraph(small(), OPERATIONS);
  ((graph.value[0] = 1.9), forward(graph), backward(graph));
  const before = [...graph.value, ...graph.gradient];
  assert.equal(finiteDifference(graph, 0).verdict, "agrees");
  assert.deepEqual([...graph.value, ...graph.gradient], before);
});

test("where the page cannot compute the result there is none", () => {
  const g = builder();
  const graph = makeGraph({ ...g.done(g.make("cube", [g.leaf(2, "x")])), derivatives: { 1: [12] } }, OPERATIONS);
  assert.equal(finiteDifference(graph, 0), null);
});
