// Pointing at boxes and clicking on them. What moves the view is in `camera.js`.

import { activate, close } from "./opening.js";
import { light, pin } from "./show.js";

export function listenToPointer(app) {
  const { svg, camera } = app;
  svg.addEventListener("pointerover", (event) => event.pointerType !== "touch" && pointAt(app, boxAt(event)));
  svg.addEventListener("pointerleave", () => pointAt(app, null));
  svg.addEventListener("focusin", (event) => event.target.matches(":focus-visible") && pointAt(app, boxAt(event)));
  svg.addEventListener("focusout", () => pointAt(app, null));
  svg.addEventListener("click", (event) => {
    if (camera.dragged > 4) return;
    const title = event.target.closest("[data-close]"),
      box = boxAt(event);
    if (title) close(app, Number(title.dataset.close));
    else if (box !== null) activate(app, box);
    else if (app.pinned !== null) pin(app, null);
  });
}

function boxAt(event) {
  const g = event.target.closest?.("[data-box]");
  return g ? Number(g.dataset.box) : null;
}

function pointAt(app, box) {
  if (box === app.pointed) return;
  app.pointed = box;
  light(app);
}
