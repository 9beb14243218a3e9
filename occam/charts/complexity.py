"""How complex the function is, against step: at the training samples and over the whole domain."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from occam.charts import curves
from occam.charts.chart import Chart, Style, shared
from occam.training.frames import Frame, Header

NAMES = ("geometric_complexity", "dirichlet_energy")


def draw(
    key: str,
    header: Header,
    frames: Sequence[Frame],
    index: int,
    *,
    style: Style = Style(),
    scale: curves.Scale = "log",
) -> Chart:
    """Geometric complexity (solid) and Dirichlet energy (dashed); their definitions differ, so the levels do."""
    lines = curves.Lines(NAMES, scale)
    return shared(
        ("complexity", key, index, len(frames), lines, style),
        lambda: curves.draw("Complexity", frames, index, lines, style),
    )


def table(header: Header, frames: Sequence[Frame], index: int) -> pd.DataFrame:
    """One row a frame: step, both complexities."""
    return curves.table(frames, NAMES)
