// The heat map: boxes and edges by the size of their gradients or values, on a logarithmic scale, so that gradients that
// vanish or explode are seen at a glance.
//
// Entry points: `makeScale`, `levelOf`, and `paint`, which follows the step.

import { isLeaf } from "./engine.js";
import { short } from "./numbers.js";
import { nameOf } from "./steps.js";
import { element } from "./svg.js";
import { numbersOf } from "./view.js";

const LEVELS = 9;
const LEAST_SPAN = 4,
  MOST_SPAN = 18; // powers of ten

// The scale of all gradients (or values) of the graph, whatever the step: {low, high, least, most, zeros, wild}; low
// and high are powers of ten, least and most nodes, or -1 where no number has a size.
export function makeScale(graph, kind) {
  const numbers = kind === "gradient" ? graph.gradient : graph.value;
  const scale = { low: -LEAST_SPAN, high: 0, least: -1, most: -1, zeros: 0, wild: 0 };
  for (let i = 0; i < graph.n; i++) {
    if (graph.constant[i] || (kind === "gradient" && !graph.reaches[i])) continue;
    const size = Math.abs(numbers[i]);
    if (size === 0) scale.zeros++;
    else if (!Number.isFinite(size)) scale.wild++;
    else {
      if (scale.least < 0 || size < Math.abs(numbers[scale.least])) scale.least = i;
      if (scale.most < 0 || size > Math.abs(numbers[scale.most])) scale.most = i;
    }
  }
  if (scale.most >= 0) {
    scale.high = Math.ceil(Math.log10(Math.abs(numbers[scale.most])));
    const low = Math.floor(Math.log10(Math.abs(numbers[scale.least])));
    const span = Math.min(MOST_SPAN, Math.max(LEAST_SPAN, scale.high - low));
    scale.low = scale.high - 2 * Math.ceil(span / 2); // even, so that its middle is a power of ten, too
  }
  return scale;
}

// 0 … 8, "zero" for exactly 0, "wild" for what is not finite.
export function levelOf(x, { low, high }) {
  if (x === 0) return "zero";
  if (!Number.isFinite(x)) return "wild";
  const part = (Math.log10(Math.abs(x)) - low) / (high - low);
  return Math.max(0, Math.min(LEVELS - 1, Math.floor(LEVELS * part)));
}

// Boxes and edges in the colours of their numbers at this step; what has no number yet has no colour.
export function paint(app) {
  const { graph, picture, steps, step, svg, colors } = app;
  svg.dataset.colors = colors;
  const scale = colors === "kind" ? null : makeScale(graph, colors);
  for (const { g, outlets, kind } of picture.boxes.values()) {
    const { values, gradients } = numbersOf(graph, steps, step, outlets);
    mark(g, scale && kind !== "constant" ? largest(colors === "value" ? values : gradients) : null, scale);
  }
  for (const edge of picture.edges) mark(edge.path, scale ? ofEdge(edge, colors, graph, steps, step) : null, scale);
  return scale;
}

function mark(target, x, scale) {
  if (x === null) delete target.dataset.heat;
  else target.dataset.heat = levelOf(x, scale);
}

// The size of the largest number, nan before all, null of none.
function largest(numbers) {
  let most = null;
  for (const x of numbers) {
    if (Number.isNaN(x)) return NaN;
    most = Math.max(most ?? 0, Math.abs(x));
  }
  return most;
}

// What has flowed along an edge: back the share of the gradient, forth the value of the parent.
function ofEdge({ path, source }, colors, graph, steps, step) {
  if (source < 0 || graph.constant[source]) return null;
  if (colors === "value") return steps.valueAt[source] <= step ? graph.value[source] : null;
  const { contribution } = path.dataset;
  return contribution === "" ? null : Number(contribution);
}

// The scale in colours and words; `show` leads to the nodes with the smallest and the largest number.
export function showScale(target, graph, colors, scale, show) {
  if (!scale) return target.replaceChildren();
  const numbers = colors === "gradient" ? graph.gradient : graph.value;
  const bar = element("div", { class: "bar", "data-colors": colors, "aria-hidden": "true" });
  for (let k = 0; k < LEVELS; k++) bar.append(element("i", { "data-heat": k }));
  const ticks = [scale.low, (scale.low + scale.high) / 2, scale.high].map((power) => element("span", {}, ofTen(power)));
  const made = [bar, element("div", { class: "ticks", "aria-hidden": "true" }, ...ticks)];
  const end = (word, i) => {
    const name = nameOf(graph, i),
      link = element("button", { type: "button", class: "link", title: `show ${name}` }, name);
    link.addEventListener("click", () => show(i));
    return element("p", {}, `${word} ${short(numbers[i])}: `, link);
  };
  if (scale.most >= 0) made.push(end("largest", scale.most), end("smallest", scale.least));
  if (scale.zeros) made.push(element("p", {}, element("i", { class: "swatch zero" }), `exactly 0: ${scale.zeros.toLocaleString("en")}`));
  if (scale.wild) made.push(element("p", {}, element("i", { class: "swatch wild" }), `not finite: ${scale.wild.toLocaleString("en")}`));
  if (graph.groups.length) made.push(element("p", {}, "a folded box: its largest"));
  target.replaceChildren(...made);
}

// 10⁻⁶
function ofTen(power) {
  return `10${String(power).replace(/./g, (c) => (c === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[c]))}`;
}

// Whether there is anything computed whose size could be shown.
export function hasHeat(graph) {
  for (let i = 0; i < graph.n; i++) if (!isLeaf(graph, i)) return true;
  return false;
}
