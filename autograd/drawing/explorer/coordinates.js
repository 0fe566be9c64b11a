// Where the vertices of a frame stand once their layers and their order are known, and the points of its edges.
//
// Entry points: `aligned`, `measured`.

const BETWEEN = 18; // boxes of one layer
const BETWEEN_EDGES = 9;
const BETWEEN_PORTS = 5;
const FRAME = 12; // inside the border of an opened group
const HEADER = 24; // its title

// Each layer in turn moves to where its neighbours want it, as near as the space between the boxes allows.
export function aligned(layers) {
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
export function measured(frame, vertices, layers, steps, { gap, turned }) {
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
