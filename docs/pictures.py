"""Makes the pictures in this folder: `python docs/pictures.py`, with `pip install -e ".[browser]"` and a Chromium."""

from __future__ import annotations

import doctest
import math
import random
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

import nn
from autograd import Value, draw, explain, explore
from nn.plots import plot_decision_regions

FOLDER = Path(__file__).parent


def neuron() -> Any:
    x1, x2 = Value(1.0), Value(-2.0)
    w1, w2, b = Value(0.5), Value(0.75), Value(1.5)
    out = (w1 * x1 + w2 * x2 + b).tanh()
    return explore(out)


def tanh_of_a_sum() -> Any:
    w, x, b = Value(2.0), Value(0.5), Value(1.0)
    y = (w * x + b).tanh()
    return explore(y)


def used_twice() -> Any:
    a = Value(3.0)
    f = a * a + 5 * a
    f.backward()
    return explore(f)


def network() -> Any:
    model = nn.MLP(2, [4, 4, 1], seed=1)
    points = [([math.sin(k), math.cos(2 * k)], 1 if k % 2 else -1) for k in range(100)]
    loss = nn.max_margin([model(x) for x, _ in points], [y for _, y in points])
    loss.backward()
    return explore(loss)


def graph() -> None:
    w, x, b = Value(2.0), Value(0.5), Value(1.0)
    y = (w * x + b).tanh()
    y.backward()
    draw(y, show_local_derivatives=True).render(outfile=FOLDER / "neuron.svg", cleanup=True)


def circles() -> None:
    X, y = half_circles()
    model = nn.MLP(2, [6, 6, 1], activation="tanh", seed=1)
    nn.fit(model, X, y, loss="max_margin", optimizer="adam", epochs=60, progress=False)
    draw(model, inputs=[0.5, -0.25]).render(FOLDER / "network.svg")


def paths() -> None:
    x = Value(3.0)
    y = x * x + 5 * x
    explain(y, wrt=x).draw().render(FOLDER / "paths", format="svg", cleanup=True)


def half_circles() -> tuple[list[list[float]], list[int]]:
    generator = random.Random(1)
    X: list[list[float]] = []
    y: list[int] = []
    for k in range(100):
        angle = math.pi * generator.random()
        x1, x2 = math.cos(angle), math.sin(angle)
        if k % 2:
            x1, x2 = 1 - x1, 0.5 - x2
        X.append([x1 + generator.gauss(0, 0.15), x2 + generator.gauss(0, 0.15)])
        y.append(-1 if k % 2 else 1)
    return X, y


def learner() -> Any:
    X, y = half_circles()
    model = nn.MLP(2, [6, 6, 1], seed=4)
    loss = nn.max_margin([model(x) for x in X], y)
    return explore(loss)


def moons() -> None:
    X, y = half_circles()
    model = nn.MLP(2, [16, 16, 1], seed=1)
    adam = nn.Adam(model.parameters(), lr=0.02)
    nn.fit(model, X, y, loss="max_margin", optimizer=adam, epochs=200, batch_size=25, progress=False)
    plot_decision_regions(model, X, y).figure.savefig(FOLDER / "moons.png", dpi=130)


def plots() -> None:
    """The figure that the examples of plots.md draw."""
    names: dict[str, Any] = {}
    for example in doctest.DocTestParser().get_examples((FOLDER / "plots.md").read_text(encoding="utf-8")):
        exec(compile(example.source, "plots.md", "single"), names)
    names["figure"].savefig(FOLDER / "plots.png", dpi=90)


def screenshots() -> None:
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        chromium = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])

        def opened(explorer: Any, width: int, height: int, scheme: str = "light") -> Any:
            page = chromium.new_page(
                viewport={"width": width, "height": height}, color_scheme=scheme, device_scale_factor=1.5
            )
            page.goto(explorer.save(Path(folder) / "page.html").as_uri())
            page.wait_for_selector("[data-box]")
            return page

        page = opened(tanh_of_a_sum(), 1040, 620)  # a film of both passes, made by the page
        with page.expect_download() as film:
            page.locator("#export-gif").click()
        film.value.save_as(FOLDER / "both-passes.gif")

        page = opened(neuron(), 1440, 760)
        page.locator("body").press("End")
        for _ in range(2):
            page.locator("body").press("ArrowLeft")
        page.screenshot(path=FOLDER / "explorer-step.png")

        page = opened(used_twice(), 1040, 620)
        page.locator("body").press("End")
        page.locator('[data-node="0"]').click()
        page.screenshot(path=FOLDER / "explorer-paths.png")

        page = opened(network(), 1240, 680, "dark")
        for name in ("× 100", "sample"):
            page.locator("[data-group]", has_text=name).first.focus()
            page.keyboard.press("Enter")
        page.locator("body").press("End")
        page.locator("#fit").click()
        page.screenshot(path=FOLDER / "explorer-network.png")

        page = opened(learner(), 1240, 780)
        for key in "wl":
            page.locator("body").press(key)
        page.locator("#pace").select_option("fast")
        page.locator("#train").click()
        page.locator("#recording-label", has_text=re.compile(r"step [3-9]\d\d")).wait_for()
        page.locator("#train").click()
        page.wait_for_timeout(500)  # for the rest of the boundary
        page.screenshot(path=FOLDER / "explorer-training.png")
        chromium.close()


if __name__ == "__main__":
    graph()
    circles()
    paths()
    moons()
    plots()
    screenshots()
