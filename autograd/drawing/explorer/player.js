// The player: from step to step, by hand or by itself.

import { dismissHint } from "./hint.js";
import { lookAtStep } from "./opening.js";
import { refresh } from "./show.js";
import { stopNow } from "./state.js";
import { arriveNow, noteNumbers, travelStep } from "./travel.js";

export function go(app, k) {
  arriveNow(app); // who goes on while numbers are still on their way sees them arrive at once
  app.step = app.stops[Math.max(0, Math.min(app.stops.length - 1, k))];
  app.pointed = null; // one looks at the step now
  dismissHint(app.at);
  refresh(app);
  lookAtStep(app);
}

export function move(app, by) {
  const k = stopNow(app),
    { step } = app;
  arriveNow(app);
  const before = noteNumbers(app);
  // Between two stops "previous" goes to the one before.
  go(app, by < 0 && app.stops[k] < app.step ? k : k + by);
  if (by > 0 && app.step > step) travelStep(app, before, pause(app));
}

export function toEnd(app) {
  go(app, app.stops.length - 1);
}

export function play(app, on = !app.timer) {
  const { at, steps } = app;
  clearInterval(app.timer);
  app.timer = 0;
  if (on && app.step === steps.last) go(app, 0);
  if (on)
    app.timer = setInterval(() => {
      move(app, 1);
      if (app.step === steps.last) play(app, false);
    }, pause(app));
  at("play").textContent = on ? "❚❚" : "Play";
  at("play").setAttribute("aria-label", on ? "pause" : "play");
}

// Milliseconds between two steps.
function pause({ at }) {
  return Number(at("speed").value);
}
