// A long chain goes on in the next line, as text does.
//
// Entry point: `wrapped`.

const LINES = 3; // a picture of fewer stays as it is
const STRIP = 420; // pixels; what is higher is no chain
const FEW_GOING_ON = 3; // edges that go on from one line to the next
const NARROWEST = 30; // pixels between two boxes where a line may end
const INDENT = 16; // room on the left for the edges that come from the line above
const BETWEEN_LINES = 44;
const LANE = 9; // between two edges that go on

// places: as `layOut` makes them from left to right; `line`, how many pixels there are side by side.
export function wrapped(places, line) {
  const { width, height } = places;
  if (width < LINES * line || height > STRIP) return places;
  const lines = split(places, line - 3 * INDENT);
  if (lines.length < 2) return places;
  const lineAt = (x) => lines.findLast(({ from }) => from <= x) ?? lines[0];
  stack(lines, places, lineAt);
  const moved = ({ x, y }, { from, left, top, above }) => ({ x: x - from + left, y: y - top + above });
  const right = Math.max(...lines.map(({ from, to, left }) => to - from + left)) + 20;
  const last = lines[lines.length - 1];
  const all = (items) =>
    new Map([...items].map(([id, item]) => [id, { ...item, ...moved(item, lineAt(item.x + item.width / 2)) }]));
  return {
    boxes: all(places.boxes),
    frames: all(places.frames),
    edges: places.edges.map((points) => goingOn(points, lines, lineAt, moved, right)),
    width: right + LANE * FEW_GOING_ON,
    height: last.above + last.bottom - last.top,
  };
}

// Where lines may end: between boxes, where few edges go on.
function split({ boxes, frames, edges, width }, line) {
  const spans = [...boxes.values(), ...frames.values()].map(({ x, width: wide }) => [x, x + wide]).sort((a, b) => a[0] - b[0]);
  const ends = [];
  let reached = 0;
  for (const [from, to] of spans) {
    if (from - reached >= NARROWEST) ends.push((from + reached) / 2);
    reached = Math.max(reached, to);
  }
  const crossing = (x) => edges.filter((points) => points.some((p) => p.x < x) && points.some((p) => p.x > x)).length;
  const lines = [{ from: 0, to: width }];
  for (let k = 0; k < ends.length; k++) {
    const now = lines[lines.length - 1];
    const isLast = (ends[k + 1] ?? width) - now.from > line;
    if (!isLast || ends[k] - now.from < line / 4 || crossing(ends[k]) > FEW_GOING_ON) continue;
    now.to = ends[k];
    lines.push({ from: ends[k], to: width });
  }
  return lines;
}

// The lines below each other, each as high as what stands in it.
function stack(lines, { boxes, frames, edges }, lineAt) {
  for (const [k, each] of lines.entries()) Object.assign(each, { k, top: Infinity, bottom: -Infinity, left: k ? INDENT : 0 });
  const grow = (each, from, to) => Object.assign(each, { top: Math.min(each.top, from), bottom: Math.max(each.bottom, to) });
  for (const { x, y, width, height } of [...boxes.values(), ...frames.values()]) grow(lineAt(x + width / 2), y, y + height);
  for (const points of edges) for (const { x, y } of points) grow(lineAt(x), y, y);
  let above = 0;
  for (const each of lines) {
    each.above = above;
    above += each.bottom - each.top + BETWEEN_LINES + LANE * FEW_GOING_ON;
  }
}

// An edge through the end of a line: to the right border, back between the lines, and in from the left.
function goingOn(points, lines, lineAt, moved, right) {
  const result = [];
  let now = lineAt(points[0].x);
  for (const point of points) {
    const next = lineAt(point.x);
    for (let k = now.k; k < next.k; k++) {
      const [line, below] = [lines[k], lines[k + 1]];
      const lane = (line.lanes = (line.lanes ?? -1) + 1);
      const start = result[result.length - 1],
        end = moved({ x: below.from, y: point.y }, below);
      const between = below.above - LANE * (lane + 1) - 14,
        aside = right + LANE * lane,
        inside = 4 + LANE * lane;
      result.push({ x: aside, y: start.y }, { x: aside, y: between }, { x: inside, y: between }, { x: inside, y: end.y });
    }
    result.push(moved(point, next));
    now = next;
  }
  return result;
}
