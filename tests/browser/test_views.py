"""What the page shows beside the graph: keys, the numbers on edges, the heat map, the measured derivative."""

from __future__ import annotations

from test_page import OUTSIDE, OVERLAPS, chain, moons_loss, small, to_start

from autograd import Value, explore

# Controls of the page without a name, a tooltip or a key.
INCOMPLETE = """() => [...document.querySelectorAll(
  ":is(.toolbar, .player, .reading) :is(button, select, input)")]
  .filter((one) => one.checkVisibility() && !one.matches("#hint-close, #step, .link"))
  .filter((one) => !one.title || !one.dataset.keys || !one.ariaKeyShortcuts
    || !(one.textContent.trim() || one.ariaLabel || one.labels?.length))
  .map((one) => one.id)"""


def test_every_control_has_a_name_a_tooltip_and_a_key_and_the_list_says_so(opened):
    page = opened(explore(moons_loss(4)[1]))
    assert page.evaluate(INCOMPLETE) == []
    keys = page.eval_on_selector_all("[data-keys]", "all => all.flatMap((one) => one.dataset.keys.split(' '))")
    assert len(keys) == len(set(keys)) > 20
    page.keyboard.press("?")
    listed = page.locator("#keys").inner_text()
    for title in page.eval_on_selector_all(
        "[data-keys]", "all => all.filter((one) => !one.closest('[hidden]')).map((one) => one.title)"
    ):
        assert title.rpartition(" (")[0] in listed


def test_the_list_of_keys_opens_at_its_beginning_in_a_short_window(opened):
    page = opened(explore(small()), viewport={"width": 900, "height": 330})
    page.keyboard.press("?")
    assert page.evaluate("document.querySelector('#keys').scrollTop") == 0
    assert page.locator("#keys h2").bounding_box()["y"] >= 0
    page.locator("#keys dd").last.scroll_into_view_if_needed()
    page.locator("#keys button").click()
    assert page.locator("#keys").is_hidden()


def test_keys_press_the_controls(opened):
    page = opened(explore(moons_loss(4)[1]))
    before = page.locator("[data-box]").count()
    page.keyboard.press("d")
    assert page.locator("#direction").inner_text() == "↓ down"
    page.keyboard.press("n")
    assert page.locator("#mode").input_value() == "nodes"
    page.keyboard.press("o")
    page.keyboard.press("f")
    assert page.locator("[data-box]").count() <= before
    page.keyboard.press("t")
    assert page.locator("#theme").get_attribute("aria-label") == "theme: light"


ON_EDGES = """() => [...document.querySelectorAll(".contribution")]
  .map((label) => label.dataset.text).filter((text) => text)"""


def test_the_number_on_an_edge_is_one_of_three_and_the_control_says_which(opened):
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    page = opened(explore((a * b) * (a + 5 * b)))
    to_start(page)
    assert page.evaluate(ON_EDGES) == []
    page.keyboard.press("e")
    assert page.locator("#on-edges option:checked").inner_text() == "local derivative"
    page.keyboard.press("ArrowRight")
    assert sorted(page.evaluate(ON_EDGES)) == ["2", "−3"]  # from the forward pass on
    while page.locator("#next").is_enabled():
        page.keyboard.press("ArrowRight")
        assert page.evaluate(OVERLAPS) == []
    assert sum("×" in text for text in page.evaluate(ON_EDGES)) <= 2  # the step itself is calculated in full
    page.keyboard.press("e")
    page.keyboard.press("0")
    assert page.locator("#on-edges option:checked").inner_text() == "gradient that is handed back"
    assert {"−13", "−6", "1"} & {text for text in page.evaluate(ON_EDGES) if "×" not in text}


def test_vanishing_gradients_are_seen_at_a_glance(opened):
    x = Value(1.0, "x")
    y = x
    for _ in range(10):
        y = (0.1 * y).sigmoid()
    page = opened(explore(y))
    page.keyboard.press("h")
    assert page.locator(".box[data-heat]").count() == 0  # no gradient yet
    page.keyboard.press("End")
    levels = [int(level) for level in page.eval_on_selector_all(".box.operation, .box.leaf, .box.output", HEAT)]
    assert levels == sorted(levels)
    assert (levels[0], levels[-1]) == (0, 8)
    fills = page.eval_on_selector_all(".box[data-heat] rect", "all => all.map((one) => getComputedStyle(one).fill)")
    assert len(set(fills)) > 5
    assert "largest 1" in page.locator("#scale").inner_text()
    page.locator("#scale .link", has_text="x").click()
    assert page.locator("#details h2").inner_text().startswith("x")
    page.keyboard.press("h")
    assert page.locator(".box[data-heat]").count() == len(levels)  # now values
    page.keyboard.press("h")
    assert page.locator("[data-heat]").count() == 0
    assert page.locator("#scale").inner_text() == ""


HEAT = "all => all.map((one) => one.dataset.heat)"


