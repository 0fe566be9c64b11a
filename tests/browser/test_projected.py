"""What a lecturer projects: in no step of any graph does anything cover what it explains, and numbers can be read."""

from __future__ import annotations

from itertools import pairwise

import pytest

import nn
from autograd import Value, explore, functions
from autograd import sum as total


def six():
    a, b, c = Value(2.0, "a"), Value(-3.0, "b"), Value(5.5, "c")
    return (a * b + c).tanh()


def square():
    x = Value(3.0, "x")
    return x * x + 5 * x


def dead_relu():
    w, x, b = Value(-2.0, "w"), Value(3.0, "x"), Value(1.0, "b")
    return ((w * x + b).relu() * Value(4.0, "v") - 1) ** 2


def long_labels():
    a = Value(1.5, "learning_rate_of_the_first_hidden_layer")
    b = Value(-1234.5678, "Geschwindigkeitsbegrenzung der Straße")
    c = Value(1e-7, "∂loss/∂weights[12][34] (previous)")
    return (a * b + c).tanh() * (a - c) + b.exp()


def softmax_loss():
    return -functions.log(functions.softmax([Value(k * 0.5 - 1, f"z{k}") for k in range(4)])[2])


def extremes():
    y = Value(0.3, "x0")
    for k in range(12):
        other = Value(0.3 + 0.1 * ((k * 7) % 5 - 2), f"x{k + 1}")
        y = functions.maximum(y, other) if k % 2 else functions.minimum(y, other * 1.5)
    return y


def perceptron():
    return (nn.MLP(2, [3, 1], seed=1)([1.0, -2.0]) - 1) ** 2


def chain(length=60):
    y = Value(0.5, "x")
    for _ in range(length):
        y = y.tanh()
    return y


def fan_out(n=30):
    x = Value(0.7, "x")
    return total([(x * (k + 1)).tanh() for k in range(n)])


def shared(n=12):
    x = Value(0.7, "x")
    y = x * 1
    for k in range(n):
        y = y + x * Value(k / 10, f"w{k}")
    return y


def moons(n=100):
    model = nn.MLP(2, [16, 16, 1], seed=1)
    rows = [(0.02 * k - 1, (k * 37 % 100) / 50 - 1, 1 if k % 2 else -1) for k in range(n)]
    return total([(1 - t * model([x1, x2])).relu() for x1, x2, t in rows]) / n


SMALL = [six, square, dead_relu, long_labels, softmax_loss]  # of at most 30 nodes
LARGE = [extremes, perceptron, chain, fan_out, shared, moons]
SIZES = [(1280, 800), (1920, 1080), (390, 844)]

# Walks through all steps: what covers what, what of the step is out of view, and the smallest digits of all steps.
WALK = """() => {
  const found = [];
  const area = (e) => e.getBoundingClientRect();
  const touch = (a, b) => a.left + 1 < b.right && b.left + 1 < a.right && a.top + 1 < b.bottom && b.top + 1 < a.bottom;
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const stage = area(document.querySelector(".stage")), next = document.querySelector("#next");
  const isPresented = document.querySelector("#explorer").matches(".presenting");
  let digits = Infinity, steps = 0;
  const check = () => {
    const note = (what, ...of) => found.push([steps, what, ...of.map((e) => e.textContent)]);
    const labels = all(".contribution").filter((one) => one.textContent && getComputedStyle(one).display !== "none")
      .map((one) => [one, area(one)]);
    const texts = all(".box text, .box > rect:last-of-type, .frame-title text").map((one) => [one, area(one)]);
    labels.forEach(([label, place], k) => {
      for (const [other, room] of [...labels.slice(k + 1), ...texts])
        if (touch(place, room)) note("covered", label, other);
    });
    for (const path of all(".edge")) {
      const length = path.getTotalLength(), matrix = path.getScreenCTM();
      const at = (place) => path.getPointAtLength(place).matrixTransform(matrix);
      const { x, y } = at(path.matches(".sends") ? 4 : length - 4), half = 4 * matrix.a;
      const head = { left: x - half, right: x + half, top: y - half, bottom: y + half };
      for (const [label, place] of labels) if (touch(place, head)) note("arrowhead", label);
      if (!path.matches(".reads, .sends, .on-path")) continue;
      for (let place = 0; place < length; place += Math.max(4, length / 100)) {
        const { x, y } = at(place);
        const crossed = labels.find(([one, a]) => one.dataset.edge !== path.dataset.edge // its own line has a gap there
          && x > a.left && x < a.right && y > a.top && y < a.bottom);
        if (crossed) note("crossed", crossed[0]);
      }
    }
    for (const box of all(".box")) {
      const rect = area(box.querySelector(":scope > rect:last-of-type"));
      const written = all("text", box).filter((one) => one.textContent).map((one) => [one, area(one)]);
      written.forEach(([one, a], k) => {
        if (a.left < rect.left || a.right > rect.right) note("too wide", one);
        for (const [other, b] of written.slice(k + 1)) {
          const isOneLine = Math.abs(a.top + a.bottom - b.top - b.bottom) < 0.6 * Math.min(a.height, b.height);
          if (isOneLine && a.left < b.right && b.left < a.right) note("covered in its box", one, other);
        }
      });
    }
    for (const box of all(isPresented ? ".box.current" : ".box.current, .box.touched")) {
      const a = area(box);
      const isIn = a.left >= stage.left && a.right <= stage.right && a.top >= stage.top && a.bottom <= stage.bottom;
      if (!isIn) note("out of view", box);
      for (const number of all(".number", box))
        digits = Math.min(digits, 0.7 * parseFloat(getComputedStyle(number).fontSize) * number.getScreenCTM().a);
    }
  };
  check();
  while (!next.disabled) { next.click(); steps++; check(); }
  return { found, digits, steps };
}"""


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("graph", SMALL + LARGE)
def test_nothing_covers_what_it_explains_and_every_step_is_in_view(opened, graph, width, height):
    scheme = "dark" if width == 1920 else "light"
    page = opened(explore(graph()), viewport={"width": width, "height": height}, color_scheme=scheme)
    seen = page.evaluate(WALK)
    assert seen["steps"] >= 5
    assert seen["found"] == []
    if graph in SMALL and width > 390:
        assert seen["digits"] >= (11.95 if width == 1280 else 14)
    if width == 1280:
        page.keyboard.press("Home")
        page.locator("[data-node], [data-group]").first.focus()
        page.keyboard.press("Enter")  # of a node the paths, dotted; a group opens
        assert page.evaluate(WALK)["found"] == []


