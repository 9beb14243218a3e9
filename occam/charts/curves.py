"""Quantities against step: solid to the playhead, faint beyond it, a rule at the playhead, readings on top.

Long recordings are thinned: each stretch of frames keeps its lowest and its highest value, so that spikes and
oscillations stay visible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from occam.charts import palette
from occam.charts.arrow import ipc
from occam.charts.chart import Chart, Style, finish, log_axis, words_layer
from occam.charts.words import heading, number, unit
from occam.glossary import METRICS
from occam.training.frames import Frame

Scale = Literal["linear", "log"]
MOST_STRETCHES = 200  # two points each: finer than a screen shows


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
    note = "" if np.isfinite(values).any() else _nothing(lines)
    datasets = {
        "past": ipc(thinned(step[: index + 1], values[:, : index + 1], lines.names)),
        "future": ipc(thinned(step[index:], values[:, index:], lines.names)),
        "now": ipc(_now(frames[index], lines)),
        "words": ipc({"note": [note], "alt": [sentence]}),
    }
    return Chart(_spec(lines, style), datasets, title, sentence)


def columns(frames: Sequence[Frame], names: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Steps (m,) and values (names, m), nan where a metric is undefined or absent."""
    step = np.array([frame.step for frame in frames], dtype=np.int64)
    values = np.array([[frame.metrics.get(name, np.nan) for frame in frames] for name in names], dtype=np.float64)
    return step, np.where(np.isfinite(values), values, np.nan)


def table(frames: Sequence[Frame], names: Sequence[str]) -> pd.DataFrame:
    """One row a frame: step and the metrics, headers as in the glossary."""
    step, values = columns(frames, names)
    return pd.DataFrame({"step": step, **dict(zip(names, values, strict=True))})


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


def _now(frame: Frame, lines: Lines) -> dict[str, Any]:
    row: dict[str, Any] = {"step": np.array([frame.step])}
    for name in lines.names:
        value = frame.metrics.get(name, np.nan)
        row[name] = np.array([value if value > 0 or lines.scale == "linear" else np.nan])
        row[f"{name}_text"] = [f"{heading(name)}  {number(value)}"]
    return row


@lru_cache(maxsize=64)
def _spec(lines: Lines, style: Style) -> dict[str, Any]:
    ink = style.ink
    colours, row = (ink.first, ink.second, ink.third, ink.muted), round(style.text * 1.45)
    scale = alt.Scale(type=lines.scale, zero=lines.scale == "linear", nice=True)
    options = log_axis() if lines.scale == "log" else {"tickCount": 4, "format": "~g"}
    suffix = ", log scale" if lines.scale == "log" else ""
    axis = alt.Axis(title=unit(lines.names[0]) + suffix, **options)
    steps = alt.X("step:Q", scale=alt.Scale(nice=False), axis=alt.Axis(title=METRICS["step"].label, grid=False, format="~s"))
    layers: list[alt.Chart] = []
    for value, word in lines.marks:
        level = alt.Chart(alt.NamedData("now"))
        y = alt.YDatum(value)
        layers.append(level.mark_rule(color=ink.text, strokeWidth=1, strokeDash=[4, 3]).encode(y=y))
        text = level.mark_text(align="left", baseline="bottom", dx=4, dy=-2, color=ink.text, fontSize=style.text - 1, text=word)
        layers.append(text.encode(x=alt.XValue(0), y=y))
    for i, name in enumerate(lines.names):
        colour, dash = colours[i % 4], palette.DASHES[i % 3]
        look = {"color": colour, "strokeDash": dash, "strokeWidth": style.line, "clip": True}
        for data, opacity in (("future", 0.25), ("past", 1.0)):
            line = alt.Chart(alt.NamedData(data)).mark_line(opacity=opacity, **look)
            layers.append(line.encode(x=steps, y=alt.Y(f"{name}:Q", scale=scale, axis=axis)))
        now = alt.Chart(alt.NamedData("now"))
        dot = now.mark_point(filled=True, color=colour, size=style.point, opacity=1, stroke=ink.page, strokeWidth=1)
        layers.append(dot.encode(x=steps, y=alt.Y(f"{name}:Q", scale=scale, axis=axis)))
        above = -(len(lines.names) - i) * row - style.text - 8
        sample = now.mark_rule(color=colour, strokeDash=dash, strokeWidth=style.line)
        layers.append(sample.encode(x=alt.XValue(0), x2=alt.XValue(26), y=alt.YValue(above)))
        reading = now.mark_text(align="left", color=ink.text, fontSize=style.text, baseline="middle")
        layers.append(reading.encode(x=alt.XValue(32), y=alt.YValue(above), text=f"{name}_text:N"))
    rule = alt.Chart(alt.NamedData("now")).mark_rule(color=ink.muted, strokeWidth=1).encode(x=steps)
    top = len(lines.names) * row + style.text + 20
    return finish(alt.layer(rule, *layers, words_layer(style)), style, height=lines.height, top=top)


def _nothing(lines: Lines) -> str:
    labels = " and ".join(METRICS[name].label for name in lines.names[:2])
    return f"{labels}:\nno finite value yet" + (" above 0" if lines.scale == "log" else "")


def _sentence(title: str, frames: Sequence[Frame], index: int, lines: Lines) -> str:
    frame, parts = frames[index], []
    for name in lines.names:
        first, now = (frames[i].metrics.get(name, np.nan) for i in (0, index))
        moved = f", from {number(first)} at step {frames[0].step}" if index and np.isfinite(first) else ""
        parts.append(f"{METRICS[name].label} {number(now)}{moved}")
    return f"{title} at step {frame.step} of {frames[-1].step} recorded: {'; '.join(parts)}."
