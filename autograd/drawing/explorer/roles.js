// Who plays which part in training: the leaves that move, the samples, and in each sample its inputs, its targets and the
// prediction. All of it follows from the graph.
//
// A number of a sample is *data* when it differs between samples. It is an input where it first meets parameters alone
// (w·x), and a target where it first meets something computed from inputs (f - y). The prediction is what all of that
// is computed from. Samples whose graphs and targets are the same belong to one class. Terms of a loss that share what is
// computed from data, as the outputs of one network, are one sample.
//
// Entry points: `findRoles`, `rolesOf` a page.

import { isLeaf } from "./engine.js";

const MOST_CLASSES = 8;
const MANY = 64; // nodes at once on the way back to a prediction; terms of one sample

// {parameters, samples, features, names, targets, classes}: `features` and `targets` are counts, `names` those of the
// features; each of `samples` is {group,
// label, nodes, terms, x, y, predictions, kind}, with a list of leaves for each feature in `x` and for each target in
// `y`, and the number of its class in `kind`, of which there are `classes`, 0 where there are none.
export function findRoles(graph) {
  const { samples, sampleOf } = outermostSamples(graph);
  const parameters = trainable(graph, sampleOf);
  const none = { parameters, samples: [], features: 0, names: [], targets: 0, classes: 0 };
  if (samples.length < 2) return none;
  const moves = new Set(parameters);
  for (const sample of samples) sample.nodes = sample.nodes.filter((i) => !moves.has(i));
  const kinds = alike(graph, samples, moves);
  for (const kind of kinds) assign(graph, kind);
  const width = kinds[0].inputs.length;
  if (!width || kinds.some(({ inputs }) => inputs.length !== width)) return none;
  const features = distinct(samples.length, width, (k, j) => numberAt(graph, samples[k], samples[k].of.inputs[j]));
  const targets = Math.min(...kinds.map((kind) => kind.targets.length));
  for (const sample of samples) {
    const { inputs, targets: found } = sample.of;
    sample.x = features.map((same) => same.map((j) => sample.data[inputs[j]]));
    sample.y = found.slice(0, targets).map(({ places }) => places.map((j) => sample.data[j]));
    sample.predictions = found.slice(0, targets).map(({ joined }) => joined && sample.nodes[joined]);
  }
  const classes = classify(graph, samples, kinds);
  for (const sample of samples) (delete sample.of, delete sample.data);
  const names = features.map((_, f) => columnName(graph, samples, f) || (features.length === 1 ? "x" : `x${lowered(f + 1)}`));
  return { parameters, samples, features: features.length, names, targets, classes };
}

// The name that a feature has in all samples, as that of a column.
function columnName({ names }, samples, f) {
  const name = names[samples[0].x[f][0]];
  return name && samples.every(({ x }) => names[x[f][0]] === name) ? name : "";
}

export function lowered(number) {
  return String(number).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit]);
}

// Found once, when somebody asks for them.
export function rolesOf(app) {
  app.roles ??= findRoles(app.graph);
  return app.roles;
}

// The leaves that somebody named as parameters, else all that are not the data of one sample.
function trainable({ n, operation, constant, frozen, reaches, parameters }, sampleOf) {
  const named = parameters && new Set(parameters);
  const moves = (i) => (named ? named.has(i) : sampleOf[i] < 0); // not what one sample alone reads
  const found = [];
  for (let i = 0; i < n; i++)
    if (operation[i] === null && !constant[i] && !frozen.has(i) && reaches[i] && moves(i)) found.push(i);
  return found;
}

