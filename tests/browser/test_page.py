"""The explorer's page in Chromium, with the network switched off."""

from __future__ import annotations

from itertools import pairwise

import pytest
from reading import Engine, assert_page_is, close, numbers_on

import nn
from autograd import Value, explore, topological_order
from autograd import sum as total
from autograd.drawing.style import DARK, LIGHT


def small():
    a, b, c = Value(2.0, "a"), Value(-3.0, "b"), Value(5.5, "c")
    return (a * b + c).tanh()


def to_start(page):
    page.locator("body").press("Home")
    assert page.locator("#step").get_attribute("aria-valuenow") == "0"


def test_every_step_shows_the_numbers_of_the_engine(opened):
    output = small()
    engine = Engine(output)
    page = opened(explore(output))
    to_start(page)
    sentences = set()
    for step in range(engine.last + 1):
        assert page.locator("#step").get_attribute("aria-valuenow") == str(step)
        assert_page_is(page, engine, step)
        sentences.add(page.locator("#sentence").inner_text())
        if step < engine.last:
            page.locator("#next").click()
    assert len(sentences) == engine.last + 1  # each step says something of its own
    assert page.locator("#next").is_disabled()
    gradients = {engine.order[i].label: g for i, (_, g) in numbers_on(page).items() if engine.order[i].label}
    assert gradients == {leaf.label: leaf.grad for leaf in engine.order if leaf.label}


def test_x_times_x_sends_twice(opened):
    x = Value(3.0, "x")
    y = x * x + x
    engine = Engine(y)
    page = opened(explore(y))
    to_start(page)
    for step in range(engine.last + 1):
        assert_page_is(page, engine, step)
        page.keyboard.press("ArrowRight")
    product = engine.index[y.parents[0]]
    assert page.locator(f'[data-from="{engine.index[x]}"][data-to="{product}"]').count() == 2
    assert numbers_on(page)[engine.index[x]] == (3.0, 7.0)


def test_a_changed_leaf_changes_everything(opened):
    output = small()
    order = topological_order(output)
    page = opened(explore(output))
    page.locator("body").press("End")
    page.locator(f'[data-node="{order.index(next(n for n in order if n.label == "a"))}"]').click()
    for number in ("1.75", "-4", "0"):
        page.locator("#value-input").fill(number)
        page.locator("#value-input").press("Enter")
        a, b, c = Value(float(number), "a"), Value(-3.0, "b"), Value(5.5, "c")
        again = (a * b + c).tanh()
        engine = Engine(again)
        assert_page_is(page, engine, engine.last)
    page.get_by_role("button", name="reset").first.click()
    engine = Engine(small())
    assert_page_is(page, engine, engine.last)


def moons_loss(n=100):
    model = nn.MLP(2, [16, 16, 1], seed=1)
    rows = [(0.02 * k - 1, (k * 37 % 100) / 50 - 1, 1 if k % 2 else -1) for k in range(n)]
    return model, total([(1 - t * model([x1, x2])).relu() for x1, x2, t in rows]) / n


def test_a_network_folds_and_opens(opened):
    model, loss = moons_loss()
    engine = Engine(loss)
    assert len(engine.order) > 30_000
    page = opened(explore(loss))
    assert f"{len(model.parameters())} nodes" in page.locator("[data-group]", has_text="model").first.text_content()
    folded = page.locator("[data-box]").count()
    assert folded < 40
    assert "× 100" in page.locator("#graph-svg").text_content()
    assert page.evaluate("performance.now()") < 20_000

    def open_group(text):
        boxes = page.locator("[data-group]", has_text=text)
        assert boxes.count() >= 1, text
        boxes.first.focus()
        page.keyboard.press("Enter")

    open_group("× 100")
    assert page.locator("[data-group]", has_text="sample").count() == 8
    assert page.locator("[data-more]").count() == 1
    page.locator("[data-more]").focus()
    page.keyboard.press("Enter")
    assert page.locator("[data-group]", has_text="sample").count() == 16
    open_group("sample")
    open_group("layers[0]")
    open_group("neurons")
    page.locator("body").press("End")
    shown = numbers_on(page)
    assert len(shown) > 4
    for node, (value, gradient) in shown.items():
        expected = engine.order[node]
        assert close(value, expected.data, 1e-12)
        assert expected.is_constant or close(gradient, expected.grad, 1e-10)
    page.locator("#fold-all").click()
    assert page.locator("[data-box]").count() == folded
    page.locator("#open-all").click()
    assert "more than anybody can read" in page.locator("#message").inner_text()
    page.locator("#search").fill("neurons[3].weights[1]")
    page.locator("#search").press("Enter")
    assert page.locator("#details").inner_text().count("weights[1]") >= 1


