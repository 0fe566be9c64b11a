// Where the boxes stand: a layered layout, made anew whenever something is folded or opened.
//
// Boxes come in layers, each next to what uses it; an edge that passes a layer gets a place in it, so that no box is
// drawn over it. The layers are sorted to cross few edges, then everything moves to where its edges are straight.
// An opened group is laid out by itself and stands in the outer picture as one large box. Edges into it enter through
// *ports* on its border, which inside have places of their own; so the picture around it stays as it was.
//
// All is computed as if from left to right: `x` along the layers, `y` across them. From top to bottom the two change
// places at the end. Nothing is random: the same graph always looks the same.

const BETWEEN = 18; // boxes of one layer
const AIR = 9; // above and below each box of a small picture, so that the numbers of edges have room
const SMALL = 30; // boxes
const BETWEEN_EDGES = 9;
const BETWEEN_PORTS = 5;
const FRAME = 12; // inside the border of an opened group
const HEADER = 24; // its title
const SWEEPS = 10;

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

// Folded boxes may use each other in a circle. Which links to draw against the direction, so that no circle is left.
function turnedRound(vertices, ends) {
  const outs = new Map(vertices.map((vertex) => [vertex, []]));
  ends.forEach(([from], k) => outs.get(from).push(k));
  const backward = ends.map(() => false),
    state = new Map();
  for (const root of vertices) {
    const stack = [[root, 0]];
    if (state.has(root)) continue;
    state.set(root, "open");
    while (stack.length) {
      const top = stack[stack.length - 1],
        [vertex, at] = top;
      if (at === outs.get(vertex).length) {
        (state.set(vertex, "done"), stack.pop());
        continue;
      }
      top[1]++;
      const k = outs.get(vertex)[at],
        to = ends[k][1];
      if (state.get(to) === "open") backward[k] = true;
      else if (!state.has(to)) (state.set(to, "open"), stack.push([to, 0]));
    }
  }
  return backward;
}

// Each vertex goes right before the first that uses it; ports go to the first and the last layer.
function layered(vertices) {
  const waiting = new Map(vertices.map((vertex) => [vertex, vertex.outs.length]));
  const ready = vertices.filter((vertex) => !vertex.outs.length);
  const hasPort = (side) => vertices.some((vertex) => vertex.side === side);
  const least = hasPort("out") ? 1 : 0; // nothing else stands where the edges leave the frame
  for (const vertex of ready) {
    vertex.rank = vertex.outs.reduce((rank, { to }) => Math.max(rank, to.rank + 1), vertex.side === "out" ? 0 : least);
    for (const { from } of vertex.ins) {
      waiting.set(from, waiting.get(from) - 1);
      if (waiting.get(from) === 0) ready.push(from);
    }
  }
  let most = 0;
  for (const vertex of vertices) if (vertex.side !== "in") most = Math.max(most, vertex.rank);
  if (hasPort("in")) most++;
  const layers = Array.from({ length: most + 1 }, () => []);
  for (const vertex of walked(vertices)) {
    vertex.layer = vertex.side === "in" ? 0 : most - vertex.rank;
    layers[vertex.layer].push(vertex);
  }
  return layers;
}

// The vertices in the order of a walk from the results to what they were made of, first parent first. A tree that is
// listed so crosses no edges.
function walked(vertices) {
  const seen = new Set();
  for (const root of vertices) {
    if (root.outs.length) continue;
    const stack = [root];
    while (stack.length) {
      const vertex = stack.pop();
      if (seen.has(vertex)) continue;
      seen.add(vertex);
      for (let k = vertex.ins.length - 1; k >= 0; k--) stack.push(vertex.ins[k].from);
    }
  }
  return seen;
}

