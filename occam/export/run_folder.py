"""A run as a folder of plain files: spec.json, metrics.csv, bounds.csv, weights.npz, data.npz."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from occam.datasets import Samples
from occam.export.tables import BOUND_COLUMNS, bound_rows, csv_text, metric_rows
from occam.glossary import METRICS
from occam.network.parameters import Layout
from occam.training.frames import Recording

FILES = ("spec.json", "metrics.csv", "bounds.csv", "weights.npz", "data.npz")


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
    tables = {
        "metrics.csv": csv_text(METRICS, metric_rows(recording.frames)),
        "bounds.csv": csv_text(BOUND_COLUMNS, bound_rows(recording.frames)),
    }
    for name, text in tables.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
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
