// The field that finds nodes and groups by what they are called.

import { titleOf } from "./boxes.js";
import { typeset } from "./numbers.js";
import { jump } from "./opening.js";
import { nameOf } from "./steps.js";
import { element } from "./svg.js";

const MOST_FOUND = 8;

// What is called like `text` on the screen, or is such an operation, the best first: [{name, node} or {name, group}].
export function matches(graph, folding, text) {
  const wanted = text.trim().toLowerCase(),
    found = [];
  if (!wanted) return found;
  const rank = (name) => {
    const called = name.toLowerCase();
    return called === wanted ? 0 : called.startsWith(wanted) ? 1 : called.includes(wanted) ? 2 : 4;
  };
  for (let node = 0; node < graph.n; node++) {
    if (graph.constant[node] && !graph.names[node]) continue;
    const name = nameOf(graph, node),
      operation = graph.operation[node]?.symbol ?? "";
    const place = Math.min(rank(name), operation.toLowerCase() === wanted ? 3 : 4);
    if (place < 4) found.push({ name: operation ? `${name} · ${typeset(operation)}` : name, node, place });
  }
  for (const group of folding.groups) {
    const place = rank(group.label);
    if (place < 4) found.push({ name: pathOf(folding, group), group, place });
  }
  return found.sort((a, b) => a.place - b.place).slice(0, MOST_FOUND);
}

// Several groups may have one label: what they are in tells them apart.
function pathOf({ groups }, group) {
  const labels = [];
  for (let each = group; each; each = groups[each.above]) labels.unshift(titleOf(each));
  return labels.join(" ▸ ");
}

export function listenToSearch(app) {
  const field = app.at("search");
  app.found = { all: [], chosen: 0 };
  field.addEventListener("input", () => showFound(app));
  field.addEventListener("blur", () => hideFound(app));
  field.addEventListener("keydown", (event) => {
    const { all, chosen } = app.found;
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") hideFound(app);
    else if (event.key === "Enter" && all.length) choose(app, all[chosen]);
    else if (by && all.length) select(app, (chosen + by + all.length) % all.length);
    else return;
    event.preventDefault();
  });
}

function showFound(app) {
  const { at, graph, folding } = app;
  const text = at("search").value,
    items = at("found");
  app.found = { all: matches(graph, folding, text), chosen: 0 };
  items.replaceChildren(...app.found.all.map((match, k) => itemFor(app, match, k)));
  if (!app.found.all.length && text.trim()) items.append(element("li", { class: "none" }, "nothing has this name"));
  items.hidden = !items.children.length;
  at("search").setAttribute("aria-expanded", String(!items.hidden));
  if (app.found.all.length) select(app, 0);
}

function select(app, k) {
  app.found.chosen = k;
  for (const [place, item] of [...app.at("found").children].entries())
    item.setAttribute("aria-selected", String(place === k));
  app.at("search").setAttribute("aria-activedescendant", `found-${k}`);
}

function hideFound({ at }) {
  at("found").hidden = true;
  at("search").setAttribute("aria-expanded", "false");
  at("search").removeAttribute("aria-activedescendant");
}

function itemFor(app, match, k) {
  const item = element("li", { role: "option", id: `found-${k}` }, match.name);
  item.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    choose(app, match);
  });
  return item;
}

function choose(app, match) {
  hideFound(app);
  jump(app, match);
}
