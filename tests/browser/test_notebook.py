"""The explorer in a real JupyterLab on loopback, and in the HTML that nbconvert makes of the notebook."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from reading import Engine, assert_page_is
from test_page import small

LOOPBACK = ("http://127.0.0.1", "ws://127.0.0.1")

CODE = """
from autograd import Value, explore

a, b, c = Value(2.0), Value(-3.0), Value(5.5)
output = (a * b + c).tanh()
output.backward()
explore(output)
"""

NOTEBOOK = {
    "cells": [
        {
            "cell_type": "code",
            "id": "only",
            "metadata": {},
            "source": CODE.strip().splitlines(keepends=True),
            "outputs": [],
            "execution_count": None,
        }
    ],
    "metadata": {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.fixture
def notebook(tmp_path):
    path = tmp_path / "work" / "lesson.ipynb"
    path.parent.mkdir()
    path.write_text(json.dumps(NOTEBOOK))
    return path


def frame_with_explorer(page):
    page.wait_for_selector("iframe", timeout=60_000)
    frame = page.frame_locator("iframe").first
    frame.locator("[data-box]").first.wait_for(timeout=60_000)
    return next(f for f in page.frames if f.query_selector("#explorer"))


def steps_through(frame):
    engine = Engine(small())
    frame.locator("body").press("Home")
    for step in range(engine.last + 1):
        assert_page_is(frame, engine, step)
        if step < engine.last:
            frame.locator("#next").click()


def test_in_the_html_of_nbconvert(notebook, watched):
    nowhere = [f"--HTMLExporter.{name}_url=" for name in ("require_js", "jquery", "mermaid_js", "mathjax")]
    subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "html", "--execute", *nowhere, str(notebook)],
        check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    page = watched.open(notebook.with_suffix(".html"))
    steps_through(frame_with_explorer(page))
    # What nbconvert itself puts into its page is not ours: it asks for the libraries that were left out above.
    assert [p for p in watched.problems if "explorer" in p or "srcdoc" in p] == []
    assert [url for url in watched.requests if url.startswith("http")] == []


@pytest.fixture(params=[("jupyterlab", "LabApp", "lab/tree"), ("notebook", "JupyterNotebookApp", "notebooks")])
def address(request, notebook, tmp_path):
    """Where the notebook is shown, by JupyterLab or by Notebook 7."""
    module, app, path = request.param
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    token = secrets.token_hex(8)
    settings = {
        name: str(tmp_path / name) for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    }
    arguments = [
        "--no-browser",
        "--allow-root",
        "--ip=127.0.0.1",
        f"--port={port}",
        f"--IdentityProvider.token={token}",
    ]
    arguments += [
        f"--{app}.expose_app_in_browser=True",
        f"--ServerApp.root_dir={notebook.parent}",
        "--LabApp.news_url=",
    ]
    log = (tmp_path / "lab.log").open("w")
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, **settings, "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings")},
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    server = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 90
        while True:
            try:
                urllib.request.urlopen(f"{server}/api?token={token}", timeout=5).read()
                break
            except OSError:
                if time.monotonic() > deadline or process.poll() is not None:
                    pytest.fail((tmp_path / "lab.log").read_text()[-3000:])
        yield f"{server}/{path}/lesson.ipynb?token={token}"
    finally:
        process.terminate()
        process.wait(30)
        log.close()


def test_in_jupyterlab_and_in_notebook_7(address, watched):
    page = watched.page(offline=False, viewport={"width": 1400, "height": 1000})
    page.goto(address)
    page.wait_for_function("window.jupyterapp !== undefined", timeout=90_000)
    page.evaluate("window.jupyterapp.restored.then(() => true)")
    ready = """() => {
        const panel = window.jupyterapp.shell.currentWidget, session = panel?.context?.sessionContext;
        return session?.isReady && session.session?.kernel?.connectionStatus === 'connected'
            && session.session.kernel.status === 'idle';
    }"""
    page.wait_for_function(ready, timeout=90_000)
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    frame = frame_with_explorer(page)
    steps_through(frame)
    theme = frame.locator("html").get_attribute("data-theme")
    page.evaluate("() => { document.body.dataset.jpThemeLight = 'false'; }")
    frame.wait_for_selector("html[data-theme=dark]")
    assert theme == "light"
    # Jupyter itself asks its own server only; nothing may go anywhere else.
    assert [u for u in watched.requests if u.startswith(("http", "ws")) and not u.startswith(LOOPBACK)] == []
    assert [p for p in watched.problems if "srcdoc" in p or "explorer" in p] == []
