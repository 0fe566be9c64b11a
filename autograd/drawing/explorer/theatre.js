// The training theatre: the graph of the page learns in the page, or plays what Python recorded, with its data, the
// boundary and the loss beside it. The numbers come from training.js, the pictures from dataplot.js and plots.js.
//
// Entry point: `listenToTheatre`.

import { listChoices } from "./choices.js";
import { makeDataPlot, whatToPlot } from "./dataplot.js";
import { groupBox } from "./folding.js";
import { dismissHint } from "./hint.js";
import { short } from "./numbers.js";
import { jump, open } from "./opening.js";
import { plotGradients, plotLoss } from "./plots.js";
import { makeProbes, rightOnes } from "./probe.js";
import { rolesOf } from "./roles.js";
import { refresh } from "./show.js";
import { nameOf } from "./steps.js";
import { element } from "./svg.js";
import { amend, findLosses, follow, forget, forgetMoves, goBackTo, keepNow, lossOf, makeTraining, ratesToChoose, restart, suggestRate, trainOnce } from "./training.js";

const TRAINING = 20; // milliseconds at once for training, after which the page does what else there is to do, and
const PLOTTING = 4; // for the boundary
const PAUSE = 120; // milliseconds between two times that the graph shows its numbers; more where that takes long
const STACKED_BESIDE = 800; // pixels; a narrower page has the training below the picture
const PER_SECOND = { slow: 5, steady: 60, fast: Infinity };

export function listenToTheatre(app) {
  const { at, graph } = app;
  at("theatre-open").hidden = !canTrain(graph);
  if (at("theatre-open").hidden) return;
  const acts = {
    "theatre-open": () => showTheatre(app, at("theatre").hidden),
    "theatre-close": () => showTheatre(app, false),
    train: () => playTraining(app),
    "train-step": () => stepTraining(app),
    "train-reset": () => resetTraining(app),
    "train-anew": () => startAnew(app),
  };
  for (const [id, act] of Object.entries(acts)) at(id).addEventListener("click", act);
  at("recording").addEventListener("input", () => showPlace(app, Number(at("recording").value)));
  at("rate").addEventListener("change", () => (app.theatre.training.rate = Number(at("rate").value)));
  at("method").addEventListener("change", () => {
    app.theatre.training.method = at("method").value;
    forgetMoves(app.theatre.training);
  });
  app.watchers.push(() => noticeEdits(app));
  if (graph.recording) showTheatre(app, true);
}

// Whether there is something to make small, and something that moves.
function canTrain({ outputs, output, operation, n, constant, frozen, reaches }) {
  if (outputs.length !== 1 || operation[output] === null) return false;
  for (let i = 0; i < n; i++) if (operation[i] === null && !constant[i] && !frozen.has(i) && reaches[i]) return true;
  return false;
}

function showTheatre(app, on) {
  const { at } = app;
  if (!on && app.theatre) playTraining(app, false);
  at("theatre").hidden = !on;
  at("theatre-open").setAttribute("aria-expanded", on);
  app.showBeside();
  if (!on) return at("theatre-open").focus();
  if (!app.theatre) raise(app);
  showAll(app);
  if (window.innerWidth < STACKED_BESIDE) at("theatre").scrollIntoView({ block: "nearest" });
}

// What the theatre needs, found when it opens for the first time.
function raise(app) {
  const { at, graph } = app;
  const training = makeTraining(graph, trainedOnes(graph, rolesOf(app)));
  const unknown = graph.operation.find((op) => op && !op.forward);
  app.theatre = { training, place: 0, isPlaying: false, isKnown: !unknown, shownAt: 0, cost: 0, due: 0, before: 0 };
  if (unknown) tell(app, `This page cannot train the graph: it does not know how “${unknown.symbol}” is computed.`);
  if (graph.recording) follow(training, graph.recording);
  app.theatre.start = training.way[0].numbers;
  preparePlots(app);
  goBackTo(training, 0);
  training.rate = unknown ? 0.1 : suggestRate(training);
  const rates = ratesToChoose().map((rate) => element("option", { value: rate }, short(rate)));
  at("rate").replaceChildren(...rates);
  at("rate").value = training.rate;
  listChoices(at("choices"), at("trained"), graph, training.parameters, (parameters) => changeParameters(app, parameters));
  allow(app);
  new ResizeObserver(() => at("theatre").hidden || showAll(app)).observe(at("plots"));
}

function preparePlots(app) {
  const { at, graph, theatre } = app;
  theatre.roles = rolesOf(app);
  theatre.probes = makeProbes(graph, theatre.roles);
  theatre.data?.close();
  const open = (sample) => openSample(app, sample);
  const isPlot = whatToPlot(theatre.roles) !== "";
  theatre.data = isPlot ? makeDataPlot(at("data"), graph, theatre.roles, theatre.probes, open) : null;
  at("data").classList.toggle("is-plot", isPlot);
  if (isPlot) at("data").setAttribute("tabindex", "0");
  else at("data").removeAttribute("tabindex");
}

