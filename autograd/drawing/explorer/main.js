// The page: its state, its controls, its keys. Everything that is shown follows from the state; `refresh` shows it.

import { backward, forward, makeGraph, parsed } from "./engine.js";
import {
  boxesIn,
  groupOfBox,
  isMore,
  isReadable,
  isSingle,
  makeFolding,
  openAll,
  openSome,
  reveal,
  showMore,
  visible,
} from "./folding.js";
import { saveImage } from "./image.js";
import { count } from "./numbers.js";
import { showDetails, showFormula, showLegend, showTable, waysFrom } from "./panel.js";
import { describe, makeSteps, nameOf, stepAt, stops } from "./steps.js";
import { followTheme } from "./theme.js";
import { arrowheads, draw, element, makeCamera, update } from "./view.js";

const READABLE = 0.6; // scale below which a picture is not shown as a whole
const PAUSE = 1100; // milliseconds between two steps of the player

// Bring the page inside `root` to life. `operations`: name -> {forward, derivatives, shares}, see engine.js.
export function mount(root, json, operations) {
  const at = (id) => root.querySelector(`#${id}`);
  const graph = makeGraph(json, operations);
  const steps = makeSteps(graph),
    folding = makeFolding(graph);
  const svg = at("graph-svg"),
    drawing = element("g");
  svg.append(drawing, arrowheads());
  const camera = makeCamera(svg, drawing);
  const app = {
    graph,
    steps,
    folding,
    // As it is in Python: after a backward pass all gradients are there, before it none.
    step: Object.keys(graph.inPython).length ? steps.last : steps.seed - 1,
    direction: window.innerWidth < 600 ? "TB" : json.direction || "LR", // a telephone has more room downwards
    mode: "boxes",
    pinned: null,
    pointed: null,
    changed: () =>
      graph.value.some((x, i) => graph.operation[i] === null && x !== graph.original[i] && !Number.isNaN(x)),
  };
  openSome(graph, folding, json.open);

  // --- what is shown -------------------------------------------------------------------------------------------------

  function redraw() {
    // The focus leaves the drawing while what it stands for is still there.
    if (drawing.contains(document.activeElement)) document.activeElement.blur();
    app.seen = visible(graph, folding);
    app.picture = draw(drawing, graph, folding, app.seen, app.direction, svg.clientWidth < 700);
    app.stops =
      app.mode === "nodes"
        ? Array.from({ length: steps.last + 1 }, (_, s) => s)
        : stops(graph, steps, app.seen.boxOf, (box) => isSingle(graph, box));
    if (app.pinned !== null && !app.picture.boxes.has(app.pinned)) app.pinned = null;
    app.pointed = null;
    const slider = at("step");
    slider.max = app.stops.length - 1;
    slider.setAttribute("aria-valuemax", app.stops.length - 1);
    const middle = app.stops.findIndex((s) => s >= steps.seed) / Math.max(1, app.stops.length - 1);
    slider.style.setProperty("--middle", `${100 * middle}%`); // where forward ends and backward begins
    refresh();
  }

  function place() {
    // of the step among the stops: the last one that is not after it
    let low = 0,
      high = app.stops.length - 1;
    while (low < high) {
      const half = (low + high + 1) >> 1;
      if (app.stops[half] <= app.step) low = half;
      else high = half - 1;
    }
    return low;
  }

  function refresh() {
    const { phase, node } = stepAt(steps, app.step);
    graph.soFar.fill(0);
    if (app.step >= steps.seed) backward(graph, graph.soFar, phase === "backward" ? node : graph.output + 1);
    const box = node >= 0 ? app.seen.boxOf[node] : phase === "seed" ? app.seen.boxOf[graph.output] : -1;
    const single = box >= 0 && isSingle(graph, box);
    let words = describe(graph, steps, app.step);
    if (box >= 0 && !single && phase !== "seed") words = inGroup(words, box, phase);
    const whole = box >= 0 && !single && app.mode === "boxes";
    app.lit = { box, phase, edges: whole || node < 0 ? (phase === "seed" ? new Set() : null) : edgesOf(node) };

    const sentence = at("sentence");
    if (sentence.textContent !== words.sentence) sentence.textContent = words.sentence;
    showFormula(at("formula"), words.rows);
    const k = place(),
      slider = at("step");
    slider.value = k;
    slider.setAttribute("aria-valuenow", k);
    slider.setAttribute("aria-valuetext", `${words.title}, step ${k} of ${app.stops.length - 1}`);
    at("step-label").textContent =
      `${words.title} ${k.toLocaleString("en")} / ${(app.stops.length - 1).toLocaleString("en")}`;
    at("first").disabled = at("previous").disabled = app.step === 0;
    at("last").disabled = at("next").disabled = app.step === steps.last;
    root.dataset.phase = phase;
    showTable(at("table"), app);
    light();
  }

  function light() {
    const box = app.pointed ?? app.pinned;
    const path =
      box === null || isMore(graph, box) ? null : waysFrom(graph, app.seen, box, app.picture.boxes.get(box).outlets);
    update(app.picture, graph, steps, app.step, app.seen, app.lit, path, app.pinned);
    drawing.classList.toggle("has-path", path !== null);
    drawing.classList.toggle("pointed", path !== null && app.pointed !== null);
    details();
  }

  function details() {
    const isTyping = at("details").contains(document.activeElement) && document.activeElement.tagName === "INPUT";
    const box = isTyping ? app.pinned : (app.pointed ?? app.pinned);
    showDetails(at("details"), app, box, box !== null && box === app.pinned, {
      show: (node) => jump({ node }),
      open,
      close,
      unpin: () => pin(null),
      setLeaf,
      reset,
    });
  }

  function edgesOf(node) {
    return new Set(Array.from({ length: graph.start[node + 1] - graph.start[node] }, (_, k) => graph.start[node] + k));
  }

  function inGroup(words, box, phase) {
    const parts = app.picture.boxes.get(box),
      inside = app.seen.boxes.get(box).nodes.length;
    const label = parts.title.replace(/^▸ /, "");
    if (app.mode === "nodes") return { ...words, sentence: `In ${label}: ${words.sentence}` };
    const sentence =
      phase === "forward"
        ? `${label}: the ${count(inside, "node")} in it are computed. Open it to see each of them.`
        : `${label}: gradients flow back through the ${count(inside, "node")} in it. Open it to see each of them.`;
    return { title: words.title, sentence, rows: [] };
  }

  // The boxes that the current step reads from or sends to.
  function touched() {
    return [...app.picture.boxes.values()].filter(({ g }) => g.matches(".touched"));
  }

  function tooMany(boxes) {
    const are = !isReadable(boxes);
    say(
      are
        ? `That would be ${boxes.toLocaleString("en")} boxes, more than anybody can read: open the parts you want to see.`
        : "",
    );
    return are;
  }

  function say(text) {
    at("message").textContent = text;
  }

  // --- what a person can do ------------------------------------------------------------------------------------------

  let timer = 0;

  function go(k) {
    app.step = app.stops[Math.max(0, Math.min(app.stops.length - 1, k))];
    refresh();
    const box = app.step === 0 ? app.seen.boxOf[steps.forwardNodes[0]] : app.lit.box; // at the start what comes next
    if (box >= 0) camera.show(app.picture.boxes.get(box), touched());
  }

  function move(by) {
    const k = place();
    // Between two stops "previous" goes to the one before.
    go(by < 0 && app.stops[k] < app.step ? k : k + by);
  }

  function play(on) {
    clearInterval(timer);
    timer = 0;
    if (on && app.step === steps.last) go(0);
    if (on)
      timer = setInterval(() => {
        move(1);
        if (app.step === steps.last) play(false);
      }, PAUSE);
    at("play").textContent = on ? "❚❚" : "Play";
    at("play").setAttribute("aria-label", on ? "pause" : "play");
  }

  function setLeaf(i, number) {
    graph.value[i] = number;
    recompute();
  }

  function recompute() {
    forward(graph);
    backward(graph);
    refresh();
  }

  function reset() {
    graph.operation.forEach((op, i) => op === null && (graph.value[i] = graph.original[i]));
    at("details").replaceChildren(); // its field holds the old number
    recompute();
  }

  function pin(box) {
    app.pinned = app.pinned === box ? null : box;
    light();
  }

  function isWhole() {
    return camera.scaleFor(app.picture) >= READABLE;
  }

  // All of the picture if it can be read that way, else as much as can be read around the current step.
  function overview() {
    if (isWhole()) return camera.fit(app.picture);
    camera.look({ x: 0, y: 0, ...app.picture }, READABLE);
    const box = app.lit.box >= 0 ? app.lit.box : app.seen.boxOf[graph.output];
    camera.show(app.picture.boxes.get(box));
    camera.fitted = true; // nobody has chosen what to see
  }

  // The picture is made anew. All of it is shown if it can be read that way; otherwise `target`, an opened group or a
  // folded one, is looked at.
  function change(target = () => undefined) {
    redraw();
    const part = isWhole() ? undefined : target();
    if (part) camera.look(part);
    else overview();
  }

  function open(box) {
    const g = groupOfBox(graph, box);
    if (isMore(graph, box)) showMore(folding, g);
    else if (tooMany(boxesIn(folding, g))) return;
    else folding.open.add(g);
    change(() => app.picture.frames.get(g));
    const first = firstBoxIn(g);
    if (first !== null) focusBox(app.picture.boxes.has(box) ? box : first);
  }

  function close(g) {
    folding.open.delete(g);
    change(() => app.picture.boxes.get(graph.n + g));
    focusBox(graph.n + g);
  }

  function firstBoxIn(g) {
    for (const box of app.seen.boxes.values()) if (box.frame === g) return box.id;
    return null;
  }

  function activate(box) {
    if (isSingle(graph, box)) pin(box);
    else open(box);
  }

  // --- focus: one box at a time can be reached with Tab, the arrow keys go on from there ---------------------------

  let focused = null;

  function focusBox(box) {
    const parts = app.picture.boxes.get(box);
    if (!parts) return;
    if (app.picture.boxes.has(focused)) app.picture.boxes.get(focused).g.setAttribute("tabindex", "-1");
    focused = box;
    parts.g.setAttribute("tabindex", "0");
    parts.g.focus({ preventScroll: true });
    camera.show(parts);
  }

  function neighbour(key) {
    const ids = [...app.picture.boxes.keys()],
      k = ids.indexOf(focused);
    if (k < 0) return ids[0];
    if (key === "ArrowUp") return ids[Math.max(0, k - 1)];
    if (key === "ArrowDown") return ids[Math.min(ids.length - 1, k + 1)];
    const edge = app.seen.edges.find((e) => (key === "ArrowLeft" ? e.to : e.from) === focused); // with shift: along an edge
    return edge ? (key === "ArrowLeft" ? edge.from : edge.to) : focused;
  }

  // --- search ------------------------------------------------------------------------------------------------------

  function matches(text) {
    const wanted = text.trim().toLowerCase(),
      found = [];
    if (!wanted) return found;
    for (const [i, name] of Object.entries(graph.names)) {
      if (name.toLowerCase().includes(wanted)) found.push({ name, node: Number(i) });
    }
    for (const group of folding.groups)
      if (group.label.toLowerCase().includes(wanted)) found.push({ name: group.label, group });
    const rank = ({ name }) => (name.toLowerCase() === wanted ? 0 : name.toLowerCase().startsWith(wanted) ? 1 : 2);
    return found.sort((a, b) => rank(a) - rank(b)).slice(0, 8);
  }

  function jump({ node, group }) {
    let inside = group ? group.above : folding.groupOf[node];
    let large = -1; // what lies in a group too large to be opened is found as that group
    for (let g = inside; g >= 0; g = folding.groups[g].above) if (!isReadable(boxesIn(folding, g))) large = g;
    if (large >= 0) {
      tooMany(boxesIn(folding, large));
      [group, inside] = [folding.groups[large], folding.groups[large].above];
    }
    if (inside >= 0) reveal(folding, inside);
    if (group) folding.open.delete(group.index); // it is found as the one box that it folds into
    const box = group ? graph.n + group.index : node;
    app.pinned = box;
    redraw();
    if (isWhole()) camera.fit(app.picture);
    else camera.look(app.picture.boxes.get(box));
    focusBox(box);
  }

  function search() {
    const found = matches(at("search").value),
      items = at("found");
    items.replaceChildren(
      ...found.map((match, k) => {
        const item = element("li", { role: "option", "aria-selected": k === 0 }, match.name);
        item.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          choose(match);
        });
        return item;
      }),
    );
    if (!found.length && at("search").value.trim())
      items.append(element("li", { class: "none" }, "nothing has this name"));
    items.hidden = !items.children.length;
    at("search").setAttribute("aria-expanded", String(!items.hidden));
    return found;
  }

  function choose(match) {
    at("found").hidden = true;
    jump(match);
  }

  // --- listening -----------------------------------------------------------------------------------------------------

  const on = (id, act) => at(id).addEventListener("click", act);
  on("first", () => go(0));
  on("previous", () => move(-1));
  on("play", () => play(!timer));
  on("next", () => move(1));
  on("last", () => go(app.stops.length - 1));
  at("step").addEventListener("input", () => go(Number(at("step").value)));
  at("mode").addEventListener("change", () => {
    app.mode = at("mode").value;
    redraw();
  });
  on("fit", () => camera.fit(app.picture));
  on("zoom-in", () => camera.zoom(1.25));
  on("zoom-out", () => camera.zoom(0.8));
  on("direction", turn);
  on("export-svg", () => saveImage(svg, app.picture, "svg", graph.title));
  on("export-png", () => saveImage(svg, app.picture, "png", graph.title));
  on("fold-all", () => {
    (folding.open.clear(), folding.shownOf.clear());
    change();
    say("");
  });
  on("open-all", () => {
    const boxes = openAll(graph, folding);
    if (!tooMany(boxes)) change();
  });
  at("search").addEventListener("input", search);
  at("search").addEventListener("blur", () => (at("found").hidden = true));
  at("search").addEventListener("keydown", (event) => {
    if (event.key === "Escape") at("found").hidden = true;
    if (event.key !== "Enter") return;
    const [first] = search();
    if (first) choose(first);
  });

  const boxAt = (event) => {
    const g = event.target.closest?.("[data-box]");
    return g ? Number(g.dataset.box) : null;
  };
  const pointAt = (box) => {
    if (box === app.pointed) return;
    app.pointed = box;
    light();
  };
  svg.addEventListener("pointerover", (event) => event.pointerType !== "touch" && pointAt(boxAt(event)));
  svg.addEventListener("pointerleave", () => pointAt(null));
  svg.addEventListener("focusin", (event) => event.target.matches(":focus-visible") && pointAt(boxAt(event)));
  svg.addEventListener("focusout", () => pointAt(null));
  svg.addEventListener("click", (event) => {
    if (camera.dragged > 4) return;
    const title = event.target.closest("[data-close]"),
      box = boxAt(event);
    if (title) close(Number(title.dataset.close));
    else if (box !== null) activate(box);
    else if (app.pinned !== null) pin(null);
  });
  svg.addEventListener("keydown", (event) => {
    const box = boxAt(event);
    if (event.key === "ArrowUp" || event.key === "ArrowDown" || (event.shiftKey && event.key.startsWith("Arrow")))
      focusBox(neighbour(event.key));
    else if (event.key === "Enter" && box !== null) activate(box);
    else if (event.key === "Enter" && event.target.dataset.close) close(Number(event.target.dataset.close));
    else if (event.key === "Backspace" && box !== null && app.seen.boxes.get(box).frame >= 0)
      close(app.seen.boxes.get(box).frame);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const keys = {
    ArrowLeft: () => move(-1),
    ArrowRight: () => move(1),
    Home: () => go(0),
    End: () => go(app.stops.length - 1),
    " ": () => play(!timer),
    "+": () => camera.zoom(1.25),
    "=": () => camera.zoom(1.25),
    "-": () => camera.zoom(0.8),
    0: () => camera.fit(app.picture),
    Escape: () => app.pinned !== null && pin(null),
  };
  document.addEventListener("keydown", (event) => {
    const own =
      /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName) ||
      (event.key === " " && /^(BUTTON|SUMMARY)$/.test(event.target.tagName));
    if (own || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });

  function turn() {
    app.direction = app.direction === "LR" ? "TB" : "LR";
    labelDirection();
    change();
  }

  function labelDirection() {
    at("direction").textContent = app.direction === "LR" ? "→ right" : "↓ down";
  }

  function train() {
    const k = Number(at("recording").value),
      { nodes, steps: recorded, labels } = graph.recording;
    nodes.forEach((node, j) => (graph.value[node] = parsed(recorded[k][j])));
    at("recording-label").textContent = `step ${labels[k]} of ${labels[labels.length - 1]}`;
    recompute();
  }

  if (graph.recording) {
    const last = graph.recording.steps.length - 1;
    at("recording").max = last;
    at("recording").value = last;
    at("recording-label").textContent = `step ${graph.recording.labels[last]} of ${graph.recording.labels[last]}`;
    at("recording").addEventListener("input", train);
    root.querySelector(".training").hidden = false;
  }
  followTheme(at("theme"), json.theme || "auto");
  showLegend(at("legend"), folding.groups.length > 0);
  const small = folding.groups.length === 0;
  for (const id of ["fold-all", "open-all", "mode"]) at(id).hidden = small;
  svg.setAttribute("aria-label", `${svg.getAttribute("aria-label")}; the result is ${nameOf(graph, graph.output)}`);
  labelDirection();
  play(false);
  redraw();
  overview();
  // Again when a notebook shows its iframe only later, and until somebody has chosen what to see.
  new ResizeObserver(() => svg.clientWidth && camera.fitted && overview()).observe(svg);
  return app;
}
