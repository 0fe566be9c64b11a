// The forward and the backward pass, on flat arrays: 70,000 nodes take some tens of milliseconds.
//
// Nodes are numbered in topological order, so the forward pass is a loop upwards and the backward pass the same loop
// downwards. Edge e leads from parent parents[e] to node child[e]; the edges of node i are start[i] … start[i+1]-1.

// The graph of the page: `json` as Python wrote it, `operations` name -> {forward, derivatives, shares}, the table
// as JavaScript.
export function makeGraph(json, operations) {
  const n = json.op.length;
  const table = json.operations.map((entry) => ({ ...entry, ...own(operations, entry.name) }));
  const start = Int32Array.from(json.start),
    parents = Int32Array.from(json.parents);
  const graph = {
    n,
    start,
    parents,
    title: json.title || "",
    output: json.output,
    outputs: json.outputs || [json.output],
    child: new Int32Array(parents.length),
    value: new Float64Array(n), // what the forward pass found
    original: new Float64Array(n), // the numbers of leaves as they came from Python
    gradient: new Float64Array(n), // what the whole backward pass finds
    soFar: new Float64Array(n), // and what it has found up to the step shown
    local: new Float64Array(parents.length), // d(child)/d(parent)
    constant: new Uint8Array(n),
    flat: new Uint8Array(parents.length), // edges that no gradient flows along, as the condition of `where`
    reaches: new Uint8Array(n), // the backward pass comes here
    operation: Array.from(json.op, (k) => (k < 0 ? null : table[k])),
    names: json.names || {},
    listing: json.listing || null,
    inPython: json.grad || {},
    groups: json.groups || [],
    limits: json.limits,
    parameters: json.parameters || null, // the leaves that training moves, where Python knows them
    recording: json.recording || null,
    stale: json.stale || 0,
  };
  for (const i of json.constants || []) graph.constant[i] = 1;
  graph.frozen = new Set(json.frozen || []);
  graph.ordinal = ordinals(graph, n);
  for (let i = 0; i < n; i++) {
    graph.child.fill(i, start[i], start[i + 1]);
    const number = json.data[i];
    graph.value[i] = graph.original[i] = number === null || number === undefined ? NaN : parsed(number);
  }
  for (const [i, fixed] of Object.entries(json.derivatives || {})) graph.local.set(fixed.map(parsed), start[i]);
  graph.reaches[graph.output] = 1;
  for (let i = graph.output; i >= 0; i--) {
    for (const k of graph.operation[i]?.flat ?? []) graph.flat[start[i] + k] = 1;
    if (graph.reaches[i]) for (let e = start[i]; e < start[i + 1]; e++) graph.reaches[parents[e]] |= !graph.flat[e];
  }
  [graph.usesStart, graph.uses] = edgesUpward(graph);
  forward(graph);
  backward(graph);
  return graph;
}

// Nodes without a name are numbered, v1, v2, …, as in `draw(format="text")`.
function ordinals(graph, n) {
  const taken = new Set(Object.values(graph.names)),
    ordinal = new Int32Array(n);
  let k = 0;
  for (let i = 0; i < n; i++) {
    if (graph.names[i] || graph.constant[i]) continue;
    do k++;
    while (taken.has(`v${k}`));
    ordinal[i] = k;
  }
  return ordinal;
}

// What Python wrote for an operation are words; the functions come from the table. Without any, its numbers stay.
function own(operations, name) {
  return Object.hasOwn(operations, name) ? operations[name] : { forward: null };
}

// JSON has no infinities: they come as "inf", "-inf", "nan".
export function parsed(number) {
  return typeof number === "number" ? number : ({ inf: Infinity, "-inf": -Infinity }[number] ?? NaN);
}

// The edges that leave each node, latest child first: the order in which the backward pass adds them up.
function edgesUpward({ n, parents }) {
  const starts = new Int32Array(n + 1);
  for (const p of parents) starts[p + 1]++;
  for (let i = 0; i < n; i++) starts[i + 1] += starts[i];
  const next = starts.slice(),
    edges = new Int32Array(parents.length);
  for (let e = parents.length - 1; e >= 0; e--) edges[next[parents[e]]++] = e;
  return [starts, edges];
}

export function isLeaf(graph, i) {
  return graph.operation[i] === null;
}

// Values and local derivatives of all nodes whose operation is known. The others keep the numbers from Python.
export function forward(graph) {
  const { n, start, parents, value, local, operation } = graph;
  for (let i = 0; i < n; i++) {
    const op = operation[i];
    if (op === null || !op.forward) continue;
    const s = start[i];
    const a = value[parents[s]];
    if (op.arity === 1) {
      const y = (value[i] = op.forward(a));
      local[s] = op.derivatives[0](y, a);
    } else if (op.arity === 2) {
      const b = value[parents[s + 1]];
      const y = (value[i] = op.forward(a, b));
      local[s] = op.derivatives[0](y, a, b);
      local[s + 1] = op.derivatives[1](y, a, b);
    } else {
      const xs = new Array(start[i + 1] - s); // no Array.from, which takes ten times as long
      for (let k = 0; k < xs.length; k++) xs[k] = value[parents[s + k]];
      const y = (value[i] = op.arity === null ? op.forward(xs) : op.forward(...xs));
      for (let k = 0; k < xs.length; k++) {
        local[s + k] = op.arity === null ? op.derivatives[0](y, xs[k], xs) : op.derivatives[k](y, ...xs);
      }
    }
  }
}