// The samples that are in no other one, in the order of the sum, each with all its nodes, and the sample of each node.
function outermostSamples(graph) {
  const terms = [],
    termOfGroup = new Map(),
    termOf = new Int32Array(graph.n).fill(-1);
  graph.groups.forEach(({ id, parent, kind, label }, group) => {
    const above = termOfGroup.get(parent) ?? null;
    const isNew = above === null && kind === "sample";
    if (isNew) terms.push({ group, label, place: Number(/\d*$/.exec(label)[0]), nodes: [] });
    termOfGroup.set(id, isNew ? terms[terms.length - 1] : above);
  });
  terms.sort((a, b) => a.place - b.place);
  for (const { id, nodes } of graph.groups) termOfGroup.get(id)?.nodes.push(...nodes);
  terms.forEach(({ nodes }, k) => nodes.forEach((i) => (termOf[i] = k)));
  const same = joinedTerms(graph, termOf, terms.length);
  const samples = new Map();
  terms.forEach((term, k) => {
    const first = same(k);
    if (first === k) samples.set(k, { group: term.group, label: term.label, nodes: [], terms: [] });
    samples.get(first).terms.push(Math.max(...term.nodes));
  });
  const all = [...samples.values()],
    sampleOf = new Int32Array(graph.n).fill(-1);
  if (all.length < terms.length) all.forEach((sample, k) => (sample.label = `sample ${k + 1}`));
  const number = new Map([...samples.keys()].map((first, k) => [first, k]));
  for (let i = 0; i < graph.n; i++) {
    if (termOf[i] < 0) continue;
    sampleOf[i] = number.get(same(termOf[i]));
    all[sampleOf[i]].nodes.push(i);
  }
  return { samples: all, sampleOf };
}

// Terms that read the same computed node are of one sample, unless half of all do. What only one sample reads belongs to
// it: `termOf` is filled. Gives the function from a term to the first one of its sample.
function joinedTerms({ n, usesStart, uses, child, operation }, termOf, count) {
  const first = Array.from({ length: count }, (_, k) => k);
  const root = (k) => {
    while (first[k] !== k) k = first[k] = first[first[k]];
    return k;
  };
  for (let i = n - 1; i >= 0; i--) {
    if (termOf[i] >= 0 || usesStart[i] === usesStart[i + 1]) continue;
    const readers = new Set();
    for (let k = usesStart[i]; k < usesStart[i + 1] && readers.size <= MANY; k++) {
      const reader = termOf[child[uses[k]]];
      readers.add(reader < 0 ? -1 : root(reader));
    }
    if (readers.has(-1) || readers.size > Math.min(MANY, count / 2)) continue;
    if (readers.size > 1 && operation[i] === null) continue; // a parameter, as far as one can see
    const least = Math.min(...readers);
    for (const reader of readers) first[reader] = least;
    termOf[i] = least;
  }
  return root;
}

// Samples with the same graph: [{samples, isShared}]. The nodes of a sample are in one order in all of them, and so are
// the leaves that may be data, `sample.data`.
function alike(graph, samples, parameters) {
  const { start, parents } = graph;
  const kinds = new Map();
  for (const sample of samples) {
    const place = new Map(sample.nodes.map((i, k) => [i, k]));
    const key = [];
    sample.data = sample.nodes.filter((i) => isLeaf(graph, i));
    for (const i of sample.nodes) {
      key.push(isLeaf(graph, i) ? "x" : graph.operation[i].name);
      for (let e = start[i]; e < start[i + 1]; e++) {
        const p = parents[e];
        if (!place.has(p) && isLeaf(graph, p) && !parameters.has(p)) {
          place.set(p, `d${sample.data.length}`); // data that samples share
          sample.data.push(p);
        }
        key.push(place.get(p) ?? `p${p}`);
      }
    }
    const text = key.join(" ");
    if (!kinds.has(text)) kinds.set(text, { samples: [], number: kinds.size });
    kinds.get(text).samples.push(sample);
    sample.of = kinds.get(text);
  }
  return [...kinds.values()];
}

