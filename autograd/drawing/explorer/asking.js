// One question after the other, beside a drawing: the number that is asked for is a "?" in its box, the answer is judged,
// the box is marked, and the drawing goes on. `guess.js` asks about the page's graph, `practice.js` about random ones.
//
// Entry point: `makeAsking`.

import { numberOf } from "./arithmetic.js";
import { isSingle } from "./folding.js";
import { judge, questionsAt } from "./quiz.js";
import { stopNow } from "./state.js";
import { element } from "./svg.js";

// `view`: the app whose drawing it is; `form`: of question, field, verdict; `acts`: advance() to the next step, scored()
// after each answer that counts, finished() when there is nothing more to ask. Returns {ask, mark, score, stop}.
export function makeAsking(view, form, acts) {
  const part = (name) => form.querySelector(`.${name}`);
  const asking = { questions: [], step: -1, marks: new Map(), score: { right: 0, asked: 0 }, isMissed: false };
  asking.ask = () => askNext(view, form, asking, acts);
  asking.look = () => lookAtQuestion(view, asking.questions[0]);
  asking.mark = () => showMarks(view, asking);
  asking.stop = () => ((asking.questions = []), asking.marks.clear(), unmark(view));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer(form, asking, acts);
  });
  part("reveal").addEventListener("click", () => {
    const [now] = asking.questions;
    if (!now) return;
    settleQuestion(form, asking, acts, false, `${now.line}.`);
  });
  return asking;
}

// About the next step of which there is something to ask; folded boxes are passed.
function askNext(view, form, asking, acts) {
  for (;;) {
    const next = view.stops[stopNow(view) + 1];
    if (next === undefined) {
      asking.questions = [];
      setQuestion(form, null);
      return acts.finished();
    }
    asking.step = view.step;
    asking.questions = questionsAt(view.graph, view.steps, next).filter(({ node, child }) => {
      const boxes = [node, ...(child < 0 ? [] : [child])].map((i) => view.seen.boxOf[i]);
      return boxes.every((box) => isSingle(view.graph, box));
    });
    if (asking.questions.length) break;
    acts.advance();
  }
  setQuestion(form, asking.questions[0]);
  asking.mark();
  asking.look();
}

function setQuestion(form, question) {
  form.querySelector(".question").textContent = question?.text ?? "";
  form.querySelector(".answer").hidden = !question;
  const field = form.querySelector("input");
  field.value = "";
  field.setAttribute("aria-label", question ? `your answer: ${question.name}` : "your answer");
  form.querySelector(".asked-for").textContent = question ? `${question.name} =` : "";
  if (question) field.focus({ preventScroll: true });
}

function answer(form, asking, acts) {
  const [now] = asking.questions,
    field = form.querySelector("input");
  if (!now || !field.value.trim()) return;
  const number = numberOf(field.value);
  if (number === null) return tellVerdict(form, "", `“${field.value.slice(0, 30)}” is not a number. You may write 0.5, −3/4 or 2 × −3.`);
  const { isRight, words } = judge(now, number);
  if (isRight) return settleQuestion(form, asking, acts, true, words);
  asking.isMissed = true;
  tellVerdict(form, "wrong", `✗ ${words} Try again, or let it be shown.`);
  field.select();
}

// The first answer counts. Then the next question, about this step or the next one.
function settleQuestion(form, asking, acts, isRight, words) {
  const now = asking.questions.shift(),
    counts = isRight && !asking.isMissed;
  asking.score.asked++;
  if (counts) asking.score.right++;
  asking.marks.set(`${now.kind} ${now.node}`, counts);
  asking.isMissed = false;
  tellVerdict(form, isRight ? "right" : "shown", isRight ? `✓ ${words}` : words);
  acts.scored(counts, now);
  if (asking.questions.length) {
    setQuestion(form, asking.questions[0]);
    asking.mark();
  } else {
    asking.mark(); // no "?" is left when the numbers arrive
    acts.advance();
    asking.ask();
  }
}

function tellVerdict(form, kind, words) {
  const verdict = form.querySelector(".verdict");
  verdict.className = `verdict ${kind}`;
  verdict.textContent = words;
}

// False where there is none to look at.
function lookAtQuestion({ camera, picture, seen }, question) {
  const box = question && picture.boxes.get(seen.boxOf[question.node]),
    other = question && picture.boxes.get(seen.boxOf[question.child]);
  if (box) camera.show(box, other ? [other] : []);
  return box !== undefined;
}

// --- in the boxes ----------------------------------------------------------------------------------------------------

function showMarks(view, { questions, marks }) {
  unmark(view);
  const { boxes } = view.picture;
  for (const [key, isRight] of marks) {
    const [kind, node] = key.split(" ");
    const row = boxes.get(Number(node))?.[kind === "value" ? "value" : "grad"];
    row?.previousElementSibling?.append(element("tspan", { class: `mark ${isRight ? "right" : "wrong"}` }, isRight ? " ✓" : " ✗"));
  }
  const [now] = questions;
  if (!now) return;
  const parts = boxes.get(now.node),
    row = parts?.[now.kind === "value" ? "value" : "grad"];
  if (!row) return;
  row.textContent = now.before === null ? "?" : `${row.textContent} → ?`;
  parts.g.classList.add("asked");
  for (const edge of view.picture.edges)
    if (edge.from === now.node && edge.to === now.child) edge.path.classList.add("asked");
}

function unmark({ drawing }) {
  for (const mark of drawing.querySelectorAll(".mark")) mark.remove();
  for (const one of drawing.querySelectorAll(".asked")) {
    one.classList.remove("asked");
    for (const row of one.querySelectorAll(".number")) row.textContent = row.textContent.replace(/( → )?\?$/, "") || "–";
  }
}
