"""The colours: enough contrast to read, and apart for every kind of colour vision."""

import itertools

import pytest

from autograd.drawing.style import CSS, DARK, KINDS, LIGHT

BOTH = pytest.mark.parametrize("colors", [LIGHT, DARK], ids=["light", "dark"])

# Machado, Oliveira and Fernandes (2009), severity 1: what a reader sees, in linear RGB.
VISION = {
    "trichromat": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanope": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranope": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritanope": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}


def linear(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]


def luminance(color):
    red, green, blue = linear(color)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(a, b):
    darker, lighter = sorted([luminance(a), luminance(b)])
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_that_of_wcag():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@BOTH
@pytest.mark.parametrize("ground", ["background", *KINDS])
@pytest.mark.parametrize("ink", ["text", "muted"])
def test_text_can_be_read(colors, ground, ink):
    assert contrast(colors[ink], colors[ground]) >= 4.5


@BOTH
@pytest.mark.parametrize("line", ["edge", *(f"{kind} border" for kind in KINDS)])
def test_lines_can_be_seen(colors, line):
    assert contrast(colors[line], colors["background"]) >= 3


@BOTH
@pytest.mark.parametrize("vision", VISION)
def test_kinds_look_different_with_any_colour_vision(colors, vision):
    seen = {
        kind: [
            sum(weight * c for weight, c in zip(row, linear(colors[f"{kind} border"]), strict=True))
            for row in VISION[vision]
        ]
        for kind in ("leaf", "operation", "output")
    }
    for a, b in itertools.combinations(seen, 2):
        assert max(abs(x - y) for x, y in zip(seen[a], seen[b], strict=True)) > 0.1, (a, b)


def test_css_finds_each_role_by_its_colour():
    assert len(set(LIGHT.values())) == len(LIGHT)
    assert LIGHT.keys() == DARK.keys()
    for role, color in LIGHT.items():
        assert f'[fill="{color}"]{{fill:{DARK[role]}}}' in CSS
