// Questions about the step that comes next, and what an answer tells: right, or which of the usual mistakes it is.
//
// Entry points: `questionsAt`, `judge`.

import { backward, contribution } from "./engine.js";
import { inBrackets, short } from "./numbers.js";
import { expression, localDerivative, nameOf, stepAt } from "./steps.js";

const RIGHT_WITHIN = 0.01; // an answer that differs by so little of the number is right
const MOST_ASKED = 3; // questions about one step

// What step s will show: [{node, child, kind: "value" | "gradient", name, text, before, answer, mistakes, line}].
export function questionsAt(graph, steps, s) {
  const { phase, node } = stepAt(steps, s);
  if (phase === "forward") return graph.operation[node].forward ? [aboutValue(graph, node)] : [];
  if (phase === "seed") return [aboutSeed(graph)];
  return phase === "backward" ? aboutGradients(graph, node) : [];
}

// {isRight, words}; `number` is what was answered.
export function judge(question, number) {
  const { answer, mistakes, name, line } = question;
  if (areNear(number, answer)) return { isRight: true, words: `Right: ${name} = ${short(answer)}.` };
  const mistake = mistakes.find((each) => areNear(number, each.number));
  return { isRight: false, words: mistake ? mistake.words : `Not ${short(number)}.`, line };
}

function areNear(x, y) {
  const isRounded = y !== 0 && Number(y.toPrecision(2)) === x; // two digits are enough
  return Object.is(x, y) || Math.abs(x - y) <= Math.max(RIGHT_WITHIN * Math.abs(y), 1e-9) || isRounded;
}

function question(parts) {
  const isTelling = ({ number }) => Number.isFinite(number) && !areNear(number, parts.answer);
  return { child: -1, before: null, ...parts, mistakes: parts.mistakes.filter(isTelling) };
}

function aboutValue(graph, i) {
  const numbers = Array.from(graph.parents.subarray(graph.start[i], graph.start[i + 1]), (p) => graph.value[p]);
  const [a, b] = numbers,
    { symbol } = graph.operation[i],
    answer = graph.value[i];
  const mistakes = [{ number: -answer, words: "The size is right, the sign is not." }];
  if (numbers.length === 2) {
    for (const [sign, number] of [["+", a + b], ["−", a - b], ["−", b - a], ["×", a * b], ["÷", a / b]])
      mistakes.push({ number, words: `That is ${short(a)} and ${short(b)} with ${sign}; the box says ${symbol}.` });
  }
  if (numbers.length === 1) mistakes.push({ number: a, words: `That is the number that goes in; ${symbol} is to be taken of it.` });
  const name = nameOf(graph, i);
  const written = expression(graph, i);
  return question({ node: i, kind: "value", name, answer, mistakes, text: `${name} = ${written}. What number is it?`, line: `${name} = ${written} = ${short(answer)}` });
}

function aboutSeed(graph) {
  const name = nameOf(graph, graph.output);
  const mistakes = [
    { number: 0, words: `0 would say that ${name} does not change when ${name} changes.` },
    { number: graph.value[graph.output], words: `That is its value. How fast does ${name} change when ${name} changes?` },
  ];
  return question({ node: graph.output, kind: "gradient", name: `${name}.grad`, answer: 1, mistakes, text: `The way back begins. What is ${name}.grad, that is ∂${name}/∂${name}?`, line: `∂${name}/∂${name} = 1` });
}

function aboutGradients(graph, i) {
  const before = new Float64Array(graph.n);
  backward(graph, before, i + 1);
  const flows = [];
  for (let e = graph.start[i]; e < graph.start[i + 1]; e++)
    if (!graph.constant[graph.parents[e]] && !graph.flat[e]) flows.push(e);
  const parents = [...new Set(flows.map((e) => graph.parents[e]))].slice(0, MOST_ASKED);
  return parents.map((p) => aboutGradient(graph, i, p, flows.filter((e) => graph.parents[e] === p), before[p]));
}

function aboutGradient(graph, i, p, edges, before) {
  const child = nameOf(graph, i),
    parent = nameOf(graph, p),
    upstream = graph.gradient[i];
  const shares = edges.map((e) => contribution(graph, e)),
    local = sumUp(edges.map((e) => graph.local[e]));
  const answer = before + sumUp(shares);
  const shareText = edges.map((e) => `${short(graph.local[e])} × ${inBrackets(upstream)}`).join(" + ");
  const line = `${parent}.grad = ${before ? `${short(before)} + ` : ""}${shareText} = ${short(answer)}, as ∂${child}/∂${parent} = ${localDerivative(graph, edges[0])}`;
  const had = before ? ` ${parent}.grad is ${short(before)} so far.` : "";
  return question({
    node: p,
    child: i,
    kind: "gradient",
    name: `${parent}.grad`,
    before: before || null,
    answer,
    mistakes: mistakesIn({ graph, i, p, edges, before, shares, local, upstream, child, parent, answer }),
    text: `${child} = ${expression(graph, i)}, and ${child}.grad is ${short(upstream)}.${had} What is ${parent}.grad then?`,
    line,
  });
}

// Each mistake with what to say to it, the likeliest first.
function mistakesIn({ graph, i, p, edges, before, shares, local, upstream, child, parent, answer }) {
  const share = sumUp(shares);
  const onlyLocal = `That is the local derivative ∂${child}/∂${parent} alone. Multiply it by ${child}.grad, ${short(upstream)}.`;
  const made = [
    { number: upstream === 1 ? NaN : before + local, words: onlyLocal },
    { number: upstream === 1 ? NaN : local, words: before ? `${onlyLocal} Then add it to ${short(before)}.` : onlyLocal },
    { number: share, words: `That is what comes along this edge. ${parent} is used more than once: add it to the ${short(before)} that is there.` },
    { number: -answer, words: "The size is right, the sign is not." },
    { number: before - share, words: "What comes along this edge has the other sign." },
    { number: before + upstream, words: `That hands ${child}.grad on as it is. Multiply it by the local derivative ∂${child}/∂${parent}.` },
    { number: before, words: `That is what ${parent} had before. Add what comes along this edge.` },
    { number: before + local + upstream, words: `The local derivative and ${child}.grad are multiplied, not added.` },
  ];
  const often = `${parent} goes into ${child} ${edges.length} times, and each time a share comes back: add them all.`;
  if (edges.length > 1) made.unshift({ number: before + shares[0], words: often }, { number: shares[0], words: often });
  for (let e = graph.start[i]; e < graph.start[i + 1]; e++) {
    const other = graph.parents[e];
    if (other !== p) made.push({ number: before + graph.local[e] * upstream, words: `That is what goes to ${nameOf(graph, other)}. You need the derivative by ${parent}.` });
  }
  const x = graph.value[p];
  if (["tanh", "sigmoid"].includes(graph.operation[i].name))
    made.push({ number: before + (graph.operation[i].name === "tanh" ? 1 - x * x : x * (1 - x)) * upstream, words: `Nearly: the derivative of ${graph.operation[i].name} is written with the result, ${child}, not with ${parent}.` });
  return made;
}

function sumUp(numbers) {
  return numbers.reduce((sum, x) => sum + x, 0);
}
