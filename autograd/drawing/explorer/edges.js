// The edges as curves, and the spots on them where their numbers may stand.
//
// Entry points: `drawEdges`, `tipOf`.

import { groupOfBox, isMore, isSingle } from "./folding.js";
import { element, round } from "./svg.js";

const FEW_EDGES = 120; // with more, few numbers are shown, so that they need not look out for each other
const LABEL = [84, 20]; // room for a number that is left behind on an edge
const PARTS = 14; // of each piece of a curve

export function drawEdges(root, graph, { edges, boxes }, places, direction) {
  const twins = new Map(); // x * x has two edges between the same boxes; each bends to its own side
  for (const { from, to } of edges) twins.set(`${from} ${to}`, (twins.get(`${from} ${to}`) || 0) + 1);
  const met = new Map(),
    uses = new Map(),
    taken = [];
  for (const { from } of edges) uses.set(from, (uses.get(from) || 0) + 1);
  const paths = element("g");
  root.append(paths);
  return edges.map((edge, k) => {
    const key = `${edge.from} ${edge.to}`,
      all = twins.get(key),
      index = met.get(key) || 0;
    met.set(key, index + 1);
    const bend = (index - (all - 1) / 2) * (direction === "TB" ? 110 : 60); // so that their numbers fit side by side
    const sharesWay = boxes.get(edge.from).frame !== boxes.get(edge.to).frame; // its last part, with others
    const { d, spots, curves } = curve(places.edges[k], bend, direction, sharesWay || all === uses.get(edge.from));
    const free = edges.length <= FEW_EDGES ? spots.find((spot) => isFree(spot, taken, places.boxes)) : spots[0];
    const middle = free || spots[0];
    if (free) taken.push(free);
    const path = element("path", {
      d,
      class: `edge${edge.edges.length > 1 ? " bundle" : ""}`,
      "data-from": keyOf(graph, edge.from),
      "data-to": keyOf(graph, edge.to),
      "data-contribution": "",
    });
    const label = element("text", {
      class: free ? "contribution" : "contribution crowded",
      "text-anchor": "middle",
    });
    paths.append(path);
    const sources = new Set(edge.edges.map((e) => graph.parents[e]));
    const source = sources.size === 1 ? graph.parents[edge.edges[0]] : -1;
    return { ...edge, path, label, source, text: "", middle, curves, points: sampled(curves) };
  });
}

function keyOf(graph, box) {
  if (isSingle(graph, box)) return String(box);
  return `${isMore(graph, box) ? "more" : "group"}${graph.groups[groupOfBox(graph, box)].id}`;
}

function areClose(p, q) {
  return Math.abs(p.x - q.x) < LABEL[0] && Math.abs(p.y - q.y) < LABEL[1];
}

function isFree(spot, taken, boxes) {
  if (taken.some((other) => areClose(other, spot))) return false;
  const { x, y } = spot,
    [dx, dy] = LABEL;
  for (const box of boxes.values()) {
    if (x + dx / 2 > box.x && x - dx / 2 < box.x + box.width && y + dy / 2 > box.y && y - dy / 2 < box.y + box.height)
      return false;
  }
  return true;
}

// A smooth line through the points, and spots where its number may stand, the best first: near the parent, where other
// edges to the same child are far away, but near the child when the parent has several.
function curve(points, bend, direction, nearParent) {
  const turned = direction === "TB",
    along = turned ? "y" : "x",
    across = turned ? "x" : "y";
  const length = (k) => Math.abs(points[k + 1][along] - points[k][along]);
  const pieces = points.slice(1).map((_, k) => k),
    longest = Math.max(...pieces.map(length));
  const wide = pieces.filter((k) => length(k) >= Math.min(longest, 40));
  if (!nearParent) wide.reverse();
  const places = bend ? [0.5] : nearParent ? [0.4, 0.5, 0.6] : [0.6, 0.5, 0.4];
  let d = `M${round(points[0].x)} ${round(points[0].y)}`;
  const curves = pieces.map((k) => {
    const p = points[k],
      q = points[k + 1],
      half = (p[along] + q[along]) / 2,
      aside = k === wide[0] ? bend : 0;
    const handles = [p, q].map((end) => ({ [along]: half, [across]: end[across] + aside }));
    d +=
      p[across] === q[across] && !aside
        ? `L${round(q.x)} ${round(q.y)}`
        : `C${[...handles, q].map(({ x, y }) => `${round(x)} ${round(y)}`).join(" ")}`;
    return [p, ...handles, q];
  });
  return { d, curves, spots: wide.flatMap((k) => places.map((t) => pointOn(curves[k], t))) };
}

// Where its arrowhead is.
export function tipOf({ curves }) {
  return curves[curves.length - 1][3];
}

// Points along an edge, from the parent to the child.
function sampled(curves) {
  return curves.flatMap((piece, k) =>
    Array.from({ length: PARTS + (k ? 0 : 1) }, (_, at) => pointOn(piece, (at + (k ? 1 : 0)) / PARTS)),
  );
}

function pointOn([a, b, c, d], t) {
  const mixed = (axis) =>
    (1 - t) ** 3 * a[axis] + 3 * (1 - t) ** 2 * t * b[axis] + 3 * (1 - t) * t ** 2 * c[axis] + t ** 3 * d[axis];
  return { x: mixed("x"), y: mixed("y") };
}
