"""Numbers and names in running text, all names from the glossary."""

from __future__ import annotations

import math

from occam.glossary import METRICS

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


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
    return f"{mantissa.replace('-', '−')} × 10{str(int(exponent)).translate(SUPERSCRIPT)}"


def pretty(symbol: str) -> str:
    """A symbol with the subscripts that Unicode has: γλ_max → γλₘₐₓ, L_test → Lₜₑₛₜ, ∇_x f → ∇ₓf."""
    return symbol.replace("_max", "ₘₐₓ").replace("_test", "ₜₑₛₜ").replace("_x f", "ₓf").replace("_x", "ₓ")


def reading(name: str, value: float) -> tuple[str, str]:
    """A metric and its value, long and short: "Geometric complexity GC = 13.7", "GC = 13.7"."""
    metric = METRICS[name]
    plain = f"{metric.label} = {number(value)}"
    short = f"{pretty(metric.symbol)} = {number(value)}"
    # "implicit" or "err" beside its own label would say the same twice.
    word = metric.symbol.split("_")[0]
    if len(word) > 1 and word.lower() in metric.label.lower():
        return plain, plain
    return f"{metric.label} {short}", plain if len(metric.label) <= 22 else short


def unit(name: str) -> str:
    """The short form of a metric's unit: what stands before the first semicolon."""
    return METRICS[name].unit.split(";")[0]


def column(name: str) -> str:
    """CSV header of a metric: its identifier, the same as in metrics.csv."""
    return METRICS[name].name
