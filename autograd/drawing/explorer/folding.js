// What is visible: which nodes have a box of their own, which are folded into one, and the edges between the boxes.
//
// A box is a number: node i is box i, group g is box n + g, and "… 92 more" of stack g is box n + (number of groups)
// + g.

export function makeFolding(graph) {
  const groups = graph.groups.map((group) => ({ ...group, children: [], size: group.nodes.length }));
  const byId = new Map(groups.map((group, g) => [group.id, g]));
  const groupOf = new Int32Array(graph.n).fill(-1);
  groups.forEach((group, g) => {
    group.index = g;
    group.above = byId.get(group.parent) ?? -1;
    if (group.above >= 0) group.place = groups[group.above].children.push(g) - 1;
    for (const i of group.nodes) groupOf[i] = g;
  });
  // Parents before children, whatever order they came in: a list that is walked while it grows.
  const order = groups.filter((group) => group.above < 0).map((group) => group.index);
  for (const g of order) for (const child of groups[g].children) order.push(child);
  for (const g of [...order].reverse()) if (groups[g].above >= 0) groups[groups[g].above].size += groups[g].size;
  return { groups, groupOf, order, limits: graph.limits, open: new Set(), shownOf: new Map() };
}

export function isSingle(graph, box) {
  return box < graph.n;
}

export function groupBox(graph, g) {
  return graph.n + g;
}

export function groupOfBox(graph, box) {
  return (box - graph.n) % graph.groups.length;
}

export function isMore(graph, box) {
  return box >= graph.n + graph.groups.length;
}

// An opened stack shows some of its groups, and as many more at each click.
export function shownOfStack(folding, g) {
  return folding.shownOf.get(g) ?? folding.limits.of_stack;
}

export function showMore(folding, g) {
  folding.shownOf.set(g, shownOfStack(folding, g) + folding.limits.of_stack);
}

export function isReadable(folding, boxes) {
  return boxes <= folding.limits.boxes;
}

// How many boxes a group shows when it is opened.
export function boxesIn(folding, g) {
  const { kind, nodes, children } = folding.groups[g];
  return nodes.length + (kind === "stack" ? Math.min(children.length, shownOfStack(folding, g)) : children.length);
}

// Open whatever hides node or group, so that it has a box of its own.
export function reveal(folding, g) {
  for (; g >= 0; g = folding.groups[g].above) {
    const { above, place } = folding.groups[g];
    folding.open.add(g);
    if (above >= 0 && folding.groups[above].kind === "stack" && place >= shownOfStack(folding, above)) {
      folding.shownOf.set(above, place + 1);
    }
  }
}

// {boxOf, boxes, edges, frames}: the box of each node; the boxes {id, frame, nodes}; the edges {from, to, edges}, of
// which those between two nodes stand for one edge of the graph each; and the opened groups that are visible, outer
// ones first.
export function visible(graph, folding) {
  const { groups, groupOf, order, open } = folding;
  const boxOfGroup = new Int32Array(groups.length).fill(-1); // -1: opened, its nodes have boxes of their own
  const frames = [];
  for (const g of order) {
    const { above, place } = groups[g];
    const outer = above < 0 ? -1 : boxOfGroup[above];
    if (outer >= 0) boxOfGroup[g] = outer;
    else if (above >= 0 && groups[above].kind === "stack" && place >= shownOfStack(folding, above)) {
      boxOfGroup[g] = graph.n + groups.length + above;
    } else if (!open.has(g)) boxOfGroup[g] = groupBox(graph, g);
    else frames.push(g);
  }
  const boxOf = new Int32Array(graph.n),
    boxes = new Map();
  for (let i = 0; i < graph.n; i++) {
    const folded = groupOf[i] < 0 ? -1 : boxOfGroup[groupOf[i]];
    const id = (boxOf[i] = folded < 0 ? i : folded);
    if (!boxes.has(id)) boxes.set(id, { id, frame: frameOf(graph, folding, id), nodes: [] });
    boxes.get(id).nodes.push(i);
  }
  return { boxOf, boxes, edges: visibleEdges(graph, boxOf), frames };
}

// The opened group that a box stands in, -1 for none.
function frameOf(graph, { groups, groupOf }, box) {
  if (isSingle(graph, box)) return groupOf[box];
  return isMore(graph, box) ? groupOfBox(graph, box) : groups[groupOfBox(graph, box)].above;
}

function visibleEdges(graph, boxOf) {
  const result = [],
    bundles = new Map();
  const { parents, child, n, groups } = graph,
    all = n + 2 * groups.length;
  for (let e = 0; e < parents.length; e++) {
    const from = boxOf[parents[e]],
      to = boxOf[child[e]];
    if (from === to) continue;
    if (from < n && to < n) {
      result.push({ from, to, edges: [e] });
      continue;
    }
    const key = from * all + to;
    if (bundles.has(key)) bundles.get(key).edges.push(e);
    else {
      const bundle = { from, to, edges: [e] };
      (bundles.set(key, bundle), result.push(bundle));
    }
  }
  return result;
}

// The nodes of a folded box that something outside uses: what it computes. For leaves only, all of them.
export function outlets(graph, seen, box) {
  const result = [];
  for (const i of box.nodes) {
    let used = graph.outputs.includes(i);
    for (let k = graph.usesStart[i]; k < graph.usesStart[i + 1] && !used; k++)
      used = seen.boxOf[graph.child[graph.uses[k]]] !== box.id;
    if (used) result.push(i);
  }
  return result;
}

// How many boxes there would be with everything open.
export function openAll(graph, folding, limit = folding.limits.boxes) {
  const before = [new Set(folding.open), new Map(folding.shownOf)];
  for (const group of folding.groups) folding.open.add(group.index);
  const boxes = visible(graph, folding).boxes.size;
  if (boxes > limit) [folding.open, folding.shownOf] = before;
  return boxes;
}

// What a person sees first: all of a small graph; of a large one the outermost groups, opened until there is
// something to look at.
export function openSome(graph, folding, everything) {
  if (everything) {
    openAll(graph, folding, Infinity);
    return;
  }
  for (let seen = visible(graph, folding); seen.boxes.size <= 3; seen = visible(graph, folding)) {
    const folded = [...seen.boxes.keys()]
      .filter((box) => !isSingle(graph, box) && !isMore(graph, box))
      .map((box) => groupOfBox(graph, box))
      .filter((g) => isReadable(folding, boxesIn(folding, g)));
    if (!folded.length) return;
    for (const g of folded) folding.open.add(g);
  }
}
