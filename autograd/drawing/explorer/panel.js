// The words around the picture: the panel with the details of one box, the line of calculation, the legend, and the
// table that a screen reader finds in place of the picture.

import { finiteDifference } from "./difference.js";
import { downstream, isLeaf, parsed, paths, share } from "./engine.js";
import { groupOfBox, isMore, isSingle } from "./folding.js";
import { count, inBrackets, range, short, shown } from "./numbers.js";
import { slopeFigure } from "./slope.js";
import { expression, localDerivative, nameOf } from "./steps.js";
import { element } from "./svg.js";
import { numbersOf } from "./view.js";

const ROWS = 200; // of the table
const FEW_INPUTS = 8;
const CURVE_WIDTH = 268; // pixels
const FEW_NODES = 3000; // a graph in which differences are found while one points at boxes

export function showFormula(target, rows) {
  target.classList.toggle("many", rows.length > 2); // in two columns, where there is room
  target.replaceChildren(...rows.map((cells) => element("p", {}, ...cells.map((cell) => element("span", {}, cell)))));
}

// `act` holds what the buttons do: show(node), open(box), close(group), unpin(), setLeaf(node, number), reset().
export function showDetails(target, app, box, isPinned, act) {
  const { graph } = app;
  const [top, input, rest] =
    box === null
      ? [wholeGraph(app, act)]
      : isMore(graph, box)
        ? [[heading("More of the same", isPinned, act), element("p", {}, "Click to show the next ones.")]]
        : isSingle(graph, box)
          ? node(app, box, isPinned, act)
          : [group(app, box, isPinned, act)];
  const now = target.querySelector(".leaf-input");
  if (now && input && now.dataset.leaf === String(box)) {
    // Somebody may be moving the slider, typing, or about to: only what stands around it is made anew.
    target.firstChild.replaceChildren(...top);
    target.lastChild.replaceChildren(...rest);
    now.querySelector("button").hidden = !app.isChanged;
    if (!now.contains(document.activeElement)) for (const field of now.querySelectorAll("input")) field.value = app.graph.value[box];
  } else {
    target.replaceChildren(element("div", {}, ...top), ...(input ? [input] : []), element("div", {}, ...(rest || [])));
  }
}

function heading(text, isPinned, act, ...more) {
  const title = element("h2", {}, text, ...more);
  if (isPinned) title.append(button("×", "unpin", act.unpin, "close"));
  return title;
}

function button(text, label, onClick, className = "") {
  const made = element("button", { type: "button", "aria-label": label, class: className }, text);
  made.addEventListener("click", onClick);
  return made;
}

function list(rows) {
  return element("dl", {}, ...rows.flatMap(([term, ...what]) => [element("dt", {}, term), element("dd", {}, ...what)]));
}

function wholeGraph(app, act) {
  const { graph } = app;
  const inputs = [];
  for (let i = 0; i < graph.n; i++) if (isLeaf(graph, i) && !graph.constant[i]) inputs.push(i);
  const inOrder = new Intl.Collator("en", { numeric: true });
  const named = (i) => Number(!graph.names[i]);
  inputs.sort((a, b) => named(a) - named(b) || inOrder.compare(nameOf(graph, a), nameOf(graph, b)));
  const name = nameOf(graph, graph.output);
  const made = [
    element("h2", {}, graph.title || "Computation graph"),
    element(
      "p",
      {},
      isLeaf(graph, graph.output)
        ? `${count(graph.n, "node")}; ${name} is an input, nothing was computed for it.`
        : `${count(graph.n, "node")}; ${name} is computed from ${count(inputs.length, "input")}.`,
    ),
    ...(graph.outputs.length > 1
      ? [element("p", {}, `Of the ${graph.outputs.length} results the gradients are those of ${name}, the last one.`)]
      : []),
    inputTable(app, inputs, act),
    element(
      "p",
      { class: "hint" },
      "Point at a box to see its formula, its gradient and the paths behind it; click to keep it here. Change an input and everything follows.",
    ),
  ];
  if (graph.stale && !graph.recording)
    made.push(
      element(
        "p",
        { class: "hint" },
        `This page computes everything anew from the inputs. In Python ${count(graph.stale, "node")} still ${graph.stale === 1 ? "shows" : "show"} the result of an earlier pass.`,
      ),
    );
  if (app.isChanged) made.push(resetButton(act));
  return made;
}