OUTLINES = """() => [...document.querySelectorAll(".box")].map(box => {
    const frame = box.querySelector(":scope > rect:last-of-type");
    return [box === document.activeElement, getComputedStyle(frame).outlineStyle];
})"""


def test_by_keyboard_alone(opened):
    output = small()
    engine = Engine(output)
    page = opened(explore(output))
    page.locator("body").press("Home")
    assert_page_is(page, engine, 0)
    page.keyboard.press("End")
    assert_page_is(page, engine, engine.last)
    page.keyboard.press("ArrowLeft")
    assert_page_is(page, engine, engine.last - 1)
    for _ in range(30):  # Tab reaches the graph
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('#graph-svg') !== null"):
            break
    else:
        pytest.fail("Tab never reaches the graph")
    seen = set()
    for _ in range(len(engine.order) + 1):
        page.keyboard.press("ArrowDown")
        seen.add(page.evaluate("document.activeElement.dataset.node"))
        for has_focus, outline in page.evaluate(OUTLINES):
            assert (outline == "solid") == has_focus
    assert len(seen) == len(engine.order)
    page.keyboard.press("Home")
    page.keyboard.press("Enter")  # pins the node that has the focus
    assert page.locator("#details").inner_text().strip()
    page.keyboard.press(" ")
    assert page.locator("#play").get_attribute("aria-label") == "pause"
    page.keyboard.press(" ")
    assert page.locator("#play").get_attribute("aria-label") == "play"


def background(page):
    return page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--background').trim()")


def test_light_and_dark(opened):
    page = opened(explore(small()), color_scheme="dark")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    assert background(page) == DARK["background"]
    page.emulate_media(color_scheme="light")
    page.wait_for_selector("html[data-theme=light]")
    assert background(page) == LIGHT["background"]
    page.locator("#theme").click()
    chosen = {page.locator("html").get_attribute("data-theme")}
    page.locator("#theme").click()
    chosen.add(page.locator("html").get_attribute("data-theme"))
    assert chosen == {"light", "dark"}


HOSTILE = [
    "</script><img src=x onerror=document.title='pwned'>",
    "\"'`${document.title='pwned'}",
    "<!--<script>document.title='pwned'",
    "\u202egnp.exe",
    "🦊 ∂ø",
    "x" * 10_000,
    "]]>&lt;b&gt;",
    "constructor",
    "__proto__",
]


def test_hostile_labels_are_text(opened):
    leaves = [Value(1.0 + k, label) for k, label in enumerate(HOSTILE)]
    page = opened(explore(total(leaves)))
    page.locator("body").press("End")
    for node in range(len(leaves)):
        page.locator(f'[data-node="{node}"]').click()
    page.locator("#search").fill("<")
    page.locator("#search").press("Enter")
    assert page.title() != "pwned"
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2
    assert "onerror=" in page.locator("#graph-svg").text_content()


def test_export(opened, tmp_path):
    page = opened(explore(small()))
    for button, beginning in (("#export-svg", b"<"), ("#export-png", b"\x89PNG")):
        with page.expect_download() as download:
            page.locator(button).click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        content = path.read_bytes()
        assert content.startswith(beginning)
        assert len(content) > 1_000
        if button == "#export-svg":
            assert b"tanh" in content
            picture = path
    page.goto(picture.as_uri())  # a picture of its own, well formed
    assert page.evaluate("document.documentElement.tagName") == "svg"


