// Formulas as MathML: the trees that Python wrote, with the names of nodes for their letters.
//
// Entry points: `definition`, `derivative`, `chainRule`. What stands for a node has `data-of`.

import { contribution } from "./engine.js";
import { inBrackets, short, typeset } from "./numbers.js";
import { nameOf } from "./steps.js";

const MATHML = "http://www.w3.org/1998/Math/MathML";

// An element; what is a string becomes text, never markup.
function mathElement(tag, ...children) {
  const made = document.createElementNS(MATHML, tag);
  made.append(...children);
  return made;
}

function math(...children) {
  const made = mathElement("math", ...children);
  made.setAttribute("displaystyle", "true"); // fractions as large as the rest
  return made;
}

function sign(text) {
  return mathElement("mo", text);
}

// The name of a node, or the number of a constant.
function ofNode(graph, i) {
  if (graph.constant[i] && !graph.names[i]) return mathElement("mn", inBrackets(graph.value[i]));
  const name = mathElement("mi", nameOf(graph, i));
  name.dataset.of = i;
  return name;
}

// ∂child/∂parent
function partial(graph, of, by) {
  const half = (i) => mathElement("mrow", sign("∂"), ofNode(graph, i));
  return mathElement("mfrac", half(of), half(by));
}

// ∂child/∂parent = formula = number, of edge e.
export function derivative(graph, e) {
  const i = graph.child[e],
    number = short(graph.local[e]);
  const made = math(partial(graph, i, graph.parents[e]), sign("="));
  const formula = formulaOf(graph, e);
  if (formula && formula.textContent !== number) made.append(formula, sign("="));
  made.append(mathElement("mn", number));
  return made;
}

function formulaOf(graph, e) {
  const i = graph.child[e],
    { arity, name, typeset: trees } = graph.operation[i],
    start = graph.start[i];
  if (name === "power_of_constant" && e === start) return powerRule(graph, graph.parents[e], graph.value[graph.parents[e + 1]]);
  const tree = trees?.[arity === null ? 0 : e - start];
  if (!tree || tree[0] === "mtext") return null;
  const meaning = new Map([["y", i], ["x", graph.parents[e]]]);
  for (let j = 0; j < (arity ?? 0); j++) meaning.set("abcdefgh"[j], graph.parents[start + j]);
  return grown(tree, (letter) => (meaning.has(letter) ? ofNode(graph, meaning.get(letter)) : null));
}

function grown([tag, ...inside], nodeOf) {
  if (tag === "mi") return nodeOf(inside[0]) ?? mathElement("mi", inside[0]);
  return mathElement(tag, ...inside.map((part) => (typeof part === "string" ? part : grown(part, nodeOf))));
}

// n·x^(n − 1) with the number n put in.
function powerRule(graph, base, n) {
  const x = ofNode(graph, base);
  if (n === 0 || n === 1) return null;
  const power = n === 2 ? x : mathElement("msup", x, mathElement("mn", short(n - 1)));
  return mathElement("mrow", mathElement("mn", short(n)), sign("·"), power);
}

// child = operation of its parents = number
export function definition(graph, i) {
  const { symbol } = graph.operation[i],
    all = Array.from(graph.parents.subarray(graph.start[i], graph.start[i + 1]));
  const parts = (all.length > 6 ? [...all.slice(0, 3), -1, all[all.length - 1]] : all).map((p) =>
    p < 0 ? sign("…") : ofNode(graph, p),
  );
  return math(ofNode(graph, i), sign("="), operationOn(symbol, parts), sign("="), mathElement("mn", short(graph.value[i])));
}

function operationOn(symbol, parts) {
  const [a, b] = parts;
  if (symbol === "/" && b) return mathElement("mfrac", a, b);
  if (symbol === "**" && b) return mathElement("msup", a, b);
  if (symbol === "exp") return mathElement("msup", mathElement("mi", "e"), a);
  if (symbol === "sqrt") return mathElement("msqrt", a);
  if (symbol === "-" && !b) return mathElement("mrow", sign("−"), a);
  if (parts.length === 2 && !/^[\p{L}_]/u.test(symbol)) return mathElement("mrow", a, sign(symbol === "*" ? "·" : typeset(symbol)), b);
  const listed = parts.flatMap((part, k) => (k ? [sign(","), part] : [part]));
  return mathElement("mrow", mathElement("mi", symbol), sign("("), ...listed, sign(")"));
}

// What one edge brings to the gradient of the parent: ∂output/∂child · ∂child/∂parent, in letters and in numbers.
export function chainRule(graph, e) {
  const { output } = graph,
    i = graph.child[e],
    p = graph.parents[e];
  const number = (x) => mathElement("mn", x);
  const shareOfIt = number(short(contribution(graph, e)));
  if (i === output) return math(partial(graph, i, p), sign("="), formulaOf(graph, e) ?? "", sign("="), shareOfIt);
  const factors = [number(short(graph.gradient[i])), sign("·"), number(inBrackets(graph.local[e]))];
  return math(partial(graph, output, i), sign("·"), partial(graph, i, p), sign("="), ...factors, sign("="), shareOfIt);
}
