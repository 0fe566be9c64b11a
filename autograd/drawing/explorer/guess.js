// Guess first: each number is asked for before the step that shows it, and the answer is judged.
//
// Entry point: `listenToGuesses`.

import { makeAsking } from "./asking.js";
import { lookAtStep } from "./opening.js";
import { move, play } from "./player.js";
import { light } from "./show.js";

export function listenToGuesses(app) {
  const { at } = app;
  const asking = makeAsking(app, at("quiz"), {
    advance: () => move(app, 1),
    scored: () => showScore(app, asking),
    finished: () => (at("quiz").querySelector(".question").textContent = "That was the last step. Go back to the first one to guess again."),
  });
  app.isGuessing = false;
  app.lookAtQuestion = () => app.isGuessing && asking.look();
  app.afterTrip = () => app.isGuessing && asking.mark();
  at("guess").hidden = app.steps.last === 0 || !app.steps.forwardNodes.length;
  at("guess").addEventListener("click", () => startGuessing(app, asking, !app.isGuessing));
  // The drawing was made anew, or somebody went to another step.
  app.watchers.push(() => {
    if (!app.isGuessing) return;
    if (asking.step !== app.step && !asking.isBusy) {
      asking.isBusy = true;
      queueMicrotask(() => ((asking.isBusy = false), app.isGuessing && asking.step !== app.step && asking.ask()));
    } else asking.mark();
  });
}

function startGuessing(app, asking, on) {
  const { at, root } = app;
  app.isGuessing = on;
  root.classList.toggle("guessing", on);
  at("guess").setAttribute("aria-pressed", on);
  at("quiz").hidden = at("guess-notes").hidden = !on;
  at("quiz").querySelector(".verdict").textContent = "";
  if (on) {
    play(app, false);
    app.pinned = null; // its paths would tell
    Object.assign(asking.score, { right: 0, asked: 0 });
    showScore(app, asking);
    asking.ask();
  } else {
    asking.stop();
    asking.step = -1;
    light(app);
    lookAtStep(app);
    at("guess").focus();
  }
}

function showScore({ at }, { score }) {
  at("quiz").querySelector(".score").textContent = score.asked ? `${score.right} of ${score.asked} right at once` : "";
}
