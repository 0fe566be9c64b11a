// The drawing: boxes, edges and opened groups as SVG, and the numbers and the light of one step in it.
//
// Entry points: `draw`, once for each folding; `update`, at each step.

import { content, drawBox, drawFrame, titleOf, widthOf } from "./boxes.js";
import { drawEdges, tipOf } from "./edges.js";
import { contribution } from "./engine.js";
import { isSingle, outlets } from "./folding.js";
import { crosses, overlap, placeLabels } from "./labels.js";
import { layOut } from "./layout.js";
import { inBrackets, range, short } from "./numbers.js";
import { numberOnEdge } from "./onedges.js";
import { element, round, set } from "./svg.js";
import { wrapped } from "./wrap.js";

const DENSE = 120; // boxes; with more, edges show no numbers but those of the current step
const MOST_WRITTEN = 40; // edges of one step that get their numbers
const LONG = 8; // letters of a number that needs its box
const LINE = 17; // height of one in the numbers of edges

// --- building --------------------------------------------------------------------------------------------------------

// Everything that is visible, drawn into `root`, a long chain in lines of `line` pixels: {boxes: Map id -> parts, edges: [parts], width, height}.
export function draw(root, graph, folding, seen, direction, isNarrow, line = Infinity) {
  const boxes = [...seen.boxes.values()].map((box) => ({ ...box, ...content(graph, folding, box) }));
  const frames = seen.frames.map((g) => ({
    id: g,
    frame: folding.groups[g].above,
    width: 40 + 7 * titleOf(folding.groups[g]).length,
  }));
  // Between the layers the numbers of the edges need room.
  const gap = direction === "TB" ? 64 : isNarrow ? 84 : 94;
  const laidOut = layOut(boxes, seen.edges, frames, { direction, gap });
  const places = direction === "LR" ? wrapped(laidOut, line) : laidOut;
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
  const { width, height } = places;
  return { boxes: drawn, edges, frames: places.frames, width, height };
}

// --- the numbers and the light of one step ---------------------------------------------------------------------------

// `lit`: {box, phase, edges: Set of edges of the graph or null for all of the box}; `path`: {nodes, edges} or null;
// `onEdges`: what the number on an edge is, see `onedges.js`.
export function update(picture, graph, steps, step, seen, lit, path, pinned, onEdges) {
  const onPath = new Set();
  if (path) for (const i of path.nodes) onPath.add(seen.boxOf[i]);
  const touched = new Set(),
    now = [],
    bold = []; // edges that stand out
  for (const edge of picture.edges) {
    const isOfStep = edge.to === lit.box && (lit.edges === null || edge.edges.some((e) => lit.edges.has(e)));
    const isLit = isOfStep && !(lit.phase === "backward" && graph.constant[edge.source]); // a constant needs nothing
    if (isLit) touched.add(edge.from);
    if (isLit) now.push(edge);
    const isOnPath = path !== null && edge.edges.some((e) => path.edges.has(e));
    if (isLit || isOnPath) bold.push(edge);
    lightEdge(edge, isLit ? lit.phase : "", isOnPath);
    edge.share = sentAlong(edge, graph, steps, step);
    edge.text = numberOnEdge(onEdges, edge, graph, steps, step, edge.share);
  }
  writeOnEdges(picture, graph, now, bold, lit.phase);
  for (const parts of picture.boxes.values()) {
    const { id, g } = parts;
    const { values, gradients, partial } = numbersOf(graph, steps, step, parts.outlets);
    write(parts.value, range(values));
    write(parts.grad, range(gradients));
    set(g, "data-value", values.length === 1 ? String(values[0]) : "");
    set(g, "data-gradient", gradients.length === 1 ? String(gradients[0]) : "");
    if (parts.value) set(g, "aria-label", `${parts.called} value ${range(values)} grad ${range(gradients)}`); // as one sees it
    g.classList.toggle("pending", values.length === 0);
    g.classList.toggle("partial", partial);
    g.classList.toggle("current", id === lit.box);
    g.classList.toggle("back", id === lit.box && lit.phase !== "forward");
    g.classList.toggle("touched", touched.has(id));
    g.classList.toggle("on-path", onPath.has(id));
    g.classList.toggle("pinned", id === pinned);
  }
}

