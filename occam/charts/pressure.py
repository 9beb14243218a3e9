"""What the step presses on: the loss, and the penalties that the step size and the spec add to it.

Stacked areas show the sum in the unit of the loss, honest about how small a penalty is; on a log axis each term has
its own line, because the implicit one is often a thousandth of the loss.  A stack on a log axis would lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd

from occam.charts import axes, curves, palette
from occam.charts.arrow import decode, ipc
from occam.charts.cache import once
from occam.charts.chart import Chart, Style, finish, shared, words, words_layers
from occam.charts.words import number, reading
from occam.glossary import METRICS
from occam.training.frames import Frame, Header

Form = Literal["lines", "stack"]
NAMES = ("train_loss", "implicit_penalty", "param_penalty", "input_penalty")
TITLE = "Pressure"


def draw(
    key: str, header: Header, frames: Sequence[Frame], index: int, *, style: Style = Style(), form: Form = "lines"
) -> Chart:
    """The terms against step: one line each on a log axis, or stacked areas on a linear one."""
    make = _lines if form == "lines" else _stack
    return shared(("pressure", key, index, len(frames), style, form), lambda: make(frames, index, style))


def _lines(frames: Sequence[Frame], index: int, style: Style) -> Chart:
    chart = curves.draw(TITLE, frames, index, curves.Lines(NAMES, "log"), style)
    sentence = _sentence(frames[index])
    note = decode(chart.datasets["words"])["note"][0]
    return replace(chart, alt=sentence, datasets={**chart.datasets, "words": words(sentence, str(note))})


def _stack(frames: Sequence[Frame], index: int, style: Style) -> Chart:
    step, values = curves.columns(frames, NAMES)
    tops = np.cumsum(np.nan_to_num(values), axis=0)
    tops[:, np.isnan(values[0])] = np.nan
    names = [f"top{i}" for i in range(len(NAMES))]
    sentence = _sentence(frames[index])
    now: dict[str, Any] = {"step": np.array([frames[index].step])}
    for name in NAMES:
        long, short = reading(name, frames[index].metrics.get(name, np.nan))
        percent = _percent(frames[index], name)
        now |= {f"{name}_long": [long + percent], f"{name}_short": [short + percent]}
    datasets = {
        **curves.past_and_future(step, tops, names, index),
        "now": ipc(now),
        "words": words(sentence, "" if np.isfinite(tops).any() else "No finite loss to draw"),
    }
    return Chart(_stack_spec(style), datasets, TITLE, sentence)


def _share(frame: Frame, name: str) -> float:
    terms = [frame.metrics.get(term, np.nan) for term in NAMES]
    total = float(np.nansum(terms))
    return frame.metrics.get(name, np.nan) / total if total > 0 else float("nan")


def _percent(frame: Frame, name: str) -> str:
    share = _share(frame, name)
    return f" ({number(100 * share)} %)" if np.isfinite(share) else ""


@once(maxsize=8)
def _stack_spec(style: Style) -> dict[str, Any]:
    ink = style.ink
    colours = (palette.QUIET[style.theme], ink.first, ink.second, ink.third)
    axis = axes.linear(**axes.flat(f"{METRICS['implicit_penalty'].unit}, stacked"))
    x = axes.steps()
    layers: list[alt.Chart] = []
    for i, (name, colour) in enumerate(zip(NAMES, colours, strict=True)):
        y = alt.Y(f"top{i}:Q", axis=axis, scale=alt.Scale(zero=True))
        base = alt.Y2(f"top{i - 1}:Q") if i else alt.Y2Datum(0)
        for data, opacity in (("future", 0.3), ("past", 1.0)):
            area = alt.Chart(alt.NamedData(data)).mark_area(color=colour, opacity=opacity, line=False)
            layers.append(area.encode(x=x, y=y, y2=base))
        above = curves.readings_row(i, len(NAMES), style)
        now = alt.Chart(alt.NamedData("now"))
        swatch = now.mark_point(shape="square", filled=True, size=style.point * 2, color=colour, opacity=1)
        layers.append(swatch.encode(x=alt.XValue(10), y=alt.YValue(above)))
        layers.append(curves.reading_layer(name, above, 24, style))
    rule = alt.Chart(alt.NamedData("now")).mark_rule(color=ink.muted, strokeWidth=1).encode(x=x)
    return finish([*layers, rule, *words_layers(style)], style, height=210)


def _sentence(frame: Frame) -> str:
    parts = [f"{METRICS[name].label} {number(frame.metrics.get(name, np.nan))}" for name in NAMES]
    share = _share(frame, NAMES[0])
    tail = f"; the penalties are {number(100 * (1 - share))} % of the sum" if np.isfinite(share) else ""
    return f"Step {frame.step}: {', '.join(parts)}{tail}."


def table(header: Header, frames: Sequence[Frame], index: int) -> pd.DataFrame:
    """One row a frame: step and the four terms."""
    return curves.table(frames, NAMES)
