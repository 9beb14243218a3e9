"""Training and test loss, or error, against step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pandas as pd

from occam.charts import curves
from occam.charts.chart import Chart, Style, shared
from occam.training.frames import Frame, Header

Quantity = Literal["loss", "error"]
NAMES: dict[Quantity, tuple[str, str]] = {
    "loss": ("train_loss", "test_loss"),
    "error": ("train_error", "test_error"),
}
TITLES: dict[Quantity, str] = {"loss": "Loss", "error": "Classification error"}


def draw(
    key: str,
    header: Header,
    frames: Sequence[Frame],
    index: int,
    *,
    style: Style = Style(),
    quantity: Quantity = "loss",
    scale: curves.Scale = "log",
) -> Chart:
    """Training (solid) and test (dashed); an error can be 0, so its axis is linear whatever `scale` says."""
    lines = curves.Lines(NAMES[quantity], scale if quantity == "loss" else "linear")
    return shared(
        ("losses", key, index, len(frames), lines, style),
        lambda: curves.draw(TITLES[quantity], frames, index, lines, style),
    )


def table(header: Header, frames: Sequence[Frame], index: int) -> pd.DataFrame:
    """One row a frame: step, losses, errors."""
    return curves.table(frames, [*NAMES["loss"], *NAMES["error"]])
