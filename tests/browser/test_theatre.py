"""The training theatre and the network, in a browser: the numbers are Python's, every control does what it says."""

from __future__ import annotations

import math
import re
from itertools import pairwise

import pytest
from reading import numbers_on

import nn
from autograd import OPERATIONS, Graph, Value, compile, explore, operation, topological_order
from autograd import sum as total


def moons(n=100):
    model = nn.MLP(2, [16, 16, 1], seed=1)
    rows = []
    for k in range(n):
        angle, side = math.pi * (k // 2) / (n // 2), 1 if k % 2 else -1
        rows.append(((math.cos(angle) * side + (side < 0), math.sin(angle) * side + 0.5 * (side < 0)), side))
    return model, total([(1 - t * model(x)).relu() for x, t in rows]) / n


def line():
    w, b = Value(0.0, "w"), Value(0.0, "b")
    loss = total([(w * x + b - (2 * x - 1)) ** 2 for x in (0.0, 0.5, 1.0, 1.5, 2.0, 2.5)]) / 6
    return w, b, loss


def state(page):
    """The step and the loss, as the label says them."""
    found = re.match(r"step ([\d,]+).* = (\S+)", page.locator("#recording-label").inner_text())
    return int(found[1].replace(",", "")), float(found[2].replace("−", "-"))


def test_the_moons_train_in_the_page_with_the_numbers_of_python(opened):
    model, loss = moons()
    explorer = explore(loss)
    assert len(explorer.html()) < 5e6
    page = opened(explorer)
    page.locator("body").press("l")
    assert "Trains 337" in page.locator("#trained").inner_text()
    assert page.locator(".point").count() == 100
    page.locator("#rate").select_option("0.1")
    for _ in range(10):
        page.locator("body").press(".")
    compile(loss).train(nn.SGD(model.parameters(), lr=0.1), steps=10)
    expected = Graph(loss).recomputed[loss]
    page.locator("#open-all").click()  # too many to open, and nothing breaks
    taken, shown = state(page)
    assert taken == 10
    assert shown == pytest.approx(expected, rel=1e-3)
    value, _ = numbers_on(page)[topological_order(loss).index(loss)]
    assert value == pytest.approx(expected, rel=1e-12)
    page.locator("#pace").select_option("fast")
    page.locator("#rate").select_option("0.001")  # or it would be in the minimum before the next click
    page.locator("#train").click()
    page.locator("#recording-label", has_text=re.compile(r"step [1-9]\d\d")).wait_for()
    page.locator("#train").click()
    assert page.locator("#train").get_attribute("aria-label") == "▶ Train"
    assert "right" in page.locator("#recording-label").inner_text()
    before = state(page)
    page.locator("#train-step").click()
    assert state(page)[0] == before[0] + 1


def test_play_pause_step_reset_and_a_new_start(opened):
    w, _, loss = line()
    page = opened(explore(loss))
    order = topological_order(loss)
    page.get_by_role("button", name="Train", exact=True).click()
    page.locator("#rate").select_option("0.1")
    page.locator("#train-step").click()
    loss.backward()
    assert numbers_on(page)[order.index(w)][0] == pytest.approx(-0.1 * w.grad, rel=1e-13)
    page.locator("#train").click()
    page.locator("#train[aria-label*='Pause']").wait_for()
    page.locator("#recording-label", has_text=re.compile(r"step ([5-9]|\d\d)")).wait_for()
    page.locator("body").press("r")
    taken, reached = state(page)
    page.locator("#recording").fill("0")
    assert state(page) == (0, pytest.approx(loss.data, rel=1e-3))
    page.locator("#recording").fill(page.locator("#recording").get_attribute("max"))
    assert state(page) == (taken, reached)
    page.locator("#train").press("z")
    assert state(page)[0] == 0
    assert numbers_on(page)[order.index(w)][0] == 0.0
    starts = []
    for seed in ("4", "9", "4"):
        page.locator("#seed").fill(seed)
        page.locator("#train-anew").click()
        starts.append(numbers_on(page)[order.index(w)][0])
    assert starts[0] == starts[2] != starts[1]
    assert page.locator("#seed").input_value() == "5"


def test_what_diverges_stops_and_says_why(opened):
    _, _, loss = line()
    page = opened(explore(loss))
    page.locator("body").press("l")
    page.locator("#rate").select_option("3")
    page.locator("#pace").select_option("fast")
    page.locator("#train").click()
    message = page.locator("#train-message")
    message.filter(has_text="choose a smaller learning rate").wait_for()
    assert re.match(r"Stopped: step \d+ would make loss (inf|nan)\. 3 times the gradient", message.inner_text())
    assert page.locator("#train").get_attribute("aria-label") == "▶ Train"
    assert math.isfinite(state(page)[1])
    page.locator("#train-reset").click()
    assert message.inner_text() == ""
    assert state(page)[0] == 0


def test_a_recording_opens_at_its_start_and_plays(opened):
    w = Value(0.0, "w")
    step = compile((w - 3.0) ** 2, backend="python")
    step.train(nn.SGD([w], lr=0.1), steps=20, record=4)
    page = opened(explore(step))
    order = topological_order(step.loss)
    assert page.locator("#theatre").is_visible()
    slider = page.locator("#recording")
    recorded = step.recording
    assert int(slider.get_attribute("max")) == len(recorded) - 1
    assert numbers_on(page)[order.index(w)][0] == 0.0  # it opens before the training
    assert "older" not in page.locator("#details").inner_text()
    for k, (_, numbers) in enumerate(recorded):
        slider.fill(str(k))
        assert numbers_on(page)[order.index(w)][0] == numbers[0]
    page.locator("#train-reset").click()
    page.locator("#train").click()
    page.locator("#train-message").filter(has_text="The recording ends here").wait_for()
    assert slider.input_value() == str(len(recorded) - 1)
    assert state(page)[0] == 20
    page.locator("#train-step").click()  # and goes on in the page
    assert state(page)[0] == 21


def test_a_point_opens_the_graph_of_its_sample(opened):
    model, loss = moons(20)
    page = opened(explore(loss, modules={"model": model}))
    page.locator("body").press("l")
    data = page.locator("#data")
    data.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    assert "sample 4: x₁ = " in data.get_attribute("aria-label")
    page.keyboard.press("Enter")
    assert page.locator(".frame-title", has_text="sample 4").count() == 1
    box = page.locator(".point").nth(10).bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.locator(".frame-title", has_text=re.compile("sample (?!4)")).first.wait_for()


def test_numbers_changed_by_hand_are_where_training_goes_on(opened):
    w, _, loss = line()
    page = opened(explore(loss))
    page.locator("body").press("l")
    page.locator("#train-step").click()
    page.locator(f'[data-node="{topological_order(loss).index(w)}"]').click()
    page.locator("#value-input").fill("2")
    page.locator("#value-input").press("Enter")
    assert state(page)[0] == 1
    page.locator("#recording").fill("0")
    page.locator("#recording").fill("1")
    assert numbers_on(page)[topological_order(loss).index(w)][0] == 2.0


def test_one_chooses_what_is_trained(opened):
    w, b, loss = line()
    page = opened(explore(loss))
    page.locator("body").press("l")
    page.locator("#trained").click()
    page.get_by_label("b", exact=True).uncheck()
    assert page.locator("#trained").inner_text() == "Trains 1 parameter"
    page.locator("#train-step").click()
    order = topological_order(loss)
    assert numbers_on(page)[order.index(b)][0] == 0.0 != numbers_on(page)[order.index(w)][0]
    page.get_by_label("w", exact=True).uncheck()
    assert page.locator("#train").is_disabled()


def test_without_anything_to_train_there_is_no_button(opened):
    frozen = Value(2.0, requires_grad=False)
    assert opened(explore((frozen * 3).tanh())).locator("#theatre-open").is_hidden()
    x = Value(2.0)
    assert opened(explore([x * 3, x * 2])).locator("#theatre-open").is_hidden()


def test_the_network_and_the_graph_point_at_each_other(opened):
    model, loss = moons(20)
    page = opened(explore(loss, modules={"model": model}))
    page.locator("body").press("w")
    assert page.locator(".neuron").count() == 2 + 16 + 16 + 1
    assert page.locator(".link-line").count() == 2 * 16 + 16 * 16 + 16
    first = page.locator(".neuron.operation").first
    assert "layers[0].neurons[0]" in first.get_attribute("aria-label")
    first.focus()
    page.keyboard.press("ArrowDown")
    assert "layers[0].neurons[1]" in page.locator(".neuron:focus").get_attribute("aria-label")
    assert page.locator(".box.of-neuron").count() >= 1
    page.keyboard.press("Enter")
    assert page.locator(".frame-title", has_text="neurons[1]").count() >= 1
    inside = page.locator(".box.operation[data-node]").first
    inside.hover()
    assert page.locator(".neuron.lit").count() >= 1
    widths = "() => [...document.querySelectorAll('.link-line')].map((line) => line.getAttribute('stroke-width'))"
    before = page.evaluate(widths)
    page.locator("#lines").select_option("gradients")
    assert page.evaluate(widths) != before
    page.locator("#lines").select_option("weights")
    page.locator("body").press("l")
    page.locator("#train-step").click()
    assert page.evaluate(widths) != before


def test_the_outputs_of_one_network_are_one_sample_in_the_page(opened):
    model = nn.MLP(1, [4, 2], activation="tanh", seed=3)
    xs = [k / 4 - 1 for k in range(9)]
    loss = nn.mean_squared_error([model([x]) for x in xs], [[x * x, -x] for x in xs])
    page = opened(explore(loss, modules={"model": model}))
    page.locator("body").press("l")
    assert page.locator(".point").count() == 2 * 9
    assert page.locator("#data path.course").count() == 2


def test_what_cannot_be_trained_says_so(opened):
    w = Value(-1.0, "w")
    page = opened(explore(w.log() + w))
    page.locator("body").press("l")
    page.locator("#train-step").click()
    assert "is nan already" in page.locator("#train-message").inner_text()
    op = operation("theirs", "theirs", math.erf, lambda y, x: (2 / math.sqrt(math.pi) * math.exp(-x * x),))
    try:
        page = opened(explore(op(Value(0.5)) ** 2))
    finally:
        OPERATIONS.pop("theirs")
    page.locator("body").press("l")
    assert "does not know how “theirs” is computed" in page.locator("#train-message").inner_text()
    assert page.locator("#train").is_disabled()


SMALL_TARGETS = """() => [...document.querySelectorAll("#beside :is(button, select, input, summary, label)")]
    .filter((each) => each.offsetParent && !each.matches("label:has(select, [type=number]), [type=checkbox]"))
    .map((each) => [each.id || each.textContent, each.getBoundingClientRect().height])
    .filter(([, height]) => height < 44)"""


def test_on_a_telephone_everything_fits_and_fingers_hit(opened):
    _, _, loss = line()
    page = opened(explore(loss), viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.locator("#network-open").tap()
    page.locator("#theatre-open").tap()
    page.locator("#trained").tap()
    assert page.evaluate(SMALL_TARGETS) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#train-step").tap()
    assert state(page)[0] == 1
    box = page.locator(".point").nth(2).bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] / 2 + 8, box["y"] + box["height"] / 2 + 8)  # beside it
    assert "chosen: term 3" in page.locator("#data").get_attribute("aria-label")


