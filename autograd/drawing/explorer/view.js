// The drawing: boxes, edges and opened groups as SVG, and where one looks at it from.

import { contribution, isLeaf } from "./engine.js";
import { groupOfBox, isMore, isSingle, outlets, shownOfStack } from "./folding.js";
import { layOut } from "./layout.js";
import { count, inBrackets, range, short } from "./numbers.js";
import { nameOf } from "./steps.js";

const SVG = "http://www.w3.org/2000/svg";
const DENSE = 120; // boxes; with more, edges show no numbers but those of the current step
const LABEL = [78, 30]; // room for the number of an edge, in two lines
const MOVABLE = 3; // numbers of one step that can move apart
const LETTER = 6.8; // width of one in the numbers of the current step

export function element(tag, attributes = {}, ...children) {
  const made = ["svg", "g", "rect", "path", "text", "title", "defs", "marker", "tspan"].includes(tag)
    ? document.createElementNS(SVG, tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children); // strings become text nodes: a label is never read as markup
  return made;
}

export function arrowheads() {
  const head = (id) =>
    element(
      "marker",
      {
        id,
        viewBox: "0 0 8 8",
        refX: 7,
        refY: 4,
        markerWidth: 8,
        markerHeight: 8,
        markerUnits: "userSpaceOnUse",
        orient: "auto-start-reverse",
      },
      element("path", { class: id, d: "M0 0L8 4L0 8z" }),
    );
  return element("defs", {}, head("arrow"), head("arrow-reads"), head("arrow-sends"));
}

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

function kindOf(graph, i) {
  if (graph.outputs.includes(i)) return "output";
  return !isLeaf(graph, i) ? "operation" : graph.constant[i] ? "constant" : "leaf";
}

function titleOf(group) {
  return group.kind === "stack" && !group.label.includes("×")
    ? `${group.label} × ${group.children.length}`
    : group.label;
}

// Names of parameters differ at their end: layers[0].neurons[3].w[1].
export function cut(text, most) {
  return text.length > most ? `…${text.slice(1 - most).replace(/^[.\]]+/, "")}` : text;
}

// What stands in a box, and how large that makes it.
function content(graph, folding, { id, nodes }) {
  if (isMore(graph, id)) {
    const g = groupOfBox(graph, id);
    const title = `… ${(folding.groups[g].children.length - shownOfStack(folding, g)).toLocaleString("en")} more`;
    return { kind: "more", title, symbol: "", width: 96, height: 28 };
  }
  if (!isSingle(graph, id)) {
    const group = folding.groups[groupOfBox(graph, id)];
    const title = `▸ ${cut(titleOf(group), 26)}`,
      symbol = count(nodes.length, "node");
    return {
      kind: group.kind === "stack" ? "group stack" : "group",
      title,
      symbol,
      width: Math.max(218, 38 + widthOf(title) + widthOf(symbol)),
      height: 56,
    };
  }
  const kind = kindOf(graph, id),
    name = cut(nameOf(graph, id), 22);
  if (kind === "constant") {
    const title = graph.names[id] ? `${name} = ${short(graph.value[id])}` : name;
    return { kind, title, symbol: "", width: 18 + widthOf(title), height: 24 };
  }
  const symbol = isLeaf(graph, id) ? "" : cut(graph.operation[id].symbol, 10);
  return { kind, title: name, symbol, width: Math.max(126, 32 + widthOf(name) + widthOf(symbol)), height: 54 };
}

let ruler;

// Of bold text, as in the titles of boxes: W is three times as wide as i.
function widthOf(text) {
  ruler ??= document.createElement("canvas").getContext("2d");
  ruler.font = "bold 12px Helvetica, Arial, sans-serif";
  return ruler.measureText(text).width;
}