// The parameters, and whatever else changes in a recording: somebody has trained it.
function trainedOnes({ recording, operation }, { parameters }) {
  const found = new Set(parameters);
  for (const [j, node] of (recording?.nodes ?? []).entries())
    if (operation[node] === null && recording.steps.some((row) => row[j] !== recording.steps[0][j])) found.add(node);
  return [...found].sort((a, b) => a - b);
}

function changeParameters(app, parameters) {
  const { theatre } = app;
  playTraining(app, false);
  theatre.training.parameters = parameters;
  forget(theatre.training);
  theatre.place = 0;
  theatre.start = theatre.training.way[0].numbers;
  Object.assign(app, { roles: null, sample: 0 }); // what is data depends on what is trained
  app.graph.parameters = parameters;
  preparePlots(app);
  allow(app);
  showAll(app);
  app.showSample?.();
}

// Without anything to move, or with operations that the page cannot compute, only a recording can be played.
function allow({ at, theatre }) {
  const can = theatre.isKnown && theatre.training.parameters.length > 0;
  at("train-anew").disabled = !can;
  for (const id of ["train", "train-step"]) at(id).disabled = !can && !theatre.training.recorded;
  theatre.canLearn = can;
}

function openSample(app, sample) {
  const { group } = sample;
  app.sample = app.theatre.roles.samples.indexOf(sample);
  app.showSample?.();
  jump(app, { group: app.folding.groups[group] });
  open(app, groupBox(app.graph, group));
}

function tell({ at }, words) {
  at("train-message").textContent = words;
}

// --- playing -----------------------------------------------------------------------------------------------------------

function playTraining(app, on = !app.theatre.isPlaying) {
  const { at, theatre } = app;
  if (on === theatre.isPlaying || (on && at("train").disabled)) return;
  theatre.isPlaying = on;
  at("train").textContent = on ? "❚❚ Pause" : "▶ Train";
  at("train").setAttribute("aria-label", on ? "❚❚ Pause the training" : "▶ Train");
  // Nobody can listen to so many numbers.
  for (const id of ["sentence", "recording-label"]) at(id).setAttribute("aria-live", on ? "off" : "polite");
  if (on) (tell(app, ""), dismissHint(at));
  else pauseHere(app);
  Object.assign(theatre, { before: performance.now(), due: 0 });
  if (on) wake(app);
}

// The state that is shown is on the way, so that the slider can come back to it.
function pauseHere(app) {
  const { theatre } = app;
  if (theatre.place === theatre.training.way.length - 1) {
    keepNow(theatre.training);
    theatre.place = theatre.training.way.length - 1;
  }
  showAll(app);
}

function isReplay({ place, training }) {
  return place < training.way.length - 1;
}

// So many steps as are due at this speed. False where it is over.
function advance(app, now) {
  const { theatre, at } = app;
  const speed = PER_SECOND[at("pace").value];
  const few = Math.max(stepsToNext(theatre), speed / 10); // what a slow page could not do is forgotten
  theatre.due = Math.min(few, theatre.due + ((now - theatre.before) * speed) / 1000);
  theatre.before = now;
  while (theatre.due >= stepsToNext(theatre) && performance.now() < now + TRAINING) {
    theatre.due -= stepsToNext(theatre);
    const isAlong = isReplay(theatre);
    if (!advanceOnce(app)) return false;
    if (isAlong) return true; // one state in each frame, so that it can be seen
  }
  return true;
}

// Between two states of the way there may be many steps.
function stepsToNext(theatre) {
  const { place, training } = theatre;
  return isReplay(theatre) ? Math.max(1, training.way[place + 1].step - training.way[place].step) : 1;
}

// The next state of the way, or a new one. False, with a message, where there is none.
function advanceOnce(app) {
  const { theatre } = app;
  const { training } = theatre;
  if (isReplay(theatre)) {
    goBackTo(training, ++theatre.place);
    if (isReplay(theatre) || theatre.place + 1 !== training.recorded) return true;
    tell(app, theatre.canLearn ? "The recording ends here. Train goes on from it, in this page." : "The recording ends here.");
    return false;
  }
  if (!theatre.canLearn) return false;
  const isFine = trainOnce(training);
  if (!isFine) tell(app, whyItStopped(app));
  theatre.place = training.way.length - 1;
  return isFine;
}

