"""γλ_max: whether the expansion behind the implicit penalty holds, as a gauge and over training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from occam.charts import curves
from occam.charts.arrow import ipc
from occam.charts.cache import once
from occam.charts.chart import Chart, Style, finish, shared, words, words_layers
from occam.charts.words import number, pretty
from occam.glossary import METRICS
from occam.training.frames import Frame, Header

NAMES = ("stability",)
END = 3.0  # the track ends here; a larger number sits at the end and is read from the text
ZONES = (  # from, to, what it means, the same where there is little room
    (0.0, 1.0, "expansion holds", "holds"),
    (1.0, 2.0, "a mode oscillates", "oscillates"),
    (2.0, END, "a quadratic diverges", "diverges"),
)
SYMBOL = pretty(METRICS["stability"].symbol)


def verdict(stability: float) -> str:
    """What a stability number means, in words."""
    if np.isnan(stability):
        return "not measured"
    if stability < 1:
        return "below 1, the expansion holds"
    return "between 1 and 2, a mode oscillates" if stability <= 2 else "above 2, a quadratic diverges"


def draw(key: str, header: Header, frames: Sequence[Frame], index: int, *, style: Style = Style()) -> Chart:
    """The gauge at frame `index`."""
    return shared(("gauge", key, index, style), lambda: _draw(frames[index], style))


def _draw(frame: Frame, style: Style) -> Chart:
    value = frame.metrics.get("stability", np.nan)
    sentence = f"Step {frame.step}: {METRICS['stability'].symbol} is {number(value)}, {verdict(value)}."
    place = np.array([np.clip(value, 0.0, END)])
    datasets = {
        "zones": ipc(
            {
                "from": np.array([zone[0] for zone in ZONES]),
                "to": np.array([zone[1] for zone in ZONES]),
                "middle": np.array([(zone[0] + zone[1]) / 2 for zone in ZONES]),
                "word": [zone[2] for zone in ZONES],
                "short": [zone[3] for zone in ZONES],
            }
        ),
        "now": ipc({"value": place, "text": [f"{SYMBOL} = {number(value)}"], "verdict": [verdict(value)]}),
        "words": words(sentence),
    }
    return Chart(_gauge(style), datasets, "Stability gauge", sentence)


@once(maxsize=8)
def _gauge(style: Style) -> dict[str, Any]:
    ink = style.ink
    height = 26 * style.scale
    x = alt.X(
        "from:Q",
        scale=alt.Scale(domain=[0, END], nice=False),
        axis=alt.Axis(title=None, values=[0, 1, 2], grid=False, format="~g"),
    )
    tones = alt.Scale(domain=[zone[2] for zone in ZONES], range=_tones(style))
    zones = alt.Chart(alt.NamedData("zones"))
    bars = zones.mark_rect(stroke=ink.page, strokeWidth=2).encode(
        x=x, x2="to:Q", y=alt.YValue(0), y2=alt.Y2Value(height), fill=alt.Fill("word:N", scale=tones, legend=None)
    )
    roomy = alt.ExprRef(f"width > {32 * style.text} ? datum.word : datum.short")
    words = zones.mark_text(fontSize=style.text - 1, color=ink.text, baseline="middle", text=roomy).encode(
        x="middle:Q", y=alt.YValue(height / 2)
    )
    now = alt.Chart(alt.NamedData("now"))
    needle = now.mark_rule(color=ink.text, strokeWidth=style.line * 1.3).encode(
        x="value:Q", y=alt.YValue(-6), y2=alt.Y2Value(height + 2)
    )
    head = now.mark_point(
        shape="triangle-down", filled=True, color=ink.text, size=style.point * 2, opacity=1, yOffset=-9
    )
    marker = head.encode(x="value:Q", y=alt.YValue(0))
    big = style.text * 1.7
    reading = now.mark_text(align="left", baseline="bottom", fontSize=big, fontWeight="bold", color=ink.text)
    text = reading.encode(x=alt.XValue(0), y=alt.YValue(-26 - style.text), text="text:N")
    meaning = now.mark_text(align="left", baseline="bottom", fontSize=style.text, color=ink.text).encode(
        x=alt.XValue(0), y=alt.YValue(-24), text="verdict:N"
    )
    layers = [bars, words, needle, marker, text, meaning, *words_layers(style)]
    return finish(layers, style, height=26)


def _tones(style: Style) -> list[str]:
    return {"light": ["#e8edf2", "#f6dcb4", "#e3a45e"], "dark": ["#232a34", "#5a4218", "#8f5200"]}[style.theme]


def draw_history(key: str, header: Header, frames: Sequence[Frame], index: int, *, style: Style = Style()) -> Chart:
    """γλ_max against step, with the levels 1 and 2."""
    lines = curves.Lines(
        NAMES,
        "linear",
        marks=((1.0, "1: the expansion holds below"), (2.0, "2: a quadratic diverges above")),
        height=170,
    )
    return shared(
        ("stability", key, index, len(frames), lines, style),
        lambda: curves.draw("Stability", frames, index, lines, style),
    )


def table(header: Header, frames: Sequence[Frame], index: int) -> pd.DataFrame:
    """One row a frame: step, sharpness, γλ_max."""
    return curves.table(frames, ("sharpness", "stability"))
