import assert from "node:assert/strict";
import { test } from "node:test";
import { overlap, placeLabels } from "../../../autograd/drawing/explorer/labels.js";

const line = (x0, y0, x1, y1) =>
  Array.from({ length: 21 }, (_, k) => ({ x: x0 + (k / 20) * (x1 - x0), y: y0 + (k / 20) * (y1 - y0) }));
const box = (x, y, width = 160, height = 76) => ({ x, y, width, height });
const size = (width, height) => ({ width, height });

test("between two boxes a number stands beside the edge, not on it", () => {
  const [place] = placeLabels([{ sizes: [size(60, 34)], curve: line(160, 38, 254, 38) }], [box(0, 0), box(254, 0)]);
  assert.equal(place.x, 207);
  assert.ok(Math.abs(place.y - 38) > 17);
});

test("what is too wide is written in more lines, and what has no room at all not", () => {
  const curve = line(160, 38, 254, 38),
    boxes = [box(0, -500, 160, 1000), box(254, -500, 160, 1000)];
  const place = (...sizes) => placeLabels([{ sizes, curve }], boxes)[0];
  assert.equal(place(size(110, 34), size(60, 51)).size, 1);
  assert.equal(place(size(110, 34), size(120, 17)), null);
});

test("numbers cover neither each other nor the arrowheads and edges of their step", () => {
  const curves = [line(160, 38, 254, 90), line(160, 142, 254, 90), line(160, 90, 254, 90)];
  const labels = curves.map((curve) => ({ sizes: [size(44, 17)], curve }));
  const places = placeLabels(labels, [box(0, 0), box(0, 104), box(254, 52)]).map((place) => place && { ...place, ...size(44, 17) });
  const shown = places.filter((place) => place);
  assert.ok(shown.length >= 2);
  shown.forEach((a, k) => shown.slice(k + 1).forEach((b) => assert.ok(!overlap(a, b))));
  for (const place of shown)
    for (const p of curves.flat()) assert.ok(!overlap(place, { ...p, width: 0, height: 0 }));
});
