// Where the boxes stand: a layered layout, made anew whenever something is folded or opened.
//
// Boxes come in layers, each next to what uses it; an edge that passes a layer gets a place in it, so that no box is
// drawn over it. The layers are sorted to cross few edges, then everything moves to where its edges are straight.
// An opened group is laid out by itself and stands in the outer picture as one large box. Edges into it enter through
// *ports* on its border, which inside have places of their own; so the picture around it stays as it was.
//
// All is computed as if from left to right: `x` along the layers, `y` across them. From top to bottom the two change
// places at the end. Nothing is random: the same graph always looks the same.

import { aligned, measured } from "./coordinates.js";
import { chained, layered, turnedRound } from "./layers.js";
import { sorted } from "./order.js";

const AIR = 9; // above and below each box of a small picture, so that the numbers of edges have room
const SMALL = 30; // boxes

// boxes: [{id, width, height, frame}], edges: [{from, to}], frames: [{id, frame, width}] (room for the title), frame
// -1 is the page. Returns {boxes: Map id -> {x, y, width, height}, frames: the same, edges: [points…], width,
// height}; x, y is the corner.
export function layOut(boxes, edges, frames, { direction = "LR", gap = 60 } = {}) {
  const turned = direction === "TB";
  const page = { id: -1, items: [], links: new Map(), isFrame: true };
  const frameOf = new Map([[-1, page]]),
    boxOf = new Map();
  for (const frame of frames) {
    const inner = { id: frame.id, items: [], links: new Map(), isFrame: true, ports: new Map(), least: frame.width };
    place(inner, frameOf.get(frame.frame), frameOf.size);
    frameOf.set(frame.id, inner);
  }
  const air = boxes.length <= SMALL ? AIR : 0;
  for (const { id, width, height, frame } of boxes) {
    const box = { id, width: turned ? height : width, height: (turned ? width : height) + 2 * air };
    place(box, frameOf.get(frame));
    boxOf.set(id, box);
  }
  edges.forEach((edge, e) => link(boxOf.get(edge.from), boxOf.get(edge.to), e));
  const routes = edges.map(() => []);
  arrange(page, { gap, turned });
  settle(page, 0, 0, routes);
  return finished(page, boxOf, frameOf, routes, turned, air);
}

function place(item, container) {
  item.container = container;
  item.depth = (container.depth ?? 0) + 1;
  item.key = container.items.push(item);
}

// Edge e becomes a link between two items of the innermost frame that holds both ends, and a link to a port (null)
// in each frame that it leaves or enters on the way. What comes from one box shares its way as long as it can.
function link(from, to, e) {
  const source = from.id,
    inner = [];
  while (from.container !== to.container) {
    if (from.depth >= to.depth) {
      join(from.container, { from, to: null, source }, e);
      from = from.container;
    } else {
      inner.push({ from: null, to, source });
      to = to.container;
    }
  }
  join(from.container, { from, to, source }, e);
  for (const part of inner) join(part.to.container, part, e);
}

function join({ links }, part, e) {
  const { from, to, source } = part;
  const shared = !from || !to || from.isFrame || to.isFrame; // the two edges of x * x stay apart
  const key = shared ? `${from?.key ?? "in"} ${to?.key ?? "out"} ${source}` : `${e}`;
  if (links.has(key)) links.get(key).edges.push(e);
  else links.set(key, { ...part, edges: [e] });
}

// --- one frame ---------------------------------------------------------------------------------------------------

function arrange(frame, options) {
  for (const item of frame.items) if (item.isFrame) arrange(item, options);
  const vertices = frame.items.map((item) => ({ item, height: item.height, width: item.width, ins: [], outs: [] }));
  const vertexOf = new Map(vertices.map((vertex) => [vertex.item, vertex]));
  const port = (side, source) => {
    const key = `${side} ${source}`;
    if (!vertexOf.has(key)) {
      vertexOf.set(key, { item: null, side, height: 0, width: 0, ins: [], outs: [] });
      vertices.push(vertexOf.get(key));
    }
    return vertexOf.get(key);
  };
  const links = [...frame.links.values()];
  const ends = links.map(({ from, to, source }) => [
    from ? vertexOf.get(from) : port("in", source),
    to ? vertexOf.get(to) : port("out", source),
  ]);
  const backward = turnedRound(vertices, ends);
  const steps = links.map(({ edges }, k) => {
    const [from, to] = backward[k] ? [ends[k][1], ends[k][0]] : ends[k];
    const step = {
      edges,
      from,
      to,
      leaves: offset(from, edges[0], "out"),
      enters: offset(to, edges[0], "in"),
      backward: backward[k],
    };
    (from.outs.push(step), to.ins.push(step));
    return step;
  });
  const layers = layered(vertices);
  for (const vertex of vertices) ((vertex.ins = []), (vertex.outs = [])); // from here on only edges to the next layer
  for (const step of steps) step.chain = chained(step, layers);
  sorted(layers);
  aligned(layers);
  measured(frame, vertices, layers, steps, options);
}

// Where on the side of a vertex an edge is fastened, measured from its middle: at the port, if it is a frame.
function offset(vertex, e, side) {
  const at = vertex.item?.ports?.get(`${side}${e}`);
  return at === undefined ? 0 : at - vertex.height / 2;
}

// --- the whole page ------------------------------------------------------------------------------------------------

// Inner frames come to their places; the parts of an edge come one after the other, from the frame it starts in
// outwards and then inwards.
function settle(frame, x, y, routes) {
  frame.corner = { x, y };
  for (const item of frame.items) {
    item.corner = { x: x + item.at.x, y: y + item.at.y };
    if (item.isFrame) settle(item, item.corner.x, item.corner.y, routes);
  }
  for (const { edges, points, backward } of frame.routes) {
    for (const e of edges) {
      for (const point of points) routes[e].push({ x: point.x + x, y: point.y + y });
      if (backward) routes[e].backward = true;
    }
  }
}

function finished(page, boxOf, frameOf, routes, turned, air) {
  const at = ({ corner, width, height }) =>
    turned ? { x: corner.y, y: corner.x, width: height, height: width } : { x: corner.x, y: corner.y, width, height };
  const frames = new Map();
  for (const [id, frame] of frameOf) if (id !== -1) frames.set(id, at(frame));
  // An edge runs along the layers, so its parts are in order when their points are; a turned one runs the other way.
  const edges = routes.map((points) => {
    const sortedPoints = [...points].sort((p, q) => p.x - q.x);
    const plain = sortedPoints.filter(
      (p, k) => k === 0 || p.x !== sortedPoints[k - 1].x || p.y !== sortedPoints[k - 1].y,
    );
    if (points.backward) plain.reverse();
    return turned ? plain.map(({ x, y }) => ({ x: y, y: x })) : plain;
  });
  return {
    boxes: new Map([...boxOf].map(([id, box]) => [id, at(withoutAir(box, air))])),
    frames,
    edges,
    width: turned ? page.height : page.width,
    height: turned ? page.width : page.height,
  };
}

function withoutAir({ corner, width, height }, air) {
  return { corner: { x: corner.x, y: corner.y + air }, width, height: height - 2 * air };
}
