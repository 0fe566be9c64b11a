"""The pages of the course in Chromium, without a network: formulas, pictures and explorers, light and dark.

The variable COURSE names a folder of pages that `python -m notebooks` has written; without it the first notebook's page
is made here.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).parents[2]


def pages(course):
    return sorted(course.glob("*.html"))


def test_every_page_is_whole(course, watched):
    notebooks = [path.stem for path in (ROOT / "notebooks").glob("*.ipynb")]
    found = {path.stem for path in pages(course)}
    around = {"index", "lecturers", "glossary", "projects"}
    assert around <= found
    assert found - around <= set(notebooks)
    if "COURSE" in os.environ:
        assert found == {*around, *notebooks}
    for path in pages(course):
        for scheme in ("light", "dark"):
            page = watched.open(path, color_scheme=scheme, viewport={"width": 1100, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= 1100, path.name
            for frame in page.frames[1:]:
                frame.wait_for_selector("[data-box]")
            for picture in page.query_selector_all("main img, main > .cell svg[viewBox], main .output_svg > svg"):
                words = picture.get_attribute("alt") or picture.get_attribute("aria-label") or ""
                assert len(words) > 10, (path.name, picture.evaluate("it => it.outerHTML.slice(0, 100)"))
                assert "No description" not in words, path.name
                assert words != "computation graph", path.name
            text = page.evaluate("document.querySelector('main').innerText")
            assert "Traceback" not in text, path.name
            for mistake in ("$$", "\\frac", "\\begin", "\\cdot"):
                assert mistake not in text, (path.name, mistake)
            for link in page.eval_on_selector_all("a[href]", "links => links.map(a => a.getAttribute('href'))"):
                if link.endswith(".html") and "COURSE" in os.environ:
                    assert (course / link).exists(), (path.name, link)
            page.context.close()
    assert watched.problems == []
    assert [url for url in watched.requests if url.startswith(("http:", "https:"))] == []


def test_the_first_page_has_formulas_and_a_living_explorer(course, watched):
    page = watched.open(next(path for path in pages(course) if path.stem.startswith("01")))
    assert page.locator("math").count() > 10
    assert page.locator("img").count() >= 2
    frame = next(frame for frame in page.frames[1:] if frame.query_selector("#explorer"))
    before = frame.locator("#sentence").inner_text()
    frame.locator("#next").click()
    assert frame.locator("#sentence").inner_text() != before
