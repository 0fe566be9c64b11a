// Where the numbers of one step stand: beside their edges, over no box, no arrowhead, no edge of the step and no other
// number. Of several ways to write a number the first that has room is taken; one without room is not shown, as the
// line of calculation below the picture says it, too.
//
// Entry points: `placeLabels`, `overlap`, `crosses`. Rectangles are {x, y, width, height}, x and y their middle.

const APART = 6; // between a number and what is near it
const CROSSING = 60; // what it costs to stand on an edge of another step, in pixels farther away
const HEAD = 20; // room for an arrowhead around the end of an edge

// labels: [{sizes: [{width, height}], curve: [points]}]; boxes: [{x, y, width, height}], x and y the corner; curves: of
// the other edges of the step; tips: the ends of all edges; others: the curves of edges that rather stay free, too. Returns for each label {x, y, size}, `size` the number of the one taken, or null.
export function placeLabels(labels, boxes, curves = [], tips = [], others = []) {
  const all = [...labels.map(({ curve }) => curve), ...curves];
  const ends = all.flatMap((curve) => [curve[0], curve[curve.length - 1]]);
  const heads = [...ends, ...tips].map(({ x, y }) => ({ x, y, width: HEAD, height: HEAD }));
  const middles = boxes.map(({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2, width, height }));
  const taken = [];
  return labels.map(({ sizes, curve }) => {
    const near = [...middles, ...heads].filter((one) => isNear(one, curve, sizes[0]));
    const best = bestPlace(sizes, curve, [...near, ...taken], all, others);
    if (best) taken.push({ ...best, ...sizes[best.size] });
    return best;
  });
}

export function overlap(a, b, apart = 0) {
  return (
    Math.abs(a.x - b.x) < (a.width + b.width) / 2 + apart && Math.abs(a.y - b.y) < (a.height + b.height) / 2 + apart
  );
}

function bestPlace(sizes, curve, obstacles, curves, others) {
  for (const [size, one] of sizes.entries()) {
    let best = null;
    for (const place of candidates(one, curve)) {
      const rectangle = { ...place, ...one };
      if (best && place.cost >= best.cost) continue;
      if (obstacles.some((other) => overlap(rectangle, other, 1))) continue;
      if (curves.some((points) => crosses(rectangle, points))) continue;
      const cost = place.cost + CROSSING * others.filter((points) => crosses(rectangle, points)).length;
      if (!best || cost < best.cost) best = { ...place, cost };
    }
    if (best) return { x: best.x, y: best.y, size };
  }
  return null;
}

// Whether the line through the points touches the rectangle, also between two of them that are far apart.
export function crosses(rectangle, points) {
  const w = rectangle.width / 2 + 1,
    h = rectangle.height / 2 + 1;
  for (let k = 0; k + 1 < points.length; k++) {
    const px = points[k].x - rectangle.x,
      py = points[k].y - rectangle.y,
      dx = points[k + 1].x - points[k].x,
      dy = points[k + 1].y - points[k].y;
    const isApart = Math.abs(px + dx / 2) > w + Math.abs(dx) / 2 || Math.abs(py + dy / 2) > h + Math.abs(dy) / 2;
    // The corners lie on both sides of the line, or the rectangle is passed.
    if (!isApart && Math.abs(px * dy - py * dx) <= w * Math.abs(dy) + h * Math.abs(dx)) return true;
  }
  return false;
}

// Above, below, left and right of each point of the curve, clear of the whole curve; what is far from the middle of the
// curve, or from the curve, costs more.
function candidates({ width, height }, curve) {
  const result = [],
    half = (curve.length - 1) / 2;
  curve.forEach(({ x, y }, k) => {
    if (k === 0 || k === curve.length - 1) return;
    const beside = (axis, other, size, length) => {
      const at = { x, y }[axis];
      const passed = curve.filter((p) => Math.abs(p[axis] - at) <= size / 2 + APART).map((p) => p[other]);
      const [low, high] = [Math.min(...passed), Math.max(...passed)];
      for (const place of [low - APART - length / 2, high + APART + length / 2]) {
        const distance = Math.abs(place - { x, y }[other]);
        result.push({ ...{ x, y }, [other]: place, cost: distance + (40 * Math.abs(k - half)) / half });
      }
    };
    beside("x", "y", width, height);
    beside("y", "x", height, width);
  });
  return result;
}

function isNear({ x, y, width, height }, curve, size) {
  const far = size.width + 2 * size.height;
  return curve.some((p) => Math.abs(p.x - x) < width / 2 + far && Math.abs(p.y - y) < height / 2 + far);
}
