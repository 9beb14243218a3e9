"""The curve whose samples can be moved: a click anywhere takes the nearest round place; a ring marks the picked one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import altair as alt
import numpy as np

from occam.charts import axes, one_dimension, places, xy
from occam.charts.arrow import ipc
from occam.charts.cache import once
from occam.charts.chart import Chart, Style, shared
from occam.charts.xy import Plot
from occam.datasets import load
from occam.datasets.moved import read_moves
from occam.training.frames import Frame, Header

PLACE = "place"  # name of the selection, whose fields are x and y, as the page reads it
COLUMNS, ROWS = 50, 25  # of places, at least half as many: round numbers


def draw(key: str, header: Header, frame: Frame, style: Style, height: int, picked: int | None = None) -> Chart:
    """The curve of `one_dimension`, each moved sample joined to where it was drawn, and a ring round `picked`."""
    made = ("curve points", key, frame.step, height, style, picked)
    return shared(made, lambda: _draw(key, header, frame, style, height, picked))


def _draw(key: str, header: Header, frame: Frame, style: Style, height: int, picked: int | None) -> Chart:
    plain = one_dimension.draw(key, header, frame, style, height)
    moved = np.array(list(read_moves(header.spec.data.moved)), dtype=int)
    ring = np.array([] if picked is None or picked >= len(header.y_train) else [picked], dtype=int)
    x, y = header.train[:, 0].astype(float), header.y_train.astype(float)
    true_x, true_y = true_places(header) if len(moved) else (x, y)
    said = [f"{len(moved)} of its samples moved by hand."] if len(moved) else []
    said += [f"Point {i + 1} is picked: x = {x[i]:.3g}, y = {y[i]:.3g}." for i in ring]
    return replace(
        plain,
        spec=_spec(one_dimension.plot_of(header, height), style),
        datasets={
            **plain.datasets,
            "moved": ipc({"x": true_x[moved], "y": true_y[moved], "to_x": x[moved], "to_y": y[moved]}),
            "picked": ipc({"x": x[ring], "y": y[ring], "ring": ring}),
        },
        name="The learned curve: click a sample, then its new place",
        alt=" ".join([plain.alt, *said]),
    )


def true_places(header: Header) -> tuple[np.ndarray, np.ndarray]:
    """x and y (n,) of the training samples where they were drawn, before any was moved."""
    drawn = load(header.spec.data.model_copy(update={"moved": None}))
    return drawn.x_train[:, 0], drawn.y_train


def gaps(plot: Plot) -> tuple[float, float]:
    """Distance of the places in x and in y."""
    (left, right), (low, high) = _ends(plot)
    return axes.nice((right - left) / COLUMNS), axes.nice((high - low) / ROWS)


def aimed(header: Header, x: float, y: float) -> tuple[int, bool]:
    """The sample nearest to a place that was clicked, and whether it is near enough to have been meant."""
    across, up = gaps(one_dimension.plot_of(header))
    away = np.hypot((header.train[:, 0] - x) / across, (header.y_train - y) / up)
    nearest = int(np.argmin(away))
    return nearest, bool(away[nearest] <= 1)


def _ends(plot: Plot) -> tuple[places.Span, places.Span]:
    assert plot.x.domain is not None and plot.y.domain is not None, "the curve's axes are fixed"
    return plot.x.domain, plot.y.domain


@once(maxsize=64)
def _spec(plot: Plot, style: Style) -> dict[str, Any]:
    plain, ink = xy.spec(plot, style), style.ink
    x, y = alt.X("x:Q"), alt.Y("y:Q")
    moved, picked = (alt.Chart(alt.NamedData(name)).encode(x=x, y=y) for name in ("moved", "picked"))
    outline = {"filled": False, "opacity": 1, "size": style.point * 5, "clip": True}
    layers = [
        moved.mark_rule(color=ink.muted, strokeWidth=1, opacity=0.8, clip=True).encode(x2="to_x:Q", y2="to_y:Q"),
        moved.mark_point(filled=False, stroke=ink.muted, opacity=0.8, size=style.point * 0.8, clip=True),
        picked.mark_point(stroke=ink.page, strokeWidth=style.line * 2.4, **outline),
        picked.mark_point(stroke=ink.text, strokeWidth=style.line * 1.2, **outline),
        picked.mark_point(filled=True, shape="diamond", color=ink.text, size=style.point * 2, opacity=1, clip=True),
        places.grid(*_ends(plot), gaps(plot)).encode(x=x, y=y),
    ]
    compiled = [layer.to_dict(validate=False, context={"top_level": False}) for layer in layers]
    compiled[-1]["name"] = "places"
    select = {"type": "point", "fields": ["x", "y"], "nearest": True, "toggle": False}
    params = [{"name": PLACE, "select": select, "views": ["places"]}]
    return {**plain, "layer": [*plain["layer"], *compiled], "params": params}
