"""Quantities against step: solid to the playhead, faint beyond it, a rule at the playhead, readings on top.

Long recordings are thinned: each stretch of frames keeps its lowest and its highest value, so that spikes and
oscillations stay visible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from occam.charts import axes, palette
from occam.charts.arrow import ipc
from occam.charts.cache import once
from occam.charts.chart import Chart, Style, finish, words, words_layers
from occam.charts.words import number, reading, unit
from occam.glossary import METRICS
from occam.training.frames import Frame

Scale = Literal["linear", "log"]
MOST_STRETCHES = 200  # two points each: finer than a screen shows
WIDE = 420  # pixels of plot above which readings are written out
ROOM = 70  # letters that fit into them


@dataclass(frozen=True)
class Lines:
    """Which metrics share one axis, and how: `marks` are values with a fixed line and a word each."""

    names: tuple[str, ...]
    scale: Scale = "log"
    marks: tuple[tuple[float, str], ...] = ()
    height: int = 210


def draw(title: str, frames: Sequence[Frame], index: int, lines: Lines, style: Style) -> Chart:
    """The chart of `lines` with the playhead at `index`."""
    step, values = columns(frames, lines.names)
    if lines.scale == "log":
        values = np.where(values > 0, values, np.nan)
    sentence = _sentence(title, frames, index, lines)
    now: dict[str, Any] = {"step": step[index : index + 1]}
    for name, row in zip(lines.names, values, strict=True):
        long, short = reading(name, frames[index].metrics.get(name, np.nan))
        now |= {name: row[index : index + 1], f"{name}_long": [long], f"{name}_short": [short]}
    # Different units are told with each reading if there is room for all; the same unit once, by the axis.
    full = {f"{name}_long": [f"{now[f'{name}_long'][0]} ({unit(name)})"] for name in lines.names}
    if len({unit(name) for name in lines.names}) > 1 and all(len(text) <= ROOM for [text] in full.values()):
        now |= full
    datasets = {
        **past_and_future(step, values, lines.names, index),
        "now": ipc(now),
        "words": words(sentence, *_note(values, lines)),
    }
    return Chart(_spec(lines, style), datasets, title, sentence)


def columns(frames: Sequence[Frame], names: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Steps (m,) and values (names, m), nan where a metric is undefined, infinite or absent."""
    frames = tuple(frames)  # a live recording grows meanwhile
    step = np.array([frame.step for frame in frames], dtype=np.int64)
    values = np.array([[frame.metrics.get(name, np.nan) for frame in frames] for name in names], dtype=np.float64)
    return step, np.where(np.isfinite(values), values, np.nan)


def table(frames: Sequence[Frame], names: Sequence[str]) -> pd.DataFrame:
    """One row a frame: step and the metrics, headers as in the glossary."""
    step, values = columns(frames, names)
    return pd.DataFrame({"step": step, **dict(zip(names, values, strict=True))})


def past_and_future(
    step: NDArray[np.int64], values: NDArray[np.float64], names: Sequence[str], index: int
) -> dict[str, bytes]:
    """Datasets "past" (to the playhead) and "future" (from it on) of values (names, m), thinned."""
    past, future = slice(0, index + 1), slice(index, None)
    return {
        "past": ipc(thinned(step[past], values[:, past], names)),
        "future": ipc(thinned(step[future], values[:, future], names)),
    }


