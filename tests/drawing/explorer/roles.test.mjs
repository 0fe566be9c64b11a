import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGraph } from "../../../autograd/drawing/explorer/engine.js";
import { cheapestClass, makeGrid, makeProbe, makeProbes, rightOnes } from "../../../autograd/drawing/explorer/probe.js";
import { findRoles } from "../../../autograd/drawing/explorer/roles.js";
import { findNetwork } from "../../../autograd/drawing/explorer/weighted.js";
import { OPERATIONS, builder, network, small } from "./fixtures.mjs";

const made = (json) => makeGraph(json, OPERATIONS);

// Samples (w·x + b - y)² of plain leaves: x is a leaf, y a constant, and w is taken times 2.
function regression(ys) {
  const json = network({ samples: ys.length, inputs: 1, hidden: [1] });
  const graph = made(json);
  const constants = graph.groups.filter(({ kind }) => kind === "sample").map(({ nodes }) => nodes.find((i) => graph.constant[i]));
  constants.forEach((i, k) => (json.data[i] = ys[k]));
  return made(json);
}

test("parameters are the leaves that several samples use", () => {
  const graph = made(network({ samples: 5, inputs: 2, hidden: [3, 1] }));
  const { parameters } = findRoles(graph);
  assert.deepEqual(parameters, graph.recording.nodes);
});

test("parameters that Python names are those, and without samples every leaf is one", () => {
  assert.deepEqual(findRoles(made({ ...network({ samples: 4 }), parameters: [2, 3] })).parameters, [2, 3]);
  const roles = findRoles(made(small()));
  assert.equal(roles.parameters.length, 3);
  assert.deepEqual([roles.samples.length, roles.features, roles.classes], [0, 0, 0]);
  assert.deepEqual(findRoles(made({ ...small(), frozen: [0] })).parameters.length, 2);
});

test("inputs, targets, the prediction and the classes of a network's samples", () => {
  const graph = made(network({ samples: 6, inputs: 2, hidden: [3, 1] }));
  const { samples, features, targets, classes } = findRoles(graph);
  assert.deepEqual([samples.length, features, targets, classes], [6, 2, 1, 2]);
  samples.forEach(({ y, kind, predictions, terms: [term] }, k) => {
    assert.equal(graph.value[y[0][0]], k % 2 ? 1 : -1);
    assert.equal(kind, k % 2);
    assert.equal(graph.operation[predictions[0]].name, "tanh");
    assert.equal(graph.operation[term].name, "multiply");
  });
});

test("features are called as all their leaves are, else x₁, x₂, …", () => {
  const json = network({ samples: 4, inputs: 2, hidden: [3, 1] });
  const before = findRoles(made(json));
  assert.deepEqual(before.names, ["x₁", "x₂"]); // in the first sample alone they are called x0 and x1
  for (const { x } of before.samples) json.names[x[1][0]] = "width";
  assert.deepEqual(findRoles(made(json)).names, ["x₁", "width"]);
});

test("many targets are numbers, not classes", () => {
  const { features, targets, classes } = findRoles(regression([0.1, 0.5, 0.2, 0.9, 0.3]));
  assert.deepEqual([features, targets, classes], [1, 1, 0]);
});

// (v_k·tanh(w·x) - y_k)² for two outputs, each in a term of its own.
function twoOutputs() {
  const g = builder();
  const [w, v1, v2] = [g.leaf(0.5, "w"), g.leaf(-1, "v1"), g.leaf(2, "v2")];
  const stack = g.group("terms", "stack");
  const losses = [1, 2, 3, 4].flatMap((x) => {
    const hidden = g.make("tanh", [g.make("multiply", [w, g.leaf(x)])]);
    return [v1, v2].map((v, k) => {
      const term = g.group(`term ${k}`, "sample", stack);
      const error = g.make("subtract", [g.make("multiply", [v, hidden], "", term), g.constant(x * (k + 1) + 5, term)], "", term);
      return g.make("multiply", [error, error], "", term);
    });
  });
  return made(g.done(g.make("sum", losses, "loss")));
}