// A step over several layers gets a thin vertex in each of those between.
function chained(step, layers) {
  const chain = [step.from];
  for (let layer = step.from.layer + 1; layer < step.to.layer; layer++) {
    const vertex = { item: null, thin: true, height: 0, width: 0, layer, ins: [], outs: [] };
    layers[layer].push(vertex);
    chain.push(vertex);
  }
  chain.push(step.to);
  for (let k = 0; k + 1 < chain.length; k++) {
    const [a, b] = [chain[k], chain[k + 1]];
    const weight = a.thin && b.thin ? 8 : a.thin || b.thin ? 2 : 1; // long edges rather straight than short ones
    const piece = {
      from: a,
      to: b,
      weight,
      leaves: k === 0 ? step.leaves : 0,
      enters: b === step.to ? step.enters : 0,
    };
    (a.outs.push(piece), b.ins.push(piece));
  }
  return chain;
}

// --- the order within the layers -----------------------------------------------------------------------------------

function sorted(layers) {
  number(layers);
  let best = layers.map((layer) => layer.slice()),
    fewest = crossings(layers);
  for (let sweep = 0; sweep < SWEEPS && fewest > 0; sweep++) {
    const down = sweep % 2 === 0;
    for (let k = 1; k < layers.length; k++) {
      const layer = layers[down ? k : layers.length - 1 - k];
      for (const vertex of layer) vertex.wish = barycenter(vertex, down);
      layer.sort((a, b) => a.wish - b.wish || a.index - b.index);
      layer.forEach((vertex, index) => (vertex.index = index));
    }
    const crossed = crossings(layers);
    if (crossed < fewest) [fewest, best] = [crossed, layers.map((layer) => layer.slice())];
  }
  best.forEach((layer, k) => (layers[k] = layer));
  number(layers);
}

function number(layers) {
  for (const layer of layers) layer.forEach((vertex, index) => (vertex.index = index));
}

// The mean place of the neighbours on one side. A place on a high box counts as a part of its index.
function barycenter(vertex, down) {
  const pieces = down ? vertex.ins : vertex.outs;
  if (!pieces.length) return vertex.index;
  let sum = 0;
  for (const piece of pieces) sum += down ? spot(piece.from, piece.leaves) : spot(piece.to, piece.enters);
  return sum / pieces.length;
}

function spot(vertex, at) {
  return vertex.index + (vertex.height ? (0.9 * at) / vertex.height : 0);
}

// Pairs of edges between neighbouring layers that cross, counted with a tree of partial sums.
function crossings(layers) {
  let total = 0;
  for (let k = 0; k + 1 < layers.length; k++) {
    const pieces = layers[k].flatMap((vertex) =>
      vertex.outs.map((piece) => [spot(vertex, piece.leaves), spot(piece.to, piece.enters)]),
    );
    pieces.sort((p, q) => p[0] - q[0] || p[1] - q[1]);
    const places = [...new Set(pieces.map((piece) => piece[1]))].sort((p, q) => p - q);
    const rankOf = new Map(places.map((place, rank) => [place, rank + 1]));
    const sums = new Int32Array(places.length + 1);
    pieces.forEach(([, to], before) => {
      let notAbove = 0;
      for (let r = rankOf.get(to); r > 0; r -= r & -r) notAbove += sums[r];
      total += before - notAbove;
      for (let r = rankOf.get(to); r < sums.length; r += r & -r) sums[r]++;
    });
  }
  return total;
}

// --- coordinates ---------------------------------------------------------------------------------------------------

// Each layer in turn moves to where its neighbours want it, as near as the space between the boxes allows.
function aligned(layers) {
  for (const layer of layers) spread(layer, () => [0, 1]);
  const sweep = (order, sides) => {
    for (const layer of order) spread(layer, (vertex) => desired(vertex, sides));
  };
  const upwards = [...layers].reverse();
  for (let k = 0; k < 6; k++) {
    sweep(layers, ["ins"]);
    sweep(upwards, ["outs"]);
  }
  for (let k = 0; k < 4; k++) {
    sweep(upwards, ["ins", "outs"]);
    sweep(layers, ["ins", "outs"]);
  }
  sweep(layers, ["ins"]); // straight above all
}

