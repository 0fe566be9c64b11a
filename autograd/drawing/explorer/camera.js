// Where one looks at the drawing from: what is in view and how large. It glides from one view to the next, the shortest
// way, and fades where that is far; the wheel, the pointer and the fingers move it at once, see `hands.js`.
//
// Entry points: `makeCamera`, `readableScale`, `wholeScale`.

import { round } from "./svg.js";

const CLOSEST = 4,
  FARTHEST = 0.12; // scales; smaller, a box is a speck
const LARGEST_FIT = 2.2; // a graph of a few nodes is not blown up further
const MARGIN_AROUND = 16;
const LECTURE_HALL = 24 / (0.7 * 17); // the scale at which the smallest digits in boxes are 24 pixels high
const KEPT = 80; // pixels of the picture that cannot be pushed out of view
const FASTEST = 36; // pixels between two frames, that the eye can follow
const NOTEBOOK = 900; // pixels; a narrower view is one among other things
const FAR = 4; // times the size of the view: a way that would take seconds; the picture fades out here and in there
const FADE = 8; // frames
const BIG_DIGITS = { boxes: 30, from: 20, to: 24 }; // numbers of a small graph, in its own units

// The scale at which the numbers of boxes can be read from the last row.
export function readableScale({ clientWidth }) {
  return Math.max(0.75, Math.min(1.2, clientWidth / 1000 + 0.02));
}

// The scale at which all of a picture is shown at first. In a notebook a small graph is better seen as a whole.
export function wholeScale(svg) {
  return svg.clientWidth < NOTEBOOK ? Math.min(0.55, readableScale(svg)) : readableScale(svg);
}

// `wanted` is the scale that somebody has chosen; a step with more to see than fits is looked at from farther away. A
// camera that `isNear`, as in a presentation, shows everything as large as the last row needs it, and less of it.
export function makeCamera(svg, root) {
  const camera = { x: 0, y: 0, scale: 1, wanted: 1, fitted: true, target: null, picture: null, fading: 0 };
  camera.isNear = false;
  camera.scaleFor = ({ width, height }) => Math.min(LARGEST_FIT, scaleOf({ width, height }, svg, MARGIN_AROUND));
  camera.fit = (picture) => {
    camera.look({ x: 0, y: 0, ...picture }, Math.max(FARTHEST, camera.scaleFor(picture)));
    camera.fitted = true;
  };
  // Put a part of the picture into the middle, or its beginning to the border if it is too large to be read as a whole.
  camera.look = (part, scale = Math.min(readableScale(svg), Math.max(FARTHEST, camera.scaleFor(part)))) => {
    const { x, y, width, height } = part;
    camera.wanted = scale;
    camera.fitted = false;
    glide(camera, svg, root, {
      scale,
      x: Math.max(MARGIN_AROUND, (svg.clientWidth - scale * width) / 2) - scale * x,
      y: Math.max(MARGIN_AROUND, (svg.clientHeight - scale * height) / 2) - scale * y,
    });
  };
  camera.zoom = (factor, at = { x: svg.clientWidth / 2, y: svg.clientHeight / 2 }) => {
    const least = camera.picture ? Math.max(FARTHEST, 0.6 * camera.scaleFor(camera.picture)) : FARTHEST;
    const scale = Math.max(Math.min(least, camera.scale), Math.min(CLOSEST, camera.scale * factor));
    camera.wanted = scale;
    camera.fitted = false; // somebody chose what to see
    camera.target = null;
    apply(camera, svg, root, zoomed(camera, scale, at));
  };
  camera.pan = (dx, dy) => {
    camera.fitted = false;
    camera.target = null;
    apply(camera, svg, root, { scale: camera.scale, x: camera.x + dx, y: camera.y + dy });
  };
  // Where somebody looked from before, at once.
  camera.place = (x, y, scale) => {
    camera.wanted = Math.max(FARTHEST, Math.min(CLOSEST, scale));
    camera.fitted = false;
    camera.target = null;
    apply(camera, svg, root, { x, y, scale: camera.wanted });
  };
  // Move only as far as is needed to see the box, and with it `others`.
  camera.show = (box, others = []) => {
    const view = camera.isNear ? nearView(camera, svg, box, others) : viewOf(camera, svg, box, others);
    glide(camera, svg, root, view);
  };
  // The picture is another one. What is known in both of them stays where it was seen.
  camera.change = (picture, before, after) => {
    camera.picture = picture;
    if (!before || !after) return;
    const { scale } = camera;
    camera.target = null;
    apply(camera, svg, root, { scale, x: camera.x + scale * (before.x - after.x), y: camera.y + scale * (before.y - after.y) });
  };
  return camera;
}

function scaleOf({ width, height }, { clientWidth, clientHeight }, margin) {
  return Math.min((clientWidth - 2 * margin) / width, (clientHeight - 2 * margin) / height);
}

function zoomed({ x, y, scale }, to, at) {
  return { scale: to, x: at.x - ((at.x - x) * to) / scale, y: at.y - ((at.y - y) * to) / scale };
}

function viewOf(camera, svg, box, others) {
  const now = camera.target ?? camera;
  const all = around([box, ...others]);
  const fits = scaleOf(all, svg, MARGIN_AROUND);
  const part = fits >= FARTHEST ? all : box;
  const scale = fits >= FARTHEST ? Math.min(camera.wanted, fits) : camera.wanted;
  const middle = { x: now.x + now.scale * (part.x + part.width / 2), y: now.y + now.scale * (part.y + part.height / 2) };
  const view = zoomed(now, scale, middle);
  const shift = (low, size, room) =>
    low < MARGIN_AROUND ? MARGIN_AROUND - low : Math.min(0, room - MARGIN_AROUND - low - size);
  view.x += shift(view.x + scale * part.x, scale * part.width, svg.clientWidth);
  view.y += shift(view.y + scale * part.y, scale * part.height, svg.clientHeight);
  return view;
}

