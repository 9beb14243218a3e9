"""What the network says: the decision map over the plane with its border, or the curve for one input.

Two classes: colour is σ(f), blue 0 to orange 1, the line is f = 0.  More: tint of the winning class by its softmax
probability, lines between classes.  Regression: colour is f over the range of the targets, lines of equal f.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from occam.charts import axes, palette, picture, samples
from occam.charts.arrow import ipc
from occam.charts.cache import once
from occam.charts.chart import Chart, Style, finish, shared, words, words_layers
from occam.charts.words import number
from occam.training.frames import Frame, Header

NAME = "What the network says over the input space"
HEIGHT = 400


@dataclass(frozen=True)
class View:
    """What of a run is fixed in the spec: axes, classes, the range of the targets."""

    curve: bool
    task: str
    classes: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    labels: tuple[str, ...]
    targets: tuple[float, float]

    @classmethod
    def shared(cls, headers: Sequence[Header]) -> View | None:
        """One view for runs of the same input space and classes, wide enough for all; None for others."""
        views = [cls.of(header) for header in headers]
        first, space = views[0], headers[0].plane
        for header, view in zip(headers, views, strict=True):
            if (view.task, view.classes, view.labels) != (first.task, first.classes, first.labels):
                return None
            plane = header.plane
            if plane.axes.shape != space.axes.shape or not np.allclose(plane.axes, space.axes):
                return None
            if not np.allclose(plane.origin, space.origin):
                return None
        return replace(
            first,
            low=tuple(map(min, zip(*(view.low for view in views), strict=True))),
            high=tuple(map(max, zip(*(view.high for view in views), strict=True))),
            targets=(min(view.targets[0] for view in views), max(view.targets[1] for view in views)),
        )

    @classmethod
    def of(cls, header: Header) -> View:
        """The view of a run."""
        plane = header.plane
        return cls(
            curve=len(plane.low) == 1,
            task=header.task,
            classes=tuple(samples.class_names(header)),
            low=tuple(map(float, plane.low)),
            high=tuple(map(float, plane.high)),
            labels=tuple(plane.labels),
            targets=target_range(header),
        )


def target_range(header: Header) -> tuple[float, float]:
    """Lowest and highest target of all samples, one apart if equal; (0, 1) for classes."""
    if header.task != "regression":
        return 0.0, 1.0
    y = np.concatenate([header.y_train, header.y_test]).astype(float)
    y = y[np.isfinite(y)]
    low, high = (float(y.min()), float(y.max())) if len(y) else (0.0, 1.0)
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def draw(
    key: str,
    header: Header,
    frames: Sequence[Frame],
    index: int,
    *,
    style: Style = Style(),
    test: bool = True,
    view: View | None = None,
) -> Chart:
    """The map or curve of frame `index`; `test` shows the test samples; `view`: axes and colours other than its own."""
    return shared(("boundary", key, index, style, test, view), lambda: _draw(header, frames[index], style, test, view))


def _draw(header: Header, frame: Frame, style: Style, test: bool, given: View | None) -> Chart:
    view = given or View.of(header)
    empty = not np.isfinite(frame.values).any()
    note = "The outputs are not finite: training has diverged." if empty else ""
    sentence = _sentence(header, frame, test)
    datasets = {
        **(_curve_data(header, frame, style) if view.curve else _map_data(header, frame, style, view)),
        "train": samples.points(header, "train"),
        "words": words(sentence, note),
    }
    if test:
        datasets["test"] = samples.points(header, "test")
    return Chart(_spec(view, style, test), datasets, NAME, sentence)


def _map_data(header: Header, frame: Frame, style: Style, view: View) -> dict[str, bytes]:
    values = frame.values.astype(np.float32)
    low, high = view.targets
    if frame.winners is not None:
        colours, steps = palette.class_tints(style.theme, len(header.classes))
        fewest = 1 / len(header.classes)
        levels = frame.winners * steps + picture.to_levels((values - fewest) / (1 - fewest), steps)
        border = picture.lines(header.plane, picture.borders(frame.winners), [0.5])
    elif header.task == "regression":
        colours = palette.two_classes(style.theme)
        levels = picture.to_levels((values - low) / (high - low))
        border = picture.lines(header.plane, [values], iso_levels(low, high))
    else:
        colours = palette.two_classes(style.theme)
        levels = picture.to_levels(sigmoid(values))
        border = picture.lines(header.plane, [values], [0.0])
    url = picture.png_url(levels.astype(np.uint8), colours)
    return {"map": ipc(picture.map_columns(header.plane, url, values.shape[0])), "border": ipc(border)}


def _curve_data(header: Header, frame: Frame, style: Style) -> dict[str, bytes]:
    values = frame.values.astype(np.float32)
    x = picture.ticks(header.plane, len(values), 0)
    columns: dict[str, Any] = {"u": x, "f": sigmoid(values) if header.task == "binary" else values}
    if frame.winners is not None:
        colours = palette.class_colours(style.theme, len(header.classes))
        columns["colour"] = [colours[c] for c in frame.winners]
        # A line changes colour between points: each run of one class is a line of its own.
        columns["line"] = np.cumsum(np.diff(frame.winners.astype(int), prepend=int(frame.winners[0])) != 0)
    return {"curve": ipc(columns)}


def sigmoid(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """1/(1 + e^{−f}), without overflow."""
    return (0.5 * (1.0 + np.tanh(0.5 * values))).astype(np.float32)


def iso_levels(low: float, high: float, most: int = 7) -> list[float]:
    """At most `most` round values between low and high (multiples of 1, 2 or 5 times a power of ten)."""
    decade = 10.0 ** np.floor(np.log10((high - low) / most))
    step = next(m * decade for m in (1, 2, 5, 10, 20) if (high - low) / (m * decade) <= most)
    return [float(k * step) for k in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)]


@once(maxsize=64)
def _spec(view: View, style: Style, test: bool) -> dict[str, Any]:
    return _curve_spec(view, style, test) if view.curve else _map_spec(view, style, test)


def _map_spec(view: View, style: Style, test: bool) -> dict[str, Any]:
    x, y = map_axes(view)
    image = (
        alt.Chart(alt.NamedData("map"))
        .mark_image(aspect=False, smooth=True, clip=True)
        .encode(x=x, x2="x2:Q", y=y, y2="y2:Q", url="url:N")
    )
    thin = view.task == "regression"
    border = (
        alt.Chart(alt.NamedData("border"))
        .mark_line(
            color=style.ink.text,
            strokeWidth=style.line * (0.5 if thin else 1.0),
            opacity=0.6 if thin else 0.9,
            clip=True,  # or where the line meets the edge would move the plot
        )
        .encode(x="x:Q", y="y:Q", detail="line:N", order="order:Q")
    )
    parts: list[samples.Part] = ["test", "train"] if test else ["train"]
    dots = [samples.layer(part, style, view.classes, view.targets) for part in parts]
    return finish([image, border, *dots, *words_layers(style)], style, height=HEIGHT, key=key_room(view, style))


def _curve_spec(view: View, style: Style, test: bool) -> dict[str, Any]:
    low, high = view.targets
    room = 0.25 * (high - low) if view.task == "regression" else 0.08
    title = {"regression": "output f, target y", "binary": "probability σ(f)"}.get(view.task, "largest probability")
    x = alt.X("u:Q", title=view.labels[0], scale=alt.Scale(domain=[view.low[0], view.high[0]], nice=False))
    y = alt.Y(
        "f:Q", axis=axes.linear(**axes.flat(title)), scale=alt.Scale(domain=[low - room, high + room], nice=False)
    )
    line = alt.Chart(alt.NamedData("curve")).mark_line(strokeWidth=style.line * 1.3, color=style.ink.first, clip=True)
    curve = line.encode(x=x, y=y)
    if len(view.classes) > 2:
        curve = line.encode(x=x, y=y, detail="line:N", stroke=alt.Stroke("colour:N", scale=None))
    parts: list[samples.Part] = ["test", "train"] if test else ["train"]
    dots = [samples.layer(part, style, view.classes, view.targets, y="y:Q") for part in parts]
    return finish([*dots, curve, *words_layers(style)], style, height=HEIGHT, key=key_room(view, style))


def key_room(view: View, style: Style) -> float:
    """Pixels above a map or curve for its key, the same for slopes, so that pictures side by side are level."""
    room = -samples.key_at(style, samples.key_rows(style, view.classes))
    if view.curve:
        room = room - style.text - 8 if view.classes else 0  # beside an axis title that has its own room
    return max(room, 0)


def map_axes(view: View) -> tuple[alt.X, alt.Y]:
    """The two axes of a map, fixed to the plane."""
    titles = [alt.Axis(title=label, grid=False) for label in view.labels]
    scales = [alt.Scale(domain=[low, high], nice=False) for low, high in zip(view.low, view.high, strict=True)]
    return alt.X("x:Q", axis=titles[0], scale=scales[0]), alt.Y("y:Q", axis=titles[1], scale=scales[1])


def _sentence(header: Header, frame: Frame, test: bool) -> str:
    finite = frame.values[np.isfinite(frame.values)].astype(float)
    start = f"Step {frame.step}, with {samples.caption(header, test)}: "
    if not len(finite):
        return start + "the outputs are not finite, training has diverged."
    if header.task == "regression":
        return start + f"the output f runs from {number(finite.min())} to {number(finite.max())} in the drawn box."
    winners = frame.winners if frame.winners is not None else (frame.values > 0).astype(np.uint8)
    shares = [(float(np.mean(winners == c)), name) for c, name in enumerate(samples.class_names(header))]
    parts = [f"{name} {share:.0%}" for share, name in sorted(shares, reverse=True) if share >= 0.005]
    return start + f"of the drawn box the network gives {', '.join(parts)}."


def table(header: Header, frames: Sequence[Frame], index: int) -> pd.DataFrame:
    """One row a point of the map or curve: position, output (or largest probability), winner, squared slope."""
    frame = frames[index]
    side = frame.values.shape[-1]
    grids = np.meshgrid(*[picture.ticks(header.plane, side, a) for a in range(len(header.plane.low))])
    columns: dict[str, Any] = {label: grid.ravel() for label, grid in zip(header.plane.labels, grids, strict=True)}
    columns["f" if frame.winners is None else "probability"] = frame.values.ravel().astype(float)
    if frame.winners is not None:
        columns["class"] = [header.classes[c] for c in frame.winners.ravel()]
    columns["output_input_grad_sq"] = frame.slopes.ravel().astype(float)
    return pd.DataFrame({"step": frame.step, **columns})