def test_the_text_of_boxes_can_be_read_on_every_colour(opened):
    for scheme in ("light", "dark"):
        page = opened(explore(chain(9)), color_scheme=scheme)
        page.keyboard.press("End")
        for _ in range(2):
            page.keyboard.press("h")
            assert page.evaluate(CONTRAST) >= 4.5


CONTRAST = """() => {
  const light = (color) => color.match(/[\\d.]+/g).slice(0, 3).map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0);
  const ratio = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const style = (e) => light(getComputedStyle(e).fill);
  return Math.min(...[...document.querySelectorAll(".box[data-heat]")].flatMap((box) =>
    [...box.querySelectorAll("text")].map((text) => ratio(style(text), style(box.querySelector("rect"))))));
}"""


def test_the_measured_derivative_stands_beside_the_gradient(opened):
    a, b = Value(2.0, "a"), Value(0.0, "b")
    page = opened(explore((a * 3.0).tanh() + b.relu()))
    page.locator('[data-node="0"]').click()
    assert "finite difference" not in page.locator("#details").inner_text()  # there is no gradient yet
    page.keyboard.press("End")
    assert "✓" in page.locator("#details .agrees").inner_text()
    page.locator(".box", has_text="b").first.click()
    assert "a kink" in page.locator("#details .kink").inner_text()


LIT = "() => [...document.querySelectorAll('#code .made.lit')].map((piece) => piece.textContent).join('')"


def test_the_code_that_made_the_node_of_a_step_is_marked(opened):
    a, b, c = Value(2.0), Value(-3.0), Value(5.5)
    d = a * b
    y = (d + c).tanh()
    page = opened(explore(y))
    seen = []
    while page.locator("#next").is_enabled():
        page.keyboard.press("ArrowRight")
        seen.append(page.evaluate(LIT))
    forward = ["a * b", "d + c", "(d + c).tanh()"]
    assert seen == [*forward, forward[2], *forward[::-1]]
    line = page.locator("#code .line", has_text="d = a * b")
    assert line.locator(".value").inner_text() == "−6"
    assert line.locator(".gradient").inner_text() not in ("", "–")


def test_code_and_boxes_light_each_other_up(opened):
    a, b = Value(2.0), Value(-3.0)
    product = a * b
    y = product.tanh()
    page = opened(explore(y))
    page.locator('[data-node="2"]').hover()
    assert page.evaluate(LIT) == "a * b"
    assert page.locator("#math mfrac").count() == 2  # both local derivatives
    page.locator("#code .made", has_text="product.tanh()").hover()
    assert page.locator(".pointed .box.on-path").count() == 1
    page.locator("#code .made", has_text="product.tanh()").click()
    assert page.locator(".box.pinned").get_attribute("data-node") == "3"
    page.locator("#math mi", has_text="product").first.click()
    assert page.locator("#details h2").inner_text().startswith("product")


def test_a_step_backward_is_typeset_as_the_chain_rule(opened):
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    d = a / b
    page = opened(explore(d.sqrt() * 2.0 + a.log()))
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    texts = page.locator("#math math").all_text_contents()
    assert len(texts) >= 1
    assert all("∂" in text and "=" in text for text in texts)
    assert page.evaluate("document.querySelector('#math math').namespaceURI") == "http://www.w3.org/1998/Math/MathML"


def test_the_key_c_closes_and_opens_the_code(opened):
    page = opened(explore(small()))
    assert page.locator("#math").is_visible()
    page.keyboard.press("c")
    assert page.locator("#math").is_hidden()
    page = opened(explore(small()), viewport={"width": 1040, "height": 560})  # in a notebook there is less room
    assert page.locator("#math").is_hidden()
    assert page.locator("#details").is_visible()


ADDRESS = "() => location.hash"

# Until a text stands in the address, or in the message.
WRITTEN = """(text) => new Promise((done) => {
  const look = () => {
    const all = decodeURIComponent(location.hash) + document.querySelector("#message").textContent;
    if (all.includes(text)) done();
    else requestAnimationFrame(look);
  };
  look();
})"""


def test_the_address_holds_what_one_looks_at(opened):
    model, loss = moons_loss(4)
    page = opened(explore(loss, modules={"model": model}))
    assert page.evaluate(ADDRESS) == ""
    page.locator("#search").fill("layers[1].neurons[3].weights[1]")
    page.locator("#search").press("Enter")
    page.locator("#value-input").fill("0.75")
    page.locator("#value-input").blur()
    page.locator("body").press("End")
    page.keyboard.press("e")
    for part in ("step=", "open=", "inputs=", "edges=local", "pin="):
        page.evaluate(WRITTEN, part)
    seen = "() => [...document.querySelectorAll('.box')].map((box) => box.textContent)"
    before = page.evaluate(seen), page.locator("#step").get_attribute("aria-valuenow")
    page.reload()
    page.wait_for_selector("[data-box]")
    assert (page.evaluate(seen), page.locator("#step").get_attribute("aria-valuenow")) == before
    assert page.locator("#on-edges").input_value() == "local"
    assert page.locator(".box.pinned").count() == 1
    page.keyboard.press("u")
    page.evaluate(WRITTEN, "The address of this view")