@pytest.mark.parametrize("width", [900, 1280, 1500, 1920])
def test_nothing_stands_on_anything_else(opened, width):
    _, _, loss = line()
    page = opened(explore(loss), viewport={"width": width, "height": 900})
    for key in "wl.":
        page.locator("body").press(key)
    shown = [page.locator(part) for part in (".stage", "#beside", "aside") if page.locator(part).is_visible()]
    boxes = [part.bounding_box() for part in shown]
    assert len(boxes) == (3 if width >= 1500 else 2)
    for left, right in pairwise(boxes):
        assert left["x"] + left["width"] <= right["x"] + 1
    rows = {page.locator(each).bounding_box()["y"] for each in ("#search", "#theatre-open", "#help")}
    assert len(rows) == 1 or width < 1280
    assert boxes[-1]["x"] + boxes[-1]["width"] <= width + 1
    inside = page.locator("#plots").bounding_box()
    assert boxes[1]["x"] <= inside["x"] <= inside["x"] + inside["width"] <= boxes[1]["x"] + boxes[1]["width"]


FONT_SIZES = """() => [...document.querySelectorAll("#beside text, #recording-label")]
    .map((each) => parseFloat(getComputedStyle(each).fontSize))"""


@pytest.mark.parametrize("size", [(1280, 800), (1920, 1080)])
def test_in_a_presentation_the_plots_stay_and_are_large(opened, size):
    _, _, loss = line()
    page = opened(explore(loss), viewport={"width": size[0], "height": size[1]})
    for key in "wlp":
        page.locator("body").press(key)
    page.locator("body").press(".")
    assert state(page)[0] == 1
    assert page.locator("#data svg").is_visible()
    assert page.locator("aside").is_hidden()
    sizes = page.evaluate(FONT_SIZES)
    assert sizes
    assert min(sizes) >= 24
