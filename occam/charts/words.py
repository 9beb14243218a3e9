"""Numbers and names in running text, all names from the glossary."""

from __future__ import annotations

import math

from occam.glossary import METRICS

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def number(value: float) -> str:
    """Three significant digits, powers of ten where zeros would hide them: 0.213, 3.2 × 10⁻⁷; "undefined" for nan."""
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0 or 1e-3 <= abs(value) < 1e5:
        text = f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
        return text.replace("-", "−")
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa.replace('-', '−')} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}"


def heading(name: str) -> str:
    """Label and symbol of a metric: "Geometric complexity GC"."""
    metric = METRICS[name]
    return f"{metric.label} {metric.symbol}"


def unit(name: str) -> str:
    """The short form of a metric's unit: what stands before the first semicolon."""
    return METRICS[name].unit.split(";")[0]


def column(name: str) -> str:
    """CSV header of a metric: its identifier, the same as in metrics.csv."""
    return METRICS[name].name
