"""What several runs have learned, side by side and small: each run's map with its border and its training samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np

from occam.charts import boundary, palette, picture
from occam.charts.arrow import decode, ipc
from occam.charts.cache import once
from occam.charts.chart import Chart, Style, finish, shared, words, words_layers
from occam.training.frames import Recording

NAME = "What these runs have learned: click one to open it"
COLUMNS = 3
CELL = 96  # pixels
WIDE = 1.35  # of a cell's height beside the line of its words
GAP = 0.03  # of a cell, on every side
LINE = 0.2  # of a cell, for its words
MOST = 12  # pictures
SAMPLES = 40  # drawn of a run: enough to see where the classes lie


@dataclass(frozen=True, eq=False)
class Small:
    """One run: its place in the table, its key, a line of words, and its one frame."""

    run: int
    key: str
    words: str
    recording: Recording


def draw(small: Sequence[Small], style: Style, chosen: int | None = None) -> Chart:
    """A grid of at most `MOST` runs in `COLUMNS` columns; run `chosen` has a frame."""
    small = small[:MOST]
    made = ("small", tuple((one.key, one.words) for one in small), chosen, style)
    return shared(made, lambda: _draw(small, style, chosen))


def _draw(small: Sequence[Small], style: Style, chosen: int | None) -> Chart:
    cells: dict[str, list[Any]] = {"url": [], "text": [], "knobs": [], "mark": []}
    runs, corners = [], []
    borders: list[dict[str, np.ndarray]] = []
    dots: list[dict[str, Any]] = []
    for place, one in enumerate(small):
        column, row = place % COLUMNS, place // COLUMNS
        corner = np.array([column + GAP, row + GAP, column + 1 - GAP, row + 1 - LINE])
        url, lines = _map(one, style)
        cells["url"].append(url)
        cells["text"].append(one.words)
        cells["knobs"].append(one.words)
        cells["mark"].append("chosen" if one.run == chosen else "")
        runs.append(one.run)
        corners.append(corner)
        borders.append(_placed(one.recording, corner, lines, place))
        dots.append(_samples(one.recording, corner))
    at = np.array(corners).reshape(-1, 4)
    edges = dict(zip(("x", "y", "x2", "y2"), at.T, strict=True))
    sentence = f"{len(small)} runs: {'; '.join(one.words for one in small)}." if small else "No run is drawn."
    datasets = {
        "cells": ipc({"run": np.array(runs, int), **cells, **edges}),
        "borders": ipc({name: _joined(borders, name) for name in ("x", "y", "line", "order")}),
        "dots": ipc(
            {
                **{name: _joined(dots, name) for name in ("x", "y")},
                "class": [one for part in dots for one in part["class"]],
            }
        ),
        "words": words(sentence),
    }
    return Chart(_spec(-(-len(small) // COLUMNS) or 1, style), datasets, NAME, sentence)


def _joined(parts: Sequence[dict[str, Any]], name: str) -> np.ndarray:
    return np.concatenate([part[name] for part in parts]) if parts else np.empty(0)


def _map(one: Small, style: Style) -> tuple[str, dict[str, Any]]:
    """The picture of a run and its lines, from the data of the large one; of a curve the picture is the page."""
    header, frame = one.recording.header, one.recording.frames[0]
    if len(header.plane.low) == 1:
        low, high = boundary.target_range(header)
        values = frame.values.astype(float)
        values = boundary.sigmoid(frame.values.astype(np.float32)) if header.task == "binary" else values
        room = 0.25 * (high - low)
        share = (values - low + room) / (high - low + 2 * room)
        x = np.linspace(header.plane.low[0], header.plane.high[0], len(values))
        lines = {"x": x, "y": np.clip(share, 0, 1), "line": np.zeros(len(x), int), "order": np.arange(len(x))}
        return picture.png_url(np.zeros((2, 2), np.uint8), palette.two_classes(style.theme)[127:128]), lines
    data = boundary.draw(one.key, header, one.recording.frames, 0, style=style, test=False).datasets
    lines = {name: np.array(column) for name, column in decode(data["border"]).items()}
    return decode(data["map"])["url"][0], lines


def _placed(recording: Recording, corner: np.ndarray, lines: dict[str, Any], place: int) -> dict[str, np.ndarray]:
    """Lines in units of cells; line numbers differ from cell to cell."""
    x, y = _shares(recording, lines["x"], lines["y"])
    inside = {"x": corner[0] + x * (corner[2] - corner[0]), "y": corner[3] - y * (corner[3] - corner[1])}
    return {**inside, "line": 1000 * place + lines["line"].astype(int), "order": lines["order"].astype(int)}


def _shares(recording: Recording, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places on the plane as shares of its sides; the height of a curve is a share already."""
    plane = recording.header.plane
    u = (np.asarray(x, float) - plane.low[0]) / (plane.high[0] - plane.low[0])
    if len(plane.low) == 1:
        return u, np.asarray(y, float)
    return u, (np.asarray(y, float) - plane.low[1]) / (plane.high[1] - plane.low[1])


