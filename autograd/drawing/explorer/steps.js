// The steps of the player, and what each one says.
//
// Step 0: only the leaves have numbers. Then one step for each operation, forward; one that seeds the gradient of the
// output with 1; one for each operation backward, in which it hands its gradient to its parents.

import { contribution, isLeaf } from "./engine.js";
import { count, inBrackets, short, typeset } from "./numbers.js";

const NEVER = 0x7fffffff;

export function makeSteps(graph) {
  const forwardNodes = [],
    backwardNodes = [];
  for (let i = 0; i < graph.n; i++) if (!isLeaf(graph, i)) forwardNodes.push(i);
  for (const i of forwardNodes) if (graph.reaches[i]) backwardNodes.push(i);
  backwardNodes.reverse();
  const seed = forwardNodes.length + 1;
  // For each node the step at which its value is there, the one at which it sends, the one that brings the first share
  // of its gradient, and the one that brings the last.
  const valueAt = new Int32Array(graph.n),
    sendsAt = new Int32Array(graph.n).fill(NEVER);
  const gradientAt = new Int32Array(graph.n).fill(NEVER),
    completeAt = new Int32Array(graph.n);
  forwardNodes.forEach((node, k) => (valueAt[node] = k + 1));
  backwardNodes.forEach((node, k) => (sendsAt[node] = seed + 1 + k));
  gradientAt[graph.output] = completeAt[graph.output] = seed;
  graph.parents.forEach((p, e) => {
    const step = sendsAt[graph.child[e]];
    if (step === NEVER || graph.flat[e]) return;
    gradientAt[p] = Math.min(gradientAt[p], step);
    completeAt[p] = Math.max(completeAt[p], step);
  });
  return {
    forwardNodes,
    backwardNodes,
    seed,
    last: seed + backwardNodes.length,
    valueAt,
    sendsAt,
    gradientAt,
    completeAt,
  };
}

// What step s does: {phase: "start" | "forward" | "seed" | "backward", node}.
export function stepAt(steps, s) {
  if (s === 0) return { phase: "start", node: -1 };
  if (s < steps.seed) return { phase: "forward", node: steps.forwardNodes[s - 1] };
  if (s === steps.seed) return { phase: "seed", node: -1 };
  return { phase: "backward", node: steps.backwardNodes[s - steps.seed - 1] };
}

export function nameOf(graph, i) {
  const name = graph.names[i];
  if (name) return name;
  return graph.constant[i] ? short(graph.value[i]) : `v${graph.ordinal[i]}`;
}

const FEW = 12; // terms of a sum that are written out

// The operation as one writes it: "a * b", "tanh(x)".
export function expression(graph, i, written = (parent, k) => operand(graph, i, parent, k)) {
  const { symbol } = graph.operation[i];
  const all = graph.parents.subarray(graph.start[i], graph.start[i + 1]);
  const args = Array.from(all.length > FEW ? all.subarray(0, 3) : all, written);
  if (all.length > FEW) args.push("…", written(all[all.length - 1], all.length - 1));
  if (isWord(symbol) || args.length > 2 || (args.length === 1 && symbol !== "-"))
    return `${symbol}(${args.join(", ")})`;
  return args.length === 2 ? `${args[0]} ${typeset(symbol)} ${args[1]}` : `−${args[0]}`;
}

// A parent by its name; a constant is a number, in brackets behind an operator.
function operand(graph, i, parent, k) {
  const isNumber = graph.constant[parent] && !graph.names[parent];
  const isBehind = k > 0 && !isWord(graph.operation[i].symbol);
  return isNumber && isBehind ? inBrackets(graph.value[parent]) : nameOf(graph, parent);
}

function isWord(symbol) {
  return /^[\p{L}_]/u.test(symbol);
}

const VERBS = {
  add: (a, b) => `add ${a} and ${b}`,
  subtract: (a, b) => `take ${b} away from ${a}`,
  multiply: (a, b) => `multiply ${a} by ${b}`,
  divide: (a, b) => `divide ${a} by ${b}`,
  negate: (a) => `turn the sign of ${a}`,
  power: (a, b) => `raise ${a} to the power ${b}`,
  power_of_constant: (a, b) => `raise ${a} to the power ${b}`,
};

// The step in words: {title, sentence, rows}. `rows` are the lines of calculation, [left, right] each.
export function describe(graph, steps, s) {
  const { phase, node } = stepAt(steps, s);
  if (phase === "start") return describeStart(graph, steps);
  if (phase === "forward") return describeForward(graph, node);
  if (phase === "seed") return describeSeed(graph);
  return describeBackward(graph, steps, s, node);
}

function describeStart(graph, steps) {
  if (!steps.forwardNodes.length)
    return { title: "Start", sentence: "Nothing is computed here: each node is an input with its number.", rows: [] };
  const sentence = `The inputs have their numbers. ${count(steps.forwardNodes.length, "operation")} will turn them into ${nameOf(graph, graph.output)}.`;
  return { title: "Start", sentence, rows: [] };
}