@pytest.mark.parametrize("graph", [*SMALL, fan_out, moons])
def test_a_presentation_keeps_the_current_box_in_view_and_large(opened, graph):
    page = opened(explore(graph()), viewport={"width": 1280, "height": 800})
    page.keyboard.press("p")
    seen = page.evaluate(WALK)
    assert seen["found"] == []
    assert seen["digits"] >= 23.95


# From now on, in each frame: where the picture is, and how well it can be seen.
WATCHED = """() => {
  window.frames = [];
  const picture = document.querySelector("#graph-svg > g");
  const look = () => {
    const { a, e, f } = picture.getCTM();
    window.frames.push([a, e, f, Number(getComputedStyle(picture).opacity)]);
    requestAnimationFrame(look);
  };
  look();
}"""

# Until the picture has stood still for some frames.
RESTS = """() => new Promise((done) => {
  const picture = document.querySelector("#graph-svg > g");
  let before = "", still = 0;
  const look = () => {
    const now = picture.getAttribute("transform") + picture.style.opacity;
    still = now === before ? still + 1 : 0;
    before = now;
    if (still > 8) done(); else requestAnimationFrame(look);
  };
  look();
})"""


def jumps(page, width, height):
    """How far the corners of the stage moved between two frames in both of which one saw the picture."""
    found = []
    for (a, e, f, _), (a2, e2, f2, seen) in pairwise(page.evaluate("window.frames")):
        if seen > 0.2:
            corners = [(x, y) for x in (0, width) for y in (0, height)]
            moved = [(abs((x - e) / a * a2 + e2 - x), abs((y - f) / a * a2 + f2 - y)) for x, y in corners]
            found.append(max(x * x + y * y for x, y in moved) ** 0.5)
    return found


@pytest.mark.parametrize("graph", [perceptron, chain])
def test_the_camera_never_jumps(opened, graph):
    page = opened(explore(graph()), reduced_motion="no-preference")
    page.evaluate(RESTS)
    page.evaluate(WATCHED)
    for key in ("ArrowRight", "ArrowRight", "End", "ArrowLeft", "Home", "0", "p", "ArrowRight", "ArrowRight", "p"):
        page.keyboard.press(key)
        page.evaluate(RESTS)
    size = page.locator("#graph-svg").bounding_box()
    moved = jumps(page, size["width"], size["height"])
    assert max(moved) <= 40
    assert sum(moved) > 1000


def test_38000_nodes_are_stepped_through_in_no_time(opened):
    page = opened(explore(moons()))
    assert page.evaluate("performance.getEntriesByType('navigation')[0].domInteractive") < 5_000
    page.locator("[data-group]", has_text="× 100").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Home")
    times = page.evaluate("""() => Array.from({ length: 9 }, () => {
      const start = performance.now();
      document.querySelector("#next").click();
      document.body.getBoundingClientRect();
      return performance.now() - start;
    }).sort((a, b) => a - b)""")
    assert times[4] < 250  # 50 on a quiet machine
