"""Where the network is steep: ‖∇_x f‖²_F over the plane on a log colour scale, or as an area for one input.

The scale is fixed from 10⁻³ to 10³ for every run and every frame, so that pictures compare; beyond it the colour stays
at its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from occam.charts import axes, boundary, palette, picture, samples
from occam.charts.arrow import ipc
from occam.charts.cache import once
from occam.charts.chart import Chart, Style, finish, shared, words, words_layers
from occam.charts.words import number
from occam.training.frames import Frame, Header

NAME = "How steep the network is over the input space"
DECADES = (-3, 3)
SYMBOL = "‖∇ₓf‖²"
TITLE = f"squared slope {SYMBOL}"


def draw(
    key: str,
    header: Header,
    frames: Sequence[Frame],
    index: int,
    *,
    style: Style = Style(),
    view: boundary.View | None = None,
    narrow: bool = False,
    top: float | None = None,
) -> Chart:
    """The slope map of frame `index`; `view`: axes other than its own; `narrow`: a key for a quarter of the page;
    `top`: for one input, how high the axis reaches at least.
    """
    made = ("slopes", key, index, style, view, narrow, top)
    return shared(made, lambda: _draw(header, frames[index], style, view, narrow, top))


def _draw(
    header: Header, frame: Frame, style: Style, given: boundary.View | None, narrow: bool, top: float | None
) -> Chart:
    view = given or boundary.View.of(header)
    slopes = frame.slopes.astype(np.float32)
    empty = not np.isfinite(slopes).any()
    sentence = _sentence(header, frame)
    note = "The slopes are not finite: training has diverged." if empty else ""
    datasets = {
        "map": _curve(header, slopes) if view.curve else _map(header, slopes, style),
        "train": samples.points(header, "train"),
        "words": words(sentence, note),
    }
    reaching = view.curve and top is not None
    if reaching:
        datasets["top"] = ipc({"u": np.array(view.low), "slope": np.array([top])})
    return Chart(_spec(view, style, narrow, reaching), datasets, NAME, sentence)


def _map(header: Header, slopes: NDArray[np.float32], style: Style) -> bytes:
    low, high = DECADES
    share = (np.log10(np.maximum(slopes, 10.0**low)) - low) / (high - low)
    url = picture.png_url(picture.to_levels(share, missing=0.0), palette.slopes(style.theme))
    return ipc({**picture.map_columns(header.plane, url, slopes.shape[0]), "level": np.array([1.0])})


def _curve(header: Header, slopes: NDArray[np.float32]) -> bytes:
    return ipc({"u": picture.ticks(header.plane, len(slopes), 0), "slope": slopes})


@once(maxsize=64)
def _spec(view: boundary.View, style: Style, narrow: bool, reaching: bool) -> dict[str, Any]:
    if view.curve:
        x = alt.X("u:Q", title=view.labels[0], scale=alt.Scale(domain=[view.low[0], view.high[0]], nice=False))
        area = (
            alt.Chart(alt.NamedData("map"))
            .mark_area(color=palette.SLOPES[style.theme][2], opacity=0.85, clip=True)
            .encode(x=x, y=alt.Y("slope:Q", axis=axes.linear(**axes.flat(f"{TITLE}, linear scale"))))
        )
        below = (
            alt.Chart(alt.NamedData("train"))
            .mark_tick(color=style.ink.text, opacity=0.45, height=style.text, thickness=1.2, clip=True)
            .encode(x="u:Q", y=alt.YValue(alt.ExprRef("height")))
        )
        reach = alt.Chart(alt.NamedData("top")).mark_point(opacity=0, size=0).encode(x="u:Q", y="slope:Q")
        layers = [area, below, *([reach] if reaching else []), *words_layers(style)]
        return finish(layers, style, height=boundary.HEIGHT, key=boundary.key_room(view, style))
    x, y = boundary.map_axes(view)
    picture_layer = (
        alt.Chart(alt.NamedData("map"))
        .mark_image(aspect=False, smooth=True, clip=True)
        .encode(x=x, x2="x2:Q", y=y, y2="y2:Q", url="url:N")
    )
    scale = alt.Scale(
        type="log",
        domain=[10.0 ** DECADES[0], 10.0 ** DECADES[1]],
        range=palette.hexes(palette.slopes(style.theme)[::15]),
        interpolate="rgb",
    )
    legend = alt.Legend(
        title=SYMBOL if style.presentation or narrow else TITLE,
        titleOrient="left",
        orient="none",
        legendX=0,
        legendY=samples.key_at(style, samples.key_rows(style, view.classes)),
        direction="horizontal",
        gradientLength=70 if narrow else 150,
        gradientThickness=style.text * 0.7,
        values=[1e-3, 1, 1e3],
        format="~g",
    )
    # A mark that is never seen carries the colour bar, whose domain is fixed in the spec.
    bar = (
        alt.Chart(alt.NamedData("map"))
        .mark_point(opacity=0, size=0)
        .encode(x="x:Q", y="y:Q", color=alt.Color("level:Q", scale=scale, legend=legend))
    )
    dots = samples.layer("train", style, view.classes, view.targets, faint=True)
    return finish(
        [picture_layer, bar, dots, *words_layers(style)],
        style,
        height=boundary.HEIGHT,
        key=boundary.key_room(view, style),
    )


def _sentence(header: Header, frame: Frame) -> str:
    slopes = frame.slopes.astype(float)
    start = f"Step {frame.step}: "
    if not np.isfinite(slopes).any():
        return start + "the slopes are not finite, training has diverged."
    place = np.unravel_index(np.nanargmax(slopes), slopes.shape)[::-1]
    where = " and ".join(
        f"{label} = {number(picture.ticks(header.plane, slopes.shape[-1], axis)[place[axis]])}"
        for axis, label in enumerate(header.plane.labels)
    )
    middle, top = number(float(np.nanmedian(slopes))), number(float(np.nanmax(slopes)))
    return f"{start}the squared slope has median {middle} in the drawn box and is largest, {top}, at {where}."


def table(header: Header, frames: Sequence[Frame], index: int) -> pd.DataFrame:
    """One row a point of the plane: position, output, squared slope."""
    return boundary.table(header, frames, index)