function drawBox(graph, folding, box, { x, y, width, height }) {
  const { id, kind, title, symbol } = box;
  const g = element("g", {
    class: `box ${kind}`,
    transform: `translate(${round(x)} ${round(y)})`,
    tabindex: "-1",
    role: "button",
  });
  const group = isSingle(graph, id) ? null : folding.groups[groupOfBox(graph, id)];
  if (group === null) g.dataset.node = id;
  else g.dataset[kind === "more" ? "more" : "group"] = group.id;
  g.dataset.box = id;
  const rect = (dx) => element("rect", { x: dx, y: dx, width, height, rx: kind === "constant" ? height / 2 : 7 });
  if (group) for (const dx of kind === "group stack" ? [8, 4] : kind === "group" ? [4] : []) g.append(rect(dx));
  g.append(rect(0));
  const parts = { id, kind, g, x, y, width, height, title };
  if (kind === "constant" || kind === "more") {
    g.append(element("text", { class: "title", x: width / 2, y: height / 2 + 4, "text-anchor": "middle" }, title));
    return parts;
  }
  const named = group || graph.names[id];
  g.append(element("text", { class: named ? "title" : "title unnamed", x: 10, y: 17 }, title));
  g.append(element("text", { class: "symbol", x: width - 10, y: 17, "text-anchor": "end" }, typeset(symbol)));
  for (const [row, word, at] of [
    ["value", "value", 33],
    ["grad", "grad", 47],
  ]) {
    g.append(element("text", { class: "word", x: 10, y: at }, word));
    parts[row] = element("text", { class: "number", x: width - 10, y: at, "text-anchor": "end" });
    g.append(parts[row]);
  }
  return parts;
}

function typeset(symbol) {
  return { "*": "×", "-": "−", "/": "÷" }[symbol] || symbol;
}

function drawFrame(group, { x, y, width, height }) {
  return element(
    "g",
    { class: "frame", "data-frame": group.id, transform: `translate(${round(x)} ${round(y)})` },
    element("rect", { width: round(width), height: round(height), rx: 10 }),
    element(
      "g",
      {
        class: "frame-title",
        tabindex: "-1",
        role: "button",
        "data-close": group.index,
        "aria-label": `close ${group.label}`,
      },
      element("rect", { width: round(Math.min(width, 40 + 7 * titleOf(group).length)), height: 22, rx: 8 }),
      element("text", { x: 10, y: 15 }, `▾ ${titleOf(group)}`),
    ),
  );
}

function drawEdges(root, graph, { edges, boxes }, places, direction) {
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
    const { d, spots } = curve(places.edges[k], bend, direction, sharesWay || all === uses.get(edge.from));
    // With many boxes few numbers are shown, so that they need not look out for each other.
    const free = edges.length <= DENSE ? spots.find((spot) => isFree(spot, taken, places.boxes)) : spots[0];
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
      x: round(middle.x),
      y: round(middle.y),
      "text-anchor": "middle",
    });
    paths.append(path);
    const sources = new Set(edge.edges.map((e) => graph.parents[e]));
    const source = sources.size === 1 ? graph.parents[edge.edges[0]] : -1;
    return { ...edge, path, label, source, text: "", middle };
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
  return { d, spots: wide.flatMap((k) => places.map((t) => pointOn(curves[k], t))) };
}

function pointOn([a, b, c, d], t) {
  const mixed = (axis) =>
    (1 - t) ** 3 * a[axis] + 3 * (1 - t) ** 2 * t * b[axis] + 3 * (1 - t) * t ** 2 * c[axis] + t ** 3 * d[axis];
  return { x: mixed("x"), y: mixed("y") };
}

