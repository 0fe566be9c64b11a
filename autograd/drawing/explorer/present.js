// Presentation: nothing but the picture, so large that it can be read from the last row of a lecture hall, and the
// sentence of the step.
//
// Entry points: `listenToPresentation`, `present`.

import { lookAtStep, overview } from "./opening.js";
import { redraw } from "./show.js";

export function listenToPresentation(app) {
  app.at("present").addEventListener("click", () => present(app, !app.camera.isNear));
  app.at("leave").addEventListener("click", () => present(app, false));
  // Out of full screen Esc leads without a key event.
  document.addEventListener("fullscreenchange", () => document.fullscreenElement || present(app, false));
}

export function present(app, on) {
  const { at, root, camera } = app;
  if (on === camera.isNear) return;
  const hadFocus = document.activeElement;
  camera.isNear = on;
  root.classList.toggle("presenting", on);
  redraw(app); // a long chain stands in one line now, or in several again
  at("leave").hidden = !on;
  if (on) {
    if (hadFocus === at("present")) at("leave").focus();
    lookAtStep(app);
    // Where the page may not have the whole screen, as in some notebooks, it takes all of its window.
    document.documentElement.requestFullscreen?.().catch(() => {});
  } else {
    if (hadFocus === at("leave")) at("present").focus();
    overview(app);
    if (document.fullscreenElement) document.exitFullscreen();
  }
}
