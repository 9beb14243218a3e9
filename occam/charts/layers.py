"""The layer bound: how much of it each layer uses, per sample, at the playhead and over training.

A ratio of 1 is the theorem's limit; the bars are quantiles over the training samples, degenerate samples (W, J or δ
zero) left out and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from occam.charts import axes, curves, palette
from occam.charts.arrow import ipc
from occam.charts.cache import once
from occam.charts.chart import Chart, Style, finish, shared, words, words_layers
from occam.charts.words import number
from occam.glossary import LAYER_BOUND_RATIO
from occam.training.frames import NORMS, QUANTILES, Frame, Header

Norms = Literal["both", "operator", "frobenius"]
FLOOR = 1e-6  # smaller ratios are drawn here, or one dead unit would stretch the axis without end
NORM_NAMES = {"operator": "operator norm", "frobenius": "Frobenius norm"}
THE_BOUND = "the bound"
NOTE = "degenerate"


def draw(
    key: str, header: Header, frames: Sequence[Frame], index: int, *, style: Style = Style(), norms: Norms = "both"
) -> Chart:
    """Per layer: line from smallest to largest ratio, bar over the middle half, tick at the median."""
    return shared(("layers", key, index, style, norms), lambda: _draw(header, frames[index], style, norms))


def _chosen(norms: Norms) -> tuple[str, ...]:
    return NORMS if norms == "both" else (norms,)


def _draw(header: Header, frame: Frame, style: Style, norms: Norms) -> Chart:
    chosen, count = _chosen(norms), len(frame.bounds)
    n = len(header.y_train)
    columns: dict[str, Any] = {"layer": [], "norm": [], "degenerate": []}
    rows: list[NDArray[np.float32]] = []
    for layer in range(count):
        for norm in chosen:
            quantiles = frame.bounds[layer, NORMS.index(norm)]
            k = int(quantiles[5])
            columns["layer"].append(layer_name(layer))
            columns["norm"].append(NORM_NAMES[norm])
            columns["degenerate"].append(f"{k} of {n} degenerate" if k else "")
            rows.append(quantiles)
    stacked = np.array(rows, dtype=np.float64).reshape(-1, 6)
    for i, name in enumerate(QUANTILES[:5]):
        columns[name] = np.maximum(stacked[:, i], FLOOR)
    sentence = _sentence(header, frame, chosen[0])
    note = "" if np.isfinite(stacked[:, :5]).any() else "Every sample is degenerate here:\nthe bound says nothing"
    datasets = {
        "bars": ipc(columns),
        "bound": ipc({"ratio": np.array([1.0]), "word": [THE_BOUND]}),
        "words": words(sentence, note),
    }
    return Chart(_spec(count, style, norms), datasets, "Layer bound, per layer", sentence)


def layer_name(layer: int) -> str:
    """ "layer 1" for list index 0: the paper counts from 1."""
    return f"layer {layer + 1}"


@once(maxsize=64)
def _spec(count: int, style: Style, norms: Norms) -> dict[str, Any]:
    ink, chosen = style.ink, _chosen(norms)
    names = [NORM_NAMES[norm] for norm in chosen]
    slot = style.text * 1.4
    title = f"{LAYER_BOUND_RATIO.label}: {LAYER_BOUND_RATIO.unit}"
    scale = alt.Scale(type="log", nice=True)
    x = alt.X("min:Q", scale=scale, axis=axes.log("x", title=title))
    y = alt.Y(
        "layer:N",
        sort=None,
        scale=alt.Scale(domain=[layer_name(layer) for layer in range(count)], paddingInner=0.0),
        axis=alt.Axis(title=None, grid=False, labelOffset=-slot / 2),
    )
    colours = alt.Scale(domain=[NORM_NAMES[norm] for norm in NORMS], range=[ink.first, ink.second])
    # The key leaves a row free above the plot, for the name of the bound.
    legend = (
        alt.Legend(title=None, values=names, symbolType="square", offset=style.text + 10) if len(chosen) > 1 else None
    )
    colour = alt.Color("norm:N", scale=colours, legend=legend)
    offset = alt.YOffset("norm:N", scale=alt.Scale(domain=[*names, NOTE], paddingInner=0.15))
    bars = alt.Chart(alt.NamedData("bars"))
    tooltip = [alt.Tooltip("layer:N"), alt.Tooltip("norm:N")]
    tooltip += [alt.Tooltip(f"{name}:Q", format=".3g") for name in QUANTILES[:5]] + [alt.Tooltip("degenerate:N")]
    where = {"y": y, "yOffset": offset, "color": colour, "tooltip": tooltip}
    span = bars.mark_rule(strokeWidth=max(1.5, style.line * 0.7)).encode(x=x, x2="max:Q", **where)
    box = bars.mark_rule(opacity=0.55, strokeWidth=slot * 0.7).encode(x=alt.X("q25:Q"), x2="q75:Q", **where)
    median = bars.mark_tick(thickness=style.line * 1.4, height=slot * 0.9, orient="vertical", opacity=1)
    middle = median.encode(x="median:Q", **{**where, "color": alt.value(ink.text)})
    # Degenerate samples are the same in both norms: one note per layer, in a row of its own.
    noted = bars.transform_filter(alt.datum.norm == names[0])
    failed = noted.mark_text(align="left", fontSize=style.text - 1, color=ink.text, baseline="middle", dx=4).encode(
        x=alt.XValue(0), y=y, yOffset=alt.YOffsetDatum(NOTE), text="degenerate:N"
    )
    bound = alt.Chart(alt.NamedData("bound"))
    rule = bound.mark_rule(color=ink.text, strokeWidth=1.5, strokeDash=[5, 3]).encode(x=alt.X("ratio:Q", scale=scale))
    word = bound.mark_text(align="right", baseline="bottom", dy=-3, dx=2, fontSize=style.text, color=ink.text).encode(
        x="ratio:Q", y=alt.YValue(0), text="word:N"
    )
    height = count * (len(chosen) + 1) * slot / style.scale
    layers = [span, box, middle, rule, word, failed, *words_layers(style)]
    return finish(layers, style, height=height)


def _sentence(header: Header, frame: Frame, norm: str) -> str:
    quantiles = frame.bounds[:, NORMS.index(norm)].astype(float)
    start = f"Step {frame.step}, {NORM_NAMES[norm]}: "
    medians, tops = quantiles[:, 2], quantiles[:, 4]
    if not np.isfinite(medians).any():
        return start + "every sample is degenerate, so the layer bound says nothing here."
    low, high = int(np.nanargmin(medians)), int(np.nanargmax(medians))
    degenerate = int(quantiles[:, 5].sum())
    tail = f"; {degenerate} of {len(header.y_train) * len(quantiles)} layer ratios are degenerate" if degenerate else ""
    return (
        f"{start}median layer bound ratios run from {number(medians[low])} ({layer_name(low)}) to "
        f"{number(medians[high])} ({layer_name(high)}), and the largest of any sample is {number(np.nanmax(tops))} "
        f"of the bound{tail}."
    )


def draw_history(
    key: str,
    header: Header,
    frames: Sequence[Frame],
    index: int,
    *,
    style: Style = Style(),
    norm: Literal["operator", "frobenius"] = "operator",
) -> Chart:
    """Median ratio of each layer against step, numbered at the playhead."""
    return shared(
        ("layer history", key, index, len(frames), style, norm), lambda: _history(header, frames, index, style, norm)
    )


def _history(header: Header, frames: Sequence[Frame], index: int, style: Style, norm: str) -> Chart:
    step = np.array([frame.step for frame in frames], dtype=np.int64)
    medians = np.array([frame.bounds[:, NORMS.index(norm), 2] for frame in frames], dtype=np.float64).T
    medians = np.maximum(medians, FLOOR)
    count = len(medians)
    names = [f"m{layer + 1}" for layer in range(count)]
    sentence = _sentence(header, frames[index], norm)
    note = "" if np.isfinite(medians).any() else "Every sample is degenerate:\nthe bound says nothing"
    now = medians[:, index]
    order = np.argsort(np.where(np.isfinite(now), -now, np.inf), kind="stable")
    # Neighbours in height take turns on the left and right of the playhead, so that numbers do not collide; a last,
    # nameless row holds the axis at a whole decade.
    lowest = np.nanmin(medians, initial=1.0)
    labels = {
        "step": np.repeat(step[index], count + 1),
        "ratio": np.append(now[order], 10.0 ** np.floor(np.log10(lowest))),
        "text": [*(str(layer + 1) for layer in order), ""],
        "side": np.arange(count + 1) % 2,
    }
    datasets = {
        **curves.past_and_future(step, medians, names, index),
        "labels": ipc(labels),
        "words": words(sentence, note),
    }
    return Chart(_history_spec(count, style), datasets, "Layer bound over training", sentence)


@once(maxsize=64)
def _history_spec(count: int, style: Style) -> dict[str, Any]:
    ink = style.ink
    colours = palette.layer_colours(style.theme, count)
    title = "Median ratio per layer, log scale"
    x = axes.steps()
    # Above the bound there is room for its name.
    scale, axis = alt.Scale(type="log", nice=False, domainMax=2), axes.log("y", **axes.flat(title))
    layers: list[alt.Chart] = []
    for layer, colour in enumerate(colours):
        y = alt.Y(f"m{layer + 1}:Q", scale=scale, axis=axis)
        look = {"color": colour, "strokeWidth": style.line, "strokeDash": palette.DASHES[layer % 3]}
        for data, opacity in (("future", 0.25), ("past", 1.0)):
            layers.append(alt.Chart(alt.NamedData(data)).mark_line(opacity=opacity, **look).encode(x=x, y=y))
    labels = alt.Chart(alt.NamedData("labels"))
    rule = labels.mark_rule(color=ink.muted, strokeWidth=1).encode(x=x)
    y = alt.Y("ratio:Q", scale=scale, axis=axis)
    number_look = {"fontSize": style.text, "fontWeight": "bold", "color": ink.text}
    left = labels.transform_filter("datum.side == 0").mark_text(align="right", dx=-6, **number_look)
    right = labels.transform_filter("datum.side == 1").mark_text(align="left", dx=6, **number_look)
    layers += [mark.encode(x=x, y=y, text="text:N") for mark in (left, right)]
    bound = curves.level(alt.Chart(alt.NamedData("words")), 1.0, THE_BOUND, style, above=True)
    return finish([rule, *layers, *bound, *words_layers(style)], style, height=220)


def table(header: Header, frames: Sequence[Frame], index: int) -> pd.DataFrame:
    """One row a frame, layer and norm: the columns of bounds.csv."""
    rows = [
        (frame.step, layer + 1, norm, *map(float, frame.bounds[layer, j]))
        for frame in frames
        for layer in range(len(frame.bounds))
        for j, norm in enumerate(NORMS)
    ]
    return pd.DataFrame(rows, columns=["step", "layer", "norm", *QUANTILES]).astype({"degenerate": int})