function round(x) {
  return Math.round(x * 10) / 10;
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

function set(target, name, value) {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

// --- where one looks from --------------------------------------------------------------------------------------------

const CLOSEST = 4,
  FARTHEST = 0.02; // scales
const MARGIN_AROUND = 24;

export function makeCamera(svg, root) {
  const camera = { x: 0, y: 0, scale: 1, fitted: true };
  const apply = () =>
    root.setAttribute("transform", `translate(${round(camera.x)} ${round(camera.y)}) scale(${camera.scale})`);
  camera.scaleFor = ({ width, height }) =>
    Math.max(
      FARTHEST,
      Math.min(1.4, (svg.clientWidth - 2 * MARGIN_AROUND) / width, (svg.clientHeight - 2 * MARGIN_AROUND) / height),
    );
  camera.fit = (picture) => {
    camera.look({ x: 0, y: 0, ...picture }, camera.scaleFor(picture));
    camera.fitted = true;
  };
  // Put a part of the picture into the middle, or its beginning to the border if it is too large to be read as a whole.
  camera.look = ({ x, y, width, height }, scale = Math.max(0.6, Math.min(1, camera.scaleFor({ width, height })))) => {
    camera.scale = scale;
    camera.x = Math.max(MARGIN_AROUND, (svg.clientWidth - scale * width) / 2) - scale * x;
    camera.y = Math.max(MARGIN_AROUND, (svg.clientHeight - scale * height) / 2) - scale * y;
    camera.fitted = false;
    apply();
  };
  camera.zoom = (factor, at = { x: svg.clientWidth / 2, y: svg.clientHeight / 2 }) => {
    const scale = Math.max(FARTHEST, Math.min(CLOSEST, camera.scale * factor));
    camera.x = at.x - ((at.x - camera.x) * scale) / camera.scale;
    camera.y = at.y - ((at.y - camera.y) * scale) / camera.scale;
    camera.scale = scale;
    camera.fitted = false;
    apply();
  };
  camera.pan = (dx, dy) => {
    if (!dx && !dy) return;
    ((camera.x += dx), (camera.y += dy));
    camera.fitted = false; // somebody chose what to see
    apply();
  };
  camera.toScreen = ({ x, y }) => ({ x: camera.x + camera.scale * x, y: camera.y + camera.scale * y });
  // Move only as far as is needed to see the box, and with it `others`, where there is room for all of them.
  camera.show = (box, others = []) => {
    const { clientWidth, clientHeight } = svg,
      margin = 12;
    const all = around([box, ...others]);
    const fits = Math.max(all.width / (clientWidth - 2 * margin), all.height / (clientHeight - 2 * margin));
    const { x, y, width, height } = fits * camera.scale <= 1 ? all : box;
    const a = camera.toScreen({ x, y }),
      b = camera.toScreen({ x: x + width, y: y + height });
    const shift = (low, high, room) => (low < margin ? margin - low : high > room - margin ? room - margin - high : 0);
    camera.pan(shift(a.x, b.x, clientWidth), shift(a.y, b.y, clientHeight));
  };
  listen(svg, camera);
  return camera;
}

function around(boxes) {
  const x = Math.min(...boxes.map((box) => box.x)),
    y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width)),
    bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}

// Wheel, drag, and two fingers.
function listen(svg, camera) {
  const fingers = new Map();
  const spot = (event) => {
    const corner = svg.getBoundingClientRect();
    return { x: event.clientX - corner.left, y: event.clientY - corner.top };
  };
  svg.addEventListener(
    "wheel",
    (event) => {
      // In a notebook the wheel scrolls the notebook until somebody has clicked into the picture.
      if (window !== window.parent && !document.hasFocus()) return;
      event.preventDefault();
      camera.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), spot(event));
    },
    { passive: false },
  );
  svg.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, spot(event));
    camera.dragged = 0;
  });
  svg.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = spot(event),
      other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    fingers.set(event.pointerId, now);
    camera.dragged += Math.hypot(now.x - before.x, now.y - before.y);
    if (other) {
      const far = (p) => Math.max(1, Math.hypot(p.x - other.x, p.y - other.y));
      camera.zoom(far(now) / far(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
    } else if (camera.dragged > 4) {
      svg.setPointerCapture(event.pointerId); // not before: a click must reach the box
      camera.pan(now.x - before.x, now.y - before.y);
    }
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"])
    svg.addEventListener(end, (event) => fingers.delete(event.pointerId));
}
