// Moving pictures as GIF, written here: a palette for all frames, of each frame only what has changed, compressed with LZW.
//
// Entry point: `makeGif`.

const BITS = 5; // of each channel that are told apart when colours are counted
const SHADES = 1 << BITS;
const COLORS = 255; // one more is "as before"

// frames: [{pixels (RGBA), delay in hundredths of a second}], all of width × height. Returns the bytes of the file.
export function makeGif(width, height, frames) {
  const { colors, indexOf } = makePalette(frames);
  const out = [...bytesOf("GIF89a"), ...short16(width), ...short16(height), 0xf7, 0, 0];
  for (let k = 0; k < 256; k++) out.push(...(colors[k] ?? [0, 0, 0]));
  out.push(0x21, 0xff, 11, ...bytesOf("NETSCAPE2.0"), 3, 1, 0, 0, 0); // again and again
  const chunks = [Uint8Array.from(out)];
  let before = null;
  for (const { pixels, delay } of frames) {
    const now = Uint8Array.from({ length: width * height }, (_, p) => indexOf[binOf(pixels, 4 * p)]);
    const part = changedPart(before, now, width, height);
    const { x, y, w, h } = part;
    const cut = new Uint8Array(w * h);
    for (let row = 0; row < h; row++)
      for (let column = 0; column < w; column++) {
        const p = (y + row) * width + x + column;
        cut[row * w + column] = before && before[p] === now[p] ? COLORS : now[p];
      }
    const head = [0x21, 0xf9, 4, 0x05, ...short16(delay), COLORS, 0, 0x2c, ...[x, y, w, h].flatMap(short16), 0, 8];
    chunks.push(Uint8Array.from(head), inBlocks(compressed(cut)));
    before = now;
  }
  chunks.push(Uint8Array.of(0x3b));
  return concatenated(chunks);
}

function bytesOf(text) {
  return Array.from(text, (c) => c.charCodeAt(0));
}

function short16(x) {
  return [x & 255, (x >> 8) & 255];
}

function concatenated(chunks) {
  const all = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) (all.set(chunk, at), (at += chunk.length));
  return all;
}

// --- colours -----------------------------------------------------------------------------------------------------------

function binOf(pixels, p) {
  const cut = 8 - BITS;
  return ((pixels[p] >> cut) << (2 * BITS)) | ((pixels[p + 1] >> cut) << BITS) | (pixels[p + 2] >> cut);
}

// The colours of all frames, at most 255: boxes of similar colours are halved where they are widest.
function makePalette(frames) {
  const count = new Float64Array(SHADES ** 3),
    sums = [0, 1, 2].map(() => new Float64Array(SHADES ** 3));
  for (const { pixels } of frames)
    for (let p = 0; p < pixels.length; p += 4) {
      const at = binOf(pixels, p);
      count[at]++;
      for (let c = 0; c < 3; c++) sums[c][at] += pixels[p + c];
    }
  const used = [...count.keys()].filter((at) => count[at]);
  const channel = (at, c) => sums[c][at] / count[at];
  const boxes = [used];
  while (boxes.length < COLORS) {
    const spans = boxes.map((box) => widest(box, channel, count));
    const k = spans.reduce((best, { size }, i) => (size > spans[best].size ? i : best), 0);
    if (spans[k].size <= 0) break;
    boxes.push(...halves(boxes.splice(k, 1)[0], spans[k].c, channel, count));
  }
  const indexOf = new Uint8Array(SHADES ** 3);
  const colors = boxes.map((box, k) => {
    const total = box.reduce((sum, at) => sum + count[at], 0);
    for (const at of box) indexOf[at] = k;
    return sums.map((sum) => Math.round(box.reduce((s, at) => s + sum[at], 0) / total));
  });
  return { colors, indexOf };
}

// The channel in which the colours of a box differ most, and how much it would matter to halve it there.
function widest(box, channel, count) {
  let best = { c: 0, size: 0 };
  const weight = Math.sqrt(box.reduce((sum, at) => sum + count[at], 0));
  for (let c = 0; c < 3 && box.length > 1; c++) {
    let low = 255,
      high = 0;
    for (const at of box) ((low = Math.min(low, channel(at, c))), (high = Math.max(high, channel(at, c))));
    if ((high - low) * weight > best.size) best = { c, size: (high - low) * weight };
  }
  return best;
}

function halves(box, c, channel, count) {
  const sorted = [...box].sort((a, b) => channel(a, c) - channel(b, c));
  const half = sorted.reduce((sum, at) => sum + count[at], 0) / 2;
  let sum = 0,
    k = 0;
  while (k < sorted.length - 1 && (k === 0 || sum + count[sorted[k]] <= half)) sum += count[sorted[k++]];
  return [sorted.slice(0, k), sorted.slice(k)];
}

// --- pixels ------------------------------------------------------------------------------------------------------------

// The smallest rectangle around what differs from the frame before.
function changedPart(before, now, width, height) {
  if (!before) return { x: 0, y: 0, w: width, h: height };
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let p = 0; p < now.length; p++) {
    if (now[p] === before[p]) continue;
    const x = p % width,
      y = (p - x) / width;
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  }
  return right < 0 ? { x: 0, y: 0, w: 1, h: 1 } : { x: left, y: top, w: right - left + 1, h: bottom - top + 1 };
}

// LZW with codes of 9 to 12 bits: each code stands for a run of pixels that was met before.
export function compressed(pixels) {
  const CLEAR = 256,
    END = 257,
    FULL = 4096;
  const out = [];
  let held = 0,
    bits = 0,
    size = 9,
    next = 258,
    known = new Map();
  const emit = (code) => {
    held |= code << bits;
    bits += size;
    while (bits >= 8) {
      out.push(held & 255);
      held >>>= 8;
      bits -= 8;
    }
  };
  emit(CLEAR);
  let run = pixels[0];
  for (let k = 1; k < pixels.length; k++) {
    const key = (run << 8) | pixels[k];
    if (known.has(key)) {
      run = known.get(key);
      continue;
    }
    emit(run);
    if (next === FULL) {
      emit(CLEAR);
      [size, next, known] = [9, 258, new Map()];
    } else {
      known.set(key, next);
      if (next++ === 1 << size) size++;
    }
    run = pixels[k];
  }
  emit(run);
  if (next === 1 << size && size < 12) size++; // who reads has one entry more by now
  emit(END);
  if (bits) out.push(held & 255);
  return Uint8Array.from(out);
}

// In blocks of at most 255 bytes, each after its length, and an empty one at the end.
function inBlocks(data) {
  const chunks = [];
  for (let at = 0; at < data.length; at += 255) {
    const part = data.subarray(at, at + 255);
    chunks.push(Uint8Array.of(part.length), part);
  }
  return concatenated([...chunks, Uint8Array.of(0)]);
}
