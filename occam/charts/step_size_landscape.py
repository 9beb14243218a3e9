"""E = ½(y − abx)² from above: contours, the hyperbola of minima, the paths of descent and the flows until a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from occam.charts import axes, flows, palette, picture, places
from occam.charts.arrow import ipc
from occam.charts.cache import once
from occam.charts.chart import Chart, Style, finish, shared, words, words_layers
from occam.charts.words import number
from occam.studies.kinds.step_size import REACH
from occam.theory.two_parameter import Paths, TwoParameter
from occam.training.frames import Plane

NAMES = ("descent", "gradient", "modified", "second_order")
CELLS = 96
Window = Literal["whole", "end"]
TITLE = "Paths over the landscape of two parameters"
MOST_POINTS = 400  # of descent that are drawn as marks
START = "start"  # name of the selection of a new start, whose fields are a and b, as the page reads it
PLACES = 24  # of a new start along each side, at least half as many: round numbers


@dataclass(frozen=True)
class Box:
    """The drawn square: (low a, low b, high a, high b), rounded outwards."""

    low: tuple[float, float]
    high: tuple[float, float]


def box(paths: Paths, model: TwoParameter, window: Window) -> Box:
    """All points of all paths and the flattest minimum next to them; or the end points alone, with room around."""
    tracks = [paths.tracks[name] for name in NAMES if name in paths.tracks]
    ends = np.array([_finite(track.points)[-1] for track in tracks])
    if window == "end":
        points, room, least = ends, 0.35, 0.04
    else:
        minima = model.flattest()
        nearest = minima[np.argmin(((minima - ends[0]) ** 2).sum(1))]
        points = np.vstack([*(_finite(track.points) for track in tracks), nearest[None]])
        room, least = 0.08, 1.0
    points = np.clip(points, -8.0, 8.0)  # a path that leaves is followed to the edge of what can be read
    middle = (points.min(0) + points.max(0)) / 2
    half = max(float(np.ptp(points, axis=0).max()) / 2 * (1 + room), least)
    grid = 10.0 ** np.floor(np.log10(half)) / 4
    low, high = np.floor((middle - half) / grid) * grid, np.ceil((middle + half) / grid) * grid
    return Box((float(low[0]), float(low[1])), (float(high[0]), float(high[1])))


def _finite(points: NDArray[np.float64]) -> NDArray[np.float64]:
    return points[np.isfinite(points).all(1)]


def draw(
    key: str,
    paths: Paths,
    target: float,
    until: float,
    *,
    style: Style = Style(),
    window: Window = "whole",
    height: int = 400,
) -> Chart:
    """The landscape with every path until time `until`; a click chooses the nearest of some round places."""
    made = ("landscape", key, until, style, window, height)
    return shared(made, lambda: _draw(paths, TwoParameter(1.0, target), until, style, window, height))


def _draw(paths: Paths, model: TwoParameter, until: float, style: Style, window: Window, height: int) -> Chart:
    frame = box(paths, model, window)
    plane = Plane(np.array(frame.low), np.array(frame.high), ("a", "b"), np.zeros(2), np.eye(2))
    a, b = np.meshgrid(picture.ticks(plane, CELLS, 0), picture.ticks(plane, CELLS, 1))
    energy = model.energy(np.stack([a, b], -1))
    # Decades of E would crowd at the minimum: √E is |residual|, whose levels are hyperbolas at equal distances.
    depth = np.sqrt(energy / max(float(energy.max()), 1e-12))
    url = picture.png_url(picture.to_levels(depth), _ground(style))
    contours = picture.lines(plane, [depth], np.linspace(0, 1, 11)[1:-1])
    reach = float(np.abs([*frame.low, *frame.high]).max())
    minima = model.minima(reach, 200)
    now = {name: _until(paths.tracks[name].times, until) for name in NAMES}
    datasets = {
        "map": ipc(picture.map_columns(plane, url, CELLS)),
        "contours": ipc(contours),
        "minima": ipc(
            {
                "x": minima[..., 0].ravel(),
                "y": minima[..., 1].ravel(),
                "line": np.repeat(np.arange(2), minima.shape[1]),
                "order": np.arange(minima[..., 0].size),
            }
        ),
        "flattest": ipc({"x": model.flattest()[:, 0], "y": model.flattest()[:, 1]}),
        "paths": ipc(_paths(paths, now)),
        "steps": ipc(_points(paths.tracks["descent"].points[: now["descent"]])),
        "heads": ipc(_heads(paths, now)),
        "key": flows.key({name: flows.FLOWS[name].label for name in NAMES}),
        "words": words(_sentence(paths, model, until)),
    }
    return Chart(_spec(frame, style, height), datasets, TITLE, _sentence(paths, model, until))


def _until(times: NDArray[np.float64], until: float) -> int:
    """How many points are there by then, the start always."""
    return max(1, int(np.searchsorted(times, until * (1 + 1e-9), side="right")))


def _paths(paths: Paths, now: dict[str, int]) -> dict[str, Any]:
    rows = [(name, _finite(paths.tracks[name].points[: now[name]])) for name in NAMES if name != "descent"]
    points = np.vstack([part for _, part in rows])
    names = [name for name, part in rows for _ in part]
    return {"flow": names, "x": points[:, 0], "y": points[:, 1], "order": np.arange(len(points))}


def _points(points: NDArray[np.float64]) -> dict[str, Any]:
    kept = _finite(points)[:MOST_POINTS]
    return {"x": kept[:, 0], "y": kept[:, 1], "order": np.arange(len(kept))}


def _heads(paths: Paths, now: dict[str, int]) -> dict[str, Any]:
    where = np.array([_finite(paths.tracks[name].points[: now[name]])[-1] for name in NAMES])
    return {"flow": list(NAMES), "x": where[:, 0], "y": where[:, 1]}


def _ground(style: Style) -> NDArray[np.uint8]:
    ends = {"light": ("#ffffff", "#eef1f5", "#cfd6df"), "dark": ("#11161d", "#1d242e", "#39434f")}[style.theme]
    return palette.ramp(ends)


@once(maxsize=64)
def _spec(frame: Box, style: Style, height: int) -> dict[str, Any]:
    ink, lines = style.ink, flows.of(NAMES)
    scales = [alt.Scale(domain=[low, high], nice=False) for low, high in zip(frame.low, frame.high, strict=True)]
    x = alt.X("x:Q", scale=scales[0], axis=alt.Axis(title="a", grid=False, tickCount=5))
    y = alt.Y("y:Q", scale=scales[1], axis=alt.Axis(title="b", titleAngle=0, grid=False, tickCount=5))
    image = alt.Chart(alt.NamedData("map")).mark_image(aspect=False, smooth=True, clip=True)
    order = alt.Order("order:Q")
    contours = alt.Chart(alt.NamedData("contours")).mark_line(color=ink.muted, strokeWidth=0.8, opacity=0.6, clip=True)
    valley = alt.Chart(alt.NamedData("minima")).mark_line(
        color="#009e73", strokeWidth=style.line * 2.2, opacity=0.55, clip=True
    )
    star = alt.Chart(alt.NamedData("flattest")).mark_point(
        filled=True, shape=STAR, color="#009e73", stroke=ink.page, size=style.point * 10, opacity=1, clip=True
    )
    steps = alt.Chart(alt.NamedData("steps"))
    colour = lines["descent"].colour(style.theme)
    paths = alt.Chart(alt.NamedData("paths")).mark_line(strokeWidth=style.line, clip=True)
    heads = alt.Chart(alt.NamedData("heads")).mark_point(
        filled=True, size=style.point * 1.6, stroke=ink.page, strokeWidth=1, opacity=1, clip=True
    )
    layers = [
        image.encode(x=x, x2="x2:Q", y=y, y2="y2:Q", url="url:N"),
        contours.encode(x="x:Q", y="y:Q", detail="line:N", order=order),
        valley.encode(x="x:Q", y="y:Q", detail="line:N", order=order),
        star.encode(x="x:Q", y="y:Q"),
        steps.mark_line(color=colour, strokeWidth=1, opacity=0.7, clip=True).encode(x="x:Q", y="y:Q", order=order),
        steps.mark_point(filled=True, color=colour, size=style.point * 0.55, opacity=0.9, clip=True).encode(
            x="x:Q", y="y:Q"
        ),
        paths.encode(x="x:Q", y="y:Q", order=order, **flows.look(lines, "flow", style)),
        heads.encode(x="x:Q", y="y:Q", **flows.marks(lines, "flow", style)),
        *flows.key_layers(lines, style, columns=2, titled=False),
        *words_layers(style),
        _places(frame).encode(x="x:Q", y="y:Q"),
    ]
    spec = finish(layers, style, height=height)
    spec["layer"][-1]["name"] = "places"
    select = {"type": "point", "fields": ["x", "y"], "nearest": True, "toggle": False}
    return {**spec, "params": [{"name": START, "select": select, "views": ["places"]}]}


def _places(frame: Box) -> alt.Chart:
    gap = axes.nice((frame.high[0] - frame.low[0]) / PLACES)
    a, b = ((max(low, -REACH), min(high, REACH)) for low, high in zip(frame.low, frame.high, strict=True))
    return places.grid(a, b, (gap, gap))


STAR = (
    "M0,-1L0.235,-0.324L0.951,-0.309L0.38,0.124L0.588,0.809L0,0.4L-0.588,0.809L-0.38,0.124L-0.951,-0.309L-0.235,-0.324Z"
)


def _sentence(paths: Paths, model: TwoParameter, until: float) -> str:
    descent = _finite(paths.tracks["descent"].points[: _until(paths.tracks["descent"].times, until)])
    (a, b), steps = descent[-1], len(descent) - 1
    gap = ""
    if until >= paths.tracks["descent"].times[-1] and np.isfinite(paths.tracks["modified"].end).all():
        ends = {name: paths.tracks[name].end for name in NAMES}
        far = [float(np.linalg.norm(ends[name] - ends["descent"])) for name in ("gradient", "modified", "second_order")]
        gap = f"; its distance to gradient, modified and second-order flow is {', '.join(map(number, far))}"
    return (
        f"γ = {number(paths.step_size)}, γλ_max = {number(paths.stability)} at the start: after {steps} steps descent "
        f"is at a = {number(a)}, b = {number(b)}, residual {number(float(model.residual(descent[-1])))}{gap}."
    )


def table(paths: Paths) -> pd.DataFrame:
    """One row a point of a path: path, time, a, b, Q = a² − b²."""
    parts = [
        pd.DataFrame(
            {"path": name, "time": t.times, "a": t.points[:, 0], "b": t.points[:, 1], "Q": paths.imbalance[name]}
        )
        for name, t in paths.tracks.items()
    ]
    return pd.concat(parts, ignore_index=True)