function whyItStopped({ theatre, graph }) {
  const { step, loss, rate, node, gradient } = theatre.training.problem;
  if (Number.isFinite(loss)) return `Stopped: step ${step} changes nothing, every gradient is 0 or too small to move its leaf.`;
  if (!Number.isFinite(theatre.loss))
    return `${nameOf(graph, graph.output)} is ${short(theatre.loss)} already, so that nothing leads down from here: change an input first.`;
  return (
    `Stopped: step ${step} would make ${nameOf(graph, graph.output)} ${short(loss)}. ${short(rate)} times the gradient, ` +
    `which is ${short(gradient)} for ${nameOf(graph, node)}, is too long a step: choose a smaller learning rate, then Reset.`
  );
}

function stepTraining(app) {
  if (app.at("train-step").disabled) return;
  if (app.theatre.isPlaying) return playTraining(app, false);
  tell(app, "");
  advanceOnce(app);
  pauseHere(app);
}

// Back to where it began; what Python recorded stays on the way.
function resetTraining(app) {
  const { theatre } = app;
  playTraining(app, false);
  tell(app, "");
  theatre.training.way.length = Math.max(1, theatre.training.recorded);
  theatre.training.every = 1;
  showPlace(app, 0);
}

// New random numbers: others each time, the same ones for the same seed.
function startAnew(app) {
  const { theatre, at } = app;
  playTraining(app, false);
  tell(app, "");
  const seed = Math.max(0, Math.floor(Number(at("seed").value) || 0));
  restart(theatre.training, theatre.start, seed);
  at("seed").value = seed + 1;
  theatre.place = 0;
  showAll(app);
}

function showPlace(app, place) {
  playTraining(app, false);
  app.theatre.place = place;
  goBackTo(app.theatre.training, place);
  showAll(app);
}

// Somebody changed a number by hand: training goes on from here. A step of the player changes no number.
function noticeEdits(app) {
  const { theatre } = app;
  if (!theatre || theatre.isShowing || theatre.isPlaying || lossOf(theatre.training) === theatre.loss) return;
  amend(theatre.training, theatre.place);
  showPlots(app);
}

// --- showing -----------------------------------------------------------------------------------------------------------

// One frame: some steps, some of the boundary, and now and then everything else.
function tick(app) {
  const { theatre } = app;
  const { data, training } = theatre;
  const now = performance.now();
  if (theatre.isPlaying && !advance(app, now)) playTraining(app, false);
  const isDue = theatre.isPlaying && now - theatre.shownAt > Math.max(PAUSE, 4 * theatre.cost);
  if (isDue) showNumbers(app);
  if (data && theatre.isPlaying && data.isDone()) data.begin();
  const until = performance.now() + PLOTTING;
  data?.work(until);
  const isComplete = findLosses(training, until);
  if (isComplete && !theatre.isComplete) showPlots(app);
  theatre.isComplete = isComplete;
  theatre.isAwake = theatre.isPlaying || !isComplete || !(data?.isDone() ?? true);
  if (theatre.isAwake) requestAnimationFrame(() => tick(app));
}

function wake(app) {
  if (app.theatre.isAwake) return;
  app.theatre.isAwake = true;
  requestAnimationFrame(() => tick(app));
}

function showAll(app) {
  if (app.at("theatre").hidden) return;
  showNumbers(app);
  app.theatre.data?.begin();
  wake(app);
}

function showNumbers(app) {
  const { theatre } = app;
  const before = performance.now();
  theatre.shownAt = before;
  showPlots(app);
  // All numbers of the graph are there: both passes are done.
  if (theatre.isPlaying || theatre.training.taken) app.step = app.steps.last;
  theatre.isShowing = true;
  refresh(app);
  theatre.isShowing = false;
  theatre.cost = performance.now() - before;
}

function showPlots(app) {
  const { theatre, at, graph } = app;
  const { training, roles, probes, data, place } = theatre;
  theatre.loss = lossOf(training);
  const right = rightOnes(graph, roles, probes);
  data?.mark(right);
  const name = nameOf(graph, graph.output),
    last = training.way[training.way.length - 1].step;
  plotLoss(at("loss"), { way: training.way, name, now: { step: training.taken, loss: theatre.loss } });
  if (!data) plotGradients(at("data"), graph, training.parameters, (node) => jump(app, { node }));
  const slider = at("recording");
  slider.max = training.way.length - 1;
  slider.value = place;
  const words = `step ${training.taken.toLocaleString("en")}${last > training.taken ? ` of ${last}` : ""}: ${name} = ${short(theatre.loss)}`;
  const all = right === null ? words : `${words} · ${right.filter(Boolean).length} of ${right.length} right`;
  at("recording-label").textContent = all;
  slider.setAttribute("aria-valuetext", all);
  if (!theatre.isPlaying) data?.begin();
  if (!theatre.isPlaying) wake(app);
}
