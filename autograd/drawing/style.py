"""The colours of every picture, written once: for a light page and for a dark one.

The hues are those of Okabe and Ito, which readers with any kind of colour vision can tell apart: blue for what you
put in, vermilion (orange on dark pages) for what comes out, greys in between. Colour alone never carries meaning:
an operation shows its symbol, a result has a thick border, a constant a dashed one.

Entry points: `LIGHT` and `DARK`, one colour for each role, and `CSS`, which turns one into the other; `HEAT`, the
colours of sizes.
"""

from __future__ import annotations

# The kinds of boxes, and what a legend calls them.
KINDS = {
    "leaf": "input or parameter",
    "constant": "constant",
    "operation": "operation",
    "output": "result",
    "group": "▸ folded",
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
    "group": "#e3e4e8",
    "group border": "#6e737c",
    "frame": "#f7f7f8",
    "frame border": "#cdd0d5",
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
    "group": "#343943",
    "group border": "#959ba7",
    "frame": "#1e2127",
    "frame border": "#434852",
}

# The heat map of sizes, from the smallest to the largest: gradients in the hue of what comes back, values in that of
# what is put in. The text of boxes can be read on all of them.
HEAT = {
    "gradient": (("#fdf4ec", "#e07b39"), ("#241c16", "#a04c00")),
    "value": (("#eef6fb", "#4f9fd1"), ("#17212a", "#1c6696")),
}
LEVELS = 9
NOT_FINITE = ("#e29bc4", "#8a3a69")  # light, dark


def shades(low: str, high: str, count: int = LEVELS) -> list[str]:
    """So many colours from one to the other.

    >>> shades("#000000", "#ffffff", 3)
    ['#000000', '#808080', '#ffffff']
    """
    ends = [[int(color[k : k + 2], 16) for k in (1, 3, 5)] for color in (low, high)]
    mixed = [[round(a + (b - a) * k / (count - 1) + 0.01) for a, b in zip(*ends, strict=True)] for k in range(count)]
    return ["#" + "".join(f"{channel:02x}" for channel in color) for color in mixed]


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
