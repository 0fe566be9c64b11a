// The buttons and sliders around the drawing.

import { saveImage } from "./image.js";
import { fit, foldEverything, labelDirection, openEverything, turn } from "./opening.js";
import { go, move, play, toEnd } from "./player.js";
import { redraw, refresh } from "./show.js";
import { setLeaves } from "./state.js";

export function listenToControls(app) {
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
    "fold-all": () => foldEverything(app),
    "open-all": () => openEverything(app),
  };
  for (const [id, act] of Object.entries(acts)) at(id).addEventListener("click", act);
  at("step").addEventListener("input", () => go(app, Number(at("step").value)));
  at("mode").addEventListener("change", () => {
    app.mode = at("mode").value;
    redraw(app);
  });
  const isSmall = app.folding.groups.length === 0;
  for (const id of ["fold-all", "open-all", "mode"]) at(id).hidden = isSmall;
  labelDirection(app);
  play(app, false);
  if (graph.recording) listenToTraining(app);
}

// The second slider: the numbers of the leaves after some steps of training.
function listenToTraining(app) {
  const slider = app.at("recording");
  slider.value = slider.max = app.graph.recording.steps.length - 1;
  slider.addEventListener("input", () => showSnapshot(app, Number(slider.value)));
  labelSnapshot(app, Number(slider.value));
  app.root.querySelector(".training").hidden = false;
}

function showSnapshot(app, k) {
  const { nodes, steps } = app.graph.recording;
  setLeaves(app, nodes.map((node, j) => [node, steps[k][j]]));
  labelSnapshot(app, k);
  refresh(app);
}

function labelSnapshot({ at, graph }, k) {
  const { labels } = graph.recording;
  at("recording-label").textContent = `step ${labels[k]} of ${labels[labels.length - 1]}`;
}