// All of the picture if it fits, else the box in the middle with as many of the others, the nearest first, as fit.
function nearView({ picture }, svg, box, others) {
  const fits = (part) => scaleOf(part, svg, MARGIN_AROUND);
  const least = Math.min(LECTURE_HALL, fits(box)); // a telephone is held in the hand
  const most = Math.max(LECTURE_HALL, svg.clientWidth / 800);
  const larger = Math.max(Math.min(1.5 * LECTURE_HALL, fits(picture)), Math.min(most, fits(around([box, ...others]))));
  const scale = Math.max(least, larger);
  const far = (other) => Math.hypot(other.x + other.width / 2 - box.x - box.width / 2, other.y - box.y);
  let part = box;
  for (const other of [...others].sort((a, b) => far(a) - far(b))) {
    const more = around([part, other]);
    if (fits(more) >= scale) part = more;
  }
  const start = (low, size, all, room) =>
    scale * all <= room - 2 * MARGIN_AROUND
      ? (room - scale * all) / 2
      : Math.min(MARGIN_AROUND, Math.max(room - MARGIN_AROUND - scale * all, room / 2 - scale * (low + size / 2)));
  return {
    scale,
    x: start(part.x, part.width, picture.width, svg.clientWidth),
    y: start(part.y, part.height, picture.height, svg.clientHeight),
  };
}

function around(boxes) {
  const x = Math.min(...boxes.map((box) => box.x)),
    y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width)),
    bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}

// --- movement ------------------------------------------------------------------------------------------------------

function apply(camera, svg, root, { x, y, scale }) {
  const { picture } = camera;
  Object.assign(camera, { x, y, scale });
  if (picture) {
    camera.x = Math.min(svg.clientWidth - KEPT, Math.max(KEPT - scale * picture.width, x));
    camera.y = Math.min(svg.clientHeight - KEPT, Math.max(KEPT - scale * picture.height, y));
    svg.parentElement.dataset.beyond = beyond(camera, svg, picture).join(" ");
    root.style.setProperty("--digits", `${digits(picture, svg, scale)}px`);
  }
  root.setAttribute("transform", `translate(${round(camera.x)} ${round(camera.y)}) scale(${camera.scale})`);
}

// The numbers in the boxes of a small graph grow a little where it is seen from farther away, so that they can be read.
function digits({ boxes }, { clientWidth }, scale) {
  const { from, to } = BIG_DIGITS;
  if (boxes.size > BIG_DIGITS.boxes) return from;
  const least = (clientWidth > 1400 ? 14 : 12) / 0.7; // a digit is as high as 0.7 of its letters
  return round(Math.max(from, Math.min(to, least / scale)));
}

// The sides on which the picture goes on outside of the view.
function beyond({ x, y, scale }, { clientWidth, clientHeight }, { width, height }) {
  const sides = { left: x < 0, right: x + scale * width > clientWidth };
  Object.assign(sides, { top: y < 0, bottom: y + scale * height > clientHeight });
  return Object.keys(sides).filter((side) => sides[side]);
}

function glide(camera, svg, root, target) {
  const isMoving = camera.target !== null;
  const isStill = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (!camera.isPlaced || isStill || !svg.clientWidth) {
    camera.isPlaced ||= svg.clientWidth > 0;
    camera.target = null;
    apply(camera, svg, root, target);
    return;
  }
  camera.target = target;
  const isFar = distanceTo(camera, target, svg) > FAR * Math.max(svg.clientWidth, svg.clientHeight);
  if (isFar && !(camera.fading > 0)) camera.fading = FADE;
  if (!isMoving) requestAnimationFrame(() => glideOn(camera, svg, root));
}

function glideOn(camera, svg, root) {
  const { target } = camera;
  if (camera.fading !== 0) fade(camera, svg, root);
  else if (target) approach(camera, svg, root, target);
  if (camera.target || camera.fading !== 0) requestAnimationFrame(() => glideOn(camera, svg, root));
}

function approach(camera, svg, root, target) {
  const distance = distanceTo(camera, target, svg);
  const part = Math.min(1, Math.max(1.5 / distance, Math.min(0.2, FASTEST / distance)));
  const isThere = distance < 1.5 || part === 1;
  const between = (key) => (isThere ? target[key] : camera[key] + part * (target[key] - camera[key]));
  if (isThere) camera.target = null;
  apply(camera, svg, root, { x: between("x"), y: between("y"), scale: between("scale") });
}

// Frame by frame out, there, and in again: `fading` counts from FADE down to −FADE, and is 0 when all can be seen. A hand
// that takes over has no target.
function fade(camera, svg, root) {
  camera.fading--;
  if (camera.fading === 0) {
    if (camera.target) apply(camera, svg, root, camera.target);
    camera.target = null;
    camera.fading = -1;
  }
  if (camera.fading <= -FADE || (!camera.target && camera.fading > 0)) camera.fading = 0;
  root.style.opacity = camera.fading === 0 ? "" : String(Math.abs(camera.fading) / FADE);
}

// How far the corners of the view would move, in pixels.
function distanceTo(camera, target, { clientWidth, clientHeight }) {
  let most = 0;
  for (const x of [0, clientWidth]) {
    for (const y of [0, clientHeight]) {
      const dx = target.x + (target.scale * (x - camera.x)) / camera.scale - x;
      const dy = target.y + (target.scale * (y - camera.y)) / camera.scale - y;
      most = Math.max(most, Math.hypot(dx, dy));
    }
  }
  return most;
}
