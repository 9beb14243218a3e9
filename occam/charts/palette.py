"""Colours, chosen so that no reader depends on red against green, in a light and a dark theme.

Classes: blue against orange through the page's colour, or tints of Okabe and Ito (2008) for more than two.
Slopes: one purple hue, lightness alone carries the value.  Ramps are straight lines in CIE Lab (D65), so that equal
steps of the value look equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Theme = Literal["light", "dark"]


@dataclass(frozen=True)
class Ink:
    """Colours of everything that is not data, and the two data hues (`first` blue, `second` orange)."""

    page: str
    text: str
    muted: str
    grid: str
    first: str
    second: str
    third: str


INK: dict[Theme, Ink] = {
    "light": Ink("#ffffff", "#1d2733", "#6b7280", "#e3e6ea", "#0072b2", "#b85c00", "#8a2be2"),
    "dark": Ink("#11161d", "#e7ebf0", "#9aa3af", "#2b313b", "#5bb5ee", "#f2a83b", "#a66bff"),
}

# Four colours of Okabe & Ito (2008), then, one by one, the colour of contrast ≥ 3 to the page that is farthest in CIE
# Lab from all before it for normal, red-blind, green-blind and blue-blind sight (Machado et al. 2009).
CLASSES: dict[Theme, tuple[str, ...]] = {
    "light": (
        *("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#141420"),
        *("#8800ff", "#662200", "#001188", "#554455", "#8877ff"),
    ),
    "dark": (
        *("#56b4e9", "#e69f00", "#009e73", "#cc79a7", "#8844ff"),
        *("#ddffaa", "#aa4400", "#6666dd", "#aaffee", "#994499"),
    ),
}
QUIET: dict[Theme, str] = {"light": "#c9ced6", "dark": "#4a525e"}  # the bulk against which other areas are judged
SHAPES = (
    "circle",
    "square",
    "triangle-up",
    "diamond",
    "cross",
    "triangle-down",
    "M-1,-1L0,-.4L1,-1L.4,0L1,1L0,.4L-1,1L-.4,0Z",
    "triangle-right",
    "M-1,-.3L1,-.3L1,.3L-1,.3Z",
    "triangle-left",
)
DASHES = ([1, 0], [7, 4], [2, 3], [10, 3, 2, 3])

# Ends and middle of the map of two classes: paler (light) or deeper (dark) than the points that lie on it.
_TWO_CLASSES: dict[Theme, tuple[str, ...]] = {
    "light": ("#6fb0dc", "#ffffff", "#f3ad62"),
    "dark": ("#0d5c92", "#11161d", "#8f5200"),
}
SLOPES: dict[Theme, tuple[str, ...]] = {
    "light": ("#fbf8fd", "#d9c4ea", "#a97fc9", "#73429c", "#2f0a52"),
    "dark": ("#14101c", "#40265c", "#77489b", "#b287d0", "#f4e9fb"),
}

_TO_XYZ = np.array(
    [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]]
)
_WHITE = np.array([0.95047, 1.0, 1.08883])


def rgb(*colours: str) -> NDArray[np.float64]:
    """(m, 3) sRGB in [0, 1] of m colours "#rrggbb"."""
    return np.array([[int(colour[i : i + 2], 16) for i in (1, 3, 5)] for colour in colours]) / 255.0


def lab(srgb: NDArray[np.float64]) -> NDArray[np.float64]:
    """(…, 3) CIE Lab (D65) of (…, 3) sRGB in [0, 1]."""
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    xyz = linear @ _TO_XYZ.T / _WHITE
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), (24389 / 27 * xyz + 16) / 116)
    x, y, z = np.moveaxis(f, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def unlab(colour: NDArray[np.float64]) -> NDArray[np.float64]:
    """(…, 3) sRGB in [0, 1], clipped to the gamut, of (…, 3) CIE Lab (D65)."""
    lightness, a, b = np.moveaxis(colour, -1, 0)
    y = (lightness + 16) / 116
    f = np.stack([y + a / 500, y, y - b / 200], axis=-1)
    xyz = np.where(f > 6 / 29, f**3, (116 * f - 16) * 27 / 24389) * _WHITE
    linear = np.clip(xyz @ np.linalg.inv(_TO_XYZ).T, 0.0, 1.0)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def ramp(anchors: tuple[str, ...], levels: int = 256) -> NDArray[np.uint8]:
    """(levels, 3) bytes: equal steps from anchor to anchor in CIE Lab."""
    stops = lab(rgb(*anchors))
    where = np.linspace(0.0, len(anchors) - 1.0, levels)
    mixed = np.stack([np.interp(where, np.arange(len(anchors)), stop) for stop in stops.T], axis=-1)
    return np.round(unlab(mixed) * 255).astype(np.uint8)


def hexes(colours: NDArray[np.uint8]) -> list[str]:
    """The colours as "#rrggbb"."""
    return [f"#{r:02x}{g:02x}{b:02x}" for r, g, b in colours.tolist()]


def two_classes(theme: Theme) -> NDArray[np.uint8]:
    """(256, 3): blue for σ(f) = 0, the page at ½, orange at 1; also low, middle and high targets of a regression."""
    return ramp(_TWO_CLASSES[theme])


def slopes(theme: Theme) -> NDArray[np.uint8]:
    """(256, 3): from the page's colour (flat) to ink (steep), lightness monotone."""
    return ramp(SLOPES[theme])


def class_tints(theme: Theme, classes: int) -> tuple[NDArray[np.uint8], int]:
    """(classes·levels, 3) and levels: each class from the page's colour to a tint of its own, by confidence."""
    levels = max(2, min(24, 256 // classes))
    strength = {"light": 0.62, "dark": 0.55}[theme]
    page = lab(rgb(INK[theme].page))[0]
    rows = []
    for c in range(classes):
        colour = lab(rgb(CLASSES[theme][c % len(CLASSES[theme])]))[0]
        share = np.linspace(0.12, strength, levels)[:, None]
        rows.append(unlab(page + share * (colour - page)))
    return np.round(np.concatenate(rows) * 255).astype(np.uint8), levels


def class_colours(theme: Theme, classes: int) -> list[str]:
    """One colour per class; two classes are blue and orange.  Shapes differ where colours repeat."""
    if classes <= 2:
        return [INK[theme].first, INK[theme].second][:classes]
    return [CLASSES[theme][c % len(CLASSES[theme])] for c in range(classes)]


def class_shapes(classes: int) -> list[str]:
    """One shape per class, shifted by one when the ten colours are used up, so that no pair repeats below a hundred."""
    return [SHAPES[(c + c // len(SHAPES)) % len(SHAPES)] for c in range(classes)]


def layer_colours(theme: Theme, layers: int) -> list[str]:
    """One colour per layer, from the first (blue) through purple to the last (orange)."""
    ink = INK[theme]
    return hexes(ramp((ink.first, ink.third, ink.second), max(layers, 2)))[:layers]


def line_colours(theme: Theme) -> tuple[str, str, str, str]:
    """Colours of up to four quantities on one axis; each has its dash in `DASHES` too."""
    ink = INK[theme]
    return ink.first, ink.second, ink.third, ink.text
