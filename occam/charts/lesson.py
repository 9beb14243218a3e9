"""Charts of a lesson: a measure of the arms through training, and one's own run among other seeds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from occam.charts import axes, xy
from occam.charts.arrow import ipc
from occam.charts.cache import once
from occam.charts.chart import Chart, Style, finish, words, words_layers
from occam.charts.flows import Line
from occam.charts.words import number, pretty
from occam.charts.xy import Axis, Content, Plot
from occam.studies.kinds.lesson import MEASURES
from occam.training.frames import Frame

LOOKS = (  # of the arms, in the order of the lesson: colour in both themes, dash, mark
    ("#0072b2", "#56b4e9", (1, 0), "circle"),
    ("#d55e00", "#e69f00", (7, 4), "square"),
    ("#9b4f80", "#cc79a7", (2, 3), "triangle-up"),
    ("#6b7280", "#9aa3af", (10, 3, 2, 3), "diamond"),
)
STACKS = 36  # places along the axis on which dots are piled
HEIGHT, PILE = 190, 120  # pixels
Frames = Mapping[str, Sequence[Frame]]


def history(frames: Frames, gammas: Mapping[str, float], measure: str, across: str) -> dict[str, tuple[Any, Any]]:
    """`measure` of each arm's records against step, γ·step or training loss."""
    found = {}
    for arm, records in frames.items():
        steps = np.array([frame.step for frame in records], dtype=float)
        loss = np.array([frame.metrics["train_loss"] for frame in records])
        x = {"step": steps, "physical_time": steps * gammas[arm], "train_loss": loss}[across]
        found[arm] = (x, np.array([frame.metrics[measure] for frame in records]))
    return found


def draw_history(series: xy.Series, labels: Mapping[str, str], measure: str, across: str, style: Style) -> Chart:
    """A line an arm, the record before which nothing is known left out on log axes."""
    metric, base = MEASURES[measure], MEASURES[across]
    lines = tuple((arm, Line(labels[arm], *look)) for (arm, look) in zip(labels, LOOKS, strict=False))
    values = np.concatenate([np.asarray(y, float) for _, y in series.values()] or [np.empty(0)])
    scale = "log" if metric.scale == "log" and (values > 0).any() else "linear"
    plot = Plot(
        lines,
        Axis(f"{base.label} {pretty(base.symbol)}", "log" if across == "train_loss" else "linear"),
        Axis(f"{metric.label} {pretty(metric.symbol)}", scale),
        HEIGHT,
    )
    ends = [
        f"{labels[arm]}: {number(float(y[-1]))} at {base.label.lower()} {number(float(x[-1]))}"
        for arm, (x, y) in series.items()
        if len(y)
    ]
    last = {arm: (np.asarray(x)[-1:], np.asarray(y)[-1:]) for arm, (x, y) in series.items()}
    title = f"{metric.label} through training"
    return xy.draw(title, plot, Content(series, {}, dots=last), f"{title}. {'; '.join(ends)}.", style)


def pile(values: Sequence[float], log: bool) -> tuple[np.ndarray, np.ndarray]:
    """Places (x, height) of dots piled where they are too near to be told apart; sorted by x."""
    x = np.sort(np.asarray(values, dtype=float))
    if not len(x):
        return x, x
    scaled = np.log(x) if log else x
    span = float(np.ptp(scaled)) or 1.0
    slots = np.round((scaled - scaled.min()) / span * STACKS)
    height = np.array([float((slots[:i] == slots[i]).sum()) for i in range(len(x))])
    return x, height + 1


def near(values: Sequence[float], log: bool) -> list[float]:
    """The values, those beyond three interquartile ranges from the middle half moved to that limit."""
    if len(values) < 4:
        return list(values)
    scaled = np.log(values) if log else np.asarray(values, dtype=float)
    low, high = np.quantile(scaled, [0.25, 0.75])
    cut = np.clip(scaled, low - 3 * (high - low), high + 3 * (high - low))
    return (np.exp(cut) if log else cut).tolist()


def draw_seeds(others: Sequence[float], own: float, even: float, title: str, style: Style) -> Chart:
    """A dot for each other seed's effect, far ones drawn at the edge, one's own above, a rule where there is none."""
    usable = [value for value in others if math.isfinite(value)]
    everything = [*usable, even, *([own] if math.isfinite(own) else [])]
    log = min(everything) > 0
    x, height = pile(near(usable, log), log)
    top = max(4.0, float(height.max(initial=0.0)) + 2.0)
    mine = math.isfinite(own)
    datasets = {
        "seeds": ipc({"x": x, "height": height, "seeds": np.arange(len(x))}),
        "own": ipc({"x": np.array([own] if mine else []), "height": np.array([top - 0.6] if mine else [])}),
        "even": ipc({"x": np.array([even]), "even": np.array([0])}),
        "top": ipc({"x": np.array([even]), "height": np.array([top])}),
    }
    below = sum(value < even for value in usable)
    said = f"{below} of {len(usable)} other seeds lie below {number(even)}, where there is no effect"
    sentence = f"{title}: {said}; your run at {number(own)}." if mine else f"{title}: {said}."
    return Chart(_seeds_spec(title, log, style), {**datasets, "words": words(sentence)}, title, sentence)


@once(maxsize=64)
def _seeds_spec(title: str, log: bool, style: Style) -> dict[str, Any]:
    ink = style.ink
    x = alt.X(
        "x:Q",
        scale=alt.Scale(type="log" if log else "linear", nice=False, zero=False, padding=26),
        axis=axes.log("x", title=title, grid=False) if log else axes.linear(title=title, grid=False),
    )
    y = alt.Y("height:Q", scale=alt.Scale(domainMin=0, nice=False), axis=None)
    text = {"fontSize": style.text, "color": ink.text, "align": "left", "baseline": "middle"}
    even, own = alt.Chart(alt.NamedData("even")), alt.Chart(alt.NamedData("own"))
    layers = [
        even.mark_rule(color=ink.muted, strokeDash=[4, 4], strokeWidth=1.4).encode(x=x),
        alt.Chart(alt.NamedData("top")).mark_point(opacity=0).encode(x=x, y=y),
        alt.Chart(alt.NamedData("seeds"))
        .mark_point(filled=True, size=style.point * 0.9, opacity=0.75, color=ink.muted)
        .encode(x=x, y=y),
        own.mark_point(filled=True, shape="diamond", size=style.point * 3.2, color=ink.second, opacity=1).encode(
            x=x, y=y
        ),
        own.mark_text(dx=12, **text).encode(x=x, y=y, text=alt.TextValue("your run")),
        *words_layers(style),
    ]
    return finish(layers, style, height=PILE)


def seeds_table(first: int, outcomes: Sequence[str | None], effects: Sequence[float | None]) -> pd.DataFrame:
    """One row a stored seed: seed, outcome, effect."""
    seeds = range(first, first + len(outcomes))
    return pd.DataFrame({"seed": list(seeds), "outcome": list(outcomes), "effect": list(effects)})
