// The field that finds nodes and groups by what they are called.

import { jump } from "./opening.js";
import { element } from "./svg.js";

const MOST_FOUND = 8;

// What is called like `text`, the best first: [{name, node} or {name, group}].
export function matches(graph, folding, text) {
  const wanted = text.trim().toLowerCase(),
    found = [];
  if (!wanted) return found;
  for (const [i, name] of Object.entries(graph.names)) {
    if (name.toLowerCase().includes(wanted)) found.push({ name, node: Number(i) });
  }
  for (const group of folding.groups)
    if (group.label.toLowerCase().includes(wanted)) found.push({ name: group.label, group });
  const rank = ({ name }) => (name.toLowerCase() === wanted ? 0 : name.toLowerCase().startsWith(wanted) ? 1 : 2);
  return found.sort((a, b) => rank(a) - rank(b)).slice(0, MOST_FOUND);
}

export function listenToSearch(app) {
  const field = app.at("search");
  field.addEventListener("input", () => showFound(app));
  field.addEventListener("blur", () => (app.at("found").hidden = true));
  field.addEventListener("keydown", (event) => {
    if (event.key === "Escape") app.at("found").hidden = true;
    if (event.key !== "Enter") return;
    const [first] = showFound(app);
    if (first) choose(app, first);
  });
}

function showFound(app) {
  const { at, graph, folding } = app;
  const text = at("search").value,
    found = matches(graph, folding, text),
    items = at("found");
  items.replaceChildren(...found.map((match, k) => itemFor(app, match, k)));
  if (!found.length && text.trim()) items.append(element("li", { class: "none" }, "nothing has this name"));
  items.hidden = !items.children.length;
  at("search").setAttribute("aria-expanded", String(!items.hidden));
  return found;
}

function itemFor(app, match, k) {
  const item = element("li", { role: "option", "aria-selected": k === 0 }, match.name);
  item.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    choose(app, match);
  });
  return item;
}

function choose(app, match) {
  app.at("found").hidden = true;
  jump(app, match);
}
