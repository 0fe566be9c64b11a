"""A notebook as slides: one HTML file with reveal.js in it, which needs no network.

A heading begins a slide. What follows it goes below, a slide for each text with the code that belongs to it: the arrow
keys lead down through a section, and right to the next. Cells that only check are left out, and of an exercise all but
its question.

Entry points: `slides`, `reveal_js`.
"""

from __future__ import annotations

import html
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

from .pages import body_of
from .parts import Notebook, Part, parts_of, title_of

RELEASE = "reveal.js@6"  # https://revealjs.com, MIT licence; npm fetches it, the repository does not hold it
OPTIONS = {"hash": True, "slideNumber": True, "width": 1200, "height": 760, "center": False}
STYLE = """
.reveal { font-size: 26px }
.reveal h1 { font-size: 2.2em } .reveal h2 { font-size: 1.6em }
.reveal h1, .reveal h2, .reveal h3 { text-transform: none; letter-spacing: 0 }
.reveal .slides section section { max-height: 100vh; overflow: hidden auto; text-align: left }
.reveal pre { box-shadow: none; font-size: 0.7em; width: 100%; margin: 0.4em 0 }
.reveal .prompt, .reveal .jp-InputPrompt, .reveal .jp-OutputPrompt { display: none }
.reveal img, .reveal svg { max-width: 100%; max-height: 60vh; height: auto; margin: 0 }
.reveal iframe { width: 100%; max-width: none; max-height: none; height: 600px !important; border: 0 }
.reveal .output_svg svg, .reveal img.autograd, .reveal .output_png img { zoom: 1.5 }
.reveal table { font-size: 0.8em }
.reveal .anchor-link { display: none }
.reveal .output_html img, .reveal .output_png img { background: white }
"""


def slides(notebook: Notebook, reveal: Path) -> str:
    """A notebook that was run, as a page of slides; `reveal` is a folder with reveal.js."""
    columns = [
        "<section>" + "".join(f"<section>{_body(notebook, slide)}</section>" for slide in column) + "</section>"
        for column in arranged(notebook)
    ]
    dist = reveal / "dist"
    css = "".join((dist / name).read_text(encoding="utf-8") for name in ("reset.css", "reveal.css", "theme/white.css"))
    script = (dist / "reveal.js").read_text(encoding="utf-8").replace("</script", "<\\/script")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{html.escape(title_of(notebook))}</title>\n<style>{css}{STYLE}</style>\n</head>\n<body>\n"
        f'<div class="reveal"><div class="slides">\n{"".join(columns)}\n</div></div>\n<script>{script}</script>\n'
        f"<script>Reveal.initialize({json.dumps(OPTIONS)})</script>\n"
        "</body>\n</html>\n"
    )


def arranged(notebook: Notebook) -> list[list[list[Part]]]:
    """The cells that are shown: sections from left to right, in each slides from top to bottom."""
    columns: list[list[list[Part]]] = []
    for part in parts_of(notebook):
        if part.kind in ("answer", "check", "solution") or _only_checks(part):
            continue
        if not columns or part.source.startswith("## "):
            columns.append([[part]])
        elif part.cell["cell_type"] == "markdown":
            columns[-1].append([part])
        else:
            columns[-1][-1].append(part)
    return columns


def _only_checks(part: Part) -> bool:
    """Whether a cell of code only asserts and shows nothing."""
    lines = [line for line in part.source.splitlines() if line and not line[0].isspace()]
    return part.kind == "code" and all(line.startswith(("assert ", "#", ")", "]")) for line in lines)


def _body(notebook: Notebook, slide: list[Part]) -> str:
    return body_of({**notebook, "cells": [part.cell for part in slide]})


def reveal_js() -> Path:
    """A folder with reveal.js, from the npm registry."""
    folder = Path(tempfile.mkdtemp(prefix="reveal-"))
    command = ["npm", "pack", RELEASE, "--silent", "--pack-destination", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
    except FileNotFoundError:
        raise RuntimeError(
            f"slides are shown by reveal.js, which npm fetches: install Node.js, or unpack {RELEASE} and name the "
            "folder, --reveal FOLDER"
        ) from None
    except subprocess.CalledProcessError as error:
        raise RuntimeError(f"npm could not fetch {RELEASE}: {error.stderr.strip()}") from None
    with tarfile.open(next(folder.glob("*.tgz"))) as packed:
        packed.extractall(folder)
    return folder / "package"
