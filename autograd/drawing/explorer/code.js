// The user's code and the typeset derivatives beside the graph, in step with it: the expression that made the node of the
// step is marked, and pointing at code or formula lights up the node.
//
// Entry points: `showCode`, once; `lightCode`, at each step.

import { isLeaf } from "./engine.js";
import { isSingle } from "./folding.js";
import { chainRule, definition, derivative } from "./mathml.js";
import { range } from "./numbers.js";
import { stepAt } from "./steps.js";
import { element } from "./svg.js";
import { numbersOf } from "./view.js";

const POINT = "Point at a box, or take a step, to see its formula.";
const RECORD = "A graph that is computed inside “with record_source():” shows the lines of code that made it, too.";
const MOST_FORMULAS = 4;
const ROOMY = [1000, 700]; // pixels; where there is less, one opens the pane when one wants it

export function showCode(app) {
  const { at, graph } = app;
  const pane = at("code-pane");
  app.rows = graph.listing ? rowsOf(graph) : [];
  at("code").replaceChildren(...app.rows.flatMap((row) => drawRow(graph, row)));
  at("code").hidden = !app.rows.length;
  pane.open = window.innerWidth >= ROOMY[0] && window.innerHeight >= ROOMY[1];
  pane.addEventListener("toggle", () => lightCode(app));
  for (const part of [at("code"), at("math")]) {
    part.addEventListener("pointerover", ({ target }) => pointFrom(app, nodeUnder(app, target)));
    part.addEventListener("pointerleave", () => pointFrom(app, null));
    part.addEventListener("click", ({ target }) => {
      const node = nodeUnder(app, target);
      if (node !== null) app.act.show(node);
    });
  }
}

// For each line its number, its text, the nodes that were made there, and where it begins to be another file's.
function rowsOf({ listing }) {
  const rows = listing.lines.map(([number, text]) => ({ number, text, spans: [], nodes: [], file: "" }));
  listing.spans.forEach(([row, from, to], k) => rows[row].spans.push({ k, from, to, nodes: [] }));
  const spanOf = new Map(rows.flatMap(({ spans }) => spans.map((span) => [span.k, span])));
  for (const [node, k] of Object.entries(listing.of)) spanOf.get(k).nodes.push(Number(node));
  for (const row of rows) {
    row.spans.sort((a, b) => a.to - a.from - (b.to - b.from)); // inner ones first
    row.nodes = row.spans.flatMap(({ nodes }) => nodes).sort((a, b) => a - b);
  }
  for (const [name, row] of listing.files) rows[row].file = name;
  return rows;
}

function drawRow(graph, row) {
  const text = element("code", {}, ...pieces(row));
  // What a line was written for is what nothing else on it was computed from.
  const own = new Set(row.nodes);
  row.results = row.nodes.filter((i) => {
    for (let k = graph.usesStart[i]; k < graph.usesStart[i + 1]; k++) if (own.has(graph.child[graph.uses[k]])) return false;
    return true;
  });
  if (!row.results.length) row.results = row.nodes.slice(-1);
  Object.assign(row, { value: element("span", { class: "value" }), grad: element("span", { class: "gradient" }) });
  row.line = element("div", { class: "line" }, element("span", { class: "number" }, String(row.number)), text, row.value, row.grad);
  return row.file ? [element("div", { class: "file" }, element("span", {}, row.file), element("span", {}, "value"), element("span", {}, "grad")), row.line] : [row.line];
}

// The text of a line, cut wherever an expression begins or ends; a piece knows the expressions it is part of.
function pieces(row) {
  const { text, spans } = row;
  const cuts = [...new Set([0, text.length, ...spans.flatMap(({ from, to }) => [from, Math.min(to, text.length)])])];
  cuts.sort((a, b) => a - b);
  row.pieces = cuts.slice(1).map((to, k) => {
    const from = cuts[k],
      around = spans.filter((span) => span.from <= from && to <= span.to);
    const made = element("span", around.length ? { class: "made" } : {}, text.slice(from, to));
    return { made, around };
  });
  return row.pieces.map(({ made }) => made);
}

// The node that a piece of code stands for: the one of the step, else the latest that has a number.
function nodeUnder(app, target) {
  const named = target.closest("[data-of]");
  if (named) return Number(named.dataset.of);
  const piece = app.rows.flatMap(({ pieces: all }) => all).find(({ made }) => made === target);
  return piece?.around.length ? latest(app, piece.around[0].nodes) : null;
}

