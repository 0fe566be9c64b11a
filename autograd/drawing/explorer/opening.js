// Opening and folding groups, and what is looked at afterwards.

import { readableScale, wholeScale } from "./camera.js";
import { boxesIn, groupOfBox, isMore, isReadable, isSingle, openAll, reveal, showMore } from "./folding.js";
import { focusBox } from "./focus.js";
import { pin, redraw, say } from "./show.js";
import { boxOfStep, touched } from "./state.js";

function isWhole({ camera, picture, svg }) {
  return camera.scaleFor(picture) >= wholeScale(svg);
}

// The camera on the box of the step and on those it reads from or sends to.
export function lookAtStep(app) {
  if (app.lookAtQuestion?.()) return; // of who guesses first
  app.camera.show(app.picture.boxes.get(boxOfStep(app)), touched(app));
}

// All of the picture if it can be read that way, else as much as can be read around the current step.
export function overview(app) {
  const { camera, picture } = app;
  if (camera.isNear) return lookAtStep(app);
  if (isWhole(app)) return camera.fit(picture);
  camera.look({ x: 0, y: 0, ...picture }, readableScale(app.svg));
  lookAtStep(app);
  camera.fitted = true; // nobody has chosen what to see
}

// All of the picture, or as much as is not too small to be seen, with the current step in it.
export function fit(app) {
  app.camera.fit(app.picture);
  app.camera.show(app.picture.boxes.get(boxOfStep(app)));
  app.camera.fitted = true;
}

// The picture is made anew. What was clicked, `before`, stays where it is, as `target`, an opened group or a folded one;
// then all of the picture is shown if it can be read that way, otherwise the target.
function change(app, before = undefined, target = () => undefined) {
  redraw(app, before, target);
  const part = isWhole(app) ? undefined : target();
  if (part) app.camera.look(part);
  else overview(app);
}

export function open(app, box) {
  const { graph, folding } = app;
  const g = groupOfBox(graph, box);
  if (isMore(graph, box)) showMore(folding, g);
  else if (areTooMany(app, boxesIn(folding, g))) return;
  else folding.open.add(g);
  change(app, app.picture.boxes.get(box), () => app.picture.frames.get(g));
  const first = [...app.seen.boxes.values()].find(({ frame }) => frame === g);
  if (app.picture.boxes.has(box)) focusBox(app, box);
  else if (first) focusBox(app, first.id);
}

export function close(app, g) {
  const box = app.graph.n + g;
  app.folding.open.delete(g);
  change(app, app.picture.frames.get(g), () => app.picture.boxes.get(box));
  focusBox(app, box);
}

export function activate(app, box) {
  if (isSingle(app.graph, box)) pin(app, box);
  else open(app, box);
}

export function foldEverything(app) {
  app.folding.open.clear();
  app.folding.shownOf.clear();
  change(app);
  say(app, "");
}

export function openEverything(app) {
  const boxes = openAll(app.graph, app.folding);
  if (!areTooMany(app, boxes)) change(app);
}

export function turn(app) {
  app.direction = app.direction === "LR" ? "TB" : "LR";
  labelDirection(app);
  change(app);
}

export function labelDirection({ at, direction }) {
  at("direction").textContent = direction === "LR" ? "→ right" : "↓ down";
}

// Show a node or a group wherever it is folded away.
export function jump(app, { node, group }) {
  const { graph, folding } = app;
  let inside = group ? group.above : folding.groupOf[node];
  let large = -1; // what lies in a group too large to be opened is found as that group
  for (let g = inside; g >= 0; g = folding.groups[g].above) if (!isReadable(folding, boxesIn(folding, g))) large = g;
  if (large >= 0) {
    areTooMany(app, boxesIn(folding, large));
    [group, inside] = [folding.groups[large], folding.groups[large].above];
  }
  const inner = group ? group.index : inside; // a group may be beyond those that its stack shows
  if (inner >= 0) reveal(folding, inner);
  if (group) folding.open.delete(group.index); // it is found as the one box that it folds into
  const box = group ? graph.n + group.index : node;
  app.pinned = box;
  redraw(app);
  if (isWhole(app)) app.camera.fit(app.picture);
  else app.camera.look(app.picture.boxes.get(box));
  focusBox(app, box);
}

function areTooMany(app, boxes) {
  const are = !isReadable(app.folding, boxes);
  say(
    app,
    are
      ? `That would be ${boxes.toLocaleString("en")} boxes, more than anybody can read: open the parts you want to see.`
      : "",
  );
  return are;
}