# Numbers of edges that cover a box, an arrowhead, or each other; words in a box that cover its numbers.
OVERLAPS = """() => {
  const area = (e) => e.getBoundingClientRect();
  const touch = (a, b) => a.left + 1 < b.right && b.left + 1 < a.right && a.top + 1 < b.bottom && b.top + 1 < a.bottom;
  const found = [];
  const check = (a, b) => touch(area(a), area(b)) && found.push(`${a.textContent} | ${b.textContent}`);
  const isShown = (label) => label.textContent && getComputedStyle(label).display !== "none";
  const labels = [...document.querySelectorAll(".contribution")].filter(isShown);
  labels.forEach((label, k) => labels.slice(k + 1).forEach((other) => check(label, other)));
  for (const path of document.querySelectorAll(".edge")) {
    const place = path.matches(".sends") ? 5 : path.getTotalLength() - 5;
    const { x, y } = path.getPointAtLength(place).matrixTransform(path.getScreenCTM());
    const head = { left: x - 4, right: x + 4, top: y - 4, bottom: y + 4 };
    for (const label of labels) if (touch(area(label), head)) found.push(`${label.textContent} | arrowhead`);
  }
  for (const box of document.querySelectorAll(".box")) {
    for (const label of labels) check(label, box.querySelector("rect"));
    box.querySelectorAll(".word").forEach((word, k) => check(word, box.querySelectorAll(".number")[k]));
    const [title, rect] = [area(box.querySelector(".title")), area(box.querySelector("rect"))];
    if (title.right > rect.right) found.push(title.textContent);
  }
  return found;
}"""

# Numbers of the current step that an edge runs through.
CROSSED = """() => {
  const found = [];
  for (const label of document.querySelectorAll(".contribution.sends")) {
    const area = label.getBoundingClientRect();
    for (const path of document.querySelectorAll(".edge")) {
      for (let at = 0; at < path.getTotalLength(); at += 3) {
        const { x, y } = path.getPointAtLength(at).matrixTransform(path.getScreenCTM());
        if (x > area.left && x < area.right && y > area.top && y < area.bottom) found.push(label.textContent);
      }
    }
  }
  return found;
}"""

# Boxes of the current step that are not wholly in view.
OUTSIDE = """() => {
  const stage = document.querySelector(".stage").getBoundingClientRect();
  return [...document.querySelectorAll(".box.current, .box.touched")].map((box) => [box, box.getBoundingClientRect()])
    .filter(([, b]) => b.left < stage.left || b.right > stage.right || b.top < stage.top || b.bottom > stage.bottom)
    .map(([box]) => box.textContent);
}"""

# How high the digits in the boxes of the step are on the screen.
DIGITS = """() => Math.min(...[...document.querySelectorAll(":is(.box.current, .box.touched) .number")].map(
  (number) => 0.7 * parseFloat(getComputedStyle(number).fontSize) * number.getScreenCTM().a))"""


def formula():
    u, v, x = Value(0.123456, "u"), Value(-0.98765, "W" * 20), Value(-3.14159, "x")
    return (u * v * (u / v) + u * v - u / v) * -0.012345 + x * x * 0.00001234 + (x - 0.3) ** 2


def chain(length):
    y = Value(0.5, "x")
    for _ in range(length):
        y = y.tanh()
    return y


@pytest.mark.parametrize(("graph", "direction"), [(formula, "LR"), (formula, "TB"), (lambda: chain(40), "LR")])
def test_no_number_covers_what_it_explains(opened, graph, direction):
    page = opened(explore(graph(), direction=direction))
    to_start(page)
    written = 0
    while page.locator("#next").is_enabled():
        page.keyboard.press("ArrowRight")
        assert page.evaluate(OVERLAPS) == []
        assert page.evaluate(OUTSIDE) == []
        written += page.evaluate("[...document.querySelectorAll('.contribution.sends')].some((e) => e.textContent)")
    assert written >= 12  # nearly all steps backward


@pytest.mark.parametrize(("width", "height", "least"), [(1280, 800, 12), (1920, 1080, 14)])
@pytest.mark.parametrize("graph", [formula, lambda: chain(25)])
def test_the_numbers_of_a_step_can_be_read_from_the_last_row(opened, graph, width, height, least):
    page = opened(explore(graph()), viewport={"width": width, "height": height})
    while page.locator("#next").is_enabled():
        page.keyboard.press("ArrowRight")
        assert page.evaluate(DIGITS) >= least, page.locator("#step-label").inner_text()


