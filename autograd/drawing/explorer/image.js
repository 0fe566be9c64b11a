// The picture as a file of its own: SVG, or PNG painted from it.

const AROUND = 20; // pixels of paper
const MOST_PIXELS = 3e7; // larger canvases fail in some browsers

export async function saveImage(svg, { width, height }, format, title) {
  const w = Math.ceil(width + 2 * AROUND),
    h = Math.ceil(height + 2 * AROUND);
  const source = standalone(svg, w, h);
  if (format === "svg") return download(new Blob([source], { type: "image/svg+xml" }), fileName(title, format));
  const scale = Math.min(2, Math.sqrt(MOST_PIXELS / (w * h)));
  const { canvas } = await painted(source, w * scale, h * scale);
  canvas.toBlob((blob) => download(blob, fileName(title, format)), "image/png");
}

export function fileName(title, ending) {
  return `${(title || "graph").replace(/[^\p{L}\p{N}_-]+/gu, "_")}.${ending}`;
}

// An SVG on a canvas of this size.
export async function painted(source, width, height) {
  const image = new Image();
  // Not a blob: URL, which some browsers do not let a canvas read back.
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(source)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  ((canvas.width = width), (canvas.height = height));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return { canvas, context };
}

// The whole graph as it looks now, with the rules it needs and colours instead of variables, and `more` elements.
export function standalone(svg, width, height, more = []) {
  const copy = svg.cloneNode(true),
    colors = getComputedStyle(document.documentElement);
  copy.firstElementChild.setAttribute("transform", `translate(${AROUND} ${AROUND})`);
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
  copy.append(...more);
  return new XMLSerializer().serializeToString(copy);
}

export function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
