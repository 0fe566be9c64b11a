// The state of the page. Everything that is shown follows from it: the graph and its numbers, what is folded, the step of
// the player, the box that is pinned and the one that is pointed at.

import { readableScale } from "./camera.js";
import { backward, forward, parsed } from "./engine.js";
import { isSingle, makeFolding, openSome, visible } from "./folding.js";
import { count } from "./numbers.js";
import { describe, makeSteps, stepAt, stops } from "./steps.js";
import { draw } from "./view.js";

// `seen`, `picture`, `stops` and `lit` are found by `lookAgain` and `light` below.
export function makeState(graph, json, isNarrow) {
  const folding = makeFolding(graph);
  openSome(graph, folding, json.open);
  return {
    graph,
    folding,
    steps: makeSteps(graph),
    step: 0,
    direction: isNarrow ? "TB" : json.direction || "LR", // a telephone has more room downwards
    mode: "boxes", // where the player stops: at each visible box, or at all "nodes"
    onEdges: Object.keys(json.edge_numbers)[0], // what the number on an edge is
    colors: "kind", // or "gradient", "value": a heat map
    pinned: null,
    pointed: null,
    focused: null, // the box that Tab reaches; the arrow keys go on from there
  };
}

// How many pixels of a picture are seen side by side where its numbers can be read. In a presentation the end of one line
// and the beginning of the next would not be in view together.
function lineLength({ svg, camera }) {
  return svg.clientWidth && !camera.isNear ? svg.clientWidth / readableScale(svg) : Infinity;
}

// What is visible, drawn anew, and where the player stops in it.
export function lookAgain(app) {
  const { graph, folding, steps, svg, drawing } = app;
  app.seen = visible(graph, folding);
  app.picture = draw(drawing, graph, folding, app.seen, app.direction, svg.clientWidth < 700, lineLength(app));
  app.stops =
    app.mode === "nodes"
      ? Array.from({ length: steps.last + 1 }, (_, s) => s)
      : stops(graph, steps, app.seen.boxOf, (box) => isSingle(graph, box));
  if (app.pinned !== null && !app.picture.boxes.has(app.pinned)) app.pinned = null;
  app.pointed = null;
}

// The place of the step among the stops: of the last one that is not after it.
export function stopNow({ stops: all, step }) {
  let low = 0,
    high = all.length - 1;
  while (low < high) {
    const half = (low + high + 1) >> 1;
    if (all[half] <= step) low = half;
    else high = half - 1;
  }
  return low;
}

// The sums as they are at this step, the box and the edges of the step, and the words for it.
export function enterStep(app) {
  const { graph, steps, step, seen } = app;
  const { phase, node } = stepAt(steps, step);
  graph.soFar.fill(0);
  if (step >= steps.seed) backward(graph, graph.soFar, phase === "backward" ? node : graph.output + 1);
  const box = node >= 0 ? seen.boxOf[node] : phase === "seed" ? seen.boxOf[graph.output] : -1;
  const isFolded = box >= 0 && !isSingle(graph, box);
  const isWhole = isFolded && app.mode === "boxes"; // all of the box is one step
  const edges = isWhole || node < 0 ? (phase === "seed" ? new Set() : null) : edgesInto(graph, node);
  app.lit = { box, phase, edges };
  const words = describe(graph, steps, step);
  return isFolded && phase !== "seed" ? inGroup(app, words) : words;
}

function edgesInto({ start }, node) {
  return new Set(Array.from({ length: start[node + 1] - start[node] }, (_, k) => start[node] + k));
}

function inGroup({ mode, picture, seen, lit: { box, phase } }, words) {
  const label = picture.boxes.get(box).title.replace(/^▸ /, "");
  if (mode === "nodes") return { ...words, sentence: `In ${label}: ${words.sentence}` };
  const inside = count(seen.boxes.get(box).nodes.length, "node");
  const sentence =
    phase === "forward"
      ? `${label}: the ${inside} in it are computed. Open it to see each of them.`
      : `${label}: gradients flow back through the ${inside} in it. Open it to see each of them.`;
  return { title: words.title, sentence, rows: [] };
}

// The box to look at: that of the step, at the start that of the operation which comes next.
export function boxOfStep({ lit, graph, steps, seen }) {
  return lit.box >= 0 ? lit.box : seen.boxOf[steps.forwardNodes[0] ?? graph.output];
}

// The boxes that the current step reads from or sends to; at the start those that the first operation will read from.
export function touched(app) {
  const { lit, picture, seen } = app;
  if (lit.box >= 0) return [...picture.boxes.values()].filter(({ g }) => g.matches(".touched"));
  const first = boxOfStep(app);
  return seen.edges.filter(({ to }) => to === first).map(({ from }) => picture.boxes.get(from));
}

// Whether somebody has changed an input.
export function isChanged({ graph }) {
  return graph.value.some((x, i) => graph.operation[i] === null && x !== graph.original[i] && !Number.isNaN(x));
}

export function setLeaves({ graph }, numbers) {
  for (const [node, number] of numbers) graph.value[node] = parsed(number);
  forward(graph);
  backward(graph);
}

export function resetLeaves(app) {
  const { operation, original } = app.graph;
  const leaves = Array.from(original.keys()).filter((i) => operation[i] === null);
  setLeaves(app, leaves.map((i) => [i, original[i]]));
}
