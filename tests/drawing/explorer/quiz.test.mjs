import assert from "node:assert/strict";
import { test } from "node:test";
import { numberOf } from "../../../autograd/drawing/explorer/arithmetic.js";
import { deal } from "../../../autograd/drawing/explorer/deal.js";
import { makeGraph } from "../../../autograd/drawing/explorer/engine.js";
import { judge, questionsAt } from "../../../autograd/drawing/explorer/quiz.js";
import { makeSteps } from "../../../autograd/drawing/explorer/steps.js";
import { OPERATIONS, builder, small, square } from "./fixtures.mjs";

function asked(json, s) {
  const graph = makeGraph(json, OPERATIONS);
  return questionsAt(graph, makeSteps(graph), s);
}

test("numbers as people write them", () => {
  const cases = { "0.5": 0.5, "−3": -3, "3/4": 0.75, "2 × −3": -6, "1 − 0.5²": 0.75, "2*(1+3)": 8, "-2^2": -4, "1e-3": 0.001, "0,25": 0.25, "8:2:2": 2, "1-2-3": -4, "2**3": 8 };
  for (const [text, number] of Object.entries(cases)) assert.equal(numberOf(text), number, text);
  for (const text of ["", "x", "1+", "(2", "2)", "1 2", "1/0", "alert(1)", "--", "1..2"]) assert.equal(numberOf(text), null, text);
});

test("forward, seed and backward each ask for what their step shows", () => {
  const answers = Array.from({ length: 7 }, (_, k) => asked(small(), k + 1).map(({ name, answer }) => [name, Number(answer.toFixed(4))]));
  assert.deepEqual(answers, [
    [["d", -6]],
    [["v1", -0.5]],
    [["y", -0.4621]],
    [["y.grad", 1]],
    [["v1.grad", 0.7864]],
    [["d.grad", 0.7864], ["c.grad", 0.7864]],
    [["a.grad", -2.3593], ["b.grad", 1.5729]],
  ]);
});

test("the usual mistakes are recognized, each by its own words", () => {
  const [a] = asked(small(), 7);
  const said = (number) => judge(a, number).words;
  assert.match(said(-3), /local derivative .* alone/);
  assert.match(said(2.3593), /sign/);
  assert.match(said(0.7864), /hands d.grad on as it is/);
  assert.match(said(1.5729), /goes to b/);
  assert.match(said(-2.2136), /multiplied, not added/);
  assert.match(said(17), /Not 17/);
});

test("what another path brought is to be added, and both shares of x * x", () => {
  const g = builder(),
    x = g.leaf(0.5, "x"),
    a = g.make("multiply", [x, x], "a"),
    b = g.make("tanh", [x], "b");
  const json = g.done(g.make("add", [a, b], "y"));
  const last = asked(json, 7)[0];
  assert.equal(last.before > 0, true);
  assert.match(judge(last, 1).words, /add it to the 0.7864/);
  assert.match(judge(last, 1.286).words, /2 times/);
  assert.match(judge(asked(square(), 3)[0], 3).words, /2 times/);
});

test("two digits are enough, a wrong sign never is", () => {
  const [y] = asked(small(), 3);
  assert.ok(judge(y, -0.46).isRight);
  assert.ok(judge(y, -0.4621).isRight);
  assert.ok(!judge(y, 0.46).isRight);
  assert.ok(!judge(y, -0.5).isRight);
});

test("constants are not asked for", () => {
  const g = builder();
  const json = g.done(g.make("multiply", [g.leaf(2, "x"), g.constant(5)], "y"));
  assert.deepEqual(asked(json, 3).map(({ name }) => name), ["x.grad"]);
});

test("graphs to practise on use each leaf, end in one result, and grow with the level", () => {
  const names = ["add", "subtract", "multiply", "divide", "relu", "tanh"];
  const entries = names.map((name) => ({ name, symbol: name, arity: name === "relu" || name === "tanh" ? 1 : 2 }));
  const operations = {
    ...OPERATIONS,
    divide: { forward: (a, b) => a / b, derivatives: [(y, a, b) => 1 / b, (y, a, b) => -y / b] },
    relu: { forward: (a) => Math.max(0, a), derivatives: [(y, a) => (a > 0 ? 1 : 0)] },
  };
  let seed = 7;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  const sizes = { 1: 0, 2: 0, 3: 0 };
  for (const level of [1, 2, 3]) {
    for (let k = 0; k < 60; k++) {
      const json = deal(level, entries, random, (made) => makeGraph(made, operations).value.every((x) => Math.abs(x) < 50));
      const graph = makeGraph({ ...json, limits: {} }, operations);
      assert.ok(graph.reaches.every((x) => x === 1), JSON.stringify(json));
      assert.ok(graph.value.every((x) => Math.abs(x) < 50));
      if (level > 1) assert.ok(new Set(json.parents).size < json.parents.length); // something is used twice
      sizes[level] += graph.n;
    }
  }
  assert.ok(sizes[1] === 5 * 60 && sizes[2] > sizes[1] && sizes[3] > sizes[2]);
});