// The share of the gradient that has gone back along an edge, "" before it has.
function sentAlong({ path, edges, source }, graph, steps, step) {
  const sent = edges.filter((e) => steps.sendsAt[graph.child[e]] <= step && !graph.flat[e]);
  const total = sent.reduce((sum, e) => sum + contribution(graph, e), 0);
  const known = source >= 0 && sent.length > 0;
  set(path, "data-contribution", known ? String(total) : "");
  return known && !graph.constant[source] ? short(total) : "";
}

function lightEdge({ path, label }, phase, isOnPath) {
  if ((phase || isOnPath) && !path.matches(".reads, .sends, .on-path")) path.parentNode.append(path); // above the others
  path.classList.toggle("reads", phase === "forward");
  path.classList.toggle("sends", phase === "backward");
  label.classList.toggle("sends", phase === "backward");
  path.classList.toggle("on-path", isOnPath);
}

// The numbers of this step where there is room for them; those of steps before stay where they do not meet them.
function writeOnEdges(picture, graph, now, bold, phase) {
  const curves = now.map(({ points }) => points);
  const written = phase === "backward" && now.length <= MOST_WRITTEN ? now.filter(({ share }) => share) : [];
  const labels = written.map((edge) => {
    const texts = waysToWrite(edge, graph);
    return { texts, sizes: texts.map(sizeOf), curve: curves[now.indexOf(edge)] };
  });
  const isDense = picture.edges.length > DENSE;
  const others = isDense ? [] : picture.edges.filter((edge) => !bold.includes(edge)).map(({ points }) => points);
  const boxes = [...picture.boxes.values()].map(withShadow),
    lines = bold.map(({ points }) => points);
  const places = placeLabels(labels, boxes, lines, picture.edges.map(tipOf), others);
  const taken = labels.flatMap(({ sizes }, k) => (places[k] ? [{ ...places[k], ...sizes[places[k].size] }] : []));
  const heads = curves.flatMap((curve) => [curve[0], curve[curve.length - 1]]);
  const blocked = [...taken, ...heads.map((p) => ({ ...p, width: 20, height: 20 }))];
  written.forEach((edge, k) => writeLabel(edge.label, places[k] ? labels[k].texts[places[k].size] : [], places[k] ?? edge.middle));
  for (const edge of picture.edges) {
    if (written.includes(edge)) edge.label.classList.remove("covered");
    else {
      writeLabel(edge.label, edge.text ? [edge.text] : [], edge.middle);
      const room = edge.text ? { ...edge.middle, ...sizeOf([edge.text]) } : null;
      const isCrossed = () => bold.some((other) => other !== edge && crosses(room, other.points)); // its own has a gap there
      const isCovered =
        room !== null && (now.includes(edge) || blocked.some((other) => overlap(room, other)) || (!isDense && isCrossed()));
      edge.label.classList.toggle("covered", isCovered);
    }
  }
}

// The sheets behind the box of a group are a part of it.
function withShadow({ kind, x, y, width, height }) {
  const more = kind === "group stack" ? 8 : kind === "group" ? 4 : 0;
  return { x, y, width: width + more, height: height + more };
}

// "local × upstream = share" in two lines or three, or the share alone.
function waysToWrite({ edges, share }, graph) {
  if (edges.length > 1) return [[share]];
  const local = short(graph.local[edges[0]]),
    times = `× ${inBrackets(graph.gradient[graph.child[edges[0]]])}`;
  return [[`${local} ${times}`, `= ${share}`], [local, times, `= ${share}`], [share]];
}

function sizeOf(lines) {
  return { width: Math.max(...lines.map(widthOf)) + 2, height: LINE * lines.length };
}

function writeLabel(label, lines, { x, y }) {
  set(label, "transform", `translate(${round(x)} ${round(y)})`);
  if (label.dataset.text === lines.join("\n")) return;
  label.dataset.text = lines.join("\n");
  const first = 5 - ((lines.length - 1) * LINE) / 2;
  label.replaceChildren(...lines.map((line, k) => element("tspan", { x: 0, y: first + k * LINE }, line)));
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

function write(text, content) {
  if (!text || text.textContent === content) return;
  text.textContent = content;
  text.classList.toggle("long", content.length > LONG);
}
