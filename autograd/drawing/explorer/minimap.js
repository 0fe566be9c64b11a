// All of a picture that is larger than the view, small: boxes in their colours, and what is in view. A press or a drag
// looks there.
//
// Entry point: `listenToMinimap`.

const MUCH = 1.8; // times as large as the view, from where on one gets lost
const MOST_HIGH = 100,
  LEAST_HIGH = 24; // pixels; a long chain is drawn higher than it is

export function listenToMinimap(app) {
  const { at, drawing, svg } = app;
  const canvas = at("minimap");
  let isAsked = false;
  const ask = () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => ((isAsked = false), drawMinimap(app, canvas)));
  };
  app.watchers.push(ask);
  new MutationObserver(ask).observe(drawing, { attributes: true, attributeFilter: ["transform"] });
  new MutationObserver(ask).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  const look = ({ offsetX, offsetY }) => {
    const { camera, small } = app;
    const [x, y] = [offsetX / small.x, offsetY / small.y].map((at) => at * camera.scale);
    camera.pan(svg.clientWidth / 2 - x - camera.x, svg.clientHeight / 2 - y - camera.y);
  };
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    look(event);
  });
  canvas.addEventListener("pointermove", (event) => event.buttons && look(event));
  ask();
}

function drawMinimap(app, canvas) {
  const { svg, picture, camera } = app;
  const { scale: zoom } = camera;
  canvas.hidden = zoom * picture.width < MUCH * svg.clientWidth && zoom * picture.height < MUCH * svg.clientHeight;
  if (canvas.hidden || !canvas.parentElement.clientWidth) return;
  const room = canvas.parentElement.clientWidth - 2 * 16 - 2,
    ratio = window.devicePixelRatio || 1;
  const scale = Math.min(room / picture.width, MOST_HIGH / picture.height);
  const small = (app.small = { x: scale, y: Math.max(scale, LEAST_HIGH / picture.height) });
  const [width, height] = [Math.max(LEAST_HIGH, picture.width * small.x), picture.height * small.y];
  Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
  Object.assign(canvas, { width: width * ratio, height: height * ratio });
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  for (const { g, ...box } of picture.boxes.values()) {
    const { fill, stroke } = getComputedStyle(g.querySelector("rect:last-of-type"));
    const isNow = g.matches(".current, .pinned");
    const place = [box.x * small.x, box.y * small.y, Math.max(1.5, box.width * small.x), Math.max(1.5, box.height * small.y)];
    Object.assign(context, { fillStyle: isNow ? stroke : fill, strokeStyle: stroke, lineWidth: isNow ? 2 : 0.5 });
    context.fillRect(...place);
    context.strokeRect(...place);
  }
  Object.assign(context, { strokeStyle: getComputedStyle(canvas).color, lineWidth: 1.5 });
  const { x, y, scale: now } = camera;
  context.strokeRect((-x / now) * small.x, (-y / now) * small.y, (svg.clientWidth / now) * small.x, (svg.clientHeight / now) * small.y);
}
