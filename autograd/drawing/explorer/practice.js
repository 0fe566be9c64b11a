// Practice: a random small graph whose gradients one finds, from the result back. Marked node by node; a streak to keep.
//
// Entry point: `listenToPractice`.

import { makeAsking } from "./asking.js";
import { makeCamera } from "./camera.js";
import { deal } from "./deal.js";
import { makeGraph } from "./engine.js";
import { makeState, enterStep, lookAgain, stopNow } from "./state.js";
import { element } from "./svg.js";
import { arriveNow, noteNumbers, travelStep } from "./travel.js";
import { update } from "./view.js";

const STREAK_KEY = "autograd explorer: streak";
const TRIP = 1400; // milliseconds
const LARGEST_TO_COMPUTE = 40; // a number that one still computes by hand

export function listenToPractice(app, json, operations) {
  const { at } = app,
    dialog = at("practice"),
    svg = at("practice-svg");
  const drawing = element("g");
  svg.append(drawing); // the arrowheads are those of the page
  const view = { svg, drawing, camera: makeCamera(svg, drawing), json: { ...json, listing: null }, operations };
  view.asking = makeAsking(view, at("practice-quiz"), {
    advance: () => advancePractice(view),
    scored: (isRight) => countStreak(app, isRight),
    finished: () => finishPractice(app, view),
  });
  view.afterTrip = view.asking.mark;
  at("practice-open").addEventListener("click", () => {
    dialog.showModal();
    showStreak(app, readStreak(app));
    newPractice(app, view);
  });
  at("practice-close").addEventListener("click", () => dialog.close());
  at("practice-new").addEventListener("click", () => newPractice(app, view));
  at("level").addEventListener("change", () => newPractice(app, view));
  dialog.addEventListener("close", () => (arriveNow(view), at("practice-open").focus()));
  dialog.addEventListener("keydown", (event) => event.stopPropagation()); // the keys of the page are not for it
  new ResizeObserver(() => dialog.open && view.picture && view.camera.fit(view.picture)).observe(svg);
}

function newPractice({ at, root }, view) {
  const { json, operations } = view;
  const isNarrow = view.svg.clientWidth < 600;
  const fresh = deal(Number(at("level").value), json.practice, Math.random, (made) => isFit(makeGraph(made, operations)));
  arriveNow(view);
  root.dataset.practice = JSON.stringify({ op: fresh.op, parents: fresh.parents, start: fresh.start, data: fresh.data });
  const payload = { ...json, ...fresh, open: true };
  Object.assign(view, makeState(makeGraph(payload, operations), payload, isNarrow));
  view.step = view.steps.seed;
  view.asking.stop();
  Object.assign(view.asking.score, { right: 0, asked: 0 });
  at("practice-quiz").querySelector(".verdict").textContent = "";
  lookAgain(view);
  view.camera.picture = view.picture;
  showPractice(view);
  view.camera.fit(view.picture);
  view.asking.ask();
  view.camera.fit(view.picture);
}

// Whether one can compute it by hand, and learns something: not all gradients are 0.
function isFit({ n, value, gradient, operation, parents, start }) {
  for (let i = 0; i < n; i++) {
    if (!Number.isFinite(value[i]) || Math.abs(value[i]) > LARGEST_TO_COMPUTE || Math.abs(gradient[i]) > LARGEST_TO_COMPUTE) return false;
    if (operation[i]?.name === "tanh" && Math.abs(value[parents[start[i]]]) > 2) return false;
  }
  return gradient.filter((x, i) => operation[i] === null && x !== 0).length >= 2;
}

function showPractice(view) {
  enterStep(view);
  const { picture, graph, steps, step, seen, lit, onEdges } = view;
  update(picture, graph, steps, step, seen, lit, null, null, onEdges);
}

function advancePractice(view) {
  arriveNow(view);
  const before = noteNumbers(view);
  view.step = view.stops[stopNow(view) + 1];
  showPractice(view);
  travelStep(view, before, TRIP);
}

function finishPractice({ at }, { asking: { score } }) {
  const all = score.right === score.asked ? "All of them right at once." : `${score.right} of ${score.asked} right at once.`;
  at("practice-quiz").querySelector(".question").textContent = `Done. ${all}`;
  at("practice-new").focus();
}

// --- the streak: right answers in a row, over all graphs --------------------------------------------------------------

function countStreak(app, isRight) {
  const before = readStreak(app),
    now = isRight ? before.now + 1 : 0;
  app.streak = { now, best: Math.max(before.best, now) };
  try {
    localStorage.setItem(STREAK_KEY, JSON.stringify(app.streak));
  } catch {
    // a page in a frame may not remember anything: the streak lasts as long as the page
  }
  showStreak(app, app.streak);
}

function readStreak({ streak }) {
  if (streak) return streak;
  try {
    const { now, best } = JSON.parse(localStorage.getItem(STREAK_KEY)) ?? {};
    return { now: Number(now) || 0, best: Number(best) || 0 };
  } catch {
    return { now: 0, best: 0 };
  }
}

function showStreak({ at }, { now, best }) {
  at("streak").textContent = `Streak ${now} · best ${best}`;
}
