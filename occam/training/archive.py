"""A recording as one file, for the gallery: NumPy only and never pickled, so that a page reads it without torch."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from occam.glossary import METRICS
from occam.spec import RunSpec
from occam.training.frames import Ending, Frame, Header, Plane, Recording

FORMAT = 1
_HEADER_ARRAYS = ("train", "y_train", "test", "y_test")
_PLANE_ARRAYS = ("low", "high", "origin", "axes")
_FRAME_ARRAYS = ("bounds", "values", "slopes", "params")


def save(recording: Recording, path: Path) -> None:
    """Write a recording of at least one frame as a compressed .npz; every array keeps its precision.

    Equal recordings give equal files.  Raises `OSError` where the file cannot be written.
    """
    header, frames, ending = recording.header, recording.frames, recording.ending
    about = {
        "format": FORMAT,
        "spec": header.spec.model_dump(mode="json"),
        "task": header.task,
        "sizes": header.sizes,
        "classes": header.classes,
        "labels": header.plane.labels,
        "device": header.device,
        "dtype": header.dtype,
        "ending": None if ending is None else asdict(ending),
        "metrics": list(METRICS),
    }
    if header.features:
        about["features"] = header.features
    arrays: dict[str, Any] = {name: getattr(header, name) for name in _HEADER_ARRAYS}
    arrays |= {f"plane_{name}": getattr(header.plane, name) for name in _PLANE_ARRAYS}
    arrays |= {f"frame_{name}": np.stack([getattr(frame, name) for frame in frames]) for name in _FRAME_ARRAYS}
    arrays["frame_metrics"] = np.array([[frame.metrics[name] for name in METRICS] for frame in frames])
    if frames[0].winners is not None:
        arrays["frame_winners"] = np.stack([frame.winners for frame in frames if frame.winners is not None])
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:  # given a path, NumPy would add .npz where it is missing
        np.savez_compressed(file, about=np.array(json.dumps(about)), **arrays)


def load(path: Path) -> Recording:
    """The recording of a file that `save` wrote, equal to the last bit.

    Raises `ValueError`, one sentence, for a file of another format, and `OSError` for one that cannot be read.
    """
    try:
        with path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as stored:
            return _recording(stored)
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path.name}: not a recording of format {FORMAT}, the one this version reads.") from error


def _recording(stored: Mapping[str, np.ndarray]) -> Recording:
    about = json.loads(str(stored["about"]))
    if about["format"] != FORMAT or about["metrics"] != list(METRICS):
        raise ValueError("another format or other metrics")
    plane = Plane(labels=tuple(about["labels"]), **{name: stored[f"plane_{name}"] for name in _PLANE_ARRAYS})
    header = Header(
        spec=RunSpec.model_validate(about["spec"]),
        task=about["task"],
        sizes=tuple(about["sizes"]),
        classes=tuple(about["classes"]),
        plane=plane,
        device=about["device"],
        dtype=about["dtype"],
        features=tuple(about.get("features", ())),
        **{name: stored[name] for name in _HEADER_ARRAYS},
    )
    arrays = {name: stored[f"frame_{name}"] for name in _FRAME_ARRAYS}
    metrics = stored["frame_metrics"]
    winners = stored["frame_winners"] if "frame_winners" in stored else [None] * len(metrics)
    frames = []
    for index, row in enumerate(metrics):
        named = dict(zip(METRICS, map(float, row), strict=True))
        parts = {name: array[index] for name, array in arrays.items()}
        frames.append(Frame(step=int(named["step"]), metrics=named, winners=winners[index], **parts))
    return Recording(header, frames, None if about["ending"] is None else Ending(**about["ending"]))
