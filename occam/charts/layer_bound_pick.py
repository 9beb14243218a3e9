"""The decision plot with training samples to pick from: a click takes the nearest, a ring marks the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import altair as alt
import numpy as np

from occam.charts import boundary, samples
from occam.charts.arrow import ipc
from occam.charts.cache import once
from occam.charts.chart import Chart, Style, shared
from occam.training.frames import Frame, Header

PICK = "pick"  # name of the selection, as the page reads it
SAMPLE = "sample"  # its field: the sample's index, 0-based


def draw(
    key: str, header: Header, frames: Sequence[Frame], index: int, *, sample: int, style: Style = Style()
) -> Chart:
    """The map or curve of frame `index` with its training samples; sample `sample` (0-based) wears a ring."""
    return shared(("pick", key, index, sample, style), lambda: _draw(key, header, frames, index, sample, style))


def _draw(key: str, header: Header, frames: Sequence[Frame], index: int, sample: int, style: Style) -> Chart:
    plain = boundary.draw(key, header, frames, index, style=style, test=False)
    which = samples.drawn(header, "train")
    curve = len(header.plane.low) == 1
    sentence = f"{plain.alt} Sample {sample + 1} is chosen."
    return replace(
        plain,
        spec=_spec(boundary.View.of(header), style, curve, len(header.classes)),
        datasets={
            **plain.datasets,
            "places": ipc(_places(header, which)),
            "chosen": ipc(_places(header, np.array([sample]))),
        },
        name="Training samples on what the network says: click one to see its proof",
        alt=sentence,
    )


def _places(header: Header, which: np.ndarray) -> dict[str, Any]:
    at, y = header.train[which], header.y_train[which]
    flat = np.zeros(len(which)) if at.shape[1] < 2 else at[:, 1]
    height = y if header.task == "regression" or len(header.classes) <= 2 else np.zeros(len(which))
    return {"u": at[:, 0], "v": flat, "y": height, SAMPLE: which}


@once(maxsize=32)
def _spec(view: boundary.View, style: Style, curve: bool, classes: int) -> dict[str, Any]:
    plain = boundary._spec(view, style, False)
    x, y = alt.X("u:Q"), alt.Y("y:Q" if curve else "v:Q")
    tip = [alt.Tooltip("number:Q", title="sample"), alt.Tooltip("u:Q", format=".3g"), alt.Tooltip("v:Q", format=".3g")]
    ring = alt.Chart(alt.NamedData("chosen")).encode(x=x, y=y)
    look = {"filled": False, "opacity": 1, "size": style.point * 5}
    # Invisible and on top, so that the nearest sample to a click is found wherever it falls.
    target = alt.Chart(alt.NamedData("places")).transform_calculate(number=f"datum.{SAMPLE} + 1")
    hit = target.mark_point(filled=True, opacity=0.001, size=style.point * 2).encode(x=x, y=y, tooltip=tip)
    layers = [
        ring.mark_point(stroke=style.ink.page, strokeWidth=style.line * 2.4, **look),
        ring.mark_point(stroke=style.ink.text, strokeWidth=style.line * 1.2, **look),
        hit,
    ]
    compiled = [layer.to_dict(validate=False, context={"top_level": False}) for layer in layers]
    compiled[-1]["name"] = "hit"
    pick = {"name": PICK, "select": {"type": "point", "fields": [SAMPLE], "nearest": True, "toggle": False}}
    return {**plain, "layer": [*plain["layer"], *compiled], "params": [{**pick, "views": ["hit"]}]}