def _samples(recording: Recording, corner: np.ndarray) -> dict[str, Any]:
    header = recording.header
    which = np.linspace(0, len(header.train) - 1, min(SAMPLES, len(header.train))).astype(int)
    at, y = header.train[which], header.y_train[which]
    if at.shape[1] == 1:
        low, high = boundary.target_range(header)
        room = 0.25 * (high - low)
        height = (y - low + room) / (high - low + 2 * room)
        u, v = _shares(recording, at[:, 0], np.clip(height, 0, 1))
    else:
        u, v = _shares(recording, at[:, 0], at[:, 1])
    inside = (u >= 0) & (u <= 1) & (v >= 0) & (v <= 1)
    return {
        "x": corner[0] + u[inside] * (corner[2] - corner[0]),
        "y": corner[3] - v[inside] * (corner[3] - corner[1]),
        "class": ["target" if header.task == "regression" else f"{int(c)}" for c in y[inside]],
    }


@once(maxsize=32)
def _spec(rows: int, style: Style) -> dict[str, Any]:
    ink = style.ink
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, COLUMNS], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[rows, 0], nice=False), axis=None)
    box = {"x": x, "x2": "x2:Q", "y": y, "y2": "y2:Q"}
    cells = alt.Chart(alt.NamedData("cells"))
    domain = ["target", *map(str, range(10))]
    colours = [ink.text, *palette.class_colours(style.theme, 2), *palette.class_colours(style.theme, 10)[2:]]
    frame = alt.condition("datum.mark == 'chosen'", alt.value(ink.text), alt.value(ink.grid))
    wide = alt.condition("datum.mark == 'chosen'", alt.value(3), alt.value(1))
    layers = [
        cells.mark_image(aspect=False, smooth=True).encode(**box, url="url:N"),
        alt.Chart(alt.NamedData("borders"))
        .mark_line(color=ink.text, strokeWidth=style.line * 0.6, opacity=0.9)
        .encode(x=x, y=y, detail="line:N", order="order:Q"),
        alt.Chart(alt.NamedData("dots"))
        .mark_point(filled=True, opacity=1, size=style.point * 0.2, stroke=ink.page, strokeWidth=0.3)
        .encode(
            x=x,
            y=y,
            fill=alt.Fill("class:N", scale=alt.Scale(domain=domain, range=colours), legend=None),
            shape=alt.Shape(
                "class:N", scale=alt.Scale(domain=domain, range=["circle", *palette.class_shapes(10)]), legend=None
            ),
        ),
        cells.mark_text(align="left", baseline="top", dx=1, dy=3, fontSize=style.text - 2, color=ink.text).encode(
            x=x, y=alt.Y("y2:Q", scale=alt.Scale(domain=[rows, 0], nice=False), axis=None), text="text:N"
        ),
        cells.mark_rect(fill="transparent", cursor="pointer").encode(
            **box, stroke=frame, strokeWidth=wide, tooltip=alt.Tooltip("knobs:N", title="run")
        ),
        *words_layers(style),
    ]
    spec = finish(layers, style, height=rows * CELL * WIDE)
    spec["layer"][4]["name"] = "hit"
    pick = {"name": "pick", "select": {"type": "point", "fields": ["run"], "toggle": False}, "views": ["hit"]}
    return {**spec, "params": [pick]}
