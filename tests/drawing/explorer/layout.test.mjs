import assert from "node:assert/strict";
import { test } from "node:test";
import { makeGraph } from "../../../autograd/drawing/explorer/engine.js";
import { makeFolding, visible } from "../../../autograd/drawing/explorer/folding.js";
import { layOut } from "../../../autograd/drawing/explorer/layout.js";
import { OPERATIONS, network, nodes3000 } from "./fixtures.mjs";

const box = (id, frame = -1) => ({ id, frame, width: 100, height: 50 });
const edge = (from, to) => ({ from, to });

// The layout of a whole network with everything, or only the groups of these kinds, opened.
function laidOut(json, kinds, options) {
  const graph = makeGraph(json, OPERATIONS),
    folding = makeFolding(graph);
  for (const group of folding.groups)
    if (kinds.includes(group.kind)) (folding.open.add(group.index), folding.shownOf.set(group.index, 1e6));
  const seen = visible(graph, folding);
  const frames = seen.frames.map((id) => ({ id, frame: folding.groups[id].above, width: 80 }));
  const boxes = [...seen.boxes.values()].map(({ id, frame }) => box(id, frame));
  return { boxes, frames, edges: seen.edges, ...{ places: layOut(boxes, seen.edges, frames, options) } };
}

function overlap(p, q) {
  return (
    p.x < q.x + q.width - 0.01 &&
    q.x < p.x + p.width - 0.01 &&
    p.y < q.y + q.height - 0.01 &&
    q.y < p.y + p.height - 0.01
  );
}

function assertNoOverlap(rectangles) {
  const sorted = [...rectangles].sort((p, q) => p.x - q.x);
  sorted.forEach((p, k) => {
    for (let j = k + 1; j < sorted.length && sorted[j].x < p.x + p.width; j++)
      assert.ok(!overlap(p, sorted[j]), JSON.stringify([p, sorted[j]]));
  });
}

test("a chain is straight and runs from left to right", () => {
  const { boxes } = layOut(
    [0, 1, 2].map((id) => box(id)),
    [edge(0, 1), edge(1, 2)],
    [],
  );
  const [a, b, c] = [0, 1, 2].map((id) => boxes.get(id));
  assert.ok(a.x < b.x && b.x < c.x);
  assert.ok(Math.abs(a.y - b.y) < 1e-6 && Math.abs(b.y - c.y) < 1e-6);
});

test("from top to bottom x and y change places", () => {
  const { boxes } = layOut(
    [0, 1].map((id) => box(id)),
    [edge(0, 1)],
    [],
    { direction: "TB" },
  );
  assert.ok(boxes.get(0).y + 50 < boxes.get(1).y);
  assert.deepEqual([boxes.get(0).width, boxes.get(0).height], [100, 50]);
});

test("a leaf stands next to what uses it, not at the far left", () => {
  // 0 → 1 → 2 → 4 and 3 → 4
  const { boxes } = layOut(
    [0, 1, 2, 3, 4].map((id) => box(id)),
    [edge(0, 1), edge(1, 2), edge(2, 4), edge(3, 4)],
    [],
  );
  assert.equal(boxes.get(3).x, boxes.get(2).x);
});

test("the first parent stands above the second, and nothing crosses in a tree", () => {
  const { boxes } = layOut(
    [0, 1, 2].map((id) => box(id)),
    [edge(0, 2), edge(1, 2)],
    [],
  );
  assert.ok(boxes.get(0).y < boxes.get(1).y);
});

test("an edge over several layers does not run through a box", () => {
  const { boxes, edges } = layOut(
    [0, 1, 2, 3].map((id) => box(id)),
    [edge(0, 1), edge(1, 2), edge(2, 3), edge(0, 3)],
    [],
  );
  for (const { x, y } of edges[3]) {
    for (const id of [1, 2]) {
      const { x: left, y: top } = boxes.get(id);
      assert.ok(!(x >= left && x <= left + 100 && y > top && y < top + 50));
    }
  }
});

test("boxes that use each other in a circle are laid out all the same", () => {
  const { boxes, edges } = layOut(
    [0, 1, 2].map((id) => box(id)),
    [edge(0, 1), edge(1, 0), edge(1, 2)],
    [],
  );
  assertNoOverlap(boxes.values());
  assert.ok(edges.every((points) => points.length >= 2));
});

test("edges run from the border of one box to that of the other, through all frames", () => {
  const { edges, places } = laidOut(network(), ["module", "stack", "sample", "layer"]);
  edges.forEach(({ from, to }, k) => {
    const first = places.edges[k][0],
      last = places.edges[k].at(-1),
      a = places.boxes.get(from),
      b = places.boxes.get(to);
    assert.ok(Math.abs(first.x - (a.x + a.width)) < 0.01 && Math.abs(last.x - b.x) < 0.01);
    assert.ok(first.y >= a.y && first.y <= a.y + a.height && last.y >= b.y && last.y <= b.y + b.height);
  });
});

for (const direction of ["LR", "TB"]) {
  test(`no boxes overlap in a network with everything opened, ${direction}`, () => {
    const { places } = laidOut(network(), ["module", "stack", "sample", "layer", "neuron"], { direction });
    assertNoOverlap(places.boxes.values());
  });

  test(`a frame holds its boxes and no others, ${direction}`, () => {
    const { boxes, frames, places } = laidOut(network(), ["stack", "sample"], { direction });
    const above = new Map(frames.map(({ id, frame }) => [id, frame]));
    const isIn = (frame, wanted) => frame !== -1 && (frame === wanted || isIn(above.get(frame), wanted));
    for (const { id } of frames) {
      for (const one of boxes)
        assert.equal(overlap(places.frames.get(id), places.boxes.get(one.id)), isIn(one.frame, id));
    }
  });
}

test("the same graph always looks the same", () => {
  const once = laidOut(network(), ["stack", "sample"]).places,
    again = laidOut(network(), ["stack", "sample"]).places;
  assert.deepEqual(once, again);
});

test("a frame without a box in it, and a page without any", () => {
  assert.equal(layOut([box(0)], [], [{ id: 7, frame: -1, width: 60 }]).frames.get(7).width, 60);
  assert.equal(layOut([], [], []).boxes.size, 0);
});

test("3,000 boxes are laid out quickly, without overlaps", () => {
  const before = performance.now();
  const { places, boxes } = laidOut({ ...nodes3000(), groups: [] }, []);
  assert.ok(performance.now() - before < 4000); // about 0.5 s on a quiet machine
  assert.ok(boxes.length > 2900);
  assertNoOverlap(places.boxes.values());
});