# The smallest letters that are shown, in pixels.
LETTERS = """() => Math.min(...[...document.querySelectorAll("#graph-svg text, #sentence, #formula span")]
  .filter((text) => text.textContent && text.checkVisibility())
  .map((text) => parseFloat(getComputedStyle(text).fontSize) * (text.getScreenCTM?.().a ?? 1)))"""

# What of the page can be seen, but for the picture and the sentence.
AROUND = """() => [...document.querySelectorAll(
  ":is(.toolbar, aside, .player) :is(button, input, select, summary, h2)")]
  .filter((one) => one.checkVisibility()).map((one) => one.id)"""


@pytest.mark.parametrize(("width", "height"), [(1000, 620), (1280, 800), (1920, 1080)])
@pytest.mark.parametrize("graph", [small, lambda: chain(25)])
def test_a_presentation_can_be_read_from_the_last_row(opened, graph, width, height):
    page = opened(explore(graph()), viewport={"width": width, "height": height})
    page.keyboard.press("p")
    assert page.locator("#graph-svg").bounding_box()["width"] == width
    for _ in range(int(page.locator("#step").get_attribute("max"))):
        page.keyboard.press("PageDown")  # as a clicker does
        assert page.evaluate(DIGITS) >= 24
        assert page.evaluate(LETTERS) >= 24
        assert page.evaluate(OUTSIDE) == []
        assert page.evaluate(OVERLAPS) == []
        assert page.evaluate("(words => words.scrollHeight <= words.clientHeight)(document.querySelector('.words'))")


def test_a_presentation_keeps_its_numbers_large_where_a_step_does_not_fit(opened):
    page = opened(explore(moons_loss(4)[1]))
    page.locator("#search").fill("layers[1].neurons[3].weights[1]")
    page.locator("#search").press("Enter")
    page.locator("#present").click()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
        assert page.evaluate(DIGITS) >= 23.99
        current, stage = page.locator(".box.current").bounding_box(), page.locator(".stage").bounding_box()
        assert stage["x"] <= current["x"] <= stage["x"] + stage["width"] - current["width"]
        assert stage["y"] <= current["y"] <= stage["y"] + stage["height"] - current["height"]


def test_a_presentation_is_left_with_escape_or_its_button(opened):
    page = opened(explore(small()), color_scheme="dark")
    before = page.evaluate(AROUND)
    step = page.locator("#step").get_attribute("aria-valuenow")
    page.locator("#present").click()
    assert page.evaluate(AROUND) == ["leave"]
    page.keyboard.press("Escape")
    assert page.evaluate(AROUND) == before
    assert page.evaluate("document.activeElement.id") == "present"
    page.keyboard.press("p")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.locator("#leave").click()
    assert page.evaluate(AROUND) == before
    assert page.locator("#step").get_attribute("aria-valuenow") == step
    assert page.evaluate(OUTSIDE) == []
    page.keyboard.press("PageDown")  # scrolls, where nobody presents
    assert page.locator("#step").get_attribute("aria-valuenow") == step


def test_a_full_screen_that_ends_ends_the_presentation(opened):
    page = opened(explore(small()))
    page.keyboard.press("p")
    page.wait_for_function("document.fullscreenElement !== null")
    page.evaluate("document.exitFullscreen()")
    page.locator("#leave").wait_for(state="hidden")
    assert page.locator(".toolbar").is_visible()


def test_fingers_keep_the_buttons_in_a_presentation(opened):
    page = opened(explore(small()), viewport={"width": 1024, "height": 768}, has_touch=True, is_mobile=True)
    page.locator("#present").tap()
    page.locator("#next").tap()
    assert page.locator("#step").get_attribute("aria-valuenow") == "1"
    assert page.locator("#speed").is_hidden()
    page.locator("#leave").tap()
    assert page.locator("#speed").is_visible()


WATCH = """() => {
  window.corners = [];
  const look = () => {
    window.corners.push(document.querySelector('[data-node="0"]').getBoundingClientRect().x);
    requestAnimationFrame(look);
  };
  look();
}"""


# Until the box of the step is in view.
ARRIVED = """() => new Promise((done) => {
  const right = document.querySelector(".stage").getBoundingClientRect().right;
  const look = () => {
    if (document.querySelector(".box.current").getBoundingClientRect().right < right) done();
    else requestAnimationFrame(look);
  };
  look();
})"""