// A long name may go on in the next line, after a point.
function withBreaks(target, name) {
  target.append(...name.split(/(?<=\.)/).flatMap((part, k) => (k ? [element("wbr"), part] : [part])));
  return target;
}

function inputTable({ graph, steps, step }, inputs, act) {
  const rows = inputs.slice(0, FEW_INPUTS).map((i) => {
    const { values, gradients } = numbersOf(graph, steps, step, [i]);
    const cells = [
      withBreaks(button("", `show ${nameOf(graph, i)}`, () => act.show(i), "link"), nameOf(graph, i)),
      range(values),
      range(gradients),
    ];
    return element("tr", {}, ...cells.map((cell) => element("td", {}, cell)));
  });
  const head = element("tr", {}, ...["input", "value", "grad"].map((word) => element("th", { scope: "col" }, word)));
  const more = inputs.length - rows.length;
  return element(
    "table",
    {},
    head,
    ...rows,
    ...(more > 0 ? [element("caption", {}, `… and ${more.toLocaleString("en")} more`)] : []),
  );
}

function resetButton(act) {
  return button("Reset all inputs", "reset all inputs", act.reset, "wide");
}

function node(app, i, isPinned, act) {
  const { graph, steps, step } = app;
  const name = nameOf(graph, i),
    op = graph.operation[i];
  const { values, gradients, partial } = numbersOf(graph, steps, step, [i]);
  const leaf = graph.frozen.has(i) ? "input or parameter, frozen" : "input or parameter";
  const kind = i === graph.output ? "result" : op ? "operation" : graph.constant[i] ? "constant" : leaf;
  const rows = [["kind", op ? `${kind} ${op.name.replace(/_/g, " ")}` : kind]];
  if (op) rows.push(["formula", `${name} = ${expression(graph, i)}`]);
  rows.push(["value", strong(shown(values[0] ?? null))]);
  rows.push(["gradient", strong(shown(gradients[0] ?? null)), partial ? " so far" : ""]);
  const isComplete = gradients.length && !partial && i !== graph.output && graph.reaches[i] && !graph.constant[i];
  if (isComplete && (isPinned || graph.n <= FEW_NODES)) rows.push(...measuredRow(graph, i));
  const python = graph.inPython[i] === undefined ? null : parsed(graph.inPython[i]);
  if (python !== null && !app.isChanged && different(python, graph.gradient[i]))
    rows.push(["in Python", `${short(python)}: left by other backward passes`]);
  rows.push(...placeOf(app, app.folding.groupOf[i], act));
  const input = op || graph.constant[i] ? null : leafInput(app, i, act);
  const slope = input && isPinned ? slopeFigure(graph, i, { width: CURVE_WIDTH, before: graph.scrubbed }) : null;
  return [[heading(name, isPinned, act), list(rows)], input, [...(slope ? [slope] : []), ...(op ? locals(graph, i) : []), ...pathList(graph, i)]];
}

// The gradient as one measures it, beside the one of the chain rule.
function measuredRow(graph, i) {
  const found = finiteDifference(graph, i);
  if (!found) return [];
  const { number, below, above, verdict } = found;
  const said = {
    agrees: `${short(number)} ✓`,
    kink: `${short(below)} below, ${short(above)} above: a kink`,
    differs: `${short(number)}: differs`,
  }[verdict];
  const how = "(f(x + h) − f(x − h)) ÷ 2h, with the result computed anew for x + h and x − h";
  return [["finite difference", element("span", { title: how, class: verdict }, said)]];
}