// Of the rounds of a loop the one that the step is in: the last that was computed, or on the way back reached.
function latest({ steps, step }, nodes) {
  const reached = nodes.filter((i) => steps.gradientAt[i] <= step);
  if (step > steps.seed && reached.length) return reached[0];
  return nodes.findLast((i) => steps.valueAt[i] <= step) ?? nodes[0];
}

function pointFrom(app, node) {
  app.marked = node;
  app.act.point(node === null ? null : app.seen.boxOf[node]);
}

// The node that somebody points at, in the picture or in the code; -1 for a group, null for none.
function nodePointedAt({ graph, pointed, marked, seen }) {
  if (pointed === null) return null;
  if (Number.isInteger(marked) && seen.boxOf[marked] === pointed) return marked;
  return isSingle(graph, pointed) ? pointed : -1;
}

function nodeOfStep({ graph, steps, step }) {
  const { phase, node } = stepAt(steps, step);
  return phase === "seed" ? graph.output : node;
}

export function lightCode(app) {
  if (!app.rows || !app.at("code-pane").open) return;
  const { graph, steps, step } = app,
    focus = nodePointedAt(app) ?? nodeOfStep(app);
  app.root.dataset.focus = app.pointed !== null ? "pointed" : stepAt(steps, step).phase;
  for (const row of app.rows) {
    let isLit = false;
    for (const { made, around } of row.pieces) {
      const isOf = around.some(({ nodes }) => includes(nodes, focus));
      made.classList.toggle("lit", isOf);
      isLit ||= isOf;
    }
    row.line.classList.toggle("lit", isLit);
    if (isLit) keepInView(app.at("code"), row.line);
    if (!row.nodes.length) continue;
    const shownNode = includes(row.nodes, focus) ? focus : latest(app, row.results); // of a loop the round of the step
    const { values, gradients } = numbersOf(graph, steps, step, [shownNode]);
    row.value.textContent = range(values);
    row.grad.textContent = range(gradients);
  }
  showMath(app, app.pointed === null && app.pinned !== null && isSingle(graph, app.pinned) ? app.pinned : focus);
}

// In an ordered list, by halves: a line in a loop may have made thousands.
function includes(sorted, x) {
  let low = 0,
    high = sorted.length - 1;
  while (low <= high) {
    const half = (low + high) >> 1;
    if (sorted[half] === x) return true;
    if (sorted[half] < x) low = half + 1;
    else high = half - 1;
  }
  return false;
}

// The pane scrolls by itself and moves nothing around it.
function keepInView(pane, line) {
  const top = line.offsetTop - pane.offsetTop;
  if (top < pane.scrollTop) pane.scrollTop = top;
  else if (top + line.offsetHeight > pane.scrollTop + pane.clientHeight) pane.scrollTop = top + line.offsetHeight - pane.clientHeight;
}

// How the node is computed and its derivatives; in a step backward the chain rule, with its numbers.
function showMath(app, i) {
  const { graph, steps, step } = app;
  const isBack = app.pointed === null && app.pinned === null && stepAt(steps, step).phase === "backward";
  const now = [i, isBack, i >= 0 ? graph.value[i] : 0, i >= 0 ? graph.gradient[i] : 0].join(" ");
  if (app.shownMath === now) return;
  app.shownMath = now;
  const made = [];
  if (i >= 0 && !isLeaf(graph, i)) {
    const edges = [];
    for (let e = graph.start[i]; e < graph.start[i + 1]; e++) if (!graph.constant[graph.parents[e]] && !graph.flat[e]) edges.push(e);
    if (!isBack) made.push(definition(graph, i));
    for (const e of edges.slice(0, MOST_FORMULAS)) made.push(isBack ? chainRule(graph, e) : derivative(graph, e));
    if (edges.length > MOST_FORMULAS) made.push(`… and ${edges.length - MOST_FORMULAS} more`);
  } else if (i < 0) made.push(element("span", { class: "hint" }, graph.listing ? POINT : `${POINT} ${RECORD}`));
  app.at("math").replaceChildren(...made.map((one) => element("p", {}, one)));
}
