"""The learned curve against the polyline through its samples: the picture, its lengths, and lengths over training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from occam.charts import boundary, xy
from occam.charts.cache import Shared
from occam.charts.chart import Chart, Style, shared
from occam.charts.flows import Line
from occam.charts.words import number
from occam.charts.xy import Axis, Content, Plot
from occam.studies.kinds.one_dimension import CURVE_CELLS
from occam.theory.curve import CurveMeasure, grid_with, measure_curve, polyline
from occam.theory.curve_network import evaluate
from occam.training.frames import Frame, Header

CURVE = {
    "f": Line("learned f", "#0072b2", "#56b4e9", (1, 0)),
    "polyline": Line("polyline", "#d55e00", "#e69f00", (6, 3)),
    "samples": Line("samples", "#1d2733", "#e7ebf0", (1, 0)),
}
LENGTHS = {
    "arc": Line("arc length of f", "#0072b2", "#56b4e9", (1, 0)),
    "polyline": Line("polyline through the fits", "#d55e00", "#e69f00", (6, 3)),
    "chord": Line("chord of the ends", "#6b7280", "#9aa3af", (2, 3)),
}
FALLS = {
    "excess": Line("excess over the polyline", "#0072b2", "#56b4e9", (1, 0)),
    "energy": Line("Dirichlet energy E", "#9b4f80", "#cc79a7", (6, 3)),
    "loss": Line("training loss L", "#6b7280", "#9aa3af", (2, 3)),
}
Array = NDArray[np.float64]
MOST_MEASURED = 80  # frames of a history
KEPT = 16 * 2**20  # bytes of measured curves


@dataclass(frozen=True)
class Look:
    """One frame's curve in float64: the grid of 512 cells and all samples, f there, the fits, and its measures."""

    grid: Array
    values: Array
    x: Array
    fits: Array
    measure: CurveMeasure


_looks: Shared[Look] = Shared(KEPT, lambda look: 2 * look.grid.nbytes + 600)


def is_curve(header: Header) -> bool:
    """Whether a run learns a quantity from one input, which is what this page can measure."""
    return header.task == "regression" and (header.sizes[0], header.sizes[-1]) == (1, 1)


def look(key: str, header: Header, frame: Frame) -> Look:
    """The curve of a frame of the run `key`, from its weights; computed once for all viewers."""
    return _looks.get((key, frame.step), lambda: _look(header, frame))


def _look(header: Header, frame: Frame) -> Look:
    low, high = float(header.plane.low[0]), float(header.plane.high[0])
    x = np.clip(header.train[:, 0].astype(float), low, high)
    grid = grid_with(low, high, CURVE_CELLS, x).astype(float)
    values, slopes = evaluate(header.sizes, header.spec.model.activation, frame.params, grid)
    fits = values[np.searchsorted(grid, x)]
    with np.errstate(over="ignore", invalid="ignore"):  # a diverging run
        found = measure_curve(grid, values, slopes, x, fits)
    return Look(grid, values, x, fits, found)


def draw(key: str, header: Header, frame: Frame, style: Style, height: int) -> Chart:
    """The curve, its samples, and the polyline through the fitted samples."""
    return shared(("curve", key, frame.step, height, style), lambda: _draw(key, header, frame, style, height))


def _draw(key: str, header: Header, frame: Frame, style: Style, height: int) -> Chart:
    seen = look(key, header, frame)
    corners, heights = polyline(seen.x, seen.fits)
    content = Content(
        {"f": (seen.grid, seen.values), "polyline": (corners.astype(float), heights.astype(float))},
        {},
        dots={"samples": (seen.x, header.y_train.astype(float))},
        note="" if np.isfinite(seen.values).any() else "The outputs are not finite: training has diverged.",
    )
    found = seen.measure
    sentence = (
        f"Step {frame.step}: arc length {number(found.arc)}, {number(found.excess)} more than the polyline through "
        f"the {len(seen.x)} fitted samples between the first and the last."
    )
    title = "The learned curve and the polyline through its samples"
    return xy.draw(title, plot_of(header, height), content, sentence, style)


def plot_of(header: Header, height: int = 200) -> Plot:
    """Axes over the domain, and over all targets with a quarter of their range around them."""
    low, high = boundary.target_range(header)
    room = 0.25 * (high - low)
    return Plot(
        tuple(CURVE.items()),
        Axis(header.plane.labels[0], domain=(float(header.plane.low[0]), float(header.plane.high[0]))),
        Axis("output f, target y", domain=(low - room, high + room)),
        height,
        3,
    )


def history(key: str, header: Header, frames: Sequence[Frame]) -> pd.DataFrame:
    """One row a measured frame, at most `MOST_MEASURED`: step, training loss and every measure of the curve."""
    stride = -(-len(frames) // MOST_MEASURED)
    chosen = [*frames[::stride], *([frames[-1]] if (len(frames) - 1) % stride else [])]
    rows = [
        {"step": frame.step, "loss": frame.metrics["train_loss"], **vars(look(key, header, frame).measure)}
        for frame in chosen
    ]
    return pd.DataFrame(rows)


def draw_history(key: str, header: Header, frames: Sequence[Frame], index: int, style: Style, which: str) -> Chart:
    """`which` "lengths": arc, polyline and chord against the step; "falls": excess, energy and loss, log scale."""
    made = ("curve history", key, len(frames), index, which, style)
    return shared(made, lambda: _history(key, header, frames, index, style, which))


def _history(key: str, header: Header, frames: Sequence[Frame], index: int, style: Style, which: str) -> Chart:
    lines = LENGTHS if which == "lengths" else FALLS
    title = "Lengths over training" if which == "lengths" else "Excess, energy and loss over training"
    table = history(key, header, frames)
    step = table["step"].to_numpy(float)
    now = look(key, header, frames[index]).measure
    values = vars(now) | {"loss": frames[index].metrics["train_loss"]}
    texts = {name: f"{line.label} {number(values[name])}" for name, line in lines.items()}
    y = Axis("length", zero=True) if which == "lengths" else Axis("log scale", "log")
    content = Content(
        {name: (step, table[name].to_numpy(float)) for name in lines},
        texts,
        dots={name: (np.array([float(frames[index].step)]), np.array([values[name]])) for name in lines},
        down=[(float(frames[index].step), "")],
    )
    plot = Plot(tuple(lines.items()), Axis("step"), y, 190, 1, rules=True)
    return xy.draw(title, plot, content, f"{title}, at step {frames[index].step}: {'; '.join(texts.values())}.", style)


def table(key: str, header: Header, frame: Frame) -> pd.DataFrame:
    """One row a point of the grid: x, f, and whether a sample lies there."""
    seen = look(key, header, frame)
    return pd.DataFrame({"step": frame.step, "x": seen.grid, "f": seen.values, "sample": np.isin(seen.grid, seen.x)})
