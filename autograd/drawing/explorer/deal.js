// Random small graphs to practise on, in the form in which Python sends graphs. Numbers are small and whole where they can
// be, so that one computes in one's head.
//
// Entry point: `deal`.

const KINDS = {
  1: { operations: 2, leaves: 3, binary: ["add", "subtract", "multiply", "multiply"], unary: [], reuse: 0 },
  2: { operations: 3, leaves: 3, binary: ["add", "subtract", "multiply", "multiply"], unary: ["relu"], reuse: 1 },
  3: { operations: 5, leaves: 3, binary: ["add", "subtract", "multiply", "multiply", "divide"], unary: ["relu", "tanh"], reuse: 2 },
};
const MOST_TRIES = 200;

// A graph of the level, 1 to 3; `entries` are the operations to choose from; `random` gives numbers from 0 to 1;
// `isGood(json)` tells whether its numbers are fit to be computed by hand.
export function deal(level, entries, random, isGood) {
  const kind = KINDS[level];
  const isWanted = (json) => (kind.reuse === 0 || usesAgain(json)) && isGood(json);
  let json = dealOnce(kind, entries, random);
  for (let k = 0; k < MOST_TRIES && !isWanted(json); k++) json = dealOnce(kind, entries, random);
  return json;
}

function usesAgain({ parents }) {
  return new Set(parents).size < parents.length;
}

function dealOnce({ operations, leaves, binary, unary, reuse }, entries, random) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const made = { op: [], start: [0], parents: [], data: [], names: {} };
  const add = (op, parents, number, name) => {
    const i = made.op.length;
    (made.op.push(op), made.data.push(number), made.parents.push(...parents), made.start.push(made.parents.length));
    if (name) made.names[i] = name;
    return i;
  };
  const all = [],
    unused = [];
  for (let k = 0; k < leaves; k++) {
    const number = pick([-4, -3, -2, -1, 1, 2, 3, 4, 5]);
    const i = add(-1, [], number, "abcd"[k]);
    (all.push(i), unused.push(i));
  }
  const take = () => unused.splice(Math.floor(random() * unused.length), 1)[0];
  let left = reuse;
  for (let k = 0; k < operations || unused.length > 1; k++) {
    const mayBeAlone = unary.length && made.op[unused[0]] >= 0 && random() < 0.4;
    const name = pick(mayBeAlone ? unary : binary);
    const first = take();
    let parents = [first];
    if (!mayBeAlone) {
      const again = left > 0 && (unused.length === 0 || random() < 0.5) ? pick(all.filter((i) => i !== first)) : undefined;
      if (again !== undefined) left--;
      const second = again ?? take() ?? pick(all);
      if (unused.includes(second)) unused.splice(unused.indexOf(second), 1);
      parents.push(second);
    }
    const i = add(entries.findIndex((entry) => entry.name.split("#")[0] === name), parents, null, "");
    (all.push(i), unused.push(i));
  }
  const output = made.op.length - 1;
  made.names[output] = "y";
  return { ...made, operations: entries, output, outputs: [output], constants: [], derivatives: {}, groups: [], grad: {}, recording: null };
}
