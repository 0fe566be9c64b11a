// Small plots beside the graph: the loss on the way, and the largest gradients.
//
// Entry points: `plotLoss`, `plotGradients`, `axes`, `roomOf`.

import { short } from "./numbers.js";
import { nameOf } from "./steps.js";
import { element, round } from "./svg.js";

const MARGIN_LEFT = 5.4,
  MARGIN_BELOW = 1.8,
  MARGIN_ABOVE = 0.7; // in heights of the text
const STEEP = 30; // a loss that falls by more is drawn on a logarithmic scale
const MOST_BARS = 10;

// The pixels that a plot has, and the height of its text.
export function roomOf(target) {
  const letter = parseFloat(getComputedStyle(target).fontSize);
  return { width: Math.max(160, target.clientWidth), height: Math.max(90, target.clientHeight), letter };
}

// An empty plot: axes with the numbers at their ends and the names of what they show, `below` and `beside`. `x` and `y`
// are [least, most]; gives {svg, at(x, y), box}.
export function axes({ width, height, letter }, x, y, label, { isLog = false, below = "", beside = "" } = {}) {
  const scale = isLog ? Math.log10 : (v) => v;
  const [left, right, top, bottom] = [MARGIN_LEFT * letter, width - 12, MARGIN_ABOVE * letter, height - MARGIN_BELOW * letter];
  const part = (v, [low, high]) => (high > low ? (v - low) / (high - low) : 0.5);
  const at = (a, b) => ({
    x: round(left + (right - left) * part(a, x)),
    y: round(bottom - (bottom - top) * part(scale(b), y.map(scale))),
  });
  const svg = element("svg", { class: "plot", width, height, role: "img", "aria-label": label });
  const text = (words, px, py, anchor) =>
    svg.append(element("text", { x: px, y: py, "text-anchor": anchor }, words));
  svg.append(element("path", { class: "axis", d: `M${left} ${top}V${bottom}H${right}` }));
  text(short(y[1]), left - 6, top + 0.7 * letter, "end");
  if (y[1] > y[0]) text(short(y[0]), left - 6, bottom, "end");
  text(short(x[0]), left, height - letter / 2, "start");
  if (x[1] > x[0]) text(short(x[1]), right, height - letter / 2, "end");
  const taken = 2 * Math.max(...x.map((end) => short(end).length)) + 2; // letters of the numbers at both ends
  if (below.length + taken < (right - left) / (0.5 * letter)) text(below, (left + right) / 2, height - letter / 2, "middle");
  if (beside) {
    const place = `translate(${1.2 * letter} ${(top + bottom) / 2}) rotate(-90)`;
    svg.append(element("text", { transform: place, "text-anchor": "middle" }, beside));
  }
  return { svg, at, box: { left, right, top, bottom } };
}

export function lineThrough(points) {
  return points.map(({ x, y }, k) => `${k ? "L" : "M"}${x} ${y}`).join("");
}

// The loss at each state of the way, and a mark at the one that is shown.
export function plotLoss(target, { way, name, now }) {
  const known = [...way.filter(({ loss }) => Number.isFinite(loss)), now].sort((a, b) => a.step - b.step);
  const losses = known.map(({ loss }) => loss);
  const low = Math.min(...losses),
    high = Math.max(...losses),
    last = Math.max(1, way[way.length - 1].step, now.step);
  const isLog = low > 0 && high > STEEP * low;
  const words = `${name} after ${now.step} of ${last} steps: from ${short(losses[0])} to ${short(now.loss)}`;
  const names = { isLog, below: isLog ? `${name}, log scale` : name };
  const { svg, at } = axes(roomOf(target), [0, last], [isLog ? low : Math.min(low, 0), high], words, names);
  const { x, y } = at(now.step, now.loss);
  svg.append(
    element("path", { class: "course", d: lineThrough(known.map(({ step, loss }) => at(step, loss))) }),
    element("circle", { class: "now", cx: x, cy: y, r: 5 }),
  );
  target.replaceChildren(svg);
}

// The parameters with the largest gradients, as bars to the right for positive and to the left for negative ones.
export function plotGradients(target, graph, parameters, choose) {
  const largest = [...parameters].sort((a, b) => Math.abs(graph.gradient[b]) - Math.abs(graph.gradient[a])).slice(0, MOST_BARS);
  const most = Math.abs(graph.gradient[largest[0]]) || 1;
  const module = sharedModule(largest.map((i) => nameOf(graph, i)));
  const rows = largest.map((i) => {
    const gradient = graph.gradient[i],
      share = (50 * Math.abs(gradient)) / most;
    const bar = element("span", { class: gradient < 0 ? "bar negative" : "bar" });
    bar.style.width = `${share}%`;
    bar.style.marginLeft = `${gradient < 0 ? 50 - share : 50}%`;
    const name = element("button", { type: "button", class: "link", title: `show ${nameOf(graph, i)} in the graph` }, element("bdi", {}, nameOf(graph, i).slice(module.length)));
    name.addEventListener("click", () => choose(i));
    return element("li", {}, name, element("span", { class: "track" }, bar), element("span", { class: "value" }, short(gradient)));
  });
  target.replaceChildren(element("h3", {}, "Largest gradients"), element("ul", { class: "bars" }, ...rows));
}

// The "model." that all names begin with.
function sharedModule(names) {
  const module = /^\w+\./.exec(names[0] ?? "")?.[0] ?? "";
  return names.every((name) => name.startsWith(module)) ? module : "";
}
