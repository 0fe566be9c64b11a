// The keyboard's focus: one box at a time can be reached with Tab, the arrow keys go on from there.

export function focusBox(app, box) {
  const { boxes } = app.picture,
    parts = boxes.get(box);
  if (!parts) return;
  if (boxes.has(app.focused)) boxes.get(app.focused).g.setAttribute("tabindex", "-1");
  app.focused = box;
  parts.g.setAttribute("tabindex", "0");
  parts.g.focus({ preventScroll: true });
  app.camera.show(parts);
}

// The next box up or down the list, or with left and right along an edge.
export function neighbour({ picture, seen, focused }, key) {
  const ids = [...picture.boxes.keys()],
    k = ids.indexOf(focused);
  if (k < 0) return ids[0];
  if (key === "ArrowUp") return ids[Math.max(0, k - 1)];
  if (key === "ArrowDown") return ids[Math.min(ids.length - 1, k + 1)];
  const edge = seen.edges.find((e) => (key === "ArrowLeft" ? e.to : e.from) === focused);
  return edge ? (key === "ArrowLeft" ? edge.from : edge.to) : focused;
}
