"""A chart: a spec that never changes while frames arrive, and the small tables that do."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt
import numpy as np

from occam.charts.arrow import ipc
from occam.charts.cache import Shared
from occam.charts.palette import INK, Ink

CACHE_BYTES = 24 * 2**20  # about a thousand frames; the page process has 220 MB in all


@dataclass(frozen=True)
class Style:
    """How a chart looks: the page's theme, and whether it must be read from the back row of a lecture hall."""

    theme: Literal["light", "dark"] = "light"
    presentation: bool = False

    @property
    def ink(self) -> Ink:
        """Colours of text, axes and grid."""
        return INK[self.theme]

    @property
    def text(self) -> int:
        """Size of labels in pixels; titles are as large."""
        return 19 if self.presentation else 13

    @property
    def line(self) -> float:
        """Width of a data line in pixels."""
        return 4.0 if self.presentation else 2.2

    @property
    def scale(self) -> float:
        """Factor on heights."""
        return 1.2 if self.presentation else 1.0

    @property
    def point(self) -> int:
        """Area of a data point in square pixels."""
        return 130 if self.presentation else 55


@dataclass(frozen=True)
class Chart:
    """A picture and its words.

    `spec`: Vega-Lite, equal for all frames of a run; `datasets`: Arrow IPC streams by name; `name`: what the chart is,
    fixed; `alt`: one sentence on what it shows now.
    """

    spec: dict[str, Any]
    datasets: dict[str, bytes]
    name: str
    alt: str

    @property
    def nbytes(self) -> int:
        """Bytes of the datasets, sent anew with every frame."""
        return sum(len(stream) for stream in self.datasets.values())

    @property
    def show(self) -> dict[str, Any]:
        """Keyword arguments of `st.vega_lite_chart`.

        The element's own text alternative is the fixed name, because Streamlit mounts a chart anew when it changes;
        the sentence of the moment is the accessible label of a mark inside, from the dataset "words".
        """
        return {"spec": {**self.spec, "datasets": self.datasets}, "width": "stretch", "alt": self.name}


_charts: Shared[Chart] = Shared(CACHE_BYTES, lambda chart: chart.nbytes)


def shared(key: Hashable, make: Callable[[], Chart]) -> Chart:
    """The chart of `key`, made once for all viewers who look at the same frame in the same style."""
    return _charts.get(key, make)


def finish(layers: Sequence[alt.Chart], style: Style, *, height: float, key: float = 0) -> dict[str, Any]:
    """The compiled spec: as wide as its container, `height` pixels of plot, `key` pixels for a key placed above it.

    Marks and titles above the plot find their room by themselves; a key at a fixed place does not.
    """
    return {
        "$schema": alt.SCHEMA_URL,
        "width": "container",
        "height": round(height * style.scale),
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": {"left": 4, "top": 4 + key, "right": 14, "bottom": 4},
        # Fixed, or the renderer and the accessibility of marks would switch, and the view re-mount, by number of marks.
        "usermeta": {"embedOptions": {"renderer": "svg"}},
        "config": _config(style),
        # Compiled one by one: alt.layer copies and validates everything several times, 100 ms a chart; tests validate.
        "layer": [layer.to_dict(validate=False, context={"top_level": False}) for layer in layers],
    }


def words(sentence: str, note: str = "", at: float = 0.45) -> bytes:
    """Dataset "words": the sentence of the moment, and a note at the share `at` of the plot's height."""
    return ipc({"alt": [sentence], "note": [note], "at": np.array([float(at)])})


def words_layers(style: Style) -> list[alt.Chart]:
    """The note over whatever is drawn, and the sentence as its accessible label."""
    base = alt.Chart(alt.NamedData("words")).encode(x=alt.XValue(alt.ExprRef("width / 2")), text="note:N")
    look = {"fontSize": style.text, "align": "center", "lineBreak": "\n", "y": alt.ExprRef("height * datum.at")}
    halo = base.mark_text(stroke=style.ink.page, strokeWidth=6, strokeJoin="round", color=style.ink.page, **look)
    return [halo, base.mark_text(color=style.ink.text, aria=True, **look).encode(description="alt:N")]


def _config(style: Style) -> dict[str, Any]:
    ink = style.ink
    texts = {"labelColor": ink.text, "titleColor": ink.text, "labelFontSize": style.text, "titleFontSize": style.text}
    return {
        "mark": {"aria": False, "tooltip": None},
        "view": {"stroke": None},
        "axis": {
            **texts,
            "titleFontWeight": "normal",
            "labelFontWeight": "normal",
            "titlePadding": 8,
            "labelPadding": 5,
            "grid": True,
            "gridColor": ink.grid,
            "gridWidth": 1,
            "domain": False,
            "ticks": False,
            "tickCount": 5,
            "labelLimit": 200,
            "titleLimit": 600,
        },
        "legend": {
            **texts,
            "titleFontWeight": "normal",
            "orient": "top",
            "labelLimit": 160,
            "padding": 0,
            "titlePadding": 6,
            "columnPadding": 14,
            "labelPadding": 4,
            "offset": 8,
        },
    }