function desired(vertex, sides) {
  let sum = 0,
    weight = 0;
  for (const side of sides) {
    for (const piece of vertex[side]) {
      const at = side === "ins" ? piece.from.y + piece.leaves - piece.enters : piece.to.y + piece.enters - piece.leaves;
      sum += piece.weight * at;
      weight += piece.weight;
    }
  }
  return weight ? [sum / weight, weight] : [vertex.y, 0.01];
}

// Middles y as near as possible (least squares) to the wishes, in the given order and not too close: vertices that
// push each other form a block, which stands at the weighted mean of what its members wish.
function spread(layer, wish) {
  const blocks = [];
  let room = 0; // from the first middle of the layer to this one, if all stood shoulder to shoulder
  layer.forEach((vertex, k) => {
    if (k > 0) room += distance(layer[k - 1], vertex);
    const [at, weight] = wish(vertex);
    let block = { sum: weight * (at - room), weight, members: [[vertex, room]] };
    while (blocks.length && mean(blocks[blocks.length - 1]) >= mean(block)) {
      const above = blocks.pop();
      ((above.sum += block.sum), (above.weight += block.weight));
      for (const member of block.members) above.members.push(member);
      block = above;
    }
    blocks.push(block);
  });
  for (const block of blocks) for (const [vertex, at] of block.members) vertex.y = mean(block) + at;
}

function mean(block) {
  return block.sum / block.weight;
}

function distance(above, below) {
  const space = above.item && below.item ? BETWEEN : above.side && below.side ? BETWEEN_PORTS : BETWEEN_EDGES;
  return (above.height + below.height) / 2 + space;
}

// The size of the frame, and everything in it measured from its corner.
function measured(frame, vertices, layers, steps, { gap, turned }) {
  const before = { x: frame.id === -1 ? 0 : turned ? HEADER : FRAME, y: frame.id === -1 ? 0 : turned ? FRAME : HEADER };
  const after = frame.id === -1 ? 0 : FRAME;
  let top = Infinity,
    bottom = -Infinity,
    x = before.x;
  for (const layer of layers) {
    for (const { y, height } of layer)
      ((top = Math.min(top, y - height / 2)), (bottom = Math.max(bottom, y + height / 2)));
  }
  layers.forEach((layer, k) => {
    layer.width = layer.reduce((widest, { width }) => Math.max(widest, width), 0);
    const ports = k + 1 === layers.length ? layer : layers[k + 1];
    layer.x = x;
    x += layer.width + (ports.some((v) => v.side) || layer.some((v) => v.side) ? 14 : gap);
  });
  const last = layers[layers.length - 1];
  const least = frame.least ?? 0;
  frame.width = Math.max((last ? last.x + last.width : 0) + after, turned ? 40 : least);
  frame.height = Math.max((layers.length ? bottom - top : 0) + before.y + after, turned ? least : 40);
  for (const layer of layers) for (const vertex of layer) vertex.y += before.y - top;
  for (const { item, layer, y, width, height } of vertices) {
    if (item) item.at = { x: layers[layer].x + (layers[layer].width - width) / 2, y: y - height / 2 };
  }
  frame.routes = steps.map(({ edges, chain, leaves, enters, backward, from, to }) => {
    const points = chain.flatMap((vertex, k) => {
      const y = vertex.y + (k === 0 ? leaves : 0) + (vertex === to ? enters : 0);
      const { x: left, width } = layers[vertex.layer];
      if (vertex.side) return [{ x: vertex.side === "in" ? 0 : frame.width, y }];
      if (k === 0)
        return [
          { x: vertex.item.at.x + vertex.width, y },
          { x: left + width, y },
        ];
      return vertex === to
        ? [
            { x: left, y },
            { x: vertex.item.at.x, y },
          ]
        : [
            { x: left, y },
            { x: left + width, y },
          ];
    });
    for (const e of edges) {
      if (from.side) frame.ports.set(`in${e}`, from.y);
      if (to.side) frame.ports.set(`out${e}`, to.y);
    }
    return { edges, points, backward };
  });
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
