// Numbers on their way: a value glides forward along its edges; a gradient glides back, is multiplied on the edge, and is
// added where it arrives. All of it is shown above a page that is already at the step: when it is over, or when somebody
// goes on before, nothing but the step is left.
//
// Entry points: `noteNumbers` before a step, `travelStep` after it, `arriveNow`; `courseOf` says what is shown when.

import { short } from "./numbers.js";
import { element, round } from "./svg.js";
import { widthOf } from "./boxes.js";

const MOST_TRAVELLERS = 40;
const SHARE_OF_PAUSE = 0.85; // the rest of the time one looks at the step
const FASTEST_TRIP = 250; // milliseconds
const CHIP = 18; // how high a travelling number is
const ROOM = 140; // for a sum in the row of a gradient
// When, of the whole time, a gradient meets the local derivative, goes on, and is added.
const MEETS = 0.32,
  LEAVES = 0.54,
  ADDS = 0.78;

// Where a traveller is at the time `t`, from 0 to 1: {along, text: "whole" | "share", isLabelled, isAdding, isThere};
// `along` runs from 0, at its start, to 1.
export function courseOf(phase, t) {
  if (phase === "forward") {
    const along = smooth(t / 0.85);
    return { along, text: "whole", isLabelled: false, isAdding: false, isThere: t >= 0.85 };
  }
  const along = t < MEETS ? smooth(t / MEETS) / 2 : t < LEAVES ? 0.5 : 0.5 + smooth((t - LEAVES) / (ADDS - LEAVES)) / 2;
  const text = t < (MEETS + LEAVES) / 2 ? "whole" : "share";
  return { along, text, isLabelled: t >= MEETS, isAdding: t >= ADDS && t < 1, isThere: t >= ADDS };
}

function smooth(t) {
  const x = Math.max(0, Math.min(1, t));
  return x * x * (3 - 2 * x);
}

// What stands in the boxes, to be shown until the travellers arrive.
export function noteNumbers({ picture }) {
  return new Map([...picture.boxes.values()].map(({ id, value, grad }) => [id, { value: value?.textContent, grad: grad?.textContent }]));
}

// Send the numbers of the step that was just taken on their way; `pause`: milliseconds until the next one may come.
export function travelStep(app, before, pause) {
  const { picture, lit, drawing } = app;
  const isStill = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const edges = picture.edges.filter(({ path }) => path.matches(".reads, .sends"));
  if (isStill || !edges.length || edges.length > MOST_TRAVELLERS) return;
  const layer = element("g", { class: "travellers", "aria-hidden": "true" });
  drawing.insertBefore(layer, drawing.querySelector(":scope > .box")); // below the boxes: it comes out and goes in
  const travellers = edges.map((edge) => travellerOn(edge, picture, lit.phase)).filter(({ whole }) => whole && whole !== "–");
  for (const { chip } of travellers) layer.append(chip);
  const arrivals = arrivalsOf(travellers, picture, lit, before);
  const trip = { layer, travellers, arrivals, phase: lit.phase, picture, time: Math.max(FASTEST_TRIP, SHARE_OF_PAUSE * pause) };
  app.trip = trip;
  trip.start = performance.now();
  const tick = () => {
    if (app.trip !== trip) return;
    const t = (performance.now() - trip.start) / trip.time;
    if (t >= 1 || app.picture !== picture) return arriveNow(app);
    showTrip(trip, Math.max(0, t));
    trip.frame = requestAnimationFrame(tick);
  };
  tick();
}

// The end of the trip at once.
export function arriveNow(app) {
  const { trip } = app;
  if (!trip) return;
  app.trip = null;
  cancelAnimationFrame(trip.frame);
  trip.layer.remove();
  for (const { edge } of trip.travellers) edge.label.style.opacity = "";
  for (const arrival of trip.arrivals) putNumber(arrival, arrival.final, false);
  app.afterTrip?.();
}

function travellerOn(edge, { boxes }, phase) {
  const isBack = phase === "backward";
  const from = boxes.get(isBack ? edge.to : edge.from);
  const whole = isBack ? from.grad?.textContent : (from.value?.textContent ?? from.title.replace(/^.* = /, ""));
  const share = isBack && edge.path.dataset.contribution ? short(Number(edge.path.dataset.contribution)) : "";
  const chip = element("g", { class: `traveller ${isBack ? "back" : "ahead"}` }, element("rect", { rx: CHIP / 2 }), element("text", { "text-anchor": "middle", y: 5 }));
  return { edge, chip, whole: whole ?? "", share: share || (whole ?? ""), length: edge.path.getTotalLength(), isBack };
}

// The rows in which the travellers arrive, and what stood there before: one for the child of a forward step, one for each
// parent of a backward step, with all that comes to it.
function arrivalsOf(travellers, { boxes }, { phase, box }, before) {
  if (phase === "forward") {
    const parts = boxes.get(box);
    return parts.value ? [{ row: parts.value, g: parts.g, old: before.get(box)?.value ?? "–", final: parts.value.textContent, shares: [] }] : [];
  }
  const arrivals = new Map();
  for (const { edge, share } of travellers) {
    const parts = boxes.get(edge.from);
    if (!parts.grad) continue;
    const old = before.get(edge.from)?.grad ?? "–";
    if (!arrivals.has(edge.from)) arrivals.set(edge.from, { row: parts.grad, g: parts.g, old, final: parts.grad.textContent, shares: [] });
    arrivals.get(edge.from).shares.push(share);
  }
  return [...arrivals.values()];
}

function showTrip({ travellers, arrivals, phase }, t) {
  const { along, text, isLabelled, isAdding, isThere } = courseOf(phase, t);
  for (const { edge, chip, whole, share, length, isBack } of travellers) {
    const written = text === "whole" ? whole : share;
    const [rect, label] = chip.children;
    if (label.textContent !== written) {
      label.textContent = written;
      const width = widthOf(written) + 14;
      for (const [name, value] of Object.entries({ x: -width / 2, y: -CHIP / 2, width, height: CHIP })) rect.setAttribute(name, value);
    }
    const { x, y } = edge.path.getPointAtLength(length * (isBack ? 1 - along : along));
    chip.setAttribute("transform", `translate(${round(x)} ${round(y)})`);
    chip.style.opacity = isThere ? 0 : 1;
    edge.label.style.opacity = isBack && !isLabelled ? 0 : "";
  }
  for (const arrival of arrivals) {
    const now = isAdding ? sumOf(arrival) : isThere ? arrival.final : arrival.old;
    putNumber(arrival, now, isAdding && now !== arrival.final);
  }
}

// "0.5 + 0.25" while it is added; the first share is not added to anything.
function sumOf({ old, shares, final }) {
  const terms = old === "–" ? shares : [old, ...shares];
  if (terms.length < 2 || terms.length > 3 || terms.some((term) => term.includes("…"))) return final;
  return terms.map((term, k) => (k === 0 ? term : term.startsWith("−") ? `− ${term.slice(1)}` : `+ ${term}`)).join(" ");
}

// A sum takes the room of the word beside it.
function putNumber({ row, g }, text, isSum) {
  if (row.textContent !== text) row.textContent = text;
  row.classList.toggle("adding", isSum);
  row.style.fontSize = isSum ? `${Math.min(20, (14 * ROOM) / widthOf(text))}px` : "";
  const word = row.previousElementSibling;
  if (word?.matches(".word")) word.style.visibility = isSum ? "hidden" : "";
  g.classList.toggle("awaits", text === "–");
}
