// Gradient descent in the page, on the numbers of the graph itself: what a step does, what is kept of the way, and where
// to start anew. The two passes are those of engine.js; the updates are those of nn/optimizers.py.
//
// Entry points: `makeTraining`, `trainOnce`; `follow` for what Python recorded; `goBackTo`, `restart`; `suggestRate`.

import { backward, forward } from "./engine.js";

const MOST_KEPT = 400; // states of the way; fewer where there are very many parameters
const MOST_NUMBERS = 4e6;
const FIRST_STEPS = 10; // that a rate has to make well
const RATES = [3, 1, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 3e-4, 1e-4, 1e-5];
const LARGEST_RATE = 0.3; // that is suggested
const USUAL = 0.1; // where none of them is better than another
const MOMENTUM = 0.9,
  BETA1 = 0.9,
  BETA2 = 0.999,
  EPSILON = 1e-8;

// The way has one entry for each state that is kept, {step, loss, numbers}; `recorded` of them are from Python.
export function makeTraining(graph, parameters, method = "SGD", rate = 0.1) {
  const training = { graph, parameters, method, rate, way: [], every: 1 };
  forget(training);
  return training;
}

// The optimizer remembers nothing, and the way begins here.
export function forget(training) {
  const { parameters } = training;
  Object.assign(training, { taken: 0, way: [], every: 1, recorded: 0, problem: null });
  forgetMoves(training);
  training.most = Math.max(16, Math.min(MOST_KEPT, Math.floor(MOST_NUMBERS / Math.max(1, parameters.length))));
  keep(training);
}

// Velocities and averages are zero again.
export function forgetMoves(training) {
  const n = training.parameters.length;
  Object.assign(training, { moves: 0, first: new Float64Array(n), second: new Float64Array(n) });
}

export function lossOf({ graph }) {
  return graph.value[graph.output];
}

// One step: move the parameters, then both passes. False, with a `problem`, where nothing moved, and where the loss is no
// number any more: then the step is taken back.
export function trainOnce(training) {
  const { graph, parameters } = training;
  const before = Float64Array.from(parameters, (i) => graph.value[i]);
  const loss = lossOf(training);
  descend(training);
  if (parameters.every((i, k) => graph.value[i] === before[k])) {
    training.problem = { step: training.taken + 1, loss };
    return false;
  }
  forward(graph);
  if (!Number.isFinite(lossOf(training)) || parameters.some((i) => !Number.isFinite(graph.value[i]))) {
    training.problem = howItDiverged(training);
    put(training, before);
    return false;
  }
  backward(graph);
  training.taken++;
  if (training.taken % training.every === 0) keep(training);
  return true;
}

function descend(training) {
  const { graph, parameters, method, rate, first, second } = training;
  const { value, gradient } = graph;
  training.moves++;
  const bias1 = 1 - BETA1 ** training.moves,
    bias2 = 1 - BETA2 ** training.moves;
  for (let k = 0; k < parameters.length; k++) {
    const i = parameters[k],
      g = gradient[i];
    if (method === "Adam") {
      first[k] = BETA1 * first[k] + (1 - BETA1) * g;
      second[k] = BETA2 * second[k] + (1 - BETA2) * g * g;
      value[i] -= rate * (first[k] / bias1 / (Math.sqrt(second[k] / bias2) + EPSILON));
    } else if (method === "momentum") {
      first[k] = MOMENTUM * first[k] + g;
      value[i] -= rate * first[k];
    } else value[i] -= rate * g;
  }
}

function howItDiverged(training) {
  const { graph, parameters, taken, rate } = training;
  const isBroken = parameters.some((i) => !Number.isFinite(graph.value[i]));
  const loss = isBroken ? NaN : lossOf(training);
  let most = parameters[0];
  for (const i of parameters) if (!(Math.abs(graph.gradient[i]) <= Math.abs(graph.gradient[most]))) most = i;
  return { step: taken + 1, loss, rate, node: most, gradient: graph.gradient[most] };
}

// --- the way -----------------------------------------------------------------------------------------------------------

function stateOf(training) {
  const { graph, parameters, taken } = training;
  return { step: taken, loss: lossOf(training), numbers: Float64Array.from(parameters, (i) => graph.value[i]) };
}

// With too many states on the way every second one is dropped, and from then on only every second one is kept.
function keep(training) {
  const { way, recorded } = training;
  way.push(stateOf(training));
  if (way.length - recorded <= training.most) return;
  training.every *= 2;
  training.way = way.filter(({ step }, k) => k < recorded || step % training.every === 0);
}

