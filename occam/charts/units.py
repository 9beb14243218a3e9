"""Hidden units as small multiples: each unit's response over the plane, blue below 0, orange above."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from occam.charts import palette, picture
from occam.charts.arrow import ipc
from occam.charts.cache import once
from occam.charts.chart import Chart, Style, finish, shared, words, words_layers
from occam.training.frames import Header

NAME = "Response of each hidden unit"
MOST = 24  # units drawn of a layer
COLUMNS = 8
CELL = 56  # pixels
HEAD = 0.5  # of a cell, for the name of a layer
GAP = 0.04  # of a cell
Maps = Sequence[NDArray[np.floating]]


def draw(key: str, header: Header, maps: Maps, index: int, *, style: Style = Style(), most: int = MOST) -> Chart:
    """One small picture per unit, layer by layer, from `maps`: per hidden layer (width, 64, 64), or (width, m) curves.

    `index` is the frame the maps were measured at.  One colour scale per layer, white (dark: black) at 0.
    """
    return shared(("units", key, index, style, most), lambda: _draw(maps, style, most))


def _draw(maps: Maps, style: Style, most: int) -> Chart:
    colours = palette.two_classes(style.theme)
    urls: list[str] = []
    names: list[str] = []
    rows: list[float] = []
    columns: list[int] = []
    titles: list[str] = []
    heads: list[float] = []
    top = 0.0
    for layer, responses in enumerate(maps):
        width, shown = len(responses), min(len(responses), most)
        finite = np.abs(responses[np.isfinite(responses)])
        largest = float(finite.max()) if finite.size and finite.max() > 0 else 1.0
        titles.append(_title(layer, width, shown))
        heads.append(top)
        top += HEAD
        for unit in range(shown):
            response = responses[unit] if responses.ndim == 3 else np.tile(responses[unit], (16, 1))
            urls.append(picture.png_url(picture.to_levels(0.5 + 0.5 * response / largest), colours))
            names.append(f"layer {layer + 1}, unit {unit + 1}")
            rows.append(top + unit // COLUMNS)
            columns.append(unit % COLUMNS)
        top += -(-shown // COLUMNS)
    sentence = _sentence(maps, most)
    note = "" if urls else "No hidden layers: a linear model"
    datasets = {
        "units": ipc({"url": urls, "unit": names, **_cells(np.array(columns, float), np.array(rows, float))}),
        "titles": ipc({"text": titles, "y": np.array(heads, float) + HEAD}),
        "words": words(sentence, note),
    }
    return Chart(_spec(tuple(min(len(m), most) for m in maps), style), datasets, NAME, sentence)


def _cells(column: NDArray[np.float64], row: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    return {"x": column + GAP, "x2": column + 1 - GAP, "y": row + GAP, "y2": row + 1 - GAP}


def _title(layer: int, width: int, shown: int) -> str:
    return f"Layer {layer + 1}: " + (f"{width} units" if shown == width else f"{shown} of {width} units")


@once(maxsize=32)
def _spec(shown: tuple[int, ...], style: Style) -> dict[str, Any]:
    ink = style.ink
    total = sum(HEAD - (-count // COLUMNS) for count in shown) if shown else 1.0
    x = alt.X("x:Q", scale=alt.Scale(domain=[0, COLUMNS], nice=False), axis=None)
    y = alt.Y("y:Q", scale=alt.Scale(domain=[total, 0], nice=False), axis=None)
    images = (
        alt.Chart(alt.NamedData("units"))
        .mark_image(aspect=False, smooth=True)
        .encode(x=x, x2="x2:Q", y=y, y2="y2:Q", url="url:N", tooltip="unit:N")
    )
    frames = alt.Chart(alt.NamedData("units")).mark_rect(filled=False, stroke=ink.grid, strokeWidth=1)
    titles = alt.Chart(alt.NamedData("titles")).mark_text(
        align="left", baseline="bottom", dy=-4, fontSize=style.text, color=ink.text
    )
    layers = [
        images,
        frames.encode(x=x, x2="x2:Q", y=y, y2="y2:Q"),
        titles.encode(x=alt.XValue(4), y=y, text="text:N"),
        *words_layers(style),
    ]
    return finish(layers, style, height=round(total * CELL))


def _sentence(maps: Maps, most: int) -> str:
    if not maps:
        return "A linear model has no hidden units."
    parts = [_title(layer, len(m), min(len(m), most)).lower() for layer, m in enumerate(maps)]
    return f"Responses of the hidden units over the drawn box: {', '.join(parts)}."


def table(header: Header, maps: Maps, index: int) -> pd.DataFrame:
    """One row a hidden unit: layer, unit, smallest, mean and largest response over the plane."""
    rows = [
        (layer + 1, unit + 1, float(response.min()), float(response.mean()), float(response.max()))
        for layer, responses in enumerate(maps)
        for unit, response in enumerate(responses)
    ]
    return pd.DataFrame(rows, columns=["layer", "unit", "min", "mean", "max"])
