// The keys, for the whole page and for the box that has the focus, and the list of them that "?" shows.

import { focusBox, neighbour } from "./focus.js";
import { activate, close, fit } from "./opening.js";
import { go, move, play, toEnd } from "./player.js";
import { present } from "./present.js";
import { pin } from "./show.js";
import { element } from "./svg.js";

export function listenToKeys(app) {
  const { camera } = app;
  const acts = {
    ArrowLeft: () => move(app, -1),
    ArrowRight: () => move(app, 1),
    Home: () => go(app, 0),
    End: () => toEnd(app),
    " ": () => play(app),
    "+": () => camera.zoom(1.25),
    "=": () => camera.zoom(1.25),
    "-": () => camera.zoom(0.8),
    0: () => fit(app),
    p: () => present(app, !camera.isNear),
    Escape: () => (camera.isNear ? present(app, false) : app.pinned !== null && pin(app, null)),
    "/": () => app.at("search").focus(),
    "?": () => app.at("keys").showModal(),
  };
  const clicker = { PageUp: acts.ArrowLeft, PageDown: acts.ArrowRight }; // the keys that those in lecturers' hands send
  document.addEventListener("keydown", (event) => {
    if (app.at("keys").open) return;
    const { tagName } = event.target;
    const isTheirs =
      /^(INPUT|SELECT|TEXTAREA)$/.test(tagName) || (event.key === " " && /^(BUTTON|SUMMARY)$/.test(tagName));
    const known = camera.isNear ? { ...acts, ...clicker } : acts;
    if (isTheirs || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(known, event.key)) return;
    event.preventDefault();
    known[event.key]();
  });
  listKeys(app);
  app.svg.addEventListener("keydown", (event) => {
    if (!pressInDrawing(app, event)) return;
    event.preventDefault();
    event.stopPropagation();
  });
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

function listKeys({ at }) {
  const all = [
    ["→ ←", "next step, previous step"],
    ["Home End", "first step, last step"],
    ["Space", "play or pause"],
    ["+ −", "zoom in, zoom out"],
    ["0", "show everything"],
    ["p", "present: the picture and the sentence alone, large; Page ↓ and Page ↑ are next and previous"],
    ["Tab", "to the graph, to the controls"],
    ["↑ ↓", "in the graph: from box to box"],
    ["Shift → ←", "in the graph: along an edge"],
    ["Enter", "in the graph: pin a node, open a group"],
    ["Backspace", "in the graph: fold the group around"],
    ["Esc", "leave the presentation, unpin"],
    ["/", "search"],
    ["?", "these keys"],
  ];
  const rows = all.flatMap(([keys, meaning]) => [
    element("dt", {}, ...keys.split(" ").flatMap((key) => [element("kbd", {}, key), " "])),
    element("dd", {}, meaning),
  ]);
  const close = element("button", { type: "button", autofocus: "" }, "Close");
  close.addEventListener("click", () => at("keys").close());
  at("keys").append(element("h2", {}, "Keys"), element("dl", {}, ...rows), close);
  at("help").addEventListener("click", () => at("keys").showModal());
}
