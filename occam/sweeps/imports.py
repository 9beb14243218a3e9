"""Rows from elsewhere: the folder of a run that `python -m occam run` wrote."""

from __future__ import annotations

import csv
import math
import zipfile
from collections import deque
from pathlib import Path

import numpy as np

from occam.glossary import METRICS
from occam.spec import MOST_BYTES, SpecFault, read_spec
from occam.spec.sizes import layer_sizes, weight_count
from occam.sweeps.row import Mark, Row

MOST_FILE_BYTES = 200_000_000  # of a table or of weights; the largest run that a spec allows leaves half of it
_NEEDED = ("spec.json", "metrics.csv", "weights.npz")


class ImportFault(ValueError):
    """Why a folder is not that of a run, in one sentence."""


def read_folder(folder: Path) -> Row:
    """The row of a run's folder: its last record and its final weights.  Raises `ImportFault`.

    The folder does not tell on which device the run was computed, nor why it ended: it counts as diverged where its
    last record lies before its last step and no training loss was to stop it.
    """
    for name in _NEEDED:
        path = folder / name
        if not path.is_file():
            raise ImportFault(f"{path} is missing; allowed: a folder that 'python -m occam run' wrote")
        if path.stat().st_size > (MOST_BYTES if name == "spec.json" else MOST_FILE_BYTES):
            raise ImportFault(f"{path} is too long to be of a run")
    try:
        spec = read_spec((folder / "spec.json").read_bytes())
        metrics = _last_record(folder / "metrics.csv")
        with (folder / "weights.npz").open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as stored:
            layers = range(1, spec.model.depth + 2)
            parts = [stored[f"final/{kind}{layer}"] for layer in layers for kind in "Wb"]
            weights = np.concatenate([part.reshape(-1) for part in parts])
    except SpecFault as fault:
        raise ImportFault(f"{folder / 'spec.json'}: {fault.lines[0]}") from None
    except (KeyError, ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise ImportFault(f"{folder} cannot be read as the folder of a run ({type(error).__name__})") from None
    if spec.data.csv_sha256 is None and weights.size != weight_count(layer_sizes(spec)):
        raise ImportFault(f"{folder}: weights.npz is not of the network in spec.json")
    if weights.dtype not in (np.float32, np.float64):
        raise ImportFault(f"{folder}: weights.npz holds {weights.dtype}; allowed: float32, float64")
    step, training = int(metrics["step"]), spec.training
    reason = "max_steps" if training.last_step == training.max_steps else "stop_time"
    if training.stop_loss is not None and metrics["train_loss"] <= training.stop_loss:
        reason = "stop_loss"
    elif step < training.last_step:
        reason = "loss_not_finite"
    return Row(
        key=spec.digest,
        spec=spec,
        status="diverged" if reason == "loss_not_finite" else "finished",
        reason=reason,
        step=step,
        stability=metrics["stability"],
        marks=(Mark("end", None, step, metrics),),
        weights=weights,
        seconds=math.nan,
        device="",
        dtype=str(weights.dtype),
    )


def _last_record(path: Path) -> dict[str, float]:
    """The metrics in the last line of a metrics.csv, an empty cell as nan.  Raises ValueError for any other table."""
    with path.open(newline="", encoding="utf-8") as file:
        (record,) = deque(csv.DictReader(file), maxlen=1) or (None,)
    if record is None or "step" not in record or "train_loss" not in record:
        raise ValueError("no records")
    return {name: float(record.get(name) or math.nan) for name in METRICS}
