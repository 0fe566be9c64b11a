import assert from "node:assert/strict";
import { test } from "node:test";
import { layOut } from "../../../autograd/drawing/explorer/layout.js";
import { wrapped } from "../../../autograd/drawing/explorer/wrap.js";

function chain(length, more = []) {
  const boxes = Array.from({ length }, (_, id) => ({ id, width: 160, height: 76, frame: -1 }));
  const edges = [...boxes.slice(1).map(({ id }) => ({ from: id - 1, to: id })), ...more];
  return layOut(boxes, edges, [], { gap: 90 });
}

const touch = (a, b) => a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

test("a long chain goes on in lines that fit, in order, and no box lies on another", () => {
  const places = wrapped(chain(40, [{ from: 2, to: 4 }, { from: 20, to: 22 }]), 1000);
  assert.ok(places.width < 1100);
  const boxes = [...places.boxes.values()];
  boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => assert.ok(!touch(a, b))));
  boxes.slice(1).forEach((b, i) => assert.ok(b.x > boxes[i].x || b.y > boxes[i].y));
  for (const { x, y, width, height } of boxes)
    assert.ok(x >= 0 && y >= 0 && x + width <= places.width && y + height <= places.height);
});

test("edges that go on run through no box, and end at theirs", () => {
  const places = wrapped(chain(40), 1000);
  places.edges.forEach((points, e) => {
    const [from, to] = [places.boxes.get(e), places.boxes.get(e + 1)],
      last = points[points.length - 1];
    assert.deepEqual([points[0].x, last.x], [from.x + from.width, to.x]);
    points.slice(1).forEach((q, k) => {
      const p = points[k];
      const piece = { x: Math.min(p.x, q.x), y: Math.min(p.y, q.y), width: Math.abs(p.x - q.x), height: Math.abs(p.y - q.y) };
      for (const box of places.boxes.values()) assert.ok(!touch(piece, { ...box, x: box.x + 1, width: box.width - 2 }));
    });
  });
});

test("what is short, or high, stays as it is", () => {
  const short = chain(8);
  assert.equal(wrapped(short, 1000), short);
  const boxes = Array.from({ length: 200 }, (_, id) => ({ id, width: 160, height: 76, frame: -1 }));
  const edges = boxes.slice(10).map(({ id }) => ({ from: id - 10, to: id }));
  const high = layOut(boxes, edges, [], { gap: 90 });
  assert.equal(wrapped(high, 1000), high);
});
