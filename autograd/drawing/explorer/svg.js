// Elements of the page and of the drawing.

const SVG = "http://www.w3.org/2000/svg";
const TAGS = new Set(["svg", "g", "rect", "path", "text", "title", "defs", "marker", "tspan", "circle", "line"]);

export function element(tag, attributes = {}, ...children) {
  const made = TAGS.has(tag)
    ? document.createElementNS(SVG, tag)
    : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children); // strings become text nodes: a label is never read as markup
  return made;
}

export function arrowheads() {
  const head = (id) =>
    element(
      "marker",
      {
        id,
        viewBox: "0 0 8 8",
        refX: 7,
        refY: 4,
        markerWidth: 8,
        markerHeight: 8,
        markerUnits: "userSpaceOnUse",
        orient: "auto-start-reverse",
      },
      element("path", { class: id, d: "M0 0L8 4L0 8z" }),
    );
  return element("defs", {}, head("arrow"), head("arrow-reads"), head("arrow-sends"));
}

export function set(target, name, value) {
  if (target.getAttribute(name) !== value) target.setAttribute(name, value);
}

export function round(x) {
  return Math.round(x * 10) / 10;
}