// The opened groups around a box, innermost first; a click folds them.
function placeOf({ folding }, g, act) {
  const around = [];
  for (; g >= 0; g = folding.groups[g].above) {
    const index = g;
    around.push(
      button(`▾ ${folding.groups[g].label}`, `fold ${folding.groups[g].label}`, () => act.close(index), "link"),
      " ",
    );
  }
  return around.length ? [["inside", ...around]] : [];
}

function strong(text) {
  return element("strong", {}, text);
}

function different(a, b) {
  return !(
    a === b ||
    Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b)) ||
    (Number.isNaN(a) && Number.isNaN(b))
  );
}

function leafInput(app, i, act) {
  const { graph } = app;
  const original = graph.original[i],
    size = Number.isFinite(original) ? Math.max(2, 2 * Math.abs(original)) : 2;
  const value = graph.value[i],
    low = Math.min(-size, value),
    high = Math.max(size, value);
  const slider = element("input", {
    type: "range",
    id: "value-slider",
    min: low,
    max: high,
    step: size / 100,
    "aria-label": `value of ${nameOf(graph, i)}`,
  });
  const field = element("input", {
    type: "number",
    id: "value-input",
    step: "any",
    "aria-label": `value of ${nameOf(graph, i)}, as a number`,
  });
  slider.value = field.value = value;
  const take = (from, to) => {
    if (from.value === "" || !Number.isFinite(Number(from.value))) return;
    to.value = from.value;
    act.setLeaf(i, Number(from.value));
  };
  slider.addEventListener("input", () => take(slider, field));
  field.addEventListener("input", () => take(field, slider));
  const reset = resetButton(act);
  reset.hidden = !app.isChanged;
  return element(
    "div",
    { class: "leaf-input", "data-leaf": i },
    element("h3", {}, "Change its value"),
    slider,
    field,
    reset,
  );
}

function locals(graph, i) {
  const all = Array.from({ length: graph.start[i + 1] - graph.start[i] }, (_, k) => graph.start[i] + k);
  const variable = all.filter((e) => !graph.constant[graph.parents[e]]); // nothing flows to a constant
  if (!variable.length) return [];
  const edges = variable.slice(0, 8);
  const rows = edges.map((e) =>
    element("li", {}, `∂${nameOf(graph, i)}/∂${nameOf(graph, graph.parents[e])} = ${localDerivative(graph, e)}`),
  );
  const more = variable.length - edges.length;
  if (more) rows.push(element("li", {}, `… and ${more} more`));
  return [element("h3", {}, "Local derivatives"), element("ul", {}, ...rows)];
}

function pathList(graph, i) {
  const output = nameOf(graph, graph.output),
    name = nameOf(graph, i);
  if (i === graph.output) return [];
  if (!graph.reaches[i])
    return [element("p", { class: "hint" }, `${output} does not depend on ${name}, or only by a decision: no gradient comes here.`)];
  const { found, total } = paths(graph, i);
  const rows = found.map((path) =>
    element(
      "li",
      {},
      pathNames(graph, i, path),
      element("br"),
      element("span", { class: "product" }, product(graph, path)),
    ),
  );
  const many =
    total === 1 ? "The one path" : `${total < 1e6 ? total.toLocaleString("en") : `about ${short(total)}`} paths`;
  const made = [element("h3", {}, `${many} to ${output}`), element("ol", {}, ...rows)];
  if (total > found.length)
    made.push(element("p", {}, `… and ${total < 1e6 ? (total - found.length).toLocaleString("en") : "many"} more`));
  made.push(
    element(
      "p",
      { class: "sum" },
      `${total === 1 ? "Its product" : "The sum of all products"} is ∂${output}/∂${name} = ${short(graph.gradient[i])}, the gradient.`,
    ),
  );
  return made;
}

function pathNames(graph, i, path) {
  const names = [nameOf(graph, i), ...path.map((e) => nameOf(graph, graph.child[e]))];
  return (names.length > 8 ? [...names.slice(0, 4), "…", ...names.slice(-3)] : names).join(" → ");
}

