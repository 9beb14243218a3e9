"""Where two networks differ: f_A − f_B over the plane that they share, with the border of each.

Two classes: σ(f_A) − σ(f_B), from −1 (blue) to 1 (orange).  More: where the two choose different classes.  Regression:
f_A − f_B on a scale as wide as the range of the targets.  The scale is fixed for a pair, so that frames compare.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from occam.charts import axes, boundary, flows, palette, picture, samples
from occam.charts.arrow import ipc
from occam.charts.boundary import View, iso_levels, map_axes, sigmoid
from occam.charts.cache import once
from occam.charts.chart import Chart, Style, finish, shared, words, words_layers
from occam.charts.flows import Line
from occam.charts.words import number
from occam.training.frames import Frame, Header

NAME = "Where the two networks differ"
APART = 0.62  # shade of a place where the classes differ
BORDERS = {"first": (1, 0), "second": (5, 3)}  # dashes of the two runs' borders


@dataclass(frozen=True)
class Side:
    """One run of the pair: its letter, and what it shows."""

    letter: str
    key: str
    header: Header
    frame: Frame


def comparable(first: Header, second: Header) -> bool:
    """Whether both are maps, or curves, over the same box of the same inputs, to the same kind of output."""
    one, other = first.plane, second.plane
    if View.shared((first, second)) is None or first.task != second.task:
        return False
    return np.allclose(one.low, other.low) and np.allclose(one.high, other.high)


def draw(first: Side, second: Side, *, style: Style = Style(), height: int = boundary.HEIGHT) -> Chart:
    """The map of `first` − `second`, which are `comparable`."""
    sides = (first, second)
    key = ("difference", *((side.letter, side.key, side.frame.step) for side in sides), style, height)
    return shared(key, lambda: _draw(first, second, style, height))


def _draw(first: Side, second: Side, style: Style, height: int) -> Chart:
    view = View.shared((first.header, second.header))
    assert view is not None, "comparable runs have a view"
    values, reach = _difference(first, second, view)
    sentence = _sentence(first, second, values, view)
    note = "" if np.isfinite(values).any() else "An output is not finite: training has diverged."
    letters = (first.letter, second.letter)
    datasets = {"words": words(sentence, note)}
    if view.curve:
        u = picture.ticks(first.header.plane, len(values), 0)
        datasets["curve"] = ipc({"u": u, "f": values})
        return Chart(_curve_spec(view, reach, style, height, letters), datasets, NAME, sentence)
    many = len(view.classes) > 2
    shares = np.abs(values) * APART if many else (values / reach + 1) / 2
    colours = palette.slopes(style.theme) if many else palette.two_classes(style.theme)
    url = picture.png_url(picture.to_levels(shares, missing=0.0 if many else 0.5), colours)
    plane = first.header.plane
    datasets["map"] = ipc({**picture.map_columns(plane, url, values.shape[0]), "level": np.array([0.0])})
    for name, side in zip(BORDERS, (first, second), strict=True):
        # The order tells equal borders of two runs apart: of equal data one would mount anew.
        columns = {**_border(side, view), "run": np.array([])}
        columns["run"] = np.full(len(columns["x"]), list(BORDERS).index(name))
        datasets[name] = ipc(columns)
    datasets["key"] = flows.key({name: line.label for name, line in _lines(style, letters).items()})
    return Chart(_map_spec(view, reach, style, height, letters), datasets, NAME, sentence)


def _difference(first: Side, second: Side, view: View) -> tuple[NDArray[np.float32], float]:
    """The difference over the plane, and the value at which its colour ends."""
    one, other = first.frame, second.frame
    if one.winners is not None and other.winners is not None:
        return (one.winners != other.winners).astype(np.float32), 1.0
    a, b = one.values.astype(np.float32), other.values.astype(np.float32)
    if view.task == "binary":
        return sigmoid(a) - sigmoid(b), 1.0
    return a - b, view.targets[1] - view.targets[0]


def _border(side: Side, view: View) -> dict[str, NDArray[Any]]:
    """Lines between the classes; of a regression the middle one of the lines of equal output."""
    plane, frame = side.header.plane, side.frame
    if frame.winners is not None:
        return picture.lines(plane, picture.borders(frame.winners), [0.5])
    levels = [0.0]
    if view.task == "regression":
        round_values = iso_levels(*view.targets)
        levels = [round_values[len(round_values) // 2]]
    return picture.lines(plane, [frame.values.astype(np.float32)], levels)


def _lines(style: Style, letters: tuple[str, str]) -> dict[str, Line]:
    ink = style.ink.text
    return {
        name: Line(f"border of {letter}", ink, ink, dash)
        for (name, dash), letter in zip(BORDERS.items(), letters, strict=True)
    }


def title(view: View, letters: tuple[str, str]) -> str:
    """What the colour or the height is."""
    a, b = letters
    if len(view.classes) > 2:
        return f"{a} and {b} choose different classes"
    return f"{a} − {b} of {'σ(f)' if view.task == 'binary' else 'f'}"


@once(maxsize=64)
def _map_spec(view: View, reach: float, style: Style, height: int, letters: tuple[str, str]) -> dict[str, Any]:
    x, y = map_axes(view)
    image = (
        alt.Chart(alt.NamedData("map"))
        .mark_image(aspect=False, smooth=True, clip=True)
        .encode(x=x, x2="x2:Q", y=y, y2="y2:Q", url="url:N")
    )
    layers = [image]
    many = len(view.classes) > 2
    if not many:
        ramp = palette.hexes(palette.two_classes(style.theme)[::15])
        bar = {"gradientLength": 150, "gradientThickness": style.text * 0.7, "titleOrient": "left", "format": "~g"}
        legend = samples.key(style, title(view, letters), 2, values=[-reach, 0, reach], **bar)
        scale = alt.Scale(domain=[-reach, reach], range=ramp, interpolate="lab")
        # A mark that is never seen carries the colour bar, whose domain is fixed in the spec.
        seen = alt.Chart(alt.NamedData("map")).mark_point(opacity=0, size=0)
        layers.append(seen.encode(x="x:Q", y="y:Q", color=alt.Color("level:Q", scale=scale, legend=legend)))
    lines = _lines(style, letters)
    for name, line in lines.items():
        drawn = alt.Chart(alt.NamedData(name)).mark_line(
            color=style.ink.text, strokeWidth=style.line, strokeDash=list(line.dash), clip=True
        )
        layers.append(drawn.encode(x="x:Q", y="y:Q", detail=["line:N", "run:N"], order="order:Q"))
    layers += flows.key_layers(lines, style, columns=2, titled=False)
    layers += words_layers(style)
    return finish(layers, style, height=height, key=0 if many else -samples.key_at(style, 2))


@once(maxsize=64)
def _curve_spec(view: View, reach: float, style: Style, height: int, letters: tuple[str, str]) -> dict[str, Any]:
    x = alt.X("u:Q", title=view.labels[0], scale=alt.Scale(domain=[view.low[0], view.high[0]], nice=False))
    scale = alt.Scale(domain=[-reach, reach], nice=False)
    y = alt.Y("f:Q", scale=scale, axis=axes.linear(**axes.flat(title(view, letters))))
    curve = alt.Chart(alt.NamedData("curve")).mark_line(strokeWidth=style.line * 1.3, color=style.ink.third, clip=True)
    zero = alt.Chart(alt.NamedData("words")).mark_rule(color=style.ink.muted, strokeWidth=1.2)
    return finish([zero.encode(y=alt.YDatum(0)), curve.encode(x=x, y=y), *words_layers(style)], style, height=height)


def _sentence(first: Side, second: Side, values: NDArray[np.float32], view: View) -> str:
    start = f"{first.letter} at step {first.frame.step} against {second.letter} at step {second.frame.step}: "
    finite = np.abs(values[np.isfinite(values)]).astype(float)
    if not len(finite):
        return start + "an output is not finite, training has diverged."
    if len(view.classes) > 2:
        return start + f"they choose different classes in {finite.mean():.1%} of the drawn box."
    mean, most = number(float(finite.mean())), number(float(finite.max()))
    apart = ""
    if view.task == "binary":
        apart = f"; they choose different classes in {np.mean(disagree(first.frame, second.frame)):.1%} of it"
    return (
        start
        + f"the mean distance of {title(view, (first.letter, second.letter))} from 0 in the drawn box is "
        + (f"{mean}, the largest {most}{apart}.")
    )


def disagree(first: Frame, second: Frame) -> NDArray[np.bool_]:
    """Where two classifiers choose different classes."""
    if first.winners is not None and second.winners is not None:
        return first.winners != second.winners
    return (first.values > 0) != (second.values > 0)


def table(first: Side, second: Side) -> pd.DataFrame:
    """One row a point of the plane: position, what each says, their difference."""
    view = View.shared((first.header, second.header))
    assert view is not None, "comparable runs have a view"
    a, b = (boundary.table(side.header, [side.frame], 0) for side in (first, second))
    places = a[list(view.labels)]
    said = [column for column in ("f", "probability", "class") if column in a]
    both = [frame[said].add_suffix(f"_{side.letter}") for frame, side in ((a, first), (b, second))]
    difference = pd.Series(_difference(first, second, view)[0].ravel().astype(float), name="difference")
    return pd.concat([places, *both, difference], axis=1)
