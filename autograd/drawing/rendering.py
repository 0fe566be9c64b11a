"""From DOT text to an SVG, PNG or PDF file, with whichever Graphviz is installed.

The `dot` program is preferred. Without it, the `pygraphviz` wheel carries a Graphviz of its own.
Entry points: `render`, `RenderingError`.
"""

from __future__ import annotations

import re
from typing import Any

from .style import AUTO_CLASS, CSS

CORNER = 3.5  # the radius of the corners of boxes, in points
_NODE = re.compile(rb'<g id="(?:node|clust)\d+".*?</g>', re.DOTALL)  # also a frame
_BOX = re.compile(rb'<polygon( fill="[^"]*" stroke="[^"]*"(?: stroke-[a-z]+="[^"]*")* )points="([^"]*)"/>')
FORMATS = ("svg", "png", "pdf")
TIMEOUT = 120.0  # seconds; dot needs more than quadratic time

# pygraphviz blocks the interpreter during layout, cannot be interrupted, and prints its own warnings below
# Python: in a process of its own it does no harm. That process is isolated from PYTHON… variables and from the
# current folder, so it is told where the package is.
_PYGRAPHVIZ = """
import sys
sys.path.append(sys.argv[1])
import pygraphviz
graph = pygraphviz.AGraph(string=sys.stdin.buffer.read().decode("utf-8"))
sys.stdout.buffer.write(graph.draw(format=sys.argv[2], prog=sys.argv[4], args=sys.argv[3]))
"""


class RenderingError(RuntimeError):
    """No Graphviz was found, or it failed; the message says what to do."""


def render(source: str, format: str = "svg", placed: bool = False) -> bytes:
    """The picture that the DOT text `source` describes; `placed` says that each node has its place already.

    Raises: ValueError for an unknown format, RenderingError when there is no Graphviz or it fails.
    """
    if format not in FORMATS:
        raise ValueError(f"cannot render {format!r}; choose one of {', '.join(FORMATS)}")
    picture = _run(_command(format, placed), source)
    return _responsive(picture, AUTO_CLASS in source) if format == "svg" else picture


def laid_out(source: str) -> dict[str, Any]:
    """Where Graphviz puts everything, in its JSON; RenderingError when there is no Graphviz or it fails."""
    import json

    plan: dict[str, Any] = json.loads(_run(_command("json"), source))
    return plan


def _command(format: str, placed: bool = False) -> list[str]:
    import importlib.util
    import shutil
    import sys

    options = "-Gdpi=192" if format == "png" else ""  # sharp on today's screens
    dot = shutil.which("dot")
    if dot:
        return [dot, f"-T{format}", *(["-Knop2"] if placed else []), *options.split()]
    package = importlib.util.find_spec("pygraphviz")
    if package and package.submodule_search_locations:
        import os

        folder = os.path.dirname(package.submodule_search_locations[0])
        return [sys.executable, "-I", "-c", _PYGRAPHVIZ, folder, format, options, "nop2" if placed else "dot"]
    raise RenderingError(
        "no Graphviz was found, neither a `dot` program nor the package pygraphviz, which brings one. Install either: "
        "`pip install pygraphviz` (Linux, macOS, 64-bit Windows), `conda install graphviz`, `apt install graphviz`, "
        "`brew install graphviz`, or https://graphviz.org/download; "
        'or draw(…, format="mermaid") or "text", which need nothing'
    )


def _run(command: list[str], source: str) -> bytes:
    import subprocess

    try:
        done = subprocess.run(command, input=source.encode("utf-8"), capture_output=True, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise RenderingError(
            f"Graphviz has not finished after {TIMEOUT:g} seconds; draw a smaller part, for example with depth=3"
        ) from None
    if done.returncode != 0 or not done.stdout:
        message = done.stderr.decode("utf-8", "replace").strip() or f"exit status {done.returncode}"
        raise RenderingError(f"Graphviz failed: {message[-1000:]}")
    return done.stdout


def for_notebooks(svg: str, alt: str) -> dict[str, str]:
    """What a notebook shows: an image that is never wider than its cell, also in exported pages, where a bare SVG would
    be; and the SVG for what shows no HTML.
    """
    from base64 import b64encode
    from html import escape

    data = b64encode(svg.encode()).decode()
    style = "max-width: 100%; height: auto"
    image = f'<img class="autograd" style="{style}" alt="{escape(alt)}" src="data:image/svg+xml;base64,{data}">'
    return {"text/html": image, "image/svg+xml": svg}


def _responsive(svg: bytes, auto: bool) -> bytes:
    """`svg` as wide as it is, but never wider than the page; with `auto`, with the rules for a dark page."""
    start = svg.index(b"<svg")
    end = svg.index(b">", start) + 1
    size = re.search(rb'width="([\d.]+)pt" height="([\d.]+)pt"', svg[start:end])
    tag = svg[start:end]
    if size:
        width, height = (round(float(points) * 4 / 3) for points in size.groups())
        style = f'width="{width}" height="{height}" style="max-width: 100%; height: auto"'
        tag = tag.replace(size[0], style.encode())
    drawn = _NODE.sub(lambda node: _BOX.sub(_rounded, node[0]), svg[end:])
    return svg[:start] + tag + (f"\n<style>\n{CSS}</style>".encode() if auto else b"") + drawn


def _rounded(match: re.Match[bytes]) -> bytes:
    """A box with corners so little rounded that an arrow that leads there still seems to touch it."""
    points = [tuple(map(float, point.split(b","))) for point in match[2].split()]
    (left, right), (top, bottom) = ((min(along), max(along)) for along in zip(*points, strict=True))
    if len(points) != 5 or any(x not in (left, right) or y not in (top, bottom) for x, y in points):
        return match[0]
    place = f'x="{left:g}" y="{top:g}" width="{right - left:g}" height="{bottom - top:g}" rx="{CORNER:g}"'
    return b"<rect" + match[1] + place.encode() + b"/>"