// The gradients into `into`, as far as they are known when the nodes from `last` on have sent their shares.
export function backward(graph, into = graph.gradient, last = 0) {
  const { start, parents, local, flat, reaches, output } = graph;
  into.fill(0);
  into[output] = 1;
  for (let i = output; i >= last; i--) {
    if (!reaches[i]) continue;
    const upstream = into[i];
    if (Number.isFinite(upstream)) {
      for (let e = start[i]; e < start[i + 1]; e++) into[parents[e]] += local[e] * upstream;
    } else {
      for (let e = start[i]; e < start[i + 1]; e++) if (!flat[e]) into[parents[e]] += share(graph, e, upstream);
    }
  }
}

// What is sent along edge e when its child has the gradient `upstream`: local derivative × gradient, but nothing, no
// 0·inf, to a branch that was not chosen.
export function share(graph, e, upstream) {
  const { start, parents, value, local, operation } = graph;
  const i = graph.child[e];
  const { shares } = operation[i];
  if (Number.isFinite(upstream) || !shares) return local[e] * upstream;
  const inputs = Array.from(parents.subarray(start[i], start[i + 1]), (p) => value[p]);
  return shares[e - start[i]](upstream, value[i], ...inputs);
}

export function contribution(graph, e) {
  return share(graph, e, graph.gradient[graph.child[e]]);
}

// Up to `limit` paths from node i to the output, each a list of edges, those with the largest products first, and the
// number of all of them.
export function paths(graph, i, limit = 8) {
  const { usesStart, uses, child, local, output } = graph;
  const best = largestProducts(graph, i);
  const found = [],
    heap = [{ node: i, depth: 0, product: 1, bound: best[i], edge: -1, before: null }];
  // The bound is what the best way on makes of a beginning. Of equal ones the longest comes first, or all would be kept.
  const isBefore = (a, b) => a.bound > b.bound || (a.bound === b.bound && a.depth > b.depth);
  while (heap.length && found.length < limit) {
    const path = popFirst(heap, isBefore);
    if (path.node === output) {
      found.push(edgesOf(path));
      continue;
    }
    for (let k = usesStart[path.node]; k < usesStart[path.node + 1]; k++) {
      const edge = uses[k];
      if (!leadsOn(graph, edge)) continue;
      const product = sizeOfProduct(path.product, local[edge]);
      const bound = sizeOfProduct(product, best[child[edge]]);
      pushInto(heap, { node: child[edge], depth: path.depth + 1, product, bound, edge, before: path }, isBefore);
    }
  }
  return { found, total: numberOfPaths(graph, i) };
}

function leadsOn({ reaches, child, flat }, edge) {
  return reaches[child[edge]] && !flat[edge];
}

// For the nodes from `first` to the output the largest product of local derivatives on a way to the output, by size.
function largestProducts(graph, first) {
  const { n, usesStart, uses, child, local, output } = graph;
  const best = new Float64Array(n);
  best[output] = 1;
  for (let i = output - 1; i >= first; i--) {
    for (let k = usesStart[i]; k < usesStart[i + 1]; k++) {
      if (leadsOn(graph, uses[k])) best[i] = Math.max(best[i], sizeOfProduct(local[uses[k]], best[child[uses[k]]]));
    }
  }
  return best;
}

// What is not a number is looked at first.
function sizeOfProduct(a, b) {
  const size = Math.abs(a * b);
  return Number.isNaN(size) ? Infinity : size;
}

function edgesOf(path) {
  const edges = [];
  for (let part = path; part.before; part = part.before) edges.push(part.edge);
  return edges.reverse();
}

// A binary heap: no item comes before the one at half its place.
function pushInto(heap, item, isBefore) {
  let k = heap.push(item) - 1;
  for (let above = (k - 1) >> 1; k > 0 && isBefore(item, heap[above]); above = (k - 1) >> 1) {
    heap[k] = heap[above];
    k = above;
  }
  heap[k] = item;
}

function popFirst(heap, isBefore) {
  const first = heap[0],
    item = heap.pop();
  if (!heap.length) return first;
  let k = 0;
  for (;;) {
    let below = 2 * k + 1;
    if (below + 1 < heap.length && isBefore(heap[below + 1], heap[below])) below++;
    if (below >= heap.length || !isBefore(heap[below], item)) break;
    heap[k] = heap[below];
    k = below;
  }
  heap[k] = item;
  return first;
}

function numberOfPaths({ start, parents, flat, reaches, output }, from) {
  const ways = new Float64Array(output + 1); // to node i; it may overflow to Infinity, which is about right
  ways[from] = 1;
  for (let i = from + 1; i <= output; i++) {
    if (reaches[i]) for (let e = start[i]; e < start[i + 1]; e++) if (!flat[e]) ways[i] += ways[parents[e]];
  }
  return ways[output] ?? 0;
}

// Every node and edge on a way from node i to the output.
export function downstream(graph, i) {
  const { usesStart, uses, child, flat, reaches } = graph;
  const nodes = new Set(reaches[i] ? [i] : []),
    edges = new Set();
  for (const node of nodes) {
    // a Set visits what is added while it is walked
    for (let k = usesStart[node]; k < usesStart[node + 1]; k++) {
      if (reaches[child[uses[k]]] && !flat[uses[k]]) (edges.add(uses[k]), nodes.add(child[uses[k]]));
    }
  }
  return { nodes, edges };
}
