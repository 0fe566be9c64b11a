// Showing the state: the drawing, the player, the panel, the table.

import { lightCode } from "./code.js";
import { isMore } from "./folding.js";
import { paint, showScale } from "./heat.js";
import { showDetails, showFormula, showTable, waysFrom } from "./panel.js";
import { enterStep, isChanged, lookAgain, stopNow } from "./state.js";
import { arriveNow } from "./travel.js";
import { update } from "./view.js";

const STACKED = 800; // pixels; a narrower page has the panel below the picture

// All of it, after something was opened, folded or turned. What is now `target` was `before`.
export function redraw(app, before = undefined, target = () => undefined) {
  arriveNow(app);
  // The focus leaves the drawing while what it stands for is still there.
  if (app.drawing.contains(document.activeElement)) document.activeElement.blur();
  lookAgain(app);
  app.camera.change(app.picture, before, target());
  const slider = app.at("step"),
    last = app.stops.length - 1;
  slider.max = last;
  slider.setAttribute("aria-valuemax", last);
  const middle = app.stops.findIndex((s) => s >= app.steps.seed) / Math.max(1, last);
  slider.style.setProperty("--middle", `${100 * middle}%`); // where forward ends and backward begins
  refresh(app);
}

// What a step or a number changes.
export function refresh(app) {
  const { at } = app;
  const words = enterStep(app);
  if (at("sentence").textContent !== words.sentence) at("sentence").textContent = words.sentence;
  showFormula(at("formula"), words.rows);
  showPlayer(app, words.title);
  showTable(at("table"), app);
  light(app);
}

function showPlayer(app, title) {
  const { at, stops, step, steps } = app;
  const k = stopNow(app),
    last = stops.length - 1,
    slider = at("step");
  slider.value = k;
  slider.setAttribute("aria-valuenow", k);
  slider.setAttribute("aria-valuetext", `${title}, step ${k} of ${last}`);
  at("step-label").textContent = `${title} ${k.toLocaleString("en")} / ${last.toLocaleString("en")}`;
  at("first").disabled = at("previous").disabled = step === 0;
  at("last").disabled = at("next").disabled = step === steps.last;
  app.root.dataset.phase = app.lit.phase;
}

// What pointing at a box or pinning it changes.
export function light(app) {
  const { graph, steps, step, picture, seen, lit, drawing } = app;
  const box = app.pointed ?? app.pinned;
  const path = box === null || isMore(graph, box) ? null : waysFrom(graph, seen, box, picture.boxes.get(box).outlets);
  update(picture, graph, steps, step, seen, lit, path, app.pinned, app.onEdges);
  showHeat(app);
  lightCode(app);
  drawing.classList.toggle("has-path", path !== null);
  drawing.classList.toggle("pointed", path !== null && app.pointed !== null);
  const panel = app.at("details");
  const isTyping = panel.contains(document.activeElement) && document.activeElement.tagName === "INPUT";
  const shown = isTyping ? app.pinned : box;
  showDetails(panel, { ...app, isChanged: isChanged(app) }, shown, shown !== null && shown === app.pinned, app.act);
  for (const watch of app.watchers) watch();
}

// The scale is made anew only when its numbers are: one may be about to click into it.
function showHeat(app) {
  const scale = paint(app),
    now = JSON.stringify([app.colors, scale]);
  if (app.shownScale === now) return;
  app.shownScale = now;
  showScale(app.at("scale"), app.graph, app.colors, scale, app.act.show);
}

export function pin(app, box) {
  app.pinned = app.pinned === box ? null : box;
  light(app);
  // On a telephone the panel is below; the slider of a leaf that was tapped is what one wants to see.
  if (window.innerWidth < STACKED) app.at("details").querySelector(".leaf-input")?.scrollIntoView({ block: "nearest" });
}

export function say(app, text) {
  app.at("message").textContent = text;
}
