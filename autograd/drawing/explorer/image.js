// The picture as a file of its own: SVG, or PNG painted from it.

const MARGIN = 20;
const MOST_PIXELS = 3e7; // larger canvases fail in some browsers

export async function saveImage(svg, { width, height }, format, title) {
  const w = Math.ceil(width + 2 * MARGIN),
    h = Math.ceil(height + 2 * MARGIN);
  const source = new Blob([standalone(svg, w, h)], { type: "image/svg+xml" });
  const name = `${(title || "graph").replace(/[^\p{L}\p{N}_-]+/gu, "_")}.${format}`;
  if (format === "svg") return download(source, name);
  const image = new Image();
  // Not a blob: URL, which some browsers do not let a canvas read back.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(await source.text())}`;
  await image.decode();
  const scale = Math.min(2, Math.sqrt(MOST_PIXELS / (w * h)));
  const canvas = document.createElement("canvas");
  ((canvas.width = w * scale), (canvas.height = h * scale));
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  canvas.toBlob((blob) => download(blob, name), "image/png");
}

// The whole graph as it looks now, with the rules it needs and colours instead of variables.
function standalone(svg, width, height) {
  const copy = svg.cloneNode(true),
    colors = getComputedStyle(document.documentElement);
  copy.firstElementChild.setAttribute("transform", `translate(${MARGIN} ${MARGIN})`);
  for (const [name, value] of Object.entries({
    xmlns: "http://www.w3.org/2000/svg",
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
  })) {
    copy.setAttribute(name, value);
  }
  const rules = [...document.styleSheets]
    .flatMap((sheet) => [...sheet.cssRules])
    .filter((rule) => rule.selectorText?.includes(".graph"));
  const style = document.createElementNS("http://www.w3.org/2000/svg", "style");
  style.textContent = rules
    .map((rule) => rule.cssText)
    .join("\n")
    .replace(/var\((--[\w-]+)\)/g, (_, name) => colors.getPropertyValue(name).trim());
  const paper = document.createElementNS("http://www.w3.org/2000/svg", "rect");
  for (const [name, value] of Object.entries({ width, height, fill: colors.getPropertyValue("--background").trim() }))
    paper.setAttribute(name, value);
  copy.prepend(style, paper);
  return new XMLSerializer().serializeToString(copy);
}

function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
