// The order within the layers: sorted by the places of the neighbours, back and forth, while fewer edges cross.
//
// Entry point: `sorted`.

const SWEEPS = 10;

export function sorted(layers) {
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
