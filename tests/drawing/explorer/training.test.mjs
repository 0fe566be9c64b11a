import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGraph } from "../../../autograd/drawing/explorer/engine.js";
import { findRoles } from "../../../autograd/drawing/explorer/roles.js";
import {
  amend,
  findLosses,
  follow,
  goBackTo,
  keepNow,
  lossOf,
  makeTraining,
  restart,
  suggestRate,
  trainOnce,
} from "../../../autograd/drawing/explorer/training.js";
import { OPERATIONS, builder, network, square } from "./fixtures.mjs";

const parabola = (method, rate) => makeTraining(makeGraph(square(), OPERATIONS), [0], method, rate);

function learner() {
  const graph = makeGraph(network({ samples: 6 }), OPERATIONS);
  return makeTraining(graph, findRoles(graph).parameters, "SGD", 0.02);
}

test("a step moves against the gradient, by the formula of each method", () => {
  const after = (method) => {
    const training = parabola(method, 0.1); // x² at 3, gradient 6
    assert.ok(trainOnce(training) && trainOnce(training));
    return training.graph.value[0];
  };
  assert.equal(after("SGD"), 3 - 0.1 * 6 - 0.1 * (2 * (3 - 0.1 * 6)));
  assert.equal(after("momentum"), 2.4 - 0.1 * (0.9 * 6 + 2 * 2.4));
  assert.ok(Math.abs(after("Adam") - 2.8) < 1e-3); // 0.1 each time, whatever the gradient
});

test("what diverges stops before it, says where, and keeps the numbers", () => {
  const training = parabola("SGD", 1e200);
  assert.ok(!trainOnce(training));
  assert.equal(training.graph.value[0], 3);
  assert.equal(lossOf(training), 9);
  assert.equal(training.taken, 0);
  assert.deepEqual(training.problem, { step: 1, loss: Infinity, rate: 1e200, node: 0, gradient: 6 });
});

test("where no leaf moves any more, training stops", () => {
  const training = parabola("SGD", 0.5); // at once in the minimum
  assert.ok(trainOnce(training));
  assert.ok(!trainOnce(training));
  assert.equal(training.problem.loss, 0);
});

test("the way keeps its beginning, its end and not more than it may", () => {
  const training = parabola("SGD", 1e-5);
  for (let k = 0; k < 3001; k++) trainOnce(training);
  keepNow(training);
  const steps = training.way.map(({ step }) => step);
  assert.equal(steps[0], 0);
  assert.equal(steps.at(-1), 3001);
  assert.ok(steps.length <= 401 && steps.length > 150, steps.length);
  assert.ok(steps.every((step, k) => k === 0 || step > steps[k - 1]));
  goBackTo(training, 3);
  assert.equal(training.taken, steps[3]);
  assert.equal(lossOf(training), training.way[3].loss);
});

test("a change by hand cuts off what came later", () => {
  const training = parabola("SGD", 0.1);
  for (let k = 0; k < 5; k++) trainOnce(training);
  goBackTo(training, 2);
  training.graph.value[0] = 7;
  amend(training, 2);
  assert.equal(training.way.length, 3);
  assert.equal(training.way[2].numbers[0], 7);
});

test("a recording is the way, and its losses are found without touching the numbers", () => {
  const graph = makeGraph(network({ samples: 4 }), OPERATIONS);
  const training = makeTraining(graph, findRoles(graph).parameters);
  const now = Array.from(graph.value);
  follow(training, graph.recording);
  assert.deepEqual(training.way.map(({ step }) => step), [0, 10, 20, 30]);
  assert.ok(!findLosses(training, 0)); // no time: one of them at least
  assert.ok(findLosses(training, Infinity));
  assert.deepEqual(Array.from(graph.value), now);
  goBackTo(training, 2);
  assert.equal(training.way[2].loss, lossOf(training));
  assert.equal(graph.value[training.parameters[0]], graph.recording.steps[2][0]);
  assert.ok(trainOnce(training) || training.problem);
});

test("a new start: the same numbers for a seed, none larger than before, zeros where all were zero", () => {
  const training = learner();
  const start = training.way[0].numbers;
  const drawn = (seed) => (restart(training, start, seed), Array.from(training.way[0].numbers));
  assert.deepEqual(drawn(5), drawn(5));
  assert.notDeepEqual(drawn(5), drawn(6));
  const largest = Math.max(...start.map(Math.abs));
  assert.ok(drawn(7).every((x) => Math.abs(x) <= largest));
  const g = builder(),
    w = g.leaf(2, "w"),
    b = g.leaf(0, "b");
  const line = makeTraining(makeGraph(g.done(g.make("add", [w, b])), OPERATIONS), [w, b]);
  restart(line, line.way[0].numbers, 1);
  assert.notEqual(line.graph.value[w], 2);
  assert.equal(line.graph.value[b], 0);
});

test("the suggested rate makes the loss smaller and moves nothing", () => {
  const training = learner();
  const before = Array.from(training.graph.value);
  const rate = suggestRate(training);
  assert.deepEqual(Array.from(training.graph.value), before);
  const first = lossOf(training);
  training.rate = rate;
  for (let k = 0; k < 5; k++) assert.ok(trainOnce(training));
  assert.ok(lossOf(training) < first);
  assert.equal(suggestRate(parabola("SGD")), 0.3); // 1 jumps to the other side, where the loss is the same
});
