import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGraph } from "../../../autograd/drawing/explorer/engine.js";
import {
  boxesIn,
  groupBox,
  isMore,
  isReadable,
  isSingle,
  makeFolding,
  openAll,
  openSome,
  outlets,
  reveal,
  showMore,
  visible,
} from "../../../autograd/drawing/explorer/folding.js";
import { OPERATIONS, builder, network, nodes70000, square } from "./fixtures.mjs";

function folded(options) {
  const graph = makeGraph(network(options), OPERATIONS);
  return [graph, makeFolding(graph)];
}

const group = (folding, label) => folding.groups.find((one) => one.label === label).index;

test("folded, every node is in a box, and the boxes are few", () => {
  const [graph, folding] = folded();
  const { boxes, boxOf } = visible(graph, folding);
  assert.equal(boxes.size, 3); // model, samples, loss
  assert.equal(
    [...boxes.values()].reduce((sum, box) => sum + box.nodes.length, 0),
    graph.n,
  );
  for (const [id, box] of boxes) for (const i of box.nodes) assert.equal(boxOf[i], id);
});

test("at first no group is opened that shows more than anybody can read", () => {
  const g = builder(),
    large = g.group("s", "sum");
  const xs = Array.from({ length: 2000 }, () => g.leaf(1, "", large));
  const graph = makeGraph(g.done(g.make("sum", xs, "s")), OPERATIONS),
    folding = makeFolding(graph);
  assert.equal(boxesIn(folding, 0), 2000);
  assert.ok(!isReadable(folding, 2000));
  openSome(graph, folding);
  assert.equal(visible(graph, folding).boxes.size, 2);
});

test("an opened group shows what is in it, one level deep", () => {
  const [graph, folding] = folded();
  folding.open.add(group(folding, "model"));
  const { boxes, frames } = visible(graph, folding);
  assert.equal(boxes.size, 5);
  assert.deepEqual(frames, [group(folding, "model")]);
});

test("a group that is open in a folded one stays hidden", () => {
  const [graph, folding] = folded();
  folding.open.add(group(folding, "sample 0"));
  assert.equal(visible(graph, folding).boxes.size, 3);
});

test("an opened stack shows eight of its groups, then eight more", () => {
  const [graph, folding] = folded({ samples: 30, hidden: [1] });
  const stack = group(folding, "samples");
  folding.open.add(stack);
  const counts = () => {
    const ids = [...visible(graph, folding).boxes.keys()];
    return [
      ids.filter((id) => !isSingle(graph, id) && !isMore(graph, id)).length,
      ids.filter((id) => isMore(graph, id)).length,
    ];
  };
  assert.deepEqual(counts(), [9, 1]); // and the model
  showMore(folding, stack);
  assert.deepEqual(counts(), [17, 1]);
  (showMore(folding, stack), showMore(folding, stack));
  assert.deepEqual(counts(), [31, 0]);
});

test("edges between folded boxes are bundled, those between nodes are not", () => {
  const [graph, folding] = folded();
  const { edges } = visible(graph, folding);
  assert.deepEqual(
    edges.map((edge) => edge.edges.length > 1),
    [true, true],
  );
  const twice = makeGraph(square(), OPERATIONS);
  assert.deepEqual(
    visible(twice, makeFolding(twice)).edges.map((edge) => edge.edges),
    [[0], [1]],
  );
});

test("no edge of the graph is lost", () => {
  const [graph, folding] = folded();
  openAll(graph, folding, Infinity);
  assert.equal(
    visible(graph, folding).edges.reduce((sum, edge) => sum + edge.edges.length, 0),
    graph.parents.length,
  );
});

test("revealing opens everything around a node, in a stack up to its place", () => {
  const [graph, folding] = folded({ samples: 30, hidden: [1] });
  const wanted = folding.groups[group(folding, "sample 20")].nodes[0];
  reveal(folding, folding.groupOf[wanted]);
  assert.equal(visible(graph, folding).boxOf[wanted], wanted);
});

test("open all does nothing when there would be too many boxes", () => {
  const [graph, folding] = folded();
  assert.ok(openAll(graph, folding, 20) > 20);
  assert.equal(visible(graph, folding).boxes.size, 3);
});

test("the outlets of a group are the nodes that others use", () => {
  const [graph, folding] = folded({ samples: 1 });
  const seen = visible(graph, folding),
    box = seen.boxes.get(groupBox(graph, group(folding, "samples")));
  const [loss] = outlets(graph, seen, box);
  assert.equal(graph.child[graph.uses[graph.usesStart[loss]]], graph.output);
});

test("70,000 nodes open with a few boxes", () => {
  const graph = makeGraph(nodes70000(), OPERATIONS),
    folding = makeFolding(graph);
  openSome(graph, folding);
  const boxes = visible(graph, folding).boxes.size;
  assert.ok(boxes > 3 && boxes < 40, `${boxes} boxes`);
});

test("a small graph opens unfolded", () => {
  const [graph, folding] = folded({ samples: 1, inputs: 1, hidden: [1] });
  openSome(graph, folding, true);
  assert.ok([...visible(graph, folding).boxes.keys()].every((box) => isSingle(graph, box)));
});
