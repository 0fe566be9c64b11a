"""The explorer's page and those of the course under axe-core, from npm: nothing serious, whatever is open."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from autograd import Value, explore
from autograd import sum as total


@pytest.fixture(scope="session")
def axe(tmp_path_factory):
    if shutil.which("npm") is None:
        pytest.fail("this test needs Node and npm: apt-get install nodejs npm")
    folder = tmp_path_factory.mktemp("npm")
    subprocess.run(["npm", "install", "--silent", "--prefix", str(folder), "axe-core@4.10.2"], check=True, timeout=300)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


# Of each serious violation the rule and the elements.
VIOLATIONS = """() => axe.run().then(({ violations }) => violations
  .filter(({ impact }) => impact === "serious" || impact === "critical")
  .map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html.slice(0, 120))]))"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(opened, axe, scheme):
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    page = opened(explore((a * b + a).tanh()), color_scheme=scheme)
    page.evaluate(axe)
    assert page.evaluate(VIOLATIONS) == []
    page.locator('[data-node="0"]').click()
    page.keyboard.press("End")
    page.locator(".legend summary").click()
    assert page.evaluate(VIOLATIONS) == []
    page.keyboard.press("?")
    assert page.evaluate(VIOLATIONS) == []
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    assert page.evaluate(VIOLATIONS) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_beside_the_graph(opened, axe, scheme):
    w, b = Value(0.5, "w"), Value(0.0, "b")
    loss = total([(w * x + b - x) ** 2 for x in (0.0, 1.0, 2.0, 3.0, 4.0)])
    page = opened(explore(loss), color_scheme=scheme)
    for key in "wl.":  # the network, the training, one step
        page.locator("body").press(key)
    page.locator("#trained").click()
    page.evaluate(axe)
    assert page.evaluate(VIOLATIONS) == []
    page.locator("#theatre-close").click()
    page.locator("#network-close").click()
    assert page.locator("#beside").is_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_questions_and_practice(opened, axe, scheme):
    a, b = Value(2.0, "a"), Value(-3.0, "b")
    page = opened(explore((a * b + a).tanh()), color_scheme=scheme)
    page.evaluate(axe)
    page.keyboard.press("g")
    page.keyboard.type("17")
    page.keyboard.press("Enter")
    assert page.evaluate(VIOLATIONS) == []
    page.locator("#guess").click()
    page.locator('[data-node="0"]').focus()
    for key in ("v", "ArrowUp"):
        page.keyboard.press(key)
    assert page.evaluate(VIOLATIONS) == []
    page.keyboard.press("Enter")
    page.keyboard.press("x")
    page.locator("#practice-quiz .reveal").click()
    assert page.evaluate(VIOLATIONS) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_course(course, watched, axe, scheme):
    for path in sorted(course.glob("*.html")):
        page = watched.open(path, color_scheme=scheme)
        page.evaluate(axe)
        assert page.evaluate(VIOLATIONS) == [], path.name
        page.context.close()
