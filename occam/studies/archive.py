"""A finished study as one file, for the gallery: NumPy only and never pickled, so that a page reads it as it is."""

from __future__ import annotations

import json
import logging
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from occam.studies import codec
from occam.studies.spec import StudySpec

FORMAT = 1

_log = logging.getLogger(__name__)


def file_name(spec: StudySpec) -> str:
    """Under which name a folder of studies holds this one."""
    return f"{spec.kind}-{spec.digest}.npz"


def save(spec: StudySpec, results: Sequence[Any], path: Path) -> None:
    """Write a study's spec and results as a compressed .npz; equal studies give equal files.

    Raises `OSError` where the file cannot be written and TypeError for results that `codec` refuses.
    """
    arrays: list[codec.Array] = []
    about = {
        "format": FORMAT,
        "digest": spec.digest,
        "spec": codec.encode(spec, arrays),
        "results": codec.encode(list(results), arrays),
    }
    stored: dict[str, Any] = {f"array_{index}": array for index, array in enumerate(arrays)}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:  # given a path, NumPy would add .npz where it is missing
        np.savez_compressed(file, about=np.array(json.dumps(about)), **stored)


def load(path: Path) -> tuple[StudySpec, list[Any]]:
    """The spec and the results of a file that `save` wrote, equal to the last bit.

    Raises `ValueError`, one sentence, for a file of another format or of a study that has changed since, and `OSError`
    for one that cannot be read.
    """
    try:
        with path.open("rb") as file, np.lib.npyio.NpzFile(file, allow_pickle=False) as stored:
            about = json.loads(str(stored["about"]))
            if about["format"] != FORMAT:
                raise ValueError("another format")
            arrays = [stored[f"array_{index}"] for index in range(len(stored.files) - 1)]
        spec, results = codec.decode(about["spec"], arrays), codec.decode(about["results"], arrays)
        if spec.digest != about["digest"]:
            raise ValueError("another version of the spec")
    except (ValueError, KeyError, TypeError, AttributeError, ImportError, EOFError) as error:
        raise ValueError(f"{path.name}: not a study of format {FORMAT} that this version knows.") from error
    except (zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path.name}: not a readable file of a study.") from error
    return spec, results


def load_all(folder: Path) -> Iterator[tuple[StudySpec, list[Any]]]:
    """Every study stored in a folder, by name; none where there is no folder.

    One that this version does not know is left out, with a warning in the log: it is computed when it is asked for.
    """
    for path in sorted(folder.glob("*.npz")):
        try:
            yield load(path)
        except ValueError as fault:
            _log.warning("%s", fault)
