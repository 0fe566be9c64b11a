// A value is dragged in its box, or moved with the arrow keys: everything follows, and each box shows the gradient it had
// before. To let go keeps the number, Escape brings the old one back.
//
// Entry points: `listenToScrubs`; `unitFor`, how far one pixel or one key goes.

import { widthOf } from "./boxes.js";
import { short } from "./numbers.js";
import { toEnd } from "./player.js";
import { refresh } from "./show.js";
import { setLeaves } from "./state.js";
import { nameOf } from "./steps.js";

const ROW = [0.28, 0.7]; // of the height of a box: where its value stands
const START = 4; // pixels before a press is a drag
const KEYS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };

export function unitFor(value) {
  const size = Math.abs(value) || 1;
  return 10 ** Math.floor(Math.log10(size)) / 50;
}

export function listenToScrubs(app) {
  const { svg, camera } = app;
  let held = null; // what is pressed: {node, x, y, id, isMouse}
  svg.addEventListener(
    "pointerdown",
    (event) => {
      held = holdAt(app, event);
      if (held?.isMouse) event.stopPropagation(); // the view stays where it is
    },
    true,
  );
  svg.addEventListener(
    "pointermove",
    (event) => {
      if (!held || event.pointerId !== held.id) return;
      const dx = event.clientX - held.x,
        dy = event.clientY - held.y;
      if (!app.scrub) {
        if (Math.hypot(dx, dy) < START) return;
        // A finger that moves up or down moves the view.
        if (!held.isMouse && Math.abs(dy) > Math.abs(dx)) return (held = null);
        startScrub(app, held.node);
        svg.setPointerCapture(event.pointerId);
      }
      event.stopPropagation();
      scrubTo(app, app.scrub.from + dx * app.scrub.unit * (event.shiftKey ? 0.1 : 1));
    },
    true,
  );
  for (const end of ["pointerup", "pointercancel"]) {
    svg.addEventListener(
      end,
      () => {
        if (held && app.scrub) {
          camera.dragged = Infinity; // the click that follows is none
          endScrub(app, end === "pointerup");
        } else if (held?.isMouse) camera.dragged = 0;
        held = null;
      },
      true,
    );
  }
  // First of all that listen to keys, while a number is being moved.
  window.addEventListener("keydown", (event) => pressWhileScrubbing(app, event) && stopHere(event), true);
  svg.addEventListener("keydown", (event) => startWithKey(app, event) && stopHere(event), true);
  svg.addEventListener("focusout", () => app.scrub?.isByKeys && endScrub(app, true));
  app.watchers.push(() => app.scrub && showGhosts(app));
}

