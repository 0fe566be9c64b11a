// Graphs as Python writes them, small and large, and the few operations that they use.

import { useNumberFormat } from "../../../autograd/drawing/explorer/numbers.js";

export const NUMBER_FORMAT = { digits: 4, plain_below: 1e6, least_exponent: -4 };
useNumberFormat(NUMBER_FORMAT);

export const OPERATIONS = {
  add: { forward: (a, b) => a + b, derivatives: [() => 1, () => 1] },
  subtract: { forward: (a, b) => a - b, derivatives: [() => 1, () => -1] },
  multiply: { forward: (a, b) => a * b, derivatives: [(y, a, b) => b, (y, a) => a] },
  tanh: { forward: Math.tanh, derivatives: [(y) => 1 - y * y] },
  sum: { forward: (xs) => xs.reduce((total, x) => total + x, 0), derivatives: [() => 1] },
};

const WORDS = {
  add: { symbol: "+", arity: 2, formula: "a + b", derivative_formulas: ["1", "1"] },
  subtract: { symbol: "-", arity: 2, formula: "a - b", derivative_formulas: ["1", "-1"] },
  multiply: { symbol: "*", arity: 2, formula: "a * b", derivative_formulas: ["b", "a"] },
  tanh: { symbol: "tanh", arity: 1, formula: "tanh(a)", derivative_formulas: ["1 - y²"] },
  sum: { symbol: "sum", arity: null, formula: "sum(x)", derivative_formulas: ["1"] },
  power_of_constant: { symbol: "**", arity: 2, formula: "a^b", derivative_formulas: ["b·a^(b - 1)", "0"] },
  cube: { symbol: "cube", arity: 1, formula: "cube(a)", derivative_formulas: ["3a²"] }, // not in OPERATIONS
};

// Nodes in the order in which they are made, which is a topological one.
export function builder() {
  const json = {
    version: 1,
    title: "",
    direction: "LR",
    operations: [],
    op: [],
    start: [0],
    parents: [],
    data: [],
    derivatives: {},
    constants: [],
    names: {},
    listing: null,
    grad: {},
    groups: [],
    recording: null,
    limits: { unfolded: 30, boxes: 600, of_stack: 8 },
    number_format: NUMBER_FORMAT,
  };
  const node = (op, parents, number, name, group) => {
    const i = json.op.length;
    (json.op.push(op), json.data.push(number), json.parents.push(...parents), json.start.push(json.parents.length));
    if (name) json.names[i] = name;
    if (group !== undefined) json.groups[group].nodes.push(i);
    return i;
  };
  return {
    json,
    leaf: (number, name, group) => node(-1, [], number, name, group),
    constant: (number, group) => json.constants[json.constants.push(node(-1, [], number, "", group)) - 1],
    make(op, parents, name, group) {
      let k = json.operations.findIndex((entry) => entry.name === op);
      if (k < 0) k = json.operations.push({ name: op, ...WORDS[op] }) - 1;
      return node(k, parents, null, name, group);
    },
    group: (label, kind, parent = -1) =>
      json.groups.push({ id: json.groups.length, parent, label, kind, nodes: [] }) - 1,
    done(output) {
      ((json.output = output), (json.outputs = [output]), (json.title = json.names[output] || ""));
      return json;
    },
  };
}

// (a * b + c).tanh()
export function small() {
  const g = builder();
  const a = g.leaf(2, "a"),
    b = g.leaf(-3, "b"),
    ab = g.make("multiply", [a, b], "d");
  const c = g.leaf(5.5, "c"),
    sum = g.make("add", [ab, c]);
  g.json.listing = { files: [["lesson.py", 0]], lines: [[12, "d = a * b"]], spans: [[0, 4, 9]], of: { [ab]: 0 } };
  return g.done(g.make("tanh", [sum], "y"));
}

export function square() {
  const g = builder(),
    x = g.leaf(3, "x");
  return g.done(g.make("multiply", [x, x], "y"));
}

// A loss over `samples` samples of a network with `hidden` layers of neurons: groups for the layers and neurons of each
// sample, a stack of the samples, and the parameters in a module.
export function network({ samples = 3, inputs = 3, hidden = [4, 4, 1] } = {}) {
  const g = builder(),
    sizes = [inputs, ...hidden];
  let seed = 1;
  const random = () => ((seed = (seed * 48271) % 2147483647) / 2147483647) * 2 - 1;
  const model = g.group("model", "module");
  const layers = hidden.map((n, l) => g.group(`layers[${l}]`, "module", model));
  const weights = hidden.map((n, l) =>
    Array.from({ length: n }, (_, j) => ({
      w: Array.from({ length: sizes[l] }, (_, k) => g.leaf(random(), `layers[${l}].neurons[${j}].w[${k}]`, layers[l])),
      b: g.leaf(0.1 * random(), `layers[${l}].neurons[${j}].b`, layers[l]),
    })),
  );
  const stack = g.group("samples", "stack"),
    losses = [];
  for (let s = 0; s < samples; s++) {
    const sample = g.group(`sample ${s}`, "sample", stack);
    let xs = Array.from({ length: inputs }, (_, k) => g.leaf(random(), s === 0 ? `x${k}` : "", sample));
    hidden.forEach((n, l) => {
      const layer = g.group(`layer ${l}`, "layer", sample);
      xs = weights[l].map(({ w, b }, j) => {
        const neuron = g.group(`neuron ${j}`, "neuron", layer);
        let sum = b;
        w.forEach(
          (weight, k) => (sum = g.make("add", [sum, g.make("multiply", [weight, xs[k]], "", neuron)], "", neuron)),
        );
        return g.make("tanh", [sum], "", neuron);
      });
    });
    const error = g.make("subtract", [xs[0], g.constant(s % 2 ? 1 : -1, sample)], "", sample);
    losses.push(g.make("multiply", [error, error], "", sample));
  }
  const all = weights.flat().flatMap(({ w, b }) => [...w, b]);
  g.json.recording = {
    nodes: all,
    steps: [0, 1, 2, 3].map((step) => all.map((i) => g.json.data[i] * (1 + 0.3 * step))),
    labels: ["0", "10", "20", "30"],
  };
  return g.done(g.make("sum", losses, "loss"));
}

export const nodes3000 = () => network({ samples: 12, inputs: 3, hidden: [10, 7, 1] });
export const nodes70000 = () => network({ samples: 100, inputs: 3, hidden: [16, 16, 1] });
