"""Guess first, and practice: the answers of the engine are right, usual mistakes are named, a streak is kept."""

from __future__ import annotations

import json

import pytest

from autograd import Value, explore, topological_order

SIGNS = {"+": "__add__", "-": "__sub__", "*": "__mul__", "/": "__truediv__"}


def small():
    a, b, c = Value(2.0, "a"), Value(-3.0, "b"), Value(5.5, "c")
    return (a * b + c).tanh()


def answers_of(output):
    """What is asked for, by its name: value or gradient of each node, as the engine has them at the end."""
    output.zero_grad()
    output.backward()
    found, ordinal = {}, 0
    for node in topological_order(output):
        name = node.label
        if not name:
            ordinal += 1
            name = f"v{ordinal}"
        found[name], found[f"{name}.grad"] = node.data, node.grad
    return found


def answer_all(page, form, answers):
    """Type the answer to each question until none is left."""
    count = 0
    while page.locator(f"{form} .answer").is_visible():
        name = page.locator(f"{form} .asked-for").inner_text().removesuffix(" =")
        page.locator(f"{form} input").fill(f"{answers[name]:.5g}")
        page.keyboard.press("Enter")
        assert page.locator(f"{form} .verdict").inner_text().startswith("✓"), name
        count += 1
    return count


def test_every_number_is_asked_for_before_it_is_shown(opened):
    page = opened(explore(small()))
    page.keyboard.press("g")
    assert page.locator(".box.asked .number").first.text_content() == "?"
    assert page.locator("#details").is_hidden()  # where the answers stand
    assert answer_all(page, "#quiz", answers_of(small())) == 9
    assert page.locator("#quiz .score").inner_text() == "9 of 9 right at once"
    assert page.locator(".mark.right").count() == 9
    assert page.locator("#step").get_attribute("aria-valuenow") == page.locator("#step").get_attribute("max")
    page.locator("#guess").click()
    assert page.locator(".mark").count() == 0
    assert page.locator("#sentence").is_visible()


def test_a_mistake_is_named_and_what_is_shown_does_not_count(opened):
    page = opened(explore(small()))
    for _ in range(6):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("g")
    page.keyboard.type("-3")
    page.keyboard.press("Enter")
    assert "local derivative" in page.locator("#quiz .verdict").inner_text()
    page.locator("#quiz .reveal").click()
    assert "a.grad = −3 × 0.7864 = −2.359" in page.locator("#quiz .verdict").inner_text()
    page.locator("#quiz input").fill("2*0.7864")
    page.keyboard.press("Enter")
    assert page.locator("#quiz .score").inner_text() == "1 of 2 right at once"
    assert page.locator(".mark.wrong").count() == page.locator(".mark.right").count() == 1


def test_a_step_by_hand_moves_the_question_on(opened):
    page = opened(explore(small()))
    page.locator("#guess").click()
    page.locator("#next").click()
    page.locator("#quiz .asked-for", has_text="v2").wait_for()


def test_a_presentation_looks_at_the_question(opened):
    y = Value(0.5, "x")
    for _ in range(8):
        y = y.tanh()
    page = opened(explore(y), viewport={"width": 1280, "height": 800})
    page.keyboard.press("g")
    page.locator("#present").click()
    for _ in range(20):
        page.locator("#quiz .reveal").click()
        if page.locator("#quiz .answer").is_hidden():
            break
        box, stage = page.locator(".box.asked").bounding_box(), page.locator(".stage").bounding_box()
        assert stage["x"] <= box["x"] <= stage["x"] + stage["width"] - box["width"]
    assert page.locator(".mark").count() == 17
    assert page.evaluate("parseFloat(getComputedStyle(document.querySelector('.question')).fontSize)") >= 24


def rebuilt(data, symbols):
    """The practice graph as Values."""
    nodes, ordinal = [], iter("abcd")
    for i, op in enumerate(data["op"]):
        parents = [nodes[p] for p in data["parents"][data["start"][i] : data["start"][i + 1]]]
        if op < 0:
            nodes.append(Value(data["data"][i], next(ordinal)))
        elif symbols[op] in SIGNS:
            nodes.append(getattr(parents[0], SIGNS[symbols[op]])(parents[1]))
        else:
            nodes.append(getattr(parents[0], symbols[op])())
    nodes[-1].label = "y"
    return nodes


def in_order(nodes):
    """The gradients in the order in which practice asks for them: those so far, where a node is used again."""
    names, count = [], 0
    for node in nodes:
        count += not node.label
        names.append(node.label or f"v{count}")
    sums = dict.fromkeys(nodes, 0.0)
    sums[nodes[-1]] = 1.0
    for node in reversed(nodes):
        for parent, derivative in zip(node.parents, node.local_derivatives, strict=True):
            sums[parent] += derivative * sums[node]
        for parent in dict.fromkeys(node.parents):
            yield f"{names[nodes.index(parent)]}.grad", sums[parent]
    nodes[-1].backward()
    assert sums == {node: pytest.approx(node.grad) for node in nodes}


@pytest.mark.parametrize("level", ["1", "2", "3"])
def test_practice_asks_for_the_gradients_of_the_engine_and_keeps_a_streak(opened, level):
    explorer = explore(Value(1.5, "x").exp())  # has none of the operations
    page = opened(explorer)
    page.keyboard.press("x")
    page.locator("#level").select_option(level)
    count = 0
    for _ in range(2):
        data = json.loads(page.locator("#explorer").get_attribute("data-practice"))
        for name, gradient in in_order(rebuilt(data, [entry["symbol"] for entry in explorer.graph["practice"]])):
            assert page.locator("#practice-quiz .asked-for").inner_text() == f"{name} ="
            page.locator("#practice-quiz input").fill(f"{gradient:.6g}")
            page.keyboard.press("Enter")
            assert page.locator("#practice-quiz .verdict").inner_text().startswith("✓")
            count += 1
        assert page.locator("#practice-quiz .answer").is_hidden()
        page.keyboard.press("Enter")  # another graph
    assert page.locator("#streak").inner_text() == f"Streak {count} · best {count}"
    page.locator("#practice-quiz .reveal").click()
    assert page.locator("#streak").inner_text() == f"Streak 0 · best {count}"
    page.keyboard.press("Escape")
    page.reload()
    page.keyboard.press("x")
    assert page.locator("#streak").inner_text() == f"Streak 0 · best {count}"


@pytest.mark.parametrize(("width", "height"), [(390, 844), (640, 400), (1280, 800), (1920, 1080)])
def test_practice_fits_the_screen(opened, width, height):
    page = opened(explore(small()), viewport={"width": width, "height": height})
    page.keyboard.press("x")
    page.locator("#level").select_option("2")
    room = page.locator("#practice").bounding_box()
    for one in page.locator("#practice :is(button, select, input, .box)").all():
        if one.is_visible():
            box = one.bounding_box()
            assert room["x"] <= box["x"] <= room["x"] + room["width"] - box["width"]
            assert room["y"] <= box["y"] <= room["y"] + room["height"] - box["height"]
