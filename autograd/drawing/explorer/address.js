// What one looks at, in the address of the page behind the "#": step, folding, inputs, view. Who opens that address sees
// the same. It holds only what is not as it was when the page was opened.
//
// Entry points: `listenToAddress`; `addressOf` and `readAddress`, which turn a state into text and back.

import { labelDirection } from "./opening.js";
import { redraw, refresh, say } from "./show.js";
import { setLeaves } from "./state.js";

const QUIET = 300; // milliseconds without a change, after which the address is written
const MOST_INPUTS = 400; // more would make an address that programs cut off
const MOST_SHOWN = 60; // characters of an address that is quoted

// --- text --------------------------------------------------------------------------------------------------------------

// The state as {step, open, …}, each as text.
export function addressOf({ graph, folding, camera, ...app }) {
  const changed = [];
  for (let i = 0; i < graph.n; i++)
    if (graph.operation[i] === null && !Object.is(graph.value[i], graph.original[i])) changed.push(`${i}:${graph.value[i]}`);
  const { x, y, scale, fitted } = camera;
  return {
    step: String(app.step),
    open: [...folding.open].sort((a, b) => a - b).join("."),
    more: [...folding.shownOf].map(([g, shown]) => `${g}:${shown}`).join("."),
    inputs: changed.length <= MOST_INPUTS ? changed.join(",") : "",
    direction: app.direction,
    mode: app.mode,
    edges: app.onEdges,
    colors: app.colors,
    pin: app.pinned === null ? "" : String(app.pinned),
    view: fitted ? "" : [x, y, 1000 * scale].map(Math.round).join("."),
  };
}

// What an address says, {step, open, …} with their meanings, or null where it does not fit this graph.
export function readAddress(text, graph, folding, steps, edgeNumbers) {
  let said;
  try {
    said = new Map(text.replace(/^#/, "").split("&").map((part) => part.split("=").map(decodeURIComponent)));
  } catch {
    return null; // a % without its number
  }
  if (said.get("nodes") !== String(graph.n)) return null;
  const result = {};
  for (const [name, value] of said) {
    if (name === "nodes") continue;
    const meaning = Object.hasOwn(READERS, name) ? READERS[name](value ?? "", { graph, folding, steps, edgeNumbers }) : undefined;
    if (meaning === undefined) return null;
    result[name] = meaning;
  }
  return result;
}

function wholeNumber(text, below) {
  const number = Number(text);
  return /^\d{1,9}$/.test(text) && number < below ? number : undefined;
}

// A list of which each part means something, or undefined.
function listOf(text, between, meaningOf) {
  const parts = text === "" ? [] : text.split(between).map(meaningOf);
  return parts.includes(undefined) ? undefined : parts;
}

function pairOf(text, firstOf, secondOf) {
  const [first, second, ...others] = text.split(":");
  const both = [firstOf(first), secondOf(second ?? "")];
  return others.length || both.includes(undefined) ? undefined : both;
}

function oneOf(text, choices) {
  return choices.includes(text) ? text : undefined;
}

const READERS = {
  step: (text, { steps }) => wholeNumber(text, steps.last + 1),
  open: (text, { folding }) => listOf(text, ".", (part) => wholeNumber(part, folding.groups.length)),
  more: (text, { folding }) =>
    listOf(text, ".", (part) => pairOf(part, (g) => wholeNumber(g, folding.groups.length), (shown) => wholeNumber(shown, folding.limits.boxes))),
  inputs: (text, { graph }) =>
    listOf(text, ",", (part) => pairOf(part, (i) => leafAt(graph, wholeNumber(i, graph.n)), (x) => numberFrom(x))),
  direction: (text) => oneOf(text, ["LR", "TB"]),
  mode: (text) => oneOf(text, ["boxes", "nodes"]),
  edges: (text, { edgeNumbers }) => oneOf(text, edgeNumbers),
  colors: (text) => oneOf(text, ["kind", "gradient", "value"]),
  pin: (text, { graph }) => (text === "" ? null : wholeNumber(text, graph.n + 2 * graph.groups.length)),
  view: (text) => listOf(text, ".", (part) => (/^-?\d{1,9}$/.test(part) ? Number(part) : undefined)),
};

function leafAt(graph, i) {
  return i !== undefined && graph.operation[i] === null && !graph.constant[i] ? i : undefined;
}

function numberFrom(text) {
  const number = { Infinity, "-Infinity": -Infinity, NaN }[text] ?? Number(text);
  return text.trim() === "" || (Number.isNaN(number) && text !== "NaN") ? undefined : number;
}

// --- the page ----------------------------------------------------------------------------------------------------------

export function listenToAddress(app, json) {
  const { at, graph, drawing } = app;
  const isOwn = window.parent === window; // a frame has no address that anybody sees
  at("link").hidden = !isOwn;
  if (!isOwn) return;
  const start = addressOf(app);
  let timer = 0;
  const remember = () => {
    clearTimeout(timer);
    timer = setTimeout(() => writeAddress(app, start), QUIET);
  };
  const restore = () => {
    if (location.hash.length < 2) return;
    const found = readAddress(location.hash, graph, app.folding, app.steps, Object.keys(json.edge_numbers));
    if (found) showAddressed(app, found, start);
    else say(app, `The address asks for something that this graph does not have, “${location.hash.slice(0, MOST_SHOWN)}”: it is ignored.`);
  };
  restore();
  app.watchers.push(remember);
  new MutationObserver(remember).observe(drawing, { attributes: true, attributeFilter: ["transform"] });
  window.addEventListener("hashchange", restore);
  at("link").addEventListener("click", () => copyLink(app, start));
}

function writeAddress(app, start) {
  const now = addressOf(app);
  const parts = Object.keys(now).filter((name) => now[name] !== start[name]);
  const text = parts.map((name) => `&${name}=${now[name]}`).join("");
  const hash = text && `#nodes=${app.graph.n}${text}`;
  if (hash === location.hash) return;
  try {
    history.replaceState(null, "", hash || location.href.split("#")[0]);
  } catch {
    // a browser that is asked too often, or that lets no file change its address
  }
}

function copyLink(app, start) {
  writeAddress(app, start);
  const isCopied = "The address of this view is copied: who opens it sees what you see.";
  const isThere = "The address of this view stands above, in the browser: copy it from there.";
  const done = navigator.clipboard?.writeText(location.href) ?? Promise.reject();
  done.then(() => say(app, isCopied), () => say(app, isThere));
}

function showAddressed(app, found, start) {
  const { at, folding, camera, graph, picture } = app;
  const of = (name, now) => (found[name] === undefined ? now : found[name]);
  if (found.open || found.more) {
    folding.open = new Set(found.open ?? start.open.split(".").filter(Boolean).map(Number));
    folding.shownOf = new Map(found.more ?? []);
  }
  app.direction = of("direction", app.direction);
  app.mode = at("mode").value = of("mode", app.mode);
  app.onEdges = at("on-edges").value = of("edges", app.onEdges);
  app.colors = at("colors").value = of("colors", app.colors);
  if (found.inputs) setLeaves(app, found.inputs);
  labelDirection(app);
  app.step = of("step", 0);
  redraw(app);
  app.pinned = picture && app.picture.boxes.has(found.pin) ? found.pin : null;
  refresh(app);
  if (found.view?.length === 3) camera.place(found.view[0], found.view[1], found.view[2] / 1000);
  else app.act.look();
  return graph;
}
