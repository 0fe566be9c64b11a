// Wheel, drag, and two fingers move the view.

export function listenToHands({ svg, camera }) {
  const fingers = new Map();
  const spot = (event) => {
    const corner = svg.getBoundingClientRect();
    return { x: event.clientX - corner.left, y: event.clientY - corner.top };
  };
  svg.addEventListener(
    "wheel",
    (event) => {
      // In a notebook the wheel scrolls the notebook until somebody has clicked into the picture.
      if (window !== window.parent && !document.hasFocus()) return;
      event.preventDefault();
      camera.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), spot(event));
    },
    { passive: false },
  );
  svg.addEventListener("pointerdown", (event) => {
    fingers.set(event.pointerId, spot(event));
    camera.dragged = 0;
  });
  svg.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = spot(event),
      other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    fingers.set(event.pointerId, now);
    camera.dragged += Math.hypot(now.x - before.x, now.y - before.y);
    if (other) {
      const far = (p) => Math.max(1, Math.hypot(p.x - other.x, p.y - other.y));
      camera.zoom(far(now) / far(before), { x: (now.x + other.x) / 2, y: (now.y + other.y) / 2 });
    } else if (camera.dragged > 4) {
      svg.setPointerCapture(event.pointerId); // not before: a click must reach the box
      camera.pan(now.x - before.x, now.y - before.y);
    }
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"])
    svg.addEventListener(end, (event) => fingers.delete(event.pointerId));
}
