// The steps as a film: a GIF of the picture as it is folded now, with the words of each step below it.
//
// Entry point: `saveFilm`.

import { widthOf } from "./boxes.js";
import { makeGif } from "./gif.js";
import { download, fileName, painted, standalone } from "./image.js";
import { pause } from "./player.js";
import { refresh, say } from "./show.js";
import { element } from "./svg.js";

const FILM_MARGIN = 20; // as around other pictures
const MOST_FRAMES = 200;
const LARGEST_FILM = [1000, 800]; // pixels
const LEAST_SCALE = 0.35; // smaller, nothing could be read
const FILM_LINE = 24; // height of one in the words
const SLOWER = 2.5; // times as long as the other steps stand the first and the last

export async function saveFilm(app) {
  const { stops, step, picture, graph } = app;
  if (app.isFilming || isTooMuch(app)) return;
  app.isFilming = true;
  try {
    const width = Math.max(560, Math.ceil(picture.width + 2 * FILM_MARGIN)),
      height = Math.ceil(picture.height + 2 * FILM_MARGIN);
    const larger = Math.max(1, width / LARGEST_FILM[0]); // words are as large in the film, whatever the picture is
    const words = wordsOf(app, (width - 2 * FILM_MARGIN) / larger);
    const below = larger * (FILM_LINE * Math.max(...words.map((lines) => lines.length)) + FILM_MARGIN);
    const scale = Math.min(1, LARGEST_FILM[0] / width, LARGEST_FILM[1] / (height + below));
    const frames = [];
    for (const [k, stop] of stops.entries()) {
      say(app, `GIF: step ${k + 1} of ${stops.length}`);
      showStep(app, stop);
      const source = standalone(app.svg, width, height + below, captionOf(words[k], height, larger));
      const { canvas, context } = await painted(source, width * scale, (height + below) * scale);
      const isEnd = k === 0 || k === stops.length - 1;
      const delay = Math.round((pause(app) / 10) * (isEnd ? SLOWER : 1));
      frames.push({ pixels: context.getImageData(0, 0, canvas.width, canvas.height).data, delay, canvas });
    }
    const { canvas } = frames[0];
    const gif = makeGif(canvas.width, canvas.height, frames);
    download(new Blob([gif], { type: "image/gif" }), fileName(graph.title, "gif"));
    say(app, "");
  } finally {
    app.isFilming = false;
    showStep(app, step);
  }
}

function isTooMuch(app) {
  const { width, height } = app.picture;
  const scale = Math.min(LARGEST_FILM[0] / width, LARGEST_FILM[1] / height);
  if (app.stops.length > MOST_FRAMES)
    say(app, `A GIF of ${app.stops.length.toLocaleString("en")} steps would be very long: fold parts of the graph, or let the player stop at each box.`);
  else if (scale < LEAST_SCALE) say(app, "In a GIF of this picture nothing could be read: fold parts of the graph, or turn it.");
  else return false;
  return true;
}

function showStep(app, step) {
  app.step = step;
  refresh(app);
}

// For each step its words in lines that fit.
function wordsOf(app, most) {
  return app.stops.map((stop) => {
    showStep(app, stop);
    const rows = [...app.at("formula").children].map((row) => [...row.children].map((cell) => cell.textContent).join("  "));
    return [app.at("sentence").textContent, ...rows].flatMap((text, k) => inLines(text, most / (k ? 1 : 1.2)));
  });
}

function inLines(text, most) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines[lines.length - 1]} ${word}`.trim();
    if (lines[lines.length - 1] && widthOf(longer) > most) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return lines;
}

function captionOf(lines, top, larger) {
  const text = lines.map((line, k) =>
    element("text", { class: k ? "caption" : "caption first", y: FILM_LINE * (k + 0.5), "xml:space": "preserve" }, line),
  );
  return [element("g", { transform: `translate(${FILM_MARGIN} ${top}) scale(${larger})` }, ...text)];
}
