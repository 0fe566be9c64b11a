// The derivative as one measures it: the result computed twice, with a number a little larger and a little smaller. It
// knows nothing of the rules, so it checks the gradient that the chain rule found.
//
// Entry points: `finiteDifference`; `following` and `resultWith`, the result with another number somewhere.

const STEP = 6e-6; // the cube root of the rounding, where a central difference is the most exact
const CLOSE = 1e-4; // of the size of the gradient: what rounding and curvature leave

// {number, below, above, verdict} for node i: the central difference, those of either side, and "agrees", "kink" where
// the two sides differ and the gradient is one of them, or "differs". Null where the page cannot compute what follows.
export function finiteDifference(graph, i) {
  const after = following(graph, i);
  if (after.some((node) => !graph.operation[node].forward) || !Number.isFinite(graph.value[i])) return null;
  const at = (x) => resultWith(graph, i, x, after);
  const gradient = graph.gradient[i],
    same = at(graph.value[i]);
  const sides = (h) => ({ below: (same - at(graph.value[i] - h)) / h, above: (at(graph.value[i] + h) - same) / h });
  const h = STEP * Math.max(1, Math.abs(graph.value[i]));
  const { below, above } = sides(h),
    nearer = sides(h / 8);
  const number = (below + above) / 2;
  const noise = (8 * Number.EPSILON * Math.abs(same)) / h; // numbers with 16 digits were subtracted: few are left
  const jump = Math.abs(above - below);
  // The sides of a curve meet when one comes nearer, those of a corner do not.
  const isKink = jump > 40 * noise && Math.abs(nearer.above - nearer.below) > jump / 2;
  const isNear = (x) => Math.abs(x - gradient) <= CLOSE * Math.abs(gradient) + 4 * noise + (isKink ? 0 : h * jump);
  const verdict = isKink ? (isNear(below) || isNear(above) ? "kink" : "differs") : isNear(number) ? "agrees" : "differs";
  return { number, below, above, verdict };
}

// What is computed from node i, on whatever way, in order.
export function following({ usesStart, uses, child, output }, i) {
  const found = new Set([i]);
  for (const node of found)
    for (let k = usesStart[node]; k < usesStart[node + 1]; k++) if (child[uses[k]] <= output) found.add(child[uses[k]]);
  found.delete(i);
  return [...found].sort((a, b) => a - b);
}

export function resultWith({ value, start, parents, operation, output }, i, x, after) {
  const changed = new Map([[i, x]]);
  for (const node of after) {
    const { arity, forward } = operation[node];
    const inputs = Array.from(parents.subarray(start[node], start[node + 1]), (p) => changed.get(p) ?? value[p]);
    changed.set(node, arity === null ? forward(inputs) : forward(...inputs));
  }
  return changed.get(output) ?? value[output];
}
