"""Axes with few ticks, their titles lying flat on top, log decades as powers of ten."""

from __future__ import annotations

import math
from typing import Any

import altair as alt

from occam.charts.words import SUPERSCRIPT
from occam.glossary import METRICS

NICE = (1.0, 2.0, 2.5, 5.0, 10.0)
_DECADE = "floor(log(datum.value) / LN10 + 1e-9)"
_MANTISSA = f"round(datum.value / pow(10, {_DECADE}))"
_POWERS = ", ".join(f"'10{str(e).translate(SUPERSCRIPT)}'" for e in range(-12, 13))
_PLAIN = "datum.value > 9e-4 && datum.value < 2e4"


def _shown(channel: str) -> str:
    # 2 and 5 only where fewer than two decades would leave a lonely label.
    span = f"log(domain('{channel}')[1] / domain('{channel}')[0]) / LN10"
    return f"{_MANTISSA} == 1 || ({span} < 2 && ({_MANTISSA} == 2 || {_MANTISSA} == 5))"


def log(channel: str, **options: Any) -> alt.Axis:
    """A log axis of scale `channel`: labels and grid at decades, at 2 and 5 too where there are few decades."""
    shown = _shown(channel)
    power = f"{_MANTISSA} == 1 ? [{_POWERS}][{_DECADE} + 12] : ''"
    label = f"{shown} ? ({_PLAIN} ? format(datum.value, '~g') : {power}) : ''"
    grid = alt.condition(shown, alt.value(1), alt.value(0))
    return alt.Axis(labelExpr=label, gridOpacity=grid, labelOverlap="greedy", **options)


def linear(**options: Any) -> alt.Axis:
    """A linear axis with about four ticks."""
    # Vega's own number format would write 200 as 2e+2.
    return alt.Axis(tickCount=4, labelExpr="format(datum.value, '~g')", **options)


def flat(title: str | None) -> dict[str, Any]:
    """A vertical axis's title, readable without turning the head: above the axis, from its left end."""
    return {"title": title, "titleAngle": 0, "titleAlign": "left", "titleAnchor": "start", "titleY": -8, "titleX": 0}


def steps() -> alt.X:
    """The axis of gradient steps, as long as the recording."""
    return alt.X(
        "step:Q",
        scale=alt.Scale(nice=False),
        axis=alt.Axis(title=METRICS["step"].label, grid=False, format=",d", tickCount=5),
    )


def nice(gap: float) -> float:
    """The smallest m·10^k, m in `NICE`, that is at least `gap`."""
    power = 10.0 ** math.floor(math.log10(gap))
    return next(nice * power for nice in NICE if nice * power >= gap * (1 - 1e-9))