def test_an_address_of_something_else_is_ignored_with_a_sentence(opened):
    page = opened(explore(small()))
    page.evaluate("location.hash = 'nodes=6&step=4'")
    page.locator("#step[aria-valuenow='4']").wait_for()
    page.evaluate("location.hash = 'nodes=7&step=2'")
    page.evaluate(WRITTEN, "it is ignored")
    assert page.locator("#step").get_attribute("aria-valuenow") == "4"


def test_the_steps_are_saved_as_a_film(opened, tmp_path):
    page = opened(explore(small()))
    page.keyboard.press("ArrowRight")
    with page.expect_download() as download:
        page.locator("#export-gif").click()
    assert download.value.suggested_filename.endswith(".gif")
    download.value.save_as(tmp_path / "film.gif")
    film = (tmp_path / "film.gif").read_bytes()
    assert film.startswith(b"GIF89a")
    assert film.count(b"\x21\xf9\x04\x05") == 8  # one frame for each step
    assert len(film) < 300_000
    assert page.locator("#step").get_attribute("aria-valuenow") == "1"  # as it was
    page.goto((tmp_path / "film.gif").as_uri())
    assert page.evaluate("document.images[0].naturalWidth") > 500


def test_what_would_be_no_film_is_said(opened):
    page = opened(explore(chain(500)))
    page.keyboard.press("j")
    assert "GIF" in page.locator("#message").inner_text()


def test_a_picture_larger_than_the_view_has_a_map(opened):
    page = opened(explore(small()))
    assert page.locator("#minimap").is_hidden()
    page = opened(explore(chain(60)))
    area = page.locator("#minimap").bounding_box()
    before = page.locator("#graph-svg > g").get_attribute("transform")
    page.mouse.click(area["x"] + area["width"] / 2, area["y"] + area["height"] - 4)
    assert page.locator("#graph-svg > g").get_attribute("transform") != before
    assert page.locator(".box.output").bounding_box()["y"] < page.locator(".stage").bounding_box()["height"] + 50


def test_chains_wrap_and_every_step_is_in_view(opened):
    page = opened(explore(chain(30)))
    ys = page.eval_on_selector_all(".box", "all => new Set(all.map((box) => box.getBoundingClientRect().y)).size")
    assert ys > 4
    while page.locator("#next").is_enabled():
        page.keyboard.press("ArrowRight")
        assert page.evaluate(OVERLAPS) == []
        assert page.evaluate(OUTSIDE) == []


HOST = """<!doctype html><meta http-equiv="Content-Security-Policy" content="default-src 'none';
script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:">
<iframe sandbox="allow-scripts" width="1000" height="620" srcdoc='{}'></iframe>"""


def test_in_a_frame_that_may_do_nothing_but_run_scripts(watched, tmp_path):
    """As VS Code's outputs: no network, no storage, no look at the page around."""
    source = explore(small()).html().replace("&", "&amp;").replace("'", "&#39;")
    (tmp_path / "host.html").write_text(HOST.format(source), encoding="utf-8")
    page = watched.open(tmp_path / "host.html")
    frame = page.frame_locator("iframe")
    for _ in range(7):
        frame.locator("#next").click()
    assert frame.locator("#step").get_attribute("aria-valuenow") == "7"
    assert frame.locator("#link").is_hidden()  # a frame has no address of its own
    frame.locator(".box").first.click()
    frame.locator("#value-input").fill("1.5")
    assert frame.locator('[data-node="0"]').get_attribute("data-value") == "1.5"
    frame.locator("#colors").select_option("gradient")
    assert frame.locator(".box[data-heat]").count() > 3
    assert watched.problems == []


def test_forced_colors_reach_the_heat_map(opened):
    page = opened(explore(chain(4)), forced_colors="active")
    page.keyboard.press("End")
    page.keyboard.press("h")
    assert page.locator(".box[data-heat]").count() == 5
    fills = page.eval_on_selector_all(".box rect", "all => new Set(all.map((one) => getComputedStyle(one).fill)).size")
    assert fills == 1
    widths = page.eval_on_selector_all(".edge[data-heat]", "all => all.map((one) => getComputedStyle(one).strokeWidth)")
    assert all(widths)


def test_what_fingers_press_is_44_pixels_high(opened):
    page = opened(explore(chain(4)), viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page.locator("#colors").select_option("gradient")
    small_ones = """() => [...document.querySelectorAll(
      ":is(.toolbar, .player, .reading, #code-pane) :is(button, select, summary)")]
      .filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 43.5)
      .map((one) => one.id || one.textContent)"""
    assert page.evaluate("matchMedia('(pointer: coarse)').matches")
    assert page.evaluate(small_ones) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
