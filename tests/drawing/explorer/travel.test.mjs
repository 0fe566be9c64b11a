import assert from "node:assert/strict";
import { test } from "node:test";
import { courseOf } from "../../../autograd/drawing/explorer/travel.js";

const TIMES = Array.from({ length: 101 }, (_, k) => k / 100);

test("a traveller starts where it is, never goes back, and arrives", () => {
  for (const phase of ["forward", "backward"]) {
    const places = TIMES.map((t) => courseOf(phase, t).along);
    assert.equal(places[0], 0);
    assert.equal(places.at(-1), 1);
    for (let k = 1; k < places.length; k++) assert.ok(places[k] >= places[k - 1] && places[k] - places[k - 1] < 0.06);
  }
});

test("a gradient is multiplied halfway and added at the end; a value is neither", () => {
  const halfway = courseOf("backward", 0.5);
  assert.deepEqual([halfway.along, halfway.text, halfway.isLabelled], [0.5, "share", true]);
  assert.deepEqual([courseOf("backward", 0.1).text, courseOf("backward", 0.1).isLabelled], ["whole", false]);
  assert.ok(courseOf("backward", 0.9).isAdding && !courseOf("backward", 1).isAdding);
  assert.ok(TIMES.every((t) => !courseOf("forward", t).isAdding && courseOf("forward", t).text === "whole"));
});
