// The network beside the graph: neurons as circles, weights as lines. Pointing at a neuron shows its boxes in the graph
// and the other way round; a click opens it there. The lines follow the training.
//
// Entry point: `listenToNetwork`.

import { groupBox } from "./folding.js";
import { count, short } from "./numbers.js";
import { jump, open } from "./opening.js";
import { roomOf } from "./plots.js";
import { rolesOf } from "./roles.js";
import { element, round, set } from "./svg.js";
import { findNetwork } from "./weighted.js";

const MOST = 24; // circles in one layer
const MOST_NAMED = 12; // inputs with their names beside them
const WIDEST = 0.3; // line, as a part of the radius of the circles
const SMALLEST = 4; // pixels of the radius of a circle
const LARGEST = 2,
  WITH_NUMBER = 1.4; // radius, in heights of the text, of the largest one, and of one that has room for a number

export function listenToNetwork(app) {
  const { at, graph } = app;
  const hasProducts = graph.operation.some((op) => op?.name === "multiply");
  at("network-open").hidden = at("theatre-open").hidden || !hasProducts;
  if (at("network-open").hidden) return;
  at("network-open").addEventListener("click", () => showNetwork(app, at("network").hidden));
  at("network-close").addEventListener("click", () => showNetwork(app, false));
  at("lines").addEventListener("change", () => followNumbers(app));
  new ResizeObserver(() => at("network").hidden || drawNetwork(app)).observe(at("network-picture"));
  app.watchers.push(() => at("network").hidden || followNumbers(app));
  app.showSample = () => at("network").hidden || drawNetwork(app);
}

function showNetwork(app, on) {
  const { at } = app;
  at("network").hidden = !on;
  at("network-open").setAttribute("aria-expanded", on);
  app.showBeside();
  if (on) drawNetwork(app);
  else at("network-open").focus();
}

// The network of the sample that is looked at, of the whole graph where there are no samples.
function drawNetwork(app) {
  const { at, graph } = app;
  const roles = rolesOf(app);
  const sample = roles.samples[app.sample ?? 0];
  const nodes = sample?.nodes ?? Array.from({ length: graph.n }, (_, i) => i);
  const found = findNetwork(graph, roles.parameters, nodes);
  sample?.x.forEach((leaves, f) => found.inputs.filter(({ output }) => leaves.includes(output)).forEach((input) => (input.name = roles.names[f])));
  const target = at("network-picture");
  if (!found.neurons.length) {
    target.replaceChildren(element("p", { class: "hint" }, "There are no weighted sums in this graph, so no neurons to show."));
    return;
  }
  app.network = { ...found, circles: new Map(), lines: [] };
  const { width, height, letter } = roomOf(target);
  const words = `network: ${found.layers.map((layer) => layer.length).join(", ")} in its layers; arrow keys go from circle to circle, Enter shows one in the graph`;
  const svg = element("svg", { class: "network-svg", width, height, role: "group", "aria-label": words });
  placeCircles(found.layers, width, height, letter);
  drawLinks(app, svg);
  for (const layer of found.layers) drawLayer(app, svg, layer);
  target.replaceChildren(svg);
  app.network.label = sample?.label ?? "";
  listenToCircles(app, svg);
  followNumbers(app);
}

function placeCircles(layers, width, height, letter) {
  const longest = Math.max(...layers.map((layer) => layer.length)),
    most = Math.min(MOST, longest);
  if (longest > MOST) height -= 2 * letter; // for the words below
  const names = layers[0].length <= MOST_NAMED ? Math.max(0, ...layers[0].map(({ name }) => name.length)) : 0;
  const left = Math.min(width / 4, 0.6 * letter * names) + 2 * letter + 4;
  const radius = Math.max(SMALLEST, Math.min(LARGEST * letter, (0.38 * (height - 20)) / most, width / (5 * layers.length)));
  layers.forEach((layer, l) => {
    const seen = Math.min(layer.length, MOST);
    layer.forEach((neuron, k) => {
      const isSeen = k < MOST;
      const x = layers.length === 1 ? width / 2 : left + ((width - left - 2 * letter - 8) * l) / (layers.length - 1);
      const gap = Math.min((height - 16) / Math.max(1, seen), 5 * radius);
      const y = height / 2 + (k - (seen - 1) / 2) * gap;
      Object.assign(neuron, { x, y, radius, isSeen, hasNumber: radius >= WITH_NUMBER * letter, layer: l, place: k });
    });
  });
}

function drawLinks(app, svg) {
  for (const link of app.network.links) {
    const { from, to } = link;
    if (!from.isSeen || !to.isSeen) continue;
    const line = element(
      "line",
      { class: "link-line", x1: round(from.x + from.radius), y1: round(from.y), x2: round(to.x - to.radius), y2: round(to.y) },
      element("title"),
    );
    svg.append(line);
    app.network.lines.push({ ...link, line });
  }
}

function drawLayer(app, svg, layer) {
  const isLast = (neuron) => !app.network.links.some(({ from }) => from === neuron);
  for (const neuron of layer.filter(({ isSeen }) => isSeen)) {
    const kind = neuron.level === 0 ? "leaf" : isLast(neuron) ? "output" : "operation";
    const g = element(
      "g",
      { class: `neuron ${kind}`, transform: `translate(${round(neuron.x)} ${round(neuron.y)})`, tabindex: -1, role: "button" },
      element("circle", { r: round(neuron.radius) }),
      element("text", { dy: "0.36em", "text-anchor": "middle" }),
      element("title"),
    );
    if (neuron.level === 0 && layer.length <= MOST_NAMED)
      g.append(element("text", { class: "name", x: -neuron.radius - 6, dy: "0.36em", "text-anchor": "end" }, neuron.name));
    app.network.circles.set(neuron, g);
    svg.append(g);
  }
  const hidden = layer.filter(({ isSeen }) => !isSeen).length;
  const last = layer[MOST - 1];
  if (hidden) svg.append(element("text", { class: "hidden-ones", x: last.x, y: last.y + last.radius, dy: "1.2em", "text-anchor": "middle" }, `${hidden} more`));
}

