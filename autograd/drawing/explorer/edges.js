// The edges as curves, and the spots on them where their numbers may stand.
//
// Entry points: `drawEdges`, `tipOf`.

import { groupOfBox, isMore, isSingle } from "./folding.js";
import { element, round } from "./svg.js";

const LABEL = [84, 20]; // room for a number that is left behind on an edge
const PARTS = 14, // of each piece of a curve, at least
  MOST_PARTS = 60;
const SQUARE = 128;

export function drawEdges(root, graph, { edges, boxes }, places, direction) {
  const twins = new Map(); // x * x has two edges between the same boxes; each bends to its own side
  for (const { from, to } of edges) twins.set(`${from} ${to}`, (twins.get(`${from} ${to}`) || 0) + 1);
  const met = new Map(),
    uses = new Map(),
    isFree = keeperOfRoom(boxes, places);
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
    const free = spots.find(isFree);
    const middle = free || spots[0];
    const path = element("path", {
      d,
      class: `edge${edge.edges.length > 1 ? " bundle" : ""}`,
      "data-from": keyOf(graph, edge.from),
      "data-to": keyOf(graph, edge.to),
      "data-contribution": "",
      "data-edge": k,
    });
    const label = element("text", {
      "data-edge": k,
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

// Tells whether a number may stand at a spot, and keeps the room for it. What is near is found by squares of the paper,
// as there may be thousands of edges.
function keeperOfRoom(boxes, places) {
  const [width, height] = LABEL,
    squares = new Map();
  const around = ({ x, y }, visit) => {
    for (let i = Math.floor((x - width / 2) / SQUARE); i <= (x + width / 2) / SQUARE; i++)
      for (let j = Math.floor((y - height / 2) / SQUARE); j <= (y + height / 2) / SQUARE; j++) visit(`${i} ${j}`);
  };
  const keep = (left, top, right, bottom) => {
    for (let i = Math.floor(left / SQUARE); i <= right / SQUARE; i++) {
      for (let j = Math.floor(top / SQUARE); j <= bottom / SQUARE; j++) {
        const key = `${i} ${j}`;
        if (!squares.has(key)) squares.set(key, []);
        squares.get(key).push({ left, top, right, bottom });
      }
    }
  };
  for (const [id, { x, y, width: w, height: h }] of places.boxes) if (boxes.has(id)) keep(x, y, x + w, y + h);
  return (spot) => {
    const left = spot.x - width / 2,
      top = spot.y - height / 2;
    let isFree = true;
    around(spot, (key) => {
      for (const other of squares.get(key) ?? []) {
        const isApart = other.left >= left + width || other.right <= left || other.top >= top + height || other.bottom <= top;
        isFree &&= isApart;
      }
    });
    if (isFree) keep(left, top, left + width, top + height);
    return isFree;
  };
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
  return curves.flatMap((piece, k) => {
    const length = Math.hypot(piece[3].x - piece[0].x, piece[3].y - piece[0].y);
    const parts = Math.round(Math.max(PARTS, Math.min(MOST_PARTS, length / 12)));
    return Array.from({ length: parts + (k ? 0 : 1) }, (_, at) => pointOn(piece, (at + (k ? 1 : 0)) / parts));
  });
}

function pointOn([a, b, c, d], t) {
  const mixed = (axis) =>
    (1 - t) ** 3 * a[axis] + 3 * (1 - t) ** 2 * t * b[axis] + 3 * (1 - t) * t ** 2 * c[axis] + t ** 3 * d[axis];
  return { x: mixed("x"), y: mixed("y") };
}
