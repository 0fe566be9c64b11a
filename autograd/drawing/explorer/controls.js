// The buttons and sliders around the drawing.

import { saveImage } from "./image.js";
import { short } from "./numbers.js";
import { fillOnEdges } from "./onedges.js";
import { fit, foldEverything, labelDirection, openEverything, turn } from "./opening.js";
import { go, move, pause, play, toEnd } from "./player.js";
import { light, redraw, refresh } from "./show.js";
import { setLeaves } from "./state.js";
import { nameOf } from "./steps.js";

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
  if (graph.recording) listenToTraining(app);
}

// The second slider: the numbers of the leaves after some steps of training, from the first on.
function listenToTraining(app) {
  const slider = app.at("recording");
  slider.max = app.graph.recording.steps.length - 1;
  slider.value = 0;
  slider.addEventListener("input", () => showSnapshot(app, Number(slider.value)));
  app.at("train").addEventListener("click", () => train(app));
  const { nodes, steps } = app.graph.recording;
  setLeaves(app, nodes.map((node, j) => [node, steps[0][j]]));
  labelSnapshot(app, 0);
  app.root.querySelector(".training").hidden = false;
}

// Through the snapshots by itself, from the start again when all have been seen. Twice as fast as the steps.
function train(app, on = !app.training) {
  const slider = app.at("recording"),
    button = app.at("train");
  clearInterval(app.training);
  app.training = 0;
  if (on && Number(slider.value) === Number(slider.max)) slider.value = 0;
  if (on)
    app.training = setInterval(() => {
      slider.value = Number(slider.value) + 1;
      showSnapshot(app, Number(slider.value));
      if (Number(slider.value) === Number(slider.max)) train(app, false);
    }, pause(app) / 2);
  button.textContent = on ? "❚❚" : "Train";
  button.setAttribute("aria-label", on ? "❚❚ pause the training" : "Train: play the training");
}

function showSnapshot(app, k) {
  const { nodes, steps } = app.graph.recording;
  setLeaves(app, nodes.map((node, j) => [node, steps[k][j]]));
  labelSnapshot(app, k);
  refresh(app);
}

function labelSnapshot({ at, graph }, k) {
  const { labels } = graph.recording;
  const result = `${nameOf(graph, graph.output)} = ${short(graph.value[graph.output])}`;
  at("recording-label").textContent = `step ${labels[k]} of ${labels[labels.length - 1]}: ${result}`;
}
