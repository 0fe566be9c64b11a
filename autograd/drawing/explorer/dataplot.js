// The data of the samples, and what the parameters make of it: the decision boundary or the prediction for two inputs, the
// curve for one. A click on a point opens the graph of its sample.
//
// Entry point: `makeDataPlot`.

import { short } from "./numbers.js";
import { axes, lineThrough, roomOf } from "./plots.js";
import { cheapestClass, inputsOf, makeGrid } from "./probe.js";
import { element } from "./svg.js";

const SIZE = 40; // points of the grid each way
const CURVE = 100; // points of a curve
const BEYOND = 0.12; // of the range of the data, shown around it
const NEAR = 24; // pixels around a point that count as the point
const SHAPES = ["M-5 0A5 5 0 1 0 5 0A5 5 0 1 0 -5 0Z", "M-5 -5H5V5H-5Z", "M0 -6L6 5H-6Z", "M0 -7L6 0L0 7L-6 0Z"];
const LOOKS = [1, 0, 2, 3]; // of several targets
const CLASS_COLORS = ["--output-border", "--leaf-border", "--class-3", "--class-4"];

// What there is to plot: "plane", "curve", or "" where the samples have other inputs or none.
export function whatToPlot({ features, targets, classes, samples }) {
  if (features === 2 && (classes || (targets && samples[0].predictions[0]))) return "plane";
  return features === 1 && targets && samples[0].predictions.every(Boolean) ? "curve" : "";
}

// {begin, work, isDone, mark, close}: `begin` after the parameters have changed, then `work` until it is done; `mark` what
// is right and what is not; `close` before there is another plot.
export function makeDataPlot(target, graph, roles, probes, open) {
  const kind = whatToPlot(roles);
  const plot = { target, graph, roles, probes, chosen: -1, right: null };
  const closing = new AbortController();
  const made = kind === "plane" ? planeOf(plot) : curveOf(plot);
  const n = roles.samples.length;
  const move = (by) => chooseSample(plot, plot.chosen < 0 ? (by > 0 ? 0 : n - 1) : (plot.chosen + by + n) % n);
  target.addEventListener("click", (event) => {
    const near = nearest(plot, event);
    if (near >= 0) (chooseSample(plot, near), open(roles.samples[near]));
  }, { signal: closing.signal });
  target.addEventListener("keydown", (event) => {
    const by = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (by) move(by);
    else if (event.key === "Enter" && plot.chosen >= 0) open(roles.samples[plot.chosen]);
    else return;
    (event.preventDefault(), event.stopPropagation());
  }, { signal: closing.signal });
  return { ...made, mark: (right) => (plot.right = right), close: () => closing.abort() };
}

function rangeOf(numbers) {
  const low = Math.min(...numbers),
    high = Math.max(...numbers);
  const more = (high - low || 1) * BEYOND;
  return [low - more, high + more];
}

// --- two inputs ----------------------------------------------------------------------------------------------------------

function planeOf(plot) {
  const { target, graph, roles, probes } = plot;
  const canvas = element("canvas", { width: SIZE, height: SIZE, "aria-hidden": "true" }),
    over = element("div", { class: "over" });
  target.replaceChildren(canvas, over);
  const context = canvas.getContext("2d");
  let grid = null,
    colors = [],
    heat = [0, 1];
  const ask = roles.classes
    ? cheapestClass
    : ([probe], inputs) => {
        const part = probe.at(inputs);
        return part.value[part.predictions[0]];
      };
  const paint = ({ row, column, stride }, found) => {
    const middle = (heat[0] + heat[1]) / 2;
    context.clearRect(column, row, stride, stride);
    context.fillStyle = colors[roles.classes ? found.best % colors.length : Number(found > middle)];
    context.globalAlpha = roles.classes
      ? 0.12 + 0.5 * (1 - Math.exp(-found.margin))
      : Math.min(0.7, (0.7 * Math.abs(found - middle)) / (heat[1] - middle || 1)) || 0;
    context.fillRect(column, row, stride, stride);
  };
  const begin = () => {
    const all = roles.samples.map((sample) => inputsOf(graph, sample));
    const [x, y] = [0, 1].map((f) => rangeOf(all.map((inputs) => inputs[f])));
    if (!roles.classes) heat = rangeOf(roles.samples.map((sample) => graph.value[sample.y[0][0]]));
    colors = colorsOf(target);
    drawPoints(plot, over, all, x, y);
    grid = makeGrid(probes, SIZE, [x[0], y[0]], [x[1], y[1]], ask);
    grid.begin();
    cover(canvas, plot.frame.box);
  };
  return { begin, work: (deadline) => grid.work(deadline, paint), isDone: () => !grid || grid.isDone() };
}

function cover(canvas, { left, right, top, bottom }) {
  Object.assign(canvas.style, { left: `${left}px`, top: `${top}px`, width: `${right - left}px`, height: `${bottom - top}px` });
}

