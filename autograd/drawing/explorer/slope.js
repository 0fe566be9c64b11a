// The result against one input, all others held, with the tangent at the number it has: the gradient is its slope.
//
// Entry points: `slopeFigure`; `courseAgainst`, its numbers.

import { following, resultWith } from "./difference.js";
import { short } from "./numbers.js";
import { axes } from "./plots.js";
import { nameOf } from "./steps.js";
import { element } from "./svg.js";

const MOST_AT = 61, // numbers of the input
  LEAST_AT = 13;
const MOST_COMPUTED = 400_000; // nodes, for one curve
const REACH = 0.28; // of the width, for each half of the tangent

const known = new WeakMap(); // graph -> the last curve; while one input moves it stays

// [[x, y]…] over `range`, or null where the page cannot compute what follows.
export function courseAgainst(graph, i, [low, high]) {
  const after = following(graph, i);
  if (after.some((node) => !graph.operation[node].forward)) return null;
  const count = Math.max(LEAST_AT, Math.min(MOST_AT, Math.floor(MOST_COMPUTED / Math.max(1, after.length))));
  return Array.from({ length: count }, (_, k) => {
    const x = low + ((high - low) * k) / (count - 1);
    return [x, resultWith(graph, i, x, after)];
  });
}

function courseKept(graph, i, range) {
  const others = Array.from(graph.value, (x, j) => (graph.operation[j] === null && j !== i ? x : 0));
  const key = `${i} ${range} ${others.join(" ")}`;
  if (known.get(graph)?.key !== key) known.set(graph, { key, points: courseAgainst(graph, i, range) });
  return known.get(graph).points;
}

// As an element; null where there is nothing to see. `before`: {value, gradient} that the input had, a ghost.
export function slopeFigure(graph, i, { width, before = null }) {
  const value = graph.value[i],
    original = graph.original[i];
  if (!Number.isFinite(value) || !graph.reaches[i]) return null;
  const size = Number.isFinite(original) ? Math.max(2, 2 * Math.abs(original)) : 2;
  const range = [Math.min(-size, value), Math.max(size, value)];
  const points = courseKept(graph, i, range);
  const heights = (points ?? []).map(([, y]) => y).filter(Number.isFinite);
  if (heights.length < 2) return null;
  const [name, result] = [nameOf(graph, i), nameOf(graph, graph.output)];
  const y = graph.value[graph.output],
    slope = graph.gradient[i];
  const span = [Math.min(...heights, y), Math.max(...heights, y)];
  if (span[0] === span[1]) ((span[0] -= 1), (span[1] += 1));
  const label = `${result} against ${name}: from ${short(points[0][1])} to ${short(points.at(-1)[1])}; at ${name} = ${short(value)} the slope is ${short(slope)}`;
  const { svg, at } = axes({ width, height: 132, letter: 12 }, range, span, label, { below: name, beside: result });
  svg.classList.add("slope");
  svg.append(element("path", { class: "course-line", d: lineOf(points, at) }));
  if (before && before.value !== value) {
    const nearest = points.reduce((best, p) => (Math.abs(p[0] - before.value) < Math.abs(best[0] - before.value) ? p : best));
    svg.append(tangent("ghost", [before.value, nearest[1]], before.gradient, range, span, at));
  }
  if (Number.isFinite(y) && Number.isFinite(slope)) {
    svg.append(tangent("tangent", [value, y], slope, range, span, at));
    const here = at(value, y);
    svg.append(element("circle", { class: "here", cx: here.x, cy: here.y, r: 4.5 }));
  }
  const words = `${result} against ${name}. The tangent has the slope ∂${result}/∂${name} = ${short(slope)}.`;
  return element("figure", { class: "slope-figure" }, svg, element("figcaption", {}, words));
}

function lineOf(points, at) {
  let d = "",
    isDown = false;
  for (const [x, y] of points) {
    if (!Number.isFinite(y)) isDown = false;
    else {
      const place = at(x, y);
      d += `${isDown ? "L" : "M"}${place.x} ${place.y}`;
      isDown = true;
    }
  }
  return d;
}

// As long as it may be without leaving the plot.
function tangent(kind, [x, y], slope, range, span, at) {
  const reach = REACH * (range[1] - range[0]);
  const end = (side) => {
    const room = side * slope > 0 ? span[1] - y : y - span[0];
    const far = Math.min(reach, Math.max(0, side > 0 ? range[1] - x : x - range[0]));
    const dx = side * (slope === 0 ? far : Math.min(far, Math.max(room, 0.02 * (span[1] - span[0])) / Math.abs(slope)));
    return at(x + dx, y + slope * dx);
  };
  const [a, b] = [end(-1), end(1)];
  return element("path", { class: kind, d: `M${a.x} ${a.y}L${b.x} ${b.y}` });
}
