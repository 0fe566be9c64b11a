// The graph of one sample by itself, to ask what it would give for other inputs: for decision boundaries and curves.
//
// Entry points: `makeProbes`; `rightOnes` among the samples; `makeGrid`, which asks for a whole square of inputs, a little
// at a time.

import { forward } from "./engine.js";

// {load, at}: `load` takes over the numbers of the parameters as they are now; `at(inputs)` puts a number in the place of
// each feature and gives the graph of the sample, with its `cost` and, at the places `predictions`, the `value` of each.
export function makeProbe(graph, sample) {
  const place = new Map(),
    nodes = [];
  const add = (i) => place.has(i) || (place.set(i, nodes.length), nodes.push(i));
  for (const i of sample.nodes) {
    for (let e = graph.start[i]; e < graph.start[i + 1]; e++) add(graph.parents[e]);
    add(i);
  }
  const inside = new Set(sample.nodes);
  const start = [0],
    parents = [];
  for (const i of nodes) {
    if (inside.has(i)) for (let e = graph.start[i]; e < graph.start[i + 1]; e++) parents.push(place.get(graph.parents[e]));
    start.push(parents.length);
  }
  const part = {
    n: nodes.length,
    start: Int32Array.from(start),
    parents: Int32Array.from(parents),
    value: new Float64Array(nodes.length),
    local: new Float64Array(parents.length),
    operation: nodes.map((i) => (inside.has(i) ? graph.operation[i] : null)), // what is outside keeps its number
    terms: sample.terms.map((i) => place.get(i)),
    predictions: sample.predictions.map((i) => place.get(i)),
  };
  const features = sample.x.map((leaves) => leaves.map((i) => place.get(i)));
  return {
    load: () => nodes.forEach((i, k) => (part.value[k] = graph.value[i])),
    at: (inputs) => {
      features.forEach((leaves, f) => leaves.forEach((k) => (part.value[k] = inputs[f])));
      forward(part);
      part.cost = part.terms.reduce((sum, k) => sum + part.value[k], 0);
      return part;
    },
  };
}

// One for each class, with the targets of that class; one alone where there are none, none without samples.
export function makeProbes(graph, { samples, classes }) {
  const firsts = Array.from({ length: classes }, (_, c) => samples.find(({ kind }) => kind === c));
  return (classes ? firsts : samples.slice(0, 1)).map((sample) => makeProbe(graph, sample));
}

export function inputsOf(graph, { x }) {
  return x.map(([leaf]) => graph.value[leaf]);
}

// For each sample whether its own class would cost least, null where there are no classes.
export function rightOnes(graph, { samples, classes }, probes) {
  if (!classes) return null;
  probes.forEach((probe) => probe.load());
  return samples.map((sample) => cheapestClass(probes, inputsOf(graph, sample)).best === sample.kind);
}

const STRIDES = [4, 2, 1]; // coarse first

// A square of size × size points with corners `low` and `high`. `ask(probes, inputs)` gives what is kept of each point.
export function makeGrid(probes, size, low, high, ask) {
  const cells = [];
  for (const stride of STRIDES)
    for (let row = 0; row < size; row += stride)
      for (let column = 0; column < size; column += stride)
        if (stride === STRIDES[0] || row % (2 * stride) || column % (2 * stride)) cells.push({ row, column, stride });
  let next = cells.length;
  const between = (f, k) => low[f] + ((high[f] - low[f]) * (k + 0.5)) / size;
  return {
    size,
    begin: () => (probes.forEach((probe) => probe.load()), (next = 0)),
    isDone: () => next >= cells.length,
    // As many points as there is time for; `paint(cell, found)` for each.
    work: (deadline, paint) => {
      while (next < cells.length && performance.now() < deadline) {
        const cell = cells[next++];
        const { row, column } = cell;
        paint(cell, ask(probes, [between(0, column), between(1, size - 1 - row)]));
      }
    },
  };
}

// The class that would cost least for these inputs, and by how much less than the next one.
export function cheapestClass(probes, inputs) {
  let best = 0,
    least = Infinity,
    second = Infinity;
  probes.forEach((probe, k) => {
    const { cost } = probe.at(inputs);
    if (cost < least) ([second, least, best] = [least, cost, k]);
    else if (cost < second) second = cost;
  });
  return { best, margin: second - least };
}
