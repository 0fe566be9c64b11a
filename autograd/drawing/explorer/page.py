"""The page: template, style, scripts and graph in one HTML file that needs nothing else.

The scripts are plain ES modules, which the tests import as they are. Here they are joined in the order of their
imports into one script.

Entry points: `make_page`, and `iframe`, the page inside another one.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from ..style import DARK, HEAT, LEVELS, LIGHT, NOT_FINITE, shades

MAIN = "main.js"
STYLES = ("explorer.css", "theatre.css", "lecture.css")
_IMPORT = re.compile(r'^import\s*\{[^}]*\}\s*from\s*"\./([\w.-]+)";[^\n]*\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const|let|class)\b)", re.MULTILINE)
_START = (
    'mount(document.getElementById("explorer"), JSON.parse(document.getElementById("graph").textContent), OPERATIONS);'
)


def make_page(graph: Mapping[str, Any], operations: str, title: str) -> str:
    """The whole page.

    Args:
        graph: what `make_payload` gave, which travels as data and never as code.
        operations: the declaration of OPERATIONS.
        title: of the browser's tab.
    """
    data = json.dumps(graph, ensure_ascii=False, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")
    parts = {
        "<!--TITLE-->": html.escape(title),
        "/*CSS*/": "".join(map(_read, STYLES)),
        "/*THEME*/": theme_css(),
        "<!--GRAPH-->": _encodable(data),
        "/*SCRIPT*/": _inline("\n".join([script(), operations, _START])),
    }
    places = re.compile("|".join(map(re.escape, parts)))
    return places.sub(lambda place: parts[place[0]], _read("page.html"))  # at once: no part is searched for places


def iframe(page: str, height: int) -> str:
    """The page inside another one, apart from its style and its scripts."""
    # In single quotes, as JSON is full of the double ones, which may then stay.
    source = page.replace("&", "&amp;").replace("'", "&#39;")
    style = f"width: 100%; height: {height}px; border: 0;"
    return f"<iframe title='computation graph' allowfullscreen style='{style}' srcdoc='{source}'></iframe>"


def script() -> str:
    """The modules that `main.js` needs, each after those it imports, as one script."""
    sources: dict[str, str] = {}
    stack: list[tuple[str, bool]] = [(MAIN, False)]
    while stack:
        name, imported = stack.pop()
        if imported:
            sources[name] = _EXPORT.sub("", _IMPORT.sub("", _read(name)))
        elif name not in sources:
            stack.append((name, True))
            stack.extend((other, False) for other in reversed(_IMPORT.findall(_read(name))))
    return "\n".join(sources.values())


def theme_css() -> str:
    """The colours of all pictures as CSS variables, light and dark, and the rules of the heat map."""
    lines = []
    for selector, colors, theme in ((":root", LIGHT, 0), ('[data-theme="dark"]', DARK, 1)):
        heat = {
            f"{kind}-{level}": color for kind, ends in HEAT.items() for level, color in enumerate(shades(*ends[theme]))
        }
        named = {**colors, **heat, "wild": NOT_FINITE[theme]}
        variables = "".join(f"--{role.replace(' ', '-')}:{color};" for role, color in named.items())
        lines.append(f"{selector}{{{variables}}}")
    for kind, border in (("gradient", "output"), ("value", "leaf")):
        for level in range(LEVELS):
            of_level = f'[data-colors="{kind}"] [data-heat="{level}"]'
            lines.append(f".graph{of_level} rect{{fill:var(--{kind}-{level})}}")
            lines.append(
                f".graph{of_level.replace('] [', '] .edge[')}{{stroke:var(--{border}-border);"
                f"stroke-width:{1 + 0.4 * level:g}}}"
            )
            lines.append(f".bar{of_level}{{background:var(--{kind}-{level})}}")
    return "\n".join(lines)


def _inline(code: str) -> str:
    """`code` without what would end the script element around it; inside strings the backslash changes nothing."""
    return re.sub(r"<(?=/script|!--)", r"<\\", code, flags=re.IGNORECASE)


def _encodable(text: str) -> str:
    """`text` without halves of characters, which no file can hold; labels are without them already."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")
