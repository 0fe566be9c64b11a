// Which leaves training moves: as the graph has it, or as somebody ticks them.
//
// Entry point: `listChoices`.

import { isLeaf } from "./engine.js";
import { count } from "./numbers.js";
import { nameOf } from "./steps.js";
import { element } from "./svg.js";

const MOST_LISTED = 24;

// A tick for each leaf, or for each list of leaves where they are many; `change` gets the ticked ones.
export function listChoices(target, summary, graph, ticked, change) {
  const chosen = new Set(ticked);
  const say = () => (summary.textContent = `Trains ${count(chosen.size, "parameter")}`);
  const rows = grouped(graph).map(([name, leaves]) => {
    const box = element("input", { type: "checkbox" });
    box.checked = leaves.every((i) => chosen.has(i));
    box.indeterminate = !box.checked && leaves.some((i) => chosen.has(i));
    box.addEventListener("change", () => {
      for (const i of leaves) box.checked ? chosen.add(i) : chosen.delete(i);
      say();
      change([...chosen].sort((a, b) => a - b));
    });
    return element("label", {}, box, leaves.length > 1 ? `${name} (${leaves.length})` : name);
  });
  say();
  target.replaceChildren(...rows.slice(0, MOST_LISTED));
}

// Pairs of a name and its leaves. Names lose their ends until few enough are left.
function grouped(graph) {
  const leaves = [];
  for (let i = 0; i < graph.n; i++)
    if (isLeaf(graph, i) && !graph.constant[i] && !graph.frozen.has(i) && graph.reaches[i]) leaves.push(i);
  let names = leaves.map((i) => (graph.names[i] || leaves.length <= MOST_LISTED ? nameOf(graph, i) : "without a name"));
  for (let deep = true; deep && new Set(names).size > MOST_LISTED; ) {
    const shorter = names.map((name) => name.replace(/(\.[^.[\]]*|\[[^[\]]*\])$/, ""));
    deep = shorter.some((name, k) => name !== names[k]);
    names = shorter;
  }
  const found = new Map();
  leaves.forEach((i, k) => found.set(names[k], [...(found.get(names[k]) ?? []), i]));
  return [...found];
}
