"""A Chromium without a network, and pages that fail a test when something in them goes wrong.

These tests need `pip install -e ".[browser]"` and a Chromium; the plain `pytest` leaves them out, `.ci/run` runs them:

    pytest --override-ini addopts= tests/browser
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright


def pytest_collection_modifyitems(items):
    for item in items:
        item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser():
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("these tests need a Chromium: apt-get install chromium, or its path in the variable CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


class Watched:
    """Pages of one test, and everything they complained about or asked the network for."""

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self.contexts: list = []
        self.problems: list[str] = []
        self.requests: list[str] = []

    def page(self, offline: bool = True, **options) -> Page:
        options.setdefault("viewport", {"width": 1300, "height": 850})
        context = self.browser.new_context(offline=offline, accept_downloads=True, **options)
        self.contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda m: self.problems.append(m.text) if m.type in ("error", "warning") else None)
        page.on("request", lambda request: self.requests.append(request.url))
        return page

    def open(self, path: Path, **options) -> Page:
        page = self.page(**options)
        page.goto(path.as_uri())
        return page


@pytest.fixture
def watched(browser):
    watched = Watched(browser)
    yield watched
    for context in watched.contexts:
        context.close()


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    """The folder of the course's pages: that of the variable COURSE, or the first notebook's page, made here."""
    if "COURSE" in os.environ:
        return Path(os.environ["COURSE"])
    folder = tmp_path_factory.mktemp("course")
    command = [sys.executable, "-m", "notebooks", "--to", str(folder), "--only", "01"]
    subprocess.run(command, check=True, cwd=Path(__file__).parents[2], timeout=300)
    return folder


@pytest.fixture
def opened(watched, tmp_path):
    """Open explorers as saved files, offline; afterwards nothing may have gone wrong or asked for a network."""

    def open_page(explorer, **options) -> Page:
        options.setdefault("reduced_motion", "reduce")  # what a step shows is there at once
        page = watched.open(explorer.save(tmp_path / "graph.html"), **options)
        page.wait_for_selector("[data-box]")
        return page

    yield open_page
    assert watched.problems == []
    assert [url for url in watched.requests if not url.startswith(("file:", "data:", "blob:"))] == []