@pytest.mark.parametrize("motion", ["no-preference", "reduce"])
def test_the_view_glides_unless_somebody_minds(opened, motion):
    page = opened(explore(chain(9)), reduced_motion=motion)
    page.evaluate(WATCH)
    for _ in range(7):
        page.keyboard.press("ArrowRight")
        page.evaluate(ARRIVED)
    corners = page.evaluate("window.corners")
    moved = [abs(b - a) for a, b in pairwise(corners) if a != b]
    if motion == "reduce":
        assert 1 <= len(moved) <= 7
    else:
        assert max(moved) <= 40
        assert len(moved) > 10


def test_it_opens_at_the_start_with_the_first_operation_in_view(opened):
    y = Value(0.5, "x")
    for _ in range(20):
        y = y.tanh()
    y.backward()
    page = opened(explore(y))
    assert page.locator("#step").get_attribute("aria-valuenow") == "0"
    assert page.locator("#sentence").inner_text().startswith("The inputs have their numbers")
    first = page.locator('[data-node="1"]')
    assert first.bounding_box()["x"] >= 0
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")
    assert first.bounding_box()["x"] >= 0


def test_fitting_a_long_chain_shows_boxes_and_not_a_hairline(opened):
    page = opened(explore(chain(500)))
    for _ in range(300):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("0")
    page.keyboard.press("-")
    assert page.locator(".box.current").bounding_box()["height"] >= 8
    assert page.evaluate(OUTSIDE) == []
    assert page.locator(".stage").get_attribute("data-beyond") == "top bottom"  # and it says that there is more


def test_zooming_out_and_dragging_never_lose_a_small_graph(opened):
    page = opened(explore(small()))
    for _ in range(30):
        page.keyboard.press("-")
    assert page.locator(".box.output").bounding_box()["width"] > 60
    stage = page.locator(".stage").bounding_box()
    for _ in range(3):
        page.mouse.move(stage["x"] + 30, stage["y"] + 30)
        page.mouse.down()
        page.mouse.move(stage["x"] + 900, stage["y"] + 30, steps=5)
        page.mouse.up()
    assert page.locator('[data-node="0"]').bounding_box()["x"] < stage["x"] + stage["width"]


@pytest.mark.parametrize("width", [390, 700, 960, 992])
def test_embedded_in_a_notebook_every_step_is_in_view(opened, width):
    page = opened(explore(small()), viewport={"width": width, "height": 620})
    assert page.locator('[data-node="2"]').bounding_box()["x"] >= 0
    while page.locator("#next").is_enabled():
        page.keyboard.press("ArrowRight")
        assert page.evaluate(OUTSIDE) == []
        assert page.evaluate(OVERLAPS) == []


def test_a_small_graph_in_a_notebook_is_seen_as_a_whole(opened):
    page = opened(explore(chain(4)), viewport={"width": 1040, "height": 560})
    assert page.locator(".stage").get_attribute("data-beyond") == ""


def test_the_path_of_a_pinned_node_runs_through_no_number_of_the_step(opened):
    a = Value(3.0, "a")
    page = opened(explore(a * a + a * 5.0))
    page.locator('[data-node="0"]').click()
    while page.locator("#next").is_enabled():
        page.keyboard.press("ArrowRight")
        assert page.evaluate(CROSSED) == []
        assert page.evaluate(OVERLAPS) == []


def test_a_step_takes_the_light_from_the_box_that_was_pointed_at(opened):
    page = opened(explore(small()))
    page.locator('[data-node="0"]').hover()
    assert page.locator(".pointed").count() == 1
    page.keyboard.press("ArrowRight")
    assert page.locator(".pointed").count() == 0


def test_one_hint_until_the_first_step(opened):
    page = opened(explore(small()))
    assert page.locator("#hint").is_visible()
    page.keyboard.press("ArrowRight")
    assert page.locator("#hint").is_hidden()
    page.reload()
    page.wait_for_selector("[data-box]")
    assert page.locator("#hint").is_hidden()


