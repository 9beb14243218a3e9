"""Quantities against a quantity: lines and dots by name, a key above, rules across and down, all of them data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from occam.charts import axes, flows
from occam.charts.arrow import ipc
from occam.charts.cache import once
from occam.charts.chart import Chart, Style, finish, words, words_layers
from occam.charts.flows import Line

Scale = Literal["linear", "log", "sqrt"]
Series = Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]]


@dataclass(frozen=True)
class Axis:
    """Title and scale of an axis; `zero`: a linear one starts at 0; `domain`: its fixed ends; `reverse`: falling."""

    title: str
    scale: Scale = "linear"
    zero: bool = False
    domain: tuple[float, float] | None = None
    reverse: bool = False


@dataclass(frozen=True)
class Plot:
    """What is fixed in the spec: the lines by name with their keys in `columns`, both axes, the height of the plot, and
    whether there are `rules` across and down.
    """

    lines: tuple[tuple[str, Line], ...]
    x: Axis
    y: Axis
    height: int = 200
    columns: int = 1
    rules: bool = False


@dataclass(frozen=True)
class Content:
    """What changes: joined points `curves`, single points `dots`, `across` and `down`: (value, word) of rules, `key`
    texts by name, a `note` where there is nothing to draw.
    """

    curves: Series
    key: Mapping[str, str]
    dots: Series = field(default_factory=dict)
    across: Sequence[tuple[float, str]] = ()
    down: Sequence[tuple[float, str]] = ()
    note: str = ""


def draw(title: str, plot: Plot, content: Content, sentence: str, style: Style) -> Chart:
    """The chart.  Points that are not finite, or not above 0 on a log axis, are left out."""
    datasets = {
        "curves": ipc(_columns(content.curves, plot, "curve")),
        "dots": ipc(_columns(content.dots, plot, "dot")),
        "key": flows.key({name: content.key.get(name, line.label) for name, line in plot.lines}),
        "words": words(sentence, content.note),
    }
    if plot.rules:
        datasets["across"] = ipc(_rules(content.across, plot.y, "level"))
        datasets["down"] = ipc(_rules(content.down, plot.x, "row"))
    return Chart(spec(plot, style), datasets, title, sentence)


def usable(x: NDArray[np.float64], y: NDArray[np.float64], plot: Plot) -> NDArray[np.bool_]:
    """Which points are drawn: finite, and above 0 on a log axis."""
    fine = np.isfinite(x) & np.isfinite(y)
    for values, axis in ((x, plot.x), (y, plot.y)):
        if axis.scale == "log":
            fine &= values > 0
    return fine


def _columns(series: Series, plot: Plot, order: str) -> dict[str, Any]:
    """Columns name, x, y and `order`, whose name tells curves from dots: of equal data one would mount anew."""
    names: list[str] = []
    xs, ys = [np.empty(0)], [np.empty(0)]
    for name, (x, y) in series.items():
        x, y = np.asarray(x, float), np.asarray(y, float)
        fine = usable(x, y, plot)
        xs.append(x[fine])
        ys.append(y[fine])
        names += [name] * int(fine.sum())
    x, y = np.concatenate(xs), np.concatenate(ys)
    return {"name": names, "x": x, "y": y, order: np.arange(len(x))}


def _rules(rules: Sequence[tuple[float, str]], axis: Axis, order: str) -> dict[str, Any]:
    kept = [(value, word) for value, word in rules if np.isfinite(value) and (value > 0 or axis.scale != "log")]
    at = np.array([value for value, _ in kept], dtype=float)
    return {"at": at, "word": [word for _, word in kept], order: np.arange(len(kept))}


@once(maxsize=128)
def spec(plot: Plot, style: Style) -> dict[str, Any]:
    """The compiled spec of every chart with this plot."""
    lines = dict(plot.lines)
    x = alt.X("x:Q", scale=_scale("x", plot.x), axis=_axis("x", plot.x, {"title": plot.x.title}))
    y = alt.Y("y:Q", scale=_scale("y", plot.y), axis=_axis("y", plot.y, axes.flat(plot.y.title or None)))
    curves = alt.Chart(alt.NamedData("curves")).mark_line(strokeWidth=style.line, clip=True)
    dots = alt.Chart(alt.NamedData("dots")).mark_point(filled=True, size=style.point * 0.8, opacity=0.9)
    layers = [
        *(_rule_layers(style) if plot.rules else []),
        curves.encode(x=x, y=y, order="curve:Q", **flows.look(lines, "name", style)),
        dots.encode(x=x, y=y, **flows.marks(lines, "name", style)),
        *flows.key_layers(lines, style, plot.columns, titled=bool(plot.y.title)),
        *words_layers(style),
    ]
    return finish(layers, style, height=plot.height)


def _rule_layers(style: Style) -> list[alt.Chart]:
    ink = style.ink
    across, down = alt.Chart(alt.NamedData("across")), alt.Chart(alt.NamedData("down"))
    rule = {"color": ink.muted, "strokeWidth": 1.2, "strokeDash": [4, 4], "clip": True}
    text = {"align": "left", "baseline": "bottom", "dx": 4, "dy": -3, "color": ink.text, "fontSize": style.text - 1}
    below = alt.ExprRef(f"height - datum.row * {style.text + 3}")
    return [
        across.mark_rule(**rule).encode(y="at:Q"),
        down.mark_rule(**rule).encode(x="at:Q"),
        across.mark_text(**text).encode(x=alt.XValue(0), y="at:Q", text="word:N"),
        down.mark_text(**{**text, "baseline": "bottom", "y": below}).encode(x="at:Q", text="word:N"),
    ]


def _scale(channel: str, axis: Axis) -> alt.Scale:
    if axis.domain is not None:
        return alt.Scale(type=axis.scale, domain=list(axis.domain), nice=False)
    if axis.scale == "log":
        return alt.Scale(type="log", nice=False, padding=7, reverse=axis.reverse)
    return alt.Scale(type=axis.scale, zero=axis.zero, nice=True, padding=5 if channel == "y" and not axis.zero else 0)


def _axis(channel: str, axis: Axis, title: dict[str, Any]) -> alt.Axis:
    return axes.log(channel, **title) if axis.scale == "log" else axes.linear(**title)


def table(series: Series, x: str, y: str) -> pd.DataFrame:
    """One row a point: name, x, y."""
    parts = [pd.DataFrame({"name": name, x: xs, y: ys}) for name, (xs, ys) in series.items()]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["name", x, y])