function product(graph, path) {
  const factors = path.map((e) => graph.local[e]);
  const result = path.reduceRight((gradient, e) => share(graph, e, gradient), 1);
  const written = factors.map((x, k) => (k ? inBrackets(x) : short(x)));
  return factors.length === 1
    ? short(result)
    : `${(written.length > 6 ? [...written.slice(0, 3), "…", ...written.slice(-2)] : written).join(" × ")} = ${short(result)}`;
}

function group(app, box, isPinned, act) {
  const { graph, steps, step, seen, folding, picture } = app;
  const { label, kind, children } = folding.groups[groupOfBox(graph, box)];
  const { nodes } = seen.boxes.get(box);
  const leaves = nodes.filter((i) => isLeaf(graph, i) && !graph.constant[i]);
  const outer = numbersOf(graph, steps, step, picture.boxes.get(box).outlets),
    inner = numbersOf(graph, steps, step, leaves);
  const rows = [
    ["kind", kind === "stack" ? `${count(children.length, "group")} alike` : kind],
    ["holds", count(nodes.length, "node")],
  ];
  rows.push(["value", strong(range(outer.values))], ["gradient", strong(range(outer.gradients))]);
  if (leaves.length)
    rows.push([
      count(leaves.length, "leaf").replace("leafs", "leaves"),
      `values ${range(inner.values)}`,
      element("br"),
      `gradients ${range(inner.gradients)}`,
    ]);
  rows.push(...placeOf(app, folding.groups[groupOfBox(graph, box)].above, act));
  return [heading(label, isPinned, act), list(rows), button("Open", `open ${label}`, () => act.open(box), "wide")];
}

// What lights up when one points at a box: every way from it to the output.
export function waysFrom(graph, seen, box, outlets) {
  if (isSingle(graph, box)) return downstream(graph, box);
  const nodes = new Set(),
    edges = new Set();
  for (const i of outlets.slice(0, 20)) {
    const part = downstream(graph, i);
    (part.nodes.forEach((x) => nodes.add(x)), part.edges.forEach((x) => edges.add(x)));
  }
  return { nodes, edges };
}

// --- the table -------------------------------------------------------------------------------------------------------

export function showTable(target, { graph, steps, step, seen, picture }) {
  const from = new Map();
  for (const edge of seen.edges) from.set(edge.to, [...(from.get(edge.to) || []), picture.boxes.get(edge.from).title]);
  const rows = [...picture.boxes.values()].slice(0, ROWS).map(({ id, title, outlets }) => {
    const { values, gradients } = numbersOf(graph, steps, step, outlets);
    const operation = isSingle(graph, id) && graph.operation[id] ? expression(graph, id) : "";
    const cells = [title, operation, range(values), range(gradients), (from.get(id) || []).join(", ")];
    return element("tr", {}, ...cells.map((cell) => element("td", {}, cell)));
  });
  const more = picture.boxes.size - rows.length;
  target.replaceChildren(
    element("caption", {}, `The visible boxes${more > 0 ? `, the first ${ROWS} of ${picture.boxes.size}` : ""}`),
    element(
      "tr",
      {},
      ...["name", "operation", "value", "gradient", "parents"].map((word) => element("th", { scope: "col" }, word)),
    ),
    ...rows,
  );
}

export function showLegend(target, hasGroups) {
  const item = (kind, words) => element("p", {}, element("i", { class: `swatch ${kind}` }), words);
  target.replaceChildren(
    item("leaf", "input or parameter"),
    item("constant", "constant"),
    item("operation", "operation"),
    item("output", "result"),
    ...(hasGroups ? [item("group", "folded group: click to open")] : []),
    item("reads", "forward: numbers it reads"),
    item("sends", "backward: local derivative × upstream gradient = share"),
    item("path", "paths from the box you point at"),
    element("p", {}, "number on an edge: as chosen above; in a step backward, local derivative × gradient = share"),
    element("p", {}, "value –: not computed yet; grad –: no gradient yet; grad in italics: more is to come"),
  );
}
