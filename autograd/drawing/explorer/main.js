// The page: its state, and everything that listens. Read `state.js` next, then `show.js`, which shows the state.

import { listenToAddress } from "./address.js";
import { listenToBeside } from "./beside.js";
import { makeCamera } from "./camera.js";
import { showCode } from "./code.js";
import { listenToControls } from "./controls.js";
import { makeGraph } from "./engine.js";
import { listenToGuesses } from "./guess.js";
import { listenToHands } from "./hands.js";
import { showHint } from "./hint.js";
import { listenToKeys } from "./keys.js";
import { listenToNetwork } from "./network.js";
import { listenToMinimap } from "./minimap.js";
import { useNumberFormat } from "./numbers.js";
import { close, jump, lookAtStep, open, overview } from "./opening.js";
import { showLegend } from "./panel.js";
import { listenToPointer } from "./pointer.js";
import { listenToPractice } from "./practice.js";
import { listenToPresentation } from "./present.js";
import { listenToScrubs } from "./scrub.js";
import { listenToSearch } from "./search.js";
import { light, pin, redraw, refresh } from "./show.js";
import { makeState, resetLeaves, setLeaves } from "./state.js";
import { nameOf } from "./steps.js";
import { arrowheads, element } from "./svg.js";
import { listenToTheatre } from "./theatre.js";
import { followTheme } from "./theme.js";

const NARROW = 600; // pixels

// Bring the page inside `root` to life. `operations`: name -> {forward, derivatives, shares}, see engine.js.
export function mount(root, json, operations) {
  const at = (id) => root.querySelector(`#${id}`);
  useNumberFormat(json.number_format);
  const graph = makeGraph(json, operations);
  const svg = at("graph-svg"),
    drawing = element("g");
  svg.append(drawing, arrowheads());
  const app = { root, at, svg, drawing, camera: makeCamera(svg, drawing), watchers: [] }; // called after whatever changes
  Object.assign(app, makeState(graph, json, window.innerWidth < NARROW));
  app.act = panelActs(app);
  const listeners = [listenToControls, listenToScrubs, listenToHands, listenToKeys, listenToPointer, listenToPresentation];
  for (const listenTo of [...listeners, listenToSearch]) listenTo(app, json);
  followTheme(at("theme"), json.theme || "auto");
  showLegend(at("legend"), app.folding.groups.length > 0);
  svg.setAttribute("aria-label", `${svg.getAttribute("aria-label")}; the result is ${nameOf(graph, graph.output)}`);
  showCode(app);
  redraw(app);
  overview(app);
  showHint(app);
  listenToPractice(app, json, operations);
  const beside = [listenToBeside, listenToGuesses, listenToTheatre, listenToNetwork, listenToAddress, listenToMinimap];
  for (const listenTo of beside) listenTo(app, json);
  // Again when a notebook shows its iframe only later, and until somebody has chosen what to see.
  new ResizeObserver(() => {
    if (app.camera.isNear) lookAtStep(app);
    else if (svg.clientWidth && app.camera.fitted) overview(app);
  }).observe(svg);
  return app;
}

// What the buttons of the panel do.
function panelActs(app) {
  return {
    show: (node) => jump(app, { node }),
    open: (box) => open(app, box),
    close: (g) => close(app, g),
    look: () => overview(app),
    point: (box) => box !== app.pointed && ((app.pointed = box), light(app)),
    unpin: () => pin(app, null),
    setLeaf: (node, number) => (setLeaves(app, [[node, number]]), refresh(app)),
    reset: () => {
      resetLeaves(app);
      app.at("details").replaceChildren(); // its field holds the old number
      refresh(app);
    },
  };
}