function stopHere(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

// A leaf whose value is under the pointer; of a finger's the whole box.
function holdAt({ graph }, event) {
  const box = event.target.closest?.(".box.leaf");
  if (!box || event.button !== 0 || !Number.isFinite(graph.value[Number(box.dataset.node)])) return null;
  const isMouse = event.pointerType !== "touch";
  const { top, height } = box.querySelector("rect").getBoundingClientRect(),
    part = (event.clientY - top) / height;
  if (isMouse && (part < ROW[0] || part > ROW[1])) return null;
  return { node: Number(box.dataset.node), x: event.clientX, y: event.clientY, id: event.pointerId, isMouse };
}

function startScrub(app, node, isByKeys = false) {
  const { graph, steps } = app;
  if (app.step !== steps.last) toEnd(app); // where all gradients are to be seen
  app.pinned = node; // without a look at the panel: what is dragged stays under the finger
  app.scrub = { node, isByKeys, from: graph.value[node], unit: unitFor(graph.value[node]), before: graph.gradient.slice(), result: graph.value[graph.output], frame: 0 };
  graph.scrubbed = { node, value: graph.value[node], gradient: graph.gradient[node] };
  app.drawing.classList.add("scrubbing");
  refresh(app);
  tellScrub(app);
}

// Once in each frame, whatever the mouse sends.
function scrubTo(app, number) {
  const { scrub } = app;
  scrub.number = Number((Math.round(number / scrub.unit) * scrub.unit).toPrecision(12));
  if (scrub.frame) return;
  scrub.frame = requestAnimationFrame(() => {
    scrub.frame = 0;
    if (app.scrub === scrub) applyScrub(app, scrub.number);
  });
}

function applyScrub(app, number) {
  setLeaves(app, [[app.scrub.node, number]]);
  refresh(app);
  tellScrub(app);
}

function endScrub(app, isKept) {
  const { scrub, graph, drawing } = app;
  cancelAnimationFrame(scrub.frame);
  const number = isKept ? (scrub.number ?? scrub.from) : scrub.from;
  for (const { word } of ghostRows(app)) {
    word.textContent = "grad";
    word.classList.remove("ghost");
  }
  graph.scrubbed = null;
  drawing.classList.remove("scrubbing");
  setLeaves(app, [[scrub.node, number]]);
  const words = isKept ? wordsOfScrub(app) : `${nameOf(graph, scrub.node)} is ${short(number)} again.`;
  app.scrub = null;
  refresh(app);
  app.at("sentence").textContent = words;
}

function tellScrub(app) {
  app.at("sentence").textContent = wordsOfScrub(app);
  app.at("formula").replaceChildren();
}

function wordsOfScrub({ graph, scrub: { node, from, before, result, isByKeys, number } }) {
  const [name, output] = [nameOf(graph, node), nameOf(graph, graph.output)];
  if (number === undefined)
    return isByKeys ? `Changing ${name} = ${short(from)}: arrow keys move it, Enter keeps it, Escape returns.` : `Changing ${name}: let go to keep it, Escape returns.`;
  const arrow = (a, b) => `${short(a)} → ${short(b)}`;
  return `${name}: ${arrow(from, graph.value[node])}.  ${output}: ${arrow(result, graph.value[graph.output])}.  ∂${output}/∂${name}: ${arrow(before[node], graph.gradient[node])}.`;
}

// --- by keys -----------------------------------------------------------------------------------------------------------

function startWithKey(app, { key, target, ctrlKey, metaKey, altKey }) {
  const box = target.closest?.(".box.leaf");
  if (key !== "v" || ctrlKey || metaKey || altKey || !box || app.scrub) return false;
  startScrub(app, Number(box.dataset.node), true);
  return true;
}

function pressWhileScrubbing(app, { key, shiftKey }) {
  const { scrub } = app;
  if (!scrub) return false;
  if (key === "Escape") endScrub(app, false);
  else if (!scrub.isByKeys) return false;
  else if (key === "Enter" || key === " ") endScrub(app, true);
  else if (KEYS[key]) {
    scrub.number = Number(((scrub.number ?? scrub.from) + KEYS[key] * 5 * scrub.unit * (shiftKey ? 10 : 1)).toPrecision(12));
    applyScrub(app, scrub.number);
  } else return false;
  return true;
}

// --- the gradients before ------------------------------------------------------------------------------------------------

function ghostRows({ picture, graph }) {
  const rows = [];
  for (const { id, grad, width } of picture.boxes.values()) {
    const word = grad?.previousElementSibling;
    if (word && id < graph.n) rows.push({ id, word, grad, width });
  }
  return rows;
}

// In place of the word, which one knows by now, the old number, struck out.
function showGhosts(app) {
  const { graph, scrub } = app;
  for (const { id, word, grad, width } of ghostRows(app)) {
    const old = short(scrub.before[id]);
    const room = width - 26 - (widthOf(grad.textContent) * 24) / 14;
    const isGhost = graph.reaches[id] && old !== grad.textContent && widthOf(old) <= room + 8;
    word.textContent = isGhost ? old : "grad";
    word.classList.toggle("ghost", isGhost);
  }
}
