"""`balanced`: what every formula in LaTeX keeps."""

import re


def balanced(formula):
    r"""Braces, \left and \right, \begin and \end come in pairs."""
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", formula):
        depth += 1 if brace == "{" else -1
        assert depth >= 0
    assert depth == 0
    assert formula.count(r"\left") == formula.count(r"\right")
    assert formula.count(r"\begin") == formula.count(r"\end")
