"""The numbers of a run as tables: what metrics.csv and bounds.csv hold, in a folder or in a browser.  No torch."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Iterator, Sequence

from occam.glossary import METRICS
from occam.training.frames import NORMS, QUANTILES, Frame

BOUND_COLUMNS = ("step", "layer", "norm", *QUANTILES)
Row = Sequence[int | float | str]


def metric_rows(frames: Sequence[Frame]) -> Iterator[list[int | float | str]]:
    """A row a frame, a column a metric in the glossary's order; the step is a whole number."""
    for frame in frames:
        yield [frame.step, *(_cell(frame.metrics[name]) for name in METRICS if name != "step")]


def bound_rows(frames: Sequence[Frame]) -> Iterator[list[int | float | str]]:
    """A row a frame, layer and norm, columns `BOUND_COLUMNS`."""
    for frame in frames:
        for layer, norms in enumerate(frame.bounds, 1):
            for norm, quantiles in zip(NORMS, norms, strict=True):
                yield [frame.step, layer, norm, *(_cell(float(q)) for q in quantiles[:-1]), int(quantiles[-1])]


def csv_text(header: Iterable[str], rows: Iterable[Row]) -> str:
    """A table as CSV; a number is written so that it is read back to the last bit."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue()


def _cell(value: float) -> float | str:
    return "" if math.isnan(value) else value
