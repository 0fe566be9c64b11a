import assert from "node:assert/strict";
import { test } from "node:test";
import { compressed, makeGif } from "../../../autograd/drawing/explorer/gif.js";

// LZW as those read it who show GIFs.
function decompressed(data) {
  let table, size, bits = 0, held = 0, at = 0, before = null;
  const clear = () => ((table = Array.from({ length: 258 }, (_, k) => [k])), (size = 9), (before = null));
  const pixels = [];
  clear();
  for (;;) {
    while (bits < size) ((held |= data[at++] << bits), (bits += 8));
    const code = held & ((1 << size) - 1);
    ((held >>>= size), (bits -= size));
    if (code === 257) return pixels;
    if (code === 256) {
      clear();
      continue;
    }
    const run = table[code] ?? [...before, before[0]];
    pixels.push(...run);
    if (before && table.length < 4096) table.push([...before, run[0]]);
    if (table.length === 1 << size && size < 12) size++;
    before = run;
  }
}

function noise(length, kinds, seed = 7) {
  let state = seed;
  return Uint8Array.from({ length }, () => ((state = (state * 48271) % 2147483647) >> 8) % kinds);
}

test("what is compressed is read again: runs, few colours, noise that fills the table several times", () => {
  for (const pixels of [Uint8Array.of(3), new Uint8Array(5000), noise(20000, 3), noise(60000, 256)])
    assert.deepEqual(decompressed(compressed(pixels)), [...pixels]);
  for (let length = 250; length < 800; length++) {
    const pixels = noise(length, 256, length);
    assert.deepEqual(decompressed(compressed(pixels)), [...pixels]);
  }
});

const frame = (width, height, colorOf) => ({
  delay: 50,
  pixels: Uint8ClampedArray.from({ length: 4 * width * height }, (_, k) => (k % 4 === 3 ? 255 : colorOf(k >> 2)[k % 4])),
});

test("a file has all frames, and of the second one only what has changed", () => {
  const [white, blue] = [[254, 254, 254], [0, 114, 178]];
  const first = frame(40, 30, () => white),
    second = frame(40, 30, (p) => (p === 41 || p === 123 ? blue : white));
  const gif = makeGif(40, 30, [first, second]);
  assert.equal(String.fromCharCode(...gif.subarray(0, 6)), "GIF89a");
  assert.deepEqual([gif[6], gif[8]], [40, 30]);
  assert.equal(gif.at(-1), 0x3b);
  const images = [];
  for (let at = 13 + 768 + 19; gif[at] === 0x21; ) {
    at += 8;
    images.push([1, 3, 5, 7].map((k) => gif[at + k]));
    at += 11;
    while (gif[at]) at += gif[at] + 1;
    at++;
  }
  assert.deepEqual(images, [[0, 0, 40, 30], [1, 1, 3, 3]]);
  const palette = Array.from({ length: 256 }, (_, k) => [...gif.subarray(13 + 3 * k, 16 + 3 * k)].join());
  assert.ok(palette.includes(white.join()) && palette.includes(blue.join())); // few colours stay what they are
});

test("of thousands of colours those that matter are kept", () => {
  const rainbow = frame(64, 64, (p) => [p % 256, (p * 7) % 256, (p * 31) % 256]);
  assert.ok(makeGif(64, 64, [rainbow]).length > 1000);
});
