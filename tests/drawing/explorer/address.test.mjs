import assert from "node:assert/strict";
import { test } from "node:test";
import { addressOf, readAddress } from "../../../autograd/drawing/explorer/address.js";
import { makeGraph } from "../../../autograd/drawing/explorer/engine.js";
import { makeFolding } from "../../../autograd/drawing/explorer/folding.js";
import { makeSteps } from "../../../autograd/drawing/explorer/steps.js";
import { OPERATIONS, network } from "./fixtures.mjs";

function page() {
  const graph = makeGraph(network(), OPERATIONS),
    folding = makeFolding(graph);
  const camera = { x: 0, y: 0, scale: 1, fitted: true };
  const app = { graph, folding, camera, steps: makeSteps(graph), step: 0, direction: "LR", mode: "boxes" };
  return Object.assign(app, { onEdges: "share", colors: "kind", pinned: null });
}

const readOn = ({ graph, folding, steps }, text) => readAddress(text, graph, folding, steps, ["share", "local", "gradient"]);

test("what is written is read again", () => {
  const app = page();
  Object.assign(app, { step: 7, direction: "TB", mode: "nodes", onEdges: "local", colors: "gradient", pinned: 3 });
  app.folding.open = new Set([2, 0]);
  app.folding.shownOf.set(1, 16);
  app.graph.value[0] = -0.1234567890123;
  Object.assign(app.camera, { x: -12.4, y: 30, scale: 1.25, fitted: false });
  const text = Object.entries(addressOf(app)).map(([name, value]) => `&${name}=${value}`).join("");
  assert.deepEqual(readOn(app, `#nodes=${app.graph.n}${text}`), {
    step: 7,
    open: [0, 2],
    more: [[1, 16]],
    inputs: [[0, -0.1234567890123]],
    direction: "TB",
    mode: "nodes",
    edges: "local",
    colors: "gradient",
    pin: 3,
    view: [-12, 30, 1250],
  });
});

test("an address that does not fit is none", () => {
  const app = page(),
    { n } = app.graph;
  assert.deepEqual(readOn(app, `#nodes=${n}`), {});
  const inner = app.graph.output;
  for (const text of ["", "#", "#section", "#nodes=5&step=1", `#step=1`, `#nodes=${n}&step=999999`, `#nodes=${n}&step=-1`,
    `#nodes=${n}&step=1e3`, `#nodes=${n}&open=0.x`, `#nodes=${n}&inputs=${inner}:1`, `#nodes=${n}&inputs=0:`, `#nodes=${n}&inputs=0:one`,
    `#nodes=${n}&direction=up`, `#nodes=${n}&edges=constructor`, `#nodes=${n}&__proto__=1`, `#nodes=${n}&view=1.NaN.2`, `#nodes=${n}&%`])
    assert.equal(readOn(app, text), null, text);
});

test("more inputs than an address holds are left out", () => {
  const app = page();
  app.graph.value.forEach((_, i) => app.graph.operation[i] === null && (app.graph.value[i] += 1));
  const { inputs } = addressOf(app);
  assert.ok(inputs === "" || inputs.split(",").length <= 400);
});
