// The buttons and sliders around the drawing.

import { saveFilm } from "./film.js";
import { saveImage } from "./image.js";
import { fillOnEdges } from "./onedges.js";
import { fit, foldEverything, labelDirection, openEverything, turn } from "./opening.js";
import { go, move, play, toEnd } from "./player.js";
import { light, redraw } from "./show.js";

export function listenToControls(app, json) {
  const { at, camera, graph, svg } = app;
  const acts = {
    first: () => go(app, 0),
    previous: () => move(app, -1),
    play: () => play(app),
    next: () => move(app, 1),
    last: () => toEnd(app),
    fit: () => fit(app),
    "zoom-in": () => camera.zoom(1.25),
    "zoom-out": () => camera.zoom(0.8),
    direction: () => turn(app),
    "export-svg": () => saveImage(svg, app.picture, "svg", graph.title),
    "export-png": () => saveImage(svg, app.picture, "png", graph.title),
    "export-gif": () => saveFilm(app),
    "fold-all": () => foldEverything(app),
    "open-all": () => openEverything(app),
  };
  for (const [id, act] of Object.entries(acts)) at(id).addEventListener("click", act);
  at("step").addEventListener("input", () => go(app, Number(at("step").value)));
  at("mode").addEventListener("change", () => {
    app.mode = at("mode").value;
    redraw(app);
  });
  fillOnEdges(at("on-edges"), json.edge_numbers);
  for (const [id, what] of [["on-edges", "onEdges"], ["colors", "colors"]])
    at(id).addEventListener("change", () => {
      app[what] = at(id).value;
      light(app);
    });
  at("speed").addEventListener("change", () => app.timer && play(app, true));
  const isSmall = app.folding.groups.length === 0;
  for (const id of ["fold-all", "open-all", "mode"]) at(id).hidden = isSmall;
  labelDirection(app);
  play(app, false);
}
