// The drawing: boxes, edges and opened groups as SVG, and the numbers and the light of one step in it.
//
// Entry points: `draw`, once for each folding; `update`, at each step.

import { drawBox, drawFrame, content, titleOf } from "./boxes.js";
import { areClose, drawEdges } from "./edges.js";
import { contribution } from "./engine.js";
import { isSingle, outlets } from "./folding.js";
import { layOut } from "./layout.js";
import { inBrackets, range, short } from "./numbers.js";
import { element, round, set } from "./svg.js";

const DENSE = 120; // boxes; with more, edges show no numbers but those of the current step
const MOVABLE = 3; // numbers of one step that can move apart
const LETTER = 6.8; // width of one in the numbers of the current step

// --- building --------------------------------------------------------------------------------------------------------

// Everything that is visible, drawn into `root`: {boxes: Map id -> parts, edges: [parts], width, height}.
export function draw(root, graph, folding, seen, direction, isNarrow) {
  const boxes = [...seen.boxes.values()].map((box) => ({ ...box, ...content(graph, folding, box) }));
  const frames = seen.frames.map((g) => ({
    id: g,
    frame: folding.groups[g].above,
    width: 40 + 7 * titleOf(folding.groups[g]).length,
  }));
  // Between the layers the numbers of the edges need room.
  const gap = boxes.length > DENSE ? 50 : direction === "TB" ? 60 : isNarrow ? 80 : 108;
  const places = layOut(boxes, seen.edges, frames, { direction, gap });
  root.replaceChildren(
    ...frames
      .filter(({ id }) => folding.groups[id].size)
      .map(({ id }) => drawFrame(folding.groups[id], places.frames.get(id))),
  );
  const edges = drawEdges(root, graph, seen, places, direction);
  const drawn = new Map();
  for (const box of boxes) {
    const parts = drawBox(graph, folding, box, places.boxes.get(box.id));
    parts.outlets = isSingle(graph, box.id) ? [box.id] : outlets(graph, seen, box);
    drawn.set(box.id, parts);
    root.append(parts.g);
  }
  root.append(...edges.map((edge) => edge.label)); // above everything, so that no line crosses a number
  root.classList.toggle("dense", boxes.length > DENSE);
  // How many letters stand side by side between two layers, and in TB beside the number of the next edge.
  const letters = Math.floor((0.85 * (direction === "TB" ? 80 : gap)) / LETTER);
  const { width, height } = places;
  return { boxes: drawn, edges, frames: places.frames, width, height, letters, across: direction === "TB" ? "x" : "y" };
}

// --- the numbers and the light of one step ---------------------------------------------------------------------------

// `lit`: {box, phase, edges: Set of edges of the graph or null for all of the box}; `path`: {nodes, edges} or null.
export function update(picture, graph, steps, step, seen, lit, path, pinned) {
  const onPath = new Set();
  if (path) for (const i of path.nodes) onPath.add(seen.boxOf[i]);
  const touched = new Set();
  for (const edge of picture.edges) {
    const isOfStep = edge.to === lit.box && (lit.edges === null || edge.edges.some((e) => lit.edges.has(e)));
    const isLit = isOfStep && !(lit.phase === "backward" && graph.constant[edge.source]); // a constant needs nothing
    if (isLit) touched.add(edge.from);
    const isOnPath = path !== null && edge.edges.some((e) => path.edges.has(e));
    updateEdge(edge, graph, steps, step, isLit ? lit.phase : "", isOnPath, picture.letters);
  }
  const now = picture.edges.filter(({ label }) => label.matches(".sends") && label.textContent);
  moveApart(now, picture.across);
  for (const edge of picture.edges) {
    const isCovered = !now.includes(edge) && now.some(({ middle }) => areClose(middle, edge.middle));
    edge.label.classList.toggle("covered", isCovered);
  }
  for (const parts of picture.boxes.values()) {
    const { id, g } = parts;
    const { values, gradients, partial } = numbersOf(graph, steps, step, parts.outlets);
    write(parts.value, range(values));
    write(parts.grad, range(gradients));
    set(g, "data-value", values.length === 1 ? String(values[0]) : "");
    set(g, "data-gradient", gradients.length === 1 ? String(gradients[0]) : "");
    set(g, "aria-label", `${parts.title}, value ${range(values)}, gradient ${range(gradients)}`);
    g.classList.toggle("pending", values.length === 0);
    g.classList.toggle("partial", partial);
    g.classList.toggle("current", id === lit.box);
    g.classList.toggle("back", id === lit.box && lit.phase !== "forward");
    g.classList.toggle("touched", touched.has(id));
    g.classList.toggle("on-path", onPath.has(id));
    g.classList.toggle("pinned", id === pinned);
  }
}