def thinned(
    step: NDArray[np.int64], values: NDArray[np.float64], names: Sequence[str]
) -> dict[str, NDArray[np.generic]]:
    """Step and values of the frames that are lowest or highest in their stretch for some metric, ends included."""
    m = len(step)
    stretch = -(-m // MOST_STRETCHES)
    if stretch > 2:
        keep = {0, m - 1}
        for row in values:
            padded = np.concatenate([row, np.full(-m % stretch, np.nan)]).reshape(-1, stretch)
            starts = np.arange(len(padded)) * stretch
            for filled, pick in ((np.inf, np.argmin), (-np.inf, np.argmax)):
                where = starts + pick(np.where(np.isnan(padded), filled, padded), axis=1)
                keep.update(where[where < m].tolist())
        kept = np.array(sorted(keep))
        step, values = step[kept], values[:, kept]
    return {"step": step, **dict(zip(names, values, strict=True))}


@once(maxsize=64)
def _spec(lines: Lines, style: Style) -> dict[str, Any]:
    ink = style.ink
    scale = alt.Scale(type="log", nice=True) if lines.scale == "log" else alt.Scale(zero=True, nice=True)
    title = axes.flat(_title(lines))
    axis = axes.log("y", **title) if lines.scale == "log" else axes.linear(**title)
    x, now = axes.steps(), alt.Chart(alt.NamedData("now"))
    layers: list[alt.Chart] = [now.mark_rule(color=ink.muted, strokeWidth=1).encode(x=x)]
    for value, word in lines.marks:
        layers += level(now, value, word, style)
    for i, name in enumerate(lines.names):
        colour, dash = palette.line_colours(style.theme)[i], palette.DASHES[i]
        y = alt.Y(f"{name}:Q", scale=scale, axis=axis)
        look = {"color": colour, "strokeDash": dash, "strokeWidth": style.line, "clip": True}
        for data, opacity in (("future", 0.28), ("past", 1.0)):
            layers.append(alt.Chart(alt.NamedData(data)).mark_line(opacity=opacity, **look).encode(x=x, y=y))
        dot = now.mark_point(filled=True, color=colour, size=style.point, opacity=1, stroke=ink.page, strokeWidth=1)
        layers.append(dot.encode(x=x, y=y))
        above = readings_row(i, len(lines.names), style)
        sample = now.mark_rule(color=colour, strokeDash=dash, strokeWidth=style.line)
        layers.append(sample.encode(x=alt.XValue(0), x2=alt.X2Value(26), y=alt.YValue(above)))
        layers.append(reading_layer(name, above, 32, style))
    return finish([*layers, *words_layers(style)], style, height=lines.height)


def level(now: alt.Chart, value: float, word: str, style: Style, *, above: bool = False) -> list[alt.Chart]:
    """A dashed line at `value` across the plot with a word under or above it; `now` gives the one row of data."""
    y, ink = alt.YDatum(value), style.ink
    look = {"align": "left", "dx": 4, "color": ink.text, "fontSize": style.text, "text": word}
    text = now.mark_text(baseline="bottom", dy=-3, **look) if above else now.mark_text(baseline="top", dy=3, **look)
    rule = now.mark_rule(color=ink.text, strokeWidth=style.line / 2, strokeDash=[5, 4]).encode(y=y)
    return [rule, text.encode(x=alt.XValue(0), y=y)]


def readings_row(i: int, count: int, style: Style) -> float:
    """Height of reading i of `count` above the plot, in pixels (negative), clear of the axis title."""
    return (i - count) * round(style.text * 1.45) - style.text - 6


def reading_layer(name: str, above: float, left: float, style: Style) -> alt.Chart:
    """The reading of one metric: written out where there is room, else short."""
    text = alt.ExprRef(f"width > {WIDE * style.text / 13} ? datum.{name}_long : datum.{name}_short")
    mark = alt.Chart(alt.NamedData("now")).mark_text(
        align="left", baseline="middle", color=style.ink.text, fontSize=style.text, text=text
    )
    return mark.encode(x=alt.XValue(left), y=alt.YValue(above))


def _title(lines: Lines) -> str:
    units = list(dict.fromkeys(unit(name) for name in lines.names))
    scale = f"{lines.scale} scale"
    return f"{units[0]}, {scale}" if len(units) == 1 else scale


def _note(values: NDArray[np.float64], lines: Lines) -> tuple[str, float]:
    if not np.isfinite(values).any():
        return "No finite value" + (" above 0" if lines.scale == "log" else "") + " to draw", 0.45
    return ("One record so far: lines start with the second", 0.92) if values.shape[1] == 1 else ("", 0.45)


def _sentence(title: str, frames: Sequence[Frame], index: int, lines: Lines) -> str:
    frame, parts = frames[index], []
    for name in lines.names:
        first, now = (frames[i].metrics.get(name, np.nan) for i in (0, index))
        moved = f", from {number(first)} at step {frames[0].step}" if index and np.isfinite(first) else ""
        parts.append(f"{METRICS[name].label} {number(now)}{moved}")
    return f"{title} at step {frame.step} of {frames[-1].step} recorded: {'; '.join(parts)}."