def test_the_keys_are_listed_and_every_control_has_a_name_and_a_tooltip(opened):
    page = opened(explore(small()))
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    assert "next step" in page.locator("#keys").inner_text()
    page.keyboard.press("ArrowRight")  # belongs to the dialog
    page.keyboard.press("Escape")
    assert page.locator("#keys").is_hidden()
    assert page.locator("#step").get_attribute("aria-valuenow") == "0"
    page.keyboard.press("/")
    page.keyboard.type("v1")
    assert page.locator("#found li").first.inner_text().startswith("v1")
    nameless = """() => [...document.querySelectorAll(":is(.toolbar, .player) :is(button, select)")]
        .filter((e) => !e.title || !(e.textContent.trim() || e.getAttribute("aria-label"))).map((e) => e.id)"""
    assert page.evaluate(nameless) == []


def test_a_box_is_called_by_what_stands_in_it(opened):
    page = opened(explore(small()))
    page.keyboard.press("End")
    calls = """() => [...document.querySelectorAll(".box")].map(
        (box) => [box.getAttribute("aria-label"), box.textContent.replace(/\\s+/g, " ").trim()])"""
    for called, seen in page.evaluate(calls):
        assert called == seen
    assert page.locator("h1").count() == 1


def test_search_by_keyboard(opened):
    a, b = Value(2.0, "weight"), Value(3.0, "weight of the other")
    page = opened(explore((a * b).tanh()))
    page.locator("#search").fill("weight")
    page.keyboard.press("ArrowDown")
    assert page.locator("#found li[aria-selected=true]").inner_text() == "weight of the other"
    page.keyboard.press("Enter")
    assert page.locator("#details h2").inner_text().startswith("weight of the other")


