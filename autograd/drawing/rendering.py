"""From DOT text to an SVG, PNG or PDF file, with whichever Graphviz is installed.

The `dot` program is preferred. Without it, the `pygraphviz` wheel carries a Graphviz of its own.
Entry points: `render`, `RenderingError`.
"""

from __future__ import annotations

from .style import AUTO_CLASS, CSS

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
sys.stdout.buffer.write(graph.draw(format=sys.argv[2], prog="dot", args=sys.argv[3]))
"""


class RenderingError(RuntimeError):
    """No Graphviz was found, or it failed; the message says what to do."""


def render(source: str, format: str = "svg") -> bytes:
    """The picture that the DOT text `source` describes.

    Raises: ValueError for an unknown format, RenderingError when there is no Graphviz or it fails.
    """
    if format not in FORMATS:
        raise ValueError(f"cannot render {format!r}; choose one of {', '.join(FORMATS)}")
    picture = _run(_command(format), source)
    return _with_css(picture) if format == "svg" and AUTO_CLASS in source else picture


def _command(format: str) -> list[str]:
    import importlib.util
    import shutil
    import sys

    options = "-Gdpi=192" if format == "png" else ""  # sharp on today's screens
    dot = shutil.which("dot")
    if dot:
        return [dot, f"-T{format}", *options.split()]
    package = importlib.util.find_spec("pygraphviz")
    if package and package.submodule_search_locations:
        import os

        folder = os.path.dirname(package.submodule_search_locations[0])
        return [sys.executable, "-I", "-c", _PYGRAPHVIZ, folder, format, options]
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


def _with_css(svg: bytes) -> bytes:
    """`svg` with the rules for a dark page, put first inside its <svg> element."""
    end = svg.index(b">", svg.index(b"<svg")) + 1
    return svg[:end] + f"\n<style>\n{CSS}</style>".encode() + svg[end:]