function describeForward(graph, i) {
  const numbers = Array.from(graph.parents.subarray(graph.start[i], graph.start[i + 1]), (p) => graph.value[p]);
  const op = graph.operation[i],
    name = nameOf(graph, i),
    result = short(graph.value[i]);
  const verb = Object.hasOwn(VERBS, op.name)
    ? VERBS[op.name](...numbers.map(short))
    : numbers.length > 3
      ? `${op.symbol} of ${count(numbers.length, "number")}`
      : `${op.symbol} of ${numbers.map(short).join(", ")}`;
  const sentence = op.forward
    ? `${name}: ${verb}, that is ${result}.`
    : `${name} keeps the number ${result} from Python: this page does not know how “${op.symbol}” is computed.`;
  // −6 + 5.5, but 2 × (−3) and (−3) ** 2
  const needsBrackets = (k) =>
    numbers.length <= 2 && !isWord(op.symbol) && (k > 0 || numbers.length === 1 || op.symbol === "**");
  const numeric = expression(graph, i, (parent, k) => (needsBrackets(k) ? inBrackets : short)(graph.value[parent]));
  return { title: "Forward", sentence, rows: [[`${name} = ${expression(graph, i)}`, `= ${numeric} = ${result}`]] };
}

function describeSeed(graph) {
  const name = nameOf(graph, graph.output);
  const sentence = `The way back starts at ${name}: when ${name} changes, ${name} changes by just as much. Its gradient is 1.`;
  return { title: "Seed", sentence, rows: [[`∂${name}/∂${name} = 1`, `→ ${name}.grad = 1`]] };
}

function describeBackward(graph, steps, s, i) {
  const edges = range0(graph.start[i], graph.start[i + 1]).filter((e) => !graph.constant[graph.parents[e]] && !graph.flat[e]);
  const parents = [...new Set(edges.map((e) => graph.parents[e]))];
  const name = nameOf(graph, i),
    upstream = short(graph.gradient[i]);
  const whom =
    parents.length > 3 ? count(parents.length, "parent") : parents.map((p) => nameOf(graph, p)).join(" and ");
  const sentence =
    parents.length === 0
      ? `${name} was made of constants only: nobody needs its gradient ${upstream}.`
      : `${name} hands its gradient ${upstream} back to ${whom}, ${edges.length > 1 ? "each time multiplied" : "multiplied"} by the local derivative.`;
  const rows = [];
  for (const e of edges.length > FEW ? edges.slice(0, 3) : edges) {
    const p = graph.parents[e],
      parent = nameOf(graph, p),
      share = short(contribution(graph, e));
    const last = edges.findLast((other) => graph.parents[other] === p) === e; // x * x sends to x twice
    const soFar = short(graph.soFar[p]);
    // The only share needs no sum.
    const sum = steps.completeAt[p] > s ? `, so far ${soFar}` : soFar === share ? "" : `, complete: ${soFar}`;
    rows.push([
      `∂${name}/∂${parent} = ${localDerivative(graph, e)}`,
      `× ${name}.grad ${inBrackets(graph.gradient[i])} = ${share}`,
      `→ ${parent}.grad += ${share}${last ? sum : ""}`,
    ]);
  }
  if (edges.length > FEW) rows.push([`… and ${count(edges.length - 3, "edge")} more`]);
  return { title: "Backward", sentence, rows };
}

// "b = −3", or only the number where the rule is a number.
export function localDerivative(graph, e) {
  const i = graph.child[e];
  const op = graph.operation[i];
  const number = short(graph.local[e]);
  const formula = op.derivative_formulas?.[op.arity === null ? 0 : e - graph.start[i]];
  if (!formula || Number(formula) === graph.local[e]) return number;
  if (op.name === "power_of_constant") return `${ofPower(graph, graph.parents[e], graph.parents[e + 1])}${number}`;
  const meaning = { y: i, x: graph.parents[e] };
  for (let j = 0; j < (op.arity ?? 0); j++) meaning["abcdefgh"[j]] = graph.parents[graph.start[i] + j];
  const letter = /(?<![\p{L}\d_.])[a-hxy](?![\p{L}\d_(])/gu; // not one of a word, nor the name of a function
  const text = formula
    .replace(/-/g, "−")
    .replace(letter, (found) => (found in meaning ? nameOf(graph, meaning[found]) : found));
  if (text === number) return number; // the rule is the other factor, and that is a constant
  return text.includes(" where ") ? `${text}: here ${number}` : `${text} = ${number}`;
}

// The derivative of a power by its base: the general formula, n·x^(n−1), looks odd with n = 2 put in.
function ofPower(graph, base, exponent) {
  const n = graph.value[exponent],
    x = nameOf(graph, base);
  if (n === 0 || n === 1) return ""; // it is this number everywhere
  if (n === 2) return `2·${x} = `;
  const less = Number.isInteger(n)
    ? short(n - 1).replace(/./g, (c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? { "−": "⁻" }[c] ?? c)
    : `^(${short(n - 1)})`;
  return `${short(n)}·${x}${less} = `;
}

function range0(from, to) {
  return Array.from({ length: to - from }, (_, k) => from + k);
}

// The steps at which the player stops when it goes over visible boxes only: for a folded group the last of each pass.
export function stops(graph, steps, boxOf, isSingle) {
  const result = [0];
  const last = new Map();
  const visit = (nodes, offset) => {
    last.clear();
    nodes.forEach((node, k) => last.set(boxOf[node], k + offset));
    nodes.forEach(
      (node, k) => (isSingle(boxOf[node]) || last.get(boxOf[node]) === k + offset) && result.push(k + offset),
    );
  };
  visit(steps.forwardNodes, 1);
  result.push(steps.seed);
  visit(steps.backwardNodes, steps.seed + 1);
  return result;
}