CONTRAST = """() => {
  const channels = (color) => color.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = (color) => channels(color).map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
  const paper = light(getComputedStyle(document.body).backgroundColor);
  const ratio = (color) => (Math.max(light(color), paper) + 0.05) / (Math.min(light(color), paper) + 0.05);
  const all = [...document.querySelectorAll("button, select, input[type=search]")];
  return Math.min(...all.map((e) => ratio(getComputedStyle(e).borderTopColor)));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_borders_of_controls_can_be_seen(opened, scheme):
    page = opened(explore(small()), color_scheme=scheme)
    assert page.evaluate(CONTRAST) >= 3


# Colours of the drawing, and beside them what the reader has chosen for all pages.
FORCED = """() => {
  const chosen = (name) => {
    const probe = document.body.appendChild(document.createElement("i"));
    probe.style.cssText = `forced-color-adjust: none; color: ${name}`;
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
  const all = (selector, property) =>
    [...new Set([...document.querySelectorAll(selector)].map((e) => getComputedStyle(e)[property]))];
  return {
    paper: chosen("Canvas"), ink: chosen("CanvasText"), highlight: chosen("Highlight"),
    boxes: all(".box rect", "fill"), numbers: all(".box .number", "fill"), edges: all(".edge:not(.sends)", "stroke"),
    sent: all(".edge.sends", "stroke"), slider: all("#step", "forcedColorAdjust"),
    found: all("#found li[aria-selected=true]", "backgroundColor"),
  };
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colors_are_those_of_the_reader(opened, tmp_path, scheme):
    page = opened(explore(small(), theme="light"), color_scheme=scheme, forced_colors="active")
    page.keyboard.press("End")
    page.locator("#search").fill("v")
    page.keyboard.press("ArrowDown")
    colors = page.evaluate(FORCED)
    assert colors["boxes"] == [colors["paper"]]
    assert colors["numbers"] == colors["edges"] == [colors["ink"]]
    assert colors["sent"] not in ([colors["ink"]], [colors["paper"]])
    assert colors["slider"] == ["none"]  # its two colours are a picture, which would be taken away
    assert colors["found"] == [colors["highlight"]]
    with page.expect_download() as download:
        page.locator("#export-svg").click()
    download.value.save_as(tmp_path / "saved.svg")
    assert LIGHT["leaf"] in (tmp_path / "saved.svg").read_text(encoding="utf-8")  # for others, who chose nothing


# Controls that are cut off, or stay outside of the window wherever one scrolls.
UNREACHABLE = """() => [...document.querySelectorAll(
  ":is(button, input, select, summary, a, #sentence, #formula span)")]
  .filter((one) => one.checkVisibility() && !one.closest(".unseen"))
  .filter((one) => {
    one.scrollIntoView({ block: "nearest" });
    const { left, right, top, bottom } = one.getBoundingClientRect();
    const isOut = left < -0.5 || right > innerWidth + 0.5 || top < -0.5 || bottom > innerHeight + 0.5;
    return isOut || (one.tagName === "BUTTON" && one.scrollWidth > one.clientWidth + 1);
  }).map((one) => one.id || one.textContent)"""


@pytest.mark.parametrize("graph", [small, formula, lambda: moons_loss(4)[1]])
def test_at_twice_the_size_nothing_is_cut_off(opened, graph):
    page = opened(explore(graph()), viewport={"width": 640, "height": 400}, device_scale_factor=2)
    assert page.evaluate(UNREACHABLE) == []
    page.locator('[data-box="0"], [data-group]').first.click()
    page.locator(".legend summary").click()
    page.keyboard.press("End")
    assert page.evaluate(UNREACHABLE) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 640
    page.keyboard.press("?")
    page.locator("#keys button").scroll_into_view_if_needed()
    page.locator("#keys button").click()
    page.keyboard.press("p")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate(UNREACHABLE) == []
    assert page.evaluate(OUTSIDE.replace(", .box.touched", "")) == []


def test_the_legend_covers_nothing(opened):
    page = opened(explore(small()))
    page.locator(".legend summary").click()
    legend, stage = page.locator(".legend").bounding_box(), page.locator(".stage").bounding_box()
    assert legend["x"] >= stage["x"] + stage["width"]
    assert "number on an edge: as chosen above" in page.locator("#legend").inner_text()
    assert page.locator("#on-edges option:checked").inner_text() == "share: local × gradient"


def test_on_a_telephone_the_slider_of_a_tapped_leaf_is_in_view(opened):
    page = opened(explore(small()), viewport={"width": 390, "height": 844}, has_touch=True)
    page.locator('[data-node="0"]').tap()
    box = page.locator("#value-slider").bounding_box()
    assert 0 <= box["y"] <= 844 - box["height"]
    assert box["height"] >= 44 or page.evaluate("!matchMedia('(pointer: coarse)').matches")


def test_in_an_open_module_the_boxes_do_not_repeat_its_name(opened):
    model, loss = moons_loss(4)
    page = opened(explore(loss))
    page.locator("#search").fill("layers[1].neurons[3].weights[1]")
    page.locator("#search").press("Enter")
    assert page.locator(".box.pinned .title").text_content() == "weights[1]"
    assert model.parameters()


def test_of_several_results_the_panel_says_whose_gradients_are_shown(opened):
    x = Value(2.0, "x")
    square, cube = x * x, x**3
    page = opened(explore([square, cube]))
    assert "Of the 2 results the gradients are those of cube" in page.locator("#details").inner_text()


def test_graphs_without_modules_fold_too_and_nothing_opens_that_nobody_can_read(opened):
    y = Value(0.5, "x")
    for _ in range(20_000):
        y = y.tanh()
    page = opened(explore(y))
    assert page.locator("[data-box]").count() < 200
    page = opened(explore(total([Value(float(k)) * 2 for k in range(5_000)])))
    page.locator("[data-group]").first.focus()
    page.keyboard.press("Enter")
    assert "more than anybody can read" in page.locator("#message").inner_text()
    assert page.locator("[data-box]").count() < 10


def test_one_node(opened):
    page = opened(explore(Value(3.0, "x")))
    assert "Nothing is computed here" in page.locator("#sentence").inner_text()
    assert "x is an input" in page.locator("#details").inner_text()


def test_top_down_and_narrow(opened):
    page = opened(explore(small()), viewport={"width": 420, "height": 800})
    width = page.evaluate("document.documentElement.scrollWidth")
    assert width <= 420
    page.locator("#direction").click()
    page.locator("#fit").click()
    assert page.locator("[data-box]").count() == len(topological_order(small()))


def test_search_does_not_open_what_nobody_can_read(opened):
    leaves = [Value(0.001 * k, f"leaf {k}") for k in range(900)]
    page = opened(explore(total([x * 2.0 for x in leaves])))
    page.locator("#search").fill("leaf 777")
    page.locator("#search").press("Enter")
    assert page.locator("[data-box]").count() < 600
    assert page.locator(".box.pinned").count() == 1
    assert "more than anybody can read" in page.locator("#message").inner_text()
