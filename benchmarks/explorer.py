"""The explorer's page for graphs of four sizes: how long it takes to make, to open, to lay out and to train, how large
it is.

The graphs are losses over samples as users of micrograd write them, with sums of two terms. The browser's times need
`pip install -e ".[browser]"` and a Chromium.
"""

from __future__ import annotations

import math
import shutil
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from autograd import Graph, Value, explore
from autograd.drawing.explorer.payload import stale
from autograd.drawing.folding.groups import find_groups

from .measure import in_turn, report


class Net:
    """A multi-layer perceptron with one node for each addition."""

    def __init__(self, sizes: list[int]) -> None:
        self.layers = [
            [([Value(math.sin(i * n + j)) for j in range(n)], Value(0.0)) for i in range(m)] for n, m in pairwise(sizes)
        ]

    def named_parameters(self) -> Any:
        for i, layer in enumerate(self.layers):
            for j, (weights, bias) in enumerate(layer):
                yield from ((f"layers[{i}].neurons[{j}].weights[{k}]", w) for k, w in enumerate(weights))
                yield f"layers[{i}].neurons[{j}].bias", bias

    def __call__(self, x: list[Any]) -> Any:
        for layer in self.layers:
            x = [sum((w * xi for w, xi in zip(weights, x, strict=True)), bias).tanh() for weights, bias in layer]
        return x[0]


SIZES = {"60 nodes": ([2, 2, 1], 2), "600 nodes": ([2, 4, 4, 1], 8), "3000 nodes": ([2, 8, 8, 1], 14)}
SIZES["70000 nodes"] = ([2, 16, 16, 1], 108)


OPENED = "() => new Promise(done => requestAnimationFrame(() => done(performance.now())))"
LAID_OUT = """id => {
    const start = performance.now();
    document.getElementById(id).click();
    document.querySelector("#graph-svg").getBoundingClientRect();  // so that the browser has placed everything
    return performance.now() - start;
}"""


# Steps of training in a second while the page draws the boundary, the loss and the graph, too.
TRAINED = """() => new Promise(done => {
    const at = (id) => document.getElementById(id);
    at("theatre-open").click();
    at("pace").value = "fast";
    at("rate").value = "0.00001";  // so that it does not end
    at("rate").dispatchEvent(new Event("change"));
    at("train").click();
    const start = performance.now();
    setTimeout(() => {
        at("train").click();
        const steps = Number(at("recording-label").textContent.replace(/,/g, "").match(/step (\\d+)/)[1]);
        done(steps / (performance.now() - start) * 1000);
    }, 3000);
})"""


def in_browser(page: Path) -> dict[str, float]:
    """Seconds to open the page, to lay out its folded graph anew, and to open all groups where that is allowed; how
    many steps it trains in a second.
    """
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None or not find_spec("playwright"):
        return {}
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        tab = browser.new_page()
        tab.goto(page.as_uri())
        tab.wait_for_selector("[data-box]")
        found = {"seconds_to_open": tab.evaluate(OPENED) / 1000, "boxes": tab.locator("[data-box]").count()}
        found["seconds_to_lay_out"] = min(tab.evaluate(LAID_OUT, "direction") for _ in range(3)) / 1000
        if tab.locator("#open-all").is_visible():
            found["seconds_to_open_all"] = tab.evaluate(LAID_OUT, "open-all") / 1000
            found["boxes_open"] = tab.locator("[data-box]").count()
            tab.locator("#fold-all").click()
        found["steps_of_training_per_second"] = tab.evaluate(TRAINED)
        browser.close()
    return found


def run() -> None:
    for name, (sizes, n) in SIZES.items():
        net = Net(sizes)
        inputs = [([Value(math.sin(k)), Value(math.cos(k))], float(k % 2)) for k in range(n)]
        loss = sum((net(x) - y) ** 2 for x, y in inputs)
        loss.backward()
        graph = Graph(loss, modules={"net": net})
        explorer = explore(loss)
        seconds = in_turn(
            {
                "seconds": lambda: explore(loss).html(),  # noqa: B023
                "seconds_groups": lambda: find_groups(graph),  # noqa: B023
                "seconds_stale": lambda: stale(graph),  # noqa: B023
                "seconds_html": explorer.html,
            },
            rounds=5,
        )
        with TemporaryDirectory() as folder:
            page = explorer.save(Path(folder) / "graph.html")
            size, browser = page.stat().st_size, in_browser(page)
        groups = len(explorer.graph["groups"])
        report("explorer", name, nodes=len(graph), bytes=size, groups=groups, **seconds, **browser)