// --- numbers ------------------------------------------------------------------------------------------------------------

// The widths of the lines, the numbers in the circles, and the light of what is pointed at in the graph.
function followNumbers(app) {
  const { graph, network, at } = app;
  if (!network) return;
  const isGradient = at("lines").value === "gradients";
  const numbers = isGradient ? graph.gradient : graph.value;
  const most = Math.max(...network.lines.map(({ weight }) => Math.abs(numbers[weight])).filter(Number.isFinite), 1e-300);
  for (const { line, weight, from, to } of network.lines) {
    const x = numbers[weight];
    set(line, "stroke-width", String(round(0.4 + (WIDEST * to.radius * Math.abs(x)) / most)));
    set(line, "opacity", String(round(0.2 + (0.7 * Math.abs(x)) / most)));
    line.classList.toggle("negative", x < 0);
    line.lastChild.textContent = `${graph.names[weight] || "weight"} from ${from.name} to ${to.name}: ${short(graph.value[weight])}, gradient ${short(graph.gradient[weight])}`;
  }
  at("network-most").textContent = `at most ${short(most)}${network.label ? `, numbers of ${network.label}` : ""}`;
  const box = app.pointed ?? app.pinned;
  for (const [neuron, g] of network.circles) {
    const { output, hasNumber, name, weights, level } = neuron;
    const [value, gradient] = [short(graph.value[output]), short(graph.gradient[output])];
    if (hasNumber) g.children[1].textContent = graph.value[output].toPrecision(2).replace(/e.*|(?<=\..*?)0+$|\.0*$/, "").replace("-", "−");
    const words = level ? `neuron ${name}: value ${value}, gradient ${gradient}, ${count(weights.length, "parameter")}` : `input ${name}: ${value}`;
    g.children[2].textContent = words;
    g.setAttribute("aria-label", words);
    const isLit = box !== null && [...neuron.nodes, ...weights].some((i) => app.seen.boxOf[i] === box);
    g.classList.toggle("lit", isLit && neuron !== network.pointed);
  }
}

// --- pointing -------------------------------------------------------------------------------------------------------------

function listenToCircles(app, svg) {
  const { circles } = app.network;
  const neuronAt = (event) => {
    const g = event.target.closest?.(".neuron");
    return [...circles].find(([, each]) => each === g)?.[0] ?? null;
  };
  svg.addEventListener("pointerover", (event) => pointAtNeuron(app, neuronAt(event)));
  svg.addEventListener("pointerleave", () => pointAtNeuron(app, null));
  svg.addEventListener("focusin", (event) => pointAtNeuron(app, neuronAt(event)));
  svg.addEventListener("focusout", () => pointAtNeuron(app, null));
  svg.addEventListener("click", (event) => {
    const neuron = neuronAt(event) ?? nearestNeuron(app, event);
    if (neuron) showInGraph(app, neuron);
  });
  svg.addEventListener("keydown", (event) => {
    const neuron = neuronAt(event);
    if (!neuron || !pressOnNeuron(app, neuron, event.key)) return;
    (event.preventDefault(), event.stopPropagation());
  });
  [...circles.values()][0].setAttribute("tabindex", "0");
}

// A finger is wider than a circle.
function nearestNeuron({ network, at }, event) {
  const corner = at("network-picture").getBoundingClientRect();
  const [x, y] = [event.clientX - corner.left, event.clientY - corner.top];
  const far = (neuron) => Math.hypot(neuron.x - x, neuron.y - y);
  const near = [...network.circles.keys()].reduce((best, each) => (far(each) < far(best) ? each : best));
  return far(near) < near.radius + 16 ? near : null;
}

function pressOnNeuron(app, neuron, key) {
  const { layers, circles } = app.network;
  const by = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[key];
  if (key === "Enter") return (showInGraph(app, neuron), true);
  if (!by) return false;
  const layer = layers[Math.max(0, Math.min(layers.length - 1, neuron.layer + by[0]))];
  const next = layer[Math.max(0, Math.min(Math.min(MOST, layer.length) - 1, neuron.place + by[1]))];
  for (const g of circles.values()) g.setAttribute("tabindex", "-1");
  circles.get(next)?.setAttribute("tabindex", "0");
  circles.get(next)?.focus();
  return true;
}

// Its lines, and its boxes in the graph.
function pointAtNeuron(app, neuron) {
  const { network, picture, seen } = app;
  if (neuron === (network.pointed ?? null)) return;
  network.pointed = neuron;
  const boxes = new Set(neuron ? neuron.nodes.map((i) => seen.boxOf[i]) : []);
  for (const [id, { g }] of picture.boxes) g.classList.toggle("of-neuron", boxes.has(id));
  network.circles.forEach((g, each) => g.classList.toggle("pointed", each === neuron));
  for (const { line, from, to } of network.lines) line.classList.toggle("faint", neuron !== null && from !== neuron && to !== neuron);
}

// Its group opened, else the box of its result.
function showInGraph(app, { output, level }) {
  const { graph, folding } = app;
  const g = folding.groupOf[output];
  if (level && g >= 0 && folding.groups[g].kind === "neuron") {
    jump(app, { group: folding.groups[g] });
    open(app, groupBox(graph, g));
  } else jump(app, { node: output });
}
