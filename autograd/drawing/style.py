"""The colours of every picture, written once: for a light page and for a dark one.

The hues are those of Okabe and Ito, which readers with any kind of colour vision can tell apart: blue for what you
put in, vermilion (orange on dark pages) for what comes out, greys in between. Colour alone never carries meaning:
an operation shows its symbol, a result has a thick border, a constant a dashed one.

Entry points: `LIGHT` and `DARK`, one colour for each role, and `CSS`, which turns one into the other.
"""

from __future__ import annotations

# The four kinds of boxes, and what a legend calls them.
KINDS = {
    "leaf": "input or parameter",
    "constant": "constant",
    "operation": "operation",
    "output": "result",
}

# No two roles of LIGHT share a colour: `CSS` finds an element's role by its colour.
LIGHT = {
    "background": "#fefefe",
    "text": "#1c1c1e",
    "muted": "#5b5f66",
    "edge": "#7a7f87",
    "leaf": "#e4f1fa",
    "leaf border": "#0072b2",
    "constant": "#fcfcfb",
    "constant border": "#8c9199",
    "operation": "#f1f1ef",
    "operation border": "#6e737b",
    "output": "#fdeee2",
    "output border": "#d55e00",
}

DARK = {
    "background": "#17191e",
    "text": "#ececea",
    "muted": "#adb1b9",
    "edge": "#8a9099",
    "leaf": "#12344b",
    "leaf border": "#56b4e9",
    "constant": "#1b1d22",
    "constant border": "#7d838d",
    "operation": "#2a2e36",
    "operation border": "#959ba6",
    "output": "#40300a",
    "output border": "#e69f00",
}

THEMES = {"auto": LIGHT, "light": LIGHT, "dark": DARK}

# A picture of this class is light or dark, like the page around it.
AUTO_CLASS = "autograd_auto"


def _css() -> str:
    rules = "".join(
        f'.{AUTO_CLASS} [{property}="{LIGHT[role]}"]{{{property}:{DARK[role]}}}\n'
        for role in LIGHT
        for property in ("fill", "stroke")
    )
    return f"@media (prefers-color-scheme: dark) {{\n{rules}}}\n"


CSS = _css()
