"""Complexity against generalisation: a point a run, coloured and shaped by a varied knob, to be clicked and brushed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import numpy as np

from occam.charts import axes, palette
from occam.charts.arrow import ipc
from occam.charts.cache import once
from occam.charts.chart import Chart, Style, finish, words, words_layers
from occam.charts.scatter_points import GAP, Panel, Points
from occam.charts.words import number, pretty, unit
from occam.glossary import METRICS

Scale = Literal["log", "linear"]
Range = tuple[float, float]

PICK, BRUSH = "pick", "brush"  # names of the selections, as a page reads them
RUN = "run"  # field of a picked point: the run's place in the table
NAME = "Complexity against generalisation: click a run, or drag over several"
HEIGHT = 250
SMOOTH = 1500  # points up to which marks are SVG and can be read aloud; beyond it they are painted on a canvas
KEYS = 8  # levels named in the key of a knob that has more
RAMP = ("first", "third", "second")  # from the smallest level to the largest


@dataclass(frozen=True)
class Axis:
    """A quantity, by its name in the glossary or `GAP`, and its scale."""

    name: str
    scale: Scale


@dataclass(frozen=True)
class Key:
    """What colour and shape say: the knob's `title` and its `levels`, ordered from small to large if `ordered`."""

    title: str
    levels: tuple[str, ...]
    ordered: bool = True


@dataclass(frozen=True)
class Plot:
    """What is fixed in the spec; `columns`: of the key; `narrow`: short titles of axes; `many`: painted on a canvas."""

    x: Axis
    y: Axis
    key: Key
    height: int = HEIGHT
    columns: int = 8
    narrow: bool = False
    many: bool = False


def label(name: str) -> str:
    """A quantity in words: "Geometric complexity"."""
    return "Generalisation gap" if name == GAP else METRICS[name].label


def title(axis: Axis, narrow: bool = False) -> str:
    """An axis's title: "Geometric complexity GC · mean over training samples, no ½ · log scale", or its first words."""
    if narrow:
        return label(axis.name)
    if axis.name == GAP:
        parts = [label(GAP), "test loss − training loss"]
    else:
        parts = [f"{label(axis.name)} {pretty(METRICS[axis.name].symbol)}", unit(axis.name)]
    return " · ".join([*parts, *(["log scale"] if axis.scale == "log" else [])])


def draw(
    plot: Plot,
    points: Points,
    panel: Panel,
    style: Style,
    chosen: int | None = None,
    linked: tuple[Range, Range] | None = None,
) -> Chart:
    """One panel of the scatter; run `chosen` of the table wears a ring; `linked`: ranges of x and y from a link.

    Panels of one table share the ends of their axes, which are data, so that nothing is mounted anew while runs come.
    """
    drawn = panel.drawn
    ring = drawn.loc[drawn["run"].to_numpy() == chosen, :]
    sentence = _sentence(plot, points, panel)
    columns = {name: ring[name].to_numpy() for name in ("x", "y")}
    low, high = points.ends
    # Not as the brush's first value, which Vega reads before it knows the axes.
    box = [np.array([end]) for ends in linked for end in ends] if linked else [np.empty(0)] * 4
    datasets = {
        "points": ipc(
            {
                RUN: drawn["run"].to_numpy(),
                "x": drawn["x"].to_numpy(),
                "y": drawn["y"].to_numpy(),
                "level": drawn["level"].tolist(),
                "knobs": drawn["label"].tolist(),
            }
        ),
        "chosen": ipc({**columns, "ring": np.arange(len(ring))}),
        "linked": ipc({**dict(zip(("x", "x2", "y", "y2"), box, strict=True)), "box": np.arange(len(box[0]))}),
        "ends": ipc({"x": np.array([low[0], high[0]]), "y": np.array([low[1], high[1]]), "end": np.arange(2)}),
        "words": words(sentence, panel.note),
    }
    return Chart(_spec(plot, style), datasets, NAME, sentence)


def _sentence(plot: Plot, points: Points, panel: Panel) -> str:
    data, where = panel.all, f" ({panel.title})" if panel.title else ""
    if data.empty:
        return f"No run to draw{where}: {label(plot.x.name)} against {label(plot.y.name)}."
    spans = [
        f"{label(axis.name)} from {number(float(values.min()))} to {number(float(values.max()))}"
        for values, axis in ((data[c].to_numpy(float), axis) for c, axis in (("x", plot.x), ("y", plot.y)))
    ]
    missing = f"; {points.unreached} runs never reached this level" if points.unreached else ""
    return f"{len(data)} runs{where}: {' against '.join(spans)}{missing}."


