"""Ratios of one layer over training: the whole range of the samples, the middle half, the median; the bound at 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from occam.charts import axes, curves
from occam.charts.arrow import ipc
from occam.charts.cache import once
from occam.charts.chart import Chart, Style, finish, shared, words, words_layers
from occam.charts.layers import FLOOR, NORM_NAMES, THE_BOUND, layer_name
from occam.charts.words import number
from occam.theory.proof import Norm
from occam.training.frames import NORMS, QUANTILES, Frame, Header

BANDS = (("min", "max", 0.18), ("q25", "q75", 0.4))


def draw(
    key: str,
    header: Header,
    frames: Sequence[Frame],
    index: int,
    *,
    layer: int,
    norm: Norm = "operator",
    style: Style = Style(),
) -> Chart:
    """The bands of layer `layer` (0-based), with a rule at the playhead."""
    return shared(
        ("bound band", key, index, len(frames), layer, norm, style),
        lambda: _draw(header, frames, index, layer, norm, style),
    )


def _draw(header: Header, frames: Sequence[Frame], index: int, layer: int, norm: Norm, style: Style) -> Chart:
    step = np.array([frame.step for frame in frames], dtype=np.int64)
    values = np.array([frame.bounds[layer, NORMS.index(norm), :5] for frame in frames], dtype=np.float64).T
    shown = np.maximum(values, FLOOR)
    low, middle, high = (number(float(values[i, index])) for i in (0, 2, 4))
    sentence = (
        f"Step {frames[index].step}, {layer_name(layer)}, {NORM_NAMES[norm]}: median ratio {middle}, "
        f"from {low} to {high} over {len(header.y_train)} training samples."
    )
    note = "" if np.isfinite(values).any() else "Every sample is degenerate:\nthe bound says nothing"
    datasets = {
        "band": ipc(curves.thinned(step, shown, QUANTILES[:5])),
        "now": ipc({"step": step[index : index + 1], "median": shown[2, index : index + 1]}),
        "words": words(sentence, note),
    }
    return Chart(_spec(style), datasets, "Ratios of the chosen layer over training", sentence)


@once(maxsize=8)
def _spec(style: Style) -> dict[str, Any]:
    ink = style.ink
    title = "Ratio: all samples, middle half, median; log scale"
    scale, axis = alt.Scale(type="log", nice=False, domainMax=2), axes.log("y", **axes.flat(title))
    x, band = axes.steps(), alt.Chart(alt.NamedData("band"))
    layers: list[alt.Chart] = []
    for low, high, opacity in BANDS:
        area = band.mark_area(color=ink.first, opacity=opacity, line=False)
        layers.append(area.encode(x=x, y=alt.Y(f"{low}:Q", scale=scale, axis=axis), y2=f"{high}:Q"))
    median = alt.Y("median:Q", scale=scale, axis=axis)
    now = alt.Chart(alt.NamedData("now"))
    layers += [
        band.mark_line(color=ink.text, strokeWidth=style.line).encode(x=x, y=median),
        now.mark_rule(color=ink.muted, strokeWidth=1).encode(x=x),
        now.mark_point(filled=True, color=ink.text, size=style.point, opacity=1).encode(x=x, y=median),
        *curves.level(alt.Chart(alt.NamedData("words")), 1.0, THE_BOUND, style, above=True),
        *words_layers(style),
    ]
    return finish(layers, style, height=220)


def table(header: Header, frames: Sequence[Frame], layer: int, norm: Norm) -> pd.DataFrame:
    """One row a frame: step, the quantiles of the ratio, and how many samples are degenerate."""
    rows = [(frame.step, layer + 1, norm, *map(float, frame.bounds[layer, NORMS.index(norm)])) for frame in frames]
    return pd.DataFrame(rows, columns=["step", "layer", "norm", *QUANTILES])