function colorsOf(target) {
  const style = getComputedStyle(target);
  return CLASS_COLORS.map((name) => style.getPropertyValue(name).trim());
}

function drawPoints(plot, over, all, x, y) {
  const { roles, graph } = plot;
  const words = roles.classes
    ? `${roles.samples.length} samples of ${roles.classes} classes and where the network would choose each class`
    : `${roles.samples.length} samples and the prediction for every pair of inputs`;
  const [below, beside] = roles.names;
  plot.frame = axes(roomOf(plot.target), x, y, words, { below, beside });
  plot.at = all.map(([a, b]) => plot.frame.at(a, b));
  const [low, high] = roles.classes ? [0, 0] : rangeOf(roles.samples.map((sample) => graph.value[sample.y[0][0]]));
  const isHigh = (sample) => graph.value[sample.y[0][0]] > (low + high) / 2;
  plot.points = roles.samples.map((sample, k) => pointOf(plot, sample, k, roles.classes ? sample.kind : Number(isHigh(sample))));
  plot.frame.svg.append(...plot.points);
  over.replaceChildren(plot.frame.svg);
}

function pointOf(plot, sample, k, kind) {
  const { x, y } = plot.at[k];
  const isWrong = plot.right !== null && plot.right[k] === false;
  const point = element(
    "path",
    { class: `point class-${kind % 4}${k === plot.chosen ? " chosen" : ""}${isWrong ? " wrong" : ""}`, d: SHAPES[kind % 4], transform: `translate(${x} ${y})` },
    element("title", {}, tipOfSample(plot, sample) + (isWrong ? " Not right so far." : "")),
  );
  return point;
}

function tipOfSample(plot, sample) {
  const { graph } = plot;
  const targets = sample.y.map(([leaf]) => short(graph.value[leaf])).join(", ");
  const inputs = inputsOf(graph, sample).map((x, f) => `${plot.roles.names[f]} = ${short(x)}`);
  return `${sample.label}: ${inputs.join(", ")}${targets ? `, target ${targets}` : ""}. Click: its graph.`;
}

// --- one input -------------------------------------------------------------------------------------------------------------

function curveOf(plot) {
  const { target, graph, roles, probes } = plot;
  const over = element("div", { class: "over" });
  target.replaceChildren(over);
  const begin = () => {
    const all = roles.samples.map((sample) => inputsOf(graph, sample)[0]);
    const x = rangeOf(all);
    const [probe] = probes;
    probe.load();
    const lines = roles.samples[0].predictions.map(() => []);
    for (let k = 0; k <= CURVE; k++) {
      const input = x[0] + ((x[1] - x[0]) * k) / CURVE;
      const part = probe.at([input]);
      part.predictions.forEach((i, t) => lines[t].push([input, part.value[i]]));
    }
    const targets = roles.samples.map((sample) => sample.y.map(([leaf]) => graph.value[leaf]));
    const finite = [...targets.flat(), ...lines.flat().map(([, y]) => y)].filter(Number.isFinite);
    const words = `${all.length} samples and the prediction for every input`;
    plot.frame = axes(roomOf(target), x, rangeOf(finite), words, { below: roles.names[0] });
    const { svg, at } = plot.frame;
    plot.at = lines.flatMap((_, t) => all.map((a, k) => at(a, targets[k][t])));
    plot.points = plot.at.map((_, k) => pointOf(plot, roles.samples[k % all.length], k, LOOKS[Math.floor(k / all.length) % 4]));
    const drawn = lines.map((line) => line.filter(([, y]) => Number.isFinite(y)).map(([a, b]) => at(a, b)));
    svg.append(
      ...drawn.map((line, t) => element("path", { class: `course of-${LOOKS[t % 4]}`, d: lineThrough(line) })),
      ...plot.points,
    );
    over.replaceChildren(svg);
  };
  return { begin, work: () => {}, isDone: () => true };
}

// --- pointing ----------------------------------------------------------------------------------------------------------------

function nearest(plot, event) {
  const corner = plot.target.getBoundingClientRect();
  const [x, y] = [event.clientX - corner.left, event.clientY - corner.top];
  let best = -1,
    least = NEAR;
  plot.at.forEach((point, k) => {
    const far = Math.hypot(point.x - x, point.y - y);
    if (far < least) ([least, best] = [far, k]);
  });
  return best < 0 ? best : best % plot.roles.samples.length;
}

function chooseSample(plot, k) {
  plot.points[plot.chosen]?.classList.remove("chosen");
  plot.chosen = k;
  plot.points[k]?.classList.add("chosen");
  plot.points[k]?.parentNode.append(plot.points[k]);
  plot.target.setAttribute("aria-label", `data; chosen: ${tipOfSample(plot, plot.roles.samples[k])}`);
}
