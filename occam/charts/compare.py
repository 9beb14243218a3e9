"""One quantity of several runs over one clock: a line, colour, dash and mark each, a dot where each is looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from occam.charts import curves, xy
from occam.charts.chart import Chart, Style, shared
from occam.charts.flows import Line
from occam.charts.words import number, unit
from occam.glossary import METRICS
from occam.training.frames import Frame

MOST = 4  # runs side by side
LETTERS = ("A", "B", "C", "D")
# Okabe and Ito (2008), on white the purple darker; solid lines and full marks for the first.
RUNS: dict[str, Line] = {
    "A": Line("A", "#0072b2", "#56b4e9", (1, 0)),
    "B": Line("B", "#d55e00", "#e69f00", (7, 4), "square"),
    "C": Line("C", "#009e73", "#2fc79a", (2, 3), "triangle-up"),
    "D": Line("D", "#9b4f80", "#cc79a7", (10, 3, 2, 3), "diamond"),
}
ABSCISSA = {"step": "gradient steps", "time": "physical time γ·step", "loss": "training loss, falling, log scale"}
METRIC_NAMES = tuple(name for name in METRICS if name != "step")
HEIGHT = 190


@dataclass(frozen=True)
class Trace:
    """One run in a chart: its letter, the key of its recording, its frames, the one looked at, time of a step."""

    letter: str
    key: str
    frames: Sequence[Frame]
    index: int
    pace: float


def draw(traces: Sequence[Trace], clock: str, metric: str, now: float, *, style: Style = Style()) -> Chart:
    """`metric` of every run against `clock`, which stands at `now`."""
    key = tuple((trace.letter, trace.key, len(trace.frames), trace.index) for trace in traces)
    return shared(("compare", key, clock, metric, now, style), lambda: _draw(traces, clock, metric, now, style))


def _draw(traces: Sequence[Trace], clock: str, metric: str, now: float, style: Style) -> Chart:
    scale: xy.Scale = METRICS[metric].scale
    x = xy.Axis(ABSCISSA[clock], "log" if clock == "loss" else "linear", reverse=clock == "loss")
    y = xy.Axis(f"{unit(metric)}, {scale} scale", scale, zero=True)
    letters = [trace.letter for trace in traces]
    plot = xy.Plot(tuple((letter, RUNS[letter]) for letter in letters), x, y, HEIGHT, max(1, len(letters)), rules=True)
    lines, dots, readings = {}, {}, {}
    for trace in traces:
        at, values = _series(trace, clock, metric)
        lines[trace.letter] = (at, values)
        dots[trace.letter] = _dot(trace, clock, metric)
        readings[trace.letter] = f"{trace.letter}  {_said(float(dots[trace.letter][1][0]))}"
    known = any(xy.usable(x, y, plot).any() for x, y in lines.values())
    note = "" if known else "No finite value" + (" above 0" if scale == "log" else "") + " to draw"
    down = [(now, "")] if math.isfinite(now) else []
    content = xy.Content(lines, readings, dots, down=down, note=note)
    return xy.draw(f"{METRICS[metric].label} of the compared runs", plot, content, _sentence(traces, metric), style)


def _said(value: float) -> str:
    return number(value) if math.isfinite(value) else "–"


def _series(trace: Trace, clock: str, metric: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    names = (metric, "train_loss")
    step, values = curves.columns(trace.frames, names)
    thin = curves.thinned(step, values, names)
    return _abscissa(trace, clock, thin["step"], thin["train_loss"]), np.asarray(thin[metric], float)


def _dot(trace: Trace, clock: str, metric: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if not trace.frames:
        return np.array([math.nan]), np.array([math.nan])
    step, values = curves.columns([trace.frames[trace.index]], (metric, "train_loss"))
    return _abscissa(trace, clock, step, values[1]), values[0]


def _abscissa(trace: Trace, clock: str, step: NDArray, loss: NDArray) -> NDArray[np.float64]:
    if clock == "loss":
        return np.asarray(loss, float)
    return np.asarray(step, float) * (trace.pace if clock == "time" else 1.0)


def _sentence(traces: Sequence[Trace], metric: str) -> str:
    parts = [
        f"{trace.letter} {_said(trace.frames[trace.index].metrics.get(metric, math.nan))}"
        f" at step {trace.frames[trace.index].step}"
        for trace in traces
        if trace.frames
    ]
    return f"{METRICS[metric].label} now: {', '.join(parts) or 'no record yet'}."


def table(traces: Sequence[Trace]) -> pd.DataFrame:
    """One row a run and record: run, step, physical time, every metric."""
    parts = []
    for trace in traces:
        data = curves.table(trace.frames, METRIC_NAMES)
        data.insert(0, "run", trace.letter)
        data.insert(2, "time", data["step"] * trace.pace)
        parts.append(data)
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["run", "step", "time"])