// Which data of one kind of samples are inputs and which are targets, found on the first of them: places in `data`.
function assign(graph, kind) {
  const [first] = kind.samples;
  const varies = first.data.map((leaf, j) => kind.samples.some(({ data }) => graph.value[data[j]] !== graph.value[leaf]));
  const inputs = new Set(),
    joins = new Map(), // a place in data -> what is computed and meets it
    carried = new Map(); // a node of data alone -> the places in data
  first.data.forEach((leaf, j) => varies[j] && carried.set(leaf, new Set([j])));
  const isData = new Set(first.data),
    learned = new Set(); // computed from parameters and data
  const isMoved = (p) => !isData.has(p) && !isFixed(p);
  const fixed = new Set(first.data.filter((_, j) => !varies[j])); // and what is computed from numbers that never change
  const isFixed = (p) => fixed.has(p) || graph.constant[p];
  for (const i of first.nodes) {
    if (isLeaf(graph, i)) continue;
    const from = Array.from(graph.parents.subarray(graph.start[i], graph.start[i + 1]));
    const others = from.filter((p) => !carried.has(p) && isMoved(p));
    const known = from.filter((p) => carried.has(p));
    if (!others.length) {
      if (known.length) carried.set(i, new Set(known.flatMap((p) => [...carried.get(p)])));
      else fixed.add(i);
      continue;
    }
    const computed = others.filter((p) => learned.has(p));
    for (const p of known)
      for (const j of carried.get(p)) {
        if (!computed.length) inputs.add(j);
        else joins.set(j, [...(joins.get(j) ?? []), ...computed]);
      }
    if (computed.length || known.length) learned.add(i);
  }
  // The same numbers as an input: it comes again, as in (w·x + b)·x.
  const column = (j) => kind.samples.map(({ data }) => graph.value[data[j]]).join(" ");
  const known = new Set([...inputs].map(column));
  for (const j of joins.keys()) if (known.has(column(j))) inputs.add(j);
  kind.inputs = [...inputs].sort((a, b) => a - b);
  const places = [...joins.keys()].filter((j) => !inputs.has(j)).sort((a, b) => a - b);
  const same = distinct(kind.samples.length, places.length, (k, j) => graph.value[kind.samples[k].data[places[j]]]);
  kind.targets = same.map((js) => {
    const met = throat(graph, js.flatMap((j) => joins.get(places[j])), learned);
    return { places: js.map((j) => places[j]), joined: met < 0 ? 0 : first.nodes.indexOf(met) };
  });
}

// The one node that all of these are computed from, -1 where there is none.
function throat(graph, nodes, learned) {
  const open = new Set(nodes);
  while (open.size > 1 && open.size < MANY) {
    const last = Math.max(...open);
    open.delete(last);
    for (let e = graph.start[last]; e < graph.start[last + 1]; e++)
      if (learned.has(graph.parents[e])) open.add(graph.parents[e]);
  }
  return open.size === 1 ? [...open][0] : -1;
}

// The columns of a table of numbers that differ from each other and are not the same all over: lists of the equal ones.
function distinct(rows, columns, at) {
  const found = new Map();
  for (let j = 0; j < columns; j++) {
    const numbers = Array.from({ length: rows }, (_, k) => at(k, j));
    if (numbers.every((x) => x === numbers[0])) continue;
    const key = numbers.join(" ");
    found.set(key, [...(found.get(key) ?? []), j]);
  }
  return [...found.values()];
}

function numberAt(graph, sample, place) {
  return graph.value[sample.data[place]];
}

// A number for each class; how many there are, 0 where the targets are not classes.
function classify(graph, samples, kinds) {
  const known = new Map();
  for (const sample of samples) {
    const key = [sample.of.number, ...sample.y.map(([leaf]) => graph.value[leaf])].join(" ");
    if (!known.has(key)) known.set(key, { label: sample.y.length === 1 ? graph.value[sample.y[0][0]] : known.size });
    sample.kind = known.get(key);
  }
  const all = [...known.values()].sort((a, b) => a.label - b.label);
  const are = all.length > 1 && all.length <= MOST_CLASSES && (2 * all.length <= samples.length || kinds.length > 1);
  for (const sample of samples) sample.kind = are ? all.indexOf(sample.kind) : 0;
  return are ? all.length : 0;
}
