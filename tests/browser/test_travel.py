"""Numbers on their way, with a clock that the test moves."""

from __future__ import annotations

import pytest
from reading import Engine, assert_page_is

from autograd import Value, explore


def square():
    x = Value(3.0, "x")
    return x * x + 5 * x


@pytest.fixture
def still(watched, tmp_path):
    """A page whose time stands still until the test lets it run."""

    def open_page(explorer, **options):
        page = watched.page(reduced_motion="no-preference", **options)
        page.clock.install(time=0)
        page.goto(explorer.save(tmp_path / "graph.html").as_uri())
        page.wait_for_selector("[data-box]")
        page.clock.pause_at(1_000)
        return page

    yield open_page
    assert watched.problems == []


def row(page, node, which):
    return page.locator(f'[data-node="{node}"] .number').nth(which).text_content()


def travelling(page):
    return [text for text in page.locator(".traveller text").all_text_contents() if text]


def test_a_value_glides_forward_and_is_there_when_it_arrives(still):
    page = still(explore(square()))
    page.keyboard.press("ArrowRight")
    page.clock.run_for(200)
    assert travelling(page) == ["3", "3"]
    before = page.locator(".traveller").first.bounding_box()
    assert row(page, 1, 0) == "–"
    page.clock.run_for(400)
    assert page.locator(".traveller").first.bounding_box()["x"] > before["x"]
    page.clock.run_for(2_000)
    assert travelling(page) == []
    assert row(page, 1, 0) == "9"


def test_a_gradient_glides_back_is_multiplied_and_visibly_added(still):
    page = still(explore(square()))
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    page.clock.run_for(300)
    assert travelling(page) == ["1", "1"]
    assert row(page, 0, 1) == "5"
    before = page.locator(".traveller").first.bounding_box()
    page.clock.run_for(500)
    assert travelling(page) == ["3", "3"]
    assert page.locator(".contribution.sends").first.is_visible()
    page.clock.run_for(200)
    assert page.locator(".traveller").first.bounding_box()["x"] < before["x"]
    page.clock.run_for(200)
    assert row(page, 0, 1) == "5 + 3 + 3"
    page.clock.run_for(1_000)
    assert row(page, 0, 1) == "11"


def test_a_step_pressed_on_the_way_completes_it_and_goes_on(still):
    output = square()
    engine = Engine(output)
    page = still(explore(output))
    for step in range(1, engine.last + 1):
        page.keyboard.press("ArrowRight")
        page.clock.run_for(60)
        assert page.locator("#step").get_attribute("aria-valuenow") == str(step)
        assert_page_is(page, engine, step)
        assert page.locator(".travellers").count() <= 1
    page.keyboard.press("Home")
    assert page.locator(".travellers").count() == 0
    assert row(page, 1, 0) == "–"


@pytest.mark.parametrize("speed", ["½×", "1×", "2×", "4×"])
def test_play_waits_for_the_numbers_at_every_speed(still, speed):
    page = still(explore(square()))
    page.locator("#speed").select_option(speed)
    pause = int(page.locator("#speed").input_value())
    page.keyboard.press(" ")
    for step in (1, 2, 3):
        page.clock.run_for(pause)
        assert page.locator("#step").get_attribute("aria-valuenow") == str(step)
        assert len(travelling(page)) == 2
    page.clock.run_for(pause - 20)
    assert travelling(page) == []
    page.keyboard.press(" ")


def test_nothing_travels_where_motion_is_not_wanted(opened):
    page = opened(explore(square()))
    while page.locator("#next").is_enabled():
        page.keyboard.press("ArrowRight")
        assert page.locator(".travellers").count() == 0
