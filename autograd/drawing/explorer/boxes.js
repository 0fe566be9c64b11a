// The boxes and the frames of opened groups: what stands in them, how large that makes them, and how they are drawn.
//
// Entry points: `content`, `drawBox`, `drawFrame`, `titleOf`.

import { isLeaf } from "./engine.js";
import { groupOfBox, isMore, isSingle, shownOfStack } from "./folding.js";
import { count, short, typeset } from "./numbers.js";
import { nameOf } from "./steps.js";
import { element, round } from "./svg.js";

const HEIGHT = 76; // of a box with a title and two numbers

function kindOf(graph, i) {
  if (graph.outputs.includes(i)) return "output";
  return !isLeaf(graph, i) ? "operation" : graph.constant[i] ? "constant" : "leaf";
}

// A module holds parameters; what is computed with them is written as a call of it.
export function titleOf(group) {
  if (group.kind === "stack" && !group.label.includes("×")) return `${group.label} × ${group.children.length}`;
  return group.kind === "layer" || group.kind === "neuron" ? `${group.label}(x)` : group.label;
}

// Names of parameters differ at their end: layers[0].neurons[3].w[1].
function cut(text, most) {
  return text.length > most ? `…${text.slice(1 - most).replace(/^[.\]]+/, "")}` : text;
}

// What stands in a box, and how large that makes it.
export function content(graph, folding, { id, nodes }) {
  if (isMore(graph, id)) {
    const g = groupOfBox(graph, id);
    const title = `… ${(folding.groups[g].children.length - shownOfStack(folding, g)).toLocaleString("en")} more`;
    return { kind: "more", title, symbol: "", width: 110, height: 32 };
  }
  if (!isSingle(graph, id)) {
    const group = folding.groups[groupOfBox(graph, id)];
    const title = `▸ ${cut(titleOf(group), 26)}`,
      symbol = count(nodes.length, "node");
    return {
      kind: group.kind === "stack" ? "group stack" : "group",
      title,
      symbol,
      width: Math.max(276, 40 + widthOf(title) + widthOf(symbol)),
      height: HEIGHT,
    };
  }
  const kind = kindOf(graph, id),
    name = cut(nameInside(graph, folding, id), 22);
  if (kind === "constant") {
    const title = graph.names[id] ? `${name} = ${short(graph.value[id])}` : name;
    return { kind, title, symbol: "", width: 20 + widthOf(title), height: 30 };
  }
  const symbol = isLeaf(graph, id) ? "" : cut(graph.operation[id].symbol, 10);
  return { kind, title: name, symbol, width: Math.max(164, 34 + widthOf(name) + widthOf(symbol)), height: HEIGHT };
}

// What the frame around it says of a parameter's name is not said again.
function nameInside(graph, { groups, groupOf }, i) {
  const name = nameOf(graph, i);
  return groups[groupOf[i]]?.kind === "module" ? name.replace(/^(?:[^[\]]|\[[^\]]*\])*\.(?=[^.]+$)/, "") : name;
}

let ruler;

// Of bold text, as in the titles of boxes and the numbers of a step: W is three times as wide as i.
export function widthOf(text) {
  ruler ??= document.createElement("canvas").getContext("2d");
  ruler.font = "bold 14px Helvetica, Arial, sans-serif";
  return ruler.measureText(text).width;
}

export function drawBox(graph, folding, box, { x, y, width, height }) {
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
  const called = `${title} ${typeset(symbol)}`.trim().replace("▸ ", "");
  const parts = { id, kind, g, x, y, width, height, title, called };
  if (kind === "constant" || kind === "more") {
    g.append(element("text", { class: "title", x: width / 2, y: height / 2 + 5, "text-anchor": "middle" }, title));
    return parts;
  }
  const named = group || graph.names[id];
  g.append(element("text", { class: named ? "title" : "title unnamed", x: 10, y: 19 }, title), " ");
  g.append(element("text", { class: "symbol", x: width - 10, y: 19, "text-anchor": "end" }, typeset(symbol)), " ");
  for (const [row, word, at] of [
    ["value", "value", 44],
    ["grad", "grad", 67],
  ]) {
    g.append(element("text", { class: "word", x: 10, y: at }, word), " ");
    parts[row] = element("text", { class: "number", x: width - 10, y: at, "text-anchor": "end" });
    g.append(parts[row], " "); // spaces between words that are read aloud
  }
  return parts;
}

export function drawFrame(group, { x, y, width, height }) {
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