// The state that is shown is on the way, whatever is dropped.
export function keepNow(training) {
  if (training.way[training.way.length - 1].step !== training.taken) training.way.push(stateOf(training));
}

// Somebody changed a number by hand: this is the state now, and what came after it never happened.
export function amend(training, place) {
  training.way.length = place + 1;
  training.way[place] = stateOf(training);
  training.recorded = Math.min(training.recorded, place + 1);
  forgetMoves(training);
}

// What Python recorded, as if the page had taken these steps.
export function follow(training, recording) {
  const { graph } = training;
  const { nodes, steps, labels } = recording;
  const column = new Map(nodes.map((node, j) => [node, j]));
  training.way = steps.map((row, k) => ({
    step: Number.isFinite(Number(labels[k])) ? Number(labels[k]) : k,
    loss: NaN, // found by `findLosses`
    numbers: Float64Array.from(training.parameters, (i) => (column.has(i) ? row[column.get(i)] : graph.value[i])),
  }));
  training.recorded = training.way.length;
}

// The losses of what was recorded, as many as there is time for. The numbers stay as they are.
export function findLosses(training, deadline) {
  const { way, taken, graph, parameters } = training;
  let k = way.findIndex(({ loss }) => Number.isNaN(loss));
  if (k < 0) return true;
  const now = stateOf(training).numbers;
  do {
    parameters.forEach((i, j) => (graph.value[i] = way[k].numbers[j]));
    forward(graph);
    way[k].loss = Number.isFinite(lossOf(training)) ? lossOf(training) : Infinity;
  } while (++k < way.length && performance.now() < deadline);
  put(training, now);
  training.taken = taken;
  return k === way.length;
}

function put({ graph, parameters }, numbers) {
  parameters.forEach((i, k) => (graph.value[i] = numbers[k]));
  forward(graph);
  backward(graph);
}

// The state at one place of the way. Training goes on from there.
export function goBackTo(training, place) {
  const { step, numbers } = training.way[place];
  put(training, numbers);
  Object.assign(training, { taken: step, problem: null });
  forgetMoves(training);
}

// --- where to start ------------------------------------------------------------------------------------------------------

// New numbers for the parameters, drawn like `start`, those they started with: each from ±the largest among its like. All
// zeros, as biases are, stay.
export function restart(training, start, seed) {
  const random = generator(seed),
    like = new Map(),
    { graph, parameters } = training;
  const stems = parameters.map((i) => stemOf(graph.names[i] ?? ""));
  stems.forEach((stem, k) => like.set(stem, Math.max(like.get(stem) ?? 0, Math.abs(start[k]))));
  const isAllZero = [...like.values()].every((size) => size === 0);
  const size = (k) => (isAllZero ? 1 : like.get(stems[k]));
  put(training, parameters.map((_, k) => (size(k) ? (2 * random() - 1) * size(k) : 0)));
  forget(training);
}

// `layers[0].neurons[3].weights[1]` is like `layers[0].neurons[5].weights[0]`.
function stemOf(name) {
  const layer = /^[^[]*\[[^\]]*\](?=.*\[)/.exec(name)?.[0] ?? "";
  return layer + name.slice(layer.length).replace(/\[[^\]]*\]|\d+/g, "");
}

// Numbers between 0 and 1 that the seed determines (mulberry32).
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x = (x + Math.imul(x ^ (x >>> 7), x | 61)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

// The largest rate, of those that are no leaps, whose first steps make the loss smaller, and none of them larger. The numbers stay as they are.
export function suggestRate(training) {
  const { graph, parameters } = training;
  const before = Float64Array.from(parameters, (i) => graph.value[i]);
  const trial = { ...training, method: "SGD" };
  const isGood = (rate) => {
    trial.rate = rate;
    const first = lossOf(trial);
    for (let k = 0; k < FIRST_STEPS; k++) {
      const loss = lossOf(trial);
      descend(trial);
      forward(graph);
      if (!(lossOf(trial) <= loss)) return false;
      backward(graph);
    }
    return lossOf(trial) < first;
  };
  const found = RATES.filter((rate) => rate <= LARGEST_RATE).find((rate) => {
    const good = isGood(rate);
    put(training, before);
    return good;
  });
  return found ?? USUAL;
}

export function ratesToChoose() {
  return RATES;
}
