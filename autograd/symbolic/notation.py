"""Numbers and names as people write them, in plain text and in LaTeX.

Entry points: `number_text`, `number_latex`, `name_latex`.
"""

from __future__ import annotations

import math
import re
import unicodedata


def number_text(x: float, digits: int | None = None) -> str:
    """A number for people: 2.0 is `2`; with `digits`, rounded to so many significant ones.

    >>> number_text(2.0), number_text(0.1), number_text(1 / 3, 4), number_text(1e-7)
    ('2', '0.1', '0.3333', '1e-07')
    """
    if digits is not None and math.isfinite(x):
        return f"{x + 0.0:.{digits}g}"  # + 0.0 turns -0.0 into 0.0
    return repr(float(x)).removesuffix(".0")


def number_latex(x: float, digits: int | None = None) -> str:
    r"""The same in LaTeX.

    >>> print(number_latex(-1e-7), number_latex(float("inf")))
    -10^{-7} \infty
    """
    if math.isinf(x):
        return r"-\infty" if x < 0 else r"\infty"
    if math.isnan(x):
        return r"\mathrm{nan}"
    mantissa, _, exponent = number_text(x, digits).partition("e")
    if not exponent:
        return mantissa
    power = f"10^{{{int(exponent)}}}"
    return mantissa.removesuffix("1") + power if mantissa in ("1", "-1") else rf"{mantissa} \cdot {power}"


_GREEK = re.compile(
    "alpha|beta|gamma|delta|epsilon|zeta|eta|theta|iota|kappa|lambda|mu|nu|xi|pi|rho|sigma|tau|upsilon|phi|chi|psi|"
    "omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega"
)
_ACCENTS = {"\u0302": r"\hat", "\u0303": r"\tilde", "\u0304": r"\bar", "\u0307": r"\dot"}
_SPECIAL = {"<": r"\lt", ">": r"\gt", "|": r"\vert", "\\": r"\backslash", "^": r"\wedge", "~": r"\sim", "$": r"\$"}


def name_latex(name: str) -> str:
    r"""A node's name in LaTeX: one letter is a variable, digits after it an index, a word stands upright.

    >>> print(*map(name_latex, ["w", "w12", "z_1", "ŷ", "sigma", "loss", "W1[0]"]))
    w w_{12} z_{1} \hat{y} \sigma \mathrm{loss} \text{W1[0]}
    """
    found = re.fullmatch(r"([^\W\d_]+)_?(\d+)", name) or re.fullmatch(r"([^\W\d_]+)_(\w)", name)
    if found:
        return f"{name_latex(found[1])}_{{{found[2]}}}"
    letters = unicodedata.normalize("NFD", name)
    if len(letters) == 2 and letters[1] in _ACCENTS:
        return f"{_ACCENTS[letters[1]]}{{{letters[0]}}}"
    if len(name) == 1 and name.isalpha():
        return name
    if _GREEK.fullmatch(name):
        return "\\" + name
    if name.isalpha() and name.isascii():
        return rf"\mathrm{{{name}}}"
    return rf"\text{{{in_text_mode(name)}}}"


def in_text_mode(name: str) -> str:
    r"""`name` as it may stand inside LaTeX's \text{…}."""
    escaped = ""
    for character in name:
        if character in _SPECIAL:  # these need mathematics: leave the text for a moment
            escaped += rf"}}{_SPECIAL[character]}\text{{"
        else:
            escaped += "\\" + character if character in "_{}%&#" else character
    return escaped
