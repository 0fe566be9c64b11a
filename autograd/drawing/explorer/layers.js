// In which layer of its frame each vertex stands, and the thin vertices in which long edges pass the layers between.
//
// Entry points: `turnedRound`, `layered`, `chained`.

// Folded boxes may use each other in a circle. Which links to draw against the direction, so that no circle is left.
export function turnedRound(vertices, ends) {
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
export function layered(vertices) {
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
export function chained(step, layers) {
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
