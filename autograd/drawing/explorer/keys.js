// The keys, for the whole page and for the box that has the focus, and the list of them that "?" shows.

import { focusBox, neighbour } from "./focus.js";
import { activate, close } from "./opening.js";
import { move } from "./player.js";
import { present } from "./present.js";
import { pin } from "./show.js";
import { element } from "./svg.js";

const SIGNS = { ArrowLeft: "←", ArrowRight: "→", "-": "−" }; // how a key is written
const SHORTCUTS = { "+": "Plus", ">": "Shift+>", "?": "Shift+?" }; // how assistive technology calls it

// Every control says in `data-keys` which keys press it; its tooltip and the list behind "?" say so, too.
export function listenToKeys(app) {
  const { root, camera } = app;
  const controls = new Map();
  for (const control of root.querySelectorAll("[data-keys]")) {
    const keys = control.dataset.keys.split(" ");
    for (const key of keys) controls.set(key === "Space" ? " " : key, control);
    control.setAttribute("aria-keyshortcuts", keys.map((key) => SHORTCUTS[key] ?? key).join(" "));
    control.title += ` (${SIGNS[keys[0]] ?? keys[0]})`;
  }
  const others = { Escape: () => (camera.isNear ? present(app, false) : app.pinned !== null && pin(app, null)) };
  const clicker = { PageUp: () => move(app, -1), PageDown: () => move(app, 1) }; // the keys that those in lecturers' hands send
  document.addEventListener("keydown", (event) => {
    if (app.at("keys").open) return;
    const { key, target } = event;
    const isTheirs = isForFields(target, key) || event.ctrlKey || event.metaKey || event.altKey;
    const known = camera.isNear ? { ...others, ...clicker } : others;
    const control = controls.get(key);
    if (isTheirs || !(Object.hasOwn(known, key) || (control && !control.closest("[hidden]")))) return;
    event.preventDefault();
    if (control) press(control);
    else known[key]();
  });
  listKeys(app);
  app.svg.addEventListener("keydown", (event) => {
    if (!pressInDrawing(app, event)) return;
    event.preventDefault();
    event.stopPropagation();
  });
}

// A field takes what is typed, a list of choices its arrows and letters, a button the space.
function isForFields({ tagName, type }, key) {
  if (tagName === "INPUT" && type === "checkbox") return key === " ";
  return /^(INPUT|SELECT|TEXTAREA)$/.test(tagName) || (key === " " && /^(BUTTON|SUMMARY)$/.test(tagName));
}

// What a click would do; of a list of choices the next one is taken.
function press(control) {
  if (control.tagName === "SELECT") {
    control.selectedIndex = (control.selectedIndex + 1) % control.options.length;
    control.dispatchEvent(new Event("change"));
  } else if (control.type === "search") control.focus();
  else control.click();
}

// Whether the key meant something to the box or the title that has the focus.
function pressInDrawing(app, { key, shiftKey, target }) {
  const box = target.dataset.box === undefined ? null : Number(target.dataset.box);
  const frame = box === null ? -1 : app.seen.boxes.get(box).frame;
  if (key === "ArrowUp" || key === "ArrowDown" || (shiftKey && key.startsWith("Arrow"))) focusBox(app, neighbour(app, key));
  else if (key === "Enter" && box !== null) activate(app, box);
  else if (key === "Enter" && target.dataset.close) close(app, Number(target.dataset.close));
  else if (key === "Backspace" && frame >= 0) close(app, frame);
  else return false;
  return true;
}

const ELSEWHERE = [
  ["Page↓ Page↑", "in a presentation: next step, previous step"],
  ["Tab", "to the graph, to the controls"],
  ["↑ ↓", "in the graph: from box to box"],
  ["Shift → ←", "in the graph: along an edge"],
  ["Enter", "in the graph: pin a node, open a group"],
  ["v", "in the graph, on an input: change its value with the arrows; Enter keeps it, Escape returns"],
  ["Backspace", "in the graph: fold the group around"],
  ["Esc", "leave the presentation, unpin"],
];

// The list is made when it is asked for: what is closed has no keys then.
function listKeys({ root, at }) {
  at("help").addEventListener("click", () => {
    at("keys").replaceChildren(...keysOf(root, () => at("keys").close()));
    at("keys").showModal();
    at("keys").scrollTop = 0;
  });
}

function keysOf(root, onClose) {
  const controls = [...root.querySelectorAll("[data-keys]")].filter((control) => !control.closest("[hidden]"));
  const player = controls.filter((control) => control.closest(".player"));
  const own = [...new Set([...player, ...controls])].map(({ dataset: { keys }, title }) => [
    keys.split(" ").map((key) => SIGNS[key] ?? key).join(" "),
    title.replace(/ \([^(]*\)$/, ""),
  ]);
  const rows = [...own, ...ELSEWHERE].flatMap(([keys, meaning]) => [
    element("dt", {}, ...keys.split(" ").flatMap((key) => [element("kbd", {}, key), " "])),
    element("dd", {}, meaning),
  ]);
  const close = element("button", { type: "button", autofocus: "" }, "Close");
  close.addEventListener("click", onClose);
  return [element("div", { class: "head" }, element("h2", {}, "Keys"), close), element("dl", {}, ...rows)];
}
