"""A run as a folder of plain files: spec.json, metrics.csv, bounds.csv, weights.npz, data.npz."""

from __future__ import annotations

import csv
import json
import math
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from occam.datasets import Samples
from occam.glossary import METRICS
from occam.network.parameters import Layout
from occam.training.frames import NORMS, QUANTILES, Frame, Recording

FILES = ("spec.json", "metrics.csv", "bounds.csv", "weights.npz", "data.npz")
BOUND_COLUMNS = ("step", "layer", "norm", *QUANTILES)


def obstacle(folder: Path) -> str | None:
    """Why `write` could not write this folder, as far as can be told without writing; None if nothing is seen."""
    try:
        nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        blocked = [folder / name for name in FILES if (folder / name).is_dir()]
        if not nearest.is_dir():
            return f"{nearest} is a file"
        if blocked:
            return f"{blocked[0]} is a folder"
        files = [nearest, *(folder / name for name in FILES if (folder / name).exists())]
        return next((f"{path} cannot be written" for path in files if not os.access(path, os.W_OK)), None)
    except OSError as error:
        return f"{folder} cannot be used ({error.strerror})"


def write(recording: Recording, samples: Samples, folder: Path) -> None:
    """Write every file of the folder, which is made if it is missing.

    metrics.csv has a row a record and a column a `glossary.METRICS`, empty where a metric is undefined; bounds.csv has
    layers counted from 1; weights.npz holds initial/W1 (d_out, d_in), initial/b1 (d_out,), …, final/…; data.npz holds
    x_train (n, d), y_train (n,), x_test, y_test.  Raises `OSError` where the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    spec = json.dumps(recording.header.spec.model_dump(mode="json"), indent=2, ensure_ascii=False)
    (folder / "spec.json").write_text(spec + "\n", encoding="utf-8")
    _write_table(folder / "metrics.csv", METRICS, metric_rows(recording.frames))
    _write_table(folder / "bounds.csv", BOUND_COLUMNS, bound_rows(recording.frames))
    layout = Layout(recording.header.sizes)
    first, last = recording.frames[0].params, recording.frames[-1].params
    weights: dict[str, Any] = layout.named(first, "initial/") | layout.named(last, "final/")
    np.savez(folder / "weights.npz", **weights)
    np.savez(
        folder / "data.npz",
        x_train=samples.x_train,
        y_train=samples.y_train,
        x_test=samples.x_test,
        y_test=samples.y_test,
    )


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


def _cell(value: float) -> float | str:
    return "" if math.isnan(value) else value


def _write_table(path: Path, header: Iterable[str], rows: Iterable[Sequence[int | float | str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
