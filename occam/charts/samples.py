"""Training and test samples as points: shape and colour per class, filled for training, hollow for test."""

from __future__ import annotations

from typing import Any, Literal

import altair as alt
import numpy as np
from numpy.typing import NDArray

from occam.charts import palette
from occam.charts.arrow import ipc
from occam.charts.chart import Style
from occam.training.frames import Header

Part = Literal["train", "test"]
MOST_TRAIN = 1000  # marks a browser redraws without stutter
MOST_TEST = 300  # enough to judge a boundary by eye; the test metrics use all of them
LONGEST_NAME = 18  # letters in a key
PART_NAMES: dict[Part, str] = {"train": "training sample", "test": "test sample"}


def drawn(header: Header, part: Part) -> NDArray[np.intp]:
    """Indices of the samples that are drawn: all, or an even choice of at most `MOST_TRAIN` or `MOST_TEST`."""
    n, most = (len(header.y_train), MOST_TRAIN) if part == "train" else (len(header.y_test), MOST_TEST)
    return np.arange(n) if n <= most else np.linspace(0, n - 1, most).astype(np.intp)


def class_names(header: Header) -> list[str]:
    """Names of the classes as a key shows them, all different: "class 0" for "0" of two, long ones cut."""
    names = [f"class {name}" if name.isdigit() and len(header.classes) <= 2 else name for name in header.classes]
    short = [name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…" for name in names]
    return short if len(set(short)) == len(short) else [f"{c + 1}: {name}" for c, name in enumerate(short)]


def points(header: Header, part: Part) -> bytes:
    """Dataset "train" or "test": u, v (0 for curves), and `class` or the target `y`."""
    which = drawn(header, part)
    places, y = (header.train, header.y_train) if part == "train" else (header.test, header.y_test)
    places, y = places[which], y[which]
    columns: dict[str, Any] = {"u": places[:, 0], "v": places[:, 1] if places.shape[1] > 1 else np.zeros(len(y))}
    if header.task == "regression":
        columns["y"] = y
    else:
        names = class_names(header)
        columns["class"] = [names[int(c)] for c in y]
        # On a curve of σ(f) the two classes stand at 0 and 1; more classes stand below the curve.
        columns["y"] = y if len(names) <= 2 else np.zeros(len(y))
    return ipc(columns)


def caption(header: Header, test: bool) -> str:
    """ "200 training samples and 300 of 1000 test samples": what is drawn, and that it is not all."""
    parts: list[Part] = ["train", "test"] if test else ["train"]
    counts = {"train": len(header.y_train), "test": len(header.y_test)}
    texts = []
    for part in parts:
        shown, n = len(drawn(header, part)), counts[part]
        count = f"{n}" if shown == n else f"{shown} of {n}"
        texts.append(f"{count} {PART_NAMES[part]}{'' if n == 1 else 's'}")
    return " and ".join(texts)


def key(style: Style, title: str | None = None, rows: int = 1, **options: Any) -> alt.Legend:
    """A key in one row above the plot, at a fixed place."""
    place = {"orient": "none", "legendX": 0, "legendY": key_at(style, rows), "direction": "horizontal"}
    return alt.Legend(title=title, **place, **options)


def key_at(style: Style, rows: int = 1) -> float:
    """Height of the key above the plot, in pixels (negative), clear of a flat axis title."""
    return -(style.text + 8) * rows - style.text - 10


def key_rows(style: Style, names: tuple[str, ...]) -> int:
    """Rows of the key: 1 without classes."""
    return -(-len(names) // _columns(style, names)) if names else 1


def _columns(style: Style, names: tuple[str, ...]) -> int:
    # As many names beside each other as a telephone is wide.
    widest = max(map(len, names)) * 0.52 * style.text + 34
    return max(1, min(len(names), int(330 / widest)))


def layer(
    part: Part, style: Style, names: tuple[str, ...], y_range: tuple[float, float], y: str = "v:Q", faint: bool = False
) -> alt.Chart:
    """The points of one part; `names` () colours by target over `y_range`."""
    ink = style.ink
    train = part == "train"
    size = style.point if train else style.point * 0.4
    marks = alt.Chart(alt.NamedData(part))
    base = {"clip": True, "opacity": 0.45 if faint else 1.0, "size": size if not faint else size * 0.6}
    position = {"x": alt.X("u:Q"), "y": alt.Y(y)}
    tooltip = [alt.Tooltip("u:Q", format=".3g"), alt.Tooltip("v:Q", format=".3g")]
    if names:
        scale = alt.Scale(domain=list(names), range=palette.class_colours(style.theme, len(names)))
        shapes = alt.Scale(domain=list(names), range=palette.class_shapes(len(names)))
        tip = [alt.Tooltip("class:N", title=PART_NAMES[part]), *tooltip]
        legend = None if faint else key(style, rows=key_rows(style, names), columns=_columns(style, names))
        shape = alt.Shape("class:N", scale=shapes, legend=legend)
        if train:
            mark = marks.mark_point(filled=True, stroke=ink.page, strokeWidth=0.8, **base)
            colour: Any = {"fill": alt.Fill("class:N", scale=scale, legend=legend)}
        else:
            mark = marks.mark_point(filled=False, strokeWidth=1.3, **base)
            colour = {"stroke": alt.Stroke("class:N", scale=scale, legend=legend)}
        return mark.encode(**position, shape=shape, tooltip=tip, **colour)
    tip = [alt.Tooltip("y:Q", title=f"target of the {PART_NAMES[part]}", format=".3g"), *tooltip]
    if y != "v:Q":  # a curve: height is the target already
        if train:
            mark = marks.mark_point(filled=True, fill=ink.text, stroke=ink.page, strokeWidth=0.8, **base)
        else:
            mark = marks.mark_point(filled=False, stroke=ink.muted, strokeWidth=1.2, **base)
        return mark.encode(**position, tooltip=tip)
    ramp = palette.hexes(palette.two_classes(style.theme)[::32])
    scale = alt.Scale(domain=list(y_range), range=ramp, clamp=True, interpolate="lab")
    bar = {"gradientLength": 160, "gradientThickness": style.text * 0.7, "tickCount": 3, "titleOrient": "left"}
    legend = None if faint else key(style, "output f, target y", **bar)
    colour = alt.Fill("y:Q", scale=scale, legend=legend)
    outline = ink.text if train else ink.muted
    return marks.mark_point(filled=True, stroke=outline, strokeWidth=1.2 if train else 0.8, **base).encode(
        **position, fill=colour, tooltip=tip
    )