def colours(key: Key, style: Style) -> list[str]:
    """A colour a level: from blue to orange where levels have an order, else those of classes."""
    if not key.ordered:
        return palette.class_colours(style.theme, max(3, len(key.levels)))[: len(key.levels)]
    if len(key.levels) == 1:
        return [style.ink.first]
    ink = style.ink
    return palette.hexes(palette.ramp(tuple(getattr(ink, name) for name in RAMP), len(key.levels)))


@once(maxsize=64)
def _spec(plot: Plot, style: Style) -> dict[str, Any]:
    ink, key = style.ink, plot.key
    x = alt.X("x:Q", scale=_scale(plot.x), axis=_axis("x", plot.x, {"title": title(plot.x, plot.narrow)}))
    y = alt.Y("y:Q", scale=_scale(plot.y), axis=_axis("y", plot.y, axes.flat(title(plot.y, plot.narrow))))
    levels = list(key.levels)
    named = levels if len(levels) <= KEYS else [levels[i] for i in np.linspace(0, len(levels) - 1, KEYS).astype(int)]
    rows = -(-len(named) // plot.columns)
    # At a fixed place, in the room that `finish` leaves above: below it stands the flat title of the vertical axis.
    legend = alt.Legend(
        title=None,
        values=named,
        columns=min(plot.columns, len(named)),
        symbolOpacity=1,
        symbolSize=style.point * 1.5,
        symbolStrokeWidth=0,
        orient="none",
        direction="horizontal",
        legendX=0,
        legendY=-(style.text + 8) * rows - style.text - 10,
    )
    size = style.point * (0.35 if plot.many else 0.8)
    dots = alt.Chart(alt.NamedData("points"))
    shown = dots.mark_point(filled=True, stroke=ink.page, strokeWidth=0 if plot.many else 0.5, size=size).encode(
        x=x,
        y=y,
        fill=alt.Fill("level:N", scale=alt.Scale(domain=levels, range=colours(key, style)), legend=legend),
        shape=alt.Shape(
            "level:N", scale=alt.Scale(domain=levels, range=palette.class_shapes(len(levels))), legend=legend
        ),
        opacity=alt.condition(alt.ParameterPredicate(param=BRUSH), alt.value(0.85), alt.value(0.15)),
    )
    near = [alt.Tooltip("knobs:N", title="run")]
    near += [alt.Tooltip(f"{c}:Q", title=label(axis.name), format=".4g") for c, axis in (("x", plot.x), ("y", plot.y))]
    # Invisible, larger and on top: a finger finds a point, and the tooltip with it.
    hit = dots.mark_point(filled=True, opacity=0.001, size=style.point * 2.2).encode(x=x, y=y, tooltip=near)
    ring = alt.Chart(alt.NamedData("chosen")).encode(x=x, y=y)
    look = {"filled": False, "opacity": 1, "size": style.point * 4}
    corners = alt.Chart(alt.NamedData("ends")).mark_point(opacity=0, size=1).encode(x=x, y=y)
    brushed = alt.Chart(alt.NamedData("linked")).mark_rect(
        fill=ink.muted, fillOpacity=0.12, stroke=ink.text, strokeWidth=1, clip=True
    )
    layers = [
        corners,
        brushed.encode(x=x, x2="x2:Q", y=y, y2="y2:Q"),
        shown,
        ring.mark_point(stroke=ink.page, strokeWidth=style.line * 2.4, **look),
        ring.mark_point(stroke=ink.text, strokeWidth=style.line * 1.1, **look),
        hit,
        *words_layers(style),
    ]
    spec = finish(layers, style, height=plot.height, key=(style.text + 8) * rows + style.text + 4)
    spec["layer"][5]["name"] = "hit"
    spec["usermeta"] = {"embedOptions": {"renderer": "canvas" if plot.many else "svg"}}
    return {**spec, "params": _selections(style)}


def _selections(style: Style) -> list[dict[str, Any]]:
    pick: dict[str, Any] = {"name": PICK, "select": {"type": "point", "fields": [RUN], "toggle": False}}
    mark = {"fill": style.ink.muted, "fillOpacity": 0.12, "stroke": style.ink.text, "strokeWidth": 1}
    brush: dict[str, Any] = {"name": BRUSH, "select": {"type": "interval", "encodings": ["x", "y"], "mark": mark}}
    return [{**one, "views": ["hit"]} for one in (pick, brush)]


def _scale(axis: Axis) -> alt.Scale:
    if axis.scale == "log":
        return alt.Scale(type="log", nice=False, padding=8)
    return alt.Scale(type="linear", zero=False, nice=True, padding=8)


def _axis(channel: str, axis: Axis, options: Mapping[str, Any]) -> alt.Axis:
    return axes.log(channel, **options) if axis.scale == "log" else axes.linear(**options)