test("the outputs of one network are one sample", () => {
  const graph = twoOutputs();
  const { samples, features, targets, parameters } = findRoles(graph);
  assert.deepEqual([samples.length, features, targets], [4, 1, 2]);
  assert.deepEqual(parameters.map((i) => graph.names[i]), ["w", "v1", "v2"]);
  samples.forEach(({ x, terms, label }, k) => {
    assert.equal(graph.value[x[0][0]], k + 1);
    assert.equal(terms.length, 2);
    assert.equal(label, `sample ${k + 1}`);
  });
  const probe = makeProbe(graph, samples[0]);
  probe.load();
  assert.equal(probe.at([1]).cost, samples[0].terms.reduce((sum, i) => sum + graph.value[i], 0));
});

test("an input that comes again is no target", () => {
  const g = builder();
  const [a, b] = [g.leaf(2, "a"), g.leaf(3, "b")];
  const stack = g.group("terms", "stack");
  const losses = [1, 2, 3, 4].map((x) => {
    const term = g.group(`term ${x}`, "sample", stack);
    const sum = g.make("add", [g.make("multiply", [a, g.constant(x, term)], "", term), b], "", term);
    return g.make("multiply", [sum, g.constant(x, term)], "", term); // (a·x + b)·x
  });
  const { samples, features, targets } = findRoles(made(g.done(g.make("sum", losses, "loss"))));
  assert.deepEqual([samples[0].x[0].length, features, targets], [2, 1, 0]);
});

test("a probe computes what the graph would for other inputs", () => {
  const graph = made(network({ samples: 4, inputs: 2, hidden: [3, 1] }));
  const { samples } = findRoles(graph);
  const probe = makeProbe(graph, samples[0]);
  probe.load();
  const other = samples[2];
  const inputs = other.x.map(([leaf]) => graph.value[leaf]);
  const part = probe.at(inputs);
  assert.equal(part.value[part.predictions[0]], graph.value[other.predictions[0]]);
  assert.equal(part.cost, graph.value[other.terms[0]]); // both are of class -1
});

test("the class that costs least is the one whose target is nearest", () => {
  const graph = made(network({ samples: 4, inputs: 2, hidden: [3, 1] }));
  const { samples } = findRoles(graph);
  const probes = makeProbes(graph, { samples, classes: 2 });
  const right = rightOnes(graph, { samples, classes: 2 }, probes);
  for (const sample of samples) {
    const prediction = graph.value[sample.predictions[0]];
    const { best, margin } = cheapestClass(probes, sample.x.map(([leaf]) => graph.value[leaf]));
    assert.equal(best, prediction > 0 ? 1 : 0);
    assert.ok(Math.abs(margin - 4 * Math.abs(prediction)) < 1e-12); // (f + 1)² - (f - 1)²
    assert.equal(right[samples.indexOf(sample)], best === sample.kind);
  }
});

test("a grid asks once for each of its points, the coarse ones first", () => {
  const asked = [];
  const grid = makeGrid([], 8, [0, 0], [8, 8], (_, inputs) => inputs);
  assert.ok(grid.isDone());
  grid.begin();
  grid.work(Infinity, ({ row, column, stride }, [x, y]) => asked.push([column, row, stride, x, y]));
  assert.ok(grid.isDone());
  assert.equal(new Set(asked.map(([column, row]) => `${column} ${row}`)).size, 64);
  assert.equal(asked.length, 64);
  assert.ok(asked.every(([column, row, , x, y]) => x === column + 0.5 && y === 7 - row + 0.5));
  assert.ok(asked.slice(0, 4).every(([, , stride]) => stride === 4));
});

test("a network is found in the graph of a sample, without its groups", () => {
  const graph = made(network({ samples: 4, inputs: 3, hidden: [4, 2, 1] }));
  const roles = findRoles(graph);
  const { layers, links, neurons } = findNetwork({ ...graph, groups: [] }, roles.parameters, roles.samples[1].nodes);
  assert.deepEqual(layers.map((layer) => layer.length), [3, 4, 2, 1]);
  assert.equal(links.length, 3 * 4 + 4 * 2 + 2 * 1);
  assert.equal(new Set(links.map(({ weight }) => weight)).size, links.length);
  assert.ok(neurons.every(({ output }) => graph.operation[output].name === "tanh"));
  assert.equal(neurons[0].name, "layers[0].neurons[0]");
  assert.deepEqual(neurons.flatMap(({ weights }) => weights).sort((a, b) => a - b), roles.parameters);
});

test("where there are no weighted sums there are no neurons", () => {
  const graph = made(small());
  assert.equal(findNetwork(graph, [], Array.from({ length: graph.n }, (_, i) => i)).neurons.length, 0);
});