// The numbers of the current step may be wider than it was known when they got their places. Two that touch move apart,
// across the edges, where between two layers nothing else stands.
function moveApart(edges, across) {
  const labels = edges.map(({ label, middle, text }) => {
    const lines = text.split("\n");
    const size = { x: LETTER * Math.max(...lines.map((line) => line.length)) + 8, y: 14 * lines.length + 4 };
    return { label, at: { ...middle }, middle, size };
  });
  labels.sort((a, b) => a.middle[across] - b.middle[across]);
  const missing = (a, b, axis) => (a.size[axis] + b.size[axis]) / 2 - Math.abs(b.at[axis] - a.at[axis]);
  for (let k = 1; k < labels.length && labels.length <= MOVABLE; k++) {
    const [a, b] = [labels[k - 1], labels[k]];
    if (missing(a, b, "x") <= 0 || missing(a, b, "y") <= 0) continue;
    const half = missing(a, b, across) / 2;
    ((a.at[across] -= half), (b.at[across] += half));
  }
  for (const { label, at, middle } of labels)
    set(label, "transform", `translate(${round(at.x - middle.x)} ${round(at.y - middle.y)})`);
}

export function numbersOf(graph, steps, step, nodes) {
  const values = [],
    gradients = [];
  let partial = false;
  for (const i of nodes) {
    if (steps.valueAt[i] <= step) values.push(graph.value[i]);
    if (steps.gradientAt[i] <= step) {
      gradients.push(graph.soFar[i]);
      partial ||= steps.completeAt[i] > step;
    }
  }
  return { values, gradients, partial };
}

function updateEdge(edge, graph, steps, step, phase, onPath, letters) {
  const { path, label, edges, source } = edge;
  const sent = edges.filter((e) => steps.sendsAt[graph.child[e]] <= step && !graph.flat[e]);
  const total = sent.reduce((sum, e) => sum + contribution(graph, e), 0);
  const known = source >= 0 && sent.length > 0;
  set(path, "data-contribution", known ? String(total) : "");
  let text = "";
  if (known && !graph.constant[source]) {
    text = short(total);
    if (phase === "backward" && edges.length === 1 && letters > 8) {
      const local = short(graph.local[edges[0]]),
        times = `× ${inBrackets(graph.gradient[graph.child[edges[0]]])}`;
      text = `${local}${local.length + times.length < letters ? " " : "\n"}${times}\n= ${text}`;
    }
  }
  if (text !== edge.text) {
    edge.text = text;
    const lines = text.split("\n"),
      x = label.getAttribute("x");
    const [first, apart] = [[], [4, 0], [-5, 18], [-10, 14]][lines.length]; // of two, the edge passes between them
    label.replaceChildren(...lines.map((line, k) => element("tspan", { x, dy: k ? apart : first }, line)));
  }
  if ((phase || onPath) && !path.matches(".reads, .sends, .on-path")) path.parentNode.append(path); // above the others
  path.classList.toggle("reads", phase === "forward");
  path.classList.toggle("sends", phase === "backward");
  label.classList.toggle("sends", phase === "backward");
  label.removeAttribute("transform");
  path.classList.toggle("on-path", onPath);
}

function write(text, content) {
  if (text && text.textContent !== content) text.textContent = content;
}
