// Where one looks at the drawing from: what is in view, how large, and the wheel, the pointer and the fingers that move it.
//
// Entry point: `makeCamera`.

import { round } from "./svg.js";

const CLOSEST = 4,
  FARTHEST = 0.02; // scales
const MARGIN_AROUND = 24;

export function makeCamera(svg, root) {
  const camera = { x: 0, y: 0, scale: 1, fitted: true };
  const apply = () =>
    root.setAttribute("transform", `translate(${round(camera.x)} ${round(camera.y)}) scale(${camera.scale})`);
  camera.scaleFor = ({ width, height }) =>
    Math.max(
      FARTHEST,
      Math.min(1.4, (svg.clientWidth - 2 * MARGIN_AROUND) / width, (svg.clientHeight - 2 * MARGIN_AROUND) / height),
    );
  camera.fit = (picture) => {
    camera.look({ x: 0, y: 0, ...picture }, camera.scaleFor(picture));
    camera.fitted = true;
  };
  // Put a part of the picture into the middle, or its beginning to the border if it is too large to be read as a whole.
  camera.look = ({ x, y, width, height }, scale = Math.max(0.6, Math.min(1, camera.scaleFor({ width, height })))) => {
    camera.scale = scale;
    camera.x = Math.max(MARGIN_AROUND, (svg.clientWidth - scale * width) / 2) - scale * x;
    camera.y = Math.max(MARGIN_AROUND, (svg.clientHeight - scale * height) / 2) - scale * y;
    camera.fitted = false;
    apply();
  };
  camera.zoom = (factor, at = { x: svg.clientWidth / 2, y: svg.clientHeight / 2 }) => {
    const scale = Math.max(FARTHEST, Math.min(CLOSEST, camera.scale * factor));
    camera.x = at.x - ((at.x - camera.x) * scale) / camera.scale;
    camera.y = at.y - ((at.y - camera.y) * scale) / camera.scale;
    camera.scale = scale;
    camera.fitted = false;
    apply();
  };
  camera.pan = (dx, dy) => {
    if (!dx && !dy) return;
    ((camera.x += dx), (camera.y += dy));
    camera.fitted = false; // somebody chose what to see
    apply();
  };
  camera.toScreen = ({ x, y }) => ({ x: camera.x + camera.scale * x, y: camera.y + camera.scale * y });
  // Move only as far as is needed to see the box, and with it `others`, where there is room for all of them.
  camera.show = (box, others = []) => {
    const { clientWidth, clientHeight } = svg,
      margin = 12;
    const all = around([box, ...others]);
    const fits = Math.max(all.width / (clientWidth - 2 * margin), all.height / (clientHeight - 2 * margin));
    const { x, y, width, height } = fits * camera.scale <= 1 ? all : box;
    const a = camera.toScreen({ x, y }),
      b = camera.toScreen({ x: x + width, y: y + height });
    const shift = (low, high, room) => (low < margin ? margin - low : high > room - margin ? room - margin - high : 0);
    camera.pan(shift(a.x, b.x, clientWidth), shift(a.y, b.y, clientHeight));
  };
  listen(svg, camera);
  return camera;
}

function around(boxes) {
  const x = Math.min(...boxes.map((box) => box.x)),
    y = Math.min(...boxes.map((box) => box.y));
  const right = Math.max(...boxes.map((box) => box.x + box.width)),
    bottom = Math.max(...boxes.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}

// Wheel, drag, and two fingers.
function listen(svg, camera) {
  const fingers = new Map();
  const spot = (event) => {
    const corner = svg.getBoundingClientRect();
    return { x: event.clientX - corner.left, y: event.clientY - corner.top };
  };
  svg.addEventListener(
    "wheel",
    (event) => {
      // In a notebook the wheel scrolls the notebook until somebody has clicked into the picture.
      if (window !== window.parent && !document.hasFocus()) return;
      event.preventDefault();
      camera.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), spot(event));
    },
    { passive: false },
  );
  svg.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, spot(event));
    camera.dragged = 0;
  });
  svg.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = spot(event),
      other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    fingers.set(event.pointerId, now);
    camera.dragged += Math.hypot(now.x - before.x, now.y - before.y);
    if (other) {
      const far = (p) => Math.max(1, Math.hypot(p.x - other.x, p.y - other.y));
      camera.zoom(far(now) / far(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
    } else if (camera.dragged > 4) {
      svg.setPointerCapture(event.pointerId); // not before: a click must reach the box
      camera.pan(now.x - before.x, now.y - before.y);
    }
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"])
    svg.addEventListener(end, (event) => fingers.delete(event.pointerId));
}
