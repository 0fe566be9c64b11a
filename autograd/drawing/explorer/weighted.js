// The neurons in the graph of one sample: weighted sums and the functions that follow them, whoever wrote them.
//
// Entry point: `findNetwork`.

import { isLeaf } from "./engine.js";
import { lowered } from "./roles.js";
import { nameOf } from "./steps.js";

const SUMS = new Set(["add", "sum"]);
const OF_LOSSES = new Set(["log", "log1p", "exp", "expm1", "negate", "absolute", "sqrt"]); // functions, but no activations

// {inputs, neurons, layers, links}: a neuron is {nodes, output, weights, name, level}, an input {output, name, level: 0};
// `layers` lists both by level; a link leads from one to another with `weight`, the leaf.
export function findNetwork(graph, parameters, nodes) {
  const isWeight = new Set(parameters),
    neuronOf = new Map(); // a node -> the neuron that it is part of
  for (const i of nodes) if (!isLeaf(graph, i)) absorb(graph, i, isWeight, neuronOf);
  const neurons = [...new Set(neuronOf.values())].sort((a, b) => a.output - b.output); // each after those it reads
  const sources = carriers(graph, nodes, isWeight, neuronOf);
  const inputs = new Map(),
    links = [];
  for (const neuron of neurons) {
    for (const { weight, from } of neuron.terms) {
      let source = sources.get(from);
      if (typeof source !== "object") {
        const leaf = source ?? from;
        if (!inputs.has(leaf)) inputs.set(leaf, { output: leaf, nodes: [leaf], weights: [], level: 0, name: graph.names[leaf] || "" });
        source = inputs.get(leaf);
      }
      if (source !== neuron) links.push({ from: source, to: neuron, weight });
    }
    neuron.level = 1 + Math.max(0, ...links.filter(({ to }) => to === neuron).map(({ from }) => from.level));
    neuron.weights = [...neuron.terms.map(({ weight }) => weight), ...neuron.biases];
    neuron.name = calledAfter(graph, neuron);
  }
  [...inputs.values()].forEach((input, k) => (input.name ||= `x${lowered(k + 1)}`));
  const layers = [[...inputs.values()]];
  for (const neuron of neurons) (layers[neuron.level] ??= []).push(neuron);
  return { inputs: layers[0], neurons, layers: Array.from(layers, (layer) => layer ?? []), links };
}

// Where a node begins a neuron, adds up its terms, or is a function of its sum.
function absorb(graph, i, isWeight, neuronOf) {
  const from = Array.from(graph.parents.subarray(graph.start[i], graph.start[i + 1]));
  const { name } = graph.operation[i];
  if (name === "multiply" && isWeight.has(from[0]) !== isWeight.has(from[1])) {
    const [weight, other] = isWeight.has(from[0]) ? from : [from[1], from[0]];
    neuronOf.set(i, { nodes: [i], output: i, terms: [{ weight, from: other }], biases: [], isSum: true });
  } else if (SUMS.has(name)) {
    const inside = [...new Set(from.map((p) => neuronOf.get(p)).filter((neuron) => neuron?.isSum))];
    const isPart = (p) => isWeight.has(p) || neuronOf.get(p)?.isSum || (isLeaf(graph, p) && graph.value[p] === 0);
    if (!inside.length || !from.every(isPart)) return;
    const [first, ...others] = inside;
    for (const other of others) {
      first.terms.push(...other.terms);
      first.biases.push(...other.biases);
      first.nodes.push(...other.nodes);
      for (const node of other.nodes) neuronOf.set(node, first);
    }
    first.biases.push(...from.filter((p) => isWeight.has(p)));
    first.nodes.push(i);
    first.output = i;
    neuronOf.set(i, first);
  } else if (from.length === 1 && neuronOf.get(from[0])?.output === from[0] && !OF_LOSSES.has(name)) {
    const neuron = neuronOf.get(from[0]);
    Object.assign(neuron, { output: i, isSum: false });
    neuron.nodes.push(i);
    neuronOf.set(i, neuron);
  }
}

// For each node the neuron, or the leaf, that it is computed from; nothing where there are several.
function carriers({ start, parents, constant, operation }, nodes, isWeight, neuronOf) {
  const found = new Map();
  for (const i of nodes) {
    if (neuronOf.has(i)) found.set(i, neuronOf.get(i));
    else if (operation[i] === null) found.set(i, i);
    else {
      const all = Array.from(parents.subarray(start[i], start[i + 1])).filter((p) => !constant[p]);
      const one = all.length ? found.get(all[0]) ?? all[0] : undefined;
      if (all.length && all.every((p) => (found.get(p) ?? p) === one) && !isWeight.has(one)) found.set(i, one);
    }
  }
  return found;
}

// What the names of all its weights begin with, else the name of its result.
function calledAfter(graph, { terms, output }) {
  const stems = new Set(terms.map(({ weight }) => (graph.names[weight] ?? "").replace(/(\.[^.[\]]+)?(\[[^[\]]*\])?$/, "")));
  const [stem] = stems;
  return stems.size === 1 && stem ? stem : nameOf(graph, output);
}
