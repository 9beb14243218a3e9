"""Three squared gradient norms that must not be confused, against step, on one log axis."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from occam.charts import curves
from occam.charts.chart import Chart, Style, shared
from occam.training.frames import Frame, Header

NAMES = ("batch_grad_sq", "mean_param_grad_sq", "loss_input_grad_sq")


def draw(key: str, header: Header, frames: Sequence[Frame], index: int, *, style: Style = Style()) -> Chart:
    """‖∇_θL‖² of the mean, mean of the per-sample ‖∇_θℓᵢ‖², and mean ‖∇_xℓᵢ‖²."""
    lines = curves.Lines(NAMES)
    return shared(
        ("gradients", key, index, len(frames), lines, style),
        lambda: curves.draw("Gradient norms", frames, index, lines, style),
    )


def table(header: Header, frames: Sequence[Frame], index: int) -> pd.DataFrame:
    """One row a frame: step and the three norms."""
    return curves.table(frames, NAMES)
