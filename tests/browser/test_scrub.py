"""Values that are dragged in their boxes, by mouse, finger and keys, and the curve of the result against an input."""

from __future__ import annotations

import pytest
from reading import Engine, assert_page_is, numbers_on

from autograd import Value, explore


def small(a=2.0):
    left, b, c = Value(a, "a"), Value(-3.0, "b"), Value(5.5, "c")
    return (left * b + c).tanh()


def value_of_a(page):
    """Where the number of a stands on the screen: its middle."""
    box = page.locator('[data-node="0"] .number').first.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, dx, release=True):
    x, y = value_of_a(page)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y, steps=3)
    page.mouse.move(x + dx, y, steps=3)
    page.wait_for_function(f"document.querySelector('[data-node=\"0\"]').dataset.value === '{2 + 0.02 * dx:g}'")
    if release:
        page.mouse.up()


def engine(output):
    return Engine(output)


def test_everything_follows_a_value_that_is_dragged(opened):
    page = opened(explore(small()))
    before = page.locator("#graph-svg > g").get_attribute("transform")
    drag(page, 20)
    again = engine(small(2.4))
    assert_page_is(page, again, again.last)
    assert page.locator("#graph-svg > g").get_attribute("transform") == before  # the view has not been dragged
    assert page.locator("#sentence").inner_text().startswith("a: 2 → 2.4.")
    assert page.locator("#value-input").input_value() == "2.4"  # it is pinned, and the click after it changed nothing


def test_ghosts_show_the_old_gradients_until_it_is_let_go(opened):
    page = opened(explore(small()))
    page.keyboard.press("End")
    old = page.locator('[data-node="0"] .number').nth(1).text_content()
    drag(page, 20, release=False)
    assert page.locator('[data-node="0"] .ghost').text_content() == old
    assert page.locator(".slope .ghost").count() == page.locator(".slope .tangent").count() == 1
    page.mouse.up()
    assert page.locator(".ghost").count() == 0
    assert page.locator('[data-node="0"] .number').nth(1).text_content() != old


def test_escape_brings_the_old_number_back(opened):
    page = opened(explore(small()))
    drag(page, 30, release=False)
    page.keyboard.press("Escape")
    assert numbers_on(page)[0][0] == 2.0
    page.mouse.up()
    assert numbers_on(page)[0][0] == 2.0
    again = engine(small())
    assert_page_is(page, again, again.last)


def test_by_keys(opened):
    page = opened(explore(small()))
    page.locator('[data-node="0"]').focus()
    page.keyboard.press("v")
    assert "arrow keys" in page.locator("#sentence").inner_text()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert numbers_on(page)[0][0] == 3.0
    page.keyboard.press("Enter")
    again = engine(small(3.0))
    assert_page_is(page, again, again.last)
    page.keyboard.press("v")
    page.keyboard.press("PageUp")
    assert numbers_on(page)[0][0] == 4.0
    page.keyboard.press("Escape")
    assert numbers_on(page)[0][0] == 3.0
    page.keyboard.press("ArrowLeft")  # the player's again
    assert page.locator("#step").get_attribute("aria-valuenow") == str(again.last - 1)


FINGER = """([x, y, dx, dy]) => {
  const svg = document.querySelector("#graph-svg"), target = document.elementFromPoint(x, y);
  svg.setPointerCapture = () => {};
  const send = (type, x, y) => target.dispatchEvent(new PointerEvent(type, {
    bubbles: true, cancelable: true, pointerId: 7, pointerType: "touch", clientX: x, clientY: y, button: 0 }));
  send("pointerdown", x, y);
  for (let k = 1; k <= 10; k++) send("pointermove", x + (dx * k) / 10, y + (dy * k) / 10);
  return new Promise((done) => requestAnimationFrame(() => (send("pointerup", x + dx, y + dy), done())));
}"""


@pytest.mark.parametrize(("dx", "dy", "value"), [(25, 3, 2.5), (0, 40, 2.0)])
def test_a_finger_that_moves_sideways_changes_the_value_another_one_the_view(opened, dx, dy, value):
    page = opened(explore(small()), viewport={"width": 390, "height": 844}, has_touch=True)
    before = page.locator("#graph-svg > g").get_attribute("transform")
    page.evaluate(FINGER, [*value_of_a(page), dx, dy])
    assert numbers_on(page)[0][0] == value
    assert (page.locator("#graph-svg > g").get_attribute("transform") == before) == (dx > dy)
    assert page.evaluate("scrollY") == 0  # what is under the finger stays there


def test_the_panel_shows_the_result_against_the_input_with_its_tangent(opened):
    page = opened(explore(small()))
    page.locator('[data-node="0"] .title').click()
    figure = page.locator(".slope-figure")
    assert figure.locator("svg").get_attribute("aria-label").startswith("v3 against a: from 1 to")
    assert "∂v3/∂a = −2.359" in figure.inner_text()
    course = figure.locator(".course-line").get_attribute("d")
    page.locator("#value-slider").fill("1.5")
    assert figure.locator(".course-line").get_attribute("d") == course  # only the point on it moves
    assert "∂v3/∂a = −2.359" not in figure.inner_text()
